#!/usr/bin/env python3
"""Checks in which direction the SDK's headers include one another (docs: "Rooms and the direction between them").

usage: include_rules.py INCLUDE_FOLDER

Prints one line for each broken rule; exit status 1 when there is one.
"""
import re
import sys
from pathlib import Path

# Which room a header is in: the names of files and folders directly under slips/.
ROOMS = {
    "values": ["version", "text", "number", "uuid", "ip", "timestamp", "generation", "ioc", "idea", "evidence_types",
               "evidence", "evidence_rules", "facts", "flow", "message", "password"],
    "wire": ["wire"],
    "files": ["safe_file"],
    "print": ["print"],
    "privileges": ["privileges"],
    "config": ["config", "slips_conf"],
    "yaml": ["slips_yaml"],
    "database": ["database"],
    "redis": ["redis"],
    "session": ["session"],
    "module": ["module", "module_checks", "dispatcher"],
    "run": ["run", "program", "config_file", "connections", "describe", "join", "launcher", "options", "signals",
            "slips_folder"],
    "testing": ["testing"],
    "umbrella": ["slips"],
}

# Which rooms a room may include, besides itself. What is not named is forbidden.
MAY_INCLUDE = {
    "values": set(),
    "wire": {"values"},
    "files": {"values"},
    "print": {"values", "files"},
    "privileges": {"values"},
    "config": {"values", "wire"},
    "yaml": {"values", "wire"},
    "database": {"values", "wire"},
    "redis": {"values", "wire", "database"},
    "session": {"values", "wire", "print", "config", "database"},
    "module": {"values", "wire", "print", "config", "database", "session"},
    "run": {"values", "wire", "files", "print", "privileges", "config", "yaml", "database", "redis", "session", "module"},
    "testing": {"values", "wire", "print", "config", "database", "session", "module"},
    "umbrella": {"values", "wire", "files", "print", "privileges", "config", "database", "redis", "session", "module", "run"},
}

# Foreign headers that belong to some rooms only.
FOREIGN = [
    (re.compile(r"hiredis/"), {"redis"}),
    (re.compile(r"yaml-cpp/"), {"yaml"}),
    (re.compile(r"simdjson\.h$"), {"wire"}),
    (re.compile(r"nlohmann/(?!json_fwd\.hpp$)"), {"wire", "config", "testing"}),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def room_of(header):
    """The room of a header named as it is included ("slips/wire/json.hpp"), or None."""
    name = Path(header).parts[1]
    stem = name[:-len(".hpp")] if name.endswith(".hpp") else name
    for room, names in ROOMS.items():
        if stem in names:
            return room
    return None


def find_cycle(includes):
    """The headers of one include cycle in order, or None."""
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
    """One sentence for each broken rule."""
    include_folder = Path(include_folder)
    headers = sorted(path.relative_to(include_folder).as_posix() for path in include_folder.glob("slips/**/*.hpp"))
    if not headers:
        return [f"there are no headers under {include_folder}/slips"]
    broken = []
    includes = {}
    for header in headers:
        text = (include_folder / header).read_text(encoding="utf-8")
        room = room_of(header)
        if room is None:
            broken.append(f"{header}: which room is it in? Name it in ROOMS of {Path(__file__).name}")
            continue
        if "#pragma once" not in text:
            broken.append(f"{header}: has no #pragma once")
        includes[header] = []
        for bracket, included in INCLUDE.findall(text):
            if included.startswith("slips/"):
                if included not in headers:
                    broken.append(f"{header}: includes {included}, which does not exist")
                    continue
                includes[header].append(included)
                other = room_of(included)
                if other is not None and other != room and other not in MAY_INCLUDE[room]:
                    broken.append(f"{header}: is in {room}, which does not include {other} ({included})")
            elif bracket == '"':
                broken.append(f'{header}: includes "{included}"; write the path from the include folder, "slips/…"')
            for pattern, rooms in FOREIGN:
                if pattern.match(included) and room not in rooms:
                    broken.append(f"{header}: is in {room}; only {', '.join(sorted(rooms))} may include <{included}>")
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
