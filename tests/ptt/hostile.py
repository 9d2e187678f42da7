# SPDX-License-Identifier: Apache-2.0
"""hostile: members that do what no phone does, as fast as they can, and more of them than a thread is told of one by one:
what the others get of it has a bound, and is right afterwards."""
import json
import struct
import time

import channel
import floor as f
from feature import ctl, feature, ok
from groups import group
from phone import KEYS
from room import Room
from spreading import TWO
from stage import TICK
from voice import EVENTS, PCMU

MANY = 330                      # floor channels on one thread: more than items wait between two threads
RELEASE = bytes.fromhex("94cc0002111111114d435054")      # Floor Release that wants an Ack
NOT_WHOLE = bytes.fromhex("80cc0003111111114d43505400ff0500")      # a field that is longer than its message


def numbers(server):
    return json.loads(ctl(server, "--json", "metrics").stdout)


def more(server, before, *names):
    now = numbers(server)
    return [now[name] - before[name] for name in names]


@feature(**dict(group("*", media='{ relay = "always"; ports = PORTS(5000); threads = 2; group_budget = 1; }', tones="false",
                      codecs='[ "PCMU" ]', keepalive='"none"'), users=("u0000",)))
def many_are_told(server):
    """Who talks reaches each of more floor channels than find room between two threads one by one."""
    with Room(server) as room:
        phones = [room.phone("u%04d" % n, floor="mc_queueing") for n in range(MANY)]
        for phone in phones:
            phone.join(mic=None)
            phone.hush()
        first, others = phones[0], phones[1:]
        before = numbers(server)
        for word, act in (("taken", first.channel.request), ("idle", first.channel.release)) * 2:
            for phone in phones:
                phone.channel.skip_all()
            act()
            heard = set()
            told = lambda: heard.update(p for p in others if any(m.kind == word for m in p.channel.unread())) or len(heard) == len(others)
            room.until(told, "%s reaches all %d others" % (word, len(others)))
        ok(more(server, before, "group_passed_lost") == [0], "nothing was lost between the threads")


def hurry(phone, more):
    """From now on its time stamps gain so many ticks with each packet."""
    tick = phone.tick

    def fast():
        tick()
        phone.stamp = phone.stamp + more & 0xffffffff
    phone.tick = fast
    return lambda: setattr(phone, "tick", tick)


