#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fake_focus.py -c FILE: the least of a server that has push-to-talk groups, for the proof of the tests themselves: each
case must pass with a right one and fail with a wrong one. PORTAVOZ_FAKE names its faults, of FAULTS. It knows PCMU, one
talker, a queue, keys, words and floor packets; no transactions, no tones, no timers but T8 and the time to talk."""
import os
import re
import selectors
import signal
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

import floor as f
from phone import parts_of
from sip_ua import Message, host_port, param, unique, uri_of

FAULTS = {"leaks": "who has no floor is heard", "echo": "the talker hears itself", "deaf": "the release key does nothing",
          "last": "of two who press the last one has the floor", "twice": "a press by two ways counts twice",
          "keys": "key events are passed on", "jumps": "each talker's own sequence numbers are forwarded",
          "late": "a key counts at the end of its event", "toggles": "a held key is a toggle", "stranger": "403 for strangers",
          "order": "the queue has no order", "acks": "an Ack has the bit in its Message Type", "zero": "position 0 for 254",
          "mute": "who speaks without the floor is not told", "anybody": "floor packets from any source count",
          "forgets": "who hangs up keeps the floor"}
FAULT = set(os.environ.get("PORTAVOZ_FAKE", "").split())
SILENCE = b"\xff" * 160


class Member:
    def __init__(self, group, user, call_id):
        self.group, self.user, self.call_id = group, user, call_id
        self.rtp = focus.socket()
        self.channel, self.peer, self.floor_peer = None, None, None
        self.ssrc, self.sequence, self.stamp = int.from_bytes(os.urandom(4), "big"), 7, 99
        self.priority, self.asked, self.last_sent, self.talks = group.priority(user), 0, 0.0, False
        self.event, self.event_at, self.pressed, self.revoked_at, self.event_key = None, 0.0, (None, 0.0), 0.0, 0
        self.held = False

    def send(self, payload, kind=0, sequence=None):
        self.sequence += 1
        self.stamp += 160
        self.last_sent = time.monotonic()
        fresh = self.group.fresh.pop(self, False)
        self.rtp.sendto(struct.pack("!BBHII", 0x80, kind | fresh << 7, (sequence or self.sequence) & 0xffff, self.stamp,
                                    self.ssrc) + payload, self.peer)

    def tell(self, kind, *fields):
        if self.channel:
            self.channel.sendto(f.build(kind, 0x5e5e5e5e, *fields), self.floor_peer)

    def close(self):
        for s in (self.rtp, self.channel):
            if s:
                loop.unregister(s)
                s.close()


class Group:
    def __init__(self, text):
        self.name = re.search(r'name\s*=\s*"([^"]+)"', text).group(1)
        self.text, self.members, self.talker, self.queue, self.number, self.fresh = text, [], None, [], 0, {}
        size = re.search(r"queue\s*=\s*(\d+)", text)
        self.places = int(size.group(1)) if size else 8
        self.preempts = 'preempt = "priority"' in text

    def priority(self, user):
        m = re.search(r'name\s*=\s*"%s";\s*priority\s*=\s*(\d+)' % user, self.text)
        return int(m.group(1)) if m else 0

    def admits(self, user):
        members = re.search(r"members\s*=\s*(.*?)[\])];", self.text, re.S)
        return '"*"' in self.text or bool(members and '"%s"' % user in members.group(1))

    # ---- the floor
    def idle(self):
        self.talker = None
        if self.queue:
            return self.grant(self.queue.pop(0))
        self.number += 1
        for m in self.members:
            m.tell("idle", f.short(f.SEQUENCE, self.number), f.short(f.INDICATOR, 0x8400))

    def grant(self, member):
        self.talker, self.fresh = member, {m: True for m in self.members if m is not member}
        self.tell_granted(member)
        self.number += 1
        for m in self.members:
            if m is not member:
                self.tell_taken(m)
        self.tell_queue()

    def tell_granted(self, m):
        m.tell("granted", f.short(f.DURATION, 30), f.octet(f.PRIORITY, m.asked), f.short(f.INDICATOR, 0x8400),
               f.ssrc_field(m.ssrc))

    def tell_taken(self, m):
        m.tell("taken", f.text(f.PARTY, "sip:%s@example.test" % self.talker.user), f.short(f.PERMISSION, 1),
               f.short(f.SEQUENCE, self.number), f.short(f.INDICATOR, 0x8400), f.ssrc_field(m.ssrc))

    def tell_queue(self):
        for n, m in enumerate(self.queue):
            m.tell("position", (f.QUEUE, bytes((n + 1, m.asked))), f.short(f.INDICATOR, 0x8400))

    def request(self, member, priority=None, by_channel=False):
        member.asked = min(member.priority, priority) if priority is not None else member.priority
        if self.talker is member:
            return self.tell_granted(member)
        if by_channel and len(self.members) == 1:
            return member.tell("deny", f.short(f.CAUSE, f.ONLY_ONE), f.short(f.INDICATOR, 0x8000))
        if not self.talker or "last" in FAULT:
            return self.grant(member)
        if self.preempts and member.asked > self.talker.asked:
            self.talker.tell("revoke", f.short(f.CAUSE, f.PREEMPTED), f.short(f.INDICATOR, 0x8000))
            return self.grant(member)
        if member in self.queue:
            return
        if len(self.queue) >= self.places:
            return member.tell("deny", f.short(f.CAUSE, f.QUEUE_FULL if self.places else 1), f.short(f.INDICATOR, 0x8000))
        self.queue.append(member)
        if "order" not in FAULT:
            self.queue.sort(key=lambda m: -m.asked)
        self.tell_queue()

    def release(self, member):
        if self.talker is member:
            self.idle()
        elif member in self.queue:
            self.queue.remove(member)
            self.tell_taken(member)
            self.tell_queue()
        elif self.talker:
            self.tell_taken(member)
        else:
            member.tell("idle", f.short(f.SEQUENCE, self.number), f.short(f.INDICATOR, 0x8400))

    def key(self, member, key, way):
        now = time.monotonic()
        if member.pressed[0] not in (None, way) and now - member.pressed[1] < 0.3 and "twice" not in FAULT:
            return
        member.pressed = way, now
        if key == "*" and self.talker is not member and member not in self.queue:
            self.request(member)
        elif "deaf" not in FAULT:
            self.release(member)

    # ---- packets
    def rtp(self, member):
        data, source = member.rtp.recvfrom(2000)
        member.peer = source
        if data[1] & 127 == 101:
            return self.event(member, data)
        if data[1] & 127:
            return
        if self.talker is member or "leaks" in FAULT:
            for m in self.members:
                if m is not member or "echo" in FAULT:
                    m.send(data[12:], 0, struct.unpack("!H", data[2:4])[0] if "jumps" in FAULT else None)
        elif member.channel and time.monotonic() - member.revoked_at >= 1 and "mute" not in FAULT and self.talker:
            member.revoked_at = time.monotonic()
            member.tell("revoke", f.short(f.CAUSE, f.NO_PERMISSION), f.short(f.INDICATOR, 0x8400))

    def event(self, member, data):
        stamp, now = data[4:8], time.monotonic()
        key, end, length = data[12], data[13] & 0x80, struct.unpack("!H", data[14:16])[0]
        if "keys" in FAULT:
            for m in self.members:
                if m is not member:
                    m.send(data[12:], 101)
        fresh = member.event != stamp
        if fresh and ("late" not in FAULT or end):
            member.event, member.held = stamp, False
            self.key(member, "*" if key == 10 else "#" if key == 11 else "?", "dtmf")
        member.event_at, member.event_key = now, key
        if key == 10 and length > 700 * 8 and not end:
            member.held = True
        if end and member.held and "toggles" not in FAULT:
            member.held = False
            self.release(member)

    def floor_packet(self, member):
        data, source = member.channel.recvfrom(2000)
        if source != member.floor_peer and "anybody" not in FAULT:
            return
        while len(data) >= 4:
            size = 4 * (struct.unpack("!H", data[2:4])[0] + 1)
            try:
                self.floor_message(member, f.Floor(data[:size]))
            except (AssertionError, struct.error, IndexError):
                return
            data = data[size:]

    def floor_message(self, member, m):
        if m.ack:
            member.tell("ack", f.short(f.SOURCE, 2), f.octet(f.TYPE, f.NUMBERS[m.kind] | (16 if "acks" in FAULT else 0)))
        if m.kind == "request":
            self.request(member, m.field(f.PRIORITY)[0] if m.field(f.PRIORITY) else None, True)
        elif m.kind == "release" and "deaf" not in FAULT:
            self.release(member)
        elif m.kind == "position-request":
            place = self.queue.index(member) + 1 if member in self.queue else 0 if "zero" in FAULT else 254
            member.tell("position", (f.QUEUE, bytes((place, member.asked))), f.short(f.INDICATOR, 0x8400))

    def tick(self, now):
        for m in self.members:
            if m.held and now - m.event_at > 0.3 and "toggles" not in FAULT:
                m.held = False
                self.release(m)
            if m.peer and now - m.last_sent > 0.0195 and (self.talker in (None, m)):
                m.send(SILENCE)


class Focus:
    def __init__(self, config):
        text = open(config).read()
        self.port = int(re.search(r'"udp:127\.0\.0\.1:(\d+)"', text).group(1))
        self.next_port = int(re.search(r"ports = \[ (\d+)", text).group(1))
        body = text[text.index("groups = ("):] if "groups = (" in text else ""
        self.groups = {g.name: g for g in map(Group, re.findall(r"\{\s*name(?:[^{}]|\{[^{}]*\})*\}", body))}
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", self.port))
        loop.register(self.sip, selectors.EVENT_READ, self.message)

    def socket(self):
        """On the next free port of its range."""
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            self.next_port += 2
            try:
                s.bind(("127.0.0.1", self.next_port))
                return s
            except OSError:                                     # somebody has it: the next one
                pass

    def answer(self, m, source, status, headers=(), body=""):
        to = m.get("to") + ("" if param(m.get("to"), "tag") else ";tag=focus")
        self.sip.sendto(("\r\n".join(["SIP/2.0 %d Fake" % status] + ["Via: " + v for v in m.all("via")] +
                                     ["From: " + m.get("from"), "To: " + to, "Call-ID: " + m.call_id,
                                      "CSeq: " + m.get("cseq"), "Contact: <sip:focus@127.0.0.1:%d>;isfocus" % self.port,
                                      *headers, "Content-Length: %d" % len(body), "", body])).encode(), source)

    def say(self, member, text, writer=None):
        self.sip.sendto(("\r\n".join(
            ["MESSAGE %s SIP/2.0" % member.contact, "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=%s" % (self.port, unique("z9hG4bK")),
             "From: <sip:%s@example.test>;tag=x" % (writer or member.group.name), "To: <%s>" % member.contact, "Call-ID: " + unique("m"),
             "CSeq: 1 MESSAGE", "Content-Type: text/plain", "Content-Length: %d" % len(text), "", text])).encode(),
            host_port(member.contact))

    def message(self):
        data, source = self.sip.recvfrom(65536)
        m = Message(data)
        if m.is_response or m.method == "ACK":
            return
        user = re.search(r"sip:([^@]+)@", m.get("from")).group(1) if "@" in m.get("from") else ""
        member = next((x for g in self.groups.values() for x in g.members if x.call_id == m.call_id), None)
        group = member.group if member else self.groups.get((re.match(r"sip:([^@]+)@", m.uri) or [0, ""])[1])
        if m.method in ("OPTIONS", "REGISTER"):
            return self.answer(m, source, 200)
        if not group or not group.admits(user):
            return self.answer(m, source, 403 if group and "stranger" in FAULT else 404)
        if m.method == "INVITE":
            self.invite(m, source, group, member, user)
        elif m.method == "BYE":
            self.answer(m, source, 200)
            member.close()
            group.members.remove(member)
            if "forgets" not in FAULT:
                group.release(member)
        elif m.method == "INFO":
            self.answer(m, source, 200)
            found = re.search(r"Signal=\s*(\S)", m.body.decode())
            group.key(member, found.group(1) if found else m.body.decode().strip(), "info")
        elif m.method == "MESSAGE":
            self.words(m, source, group, user)

    def invite(self, m, source, group, member, user):
        offer = parts_of(m.body.decode())
        if not member:
            member = Member(group, user, m.call_id)
            group.members.append(member)
            loop.register(member.rtp, selectors.EVENT_READ, lambda: group.rtp(member))
        member.contact, member.peer = uri_of(m.get("contact")), ("127.0.0.1", offer["audio"]["port"])
        body = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0 101\r\n"
                "a=rtpmap:101 telephone-event/8000\r\n" % member.rtp.getsockname()[1])
        if "application" in offer:
            if not member.channel:
                member.channel = self.socket()
                member.floor_peer = "127.0.0.1", offer["application"]["port"]
                loop.register(member.channel, selectors.EVENT_READ, lambda: group.floor_packet(member))
            body += "m=application %d udp MCPTT\r\na=fmtp:MCPTT mc_queueing\r\n" % member.channel.getsockname()[1]
        self.answer(m, source, 200, ["Content-Type: application/sdp"], body)
        if group.talker:
            group.fresh[member] = True
            group.tell_taken(member)
        else:
            member.tell("idle", f.short(f.SEQUENCE, group.number), f.short(f.INDICATOR, 0x8400))

    def words(self, m, source, group, user):
        member = next((x for x in group.members if x.user == user), None)
        if not member:
            return self.answer(m, source, 403)
        self.answer(m, source, 202)
        word = m.body.decode().strip().lower()
        place = lambda: "queued %d" % (group.queue.index(member) + 1) if member in group.queue else \
            "granted" if group.talker is member else "not queued"
        if word == "ptt":
            group.request(member)
            self.say(member, place() if group.talker is member or member in group.queue else "denied: " + group.talker.user)
        elif word == "over":
            group.release(member)
            self.say(member, "released")
        elif word == "q":
            self.say(member, place())
        elif word == "who":
            self.say(member, group.talker.user if group.talker else "nobody")
        elif word == "help":
            self.say(member, "ptt, over, q, who, help")
        else:
            for x in group.members:
                if x.user != user:
                    self.say(x, m.body.decode(), user)


def main(arguments):
    global loop, focus
    assert FAULT <= set(FAULTS), FAULT
    loop = selectors.DefaultSelector()
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    focus = Focus(arguments[arguments.index("-c") + 1])
    while running:
        for key, _ in loop.select(0.005):
            if key.fileobj.fileno() >= 0:
                key.data()
        now = time.monotonic()
        for group in focus.groups.values():
            group.tick(now)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
