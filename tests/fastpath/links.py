# SPDX-License-Identifier: Apache-2.0
"""links: by what packets come and go: one link for both, narrow ones, a bridge, the loopback, those that the configuration names."""
import os

from feature import ok
from road import BOTH, MEDIA, all_came, exchanged, on_roads


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


@on_roads("kernel", places=("left", "right", "third"), media=MEDIA.replace("%s", 'fastpath = [ "out1", "out2" ]; '))
def on_named_links(road):
    """media.fastpath names interfaces: what comes or goes by another one goes up."""
    with road.call() as call:
        road.ready(call)
        heard_both_ways(road, call, text="between links that are named")
    with road.call(places=("left", "third")) as call:
        assert call.talk(1), "the ends do not hear each other"
        heard_both_ways(road, call, by_kernel=0, text="by one that is not")
