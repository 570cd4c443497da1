"""A folder of Slips with modules in it for the launcher's tests, run by the stand-ins of tools/slipsdev/host/stand_ins, with a
redis-server of its own. Every test also checks that no process or file is left behind."""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
LAUNCHER = SOURCE / "launcher" / "slips_module.py"
PACKAGE = SOURCE / "launcher" / "slips_package.py"
HOSTS = SOURCE / "tools" / "slipsdev" / "host" / "stand_ins"
PUPPET = os.environ.get("SLIPS_TEST_PUPPET", "")
REDIS_SERVER = (os.environ.get("SLIPS_TEST_REDIS_SERVER") or shutil.which("redis-server")
                or shutil.which("valkey-server"))

sys.dont_write_bytecode = True
sys.path.insert(0, str(HOSTS / "legacy"))
from slips_files.core.database import Connection  # noqa: E402

PATIENCE = 20  # seconds after which a condition counts as failed
prctl = ctypes.CDLL(None).prctl
DIE_WITH_PARENT, BECOME_SUBREAPER = 1, 36  # a subreaper becomes the parent of orphans


def eventually(condition, seconds=PATIENCE):
    """Calls `condition` until it is true or time is up, and returns its last value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.01)


def children_of(pid):
    """{pid: state} of its children; state Z if they wait to be reaped."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid:
            found[int(stat.parent.name)] = state
    return found


def read(path):
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


class RedisServer:
    def __init__(self, folder):
        folder.mkdir()
        for _ in range(10):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            self.process = subprocess.Popen(
                [REDIS_SERVER, "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder), "--save", "",
                 "--logfile", "log", "--client-output-buffer-limit", "pubsub 0 0 0"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                preexec_fn=lambda: prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0))  # the stand-in ends with its input
            if eventually(lambda: self.process.poll() is not None or self.answers()) and self.process.poll() is None:
                return
            self.end()
        raise RuntimeError("redis-server does not start: " + (folder / "log").read_text())

    def answers(self):
        try:
            self.connection = Connection(self.port)
            return self.call("PING") == "PONG"
        except OSError:
            return False
        except RuntimeError:  # loading
            return False

    def call(self, *words):
        self.connection.send(*words)
        return self.connection.read()

    def subscribers(self, channel):
        return self.call("PUBSUB", "NUMSUB", channel)[1]

    def end(self):
        if hasattr(self, "connection"):
            self.connection.socket.close()
        self.process.kill()
        self.process.wait()


