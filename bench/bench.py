"""Measures the detector against bare hiredis and against the same detector in Python, in one run.

Draining: each program subscribes, is stopped (SIGSTOP) while all messages are published, and continues (SIGCONT). CPU time
of the program and of redis-server is read from the kernel before and after. Latency: flows are published at a rate, and every
tenth leads to evidence; the time from PUBLISH to evidence_added is compared with a program that only echoes. Model: the CPU
time of the decision of examples/flow_classifier, and of scikit-learn's, for the same flows. Share: how many flows one and two processes of a module handle whose handler takes
300 µs, and the CPU time of a message that another process handles. Everything is
repeated in rounds, and each ratio compares measurements of the same round. Trust the ratios, not the rates.

Linux; standard library only. The Python module is measured over TCP, as Slips uses it. It needs python3-redis, and is skipped
with a message without it; so is scikit-learn without python3-sklearn and python3-pandas.

usage: bench.py --bin FOLDER --output FILE [--quick] [--messages N] [--repeat N] [--only drain,latency,model,share,metrics,compile]
"""
import argparse
import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from rig import HERE, REDIS_SERVER, Generation, Redis, cpu_seconds, die_with_parent, memory_mb

MODULE = "local_connection_detector"
SHARES = (0, 10, 100)
RATES = (1_000, 3_000, 10_000, 50_000)
EVERY = 10  # of the flows whose latency is measured


class Servers:
    """The two servers that Slips uses, with what Slips writes before it publishes."""

    def __init__(self, generation):
        self.folder = tempfile.mkdtemp(prefix="slips-bench-")
        self.main, self.cache = Redis(self.folder, "main"), Redis(self.folder, "cache")
        generation.introduce(self.main)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.main.stop()
        self.cache.stop()
        shutil.rmtree(self.folder)

    def cpu(self):
        return cpu_seconds(self.main.process.pid) + cpu_seconds(self.cache.process.pid)

    def where(self, transport):
        return self.main.path if transport == "unix" else str(self.main.port)

    def wait_for_subscriber(self, process):
        end = time.monotonic() + 60
        while self.main.call("PUBSUB", "NUMSUB", "new_flow")[1] == 0:
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                raise SystemExit(f"{' '.join(process.args)} did not subscribe to new_flow")
            time.sleep(0.005)


class Program:
    """A program that subscribes to new_flow. `kind`: bare, echo, module or python."""

    def __init__(self, name, kind, path):
        self.name, self.kind, self.path = name, kind, path

    def command(self, servers, generation, transport, count):
        if self.kind == "bare":
            return [self.path, servers.where(transport), "new_flow", str(count)]
        if self.kind == "echo":
            return [self.path, servers.where(transport)]
        if self.kind == "python":
            return [self.path, os.path.join(HERE, "python_module.py"), str(servers.main.port), str(servers.cache.port),
                    str(count), generation.name]
        to = (["--redis-socket", servers.main.path, "--cache-socket", servers.cache.path] if transport == "unix" else
              ["--redis-port", str(servers.main.port), "--cache-port", str(servers.cache.port)])
        return [self.path, *to, "--generation", generation.name, "--registered-types", "CONNECTION_TO_LOCAL_DEVICE",
                "--verbose", "0", "--stats", os.path.join(servers.folder, "stats.json")]

    def start(self, servers, generation, transport, count):
        process = subprocess.Popen(self.command(servers, generation, transport, count), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=servers.folder, preexec_fn=die_with_parent)
        if self.kind != "module" and process.stdout.readline() != b"ready\n":
            raise SystemExit(f"{self.name} did not start")
        servers.wait_for_subscriber(process)
        return process

    def stats(self, servers):
        with open(os.path.join(servers.folder, "stats.json")) as f:
            return json.load(f)


def drain(program, generation, transport, share, messages):
    """Returns CPU microseconds per message of program and servers, messages per second, and MB. Exits if a count is wrong."""
    with Servers(generation) as servers:
        count = len(messages)
        process = program.start(servers, generation, transport, count)
        os.kill(process.pid, signal.SIGSTOP)
        servers.main.calls([("PUBLISH", "new_flow", m) for m in messages])
        server, cpu = servers.cpu(), cpu_seconds(process.pid)
        begin = time.perf_counter()
        os.kill(process.pid, signal.SIGCONT)
        if program.kind == "module":
            seconds = wait_until_idle(process.pid, begin)
            used, memory = cpu_seconds(process.pid) - cpu, memory_mb(process.pid, "VmHWM")
            server = servers.cpu() - server
            process.terminate()
            if process.wait() != 0:
                raise SystemExit(f"{program.name} ended with status {process.returncode}")
            check(program, servers, generation, share, count)
        elif program.kind == "python":
            if process.stdout.readline() != b"done\n":
                raise SystemExit(f"{program.name} did not handle all messages")
            seconds = time.perf_counter() - begin
            used, memory, server = cpu_seconds(process.pid) - cpu, memory_mb(process.pid, "VmHWM"), servers.cpu() - server
            process.stdin.close()
            process.wait()
            check_stored(program, servers, generation, share, count)
        else:
            memory = 0.0
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
            seconds = time.perf_counter() - begin
            used = usage.ru_utime + usage.ru_stime - cpu
            server = servers.cpu() - server
        process.stdout.close()
        process.stdin.close()
        return {"cpu": used / count * 1e6, "server": server / count * 1e6, "rate": count / seconds, "memory": memory}


