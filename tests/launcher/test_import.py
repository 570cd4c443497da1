"""Slips imports the launcher: what Slips then sees, and that no exception ends Slips."""
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

from stage import HOSTS, LAUNCHER, PACKAGE

DESCRIPTION = {"name": "puppet", "description": "does what PUPPET names", "authors": "the tests", "needs_root": False,
               "channels": ["new_flow"], "hooks": [], "sdk": "0.1.0",
               "evidence_types": [{"current": "STRINGS_CUT", "legacy": "StringsCut"}]}

SEEN = """
import importlib, inspect, json, sys
module = importlib.import_module("modules.puppet.puppet")
base = importlib.import_module(sys.argv[1]).__dict__[sys.argv[2]]
seen = [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, base)]
print(json.dumps([[each.name, each.description, each.authors] for each in seen]))
"""

REFUSED = """
import modules.puppet.puppet as launcher
assert not hasattr(launcher, "Module")
"""

ALL_REFUSED = """
import importlib, pathlib, pickle, sys
for text in pickle.load(open(sys.argv[1], "rb")):
    pathlib.Path("modules/puppet/puppet.json").write_bytes(text)
    assert not hasattr(importlib.import_module("modules.puppet.puppet"), "Module")
    del sys.modules["modules.puppet.puppet"]
"""

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

FORMS = """
import importlib, json, modules.puppet
from slips_files.core.structures import evidence
launcher = importlib.import_module("modules.puppet.puppet")
members = list(getattr(getattr(evidence, "EvidenceType", None), "__members__", []))
print(json.dumps({"members": members, **launcher.EvidenceForms(evidence, modules.puppet.problem).description}))
"""

LISTING = """
import importlib, json, modules, multiprocessing, pkgutil, sys
listed = [name for _, name, is_package in pkgutil.walk_packages(modules.__path__, "modules.") if not is_package]
assert listed == ["modules.puppet.puppet", "modules.supported_module_names"] and listed[0] not in sys.modules

def use(queue):
    from slips_files.core.structures.evidence import EvidenceType
    from modules.supported_module_names import Modules
    package = sys.modules["modules.puppet"]
    assert [Modules(value).value for value in ("puppet", "strings", "arp")] == ["puppet", "strings", "arp"]
    queue.put({"problem": package.problem, "type": EvidenceType["STRINGS_CUT"].name,
               "names": [[each.name, each.value] for each in Modules]})
fork = multiprocessing.get_context("fork")
queue = fork.Queue()
process = fork.Process(target=use, args=(queue,))
process.start()
seen = queue.get(timeout=20)
process.join()
seen["again"] = sys.modules["modules.puppet"].register()
print(json.dumps(seen))
"""

IN_A_CHILD = """
import json, multiprocessing

def use(queue):
    import modules.puppet, modules.supported_module_names
    from slips_files.core.structures.evidence import EvidenceType
    queue.put([modules.puppet.problem, list(EvidenceType.__members__),
               list(modules.supported_module_names.Modules.__members__)])
fork = multiprocessing.get_context("fork")
queue = fork.Queue()
process = fork.Process(target=use, args=(queue,))
process.start()
print(json.dumps(queue.get(timeout=20)))
process.join()
"""

