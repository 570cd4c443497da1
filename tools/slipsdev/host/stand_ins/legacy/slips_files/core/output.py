"""Slips 0.9's output process: prints the lines of a queue; a malformed line ends it."""
import datetime
import os
import signal
from multiprocessing import Process


class OutputProcess(Process):
    def __init__(self, queue, folder, verbose, debug):
        Process.__init__(self)
        self.queue, self.verbose, self.debug = queue, verbose, debug
        self.log, self.errors = (os.path.join(folder, name) for name in ("slips.log", "errors.log"))
        for name in (self.log, self.errors):
            open(name, "a").close()

    def run(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # our host ends it, after the modules
        while True:
            line = self.queue.get()
            if "stop_process" in line:
                return
            levels, sender, *text = line.split("|")
            self.show(f"[{sender}] ", "".join(text), int(levels[0]), int(levels[1]))

    def show(self, sender, text, verbose, debug):
        shown = 0 < verbose <= min(self.verbose, 3) or 0 < debug <= min(self.debug, 3)
        if shown:
            print(text if "Start" in text else sender + text, flush=True)
        if shown or debug == 1:
            self.write(self.log, sender + text)
        if debug == 1 and not (shown and "Start" in text):
            self.write(self.errors, sender + text)

    def write(self, name, line):
        with open(name, "a") as file:
            file.write(f"{datetime.datetime.now():%d/%m/%Y-%H:%M:%S} {line}\n")
