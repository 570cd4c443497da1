#!/usr/bin/env python3
"""Tests examples/flow_classifier: what train.py saves and export_model.py writes and refuses. Needs scikit-learn and pandas."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/flow_classifier"


def python():
    """Returns a Python that has scikit-learn and pandas, or None: Debian installs them for its own."""
    for program in (sys.executable, "/usr/bin/python3"):
        try:
            if subprocess.run([program, "-c", "import sklearn, pandas"], capture_output=True, check=False).returncode == 0:
                return program
        except OSError:
            pass
    return None


PYTHON = python()

SPARSE = """
import pickle, sys
with open(sys.argv[1], "rb") as file:
    pipeline = pickle.load(file)
pipeline[-1].sparsify()
with open(sys.argv[2], "wb") as file:
    pickle.dump(pipeline, file)
"""


@unittest.skipIf(PYTHON is None, "scikit-learn or pandas is not installed")
class Scripts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.pickle, cls.json = cls.folder / "model.pickle", cls.folder / "model.json"
        subprocess.run([PYTHON, "-B", str(EXAMPLE / "train.py"), str(EXAMPLE / "labelled.conn.log"), "--output", str(cls.pickle),
                        "--protocols", "tcp,udp,icmp"], capture_output=True, check=True)

    def setUp(self):
        self.json.unlink(missing_ok=True)

    def run_script(self, name, *arguments):
        """Returns the exit status of a script and the last line of its standard error."""
        ran = subprocess.run([PYTHON, "-B", str(EXAMPLE / name), *map(str, arguments)], capture_output=True, text=True, check=False)
        self.assertNotIn("Traceback", ran.stderr)
        return ran.returncode, (ran.stderr.splitlines() or [""])[-1]

    def export(self, *arguments, model=None):
        return self.run_script("export_model.py", model or self.pickle, *arguments, "--output", self.json)

    def exported(self, *arguments, model=None):
        status, error = self.export(*arguments, model=model)
        self.assertEqual(status, 0, error)
        return json.loads(self.json.read_text())

    def test_the_protocols_are_those_of_the_training(self):
        self.assertEqual(self.exported()["protocols"], ["tcp", "udp", "icmp"])
        self.assertEqual(self.exported("--protocols", "tcp")["protocols"], ["tcp"])
        self.assertNotIn("protocols", self.exported("--protocols", ""))

    def test_a_sparse_model_is_exported_as_the_dense_one(self):
        sparse = self.folder / "sparse.pickle"
        subprocess.run([PYTHON, "-c", SPARSE, str(self.pickle), str(sparse)], check=True)
        self.assertEqual(self.exported(model=sparse), self.exported())

    def test_what_cannot_be_exported_is_one_line(self):
        for arguments, why in ((["--slips"], "--slips needs MODEL and SCALER"),
                               ([self.pickle, "--slips", "--features", "dur"], "not both"),
                               (["--features", ",".join(["dur"] * 8)], "a feature is named twice")):
            status, error = self.export(*arguments)
            self.assertNotEqual(status, 0)
            self.assertIn(why, error)
            self.assertFalse(self.json.exists())

    def test_an_output_that_cannot_be_written_is_one_line(self):
        nowhere = self.folder / "nowhere" / "model"
        for script, source in (("export_model.py", self.pickle), ("train.py", EXAMPLE / "labelled.conn.log")):
            status, error = self.run_script(script, source, "--output", nowhere)
            self.assertEqual(status, 1)
            self.assertIn("cannot be written", error)

    def test_training_refuses_a_feature_that_is_named_twice(self):
        status, error = self.run_script("train.py", EXAMPLE / "labelled.conn.log", "--output", self.pickle, "--features", "dur,dur")
        self.assertEqual(status, 2)
        self.assertIn("a feature is named twice", error)


if __name__ == "__main__":
    unittest.main()
