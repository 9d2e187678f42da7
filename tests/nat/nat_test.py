#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nat_test.py BINARY CASE: phones behind real NATs hear each other through the relay, with no setting made.

Cases: port_keeping (NATs that keep ports), symmetric (another port for each destination), hairpin (both phones behind one
NAT), public (one phone has a public address), pool (a carrier's NAT, whose media leave by another address than its
signalling), hijack (a third host sprays the relay's ports), muted (likewise, while a phone is silent). With "-b2bua" behind
the name the server is one."""
import os
import re
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]

from kernel import does_its_part
from namespaces import SERVER, Internet, why_not
from call import exchange, stream_of
from server import Server
from sip_ua import SLOW, Dialog, Phone

_lines = 0
SYMMETRIC = "masquerade fully-random"


def ok(good, text):
    global _lines
    _lines += 1
    print("%s %d - %s" % ("ok" if good else "not ok", _lines, text), flush=True)
    if not good:
        raise AssertionError(text)


class Anywhere(Server):
    """Listens on every address of its host, as a first configuration does."""

    def listen(self):
        return '"udp:0.0.0.0:%d"' % self.port


class Media:
    """One end of a voice stream: sends PCMU packets whose payload says who spoke."""

    def __init__(self, ip):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((ip, 0))
        self.port = self.sock.getsockname()[1]
        self.sequence, self.ssrc, self.target = 100, int.from_bytes(os.urandom(4), "big"), None

    def say(self, word, to=None):
        header = struct.pack("!BBHII", 0x80, 0, self.sequence & 0xffff, 160 * self.sequence, self.ssrc)
        self.sequence += 1
        self.sock.sendto(header + word.encode().ljust(160, b"."), to or self.target)

    def heard(self):
        """All that waits in the socket: (word, source)."""
        out = []
        self.sock.setblocking(False)
        while True:
            try:
                data, source = self.sock.recvfrom(2048)
            except BlockingIOError:
                return out
            if len(data) == 172:
                out.append((data[12:].rstrip(b".").decode(), source))

    def close(self):
        self.sock.close()


class Caller(Phone):
    """A phone within a namespace: it knows nothing but its own address, and says so everywhere."""

    def __init__(self, net, place, server, user, ip):
        with net.inside(place):
            super().__init__(server, user, ip=ip)
            self.media = Media(ip)
        self.target = (SERVER, server.port)

    def sdp(self, port=0):
        return super().sdp(port or self.media.port)

    def receive(self, timeout=5.0, copies=False):
        """The server's pings keep the NAT's mapping, and come when they like: answered, and no part of any story."""
        while True:
            m = super().receive(timeout, copies)
            if m.is_response or m.method != "OPTIONS":
                return m
            self.respond(m, 200)

    def close(self):
        self.media.close()
        super().close()


def media_of(message):
    body = message.body.decode()
    host = re.search(r"^c=IN IP4 (\S+)", body, re.M).group(1)
    return host, int(re.search(r"^m=audio (\d+)", body, re.M).group(1))


def set_up(net, alice, bob):
    """alice calls bob; both learn from the SDP where to send."""
    sent = alice.invite(bob.aor)
    invite = bob.expect("INVITE")
    bob.media.target = media_of(invite)
    bob.respond(invite, 180)
    alice.expect(180)
    answer = bob.respond(invite, 200, body=bob.sdp())
    response = alice.expect(200)
    alice.media.target = media_of(response)
    mine, theirs = Dialog.caller(alice, sent, response), Dialog.callee(bob, invite, answer)
    mine.ack()
    bob.expect("ACK")
    ok({alice.media.target[0], bob.media.target[0]} <= net.server_addresses, "both are sent to the relay's address")
    return mine, theirs


def talk(alice, bob, seconds=5.0):
    """Both speak every 20 ms, as phones do, until each has heard the other."""
    end, heard = time.monotonic() + seconds * SLOW, {alice: set(), bob: set()}
    while time.monotonic() < end and not ("from bob" in heard[alice] and "from alice" in heard[bob]):
        alice.media.say("from alice")
        bob.media.say("from bob")
        alice.idle(0.02)
        for phone in heard:
            heard[phone] |= {word for word, _ in phone.media.heard()}
    ok("from bob" in heard[alice], "the caller hears the callee")
    ok("from alice" in heard[bob], "the callee hears the caller")
    return heard


def hang_up(dialog, phone):
    dialog.request("BYE")
    bye = phone.expect("BYE")
    phone.respond(bye, 200)
    dialog.phone.expect(200)
    ok(True, "the call ends through both NATs")


def whole_call(net, server, places):
    (a_place, a_ip), (b_place, b_ip) = places
    with Caller(net, a_place, server, "alice", a_ip) as alice, Caller(net, b_place, server, "bob", b_ip) as bob:
        alice.register()
        bob.register()
        mine, theirs = set_up(net, alice, bob)
        talk(alice, bob)
        hang_up(theirs, alice)
        mine, theirs = set_up(net, bob, alice)
        talk(bob, alice)
        end = time.monotonic() + 5 * SLOW
        while not does_its_part(server)[0] and time.monotonic() < end:
            alice.media.say("from alice")
            bob.media.say("from bob")
            alice.idle(0.02)
        ok(*does_its_part(server))
        hang_up(theirs, bob)


def two_nats(net, kind):
    """The same private address on both sides, as at home."""
    for router, phone in (("nat1", "left"), ("nat2", "right")):
        net.nat(router, kind)
        net.behind(phone, router)
    return ("left", "192.168.1.10"), ("right", "192.168.1.10")


def port_keeping(net, server):
    whole_call(net, server, two_nats(net, "masquerade"))


def symmetric(net, server):
    whole_call(net, server, two_nats(net, SYMMETRIC))


def hairpin(net, server):
    net.nat("nat1", SYMMETRIC)
    net.behind("left", "nat1")
    net.behind("right", "nat1", "192.168.2.10", "192.168.2.1")
    whole_call(net, server, (("left", "192.168.1.10"), ("right", "192.168.2.10")))


def public(net, server):
    net.nat("nat1", SYMMETRIC)
    net.behind("left", "nat1")
    whole_call(net, server, (("left", "192.168.1.10"), ("open", net.host("open"))))


def pool(net, server):
    outside = net.nat("nat1", SYMMETRIC)
    second = net.pool("nat1", outside, server.port)
    net.behind("left", "nat1")
    net.nat("nat2", SYMMETRIC)
    net.behind("right", "nat2")
    with Caller(net, "left", server, "alice", "192.168.1.10") as alice, \
            Caller(net, "right", server, "bob", "192.168.1.10") as bob:
        alice.register()
        bob.register()
        mine, theirs = set_up(net, alice, bob)
        talk(alice, bob)
        caller = stream_of(server)["caller"]
        ok(caller["source"].startswith(second + ":"), "the caller is heard from the pool's other address")
        hang_up(theirs, alice)


def nothing_of(evil, alice, seconds, text):
    """A third host sprays where bob's media should come, and alice speaks."""
    words, stolen, end = set(), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        evil.say("from evil")
        alice.media.say("from alice")
        alice.idle(0.01)
        words |= {word for word, _ in alice.media.heard()}
        stolen += len(evil.heard())
    ok(not stolen, text + ": the third host hears nobody")
    ok("from evil" not in words, text + ": nobody hears the third host")


def muted(net, server):
    """bob is behind NAT and silent, so that nothing but his signalling says where he is."""
    places = two_nats(net, SYMMETRIC)
    evil_ip = net.host("evil", "198.51.100")
    with net.inside("evil"):
        evil = Media(evil_ip)
    with Caller(net, *[places[0][0], server, "alice", places[0][1]]) as alice, \
            Caller(net, *[places[1][0], server, "bob", places[1][1]]) as bob:
        alice.register()
        bob.register()
        mine, theirs = set_up(net, alice, bob)
        evil.target = bob.media.target
        nothing_of(evil, alice, 1, "a phone that has not spoken yet")
        talk(alice, bob)
        exchange(mine, theirs, alice.sdp(), bob.sdp())
        nothing_of(evil, alice, 3, "a muted phone after a re-INVITE")
        bob.media.heard()
        talk(alice, bob)
        hang_up(mine, bob)
    evil.close()


def hijack(net, server):
    places = two_nats(net, SYMMETRIC)
    evil_ip = net.host("evil")
    with net.inside("evil"):
        evil = Media(evil_ip)
    with Caller(net, *[places[0][0], server, "alice", places[0][1]]) as alice, \
            Caller(net, *[places[1][0], server, "bob", places[1][1]]) as bob:
        alice.register()
        bob.register()
        mine, theirs = set_up(net, alice, bob)
        talk(alice, bob)
        heard = {alice: set(), bob: set()}
        for _ in range(50):
            for port in (alice.media.target, bob.media.target):
                evil.say("from evil", port)
            alice.media.say("again alice")
            bob.media.say("again bob")
            alice.idle(0.005)
            for phone in heard:
                heard[phone] |= {word for word, _ in phone.media.heard()}
        for _ in range(100):
            if "again bob" in heard[alice] and "again alice" in heard[bob]:
                break
            alice.idle(0.02)
            for phone in heard:
                heard[phone] |= {word for word, _ in phone.media.heard()}
        ok("again bob" in heard[alice] and "again alice" in heard[bob], "the call goes on under the spray")
        ok("from evil" not in heard[alice] | heard[bob], "nobody hears the third host")
        ok(not evil.heard(), "and it hears nobody")
        hang_up(mine, bob)
    evil.close()


CASES = {f.__name__: f for f in (port_keeping, symmetric, hairpin, public, pool, hijack, muted)}


def main():
    binary, (case, _, mode) = sys.argv[1], sys.argv[2].partition("-")
    reason = why_not()
    if reason:
        print("1..0 # SKIP " + reason)
        return 0
    try:
        with Internet() as net, net.inside("server"):
            with Anywhere(binary, media='{ relay = "always"; }', auth='{ challenge = "register"; }',
                          calls='{ mode = "%s"; }' % (mode or "proxy")) as server:
                CASES[case](net, server)
    except Exception as e:                                          # a TAP line says it; the harness shows the log
        global _lines
        _lines += 1
        print("not ok %d - %s: %s" % (_lines, type(e).__name__, str(e).replace("\n", "\n# ")), flush=True)
        print("1..%d" % _lines)
        return 1
    print("1..%d" % _lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
