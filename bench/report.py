"""Tables and a plot of what bench.py measured.

usage: report.py RESULTS.json               the tables, to read
       report.py RESULTS.json --write       writes README.md and bench.svg beside it, and the tables that ../README.md shows
       report.py RESULTS.json --check       exit status 1 if any of these differs from the results

In README.md a table is between `<!-- bench: NAME -->` and `<!-- end of bench -->`. Standard library only.
"""
import json
import math
import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(HERE, "..", "README.md")
PARSERS = ("nlohmann", "simdjson")
#              simdjson: must, stretch; nlohmann: must
CPU_TARGETS = {0: (75, 150, 28), 10: (120, 200, 45), 100: (180, 300, 90)}


class Results:
    def __init__(self, path):
        with open(path) as f:
            self.all = json.load(f)

    def values(self, kind, value, **where):
        """Returns {round: value}; `where` selects one measurement per round. Empty if the program was not measured."""
        rows = [row for row in self.all.get(kind, []) if all(row.get(k) == v for k, v in where.items())]
        found = {row["round"]: row[value] for row in rows}
        if len(found) != len(rows):
            raise ValueError(f"{kind} of {where}: more than one per round")
        return found

    def median(self, kind, value, **where):
        found = self.values(kind, value, **where)
        return statistics.median(found.values()) if found else None

    def most(self, kind, value, program):
        """Returns the maximum over all measurements of a program; 0 if there are none."""
        return max((row[value] for row in self.all[kind] if row["program"] == program), default=0)

    def ratio(self, kind, value, above, below, **where):
        """Returns median, lowest and highest ratio of two programs, computed per round."""
        over, under = (self.values(kind, value, program=p, **where) for p in (above, below))
        ratios = sorted(over[turn] / under[turn] for turn in over if turn in under)
        return (statistics.median(ratios), ratios[0], ratios[-1]) if ratios else None


def number(value, digits=1):
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.{digits}f}"


def spread(ratio, unit="x", digits=0):
    if ratio is None:
        return "–"
    return f"{ratio[0]:.{digits}f}{unit} ({ratio[1]:.{digits}f}–{ratio[2]:.{digits}f})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def drain_table(results, generation, transport):
    rows = []
    for program in ("bare hiredis", *PARSERS, "Python"):
        for local in (0, 10, 100):
            where = {"program": program, "generation": generation, "transport": transport, "local": local}
            if results.median("drain", "cpu", **where) is None:
                continue
            cpu = sorted(results.values("drain", "cpu", **where).values())
            rows.append([program, f"{local} %", f"{number(statistics.median(cpu), 2)} ({cpu[0]:.2f}–{cpu[-1]:.2f})",
                         number(results.median("drain", "server", **where), 2),
                         f"{results.median('drain', 'rate', **where):,.0f}",
                         number(max(results.values("drain", "memory", **where).values()) or None)])
    return table(["program", "local flows", "CPU µs per flow (lowest–highest)", "redis-server's", "flows per second", "MB"], rows)


def latency_table(results, generation, transport):
    rows = []
    for program in ("bare echo", *PARSERS, "Python"):
        for rate in (1_000, 3_000, 10_000, 50_000):
            where = {"program": program, "generation": generation, "transport": transport, "rate": rate}
            if results.median("latency", "p50", **where) is None:
                continue
            came = sum(results.values("latency", "came", **where).values())
            expected = sum(results.values("latency", "expected", **where).values())
            rows.append([program, f"{rate:,}", *(f"{results.median('latency', v, **where):.2f}" for v in ("p50", "p99", "max")),
                         f"{results.median('latency', 'achieved', **where):,.0f}", f"{came} of {expected}"])
    return table(["program", "flows per second", "p50 ms", "p99 ms", "max ms", "actually sent", "evidence received"], rows)


def model_table(results):
    """The decision of a model; empty if it was not measured."""
    rows = []
    for program, name in (("flow_classifier", "`examples/flow_classifier`"), ("Python", "scikit-learn, one pandas frame per flow")):
        cpu = sorted(results.values("model", "cpu", program=program).values())
        if cpu:
            ratio = results.ratio("model", "cpu", "Python", program) if program != "Python" else None
            rows.append([name, f"{number(statistics.median(cpu), 2)} ({number(cpu[0], 2)}–{number(cpu[-1], 2)})", spread(ratio) if ratio else ""])
    return table(["the same decision about a flow", "CPU µs (lowest–highest)", "less than Python"], rows) if rows else ""


