#!/usr/bin/env python3
"""Checks that the code in the Markdown files is the same as in the compiled files, or updates it.

usage: snippets.py [--update] [FILE.md…]

Without files: README.md, CONTRIBUTING.md, SECURITY.md and docs/*.md. A comment above a fenced block names the source of its lines:

    <!-- snippet: examples/a/a.cpp -->                  the whole file
    <!-- snippet: examples/a/a.cpp#void on( -->         the only line with this text, and the block it opens
    <!-- snippet: examples/a/a.cpp#first ... last -->   from the only line with the first text to the end of the block that the last one opens

The block that a line opens consists of all lines below it with a larger indentation, and the closing line. A comment above a
table requires that each piece of code in its cells is in one of these files:

    <!-- quotes: docs/a.py docs/b.cpp -->

A block of C++ or Python without such a comment is an error. --update rewrites the blocks; tables are only checked.
Prints one line for each wrong block, and exits with 1 if there is one.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FROM_FILES = ("cpp", "python")  # languages whose blocks must come from a file
COMMENT = re.compile(r"<!-- (snippet|quotes): (.+) -->")
FENCE = re.compile(r"( *)(`{3,})(\w*)")


class Mistake(Exception):
    pass


def read(path):
    try:
        return (ROOT / path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Mistake(f"cannot read {path}: {error.strerror}") from error


def indentation(line):
    return len(line) - len(line.lstrip(" "))


def line_with(lines, text, path):
    found = [number for number, line in enumerate(lines) if text in line]
    if len(found) != 1:
        raise Mistake(f"{path} has {len(found)} lines with '{text}'; choose a text that is in one")
    return found[0]


def end_of_what_it_opens(lines, number):
    """Returns the number of the line after the block."""
    margin = indentation(lines[number])
    end = number + 1
    for number, line in enumerate(lines[end:], end):
        if not line.strip():
            continue
        closes = indentation(line) == margin and line.lstrip()[0] in "}])"
        if indentation(line) <= margin and not closes:
            break
        end = number + 1
    return end


def snippet(where):
    """Returns the lines named by `where`, without their common indentation."""
    path, _, texts = where.partition("#")
    lines = read(path)
    if texts:
        first, _, last = texts.partition(" ... ")
        start = line_with(lines, first, path)
        end = end_of_what_it_opens(lines, line_with(lines, last or first, path))
        if end <= start:
            raise Mistake(f"in {path} '{last}' comes before '{first}'")
        lines = lines[start:end]
    margin = min(indentation(line) for line in lines if line.strip())
    return [line[margin:] for line in lines]


def misquoted(lines, number, paths):
    """Returns the quotes in the table below line `number` that are in none of the files."""
    text = "\n".join(" ".join(line.split()) for path in paths for line in read(path))
    rows = []
    for line in lines[number:]:
        if not line.startswith("|"):
            break
        rows.append(line)
    if not rows:
        raise Mistake("no table follows")
    quotes = [quote.replace("\\|", "|") for row in rows for quote in re.findall(r"`([^`]+)`", row)]
    return [quote for quote in quotes if " ".join(quote.split()) not in text]


def work_through(path, update):
    """Returns the mistakes in a Markdown file, one line each, and its corrected lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    name = path.relative_to(ROOT) if ROOT in path.parents else path
    mistakes, result, number, where = [], [], 0, None
    while number < len(lines):
        line = lines[number]
        at = f"{name}:{number + 1}"
        number += 1
        result.append(line)
        comment, fence = COMMENT.fullmatch(line.strip()), FENCE.match(line)
        try:
            if comment and comment[1] == "quotes":
                for quote in misquoted(lines, number, comment[2].split()):
                    mistakes.append(f"{at}: `{quote}` is in none of {comment[2]}; quote one of them exactly")
            elif comment:
                where = comment[2]
                if number == len(lines) or not FENCE.match(lines[number]):
                    raise Mistake("no fenced block follows on the next line")
            elif fence:
                margin, ticks, language = fence.groups()
                closing = next((n for n in range(number, len(lines)) if lines[n].strip() == ticks), None)
                if closing is None:
                    raise Mistake("the block is not closed")
                wanted = written = lines[number:closing]
                source, where = where, None
                if source:
                    wanted = [(margin + text).rstrip() for text in snippet(source)]
                elif language in FROM_FILES:
                    mistakes.append(f"{at}: a block of {language} without a source file; "
                                    f"write <!-- snippet: … --> above it")
                if wanted != written and not update:
                    mistakes.append(f"{at}: differs from {source}; run docs/snippets.py --update")
                result += wanted + [lines[closing]]
                number = closing + 1
        except Mistake as mistake:
            mistakes.append(f"{at}: {mistake}")
    return mistakes, result


def main(arguments):
    update = "--update" in arguments
    names = [name for name in arguments if name != "--update"]
    if any(name.startswith("-") for name in names):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    files = [Path(name).resolve() for name in names] or [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
                                                         *sorted((ROOT / "docs").glob("*.md"))]
    mistakes = []
    for path in files:
        found, lines = work_through(path, update)
        mistakes += found
        text = "\n".join(lines) + "\n"
        if update and text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"rewrote {path}")
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
