# SPDX-FileCopyrightText: the slips-module-sdk authors
# SPDX-License-Identifier: MIT
"""Makes the program beside this file a module of Slips: starts it, prints for it, stops it.

modules/<name>/<name>.py is a copy of this file, <name> the program, <name>.json what `<name> --describe` printed, and
__init__.py, a copy of slips_package.py, has registered the module with Slips. It serves the current Slips and that of 2022.

The program's standard input is one end of a socket, the line. One JSON object a line, the launcher writes
    {"config": Slips' configuration, "slips": what evidence looks like in this Slips}   first, and
    {"check": 7, "problem": ""}                       whether Slips can read an evidence; why not
and reads
    {"text": "...", "verbose": 1, "debug": 0}         a line to print
    {"check": 7, "evidence": {...}}                   an evidence that the program is about to set
    {"receiving": 576}                                it is to stop, and messages still come: how many there were
When the line ends, so does the program. What it writes to stdout and stderr is printed, too.
"""
import collections
import contextlib
import dataclasses
import errno
import importlib
import json
import locale
import multiprocessing
import os
import re
import selectors
import shlex
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

PROGRAM = os.path.splitext(os.path.abspath(__file__))[0]
NAME = os.path.basename(PROGRAM)

STOP_SECONDS = {"current": 60, "legacy": 3}  # what the program may take
KILL_SECONDS = {"current": 65, "legacy": 3.3}  # Slips of 2022 kills after 4.3 s
PATIENCE = 0.2  # between two looks at the program and at Slips
PASSWORD_SECONDS = 10  # Slips makes the file with Redis' password when it starts for the first time

LINE_SIZE, FRAME_SIZE = 64 << 10, 8 << 20  # a frame has room for 1 MB of text in which everything is escaped
BACKLOG_LINES, BACKLOG_SIZE = 10000, 4 << 20
QUEUED_LINES = 1000  # in the queue of Slips' output process; more wait here


# --- text ---------------------------------------------------------------------------------------------------------

CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
MISSING_LIBRARY = re.compile(r"(?i)error (?:while )?loading shared librar(?:y|ies):? ([^:\s]+)")


def inert(text):
    """Text without the words on which any Slips acts when it prints them; detail::acting_words of slips/text.hpp."""
    for word in ("stop_process", "log-only", "initialize progress bar", "update progress bar", "analyzed IPs", "Analyzed IPs"):
        if word in text:
            gap = re.search("[_ -]", word).start()
            text = text.replace(word, f"{word[:gap]}\\x{ord(word[gap]):02x}{word[gap + 1:]}")
    return text


def printable(text):
    """Text that Slips can write wherever it writes: an exception there would leave its lock taken for good."""
    if text.isascii() and text.isprintable():
        return inert(text)
    text = CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", text)
    for encoding in (locale.getpreferredencoding(False), getattr(sys.stdout, "encoding", None) or "ascii"):
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    return inert(text)


def queueable(text):
    """Text that legacy Slips, which splits it at each "|", prints as it is."""
    return printable(text.replace("|", "¦"))


def lines_of(text):
    for line in (text[:-1] if text.endswith("\n") else text).split("\n"):
        yield printable(line[:LINE_SIZE].rstrip("\r") + (" (cut)" if len(line) > LINE_SIZE else ""))


def one_line(error):
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return printable(" ".join(text.split()))


def level(value, default=0):
    return min(max(value, 0), 3) if isinstance(value, int) else default


