# SPDX-License-Identifier: Apache-2.0
"""links: by what packets come and go: one for both phones, narrow ones, a bridge, the loopback, those that are named."""
import os
import re
import socket
import struct
import time

from call import eventually
from feature import ok
from moves import all_by_kernel, each_once, ready_again, talking
from road import BOTH, MEDIA, all_came, exchanged, on_roads
from namespaces import SERVER
from sip_ua import SLOW
from wire import Wire, folded


def heard_both_ways(road, call, by_kernel=None, text="each packet comes"):
    with road.watched(100, by_kernel):
        ok(exchanged(call, 50), text)
    ok(call.a.sources == {call.to_bob} and call.b.sources == {call.to_alice}, "from the address that the SDP has")
    ok(call.mine.bye(call.theirs), "BYE")


def side_link(road, place):
    """Another link between the server and a host: side0, 192.0.2.1, and side1, 192.0.2.2."""
    road.net.ip("server", "link", "add", "name", "side0", "type", "veth", "peer", "name", "side1",
                "netns", road.net.prefix + place)
    for host, link, address in (("server", "side0", "192.0.2.1/24"), (place, "side1", "192.0.2.2/24")):
        road.net.ip(host, "addr", "add", address, "dev", link)
        road.net.ip(host, "link", "set", link, "up")


def settled(road, call):
    """Waits till the links are no news any more, and each session has looked at what was: it does so within a second."""
    def is_tentative():
        with open("/proc/%d/net/if_inet6" % road.server.process.pid) as f:
            return any(int(line.split()[4], 16) & 0x40 for line in f)           # IFA_F_TENTATIVE
    eventually(lambda: not is_tentative(), "the links' addresses are theirs")
    time.sleep(1.2 * SLOW)
    ready_again(road, call)


def comes_by(wire, speaker, to, hearer, tries=200):
    """Whether what is said comes by that link before long: in 20 ms for each try."""
    for _ in range(int(tries * SLOW)):
        wire.forget()
        speaker.send(to)
        if wire.read((hearer.ip, hearer.port), 1, 0.02):
            return True
    return False


def too_long(source, target, most):
    """ICMP: a datagram of ours from `source` to `target` is too long, the way takes `most` bytes. Of ICMPv6 the kernel makes the
    checksum."""
    if ":" in target[0]:
        ours = struct.pack("!IHBB", 6 << 28, 1380, 17, 63) + b"".join(
            socket.inet_pton(socket.AF_INET6, host) for host in (source[0], target[0]))
        return struct.pack("!BBHI", 2, 0, 0, most) + ours + struct.pack("!HHHH", source[1], target[1], 1380, 0) + bytes(900)
    ours = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 1400, 0, 0x4000, 63, 17, 0, socket.inet_aton(source[0]),
                       socket.inet_aton(target[0])) + struct.pack("!HHHH", source[1], target[1], 1380, 0)
    body = struct.pack("!BBHHH", 3, 4, 0, 0, most) + ours
    return body[:2] + struct.pack("!H", 0xffff ^ folded(body)) + body[4:]


@on_roads(*BOTH, places=("left",))
def same_link(road):
    """Both phones are behind the same one."""
    for version in (4, 6):
        with road.call((version, version), places=("left", "left")) as call:
            road.ready(call)
            heard_both_ways(road, call)


@on_roads(*BOTH)
def narrow_link(road):
    """What is longer than the way out takes goes up, and out in pieces."""
    road.net.ip("server", "link", "set", road.links["right"][1], "mtu", "600")
    road.net.ip("right", "link", "set", road.links["right"][0], "mtu", "600")
    with road.call() as call:
        road.ready(call)
        with road.watched(4, by_kernel=1):
            for size in (572, 573, 900, 1400):                  # with headers of IP and UDP: 600, 601
                call.a.put(call.to_bob, call.a.packet(os.urandom(size - 12)))
                call.b.receive(len(call.a.sent))
            ok(all_came(call), "each packet comes, as long as it was")
        heard_both_ways(road, call)


