# SPDX-FileCopyrightText: the slips-module-sdk authors
# SPDX-License-Identifier: MIT
"""The launcher: runs the program beside this file as a module of Slips. Starts it, prints its output, stops it.

modules/<name>/<name>.py is a copy of this file, <name> is the program, and <name>.json is what `<name> --describe` printed,
with the number of `copies` if the module is to run as several processes; see Copies.
__init__.py, a copy of slips_package.py, has registered the module with Slips. Supports Slips from 0.9.0 on: what differs
between releases is found by inspecting what Slips offers for import, never by its version.

The program's standard input is one end of a socket. Both sides send one JSON object per line. The launcher sends
    {"config": Slips' configuration, "slips": the form of evidence in this Slips}   first, and
    {"check": 7, "problem": ""}                       why Slips cannot read an evidence; empty if it can
and receives
    {"text": "...", "verbose": 1, "debug": 0}         a line to print
    {"check": 7, "evidence": {...}}                   an evidence that the program is about to set
    {"receiving": 576}                                while stopping: messages received so far; they still arrive
The program ends when the socket is closed. Its stdout and stderr are printed as well.
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

# seconds that the program may take to stop, and until it is killed; some releases kill their modules after 4.3 s
TIME_LIMITS = {"long": (60, 65), "short": (3, 3.3)}
# modules of Slips derive from the first of these
BASES = (("slips_files.common.abstracts.imodule", "IModule"),  # from 1.1.11 on
         ("slips_files.common.abstracts.module", "IModule"),
         ("slips_files.common.abstracts._module", "IModule"),
         ("slips_files.common.abstracts", "Module"))  # up to 1.0.7

POLL_SECONDS = 0.2  # between two checks of the program and of Slips
PASSWORD_SECONDS = 10  # wait for the file with Redis' password, which Slips creates at its first start

LINE_SIZE, FRAME_SIZE = 64 << 10, 8 << 20  # a frame holds 1 MB of text even if every character is escaped
BACKLOG_LINES, BACKLOG_SIZE = 10000, 4 << 20
MOST_COPIES = 64  # Share::most of slips/share.hpp
LAST_LINES = 3  # of stderr, to explain why the program has ended
REPORT_SECONDS = 0.3  # for a program to report, before it is killed, which call does not return
QUEUED_LINES = 1000  # in the queue of Slips' output process; further ones wait in the backlog


# --- text ---------------------------------------------------------------------------------------------------------

CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
MISSING_LIBRARY = re.compile(r"(?i)error (?:while )?loading shared librar(?:y|ies):? ([^:\s]+)")


def inert(text):
    """Escapes the words on which Slips acts when it prints them; the same list as detail::acting_words of slips/text.hpp."""
    for word in ("stop_process", "log-only", "initialize progress bar", "update progress bar", "analyzed IPs", "Analyzed IPs"):
        if word in text:
            gap = re.search("[_ -]", word).start()
            text = text.replace(word, f"{word[:gap]}\\x{ord(word[gap]):02x}{word[gap + 1:]}")
    return text


def printable(text):
    """Text that Slips can write to its terminal and log files. An exception there would leave Slips' print lock taken."""
    if text.isascii() and text.isprintable():
        return inert(text)
    text = CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", text)
    for encoding in (locale.getpreferredencoding(False), getattr(sys.stdout, "encoding", None) or "ascii"):
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    return inert(text)


def queueable(text):
    """Text that legacy Slips prints unchanged, although it splits lines at each "|"."""
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
    """The JSON object in a line from the program; empty if the line is not one."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def read_frame(raw):
    """(text, verbose, debug) of a frame; any other line is text to print."""
    text = raw.decode("utf-8", "replace")
    frame = read_object(text)
    levels = frame.get("verbose"), frame.get("debug")
    if isinstance(frame.get("text"), str) and all(type(value) is int for value in levels):
        return (frame["text"], *map(level, levels))
    return text, 1, 0


def is_hang(line):
    """Whether the program reports, before it is killed, which handler or hook does not return: shown at all levels."""
    return " has not returned for " in line


def reason(status, last_lines):
    """Why a program ended, from its exit status (negative for a signal) and the last lines of its stderr."""
    output = " / ".join(last_lines)
    missing = status == 127 and MISSING_LIBRARY.search(output)
    if missing:
        advice = ", or build the module with hiredis' static library" if "hiredis" in missing[1] else ""
        return f"a shared library is missing: {missing[1]}; install it{advice}"
    names = {number.value: f" ({number.name})" for number in signal.Signals}
    ending = f"exit status {status}" if status >= 0 else f"signal {-status}{names.get(-status, '')}"
    return ending + (f"; last output: {output[-500:]}" if output else "")


# --- the program --------------------------------------------------------------------------------------------------

class Interrupts:
    """Counts Ctrl-C, in place of KeyboardInterrupt, which in the middle of Slips' print would leave its lock taken."""

    count = 0

    def __init__(self):
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:  # set for a Slips in the background, which then goes on
            with contextlib.suppress(ValueError):  # not the main thread, which is never interrupted
                signal.signal(signal.SIGINT, self)

    def __call__(self, number, frame):
        self.count += 1


