"""Reports how Slips in the working folder treats a module installed there: one JSON object on standard output.

Arguments: the module's folder below modules/, or ""; the names under which Slips looks it up; the evidence types that it
declares; both lists are separated by commas.
"""
import dataclasses
import importlib
import json
import os
import sys

KNOWN_FIELDS = {"evidence_type", "description", "attacker", "threat_level", "profile", "timewindow", "uid", "timestamp"}


def import_if_there(path):
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name and (path + ".").startswith(error.name + "."):
            return None
        raise


def look(folder, names, types):
    report = {}
    evidence = importlib.import_module("slips_files.core.structures.evidence")
    report["needed_fields"] = [
        each.name for each in dataclasses.fields(evidence.Evidence) if each.name not in KNOWN_FIELDS
        and each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING]
    if folder:  # as Slips does when it lists its modules
        package = importlib.import_module("modules." + folder)
        report["problem"] = str(getattr(package, "problem", "it registers nothing"))
        if report["problem"]:
            return report
        report["unknown_types"] = [each for each in types if each not in evidence.EvidenceType.__members__]
    supported = import_if_there("modules.supported_module_names")
    if supported:
        members = [each.value for each in supported.Modules]
        report["unlisted_names"] = [each for each in names if each not in members]
    return report


def split(text):
    return [each for each in text.split(",") if each]


def main():
    sys.dont_write_bytecode = True
    answer = os.dup(1)
    os.dup2(2, 1)  # keeps Slips' own output apart
    sys.path.insert(0, os.getcwd())
    try:
        report = look(sys.argv[1], split(sys.argv[2]), split(sys.argv[3]))
    except ModuleNotFoundError as error:
        report = {"missing": error.name or str(error)}
    except Exception as error:  # Slips' own code may raise anything
        report = {"error": " ".join(("%s: %s" % (type(error).__name__, error)).split())}
    os.write(answer, json.dumps(report).encode())


if __name__ == "__main__":
    main()
