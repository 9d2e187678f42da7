# SPDX-License-Identifier: Apache-2.0
"""control: what is not plain sound: keys, RTCP, STUN and DTLS, packets in pieces or with options. It goes up and arrives; and
who forwards by the kernel's program still knows how the call sounds."""
import os
import socket
import struct
import time

from call import eventually, stream_of
from feature import ok
from road import BOTH, all_came, exchanged, on_roads
from sip_ua import SLOW

UDP_SEGMENT = 103
NTP_EPOCH = 2208988800


def ntp(now):
    return int((now + NTP_EPOCH) * (1 << 32)) & 0xffffffffffffffff


def sender_report(end, now):
    """SR without blocks, and SDES CNAME (RFC 3550 §6.1: a compound)."""
    report = struct.pack("!BBHIQIII", 0x80, 200, 6, end.ssrc, ntp(now), end.stamp, end.sequence, 160 * end.sequence)
    return report + struct.pack("!BBHIBB", 0x81, 202, 2, end.ssrc, 1, 1) + b"x\0"


def receiver_report(end, about, lost, jitter, last, delay):
    """RR with one block about the other end, in units of RFC 3550 §6.4.1."""
    block = struct.pack("!IIIIII", about.ssrc, 26 << 24 | lost, about.sequence, jitter, last, delay)
    return struct.pack("!BBHI", 0x81, 201, 7, end.ssrc) + block


def heard_on(sock, packet, seconds=5):
    """Whether this comes to the socket, behind whatever else does."""
    end = time.monotonic() + seconds * SLOW
    while time.monotonic() < end:
        sock.settimeout(max(0.001, end - time.monotonic()))
        try:
            if sock.recv(4096) == packet:
                return True
        except socket.timeout:
            break
    return False


def reports(road, call, sockets, targets):
    """Reports both ways, while sound goes by the kernel; then the server knows the round trips and what the far end lost."""
    (a_sock, b_sock), (to_b, to_a) = sockets, targets
    for near, far, near_sock, far_sock, to_far, to_near, name, lost in (
            (call.a, call.b, a_sock, b_sock, to_b, to_a, "callee", 7),
            (call.b, call.a, b_sock, a_sock, to_a, to_b, "caller", 3)):
        now = time.time()
        report = sender_report(near, now)
        near_sock.sendto(report, to_far)
        ok(heard_on(far_sock, report), "a sender report comes to the " + name)
        arrived = time.monotonic()
        ok(exchanged(call, 10), "sound meanwhile")
        delay = time.monotonic() - arrived
        answer = receiver_report(far, near, lost, 80, ntp(now) >> 16 & 0xffffffff, int(delay * 65536))
        far_sock.sendto(answer, to_near)
        ok(heard_on(near_sock, answer), "and its receiver report to the other one")
        most = (time.time() - now - delay) * 1000
        eventually(lambda: stream_of(road.server)[name].get("far_end_lost") == lost,
                   "the server has read what the %s lost" % name)
        shown = stream_of(road.server)[name]
        ok(0 < shown["round_trip_ms"] <= most, "and its round trip: %s ms, of at most %.0f" % (shown["round_trip_ms"], most))


@on_roads(*BOTH)
def rtcp(road):
    """On a port of its own."""
    with road.call() as call:
        road.ready(call)
        with road.watched(44, by_kernel=40):
            reports(road, call, (call.a.rtcp, call.b.rtcp), [(ip, port + 1) for ip, port in (call.to_bob, call.to_alice)])
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def rtcp_muxed(road):
    """On the port of RTP (RFC 5761): it is told from sound by its type, and goes up."""
    mux = "a=rtcp-mux\r\n"
    with road.call(lines=(mux, mux)) as call:
        road.ready(call)
        with road.watched(44, by_kernel=40):
            reports(road, call, (call.a.rtp, call.b.rtp), (call.to_bob, call.to_alice))
        ok(call.mine.bye(call.theirs), "BYE")


def event_packets(end, digit):
    """One key press: six packets of one time stamp, the last three say that it ended (RFC 4733 §2.5.1)."""
    stamp, packets = end.stamp, []
    for n, duration in enumerate((160, 320, 480, 640, 640, 640)):
        end.stamp = stamp
        event = struct.pack("!BBH", digit, (0x80 if n >= 3 else 0) | 10, duration)
        packets.append(end.packet(event, payload_type=101 | (0x80 if n == 0 else 0)))
    return packets