class Slips:
    """A folder of Slips and the stand-in that runs in it."""

    def __init__(self, folder, generation, redis):
        redis_port = redis.port
        self.no_more_flows = lambda: redis.call("SET", "will_slips_have_more_flows", "no")
        self.root, self.generation, self.redis_port = folder / "slips", generation, redis_port
        self.output, self.hosts = self.root / "output", HOSTS
        (self.root / "modules").mkdir(parents=True)
        self.mark = "SLIPS_TEST_MARK=" + uuid.uuid4().hex
        self.process = None
        self.version = "1.1.21"  # of current Slips

    # --- before it starts -------------------------------------------------------------------------------------

    def install(self, name="puppet", program=None, description=None, change=()):
        """Installs a module. `program` is the text of a script, `change` a pair (old, new) to replace in the launcher."""
        folder = self.root / "modules" / name
        folder.mkdir()
        shutil.copy(PACKAGE, folder / "__init__.py")
        launcher = LAUNCHER.read_text(encoding="utf-8")
        if change:
            assert change[0] in launcher, change
            launcher = launcher.replace(*change)
        (folder / f"{name}.py").write_text(launcher, encoding="utf-8")
        if isinstance(description, bytes):
            (folder / f"{name}.json").write_bytes(description)
        elif description is not False:
            (folder / f"{name}.json").write_text(json.dumps({**describe(), "name": name, **(description or {})}))
        if program is None:
            (folder / name).symlink_to(PUPPET)
        elif program is not False:
            (folder / name).write_text(program)
            (folder / name).chmod(0o755)
        return folder

    def change_slips(self, file, old, new):
        """Replaces text in a file of the stand-in, to simulate another version of Slips."""
        if self.hosts == HOSTS:
            self.hosts = self.root.parent / "hosts"
            shutil.copytree(HOSTS, self.hosts)
        path = self.hosts / self.generation / "slips_files" / file
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new), encoding="utf-8")

    def environment(self, puppet="", arguments="", more=()):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("SLIPS_", "LC_", "PYTHON"))}
        return {**kept, "LC_ALL": "C.UTF-8", "PUPPET": puppet, **dict([self.mark.split("=")]), **dict(more),
                "SLIPS_MODULE_ARGUMENTS": f"--cache-port {self.redis_port} {arguments}"}

    def start(self, puppet="", verbose=1, debug=0, config=None, arguments="", environment=(), screen=None,
              options=()):
        self.files = self.listing()
        options = ["--generation", self.generation, "--redis-port", self.redis_port, "--output", "output",
                   "--verbose", verbose, "--debug", debug, "--slips-version", self.version, *options]
        if config is not None:
            (self.root.parent / "config.json").write_text(json.dumps(config))
            options += ["--config", self.root.parent / "config.json"]
        with open(self.root.parent / "screen", "ab") as out, open(self.root.parent / "stderr", "ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-B", str(self.hosts / "slips.py"), *map(str, options)], cwd=self.root,
                stdin=subprocess.PIPE, stdout=screen or out, stderr=err, start_new_session=True,
                env=self.environment(puppet, arguments, environment))

    # --- while it runs ----------------------------------------------------------------------------------------

    def screen(self):
        return read(self.root.parent / "screen")

    def stderr(self):
        return read(self.root.parent / "stderr")

    def log(self):
        return read(self.output / "slips.log")

    def errors(self):
        return read(self.output / "errors.log")

    def everything(self):
        return "\n".join(("", self.screen(), self.stderr(), self.errors()))

    def launcher(self, name="puppet"):
        """The launcher's process; 0 before it has started."""
        return int((self.screen().partition(f"Started {name} [PID ")[2] or "0]").partition("]")[0])

    def program(self, name="puppet"):
        return next(iter(children_of(self.launcher(name))), 0) if self.launcher(name) else 0

    def marked(self):
        """All processes that descend from it, in any session."""
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if self.mark.encode() in environment.read_bytes():
                    found.append(int(environment.parent.name))
            except OSError:
                pass
        return found

    # --- its end ----------------------------------------------------------------------------------------------

    def stop(self):
        """Stops it, with the flag Slips sets when it has no more flows, so that modules need not wait for any."""
        self.no_more_flows()
        self.process.stdin.close()

    def interrupt(self):
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self, seconds=PATIENCE):
        return self.process.wait(seconds)

    def listing(self):
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))

    def end(self):
        """Returns what is left of it, and ends those processes."""
        if not self.process:
            return []
        if self.process.poll() is None:
            left = ["the stand-in for Slips"]
            self.process.kill()
        else:
            left = []
        self.process.wait()
        if not eventually(lambda: not self.marked(), 0 if left else 5):
            for pid in self.marked():
                left.append(f"process {pid}: {Path(f'/proc/{pid}/cmdline').read_bytes()}")
                os.kill(pid, signal.SIGKILL)
            eventually(lambda: not self.marked())
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()
        may_be = {"permanent", "permanent/redis_auth.conf", "output", *(f"output/{name}" for name in ("slips.log", "errors.log", "puppet"))}
        return left + [f"file {name}" for name in self.listing() if name not in self.files and name not in may_be]


def describe(known={}):
    if not known:
        known.update(json.loads(subprocess.run([PUPPET, "--describe"], stdout=subprocess.PIPE, check=True).stdout))
    return known


