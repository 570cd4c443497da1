"""Decides about flows one by one, the way Slips' module does it: a pandas frame of one row, its texts replaced by numbers, the
scaler, the classifier. Prints the same JSON as classify.cpp. Needs python3-sklearn and python3-pandas.

usage: classify.py MODEL.pickle FLOWS.csv FLOWS
"""
import csv
import json
import os
import pickle
import sys
import time

import pandas

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples", "flow_classifier"))
import flow_features  # noqa: E402


def flow_of(row):
    """Returns a flow as Slips publishes it, with numbers where they are known."""
    flow = {name: float(text) if text else None for name, text in row.items() if name in flow_features.NUMERIC}
    flow.update({name: row[name] for name in flow_features.CATEGORIES})
    return flow


def decide(flow, scaler, classifier, columns):
    frame = pandas.DataFrame(flow, index=[0])
    for name in flow_features.CATEGORIES:
        if name not in columns:
            frame = frame.drop(name, axis=1)
            continue
        frame[name] = frame[name].str.lower()
        for text, number in flow_features.CATEGORIES[name].items():
            frame[name] = frame[name].str.replace(f"^{text.lower()}$", str(number), regex=True)
        frame[name] = pandas.to_numeric(frame[name], errors="coerce")
    frame = frame[columns].astype("float64").fillna(0)
    return classifier.predict(scaler.transform(frame))[0]


def main():
    with open(sys.argv[1], "rb") as file:
        scaler, classifier = (step for _, step in pickle.load(file).steps)
    with open(sys.argv[2], newline="") as file:
        flows = [flow_of(row) for row, _ in zip(csv.DictReader(file), range(int(sys.argv[3])))]
    columns = list(scaler.feature_names_in_)
    begin = time.process_time()
    malicious = sum(decide(flow, scaler, classifier, columns) == "Malicious" for flow in flows)
    seconds = time.process_time() - begin
    print(json.dumps({"flows": len(flows), "malicious": int(malicious), "cpu_us": seconds / len(flows) * 1e6}))


main()
