# The tutorial's module in Python for Slips 0.9.1, quoted in docs/from-python.md.
import ipaddress
import json
import multiprocessing

from slips_files.common.abstracts import Module
from slips_files.common.slips_utils import utils
from slips_files.core.database import __database__


class Module(Module, multiprocessing.Process):
    name = 'local_connection_detector'
    description = 'detects connections to other devices in your local network'
    authors = ['Your name']

    def __init__(self, outputqueue, config, redis_port):
        multiprocessing.Process.__init__(self)
        self.outputqueue = outputqueue
        self.config = config
        __database__.start(self.config, redis_port)
        self.c1 = __database__.subscribe('new_flow')
        self.timeout = 0.0000001

    def print(self, text, verbose=1, debug=0):
        self.outputqueue.put(f'{verbose}{debug}|{self.name}|{text}')

    def shutdown_gracefully(self):
        __database__.publish('finished_modules', self.name)

    def run(self):
        utils.drop_root_privs()
        while True:
            try:
                message = self.c1.get_message(timeout=self.timeout)
                if message and message['data'] == 'stop_process':
                    self.shutdown_gracefully()
                    return True
                if utils.is_msg_intended_for(message, 'new_flow'):
                    self.handle_flow(json.loads(message['data']))
            except KeyboardInterrupt:
                self.shutdown_gracefully()
                return True
            except Exception as error:
                self.print(str(error), 0, 1)

    def handle_flow(self, message):
        profileid = message['profileid']
        twid = message['twid']
        flow = json.loads(message['flow'])
        uid = next(iter(flow))
        flow = json.loads(flow[uid])
        saddr = flow['saddr']
        daddr = flow['daddr']
        if not ipaddress.ip_address(saddr).is_private:
            return
        if not ipaddress.ip_address(daddr).is_private:
            return
        type_evidence = 'ConnectionToLocalDevice'
        type_detection = 'srcip'
        detection_info = saddr
        threat_level = 'high'
        confidence = 0.8
        category = 'Anomaly.Connection'
        description = f'Detected a connection to a local device {daddr}'
        timestamp = message['stime']
        __database__.setEvidence(
            type_evidence, type_detection, detection_info, threat_level, confidence, description, timestamp,
            category, profileid=profileid, twid=twid, uid=uid)