@on_roads(*BOTH)
def bridged(road):
    """The phones' links are ports of a bridge, which has the server's address."""
    road.net.ip("server", "link", "add", "name", "br0", "type", "bridge")
    for place, address in (("left", "198.51.100.2"), ("right", "198.51.100.3")):
        far, near = road.links[place]
        road.net.ip("server", "addr", "flush", "dev", near)
        road.net.ip("server", "link", "set", near, "master", "br0")
        road.net.ip(place, "addr", "flush", "dev", far)
        road.net.ip(place, "addr", "add", address + "/24", "dev", far)
        road.net.ip(place, "route", "add", "default", "via", "198.51.100.1")
        road.another_name(place, place, address)
    road.net.ip("server", "addr", "add", "198.51.100.1/24", "dev", "br0")
    road.net.ip("server", "link", "set", "br0", "up")
    with road.call() as call:
        road.ready(call)
        heard_both_ways(road, call)


@on_roads(*BOTH)
def news(road):
    """Links, addresses and routes that have nothing to do with a call come and go: it is forwarded all the while."""
    with road.call() as call:
        road.ready(call)
        hits, _ = road.counts()
        with talking(call):
            for n in range(5):
                road.net.ip("server", "link", "add", "name", "side0", "type", "veth", "peer", "name", "side1")
                road.net.ip("server", "link", "set", "side0", "up")
                road.net.ip("server", "addr", "add", "192.0.2.1/24", "dev", "side0")
                road.net.ip("server", "route", "add", "192.0.2.128/25", "dev", "side0")
                road.net.ip("server", "link", "set", road.links["left"][1], "alias", "news %d" % n)
                call.alice.idle(0.2)
                road.net.ip("server", "link", "del", "side0")
                call.alice.idle(0.2)
        each_once(call, "news of other links")
        all_by_kernel(road, call, hits)
        ok(call.mine.bye(call.theirs), "BYE")


def unread_news(road):
    """Bytes of news that wait for the server."""
    with open("/proc/%d/net/netlink" % road.server.process.pid) as f:
        rows = [line.split() for line in f][1:]
    return sum(int(row[4]) for row in rows if row[1] == "0" and int(row[3], 16))


