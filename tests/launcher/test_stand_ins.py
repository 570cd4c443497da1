"""The stand-ins for Slips show a module what each release shows it: base class, constructor, life cycle and stop."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from stage import HOSTS, PATIENCE, RedisServer, eventually, read

# release, base class, arguments of the constructor, whether the base is a Process, abstract methods
RELEASES = (
    ("0.9.0", "abstracts:Module", 2, False, None),
    ("0.9.1", "abstracts:Module", 3, False, None),
    ("0.9.5", "abstracts:Module", 3, False, None),
    ("1.0.3", "abstracts:Module", 2, False, None),
    ("1.0.4", "abstracts:Module", 2, False, "run shutdown_gracefully"),
    ("1.0.5", "abstracts:Module", 2, False, "main shutdown_gracefully"),
    ("1.0.6", "abstracts:Module", 3, False, "init main"),
    ("1.0.7", "abstracts:Module", 4, False, "init main"),
    ("1.0.10", "abstracts._module:IModule", 4, False, "init main"),
    ("1.0.12", "abstracts._module:IModule", 4, True, "init main"),
    ("1.0.13", "abstracts.module:IModule", 4, True, "init main"),
    ("1.1", "abstracts.module:IModule", 4, True, "authors description init main name"),
    ("1.1.2", "abstracts.module:IModule", 4, True, "authors description init main name"),
    ("1.1.4", "abstracts.module:IModule", 4, True, "init main"),
    ("1.1.9", "abstracts.module:IModule", 4, True, "init main"),
    ("1.1.10", "abstracts.module:IModule", 5, True, "init main"),
    ("1.1.11", "abstracts.imodule:IModule", 6, True, "init main"),
    ("1.1.15", "abstracts.imodule:IModule", 7, True, "init main"),
    ("1.1.17", "abstracts.imodule:IModule", 8, True, "init main"),
    ("1.1.19", "abstracts.imodule:IModule", 8, True, "init main subscribe_to_channels"),
    ("1.1.22", "abstracts.imodule:IModule", 8, True, "init main subscribe_to_channels"),
)

# What a module in modules/probe/probe.py does: it writes what it sees into the file seen.
PROBE = '''
import importlib, inspect, json, multiprocessing, os, time

def note(*words):
    with open("seen", "a") as file:
        file.write(json.dumps(words) + "\\n")

for path, name in (("abstracts.imodule", "IModule"), ("abstracts.module", "IModule"), ("abstracts._module", "IModule"),
                   ("abstracts", "Module")):
    try:
        Base = getattr(importlib.import_module("slips_files.common." + path), name)
        break
    except (ImportError, AttributeError):
        pass
is_process = issubclass(Base, multiprocessing.Process)
abstract = getattr(Base, "__abstractmethods__", None)
note("base", path + ":" + name, is_process, abstract and " ".join(sorted(abstract)))
before_events = not abstract or "init" not in abstract

class Common:
    name, description, authors = "probe", "a probe", ["nobody"]

if before_events:
    class Probe(Common, Base, multiprocessing.Process):
        def __init__(self, *arguments):
            multiprocessing.Process.__init__(self)
            note("arguments", len(arguments))

        def run(self):
            try:
                from slips_files.core.database.database import __database__ as database
            except ImportError:
                from slips_files.core.database import __database__ as database
            channel = database.subscribe("control_module") or database.subscribe("core_messages")
            note("runs")
            while True:
                message = channel.get_message(timeout=0.1)
                if message and message["data"] == "stop_process":
                    break
            note("stopped")
            database.publish("finished_modules", self.name)

        def main(self): ...
        def shutdown_gracefully(self): ...
else:
    class Probe(Common, Base, *(() if is_process else (multiprocessing.Process,))):
        def __init__(self, *arguments, **kwargs):
            note("arguments", len(arguments))
            super().__init__(*arguments, **kwargs)

        def init(self, **kwargs): note("init")
        def subscribe_to_channels(self): note("subscribe_to_channels")
        def pre_main(self): note("pre_main")
        def main(self):
            if not hasattr(self, "is_running"):
                note("runs", getattr(self, "redis_port", None) or self.db.redis_port)
            self.is_running = True
            time.sleep(0.01)
        def shutdown_gracefully(self): note("shutdown_gracefully")

del Base
'''


class StandInTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="slips-stand-ins-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.redis = RedisServer(self.folder / "redis")
        self.addCleanup(self.redis.end)

    def run_slips(self, release, probe=PROBE, until='"runs"'):
        """Runs it until the module has noted that it runs. Returns the lines of the file seen, and its status."""
        root = self.folder / release
        (root / "modules" / "probe").mkdir(parents=True)
        for file in "modules/__init__.py", "modules/probe/__init__.py":
            (root / file).write_text("")
        (root / "modules" / "probe" / "probe.py").write_text(probe)
        slips = subprocess.Popen([sys.executable, "-B", str(HOSTS / "slips.py"), "--slips-version", release, "--redis-port",
                                  str(self.redis.port), "--output", "output"], cwd=root, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            eventually(lambda: until in read(root / "seen") or slips.poll() is not None)
            output = slips.communicate(timeout=PATIENCE)[0].decode()  # the end of its input stops it
        finally:
            slips.kill()
            slips.wait()
        return [json.loads(line) for line in read(root / "seen").splitlines()], slips.returncode, output

    def test_each_release(self):
        for release, base, arguments, is_process, abstract in RELEASES:
            with self.subTest(release):
                seen, status, output = self.run_slips(release)
                self.assertEqual(status, 0, output)
                self.assertEqual(seen[0], ["base", base, is_process, abstract])
                self.assertEqual(seen[1], ["arguments", arguments])
                names = [words[0] for words in seen[2:]]
                number = tuple(int(part) for part in (release + ".0").split(".")[:3])
                if number < (1, 0, 6):
                    self.assertEqual(names, ["runs", "stopped"])
                    continue
                expected = ["init", "pre_main", "runs"]
                if number >= (1, 1, 18):
                    expected.insert(1, "subscribe_to_channels")
                if number >= (1, 1, 1):
                    expected.append("shutdown_gracefully")
                self.assertEqual(names, expected)
                self.assertIn(["runs", self.redis.port], seen)

    def test_a_module_that_cannot_be_imported(self):
        """It ends two releases, and is skipped in the others."""
        for release, ends in (("1.0.8", False), ("1.0.9", True), ("1.0.10", True), ("1.0.11", False)):
            with self.subTest(release):
                status, output = self.run_slips(release, "import a_library_that_is_missing\n", "nothing")[1:]
                self.assertEqual(status, 1, output)
                self.assertEqual("which ends this Slips" in output, ends, output)

    def test_a_line_is_written_at_once(self):
        folder = self.folder / "modules" / "broken"
        folder.mkdir(parents=True, exist_ok=True)
        for name in (folder.parent / "__init__.py", folder / "__init__.py"):
            name.write_text("", encoding="utf-8")
        (folder / "broken.py").write_text("import no_such_module\n", encoding="utf-8")
        line = "modules.broken.broken was not imported: No module named 'no_such_module'\n"
        for unbuffered in ("", "1"):
            with self.subTest(unbuffered=unbuffered):
                ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # a message for each write
                with ours, theirs:
                    slips = subprocess.Popen(
                        [sys.executable, "-B", str(HOSTS / "slips.py"), "--generation", "current", "--redis-port", "1",
                         "--output", "output"], cwd=self.folder, stdout=theirs, stderr=subprocess.DEVNULL,
                        env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
                    slips.wait(PATIENCE)
                    self.assertEqual(ours.recv(4096).decode(), line)

    def test_evidence_types_and_classes(self):
        """The number of evidence types of each release, and that evidence of its form can be read there and is what it was."""
        sys.path.insert(0, str(HOSTS))
        import python_side
        for release, count in (("1.0.11", 58), ("1.0.12", 59), ("1.1.1", 59), ("1.1.4", 59), ("1.1.5", 61), ("1.1.7", 62),
                               ("1.1.13", 63), ("1.1.20", 63), ("1.1.22", 65)):
            with self.subTest(release):
                number = python_side.number(release)
                forms = python_side.evidence_forms(number)
                self.assertEqual(len(forms["EvidenceType"]), count)
                kind = "attacker_type" if number < (1, 1, 7) else "ioc_type"
                peer = {"direction": forms["Direction"].SRC, kind: forms["IoCType"].IP, "value": "192.0.2.1"}
                more = {} if number >= (1, 1, 2) else {"category": forms["IDEACategory"].INFO}
                evidence = forms["Evidence"](
                    evidence_type=next(iter(forms["EvidenceType"])), description="example",
                    attacker=forms["Attacker"](**peer), threat_level=forms["ThreatLevel"].INFO,
                    profile=forms["ProfileID"]("192.0.2.1"), timewindow=forms["TimeWindow"](1), uid=["C1"],
                    timestamp="2024/01/01 00:00:00.000000+0000", **more)
                written = json.loads(json.dumps(forms["evidence_to_dict"](evidence)))
                written["attacker"]["profile"] = {"ip": "192.0.2.1"}
                read_again = json.loads(json.dumps(forms["evidence_to_dict"](forms["dict_to_evidence"](written))))
                self.assertEqual(read_again["attacker"], written["attacker"])
                with self.assertRaises(TypeError):
                    forms["dict_to_evidence"]({**written, "attacker": {**written["attacker"], "novel": None}})
                with self.assertRaises(KeyError):
                    forms["dict_to_evidence"]({**written, "evidence_type": "CONNECTION_TO_ELSEWHERE"})


if __name__ == "__main__":
    unittest.main()
