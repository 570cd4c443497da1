"""Slips starts the module: the program gets what it needs, and one that cannot be started does no harm."""
import os
import stat
import unittest
from pathlib import Path

from stage import Current, Legacy, StageTest, children_of

LISTENER = """#!/usr/bin/env python3
import os, sys
os.fdopen(os.dup(0), "rb").readlines()
"""


class Starting:
    def words(self, name="puppet"):
        """The program's command line, as {option: value}."""
        pid = self.eventually(lambda: self.slips.program(name), "the program")
        path = Path(f"/proc/{pid}/cmdline")
        words = self.eventually(lambda: b"--managed" in path.read_bytes() and path.read_text(), "its command line")
        words = words.rstrip("\0").split("\0")
        after = words[words.index("--managed") + 1:]
        return dict(zip(after[::2], after[1::2]))

    def test_a_flow_is_answered_with_evidence(self):
        self.start()
        self.publish_flow()
        found = self.eventually(self.evidence, "evidence")
        self.assertEqual(list(found), ["Strings of 10.0.0.9"])
        self.assertIn("STRINGS_CUT" if self.generation == "current" else "StringsCut",
                      found["Strings of 10.0.0.9"].values())
        self.stops()

    def test_what_the_program_is_told(self):
        self.start(verbose=2, debug=1)
        words = self.words()
        for word in "--output", "--slips-dir":
            if word in words:
                words[word] = os.path.realpath(words[word])
        root = os.path.realpath(self.slips.root)
        expected = {"--generation": self.generation, "--redis-port": str(self.redis.port), "--slips-dir": root,
                    "--cache-port": str(self.redis.port)}
        if self.generation == "current":
            expected.update({"--verbose": "2", "--debug": "1", "--stop-timeout": "60", "--slips-version": "1.1.21",
                             "--output": root + "/output", "--registered-types": "STRINGS_CUT"})
        else:
            expected.update({"--verbose": "3", "--debug": "3", "--stop-timeout": "3"})
        self.assertEqual(words, expected)
        pid = self.slips.program()
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual(os.getpgid(pid), pid)
        self.stops()

    def test_arguments_of_the_environment_come_last(self):
        self.slips.install(program=LISTENER)
        self.slips.start(arguments="--verbose '0 1'", environment={"SLIPS_ELSE": ""}.items())
        self.assertEqual(self.words()["--verbose"], "0 1")
        self.stops()

    def test_arguments_of_the_environment_that_are_none(self):
        self.slips.install(program=LISTENER)
        self.slips.start(arguments="--verbose 'open")
        self.sees("SLIPS_MODULE_ARGUMENTS is left out: No closing quotation; mind its quotation marks",
                  self.slips.errors)
        self.words()
        self.stops()

    def test_programs_that_cannot_be_started(self):
        self.slips.install("missing", program=False)
        self.slips.install("script", program="just text\n")
        self.slips.install("binary", program="\x7fELF no more than that\n" * 100)
        mute = self.slips.install("mute", program=LISTENER) / "mute"
        mute.chmod(mute.stat().st_mode & ~(stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH))
        self.start()
        for name, why in {"missing": "No such file or directory; install the module again",
                          "mute": "Permission denied; make it executable (chmod +x)",
                          "script": "Exec format error; build the module for this machine and install it again",
                          "binary": "Exec format error; build the module for this machine and install it again"}.items():
            path = f"{os.path.realpath(self.slips.root)}/modules/{name}/{name}"
            self.sees(f"[{name}] {path} cannot be started: {why}\n", self.slips.errors)
            self.assertEqual(self.slips.errors().count(f"[{name}]"), 1)
            self.eventually(lambda: self.slips.launcher(name) not in children_of(self.slips.process.pid), "its end")
        self.publish_flow()
        self.eventually(self.evidence, "evidence of the module beside them")
        self.stops(1)
        self.assertEqual(sorted(self.slips.stderr().splitlines()),
                         [f"slips.py: {name} ended before Slips did" for name in ("binary", "missing", "mute", "script")])

    def test_a_module_without_its_description_is_left_out(self):
        self.slips.install("other", description=False)
        self.start()
        self.assertIn("modules.other.other was not imported: ", self.slips.screen())
        self.publish_flow()
        self.eventually(self.evidence, "evidence of the module beside it")
        self.stops(1)
        self.assertEqual(self.slips.stderr().count("\n"), 1, self.slips.stderr())

    def test_two_modules_with_the_same_evidence_type(self):
        self.slips.install("puppet")
        self.slips.install("twin")
        self.start()
        self.eventually(lambda: self.redis.listeners("new_flow") == 2, "the twin")
        if self.generation == "current":
            for name in "puppet", "twin":
                self.assertEqual(self.words(name)["--registered-types"], "STRINGS_CUT")
        self.stops()


class StartingInCurrent(Starting, Current, StageTest):
    pass


class StartingInLegacy(Starting, Legacy, StageTest):
    pass


if __name__ == "__main__":
    unittest.main()
