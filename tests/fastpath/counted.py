# SPDX-License-Identifier: Apache-2.0
"""counted: what is said of a call whose packets nobody but the kernel saw is true: packets, loss, silence, its record."""
import re
import time

from call import asked, eventually, exchange, stream_of
from feature import ctl, ok
from moves import Talker, ready_again, talking
from road import BOTH, MEDIA, all_came, exchanged, falls_silent, on_roads
from rtp_shim import seen_by_receiver
from sip_ua import SLOW

SECONDS = 10                    # for counters that are polled


def shown_of(server, side, *names):
    shown = stream_of(server)[side]
    return tuple(shown[name] for name in names)


def spoilt(end, count):
    """Packets of which some never left, some came late and some twice; the last one is in order."""
    packets = [end.packet() for _ in range(count)]
    out, late = [], []
    for n, packet in enumerate(packets[:-1]):
        if n % 17 != 3:
            (late if n % 23 == 5 else out).append(packet)
        if n % 31 == 7 and out:
            out.append(out[-1])
        if n % 23 == 8 and late:
            out.append(late.pop())
    return out + late + packets[-1:]


@on_roads(*BOTH)
def counts(road):
    """To the packet, in `call show` and in the call's record: all of both ends, and of a bad road what is lost, late, twice;
    another SSRC is a restart, the end of the numbers is none."""
    names = ("packets", "bytes", "lost", "reordered", "duplicates", "restarts")
    with road.call() as call:
        call.a.sequence, call.b.sequence = 65000, 1
        road.ready(call)
        sent = [call.a.packet()] + spoilt(call.a, 900)
        lost, reordered, duplicates = seen_by_receiver_of_wrapped(sent)
        ok(min(lost, reordered, duplicates) > 10, "%d lost, %d late, %d twice" % (lost, reordered, duplicates))
        with road.watched(len(sent)):
            for n, packet in enumerate(sent):
                call.a.put(call.to_bob, packet)
                if n % 20 == 19:
                    call.b.receive(n + 1)
            call.b.receive(len(sent))
        ok(call.b.got == sent, "all that was sent comes, as it was")
        other = call.a.ssrc ^ 0xffff
        call.a.ssrc, call.a.sequence = other, 7
        call.a.forget(), call.b.forget()
        with road.watched(30):
            call.a.send(call.to_bob, 30)
            ok(all_came(call), "and what another source of hers says")
        wanted = (*call.a.said(), lost, reordered, duplicates, 1)
        text = "`call show` has %s" % dict(zip(names, wanted))
        eventually(lambda: shown_of(road.server, "caller", *names) == wanted, text, SECONDS)
        eventually(lambda: shown_of(road.server, "callee", "sent") == wanted[:1], "and what went to him", SECONDS)
        ok(shown_of(road.server, "callee", "lost", "reordered", "duplicates", "restarts") == (0, 0, 0, 0), "and nothing of him")
        ok(call.mine.bye(call.theirs), "BYE")
        road.server.wait_log(r"call_ended .*caller_packets=%d caller_lost=%d caller_reordered=%d "
                             % (wanted[0], lost, reordered))
        ok(True, "and so has the call's record")
        if road.kernel:
            eventually(lambda: road.fast()["entries"] == 0, "the kernel's program has forgotten the call")


def seen_by_receiver_of_wrapped(packets):
    """seen_by_receiver, of numbers that pass 65535 once."""
    def turned(packet):
        return packet[:2] + ((int.from_bytes(packet[2:4], "big") + 2000) & 0xffff).to_bytes(2, "big") + packet[4:]
    return seen_by_receiver([turned(packet) for packet in packets])


def forwarded_of(server):
    return int(re.search(r"^portavoz_media_forwarded(?:_total)? (\d+)", ctl(server, "metrics").stdout, re.M).group(1))


@on_roads(*BOTH)
def counts_stay_in_changes(road):
    """The relay thread's counts and the program's are one count, however often a call passes from one to the other."""
    with road.call() as call:
        road.ready(call)
        with talking(call):
            for n in range(2, 8):
                exchange(call.mine, call.theirs, call.a.sdp(version=n), call.b.sdp(version=n))
                call.alice.idle(0.1)
        for side, end in (("caller", call.a), ("callee", call.b)):
            wanted = (end.said()[0], 0, 0, 0)
            eventually(lambda: shown_of(road.server, side, "packets", "lost", "duplicates", "restarts") == wanted,
                       "%d packets of the %s" % (wanted[0], side), SECONDS)
        total = call.a.said()[0] + call.b.said()[0]
        eventually(lambda: forwarded_of(road.server) == total, "the metric of forwarded packets has all of them, the kernel's too", SECONDS)
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def jitter(road):
    """Of an even stream and of an uneven one it is what follows from when their packets came (RFC 3550 §6.4.1); measured by the
    program where it forwards."""
    with road.call() as call:
        road.ready(call)
        for gaps, name in (([0.02] * 40, "even"), ([0.005, 0.055, 0.005, 0.015] * 15, "uneven")):
            due, shown = paced(call, gaps)
            ok(abs(due - shown) < 1, "jitter is %.1f ms at an %s pace: %s" % (due, name, shown))
        ok(due > 3, "which is much")
        ok(call.mine.bye(call.theirs), "BYE")