def read_object(text):
    """The JSON object that a line of the program holds; empty when it holds none."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def read_frame(raw):
    """(text, verbose, debug); what is no frame is text."""
    text = raw.decode("utf-8", "replace")
    frame = read_object(text)
    levels = frame.get("verbose"), frame.get("debug")
    if isinstance(frame.get("text"), str) and all(type(value) is int for value in levels):
        return (frame["text"], *map(level, levels))
    return text, 1, 0


def reason(status, last_words):
    """Why a program ended, of its exit status (a signal is negative) and the end of its stderr."""
    said = " / ".join(last_words)
    missing = status == 127 and MISSING_LIBRARY.search(said)
    if missing:
        advice = ", or build the module with hiredis' static library" if "hiredis" in missing[1] else ""
        return f"a shared library is missing: {missing[1]}; install it{advice}"
    names = {number.value: f" ({number.name})" for number in signal.Signals}
    ending = f"exit status {status}" if status >= 0 else f"signal {-status}{names.get(-status, '')}"
    return ending + (f"; last words: {said[-500:]}" if said else "")


# --- the program --------------------------------------------------------------------------------------------------

class Interrupts:
    """Counts Ctrl-C from now on. An exception in the middle of Slips' print would leave its lock taken for good."""

    count = 0

    def __init__(self):
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:  # a Slips in the background goes on
            with contextlib.suppress(ValueError):  # not the main thread: then nothing is interrupted
                signal.signal(signal.SIGINT, self)

    def __call__(self, number, frame):
        self.count += 1


class Backlog:
    """Lines that Slips has not taken yet. Once they are too many it keeps no more until Slips has caught up."""

    def __init__(self):
        self.lines, self.size, self.left_out = collections.deque(), 0, 0
        self.changed = threading.Condition()

    def put(self, text, verbose, debug):
        with self.changed:
            if self.left_out or len(self.lines) >= BACKLOG_LINES or self.size + len(text) > BACKLOG_SIZE:
                self.left_out += 1
            else:
                self.lines.append((text, verbose, debug))
                self.size += len(text)
            self.changed.notify()

    def take(self, seconds=0.0):
        """The next (text, verbose, debug), or None."""
        with self.changed:
            self.changed.wait_for(lambda: self.lines or self.left_out, seconds)
            if self.lines:
                self.size -= len(self.lines[0][0])
                return self.lines.popleft()
            left_out, self.left_out = self.left_out, 0
            return (f"{left_out} lines left out: more was printed than Slips takes", 0, 1) if left_out else None


class Source:
    """One of the three the program speaks through. `tell` gets its lines."""

    def __init__(self, file, limit, tell):
        self.file, self.limit, self.tell, self.rest = file, limit, tell, b""
        os.set_blocking(file.fileno(), False)

    def read(self):
        """False: it has ended."""
        try:
            data = os.read(self.file.fileno(), LINE_SIZE)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        *lines, rest = (self.rest + data).split(b"\n")
        if not data and rest:
            lines, rest = [rest], b""
        for line in lines:
            self.tell(line if len(line) <= self.limit else line[:self.limit] + b" (cut)")
        self.rest = rest[:self.limit + 1]
        return bool(data)


def open_to(bit, path, sticky=True):
    """Does the file or folder let everybody (S_IWOTH), or its group (S_IWGRP), write? In a sticky folder they can replace
    nobody else's files."""
    mode = os.stat(path).st_mode
    return bool(mode & bit) and not (sticky and stat.S_ISDIR(mode) and mode & stat.S_ISVTX)


def ways_to(path):
    """The file or folder and the folders above it, also behind links."""
    for each in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
        yield each
        while each != os.path.dirname(each):
            each = os.path.dirname(each)
            yield each


def is_folder_for_root(folder):
    """Whether root may load libraries from there."""
    try:
        return os.path.isabs(folder) and not open_to(stat.S_IWOTH, folder, sticky=False)
    except OSError:
        return False


def environment():
    """What the program gets: of root nothing that would load others' code into it. A container's image may need its paths."""
    if os.geteuid() != 0:
        return dict(os.environ)
    kept = {}
    for name, value in os.environ.items():
        if name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
            value = ":".join(filter(is_folder_for_root, value.split(":")))
        elif name.startswith(("LD_", "DYLD_", "PYTHON")):
            continue
        if value or not os.environ[name]:
            kept[name] = value
    return kept


