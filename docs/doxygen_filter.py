#!/usr/bin/env python3
"""Prints a file as Doxygen reads it; set as INPUT_FILTER in docs/Doxyfile.

Headers: removes the ABI's inline namespace, and adds the docstrings of what all messages, or all tables of impl/wire/, have
in common.
Markdown: gives each heading the anchor that GitHub gives it, and adapts links to it. Links to files that are no pages of the
site become plain text.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = {path.resolve(): path.stem for path in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]}
COMMON_DOCSTRINGS = (
    (r"^(    static constexpr std::string_view channel = .*;)$", r"\1  ///< the channel"),
    (r"^(    static constexpr std::string_view legacy_channel = .*;)$", r"\1  ///< the channel in legacy Slips"),
    (r"^(    operator Context\(\) const.*)$", r"    /// Returns profile, time window, flow and time, for set_evidence().\n\1"),
    (r"^(    friend (?:constexpr )?bool operator==.*= default;)$", r"    /// Compares member by member.\n\1"),
    (r"^((?:template <.*>\n)?inline constexpr (?:std::array|auto) \w+_fields\b)", r"/// The fields, in the order Slips writes them.\n\1"),
    (r"^((?:template <.*>\n)?inline constexpr Table \w+\{)", r"/// The table of an object within messages.\n\1"),
    (r"^((?:inline )?constexpr Table table_of\()", r"/// Returns the table of this message.\n\1"),
    (r"^(inline std::string plain_text\()", r"/// Returns the text that is published for the message, which is not JSON.\n\1"),
)


def header(path, text):
    text = text.replace("::inline SLIPS_SDK_ABI", "")
    if path.name == "slips.hpp":  # Doxygen only documents what is in a documented namespace
        text += "/// All of the SDK.\nnamespace slips {}\n"
    for form, explained in COMMON_DOCSTRINGS:
        text = re.sub(form, explained, text, flags=re.MULTILINE)
    return text


def anchor(page, heading):
    """Returns "reference-in-evidence-and-alerts" for "### In evidence and alerts" of reference.md."""
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
    return f"{page}-{words}"


def page(path, text):
    name, lines, code = PAGES[path], [], False
    first = True

    def link(match):
        words, target = match.groups()
        if "://" in target:
            return match[0]
        file, _, section = target.partition("#")
        to = (path.parent / file).resolve() if file else path
        if to not in PAGES:
            return words
        words = words.replace("`", "")  # Doxygen shows them literally
        return f"[{words}](#{anchor(PAGES[to], section) if section else 'page-' + PAGES[to]})"

    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            code = not code
            line = line.replace("```sh", "```{.sh}").replace("```diff", "```{.diff}")
        elif not code:
            heading = re.fullmatch(r"(#+) (.*)", line)
            if heading:
                label = f"page-{name}" if first else anchor(name, heading[2])
                line, first = f"{heading[1]} {heading[2]} {{#{label}}}", False
            line = re.sub(r"\[([^\[\]]+)\]\(([^()\s]+)\)", link, line)
            # in `code`, Doxygen takes a ' for the end
            line = re.sub(r"`[^`]+`", lambda span: f"`{span[0]}`" if "'" in span[0] else span[0], line)
            line = "" if re.fullmatch(r"\s*<!--.*-->", line) else line
        lines.append(line)
    return "\n".join(lines) + "\n"


def main(name):
    path = Path(name).resolve()
    text = path.read_text(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(page(path, text) if path.suffix == ".md" else header(path, text))


if __name__ == "__main__":
    main(sys.argv[1])
