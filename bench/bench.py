"""Measures the detector against bare hiredis and against the same detector in Python, in one run.

Each program drains the same backlog: it subscribes, is stopped (SIGSTOP) while all messages are published, and
goes on (SIGCONT). CPU time of the program and of redis-server is read from the kernel before and after; trust the
ratios, not the rates. Standard library only; the Python module itself needs python3-redis and is left out, with a
word, without it.

usage: bench.py --bin FOLDER [--quick] [--messages N] [--output results.json]
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from rig import HERE, Redis, VERSION, cpu_seconds, flow, memory_mb

def drain(command, messages, channel="new_flow", is_module=False):
    """Runs one program over one backlog. CPU microseconds a message of program and server, messages a second."""
    folder = tempfile.mkdtemp(prefix="slips-bench-")
    main, cache = Redis(folder, "main"), Redis(folder, "cache")
    try:
        main.call("HSET", "analysis", "slips_version", VERSION)
        main.send(("ZADD", "profiles", 1, f"profile_192.168.{i // 200}.{i % 200 + 1}") for i in range(800))
        for _ in range(800):
            main.reply()
        words = [w.format(port=main.port, cache=cache.port, count=len(messages)) for w in command]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if not is_module and process.stdout.readline() != b"ready\n":
            raise SystemExit(f"{words[0]} did not start")
        while main.call("PUBSUB", "NUMSUB", channel)[1] == 0:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGSTOP)
        main.publish(channel, messages)
        server = cpu_seconds(main.process.pid) + cpu_seconds(cache.process.pid)
        program = cpu_seconds(process.pid)
        begin = time.perf_counter()
        os.kill(process.pid, signal.SIGCONT)
        memory = 0.0
        if is_module:
            key = "local_connection_detector_msgs_received_at_runtime"
            while int(main.call("HGET", key, channel) or 0) < len(messages):
                memory = memory_mb(process.pid)
                time.sleep(0.002)
            seconds = time.perf_counter() - begin
            idle = None  # evidence may still be under way
            while idle != cpu_seconds(process.pid):
                idle = cpu_seconds(process.pid)
                time.sleep(0.1)
            used = cpu_seconds(process.pid) - program
            server_used = cpu_seconds(main.process.pid) + cpu_seconds(cache.process.pid) - server
            process.terminate()
            process.wait()
        else:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
            seconds = time.perf_counter() - begin
            used = usage.ru_utime + usage.ru_stime - program
            memory = usage.ru_maxrss / 1024
            server_used = cpu_seconds(main.process.pid) + cpu_seconds(cache.process.pid) - server
        evidence = int(main.call("GET", "number_of_evidence") or 0)
        count = len(messages)
        return {"cpu": used / count * 1e6, "server": server_used / count * 1e6, "rate": count / seconds,
                "memory": memory, "evidence": evidence}
    finally:
        main.stop()
        cache.stop()
        shutil.rmtree(folder)


def has_python_redis(python):
    return subprocess.run([python, "-c", "import redis"], stderr=subprocess.DEVNULL).returncode == 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", required=True)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--messages", type=int, default=0)
    arguments.add_argument("--repeat", type=int, default=0)
    arguments.add_argument("--python", default="/usr/bin/python3")
    arguments.add_argument("--output")
    options = arguments.parse_args()
    count = options.messages or (20_000 if options.quick else 200_000)
    repeat = options.repeat or (1 if options.quick else 5)

    programs = {"bare hiredis": (["{bin}/bare_receive", "{{port}}", "new_flow", "{{count}}"], count, False)}
    detectors = {"nlohmann": "local_connection_detector", "simdjson": "detector_with_simdjson"}
    for parser, program in list(detectors.items()):
        if os.path.exists(os.path.join(options.bin, program)):
            programs[parser] = (["{bin}/" + program, "--redis-port", "{{port}}", "--cache-port", "{{cache}}",
                                 "--registered-types", "CONNECTION_TO_LOCAL_DEVICE", "--verbose", "0"], count, True)
        else:
            del detectors[parser]
            print(f"{program} is not built: no comparison with {parser}", file=sys.stderr)
    if has_python_redis(options.python):
        programs["Python"] = ([options.python, f"{HERE}/python_module.py", "{{port}}", "{{cache}}", "{{count}}"],
                              max(count // 50, 2000), False)
    else:
        print("python3-redis is not installed: no comparison with a Python module", file=sys.stderr)

    results = {}
    for share in (0, 10, 100):
        messages = [flow(i, i % 100 < share) for i in range(count)]
        for _ in range(repeat):
            for name, (command, number, is_module) in programs.items():
                if name == "bare hiredis" and share != 0:
                    continue
                words = [w.format(bin=options.bin) for w in command]
                found = drain(words, messages[:number], is_module=is_module)
                if is_module and found["evidence"] != sum(i % 100 < share for i in range(number)):
                    raise SystemExit(f"{name}: {found['evidence']} evidence of {share} % local flows")
                results.setdefault(f"{name}, {share} % local", []).append(found)
    print(f"{'':28} {'CPU µs/flow':>20} {'server µs/flow':>15} {'flows/s':>9} {'MB':>6}")
    for name, runs in results.items():
        cpu = sorted(r["cpu"] for r in runs)
        print(f"{name:28} {statistics.median(cpu):8.2f} ({cpu[0]:.2f}–{cpu[-1]:.2f})".ljust(50)
              + f"{statistics.median(r['server'] for r in runs):14.2f} {statistics.median(r['rate'] for r in runs):10.0f}"
              + f" {max(r['memory'] for r in runs):6.1f}")
    bare = statistics.median(r["rate"] for r in results["bare hiredis, 0 % local"])
    for parser in detectors:
        mine = statistics.median(r["rate"] for r in results[f"{parser}, 0 % local"])
        print(f"\n{parser}: draining, against bare hiredis: {mine / bare:.2f}")
        for share in (0, 10, 100):
            python = results.get(f"Python, {share} % local")
            if python:
                ours = results[f"{parser}, {share} % local"]
                ratio = statistics.median(r["cpu"] for r in python) / statistics.median(r["cpu"] for r in ours)
                server = statistics.median(r["server"] for r in python) / statistics.median(r["server"] for r in ours)
                print(f"{parser}: CPU against Python, {share} % local: {ratio:.0f}x (redis-server {server:.0f}x)")
    if options.output:
        with open(options.output, "w") as f:
            json.dump(results, f, indent=1)


main()