def share_table(results):
    """Processes of one module; empty if they were not measured."""
    rows = []
    one, two = (results.values("share", "rate", what="flows", processes=n) for n in (1, 2)) if results.all.get("share") else ({}, {})
    ratios = sorted(two[turn] / one[turn] for turn in one if turn in two)
    if ratios:
        rows.append(["flows per second, one process", f"{statistics.median(one.values()):,.0f}", ""])
        rows.append(["two processes", f"{statistics.median(two.values()):,.0f}", spread((statistics.median(ratios), ratios[0], ratios[-1]), "x", 2)])
    for form in ("current", "profile last", "legacy"):
        for parser in PARSERS:
            found = results.values("share", "ns", what="skip", form=form, parser=parser) if results.all.get("share") else {}
            if found:
                rows.append([f"ns for a message that another process handles, {form}, {parser}", number(statistics.median(found.values())),
                             f"{min(found.values()):.0f}–{max(found.values()):.0f}"])
    return table(["a handler that takes 300 µs", "measured", "of one (lowest–highest)"], rows) if rows else ""


def metrics_table(results):
    """What calls of count() and gauge() cost; empty if they were not measured."""
    rows = []
    for key, name in (("count_ns", "`count()`"), ("count_run_time_name_ns", "`count()` with a name that is no constant"),
                      ("gauge_ns", "`gauge()`"), ("empty_ns", "an empty loop")):
        found = results.values("metrics", key).values()
        if found:
            rows.append([name, f"{number(statistics.median(found), 1)} ({number(min(found), 1)}–{number(max(found), 1)})"])
    return table(["a call", "CPU ns (lowest–highest)"], rows) if rows else ""


def verdict(met):
    return {True: "yes", False: "**no**", None: "–"}[met]


def target_rows(results):
    rows = []
    tcp = {"generation": "current", "transport": "tcp"}
    for parser in ("simdjson", "nlohmann"):
        def add(what, shown, found, must, stretch=None, least=True):
            good = lambda limit: None if found is None or limit is None else (found >= limit if least else found <= limit)
            sign = "≥" if least else "≤"
            rows.append([what, parser, shown, f"{sign} {must}", verdict(good(must)),
                         f"{sign} {stretch}" if stretch is not None else "", verdict(good(stretch)) if stretch is not None else ""])
        for local, (must, stretch, plain) in CPU_TARGETS.items():
            ratio = results.ratio("drain", "cpu", "Python", parser, local=local, **tcp)
            add(f"CPU per flow against Python, {local} % local", spread(ratio), ratio and ratio[0],
                *((must, stretch) if parser == "simdjson" else (plain,)))
        for transport in ("tcp", "unix"):
            ratio = results.ratio("drain", "rate", parser, "bare hiredis", local=0, generation="current", transport=transport)
            add(f"draining a backlog against bare hiredis, {transport}", spread(ratio, "", 2), ratio and ratio[0],
                *((0.35, 0.7) if parser == "simdjson" else (0.12,)))
        ratio = results.ratio("drain", "server", "Python", parser, local=100, **tcp)
        add("redis-server's CPU per flow with evidence against Python's", spread(ratio), ratio and ratio[0], 40,
            *((55,) if parser == "simdjson" else ()))
        ratio = results.ratio("latency", "p99", parser, "bare echo", rate=10_000, **tcp)
        add("p99 latency at 10,000 flows/s against a bare echo", spread(ratio, "x", 1), ratio and ratio[0],
            *((3, 1.5) if parser == "simdjson" else (5,)), least=False)
        memory = results.most("drain", "memory", parser) or None
        add("resident memory, MB", number(memory), memory, *((8, 6) if parser == "simdjson" else (8,)), least=False)
    over = results.values("compile", "seconds", what="the smallest module")
    under = results.values("compile", "seconds", what="nlohmann_json and hiredis")
    ratio = statistics.median(over[t] / under[t] for t in over) if over else None
    rows.append(["allocations per flow, from socket to handler", "simdjson", "counted by `tests/simdjson/test_allocations.cpp`", "0", "tested", "0", "tested"])
    rows.append(["compiling the smallest module against its libraries", "", f"{ratio:.1f}x" if ratio else "–", "≤ 1.8",
                 verdict(ratio and ratio <= 1.8), "≤ 1.3", verdict(ratio and ratio <= 1.3)])
    return rows