PROBLEM = """
import modules.puppet
print(modules.puppet.problem)
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
        shutil.copy(PACKAGE, folder / "__init__.py")
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
        """The one line that is printed instead of an exception, which would end some releases of Slips."""
        line = self.run_python(REFUSED, hosts=hosts)
        self.assertEqual(line.count("\n"), 1, line)
        return line

    def test_python_3_8_parses_it(self):
        for file in LAUNCHER, PACKAGE:
            ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))

    def test_one_module_is_seen_and_the_program_is_not_read(self):
        expected = [["puppet", "does what PUPPET names", ["the tests"]]]
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
            lines = self.run_python(ALL_REFUSED, "broken", hosts=hosts).splitlines()
            self.assertEqual(len(lines), len(broken))
            for text, line in zip(broken, lines):
                with self.subTest(text[:100], hosts=hosts):
                    self.assertRegex(line, "modules/puppet/puppet.json cannot be used: .*; install the module again$")

    def test_no_description(self):
        path = self.root / "modules" / "puppet" / "puppet.json"
        path.unlink()
        self.assertIn("puppet.json cannot be used: No such file or directory; install", self.refused())
        path.mkdir()
        self.assertIn("puppet.json cannot be used: Is a directory; install", self.refused())

    def test_no_slips(self):
        self.assertIn("modules/puppet/puppet.py does not recognise this Slips", self.refused(hosts="neither"))

    def change_evidence(self, text):
        shutil.rmtree(self.root / "slips_files", ignore_errors=True)
        shutil.copytree(HOSTS / "current" / "slips_files", self.root / "slips_files")
        (self.root / "slips_files" / "core" / "structures" / "evidence.py").write_text(text)

    def test_evidence_classes_of_an_unknown_form(self):
        """The module is started, reports why its types are not registered, and sets no evidence."""
        for text, problem in (("EvidenceType = 7\n", "AttributeError: "),
                              ("EvidenceType = 7, 'two\\nlines'\n", "AttributeError: "),
                              ("import enum\nclass EvidenceType(enum.Enum):\n    A = 'text'\n    B = 7\n", "TypeError: "),
                              ("", "AttributeError: ")):
            with self.subTest(text):
                self.change_evidence(text)
                forms = json.loads(self.run_python(FORMS))
                self.assertIn(problem, forms["unregistered"])
                self.assertTrue(forms["problem"])
                self.assertNotIn("\n", forms["unregistered"] + forms["problem"])

    def test_evidence_classes_that_cannot_be_imported(self):
        self.change_evidence("raise RuntimeError('two\\nlines')\n")
        self.assertEqual(self.refused(), "puppet is not started, because the classes of Slips cannot be imported: two lines\n")

    def test_a_library_that_slips_lacks(self):
        """It is reported, and not taken for another release of Slips."""
        shutil.copytree(HOSTS / "current" / "slips_files", self.root / "slips_files")
        base = self.root / "slips_files" / "common" / "abstracts" / "imodule.py"
        base.write_text("import a_library_that_is_missing\n")
        self.assertIn("puppet is not started, because the classes of Slips cannot be imported: No module named "
                      "'a_library_that_is_missing'\n", self.refused())

    def test_types_that_are_strings(self):
        self.change_evidence("import enum\nclass EvidenceType(str, enum.Enum):\n    A = 'A'\n")
        forms = json.loads(self.run_python(FORMS))
        self.assertEqual((forms["unregistered"], forms["members"]), ("", ["A", "STRINGS_CUT"]))
        self.assertTrue(forms["problem"])  # there is no Attacker

    # --- the package: what listing the modules registers --------------------------------------------------------

    def close_names(self, base="str, Enum"):
        self.root.joinpath("modules", "supported_module_names.py").write_text(
            f"from enum import Enum\nclass Modules({base}):\n    ARP = 'arp'\n    PUPPET = 'theirs'\n")

    def test_listing_registers_types_and_name(self):
        """Before any fork, so that a child that has imported nothing knows them. In every installed Python."""
        (self.root / "modules" / "puppet" / "puppet.json").write_text(json.dumps({**DESCRIPTION, "name": "strings"}))
        for python in pythons():
            for base in "str, Enum", "Enum":
                with self.subTest(python, base=base):
                    self.close_names(base)
                    seen = json.loads(self.run_python(LISTING, python=python))
                    self.assertEqual(seen, {"problem": "", "type": "STRINGS_CUT", "again": "",
                                            "names": [["ARP", "arp"], ["PUPPET", "theirs"], ["STRINGS", "strings"],
                                                      ["PUPPET_", "puppet"]]})

    def test_nothing_is_registered_in_a_child(self):
        """The evidence handler would not have it."""
        self.close_names()
        problem, types, names = json.loads(self.run_python(IN_A_CHILD))
        self.assertEqual(problem, "Slips imported modules/puppet only in a child process")
        self.assertNotIn("STRINGS_CUT", types)
        self.assertEqual(names, ["ARP", "PUPPET"])

    def test_the_package_raises_no_exception(self):
        """An exception would end Slips, which lists all modules, also those that are disabled."""
        description = self.root / "modules" / "puppet" / "puppet.json"
        names = self.root / "modules" / "supported_module_names.py"
        for text in "{", "[]", json.dumps({**DESCRIPTION, "evidence_types": 7}), "[" * 100000:
            with self.subTest(text[:20]):
                description.write_text(text)
                self.assertTrue(self.run_python(PROBLEM).strip())
        description.write_text(json.dumps(DESCRIPTION))
        for text in "raise RuntimeError('two\\nlines')", "Modules = 7", "import a_library_that_is_missing", "1 +":
            with self.subTest(text):
                names.write_text(text + "\n")
                self.assertEqual(self.run_python(PROBLEM).count("\n"), 1)
        names.unlink()
        self.assertEqual(self.run_python(PROBLEM, hosts="neither"), "\n")
        self.assertEqual(self.run_python(PROBLEM, hosts="legacy"), "\n")
        description.unlink()
        self.assertIn("FileNotFoundError", self.run_python(PROBLEM))

    def test_a_package_of_an_older_sdk(self):
        (self.root / "modules" / "puppet" / "__init__.py").write_text("")
        for hosts in "current", "legacy":
            self.assertIn("modules/puppet/__init__.py was installed by an older SDK; install the module again",
                          self.refused(hosts))

    def test_evidence_types_become_members(self):
        self.install("second", {**DESCRIPTION, "name": "second", "evidence_types": [
            {"current": "STRINGS_CUT", "legacy": ""}, {"current": "ARP_SCAN", "legacy": ""},
            {"current": "no name", "legacy": ""}, {"current": "_sunder_", "legacy": ""}]})
        for python in pythons():
            with self.subTest(python):
                self.assertEqual(self.run_python(ENUM, python=python), "good\n")

    def test_the_description_that_slips_prints_is_harmless(self):
        path = self.root / "modules" / "puppet" / "puppet.json"
        path.write_text(json.dumps({**DESCRIPTION, "description": "a|b\nstop_process \x1b[31m \ud800"}))
        for hosts, base in (("current", ("slips_files.common.abstracts.imodule", "IModule")),
                            ("legacy", ("slips_files.common.abstracts", "Module"))):
            seen = json.loads(self.run_python(SEEN, *base, hosts=hosts))
            self.assertRegex(seen[0][1], r"^a(¦|\\xa6)b\\x0astop\\x5fprocess \\x1b\[31m \\ud800$")

    def test_the_clock_of_slips_is_unchanged(self):
        self.assertEqual(self.run_python(CLOCK, "connected", hosts="legacy"), "[]\n")
        self.assertEqual(self.run_python(CLOCK, "new", hosts="legacy"), "[('config', 6380)]\n")


def pythons():
    """This one, and others that are installed."""
    yield sys.executable
    for minor in range(8, 14):
        python = shutil.which(f"python3.{minor}")
        if python and subprocess.run([python, "-c", ""], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL).returncode == 0:
            yield python


if __name__ == "__main__":
    unittest.main()
