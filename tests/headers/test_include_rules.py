#!/usr/bin/env python3
"""Tests include_rules.py: each broken rule is reported, and a good tree passes."""
import tempfile
import unittest
from pathlib import Path

import include_rules

GOOD = {
    "slips/version.hpp": "#pragma once\n",
    "slips/ip.hpp": '#pragma once\n#include <string>\n#include "slips/version.hpp"\n',
    "slips/impl/wire/json.hpp": '#pragma once\n#include <nlohmann/json.hpp>\n#include "slips/ip.hpp"\n',
    "slips/impl/redis/connection.hpp": '#pragma once\n#include <hiredis/hiredis.h>\n#include "slips/impl/wire/json.hpp"\n',
    "slips/impl/session/session.hpp": '#pragma once\n#include "slips/impl/wire/json.hpp"\n',
    "slips/run.hpp": '#pragma once\n#include "slips/impl/redis/connection.hpp"\n#include "slips/impl/session/session.hpp"\n',
    "slips/testing.hpp": '#pragma once\n#include "slips/impl/session/session.hpp"\n',
    "slips/slips.hpp": '#pragma once\n#include "slips/run.hpp"\n',
}


def rules_broken_by(**changes):
    """Returns the complaints about the good tree with changed headers; `wire__json` stands for slips/impl/wire/json.hpp."""
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

    def test_forward_declarations_are_free(self):
        self.assertEqual(rules_broken_by(ip="#pragma once\n#include <nlohmann/json_fwd.hpp>\n"), "")

    def test_wrong_direction(self):
        self.assertEqual(rules_broken_by(ip='#pragma once\n#include "slips/impl/session/session.hpp"\n').splitlines()[0],
                         "slips/ip.hpp: is in values, which does not include session (slips/impl/session/session.hpp)")
        self.assertIn("does not include redis", rules_broken_by(
            testing='#pragma once\n#include "slips/impl/redis/connection.hpp"\n'))
        self.assertIn("does not include umbrella", rules_broken_by(
            wire__json='#pragma once\n#  include <slips/slips.hpp>\n'))

    def test_foreign_headers(self):
        self.assertIn("only redis may include <hiredis/hiredis.h>", rules_broken_by(
            session="#pragma once\n#include <hiredis/hiredis.h>\n"))
        self.assertIn("may include <nlohmann/json.hpp>", rules_broken_by(
            session="#pragma once\n#include <nlohmann/json.hpp>\n"))

    def test_form(self):
        self.assertIn("no #pragma once", rules_broken_by(ip="\n"))
        self.assertIn("which room", rules_broken_by(helpers="#pragma once\n"))
        self.assertIn("does not exist", rules_broken_by(ip='#pragma once\n#include "slips/gone.hpp"\n'))
        self.assertIn("write the path", rules_broken_by(ip='#pragma once\n#include "version.hpp"\n'))
        self.assertIn("slips/ip.hpp -> slips/version.hpp -> slips/ip.hpp", rules_broken_by(
            version='#pragma once\n#include "slips/ip.hpp"\n'))


if __name__ == "__main__":
    unittest.main()
