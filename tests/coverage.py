#!/usr/bin/env python3
"""Reports how many lines of the headers the tests have run, in a build with clang's coverage.

usage: coverage.py BUILD_FOLDER [FLOOR]

BUILD_FOLDER is one of the preset `clang` whose tests have run: they leave profiles/*.profraw. Prints one line per header,
those with most lines not run last, and the total; exit status 1 if less than FLOOR percent of all lines were run. A line of
include/slips counts if a program compiled it: a template that no program uses is not included.
"""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HEADERS = Path(__file__).resolve().parent.parent / "include" / "slips"


def tool(name):
    for candidate in (name, *(f"{name}-{version}" for version in range(22, 13, -1))):
        if shutil.which(candidate):
            return candidate
    sys.exit(f"{name} was not found (Debian: llvm)")


def programs(build):
    """Returns what the tests run: every program in these folders."""
    for folder in (build / "tests", build / "bin"):
        for path in sorted(folder.iterdir()):
            if path.is_file() and os.access(path, os.X_OK) and path.read_bytes()[:4] == b"\x7fELF":
                yield path


def covered_lines(file):
    """Returns {line: was it run} for a file's segments, computed as in llvm-cov: a line was run if any part of it was."""
    lines = {}
    segments = file["segments"]
    for (line, _, count, has_count, _, is_gap), following in zip(segments, segments[1:] + [None]):
        if not has_count or is_gap:
            continue
        last = following[0] if following else line
        if following and following[1] == 1 and last > line:
            last -= 1
        for number in range(line, last + 1):
            lines[number] = lines.get(number, False) or count > 0
    return lines


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: " + __doc__.split("usage: ")[1].splitlines()[0])
    build = Path(sys.argv[1]).resolve()
    floor = float(sys.argv[2]) if len(sys.argv) == 3 else 0.0
    profiles = sorted((build / "profiles").glob("*.profraw"))
    if not profiles:
        sys.exit(f"{build}/profiles holds no profiles: run the tests first (ctest --preset clang)")
    merged = build / "profiles" / "all.profdata"
    listing = build / "profiles" / "files.txt"
    listing.write_text("".join(f"{p}\n" for p in profiles))
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-failure-mode=all", "-f", str(listing), "-o", str(merged)], check=True)
    # one program at a time: llvm-cov would count an inline function of two programs for the first only
    lines = {}
    for program in programs(build):
        exported = subprocess.run([tool("llvm-cov"), "export", "-skip-expansions", "-skip-functions", f"-instr-profile={merged}", str(program), str(HEADERS)],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if exported.returncode != 0:
            continue  # a program without headers of the SDK
        for file in json.loads(exported.stdout)["data"][0]["files"]:
            if HEADERS not in Path(os.path.normpath(file["filename"])).parents:
                continue
            of_file = lines.setdefault(os.path.relpath(file["filename"], HEADERS), {})
            for number, was_run in covered_lines(file).items():
                of_file[number] = of_file.get(number, False) or was_run
    if not lines:
        sys.exit(f"no program in {build} knows of {HEADERS}")
    rows = sorted((sum(not run for run in of_file.values()), name, of_file) for name, of_file in lines.items())
    for missed, name, of_file in rows:
        numbers = [str(n) for n, run in sorted(of_file.items()) if not run]
        print(f"{100 - 100 * missed / max(len(of_file), 1):6.1f} %  {len(of_file):5} lines  {name}" + (f"  not: {', '.join(numbers[:40])}" if numbers else ""))
    total = sum(len(of_file) for of_file in lines.values())
    share = 100 * (1 - sum(missed for missed, _, _ in rows) / total)
    print(f"{share:.1f} % of {total} lines of include/slips were run")
    sys.exit(0 if share >= floor else f"less than {floor:g} %")


main()
