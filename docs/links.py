#!/usr/bin/env python3
"""Checks that every link within a site leads to an existing file, and to an existing anchor in it.

usage: links.py FOLDER

Also checks that pages load nothing from other sites. Links to other sites are not followed. Prints one line
for each dead link, and exits with 1 if there is one.
"""
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Links(HTMLParser):
    """The anchors of a page, and the targets of its links."""

    def __init__(self, page):
        super().__init__()
        self.anchors, self.targets, self.loaded = set(), [], []
        self.feed(page.read_text(encoding="utf-8", errors="replace"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif name == "href" and tag == "a":
                self.targets.append(value)
            elif name == "src" or (name == "href" and tag == "link"):
                self.loaded.append(value)


def dead_links(folder):
    pages = {page.resolve(): Links(page) for page in sorted(Path(folder).rglob("*.html"))}
    if not pages:
        yield f"{folder} contains no pages"
    for page, links in pages.items():
        for target in links.targets + links.loaded:
            at = urlsplit(target)
            if at.scheme or at.netloc:
                if target in links.loaded and (at.netloc or at.scheme == "file"):
                    yield f"{page.name}: loads {target} from another site"
                continue
            to = (page.parent / unquote(at.path)).resolve() if at.path else page
            if not to.exists():
                yield f"{page.name}: {target} does not exist"
            elif at.fragment and to in pages and unquote(at.fragment) not in pages[to].anchors:
                yield f"{page.name}: {target}: the anchor does not exist"


def main(arguments):
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    dead = sorted(set(dead_links(arguments[0])))
    for line in dead:
        print(line, file=sys.stderr)
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