def targets_table(results):
    return table(["what", "parser", "measured (lowest–highest round)", "must", "met", "stretch", "met"], target_rows(results))


def short_table(results):
    """The table in README.md."""
    rows = []
    for program, name in (("nlohmann", "the example module"), ("simdjson", "the same with `slips::simdjson`"), ("Python", "the same in Python")):
        cells = [results.median("drain", "cpu", program=program, generation="current", transport="tcp", local=local) for local in (0, 10, 100)]
        if cells[0] is None:
            continue
        times = [results.ratio("drain", "cpu", "Python", program, generation="current", transport="tcp", local=local) for local in (0, 10, 100)]
        memory = results.most("drain", "memory", program)
        rows.append([name, *(number(c) for c in cells), ", ".join(f"{t[0]:.0f}x" for t in times) if program != "Python" and times[0] else "",
                     f"{memory:.1f} MB" if memory else ""])
    return table(["CPU µs per flow, by share of local flows", "0 %", "10 %", "100 %", "less than Python", "memory"], rows)


# --- the plot --------------------------------------------------------------------------------------------------

COLOURS = {"Python": "#8a8f98", "nlohmann": "#e08a1e", "simdjson": "#1f77b4", "bare echo": "#4a9d5b"}


class Plot:
    def __init__(self, width, height):
        self.size, self.parts = (width, height), []

    def text(self, x, y, text, size=12, anchor="middle", weight="normal"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">{text}</text>')

    def line(self, points, colour="#d5d8dd", width=1, dash=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"'
                          + (f' stroke-dasharray="{dash}"' if dash else "") + "/>")

    def bar(self, x, y, width, height, colour):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>')

    def dot(self, x, y, colour):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')

    def svg(self, title):
        width, height = self.size
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
                f'font-family="sans-serif" fill="#24292f" role="img" aria-label="{title}">\n<title>{title}</title>\n'
                f'<rect width="{width}" height="{height}" rx="6" fill="#ffffff"/>\n' + "\n".join(self.parts) + "\n</svg>\n")


def logarithmic(low, high, begin, end):
    return lambda value: begin + (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low)) * (end - begin)


def plot(results):
    p = Plot(900, 380)
    # left: CPU per flow
    y = logarithmic(1, 2000, 320, 60)
    p.text(235, 28, "CPU µs per flow, logarithmic", 14, weight="bold")
    for mark in (1, 10, 100, 1000):
        p.line([(50, y(mark)), (425, y(mark))])
        p.text(44, y(mark) + 4, f"{mark:,}", 11, "end")
    for group, local in enumerate((0, 10, 100)):
        x = 65 + group * 125
        for i, program in enumerate(("Python", *PARSERS)):
            value = results.median("drain", "cpu", program=program, generation="current", transport="tcp", local=local)
            if value is None:
                continue
            p.bar(x + i * 36, y(value), 32, 320 - y(value), COLOURS[program])
            p.text(x + i * 36 + 16, y(value) - 5, number(value), 11)
        p.text(x + 52, 340, f"{local} % local flows", 12)
    # right: latency
    top = max((row["p99"] for row in results.all["latency"]), default=1)
    low = min((row["p50"] for row in results.all["latency"] if row["p50"]), default=0.05)
    low, high = 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(top))
    x, y = logarithmic(800, 60_000, 510, 870), logarithmic(low, high, 320, 60)
    p.text(690, 28, "ms from flow to evidence: p99 (dashed: p50)", 14, weight="bold")
    mark = low
    while mark <= high:
        p.line([(505, y(mark)), (875, y(mark))])
        p.text(499, y(mark) + 4, f"{mark:g}", 11, "end")
        mark *= 10
    for rate in (1_000, 3_000, 10_000, 50_000):
        p.text(x(rate), 340, f"{rate:,}", 12)
    for program in ("Python", "bare echo", *PARSERS):
        for value, dash in (("p99", ""), ("p50", "5 4")):
            points = [(x(rate), y(found)) for rate in (1_000, 3_000, 10_000, 50_000)
                      if (found := results.median("latency", value, program=program, generation="current", transport="tcp", rate=rate))]
            p.line(points, COLOURS[program], 2, dash)
            for at in points:
                p.dot(*at, COLOURS[program])
    for i, (name, text) in enumerate((("Python", "in Python"), ("nlohmann", "the example module"), ("simdjson", "with slips::simdjson"),
                                      ("bare echo", "an echo without further work"))):
        p.bar(60 + i * 210, 356, 12, 12, COLOURS[name])
        p.text(78 + i * 210, 366, text, 12, "start")
    return p.svg("CPU time and latency of the example module beside Python and a bare echo")