class Backlog:
    """Lines that Slips has not printed yet. When it is full, drops new lines until Slips has caught up."""

    def __init__(self):
        self.lines, self.size, self.dropped = collections.deque(), 0, 0
        self.changed = threading.Condition()

    def put(self, text, verbose, debug):
        with self.changed:
            if self.dropped or len(self.lines) >= BACKLOG_LINES or self.size + len(text) > BACKLOG_SIZE:
                self.dropped += 1
            else:
                self.lines.append((text, verbose, debug))
                self.size += len(text)
            self.changed.notify()

    def take(self, seconds=0.0):
        """The next (text, verbose, debug), or None."""
        with self.changed:
            self.changed.wait_for(lambda: self.lines or self.dropped, seconds)
            if self.lines:
                self.size -= len(self.lines[0][0])
                return self.lines.popleft()
            dropped, self.dropped = self.dropped, 0
            return (f"{dropped} lines dropped: the module prints faster than Slips does", 0, 1) if dropped else None


class Source:
    """One of the program's three outputs: socket, stdout, stderr. Calls `handle` for each line."""

    def __init__(self, file, limit, handle):
        self.file, self.limit, self.handle, self.rest = file, limit, handle, b""
        os.set_blocking(file.fileno(), False)

    def read(self):
        """Handles what can be read now. Returns False at the end of the file."""
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
            self.handle(line if len(line) <= self.limit else line[:self.limit] + b" (cut)")
        self.rest = rest[:self.limit + 1]
        return bool(data)


def open_to(bit, path, sticky=True):
    """Whether everybody (S_IWOTH) or the group (S_IWGRP) can write the file or folder. A sticky folder does not count,
    because users can only replace their own files in it."""
    mode = os.stat(path).st_mode
    return bool(mode & bit) and not (sticky and stat.S_ISDIR(mode) and mode & stat.S_ISVTX)


def paths_to(path):
    """The file and all folders above it, for the path as given and with links resolved."""
    for each in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
        yield each
        while each != os.path.dirname(each):
            each = os.path.dirname(each)
            yield each


def is_folder_for_root(folder):
    """Whether root may load libraries from the folder."""
    try:
        return os.path.isabs(folder) and not open_to(stat.S_IWOTH, folder, sticky=False)
    except OSError:
        return False


