"""A few of the evidence types that Slips 1.1 knows."""
from enum import Enum, auto


class EvidenceType(Enum):
    ARP_SCAN = auto()
    CONNECTION_TO_PRIVATE_IP = auto()
    MALICIOUS_FLOW = auto()
