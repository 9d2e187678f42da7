# SPDX-License-Identifier: Apache-2.0
"""floor: the floor-control messages of TS 24.380 as bytes, made and read without the server's code; and the channel that
a phone speaks them over."""
import socket
import struct
import time

KINDS = {0: "request", 1: "granted", 2: "taken", 3: "deny", 4: "release", 5: "idle", 6: "revoke",
         8: "position-request", 9: "position", 10: "ack"}
NUMBERS = {name: number for number, name in KINDS.items()}
PRIORITY, DURATION, CAUSE, QUEUE, PARTY, PERMISSION, USER, SIZE, SEQUENCE = range(9)
SOURCE, TRACK, TYPE, INDICATOR, SSRC = range(10, 15)
NORMAL, BROADCAST, EMERGENCY, PERIL, QUEUEING = 0x8000, 0x4000, 0x1000, 0x0800, 0x0400
# deny and revoke have name spaces of their own
ANOTHER_HAS_IT, ONLY_ONE, RECEIVE_ONLY, QUEUE_FULL = 1, 3, 5, 7
TOO_LONG, NO_PERMISSION, PREEMPTED = 2, 3, 4


def build(kind, ssrc, *fields, ack=False):
    """One message; `fields` are (id, octets), padded here."""
    body = b"MCPT"
    for ident, value in fields:
        body += bytes((ident, len(value))) + value
        body += bytes(-len(body) % 4)
    number = kind if isinstance(kind, int) else NUMBERS[kind]
    return struct.pack("!BBHI", 0x80 | number | (0x10 if ack else 0), 204, 1 + len(body) // 4, ssrc) + body


def octet(ident, value):
    return ident, bytes((value, 0))


def short(ident, value):
    return ident, struct.pack("!H", value)


def text(ident, value):
    return ident, value.encode()


def ssrc_field(value):
    return SSRC, struct.pack("!IH", value, 0)


class Floor:
    """One message read; strict: what is not exactly as TS 24.380 §8.2 has it is an assertion."""

    def __init__(self, raw):
        self.raw, self.at = raw, time.monotonic()
        first, kind, length, self.ssrc = struct.unpack("!BBHI", raw[:8])
        assert first >> 5 == 4, "version 2, no padding: " + raw.hex()
        assert kind == 204 and raw[8:12] == b"MCPT" and 4 * (length + 1) == len(raw), "RTCP APP MCPT: " + raw.hex()
        self.ack = bool(first & 0x10)
        number = first & 0x1f
        self.kind = KINDS.get(number if number in (6, 8, 10) else number & 0xf, "?%d" % number)
        self.fields, at = [], 12
        while at < len(raw):
            ident, size = raw[at], raw[at + 1]
            assert at + 2 + size <= len(raw), "a field within the packet: " + raw.hex()
            self.fields.append((ident, raw[at + 2:at + 2 + size]))
            end = at + 2 + size
            at = end + -end % 4
            assert not any(raw[end:at]), "zeros for padding: " + raw.hex()

    def field(self, ident):
        return next((value for i, value in self.fields if i == ident), None)

    def number(self, ident):
        """The field's 16 bits; None without it."""
        value = self.field(ident)
        return struct.unpack("!H", value[:2])[0] if value is not None else None

    @property
    def cause(self):
        return self.number(CAUSE)

    @property
    def position(self):
        return self.field(QUEUE)[0]

    @property
    def party(self):
        value = self.field(PARTY)
        return value.decode() if value is not None else None

    @property
    def indicator(self):
        return self.number(INDICATOR) or 0

    @property
    def audio(self):
        value = self.field(SSRC)
        return struct.unpack("!I", value[:4])[0] if value is not None else None

    def __repr__(self):
        return "<%s %s>" % (self.kind, " ".join("%d=%s" % (i, v.hex()) for i, v in self.fields))


class Channel:
    """The phone's end of m=application. What comes from elsewhere than the server's port is an assertion, too; a message
    may be faster than the answer that announces the port. `may_talk`: granted, and not given back or taken away since."""

    def __init__(self, stage, server, ip="127.0.0.1", ssrc=0x11111111):
        self.ssrc, self.remote, self.got, self.next = ssrc, None, [], 0
        self.may_talk, self.sources = False, set()
        self.stage, self.server, self.name = stage, server, "a phone"
        self.sock = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((ip, 0))
        self.sock.setblocking(False)
        self.port = self.sock.getsockname()[1]
        stage.add(self.sock, self._take)

    def _take(self):
        while True:
            try:
                data, source = self.sock.recvfrom(4096)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if not self.server.relays(source[1]):               # another test's server, to who had this port
                continue
            self.sources.add(source[:2])
            assert not self.remote or self.sources == {self.remote}, \
                "floor packets come from %s, the port that was announced is %s" % (self.sources, self.remote)
            while data:                                         # several may sit in one datagram
                size = 4 * (struct.unpack("!H", data[2:4])[0] + 1)
                self.got.append(Floor(data[:size]))
                if self.got[-1].kind in ("granted", "taken", "idle"):
                    self.may_talk = self.got[-1].kind == "granted"
                data = data[size:]

    def send(self, kind, *fields, ack=False, source=None):
        (source or self.sock).sendto(build(kind, self.ssrc, *fields, ack=ack), self.remote)

    def raw(self, data):
        self.sock.sendto(data, self.remote)

    def request(self, priority=None, indicator=NORMAL, **kw):
        fields = [octet(PRIORITY, priority)] if priority is not None else []
        self.send("request", *fields, *([short(INDICATOR, indicator)] if indicator is not None else []), **kw)

    def release(self, **kw):
        self.may_talk = False
        self.send("release", short(INDICATOR, NORMAL), **kw)

    def ask_position(self):
        self.send("position-request")

    def expect(self, *kinds, seconds=5.0, skip=()):
        """The next message, which is one of these."""
        while True:
            if not self.stage.until(lambda: len(self.got) > self.next, seconds):
                raise AssertionError("%s: no floor message within %.1f s, expected %s; came before: %r"
                                     % (self.name, seconds, "/".join(kinds), self.got[-4:]))
            message = self.got[self.next]
            self.next += 1
            if message.kind in kinds:
                return message
            assert message.kind in skip, "%s: expected %s, got %r" % (self.name, "/".join(kinds), message)

    def unread(self):
        return self.got[self.next:]

    def skip_all(self):
        self.next = len(self.got)

    def close(self):
        self.stage.remove(self.sock)
        self.sock.close()