def environment():
    """The program's environment. For root, without variables that would load other users' code; library paths that only root
    can write are kept, because container images may need them."""
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
    """The read end of a pipe that contains the text, cut to what the pipe can hold."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open(writer, "wb", 0) as file:
        file.write(os.fsencode(text))
    return reader


class Program:
    """A process of the module. `print_line(text, verbose, debug)` is Slips' print, called on the caller's thread only. `slips`
    is the EvidenceForms of this Slips; None in Slips of 2022. `label` precedes each line; a `backlog` is shared by several."""

    def __init__(self, print_line, slips=None, label="", backlog=None):
        self.print_line = print_line
        self.slips = slips
        self.label = label
        self.muted = False  # Slips no longer prints: drop the program's output
        self.process = self.status = None
        self.explained = False
        self.backlog = backlog or Backlog()
        self.last_lines = ()  # of stderr; replaced, never changed, because two threads use it
        self.read_until = float("inf")
        self.receiving = 0.0  # when it last reported that messages still arrive
        self.until = float("inf")  # while stopping: when it is killed

    def report(self, text, verbose, debug):
        self.print_line(self.label + text, verbose, debug)

    def start(self, words, configuration, password=None):
        """Starts the program with the arguments `words`. `configuration()` returns Slips' own; `password` is Redis'. Returns
        False if it cannot be started, after printing why."""
        try:
            if os.geteuid() == 0 and not self.is_safe_for_root():
                return False
            self.unsent = self.first_line(configuration)
            line, program_end = socket.socketpair()
            with program_end, contextlib.ExitStack() as undo, contextlib.ExitStack() as after:
                undo.enter_context(line)
                # Not as an argument or a variable: other users can read command lines and environments.
                pipes = [pipe_with(password + "\n")] if password else []
                for pipe in pipes:
                    after.callback(os.close, pipe)
                    words = [*words, "--redis-password-file", f"/dev/fd/{pipe}"]
                self.process = subprocess.Popen(
                    self.command(words), stdin=program_end, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                    start_new_session=True, env=environment(), pass_fds=pipes)
                undo.callback(self.kill)
                self.reader = threading.Thread(target=self.read_output, args=(line,), daemon=True)
                self.reader.start()
                undo.pop_all()
            return True
        except (OSError, ValueError, RuntimeError) as error:
            self.process = None
            self.report(f"{PROGRAM} cannot be started: {one_line(error)}; {remedy(error)}", 0, 1)
            return False

    def is_safe_for_root(self):
        """Returns False if every user can replace the program and so become root, after printing that."""
        try:
            for path in paths_to(PROGRAM):
                if open_to(stat.S_IWOTH, path):
                    self.report(f"{PROGRAM} is not started as root: every user can write {path} and replace it; "
                                f"chmod o-w {path}", 0, 1)
                    return False
            for path in dict.fromkeys((PROGRAM, os.path.dirname(PROGRAM))):
                if open_to(stat.S_IWGRP, path):
                    self.report(f"a group can write {path} and replace what root starts; chmod g-w {path}", 0, 1)
        except OSError:
            pass  # starting it fails as well, and reports why
        return True

    def command(self, words):
        more = os.environ.get("SLIPS_MODULE_ARGUMENTS", "")
        try:
            more = shlex.split(more)
        except ValueError as error:
            self.report(f"SLIPS_MODULE_ARGUMENTS is ignored: {one_line(error)}; check its quotation marks", 0, 1)
            more = []
        return [PROGRAM, "--managed", "--slips-dir", os.getcwd(), *map(str, words), *more]

    def first_line(self, configuration):
        try:
            sections = {name: dict(keys) for name, keys in configuration().items() if hasattr(keys, "items")}
            text = to_json(sections)
        except Exception as error:  # the configuration may hold any object
            self.report(f"{NAME} starts without Slips' configuration: {one_line(error)}", 0, 1)
            text = "{}"
        slips = f', "slips": {to_json(self.slips.description)}' if self.slips else ""
        return f'{{"config": {text}{slips}}}\n'.encode("utf-8", "replace")

    # --- its output, read on a thread of its own, so that the program never waits for Slips -----------------------

    def read_output(self, line):
        out, err = self.process.stdout, self.process.stderr
        sources = [Source(line, FRAME_SIZE, self.take_frame),
                   Source(out, LINE_SIZE, lambda raw: self.keep(raw.decode("utf-8", "replace"), 1, 0)),
                   Source(err, LINE_SIZE, self.keep_error)]
        with line, out, err, selectors.DefaultSelector() as selector:
            for source in sources:
                selector.register(source.file, selectors.EVENT_READ, source)
            while selector.get_map() and time.monotonic() < self.read_until:
                if line.fileno() in selector.get_map():
                    selector.modify(line, selectors.EVENT_READ | (selectors.EVENT_WRITE if self.unsent else 0), sources[0])
                for key, events in selector.select(0.1):
                    if events & selectors.EVENT_WRITE:
                        self.send(line)
                    if events & selectors.EVENT_READ and not key.data.read():
                        selector.unregister(key.fileobj)

    def send(self, line):
        """Sends as much of `unsent` as the socket accepts; drops it once the program has ended."""
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
            self.backlog.put(self.label + line, verbose, debug)

    def keep_error(self, raw):
        text = raw.decode("utf-8", "replace")
        self.last_lines = (*self.last_lines, *filter(None, lines_of(text)))[-LAST_LINES:]
        self.keep(text, 1 if is_hang(text) else 0, 1)

    # --- printing its output --------------------------------------------------------------------------------------

    def relay(self, seconds=0.0):
        """Prints the backlog; waits up to `seconds` for a first line. Returns after POLL_SECONDS even if more is left."""
        line, until = self.backlog.take(seconds), time.monotonic() + POLL_SECONDS
        while line:
            self.print_unless_muted(line)
            line = time.monotonic() < until and self.backlog.take()

    def print_unless_muted(self, line):
        if not self.muted:
            self.print_line(*line)

    def stop_reading(self):
        """Reads its output only briefly from now on, because a child of the program may hold its pipes open."""
        self.read_until = min(self.read_until, time.monotonic() + 0.3)

    def finish(self):
        """Prints the rest of its output: what waits now, because other processes may go on printing."""
        self.stop_reading()
        self.reader.join(0.5)
        for _ in range(len(self.backlog.lines) + 1):  # and how many were dropped
            line = self.backlog.take()
            if line:
                self.print_unless_muted(line)

    def explain(self, what):
        """Prints why it ended."""
        self.explained = True
        self.report(f"{NAME} {what}: {reason(self.status, self.last_lines)}", 1, 1)

    # --- its end --------------------------------------------------------------------------------------------------

    def ended(self):
        """Whether it has ended. Then also kills the rest of its group, before reaping it frees the group id."""
        if self.process and self.status is None and self.is_over():
            self.kill()
        return self.process is None or self.status is not None

    def is_over(self):
        try:
            return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # reaped elsewhere
            return True
        except AttributeError:  # macOS
            return self.process.poll() is not None

    def terminate(self, number=signal.SIGTERM):
        if not self.ended():  # Popen.send_signal() would reap it
            os.kill(self.process.pid, number)

    def kill(self):
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        try:
            self.status = self.process.wait(1)
        except subprocess.TimeoutExpired:  # stuck in the kernel
            self.status = -signal.SIGKILL

    def ended_by_itself(self, wait_for_stop):
        """Whether it has ended. Prints why, unless Slips stops: the program may have received that first."""
        if not self.ended():
            return False
        if self.status != 0 or not wait_for_stop(1):
            self.finish()
            self.explain("ended by itself")
        return True

    def may_go_on(self, seconds, hurried):
        """Whether it still stops: `seconds` after the request or the last message it reported, it is killed."""
        if not hurried:
            self.until = max(self.until, self.receiving + seconds)
        return not self.ended() and time.monotonic() < self.until


class Copies:
    """The processes of the module, to Slips one module. Each handles its share of the profiles (--share), so that a module
    that is too slow for one core uses several. One is the usual case."""

    def __init__(self, count, print_line, slips=None):
        backlog = Backlog()
        self.programs = [Program(print_line, slips, f"({number}/{count}) " if count > 1 else "", backlog)
                         for number in range(1, count + 1)]

    def start(self, words, configuration, password=None):
        """Starts them. Returns False if none can be started, after printing why."""
        count = len(self.programs)
        shares = [["--share", f"{number}/{count}"] if count > 1 else [] for number in range(1, count + 1)]
        started = [each.start([*words, *share], configuration, password) for each, share in zip(self.programs, shares)]
        for each, has_started in zip(self.programs, started):
            if not has_started:
                self.report_left_out(each)
        return any(started)

    def report_left_out(self, program):
        left = sum(not each.ended() for each in self.programs)
        if left:
            program.report(f"its profiles are not handled until Slips is started again; the other {left} go on", 0, 1)

    def relay(self, seconds=0.0):
        self.programs[0].relay(seconds)  # they share the backlog

    def mute(self):
        for each in self.programs:
            each.muted = True

    def ended_by_itself(self, wait_for_stop):
        """Whether all have ended. If one has, prints why and what that means: the others go on."""
        for each in self.programs:
            if each.process and not each.explained and each.ended_by_itself(wait_for_stop) and each.explained:
                self.report_left_out(each)
        # of those found above: one that has ended since then is explained the next time
        return all(each.process is None or each.status is not None for each in self.programs)

    def stop(self, seconds, in_a_hurry=lambda: False, slips_lives=True):
        """Asks the processes to stop, and kills those left `seconds` after that or after the last message that one of them
        reported. Once `in_a_hurry()`, sends SIGTERM again and kills them after one second. If Slips was killed, SIGINT and
        SIGTERM together make a program stop without waiting for messages."""
        programs = [each for each in self.programs if each.process]
        for each in programs:
            each.until = time.monotonic() + seconds
            if not slips_lives:
                each.terminate(signal.SIGINT)
            each.terminate()
        hurried = False
        while any([each.may_go_on(seconds, hurried) for each in programs]):
            self.relay(0.05)  # also separates two signals, which would merge into one
            if in_a_hurry() and not hurried:
                hurried = True
                for each in programs:
                    each.until = min(each.until, time.monotonic() + 0.9)
                    each.terminate()
        killed = [each for each in programs if not each.ended()]
        if killed and not hurried:  # a program reports which call does not return
            for each in killed:
                each.terminate()
            until = time.monotonic() + REPORT_SECONDS
            while time.monotonic() < until and not all(any(map(is_hang, each.last_lines)) for each in killed):
                self.relay(0.02)
            self.relay()
        when = "after a second Ctrl-C" if hurried else f"within {seconds:g} s"
        for each in killed:
            each.kill()
            each.report(f"{NAME} did not stop {when}: killed", 1, 1)  # first: legacy Slips soon stops printing
            if each.muted:
                for line in filter(is_hang, each.last_lines):
                    each.report(line, 1, 1)
        for each in programs:  # first all: for one after the other Slips may not wait
            each.stop_reading()
        for each in programs:
            each.finish()
            if each not in killed and not each.explained and each.status not in (0, -signal.SIGTERM):
                each.explain("failed while stopping")


def remedy(error):
    return {errno.ENOENT: "install the module again",
            errno.EACCES: "make it executable (chmod +x)",
            errno.ENOEXEC: "build the module for this machine and install it again",
            }.get(getattr(error, "errno", None), "check SLIPS_MODULE_ARGUMENTS and the limits on processes (ulimit -a)")


# --- Slips --------------------------------------------------------------------------------------------------------

def to_json(value):
    return json.dumps(value, skipkeys=True, default=str, ensure_ascii=False, allow_nan=False)


def names_of(form):
    return [each.name for each in dataclasses.fields(form)]


class EvidenceForms:
    """The form of evidence in this Slips, taken from its own classes. It differs from release to release, and Slips' evidence
    handler ends if it cannot read an evidence."""

    ENUMS = {"types": "EvidenceType", "threat_levels": "ThreatLevel", "methods": "Method", "ioc_types": "IoCType",
             "directions": "Direction", "protos": "Proto", "categories": "IDEACategory"}

    def __init__(self, forms, unregistered):
        """`unregistered` is why the module's own types could not be registered; empty if they were."""
        self.forms = forms
        self.description = {"unregistered": unregistered}
        try:
            from slips_files.common.slips_utils import utils
            self.to_dict = getattr(forms, "evidence_to_dict", None) or utils.to_dict  # the former up to 1.1.1
            for key, enum in self.ENUMS.items():
                if hasattr(forms, enum):
                    self.description[key] = list(getattr(forms, enum).__members__)
            for key, form in {"attacker": forms.Attacker, "victim": forms.Victim}.items():
                self.description[key] = names_of(form)
            self.description["template"] = self.to_dict(self.example())
            to_json(self.description)
        except Exception as error:  # the classes of a future Slips may be anything
            self.description = {"unregistered": unregistered, "problem": f"{type(error).__name__}: {one_line(error)}"}

    def example(self):
        """An evidence with each field that Slips writes. Raises ValueError if Slips requires a field unknown to this SDK."""
        forms, address = self.forms, "192.0.2.1"
        values = {"evidence_type": next(iter(forms.EvidenceType)), "description": "example",
                  "attacker": self.peer(forms.Attacker, address), "threat_level": forms.ThreatLevel.INFO,
                  "profile": forms.ProfileID(ip=address), "timewindow": forms.TimeWindow(number=1), "uid": ["C1"],
                  "timestamp": "2024/01/01 00:00:00.000000+0000", "victim": self.peer(forms.Victim, address)}
        if hasattr(forms, "IDEACategory"):  # up to 1.1.1
            values["category"] = next(iter(forms.IDEACategory))
        unknown = [each.name for each in dataclasses.fields(forms.Evidence) if each.name not in values
                   and each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING]
        if unknown:
            raise ValueError(f"its evidence requires {', '.join(unknown)}, unknown to this SDK")
        return forms.Evidence(**values)

    def peer(self, form, address):
        kind = next(name for name in names_of(form) if name in ("ioc_type", "attacker_type", "victim_type"))
        return form(**{"direction": self.forms.Direction.SRC, kind: self.forms.IoCType.IP, "value": address})

    def why_unreadable(self, evidence):
        """What Slips' evidence handler would raise, in one line; empty if it can read the evidence."""
        try:
            json.dumps(self.to_dict(self.forms.dict_to_evidence(evidence)))
            return ""
        except Exception as error:
            return f"{type(error).__name__}: {one_line(error)}"


