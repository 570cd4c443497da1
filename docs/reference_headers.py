"""Reads the public headers: what a module may use, with its docstrings. For docs/reference.py.

It knows the style of this repository, not C++: docstrings are `///` above a declaration or `///<` behind it, and a
line that begins with `// ---` ends the public part of a header.
"""
import re
from pathlib import Path

INCLUDE = Path(__file__).resolve().parent.parent / "include" / "slips"
HIDDEN = ("detail", "wire")  # folders and namespaces that are no part of the API


class Declaration:
    """A type, a function or a data member."""

    def __init__(self, code, doc, section=""):
        self.code = " ".join(code.split())
        self.doc = doc           # lines
        self.section = section   # the comment "// --- section ---" above it
        self.members = []        # of a type

    def type_name(self):
        found = re.match(r"(?:template <.*?> )?(?:struct|class|enum class) (\w+)", self.code)
        return found[1] if found else None

    def signature(self):
        """Returns a function as it is called, without its body; None if this is no function."""
        if self.type_name() or self.code.startswith("using "):
            return None
        start = without_arguments(self.code).find("(")
        before = self.code[:start]
        if start < 0 or "=" in before or "{" in before:
            return None
        depth = 0
        for end, char in enumerate(self.code[start:], start):
            depth += {"(": 1, ")": -1}.get(char, 0)
            if depth == 0:
                break
        text = self.code[:end + 1] + (" const" if self.code[end + 1:].startswith(" const") else "")
        text = re.sub(r"^template <(?:[^<>]|<[^<>]*>)*> ", "", text).replace("[[maybe_unused]] ", "")
        return re.sub(r"\b(SLIPS_SDK_DECL|inline|constexpr|virtual|explicit|static) ", "", text)

    def name(self):
        signature = self.signature()
        if self.type_name() or signature:
            return self.type_name() or re.search(r"(\w+|operator\[\])\(", without_arguments(signature))[1]
        return self.field()[1] if self.field() else None

    def field(self):
        """Returns type, name and default value of a data member, a constant or an alias of a type; None if this is none."""
        alias = re.fullmatch(r"using (\w+) = (.*);", self.code)
        if alias:
            return alias[2], alias[1], ""
        found = re.fullmatch(r"(?:inline )?(?:static )?(?:constexpr )?([\w:<>,&*() ]+?) (\w+)"
                             r"(?:\[\])?(?:\{(.*)\}| = (.*?))?;", self.code)
        return (found[1], found[2], found[3] or found[4] or "") if found else None


def without_arguments(code):
    """Returns code of the same length, in which the arguments of templates are blank."""
    while re.search(r"<[^<>]*>", code):
        code = re.sub(r"<[^<>]*>", lambda found: " " * len(found[0]), code)
    return code


def without_comment(line):
    """Returns the code of a line, and its `///<`."""
    code, behind, doc = line.partition("///<")
    if not behind:
        code = re.sub(r"(^|\s)//.*$", "", line)
    return code.rstrip(), doc.strip()


def depth_of(code):
    """Returns how many brackets the code opens, without those in texts."""
    code = re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)\'', "", code)
    return sum(code.count(char) for char in "({") - sum(code.count(char) for char in ")}")


def declarations(lines):
    """Returns the public declarations in the lines of a header or of a type."""
    found, doc, section, public, code, depth, inner = [], [], "", True, "", 0, []
    for line in lines:
        text = line.strip()
        if not code:
            heading = re.match(r"// --- (.*?)(?: -+)?$", text)
            if heading:
                section = heading[1]
                continue
            if re.fullmatch(r"(public|protected|private):", text):
                public = text != "private:"
                continue
            if text.startswith("///<") and found:
                found[-1].doc.append(text[4:].strip())
                continue
            if text.startswith("///"):
                doc.append(text[4:])
                continue
            if not text or text.startswith(("//", "#")):
                doc = doc if text else []
                continue
        plain, behind = without_comment(line)
        if behind:
            doc.append(behind)
        code += " " + plain.strip()
        inner.append(line)
        depth += depth_of(plain)
        if depth == 0 and code.rstrip().endswith((";", "}")):
            one = Declaration(code, doc, section)
            if one.type_name() and "{" in one.code:
                one.members = members_of(one, inner)
                one.doc = [text for text in one.doc if text not in behind_of(inner)]
            is_forward = one.type_name() and "{" not in one.code
            if public and one.name() and not is_forward and not re.search(r"\bfriend\b|= delete|= default|operator(?!\[)|~|\bconcept\b|^ ?static_assert", one.code.split("{")[0]):
                found.append(one)
            doc, code, inner = [], "", []
    return found


def behind_of(lines):
    """Returns the `///<` of the members of a type, which are not its own."""
    return [without_comment(line)[1] for line in lines if "///<" in line] if len(lines) > 1 else []


def members_of(one, lines):
    if one.code.startswith("enum"):
        body = one.code[one.code.index("{") + 1:one.code.rindex("}")]
        names = [name.strip().split(" ")[0] for name in body.split(",") if name.strip()]
        docs = {}
        for line in lines:
            code, doc = without_comment(line)
            if doc and code.strip():
                docs[re.match(r"\w+", code.strip())[0]] = doc
        return [Declaration(name, [docs.get(name, "")]) for name in names]
    text = "\n".join(lines)
    if "\n" not in text:
        return []
    first = next(number for number, line in enumerate(lines) if "{" in line)
    return declarations(lines[first + 1:-1])


def header(path):
    """Returns the public declarations of a header, `path` as in "database/query.hpp"."""
    lines, spaces, depth, macro = [], [], 0, False
    for line in (INCLUDE / path).read_text(encoding="utf-8").splitlines():
        macro, is_macro = line.endswith("\\"), macro or line.startswith("#")
        if re.match(r"// -{4,}", line):
            break
        if is_macro or line.strip().startswith("SLIPS_SDK_EVIDENCE_TYPES("):
            continue
        opens = re.match(r"namespace ([\w:]+(?:::inline SLIPS_SDK_ABI[\w:]*)?) \{", line)
        if opens:
            spaces.append((depth, opens[1].split("::")))
        elif not any(name in HIDDEN for _, space in spaces for name in space) and not line.startswith("}  // namespace"):
            lines.append(line)
        depth += depth_of(without_comment(line)[0])
        while spaces and not opens and depth <= spaces[-1][0]:
            spaces.pop()
    return declarations(lines)


def headers():
    """Returns the paths of all public headers."""
    paths = (path.relative_to(INCLUDE) for path in sorted(INCLUDE.rglob("*.hpp")))
    return [str(path) for path in paths if path.parts[0] not in ("detail", "impl", "src.hpp")]
