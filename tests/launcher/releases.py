"""The releases of Slips as a launcher sees them, one row for each form, and small trees of Slips made from the rows."""
import json
import shutil
from collections import namedtuple

from stage import HOSTS

QUEUE_OF_0_9 = ("outputqueue", "config", "redis_port")
QUEUE = ("outputqueue", "redis_port")
LOGGER = ("logger", "output_dir", "redis_port", "termination_event")
LOOP = ("init", "main")
SUBSCRIBER = ("init", "subscribe_to_channels", "main")
ARGS = LOGGER + ("slips_args", "conf")
BLOOM = ARGS + ("ppid", "bloom_filters_manager")
ABOUT = ("name", "description", "authors")

# first: the first release of this form. base: the class from which modules derive, below slips_files.common. process: whether it
# is one itself. constructor: what it is called with. abstract: its abstract methods; None: it is no ABC. database, parser and
# evidence: paths below slips_files. channel: the one that brings the stop; None: an event does. own_event: whether the evidence
# handler has an event of its own.
Release = namedtuple("Release", "first base process constructor abstract database parser evidence channel own_event")

DATABASE = "core/database/database"
PARSER = "common/config_parser"
PARSERS = "common/parsers/config_parser"
OLD_FORM = "core/evidence_structure/evidence"
FORM = "core/structures/evidence"
RELEASES = [Release(*row) for row in (
    ("0.9.0", "abstracts:Module", False, QUEUE_OF_0_9[:2], None, "core/database", None, None, "core_messages", True),
    ("0.9.1", "abstracts:Module", False, QUEUE_OF_0_9, None, "core/database", None, None, "core_messages", True),
    ("0.9.6", "abstracts:Module", False, QUEUE, None, DATABASE, PARSER, None, "core_messages", True),
    ("1.0.4", "abstracts:Module", False, QUEUE, ("shutdown_gracefully", "run"), DATABASE, PARSER, None, "core_messages", True),
    ("1.0.5", "abstracts:Module", False, QUEUE, ("shutdown_gracefully", "main"), DATABASE, PARSER, None, "control_module", True),
    ("1.0.6", "abstracts:Module", False, ("output_queue", "db", "termination_event"), LOOP, None, PARSER, None, None, False),
    ("1.0.7", "abstracts:Module", False, ("output_queue",) + LOGGER[1:], LOOP, None, PARSER, None, None, False),
    ("1.0.8", "abstracts._module:IModule", False, LOGGER, LOOP, None, PARSERS, None, None, False),
    ("1.0.11", "abstracts._module:IModule", True, LOGGER, LOOP, None, PARSERS, OLD_FORM, None, False),
    ("1.0.13", "abstracts.module:IModule", True, LOGGER, LOOP, None, PARSERS, OLD_FORM, None, False),
    ("1.0.14", "abstracts.module:IModule", True, LOGGER, ABOUT + LOOP, None, PARSERS, OLD_FORM, None, False),
    ("1.1", "abstracts.module:IModule", True, LOGGER, ABOUT + LOOP, None, PARSERS, OLD_FORM, None, True),
    ("1.1.2", "abstracts.module:IModule", True, LOGGER, ABOUT + LOOP, None, PARSERS, FORM, None, True),
    ("1.1.3", "abstracts.module:IModule", True, LOGGER, LOOP, None, PARSERS, FORM, None, True),
    ("1.1.10", "abstracts.module:IModule", True, LOGGER + ("args",), LOOP, None, PARSERS, FORM, None, True),
    ("1.1.11", "abstracts.imodule:IModule", True, ARGS, LOOP, None, PARSERS, FORM, None, True),
    ("1.1.12", "abstracts.imodule:IModule", True, ARGS + ("ppid",), LOOP, None, PARSERS, FORM, None, True),
    ("1.1.16", "abstracts.imodule:IModule", True, BLOOM, LOOP, None, PARSERS, FORM, None, True),
    ("1.1.18", "abstracts.imodule:IModule", True, BLOOM, SUBSCRIBER, None, PARSERS, FORM, None, True),
    ("1.1.20", "abstracts.imodule:IModule", True, BLOOM, SUBSCRIBER, None, PARSERS, FORM, None, True),
)]

BASE = """
import os
from abc import ABC, abstractmethod
from multiprocessing import Process
from types import SimpleNamespace


class {name}({bases}):
    name = description = ""
    authors = []

    def __init__(self, {parameters}):
        {constructor}

    {abstract}

    def run(self):
        raise RuntimeError("the loop of Slips' base class ran")

    def print(self, text, verbose=1, debug=0):
        {show}
"""

NOT_CALLED = 'raise RuntimeError("{}() of the base class was called")'

PROCESS_MANAGER = """
class ProcessManager:
    def __init__(self):
        self.termination_event = object()
        {evidence_handler}
"""