def read_password(file):
    """The password in Slips' redis_auth.conf, which has a line `requirepass <password>` or the password alone."""
    lines = [line[:-1] if line.endswith("\r") else line
             for line in file.read(1 << 16).decode("utf-8-sig", "surrogateescape").split("\n")]
    for line in lines:
        if line.startswith("requirepass "):
            password = line[len("requirepass "):].strip(" \t")
            quoted = len(password) > 1 and password[0] == password[-1] and password[0] in "\"'"
            return password[1:-1] if quoted else password
    return lines[0]


def redis_password(configuration, port, print_line, wait_for_stop):
    """The password in Slips' own file. Waits for the file if Redis requires a password. None if there is none or the user
    provides another one. `wait_for_stop(seconds)` returns whether Slips stops."""
    if os.environ.get("SLIPS_REDIS_PASSWORD"):
        return None
    try:
        folder = dict(configuration().get("parameters", {})).get("permanent_dir")
    except Exception:  # the configuration may hold any object
        folder = None
    path = os.path.join(os.getcwd(), folder if isinstance(folder, str) and folder else "permanent", "redis_auth.conf")
    until = time.monotonic() + PASSWORD_SECONDS
    while True:
        try:
            with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
                return read_password(file)
        except FileNotFoundError:
            if time.monotonic() > until or not requires_password(port) or wait_for_stop(POLL_SECONDS):
                return None
        except OSError as error:
            print_line(f"{NAME} starts without Redis' password: cannot read {path}: {one_line(error)}", 0, 1)
            return None


