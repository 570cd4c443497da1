"""Stands in for Slips' main program: imports the modules below the working folder, starts them and stops them.

The end of standard input, SIGTERM or Ctrl-C stops it, a second Ctrl-C kills the modules. The exit status is 0 if every
module ended as it should, else 1, with a line that gives the reason. It also ends when no module is left.
"""
import argparse
import configparser
import importlib
import inspect
import json
import multiprocessing
import os
import pkgutil
import select
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

sys.dont_write_bytecode = True  # leaves no files in modules/
import python_side  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
CURRENT_LIMIT, LEGACY_LIMIT = 80, 4.3  # seconds that modules have to stop


class Host:
    """The common part of both generations."""

    fragile = False  # a module that cannot be imported ends Slips

    def __init__(self, options):
        self.options = options
        self.children, self.complaints = {}, []
        self.interrupts = self.terminated = 0
        signal.signal(signal.SIGINT, self.note)
        signal.signal(signal.SIGTERM, self.note)

    def note(self, number, frame):
        self.interrupts += number == signal.SIGINT
        self.terminated += number == signal.SIGTERM

    def paths(self):
        """Each modules.<name>.<name>. Walking the packages imports them, that is their __init__.py, in this process."""
        import modules
        for _, path, is_package in pkgutil.walk_packages(modules.__path__, "modules."):
            if not is_package and path.count(".") > 1 and path.split(".")[1] == path.split(".")[2]:
                yield path

    def modules(self, base):
        """Each subclass of `base` in modules/<name>/<name>.py, by its name."""
        found = {}
        for path in self.paths():
            try:
                module = importlib.import_module(path)
            except ImportError as error:
                if self.fragile:
                    raise SystemExit(f"slips.py: {path} was not imported, which ends this Slips: {error}")
                self.complaints.append(f"{path} was not imported: {error}")
                print(self.complaints[-1], flush=True)
                continue
            defined = subclasses(module, base)
            if not defined:
                self.complaints.append(f"{path} defines no module")
                print(self.complaints[-1], flush=True)
            found.update((each.name, each) for each in defined)
        return found

    def start(self, name, process):
        signal.signal(signal.SIGINT, signal.default_int_handler)  # inherited by the child
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        process.start()
        signal.signal(signal.SIGINT, self.note)
        signal.signal(signal.SIGTERM, self.note)
        self.children[name] = process
        print(f"Started {name} [PID {process.pid}]", flush=True)

    def wait_for_the_stop(self):
        while not self.interrupts and not self.terminated and self.alive():
            if select.select([sys.stdin], [], [], 0.05)[0] and not os.read(sys.stdin.fileno(), 4096):
                break
        self.complaints += [f"{name} ended before Slips did" for name in self.children if name not in self.alive()]

    def alive(self):
        return [name for name, child in self.children.items() if child.is_alive()]

    def wait(self, until, done):
        """Returns False after a second Ctrl-C, or if it is not done in time."""
        while not done():
            if self.interrupts > 1 or time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def kill(self, name, patience=0):
        self.children[name].join(patience)
        if self.children[name].is_alive():
            self.complaints.append(f"{name} was killed: it did not stop in time")
            kill_tree(self.children[name].pid)

    def expected(self, name):
        """Returns whether this host itself has ended the module."""
        return False

    def verdict(self):
        if not self.children and not self.complaints:
            self.complaints.append(f"there is no module in {os.getcwd()}/modules")
        for name, child in self.children.items():
            self.kill(name, patience=5)
            child.join()
            if child.exitcode and not self.expected(name) and not any(name in complaint for complaint in self.complaints):
                self.complaints.append(f"{name} ended with status {child.exitcode}")
        for complaint in self.complaints:
            print(f"slips.py: {complaint}", file=sys.stderr)
        return 1 if self.complaints else 0


class CurrentHost(Host):
    def run(self):
        from slips_files.common.abstracts.imodule import IModule
        from slips_files.core.output import Output
        options = self.options
        output, event = Output(options.output, options.verbose, options.debug), multiprocessing.Event()
        conf = SimpleNamespace(config=options.config, slips_version=options.slips_version)
        args = SimpleNamespace(verbose=options.verbose, debug=options.debug, output=options.output)
        arguments = output, options.output, options.redis_port, event, args, conf, os.getpid(), None
        (self.start_in_children if options.loader == "child" else self.start_from_here)(IModule, arguments)
        self.wait_for_the_stop()
        event.set()
        if not self.wait(time.monotonic() + CURRENT_LIMIT, lambda: not self.alive()):
            for name in self.alive():
                self.kill(name, patience=3)

    def start_from_here(self, base, arguments):
        """As Slips up to 1.1.22: imports all modules, then starts a process for each."""
        found = self.modules(base)
        self.write_known_types()
        for name, module in found.items():
            try:
                check_name(name)
            except ValueError as error:
                self.complaints.append(f"{name} is not started: {error}")
                print(self.complaints[-1], flush=True)
            else:
                self.start(name, module(*arguments))

    def start_in_children(self, base, arguments):
        """As newer versions: lists the modules, then starts a process for each, in which it is imported."""
        paths = sorted(self.paths())
        self.write_known_types()
        for path in paths:
            name = path.split(".")[-1]
            process = multiprocessing.Process(target=run_module, name=name, args=(path, base, *arguments))
            self.start(name, process)

    def write_known_types(self):
        """Writes the evidence types known to this process, and so to those that Slips starts from now on."""
        if not self.options.known_types:
            return
        from slips_files.core.structures.evidence import EvidenceType
        temporary = self.options.known_types + ".new"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(list(EvidenceType.__members__), file)
        os.replace(temporary, self.options.known_types)


