"""The same detector, working as a Python module of either generation of Slips: one message, one command at a time.

usage: python_module.py PORT CACHE_PORT COUNT GENERATION, writes "ready" when it is subscribed, writes
"done" after COUNT messages, and ends with its standard input. Needs python3-redis.
"""
import ipaddress
import json
import sys
import uuid

import redis

VERSION = "1.1.21"
CHANNEL = "new_flow"
NAME = "python_module"


def enrich(cache, ip):
    facts = [cache.hget(f"IPsInfo:{kind}", ip) for kind in
             ("asn", "reverse_dns", "SNI", "threatintelligence", "DNS_resolution")]
    return {"TI": facts[3], "AS": facts[0], "rDNS": facts[1], "SNI": facts[2], "DNS_resolution": None,
            "queries": facts[4], "CNAME": None}


def set_evidence(main, cache, message):
    flow, profile, ip = message["flow"], message["profileid"], message["flow"]["saddr"]
    if main.zscore("profiles", profile) is None:
        main.zadd("profiles", {profile: flow["starttime"]})
        for field, value in (("starttime", flow["starttime"]), ("duration", 3600.0), ("confidence", 0.05)):
            main.hset(profile, field, value)
            main.expire(profile, 3600, nx=True)
    evidence_id = str(uuid.uuid4())
    main.hset("flows_causing_evidence", evidence_id, json.dumps([flow["uid"]]))
    main.expire("flows_causing_evidence", 600, nx=True)
    evidence = {
        "evidence_type": "CONNECTION_TO_PRIVATE_IP",
        "description": f"Detected a connection to a local device {flow['daddr']}",
        "attacker": {"direction": "SRC", "ioc_type": "IP", "value": ip, "profile": {"ip": ip}},
        "threat_level": "HIGH",
        "profile": {"ip": profile.split("_")[1]},
        "timewindow": {"number": int(message["twid"].replace("timewindow", "")), "start_time": "", "end_time": ""},
        "uid": [flow["uid"]], "timestamp": flow["starttime"], "interface": flow["interface"],
        "victim": {"direction": "DST", "ioc_type": "IP", "value": flow["daddr"]},
        "proto": False, "dst_port": None, "src_port": None, "method": "HEURISTIC", "id": evidence_id,
        "confidence": 0.8, "rel_id": None,
    }
    evidence["victim"].update(enrich(cache, flow["daddr"]))
    evidence["attacker"].update(enrich(cache, ip))
    window = f"{profile}_{message['twid']}_evidence"
    if main.hget(window, evidence_id) or main.sismember("whitelisted_evidence", evidence_id):
        return
    main.hset(window, evidence_id, json.dumps(evidence))
    main.incr("number_of_evidence")
    main.hincrby("msgs_published_at_runtime", "evidence_added", 1)
    evidence["version"] = VERSION
    main.publish("evidence_added", json.dumps(evidence))
    main.hset(f"profile_{ip}", "threat_level", "high")
    main.expire(f"profile_{ip}", 3600, nx=True)
    if not main.hget(f"profile_{ip}", "max_threat_level"):
        main.hset(f"profile_{ip}", "max_threat_level", "high")
    for kind, value in (("score", 0.8), ("confidence", 0.8)):
        cache.hset(f"IPsInfo:{kind}", ip, value)


def count_uid(main, text):
    uid = json.loads(text)["flow"]["uid"]
    seen = main.hincrby(f"number_of_subscribers_who_processed_this_msg_{CHANNEL}", uid, 1)
    if seen == main.pubsub_numsub(CHANNEL)[0][1]:
        if main.incr("flows_analyzed_by_all_modules_per_minute") == 1:
            main.expire("flows_analyzed_by_all_modules_per_minute", 60)


def is_local(saddr, daddr):
    return ipaddress.ip_address(saddr).is_private and ipaddress.ip_address(daddr).is_private


def handle_current(server, cache, text):
    count_uid(server, text)
    if json.loads(text).get("version") != VERSION:
        return
    server.hincrby(f"{NAME}_msgs_received_at_runtime", CHANNEL, 1)
    data = json.loads(text)
    if is_local(data["flow"]["saddr"], data["flow"]["daddr"]):
        set_evidence(server, cache, data)


def set_legacy_evidence(main, cache, profile, twid, uid, flow, stime):
    ip, description = flow["saddr"], f"Detected a connection to a local device {flow['daddr']}"
    key = f"{profile}_{twid}"
    held = main.hget(key, "Evidence")
    held = json.loads(held) if held else {}
    level = "info" if profile.split("_")[1] in str(ip) else "high"
    evidence = json.dumps({
        "profileid": profile, "twid": twid, "type_detection": "srcip", "detection_info": ip,
        "type_evidence": "ConnectionToLocalDevice", "description": description, "stime": stime, "uid": uid, "confidence": 0.8,
        "threat_level": level, "category": "Anomaly.Connection", "ID": str(uuid.uuid4())})
    if description not in held:
        main.publish("evidence_added", evidence)
    held[description] = evidence
    held = json.dumps(held)
    main.hset(key, "Evidence", held)
    main.hset(f"evidence{profile}", twid, held)
    known = cache.hget("IPsInfo", ip)
    known = json.loads(known) if known else {}
    known.update({"score": 1, "confidence": 1})
    cache.hset("IPsInfo", ip, json.dumps(known))


def handle_legacy(server, cache, text):
    data = json.loads(text)
    flows = json.loads(data["flow"])
    uid = next(iter(flows))
    flow = json.loads(flows[uid])
    if is_local(flow["saddr"], flow["daddr"]):
        set_legacy_evidence(server, cache, data["profileid"], data["twid"], uid, flow, data["stime"])


def main():
    port, cache_port, left = map(int, sys.argv[1:4])
    handle = handle_current if sys.argv[4] == "current" else handle_legacy
    server = redis.StrictRedis(port=port, decode_responses=True)
    cache = redis.StrictRedis(port=cache_port, db=1, decode_responses=True)
    pubsub = server.pubsub()
    pubsub.subscribe(CHANNEL)
    while pubsub.get_message(timeout=1)["type"] != "subscribe":
        pass
    print("ready", flush=True)
    while left:
        message = pubsub.get_message(timeout=0.0000001)
        if not message or message["type"] != "message":
            continue
        left -= 1
        handle(server, cache, message["data"])
    print("done", flush=True)
    sys.stdin.read()  # until the measuring program has read its CPU time


main()