def requires_password(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as redis:
            redis.sendall(b"PING\r\n")
            return redis.recv(100).startswith(b"-NOAUTH")
    except OSError:
        return False


def config_parser(package):
    """The class that reads Slips' configuration file; None up to 0.9.5."""
    for path in "slips_files.common.parsers.config_parser", "slips_files.common.config_parser":
        module = package.import_if_there(path)
        if module:
            return module.ConfigParser
    return None


def sections_of(config):
    """{section: {key: value}} of what Slips has read from slips.yaml or slips.conf."""
    if hasattr(config, "sections"):
        return {name: dict(config.items(name, raw=True)) for name in config.sections()}
    return config or {}


def version_in_files():
    """The version in the files of Slips' folder, which is the working folder; empty if there is none."""
    for name, pattern in ("VERSION", r"(\S+)"), ("slips.py", r"(?m)^version *= *['\"](\S+)['\"]"):
        with contextlib.suppress(OSError), open(name, encoding="utf-8", errors="replace") as file:
            found = re.search(pattern, file.read(1 << 16))
            if found:
                return found[1]
    return ""


def evidence_handler_stops_first():
    """Whether the evidence handler of this Slips has the same termination event as its modules, so up to 1.0.15."""
    manager = sys.modules.get("managers.process_manager") or sys.modules.get("process_manager")
    create = getattr(getattr(manager, "ProcessManager", None), "__init__", None)
    names = getattr(getattr(create, "__code__", None), "co_names", ())
    return "termination_event" in names and "evidence_handler_termination_event" not in names


class OutputQueue:
    """Slips' print up to 1.0.7, the queue of its output process. `stops(seconds)` is that of Life."""

    def __init__(self, queue, name, stops):
        self.queue, self.name, self.stops = queue, name, stops

    def print(self, text, verbose=1, debug=0):
        """Waits while Slips' output process is behind: its queue is unbounded, memory is not."""
        while self.queued() >= QUEUED_LINES and not self.stops(POLL_SECONDS):
            pass
        if self.queued() < QUEUED_LINES:
            self.queue.put(f"{verbose}{debug}|{self.name}|{queueable(text)}")

    def queued(self):
        try:
            return self.queue.qsize()
        except NotImplementedError:  # macOS: count what has not left this process
            return len(getattr(self.queue, "_buffer", ()))

    def flush(self):
        """Writes what is queued before the process ends, because a process that dies while writing leaves the queue's
        lock taken. Waits only briefly, because nothing reads the queue once Slips stops."""
        def drain():
            with contextlib.suppress(Exception):
                self.queue.close()
                self.queue.join_thread()
        thread = threading.Thread(target=drain, daemon=True)
        thread.start()
        thread.join(0.2)
        self.queue.cancel_join_thread()


class Life:
    """The life of a module's process. run() replaces that of Slips' base class, whose loop differs from release to release.
    How Slips stops its modules is in the subclasses."""

    minutes = 0  # how long Slips waits for its modules to stop, if its configuration has no such setting
    prints = True

    def __init__(self, module, package, output, forms, copies=1):
        """`output.print(text, verbose, debug)` is Slips' print; `forms` is None if evidence types are free text."""
        self.module, self.package, self.output, self.forms, self.copies = module, package, output, forms, copies
        self.interrupts = Interrupts()
        parent = multiprocessing.parent_process()  # also if it was killed before this line
        self.slips = parent.pid if parent else os.getppid()
        self.parser = None  # Slips' own object that has read its configuration
        self.stop_seconds, self.kill_seconds = TIME_LIMITS["short"]

    def run(self):
        program = Copies(self.copies, self.print, self.forms)
        try:
            self.begin()
            with contextlib.suppress(Exception):  # configuration() raises again, and first_line() reports why
                self.parser = self.find_parser()
            self.stop_seconds, self.kill_seconds = TIME_LIMITS[self.limits()]
            password = redis_password(self.configuration, self.port(), self.print, self.stops)
            if program.start(self.words(), self.configuration, password):
                while not self.stops() and not program.ended_by_itself(self.stops):
                    program.relay(POLL_SECONDS)
        except (Exception, KeyboardInterrupt) as error:
            with contextlib.suppress(Exception):
                self.print(f"{NAME} ends: {one_line(error)}", 0, 1)
        finally:
            self.end(program)

    def print(self, text, verbose=1, debug=0):
        if not self.prints:
            return
        try:
            self.output.print(printable(text), verbose, debug)
        except (OSError, ValueError):
            # The screen is a full disk, or closed. Slips' lock stays taken then, and the next line would wait for ever.
            self.prints = False

    def slips_was_killed(self):
        return os.getppid() != self.slips

    # --- what the program receives --------------------------------------------------------------------------------

    def words(self):
        """The program's arguments."""
        words = ["--generation", "current" if self.forms else "legacy", "--redis-port", self.port(),
                 "--stop-timeout", self.stop_seconds]
        args = getattr(self.module, "args", None)  # from 1.1.10 on; before, the program prints all and Slips selects
        words += ["--verbose", level(args.verbose, 1) if args else 3, "--debug", level(args.debug) if args else 3]
        if self.folder():
            words += ["--output", os.path.abspath(self.folder())]
        version = str(getattr(self.module, "slips_version", None) or version_in_files()).replace("\n", "")
        return words + ["--slips-version", version] if version else words

    def port(self):
        return getattr(self.module, "redis_port", None) or self.module.db.redis_port  # in 1.0.6 and 1.0.7 only there

    def folder(self):
        """The output folder of the run; each module has its own folder in it. None if the module does not know it."""
        database = getattr(self.module, "db", None)
        return (getattr(self.module, "parent_output_dir", None) or getattr(self.module, "output_dir", None)
                or getattr(database, "output_dir", None))

    def find_parser(self):
        conf = getattr(self.module, "conf", None)
        return conf if hasattr(conf, "config") else config_parser(self.package)()

    def configuration(self):
        return sections_of((self.parser or self.find_parser()).config)

    # --- the stop -------------------------------------------------------------------------------------------------

    def limits(self):
        """The key of TIME_LIMITS that fits the time after which Slips kills its modules."""
        minutes = self.minutes
        with contextlib.suppress(Exception):  # no parser, or one without this setting
            minutes = float(self.parser.wait_for_modules_to_finish())
        return "long" if minutes * 60 > TIME_LIMITS["long"][1] else "short"


class EventLife(Life):
    """Slips from 1.0.6 on: stops its modules with an event, and joins their processes."""

    minutes = 15

    def begin(self):
        if evidence_handler_stops_first():
            self.print("the evidence handler of this Slips stops together with the modules: evidence set while stopping may "
                       "be lost", 1, 0)

    def stops(self, seconds=0.0):
        """Waits up to `seconds`, and returns whether Slips stops. It sets the event at the first Ctrl-C."""
        end = time.monotonic() + seconds
        # never wait() for the event: if this process is killed meanwhile, Slips' set() waits for it for ever
        while not (self.module.termination_event.is_set() or self.in_a_hurry() or self.slips_was_killed()):
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, POLL_SECONDS))
        return True

    def in_a_hurry(self):
        return self.interrupts.count > 1

    def end(self, program):
        program.stop(self.kill_seconds, self.in_a_hurry, not self.slips_was_killed())
        if isinstance(self.output, OutputQueue):
            self.output.flush()


