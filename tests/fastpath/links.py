# SPDX-License-Identifier: Apache-2.0
"""links: by what packets come and go: one for both phones, narrow ones, a bridge, the loopback, those that are named."""
import os
import re

from call import eventually
from feature import ok
from moves import all_by_kernel, each_once, ready_again, talking
from road import BOTH, MEDIA, all_came, exchanged, on_roads
from sip_ua import SLOW
from wire import Wire


def heard_both_ways(road, call, by_kernel=None, text="each packet comes"):
    with road.watched(100, by_kernel):
        ok(exchanged(call, 50), text)
    ok(call.a.sources == {call.to_bob} and call.b.sources == {call.to_alice}, "from the address that the SDP has")
    ok(call.mine.bye(call.theirs), "BYE")


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
        waits = []
        with talking(call):
            for n in range(50):
                road.net.ip("server", "route", "replace", "10.99.0.%d/32" % n, "via", left)
                call.alice.idle(0.04)
                waits.append(unread_news(road) > 0)
        ok(sum(waits) > 40, "news waited %d of %d times" % (sum(waits), len(waits)))
        eventually(lambda: unread_news(road) == 0, "but is read in the end")
        each_once(call, "routes of others")
        all_by_kernel(road, call, hits)
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def another_route(road):
    """The way to a phone becomes another one in mid-call: packets go by it."""
    road.also("left", "198.51.100.7")
    road.net.ip("server", "link", "add", "name", "side0", "type", "veth", "peer", "name", "side1",
                "netns", road.net.prefix + "left")
    for host, link, address in (("server", "side0", "192.0.2.1/24"), ("left", "side1", "192.0.2.2/24")):
        road.net.ip(host, "addr", "add", address, "dev", link)
        road.net.ip(host, "link", "set", link, "up")
    road.another_name("left", "moved", "198.51.100.7")
    with road.call(places=("moved", "right")) as call, Wire(road.net, "left", "side1") as wire:
        road.ready(call)
        with road.watched(100):
            ok(exchanged(call, 50), "each packet comes")
        wire.forget()
        road.net.ip("server", "route", "replace", "198.51.100.7/32", "via", "192.0.2.2", "dev", "side0")
        ready_again(road, call)
        for _ in range(int(200 * SLOW)):
            wire.forget()
            call.b.send(call.to_alice)
            if wire.read((call.a.ip, call.a.port), 1, 0.02):
                break
        ok(wire.frames, "what is for her comes by the other link")
        wire.forget()
        ready_again(road, call)
        wire.forget()
        with road.watched(100):
            ok(exchanged(call, 50), "each packet comes")
        ok(len(wire.read((call.a.ip, call.a.port), 50)) == 50, "those for her by the other link")
        ok(call.mine.bye(call.theirs), "BYE")


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
