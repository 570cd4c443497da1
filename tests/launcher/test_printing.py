"""Whatever the program prints reaches Slips' print, and the program never waits for it."""
import json
import subprocess
import threading
import unittest

from stage import Current, Legacy, StageTest, eventually

PRINTER = """#!/usr/bin/env python3
import json, os, sys, time
line = os.fdopen(os.dup(0), "rb")
open("received", "wb").write(line.readline())
def frame(text, verbose=1, debug=0):
    os.write(0, json.dumps({"text": text, "verbose": verbose, "debug": debug}).encode() + b"\\n")
%s
frame("the end")
line.read()
"""


class Printing:
    def lines(self):
        """The lines in slips.log, without time and name."""
        return [line.partition("[puppet] ")[2] for line in self.slips.log().splitlines() if "[puppet] " in line]

    def shows(self, *expected):
        """In any order: the program has three outputs, which are read as they come."""
        if not eventually(lambda: not set(expected) - set(self.lines())):
            self.assertEqual([], sorted(set(expected) - set(self.lines())), self.slips.everything()[:5000])

    def play(self, script, **settings):
        """Runs a program that prints with `script`."""
        self.slips.install(program=PRINTER % script)
        self.slips.start(**settings)
        self.sees("] the end")
        self.addCleanup((self.slips.root / "received").unlink)

    # --- levels -----------------------------------------------------------------------------------------------

    def test_levels(self):
        self.start("levels", verbose=2, debug=2)
        self.sees("subscribed to new_flow")
        shown = [f"level {v}{d}" for v in range(4) for d in range(4) if 0 < v <= 2 or 0 < d <= 2]
        wrong = [f"level {v}1" for v in range(4)]
        self.assertEqual([line for line in dict.fromkeys(self.lines()) if line.startswith("level ")], shown)
        for line in shown:
            self.assertIn(f"[puppet] {line}\n", self.slips.screen())
        self.assertEqual([line[-8:] for line in self.slips.errors().splitlines() if "level " in line], wrong)
        for line in "an error of the strings", "Warning: a loose string":
            self.assertIn(f"[puppet] {line}\n", self.slips.screen())
            self.assertIn(line, self.lines())
        self.assertIn("] an error of the strings\n", self.slips.errors())
        self.assertNotIn("a loose string", self.slips.errors())
        self.assertNotIn("all about strings", self.slips.everything())
        self.stops()

    def test_errors_without_debug_level(self):
        self.start("levels", verbose=1, debug=0)
        self.sees("subscribed to new_flow")
        self.assertIn("[puppet] Warning: a loose string\n", self.slips.screen())
        self.assertIn("] an error of the strings\n", self.slips.errors())
        self.assertNotIn("an error of the strings", self.slips.screen())
        self.assertEqual("an error of the strings" in self.lines(), self.generation == "legacy")
        self.stops()

    def test_everything_is_shown(self):
        self.start("levels", verbose=3, debug=3)
        self.sees("subscribed to new_flow")
        self.assertIn("[puppet] level 30\n", self.slips.screen())
        self.assertIn("level 03", self.slips.screen())
        self.assertIn("all about strings", self.slips.screen())
        self.assertIn("all about strings", self.lines())
        self.assertNotIn("level 00", self.slips.screen() + self.slips.log())
        self.stops()

    # --- texts ------------------------------------------------------------------------------------------------

    def test_texts_of_a_module(self):
        self.start("texts", debug=1)
        self.sees("subscribed to new_flow")
        self.shows("first", "second", "tab\tbetween", "grüße 日本 🙂", "the end", "cerr\\x01\ufffd",
                   '{"text": "no frame", "verbose": 1, "debug": 0}', self.legible("a | b ||c"),
                   self.legible("printf 10% | stop_process"),
                   self.legible("stop_process, stop_pro|cess, stop_stop_processprocess"))
        self.assertTrue(any(line.startswith("xxxx") and len(line) < 70000 for line in self.lines()))
        self.assertTrue(any(line.startswith("bell ") and line.isprintable() for line in self.lines()), self.lines())
        self.stops()

    def test_a_line_that_is_no_frame_is_text(self):
        self.play(r'''
for raw in (b"plain", b'{"text": "half', b"[]", b'{"text": 7, "verbose": 1, "debug": 0}', b'{"text": "no levels"}',
            b'{"text": "true", "verbose": true, "debug": 0}', b"\xff\xfe", b"[" * 30000):
    os.write(0, raw + b"\n")
frame("high", 9, -5)
frame("low", -5, 10**400)
frame("bell \a next \x85 lone \ud800 dos\r")
frame("")
''', verbose=3, debug=3)
        self.shows("plain", '{"text": "half', "[]", '{"text": 7, "verbose": 1, "debug": 0}', '{"text": "no levels"}',
                   '{"text": "true", "verbose": true, "debug": 0}', "\ufffd\ufffd", "[" * 30000, "high", "low",
                   "bell \\x07 next \\x85 lone \\ud800 dos", "")
        self.stops()

    def test_long_lines_are_cut(self):
        self.play(r'''
sys.stdout.write("o" * 3000000 + "\n" + "ü" * 40000 + "\n" + "after\n")
sys.stdout.flush()
frame("f" * 1000000)
frame("g" * 70000 + "\nshort")
os.write(0, b"h" * 9000000 + b"\n")
frame("behind")
''')
        self.shows("after", "short", "behind", *(begin * 65536 + " (cut)" for begin in "ofgh"))
        self.assertTrue(any(line.startswith("ü" * 32000) and line.endswith(" (cut)") for line in self.lines()))
        self.stops()

    def test_a_locale_without_umlauts(self):
        self.play('frame("grüße | \\U0001f642 \\x85")', environment={"LC_ALL": "C", "PYTHONUTF8": "0",
                                                                     "PYTHONCOERCECLOCALE": "0"}.items())
        bar = "|" if self.generation == "current" else "\\xa6"
        self.assertIn(f"gr\\xfc\\xdfe {bar} \\U0001f642 \\x85", self.lines())
        self.stops()

    # --- more than Slips can print ----------------------------------------------------------------------------

    def test_a_flood_of_frames(self):
        self.start("flood of frames", debug=1)
        self.publish_flow()
        self.eventually(self.evidence, "evidence after the flood")
        self.sees("frame 0\n")
        self.stops()

    def test_a_flood_of_lines(self):
        self.start("flood of lines", debug=1)
        self.publish_flow()
        self.eventually(self.evidence, "evidence after the flood")
        self.sees("line 0\n")
        self.stops()

    def test_slips_does_not_read(self):
        self.start("flood of lines", screen=subprocess.PIPE)
        text = b""
        while b"line 0\n" not in text:
            text += self.slips.process.stdout.read1(100)
        self.publish_flow()
        self.eventually(self.evidence, "evidence while Slips' print waits")
        reader = threading.Thread(target=self.slips.process.stdout.read, daemon=True)
        reader.start()
        self.sees("lines dropped: the module prints faster than Slips does\n", self.slips.errors)
        self.stops()
        reader.join()

    # --- what the program receives ----------------------------------------------------------------------------

    def test_the_configuration(self):
        config = {"parameters": {"time_window_width": "3600", "umlaut": "ü\n\ud800"}, "empty": {}}
        self.play("", config=config)
        received = json.loads((self.slips.root / "received").read_bytes().decode())
        config["parameters"]["umlaut"] = "ü\n?"
        self.assertEqual(received["config"], config)
        self.stops()


class PrintingInCurrent(Printing, Current, StageTest):
    def legible(self, text):
        return text.replace("stop_process", "stop\\x5fprocess")


class PrintingInLegacy(Printing, Legacy, StageTest):
    def legible(self, text):
        return text.replace("|", "¦").replace("stop_process", "stop\\x5fprocess")


if __name__ == "__main__":
    unittest.main()