class QueueLife(Life):
    """Slips up to 1.0.5: stops its modules with a message in Redis, and waits for their names on finished_modules."""

    stopping = False

    def begin(self):
        if self.module.refusal:
            raise self.module.refusal
        self.channel = self.module.channel

    def configuration(self):
        return sections_of(self.module.config) if self.module.config is not None else super().configuration()

    def limits(self):
        # with -P, releases up to 0.9.6 kill their modules early
        return "short" if any(word.startswith(("-P", "--port")) for word in sys.argv) else super().limits()

    def stops(self, seconds=0.0):
        """Waits up to `seconds`, and returns whether Slips stops."""
        if not self.stopping:
            message = self.channel.get_message(timeout=seconds)
            while message and message["data"] != "stop_process":
                message = self.channel.get_message(timeout=0)
            self.stopping = bool(message or self.slips_was_killed() or self.interrupts.count)
        return self.stopping

    def end(self, program):
        with contextlib.suppress(Exception):
            program.relay()  # what it has printed by now
        if self.stopping:
            program.mute()  # Slips' output process has ended
        # finished_modules comes last, because Slips kills the module then. It also waits for the stop: Slips ignores names
        # that arrive before, and would wait for the module
        for step in (lambda: program.stop(self.kill_seconds), self.wait_for_stop, self.output.flush,
                     lambda: self.module.database.publish("finished_modules", self.module.name)):
            with contextlib.suppress(Exception):
                step()

    def wait_for_stop(self):
        while not self.stops(POLL_SECONDS):
            pass


