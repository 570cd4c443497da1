"""Plays flows to a module for some minutes while faults are injected one after the other, and checks the result.

usage: soak.py --bin FOLDER [--seconds N] [--rate FLOWS_A_SECOND] [--seed N] [--output report.json]

Publishes 5,000 flows per second, every tenth of which leads to evidence, to the example module; half of the time as current
Slips, half as legacy. Linux; standard library only. Exit status 1 if a check fails.
"""
import argparse
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from rig import Connection, Generation, Redis, cpu_seconds, die_with_parent, memory_mb

MODULE = "local_connection_detector"


class Faults:
    """One fault per method whose name does not begin with an underscore. Each restores the previous state. Returns False if
    there was nothing to interrupt."""

    def __init__(self, soak):
        self._soak = soak

    def _cut(self, server, mark):
        ended = 0
        for line in server.call("CLIENT", "LIST").decode().splitlines():
            if mark in line and " cmd=client" not in line:
                ended += server.call("CLIENT", "KILL", "ID", line.split()[0][len("id="):]) == 1
        return ended > 0

    def commands_cut(self):
        return self._cut(self._soak.main, f" name={MODULE} ")

    def subscription_cut(self):
        """The module subscribes to control_channel as well; the connection with one channel is this program's own."""
        return self._cut(self._soak.main, " sub=2 ")

    def cache_cut(self):
        return self._cut(self._soak.cache, "")

    def server_stopped(self):
        os.kill(self._soak.main.process.pid, signal.SIGSTOP)
        time.sleep(self._soak.random.uniform(0.2, 1))
        os.kill(self._soak.main.process.pid, signal.SIGCONT)

    def server_killed(self):
        self._soak.main.kill()
        self._soak.main.start()

    def cache_killed(self):
        self._soak.cache.kill()
        self._soak.cache.start()

    def out_of_memory(self):
        self._for_a_while("maxmemory", 1, 0)

    def read_only(self):
        self._for_a_while("min-replicas-to-write", 1, 0)

    def module_too_slow(self):
        """Stops the module until Redis closes its connection."""
        main, limit = self._soak.main, "client-output-buffer-limit"
        main.call("CONFIG", "SET", limit, "pubsub 1000000 0 0")
        self._soak.module.send_signal(signal.SIGSTOP)
        filler = [("PUBLISH", "control_channel", b"x" * 100_000)] * 20
        while self._soak.subscribers() and self._soak.module.poll() is None:
            main.calls(filler)
        self._soak.module.send_signal(signal.SIGCONT)
        main.call("CONFIG", "SET", limit, "pubsub 4294967296 2147483648 600")

    def _for_a_while(self, setting, value, usual):
        self._soak.main.call("CONFIG", "SET", setting, value)
        self._soak.publish_for(self._soak.random.uniform(0.1, 0.5))
        self._soak.main.call("CONFIG", "SET", setting, usual)


