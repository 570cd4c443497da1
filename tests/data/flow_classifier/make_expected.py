#!/usr/bin/env python3
"""Trains the models in this folder and writes expected.csv: what scikit-learn decides for flows, with the score.

The flows are those of a Zeek log (numbers, protocols and states only) and 10,000 made-up ones with absent fields, huge numbers
and all protocols. Needs Debian's python3-sklearn and python3-pandas; the tests read the result.

usage: make_expected.py CONN_LOG
"""
import csv
import os
import pickle
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(HERE, "../../../examples/flow_classifier")
sys.path.insert(0, EXAMPLE)
import flow_features  # noqa: E402
import train  # noqa: E402

ALL = ",".join([*flow_features.NUMERIC, *flow_features.CATEGORIES])
MODELS = {"sgd": train.FEATURES, "logistic": ALL, "svc": train.FEATURES}
COLUMNS = ("dur", "sport", "dport", "spkts", "dpkts", "sbytes", "dbytes", "proto", "appproto", "state", "interpreted_state")


def made_up(generator):
    """Returns a flow, some fields of which are absent, huge or odd."""
    def count(largest):
        kind = generator.random()
        if kind < 0.1:
            return None
        if kind < 0.2:
            return 0
        return generator.randint(0, 2**63 - 1 if kind > 0.97 else largest)

    kind = generator.random()
    dur = None if kind < 0.1 else 0.0 if kind < 0.2 else 10.0 ** generator.uniform(-6, 300 if kind > 0.99 else 5)
    flow = {"dur": dur, "sport": count(65535), "dport": count(65535), "spkts": count(10**6), "dpkts": count(10**6),
            "sbytes": count(10**12), "dbytes": count(10**12),
            "proto": generator.choice(["tcp", "udp", "icmp", "ipv6-icmp", "arp", "TCP", "UDP", "ICMP", "igmp", "sctp", "gre", ""]),
            "appproto": generator.choice(["http", "ssl", "dns", "ssh", "smtp", "ftp", "HTTP", "krb", ""]),
            "state": generator.choice(["SF", "S0", "REJ", "RSTO", "RSTR", "S1", "S2", "S3", "OTH", "SRPA_SPA", ""]),
            "interpreted_state": generator.choice(["Established", "Not Established", ""])}
    for port in ("sport", "dport"):
        if flow[port] is not None:
            flow[port] %= 65536
    return flow_features.add_sums(flow)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    flows = [flow for flow, _ in flow_features.flows_of(sys.argv[1])]
    generator = random.Random(1)
    flows += [made_up(generator) for _ in range(10_000)]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name, features in MODELS.items():
            pickled = os.path.join(folder, name)
            subprocess.run([sys.executable, os.path.join(EXAMPLE, "train.py"), os.path.join(EXAMPLE, "labelled.conn.log"),
                            "--output", pickled, "--classifier", name, "--features", features], check=True)
            subprocess.run([sys.executable, os.path.join(EXAMPLE, "export_model.py"), pickled, "--output",
                            os.path.join(HERE, name + ".json"), "--protocols", ""], check=True)
            with open(pickled, "rb") as file:
                pipeline = pickle.load(file)
            values = train.frame_of(flows, features.split(","))
            results.append(pipeline.decision_function(values))
            results.append([int(predicted == "Malicious") for predicted in pipeline.predict(values)])
    with open(os.path.join(HERE, "expected.csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*COLUMNS, *(f"{name} {what}" for name in MODELS for what in ("score", "malicious"))])
        for row, flow in enumerate(flows):
            numbers = [repr(float(result[row])) if index % 2 == 0 else result[row] for index, result in enumerate(results)]
            writer.writerow(["" if flow[name] is None else flow[name] for name in COLUMNS] + numbers)


if __name__ == "__main__":
    main()
