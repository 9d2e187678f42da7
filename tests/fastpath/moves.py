# SPDX-License-Identifier: Apache-2.0
"""moves: ends that change in mid-call: their port, their host, their codec, hold. What is forwarded to whom follows at once."""
import itertools
import threading
import time

from call import eventually, exchange, stream_of
from feature import ok
from road import BOTH, all_came, exchanged, falls_silent, nothing_comes, on_roads
from rtp_end import audio_of
from sip_ua import SLOW


def one_way(end, far, to, count=20):
    """`count` packets one way; True: all came and no other."""
    end.forget(), far.forget()
    for _ in range(count):
        end.send(to)
    far.receive(count)
    time.sleep(0.02)
    far.drain()
    return far.heard_once(end.sent) and len(far.got) == count


def ready_again(road, call, hits=4):
    """Talks till the kernel's program has what it should have of a call that has changed: so many of each four packets."""
    assert call.talk(1), "the ends do not hear each other"
    if road.kernel:
        for _ in range(int(100 * SLOW)):
            before = road.counts()[0]
            exchanged(call, 2)
            assert call.a.heard_once(call.b.sent) and call.b.heard_once(call.a.sent), \
                "what is said while the call changes does not come"
            if road.counts()[0] - before == hits:
                return
            time.sleep(0.02)
        raise AssertionError("the kernel's program never took the call again: %s" % road.fast())


@on_roads(*BOTH)
def rebinds(road):
    """alice's NAT gives her another port than she announces; then she is heard from the one that she announced, which
    outranks it, and after that from the other one again, which needs a re-INVITE."""
    with road.call() as call:
        announced, other = call.a, road.end("left", ssrc=call.a.ssrc)
        call.a = other
        road.ready(call)
        with road.watched(80):
            ok(exchanged(call, 40), "from another port than announced")
        ok(stream_of(road.server)["caller"]["latch"] == "LOCKED_HOST", "which the latch knows")
        announced.sequence, announced.stamp = other.sequence, other.stamp
        call.a = announced
        ready_again(road, call)
        ok(stream_of(road.server)["caller"]["latch"] == "LOCKED", "she is on the announced port, without a re-INVITE")
        with road.watched(80):
            ok(exchanged(call, 40), "and both hear each other there")
        before = stream_of(road.server)["caller"]["strangers"]
        call.b.forget(), other.forget()
        other.send(call.to_bob, 30)
        ok(nothing_comes(call.b), "from the port before nothing passes any more")
        eventually(lambda: stream_of(road.server)["caller"]["strangers"] == before + 30, "which is counted")
        other.drain()
        ok(one_way(call.b, call.a, call.to_alice) and nothing_comes(other), "and nothing goes there")
        exchange(call.mine, call.theirs, call.a.sdp(version=2), call.b.sdp(version=2))
        other.sequence, other.stamp = announced.sequence, announced.stamp
        call.a = other
        ready_again(road, call)
        with road.watched(80):
            ok(exchanged(call, 40), "after a re-INVITE she may be elsewhere again")
        announced.close()
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def holds(road):
    with road.call() as call:
        road.ready(call)
        version = iter(range(2, 100))
        for one, other, near, far, name in ((call.mine, call.theirs, call.a, call.b, "caller"),
                                            (call.theirs, call.mine, call.b, call.a, "callee")):
            to_far, to_near = (call.to_bob, call.to_alice)[::1 if near is call.a else -1]
            n = next(version)
            exchange(one, other, near.sdp("sendonly", version=n), far.sdp("recvonly", version=n))
            ok(stream_of(road.server)["state"] == "held", "the %s holds" % name)
            ok(one_way(near, far, to_far), "music on hold is heard")
            n = next(version)
            exchange(one, other, near.sdp(version=n), far.sdp(version=n))
            ready_again(road, call)
            with road.watched(40):
                ok(exchanged(call, 20), "both talk again")
            ok(stream_of(road.server)["state"] == "talk", "which is known")
            n = next(version)
            silent = near.sdp("sendonly", version=n).replace("c=IN IP4 " + near.ip, "c=IN IP4 0.0.0.0")
            exchange(one, other, silent, far.sdp("recvonly", version=n))
            ok(falls_silent(far, near, to_near), "who says 0.0.0.0 hears nothing")
            n = next(version)
            exchange(one, other, near.sdp(version=n), far.sdp(version=n))
            ready_again(road, call)
            with road.watched(40):
                ok(exchanged(call, 20), "and then again")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def moves_to_another_host(road):
    """By a re-INVITE: to another port of the phone, to another address of it and back."""
    road.also("left", "198.51.100.7")
    with road.call() as call:
        road.ready(call)
        places = ({}, {"ip": "198.51.100.7"}, {})
        for n, place in enumerate(places, 2):
            old, call.a = call.a, road.end("left", **place)
            invite, response = exchange(call.mine, call.theirs, call.a.sdp(version=n), call.b.sdp(version=n))
            call.to_bob = audio_of(response)
            ready_again(road, call)
            with road.watched(40):
                ok(exchanged(call, 20), "she has moved to %s" % call.a.ip)
            ok(call.a.sources == {call.to_bob}, "and hears from the address that she was told")
            old.drain()
            ok(nothing_comes(old), "nothing goes where she was")
            old.close()
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def codec_changes(road):
    """To another number by a re-INVITE; and one that was never agreed on goes up, and on from there."""
    with road.call() as call:
        road.ready(call)
        for n, kind in enumerate((8, 97), 2):
            lines = "a=rtpmap:%d %s\r\n" % (kind, "PCMA/8000" if kind == 8 else "opus/48000/2")
            call.a.payload_type = call.b.payload_type = kind
            exchange(call.mine, call.theirs, call.a.sdp(version=n, extra=lines), call.b.sdp(version=n, extra=lines))
            ready_again(road, call)
            with road.watched(40):
                ok(exchanged(call, 20), "payload type %d" % kind)
        call.a.forget(), call.b.forget()
        with road.watched(20, by_kernel=0):
            for _ in range(20):
                call.a.put(call.to_bob, call.a.packet(payload_type=96))
            ok(all_came(call), "payload type 96, of which nobody spoke, passes by the relay thread")
        ok(call.mine.bye(call.theirs), "BYE")


