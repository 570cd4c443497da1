"""Floods a module with hostile flows while Redis accepts no writes, and checks how much memory the module needs.

usage: flood.py --bin FOLDER [--seconds N] [--most MB] [--output report.json]

Each flow leads to evidence, has addresses that no earlier flow had and a uid of 1,500 characters. Flows are published as fast
as Redis passes them on, first as current Slips, then as legacy, for half of the time each. At the end Redis accepts writes
again, and all accepted evidence must be stored; in legacy as far as there is time, because Slips keeps all evidence of a window
in one text, which is read and written with each batch. Linux; standard library only. Exit status 1 if a check fails.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from rig import Generation, Redis, die_with_parent, memory_mb

MODULE = "local_connection_detector"
PADDING = "x" * 1482


class Flood:
    def __init__(self, binaries, generation):
        self.generation = Generation(generation)
        self.folder = tempfile.mkdtemp(prefix="slips-flood-")
        self.main = Redis(self.folder, "main")
        self.cache = Redis(self.folder, "cache")
        self.generation.introduce(self.main)
        self.stats = os.path.join(self.folder, "stats.json")
        self.module = subprocess.Popen(
            [os.path.join(os.path.abspath(binaries), MODULE), "--redis-socket", self.main.path, "--cache-socket", self.cache.path,
             "--generation", generation, "--registered-types", "CONNECTION_TO_LOCAL_DEVICE", "--verbose", "0",
             "--stats", self.stats, "--stop-timeout", "60"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder, preexec_fn=die_with_parent)
        end = time.monotonic() + 60
        while not self.main.call("PUBSUB", "NUMSUB", "new_flow")[1]:
            if self.module.poll() is not None or time.monotonic() > end:
                raise SystemExit("the module did not subscribe")
            time.sleep(0.01)
        self.sent = 0
        self.at_start = self.most = memory_mb(self.module.pid)

    def flows(self, count):
        """Yields flows, each with new addresses."""
        for _ in range(count):
            n = self.sent
            self.sent += 1
            flow = self.generation.flow(n % 10**6, True, f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}")
            yield flow.replace(b"C%017d" % (n % 10**6), b"C%017d" % n + PADDING.encode())

    def run(self, seconds):
        self.main.call("CONFIG", "SET", "maxmemory", 1)
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.module.poll() is None:
            # waits until these have arrived, so that Redis does not disconnect the module
            received = self.main.calls([("PUBLISH", "new_flow", flow) for flow in self.flows(200)])
            if not all(received):
                time.sleep(0.05)
        self.main.call("CONFIG", "SET", "maxmemory", 0)

    def finish(self):
        died = self.module.poll()
        self.module.terminate()
        end = time.monotonic() + 90
        while (status := self.module.poll()) is None and time.monotonic() < end:  # storing what is queued takes memory as well
            try:
                self.most = memory_mb(self.module.pid, "VmHWM")
            except (OSError, ProcessLookupError):  # it has just ended
                pass
            time.sleep(0.05)
        with open(self.stats) as f:
            evidence = json.load(f)["evidence"]
        return {"generation": self.generation.name, "sent": self.sent, "died": died, "exit_status": status, "evidence": evidence,
                "stored": self.generation.stored(self.main), "memory_mb": self.most, "memory_mb_at_start": self.at_start}

    def close(self):
        if self.module.poll() is None:
            self.module.kill()
            self.module.wait()
        self.main.kill()
        self.cache.kill()
        shutil.rmtree(self.folder)


def judge(report, most):
    evidence = report["evidence"]
    in_time = report["exit_status"] == 0
    if report["died"] is not None or not (in_time or report["generation"] == "legacy" and report["exit_status"] == 5):
        yield f"the module ended with status {report['died'] or report['exit_status']}"
    if evidence["accepted"] == 0 or evidence["refused"] == 0:
        yield "the flood did not reach the limits"
    known = evidence["acknowledged"] + evidence["given_up"] + evidence["lost"]
    if known != evidence["accepted"] or report["stored"] != evidence["acknowledged"] - evidence["deduplicated"]:
        yield f"{evidence['accepted']} evidence were accepted, {evidence['acknowledged']} acknowledged, {report['stored']} stored"
    if report["memory_mb"] > most:
        yield f"the module needed {report['memory_mb']:.0f} MB, more than {most}"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", required=True)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--most", type=float, default=256)
    arguments.add_argument("--output")
    options = arguments.parse_args()
    reports, bad = [], 0
    for generation in ("current", "legacy"):
        flood = Flood(options.bin, generation)
        try:
            flood.run(options.seconds / 2)
            report = flood.finish()
        finally:
            flood.close()
        reports.append(report)
        evidence = report["evidence"]
        print(f"{generation}: {report['sent']} flows, {evidence['accepted']} evidence accepted, {evidence['refused']} refused, "
              f"{report['stored']} stored, {report['memory_mb_at_start']:.1f} MB at the start, {report['memory_mb']:.1f} MB at most")
        for line in judge(report, options.most):
            bad += 1
            print(f"  FAILED: {line}")
    if options.output:
        with open(options.output, "w") as f:
            json.dump(reports, f, indent=1)
    print("verdict: " + ("memory is bounded, and all accepted evidence is accounted for" if bad == 0 else f"{bad} checks failed"))
    sys.exit(1 if bad else 0)


main()
