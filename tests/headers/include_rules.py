#!/usr/bin/env python3
"""Checks which of the SDK's headers include which (docs/design.md, "Folders and the direction between them").

usage: include_rules.py INCLUDE_FOLDER

Prints one line for each broken rule; the exit status is 1 if there is any.
"""
import re
import sys
from pathlib import Path

# A part is a folder of slips/impl/, or "public": everything else under slips/, slips/detail/ included.
# The parts that a part may include, besides itself. An unlisted part may include no other.
MAY_INCLUDE = {
    "public": set(),
    "wire": {"public"},
    "session": {"public", "wire"},
    "redis": {"public", "wire"},
    "program": {"public", "wire", "session", "redis"},
    "testing": {"public", "wire", "session"},
    # The definitions of the functions that the public headers declare with SLIPS_SDK_DECL.
    "boundary": {"public", "wire", "session", "redis", "program", "testing"},
    "src": {"public", "boundary"},
}

# Headers of other projects and of the operating system, and the parts that may include them.
FOREIGN = [
    (re.compile(r"hiredis/|openssl/"), {"redis"}),
    (re.compile(r"yaml-cpp/"), {"program"}),
    (re.compile(r"simdjson\.h$"), {"wire"}),
    (re.compile(r"nlohmann/(?!json_fwd\.hpp$)"), {"wire", "program", "testing", "boundary"}),
    (re.compile(r"(sys/.*|poll|unistd|fcntl|pwd|grp|csignal|signal)(\.h)?$"), {"redis", "program"}),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
# The last lines of slips.hpp and testing.hpp: where the implementation follows in header-only mode.
HEADER_ONLY = re.compile(r"^#ifndef SLIPS_SDK_SEPARATE_COMPILATION\n(#include .*\n|\n)+#endif\n\Z", re.MULTILINE)


def part_of(header):
    """Returns the part of a header given as it is included ("slips/impl/wire/json.hpp": "wire")."""
    folders = Path(header).parts[1:]
    if folders == ("src.hpp",):
        return "src"
    return folders[1] if folders[0] == "impl" else "public"


def find_cycle(includes):
    """Returns the headers of one include cycle in order, or None."""
    done = set()

    def visit(header, path):
        if header in path:
            return path[path.index(header):] + [header]
        if header in done:
            return None
        done.add(header)
        for included in includes.get(header, []):
            cycle = visit(included, path + [header])
            if cycle:
                return cycle
        return None

    for header in sorted(includes):
        cycle = visit(header, [])
        if cycle:
            return cycle
    return None


def broken_rules(include_folder):
    """Returns one sentence for each broken rule."""
    include_folder = Path(include_folder)
    headers = sorted(path.relative_to(include_folder).as_posix() for path in include_folder.glob("slips/**/*.hpp"))
    if not headers:
        return [f"there are no headers under {include_folder}/slips"]
    broken = []
    includes = {}
    for header in headers:
        text = (include_folder / header).read_text(encoding="utf-8")
        part = part_of(header)
        if part not in MAY_INCLUDE:
            broken.append(f"{header}: {Path(__file__).name} does not know the folder impl/{part}; add it to MAY_INCLUDE")
            continue
        if "#pragma once" not in text:
            broken.append(f"{header}: has no #pragma once")
        if header in ("slips/slips.hpp", "slips/testing.hpp"):
            text = HEADER_ONLY.sub("", text)
        includes[header] = []
        for bracket, included in INCLUDE.findall(text):
            if included.startswith("slips/"):
                if included not in headers:
                    broken.append(f"{header}: includes {included}, which does not exist")
                    continue
                includes[header].append(included)
                other = part_of(included)
                if other != part and other not in MAY_INCLUDE[part]:
                    broken.append(f"{header}: is in {part}, which does not include {other} ({included})")
            elif bracket == '"' and not included.startswith("slips: "):  # an error, not a file: see version.hpp
                broken.append(f'{header}: includes "{included}"; write the path from the include folder, "slips/…"')
            for pattern, parts in FOREIGN:
                if pattern.match(included) and part not in parts:
                    broken.append(f"{header}: is in {part}; only {', '.join(sorted(parts))} may include <{included}>")
    cycle = find_cycle(includes)
    if cycle:
        broken.append("headers include one another in a circle: " + " -> ".join(cycle))
    return broken


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    broken = broken_rules(sys.argv[1])
    for sentence in broken:
        print(sentence)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
