"""IModule as a module of Slips 1.1 sees it."""
import os
import traceback
from abc import ABC, abstractmethod
from multiprocessing import Process


class IModule(ABC, Process):
    name = "imodule"
    description = ""
    authors = []
    channels = {}

    def __init__(self, logger, output_dir, redis_port, termination_event, slips_args, conf, ppid,
                 bloom_filters_manager, **kwargs):
        Process.__init__(self)
        self.logger, self.redis_port, self.termination_event = logger, redis_port, termination_event
        self.parent_output_dir, self.output_dir = output_dir, os.path.join(output_dir, self.name)
        self.args, self.conf, self.ppid, self.bloom_filters = slips_args, conf, ppid, bloom_filters_manager
        self.slips_version = conf.slips_version
        self.init(**kwargs)

    @abstractmethod
    def init(self, **kwargs): ...

    @abstractmethod
    def subscribe_to_channels(self): ...

    @abstractmethod
    def main(self): ...

    def pre_main(self): ...

    def shutdown_gracefully(self): ...

    def print(self, text, verbose=1, debug=0):
        self.logger.show(self.name, str(text), verbose, debug)

    def run(self):
        """An exception, or a second Ctrl-C, ends the module without shutdown_gracefully()."""
        interrupts = 0
        try:
            self.subscribe_to_channels()
            if self.pre_main():
                return self.shutdown_gracefully()
            while interrupts < 2:
                try:
                    if self.termination_event.is_set() or self.main():
                        return self.shutdown_gracefully()
                except KeyboardInterrupt:
                    interrupts += 1
        except KeyboardInterrupt:
            self.shutdown_gracefully()
        except Exception:
            self.print(traceback.format_exc(), 0, 1)
