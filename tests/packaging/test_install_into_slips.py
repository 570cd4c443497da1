#!/usr/bin/env python3
"""Tests cmake/install_into_slips.py by itself: what it refuses, which warnings it prints, what it writes. Its program and its
launcher are stand-ins; packaging.py installs real ones."""
import importlib.util
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

INSTALLER = Path(__file__).resolve().parents[2] / "cmake" / "install_into_slips.py"
LAUNCHER = "# a launcher\n"
PACKAGE = "# what registers the module\n"


class InstallIntoSlips(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="slips-sdk-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.launcher = self.write("launcher/slips_module.py", LAUNCHER).parent
        self.write("launcher/slips_package.py", PACKAGE)
        self.slips = self.current()

    # Helpers.

    def write(self, path, text, mode=0o644):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def made_up(self, name):
        self.write(f"{name}/slips.py", "")
        self.write(f"{name}/modules/__init__.py", "")
        (self.folder / name / "slips_files").mkdir()
        return self.folder / name

    def current(self):
        slips = self.made_up("Slips")
        self.write("Slips/VERSION", "1.1.21\n")
        self.configure("modules:\n  # a comment\n  disable: [template]\n  other: true\n")
        return slips

    def configure(self, text):
        self.write("Slips/config/slips.yaml", "parameters:\n  disable: [nothing]\n\n" + text)

    def legacy(self, disable):
        slips = self.made_up("OldSlips")
        self.write("OldSlips/slips.conf", f"[parameters]\nverbose = 1%\n[modules]\ndisable = {disable}\n")
        return slips

    def program(self, name, described=None, script=None):
        """A program that answers --describe."""
        answer = json.dumps(described or {"name": name, "sdk": "0.1.0"})
        return self.write(f"build/{name}", script or f"#!/bin/sh\n[ $1 = --describe ] && echo '{answer}'\n", 0o755)

    def run_installer(self, *arguments, **environment):
        """Returns the finished process."""
        given = {name: value for name, value in os.environ.items() if name not in ("DESTDIR", "MESON_INSTALL_PREFIX")}
        return subprocess.run([sys.executable, "-B", INSTALLER, "--launcher", self.launcher, *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False,
                              cwd=self.folder, env=dict(given, **environment))

    def installs(self, program, slips=None):
        """Returns the warnings."""
        result = self.run_installer(program, slips or self.slips)
        self.assertEqual(result.returncode, 0, result.stderr)
        for line in result.stderr.splitlines():
            self.assertRegex(line, "^slips: warning: ")
        return result.stderr

    def refuses(self, program, slips=None, **environment):
        """Checks that nothing was written; returns the reason, one line."""
        before = self.everything()
        result = self.run_installer(program, slips or self.slips, **environment)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, r"\Aslips: [^\n]+\n\Z")
        self.assertEqual(self.everything(), before)
        return result.stderr

    def everything(self):
        return {path: path.read_bytes() if path.is_file() else None for path in self.folder.rglob("*")}

    # What is written.

    def test_a_program_for_another_machine_is_described_by_an_emulator(self):
        program = self.write("build/foreign", "\x7fELF: no program of this machine", 0o755)
        self.assertIn("it is built for another machine: set CMAKE_CROSSCOMPILING_EMULATOR", self.refuses(program))
        emulator = self.program("emulator", script="#!/bin/sh\n[ $1 = -L -a $4 = --describe ] && "
                                                   "echo '{\"name\": \"foreign\", \"sdk\": \"0\"}'\n")
        result = self.run_installer(f"--emulator={emulator};-L;/a folder", program, self.slips)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads((self.slips / "modules/foreign/foreign.json").read_text())["name"], "foreign")
        result = self.run_installer(f"--emulator={self.folder / 'nowhere'}", program, self.slips)
        self.assertRegex(result.stderr, "^slips: .*/nowhere .*/foreign cannot be run: No such file")
        result = self.run_installer(f"--emulator={emulator}", self.folder / "build/unbuilt", self.slips)
        self.assertIn("unbuilt: No such file or directory; build it first", result.stderr)

    def test_a_program_for_another_machine_is_described_by_a_file(self):
        program = self.write("build/foreign", "\x7fELF: no program of this machine", 0o755)
        file = self.folder / "build/foreign.json"
        advice = f"run foreign --describe on the machine it is built for, and write what it prints to {file}"

        def installs():
            result = self.run_installer("--description", file, program, self.slips)
            return result.stderr if result.returncode else ""
        self.assertEqual(installs(), f"slips: cannot read {file}: No such file or directory; {advice}\n")
        for bad in ("", "[]", '{"name": 1}', '{"name": ""}', "no JSON"):
            file.write_text(bad)
            self.assertEqual(installs(), f"slips: {file} is not one JSON object with a name; {advice}\n")
        file.write_text('{"name": "foreign", "sdk": "0"}')
        os.utime(file, (1, 1))
        self.assertIn(f"{file} is older than {program}", installs())
        os.utime(file)
        self.assertEqual(installs(), "")
        self.assertEqual((self.slips / "modules/foreign/foreign.json").read_text(), file.read_text())
        self.assertEqual((self.slips / "modules/foreign/foreign").read_bytes(), program.read_bytes())

    def test_files_and_modes(self):
        old = os.umask(0o077)
        try:
            result = self.run_installer(self.program("my_module"), self.slips)
        finally:
            os.umask(old)
        folder = self.slips / "modules" / "my_module"
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in [folder, *folder.iterdir()]}
        self.assertEqual(modes, {"my_module": "0o755", "__init__.py": "0o644", "my_module.py": "0o644",
                                 "my_module.json": "0o644"})
        self.assertEqual((folder / "__init__.py").read_text(), PACKAGE)
        self.assertEqual((folder / "my_module.py").read_text(), LAUNCHER)
        self.assertEqual((folder / "my_module").read_text(), self.program("my_module").read_text())
        self.assertEqual(json.loads((folder / "my_module.json").read_text()), {"name": "my_module", "sdk": "0.1.0"})
        self.assertEqual(result.stderr, "")
        lines = result.stdout.splitlines()
        self.assertEqual(sorted(lines[:-1]), sorted(f"-- Installing: {path}" for path in folder.iterdir()))
        self.assertRegex(lines[-1], f"^Slips starts it as my_module at its next start: cd {re.escape(str(self.slips))} && ./slips.py")

    def test_copies(self):
        """The number of processes is added to what the program prints, and only if there are several."""
        program, described = self.program("my_module"), self.slips / "modules" / "my_module" / "my_module.json"
        for copies in "1", "2", "64":
            result = self.run_installer("--copies", copies, program, self.slips)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(described.read_text()),
                             {"name": "my_module", "sdk": "0.1.0", **({"copies": int(copies)} if copies != "1" else {})})
        before = self.everything()
        for copies in "0", "65", "", "-1", "2.0", "two", "1000":
            result = self.run_installer("--copies=" + copies, program, self.slips)
            self.assertEqual(result.stderr, f"slips: --copies {copies}: a module runs as 1 to 64 processes\n")
            self.assertEqual(self.everything(), before)

    def test_again(self):
        """Everything is replaced without a warning, as it belongs to the SDK. An older SDK left an empty __init__.py."""
        self.installs(self.program("my_module"))
        folder = self.slips / "modules" / "my_module"
        (folder / "__init__.py").write_text("")
        (folder / "my_module.py").write_text("# an old launcher\n")
        self.assertEqual(self.installs(self.program("my_module", {"name": "new", "sdk": "0.2.0"})), "")
        self.assertEqual((folder / "__init__.py").read_text(), PACKAGE)
        self.assertEqual((folder / "my_module.py").read_text(), LAUNCHER)
        self.assertEqual(json.loads((folder / "my_module.json").read_text())["name"], "new")

    def test_a_link_in_place_of_a_file(self):
        """The link is replaced, and its target stays unchanged."""
        self.installs(self.program("my_module"))
        precious = self.folder / "precious"
        precious.write_text("precious\n")
        files = [each for each in (self.slips / "modules" / "my_module").iterdir()]
        for file in files:
            file.unlink()
            file.symlink_to(precious)
        self.installs(self.program("my_module"))
        self.assertEqual(precious.read_text(), "precious\n")
        self.assertFalse(any(file.is_symlink() for file in files))

    def test_over_a_running_program(self):
        sleep = shutil.which("sleep")
        program = self.program("my_module")
        self.installs(program)
        installed = self.slips / "modules" / "my_module" / "my_module"
        shutil.copy(sleep, installed)  # a real program: the kernel refuses writes to it while it runs
        with subprocess.Popen([installed, "60"]) as running:
            try:
                self.installs(program)
                self.assertIsNone(running.poll())
            finally:
                running.kill()
        self.assertEqual(installed.read_text(), program.read_text())

    def test_onto_itself(self):
        self.installs(self.program("my_module"))
        self.assertEqual(self.installs(self.slips / "modules" / "my_module" / "my_module"), "")

    def test_relative_paths(self):
        self.program("my_module")
        result = self.run_installer("build/my_module", "Slips")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"cd {self.slips}", result.stdout)

    def test_destdir(self):
        """With Slips installed at its final place, DESTDIR gets only the module; or Slips itself is in DESTDIR."""
        program = self.program("native_template")
        result = self.run_installer(program, self.slips, DESTDIR=str(self.folder / "stage"))
        self.assertEqual(result.returncode, 0)
        self.assertIn("contains \"template\"", result.stderr)
        stage = self.folder / "stage" / self.slips.relative_to("/")
        self.assertEqual(len(list((stage / "modules" / "native_template").iterdir())), 4)
        self.assertEqual([path.name for path in (self.slips / "modules").iterdir()], ["__init__.py"])

        result = self.run_installer("--destdir", self.folder, program, "/Slips")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.slips / "modules" / "native_template" / "native_template.py").exists())

    # What is refused.

    def test_no_slips(self):
        self.assertIn("no slips.py, modules/, slips_files/", self.refuses(self.program("my_module"), self.folder))
        self.assertIn("--prefix <the folder of Slips>", self.refuses(self.program("my_module"), "/nowhere"))
        (self.slips / "slips_files").rmdir()
        self.assertIn("Slips (no slips_files/)", self.refuses(self.program("my_module")))
        self.write("Slips/slips_files", "a file")
        self.assertIn("Slips (no slips_files/)", self.refuses(self.program("my_module")))
        reason = self.refuses(self.program("my_module"), DESTDIR=str(self.folder / "stage"))
        self.assertIn(f"{self.folder}/stage{self.slips} is not", reason)
        self.assertIn(f"{self.slips} is not", reason)

    def test_names(self):
        """Slips imports by text: a dot is the only character that a name cannot contain."""
        for name in ("my.module", "my_module.exe", "__init__", "my\nmodule"):
            self.assertIn("cannot be called", self.refuses(self.program(name)))
        for name in ("my-module", "3rd", "class", "MyModule"):
            self.assertEqual(self.installs(self.program(name)), "")
            folder = self.folder / "Slips"
            subprocess.run([sys.executable, "-B", "-c", "import importlib, pkgutil, sys, modules\n"
                            f"name = 'modules.{name}.{name}'\n"
                            "assert name in [m.name for m in pkgutil.walk_packages(modules.__path__, 'modules.')]\n"
                            "importlib.import_module(name)"], cwd=folder, check=True)

    def test_programs(self):
        cases = {
            "#!/bin/sh\necho not found >&2; exit 127\n": "ended with status 127: not found",
            "#!/bin/sh\nexit 3\n": "ended with status 3: it printed no reason",
            "#!/bin/sh\nkill -9 $$\n": "ended by signal 9",
            "#!/bin/sh\necho hello\n": "did not print one JSON object",
            "#!/bin/sh\necho hello; echo '{\"name\": \"x\"}'\n": "did not print one JSON object",
            "#!/bin/sh\necho '[\"name\"]'\n": "did not print one JSON object",
            "#!/bin/sh\necho '{\"name\": 1}'\n": "did not print one JSON object",
            "#!/bin/sh\necho '{\"name\": \"\"}'\n": "did not print one JSON object",
            "#!/bin/sh\n": "did not print one JSON object",
            "#!/bin/sh\nprintf '\\377'\n": "did not print one JSON object",
            "#!/nowhere/sh\n": "cannot be run",
            "\x7fELF, but of no machine\n": "cannot be run",
        }
        for script, reason in cases.items():
            with self.subTest(script=script):
                self.assertIn(reason, self.refuses(self.program("my_module", script=script)))
        self.assertIn("cannot be run: No such file", self.refuses(self.folder / "build" / "missing"))
        self.program("my_module").chmod(0o644)
        self.assertIn("cannot be run: Permission denied", self.refuses(self.folder / "build" / "my_module"))

    def test_a_child_that_keeps_the_output_open(self):
        done = self.folder / "done"
        program = self.program("my_module", script=f"#!/bin/sh\n(while [ ! -e '{done}' ]; do sleep 0.1; done) &\n"
                                                   "echo '{\"name\": \"my_module\"}'\n")
        try:
            self.installs(program)
        finally:
            done.touch()

    def test_no_answer(self):
        source = INSTALLER.read_text()
        quick = re.sub("DESCRIBE_SECONDS = [0-9]+", "DESCRIBE_SECONDS = 0.5", source)
        self.assertNotEqual(quick, source)
        os.mkfifo(self.folder / "alive")
        alive = os.open(self.folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, alive)
        hung = self.program("my_module", script=f"#!/bin/sh\nexec 3>'{self.folder}/alive'\necho x >&3\nsleep 60 & wait\n")
        result = subprocess.run([sys.executable, "-B", "-", hung, self.slips], input=quick.replace("__file__", "'/x/y'"),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"\Aslips: .* did not answer within 0.5 seconds[^\n]*\n\Z")
        self.assertEqual(os.read(alive, 9), b"x\n")
        select.select([alive], [], [], 30)  # the end of the file: the program and its child have ended
        self.assertEqual(os.read(alive, 9), b"")

    def test_no_launcher(self):
        for name in "slips_module.py", "slips_package.py":
            (self.launcher / name).unlink()
            self.assertIn(f"{name}: No such file or directory; the SDK is not complete",
                      self.refuses(self.program("my_module")))

    def test_where_it_cannot_write(self):
        self.write("Slips/modules/my_module", "a file")
        self.assertIn("cannot write", self.refuses(self.program("my_module")))
        shutil.rmtree(self.slips / "modules")
        (self.slips / "modules" / "other" / "other").mkdir(parents=True)
        self.assertIn("cannot write", self.refuses(self.program("other")))

    # Which warnings are printed.

    def test_skipped_names_current(self):
        for name, entry in {"native_template": "template", "temp-late": "template", "MyTemplate": "template"}.items():
            self.assertIn(f'its name contains "{entry}", which is disabled (modules.disable in config/slips.yaml)',
                          self.installs(self.program(name)))
        for name, entry in {"my_blocking": "blocking", "p2ptrust2": "p2p_trust", "irisdetector": "iris"}.items():
            self.assertIn(f"Slips skips {name} while its own feature {entry} is off", self.installs(self.program(name)))
        self.assertIn("Slips skips imodule, because one of its own base classes has that name",
                      self.installs(self.program("my_module", {"name": "imodule"})))
        result = self.run_installer(self.program("native_template"), self.slips)
        self.assertRegex(result.stdout, "\nSlips does not start a module of this name, see the warnings above: .*\n$")

    def test_ways_to_write_the_list(self):
        ways = [
            "modules:\n  disable: [template, Rare_One]  # two\n",
            "modules:\n  disable: ['template', \"rare-one\",]\n",
            "modules:\n  timeline: true\n  disable: [template,\n    rare_one]\n  other: [x]\n",
            "modules:\n  disable:\n    - template\n    # a comment\n    - rare_one\n  other: x\n",
            "modules :\n\n    disable :\n    - 'rare_one'  # at the key's own depth\nnext:\n  x: y\n",
            "modules:\r\n  disable: [rare_one]\r\n",
            "modules:\n  disable: [rare_one]",
        ]
        for way in ways:
            with self.subTest(way=way):
                self.configure(way)
                self.assertRegex(self.installs(self.program("my_rareone")), "(?i)contains \"rare.one\"")
        for way in ["modules:\n  disable: []\n", "modules:\n  disable:\n  other: [rare_one]\n",
                    "modules:\n  other: [rare_one]\n  # disable: [rare_one]\n", "# modules:\n#  disable: [rare_one]\n",
                    "other:\n  disable: [rare_one]\nmodules:\n  disable: [template]\n", "modules: [\n", ""]:
            with self.subTest(way=way):
                self.configure(way)
                self.assertEqual(self.installs(self.program("my_rareone")), "")
        (self.slips / "config" / "slips.yaml").unlink()
        self.assertIn("template", self.installs(self.program("native_template")))

    def test_the_list_is_what_slipsdev_reads(self):
        spec = importlib.util.spec_from_file_location("install_into_slips", str(INSTALLER))
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        for one in json.loads((INSTALLER.parents[1] / "tests" / "data" / "disabled_modules.json").read_text()):
            with self.subTest(text=one["text"]):
                current = one["generation"] == "current"
                self.write("Slips/config/slips.yaml" if current else "Slips/slips.conf", one["text"])
                read = script.disabled_current if current else script.disabled_legacy
                self.assertEqual(read(self.slips), one["disabled"])

    def test_skipped_names_legacy(self):
        slips = self.legacy("[template , ensembling]")
        self.assertIn('contains "template", which is disabled ([modules] disable in slips.conf)',
                      self.installs(self.program("native_template"), slips))
        for name in ("Template", "tem_plate", "tem-plate", "my_p2p_trust", "cesnet", "arp_poisoner", "iris"):
            self.assertEqual(self.installs(self.program(name), slips), "")
        for name in ("my_blocking", "CESNET2"):
            self.assertIn("while its own feature", self.installs(self.program(name), slips))
        # also compared with the module's own name
        self.assertIn("template", self.installs(self.program("my_module", {"name": "template"}), slips))

    def test_an_empty_entry_skips_everything_in_legacy(self):
        self.assertIn('contains ""', self.installs(self.program("my_module"), self.legacy("[]")))
        shutil.rmtree(self.folder / "OldSlips")
        self.assertEqual(self.installs(self.program("my_module"), self.legacy("")), "")
        self.write("OldSlips/slips.conf", "not an ini file\n")
        self.assertEqual(self.installs(self.program("my_module"), self.folder / "OldSlips"), "")

    def test_replaced_module(self):
        self.write("Slips/modules/arp/arp.py", "class Arp:\n    name = 'arp'\n")
        self.assertIn("modules/arp/arp.py was not installed by this SDK", self.installs(self.program("arp")))
        self.assertEqual(self.installs(self.program("arp")), "")
        self.write("Slips/modules/own/own.py", "class Own:\n    name = 'own'\n")
        self.write("Slips/modules/own/own.json", '{"name": "own"}')  # not a result of --describe
        self.assertIn("modules/own/own.py was not", self.installs(self.program("own")))

    def test_same_name(self):
        self.write("Slips/modules/arp/arp.py", "class Arp(IModule):\n    name = \"ARP Detector\"\n")
        self.write("Slips/modules/typed/typed.py", "class Typed(IModule):\n\tname: str = 'Typed'\n")
        self.write("Slips/modules/broken/broken.json", "[")
        self.write("Slips/modules/binary/binary.py", "\xff\x00")
        self.assertEqual(self.installs(self.program("first", {"name": "Twin", "sdk": "0.1.0"})), "")
        for name, place in {"ARP Detector": "arp", "Typed": "typed", "Twin": "first"}.items():
            self.assertIn(f"modules/{place} has a module of the same name, {name};",
                          self.installs(self.program("other", {"name": name, "sdk": "0.1.0"})))
        self.assertEqual(self.installs(self.program("other", {"name": "arp", "sdk": ""})), "")  # the folder's name is free


class ThroughMeson(unittest.TestCase):
    def test_warnings_are_seen_when_meson_hides_them(self):
        """A parent that hides the script's output, as Meson before 1.1."""
        keep = ("import subprocess, sys\n"
                "subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE)\n")
        result = subprocess.run([sys.executable, "-c", keep, sys.executable, "-B", INSTALLER, "program", "/nowhere"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False,
                                env=dict(os.environ, MESON_INSTALL_PREFIX="/usr"))
        self.assertIn("/nowhere is not a folder of Slips", result.stderr)


if __name__ == "__main__":
    unittest.main()
