"""Evidence as a module of Slips 1.1 sees it, and the reader of Slips' evidence handler."""
import ipaddress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import List, Optional
from uuid import uuid4

EvidenceType = Enum("EvidenceType", """
    ARP_SCAN ARP_OUTSIDE_LOCALNET UNSOLICITED_ARP MITM_ARP_ATTACK YOUNG_DOMAIN MULTIPLE_SSH_VERSIONS
    DIFFERENT_LOCALNET DEVICE_CHANGING_IP NON_HTTP_PORT_80_CONNECTION NON_SSL_PORT_443_CONNECTION
    WEIRD_HTTP_METHOD INCOMPATIBLE_CN CN_URL_MISMATCH DGA_NXDOMAINS DNS_WITHOUT_CONNECTION PASTEBIN_DOWNLOAD
    CONNECTION_WITHOUT_DNS DNS_ARPA_SCAN UNKNOWN_PORT PASSWORD_GUESSING HORIZONTAL_PORT_SCAN
    CONNECTION_TO_PRIVATE_IP GRE_TUNNEL GRE_SCAN VERTICAL_PORT_SCAN SSH_SUCCESSFUL LONG_CONNECTION
    SELF_SIGNED_CERTIFICATE MULTIPLE_RECONNECTION_ATTEMPTS CONNECTION_TO_MULTIPLE_PORTS HIGH_ENTROPY_DNS_ANSWER
    INVALID_DNS_RESOLUTION PORT_0_CONNECTION MALICIOUS_JA3 MALICIOUS_JA3S DATA_UPLOAD BAD_SMTP_LOGIN
    SMTP_LOGIN_BRUTEFORCE MALICIOUS_SSL_CERT MALICIOUS_FLOW SUSPICIOUS_USER_AGENT EMPTY_CONNECTIONS
    INCOMPATIBLE_USER_AGENT EXECUTABLE_MIME_TYPE MULTIPLE_USER_AGENT HTTP_TRAFFIC MALICIOUS_JARM
    NETWORK_GPS_LOCATION_LEAKED ICMP_TIMESTAMP_SCAN ICMP_ADDRESS_SCAN ICMP_ADDRESS_MASK_SCAN DHCP_SCAN
    MALICIOUS_IP_FROM_P2P_NETWORK P2P_REPORT COMMAND_AND_CONTROL_CHANNEL THREAT_INTELLIGENCE_BLACKLISTED_ASN
    THREAT_INTELLIGENCE_FROM_BLACKLISTED_IP THREAT_INTELLIGENCE_TO_BLACKLISTED_IP
    THREAT_INTELLIGENCE_BLACKLISTED_DNS_ANSWER THREAT_INTELLIGENCE_BLACKLISTED_DOMAIN
    THREAT_INTELLIGENCE_ANSWER_OF_BLACKLISTED_QUERY MALICIOUS_DOWNLOADED_FILE THREAT_INTELLIGENCE_MALICIOUS_URL
    LOGIN TOR_EXIT_NODE
""")
Direction = Enum("Direction", "DST SRC")
IoCType = Enum("IoCType", "IP URL DOMAIN MD5")
Method = Enum("Method", "BIOMETRIC SIGNATURE MONITOR POLICY STATISTICAL AI HEAT MOVEMENT BLACKHOLE HEURISTIC INTEGRITY "
                        "HONEYPOT TARPIT RECON CORRELATION THRESHOLD")


class ThreatLevel(Enum):
    INFO, LOW, MEDIUM, HIGH, CRITICAL = 0, 0.2, 0.5, 0.8, 1


class Proto(Enum):
    TCP, UDP, ICMP = "tcp", "udp", "icmp"


class ImmuneType(Enum):
    PAMP, DAMP = auto(), auto()


@dataclass
class ProfileID:
    ip: str

    def __post_init__(self):
        ipaddress.ip_address(self.ip)


@dataclass
class Peer:
    direction: Direction
    ioc_type: IoCType
    value: str

    def check(self):
        if self.ioc_type == IoCType.IP:
            ipaddress.ip_address(self.value)


@dataclass
class Facts:
    TI: Optional[str] = None
    AS: Optional[dict] = None
    rDNS: Optional[str] = None
    SNI: Optional[str] = None
    DNS_resolution: Optional[list] = None
    queries: Optional[list] = None
    CNAME: Optional[list] = None


@dataclass
class Victim(Facts, Peer):
    def __post_init__(self):
        self.check()


@dataclass
class Attacker(Facts, Peer):
    profile: object = ""

    def __post_init__(self):
        self.check()


@dataclass
class TimeWindow:
    number: int
    start_time: str = ""
    end_time: str = ""

    def __post_init__(self):
        if not isinstance(self.number, int):
            raise ValueError("a time window has a number")


@dataclass
class Evidence:
    evidence_type: EvidenceType
    description: str
    attacker: Attacker
    threat_level: ThreatLevel
    profile: ProfileID
    timewindow: TimeWindow
    uid: List[str]
    timestamp: str
    immune_type: Optional[ImmuneType] = None
    interface: str = "default"
    victim: object = False
    proto: object = False
    dst_port: Optional[int] = None
    src_port: Optional[int] = None
    method: Method = Method.HEURISTIC
    id: str = field(default_factory=lambda: str(uuid4()))
    confidence: float = 0.0
    rel_id: Optional[list] = None


def dict_to_evidence(evidence):
    """Converts JSON of evidence_added and of a time window's hash to an Evidence."""
    proto, victim = evidence.get("proto"), evidence.get("victim")
    return Evidence(
        evidence_type=EvidenceType[evidence["evidence_type"]],
        description=evidence["description"],
        attacker=Attacker(**evidence["attacker"]),
        threat_level=ThreatLevel[evidence["threat_level"].upper()],
        profile=ProfileID(evidence["profile"]["ip"]),
        timewindow=TimeWindow(evidence["timewindow"]["number"]),
        uid=evidence["uid"],
        timestamp=evidence["timestamp"],
        interface=evidence["interface"],
        victim=Victim(**victim) if victim else None,
        proto=Proto[proto.upper()] if proto else None,
        dst_port=evidence.get("dst_port"),
        src_port=evidence.get("src_port"),
        method=Method[evidence["method"].upper()],
        id=evidence["id"],
        confidence=evidence["confidence"],
        rel_id=evidence["rel_id"],
    )
