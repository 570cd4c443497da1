#!/usr/bin/env python3
"""Compiles one file and checks the compiler's output.

usage: compile_case.py {fail|ok} --compiler PROGRAM --include-folders FILE --own-include-folder FOLDER
                       [--precompiled FOLDER] [--optimize] [--strict] [--separate] SOURCE
       compile_case.py precompile (the same options) HEADER

ok    the file compiles without a warning; with --optimize g++ compiles it to an object, which enables more warnings;
      --strict adds warnings that some projects use.
fail  the file does not compile, and its first error is the one announced in its first line:

          // expect: slips: write a handler

      The text is a regular expression, searched in the first line with "error:". The SDK's own messages begin with
      "slips:". Where the compiler's message is the best one (a misspelt hook with `override`), write
      `// expect compiler: marked .override.*, but does not override` (or, for a single compiler, `// expect g++:`,
      `// expect clang++:`). `// errors: 1` (or `// errors g++: 1`) in a later line asserts the total number of errors, and `// standard: c++17` replaces
      C++20; `// options: -fno-exceptions` adds options of the compiler.
With --separate, SLIPS_SDK_SEPARATE_COMPILATION is defined: the implementation is not compiled.

precompile  compiles the header into the folder that --precompiled names, where the fail cases find it: most of
      their time is spent on reading slips.hpp.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Woverloaded-virtual", "-Werror"]

EXPECT = re.compile(r"^// expect(?P<whose>| compiler| g\+\+| clang\+\+): (?P<text>.+)$", re.MULTILINE)
ERRORS = re.compile(r"^// errors(?: (g\+\+|clang\+\+))?: (\d+)$", re.MULTILINE)
STANDARD = re.compile(r"^// standard: (\S+)$", re.MULTILINE)
OPTIONS = re.compile(r"^// options: (.+)$", re.MULTILINE)
ERROR_LINE = re.compile(r"^.*\berror: .*$", re.MULTILINE)


def kind_of(compiler):
    """"g++" or "clang++"."""
    version = subprocess.run([compiler, "--version"], stdout=subprocess.PIPE, universal_newlines=True, check=True)
    return "clang++" if "clang" in version.stdout else "g++"


def judge_failure(source_text, kind, status, output):
    """Returns None if the compiler's output is what the file announces, else the error."""
    expectations = {match["whose"].strip(): match["text"] for match in EXPECT.finditer(source_text)}
    text = expectations.get(kind) or expectations.get("compiler") or expectations.get("")
    if not text or not source_text.startswith("// expect"):
        return 'the first line must be "// expect: <regular expression>"'
    own_sentence = text == expectations.get("")
    if own_sentence and not text.startswith("slips:"):
        return 'messages of the SDK begin with "slips:"; those of the compiler are announced by "// expect compiler:"'
    if status == 0:
        return "it compiled"
    errors = ERROR_LINE.findall(output)
    if not errors:
        return "it failed without an error line"
    if not re.search(text, errors[0]):
        return f"the first error is\n  {errors[0]}\nexpected\n  {text}"
    counts = {match[1]: int(match[2]) for match in ERRORS.finditer(source_text)}
    count = counts.get(kind, counts.get(None, len(errors)))
    if len(errors) != count:
        return f"there are {len(errors)} errors, expected {count}"
    return None


def precompiled_header(folder, kind):
    """Returns the folder in which the compiler looks for the precompiled <slips/slips.hpp>, and the options for it."""
    if kind == "g++":
        return Path(folder, "slips", "slips.hpp.gch"), ["-I", folder]
    return Path(folder, "slips.hpp.pch"), ["-include-pch", f"{folder}/slips.hpp.pch"]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("verdict", choices=["fail", "ok", "precompile"])
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include-folders", required=True)
    parser.add_argument("--own-include-folder", required=True)
    parser.add_argument("--precompiled")
    parser.add_argument("--optimize", action="store_true")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--separate", action="store_true")
    parser.add_argument("source")
    arguments = parser.parse_args()
    kind = kind_of(arguments.compiler)

    source_text = Path(arguments.source).read_text(encoding="utf-8")
    standard = STANDARD.search(source_text)
    options = OPTIONS.search(source_text)
    command = [arguments.compiler, "-std=" + (standard[1] if standard else "c++20"), '-DSLIPS_MODULE_NAME="my_module"']
    command += options[1].split() if options else []
    if arguments.separate:
        command.append("-DSLIPS_SDK_SEPARATE_COMPILATION")
    if arguments.verdict == "fail" and arguments.precompiled and not standard and not options:
        command += precompiled_header(arguments.precompiled, kind)[1]
    for folder in dict.fromkeys(Path(arguments.include_folders).read_text(encoding="utf-8").split("\n")):
        # The SDK's own headers are not system headers here, so that their warnings are reported.
        if folder == arguments.own_include_folder:
            command += ["-I", folder]
        elif folder and folder != "/usr/include":
            command += ["-isystem", folder]

    with tempfile.TemporaryDirectory() as folder:
        if arguments.verdict == "precompile":
            target = precompiled_header(arguments.precompiled, kind)[0]
            target.parent.mkdir(parents=True, exist_ok=True)
            command += ["-w", "-x", "c++-header", "-o", str(target)]
        elif arguments.verdict == "ok":
            command += WARNINGS
            if arguments.strict:
                command += ["-Weffc++"] + (["-Wuseless-cast"] if kind == "g++" else [])
            command += ["-O3", "-c", "-o", f"{folder}/object.o"] if arguments.optimize and kind == "g++" else ["-fsyntax-only"]
        else:
            command.append("-fsyntax-only")
        command.append(arguments.source)
        result = subprocess.run(command, env=dict(os.environ, LC_ALL="C"), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
                                errors="replace", check=False)

    if arguments.verdict != "fail":
        complaint = None if result.returncode == 0 and not result.stdout.strip() else "it does not compile silently"
    else:
        complaint = judge_failure(source_text, kind, result.returncode, result.stdout)
    if complaint:
        beginning = "\n".join(line[:500] for line in result.stdout.split("\n")[:60])
        print(f"{arguments.source}: {complaint}\n\n{' '.join(command)}\n\n{beginning}")
        sys.exit(1)


if __name__ == "__main__":
    main()