class Talker(threading.Thread):
    """An end that speaks all the time, at a steady rate, until it is stopped."""

    def __init__(self, end, to, gap=0.002):
        super().__init__(daemon=True)
        self.end, self.to, self.gap, self.on = end, to, gap, True
        self.start()

    def run(self):
        due = time.monotonic()
        while self.on:
            self.spoke = time.monotonic()           # not later than what it says
            self.end.send(self.to)
            due += self.gap
            time.sleep(max(0, due - time.monotonic()))

    def stop(self):
        self.on = False
        self.join()


class talking:
    """Both ends of a call speak from enter to exit."""

    def __init__(self, call, gap=0.002):
        self.call, self.gap = call, gap

    def __enter__(self):
        for end in (self.call.a, self.call.b):
            end.drain()
            end.forget()
        self.talkers = [Talker(self.call.a, self.call.to_bob, self.gap), Talker(self.call.b, self.call.to_alice, self.gap)]
        return self

    def __exit__(self, *_):
        for talker in self.talkers:
            talker.stop()


def each_once(call, text, opens=False):
    """None lost, none twice, none of anybody else, and in order. Where the kernel's program takes the call meanwhile (`opens`) its
    packets may pass those that the relay thread has in hand then; each of the two keeps its order."""
    for end, far in ((call.a, call.b), (call.b, call.a)):
        end.receive(len(far.sent))
        time.sleep(0.02)
        end.drain()
        got, sent = end.got, far.sent
        place = {packet: n for n, packet in enumerate(sent)}
        order = [place.get(packet, -1) for packet in got]
        overtaken = [n for n, latest in zip(order, itertools.accumulate(order, max)) if n < latest]
        ok(len(got) == len(set(got)), text + ": no packet came twice")
        ok(set(got) <= set(sent), "none that was not sent")
        ok(len(got) == len(sent), "none of %d is lost: %d" % (len(sent), len(sent) - len(got)))
        ok(overtaken == (sorted(overtaken) if opens else []), "none is overtaken but then: %s" % overtaken)


def all_by_kernel(road, call, hits):
    """What both have said since then, and nothing else, went by the kernel's program."""
    forwarded, spoken = road.counts()[0] - hits, len(call.a.sent) + len(call.b.sent)
    ok(forwarded == (spoken if road.kernel else 0), "of %d packets the kernel's program forwarded %d" % (spoken, forwarded))


def taken_again(road, call, hits):
    """While both ends speak: the program forwards again."""
    call.alice.idle(0.1)
    if road.kernel:
        eventually(lambda: road.counts()[0] > hits + 20, "the program has taken the call again", 3)


@on_roads(*BOTH)
def nothing_lost_in_change(road):
    """Re-INVITEs that take the call from the kernel's program and give it back, while both ends speak."""
    with road.call() as call:
        road.ready(call)
        with talking(call):
            for n in range(2, 8):
                hits, _ = road.counts()
                exchange(call.mine, call.theirs, call.a.sdp(version=n), call.b.sdp(version=n))
                taken_again(road, call, hits)
        each_once(call, "six re-INVITEs", opens=road.kernel)
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def nothing_lost_at_the_start(road):
    """The first packets of a call are those in which the program takes over: each comes once."""
    for n in range(10):
        with road.call() as call:
            with talking(call, 0.001):
                call.alice.idle(0.15)
            # an end is sent to before it was heard, and heard where it was announced: nothing may be missing from the start
            each_once(call, "call %d" % (n + 1), opens=road.kernel)
            ok(call.mine.bye(call.theirs), "BYE")
