"""What bench.py and soak.py stand on: private redis-servers, flows as Slips publishes them, and what the kernel tells of
a process. Linux; standard library only.
"""
import json
import os
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = "1.1.21"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Redis:
    """A private redis-server on loopback, and a connection to it."""

    def __init__(self, folder, name):
        self.port = free_port()
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", folder,
             "--client-output-buffer-limit", "pubsub", "4294967296", "2147483648", "600"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(500):
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port))
                break
            except OSError:
                time.sleep(0.01)
        self.file = self.socket.makefile("rb")

    def send(self, commands):
        out = bytearray()
        for words in commands:
            out += b"*%d\r\n" % len(words)
            for word in words:
                word = word if isinstance(word, bytes) else str(word).encode()
                out += b"$%d\r\n%s\r\n" % (len(word), word)
        self.socket.sendall(out)

    def reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return rest.decode()

    def call(self, *words):
        self.send([words])
        return self.reply()

    def publish(self, channel, messages):
        """Pipelined, a few hundred at a time."""
        for i in range(0, len(messages), 256):
            part = messages[i:i + 256]
            self.send(("PUBLISH", channel, m) for m in part)
            for _ in part:
                self.reply()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def cpu_seconds(pid):
    """User and system time of a process, to the nanosecond."""
    with open(f"/proc/{pid}/schedstat") as f:
        return int(f.read().split()[0]) / 1e9


def memory_mb(pid):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024


def flow(number, local):
    """A new_flow as current Slips publishes it, of about 860 bytes."""
    saddr = f"192.168.{number // 200 % 4}.{number % 200 + 1}"
    daddr = f"192.168.9.{number % 50 + 1}" if local else f"147.32.{number % 250}.{number % 99 + 1}"
    start = 1700000000.0 + number / 1000
    return json.dumps({
        "profileid": f"profile_{saddr}", "twid": "timewindow1",
        "flow": {
            "interface": "default", "starttime": start, "uid": f"C{number:017d}", "saddr": saddr, "daddr": daddr,
            "dur": 0.09628199999999865, "proto": "tcp", "appproto": "http", "sport": 40000 + number % 20000, "dport": 80,
            "spkts": 12, "dpkts": 14, "sbytes": 4056, "dbytes": 90123, "state": "SF", "history": "ShADadfF", "smac": "",
            "dmac": "", "ground_truth_label": "", "detailed_ground_truth_label": "", "endtime": start + 0.09,
            "pkts": 26, "bytes": 94179, "state_hist": "ShADadfF",
            "aid": "1:e830f03e1dc912c14defd92fbc2f27673e355314", "dport_name": "", "timestamp_human": "",
            "interpreted_state": "", "type_": "conn", "dir_": "->"},
        "stime": start, "interpreted_state": "Established", "label": "benign", "module_labels": {},
        "version": VERSION}).encode()
