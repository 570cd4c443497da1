"""The features of flows as the module flow_classifier names them, and Zeek's conn.log read as such.

Standard library only.
"""
import gzip
import json

NUMERIC = ("dur", "sport", "dport", "spkts", "dpkts", "pkts", "sbytes", "dbytes", "bytes")

# The number of each text, and of all other texts. export_model.py writes them into the model.
CATEGORIES = {
    "proto": {"tcp": 0, "udp": 1, "icmp": 2, "ipv6-icmp": 3, "arp": 4},
    "appproto": {"http": 1, "ssl": 2, "dns": 3, "ssh": 4, "smtp": 5, "ftp": 6},
    "state": {"SF": 1, "S0": 2, "REJ": 3, "RSTO": 4, "RSTR": 5, "S1": 6, "S2": 7, "S3": 8, "OTH": 9},
    "interpreted_state": {"Not Established": 0, "Established": 1},
}
OTHER = 0

_ZEEK = {"duration": "dur", "id.orig_p": "sport", "id.resp_p": "dport", "orig_pkts": "spkts", "resp_pkts": "dpkts",
         "orig_bytes": "sbytes", "resp_bytes": "dbytes", "proto": "proto", "service": "appproto", "conn_state": "state"}
_NOT_ESTABLISHED = ("S0", "REJ", "RSTOS0", "RSTRH", "SH", "SHR")
_ESTABLISHED = ("S1", "SF", "S2", "S3", "RSTO", "RSTP", "OTH")


def number(text):
    """Returns a number, or None if there is none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def flow_of(line):
    """Returns a flow {feature: number, text or None} and its label, from a line of conn.log {column: value}."""
    flow = {ours: line.get(zeek) for zeek, ours in _ZEEK.items()}
    for name in NUMERIC:
        flow[name] = number(flow.get(name))
    for name in ("proto", "appproto", "state"):
        flow[name] = flow[name] if isinstance(flow[name], str) and flow[name] != "-" else ""
    # Slips' interpretation of the state.
    flow["interpreted_state"] = "Established" if flow["state"] in _ESTABLISHED else "Not Established"
    return flow, line.get("label") or line.get("ground_truth_label") or ""


def add_sums(flow):
    """Sets pkts and bytes, of both directions, where both are there. Returns the flow."""
    for both, first, second in (("pkts", "spkts", "dpkts"), ("bytes", "sbytes", "dbytes")):
        if flow.get(first) is not None and flow.get(second) is not None:
            flow[both] = flow[first] + flow[second]
    return flow


def value(flow, name):
    """Returns the number that the module uses for a feature: 0 where a number is absent."""
    if name in NUMERIC:
        return 0.0 if flow.get(name) is None else float(flow[name])
    known = {text.lower(): number for text, number in CATEGORIES[name].items()}
    return float(known.get((flow.get(name) or "").lower(), OTHER))


def lines_of(path):
    """Yields the lines of a Zeek log, JSON or tab-separated, as {column: value}."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", errors="replace") as file:
        columns = None
        for row, line in enumerate(file, 1):
            line = line.rstrip("\r\n")
            if line.startswith("#fields"):
                # Labelled logs of Stratosphere separate their last columns with blanks.
                columns = line.split()[1:]
            if not line or line.startswith("#"):
                continue
            if line.startswith("{"):
                yield json.loads(line)
            elif columns:
                cells = line.split("\t")
                cells[-1:] = cells[-1].split("   ")
                yield dict(zip(columns, cells))
            else:
                raise SystemExit(f"{path}:{row}: no JSON, and no line #fields before it: is this Zeek's conn.log?")


def flows_of(path):
    """Yields (flow, label) for each line of a labelled conn.log."""
    for line in lines_of(path):
        flow, label = flow_of(line)
        yield add_sums(flow), label