def pipe_with(text):
    """The end to read of a pipe that holds the text, as far as there is room in it."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open(writer, "wb", 0) as file:
        file.write(os.fsencode(text))
    return reader


class Program:
    """The module's process. `say(text, verbose, debug)` is Slips' print; only the thread that calls us prints. `slips` says
    what evidence looks like in this Slips; None in Slips of 2022."""

    def __init__(self, say, slips=None):
        self.say = say
        self.slips = slips
        self.muted = False  # from now on nobody reads what it says
        self.process = self.status = None
        self.explained = False
        self.backlog = Backlog()
        self.last_words = collections.deque(maxlen=3)
        self.last_look = float("inf")
        self.receiving = 0.0  # when it last reported that messages still come

    def start(self, words, configuration, password=None):
        """False: it cannot be started, and the reason was printed. `configuration()` returns Slips' own; `password` is
        Redis'."""
        try:
            if os.geteuid() == 0 and not self.is_safe_for_root():
                return False
            self.unsent = self.first_line(configuration)
            line, its_end = socket.socketpair()
            with its_end, contextlib.ExitStack() as undo, contextlib.ExitStack() as after:
                undo.enter_context(line)
                pipes = [pipe_with(password + "\n")] if password else []  # command lines and environments can be read
                for pipe in pipes:
                    after.callback(os.close, pipe)
                    words = [*words, "--redis-password-file", f"/dev/fd/{pipe}"]
                self.process = subprocess.Popen(
                    self.command(words), stdin=its_end, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                    start_new_session=True, env=environment(), pass_fds=pipes)
                undo.callback(self.kill)
                self.reader = threading.Thread(target=self.listen, args=(line,), daemon=True)
                self.reader.start()
                undo.pop_all()
            return True
        except (OSError, ValueError, RuntimeError) as error:
            self.process = None
            self.say(f"{PROGRAM} cannot be started: {one_line(error)}; {remedy(error)}", 0, 1)
            return False

    def is_safe_for_root(self):
        """False: anybody may replace the program, and so become root; that was printed."""
        try:
            for path in ways_to(PROGRAM):
                if open_to(stat.S_IWOTH, path):
                    self.say(f"{PROGRAM} is not started as root: everybody may write {path}, and so replace it; "
                             f"chmod o-w {path}", 0, 1)
                    return False
            for path in dict.fromkeys((PROGRAM, os.path.dirname(PROGRAM))):
                if open_to(stat.S_IWGRP, path):
                    self.say(f"a group may write {path}, and so replace what root starts; chmod g-w {path}", 0, 1)
        except OSError:
            pass  # it cannot be started, either, and that is explained
        return True

    def command(self, words):
        more = os.environ.get("SLIPS_MODULE_ARGUMENTS", "")
        try:
            more = shlex.split(more)
        except ValueError as error:
            self.say(f"SLIPS_MODULE_ARGUMENTS is left out: {one_line(error)}; mind its quotation marks", 0, 1)
            more = []
        return [PROGRAM, "--managed", "--slips-dir", os.getcwd(), *map(str, words), *more]

    def first_line(self, configuration):
        try:
            sections = {name: dict(keys) for name, keys in configuration().items() if hasattr(keys, "items")}
            text = to_json(sections)
        except Exception as error:  # whatever Slips' configuration is made of
            self.say(f"{NAME} starts without Slips' configuration: {one_line(error)}", 0, 1)
            text = "{}"
        slips = f', "slips": {to_json(self.slips.description)}' if self.slips else ""
        return f'{{"config": {text}{slips}}}\n'.encode("utf-8", "replace")

    # --- what it says. This part runs on the reader's thread, so that the program never waits for Slips -----------

    def listen(self, line):
        out, err = self.process.stdout, self.process.stderr
        sources = [Source(line, FRAME_SIZE, self.take_frame),
                   Source(out, LINE_SIZE, lambda raw: self.keep(raw.decode("utf-8", "replace"), 1, 0)),
                   Source(err, LINE_SIZE, self.keep_complaint)]
        with line, out, err, selectors.DefaultSelector() as selector:
            for source in sources:
                selector.register(source.file, selectors.EVENT_READ, source)
            while selector.get_map() and time.monotonic() < self.last_look:
                if line.fileno() in selector.get_map():
                    selector.modify(line, selectors.EVENT_READ | (selectors.EVENT_WRITE if self.unsent else 0), sources[0])
                for key, events in selector.select(0.1):
                    if events & selectors.EVENT_WRITE:
                        self.send(line)
                    if events & selectors.EVENT_READ and not key.data.read():
                        selector.unregister(key.fileobj)

    def send(self, line):
        """Writes what waits, as far as the program takes it; drops it once the program has gone."""
        try:
            self.unsent = self.unsent[line.send(self.unsent):]
        except BlockingIOError:
            pass
        except OSError:
            self.unsent = b""

    def take_frame(self, raw):
        frame = read_object(raw.decode("utf-8", "replace"))
        if self.slips and type(frame.get("check")) is int:
            problem = self.slips.why_unreadable(frame.get("evidence"))
            self.unsent += to_json({"check": frame["check"], "problem": problem}).encode() + b"\n"
        elif type(frame.get("receiving")) is int:
            self.receiving = time.monotonic()
        else:
            self.keep(*read_frame(raw))

    def keep(self, text, verbose, debug):
        for line in lines_of(text):
            self.backlog.put(line, verbose, debug)

    def keep_complaint(self, raw):
        text = raw.decode("utf-8", "replace")
        self.last_words.extend(line for line in lines_of(text) if line)
        self.keep(text, 0, 1)

    # --- handing it on --------------------------------------------------------------------------------------------

    def relay(self, seconds=0.0, until=None):
        """Prints what waits, after `seconds` at most; in any case it soon returns."""
        line, until = self.backlog.take(seconds), until or time.monotonic() + PATIENCE
        while line:
            if not self.muted:
                self.say(*line)
            line = time.monotonic() < until and self.backlog.take()

    def finish(self):
        """Prints its last words; not for ever: a process that it left behind may hold its pipes open."""
        self.last_look = time.monotonic() + 0.3
        self.reader.join(0.5)
        self.relay(until=float("inf"))

    def explain(self, what):
        self.explained = True
        self.say(f"{NAME} {what}: {reason(self.status, self.last_words)}", 1, 1)

    # --- its end --------------------------------------------------------------------------------------------------

    def ended(self):
        """Nothing of its process group outlives it; until it is reaped, the group's number is its own."""
        if self.process and self.status is None and self.is_over():
            self.kill()
        return self.process is None or self.status is not None

    def is_over(self):
        try:
            return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # reaped by somebody else
            return True
        except AttributeError:  # macOS
            return self.process.poll() is not None

    def terminate(self, number=signal.SIGTERM):
        if not self.ended():  # Popen's own would reap it
            os.kill(self.process.pid, number)

    def kill(self):
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        try:
            self.status = self.process.wait(1)
        except subprocess.TimeoutExpired:  # the system holds it: nobody can wait for that
            self.status = -signal.SIGKILL

    def ended_by_itself(self, stop_comes):
        """Says why; unless Slips is stopping, too, which the program may have heard of first."""
        if not self.ended():
            return False
        if self.status != 0 or not stop_comes(1):
            self.finish()
            self.explain("ended by itself")
        return True

    def stop(self, seconds, in_a_hurry=lambda: False, slips_lives=True):
        """Lets it end, and kills it `seconds` after that, or after the last message that it received. In a hurry it gets the
        signal twice, and has one second. It waits for no messages of a Slips that was killed: SIGINT and SIGTERM say so."""
        if not self.process:
            return
        until, hurried = time.monotonic() + seconds, False
        if not slips_lives:
            self.terminate(signal.SIGINT)
        self.terminate()
        while not self.ended() and time.monotonic() < until:
            self.relay(0.05)  # and parts two signals, which else become one
            until = until if hurried else max(until, self.receiving + seconds)
            if in_a_hurry() and not hurried:
                until, hurried = min(until, time.monotonic() + 0.9), True
                self.terminate()
        killed = not self.ended()
        if killed:
            self.kill()
            when = "after a second Ctrl-C" if hurried else f"within {seconds:g} s"
            self.say(f"{NAME} did not stop {when}: killed", 1, 1)  # at once: legacy Slips has a moment left
        self.finish()
        if not killed and not self.explained and self.status not in (0, -signal.SIGTERM):
            self.explain("did not stop well")


