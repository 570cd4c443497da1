#!/usr/bin/env python3
"""Converts a linear model of scikit-learn to the JSON file that the module flow_classifier reads.

usage: export_model.py MODEL [SCALER] --output model.json [--malicious CLASS] [--features NAME,...] [--protocols NAME,...]
       export_model.py --slips MODEL SCALER --output model.json

MODEL is a pickle: a pipeline of StandardScaler and classifier, as train.py writes it, or a classifier; SCALER is the pickle of
its StandardScaler. The classifier is an SGDClassifier, LogisticRegression or LinearSVC for two classes. Names of features come
from the pickle if it was trained with a pandas frame, else from --features, in the order of training. The protocols are those
that train.py was given, else tcp and udp.

--slips converts the two files that Slips ships with its own module, modules/flow_ml_detection/model.bin and scaler.bin. For
files that Slips has trained again, use --features with the order of that release, without --slips.

A pickle can execute code when it is loaded: only convert files that you trust. Needs scikit-learn (Debian: python3-sklearn).
"""
import argparse
import json
import math
import os
import pickle
import sys
import warnings

import flow_features

# The columns in the order in which Slips trained the model that it ships.
SLIPS = ("dur", "sport", "dport", "proto", "interpreted_state", "pkts", "bytes", "spkts", "sbytes")
CLASSIFIERS = ("SGDClassifier", "LogisticRegression", "LinearSVC")


def load(path):
    """Returns what a pickle contains."""
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of another version of scikit-learn: what is exported exists in all
            return pickle.load(file)
    except (OSError, EOFError, AttributeError, ImportError, pickle.UnpicklingError) as error:
        raise SystemExit(f"{path}: cannot be loaded: {error}") from None


def parts_of(model, scaler):
    """Returns the classifier and its scaler, which is None if the features are not scaled."""
    steps = [step for _, step in getattr(model, "steps", [])] or [model]
    *before, classifier = steps
    if scaler is not None:
        before.append(scaler)
    if type(classifier).__name__ not in CLASSIFIERS:
        raise SystemExit(f"a {type(classifier).__name__} cannot be exported, only {', '.join(CLASSIFIERS)}")
    if [type(step).__name__ for step in before] not in ([], ["StandardScaler"]):
        raise SystemExit(f"{' and '.join(type(step).__name__ for step in before)} cannot be exported, only a StandardScaler")
    return classifier, before[0] if before else None


def feature(name):
    """Returns the description of a feature."""
    if name in flow_features.NUMERIC:
        return {"name": name}
    if name in flow_features.CATEGORIES:
        return {"name": name, "categories": flow_features.CATEGORIES[name], "other": flow_features.OTHER}
    raise SystemExit(f"\"{name}\" is no feature of a flow; the features are "
                     f"{', '.join([*flow_features.NUMERIC, *flow_features.CATEGORIES])}")


def exported(classifier, scaler, names, malicious, protocols):
    """Returns the model as the module reads it."""
    if not hasattr(classifier, "coef_"):
        raise SystemExit("the classifier has not been trained")
    classes = [str(name) for name in classifier.classes_]
    if len(classes) != 2:
        raise SystemExit(f"the classifier has {len(classes)} classes ({', '.join(classes)}), not 2")
    if malicious is None:
        named = [name for name in classes if name.lower() in ("malicious", "malware", "1")]
        malicious = named[0] if len(named) == 1 else None
    if malicious not in classes:
        raise SystemExit(f"name the malicious class with --malicious: {' or '.join(classes)}")
    if len(set(names)) != len(names):
        raise SystemExit(f"a feature is named twice: {', '.join(names)}")
    model = {"model": type(classifier).__name__, "classes": classes, "malicious": malicious}
    if protocols:
        model["protocols"] = protocols
    model["features"] = [feature(name) for name in names]
    if scaler is not None:
        # without with_mean or with_std, there is none
        model["mean"] = [0.0] * len(names) if scaler.mean_ is None or not scaler.with_mean else [float(x) for x in scaler.mean_]
        model["scale"] = [1.0] * len(names) if scaler.scale_ is None else [float(x) for x in scaler.scale_]
    coefficients = classifier.coef_.toarray() if hasattr(classifier.coef_, "toarray") else classifier.coef_  # after sparsify()
    model["coefficients"] = [float(x) for x in coefficients[0]]
    # without fit_intercept, there is one number 0
    intercept = classifier.intercept_
    model["intercept"] = float(intercept[0] if hasattr(intercept, "__len__") else intercept)
    for key in ("mean", "scale", "coefficients"):
        numbers = model.get(key, model["coefficients"])
        if len(numbers) != len(names):
            raise SystemExit(f"the model has {len(numbers)} features, and {len(names)} are named: {', '.join(names)}")
        if not all(map(math.isfinite, numbers)):
            raise SystemExit(f"\"{key}\" has a value that is no finite number")
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("scaler", metavar="SCALER", nargs="?")
    parser.add_argument("--output", required=True)
    parser.add_argument("--slips", action="store_true", help="the files are those of Slips' own module")
    parser.add_argument("--malicious", metavar="CLASS", help="the class to report, if it is not malicious, malware or 1")
    parser.add_argument("--features", metavar="NAME,...")
    parser.add_argument("--protocols", metavar="NAME,...",
                        help="only flows of these are classified (those of the training, else tcp,udp; empty: all)")
    arguments = parser.parse_args()
    if arguments.slips and not arguments.scaler:
        parser.error("--slips needs MODEL and SCALER: Slips scales the features")
    if arguments.slips and arguments.features:
        parser.error("--slips means the features of the model that Slips ships: use it or --features, not both")
    model = load(arguments.model)
    scaler = load(arguments.scaler) if arguments.scaler else None
    classifier, scaler = parts_of(model, scaler)

    named = [step for step in (scaler, classifier, model) if hasattr(step, "feature_names_in_")]
    if arguments.slips:
        names = SLIPS
    elif arguments.features:
        names = arguments.features.split(",")
    elif named:
        names = [str(name) for name in named[0].feature_names_in_]
    else:
        raise SystemExit("the model does not name its features: use --features, in the order of training")
    protocols = getattr(model, "slips_protocols", ["tcp", "udp"])
    if arguments.protocols is not None:
        protocols = [name for name in arguments.protocols.split(",") if name]
    content = exported(classifier, scaler, names, arguments.malicious, protocols)
    temporary = arguments.output + ".new"  # renamed when it is complete: a module may be reading it
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1, allow_nan=False)
            file.write("\n")
        os.replace(temporary, arguments.output)
    except OSError as error:
        raise SystemExit(f"{arguments.output}: cannot be written: {error}") from None
    print(f"{arguments.output}: {content['model']} with {len(names)} features; reports {content['malicious']}", file=sys.stderr)


if __name__ == "__main__":
    main()
