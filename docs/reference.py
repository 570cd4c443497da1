#!/usr/bin/env python3
"""Writes the reference: docs/reference.md (every channel, the fields of its messages, every kind of flow) and
docs/reference-*.md (what a module calls, and raw messages; reference_pages.py).

usage: reference.py PROGRAM [--update]

PROGRAM is built from docs/reference.cpp. It prints the tables of the code: channels, JSON keys, the members they fill, and
which are required; and the evidence that each release refuses. Types and explanations come from the headers. Without
--update, it only checks the pages, and ends with status 1 if one is out of date.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

import reference_pages

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference.md"
FOLDERS = ("flow", "message")

INTRODUCTION = """\
# Channels, messages and flows

<!-- Written by docs/reference.py from the tables of include/slips/impl/wire/ and the structs they fill. Do not edit. -->

A handler `void on(const slips::NewFlow& msg)` subscribes to the channel of its message. This page lists the fields of each
message: the member as used in a handler, its type, and the JSON key in which Slips publishes it. A **required** field, or the
one named after "or", is always present, because a message without it is not passed to the module. Any other field is empty
(text, lists) or has no value (`std::optional`, `Timestamp`) if Slips did not publish it; sensors differ in the fields they
provide. Keys that are in no table are in `msg.json()`, and `msg.payload.view()` is the published text.

*Current* is the form of messages from Slips 1.1.2 on, here of 1.1.22; *legacy* is the form up to 1.1.1, here of 0.9.1. A line
without a note is valid for both. [Slips versions](slips-versions.md) names what began or ended in between.

Any other channel has no type: call `subscribe("name")` in `init()`, and receive it in `on(const slips::RawMessage&)`.

`msg.profile_ip()` returns the address of the profile of every message that has one. [Raw messages](reference-messages.md)
shows a message of each channel. What a module calls is in [Module, configuration and helpers](reference-module.md),
[Evidence](reference-evidence.md), [Database and store](reference-database.md) and
[The test harness](reference-testing.md).
"""


class Struct:
    def __init__(self, doc, base):
        self.doc = doc
        self.base = base     # as in the header: "FlowMessage<Conn>"
        self.members = {}    # name: (type, explanation)


def structs_in_headers():
    """Returns the structs of flow/ and message/ by name."""
    structs = {}
    for path in sorted(path for folder in FOLDERS for path in (ROOT / "include" / "slips" / folder).glob("*.hpp")):
        doc, struct, last = [], None, None
        for line in path.read_text(encoding="utf-8").splitlines():
            opens = re.fullmatch(r"struct (\w+)(?: : ([^{]+))? \{", line)
            member = re.match(r"    (?!static|using|operator)([\w:<>]+) (\w+)(?:\{.*?\}| = [^;]+)?;\s*(?:///< (.*))?$",
                              line)
            more = re.fullmatch(r"\s+///< (.*)", line)
            if opens:
                struct = structs[opens[1]] = Struct(" ".join(doc), opens[2])
            elif line == "};":
                struct = None
            elif struct and member:
                last = member[2]
                struct.members[last] = (member[1], member[3] or "")
            elif struct and last and more:
                of_type, text = struct.members[last]
                struct.members[last] = (of_type, text + " " + more[1])
            if line.startswith("/// "):
                doc.append(line[4:])
            elif not line.startswith("template"):
                doc = []
            if not more and not member:
                last = None
    return structs


def evidence_types():
    """Returns the lines of SLIPS_SDK_EVIDENCE_TYPES: constant, name from 1.0.11 on, name before."""
    text = (ROOT / "include" / "slips" / "evidence_types.hpp").read_text(encoding="utf-8")
    return re.findall(r'X\((\w+), "([^"]+)",[\s\\]+"([^"]+)"\)', text)


def member_names(text):
    """Returns the names of the members in the compiler's spelling, outermost first."""
    return re.findall(r"&[\w:]*(?:<[^<>]*>)?::(\w+)(?![\w:<])", text)


def type_name(text):
    return re.search(r"::(\w+)[\];]", text)[1]


def cell(text):
    """Returns the text of a docstring as Markdown."""
    return text.replace("<", "&lt;").replace("|", "\\|")


