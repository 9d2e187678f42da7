# SPDX-License-Identifier: Apache-2.0
"""exact: what goes through comes out as it went in, but for what a router may change, and its checksums are right."""
import itertools
import random
import socket
import struct

from call import asked, eventually
from feature import ok
from road import BOTH, ITS_OWN, all_came, exchanged, nothing_comes, on_roads
from wire import Wire, checked, sum_of

DSCP = 46
ECT0 = 2
SO_NO_CHECK = 11


def set_offload(road, name, at_phone, at_server):
    """Whether who sends on either end of the link leaves the checksum to the card."""
    for place, device, is_on in ((name, road.links[name][0], at_phone), ("server", road.links[name][1], at_server)):
        word = "on" if is_on else "off"
        road.net.exec(place, "ethtool", "-K", device, "tx", word, "rx", word)


def set_class(end, tos):
    level, option = (socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if ":" in end.ip else (socket.IPPROTO_IP, socket.IP_TOS)
    end.rtp.setsockopt(level, option, tos)


def odd_packets(end, seed):
    """Forms and lengths that RTP may have: the shortest, odd ones, contributing sources, an extension, padding, a marker, the
    longest that a link carries; and payloads whose sums are near to 0xffff, where a checksum becomes 0."""
    chance = random.Random(seed)
    most = 1500 - (40 if ":" in end.ip else 20) - 8 - 12
    payloads = [b"", b"\0", b"\xff" * 3, bytes(160), b"\xff" * 160]
    payloads += [chance.randbytes(n) for n in (1, 31, 33, 159, 1001, most)]
    for payload in payloads:
        yield end.packet(payload)
    yield end.packet(bytes(12) + chance.randbytes(80), first=0x83)
    yield end.packet(b"\xbe\xde\0\1\x10\x85\0\0" + chance.randbytes(80), first=0x90)
    yield end.packet(chance.randbytes(80) + b"\0\0\0\4", first=0xa0)
    yield end.packet(chance.randbytes(160), payload_type=0x80 | end.payload_type)
    for _ in range(25):
        yield end.packet(chance.randbytes(160))


def look_at(road, frames, sent, source, text):
    ok([f.payload for f in frames] == sent, text + ": each once, in order, byte for byte")
    ok({f.source for f in frames} == {source}, "from the address that the SDP has")
    ok(not any(f.is_fragment for f in frames), "none in pieces")
    ok({f.tos >> 2 for f in frames} == {DSCP}, "with the DSCP of the configuration: %s" % {f.tos for f in frames})
    ok({f.ttl for f in frames} == {63 if road.kernel else 64}, "and the hops that are left: %s" % {f.ttl for f in frames})
    if road.kernel:
        ok({f.tos & 3 for f in frames} == {ECT0}, "ECN is the sender's")


def sums_are_right(road, frames, is_v4):
    """The card's part of it is left to do where the server's end of the link says that its card does it."""
    ok(all(f.has_pseudo_sum() for f in frames if f.is_partial), "what is left to the card holds its pseudo header's sum")
    verdicts = set(checked(road.server.folder, [f for f in frames if not f.is_partial]))
    ok(verdicts <= {("1" if is_v4 else "", "1")}, "tshark finds no checksum wrong: %s" % verdicts)
    return sum(f.is_partial for f in frames)


def exact_with(road, version, at_phone, at_server):
    """A call between links whose offload is this."""
    name = "offload %s at the phones and %s at the server" % tuple("on" if b else "off" for b in (at_phone, at_server))
    for place in ("left", "right"):
        set_offload(road, place, at_phone, at_server)
    with road.call((version, version)) as call, Wire(road.net, "left", road.links["left"][0]) as left, \
            Wire(road.net, "right", road.links["right"][0]) as right:
        road.ready(call)
        ends = ((call.a, call.to_bob, call.to_alice, right, call.b), (call.b, call.to_alice, call.to_bob, left, call.a))
        frames = []
        for end, _, _, wire, _ in ends:
            set_class(end, ECT0)
            wire.forget()
        with road.watched(80):
            for end, to, _, wire, far in ends:
                for packet in odd_packets(end, name):
                    end.put(to, packet)
                frames += wire.read((far.ip, far.port), 40)
            ok(all_came(call), name + ": both phones get what was sent")
        for end, _, source, wire, far in ends:
            look_at(road, wire.read((far.ip, far.port), 40), end.sent, source, end.ip)
        partial = sums_are_right(road, frames, version == 4)
        ok(at_server or not partial, "%d are left to the card" % partial)
        ok(call.mine.bye(call.theirs), "BYE")


def exact_on(road, version):
    for at_phone, at_server in itertools.product((True, False), repeat=2):
        exact_with(road, version, at_phone, at_server)
    drops = {name: count for name, count in asked(road.server, "media")["drops"].items() if count}
    ok(not drops, "nothing was dropped: %s" % drops)


@on_roads("kernel", "filters", "dropped", "off")
def exact(road):
    exact_on(road, 4)


@on_roads(*BOTH)
def exact_v6(road):
    exact_on(road, 6)


def balanced(end, source, target):
    """A packet whose checksum is 0 on the way from `source` to `target`, where it is written as 0xffff (RFC 768)."""
    packet = end.packet(bytes(160))
    return packet[:-2] + struct.pack("!H", 0xffff - sum_of(source, target, packet))


@on_roads(*BOTH)
def exact_where_a_sum_is_zero(road):
    """Before the change of addresses, and after it."""
    for version in (4, 6):
        set_offload(road, "left", False, False)
        set_offload(road, "right", False, False)
        with road.call((version, version)) as call, Wire(road.net, "right", road.links["right"][0]) as wire:
            road.ready(call)
            wire.forget()
            phone, other = (call.a.ip, call.a.port), (call.b.ip, call.b.port)
            with road.watched(20):
                for _ in range(10):
                    call.a.put(call.to_bob, balanced(call.a, phone, call.to_bob))
                    call.a.put(call.to_bob, balanced(call.a, call.to_alice, other))
                ok(all_came(call), "IPv%d: each packet comes" % version)
            frames = wire.read(other, 20)
            ok([f.checksum for f in frames[1::2]] == [0xffff] * 10, "a sum of 0 is written as 0xffff")
            sums_are_right(road, frames, version == 4)
            ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def damaged(road):
    """A checksum that is wrong is not made right on the way: the packet reaches nobody."""
    with road.call() as call:
        road.ready(call)
        with road.net.inside("left"):
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        raw.bind((call.a.ip, 0))
        for wrong in (0x0000, 0x0001, 0x8000):
            packet = call.a.packet(bytes(160))
            right = 0xffff - sum_of((call.a.ip, call.a.port), call.to_bob, packet)
            header = struct.pack("!HHHH", call.a.port, call.to_bob[1], 8 + len(packet), right ^ wrong)
            raw.sendto(header + packet, call.to_bob)
            if wrong:
                ok(nothing_comes(call.b), "one with %04x turned over does not come" % wrong)
            else:
                ok(call.b.receive_until(packet), "one that is right comes")
        raw.close()
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads("kernel", listen=ITS_OWN)
def exact_on_one_address(road):
    """The server listens on addresses, not on all that there are."""
    for version in (4, 6):
        with road.call((version, version)) as call:
            road.ready(call)
            with road.watched(200):
                ok(exchanged(call, 100), "each packet comes")
            ok(call.a.sources == {call.to_bob} and call.b.sources == {call.to_alice}, "from the address that the SDP has")
            ok(call.mine.bye(call.theirs), "BYE")
        eventually(lambda: road.fast().get("entries") == 0, "the kernel's program has forgotten the call")


@on_roads(*BOTH)
def exact_across(road):
    """From IPv4 to IPv6 and back: that is the relay thread's work."""
    with road.call((4, 6)) as call:
        assert call.talk(1), "the ends do not hear each other"
        with road.watched(200, by_kernel=0):
            ok(exchanged(call, 100), "each packet comes")
        ok(call.a.sources == {call.to_bob} and call.b.sources == {call.to_alice}, "from the address that the SDP has")
        ok(":" in call.to_alice[0] and ":" not in call.to_bob[0], "each of its own family")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def exact_without_checksum(road):
    """UDP over IPv4 may go without a checksum: so it goes on."""
    with road.call() as call, Wire(road.net, "right", road.links["right"][0]) as wire:
        road.ready(call)
        call.a.rtp.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        wire.forget()
        with road.watched(50):
            for n in range(50):
                call.a.put(call.to_bob, call.a.packet(bytes([n]) * 161))
            ok(all_came(call), "each packet comes")
        frames = wire.read((call.b.ip, call.b.port), 50)
        sums = {f.checksum for f in frames}
        ok(not road.kernel or sums == {0}, "the kernel's program invents no checksum: %s" % sorted(sums)[:4])
        sums = {sum_of_header for sum_of_header, _ in checked(road.server.folder, frames)}
        ok(sums == {"1"}, "that of the header is right: %s" % sums)
        ok(call.mine.bye(call.theirs), "BYE")