# --- writing ---------------------------------------------------------------------------------------------------

def page(results):
    m = results.all["machine"]
    parts = [f"# Benchmark results\n\nBy `scripts/bench`, in one run of {results.all['repeat']} rounds, on {m['cores']} cores ({m['cpu']}), with redis-server "
             f"{m['redis']}, {m['compiler']}; {results.all['messages']:,} flows each, {results.all['messages_for_python']:,} for Python. Trust the "
             "ratios: each compares measurements of the same round, and is shown as median, lowest and highest. [`bench.py`](../bench.py) "
             "describes the method, `results.json` has every figure.\n\n![CPU and latency](bench.svg)\n",
             "## Against the targets\n\n" + targets_table(results) + "\n"]
    for generation in ("current", "legacy"):
        for transport in ("tcp", "unix"):
            parts.append(f"## Draining a backlog: {generation} Slips, {'a Unix socket' if transport == 'unix' else 'TCP'}\n\n"
                         + drain_table(results, generation, transport) + "\n")
    for generation, transport in (("current", "tcp"), ("current", "unix"), ("legacy", "tcp")):
        parts.append(f"## Latency from PUBLISH to evidence_added: {generation} Slips, {'a Unix socket' if transport == 'unix' else 'TCP'}, 10 % local\n\n"
                     + latency_table(results, generation, transport) + "\n")
    if model := model_table(results):
        parts.append("## A model's decision\n\n" + model + "\n")
    if shared := share_table(results):
        parts.append("## Several processes\n\n" + shared + "\n")
    if metrics := metrics_table(results):
        parts.append("## count() and gauge()\n\n" + metrics + "\n")
    return "\n".join(parts)


def in_readme(results, text):
    block = "<!-- bench: short -->\n" + short_table(results) + "\n<!-- end of bench -->"
    return re.sub(r"<!-- bench: short -->.*?<!-- end of bench -->", lambda _: block, text, flags=re.DOTALL)


def main():
    if len(sys.argv) < 2 or len(sys.argv) > 3 or (len(sys.argv) == 3 and sys.argv[2] not in ("--write", "--check")):
        sys.exit("usage: " + __doc__.split("usage: ")[1].splitlines()[0])
    results = Results(sys.argv[1])
    if len(sys.argv) == 2:
        print(page(results))
        return
    with open(README) as f:
        readme = f.read()
    if results.all["repeat"] < 5 or not all(results.all[kind] for kind in ("drain", "latency", "compile")):
        sys.exit(f"{sys.argv[1]} is not the result of a complete run: run scripts/bench")
    folder = os.path.dirname(os.path.abspath(sys.argv[1]))
    files = {os.path.join(folder, "README.md"): page(results), os.path.join(folder, "bench.svg"): plot(results),
             README: in_readme(results, readme)}
    stale = []
    for path, text in files.items():
        if sys.argv[2] == "--write":
            with open(path, "w") as f:
                f.write(text)
        elif not os.path.exists(path) or open(path).read() != text:
            stale.append(os.path.relpath(path, os.path.join(HERE, "..")))
    if stale:
        sys.exit(f"{', '.join(stale)}: differs from the results; run: python3 bench/report.py {os.path.relpath(sys.argv[1])} --write")


main()
