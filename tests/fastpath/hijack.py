# SPDX-License-Identifier: Apache-2.0
"""hijack: a third host sends to the relay's ports, under its own address and under others'."""
import socket
import struct
import time

from call import eventually, stream_of
from feature import ok
from moves import all_by_kernel, each_once, talking
from road import BOTH, exchanged, on_roads

SPRAY = 40


def bound(road, place, ip, port):
    """An end on a port that is another host's as well."""
    with road.net.inside(place):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((ip, port))
    return sock


def forged(source, target, payload):
    """A datagram with its IPv4 header, for a raw socket: the kernel does the header's checksum, UDP goes without."""
    udp = struct.pack("!HHHH", source[1], target[1], 8 + len(payload), 0) + payload
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(source[0]),
                       socket.inet_aton(target[0])) + udp


@on_roads(*BOTH, places=("left", "right", "evil"))
def hijack(road):
    """From the phones' own port numbers, from other ports, and with the phones' addresses but for the port. What the relay
    cannot tell from a phone's packet, its very address and port, is no part of this."""
    road.net.exec("server", "sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done")
    ip = road.addresses["evil"][4]
    with road.call() as call, road.end("evil") as evil:
        road.ready(call)
        same = [bound(road, "evil", ip, end.port) for end in (call.a, call.b)]
        with road.net.inside("evil"):
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        before = {side: stream_of(road.server)[side]["strangers"] for side in ("caller", "callee")}
        hits, _ = road.counts()
        with talking(call):
            for _ in range(SPRAY):
                for relay, phone, other in ((call.to_bob, call.a, call.b), (call.to_alice, call.b, call.a)):
                    packet = evil.packet(b"from the third host".ljust(160))
                    evil.rtp.sendto(packet, relay)
                    for sock in same:
                        sock.sendto(packet, relay)
                    raw.sendto(forged((phone.ip, phone.port + 2), relay, packet), relay)
                    raw.sendto(forged((phone.ip, phone.port ^ 1), relay, packet), relay)
                    raw.sendto(forged((other.ip, phone.port), relay, packet), relay)
                call.alice.idle(0.002)
        each_once(call, "under the spray")
        for side in ("caller", "callee"):
            eventually(lambda: stream_of(road.server)[side]["strangers"] - before[side] == 6 * SPRAY,
                       "%d packets of the third host at the %s's port are counted" % (6 * SPRAY, side))
        all_by_kernel(road, call, hits)
        evil.drain()
        ok(not evil.got and not any(heard(sock) for sock in same), "and the third host hears nobody")
        for sock in (*same, raw):
            sock.close()
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH, places=("left", "right", "evil"))
def hijack_by_another_link(road):
    """The third host has the phone's very address and port, but not its link: the host's reverse path filter drops that, and
    the kernel's program must not be quicker."""
    road.net.exec("server", "sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 > $f; done")
    with road.call() as call:
        road.ready(call)
        with road.net.inside("evil"):
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        with road.watched(0):
            for _ in range(SPRAY):
                raw.sendto(forged((call.a.ip, call.a.port), call.to_bob, call.a.packet(b"forged".ljust(160))), call.to_bob)
            time.sleep(0.1)
            call.b.drain()
            ok(not call.b.got, "bob hears nothing of it")
        with road.watched(100):
            ok(exchanged(call, 50), "the call goes on")
        raw.close()
        ok(call.mine.bye(call.theirs), "BYE")


def heard(sock):
    sock.setblocking(False)
    try:
        return sock.recv(4096)
    except BlockingIOError:
        return None


@on_roads(*BOTH, places=("left", "right", "evil"))
def hijack_from_the_start(road):
    """The third host sends before the phones do, and goes on."""
    with road.call() as call, road.end("evil") as evil:
        def spray(count):
            for _ in range(count):
                for relay in (call.to_bob, call.to_alice):
                    evil.send(relay)
        spray(3)
        road.ready(call)
        with talking(call):
            for _ in range(30):
                spray(2)
                call.alice.idle(0.005)
        each_once(call, "with the third host from the start")
        evil.drain()
        ok(not evil.got, "which hears nobody")
        ok(call.mine.bye(call.theirs), "BYE")
