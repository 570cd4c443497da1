#!/usr/bin/env python3
"""Tests compile_case.py: it detects a file that compiles, another message, a second error, a warning.

usage: test_compile_case.py COMPILER...
"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

COMPILERS = []
SENTENCE = 'static_assert(sizeof(int) == 1, "slips: write a handler");\n'


class CompileCase(unittest.TestCase):
    def verdict(self, compiler, verdict, source):
        """Returns the driver's complaint about a file with this text; empty if it has none."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "case.cpp").write_text(source)
            Path(folder, "include_folders").write_text(folder + "\n")
            result = subprocess.run(
                [sys.executable, "-B", str(Path(__file__).with_name("compile_case.py")), verdict,
                 "--compiler", compiler, "--include-folders", f"{folder}/include_folders",
                 "--own-include-folder", folder, f"{folder}/case.cpp"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False)
        self.assertEqual(result.returncode != 0, bool(result.stdout))
        return result.stdout

    def each(self, verdict, source, expected):
        for compiler in COMPILERS:
            with self.subTest(compiler=compiler):
                complaint = self.verdict(compiler, verdict, source)
                if expected:
                    self.assertIn(expected, complaint)
                else:
                    self.assertEqual(complaint, "")

    def test_fail(self):
        self.each("fail", "// expect: slips: write a h[a-z]+\n" + SENTENCE, "")
        self.each("fail", "// expect: slips: write a handler\n// errors: 1\n" + SENTENCE, "")
        self.each("fail", "// expect compiler: gone\nint i = gone;\n", "")
        self.each("fail", "// expect g++: gone.*not declared\n// expect clang++: undeclared.*gone\nint i = gone;\n", "")

    def test_fail_for_another_reason(self):
        self.each("fail", "// expect: slips: something else\n" + SENTENCE, "the first error is")
        self.each("fail", "// expect: slips: write a handler\nint i = gone;\n" + SENTENCE, "the first error is")
        self.each("fail", "// expect: slips: write a handler\n// errors: 1\n" + SENTENCE + "int i = gone;\n",
                  "there are 2 errors, expected 1")

    def test_fail_that_compiles(self):
        self.each("fail", "// expect: slips: write a handler\nint i;\n", "it compiled")

    def test_fail_without_announcement(self):
        self.each("fail", SENTENCE, "the first line must be")
        self.each("fail", "// expect: write a handler\n" + SENTENCE, 'begin with "slips:"')

    def test_ok(self):
        self.each("ok", "int i;\n", "")
        self.each("ok", "int i = gone;\n", "does not compile silently")
        self.each("ok", "int f(int unused) { return 0; }\n", "does not compile silently")
        self.each("ok", "int f(long i) { int j = i; return j; }\n", "does not compile silently")


if __name__ == "__main__":
    COMPILERS = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
