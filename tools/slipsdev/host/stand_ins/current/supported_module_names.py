"""A closed list of module names, as newer Slips has one in modules/. Slips starts no module whose name is not in it."""
from enum import Enum


class Modules(str, Enum):
    ARP = "arp"
    BLOCKING = "blocking"
    EVIDENCE_HANDLER = "evidence_handler"
    FLOW_ALERTS = "flow_alerts"
    IP_INFO = "ip_info"
    TEMPLATE = "template"
    THREAT_INTELLIGENCE = "threat_intelligence"