@on_roads("kernel")
def routes_that_flap(road):
    """Where routes change all the time the server looks once a second, not each time."""
    left = road.addresses["left"][4]
    with road.call() as call:
        road.ready(call)
        hits, _ = road.counts()
        begun, looks = time.monotonic(), 0
        with talking(call):
            for n in range(50):
                road.net.ip("server", "route", "replace", "10.99.0.%d/32" % n, "via", left)
                call.alice.idle(0.04)
                looks += unread_news(road) == 0
        seconds = time.monotonic() - begun
        ok(looks <= 2 + seconds, "it has looked at news of 50 routes %d times in %.1f s" % (looks, seconds))
        eventually(lambda: unread_news(road) == 0, "but is read in the end")
        each_once(call, "routes of others")
        all_by_kernel(road, call, hits)
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def another_route(road):
    """The way to a phone becomes another one in mid-call: packets go by it."""
    road.also("left", "198.51.100.7")
    side_link(road, "left")
    road.another_name("left", "moved", "198.51.100.7")
    with road.call(places=("moved", "right")) as call, Wire(road.net, "left", "side1") as wire:
        road.ready(call)
        with road.watched(100):
            ok(exchanged(call, 50), "each packet comes")
        wire.forget()
        road.net.ip("server", "route", "replace", "198.51.100.7/32", "via", "192.0.2.2", "dev", "side0")
        ok(comes_by(wire, call.b, call.to_alice, call.a), "what is for her comes by the other link")
        # hers still come by the old one, where the way back to her does not lead: the relay thread's work
        ready_again(road, call, hits=2)
        with road.watched(100, by_kernel=50):
            ok(exchanged(call, 50), "each packet comes")
        road.net.ip("left", "route", "replace", SERVER + "/32", "via", "192.0.2.1", "dev", "side1", "src", call.a.ip)
        wire.forget()
        ready_again(road, call)
        wire.forget()
        with road.watched(100):
            ok(exchanged(call, 50), "each packet comes")
        ok(len(wire.read((call.a.ip, call.a.port), 50)) == 50, "those for her by the other link")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def another_rule(road):
    """A rule, not a route, sends what is for bob by another link."""
    side_link(road, "right")
    road.net.ip("server", "route", "add", "default", "via", "192.0.2.2", "dev", "side0", "table", "77")
    with road.call() as call, Wire(road.net, "right", "side1") as wire:
        road.ready(call)
        settled(road, call)
        road.net.ip("server", "rule", "add", "to", call.b.ip + "/32", "lookup", "77", "pref", "10")
        ok(comes_by(wire, call.a, call.to_bob, call.b, 100), "what is for bob comes by the other link, and soon")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def narrow_path(road, version=4, protocol=socket.IPPROTO_ICMP):
    """A router beyond says that the path to bob takes 1,280 bytes: longer packets go out in pieces from then on."""
    with road.call((version, version)) as call, Wire(road.net, "right", road.links["right"][0]) as wire:
        road.ready(call)
        settled(road, call)
        with road.net.inside("right"):
            raw = socket.socket({4: socket.AF_INET, 6: socket.AF_INET6}[version], socket.SOCK_RAW, protocol)
        raw.sendto(too_long(call.to_alice, (call.b.ip, call.b.port), 1280), (call.to_alice[0], 0))
        longest = 0
        for _ in range(int(100 * SLOW)):
            wire.forget()
            call.a.put(call.to_bob, call.a.packet(os.urandom(1300)))
            call.b.receive(len(call.a.sent))
            wire.read((call.b.ip, call.b.port), 2, 0.1)
            longest = max(len(frame.data) for frame in wire.frames)
            if longest <= 1294:
                break
        ok(0 < longest <= 1294, "no frame is longer than the path takes")
        ok(all_came(call), "each packet comes")
        ready_again(road, call)
        with road.watched(100):
            ok(exchanged(call, 50), "and those that are short enough as before")
        raw.close()
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def narrow_path_v6(road):
    """The same of IPv6."""
    narrow_path(road, 6, socket.IPPROTO_ICMPV6)


@on_roads(*BOTH, places=())
def on_loopback(road):
    """Both phones are on the server's host: the kernel's program turns packets round there, and only the phones' sockets get
    them."""
    road.another_name("server", "local", "127.0.0.1")
    with road.call(places=("local", "local")) as call:
        road.ready(call)
        with road.watched(200, by_kernel=100):
            ok(exchanged(call, 50), "each packet comes")
        ok(call.a.sources == {call.to_bob} and call.b.sources == {call.to_alice}, "from the address that the SDP has")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH, places=("left",))
def half_on_loopback(road):
    """One phone is on the server's host, the other one is not: what goes between is the relay thread's work."""
    road.another_name("server", "local", "127.0.0.1")
    with road.call(places=("left", "local")) as call:
        assert call.talk(1), "the ends do not hear each other"
        with road.watched(150, by_kernel=0):
            ok(exchanged(call, 50), "each packet comes")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads("kernel", places=("left", "right", "third"), media=MEDIA.replace("%s", 'fastpath = [ "out1", "nowhere0", "out2" ]; '))
def on_named_links(road):
    """media.fastpath names interfaces: what comes or goes by another one goes up. One that is not there is told of."""
    ok(road.fast().get("without") == {"nowhere0": "there is no such interface"}, "the one that is missing is shown")
    ok(re.search(r"media_fastpath.*without=nowhere0 why=.there is no such interface", road.server.log()), "and logged")
    road.net.ip("server", "link", "add", "name", "nowhere0", "type", "veth", "peer", "name", "nowhere1")
    eventually(lambda: "nowhere0" in road.fast()["interfaces"] and "without" not in road.fast(), "it has come")
    with road.call() as call:
        road.ready(call)
        heard_both_ways(road, call, text="between links that are named")
    with road.call(places=("left", "third")) as call:
        assert call.talk(1), "the ends do not hear each other"
        heard_both_ways(road, call, by_kernel=0, text="by one that is not")
