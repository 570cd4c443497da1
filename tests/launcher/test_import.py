"""Slips imports the launcher: what it then sees, and that nothing but ImportError comes out."""
import ast
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from stage import HOSTS, LAUNCHER

DESCRIPTION = {"name": "puppet", "description": "does what it is told", "authors": "the tests", "needs_root": False,
               "channels": ["new_flow"], "hooks": [], "sdk": "0.1.0",
               "evidence_types": [{"current": "STRINGS_CUT", "legacy": "StringsCut"}]}

SEEN = """
import importlib, inspect, json, sys
module = importlib.import_module("modules.puppet.puppet")
base = importlib.import_module(sys.argv[1]).__dict__[sys.argv[2]]
seen = [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, base)]
print(json.dumps([[each.name, each.description, each.authors] for each in seen]))
"""

ERROR = """
try:
    import modules.puppet.puppet
except BaseException as error:
    assert type(error) is ImportError, repr(error)
    assert error.__cause__ is None and error.__suppress_context__
    print(error)
"""

ERRORS = """
import pathlib, pickle, sys
for text in pickle.load(open(sys.argv[1], "rb")):
    pathlib.Path("modules/puppet/puppet.json").write_bytes(text)
""" + "".join("    " + line + "\n" for line in ERROR.splitlines())

ENUM = """
import importlib, json, multiprocessing, pickle
from slips_files.core.structures.evidence import EvidenceType
known = len(EvidenceType)
for name in "puppet", "second":
    importlib.import_module(f"modules.{name}.{name}")
member = EvidenceType.STRINGS_CUT
assert member is EvidenceType["STRINGS_CUT"] is EvidenceType(known + 1) is list(EvidenceType)[known]
assert (member.name, member.value, member._sort_order_) == ("STRINGS_CUT", known + 1, known)
assert member in EvidenceType and isinstance(member, EvidenceType) and member != EvidenceType.ARP_SCAN
assert len(EvidenceType) == known + 1 == len(set(EvidenceType)) and "STRINGS_CUT" in EvidenceType.__members__
assert str(member) == "EvidenceType.STRINGS_CUT" and pickle.loads(pickle.dumps(member)) is member
assert EvidenceType.ARP_SCAN.value == 1 and EvidenceType(1) is EvidenceType.ARP_SCAN

def use(queue):
    queue.put((EvidenceType.STRINGS_CUT, EvidenceType["STRINGS_CUT"].value))
fork = multiprocessing.get_context("fork")
queue = fork.Queue()
process = fork.Process(target=use, args=(queue,))
process.start()
assert queue.get(timeout=20) == (member, known + 1)
process.join()
print("good")
"""

CLOCK = """
import sys
from slips_files.core.database import __database__
started = []
__database__.start = lambda *arguments: started.append(arguments)
import modules.puppet.puppet as launcher
if sys.argv[1] == "connected":
    __database__.r = object()
launcher.Module("queue", "config", 6380)
print(started)
"""


class ImportTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="slips-launcher-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.install("puppet")

    def install(self, name, description=DESCRIPTION):
        folder = self.root / "modules" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        shutil.copy(LAUNCHER, folder / f"{name}.py")
        (folder / f"{name}.json").write_text(json.dumps(description))

    def run_python(self, script, *arguments, hosts="current", python=sys.executable):
        path = os.pathsep.join(map(str, (self.root, HOSTS / hosts)))
        done = subprocess.run([python, "-B", "-c", script, *arguments], stdout=subprocess.PIPE, cwd=self.root,
                              stderr=subprocess.PIPE, universal_newlines=True, env={**os.environ, "PYTHONPATH": path})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def refused(self, hosts="current"):
        said = self.run_python(ERROR, hosts=hosts)
        self.assertEqual(said.count("\n"), 1, said)
        return said

    def test_python_3_8_reads_it(self):
        ast.parse(LAUNCHER.read_text(encoding="utf-8"), feature_version=(3, 8))

    def test_one_module_is_seen_and_the_program_is_not_looked_at(self):
        expected = [["puppet", "does what it is told", ["the tests"]]]
        for hosts, base in (("current", ("slips_files.common.abstracts.imodule", "IModule")),
                            ("legacy", ("slips_files.common.abstracts", "Module"))):
            with self.subTest(hosts):
                self.assertEqual(json.loads(self.run_python(SEEN, *base, hosts=hosts)), expected)

    def test_a_description_that_cannot_be_used(self):
        broken = [b"", b"{", b"\xff\xfe", b"null", b"[]", b"7", b'"text"', b"[" * 100000, b"NaN"]
        for key, values in {"name": [None, 7, "", [], {}], "description": [None, 7, []],
                            "authors": [None, 7, ["A", "B"]],
                            "evidence_types": [None, 7, "A", ["A"], [[]], [{}], [{"current": 7}]]}.items():
            broken += [json.dumps({**DESCRIPTION, key: value}).encode() for value in values]
            broken.append(json.dumps({each: DESCRIPTION[each] for each in DESCRIPTION if each != key}).encode())
        (self.root / "broken").write_bytes(pickle.dumps(broken))
        for hosts in "current", "legacy":
            said = self.run_python(ERRORS, "broken", hosts=hosts).splitlines()
            self.assertEqual(len(said), len(broken))
            for text, line in zip(broken, said):
                with self.subTest(text[:100], hosts=hosts):
                    self.assertRegex(line, "modules/puppet/puppet.json cannot be used: .*; install the module again$")

    def test_no_description(self):
        path = self.root / "modules" / "puppet" / "puppet.json"
        path.unlink()
        self.assertIn("puppet.json cannot be used: No such file or directory; install", self.refused())
        path.mkdir()
        self.assertIn("puppet.json cannot be used: Is a directory; install", self.refused())

    def test_no_slips(self):
        self.assertIn("modules/puppet/puppet.py is in no Slips it knows", self.refused(hosts="neither"))

    def test_an_enum_it_does_not_understand(self):
        for text in ("EvidenceType = 7\n", "import enum\nclass EvidenceType(enum.Enum):\n    A = 'text'\n",
                     "raise RuntimeError('two\\nlines')\n"):
            with self.subTest(text):
                shutil.rmtree(self.root / "slips_files", ignore_errors=True)
                shutil.copytree(HOSTS / "current" / "slips_files", self.root / "slips_files")
                (self.root / "slips_files" / "core" / "structures" / "evidence.py").write_text(text)
                self.refused()

    def test_evidence_types_become_members(self):
        self.install("second", {**DESCRIPTION, "name": "second", "evidence_types": [
            {"current": "STRINGS_CUT", "legacy": ""}, {"current": "ARP_SCAN", "legacy": ""},
            {"current": "no name", "legacy": ""}, {"current": "_sunder_", "legacy": ""}]})
        for python in pythons():
            with self.subTest(python):
                self.assertEqual(self.run_python(ENUM, python=python), "good\n")

    def test_what_slips_prints_of_it_is_harmless(self):
        path = self.root / "modules" / "puppet" / "puppet.json"
        path.write_text(json.dumps({**DESCRIPTION, "description": "a|b\nstop_process \x1b[31m \ud800"}))
        for hosts, base in (("current", ("slips_files.common.abstracts.imodule", "IModule")),
                            ("legacy", ("slips_files.common.abstracts", "Module"))):
            seen = json.loads(self.run_python(SEEN, *base, hosts=hosts))
            self.assertRegex(seen[0][1], r"^a(¦|\\xa6)b\\x0astop process \\x1b\[31m \\ud800$")

    def test_the_clock_of_slips_is_left_alone(self):
        self.assertEqual(self.run_python(CLOCK, "connected", hosts="legacy"), "[]\n")
        self.assertEqual(self.run_python(CLOCK, "new", hosts="legacy"), "[('config', 6380)]\n")


def pythons():
    """Those at hand: this one, and others by their names."""
    yield sys.executable
    for minor in range(8, 14):
        python = shutil.which(f"python3.{minor}")
        if python and subprocess.run([python, "-c", ""], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL).returncode == 0:
            yield python


if __name__ == "__main__":
    unittest.main()
