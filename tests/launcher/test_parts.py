"""The parts of the launcher, with input and failures that Slips itself does not produce."""
import configparser
import datetime
import importlib
import io
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path

from stage import HOSTS, LAUNCHER, PACKAGE, eventually

from slips_files.core.database import __database__  # the stand-in of legacy: stage has put it on the path

DESCRIPTION = {"name": "puppet", "description": "does what PUPPET names", "authors": "the tests", "evidence_types": []}
LISTENER = "#!/bin/sh\nread config\necho ready\nread end\n"

WITHOUT_A_START = """
from types import SimpleNamespace
import modules.puppet.puppet as launcher
module = launcher.Module(None, "output", 1, None, None, SimpleNamespace(slips_version="1.1.21"), 1, None)
module.shutdown_gracefully()
"""


class Queue:
    """Slips' outputqueue, as on macOS, where its size is unknown."""

    def __init__(self):
        self.lines, self.calls = [], []

    def put(self, line):
        self.lines.append(line)

    def qsize(self):
        raise NotImplementedError

    def close(self):
        self.calls.append("close")

    def join_thread(self):
        time.sleep(0.1)  # writing what is queued
        self.calls.append("join_thread")

    def cancel_join_thread(self):
        self.calls.append("cancel_join_thread")


class Channel:
    """A subscription that receives the given words (None: a timeout) and then fails."""

    def __init__(self, words, error=ConnectionError("Redis is gone")):
        self.words, self.error = list(words), error

    def get_message(self, timeout):
        if not self.words:
            raise self.error
        word = self.words.pop(0)
        if word is None:
            time.sleep(timeout)
        return word and {"type": "message", "channel": "core_messages", "data": word}


def descriptors():
    return sorted(os.listdir("/proc/self/fd"))


class PartsTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="slips-launcher-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.module = self.folder / "modules" / "puppet"
        self.module.mkdir(parents=True)
        shutil.copy(LAUNCHER, self.module / "puppet.py")
        shutil.copy(PACKAGE, self.module / "__init__.py")
        (self.module / "puppet.json").write_text(json.dumps(DESCRIPTION))
        (self.module / "puppet").write_text(LISTENER)
        (self.module / "puppet").chmod(0o755)
        sys.path.insert(0, str(self.folder))
        self.addCleanup(self.forget_modules)
        self.launcher = importlib.import_module("modules.puppet.puppet")
        self.addCleanup(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))

    def forget_modules(self):
        sys.path.remove(str(self.folder))
        for name in [each for each in sys.modules if each.partition(".")[0] == "modules"]:
            del sys.modules[name]

    # --- frames: every line is printed, as text that Slips can write ---------------------------------------------

    def test_frames_that_are_broken_or_strange(self):
        chance = random.Random(1)
        pieces = [b'"', b"{", b"}", b"[" * 1200, b",", b":", b"\\", b"\\ud800", b"\\u0000", b"\r", b"\0", b"\x1b[2J", b"\xff",
                  b"\xed\xa0\x80", b"null", b"true", b"NaN", b"1e999", b"9" * 5000, b"-1", b'"debug": "2"', b'"text": 5, ']
        for round_ in range(20000):
            frame = bytearray(json.dumps({"text": "a flow … |stop_process", "verbose": 1, "debug": 0},
                                         ensure_ascii=chance.random() < 0.5).encode())
            for _ in range(chance.randrange(4)):
                at = chance.randrange(len(frame) + 1)
                change = chance.randrange(3)
                if change == 0:
                    del frame[at:at + chance.randrange(1, 8)]
                elif change == 1:
                    frame[at:at + 1] = bytes([chance.randrange(256)])
                else:
                    frame[at:at] = chance.choice(pieces)
            raw = bytes(frame).replace(b"\n", b"")
            with self.subTest(round=round_, raw=raw[:200]):
                text, verbose, debug = self.launcher.read_frame(raw)
                self.assertIn(verbose, range(4))
                self.assertIn(debug, range(4))
                for line in self.launcher.lines_of(text):
                    self.assertNotRegex(line, "[\0-\x08\x0a-\x1f]")
                    line.encode()

    def test_lines_of_any_size_arrive_whole_and_in_order_however_they_are_split(self):
        chance = random.Random(1)
        lines = [bytes(chance.choice(b"ab{}\xff\0\r ") for _ in range(chance.randrange(200))) for _ in range(500)]
        handled = []
        reading, writing = os.pipe()
        with open(reading, "rb", buffering=0) as file:
            source = self.launcher.Source(file, 100, handled.append)
            stream = b"\n".join(lines) + b"\n"
            while stream:
                size = chance.randrange(1, 700)
                os.write(writing, stream[:size])
                stream = stream[size:]
                self.assertTrue(source.read())
            os.close(writing)
            self.assertFalse(source.read())
        self.assertEqual(handled, [line if len(line) <= 100 else line[:100] + b" (cut)" for line in lines])

    # --- Redis fails: finished_modules once, no exception -----------------------------------------------------

    def run_legacy(self, subscribe, publish=lambda *words: None, redis=object()):
        published = []

        def note(*words):
            published.append(words)
            publish(*words)
        real = __database__.__dict__.copy()
        self.addCleanup(lambda: (__database__.__dict__.clear(), __database__.__dict__.update(real)))
        __database__.r, __database__.subscribe, __database__.publish = redis, subscribe, note
        queue = Queue()
        self.launcher.Module(queue, configparser.ConfigParser(), 1).run()
        self.assertEqual(published, [("finished_modules", "puppet")])
        self.assertEqual(queue.calls, ["close", "join_thread", "cancel_join_thread"])
        return [line for line in queue.lines if line != "10|puppet|ready"]  # if there was time for it

    @staticmethod
    def refuse(*words):
        raise ConnectionError("Redis is\ngone")

    def test_redis_refuses_the_subscription(self):
        self.assertEqual(self.run_legacy(self.refuse), ["01|puppet|puppet ends: Redis is gone"])

    def test_slips_has_no_such_channel(self):
        self.assertEqual(len(self.run_legacy(lambda channel: False)), 1)

    def test_redis_goes_away(self):
        self.assertEqual(self.run_legacy(lambda channel: Channel([None, 1, "anything"])),
                         ["01|puppet|puppet ends: Redis is gone"])

    def test_slips_prints_slowly(self):
        """Its output process is behind, or was stopped with its terminal: no line is lost, and stopping does not wait. A
        process that died while writing to the queue would leave the queue's lock taken."""
        (self.module / "puppet").write_text("#!/bin/sh\necho one\necho two\nexit 3\n")
        with unittest.mock.patch.object(Queue, "qsize", iter([1 << 20] * 5 + [0] * 100).__next__):
            lines = self.run_legacy(lambda channel: Channel([None] * 12 + ["stop_process"]))
        self.assertEqual(lines[:2], ["10|puppet|one", "10|puppet|two"])
        self.assertIn("ended by itself: exit status 3", lines[2])
        with unittest.mock.patch.object(Queue, "qsize", lambda self: 1 << 20):
            self.assertEqual(self.run_legacy(lambda channel: Channel([None] * 5 + ["stop_process"])), [])

    def test_finished_modules_comes_after_the_stop(self):
        """Slips ignores a name that arrives before, and would wait for the module when it stops."""
        (self.module / "puppet").write_text("#!/bin/sh\nexit 3\n")
        channel, left = Channel([None] * 10 + ["stop_process"]), []
        self.run_legacy(lambda name: channel, lambda *words: left.append(len(channel.words)))
        self.assertEqual(left, [0])

    def test_the_channel_that_brings_the_stop(self):
        """1.0.5 publishes stop_process on control_module only; releases before it do not have that channel."""
        for known, expected in ((["core_messages"], ["control_module", "core_messages"]),
                                (["control_module", "core_messages"], ["control_module"])):
            asked = []

            def subscribe(name):
                asked.append(name)
                return name in known and Channel(["stop_process"])
            self.assertEqual(self.run_legacy(subscribe), [])
            self.assertEqual(asked, expected)

    def test_a_stop_while_the_module_starts(self):
        """Slips up to 0.9.5 publishes stop_process once: what arrives before the process of the module runs is not lost."""
        subscribed = []
        real = __database__.__dict__.copy()
        self.addCleanup(lambda: (__database__.__dict__.clear(), __database__.__dict__.update(real)))
        __database__.r = object()
        __database__.subscribe = lambda name: subscribed.append(name) or name == "core_messages" and Channel(["stop_process"])
        module = self.launcher.Module(Queue(), configparser.ConfigParser(), 1)
        self.assertEqual(subscribed, ["control_module", "core_messages"])
        __database__.subscribe, published = self.refuse, []
        __database__.publish = lambda *words: published.append(words)
        module.run()
        self.assertEqual(published, [("finished_modules", "puppet")])

    def test_redis_refuses_to_publish(self):
        self.run_legacy(lambda channel: Channel(["stop_process"]), self.refuse)

    def test_stop(self):
        self.assertEqual(self.run_legacy(lambda channel: Channel([None, "stop_process"])), [])

    def test_levels_and_names_of_lines(self):
        queue = Queue()
        self.launcher.OutputQueue(queue, "puppet", None).print("a|b stop_process\n", 3, 1)
        self.assertEqual(queue.lines, ["31|puppet|a¦b stop\\x5fprocess\\x0a"])

    def test_acting_words_are_escaped(self):
        words = ("stop_process", "log-only", "initialize progress bar", "update progress bar", "analyzed IPs", "Analyzed IPs")
        for shown in self.launcher.printable, self.launcher.queueable:
            text = shown("a " + " ".join(words) + " b" + words[0][:3] + words[0])
            for word in words:
                self.assertNotIn(word, text)
            self.assertEqual(shown("\x9analyzed IPs"), "\\x9analyzed\\x20IPs")
            self.assertIn("log\\x2donly initialize\\x20progress bar", text)

    # --- a program of its own ---------------------------------------------------------------------------------

    def program(self):
        self.printed = []
        self.copies = self.launcher.Copies(1, lambda *line: self.printed.append(line))
        return self.copies.programs[0]

    def test_more_lines_arrive_while_the_last_ones_are_read(self):
        program = self.launcher.Program(lambda *line: None)
        for number in range(5):
            program.keep_error(b"line %d" % number)
        read = []
        for line in program.last_lines:  # the thread that reads the program's output goes on
            program.keep_error(b"one more")
            read.append(line)
        self.assertEqual(read, ["line 2", "line 3", "line 4"])
        self.assertEqual(list(program.last_lines), ["one more"] * 3)

    def test_the_last_lines_of_a_process_are_printed_while_another_one_prints_without_pause(self):
        printed = []

        def slow_print(text, verbose, debug):
            printed.append(text)
            if len(printed) < 1000:  # the other one is faster than Slips
                other.keep("one more", 1, 0)
                other.keep("one more", 1, 0)
        program, other = self.launcher.Copies(2, slow_print).programs
        self.assertTrue(program.start([], dict))
        other.keep("before", 1, 0)
        program.kill()
        program.keep_error(b"the last words")
        program.finish()
        self.assertLess(len(printed), 10)
        lines = [line for line in printed if line != "(1/2) ready"]  # if there was time for it
        self.assertEqual(lines[:2], ["(2/2) before", "(1/2) the last words"])

    def test_a_process_that_cannot_be_started_beside_others(self):
        printed = []
        copies = self.launcher.Copies(3, lambda *line: printed.append(line))
        copies.programs[1].command = unittest.mock.Mock(side_effect=OSError(11, "Resource temporarily unavailable"))
        self.assertTrue(copies.start([], dict))
        self.addCleanup(copies.stop, 5)
        self.assertIn(("(2/3) its profiles are not handled until Slips is started again; the other 2 go on", 0, 1), printed)

    def test_a_process_that_ends_between_two_looks(self):
        """It is not reported as one that failed while stopping."""
        program = self.program()
        self.assertTrue(program.start([], dict))
        os.kill(program.process.pid, signal.SIGKILL)
        self.assertTrue(eventually(program.is_over))
        program.is_over = unittest.mock.Mock(side_effect=itertools.chain([False], itertools.repeat(True)))
        self.assertFalse(self.copies.ended_by_itself(lambda seconds: False))
        self.assertTrue(self.copies.ended_by_itself(lambda seconds: False))
        self.copies.stop(5)
        lines = [line[0] for line in self.printed if line[0] != "ready"]
        self.assertEqual(lines, ["puppet ended by itself: signal 9 (SIGKILL)"])

    def test_no_descriptor_is_left(self):
        before = descriptors()
        for _ in range(3):
            program = self.program()
            self.assertTrue(program.start([], dict))
            eventually(lambda: program.relay(0.1) or self.printed)
            self.copies.stop(5)
            self.assertEqual(self.printed, [("ready", 1, 0)])
            self.assertEqual(descriptors(), before)

    def test_no_descriptor_is_left_by_a_program_that_does_not_start(self):
        before = descriptors()
        (self.module / "puppet").unlink()
        program = self.program()
        self.assertFalse(program.start([], dict))
        self.copies.stop(5)
        self.assertTrue(program.ended())
        self.assertEqual(len(self.printed), 1)
        self.assertEqual(descriptors(), before)

    def test_a_program_that_closes_everything(self):
        (self.module / "puppet").write_text("#!/bin/sh\nexec <&- >&- 2>&-\nsleep 1000\n")
        program = self.program()
        self.assertTrue(program.start([], dict))
        self.assertTrue(eventually(lambda: not program.reader.is_alive()))
        self.assertFalse(program.ended())
        self.copies.stop(5)
        self.assertEqual(program.status, -signal.SIGTERM)

    def test_a_process_that_it_leaves_behind(self):
        """A child in a session of its own cannot be ended and holds the pipes open; the launcher does not wait for it."""
        (self.module / "puppet").write_text("#!/bin/sh\nsetsid sleep 1000 &\necho $!\nread end\nread end\n")
        before = descriptors()
        program = self.program()
        self.assertTrue(program.start([], dict))
        eventually(lambda: program.relay(0.1) or self.printed)
        orphan = int(self.printed[0][0])
        eventually(lambda: os.getsid(orphan) == orphan)
        self.copies.stop(5)
        left = descriptors()
        os.kill(orphan, signal.SIGKILL)
        self.assertEqual(left, before)

    def test_processes_that_many_copies_leave_behind(self):
        """The launcher waits for all pipes at the same time."""
        (self.module / "puppet").write_text("#!/bin/sh\nsetsid sleep 1000 &\necho $!\nread end\nread end\n")
        printed = []
        copies = self.launcher.Copies(10, lambda text, verbose, debug: printed.append(text))
        self.assertTrue(copies.start([], dict))
        eventually(lambda: copies.relay(0.1) or len(printed) == 10)
        orphans = [int(text.split()[1]) for text in printed]
        for orphan in orphans:
            eventually(lambda: os.getsid(orphan) == orphan)
        begin = time.monotonic()
        copies.stop(5)
        seconds = time.monotonic() - begin
        for orphan in orphans:
            os.kill(orphan, signal.SIGKILL)
        self.assertLess(seconds, 2.5)

    def test_a_session_of_its_own(self):
        """So that Ctrl-C reaches the launcher only."""
        program = self.program()
        self.assertTrue(program.start([], dict))
        self.assertEqual(os.getsid(program.process.pid), program.process.pid)
        self.copies.stop(5)

    def test_slips_in_the_background_ignores_ctrl_c(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.launcher.Interrupts()
        self.assertEqual(signal.getsignal(signal.SIGINT), signal.SIG_IGN)

    def test_a_hurry(self):
        (self.module / "puppet").write_text("#!/bin/sh\ntrap 'n=$((n+1)); [ $n -lt 2 ] || exit 7' TERM\n"
                                            "echo ready\nwhile :; do sleep 0.01; done\n")
        program = self.program()
        self.assertTrue(program.start([], dict))
        eventually(lambda: program.relay(0.1) or self.printed)
        self.copies.stop(20, lambda: True)
        self.assertEqual(program.status, 7)

    # --- the configuration ------------------------------------------------------------------------------------

    def test_configurations(self):
        ring = {}
        ring["ring"] = ring

        class Odd:
            def __str__(self):
                raise RuntimeError("odd")
        for config, expected in (
                ({"a": {"b": 1, None: 2, (3, 4): 5, "day": datetime.date(2022, 6, 2)}, "text": "no section"},
                 {"a": {"b": 1, "null": 2, "day": "2022-06-02"}}),
                ({"ring": ring}, {}), ({"a": {"b": float("nan")}}, {}), ({"a": {"b": Odd()}}, {}), (None, {}),
                ([1], {})):
            with self.subTest(str(expected)):
                program = self.program()
                line = program.first_line(lambda: config)
                self.assertEqual(json.loads(line.decode()), {"config": expected})
                self.assertEqual((line.count(b"\n"), line[-1:]), (1, b"\n"))
                self.assertEqual(len(self.printed), 0 if expected else 1)

    # --- Redis' password ----------------------------------------------------------------------------------------

    def test_passwords_in_files(self):
        for text, expected in ((b"requirepass s3cret\n", "s3cret"), (b"s3cret", "s3cret"), (b"s3cret\n", "s3cret"),
                               (b"\xef\xbb\xbfrequirepass s3cret\r\n", "s3cret"), (b"\xef\xbb\xbfs3cret\r\n", "s3cret"),
                               (b"# Slips\n\nrequirepass \"s3cret\"\n", "s3cret"), (b"with blanks \nmore", "with blanks "),
                               (b"requirepass s3cret\"", 's3cret"'), (b"requirepass 's3cret\"", "'s3cret\""),
                               (b"requirepass \t s3\xc2\x85cret\x0b \n", "s3\x85cret\x0b"), (b"\n", ""), (b"", "")):
            with self.subTest(text):
                self.assertEqual(self.launcher.read_password(io.BytesIO(text)), expected)

    def test_whose_password(self):
        """The user's comes before Slips' own. None, and one line, if the file cannot be read."""
        (self.folder / "permanent").mkdir()
        file = self.folder / "permanent" / "redis_auth.conf"
        printed, never = [], lambda seconds: self.fail("there is nothing to wait for")

        def password(configuration=dict):
            return self.launcher.redis_password(configuration, 1, lambda *line: printed.append(line), never)
        with unittest.mock.patch("os.getcwd", return_value=str(self.folder)):
            self.assertIsNone(password())
            file.write_text("requirepass s3cret\n")
            self.assertEqual(password(), "s3cret")
            self.assertEqual(password(lambda: {"parameters": {"permanent_dir": None}}), "s3cret")
            self.assertEqual(password(lambda: 1 / 0), "s3cret")
            self.assertIsNone(password(lambda: {"parameters": {"permanent_dir": "elsewhere"}}))
            with unittest.mock.patch.dict(os.environ, SLIPS_REDIS_PASSWORD="mine"):
                self.assertIsNone(password())
            with unittest.mock.patch.dict(os.environ, SLIPS_REDIS_PASSWORD=""):
                self.assertEqual(password(), "s3cret")
            file.unlink()
            os.mkfifo(file)
            self.assertEqual(password(), "")  # a pipe without a writer: the launcher does not wait
            file.unlink()
            file.mkdir()
            self.assertEqual(printed, [])
            self.assertIsNone(password())
        self.assertEqual(printed, [(f"puppet starts without Redis' password: cannot read {file}: Is a directory", 0, 1)])

    # --- current ----------------------------------------------------------------------------------------------

    def test_stopped_before_it_started(self):
        path = os.pathsep.join((str(self.folder), str(HOSTS / "current")))
        subprocess.run([sys.executable, "-B", "-c", WITHOUT_A_START], check=True, env={**os.environ, "PYTHONPATH": path})


if __name__ == "__main__":
    unittest.main()
