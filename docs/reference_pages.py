"""Generates the pages about what a module calls, from the docstrings of the headers, and the examples of messages, from
recordings. For docs/reference.py.

A new public header is an error until it is in PAGES.
"""
import json
import re
import textwrap
from pathlib import Path

import reference_headers

ROOT = Path(__file__).resolve().parent.parent
GENERATED = "<!-- Written by docs/reference.py from the headers in include/slips. Do not edit. -->"

# Page: its title, its first paragraph, and its sections: header, names in it (None: all), and the heading of functions.
PAGES = {
    "reference-module.md": (
        "Module, configuration and helpers",
        "What a module declares, overrides and calls. Handlers, timers and hooks run on one thread; on another only `post()` "
        "may be called, see [Threads](threads.md).",
        [("module.hpp", None, ""), ("run.hpp", None, "The program"), ("setting.hpp", ["Setting"], ""),
         ("metrics.hpp", ["MetricName"], ""), ("log_level.hpp", None, "Names of levels"),
         ("per_window.hpp", None, ""), ("share.hpp", None, ""), ("config.hpp", None, ""), ("gap.hpp", None, ""),
         ("message/base.hpp", None, "The channel of a message"), ("generation.hpp", None, "Names of generations"),
         ("text.hpp", None, "Text"), ("ip.hpp", None, "Addresses"), ("timestamp.hpp", None, "Times"),
         ("version.hpp", None, "Versions")]),
    "reference-evidence.md": (
        "Setting evidence",
        "What `set_evidence(msg, slips::Evidence{…})` takes. The fields are in the order of the struct, which is the order in which "
        "`.field =` must name them.",
        [("evidence.hpp", None, "Checks without a module"), ("detail/evidence_rules.hpp", ["Refusal"], ""),
         ("ioc.hpp", None, "Types of values"), ("evidence_types.hpp", None, "Names and values")]),
    "reference-database.md": (
        "Database and store",
        "What a module can query of Slips, and where it keeps values of its own.",
        [("database.hpp", None, ""), ("database/query.hpp", None, "Queries, in namespace slips::query"),
         ("facts.hpp", None, ""), ("database/port.hpp", None, "")]),
    "reference-testing.md": (
        "The test harness",
        "`#include <slips/testing.hpp>`; the names are in namespace `slips::testing`. "
        "[Testing the module](testing-the-module.md) shows tests.",
        [("testing.hpp", None, ""), ("testing/settings.hpp", None, "What happens to code that does not return"),
         ("testing/observed.hpp", None, ""), ("stats.hpp", None, ""),
         ("metrics.hpp", ["Metrics"], ""), ("testing/fake_redis.hpp", None, "Commands"),
         ("testing/failure.hpp", None, "")]),
}
NOT_HERE = ("flow", "message")  # folders whose structs are in reference.md; message/base.hpp is on a page as well
NOT_FOR_AUTHORS = "not for module authors"  # the section of a header, or a sentence in a docstring

EXAMPLES = """\
# Raw messages

<!-- Written by docs/reference.py from the recordings in tests/data/messages. Do not edit. -->

A message of each channel as Slips publishes it: the text that `msg.payload.view()` returns. The
[reference](reference.md) lists the fields. Most examples were published by a real Slips, whose release is named; the
others, *as the test harness writes it*, lack keys that Slips sends. From 1.1.20 on each object also has a `version`.
"""


def cell(text):
    """Returns text for Markdown; what is in backquotes is shown as it is."""
    parts = text.replace("|", "\\|").split("`")
    return "`".join(part if number % 2 else part.replace("<", "&lt;") for number, part in enumerate(parts))


def code(text):
    return "`" + text.replace("|", "\\|") + "`"


def one_line(doc):
    return cell(" ".join(" ".join(doc).split()))


def paragraphs(doc):
    """Returns a docstring as Markdown: what is indented after an empty line is code."""
    lines, margin = [], 0
    for number, text in enumerate(doc):
        blanks = len(text) - len(text.lstrip(" "))
        if margin and not blanks:
            lines.append("```")
            margin = 0
        elif not margin and blanks and number > 0 and not doc[number - 1]:
            lines.append("```")
            margin = blanks
        lines.append(text[margin:] if margin else cell(text))
    return lines + (["```"] if margin else [])


def is_for_authors(one):
    return one.section != NOT_FOR_AUTHORS and "Not for module authors" not in " ".join(one.doc) and \
        not " ".join(one.doc).startswith("Called by run()")


def table_of_fields(fields, required=()):
    rows = ["| field | type | default | |", "|---|---|---|---|"]
    for one in fields:
        of_type, name, default = one.field()
        default = code(default) if default not in ("", "{}") else ""
        explained = "; ".join(filter(None, ("**required**" if name in required else "", one_line(one.doc))))
        rows.append(f"| `{name}` | {code(of_type)} | {default} | {explained} |")
    return rows + [""]


def table_of_functions(functions):
    rows = ["| function | |", "|---|---|"]
    return rows + [f"| {code(one.signature())} | {one_line(one.doc)} |" for one in functions] + [""]


