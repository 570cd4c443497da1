"""Slips starts the module: the program gets what it needs, and a program that cannot be started does no harm."""
import os
import stat
import unittest
from pathlib import Path

from stage import Current, Legacy, StageTest, children_of

LISTENER = """#!/usr/bin/env python3
import os, sys
os.fdopen(os.dup(0), "rb").readlines()
"""


class Starting:
    def words(self, name="puppet"):
        """The program's command line, as {option: value}."""
        pid = self.eventually(lambda: self.slips.program(name), "the program")
        path = Path(f"/proc/{pid}/cmdline")
        words = self.eventually(lambda: b"--managed" in path.read_bytes() and path.read_text(), "its command line")
        words = words.rstrip("\0").split("\0")
        after = words[words.index("--managed") + 1:]
        return dict(zip(after[::2], after[1::2]))

    def test_a_flow_is_answered_with_evidence(self):
        self.start()
        self.publish_flow()
        found = self.eventually(self.evidence, "evidence")
        self.assertEqual(list(found), ["Strings of 10.0.0.9"])
        self.assertIn("STRINGS_CUT" if self.generation == "current" else "StringsCut",
                      found["Strings of 10.0.0.9"].values())
        self.stops()

    def check_standard_files(self, change):
        """The launcher's pipes may have the numbers of standard files, and Slips' lock stays taken once it cannot print."""
        begin = "program = Copies(self.copies, self.print, self.forms)"
        self.slips.install(change=(begin, change + "; " + begin))
        self.start()
        self.publish_flow()
        found = self.eventually(self.evidence, "evidence")
        self.assertEqual(list(found), ["Strings of 10.0.0.9"])
        # current Slips prints in this process, where Python cannot write what is left at the end either
        self.stops(1 if self.generation == "current" else 0)

    def test_standard_files_that_are_closed(self):
        self.check_standard_files("[os.close(fd) for fd in (0, 1, 2)]")

    def test_standard_files_that_are_full(self):
        self.check_standard_files("[os.dup2(os.open('/dev/full', os.O_RDWR), fd) for fd in (0, 1, 2)]")

    def test_the_arguments_of_the_program(self):
        self.start(verbose=2, debug=1)
        words = self.words()
        for word in "--output", "--slips-dir":
            if word in words:
                words[word] = os.path.realpath(words[word])
        root = os.path.realpath(self.slips.root)
        expected = {"--generation": self.generation, "--redis-port": str(self.redis.port), "--slips-dir": root,
                    "--cache-port": str(self.redis.port)}
        if self.generation == "current":
            expected.update({"--verbose": "2", "--debug": "1", "--stop-timeout": "60", "--slips-version": "1.1.21",
                             "--output": root + "/output"})
        else:
            expected.update({"--verbose": "3", "--debug": "3", "--stop-timeout": "3"})
        self.assertEqual(words, expected)
        pid = self.slips.program()
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual(os.getpgid(pid), pid)
        self.stops()

    def test_arguments_of_the_environment_come_last(self):
        self.slips.install(program=LISTENER)
        self.slips.start(arguments="--verbose '0 1'", environment={"SLIPS_ELSE": ""}.items())
        self.assertEqual(self.words()["--verbose"], "0 1")
        self.stops()

    def test_arguments_of_the_environment_that_are_invalid(self):
        self.slips.install(program=LISTENER)
        self.slips.start(arguments="--verbose 'open")
        self.sees("SLIPS_MODULE_ARGUMENTS is ignored: No closing quotation; check its quotation marks",
                  self.slips.errors)
        self.words()
        self.stops()

    def test_programs_that_cannot_be_started(self):
        self.slips.install("missing", program=False)
        self.slips.install("script", program="just text\n")
        self.slips.install("binary", program="\x7fELF no more than that\n" * 100)
        mute = self.slips.install("mute", program=LISTENER) / "mute"
        mute.chmod(mute.stat().st_mode & ~(stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH))
        self.start()
        for name, why in {"missing": "No such file or directory; install the module again",
                          "mute": "Permission denied; make it executable (chmod +x)",
                          "script": "Exec format error; build the module for this machine and install it again",
                          "binary": "Exec format error; build the module for this machine and install it again"}.items():
            path = f"{os.path.realpath(self.slips.root)}/modules/{name}/{name}"
            self.sees(f"[{name}] {path} cannot be started: {why}\n", self.slips.errors)
            self.assertEqual(self.slips.errors().count(f"[{name}]"), 1)
            self.has_no_program(name)
        self.publish_flow()
        self.eventually(self.evidence, "evidence of the module beside them")
        self.stops(1)
        self.assertEqual(sorted(self.slips.stderr().splitlines()),
                         [f"slips.py: {name} ended before Slips did" for name in ("binary", "missing", "mute", "script")])

    # --- what other users of the machine can do -------------------------------------------------------------------

    def test_root_starts_no_program_that_every_user_can_replace(self):
        if os.geteuid() != 0:
            self.skipTest("only root has rights to lose")
        modes = {"file": 0o757, "folder": 0o757, "way": 0o757, "sticky": 0o1777}
        for name in modes:
            folder = self.slips.install(name, program=LISTENER)
            if name in ("way", "sticky"):  # of the folders to a program that a link leads to
                way = self.folder / name
                way.mkdir()
                (folder / name).rename(way / name)
                (folder / name).symlink_to(way / name)
                way.chmod(modes[name])
            else:
                (folder / name if name == "file" else folder).chmod(modes[name])
        group = self.slips.install("group", program=LISTENER)
        group.chmod(0o775)
        self.start()
        root = os.path.realpath(self.slips.root)
        for name, path in {"file": f"{root}/modules/file/file", "folder": f"{root}/modules/folder",
                           "way": os.path.realpath(self.folder / "way")}.items():
            self.sees(f"[{name}] {root}/modules/{name}/{name} is not started as root: every user can write {path} and "
                      f"replace it; chmod o-w {path}\n", self.slips.errors)
            self.has_no_program(name)
        self.eventually(lambda: self.slips.program("sticky"), "a program that no other user can replace")
        self.sees(f"[group] a group can write {root}/modules/group and replace what root starts; chmod g-w "
                  f"{root}/modules/group\n", self.slips.errors)
        self.eventually(lambda: self.slips.program("group"), "the program of the group")
        self.assertEqual(self.slips.errors().count("chmod"), 4, self.slips.errors())
        self.stops(1)
        self.assertEqual(sorted(self.slips.stderr().splitlines()),
                         [f"slips.py: {name} ended before Slips did" for name in ("file", "folder", "way")])

    def test_root_passes_on_no_variables_that_load_foreign_code(self):
        free = self.folder / "free"
        free.mkdir()
        free.chmod(0o1777)
        own = self.folder / "own"
        own.mkdir()
        self.slips.install(program=LISTENER)
        self.slips.install("twin", program=LISTENER)
        more = {"LD_PRELOAD": "", "LD_AUDIT": "", "DYLD_INSERT_LIBRARIES": "", "PYTHONWARNINGS": "ignore",
                "LD_LIBRARY_PATH": f"{free}:{own}::/nowhere", "DYLD_LIBRARY_PATH": f"{free}:own", "HARMLESS": "1"}
        self.slips.start(environment=more.items())
        pid = self.eventually(lambda: self.slips.program(), "the program")
        self.words()
        self.words("twin")  # it runs, too, so that the stop does not meet its start
        environment = dict(each.decode().split("=", 1) for each in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                           if b"=" in each)
        expected = {"LD_LIBRARY_PATH", "HARMLESS"} if os.geteuid() == 0 else set(more)
        self.assertEqual(set(environment) & set(more), expected)
        if os.geteuid() == 0:  # one unsafe folder does not affect the others
            self.assertEqual(environment["LD_LIBRARY_PATH"], str(own))
        self.stops()

    def test_a_pipe_in_place_of_a_description(self):
        os.mkfifo(self.slips.install("other", description=False) / "other.json")
        self.start()
        self.assertIn("modules.other.other defines no module", self.slips.screen())
        self.stops(1)

    def test_a_module_without_its_description_is_skipped(self):
        self.slips.install("other", description=False)
        self.start()
        self.assertIn("modules/other/other.json cannot be used: No such file or directory; install the module again\n"
                      "modules.other.other defines no module\n", self.slips.screen())
        self.publish_flow()
        self.eventually(self.evidence, "evidence of the module beside it")
        self.stops(1)
        self.assertEqual(self.slips.stderr().count("\n"), 1, self.slips.stderr())

    def test_two_modules_with_the_same_evidence_type(self):
        self.slips.install("puppet")
        self.slips.install("twin")
        self.start()
        self.eventually(lambda: self.redis.subscribers("new_flow") == 2, "the twin")
        self.publish_flow()
        self.eventually(self.evidence, "evidence")
        self.stops()
        self.assertNotIn("does not know STRINGS_CUT", self.slips.everything())