def paced(call, gaps):
    """alice speaks with these seconds between her packets, of 20 ms each; what her jitter must be then, by when bob's host
    got them, and what it is said to be, in ms."""
    def measured():
        eventually(lambda: shown_of(call.server, "caller", "packets") == call.a.said()[:1], "all are counted", SECONDS)
        return stream_of(call.server)["caller"]["jitter_ms"]
    jitter = measured()
    call.a.forget(), call.b.forget()
    call.a.stamp += 10 * 8000                       # time stamps set anew: what was before counts no more
    due = time.monotonic()
    for gap in gaps:
        call.a.send(call.to_bob)
        due += gap
        time.sleep(max(0, due - time.monotonic()))
    came = call.b.arrivals(len(gaps))
    for before, now in zip(came, came[1:]):
        jitter += (abs((now - before) * 1000 - 20) - jitter) / 16
    return jitter, measured()


SHORT = MEDIA.replace("threads", 'timeout = "2s"; threads')


@on_roads(*BOTH, media=SHORT)
def silence(road):
    """Who talks by the kernel is not silent: one of both is enough. When nobody does the call ends in time."""
    with road.call() as call:
        road.ready(call)
        hits, _ = road.counts()
        talker = Talker(call.a, call.to_bob, 0.02)
        call.alice.idle(4.5)
        ok(len(asked(road.server, "call", "list")["calls"]) == 1, "a call lives longer than media.timeout while one end talks")
        talker.stop()
        ok(not road.kernel or road.counts()[0] - hits == len(call.a.sent), "by the kernel")
        eventually(lambda: not asked(road.server, "call", "list")["calls"], "and ends when nobody does")
        took = time.monotonic() - talker.spoke
        ok(1.5 < took < 5 * SLOW, "after %.1f s" % took)
        road.server.wait_log(r"call_ended .*why=media_timeout .*caller_packets=%d " % call.a.said()[0])
        ok(asked(road.server, "media")["timeouts"] == 1, "as a media timeout, with all packets in its record")
        if road.kernel:
            ok(road.fast()["entries"] == 0, "the kernel's program has forgotten it")
        ok(falls_silent(call.a, call.b, call.to_bob), "nothing passes any more")


@on_roads(*BOTH)
def ended(road):
    """After BYE nothing passes, and another call on the same ports of the phones is another one."""
    with road.call() as call:
        road.ready(call)
        ok(exchanged(call, 20), "a call")
        ok(call.mine.bye(call.theirs), "BYE")
        if road.kernel:
            eventually(lambda: road.fast()["entries"] == 0, "the kernel's program has forgotten it")
        for end, far, to in ((call.a, call.b, call.to_bob), (call.b, call.a, call.to_alice)):
            ok(falls_silent(end, far, to), "nothing passes after it")
        call.set_up()
        ready_again(road, call)
        with road.watched(40):
            ok(exchanged(call, 20), "the next one between the same phones is forwarded again")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH)
def too_many(road):
    """More packets than one end may send: the rest is dropped, and counted, by whoever forwards."""
    with road.call() as call:
        road.ready(call)
        call.a.forget(), call.b.forget()
        begun = time.monotonic()
        for n in range(6000):
            call.a.send(call.to_bob)
            while n % 50 == 49 and road.waiting(call.to_bob[1]):    # a socket that is full would drop more
                pass
        windows = 2 + int(time.monotonic() - begun)

        def others():
            call.b.drain()
            return 6000 - len(call.b.got)
        eventually(lambda: asked(road.server, "media")["drops"]["rate"] == others(), "each comes or is counted", SECONDS)
        came = len(call.b.got)
        ok(2000 < came <= 2500 * windows, "of 6,000 packets in %.1f s %d came" % (time.monotonic() - begun, came))
        ok(call.b.got == [p for p in call.a.sent if p in set(call.b.got)], "each once")
        ok(call.mine.bye(call.theirs), "BYE")


B2BUA = '{ mode = "b2bua"; }'


@on_roads(*BOTH, calls=B2BUA)
def b2bua(road):
    """With two dialogs it is the same stream; the server hangs up, and both ends fall silent."""
    with road.call() as call:
        road.ready(call)
        with road.watched(200):
            ok(exchanged(call, 100), "each packet comes")
        ident = asked(road.server, "call", "list")["calls"][0]["id"]
        ok(ctl(road.server, "call", "hangup", ident).returncode == 0, "the operator hangs up")
        for phone in (call.alice, call.bob):
            phone.respond(phone.expect("BYE"), 200, contact=False)
        ok(falls_silent(call.a, call.b, call.to_bob), "nothing passes any more")


@on_roads(*BOTH, calls=B2BUA)
def transcoded(road):
    """Ends that share no codec: the relay thread's work."""
    with road.call(kinds=(0, 8)) as call, road.watched(60, by_kernel=0):
        for end, far, to in ((call.a, call.b, call.to_bob), (call.b, call.a, call.to_alice)):
            end.send(to)
            far.receive(1)
        for _ in range(29):
            call.a.send(call.to_bob), call.b.send(call.to_alice)
            time.sleep(0.02)
        call.a.drain(), call.b.drain()
        ok({p[1] & 0x7f for p in call.a.got} == {0} and {p[1] & 0x7f for p in call.b.got} == {8}, "each hears its own codec")
