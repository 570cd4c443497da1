#!/usr/bin/env python3
"""Tests include_rules.py itself: each broken rule is reported, and a correct tree passes."""
import tempfile
import unittest
from pathlib import Path

import include_rules

HEADER_ONLY = '\n#ifndef SLIPS_SDK_SEPARATE_COMPILATION\n#include "slips/src.hpp"\n#endif\n'
GOOD = {
    "slips/version.hpp": "#pragma once\n",
    "slips/ip.hpp": '#pragma once\n#include <string>\n#include "slips/version.hpp"\n',
    "slips/detail/number.hpp": '#pragma once\n#include "slips/ip.hpp"\n',
    "slips/impl/wire/json.hpp": '#pragma once\n#include <nlohmann/json.hpp>\n#include "slips/ip.hpp"\n',
    "slips/impl/redis/connection.hpp": '#pragma once\n#include <hiredis/hiredis.h>\n#include "slips/impl/wire/json.hpp"\n',
    "slips/impl/session/session.hpp": '#pragma once\n#include "slips/impl/wire/json.hpp"\n',
    "slips/impl/program/program.hpp": '#pragma once\n#include <poll.h>\n#include "slips/impl/redis/connection.hpp"\n'
                                      '#include "slips/impl/session/session.hpp"\n',
    "slips/impl/testing/stage.hpp": '#pragma once\n#include "slips/impl/session/session.hpp"\n',
    "slips/impl/boundary/run.hpp": '#pragma once\n#include "slips/impl/program/program.hpp"\n#include "slips/ip.hpp"\n',
    "slips/src.hpp": '#pragma once\n#include "slips/impl/boundary/run.hpp"\n',
    "slips/slips.hpp": '#pragma once\n#include "slips/ip.hpp"\n' + HEADER_ONLY,
}


def rules_broken_by(**changes):
    """Returns what is reported of the good tree with some headers changed; impl__wire__json is slips/impl/wire/json.hpp."""
    with tempfile.TemporaryDirectory() as folder:
        files = dict(GOOD)
        for name, text in changes.items():
            files[f"slips/{name.replace('__', '/')}.hpp"] = text
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return "\n".join(include_rules.broken_rules(folder))


class IncludeRules(unittest.TestCase):
    def test_good_tree(self):
        self.assertEqual(rules_broken_by(), "")

    def test_a_new_header_needs_no_entry(self):
        self.assertEqual(rules_broken_by(port="#pragma once\n", impl__wire__more="#pragma once\n"), "")

    def test_forward_declarations_are_allowed(self):
        self.assertEqual(rules_broken_by(ip="#pragma once\n#include <nlohmann/json_fwd.hpp>\n"), "")

    def test_wrong_direction(self):
        self.assertEqual(rules_broken_by(ip='#pragma once\n#include "slips/impl/session/session.hpp"\n').splitlines()[0],
                         "slips/ip.hpp: is in public, which does not include session (slips/impl/session/session.hpp)")
        self.assertIn("is in public, which does not include wire", rules_broken_by(
            detail__number='#pragma once\n#include "slips/impl/wire/json.hpp"\n'))
        self.assertIn("does not include redis", rules_broken_by(
            impl__testing__stage='#pragma once\n#include "slips/impl/redis/connection.hpp"\n'))
        self.assertIn("does not include boundary", rules_broken_by(
            impl__session__session='#pragma once\n#  include <slips/impl/boundary/run.hpp>\n'))

    def test_only_the_last_lines_of_two_headers_include_the_implementation(self):
        self.assertIn("which does not include src", rules_broken_by(
            slips=f'#pragma once\n{HEADER_ONLY}#include "slips/ip.hpp"\n'))
        self.assertIn("which does not include src", rules_broken_by(module="#pragma once\n" + HEADER_ONLY))
        self.assertEqual(rules_broken_by(testing="#pragma once\n" + HEADER_ONLY), "")

    def test_foreign_headers(self):
        self.assertIn("only redis may include <hiredis/hiredis.h>", rules_broken_by(
            impl__session__session="#pragma once\n#include <hiredis/hiredis.h>\n"))
        for header in ("nlohmann/json.hpp", "poll.h", "unistd.h", "sys/socket.h", "csignal"):
            self.assertIn(f"may include <{header}>", rules_broken_by(module=f"#pragma once\n#include <{header}>\n"))

    def test_form(self):
        self.assertIn("no #pragma once", rules_broken_by(ip="\n"))
        self.assertIn("does not know the folder impl/helpers", rules_broken_by(impl__helpers__x="#pragma once\n"))
        self.assertIn("does not exist", rules_broken_by(ip='#pragma once\n#include "slips/gone.hpp"\n'))
        self.assertIn("write the path", rules_broken_by(ip='#pragma once\n#include "version.hpp"\n'))
        self.assertIn("slips/ip.hpp -> slips/version.hpp -> slips/ip.hpp", rules_broken_by(
            version='#pragma once\n#include "slips/ip.hpp"\n'))


if __name__ == "__main__":
    unittest.main()
