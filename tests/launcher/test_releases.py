"""The launcher in every form of Slips from 0.9.0 on: it is loaded, started, prints and is stopped as that release requires."""
import json
import os
import shutil
import unittest
from pathlib import Path

from releases import RELEASES, number, write_tree
from stage import StageTest, read

PROGRAM = """#!/usr/bin/env python3
import json, os, signal, sys
def frame(text, verbose=1, debug=0):
    os.write(0, json.dumps({"text": text, "verbose": verbose, "debug": debug}).encode() + b"\\n")
def stop(number, stack):
    frame("stops")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
line = os.fdopen(os.dup(0), "rb")
json.dump({"arguments": sys.argv[1:], "first": json.loads(line.readline())}, open("received.new", "w"))
os.rename("received.new", "received")
for word in "stop_process", "log-only", "initialize progress bar", "update progress bar", "analyzed IPs", "Analyzed IPs":
    frame(word + " in a text | and more")
print("log-only on stdout", flush=True)
frame("an error", 0, 1)
frame("Warning: a warning", 1, 0)
frame("a detail", 0, 3)
line.read()
"""

SHOWN = ("stop\\x5fprocess", "log\\x2donly", "initialize\\x20progress bar", "update\\x20progress bar", "analyzed\\x20IPs",
         "Analyzed\\x20IPs")

CONFIG = {"parameters": {"time_window_width": "3600"}, "DisabledAlerts": {"disabled_detections": "[]"}}

LATE_EVIDENCE = "the evidence handler of this Slips stops together with the modules: evidence set while stopping may be lost"


class ReleasesTest(StageTest):
    """The test of each row of RELEASES is added below."""

    generation = "legacy"  # of the folder that stage.py makes; its host is not used

    def check(self, release):
        self.build(release)
        self.slips.start()
        self.eventually(lambda: self.slips.launcher() or self.slips.process.poll() is not None, "the module")
        self.eventually((self.slips.root / "received").exists, "the program")
        self.has_printed(release)
        received = json.loads(read(self.slips.root / "received"))
        self.has_arguments(release, received["arguments"])
        self.has_forms(release, received["first"])
        self.slips.process.stdin.close()
        self.ends(0)
        self.assertEqual(self.slips.stderr(), "")
        ends_with = "" if release.channel else "stops\n"  # up to 1.0.5 nothing prints any more
        self.assertTrue(self.slips.log().endswith(ends_with), self.slips.log())
        for words in "ended by itself", "did not stop", "failed while stopping", "puppet ends":
            self.assertNotIn(words, self.slips.log())

    def build(self, release, program=PROGRAM):
        self.slips.install(program=program, description={"evidence_types": [{"current": "STRINGS_CUT", "legacy": "StringsCut"}]})
        write_tree(release, self.slips.root)
        (self.slips.root / "slips.json").write_text(json.dumps(CONFIG))
        self.slips.hosts = self.slips.root.parent / "host"
        self.slips.hosts.mkdir()
        shutil.copy(Path(__file__).with_name("release_host.py"), self.slips.hosts / "slips.py")
        self.slips.output.mkdir()
        self.addCleanup((self.slips.root / "received").unlink)
        self.addCleanup(lambda: (self.slips.output / "levels").unlink(missing_ok=True))

    def has_printed(self, release):
        bar = "¦" if release.constructor[0].startswith("output") else "|"
        expected = [f"[puppet] {word} in a text {bar} and more" for word in SHOWN] + ["[puppet] log\\x2donly on stdout",
                                                                                   "[puppet] an error",
                                                                                   "[puppet] Warning: a warning",
                                                                                   "[puppet] a detail"]
        if not release.own_event:
            expected.append("[puppet] " + LATE_EVIDENCE)
        # stdout and the messages of the program are two pipes: their lines come in any order
        self.eventually(lambda: self.slips.log().count("\n") >= len(expected), "the last line")
        self.assertEqual(sorted(self.slips.log().splitlines()), sorted(expected))
        levels = read(self.slips.output / "levels").splitlines()
        for line in "01 an error", "10 Warning: a warning", "03 a detail":
            self.assertIn(line, levels)

    def has_arguments(self, release, arguments):
        words = dict(zip(*[iter(arguments[1:])] * 2))
        shown = ("2", "1") if "args" in release.constructor or "slips_args" in release.constructor else ("3", "3")
        expected = {"--generation": "current" if release.evidence else "legacy", "--slips-version": release.first,
                    "--redis-port": "6379" if release.first == "0.9.0" else str(self.redis.port), "--verbose": shown[0],
                    "--debug": shown[1], "--stop-timeout": "60" if release.parser else "3",
                    "--slips-dir": os.path.realpath(self.slips.root), "--cache-port": str(self.redis.port)}
        if not release.channel:
            expected["--output"] = os.path.realpath(self.slips.output)
        self.assertEqual(arguments[0], "--managed")
        self.assertEqual({**words, "--slips-dir": os.path.realpath(words["--slips-dir"])}, expected)

    def has_forms(self, release, first):
        self.assertEqual(first["config"], CONFIG)
        if not release.evidence:
            self.assertNotIn("slips", first)
            return
        self.assertEqual(first["slips"].get("problem", ""), "")
        self.assertEqual(first["slips"]["unregistered"], "")
        self.assertIn(" STRINGS_CUT", self.slips.screen())
        template = first["slips"]["template"]
        kind = "ioc_type" if number(release) >= (1, 1, 7) else "attacker_type"
        self.assertEqual(template["attacker"][kind], "IP")
        self.assertEqual("interface" in template, number(release) >= (1, 1, 15))
        self.assertEqual("category" in template, number(release) < (1, 1, 2))

    # --- what differs only once -----------------------------------------------------------------------------------

    def test_a_program_that_ends_early_does_not_hold_up_the_stop(self):
        """Slips drops a name on finished_modules that arrives before the stop, so the launcher reports it later."""
        release = next(each for each in RELEASES if each.first == "1.0.5")
        self.build(release, program="#!/bin/sh\nread line\ntouch received\nexit 7\n")
        self.slips.start()
        self.sees("puppet ended by itself: exit status 7")
        self.slips.process.stdin.close()
        self.ends(0)
        self.assertEqual(self.slips.stderr(), "")

    def test_a_slips_that_kills_early(self):
        """With -P, releases up to 0.9.6 kill their modules seconds after the stop."""
        release = next(each for each in RELEASES if each.first == "0.9.6")
        self.build(release)
        self.slips.start(options=["-P", self.redis.port])
        self.eventually((self.slips.root / "received").exists, "the program")
        arguments = json.loads(read(self.slips.root / "received"))["arguments"]
        self.assertEqual(arguments[arguments.index("--stop-timeout") + 1], "3")
        self.slips.process.stdin.close()
        self.ends(0)


def add_tests():
    for release in RELEASES:
        name = "test_" + release.first.replace(".", "_")
        setattr(ReleasesTest, name, lambda self, release=release: self.check(release))


add_tests()

if __name__ == "__main__":
    unittest.main()
