#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nat_test.py BINARY: phones behind real NATs (network namespaces, nftables masquerade) hear each other with no setting made.

   phone 192.168.1.2 --- NAT a 198.51.100.10 ---+--- server 198.51.100.1
   phone 192.168.1.3 --/                        |
   phone 192.168.1.2 --- NAT b 198.51.100.20 ---+      both networks have the same addresses

Needs root, ip and nft; skipped with a word where they are missing or not allowed."""
import contextlib
import ctypes
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]

from rtp_end import RtpEnd, audio_of  # noqa: E402
from server import Server  # noqa: E402
from sip_ua import Dialog, Phone  # noqa: E402

CLONE_NEWNET = 0x40000000
SERVER = "198.51.100.1"
libc = ctypes.CDLL(None, use_errno=True)
_lines = 0


def report(good, text):
    global _lines
    _lines += 1
    print("%s %d - %s" % ("ok" if good else "not ok", _lines, text), flush=True)
    assert good, text


class Net:
    """The namespaces s (server), a and b (NATs), pa and pb (phones), with names of this process."""

    def __init__(self):
        self.prefix = "pvnat%d" % os.getpid()
        self.made = []

    def name(self, short):
        return "%s-%s" % (self.prefix, short)

    def ip(self, where, *words):
        subprocess.run(["ip", "-n", self.name(where), *words], check=True, capture_output=True, text=True)

    def inside(self, where, *command):
        subprocess.run(["ip", "netns", "exec", self.name(where), *command], check=True, capture_output=True, text=True)

    def make(self):
        for short in ("s", "a", "b", "pa", "pb"):
            subprocess.run(["ip", "netns", "add", self.name(short)], check=True, capture_output=True, text=True)
            self.made.append(short)
            self.ip(short, "link", "set", "lo", "up")
        self.ip("s", "link", "add", "br0", "type", "bridge")
        self.ip("s", "addr", "add", SERVER + "/24", "dev", "br0")
        self.ip("s", "link", "set", "br0", "up")
        self.nat("a", "198.51.100.10", ["192.168.1.2/24", "192.168.1.3/24"])
        self.nat("b", "198.51.100.20", ["192.168.1.2/24"])

    def nat(self, short, public, phones):
        lan = "p" + short
        self.ip("s", "link", "add", "to-" + short, "type", "veth", "peer", "name", "wan", "netns", self.name(short))
        self.ip("s", "link", "set", "to-" + short, "master", "br0", "up")
        self.ip(short, "addr", "add", public + "/24", "dev", "wan")
        self.ip(short, "link", "set", "wan", "up")
        self.ip(short, "link", "add", "lan", "type", "veth", "peer", "name", "eth0", "netns", self.name(lan))
        self.ip(short, "addr", "add", "192.168.1.1/24", "dev", "lan")
        self.ip(short, "link", "set", "lan", "up")
        for address in phones:
            self.ip(lan, "addr", "add", address, "dev", "eth0")
        self.ip(lan, "link", "set", "eth0", "up")
        self.ip(lan, "route", "add", "default", "via", "192.168.1.1")
        self.inside(short, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        for rule in ("add table ip nat", "add chain ip nat post { type nat hook postrouting priority 100 ; }",
                     "add rule ip nat post oifname wan masquerade random"):
            self.inside(short, "nft", rule)

    def remove(self):
        for short in self.made:
            subprocess.run(["ip", "netns", "del", self.name(short)], capture_output=True)

    @contextlib.contextmanager
    def within(self, short):
        """Sockets and processes that are made meanwhile live there."""
        with open("/proc/self/ns/net") as home, open("/run/netns/" + self.name(short)) as there:
            assert libc.setns(there.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                libc.setns(home.fileno(), CLONE_NEWNET)


class PublicServer(Server):
    def listen(self):
        return '"udp:0.0.0.0:%d"' % self.port


class BehindNat:
    """A phone and its end of RTP, which know their private address only."""

    def __init__(self, net, where, server, user, ip):
        with net.within(where):
            self.phone, self.rtp = Phone(server, user, ip=ip), RtpEnd(ip)
        self.phone.target = (SERVER, server.port)

    def close(self):
        self.phone.close()
        self.rtp.close()


def call(one, other, text):
    sent = one.phone.invite(other.phone.aor, body=one.rtp.sdp())
    invite = other.phone.expect("INVITE")
    report(b"192.168." not in invite.body, text + ": the callee sees no private address")
    answer = other.phone.respond(invite, 200, body=other.rtp.sdp())
    response = one.phone.expect(200)
    mine, theirs = Dialog.caller(one.phone, sent, response), Dialog.callee(other.phone, invite, answer)
    mine.ack()
    other.phone.expect("ACK")
    to_other, to_one = audio_of(response), audio_of(invite)
    report(to_other[0] == SERVER and to_one[0] == SERVER, text + ": both are told the server's address")
    for _ in range(100):
        one.rtp.send(to_other)
        other.rtp.send(to_one)
        if one.rtp.receive_until(other.rtp.sent[-1], 0.05) and other.rtp.receive_until(one.rtp.sent[-1], 0.05):
            break
    one.rtp.forget(), other.rtp.forget()
    for _ in range(50):
        one.rtp.send(to_other)
        other.rtp.send(to_one)
    report(one.rtp.receive_until(other.rtp.sent[-1]) and one.rtp.heard(other.rtp.sent), text + ": the caller hears")
    report(other.rtp.receive_until(one.rtp.sent[-1]) and other.rtp.heard(one.rtp.sent), text + ": the callee hears")
    theirs.bye(mine)
    report(True, text + ": BYE of the callee reaches the caller through his NAT")
    one.rtp.forget(), other.rtp.forget()


def play(net, binary):
    with net.within("s"):
        server = PublicServer(binary, media=None, limits="{ enabled = true; }")
        server.__enter__()
    phones = []
    try:
        for where, user, ip in (("pa", "alice", "192.168.1.2"), ("pb", "bob", "192.168.1.2"), ("pa", "carol", "192.168.1.3")):
            phones.append(BehindNat(net, where, server, user, ip))
            phones[-1].phone.register()
        alice, bob, carol = phones
        call(alice, bob, "two NATs with the same addresses inside")
        call(bob, alice, "the other way")
        call(alice, carol, "both behind one NAT")
    finally:
        for phone in phones:
            phone.close()
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def main(binary):
    net = Net()
    try:
        missing = [tool for tool in ("ip", "nft") if not shutil.which(tool)]
        if os.geteuid() != 0 or missing:
            print("ok 1 - nat # SKIP %s\n1..1" % ("needs " + " and ".join(missing) if missing else "needs root"))
            return 0
        try:
            net.make()
        except subprocess.CalledProcessError as problem:
            print("ok 1 - nat # SKIP not allowed here: %s\n1..1" % problem.stderr.strip().splitlines()[-1:])
            return 0
        play(net, binary)
        print("1..%d" % _lines)
        return 0
    except AssertionError as problem:
        for line in str(problem).splitlines():
            print("# " + line)
        print("1..%d" % _lines)
        return 1
    finally:
        net.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
