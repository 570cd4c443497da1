"""The part of Slips 0.9's database that a launcher and its host need, with a small Redis client."""
import os
import select
import socket
import time


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.received = b""

    def send(self, *words):
        words = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))

    def read(self, until=None):
        """Returns the next reply; None if it has not arrived in time."""
        while True:
            reply, rest = parse(self.received)
            if rest is not None:
                self.received = rest
                if isinstance(reply, Exception):
                    raise reply
                return reply
            if until is not None and not select.select([self.socket], [], [], max(0, until - time.monotonic()))[0]:
                return None
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("Redis has closed the connection")
            self.received += data


def parse(data):
    """Returns (reply, rest); (None, None) while it is incomplete."""
    head, end, rest = data.partition(b"\r\n")
    if not end:
        return None, None
    kind, text = head[:1], head[1:].decode("utf-8", "replace")
    if kind == b"-":
        return RuntimeError(text), rest
    if kind == b":":
        return int(text), rest
    if kind == b"+":
        return text, rest
    size = int(text)
    if size < 0:
        return None, rest
    if kind == b"$":
        return (rest[:size].decode("utf-8", "replace"), rest[size + 2:]) if len(rest) >= size + 2 else (None, None)
    replies = []
    for _ in range(size):
        reply, rest = parse(rest)
        if rest is None:
            return None, None
        replies.append(reply)
    return replies, rest


class Redis:
    """Each process has its own connection: a forked one must not read its parent's replies."""

    def __init__(self, port):
        self.port, self.pid = port, None

    def call(self, *words):
        if self.pid != os.getpid():
            self.connection, self.pid = Connection(self.port), os.getpid()
        self.connection.send(*words)
        return self.connection.read()

    def pubsub_numsub(self, *channels):
        reply = self.call("PUBSUB", "NUMSUB", *channels)
        return list(zip(reply[::2], reply[1::2]))


class Subscription:
    def __init__(self, port, channel):
        self.connection = Connection(port)
        self.connection.send("SUBSCRIBE", channel)

    def get_message(self, timeout=0.0):
        reply = self.connection.read(time.monotonic() + timeout)
        return reply and {"type": reply[0], "pattern": None, "channel": reply[1], "data": reply[2]}


class Database:
    def start(self, config, redis_port):
        if not hasattr(self, "r"):
            self.r = Redis(redis_port)
        self.r.call("SET", "slips_internal_time", 0)

    def subscribe(self, channel):
        """Returns False for a channel unknown to this Slips."""
        return channel != "control_module" and Subscription(self.r.port, channel)

    def publish(self, channel, data):
        self.r.call("PUBLISH", channel, data)

    def publish_stop(self):
        for channel in self.r.call("PUBSUB", "CHANNELS"):
            self.publish(channel, "stop_process")


__database__ = Database()
