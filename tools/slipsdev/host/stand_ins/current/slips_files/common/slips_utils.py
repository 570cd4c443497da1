"""How Slips 1.1 writes its dataclasses."""
from dataclasses import fields, is_dataclass
from enum import Enum


class Utils:
    def to_dict(self, value):
        """Converts a dataclass to JSON values: members of enums become their names."""
        if is_dataclass(value):
            return {each.name: self.to_dict(getattr(value, each.name)) for each in fields(value)}
        if isinstance(value, dict):
            return {key: self.to_dict(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.to_dict(each) for each in value]
        return value.name if isinstance(value, Enum) else value


utils = Utils()
