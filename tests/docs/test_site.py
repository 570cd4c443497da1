#!/usr/bin/env python3
"""Tests the tools that build and check the site of docs/Doxyfile: docs/doxygen_filter.py and docs/links.py."""
import sys
import tempfile
import unittest
from pathlib import Path

SDK = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SDK / "docs"))
import doxygen_filter  # noqa: E402
import links  # noqa: E402


def filtered(text):
    return doxygen_filter.page(SDK / "docs" / "tutorial.md", text)


class Filter(unittest.TestCase):
    def test_headings_and_links(self):
        self.assertEqual(filtered("# A page\n## 1. Its part\n"), "# A page {#page-tutorial}\n## 1. Its part {#tutorial-1-its-part}\n")
        self.assertEqual(filtered("[a](#1-its-part) [b](reference.md) [`C`](reference.md#conn)\n"),
                         "[a](#tutorial-1-its-part) [b](#page-reference) [C](#reference-conn)\n")

    def test_links_that_lead_out_of_the_site(self):
        self.assertEqual(filtered("[a](../examples/flow_baseline) [b](https://example.org/)\n"),
                         "a [b](https://example.org/)\n")

    def test_code(self):
        self.assertEqual(filtered("`a` or `b = 'c'`, `d`\n"), "`a` or ``b = 'c'``, `d`\n")
        self.assertEqual(filtered("```cpp\n# [a](b) `'`\n```\n"), "```cpp\n# [a](b) `'`\n```\n")
        self.assertEqual(filtered("<!-- snippet: a -->\n"), "\n")

    def test_headers(self):
        text = doxygen_filter.header(Path("a.hpp"), "namespace slips::inline SLIPS_SDK_ABI {\n"
                                     "    static constexpr std::string_view channel = \"a\";\n")
        self.assertEqual(text, "namespace slips {\n"
                         "    static constexpr std::string_view channel = \"a\";  ///< the channel\n")


class Links(unittest.TestCase):
    def dead(self, page):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a.html").write_text(page)
            Path(folder, "b.html").write_text('<p id="here">')
            return list(links.dead_links(folder))

    def test_links(self):
        self.assertEqual(self.dead('<a href="b.html#here"><a href="#x"><a name="x"><a href="https://example.org">'), [])
        self.assertEqual(self.dead('<a href="c.html">'), ["a.html: c.html does not exist"])
        self.assertEqual(self.dead('<a href="b.html#there">'), ["a.html: b.html#there: the anchor does not exist"])
        self.assertEqual(self.dead('<script src="https://example.org/a.js">'),
                         ["a.html: loads https://example.org/a.js from another site"])

    def test_no_site_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(len(list(links.dead_links(folder))), 1)


unittest.main(verbosity=0)
