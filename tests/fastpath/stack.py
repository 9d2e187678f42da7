# SPDX-License-Identifier: Apache-2.0
"""stack: what the kernel does on the way through its stack, and its program must not pass by: policies of IPsec, routes that
wrap packets in others, VLAN tags."""
import contextlib
import json
import socket
import struct
import time

from call import eventually
from feature import Skip, ok, run
from moves import ready_again
from namespaces import SERVER
from road import BOTH, exchanged, nothing_comes, on_roads
from sip_ua import SLOW
from wire import Wire, folded

ROUTING = 43                    # IPv6's next header


def ip(road, *words):
    """`ip WORDS` on the server's host. Skips the test where the kernel cannot."""
    said = run(["ip", "-n", road.net.prefix + "server", *words])
    if said.returncode:
        raise Skip("the kernel takes no `ip %s`: %s" % (" ".join(words[:3]), said.stderr.strip()))


@on_roads(*BOTH)
def ipsec_policies(road):
    """What a policy of IPsec forbids does not pass by the kernel's program; when there are no policies any more it forwards
    again. Of each direction, and with a template: without a key for it nothing may leave in clear."""
    with road.call() as call:
        road.ready(call)
        near, far = (road.addresses[place][4] for place in ("left", "right"))
        template = ("tmpl", "src", SERVER, "dst", far, "proto", "esp", "mode", "tunnel")
        for text, words in {"block what comes": ("dir", "in", "src", near + "/32", "action", "block"),
                            "block what goes": ("dir", "out", "dst", far + "/32", "action", "block"),
                            "encrypt what goes": ("dir", "out", "dst", far + "/32", *template)}.items():
            ip(road, "xfrm", "policy", "add", *words)
            if road.kernel:
                eventually(lambda: road.fast()["why"] == "IPsec policies", "which is why the kernel's program forwards nothing")
            call.b.drain()
            for _ in range(20):
                call.a.put(call.to_bob, call.a.packet())
            ok(nothing_comes(call.b), "a policy to %s is obeyed" % text)
            ip(road, "xfrm", "policy", "flush")
            if road.kernel:
                eventually(lambda: road.fast()["state"] == "active", "no policy, and it may forward")
            ready_again(road, call)
            with road.watched(40):
                ok(exchanged(call, 20), "all is as before")
        ok(call.mine.bye(call.theirs), "BYE")


def next_headers(wire, seconds):
    """Of the IPv6 packets that come to the host within that time, neighbours' talk and what is for many aside."""
    wire.forget()
    found, end = [], time.monotonic() + seconds * SLOW
    while time.monotonic() < end:
        wire.sock.settimeout(max(0.001, end - time.monotonic()))
        with contextlib.suppress(socket.timeout, BlockingIOError):
            data, address = wire.sock.recvfrom(4096)
            if address[2] == socket.PACKET_HOST and data[12:14] == b"\x86\xdd" and data[20] != socket.IPPROTO_ICMPV6:
                found.append(data[20])
    return found


@on_roads(*BOTH)
def wrapped(road):
    """The way to bob becomes one that wraps packets in others (SRv6): none goes there as it is, until the way is as before."""
    with road.call((6, 6)) as call, Wire(road.net, "right", road.links["right"][0]) as wire:
        road.ready(call)
        device, via = road.links["right"][1], call.b.ip[:-1] + "3"
        ip(road, "-6", "route", "add", "2001:db8:ffff::1/128", "via", via, "dev", device)
        ip(road, "-6", "route", "add", call.b.ip + "/128", "encap", "seg6", "mode", "encap", "segs", "2001:db8:ffff::1", "dev", device)

        def seen():
            for _ in range(5):
                call.a.put(call.to_bob, call.a.packet())
            return next_headers(wire, 0.1)
        eventually(lambda: set(seen()) == {ROUTING}, "packets are wrapped soon after the route is there")
        ok(set(seen() + seen() + seen()) == {ROUTING}, "and no other comes")
        ip(road, "-6", "route", "del", call.b.ip + "/128")
        ready_again(road, call)
        with road.watched(40):
            ok(exchanged(call, 20), "all is as before")
        ok(call.mine.bye(call.theirs), "BYE")


def mac_of(road, place, device):
    said = json.loads(run(["ip", "-j", "-n", road.net.prefix + place, "link", "show", "dev", device]).stdout)
    return bytes.fromhex(said[0]["address"].replace(":", ""))


def tagged(head, call, tag, count):
    """`count` packets of alice's, without a UDP checksum, in frames that begin with `head`, a VLAN tag, where there is one."""
    tag = b"" if tag is None else struct.pack("!HH", 0x8100, tag)
    for _ in range(count):
        packet = call.a.packet()
        call.a.sent.append(packet)
        udp = struct.pack("!HHHH", call.a.port, call.to_bob[1], 8 + len(packet), 0) + packet
        ip4 = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0, socket.inet_aton(call.a.ip),
                          socket.inet_aton(call.to_bob[0]))
        yield head + tag + b"\x08\0" + ip4[:10] + struct.pack("!H", 0xffff ^ folded(ip4)) + ip4[12:] + udp


@on_roads(*BOTH)
def tags(road):
    """A frame with a tag of VLAN 0 has a priority (802.1p) and is like others, and goes on without it; one of another VLAN is
    none of the interface's."""
    with road.call() as call, Wire(road.net, "right", road.links["right"][0]) as wire:
        road.ready(call)
        far, near = road.links["left"]
        head = mac_of(road, "server", near) + mac_of(road, "left", far)
        with road.net.inside("left"):
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        raw.bind((far, 0))
        for tag in (None, 5 << 13, 0):
            call.a.forget(), call.b.drain(), call.b.forget(), wire.forget()
            with road.watched(20):
                for data in tagged(head, call, tag, 20):
                    raw.send(data)
                call.b.receive(20)
            ok(call.b.got == call.a.sent, "tag %s: each comes, once, in order" % tag)
            frames = wire.read((call.b.ip, call.b.port), 20)
            ok(len(frames) == 20 and not any(one.is_tagged for one in frames), "without it")
        call.b.forget()
        before = (road.fast().get("hits"), road.fast().get("misses"))
        for data in tagged(head, call, 5, 20):
            raw.send(data)
        ok(nothing_comes(call.b), "what is of VLAN 5 does not come")
        ok((road.fast().get("hits"), road.fast().get("misses")) == before, "and is not the program's affair")
        raw.close()
        ok(call.mine.bye(call.theirs), "BYE")