def event_module(Base, about, live):
    class Module(Base):
        name, description, authors = about

        def run(self):
            live(EventLife, self, getattr(self, "output_queue", None))  # None from 1.0.8 on

    return Module


def queue_module(Base, about, live, database):
    class Module(Base):
        name, description, authors = about

        def __init__(self, outputqueue, *arguments, **more):
            """`arguments`: [the configuration, up to 0.9.5,] and [the port of Redis, from 0.9.1 on]."""
            multiprocessing.Process.__init__(self)
            self.outputqueue, self.database = outputqueue, database
            self.config = next((each for each in arguments if hasattr(each, "sections")), None)
            self.redis_port = next((each for each in reversed(arguments) if str(each).isdecimal()), 6379)
            if not hasattr(database, "r"):  # a second start() would set Slips' clock back
                database.start(*arguments)
            # Here, in the process of Slips, as its own modules do: a stop may come before this process runs. 1.0.5 stops its
            # modules on control_module; before, each channel receives the stop, and core_messages nothing else
            self.channel, self.refusal = None, None
            try:
                self.channel = database.subscribe("control_module") or database.subscribe("core_messages")
            except Exception as error:  # raised here, it would end the start of all further modules
                self.refusal = error

        def run(self):
            live(QueueLife, self, self.outputqueue)

    return Module