CONFIG_PARSER = """
import configparser, json, sys

class ConfigParser:
    def __init__(self):
        with open("slips.json") as file:
            text = file.read()
        self.config = json.loads(text)
        if not {yaml}:
            self.config = configparser.ConfigParser(interpolation=None)
            self.config.read_dict(json.loads(text))

    def wait_for_modules_to_finish(self):
        return 15.0
"""


def number(release):
    return tuple(map(int, release.first.split(".")))


def constructor_of(release):
    """The lines of the base class's constructor."""
    if release.channel:
        return [NOT_CALLED.format("__init__")]
    lines = ["Process.__init__(self)", "self.termination_event = termination_event"]
    lines += [f"self.{name} = {name}" for name in ("output_queue", "db", "args", "conf", "ppid") if name in release.constructor]
    if "slips_args" in release.constructor:
        lines.append("self.args = slips_args")
    if "db" not in release.constructor:
        lines.append("self.db = SimpleNamespace(redis_port=redis_port, output_dir=output_dir)")
    if "logger" in release.constructor:
        lines += ["self.logger = logger", "self.redis_port = redis_port", "self.output_dir = output_dir"]
    if number(release) >= (1, 1, 20):
        lines += ["self.parent_output_dir = output_dir", "self.output_dir = os.path.join(output_dir, self.name)",
                  "self.slips_version = open('VERSION').read()"]
    return lines + ["self.init()"]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_tree(release, root):
    """Writes what the launcher can import from this release to `root`, Slips' folder, and what release_host.py reads."""
    files = root / "slips_files"
    module, name = release.base.split(":")
    bases = ["ABC"] if release.abstract is not None else []
    bases += ["Process"] if release.process else []
    abstract = [f"@abstractmethod\n    def {each}(self): ..." for each in release.abstract or ()]
    queue = "logger" not in release.constructor
    write(files / "common" / f"{module.replace('.', '/')}.py", BASE.format(
        name=name, bases=", ".join(bases), parameters=", ".join(release.constructor),
        constructor="\n        ".join(constructor_of(release)), abstract="\n\n    ".join(abstract),
        show=NOT_CALLED.format("print") if queue else "self.logger.show(self.name, str(text), verbose, debug)"))
    shutil.copy(HOSTS / "current" / "slips_files" / "common" / "slips_utils.py", files / "common")
    if release.database:
        database = (HOSTS / "legacy" / "slips_files" / "core" / "database.py").read_text()
        channels = "finished_modules", "core_messages", release.channel
        database = database.replace('channel != "control_module"', f"channel in {channels}")
        write(files / f"{release.database}.py", database)
    if release.parser:
        write(files / f"{release.parser}.py", CONFIG_PARSER.format(yaml=number(release) >= (1, 1)))
    if release.evidence:
        write(files / f"{release.evidence}.py", evidence_classes(release))
    if not release.channel:
        write(root / ("process_manager.py" if number(release) < (1, 0, 8) else "managers/process_manager.py"),
              PROCESS_MANAGER.format(evidence_handler="self.evidence_handler_termination_event = 1" if release.own_event else ""))
    if number(release) < (1, 0, 3):
        write(root / "slips.py", f"import os\nversion = '{release.first}'\n")
    else:
        write(root / "VERSION", release.first + "\n")
    write(root / "release.json", json.dumps(release._asdict()))


def evidence_classes(release):
    """Slips' classes of evidence in the form of this release."""
    text = (HOSTS / "current" / "slips_files" / "core" / "structures" / "evidence.py").read_text()
    if number(release) < (1, 1, 7):
        text = text.replace("    ioc_type: IoCType\n    value: str\n", "    {kind}: IoCType\n    value: str\n")
        peer = text[text.index("@dataclass\nclass Peer"):text.index("@dataclass\nclass Facts")]
        peers = [peer.replace("Peer", f"Peer{i}").replace("{kind}", kind).replace("ioc_type ==", kind + " ==")
                 for i, kind in enumerate(("attacker_type", "victim_type"))]
        text = text.replace(peer, "".join(peers))
        text = text.replace("ioc_type", "attacker_type").replace("class Victim(Facts, Peer)", "class Victim(Facts, Peer1)")
        text = text.replace("class Attacker(Facts, Peer)", "class Attacker(Facts, Peer0)")
    if number(release) < (1, 1, 15):
        text = text.replace('    interface: str = "default"\n', "").replace('        interface=evidence["interface"],\n', "")
    if number(release) < (1, 1, 2):
        text = text.replace("    threat_level: ThreatLevel\n", "    threat_level: ThreatLevel\n    category: IDEACategory\n", 1)
        text = text.replace("    method: Method = Method.HEURISTIC\n", "")
        categories = 'IDEACategory = Enum("IDEACategory", "ANOMALY_TRAFFIC INFO")\n\n\n'
        text = text.replace("class ImmuneType", categories + "class ImmuneType")
        text += "\n\nfrom slips_files.common.slips_utils import utils\nevidence_to_dict = utils.to_dict\n"
    return text