class Page:
    def __init__(self, messages):
        self.structs = structs_in_headers()
        self.messages = messages
        self.kinds = {}   # name of a struct that is a member of messages: its lines
        for message in messages:
            message["type"] = type_name(message["type"])

    def members_of(self, name):
        """Returns all members, those of the bases first, as {name: (type, explanation)}."""
        struct, members = self.structs[name], {}
        for base in (struct.base or "").split(", "):
            found = re.fullmatch(r"(\w+)(?:<(\w+)>)?", base)
            if not found:
                continue
            for member, (of_type, text) in self.members_of(found[1]).items():
                members[member] = (found[2] if of_type == "Flow" else of_type, text)
        members.update(struct.members)
        members.pop("payload", None)
        return members

    def keys_of(self, name, lines, keys=None, prefix="", note=""):
        """Returns the JSON keys of each member as {member: ["`key`", …]}; nested members as "flow.uid"."""
        keys = {} if keys is None else keys
        members = self.members_of(name)
        for line in lines:
            path = member_names(line["members"])
            key = f"{prefix}{line['key']}" if line["key"] else "any other key"
            if line.get("part"):
                if path:
                    keys.setdefault(path[0], []).append((f"*{key}*", line))
                self.keys_of(name, line["nested"], keys, "" if path else f"{key}.", note)
                continue
            if not path or path[0] not in members:
                raise SystemExit(f"{PAGE.name}: {name} has no member for the key '{key}', or docs/reference.py "
                                 f"cannot parse the header")
            if "nested" in line:
                kind = members[path[0]][0]
                found = self.keys_of(kind, line["nested"])
                if "wrapped" in line:
                    self.keys_of(kind, line["wrapped"], found, note=" (legacy)")
                self.kinds[kind] = found
            shown = f"*{key}*" if key == "any other key" else f"`{key}`"
            keys.setdefault(".".join(path), []).append((shown + note, line))
        return keys

    def rows(self, name, keys):
        """Returns the lines of a table, in the order of the struct. Nested members have lines of their own if the message does
        not have the outer member as an object."""
        members = dict(self.members_of(name))
        for path in keys:
            outer, _, inner = path.partition(".")
            if inner and outer not in keys:
                members[path] = self.members_of(members[outer][0])[inner]
        rows = ["| member | type | JSON key | |", "|---|---|---|---|"]
        for member, (of_type, explained) in members.items():
            if member not in keys:
                continue
            shown = []
            for key, _ in keys[member]:
                if key not in shown and key.replace(" (legacy)", "") not in shown:
                    shown.append(key)
            need = ""
            if any(line["needed"] for _, line in keys[member]):
                instead = [key for other, found in keys.items() if other != member and keys[member][0][1]["one_of"]
                           for key, line in found if line["one_of"]]
                need = ", or ".join(["**required**", *instead])
            of_type = f"[`{of_type}`](#{of_type.lower()})" if of_type in self.kinds else f"`{of_type}`"
            explained = "; ".join(filter(None, (need, cell(explained))))
            rows.append(f"| `{member}` | {of_type} | {', '.join(shown)} | {explained} |")
        return rows

    def message(self, message):
        name = message["type"]
        text = [f"### {name}", "", cell(self.structs[name].doc), ""]
        if not message["object"]:
            text += ["Plain text; Slips 1.1.20 and newer wraps it as `{\"text\": …, \"version\": …}`.", ""]
            rows = ["| member | type | |", "|---|---|---|"]
            for member, (of_type, explained) in self.members_of(name).items():
                rows.append(f"| `{member}` | `{of_type}` | {cell(explained) or 'the text'} |")
            return text + rows + [""]
        if message["text"]:
            text += ["An object, plain text in older releases.", ""]
        keys = self.keys_of(name, message["lines"])
        text += self.rows(name, keys)
        flat = [(member, key) for member, found in keys.items() if member.partition(".")[0] in keys and "." in member
                for key, _ in found]
        if flat:
            shown = ", ".join(key if key == f"`{member.rpartition('.')[2]}`" else f"{key} (to `{member}`)"
                              for member, key in flat)
            outer = flat[0][0].partition(".")[0]
            text += ["", f"Keys of the message itself that fill `{outer}`: {shown}."]
        return text + [""]

    def channels(self, message):
        """Returns the channels, with the releases that have them, and the text for the list of channels. The docstring begins
        with both."""
        named, _, text = self.structs[message["type"]].doc.partition(": ")
        missing = {message["current"], message["legacy"]} - set(re.findall(r"`(\w+)`", named)) - {""}
        if missing:
            raise SystemExit(f"{PAGE.name}: the docstring of {message['type']} does not begin with {missing.pop()}")
        return named, text

    def text(self):
        sections = []
        for message in self.messages:
            sections += self.message(message)
        flows = sorted(self.structs_with_flows())
        text = [INTRODUCTION, "## Channels", "", "| channel | message | |", "|---|---|---|"]
        for message in sorted(self.messages, key=lambda one: (one["current"] or one["legacy"]).lower()):
            channels, explained = self.channels(message)
            text.append(f"| {channels} | [`{message['type']}`](#{message['type'].lower()}) | {cell(explained)} |")
        text += ["", "## Messages", "", *sections, "## Flows", "",
                 "The types of `msg.flow` and their fields. Each kind of flow is one struct for all sensors.", ""]
        for kinds in (flows, sorted(set(self.kinds) - set(flows))):
            if kinds is not flows:
                text += ["## In evidence and alerts", ""]
            for kind in kinds:
                text += [f"### {kind}", "", cell(self.structs[kind].doc), "", *self.rows(kind, self.kinds[kind]), ""]
        text += ["## Types of evidence", "", "The types that Slips already has, for `.type` of evidence: "
                 "`slips::EvidenceType::arp_scan` and so on.", "", "| type | from 1.0.11 on | before |", "|---|---|---|"]
        text += [f"| `{constant}` | {current} | {legacy} |" for constant, current, legacy in evidence_types()]
        return "\n".join(text) + "\n"

    def structs_with_flows(self):
        """Returns the kinds of flows that messages have as an object."""
        return {base[1] for struct in self.structs.values()
                if (base := re.fullmatch(r"FlowMessage<(\w+)>", struct.base or "")) and base[1] in self.kinds}


def main(arguments):
    if not arguments or arguments[1:] not in ([], ["--update"]):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    tables = subprocess.run(arguments[:1], stdout=subprocess.PIPE, check=True)
    described = json.loads(tables.stdout)
    pages = {PAGE.name: Page(described["messages"]).text()}
    pages.update(reference_pages.pages(described["messages"], described))
    stale = [name for name, text in pages.items()
             if not (PAGE.parent / name).exists() or (PAGE.parent / name).read_text(encoding="utf-8") != text]
    if "--update" in arguments:
        for name in stale:
            (PAGE.parent / name).write_text(pages[name], encoding="utf-8")
    elif stale:
        for name in stale:
            print(f"docs/{name} is out of date; run docs/reference.py {arguments[0]} --update", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