def remedy(error):
    return {errno.ENOENT: "install the module again",
            errno.EACCES: "make it executable (chmod +x)",
            errno.ENOEXEC: "build the module for this machine and install it again",
            }.get(getattr(error, "errno", None), "look at SLIPS_MODULE_ARGUMENTS and at what limits processes here")


# --- Slips --------------------------------------------------------------------------------------------------------

def to_json(value):
    return json.dumps(value, skipkeys=True, default=str, ensure_ascii=False, allow_nan=False)


class EvidenceForms:
    """What evidence looks like in this Slips, by its own classes: newer ones have more members and fields than are known
    here, and its evidence handler ends when it cannot read an evidence."""

    KNOWN = {"evidence_type", "description", "attacker", "threat_level", "profile", "timewindow", "uid", "timestamp"}
    ENUMS = {"types": "EvidenceType", "threat_levels": "ThreatLevel", "methods": "Method", "ioc_types": "IoCType",
             "directions": "Direction", "protos": "Proto"}

    def __init__(self, forms, unregistered):
        """`unregistered`: why the module's own types could not be registered; empty when they were."""
        self.forms = forms
        self.description = {"unregistered": unregistered}
        try:
            from slips_files.common.slips_utils import utils
            self.to_dict = utils.to_dict
            for key, enum in self.ENUMS.items():
                self.description[key] = list(getattr(forms, enum).__members__)
            for key, form in {"attacker": forms.Attacker, "victim": forms.Victim}.items():
                self.description[key] = [each.name for each in dataclasses.fields(form)]
            self.description["template"] = self.to_dict(self.example())
            to_json(self.description)
        except Exception as error:  # whatever a Slips yet unknown is made of
            self.description = {"unregistered": unregistered, "problem": f"{type(error).__name__}: {one_line(error)}"}

    def example(self):
        """An evidence with each field that Slips writes. Raises ValueError where one is needed that is not known here."""
        forms = self.forms
        unknown = [each.name for each in dataclasses.fields(forms.Evidence) if each.name not in self.KNOWN
                   and each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING]
        if unknown:
            raise ValueError(f"its evidence needs {', '.join(unknown)}, which this SDK does not know")
        address = "192.0.2.1"
        peer = {"direction": forms.Direction.SRC, "ioc_type": forms.IoCType.IP, "value": address}
        return forms.Evidence(
            evidence_type=next(iter(forms.EvidenceType)), description="example", attacker=forms.Attacker(**peer),
            threat_level=forms.ThreatLevel.INFO, profile=forms.ProfileID(ip=address),
            timewindow=forms.TimeWindow(number=1), uid=["C1"], timestamp="2024/01/01 00:00:00.000000+0000",
            victim=forms.Victim(**peer))

    def why_unreadable(self, evidence):
        """What Slips' evidence handler would raise, in one line; empty when it reads the evidence."""
        try:
            json.dumps(self.to_dict(self.forms.dict_to_evidence(evidence)))
            return ""
        except Exception as error:
            return f"{type(error).__name__}: {one_line(error)}"


