"""Slips stops: the program gets as much time as Slips allows, and no more."""
import os
import re
import signal
import time
import unittest

from stage import Current, Legacy, StageTest, children_of, eventually

ONE_SECOND = ('"long": (60, 65)', '"long": (60, 1)')


class Stopping:
    def test_stop(self):
        self.start("evidence at stop")
        self.publish_flow()
        self.has_received()
        self.stops()
        self.assertEqual(list(self.evidence()), ["Found at the stop"])
        self.nothing_wrong()

    def test_terminated(self):
        self.start()
        self.slips.process.send_signal(signal.SIGTERM)
        self.ends(0)
        self.nothing_wrong()

    def test_stop_at_once(self):
        """While the program starts."""
        self.slips.install()
        self.slips.start()
        self.eventually(self.slips.program, "the program")
        self.stops()
        self.assertNotIn("killed", self.slips.errors())

    def test_interrupted_once(self):
        self.start("evidence at stop")
        self.publish_flow()
        self.has_received()
        self.slips.interrupt()
        self.ends(0)
        self.assertEqual(list(self.evidence()), ["Found at the stop"])
        self.nothing_wrong()

    def test_interrupted_while_it_prints(self):
        """An exception in the middle of Slips' print would leave its lock taken."""
        self.start("flood of lines")
        self.sees("line 1\n")
        self.slips.interrupt()
        self.ends(0)

    def test_interrupted_twice(self):
        self.may_leave_orphans = self.generation == "legacy"  # there Slips kills at once
        self.start("hang")
        program = self.slips.program()
        self.slips.interrupt()
        self.assertFalse(eventually(lambda: program not in self.slips.marked(), 0.5), "it did not hang")
        begin = time.monotonic()
        self.slips.interrupt()
        self.slips.wait()
        self.assertLess(time.monotonic() - begin, 10)
        if self.generation == "current":  # in legacy the stand-in kills the launcher as well, as Slips does
            self.was_killed("after a second Ctrl-C")

    def test_hang_at_stop(self):
        self.slips.install(change=ONE_SECOND)
        self.start("hang")
        self.stops()
        seconds = {"current": "1", "legacy": "3.3"}[self.generation]
        self.was_killed(f"within {seconds} s")
        for where in self.slips.screen, self.slips.log, self.slips.errors:
            self.assertIn("[puppet] shutdown_gracefully() has not returned for ", where())
        self.assertNotIn("ended by itself", self.slips.errors())

    def test_slips_itself_is_killed(self):
        """No module is notified: launcher and program notice that their parent is gone, store their evidence and end."""
        self.may_leave_orphans = True
        self.start("evidence at stop")
        ours = [self.slips.launcher(), self.slips.program()]
        self.publish_flow()
        self.has_received()
        self.slips.process.kill()
        self.slips.wait()
        self.eventually(lambda: not set(ours) & set(self.slips.marked()), "the end of launcher and program")
        self.assertEqual(list(self.evidence()), ["Found at the stop"])
        for pid in self.slips.marked():  # what else Slips had started
            os.kill(pid, signal.SIGKILL)

    def test_a_program_that_ignores_signals(self):
        self.slips.install(change=ONE_SECOND)
        self.slips.start("ignore signals")
        self.sees("ignores SIGTERM")
        self.stops()
        self.assertIn("s: killed\n", self.slips.errors())

    def test_a_child_that_holds_the_pipes_open(self):
        self.may_leave_orphans = True  # until they are killed
        self.start("child")
        self.eventually(lambda: len(self.slips.marked()) == {"current": 4, "legacy": 5}[self.generation], "the child")
        begin = time.monotonic()
        self.stops()
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual(self.slips.marked(), [])

    def was_killed(self, when):
        """Seen on the screen and in both logs."""
        for where in self.slips.screen, self.slips.log, self.slips.errors:
            self.assertIn(f"[puppet] puppet did not stop {when}: killed\n", where())

    def has_received(self):
        """The flow has arrived: the module's Redis connection has nothing in its queue."""
        self.sees("subscribed to new_flow")

    def nothing_wrong(self):
        for words in "ended by itself", "did not stop", "failed while stopping", "lines dropped", "cannot":
            self.assertNotIn(words, self.slips.everything())


class StoppingInCurrent(Stopping, Current, StageTest):
    def test_crash_at_stop(self):
        self.start("crash at stop")
        self.stops()
        self.assertIn("[puppet] puppet failed while stopping: signal 11 (SIGSEGV); last output: the strings are torn\n",
                      self.slips.errors())

    def questions(self):
        """How often the program has asked whether there are more flows, which it does once it is to stop."""
        calls = re.search(r"cmdstat_get:calls=(\d+)", self.redis.call("INFO", "commandstats"))
        return int(calls[1]) if calls else 0

    def test_flows_that_come_after_the_stop(self):
        """Slips' profiler publishes what was read before; modules go on while messages arrive, and are not killed."""
        self.slips.install(change=(ONE_SECOND[0], ONE_SECOND[1].replace(" 1", " 3")))
        self.start()
        self.slips.process.stdin.close()
        begin, flows = time.monotonic(), 0
        while flows < 3 or time.monotonic() - begin < 4:
            asked = self.questions()
            self.eventually(lambda: self.questions() > asked + 1, "the program, which is to stop but still there")
            self.publish_flow(f"10.0.0.{20 + flows}")
            flows += 1
        self.eventually(lambda: len(self.evidence()) == flows, "evidence of all of them")
        self.slips.no_more_flows()
        self.ends(0)
        self.nothing_wrong()

    def test_slips_never_reports_that_there_are_no_more_flows(self):
        self.start()
        self.slips.process.stdin.close()
        self.ends(0)
        self.nothing_wrong()

    def test_output_at_the_stop_is_printed(self):
        self.start()
        self.stops()
        self.assertIn("[puppet] leaves\n", self.slips.screen())


class StoppingInLegacy(Stopping, Legacy, StageTest):
    def test_output_at_the_stop_is_dropped(self):
        """Slips no longer reads it."""
        self.start()
        self.sees("subscribed to new_flow")
        self.redis.call("PUBLISH", "core_messages", "stop_process")  # the launcher receives it first
        self.ends(1)
        self.assertNotIn("leaves", self.slips.everything())

    def test_flows_that_come_after_the_stop(self):
        self.start()
        self.redis.call("PUBLISH", "new_flow", "stop_process")
        self.publish_flow()
        self.redis.call("PUBLISH", "core_messages", "stop_process")
        self.ends(1)
        self.assertEqual(len(self.evidence()), 1)
        self.nothing_wrong()

    def test_the_program_ends_before_the_launcher_has_received_the_stop(self):
        """Both receive stop_process; the launcher checks five times a second."""
        self.start()
        program = self.slips.program()
        self.redis.call("PUBLISH", "new_flow", "stop_process")
        self.eventually(lambda: program not in children_of(self.slips.launcher()), "the launcher to notice")
        self.stops(1)
        self.assertEqual(self.slips.stderr(), "slips.py: puppet ended before Slips did\n")
        self.nothing_wrong()


if __name__ == "__main__":
    unittest.main()
