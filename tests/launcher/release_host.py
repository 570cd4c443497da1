"""Stands in for the main program of one release of Slips, described by release.json in the working folder (see releases.py).

Imports the modules, starts them, and stops them at the end of standard input as that release does. The exit status is 0 if all
went as this release requires, else 1 with a line for each complaint. An exception of a module's import ends it, as in 1.0.9.
"""
import argparse
import configparser
import importlib
import inspect
import json
import multiprocessing
import os
import pkgutil
import signal
import sys
import time
from types import SimpleNamespace

ACTING = {"queue": ("stop_process", "log-only", "initialize progress bar", "update progress bar"),
          "logger": ("analyzed IPs", "Analyzed IPs")}
SECONDS = 20  # for modules to stop

complaints = []


def complain(text):
    complaints.append(text)


class Logger:
    """Slips' print from 1.0.8 on: writes to slips.log, and takes some texts for statistics."""

    def show(self, sender, text, verbose, debug):
        for word in ACTING["logger"]:
            if word in text:
                text = "taken for statistics: " + text
        write_levels(verbose, debug, text)
        write(sender, text)


def write(sender, text):
    with open("output/slips.log", "a", encoding="utf-8") as file:
        file.write(f"[{sender}] {text}\n")


def write_levels(verbose, debug, text):
    with open("output/levels", "a", encoding="utf-8") as file:
        file.write(f"{verbose}{debug} {text}\n")


def print_from(queue):
    """Slips' output process up to 1.0.7."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        line = queue.get()
        if line == "stop":
            return
        for word in ACTING["queue"]:
            if word in line:
                write("output", "acts on " + word)
                return
        levels, sender, *text = line.split("|")
        write_levels(*levels, "".join(text))
        write(sender, "".join(text))


class Event:
    """Slips' event for modules, without wait(): a process that is killed in it lets Slips' set() wait for it for ever."""

    def __init__(self):
        event = multiprocessing.Event()
        self.set, self.is_set = event.set, event.is_set


class Slips:
    def __init__(self, release, port):
        self.release, self.port = release, port
        self.queue, self.event = multiprocessing.Queue(), Event()
        with open("slips.json") as file:
            self.config = json.load(file)

    def argument(self, name):
        """What the constructor of a module is called with."""
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_dict(self.config)
        levels = SimpleNamespace(verbose=2, debug=1)
        return {"outputqueue": self.queue, "output_queue": self.queue, "config": parser, "redis_port": self.port,
                "db": SimpleNamespace(redis_port=self.port, output_dir="output"), "termination_event": self.event,
                "output_dir": "output", "logger": Logger(), "args": levels, "slips_args": levels,
                "conf": SimpleNamespace(config=self.config, wait_for_modules_to_finish=lambda: 15.0), "ppid": os.getpid(),
                "bloom_filters_manager": None}[name]

    def modules(self):
        import modules
        path, name = self.release["base"].split(":")
        base = getattr(importlib.import_module("slips_files.common." + path), name)
        for _, path, is_package in pkgutil.walk_packages(modules.__path__, "modules."):
            if not is_package and path.split(".")[1:2] == path.split(".")[2:]:
                for _, each in inspect.getmembers(importlib.import_module(path), inspect.isclass):
                    if issubclass(each, base) and each is not base:
                        yield each

    def run(self):
        if self.release["channel"]:
            database = importlib.import_module("slips_files." + self.release["database"].replace("/", ".")).__database__
            database.start(None, self.port)
            database.r.call("SET", "slips_internal_time", "1654157700.0")
            self.finished = database.subscribe("finished_modules")
        else:
            importlib.import_module("process_manager" if os.path.exists("process_manager.py") else "managers.process_manager")
        output = multiprocessing.Process(target=print_from, args=(self.queue,), daemon=True)
        output.start()
        children = {}
        for module in self.modules():
            children[module.name] = module(*map(self.argument, self.release["constructor"]))
            children[module.name].start()
            print(f"Started {module.name} [PID {children[module.name].pid}]", flush=True)
        if self.release["evidence"]:
            forms = importlib.import_module("slips_files." + self.release["evidence"].replace("/", "."))
            print("types", *forms.EvidenceType.__members__, flush=True)
        sys.stdin.read()
        if "logger" not in self.release["constructor"] and not output.is_alive():
            complain("the output process has ended")
        if self.release["channel"]:
            self.queue.put("stop")
            self.stop_by_message(database, children)
        else:
            self.event.set()
            self.join(children)
            self.queue.put("stop")
        output.join(SECONDS)

    def stop_by_message(self, database, children):
        while self.finished.get_message():  # the main loop reads and drops names before the stop
            pass
        control = self.release["channel"] == "control_module"
        for channel in ["control_module"] if control else database.r.call("PUBSUB", "CHANNELS"):
            database.publish(channel, "stop_process")
        until, waiting = time.monotonic() + SECONDS, set(children)
        while waiting and time.monotonic() < until:
            message = self.finished.get_message(timeout=0.01)
            if message and message["type"] == "message" and message["data"] in waiting:
                waiting.remove(message["data"])
                children[message["data"]].kill()  # as from 0.9.6 on
            elif message and message["type"] == "message" and message["data"] != "stop_process":
                complain(f"{message['data']} finished, but is not a module that still runs")
        for name in waiting:
            complain(f"{name} did not report that it finished")
            children[name].kill()
        if database.r.call("GET", "slips_internal_time") != "1654157700.0":
            complain("a module has set Slips' clock")

    def join(self, children):
        for name, child in children.items():
            child.join(SECONDS)
            if child.is_alive():
                complain(f"{name} did not stop in time")
                child.kill()
            if child.exitcode:
                complain(f"{name} ended with status {child.exitcode}")


def main():
    sys.dont_write_bytecode = True
    multiprocessing.set_start_method("fork")
    parser = argparse.ArgumentParser()
    parser.add_argument("--redis-port", type=int, required=True)
    options, _ = parser.parse_known_args()
    sys.path.insert(0, os.getcwd())
    os.makedirs("output", exist_ok=True)
    with open("release.json") as file:
        Slips(json.load(file), options.redis_port).run()
    for complaint in complaints:
        print(f"release_host.py: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
