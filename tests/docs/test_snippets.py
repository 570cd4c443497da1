#!/usr/bin/env python3
"""Tests docs/snippets.py: the lines it takes from a file, the mistakes it reports, the blocks it rewrites; and the syntax
of the Python code that docs/from-python.md quotes."""
import ast
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

SDK = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SDK / "docs"))
import snippets  # noqa: E402

SOURCE = """\
// A comment.
#include <a.hpp>

struct A : B<A> {
    int number = 1;

    void on(const C& c) {
        if (c) return;

        set({
            .type = d,
        });
    }

private:
    void save() try {
        e();
    } catch (...) {
        f();
    }
};

int main() { return 0; }
"""


class Snippets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        (self.root / "a.cpp").write_text(SOURCE)
        replaced = mock.patch.object(snippets, "ROOT", self.root)
        replaced.start()
        self.addCleanup(replaced.stop)

    def page(self, text, update=False):
        """Returns the mistakes of a page with this text, as one text, and the corrected page."""
        (self.root / "page.md").write_text(text)
        mistakes, lines = snippets.work_through(self.root / "page.md", update)
        return "\n".join(mistakes), "\n".join(lines) + "\n"

    def test_all_of_a_file(self):
        self.assertEqual("\n".join(snippets.snippet("a.cpp")) + "\n", SOURCE)

    def test_what_a_line_opens(self):
        self.assertEqual(snippets.snippet("a.cpp#int number"), ["int number = 1;"])
        self.assertEqual(snippets.snippet("a.cpp#void on("),
                         ["void on(const C& c) {", "    if (c) return;", "", "    set({", "        .type = d,", "    });", "}"])
        self.assertEqual(snippets.snippet("a.cpp#set({"), ["set({", "    .type = d,", "});"])
        self.assertEqual(snippets.snippet("a.cpp#save()"),
                         ["void save() try {", "    e();", "} catch (...) {", "    f();", "}"])

    def test_from_one_line_to_another(self):
        self.assertEqual(snippets.snippet("a.cpp#int number ... void on(")[::8], ["int number = 1;", "}"])

    def test_a_text_that_is_not_in_one_line(self):
        for text in ("gone", "()"):
            with self.assertRaisesRegex(snippets.Mistake, "lines with"):
                snippets.snippet("a.cpp#" + text)
        with self.assertRaisesRegex(snippets.Mistake, "comes before"):
            snippets.snippet("a.cpp#int main ... int number")
        with self.assertRaisesRegex(snippets.Mistake, "cannot read gone.cpp"):
            snippets.snippet("gone.cpp")

    def test_a_correct_page(self):
        good = "text\n\n<!-- snippet: a.cpp#int number -->\n```cpp\nint number = 1;\n```\n\n```sh\nls\n```\n"
        self.assertEqual(self.page(good), ("", good))

    def test_a_stale_block(self):
        stale = "<!-- snippet: a.cpp#int number -->\n```cpp\nint number = 2;\nint more;\n```\nend\n"
        self.assertEqual(self.page(stale)[0], "page.md:2: differs from a.cpp#int number; run docs/snippets.py --update")
        self.assertEqual(self.page(stale, update=True),
                         ("", "<!-- snippet: a.cpp#int number -->\n```cpp\nint number = 1;\n```\nend\n"))

    def test_a_block_in_a_list(self):
        self.assertEqual(self.page("- a\n\n  <!-- snippet: a.cpp#set({ -->\n  ```cpp\n  ```\n", update=True)[1],
                         "- a\n\n  <!-- snippet: a.cpp#set({ -->\n  ```cpp\n  set({\n      .type = d,\n  });\n  ```\n")

    def test_blocks_without_a_source_file(self):
        for language in ("cpp", "python"):
            self.assertIn("page.md:1: a block of " + language, self.page(f"```{language}\nx\n```\n")[0])

    def test_broken_pages(self):
        self.assertIn("no fenced block", self.page("<!-- snippet: a.cpp -->\n\n```cpp\n```\n")[0])
        self.assertIn("page.md:1: the block is not closed", self.page("```sh\nls\n")[0])
        self.assertIn("page.md:2: a.cpp has 0 lines", self.page("<!-- snippet: a.cpp#gone -->\n```cpp\n```\n")[0])

    def test_quotes(self):
        table = "<!-- quotes: a.cpp -->\n| was | is |\n|---|---|\n| x | `int  number = 1;` |\n| y | `if (c) return;` `{}` |\n"
        self.assertEqual(self.page(table.replace(" `{}`", ""))[0], "")
        self.assertEqual(self.page(table)[0], "page.md:1: `{}` is in none of a.cpp; quote one of them exactly")
        self.assertIn("no table follows", self.page("<!-- quotes: a.cpp -->\ntext\n")[0])


class Python(unittest.TestCase):
    def test_it_is_python(self):
        files = sorted((SDK / "docs" / "from-python").glob("*.py"))
        self.assertEqual(len(files), 2)
        for file in files:
            ast.parse(file.read_text(), str(file))


unittest.main(verbosity=0)