EVIDENCE = "core/structures/evidence.py"


class StartingInCurrent(Starting, Current, StageTest):
    def has_no_program(self, name):
        self.eventually(lambda: self.slips.launcher(name) not in children_of(self.slips.process.pid), "its end")

    # --- a Slips that is newer than the SDK -----------------------------------------------------------------------

    def test_fields_that_are_new(self):
        """The evidence has them as Slips itself writes them, so that Slips' reader, which requires them, finds them."""
        self.slips.change_slips(EVIDENCE, "    rel_id: Optional[list] = None\n",
                                '    rel_id: Optional[list] = None\n    signal: str = "PAMP"\n    risk: object = None\n')
        self.slips.change_slips(EVIDENCE, 'rel_id=evidence["rel_id"],', 'rel_id=evidence["rel_id"], signal=evidence["signal"],')
        self.slips.change_slips(EVIDENCE, "    CNAME: Optional[list] = None\n",
                                "    CNAME: Optional[list] = None\n    country: str = 'none'\n")
        self.start()
        self.publish_flow()
        [found] = self.eventually(self.evidence, "evidence").values()
        self.assertEqual((found["signal"], found["risk"], found["evidence_type"]), ("PAMP", None, "STRINGS_CUT"))
        self.assertEqual((found["attacker"]["country"], found["victim"]["country"]), ("none", "none"))
        self.stops()

    def test_fields_that_are_gone(self):
        """Slips' reader refuses an attacker with a key it does not know."""
        self.slips.change_slips(EVIDENCE, "    SNI: Optional[str] = None\n", "")
        self.start()
        self.publish_flow()
        [found] = self.eventually(self.evidence, "evidence").values()
        self.assertNotIn("SNI", found["attacker"])
        self.assertIn("rDNS", found["victim"])
        self.stops()

    def goes_on_without_evidence(self, line, count=2):
        """Flows still arrive; one line reports why no evidence is set."""
        self.start("answer")
        for _ in range(count):
            self.publish_flow()
        self.eventually(lambda: self.count("a flow from 10.0.0.5") == count, "all flows")
        self.sees(line, self.slips.errors)
        self.stops()
        self.assertEqual(self.slips.errors().count(line), 1, self.slips.errors())
        self.assertEqual(self.evidence(), {})
        self.assertIsNone(self.redis.call("GET", "number_of_evidence"))

    def test_a_field_that_is_required_and_unknown(self):
        self.slips.change_slips(EVIDENCE, "    timestamp: str\n", "    timestamp: str\n    weather: str\n")
        self.goes_on_without_evidence("evidence cannot be set: the evidence format of Slips is unknown (ValueError: its "
                                      "evidence requires weather, unknown to this SDK); messages are still handled\n")

    def test_an_example_that_is_no_json(self):
        self.slips.change_slips(EVIDENCE, "    rel_id: Optional[list] = None\n",
                                "    rel_id: Optional[list] = None\n    weight: float = float('nan')\n")
        self.goes_on_without_evidence("evidence cannot be set: the evidence format of Slips is unknown (ValueError: Out of "
                                      "range")

    def test_evidence_that_slips_cannot_read(self):
        """Slips' own reader checks evidence before it is sent, and fails although the program considers it correct."""
        self.slips.change_slips(EVIDENCE, 'description=evidence["description"],', 'description=evidence["summary"],')
        self.goes_on_without_evidence("evidence refused: form: Slips cannot read it, and its evidence handler would end "
                                      "(KeyError: 'summary'); messages are still handled, a newer SDK may know this Slips\n")

    def test_a_level_that_is_gone(self):
        self.slips.change_slips(EVIDENCE, "INFO, LOW, MEDIUM, HIGH, CRITICAL = 0, 0.2, 0.5, 0.8, 1",
                                "INFO, LOW, MEDIUM, CRITICAL = 0, 0.2, 0.5, 1")
        self.goes_on_without_evidence("evidence refused: threat_level: Slips does not know 'HIGH'\n")

    def test_types_that_could_not_be_registered(self):
        """`.unless_registered` replaces the type, and one line reports why."""
        package = self.slips.install() / "__init__.py"
        why = "Slips imported modules/puppet only in a child process"
        package.write_text(package.read_text().replace("problem = register()", f"problem = '{why}'"))
        self.start()
        self.publish_flow()
        [found] = self.eventually(self.evidence, "evidence").values()
        self.assertEqual(found["evidence_type"], "CONNECTION_TO_PRIVATE_IP")
        self.stops()
        line = ("Slips does not know STRINGS_CUT (Slips imported modules/puppet only in a child process): "
                ".unless_registered is sent instead if it is set; otherwise the evidence is refused\n")
        self.assertEqual(self.slips.log().count(line), 1, self.slips.log())
        self.assertEqual(self.slips.errors().count("does not know"), 0)

    def test_a_newer_version_is_no_error(self):
        self.slips.version = "1.99.0"
        self.start()
        self.publish_flow(version="1.1.21")  # of another Slips in the same Redis, which is in the key as well
        self.publish_flow(version="1.99.0")
        self.eventually(self.evidence, "evidence")
        self.stops()
        line = "Slips 1.99.0 is newer than "
        self.assertEqual((self.slips.log().count(line), self.slips.errors().count(line)), (1, 0), self.slips.everything())
        self.assertIn("stopped (SIGTERM): 2 messages, 1 evidence", self.slips.log())

    # --- Redis' password ----------------------------------------------------------------------------------------

    def test_the_password_of_slips_own_file(self):
        """It is passed through a pipe, and is neither in the program's command line nor in its environment."""
        self.slips.install(program=LISTENER)
        (self.slips.root / "kept").mkdir()
        (self.slips.root / "kept" / "redis_auth.conf").write_text("requirepass s3cret\n")
        self.slips.start(config={"parameters": {"permanent_dir": "kept"}})
        words = self.words()
        self.assertNotIn("s3cret", str(words))
        pid = self.slips.program()
        for each in pid, self.slips.launcher():
            self.assertNotIn(b"s3cret", Path(f"/proc/{each}/environ").read_bytes())
        self.assertEqual(Path(words["--redis-password-file"].replace("/dev/fd", f"/proc/{pid}/fd")).read_text(), "s3cret\n")
        self.stops()

    def test_a_password_of_any_size(self):
        """Text beyond the size of a pipe is no password, and the launcher does not wait to write it."""
        self.slips.install(program=LISTENER)
        (self.slips.root / "permanent").mkdir()
        (self.slips.root / "permanent" / "redis_auth.conf").write_text("s" * 100_000)
        self.slips.start()
        self.words()
        self.stops()

    def test_a_password_file_that_comes_late(self):
        """Slips creates it at its first start."""
        self.slips.install()
        self.redis.call("CONFIG", "SET", "requirepass", "s3cret")
        self.slips.start()
        self.eventually(lambda: self.slips.launcher(), "the launcher")
        (self.slips.root / "permanent").mkdir()
        (self.slips.root / "permanent" / "redis_auth.conf").write_text("requirepass s3cret\n")
        self.eventually(lambda: self.redis.subscribers("new_flow"), "the module")
        self.publish_flow()
        self.eventually(self.evidence, "evidence")
        self.stops()


class StartingInLegacy(Starting, Legacy, StageTest):
    def has_no_program(self, name):
        """The launcher stays, to report its end when Slips stops."""
        self.assertIn(self.slips.launcher(name), children_of(self.slips.process.pid))
        self.assertEqual(self.slips.program(name), 0)


if __name__ == "__main__":
    unittest.main()
