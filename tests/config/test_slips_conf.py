#!/usr/bin/env python3
"""The SDK reads slips.conf as Python's configparser does, which legacy Slips uses."""
import configparser
import json
import os
import random
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ.get("SLIPS_TEST_CONF_TO_JSON", "")

# Modelled on Slips' own file: comments longer than some parsers' lines, lists over several lines, quoted text.
REAL = """\
# Several aspects of the working of Slips
[version]
slips_version = '0.9.0'

#####################
[parameters]
verbose = 1
# In the _all_ configuration """ + 40 * "we process that traffic also, " + """
# 1 hour
time_window_width = 3600
#time_window_width = 'only_one_tw'
#home_network = 10.0.0.0/8
pcapfilter = 'not icmp and not port 5353'  ; no comment begins here
deletePrevdb = True
label : normal

[threatintelligence]
ti_files =
    https://example.org/a.csv?x=1, threat_level=medium, tags=['phishing','honeypot']

    https://example.org/b.csv, threat_level=low, tags=['apt']
    # a feed that is off
    ; another
    https://example.org/c.csv, threat_level=high, tags=['tor']


update_period = 604800
[ExportingAlerts]
export_to = [stix, json]
TAXII_server = localhost
jwt_auth_url = ''
push_delay = None

[DisabledAlerts]
disabled_detections = [""" + ", ".join(f"Detection{i}" for i in range(40)) + """]
[P2P]
use_p2p = no
"""

CASES = {
    "empty": "",
    "comments only": "# a\n  ; b\n\n",
    "no last line break": "[a]\nk = v",
    "a section and nothing": "[a]\n\n\n[b]\n",
    "empty values": "[a]\nk =\nl :\nm = \n",
    "both signs": "[a]\nurl = http://x/?a=b\nv: a = b\n= : x = y\n",
    "sign at once": "[a]\nk=v\nl:v\n",
    "blanks in a key": "[a]\nlong key  =  v  w \t\n",
    "capitals": "[A]\nKeY = VaLuE\n",
    "same key, other case": "[A]\nkey = 1\nKEY = 2\n",
    "same key, other section": "[a]\nk = 1\n[b]\nk = 2\n",
    "section twice": "[a]\nk = 1\n[b]\n[a]\n",
    "sections differ in case": "[a]\nk = 1\n[A]\nk = 2\n",
    "defaults": "[a]\nk = 1\n[DEFAULT]\nk = 2\nl = 3\n[b]\n[DEFAULT]\nm = 4\n",
    "default twice": "[DEFAULT]\nk = 1\n[a]\n[DEFAULT]\nk = 2\n",
    "key before a section": "\n# a\nk = v\n[a]\n",
    "garbage": "[a]\nk = v\ngarbage\n",
    "no key": "[a]\n= v\n",
    "bracket not closed": "[a\nk = v\n",
    "no name of a section": "[a]\n[]\n",
    "no name but a sign": "[a]\n[] = v\n",
    "blanks in a section": "[ a b ]\nk = v\n",
    "text behind a section": "[a] # really\nk = v\n",
    "section with an indentation": "  [a]\n  k = v\n  l = w\n    more\n",
    "section as a continuation": "[a]\nk = v\n  [b]\nl = w\n",
    "key as a continuation": "[a]\nk = v\n  l = w\n",
    "less indented, not a continuation": "[a]\n    k = v\n  l = w\n     more\n k2 = x\n",
    "continuation first": "[a]\n  garbage\n",
    "continuation after empty lines": "[a]\nk = v\n\n\n  w\n\n\n[b]\n",
    "continuation after a comment": "[a]\nk = v\n# c\n  w\n ; d\n  x\n",
    "tabs": "[a]\nk\t=\tv\n\tw\n",
    "other ends of lines": "[a]\r\nk = v\r\n w\r\n\r\nl = x\rm = y\n",
    "percent": "[a]\nk = %(x)s %\n",
    "quotes": "[a]\nk = 'v'\nl = \"w\"\n",
    "beyond ASCII": "[a]\nk = Stratosph\u00e4re \U0001f6a8\n\u00fcber = 1\n",
    "control characters": "[a]\nk = a\x1bb\x01c\x0bd\n\x0bl = x\x1f\n",
    "mark of the order of bytes": "\ufeff[a]\nk = v\n",
}


def mutations(text, count):
    """Files that were edited carelessly."""
    chance = random.Random(20220601)
    lines = text.split("\n")
    for _ in range(count):
        changed = list(lines)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(changed))
            line = changed[at]
            cut = chance.randint(0, len(line))
            changed[at:at + 1] = chance.choice([
                [], [line, line], [" " + line], [line.lstrip()], [line[:cut]], [line[cut:]], [line[:cut], line[cut:]],
                [line[:cut] + chance.choice(" \t=:#;[]\r\v%'\"") + line[cut:]], [chance.choice(lines)], [line, ""],
                [line.upper()], ["\t" + line, line + " "]])
        yield "\n".join(changed)


def read_by_python(file):
    """Returns the sections, or the number of the first line with an error."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with open(file, encoding="utf-8") as source:
            parser.read_file(source)
    except configparser.Error as error:
        return getattr(error, "lineno", None) or error.errors[0][0]
    return {name: dict(keys) for name, keys in parser.items()}


class SlipsConf(unittest.TestCase):
    def test_as_configparser(self):
        texts = dict(CASES, real=REAL)
        texts.update((f"mutation {i}", text) for i, text in enumerate(mutations(REAL, 600)))
        # the name of a header with two brackets depends on the version of Python
        texts = {name: text for name, text in texts.items() if not re.search(r"^\s*\[.*\].*\]", text, re.MULTILINE)}
        with tempfile.TemporaryDirectory() as folder:
            files = {name: Path(folder, str(i)) for i, name in enumerate(texts)}
            for name, file in files.items():
                file.write_bytes(texts[name].encode())
            output = subprocess.run([PROGRAM, *files.values()], stdout=subprocess.PIPE, check=True).stdout.decode()
            answers = dict(zip(files, output.splitlines()))
            self.assertEqual(len(answers), len(files))
            expected = {name: read_by_python(file) for name, file in files.items()}
        for name, answer in answers.items():
            with self.subTest(name, text=texts[name] if name in CASES else "…"):
                if isinstance(expected[name], dict):
                    self.assertEqual(json.loads(answer), expected[name])
                else:
                    line = re.match(r"line (\d+): ", answer)
                    self.assertTrue(line, f"{answer}, while Python complains of line {expected[name]}")
                    # with several errors Python reports the most severe one, the SDK the first
                    self.assertLessEqual(int(line[1]), expected[name])
        wrong = sum(isinstance(answer, int) for answer in expected.values())
        self.assertTrue(50 < wrong < len(files) - 50, f"{wrong} of {len(files)} files are wrong")


if __name__ == "__main__":
    unittest.main()