def subclasses(module, base):
    return [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, base) and each is not base]


def check_name(name):
    """Raises ValueError if Slips has a closed list of names that lacks this one."""
    try:
        from modules.supported_module_names import Modules
    except ModuleNotFoundError:
        return
    Modules(name)


def run_module(path, base, *arguments):
    """Runs in the process that newer Slips starts for a module."""
    name = path.split(".")[-1]
    try:
        module = importlib.import_module(path)
    except ImportError as error:
        print(f"{name} was not imported: {error}", flush=True)
        sys.exit(1)
    found = subclasses(module, base)
    if not found:
        print(f"{name} is not started: there is no module in {path}", flush=True)
        sys.exit(1)
    instance = found[0](*arguments)
    try:
        check_name(instance.name)
    except ValueError as error:
        print(f"{name} is not started: {error}", flush=True)
        sys.exit(1)
    instance.run()


class LegacyHost(Host):
    limit = LEGACY_LIMIT

    def publish_stop(self, database):
        database.publish_stop()

    def run(self):
        from slips_files.common.abstracts import Module
        from slips_files.core.database import __database__
        from slips_files.core.output import OutputProcess
        options = self.options
        queue, config = multiprocessing.Queue(), configparser.ConfigParser(interpolation=None)
        config.read_dict(options.config)
        __database__.start(config, options.redis_port)
        __database__.r.call("SET", "slips_internal_time", "1654157700.0")
        output = OutputProcess(queue, options.output, options.verbose, options.debug)
        output.start()
        self.finished, self.finishing = [], __database__.subscribe("finished_modules")
        for name, module in self.modules(Module).items():
            self.start(name, module(queue, config, options.redis_port))
            __database__.r.call("HSET", "PIDs", name, self.children[name].pid)
        self.wait_for_the_stop()
        try:
            self.stop_modules(__database__)
        except OSError as error:
            self.complaints.append(f"the modules could not be stopped: {error}")
        finally:
            self.end(output, queue)

    def wait_for_the_stop(self):
        super().wait_for_the_stop()
        if not self.interrupts:  # Ctrl-C has stopped the programs as well
            self.complaints += [f"{name} ended before Slips did" for name in self.alive()
                                if has_program(self.children[name]) and not children_of(self.children[name].pid)]

    def stop_modules(self, database):
        while self.finishing.get_message():  # Slips reads and drops names that arrive before the stop
            pass
        self.publish_stop(database)
        if not self.wait(time.monotonic() + self.limit, self.all_finished):
            for name in set(self.children) - set(self.finished):
                self.complaints.append(f"{name} did not report in time that it finished")
                self.kill(name)
        self.all_finished()
        self.complaints += [f"{name} reported {self.finished.count(name)} times that it finished"
                            for name in set(self.finished) if self.finished.count(name) > 1]
        self.complaints += [f"{name} finished, but is not a module" for name in self.finished
                            if name not in self.children]
        if database.r.call("GET", "slips_internal_time") != "1654157700.0":
            self.complaints.append("a module has set Slips' clock")

    def all_finished(self):
        message = self.finishing.get_message()
        while message:
            if message["type"] == "message" and message["data"] != "stop_process":
                self.finished.append(message["data"])
                self.module_finished(message["data"])
            message = self.finishing.get_message()
        return not set(self.children) - set(self.finished)

    def module_finished(self, name): ...

    def end(self, output, queue):
        if not output.is_alive():
            self.complaints.append("the output process has ended: a line was malformed, or contained stop_process")
        queue.put("stop_process")
        output.join(5)
        output.kill()
        output.join()
        queue.cancel_join_thread()


def has_program(module):
    """Return whether a module is a launcher: its folder describes a program of its name."""
    return os.path.isfile(os.path.splitext(inspect.getfile(type(module)))[0] + ".json")


