"""Prints the lines of modules on the screen and in slips.log and errors.log, by the rules of Slips 1.1."""
import datetime
import os
import threading


class Output:
    screen_lock, file_lock = threading.Lock(), threading.Lock()

    def __init__(self, folder, verbose, debug):
        self.log, self.errors = (os.path.join(folder, name) for name in ("slips.log", "errors.log"))
        self.verbose, self.debug = verbose, debug
        for name in (self.log, self.errors):
            open(name, "a").close()

    def show(self, sender, text, verbose, debug):
        if 0 < verbose <= min(self.verbose, 3) or 0 < debug <= min(self.debug, 3):
            self.screen_lock.acquire()  # as in Slips, an exception from here on leaves it taken
            print(text if "Start" in text else f"[{sender}] {text}", flush=True)
            self.screen_lock.release()
            self.write(self.log, sender, text)
        if debug == 1:
            self.write(self.errors, sender, text)

    def write(self, name, sender, text):
        now = datetime.datetime.now().strftime("%Y/%m/%d %H:%M:%S.%f")
        self.file_lock.acquire()
        with open(name, "a") as file:
            file.write(f"{now} [{sender}] {text}\n")
        self.file_lock.release()
