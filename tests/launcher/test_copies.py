"""A module that runs as several processes (`copies` in its description) is one module to Slips."""
import json
import os
import re
import signal
import time
import unittest
from pathlib import Path

from stage import Current, Legacy, StageTest, children_of, eventually

SHARES = ["1/3", "2/3", "3/3"]


class Copies:
    def start_three(self, *arguments, change=(), **settings):
        self.slips.install(description={"copies": 3}, change=change)
        self.slips.start(*arguments, **settings)
        self.eventually(lambda: self.redis.subscribers("new_flow") >= 3, "three processes")

    def programs(self):
        """{share: pid}"""
        found = {}
        for pid in children_of(self.slips.launcher()):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            if "--share" in words:
                found[words[words.index("--share") + 1]] = pid
        return found

    def publish_flows(self, hosts=range(1, 31)):
        """One flow of each host."""
        for host in hosts:
            saddr, uid = f"10.0.0.{host}", f"C{host}"
            if self.generation == "current":
                self.redis.call("ZADD", "profiles", 1700000000.5, f"profile_{saddr}")
                flow = {"starttime": 1700000000.5, "uid": uid, "saddr": saddr, "daddr": "10.0.9.9", "type_": "conn"}
                message = {"profileid": f"profile_{saddr}", "twid": "timewindow1", "flow": flow, "version": "1.1.21"}
            else:
                self.redis.call("SADD", "profiles", f"profile_{saddr}")
                self.redis.call("ZADD", f"twsprofile_{saddr}", 1700000000.5, "timewindow1")
                flow = {"ts": 1700000000.5, "saddr": saddr, "daddr": "10.0.9.9", "proto": "tcp", "state": "Established"}
                message = {"profileid": f"profile_{saddr}", "twid": "timewindow1",
                           "flow": json.dumps({uid: json.dumps(flow)}), "stime": 1700000000.5}
            self.redis.call("PUBLISH", "new_flow", json.dumps(message))

    def hosts_with_evidence(self):
        """The numbers of the hosts, once for each evidence."""
        found = []
        for key in self.redis.call("KEYS", "profile_10.0.0.*_timewindow1*"):
            host = int(re.match(r"profile_10\.0\.0\.(\d+)_", key)[1])
            if self.generation == "current" and key.endswith("_evidence"):
                found += [host] * self.redis.call("HLEN", key)
            elif self.generation == "legacy":
                found += [host] * len(json.loads(self.redis.call("HGET", key, "Evidence") or "{}"))
        return sorted(found)

    def test_all_share_the_profiles_and_stop(self):
        self.start_three("answer")
        self.assertEqual(sorted(self.programs()), SHARES)
        for share in SHARES:
            self.sees(f"[puppet] ({share}) subscribed to new_flow; share {share} of the profiles; ")
        self.assertEqual(self.slips.screen().count("Started puppet [PID "), 1)
        self.publish_flows()
        self.eventually(lambda: len(self.hosts_with_evidence()) == 30, "evidence of each host")
        self.stops()
        self.assertEqual(self.hosts_with_evidence(), list(range(1, 31)))
        log = self.slips.log()
        handled = {share: log.count(f"[puppet] ({share}) a flow from ") for share in SHARES}
        self.assertEqual(sum(handled.values()), 30, log)
        self.assertNotIn(0, handled.values())
        for words in "ended by itself", "did not stop", "failed while stopping", "cannot":
            self.assertNotIn(words, self.slips.everything())

    def test_one_ends_by_itself(self):
        """It is reported, and the others go on."""
        self.start_three()
        os.kill(self.programs()["2/3"], signal.SIGKILL)
        self.sees("[puppet] (2/3) puppet ended by itself: signal 9 (SIGKILL)\n", self.slips.errors)
        self.sees("[puppet] (2/3) its profiles are not handled until Slips is started again; the other 2 go on\n",
                  self.slips.errors)
        self.publish_flows()
        self.eventually(self.hosts_with_evidence, "evidence of the others")
        self.stops()
        self.assertTrue(10 < len(self.hosts_with_evidence()) < 30, self.hosts_with_evidence())
        self.assertEqual(self.slips.errors().count("ended by itself"), 1)

    def test_all_end_by_themselves(self):
        self.slips.install(description={"copies": 3})
        self.slips.start("no init")
        for share in SHARES:
            self.sees(f"[puppet] ({share}) puppet ended by itself: exit status 1; last output: no stage\n", self.slips.errors)
        self.stop_after_the_end()
        self.ends(1)
        self.assertEqual(self.slips.stderr(), "slips.py: puppet ended before Slips did\n")

    def test_all_hang_at_the_stop(self):
        """They are killed together, not one after the other."""
        self.start_three("hang", change=('"long": (60, 65)', '"long": (60, 2)'))
        begin = time.monotonic()
        self.stops()
        self.assertLess(time.monotonic() - begin, 10)
        for share in SHARES:
            self.assertIn(f"[puppet] ({share}) puppet did not stop within ", self.slips.errors())
            self.assertIn(f"[puppet] ({share}) shutdown_gracefully() has not returned for ", self.slips.errors())

    def test_interrupted_twice(self):
        self.may_leave_orphans = self.generation == "legacy"  # there Slips kills at once
        self.start_three("hang")
        programs = set(self.programs().values())
        self.slips.interrupt()
        self.assertFalse(eventually(lambda: not programs & set(self.slips.marked()), 0.5), "they did not hang")
        self.slips.interrupt()
        self.slips.wait()
        self.eventually(lambda: not programs & set(self.slips.marked()), "the end of all programs")

    def test_launcher_killed(self):
        self.may_leave_orphans = True  # its programs, for as long as they take to stop
        self.start_three()
        programs = set(self.programs().values())
        os.kill(self.slips.launcher(), signal.SIGKILL)
        self.eventually(lambda: not programs & set(self.slips.marked()), "the programs' end")
        self.ends(1)

    def test_slips_itself_is_killed(self):
        self.may_leave_orphans = True
        self.start_three()
        ours = {self.slips.launcher(), *self.programs().values()}
        self.slips.process.kill()
        self.slips.wait()
        self.eventually(lambda: not ours & set(self.slips.marked()), "the end of launcher and programs")
        for pid in self.slips.marked():  # what else Slips had started
            os.kill(pid, signal.SIGKILL)

    def test_each_has_its_statistics(self):
        stats = self.folder / "stats.json"
        self.start_three(arguments=f"--stats {stats}")
        self.publish_flows()
        self.eventually(lambda: len(self.hosts_with_evidence()) == 30, "evidence of each host")
        self.stops()
        counts = [json.loads(Path(f"{stats}.{number}").read_text())["messages"] for number in (1, 2, 3)]
        # a first message may come before a process has subscribed, but all wait for that here
        self.assertEqual(sum(each["handled"] for each in counts), 30)
        self.assertEqual(sum(each["skipped"] for each in counts), 60)
        self.assertFalse(stats.exists())

    def test_a_number_that_is_wrong(self):
        self.slips.install(description={"copies": 65})
        self.slips.start()
        self.eventually(lambda: self.redis.subscribers("new_flow"), "the module")
        self.assertEqual(self.programs(), {})
        self.sees('puppet.json: "copies" is not a number from 1 to 64; puppet runs as one process\n', self.slips.screen)
        self.stops()


class CopiesInCurrent(Copies, Current, StageTest):
    pass


class CopiesInLegacy(Copies, Legacy, StageTest):
    def test_finished_once(self):
        """Slips waits for the module's name, and kills its launcher then: it comes once, after all programs."""
        self.start_three()
        listener = type(self.redis.connection)(self.redis.port)
        self.addCleanup(listener.socket.close)
        listener.send("SUBSCRIBE", "finished_modules")
        listener.read()
        self.stops()
        self.redis.call("PUBLISH", "finished_modules", "the end")
        names = []
        while not names or names[-1] != "the end":
            names.append(listener.read()[2])
        self.assertEqual(names.count("puppet"), 1, names)


if __name__ == "__main__":
    unittest.main()
