"""A module of Slips that sets one evidence for each flow, without the SDK: in the form that --form describes, as JSON.

store      description, id, hash or nowhere: where and under which key
evidence   the object; {ip}, {twid}, {number}, {uid} and {id} in its texts stand for those of the flow
causing    flows_causing_evidence gets the uid
counted    number_of_evidence is incremented
published  first or last
stamp      added to what is published
cached     commands for the cache, for each evidence
levels     commands for the main database, after it is published
late       one more evidence at the request to stop
"""
import json
import os
import re
import signal
import socket
import sys
import uuid

DESCRIPTION = {"name": "writer", "description": "", "authors": "", "sdk": "none", "channels": ["new_flow"],
               "evidence_types": [], "needs_root": False}


class Redis:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")

    def send(self, *words):
        words = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(each), each) for each in words))

    def read(self):
        kind, text = self.file.read(1), self.file.readline()[:-2].decode()
        if kind == b"$":
            return None if text == "-1" else self.file.read(int(text) + 2)[:-2].decode()
        if kind == b"*":
            return [self.read() for _ in range(int(text))]
        return text

    def call(self, *words):
        self.send(*words)
        return self.read()


def port_in(folder):
    """Of the running instance that Slips' folder lists."""
    for name, pattern in (("running_slips_info.txt", r"^\d{4}/.*?,.*?,(\d+),"), ("used_redis_servers.txt", r" {4}(\d+) ")):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return int(re.findall(pattern, file.read(), re.MULTILINE)[-1])
    raise SystemExit(folder + " lists no running Slips")


def fill(value, words):
    if isinstance(value, dict):
        return {fill(key, words): fill(each, words) for key, each in value.items()}
    if isinstance(value, list):
        return [fill(each, words) for each in value]
    if value == "{number}":
        return int(words["number"])
    return re.sub(r"\{(\w+)\}", lambda match: words[match[1]], value) if isinstance(value, str) else value


def set_evidence(redis, form, message):
    flow = message["flow"]
    uid = flow["uid"] if isinstance(flow, dict) else next(iter(json.loads(flow)))
    words = {"profileid": message["profileid"], "ip": message["profileid"].partition("_")[2], "twid": message["twid"],
             "number": message["twid"][len("timewindow"):], "uid": uid, "id": str(uuid.uuid4())}
    window = words["profileid"] + "_" + words["twid"]
    evidence = fill(form["evidence"], words)
    text = json.dumps(evidence)
    published = json.dumps({**evidence, "version": form["stamp"]}) if form.get("stamp") else text
    first = form.get("published") == "first"
    for command in form.get("cached", []):
        form["cache"].call(*(fill(each, words) for each in command))
    if first:
        redis.call("PUBLISH", "evidence_added", published)
    if form.get("causing"):
        redis.call("HSET", "flows_causing_evidence", words["id"], json.dumps([uid]))
    if form["store"] == "hash":
        redis.call("HSET", window + "_evidence", words["id"], text)
    elif form["store"] != "nowhere":
        key = words["id"] if form["store"] == "id" else evidence["description"]
        stored = json.loads(redis.call("HGET", window, "Evidence") or "{}")
        stored[key] = text
        redis.call("HSET", window, "Evidence", json.dumps(stored))
        redis.call("HSET", "evidence" + words["profileid"], words["twid"], json.dumps(stored))
    if form.get("counted"):
        redis.call("INCR", "number_of_evidence")
    if not first:
        redis.call("PUBLISH", "evidence_added", published)
    for command in form.get("levels", []):
        redis.call(*(fill(each, words) for each in command))


def main():
    options = dict(zip(sys.argv[1::1], sys.argv[2:] + [""]))
    if "--describe" in sys.argv:
        print(json.dumps(DESCRIPTION))
        return
    port = int(options["--redis-port"]) if "--redis-port" in options else port_in(options["--slips-dir"])
    redis, channel, form = Redis(port), Redis(port), json.loads(options["--form"])
    last = None

    def stop(number, frame):
        if form.get("late") and last:
            set_evidence(Redis(port), form, last)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    form["cache"] = Redis(int(options["--cache-port"]))
    form["cache"].call("SELECT", 1)
    channel.send("SUBSCRIBE", "new_flow", "control_module")
    while True:
        kind, _, data = channel.read()
        if kind != "message":
            continue
        if data == "stop_process":
            break
        last = json.loads(data)
        set_evidence(redis, form, last)
    if "--register" in sys.argv:
        redis.call("PUBLISH", "finished_modules", "writer")


main()