def wait_until_idle(pid, begin):
    """Returns the seconds until the process last used CPU. Sends nothing to it or to Redis meanwhile."""
    last, at = cpu_seconds(pid), time.perf_counter()
    while True:
        time.sleep(0.002)
        now = cpu_seconds(pid)
        if now != last:
            last, at = now, time.perf_counter()
        elif time.perf_counter() - at > 0.4:
            return at - begin


def expected_evidence(share, count):
    return sum(1 for i in range(count) if i % 100 < share)


def check_stored(program, servers, generation, share, count):
    expected = expected_evidence(share, count)
    if not generation.is_current:  # evidence with the same description is replaced
        expected = len({generation.about(i) for i in range(count) if i % 100 < share})
    if generation.stored(servers.main) != expected:
        raise SystemExit(f"{program.name}: {generation.stored(servers.main)} of {expected} evidence are stored")


def check(program, servers, generation, share, count):
    stats = program.stats(servers)
    if stats["messages"]["handled"] != count or stats["evidence"]["acknowledged"] != expected_evidence(share, count):
        raise SystemExit(f"{program.name}: of {count} flows, {share} % local: {json.dumps(stats)}")
    check_stored(program, servers, generation, share, count)


def latency(program, generation, transport, rate, count, load):
    """Returns milliseconds from PUBLISH to evidence_added."""
    with Servers(generation) as servers:
        process = program.start(servers, generation, transport, count)
        # a new pair of addresses for each evidence, because legacy Slips publishes no description twice
        peer = lambda i: f"192.168.9.{i // 800 % 250 + 1}" if i % EVERY == 0 else None
        text = b"\n".join(generation.flow(i, i % EVERY == 0, peer(i)) for i in range(count)) + b"\n"
        try:
            found = json.loads(subprocess.run([load, servers.where(transport), str(rate), str(count), str(EVERY)], input=text,
                                              stdout=subprocess.PIPE, check=True).stdout)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stdin.close()
        if program.kind != "python" and found["came"] != found["expected"]:
            raise SystemExit(f"{program.name} at {rate} flows/s: {found['came']} of {found['expected']} evidence arrived")
        return found


def decisions(command, name, flows):
    """Returns the CPU microseconds of each decision, and how many of the flows are malicious."""
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, env=one_thread).stdout)
    if found["flows"] != flows:
        raise SystemExit(f"{name} decided about {found['flows']} of {flows} flows")
    return found