@feature(**group("alice bob carol"))
def stamps_that_run_ahead(server):
    """A talker's time stamps gain a second with each packet, or go twice as fast: nobody's keep-alive waits for them."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        for gain, packets in ((8000, 50), (160, 150)):
            alice.press("*")
            room.heard_by_all(alice)
            stop = hurry(alice, gain)
            room.goes_on(packets)
            stop()
            alice.press("#")
            room.nobody()
            for phone in (bob, carol):
                last = max(p.at for p in phone.got if p.sound.tones)
                room.until(lambda: phone.frames(last + .001), "%s gets silence after it" % phone)
                at = phone.frames(last + .001)[0].at
                pause = at - last - room.stage.stood(last, at)
                ok(pause < .6, "after %.2f s" % pause)
        since = time.monotonic()
        bob.press("*")
        room.heard_by_all(bob)
        room.goes_on(20)
        bob.press("#")
        room.nobody()
        room.goes_on(20)
        ok(len(carol.frames(since)) > 50, "the next talk, and the silence behind it, come: %d frames" % len(carol.frames(since)))


@feature(**group("alice bob carol", priorities=channel.RANKS))
def floods_of_floor_messages(server):
    """Hundreds of messages in a datagram, hundreds of datagrams a second: few are answered, the talker is heard whole."""
    with Room(server) as room:
        alice = room.phone("alice", floor="mc_queueing")
        alice.join(mic=None)
        bob, carol = room.gather("bob", "carol", mic=-1)
        bob.press("*")
        room.heard_by_all(bob, among=[bob, carol])
        before, since, sent = numbers(server), time.monotonic(), 0
        while time.monotonic() - since < 2:
            for _ in range(5):
                alice.channel.raw(RELEASE * 341)
                sent += 1
            room.stage.step(time.monotonic() + .004)
        room.goes_on(10)
        received, said, refused = more(server, before, "group_floor_received", "group_floor_sent", "group_floor_refused")
        seconds = time.monotonic() - since
        ok(0 < received <= 40 + 20 * seconds + 1, "%d datagrams of 341 messages: %d were read" % (sent, received))
        ok(said <= 2 * received, "%d answers" % said)
        ok(refused > 0, "%d were counted" % refused)
        heard = carol.frames(since)
        others = [p for p in heard if p.sound.tones != {bob.tone}]
        stolen = room.stage.stood(since - 0.1) / TICK
        assert len(others) <= stolen and not any(p.sound.tones for p in others), "carol hears bob, but for %d frames" % len(others)
        gaps = sum((b.sequence - a.sequence) & 0xffff != 1 for a, b in zip(heard, heard[1:]))
        ok(gaps == 0, "carol heard bob without a gap")
        room.until(lambda: time.monotonic() - since > seconds + 1, "a moment later")
        alice.channel.skip_all()
        alice.channel.ask_position()
        alice.channel.expect("position", skip=("ack", "taken"))
        ok(True, "alice is listened to again")
        before = numbers(server)
        for _ in range(5):
            alice.channel.raw(NOT_WHOLE)
        room.until(lambda: more(server, before, "group_floor_dropped") == [5], "messages that are not whole are counted")


@feature(**group("alice carol", priorities=channel.RANKS))
def asks_too_often(server):
    """Request and Release as fast as they can be sent: the others hear of some of it, the rest is denied."""
    with Room(server) as room:
        alice, carol = room.phone("alice", floor="mc_queueing"), room.phone("carol", floor="mc_queueing")
        for phone in (alice, carol):
            phone.join(mic=None)
        room.stage.run(.3)
        before, since = numbers(server), time.monotonic()
        told = len(carol.channel.got)
        while time.monotonic() - since < 2:
            alice.channel.request()
            alice.channel.release()
            room.stage.step(time.monotonic() + .01)
        room.stage.run(.3)
        seconds = time.monotonic() - since
        spurts, = more(server, before, "group_spurts")
        ok(5 <= spurts <= 10 + 5 * seconds + 1, "%d spurts in %.1f s" % (spurts, seconds))
        ok(len(carol.channel.got) - told <= 2 * spurts, "carol was told of these")
        denied = [m for m in alice.channel.got if m.kind == "deny"]
        ok(all(m.cause == 4 for m in denied), "Deny says retry-after")
        refused, = more(server, before, "group_requests_refused")
        ok(refused >= len(denied), "%d were refused, and counted" % refused)


@feature(**group("alice bob", tones="false"))
def keys_too_often(server):
    """The same with a key: it gives back whatever it has, and a second later works as ever."""
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        before, since = numbers(server), time.monotonic()
        for n in range(60):
            for key in "*#":
                alice._put(EVENTS, struct.pack("!BBH", KEYS[key], 10, 160), 1, alice.stamp + n * 320 + (key == "#") * 160)
            room.stage.run(.01)
        alice.stamp += 60 * 320
        refused, spurts = more(server, before, "group_requests_refused", "group_spurts")
        seconds = time.monotonic() - since
        ok(refused > 0, "%d presses were refused" % refused)
        ok(spurts <= 10 + 5 * seconds + 1, "%d spurts in %.1f s" % (spurts, seconds))
        room.nobody("the floor is free")
        room.stage.run(1.0)
        alice.press("*")
        room.heard_by_all(alice)


@feature(**group("alice bob carol"))
def talks_too_fast(server):
    """Two thousand packets of sound a second: listeners get no more than can be said."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        before, had, since = numbers(server), len(bob.got), time.monotonic()
        while time.monotonic() - since < 2:
            for _ in range(40):
                alice._put(PCMU.payload_type, b"\x55" * 20, 0, alice.stamp)
                alice.stamp += 20
            room.stage.run(.018)
        seconds = time.monotonic() - since
        got, (dropped,) = len(bob.got) - had, more(server, before, "media_dropped_rate")
        ok(got <= (1 + seconds) * 200 + 10, "bob got %d in %.1f s" % (got, seconds))
        ok(dropped > 0, "%d were dropped, and counted" % dropped)


@feature(**group("alice bob carol", keepalive='"comfort"'))
def noise_of_a_talker(server):
    """Comfort noise of who talks, in the places of packets: no listener takes it for a loss."""
    with Room(server) as room:
        phones = [room.phone(user) for user in ("alice", "bob", "carol")]
        for phone in phones:
            phone.comfort = True
            phone.join(mic=-1)
        alice, bob, carol = phones
        ok(13 in alice.answer["audio"]["types"], "comfort noise is agreed on")
        alice.press("*")
        room.heard_by_all(alice)
        since, tick, count = time.monotonic(), alice.tick, [0]

        def pauses():
            count[0] += 1
            if count[0] % 10 == 5:
                alice._put(13, b"\x40", 0, alice.stamp)
                alice.stamp += 160
            else:
                tick()
        alice.tick = pauses
        room.goes_on(60)
        alice.tick = tick
        for phone in (bob, carol):
            came = [p for p in phone.got if p.at >= since]  # comfort noise of the server's, too, where the machine stole a moment
            gaps = sum((b.sequence - a.sequence) & 0xffff != 1 for a, b in zip(came, came[1:]))
            ok(gaps == 0 and len(came) > 40, "%s: no gap in %d packets" % (phone, len(came)))
        alice.press("#")
        room.nobody()
        ended = time.monotonic()
        noise = lambda: [p for p in bob.got if p.kind == 13 and p.at > ended]
        room.until(lambda: len(noise()) >= 2, "comfort noise comes to bob")
        ok(not any(p.marker for p in noise()), "without a marker: it begins no talk")


@feature(**group("alice bob carol dave erin", media=TWO % 1))
def key_that_gives_back(server):
    """Who gives the floor back by the key that took it is not listened to any more: its sound stays on its thread."""
    with Room(server) as room:
        phones = alice, bob, carol = room.gather("alice", "bob", "carol", mic=0)
        for phone in phones:
            for _ in range(2):
                phone.press("*")
                room.goes_on(10)
        before = numbers(server)
        room.goes_on(100)
        passed, = more(server, before, "group_passed")
        ok(passed < 20, "%d packets passed between the threads in 2 s" % passed)