def children_of(pid):
    return [int(each) for each in subprocess.run(["pgrep", "-P", str(pid)], stdout=subprocess.PIPE).stdout.split()]


class QueueRelease(LegacyHost):
    """A release before 1.0.6."""

    def run(self):
        slips, options = self.slips, self.options
        self.limit = slips.kills or CURRENT_LIMIT
        queue = multiprocessing.Queue()
        slips.database.start()
        slips.database.r.call("SET", "slips_internal_time", "1654157700.0")
        output = python_side.load("legacy/slips_files/core/output.py").OutputProcess(
            queue, options.output, options.verbose, options.debug)
        output.start()
        self.finished, self.finishing, self.killed = [], slips.database.subscribe("finished_modules"), set()
        known = {"outputqueue": queue, "config": slips.configuration, "redis_port": options.redis_port}
        for name, module in self.modules(slips.Base).items():
            self.start(name, module(*(known[each] for each in slips.arguments.split())))
            slips.database.r.call("HSET", "PIDs", name, self.children[name].pid)
        self.wait_for_the_stop()
        try:
            self.stop_modules(slips.database)
        except OSError as error:
            self.complaints.append(f"the modules could not be stopped: {error}")
        finally:
            self.end(output, queue)

    def publish_stop(self, database):
        if self.slips.stop == "every channel":
            database.publish_stop()
        else:
            database.publish(self.slips.stop, "stop_process")

    def module_finished(self, name):
        if self.slips.finished_is_killed and name in self.children:
            self.killed.add(name)
            os.kill(self.children[name].pid, signal.SIGKILL)

    def expected(self, name):
        return name in self.killed


class EventRelease(CurrentHost):
    """1.0.6 and newer."""

    def run(self):
        slips, options = self.slips, self.options
        self.fragile = slips.fragile
        event, output, queue = multiprocessing.Event(), None, None
        if slips.output == "queue":
            queue = multiprocessing.Queue()
            output = python_side.load("legacy/slips_files/core/output.py").OutputProcess(
                queue, options.output, options.verbose, options.debug)
            output.start()
        else:
            output = python_side.load("current/slips_files/core/output.py").Output(
                options.output, options.verbose, options.debug)
        args = SimpleNamespace(verbose=options.verbose, debug=options.debug, output=options.output)
        conf = SimpleNamespace(config=slips.configuration, slips_version=options.slips_version)
        known = {"logger": output, "output_queue": queue, "output_dir": options.output, "conf": conf,
                 "redis_port": options.redis_port, "termination_event": event, "args": args, "slips_args": args,
                 "ppid": os.getpid(), "bloom_filters_manager": None,
                 "db": SimpleNamespace(redis_port=options.redis_port)}
        arguments = [known[each] for each in slips.arguments.split()]
        (self.start_in_children if options.loader == "child" else self.start_from_here)(slips.Base, arguments)
        self.wait_for_the_stop()
        event.set()
        if not self.wait(time.monotonic() + CURRENT_LIMIT, lambda: not self.alive()):
            for name in self.alive():
                self.kill(name, patience=3)
        if queue:
            LegacyHost.end(self, output, queue)

    def write_known_types(self):
        python_side.write_known_types(self.slips, self.options.known_types)


def kill_tree(pid):
    """Kills the descendants first, because they cannot be found later."""
    for child in children_of(pid):
        kill_tree(child)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generation", choices=("current", "legacy"), help="default: as --slips-version")
    parser.add_argument("--redis-port", type=int, required=True, metavar="P")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--verbose", type=int, default=1, metavar="V")
    parser.add_argument("--debug", type=int, default=0, metavar="D")
    parser.add_argument("--config", type=read_json, default={}, metavar="FILE.json")
    parser.add_argument("--slips-version", default="1.1.21", metavar="V", help="of current Slips")
    parser.add_argument("--loader", choices=("main", "child"), default="main")
    parser.add_argument("--known-types", default="", metavar="FILE")
    return parser.parse_args()


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write_whole_lines():
    """Writes a line and its end at once, with PYTHONUNBUFFERED, too: several processes print into the same pipe."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through=False)


def main():
    write_whole_lines()
    multiprocessing.set_start_method("fork")
    chosen = options()
    sys.path[:0] = [os.getcwd(), os.path.join(HERE, chosen.generation or "")]
    os.makedirs(chosen.output, exist_ok=True)
    if chosen.generation:
        host = (CurrentHost if chosen.generation == "current" else LegacyHost)(chosen)
    else:
        slips = python_side.install(chosen.slips_version, chosen.config, chosen.redis_port)
        host = (EventRelease if slips.life == "event" else QueueRelease)(chosen)
        host.slips = slips
    host.run()
    return host.verdict()


if __name__ == "__main__":
    sys.exit(main())