class Soak:
    def __init__(self, options, generation):
        self.generation = Generation(generation)
        self.random = random.Random(options.seed)
        self.rate = options.rate
        self.folder = tempfile.mkdtemp(prefix="slips-soak-")
        self.main = Redis(self.folder, "main", append_only=True)
        self.cache = Redis(self.folder, "cache")
        self.generation.introduce(self.main)
        self.stats = os.path.join(self.folder, "stats.json")
        self.errors = open(os.path.join(self.folder, "errors.txt"), "w+")
        self.module = subprocess.Popen(
            [os.path.join(os.path.abspath(options.bin), MODULE), "--redis-socket", self.main.path, "--cache-socket", self.cache.path,
             "--generation", generation, "--registered-types", "CONNECTION_TO_LOCAL_DEVICE", "--verbose", "0", "--stats", self.stats],
            stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors, cwd=self.folder, preexec_fn=die_with_parent)
        self.sent = 0
        self.uncounted = 0  # published while Redis accepted no writes
        self.burst = 0      # the largest number counted at once
        self.last = 0.0
        self.published = collections.Counter()  # ids received on evidence_added
        self.samples = []
        self.faults = collections.Counter()
        self.listener = None
        self.pending = b""
        self.wait_for_subscription()

    def subscribers(self):
        return self.main.call("PUBSUB", "NUMSUB", "new_flow")[1]

    def wait_for_subscription(self):
        end = time.monotonic() + 60
        while not self.subscribers():
            if self.module.poll() is not None:
                raise SystemExit("the module ended: " + self.output())
            if time.monotonic() > end:
                raise SystemExit("the module did not subscribe within a minute: " + self.output()[-500:])
            time.sleep(0.005)
        self.last = time.monotonic()

    def output(self):
        self.errors.flush()
        self.errors.seek(0)
        return self.errors.read()

    def listen(self):
        """Receives from evidence_added. What is published while the server is down is lost."""
        try:
            if self.listener is None:
                self.listener = Connection(self.main.path)
                self.listener.call("SUBSCRIBE", "evidence_added")
                self.listener.socket.setblocking(False)
                self.pending = b""
            while True:
                came = self.listener.socket.recv(1 << 20)
                if not came:
                    raise ConnectionError
                self.pending += came
        except BlockingIOError:
            pass
        except OSError:
            self.listener = None
        key = b'"id": "' if self.generation.is_current else b'"ID": "'
        *whole, self.pending = self.pending.split(b"\r\n")
        for line in whole:
            at = line.find(key)
            if at >= 0:
                self.published[line[at + len(key):at + len(key) + 36]] += 1

    def publish_due(self):
        now = time.monotonic()
        due = min(int((now - self.last) * self.rate), self.rate)  # at most a second's worth after a pause
        if due == 0:
            return
        self.last = now
        # increments the counter first, as Slips does; once for all of these flows
        self.uncounted += due
        self.burst = max(self.burst, self.uncounted)
        commands = []
        if self.generation.is_current:
            commands.append(("HINCRBY", "msgs_published_at_runtime", "new_flow", self.uncounted))
        for _ in range(due):
            commands.append(("PUBLISH", "new_flow", self.generation.flow(self.sent, self.sent % 10 == 0)))
            self.sent += 1
        if isinstance(self.main.calls(commands)[0], int):
            self.uncounted = 0

    def publish_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.publish_due()
            self.listen()
            time.sleep(0.01)

    def sample(self):
        if self.module.poll() is None:
            self.samples.append((memory_mb(self.module.pid), len(os.listdir(f"/proc/{self.module.pid}/fd"))))

    def run(self, seconds):
        faults = Faults(self)
        kinds = [name for name in dir(faults) if not name.startswith("_")]
        end = time.monotonic() + seconds
        turns = []
        while time.monotonic() < end and self.module.poll() is None:
            if not turns:
                turns = self.random.sample(kinds, len(kinds))
            kind = turns.pop()
            self.publish_for(self.random.uniform(0.1, 1))
            self.sample()
            if getattr(faults, kind)() is not False:
                self.faults[kind] += 1
            self.publish_for(self.random.uniform(0, 0.3))  # possibly while it is disconnected
            self.wait_for_subscription()
            if self.generation.is_current:  # Slips lets them expire
                self.main.call("DEL", "number_of_subscribers_who_processed_this_msg_new_flow")
        self.publish_for(2)
        self.sample()

    def finish(self):
        died = self.module.poll()
        cpu = cpu_seconds(self.module.pid) if died is None else 0
        self.module.terminate()
        try:
            status = self.module.wait(30)
        except subprocess.TimeoutExpired:
            self.module.kill()
            status = "none: it did not stop within 30 s"
        self.listen()
        with open(self.stats) as f:
            text = f.read()
        stats = json.loads(text) if text else None
        report = {"generation": self.generation.name, "sent": self.sent, "faults": dict(self.faults), "cpu_seconds": cpu,
                  "exit_status": status, "stats": stats, "stored": self.generation.stored(self.main),
                  "counted": int(self.main.call("GET", "number_of_evidence") or 0),
                  "published_twice": sum(1 for times in self.published.values() if times > 1),
                  "memory_mb": [m for m, _ in self.samples], "descriptors": [d for _, d in self.samples]}
        report["bad"] = self.judge(report, died)
        return report

    def judge(self, report, died):
        """Returns the failed checks, one line each."""
        bad = []
        if died is not None:
            return [f"the module died: {died}: {self.output()[-500:]}"]
        if report["exit_status"] != 0 or not report["stats"]:
            return [f"the module's exit status is {report['exit_status']}: {self.output()[-500:]}"]
        evidence, messages = report["stats"]["evidence"], report["stats"]["messages"]
        if evidence["accepted"] == 0:
            bad.append("no evidence was accepted")
        if evidence["lost"] or evidence["acknowledged"] != evidence["accepted"]:
            bad.append(f"of {evidence['accepted']} accepted evidence {evidence['acknowledged']} were acknowledged")
        expected = evidence["acknowledged"] - evidence["deduplicated"]
        if report["stored"] != expected:
            bad.append(f"{report['stored']} evidence are stored, {expected} were acknowledged")
        if self.generation.is_current and report["counted"] != report["stored"]:
            bad.append(f"Redis counts {report['counted']} evidence and holds {report['stored']}")
        if report["published_twice"]:
            bad.append(f"{report['published_twice']} evidence were published twice")
        if evidence["refused"] or messages["undecodable"] or messages["handler_errors"]:
            bad.append(f"refused, undecodable or failed: {evidence['refused']}, {messages['undecodable']}, "
                       f"{messages['handler_errors']}")
        gone = report["sent"] - messages["received"]
        # the last gap may have begun or ended within one increment of the counter; earlier ones are compensated
        if self.generation.is_current and abs(messages["missed"] - gone) > self.burst:
            bad.append(f"{gone} messages were missed, the module reported {messages['missed']}")
        # memory and descriptors should not grow after the first third of the time
        third = len(report["memory_mb"]) // 3
        for what, most in (("memory_mb", 1.25), ("descriptors", 1)):
            before, after = report[what][third:2 * third + 1], report[what][2 * third:]
            if max(after) > max(before) * most:
                bad.append(f"{what} grows: at most {max(before):.1f} in the second third, {max(after):.1f} in the last")
        return bad

    def close(self):
        if self.module.poll() is None:
            self.module.send_signal(signal.SIGCONT)
            self.module.kill()
            self.module.wait()
        self.main.kill()
        self.cache.kill()
        self.errors.close()
        shutil.rmtree(self.folder)


