#!/usr/bin/env python3
"""Prints the files of templates/module, relative to the source folder, for Meson, which has no glob.

usage: list_template.py SOURCE_FOLDER
"""
import sys
from pathlib import Path

source = Path(sys.argv[1])
template = source / "templates" / "module"
for path in sorted(template.rglob("*")):
    if path.is_file() and path.relative_to(template).parts[0] != "build":
        print(path.relative_to(source).as_posix())