def read_password(file):
    """Redis' password of Slips' redis_auth.conf, a line `requirepass <password>` or the password alone."""
    lines = [line[:-1] if line.endswith("\r") else line
             for line in file.read(1 << 16).decode("utf-8-sig", "surrogateescape").split("\n")]
    for line in lines:
        if line.startswith("requirepass "):
            password = line[len("requirepass "):].strip(" \t")
            quoted = len(password) > 1 and password[0] == password[-1] and password[0] in "\"'"
            return password[1:-1] if quoted else password
    return lines[0]


def redis_password(configuration, port, say, stops):
    """The password in Slips' own file, for which it waits a while where Redis wants one. None: there is none, or the user
    has given another one. `stops(seconds)` waits, and returns whether Slips stops."""
    if os.environ.get("SLIPS_REDIS_PASSWORD"):
        return None
    try:
        folder = dict(configuration().get("parameters", {})).get("permanent_dir")
    except Exception:  # whatever Slips' configuration is made of
        folder = None
    path = os.path.join(os.getcwd(), folder if isinstance(folder, str) and folder else "permanent", "redis_auth.conf")
    until = time.monotonic() + PASSWORD_SECONDS
    while True:
        try:
            with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
                return read_password(file)
        except FileNotFoundError:
            if time.monotonic() > until or not wants_password(port) or stops(PATIENCE):
                return None
        except OSError as error:
            say(f"{NAME} starts without Redis' password: cannot read {path}: {one_line(error)}", 0, 1)
            return None


