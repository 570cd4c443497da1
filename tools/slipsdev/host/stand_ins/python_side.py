"""The Python side of Slips that a module sees, as each release has it: install() makes it importable.

A row for each release that changed it. The classes are made from the row, so there is one of each kind, not one for each
release.
"""
import configparser
import dataclasses
import importlib.util
import ipaddress
import json
import multiprocessing
import os
import re
import sys
import traceback
from abc import ABC, abstractmethod
from enum import Enum
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from uuid import uuid4

HERE = os.path.dirname(os.path.abspath(__file__))

# events: of the process manager; with a single one, the evidence process ends with the modules. base: of all modules. arguments: of its constructor. abstract: its abstract methods. process: it is a Process itself.
# prints: it has print(). life: how its run() works, None if a module brings its own. database, parser, evidence: where they
# are. See the functions that read them for the others.
ROWS = (
    ("0.9.0", {"base": "abstracts.Module", "arguments": "outputqueue config", "abstract": "", "process": False,
               "prints": False, "life": None, "database": "database", "parser": None, "evidence": None,
               "stop": "every channel", "kills": None, "finished_is_killed": False, "output": "queue",
               "setter": "type_detection detection_info type_evidence", "config": "ini",
               "name": "", "fragile": False, "subscribes": False, "own_folder": False,
               "events": ""}),
    ("0.9.1", {"arguments": "outputqueue config redis_port", "kills": 4.3}),
    ("0.9.6", {"arguments": "outputqueue redis_port", "database": "database.database", "parser": "config_parser",
               "finished_is_killed": True}),
    ("1.0.0", {"kills": None}),
    ("1.0.1", {"setter": "attacker_direction attacker evidence_type"}),
    ("1.0.4", {"abstract": "shutdown_gracefully run", "prints": True}),
    ("1.0.5", {"abstract": "shutdown_gracefully main", "life": "messages", "stop": "control_module"}),
    ("1.0.6", {"abstract": "init main", "life": "event", "arguments": "output_queue db termination_event",
               "stop": "event", "setter": "attacker_direction attacker evidence_type victim",
               "finished_is_killed": False, "events": "termination_event", "ends_quietly": True, "first_interrupt_ends": True, "truthy_goes_on": True}),
    ("1.0.7", {"arguments": "output_queue output_dir redis_port termination_event"}),
    ("1.0.8", {"base": "abstracts._module.IModule", "arguments": "logger output_dir redis_port termination_event",
               "parser": "parsers.config_parser", "output": "logger"}),
    ("1.0.9", {"fragile": True}),  # an ImportError in a module's file ends Slips
    ("1.0.11", {"process": True, "evidence": "evidence_structure.evidence", "setter": None, "fragile": False}),
    ("1.0.13", {"base": "abstracts.module.IModule"}),
    ("1.0.14", {"abstract": "init main name description authors"}),
    ("1.1", {"config": "yaml", "events": "termination_event evidence_handler_termination_event"}),
    ("1.1.1", {"ends_quietly": False, "first_interrupt_ends": False}),
    ("1.1.2", {"evidence": "structures.evidence"}),
    ("1.1.3", {"abstract": "init main"}),
    ("1.1.7", {"truthy_goes_on": False}),
    ("1.1.10", {"arguments": "logger output_dir redis_port termination_event args"}),
    ("1.1.11", {"base": "abstracts.imodule.IModule",
                "arguments": "logger output_dir redis_port termination_event slips_args conf"}),
    ("1.1.12", {"arguments": "logger output_dir redis_port termination_event slips_args conf ppid"}),
    ("1.1.16", {"arguments": "logger output_dir redis_port termination_event slips_args conf ppid "
                             "bloom_filters_manager"}),
    ("1.1.18", {"abstract": "init main subscribe_to_channels", "subscribes": True}),
    ("1.1.20", {"name": "imodule", "own_folder": True}),
)


def number(version):
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3] + ["0", "0"])[:3]


def row(version):
    """What a module sees of this release; of an unknown one, of the nearest older one."""
    found = {}
    for since, changes in ROWS:
        if number(since) <= number(version):
            found.update(changes)
    if not found:
        raise ValueError("%s is older than any release known" % version)
    return SimpleNamespace(version=version, **found)


# --- what can be imported -----------------------------------------------------------------------------------------

