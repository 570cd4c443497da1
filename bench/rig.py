"""Shared by bench.py, flood.py and soak.py: private redis-servers, flows as Slips publishes them, and a process's CPU time
and memory. Linux; standard library only.
"""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = "1.1.21"
REDIS_SERVER = shutil.which("redis-server") or shutil.which("valkey-server") or "redis-server"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def die_with_parent():
    """Ends the calling process together with its parent, so that nothing is left behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Connection:
    """A connection to a redis-server's Unix socket. Commands are lists of words."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
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
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
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

    def calls(self, commands):
        """Sends the commands pipelined, a few hundred at a time, and returns the replies."""
        replies = []
        for i in range(0, len(commands), 256):
            part = commands[i:i + 256]
            self.send(part)
            replies += [self.reply() for _ in part]
        return replies


class Redis:
    """A private redis-server, on a Unix socket and a loopback port, and a connection to it."""

    def __init__(self, folder, name, append_only=False):
        self.folder, self.append_only = os.path.join(folder, name), append_only
        self.port = free_port()
        self.path = os.path.join(folder, name + ".sock")
        os.mkdir(self.folder)
        self.start()

    def start(self):
        keep = (["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"]
                if self.append_only else [])
        self.process = subprocess.Popen(
            [REDIS_SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", self.path, "--save", "",
             "--dir", self.folder, "--client-output-buffer-limit", "pubsub", "4294967296", "2147483648", "600"] + keep,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
        for _ in range(6000):
            try:
                self.connection = Connection(self.path)
                if self.connection.call("PING") == "PONG":
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit(f"redis-server ended with status {self.process.returncode}")
            time.sleep(0.01)
        raise SystemExit("redis-server does not start")

    def call(self, *words):
        return self.connection.call(*words)

    def calls(self, commands):
        return self.connection.calls(commands)

    def kill(self):
        """Kills it; what it has not written is lost."""
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def cpu_seconds(pid):
    """Returns the CPU time of a process, in nanosecond resolution."""
    with open(f"/proc/{pid}/schedstat") as f:
        return int(f.read().split()[0]) / 1e9


def memory_mb(pid, what="VmRSS"):
    """Returns the resident memory now, or its maximum so far ("VmHWM")."""
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(what + ":"):
                return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def addresses(number, local):
    saddr = f"192.168.{number // 200 % 4}.{number % 200 + 1}"
    return saddr, f"192.168.9.{number % 50 + 1}" if local else f"147.32.{number % 250}.{number % 99 + 1}"


def current_flow(number, local, peer=None):
    """A new_flow as current Slips publishes it, of about 860 bytes. `peer` replaces the usual one."""
    saddr, daddr = addresses(number, local)
    daddr = peer or daddr
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


def legacy_flow(number, local, peer=None):
    """The same in legacy Slips: three nested JSON texts, about 620 bytes."""
    saddr, daddr = addresses(number, local)
    daddr = peer or daddr
    start = 1700000000.0 + number / 1000
    flow = {"ts": start, "dur": 0.09628199999999865, "saddr": saddr, "sport": 40000 + number % 20000, "daddr": daddr,
            "dport": 80, "proto": "tcp", "origstate": "SF", "state": "Established", "pkts": 26, "allbytes": 94179,
            "spkts": 12, "sbytes": 4056, "appproto": "http", "label": "normal", "flow_type": "conn", "module_labels": {}}
    return json.dumps({"profileid": f"profile_{saddr}", "twid": "timewindow1",
                       "flow": json.dumps({f"C{number:017d}": json.dumps(flow)}), "stime": start}).encode()


class Generation:
    """The differences between the generations: form of flows, what Slips writes first, where evidence is stored."""

    def __init__(self, name):
        self.name = name
        self.is_current = name == "current"
        self.flow = current_flow if self.is_current else legacy_flow

    def introduce(self, main):
        """Writes what Slips writes before it publishes any flow()."""
        profiles = [f"profile_192.168.{i // 200}.{i % 200 + 1}" for i in range(800)]
        if self.is_current:
            main.calls([("HSET", "analysis", "slips_version", VERSION)] + [("ZADD", "profiles", 1, p) for p in profiles])
        else:
            main.calls([("SADD", "profiles", p) for p in profiles] + [("ZADD", "tws" + p, 1, "timewindow1") for p in profiles])

    def about(self, number):
        """Returns what distinguishes the evidence of flow(): its profile and description."""
        return addresses(number, True)

    def stored(self, main):
        """Returns how many evidence Redis holds. Legacy keeps one per description."""
        if self.is_current:
            return sum(main.calls([("HLEN", key) for key in main.call("KEYS", "profile_*_evidence")]))
        windows = main.calls([("HGET", key, "Evidence") for key in main.call("KEYS", "profile_*_timewindow*")])
        return sum(len(json.loads(text)) for text in windows if text)
