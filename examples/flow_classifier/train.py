#!/usr/bin/env python3
"""Trains a linear model on labelled flows and saves it with pickle: a StandardScaler and a classifier of scikit-learn.

The flows are Zeek's conn.log, JSON or tab-separated, with a column `label` that contains "malicious" or "malware", or "benign"
or "normal". Other labels are left out.

usage: train.py CONN_LOG --output model.pickle [--classifier sgd|logistic|svc] [--features dur,dport,...] [--protocols tcp,udp]

Needs scikit-learn and pandas (Debian: python3-sklearn, python3-pandas).
"""
import argparse
import pickle

import pandas
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import flow_features

FEATURES = "dur,dport,proto,interpreted_state,spkts,dpkts,sbytes,dbytes"
CLASSIFIERS = {
    "sgd": lambda: SGDClassifier(random_state=1),
    "logistic": lambda: LogisticRegression(max_iter=1000),
    "svc": lambda: LinearSVC(random_state=1, dual=False),
}


def class_of(label):
    """Returns "Malicious" or "Benign", or None for another label."""
    label = label.lower()
    if "malicious" in label or "malware" in label:
        return "Malicious"
    return "Benign" if "benign" in label or "normal" in label else None


def frame_of(flows, features):
    """Returns the features of flows as a pandas frame."""
    return pandas.DataFrame([[flow_features.value(flow, name) for name in features] for flow in flows], columns=features)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", metavar="CONN_LOG")
    parser.add_argument("--output", required=True)
    parser.add_argument("--classifier", choices=CLASSIFIERS, default="sgd")
    parser.add_argument("--features", default=FEATURES)
    parser.add_argument("--protocols", default="tcp,udp")
    arguments = parser.parse_args()
    features, protocols = arguments.features.split(","), arguments.protocols.split(",")
    unknown = [name for name in features if name not in flow_features.NUMERIC and name not in flow_features.CATEGORIES]
    if unknown:
        parser.error(f"no feature: {', '.join(unknown)}; the features are "
                     f"{', '.join([*flow_features.NUMERIC, *flow_features.CATEGORIES])}")

    if len(set(features)) != len(features):
        parser.error(f"a feature is named twice: {arguments.features}")
    labelled = [(flow, class_of(label)) for flow, label in flow_features.flows_of(arguments.log)]
    labelled = [(flow, name) for flow, name in labelled if name and flow["proto"].lower() in protocols]
    classes = [name for _, name in labelled]
    if len(set(classes)) != 2:
        raise SystemExit(f"{arguments.log}: flows of both classes are needed; it has {classes.count('Benign')} benign and "
                         f"{classes.count('Malicious')} malicious flows of {', '.join(protocols)}")
    values = frame_of([flow for flow, _ in labelled], features)
    pipeline = make_pipeline(StandardScaler(), CLASSIFIERS[arguments.classifier]())
    pipeline.fit(values, classes)
    pipeline.slips_protocols = protocols  # for export_model.py
    try:
        with open(arguments.output, "wb") as file:
            pickle.dump(pipeline, file)
    except OSError as error:
        raise SystemExit(f"{arguments.output}: cannot be written: {error}") from None
    print(f"trained on {classes.count('Benign')} benign and {classes.count('Malicious')} malicious flows; "
          f"{pipeline.score(values, classes):.1%} of them are classified correctly; saved {arguments.output}")


if __name__ == "__main__":
    main()