def section(one, required=()):
    """Returns the text about a type; `required`: names of its fields."""
    name = one.type_name()
    text = [f"## {name}", "", *paragraphs(one.doc), ""]
    members = [member for member in one.members if is_for_authors(member)]
    if one.code.startswith("enum"):
        if any("".join(member.doc) for member in members):
            return text + ["| value | |", "|---|---|"] + \
                [f"| `{name}::{member.code}` | {one_line(member.doc)} |" for member in members] + [""]
        return text + ["Values: " + ", ".join(f"`{name}::{member.code}`" for member in members) + ".", ""]
    fields = [member for member in members if not member.signature() and not member.type_name()]
    if fields:
        text += table_of_fields(fields, required)
    for heading in dict.fromkeys(member.section for member in members if member.signature()):
        functions = [member for member in members if member.signature() and member.section == heading]
        text += ([heading[0].upper() + heading[1:] + ":", ""] if heading else []) + table_of_functions(functions)
    for inner in members:
        if inner.type_name():
            text += [line.replace(f"## {inner.type_name()}", f"### {name}::{inner.type_name()}", 1)
                     for line in section(inner)]
    return text


def release(number):
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def releases(rows):
    """Returns in words which releases refuse."""
    ranges = []
    for row in rows:
        if not ranges or ranges[-1][1] != row["refused"]:
            ranges.append((row["since"], row["refused"]))
    if len(ranges) == 1:
        return "all" if ranges[0][1] else ""
    words = []
    for number, (since, refused) in enumerate(ranges):
        until = ranges[number + 1][0] if number + 1 < len(ranges) else None
        if refused:
            words.append(f"before {release(until)}" if number == 0 else f"{release(since)} and newer" if until is None
                         else f"{release(since)} to before {release(until)}")
    return ", ".join(words)


def refusals(found):
    text = ["## What is refused", "",
            "Evidence that would harm this release of Slips is refused: `set_evidence()` returns false, and the reason is",
            "logged. In a test it is a failure.", "", "| evidence with | for releases | logged |", "|---|---|---|"]
    for one in found:
        if not one["reason"]:
            raise SystemExit(f"docs/reference.cpp: no release refuses evidence with {one['what']}")
        text.append(f"| {cell(one['what'])} | {releases(one['refused'])} | {code(one['reason'])} |")
    return text + ["", "[Slips versions](slips-versions.md#evidence) lists where each field is written, by release.", ""]


def required_fields(found):
    """Returns the fields of Evidence without which no release accepts it."""
    return {one["reason"].partition(":")[0] for one in found if re.fullmatch(r"no [\w ]+", one["what"])}


def page(name, described):
    title, introduction, sections = PAGES[name]
    text = [f"# {title}", "", GENERATED, "", textwrap.fill(introduction, 120), ""]
    for path, names, heading in sections:
        found = [one for one in reference_headers.header(path) if is_for_authors(one) and (not names or one.name() in names)]
        for one in found:
            if one.type_name():
                text += section(one, required_fields(described["refusals"]) if one.name() == "Evidence" else ())
        others = [one for one in found if not one.type_name()]
        if others:
            text += [f"## {heading}" if heading else "## Functions", ""]
            functions = [one for one in others if one.signature()]
            constants = [one for one in others if not one.signature()]
            text += table_of_functions(functions) if functions else []
            text += table_of_fields(constants) if constants else []
        if path == "evidence.hpp":
            text += refusals(described["refusals"])
    return "\n".join(text).rstrip("\n") + "\n"


def check_that_all_is_there():
    """Ends the program if a public header is on no page."""
    on_pages = {path for _, _, sections in PAGES.values() for path, _, _ in sections}
    for path in reference_headers.headers():
        if path not in on_pages and path.split("/")[0] not in NOT_HERE and reference_headers.header(path):
            raise SystemExit(f"docs/reference_pages.py: include/slips/{path} is on no page; add it to PAGES")


def recorded():
    """Returns a message by generation and channel, of the newest release in tests/data/messages: (release, text)."""
    found = {}

    def order(path):
        return [int(number) for number in re.findall(r"\d+", path.stem)]

    for path in sorted((ROOT / "tests" / "data" / "messages").glob("slips-*.jsonl"), key=order):
        generation = "current" if order(path) >= [1, 1, 2] else "legacy"
        seen = set()
        for line in path.read_text(encoding="utf-8").splitlines():
            message = json.loads(line)
            if message["channel"] not in seen:  # the first of a channel
                seen.add(message["channel"])
                found[generation, message["channel"]] = (path.stem.partition("-")[2], message["data"])
    return found


def examples(messages, described):
    """Returns the page with a raw message of each channel and generation."""
    samples = {(one["generation"], one["channel"]): ("", one["data"]) for one in described["samples"]}
    samples.update(recorded())
    text = [EXAMPLES]
    for message in sorted(messages, key=lambda one: one["type"]):
        text += [f"## {message['type']}", ""]
        for generation in ("current", "legacy"):
            channel = message[generation]
            shared = [other for other in messages if other[generation] == channel]
            if not channel or len(shared) > 1 and message is not shared[0]:
                continue
            if (generation, channel) not in samples:
                continue
            of_release, data = samples[generation, channel]
            made = f"Slips {of_release}" if of_release else f"{generation}, as the test harness writes it"
            text += [f"`{channel}`, {made}:", "", "```", data, "```", ""]
        if not text[-2].startswith("```"):
            raise SystemExit(f"docs/reference_pages.py: no example of {message['type']}; add one to docs/reference.cpp")
    return "\n".join(text).rstrip("\n") + "\n"


def pages(messages, described):
    """Returns all pages: {name: text}."""
    check_that_all_is_there()
    texts = {name: page(name, described) for name in PAGES}
    texts["reference-messages.md"] = examples(messages, described)
    return texts