def compare_models(classify, python, flows, note):
    """Measures the decision of the model in examples/flow_classifier, and scikit-learn's if `python` has it."""
    example = os.path.join(HERE, "..", "examples", "flow_classifier")
    with open(os.path.join(HERE, "..", "tests", "data", "flow_classifier", "expected.csv")) as file:
        lines = file.readlines()
    with tempfile.TemporaryDirectory(prefix="slips-bench-") as folder:
        pickled, model, some = (os.path.join(folder, name) for name in ("pickle", "model.json", "flows.csv"))
        if python:
            log = os.path.join(example, "labelled.conn.log")
            subprocess.run([python, "-B", os.path.join(example, "train.py"), log, "--output", pickled], check=True,
                           stdout=subprocess.DEVNULL)
            subprocess.run([python, "-B", os.path.join(example, "export_model.py"), pickled, "--output", model], check=True,
                           stderr=subprocess.DEVNULL)
        else:
            model = os.path.join(example, "model.json")
        with open(some, "w") as file:
            file.writelines(lines[:flows + 1])
        ours = decisions([classify, model, some, str(max(1, 2_000_000 // flows))], "flow_classifier", flows)
        note("model", {"program": "flow_classifier"}, {"cpu": ours["cpu_us"]})
        if python:
            theirs = decisions([python, "-B", os.path.join(HERE, "classify.py"), pickled, some, str(flows)], "scikit-learn", flows)
            if ours["malicious"] != theirs["malicious"]:
                raise SystemExit(f"the model calls {ours['malicious']} flows malicious, scikit-learn {theirs['malicious']}")
            note("model", {"program": "Python"}, {"cpu": theirs["cpu_us"]})


def shared_rate(program, processes, flows):
    """Returns the flows per second that so many processes of a module handle together, with all flows published before."""
    generation = Generation("current")
    with Servers(generation) as servers:
        stats = os.path.join(servers.folder, "stats.json")
        started = []
        for i in range(processes):
            command = [program, "--redis-port", str(servers.main.port), "--cache-port", str(servers.cache.port), "--verbose", "0",
                       "--stats", stats, *(["--share", f"{i + 1}/{processes}"] if processes > 1 else [])]
            started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL, cwd=servers.folder, preexec_fn=die_with_parent))
            while servers.main.call("PUBSUB", "NUMSUB", "new_flow")[1] <= i:
                if started[i].poll() is not None:
                    raise SystemExit(f"{program} ended with status {started[i].returncode}")
                time.sleep(0.005)
        for process in started:
            os.kill(process.pid, signal.SIGSTOP)
        servers.main.calls([("PUBLISH", "new_flow", generation.flow(i, False)) for i in range(flows)])
        begin = time.perf_counter()
        for process in started:
            os.kill(process.pid, signal.SIGCONT)
        counted = "spinner_msgs_received_at_runtime"  # sent within 50 ms, so that the run is long enough to neglect them
        while int(servers.main.call("HGET", counted, "new_flow") or 0) < flows:
            if time.perf_counter() - begin > 60 or any(process.poll() is not None for process in started):
                raise SystemExit(f"{program}: not all of {flows} flows were handled")
            time.sleep(0.005)
        seconds = time.perf_counter() - begin
        handled = 0
        for i, process in enumerate(started):
            process.terminate()
            if process.wait() != 0:
                raise SystemExit(f"{program} ended with status {process.returncode}")
            with open(stats + (f".{i + 1}" if processes > 1 else "")) as file:
                handled += json.load(file)["messages"]["handled"]
        if handled != flows:
            raise SystemExit(f"{program}: {handled} of {flows} flows were handled")
        return flows / seconds


def flow_first(message):
    """The message with its profile behind the flow, as in new_smtp and new_downloaded_file."""
    parts = json.loads(message)
    parts.pop("module_labels", None)  # new_flow only
    return json.dumps({"flow": parts.pop("flow"), **parts}).encode()


def compare_shares(spinner, skippers, flows, note):
    """Measures one and two processes of a module, and the messages that a process skips."""
    for processes in (1, 2):
        note("share", {"what": "flows", "processes": processes}, {"rate": shared_rate(spinner, processes, flows)})
    current, legacy = ([Generation(name).flow(200 * i, False) for i in range(4)] for name in ("current", "legacy"))
    current, legacy = ([message.replace(b"192.168.1.1", b"192.168.0.1").replace(b"192.168.2.1", b"192.168.0.1")
                        .replace(b"192.168.3.1", b"192.168.0.1") for message in each] for each in (current, legacy))
    for form, messages in (("current", current), ("profile last", [flow_first(each) for each in current]), ("legacy", legacy)):
        for parser, program in skippers:
            if not os.path.exists(program):
                continue
            found = json.loads(subprocess.run([program, str(flows * 50)], input=b"\n".join(messages) + b"\n",
                                              stdout=subprocess.PIPE, check=True).stdout)
            if found["skipped"] != found["messages"]:
                raise SystemExit(f"{program}: {found['skipped']} of {found['messages']} messages were skipped")
            note("share", {"what": "skip", "form": form, "parser": parser}, {"ns": found["ns"], "bytes": found["bytes"]})


def compile_seconds(compiler, source, flags):
    """Returns the user time of the compiler."""
    with tempfile.TemporaryDirectory(prefix="slips-bench-") as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([compiler, "-std=c++20", "-O2", *flags, "-c", os.path.join(HERE, source), "-o", os.path.join(folder, "o")],
                       check=True)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    first = lambda *words: subprocess.run(words, stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]
    return {"cpu": model, "cores": os.cpu_count(), "system": platform.system(),
            "redis": first(REDIS_SERVER, "--version").split("v=")[1].split()[0], "compiler": first("c++", "--version")}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", required=True)
    arguments.add_argument("--output", required=True)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--messages", type=int, default=0)
    arguments.add_argument("--repeat", type=int, default=0)
    arguments.add_argument("--only", help="sections, such as model,share; the others stay as they are in the output")
    arguments.add_argument("--python", default="/usr/bin/python3")
    options = arguments.parse_args()
    count = options.messages or (10_000 if options.quick else 50_000)
    repeat = options.repeat or (1 if options.quick else 5)
    sections = ("drain", "latency", "model", "share", "metrics", "compile")
    only = options.only.split(",") if options.only else sections
    if unknown := set(only) - set(sections):
        sys.exit(f"bench.py: --only {options.only}: there is no section {', '.join(sorted(unknown))}; use {', '.join(sections)}")

    path = lambda name: os.path.join(os.path.abspath(options.bin), name)
    bare, echo = Program("bare hiredis", "bare", path("bare_receive")), Program("bare echo", "echo", path("bare_echo"))
    modules = []
    for name, program in (("nlohmann", MODULE), ("simdjson", "detector_with_simdjson")):
        if os.path.exists(path(program)):
            modules.append(Program(name, "module", path(program)))
        else:
            print(f"{program} is not built: no comparison with {name}", file=sys.stderr)
    python = Program("Python", "python", options.python)
    if subprocess.run([options.python, "-c", "import redis"], stderr=subprocess.DEVNULL).returncode != 0:
        print("python3-redis is not installed: no comparison with a Python module", file=sys.stderr)
        python = None
    scikit = options.python
    if subprocess.run([scikit, "-c", "import pandas, sklearn"], stderr=subprocess.DEVNULL).returncode != 0:
        print("python3-sklearn or python3-pandas is not installed: no comparison with scikit-learn", file=sys.stderr)
        scikit = None
    few = max(count // 25, 500)  # flows for Python, which is a hundred times slower

    results = {"machine": machine(), "repeat": repeat, "messages": count, "messages_for_python": few}
    if options.only and os.path.exists(options.output):
        with open(options.output) as f:
            before = json.load(f)
        if {name: before.get(name) for name in results} != results:
            sys.exit(f"bench.py: {options.output} is of another machine, or of other options; measure all sections")
        results.update((name, before.get(name, [])) for name in sections)
    results.update((name, []) for name in sections if name in only or name not in results)
    for turn in range(repeat):
        def note(kind, row, found):
            results[kind].append({"round": turn, **row, **found})
            print(f"\r\033[K{turn + 1}/{repeat} {' '.join(str(v) for v in row.values())}", end="", file=sys.stderr)
        for generation in (Generation("current"), Generation("legacy")) if "drain" in only else ():
            for share in SHARES:
                messages = [generation.flow(i, i % 100 < share) for i in range(count)]
                for transport in ("tcp", "unix"):
                    if options.quick and transport == "unix" and share != 10:
                        continue
                    programs = ([bare] if share == 0 or options.quick else []) + modules
                    for program in programs + ([python] if python and transport == "tcp" else []):
                        part = messages[:few] if program.kind == "python" else messages
                        note("drain", {"program": program.name, "generation": generation.name, "transport": transport,
                                       "local": share}, drain(program, generation, transport, share, part))
        for rate in RATES if "latency" in only else ():
            for generation, transport in (("current", "tcp"), ("current", "unix"), ("legacy", "tcp")):
                if options.quick and (generation, transport) != ("current", "tcp"):
                    continue
                for program in [echo] + modules + ([python] if python and rate <= 3_000 and transport == "tcp" else []):
                    seconds = 0.5 if options.quick else max(2, 5_000 / rate)
                    note("latency", {"program": program.name, "generation": generation, "transport": transport, "rate": rate},
                         latency(program, Generation(generation), transport, rate, int(rate * seconds), path("load")))
        if "model" in only:
            compare_models(path("classify"), scikit, 200 if options.quick else 1000, note)
        if "share" in only:
            compare_shares(path("spinner"), [(name, path(program)) for name, program in
                                             (("nlohmann", "skip"), ("simdjson", "skip_with_simdjson"))],
                           400 if options.quick else 8000, note)
        if "metrics" in only:
            calls = 1_000_000 if options.quick else 100_000_000
            note("metrics", {"calls": calls}, json.loads(subprocess.run([path("metrics"), str(calls)], stdout=subprocess.PIPE,
                                                                        check=True).stdout))
        if "compile" in only and turn < 3:
            include = os.path.join(HERE, "..", "include")
            note("compile", {"what": "nlohmann_json and hiredis"}, {"seconds": compile_seconds("c++", "compile/reference.cpp", [])})
            note("compile", {"what": "the smallest module"},
                 {"seconds": compile_seconds("c++", "../docs/tutorial/greeter.cpp", ["-I", include])})
    print("\r\033[K", end="", file=sys.stderr)
    with open(options.output, "w") as f:
        json.dump(results, f, indent=1)
        f.write("\n")


main()
