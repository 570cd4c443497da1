# SPDX-FileCopyrightText: the slips-module-sdk authors
# SPDX-License-Identifier: MIT
"""Registers the module in this folder with Slips: its evidence types and its name.

modules/<name>/__init__.py is a copy of this file. Slips lists its modules by walking the packages below modules/, which
imports this file in its main process, before Slips starts other processes. All of them inherit what is registered here,
even if Slips imports the module itself, <name>.py, in a process it forked earlier.

This file also runs when the module is disabled, and outside of Slips. It raises no exception, because that would end Slips.
"""
import importlib
import json
import multiprocessing
import os
import re

FOLDER = os.path.dirname(os.path.abspath(__file__))
DESCRIPTION = os.path.join(FOLDER, os.path.basename(FOLDER) + ".json")


def read_description():
    """What `<name> --describe` printed when the module was installed. Raises OSError and ValueError."""
    # O_NONBLOCK and the limit keep Slips from hanging if the file is a pipe or endless
    with open(DESCRIPTION, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as file:
        described = json.loads((file.read(1 << 20) or b"").decode("utf-8"))
    try:
        texts = [described[key] for key in ("name", "description", "authors")]
        types = [each["current"] for each in described["evidence_types"]]
        if described["name"] and all(isinstance(each, str) for each in texts + types):
            return described
    except (LookupError, TypeError):
        pass
    raise ValueError("the file is not what --describe prints")


def evidence_types(described):
    """The types that the module declares, by their names in the enum."""
    types = (each["current"] for each in described["evidence_types"])
    return [each for each in types if re.fullmatch("[A-Z][A-Z0-9_]*", each)]


def import_if_there(path):
    """Returns the Python module; None if this Slips does not have it."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name and (path + ".").startswith(error.name + "."):
            return None
        raise


def add_member(enum, name, value):
    """Adds a member to the enum, as a line in its class would."""
    base = enum._member_type_  # str in an enum of strings, for example
    member = object.__new__(enum) if base is object else base.__new__(enum, value)
    member._name_ = name
    member._value_ = value
    member._sort_order_ = len(enum._member_names_)
    member.__objclass__ = enum
    enum._member_names_.append(name)
    enum._member_map_[name] = enum._value2member_map_[value] = member
    type.__setattr__(enum, name, member)  # members are attributes since Python 3.12; the enum's own __setattr__ would refuse


def evidence_forms():
    """Slips' Python module with the classes of evidence; None up to 1.0.10, where evidence types are free text."""
    return (import_if_there("slips_files.core.structures.evidence")
            or import_if_there("slips_files.core.evidence_structure.evidence"))


def register_types(types):
    forms = evidence_forms()
    if not forms:
        return
    enum = forms.EvidenceType
    for name in types:
        if name in enum.__members__:
            continue
        values = [each.value for each in enum]
        texts = bool(values) and all(isinstance(each, str) for each in values)
        add_member(enum, name, name if texts else max(values, default=0) + 1)


def register_name(name):
    """Adds the name to Slips' closed list of module names, if it has one: Slips starts no module that is not in it."""
    names = import_if_there("modules.supported_module_names")
    if not names or name in [each.value for each in names.Modules]:
        return
    member = re.sub(r"\W", "_", name).upper()
    while member in names.Modules.__members__:
        member += "_"
    add_member(names.Modules, member, name)


def register():
    """Registers types and name in the main process of Slips. Returns why that failed, in one line; empty on success."""
    try:
        if multiprocessing.parent_process() is not None:
            return "Slips imported modules/%s only in a child process" % os.path.basename(FOLDER)
        described = read_description()
        register_types(evidence_types(described))
        for name in (described["name"], os.path.basename(FOLDER)):
            register_name(name)
    except Exception as error:  # the classes of a future Slips may be anything
        return " ".join(("%s: %s" % (type(error).__name__, error)).split())
    return ""


problem = register()