@on_roads(*BOTH)
def keys(road):
    """Telephone events (RFC 4733) among the sound: each arrives, in order where they come one by one."""
    with road.call() as call:
        road.ready(call)
        for near, far, to in ((call.a, call.b, call.to_bob), (call.b, call.a, call.to_alice)):
            near.forget(), far.forget()
            for digit in range(12):
                for packet in [near.packet() for _ in range(3)] + event_packets(near, digit):
                    near.put(to, packet)
                    far.receive(len(near.sent))
            ok(len(near.sent) == 108 and far.got == near.sent, "twelve keys, byte for byte and in order")
        names = ("packets", "lost", "reordered", "duplicates", "restarts")
        for side, end in (("caller", call.a), ("callee", call.b)):
            eventually(lambda: [stream_of(road.server)[side][what] for what in names] == [end.said()[0], 0, 0, 0, 0],
                       "the %s's are counted as packets like others" % side)
        ok(call.mine.bye(call.theirs), "BYE")


def stun(length=0):
    return struct.pack("!HHI", 1, length, 0x2112a442) + os.urandom(12 + length)


@on_roads(*BOTH)
def stun_and_dtls(road):
    """Between those who know each other, on RTP's port (RFC 7983)."""
    with road.call() as call:
        road.ready(call)
        hello = b"\x16\xfe\xfd" + bytes(8) + b"\0\x20" + os.urandom(32)
        with road.watched(6, by_kernel=0):
            for near, far, to in ((call.a, call.b, call.to_bob), (call.b, call.a, call.to_alice)):
                near.forget(), far.forget()
                for packet in (stun(), stun(8), hello):
                    near.put(to, packet)
                far.receive(3)
                ok(far.got == near.sent, "STUN and DTLS arrive")
        with road.watched(40):
            ok(exchanged(call, 20), "and sound goes on by the other way")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def unusual(road):
    """What a program in the kernel had better leave alone: pieces, options of IP, the last hop, a train that is cut up
    later, and what is no RTP."""
    for version in (4, 6):
        with road.call((version, version)) as call:
            road.ready(call)
            long = call.a.packet(os.urandom(3000))
            with road.watched(1, by_kernel=0):
                call.a.put(call.to_bob, long)
                ok(call.b.receive_until(long), "IPv%d: a packet in three pieces" % version)
            train = [call.a.packet(os.urandom(160)) for _ in range(5)]
            call.b.forget()
            call.a.rtp.setsockopt(socket.SOL_UDP, UDP_SEGMENT, 172)
            with road.watched(5, by_kernel=0):
                call.a.rtp.sendto(b"".join(train), call.to_bob)
                call.b.receive(5)
            ok(call.b.got == train, "a train of five is five packets")
            call.a.rtp.setsockopt(socket.SOL_UDP, UDP_SEGMENT, 0)
            call.a.forget(), call.b.forget()
            if version == 4:
                call.a.rtp.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\1\1\1\0")
            else:
                call.a.rtp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, b"\0\0\1\4\0\0\0\0")
            with road.watched(3, by_kernel=0):
                call.a.send(call.to_bob, 3)
                ok(all_came(call), "with options")
            if version == 4:
                call.a.rtp.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"")
                call.a.rtp.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
            else:
                call.a.rtp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, b"")
                call.a.rtp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 1)
            call.a.forget(), call.b.forget()
            with road.watched(3, by_kernel=0):
                call.a.send(call.to_bob, 3)
                ok(all_came(call), "whose last hop this is")
            call.a.rtp.setsockopt(*((socket.IPPROTO_IP, socket.IP_TTL) if version == 4 else
                                    (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)), 64)
            call.a.forget(), call.b.forget()
            call.a.forget(), call.b.forget()
            with road.watched(5, by_kernel=1):
                _, before = road.counts()
                for rubbish in (b"", b"\x80", b"\x80\0\0\1" + bytes(7), b"\xc0" + bytes(171)):
                    call.a.rtp.sendto(rubbish, call.to_bob)
                eventually(lambda: road.counts()[1] == before + 4, "they have gone up")    # lest the next one overtakes them
                call.a.send(call.to_bob)
                ok(all_came(call), "what is no RTP does not arrive, what is does")
            ok(call.mine.bye(call.theirs), "BYE")
