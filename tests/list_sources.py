#!/usr/bin/env python3
"""Lists the names of the C++ files in a folder, as Meson has no glob.

usage: list_sources.py FOLDER
"""
import sys
from pathlib import Path

for path in sorted(Path(sys.argv[1]).glob("*.cpp")):
    print(path.name)