class StageTest(unittest.TestCase):
    """One test, one Slips. A class of tests derives from this and from Current or Legacy."""

    generation = ""
    may_leave_orphans = False  # processes that outlive their parent, if only briefly

    def setUp(self):
        prctl(BECOME_SUBREAPER, 1, 0, 0, 0)
        self.folder = Path(tempfile.mkdtemp(prefix="slips-launcher-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.redis = RedisServer(self.folder / "redis")
        self.addCleanup(self.redis.end)
        self.slips = Slips(self.folder, self.generation, self.redis)
        self.addCleanup(self.nothing_is_left)

    def nothing_is_left(self):
        left = self.slips.end()
        orphans = reap()
        if not self.may_leave_orphans and orphans:
            left.append(f"orphans or zombies: {orphans}")
        self.assertEqual(left, [], self.slips.everything())

    # --- steps ------------------------------------------------------------------------------------------------

    def eventually(self, condition, what, seconds=PATIENCE):
        value = eventually(condition, seconds)
        self.assertTrue(value, f"{what} did not come\n{self.slips.everything()}")
        return value

    def sees(self, text, where=None):
        where = where or self.slips.log
        self.eventually(lambda: text in where(), repr(text))

    def start(self, *arguments, **settings):
        """Starts Slips with the module, and waits until the module has subscribed."""
        if not (self.slips.root / "modules" / "puppet").exists():
            self.slips.install()
        self.slips.start(*arguments, **settings)
        self.eventually(lambda: self.redis.subscribers("new_flow"), "the module")

    def ends(self, status, seconds=PATIENCE):
        try:
            self.assertEqual(self.slips.wait(seconds), status, self.slips.everything())
        except subprocess.TimeoutExpired:
            self.fail(f"Slips does not end within {seconds} s\n{self.slips.everything()}")

    def stops(self, status=0, seconds=PATIENCE):
        self.slips.stop()
        self.ends(status, seconds)

    def count(self, text):
        return self.slips.log().count(text)


class Current:
    generation = "current"

    def stop_after_the_end(self):
        """The launcher ends with its program, and the stand-in with its last module."""

    def publish_flow(self, daddr="10.0.0.9", version="1.1.21"):
        self.redis.call("HSET", "analysis", "slips_version", "1.1.21")
        self.redis.call("ZADD", "profiles", 1700000000.5, "profile_10.0.0.5")
        flow = {"starttime": 1700000000.5, "uid": uuid.uuid4().hex, "saddr": "10.0.0.5", "daddr": daddr, "dur": 3.5,
                "proto": "tcp", "appproto": "http", "sport": 40001, "dport": 80, "spkts": 12, "dpkts": 10,
                "sbytes": 5000, "dbytes": 6000, "state": "Established", "history": "ShAdDaFf", "type_": "conn",
                "dir_": "->", "interface": "default"}
        message = {"profileid": "profile_10.0.0.5", "twid": "timewindow1", "flow": flow, "stime": 1700000000.5,
                   "interpreted_state": "Established", "label": "benign", "module_labels": {}, "version": version}
        self.redis.call("PUBLISH", "new_flow", json.dumps(message))

    def evidence(self):
        """{description: evidence}"""
        stored = self.redis.call("HGETALL", "profile_10.0.0.5_timewindow1_evidence")[1::2]
        return {each["description"]: each for each in map(json.loads, stored)}


class Legacy:
    generation = "legacy"

    def stop_after_the_end(self):
        """The launcher waits for the stop, because Slips drops a name on finished_modules that arrives before."""
        self.slips.stop()

    def publish_flow(self, daddr="10.0.0.9"):
        self.redis.call("SADD", "profiles", "profile_10.0.0.5")
        self.redis.call("ZADD", "twsprofile_10.0.0.5", 1700000000.5, "timewindow1")
        flow = {"ts": 1700000000.5, "dur": 3.05, "saddr": "10.0.0.5", "sport": 40001, "daddr": daddr, "dport": 80,
                "proto": "tcp", "origstate": "SF", "state": "Established", "pkts": 228, "allbytes": 448, "spkts": 4,
                "sbytes": 224, "appproto": "http", "label": "normal", "flow_type": "conn", "module_labels": {}}
        message = {"profileid": "profile_10.0.0.5", "twid": "timewindow1",
                   "flow": json.dumps({uuid.uuid4().hex: json.dumps(flow)}), "stime": 1700000000.5}
        self.redis.call("PUBLISH", "new_flow", json.dumps(message))

    def evidence(self):
        stored = json.loads(self.redis.call("HGET", "profile_10.0.0.5_timewindow1", "Evidence") or "{}")
        return {description: json.loads(each) for description, each in stored.items()}


def reap():
    """Reaps this process's zombie children, and returns their PIDs."""
    found = []
    while True:
        pids = [pid for pid, state in children_of(os.getpid()).items() if state == "Z"]
        if not pids:
            return found
        for pid in pids:
            os.waitpid(pid, 0)
            found.append(pid)