def complete(Base):
    """`Base` as a process, and without abstract methods: none of them is called, because run() is replaced."""
    bases = (Base,) if issubclass(Base, multiprocessing.Process) else (Base, multiprocessing.Process)
    return type("Base", bases, {name: lambda self, **more: None for name in getattr(Base, "__abstractmethods__", ())})


class Refusal(Exception):
    """Why no module is defined."""


def not_recognised(what):
    return Refusal(f"{__file__} does not recognise this Slips: it has no {what}; it supports 0.9 to 1.1")


def find_base(package):
    """The class from which modules of this Slips derive."""
    for path, name in BASES:
        module = package.import_if_there(path)
        if hasattr(module, name):
            return getattr(module, name)
    raise not_recognised("base class of modules")


def find_database(package):
    """The database of releases that stop their modules through Redis."""
    for path in "slips_files.core.database.database", "slips_files.core.database":
        module = package.import_if_there(path)
        if hasattr(module, "__database__"):
            return module.__database__
    raise not_recognised("database that stops modules")


def read_description(package):
    try:
        if not hasattr(package, "read_description"):
            raise ValueError("modules/" + NAME + "/__init__.py was installed by an older SDK")
        return package.read_description()
    except Exception as error:
        raise Refusal(f"{PROGRAM}.json cannot be used: {one_line(error)}; install the module again")


def read_copies(described):
    """The number of processes that the description asks for. A wrong one must not switch off a detection."""
    copies = described.get("copies", 1)
    if type(copies) is int and 1 <= copies <= MOST_COPIES:
        return copies
    print(printable(f'{PROGRAM}.json: "copies" is not a number from 1 to {MOST_COPIES}; {NAME} runs as one process'), flush=True)
    return 1


def make_module():
    """Returns the class Slips looks for. Its base classes are not global: Slips starts any subclass it finds in this file."""
    package = importlib.import_module(__package__)
    described = read_description(package)
    copies = read_copies(described)
    about = queueable(described["name"]), queueable(described["description"]), [queueable(described["authors"])]
    forms = package.evidence_forms()
    Base = find_base(package)

    def live(kind, module, queue):
        life = kind(module, package, module, forms and EvidenceForms(forms, package.problem), copies)
        if queue is not None:
            life.output = OutputQueue(queue, module.name, life.stops)
        life.run()

    if hasattr(Base, "init"):
        return event_module(complete(Base), about, live)
    return queue_module(complete(Base), about, live, find_database(package))


try:
    Module = make_module()
except Exception as problem:
    # Raised further, it would end Slips: 1.0.9 and 1.0.10 even end at an ImportError. Without Module, Slips skips this file.
    with contextlib.suppress(Exception):
        print(printable(str(problem) if isinstance(problem, Refusal) else
                        f"{NAME} is not started, because the classes of Slips cannot be imported: {one_line(problem)}"),
              flush=True)