def wants_password(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as redis:
            redis.sendall(b"PING\r\n")
            return redis.recv(100).startswith(b"-NOAUTH")
    except OSError:
        return False


def current_module(about, evidence):
    from slips_files.common.abstracts.imodule import IModule

    class Module(IModule):
        name, description, authors = about

        def init(self, **kwargs):
            self.program = None

        def subscribe_to_channels(self):
            self.channels = {}

        def pre_main(self):
            self.slips = os.getppid()
            self.interrupts = Interrupts()
            self.program = Program(self.print, evidence())
            password = redis_password(self.configuration, self.redis_port, self.print, self.termination_event.wait)
            return not self.program.start(self.words(), self.configuration, password)

        def configuration(self):
            return self.conf.config or {}

        def words(self):
            words = ["--generation", "current", "--redis-port", self.redis_port,
                     "--verbose", level(self.args.verbose, 1), "--debug", level(self.args.debug),
                     "--stop-timeout", STOP_SECONDS["current"], "--output", os.path.abspath(self.folder())]
            if self.slips_version:
                words += ["--slips-version", self.slips_version]
            return words

        def folder(self):
            """Of the run, in which each module has one of its own."""
            return getattr(self, "parent_output_dir", self.output_dir)

        def main(self):
            self.program.relay(PATIENCE)
            return (self.in_a_hurry() or os.getppid() != self.slips  # Slips was killed: nobody else tells us
                    or self.program.ended_by_itself(self.termination_event.wait))

        def in_a_hurry(self):
            return self.interrupts.count > 1  # at the first Ctrl-C Slips sets termination_event

        def shutdown_gracefully(self):
            if self.program:
                self.program.stop(KILL_SECONDS["current"], self.in_a_hurry, os.getppid() == self.slips)

    return Module


def legacy_module(about):
    from slips_files.common.abstracts import Module as Base
    from slips_files.core.database import __database__ as database

    class Module(Base, multiprocessing.Process):
        name, description, authors = about

        def __init__(self, outputqueue, config, redis_port):
            multiprocessing.Process.__init__(self)
            self.outputqueue, self.config, self.redis_port = outputqueue, config, redis_port
            self.stopping = False
            if not hasattr(database, "r"):  # a second start() would set Slips' clock back
                database.start(config, redis_port)

        def print(self, text, verbose=1, debug=0):
            """Waits for Slips' output process when it is behind: its queue has no end, but our memory has."""
            while self.queued() >= QUEUED_LINES and not self.is_stopped():
                pass
            if self.queued() < QUEUED_LINES:
                self.outputqueue.put(f"{verbose}{debug}|{self.name}|{queueable(text)}")

        def run(self):
            self.slips = os.getppid()
            self.interrupts = Interrupts()
            program = Program(self.print)
            try:
                self.live(program)
            except Exception as error:
                with contextlib.suppress(Exception):
                    self.print(f"{self.name} ends: {one_line(error)}", 0, 1)
            finally:
                program.muted = self.stopping  # Slips' output process has ended
                for step in (lambda: program.stop(KILL_SECONDS["legacy"]), self.wait_until_awaited,
                             lambda: database.publish("finished_modules", self.name), self.flush):
                    with contextlib.suppress(Exception):
                        step()

        def live(self, program):
            self.channel = database.subscribe("core_messages")  # silent, but for stop_process
            words = ["--generation", "legacy", "--redis-port", self.redis_port, "--verbose", 3, "--debug", 3,
                     "--stop-timeout", STOP_SECONDS["legacy"]]
            if not program.start(words, self.sections):
                return
            while not self.is_stopped() and not program.ended_by_itself(self.stop_comes):
                program.relay()
            program.relay()  # what it had said by then

        def sections(self):
            return {name: dict(self.config.items(name, raw=True)) for name in self.config.sections()}

        def is_stopped(self):
            message = self.channel.get_message(timeout=PATIENCE)
            heard = message and message["data"] == "stop_process"
            killed = os.getppid() != self.slips  # Slips was: nobody else tells us
            self.stopping = bool(self.stopping or heard or killed or self.interrupts.count)
            return self.stopping

        def wait_until_awaited(self):
            """Slips listens to finished_modules only once all modules have started: what comes before is lost, and Slips
            would wait for us for ever."""
            while not self.stopping and database.r.pubsub_numsub("finished_modules")[0][1] == 0:
                self.is_stopped()

        def stop_comes(self, seconds):
            until = time.monotonic() + seconds
            while not self.is_stopped() and time.monotonic() < until:
                pass
            return self.stopping

        def queued(self):
            try:
                return self.outputqueue.qsize()
            except NotImplementedError:  # macOS: at least what has not left this process
                return len(getattr(self.outputqueue, "_buffer", ()))

        def flush(self):
            """What is queued goes out first: a process that dies while putting keeps the queue's lock from all others. Once
            Slips stops there is a moment for it only, and nobody to read."""
            def drain():
                with contextlib.suppress(Exception):
                    self.outputqueue.close()
                    self.outputqueue.join_thread()
            thread = threading.Thread(target=drain, daemon=True)
            thread.start()
            with contextlib.suppress(Exception):  # no stop can come any more
                while not self.stopping and thread.is_alive() and not self.is_stopped():
                    pass
            thread.join(0.2 if self.stopping else 1)
            self.outputqueue.cancel_join_thread()

    return Module


def make_module():
    """The class Slips looks for. Its base stays in here: Slips starts whatever subclass it sees in the file."""
    package = importlib.import_module(__package__)
    if not hasattr(package, "read_description"):
        raise ValueError("modules/" + NAME + "/__init__.py is of an older SDK")
    described = package.read_description()
    about = queueable(described["name"]), queueable(described["description"]), [queueable(described["authors"])]
    forms = package.import_if_there("slips_files.core.structures.evidence")
    if not forms:
        return legacy_module(about)
    return current_module(about, lambda: EvidenceForms(forms, package.problem))


try:
    Module = make_module()
except ImportError as error:
    raise ImportError(f"{__file__} is in no Slips it knows: {one_line(error)}; it fits 1.1 and 0.9") from None
except Exception as error:  # which would end Slips
    raise ImportError(f"{PROGRAM}.json cannot be used: {one_line(error)}; install the module again") from None