def put(path, **members):
    """Makes <path> importable, with these members; and the packages above it."""
    names = path.split(".")
    for depth in range(1, len(names) + 1):
        name = ".".join(names[:depth])
        if name not in sys.modules:
            module = sys.modules[name] = ModuleType(name)
            module.__spec__ = ModuleSpec(name, None, is_package=depth < len(names))
            if depth < len(names):
                module.__path__ = []
            if depth > 1:
                setattr(sys.modules[".".join(names[:depth - 1])], names[depth - 1], module)
    for name, member in members.items():
        setattr(sys.modules[path], name, member)


def load(file):
    """The Python file of another stand-in, without the package it is in."""
    spec = importlib.util.spec_from_file_location("stand_in_" + re.sub(r"\W", "_", file), os.path.join(HERE, file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def install(version, config, redis_port):
    """Makes the Slips of this version importable. Returns its row, with `Base`, `database` and `configuration` added."""
    slips = row(version)
    slips.configuration = config
    if slips.config == "ini":
        slips.configuration = configparser.ConfigParser(interpolation=None)
        slips.configuration.read_dict(config)
    database, slips.database = slips.database, make_database(slips, redis_port)
    if slips.life != "event":
        put("slips_files.core." + database, __database__=slips.database)
    if slips.parser:
        put("slips_files.common." + slips.parser, ConfigParser=type("ConfigParser", (), {"config": slips.configuration}))
    slips.Base = (make_event_base if slips.life == "event" else make_queue_base)(slips)
    path, _, name = slips.base.rpartition(".")
    put("slips_files.common." + path, **{name: slips.Base})
    if slips.events:
        put("managers.process_manager", ProcessManager=process_manager(slips.events.split()))
    if slips.evidence:
        forms = evidence_forms(number(version))
        put("slips_files.core." + slips.evidence, **forms)
        has_to_dict = slips.evidence == "structures.evidence"
        put("slips_files.common.slips_utils", utils=SimpleNamespace(**({"to_dict": to_dict} if has_to_dict else {})))
    return slips


def process_manager(events):
    """A class whose constructor makes the events, which is all that a launcher can see of it."""
    scope = {"Event": multiprocessing.Event}
    exec("def __init__(self):\n" + "".join("    self.%s = Event()\n" % each for each in events), scope)
    return type("ProcessManager", (), {"__init__": scope["__init__"]})


def make_database(slips, redis_port):
    parts = load("legacy/slips_files/core/database.py")

    class Database(parts.Database):
        def start(self, *arguments):
            """Called with the configuration and the port, with the port alone, or in 0.9.0 with the configuration."""
            self.redis_port = redis_port
            super().start(None, redis_port)

        def subscribe(self, channel):
            """Returns False for a channel unknown to this release."""
            is_known = channel != "control_module" or slips.stop == channel
            return is_known and parts.Subscription(redis_port, channel)

    if slips.setter:
        names = "profileid twid description timestamp uid confidence threat_level category".split()
        scope = {}
        exec("def setEvidence(self, %s): ..." % ", ".join(slips.setter.split() + names), scope)
        Database.setEvidence = scope["setEvidence"]
    database = Database()
    database.redis_port = redis_port
    return database


# --- the base class of modules ------------------------------------------------------------------------------------

def with_abstract(slips, base):
    """The class with the row's abstract methods and attributes."""
    members = {}
    for name in slips.abstract.split():
        def method(self, **kwargs): ...
        method.__name__ = name
        is_attribute = name in ("name", "description", "authors")
        members[name] = property(abstractmethod(method)) if is_attribute else abstractmethod(method)
    bases = (ABC, multiprocessing.Process) if slips.process else (ABC,)
    if not slips.abstract:
        bases = ()
    return type(slips.base.rpartition(".")[2], (base, *bases), members)


def make_queue_base(slips):
    """Releases before 1.0.6: a module is stopped by a message, and prints into a queue."""

    class Plain:
        name, description, authors = "", "", []

        if slips.prints:
            def __init__(self, outputqueue):
                self.outputqueue = outputqueue
                if slips.life:
                    self.control_channel = slips.database.subscribe("control_module")
                    self.msg_received = True

            def print(self, text, verbose=1, debug=0):
                self.outputqueue.put(f"{verbose}{debug}|{self.name}|{text}")

        if slips.life:
            def run(self):
                """Never stops a module that does not read its messages, as in this release."""
                self.pre_main()
                while not self.should_stop():
                    self.main()
                self.shutdown_gracefully()

            def pre_main(self): ...

            def should_stop(self):
                if self.msg_received:
                    return False
                message = self.control_channel.get_message(timeout=0.01)
                return bool(message) and message["data"] == "stop_process"

    return with_abstract(slips, Plain)


def make_event_base(slips):
    """1.0.6 and newer: a module is stopped by an event."""
    names = slips.arguments.split()

    class Module:
        name, description, authors = slips.name, "", []
        channels = {}

        def __init__(self, *arguments, **kwargs):
            if len(arguments) != len(names):
                raise TypeError("a module of Slips %s is constructed with %s" % (slips.version, ", ".join(names)))
            multiprocessing.Process.__init__(self)
            given = dict(zip(names, arguments))
            for name in ("logger", "output_queue", "db", "termination_event", "args", "conf", "ppid"):
                if name in given:
                    setattr(self, name, given[name])
            if "slips_args" in given:
                self.args = given["slips_args"]
            if "bloom_filters_manager" in given:
                self.bloom_filters = given["bloom_filters_manager"]
            if "db" not in given:
                self.db = SimpleNamespace(redis_port=given["redis_port"])
            if "logger" in given:  # before, the base keeps neither
                self.redis_port, self.output_dir = given["redis_port"], given["output_dir"]
            if slips.own_folder:
                self.parent_output_dir, self.output_dir = self.output_dir, os.path.join(self.output_dir, self.name)
                self.slips_version = self.conf.slips_version
            self.init(**kwargs)

        def pre_main(self): ...

        def shutdown_gracefully(self): ...

        def print(self, text, verbose=1, debug=0):
            if slips.output == "queue":
                self.output_queue.put(f"{verbose}{debug}|{self.name}|{text}")
            else:
                self.logger.show(self.name, str(text), verbose, debug)

        def run(self):
            interrupts = 0
            try:
                if slips.subscribes:
                    self.subscribe_to_channels()
                if self.pre_main():
                    return self.shutdown_gracefully()
                while interrupts < 2:
                    try:
                        if self.termination_event.is_set():
                            return None if slips.ends_quietly else self.shutdown_gracefully()
                        if self.main():
                            self.shutdown_gracefully()
                            if not slips.truthy_goes_on:
                                return None
                    except KeyboardInterrupt:
                        interrupts += 1
                        if slips.first_interrupt_ends:
                            return self.shutdown_gracefully()
            except KeyboardInterrupt:
                self.shutdown_gracefully()
            except Exception:
                self.print(traceback.format_exc().replace("|", "/"), 0, 1)

    return with_abstract(slips, Module)


# --- evidence -----------------------------------------------------------------------------------------------------

TYPES = """
    ARP_SCAN ARP_OUTSIDE_LOCALNET UNSOLICITED_ARP MITM_ARP_ATTACK YOUNG_DOMAIN MULTIPLE_SSH_VERSIONS
    DIFFERENT_LOCALNET DEVICE_CHANGING_IP NON_HTTP_PORT_80_CONNECTION NON_SSL_PORT_443_CONNECTION WEIRD_HTTP_METHOD
    INCOMPATIBLE_CN DGA_NXDOMAINS DNS_WITHOUT_CONNECTION PASTEBIN_DOWNLOAD CONNECTION_WITHOUT_DNS DNS_ARPA_SCAN
    UNKNOWN_PORT PASSWORD_GUESSING HORIZONTAL_PORT_SCAN CONNECTION_TO_PRIVATE_IP GRE_TUNNEL VERTICAL_PORT_SCAN
    SSH_SUCCESSFUL LONG_CONNECTION SELF_SIGNED_CERTIFICATE MULTIPLE_RECONNECTION_ATTEMPTS
    CONNECTION_TO_MULTIPLE_PORTS HIGH_ENTROPY_DNS_ANSWER INVALID_DNS_RESOLUTION PORT_0_CONNECTION MALICIOUS_JA3
    MALICIOUS_JA3S DATA_UPLOAD BAD_SMTP_LOGIN SMTP_LOGIN_BRUTEFORCE MALICIOUS_SSL_CERT MALICIOUS_FLOW
    SUSPICIOUS_USER_AGENT EMPTY_CONNECTIONS INCOMPATIBLE_USER_AGENT EXECUTABLE_MIME_TYPE MULTIPLE_USER_AGENT
    HTTP_TRAFFIC MALICIOUS_JARM NETWORK_GPS_LOCATION_LEAKED ICMP_TIMESTAMP_SCAN ICMP_ADDRESS_SCAN
    ICMP_ADDRESS_MASK_SCAN DHCP_SCAN MALICIOUS_IP_FROM_P2P_NETWORK P2P_REPORT COMMAND_AND_CONTROL_CHANNEL
    THREAT_INTELLIGENCE_BLACKLISTED_ASN THREAT_INTELLIGENCE_BLACKLISTED_DOMAIN MALICIOUS_DOWNLOADED_FILE
""".split()
MORE_TYPES = (  # since, until before, names
    ("1.0.11", "1.0.12", "MALICIOUS_URL"),
    ("1.0.12", "", "THREAT_INTELLIGENCE_MALICIOUS_URL THREAT_INTELLIGENCE_BLACKLISTED_DNS_ANSWER"),
    ("1.0.11", "1.1.5", "THREAT_INTELLIGENCE_BLACKLISTED_IP"),
    ("1.1.5", "", "CN_URL_MISMATCH THREAT_INTELLIGENCE_FROM_BLACKLISTED_IP THREAT_INTELLIGENCE_TO_BLACKLISTED_IP"),
    ("1.1.7", "", "GRE_SCAN"),
    ("1.1.13", "", "THREAT_INTELLIGENCE_ANSWER_OF_BLACKLISTED_QUERY"),
    ("1.1.21", "", "LOGIN TOR_EXIT_NODE"))
METHODS = "BIOMETRIC SIGNATURE MONITOR POLICY STATISTICAL AI HEAT MOVEMENT BLACKHOLE HEURISTIC INTEGRITY HONEYPOT TARPIT " \
          "RECON CORRELATION THRESHOLD"
CATEGORIES = "ANOMALY_TRAFFIC ANOMALY_FILE ANOMALY_CONNECTION ANOMALY_BEHAVIOUR INFO MALWARE RECON_SCANNING " \
             "ATTEMPT_LOGIN RECON INTRUSION_BOTNET"
TAGS = "SUSPICIOUS_USER_AGENT INCOMPATIBLE_USER_AGENT EXECUTABLE_MIME_TYPE MULTIPLE_USER_AGENT " \
       "SENDING_UNENCRYPTED_DATA MALWARE RECON MITM ORIGIN_MALWARE CC BOTNET BLACKLISTED_ASN BLACKLISTED_IP " \
       "BLACKLISTED_DOMAIN"


def types_of(version):
    names = list(TYPES)
    for since, until, more in MORE_TYPES:
        if number(since) <= version and not (until and number(until) <= version):
            names += more.split()
    return names


def to_dict(value):
    """Converts a dataclass to JSON values: members of enums become their names."""
    if dataclasses.is_dataclass(value):
        return {each.name: to_dict(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: to_dict(each) for key, each in value.items()}
    if isinstance(value, list):
        return [to_dict(each) for each in value]
    return value.name if isinstance(value, Enum) else value


def dataclass(name, required, optional=(), check=lambda self: None):
    fields = [(each, object) for each in required.split()]
    fields += [(each, object, value if isinstance(value, dataclasses.Field) else dataclasses.field(default=value))
               for each, value in optional]
    return dataclasses.make_dataclass(name, fields, namespace={"__post_init__": check})


def evidence_forms(version):
    """The classes of evidence of a release, and the function with which its evidence process reads evidence."""
    forms = {"EvidenceType": Enum("EvidenceType", types_of(version)), "Direction": Enum("Direction", "DST SRC"),
             "IoCType": Enum("IoCType", "IP URL DOMAIN MD5"), "Method": Enum("Method", METHODS),
             "Proto": Enum("Proto", "TCP UDP ICMP"),
             "ThreatLevel": Enum("ThreatLevel", (("INFO", 0), ("LOW", 0.2), ("MEDIUM", 0.5), ("HIGH", 0.8),
                                                 ("CRITICAL", 1)))}
    has_category, split = version < (1, 1, 2), version < (1, 1, 7)
    if has_category:
        forms.update(IDEACategory=Enum("IDEACategory", CATEGORIES), Tag=Enum("Tag", TAGS))
    facts = [] if has_category else ["TI", "AS", "rDNS", "SNI"]
    facts += [] if split else ["DNS_resolution", "queries", "CNAME"]

    def check_party(kind):
        def check(self):
            if getattr(self, kind) in ("IP", forms["IoCType"].IP):
                ipaddress.ip_address(self.value)
        return check

    nothing = [(name, None) for name in facts]
    kinds = ("attacker_type", "victim_type") if split else ("ioc_type", "ioc_type")
    forms["ProfileID"] = dataclass("ProfileID", "ip", check=lambda self: ipaddress.ip_address(self.ip) and None)
    forms["TimeWindow"] = dataclass("TimeWindow", "number",
                                    () if has_category else (("start_time", ""), ("end_time", "")))
    forms["Attacker"] = dataclass("Attacker", "direction %s value" % kinds[0], [*nothing, ("profile", "")],
                                  check_party(kinds[0]))
    forms["Victim"] = dataclass("Victim", "direction %s value" % kinds[1], nothing, check_party(kinds[1]))
    optional = [("victim", False), ("proto", False)]
    required = "evidence_type description attacker threat_level "
    if has_category:
        required += "category "
        optional += [("port", None), ("source_target_tag", False), ("conn_count", 1)]
    else:
        optional += [("dst_port", None), ("src_port", None), ("method", forms["Method"].HEURISTIC), ("rel_id", None)]
    if version >= (1, 1, 15):
        optional.insert(0, ("interface", "default"))
    if version >= (1, 1, 22):
        optional.insert(0, ("immune_type", None))
    optional += [("id", dataclasses.field(default_factory=lambda: str(uuid4()))), ("confidence", 0.0)]
    required += "profile timewindow uid timestamp"
    forms["Evidence"] = dataclass("Evidence", required, optional)
    forms["dict_to_evidence"] = lambda evidence: read_evidence(version, forms, evidence)
    forms["evidence_to_dict"] = to_dict
    return forms


def read_evidence(version, forms, evidence):
    """Converts JSON of evidence_added and of a time window's hash to an Evidence; raises what the release raises."""
    level, proto, victim = evidence["threat_level"], evidence.get("proto"), evidence.get("victim")
    timewindow = evidence["timewindow"]["number"]
    if not isinstance(timewindow, int):
        raise ValueError("a time window has a number")
    fields = {
        "evidence_type": forms["EvidenceType"][evidence["evidence_type"]],
        "description": evidence["description"],
        "attacker": forms["Attacker"](**evidence["attacker"]),
        "threat_level": forms["ThreatLevel"][level if version < (1, 0, 12) else level.upper()],
        "profile": forms["ProfileID"](evidence["profile"]["ip"]),
        "timewindow": forms["TimeWindow"](timewindow),
        "uid": evidence["uid"],
        "timestamp": evidence["timestamp"],
        "victim": forms["Victim"](**victim) if victim else None,
        "proto": forms["Proto"][proto.upper()] if proto else None,
        "id": evidence["id"],
        "confidence": evidence["confidence"],
    }
    if version < (1, 1, 2):
        tag = evidence.get("source_target_tag")
        fields.update(category=forms["IDEACategory"][evidence["category"]], port=evidence["port"],
                      source_target_tag=forms["Tag"][tag] if tag else None, conn_count=evidence["conn_count"])
    else:
        fields.update(dst_port=evidence.get("dst_port"), src_port=evidence.get("src_port"),
                      method=forms["Method"][evidence["method"].upper()], rel_id=evidence["rel_id"])
    if version >= (1, 1, 15):
        fields["interface"] = evidence["interface"]
    return forms["Evidence"](**fields)


def write_known_types(slips, file):
    """Writes the evidence types known to this process, and so to those that Slips starts from now on."""
    if not slips.evidence or not file:
        return
    enum = sys.modules["slips_files.core." + slips.evidence].EvidenceType
    with open(file + ".new", "w", encoding="utf-8") as out:
        json.dump(list(enum.__members__), out)
    os.replace(file + ".new", file)