def show(report):
    evidence, messages = report["stats"]["evidence"], report["stats"]["messages"]
    print(f"{report['generation']}: {sum(report['faults'].values())} faults ("
          + ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(report["faults"].items())) + ")")
    gone = report["sent"] - messages["received"]
    print(f"  flows: {report['sent']} sent, {messages['received']} received, {gone} lost while the module was disconnected"
          + (f" (it reported {messages['missed']})" if report["generation"] == "current" else ""))
    print(f"  evidence: {evidence['accepted']} accepted, {evidence['acknowledged']} acknowledged, {report['stored']} stored"
          + (f" ({evidence['deduplicated']} repeats)" if evidence["deduplicated"] else "")
          + f", {evidence['lost']} lost, {report['published_twice']} published twice")
    print(f"  module: exit status {report['exit_status']}, {report['stats']['redis']['reconnects']} reconnects, "
          f"{report['cpu_seconds']:.1f} s of CPU, {min(report['memory_mb']):.1f}–{max(report['memory_mb']):.1f} MB (at the end "
          f"{report['memory_mb'][-1]:.1f}), {min(report['descriptors'])}–{max(report['descriptors'])} descriptors")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", required=True)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--rate", type=int, default=5000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--output")
    options = arguments.parse_args()
    reports = []
    for generation in ("current", "legacy"):
        soak = Soak(options, generation)
        try:
            soak.run(options.seconds / 2)
            reports.append(soak.finish())
        finally:
            soak.close()
        if reports[-1]["stats"]:
            show(reports[-1])
        for line in reports[-1]["bad"]:
            print(f"  FAILED: {line}")
    if options.output:
        with open(options.output, "w") as f:
            json.dump(reports, f, indent=1)
    bad = sum(len(report["bad"]) for report in reports)
    print("verdict: " + ("nothing was lost or stored twice, and nothing grows" if bad == 0 else f"{bad} checks failed"))
    sys.exit(1 if bad else 0)


main()
