# The tutorial's module in Python for Slips 1.1.22, quoted in docs/from-python.md.
import ipaddress
import json

from slips_files.common.abstracts.imodule import IModule
from slips_files.common.slips_utils import utils
from slips_files.core.structures.evidence import (
    Attacker, Direction, Evidence, EvidenceType, IoCType, ProfileID, ThreatLevel, TimeWindow, Victim)


class LocalConnectionDetector(IModule):
    name = "local_connection_detector"
    description = "detects connections to other devices in your local network"
    authors = ["Your name"]

    def init(self):
        self.window = self.conf.get_tw_width_in_seconds()

    def subscribe_to_channels(self):
        self.c1 = self.db.subscribe("new_flow")
        self.channels = {"new_flow": self.c1}

    def pre_main(self):
        utils.drop_root_privs_permanently()

    def main(self):
        if msg := self.get_msg("new_flow"):
            self.handle_flow(json.loads(msg["data"]))

    def shutdown_gracefully(self):
        self.print("done", 1, 0)

    def handle_flow(self, message):
        flow = message["flow"]
        saddr = flow["saddr"]
        daddr = flow["daddr"]
        if not ipaddress.ip_address(saddr).is_private:
            return
        if not ipaddress.ip_address(daddr).is_private:
            return
        evidence = Evidence(
            evidence_type=EvidenceType.CONNECTION_TO_PRIVATE_IP,
            description=f"Detected a connection to a local device {daddr}",
            attacker=Attacker(direction=Direction.SRC, ioc_type=IoCType.IP, value=saddr),
            victim=Victim(direction=Direction.DST, ioc_type=IoCType.IP, value=daddr),
            threat_level=ThreatLevel.HIGH,
            confidence=0.8,
            profile=ProfileID(ip=saddr),
            timewindow=TimeWindow(number=int(message["twid"].replace("timewindow", ""))),
            uid=[flow["uid"]],
            timestamp=flow["starttime"],
            interface=flow["interface"],
        )
        self.db.set_evidence(evidence)
