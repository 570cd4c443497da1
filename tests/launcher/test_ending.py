"""The program or its launcher ends on its own: the reason is printed, and Slips goes on."""
import os
import signal
import unittest

from stage import Current, Legacy, StageTest


class Ending:
    def ended(self, why, status=1):
        """Reported once, in both logs and on the screen. Then no module is left, which the stand-in reports."""
        line = f"[puppet] puppet ended by itself: {why}\n"
        self.sees(line, self.slips.errors)
        self.stop_after_the_end()
        self.ends(status)
        for where in self.slips.screen, self.slips.errors:
            self.assertEqual(where().count(line), 1, self.slips.everything())
        self.assertIn(line, self.slips.log())
        self.assertEqual(self.slips.stderr(), "slips.py: puppet ended before Slips did\n")

    def crash_at_start(self, part, why):
        self.slips.install()
        self.slips.start(part)
        self.ended(why)

    def crash_later(self, part, why):
        self.start(part)
        self.publish_flow()
        self.ended(why)

    def test_abort_at_start(self):
        self.crash_at_start("abort", "signal 6 (SIGABRT); last output: the strings are tangled")

    def test_init_returns_false(self):
        self.crash_at_start("no init", "exit status 1; last output: no stage")

    def test_a_shared_library_is_missing(self):
        self.crash_at_start("missing library", "a shared library is missing: libhiredis.so.0.14; install it, or build "
                            "the module with hiredis' static library")

    def test_crash_later(self):
        self.crash_later("crash", "signal 11 (SIGSEGV); last output: the strings are torn")

    def test_exit_later(self):
        self.crash_later("exit", "exit status 3; last output: had enough")

    def test_exit_without_an_error(self):
        self.crash_later("leave", "exit status 0")

    def test_killed(self):
        self.start()
        os.kill(self.slips.program(), signal.SIGKILL)
        self.ended("signal 9 (SIGKILL)")

    def test_output_of_many_lines(self):
        self.slips.install(program="#!/bin/sh\nread config\nfor i in 1 2 3 4; do echo $i \x01 >&2; echo >&2; done; exit 9")
        self.slips.start()
        self.ended("exit status 9; last output: 2 \\x01 / 3 \\x01 / 4 \\x01")

    def test_a_signal_without_a_name(self):
        self.slips.install(program="#!/bin/sh\nkill -40 $$")
        self.slips.start()
        self.ended("signal 40")

    def test_launcher_killed(self):
        self.may_leave_orphans = True  # its program, for as long as it takes to stop
        self.start("evidence at stop")
        self.publish_flow()
        pid = self.slips.program()
        self.sees("subscribed to new_flow")
        os.kill(self.slips.launcher(), signal.SIGKILL)
        self.eventually(lambda: pid not in self.slips.marked(), "the program's end")
        self.assertEqual(list(self.evidence()), ["Found at the stop"])
        self.ends(1)


class EndingInCurrent(Ending, Current, StageTest):
    pass


class EndingInLegacy(Ending, Legacy, StageTest):
    pass


if __name__ == "__main__":
    unittest.main()
