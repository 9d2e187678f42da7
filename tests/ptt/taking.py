# SPDX-License-Identifier: Apache-2.0
"""taking: the floor is taken away: by priority, by an emergency, by the clock; and who may never have it."""
import time

import floor as f
from feature import feature, ok
from groups import group
from room import Room

RANKS = {"alice": 1, "bob": 5, "carol": 5}


@feature(**group(preempt='"priority"', tones="false", priorities=RANKS))
def preempted_by_priority(server):
    """Who has no floor packets is cut at once; equal priority waits."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        bob.press("*")
        room.heard_by_all(bob, "bob, of higher priority, takes the floor")
        carol.press("*")
        alice.press("*")
        room.goes_on(20)
        room.heard_by_all(bob, "carol, of the same, does not; nor does alice")
        bob.press("#")
        room.heard_by_all(carol, "carol has waited")
        carol.press("#")
        room.heard_by_all(alice, "and alice")
        room.stories(["alice", "bob", "carol", "alice"], "each heard them so")


@feature(**group(tones="false", priorities=RANKS))
def not_preempted_by_default(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        bob.press("*")
        room.goes_on(20)
        room.heard_by_all(alice, "priority alone takes nothing away")
        alice.press("#")
        room.heard_by_all(bob, "bob has waited")
        room.stories(["alice", "bob"], "alice, then bob")


def emergency(room, alice, bob):
    bob.channel.expect("idle", "taken")
    alice.press("*")
    room.heard_by_all(alice)
    bob.channel.expect("taken", skip=("idle",))
    bob.channel.request(priority=0, indicator=f.EMERGENCY)


@feature(**group(tones="false", priorities={"alice": 200}))
def preempted_by_emergency(server):
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob", floor="mc_queueing"), room.phone("carol")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        emergency(room, alice, bob)
        granted = bob.channel.expect("granted")
        ok(granted.indicator & f.EMERGENCY, "an emergency is granted, and shown as one")
        ok(granted.number(f.DURATION) != 30, "its duration is not the time to talk: %s" % granted.number(f.DURATION))
        room.heard_by_all(bob)
        alice.press("*")
        room.goes_on(20)
        room.heard_by_all(bob, "alice's priority does not help her")
        bob.channel.release()
        room.heard_by_all(alice, "alice has waited")
        room.stories(["alice", "bob", "alice"], "alice, bob, alice")


@feature(**group(preempt='"never"'))
def never_preempted(server):
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob", floor="mc_queueing"), room.phone("carol")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        emergency(room, alice, bob)
        bob.channel.expect("position")
        taken = bob.channel.expect("taken")
        ok(taken.field(13) == (f.EMERGENCY | f.QUEUEING).to_bytes(2, "big"), "all are told of the emergency, and who talks")
        room.goes_on(20)
        room.heard_by_all(alice, "alice goes on")
        room.stories(["alice"], "only she was heard")


@feature(**group(emergency_members='[ "carol" ]'))
def emergency_by_members(server):
    """One who may not declare an emergency asks like any other."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob", floor="mc_queueing"), room.phone("carol", floor="mc_queueing")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        emergency(room, alice, bob)
        bob.channel.expect("position", "deny")
        room.goes_on(10)
        room.heard_by_all(alice, "bob may not: alice goes on")
        carol.channel.skip_all()
        carol.channel.request(indicator=f.EMERGENCY)
        carol.channel.expect("granted")
        room.heard_by_all(carol, "carol may")


@feature(**group(preempt='"priority"', priorities=RANKS))
def preempted_with_grace(server):
    """An MCPTT talker is told Revoke 4 and may finish: its release, or T3, ends it."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice", floor="mc_queueing"), room.phone("bob", floor="mc_queueing"), room.phone("carol")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        for phone in (alice, bob):
            phone.channel.expect("idle")
        for end in ("release", "T3"):
            alice.channel.skip_all()
            alice.channel.request()
            alice.channel.expect("granted")
            room.heard_by_all(alice)
            bob.channel.skip_all()
            bob.channel.request()
            ok(bob.channel.expect("position").position == 1, "bob is first in the queue")
            asked = time.monotonic()
            ok(alice.channel.expect("revoke").cause == f.PREEMPTED, "alice is told Revoke 4")
            room.goes_on(10)
            ok("bob" not in carol.story(asked), "and may finish her sentence")
            if end == "release":
                alice.channel.release()
            else:
                ok(alice.channel.expect("revoke").cause == f.PREEMPTED, "who does not stop is told again")
            ok(bob.channel.expect("granted"), "bob has the floor after " + end)
            room.heard_by_all(bob)
            taken = alice.channel.expect("taken", skip=("revoke", "idle"))
            ok(taken.party == "sip:bob@example.test", "alice is told so")
            bob.channel.release()
            room.nobody("bob gives back")
        ok(carol.story() == ["alice", "bob"] * 2, "carol heard alice, bob, alice, bob")


@feature(**group(max_talk='"7s"'))
def longest_talk(server):
    """The talker is warned, and cut when the time is over; the next gets the floor."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        room.until(lambda: [b for b in alice.beeps() if b[2] > alice.frames()[0].at + 1.5], "alice is warned", 6)
        room.heard_by_all(alice, "and goes on")
        carol.press("#")
        bob.info("*")
        room.until(lambda: carol.hears() == {"bob"}, "the time is over: bob, who waited, has the floor", 10)
        room.goes_on(20)
        room.until(lambda: len(alice.beeps()) >= 4, "alice was told by beeps: %s" % [b[:2] for b in alice.beeps()])
        bob.press("#")
        room.nobody("and gives back")
        room.goes_on(10)
        ok(carol.story() == ["alice", "bob"] and not carol.beeps(), "carol heard alice, then bob, and no beep")


@feature(**group(hang='"4s"'))
def hang_time(server):
    """For four seconds the floor stays the last talker's."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        alice.press("#")
        room.nobody("alice gives back")
        bob.press("*")
        room.goes_on(15)
        room.nobody("bob waits")
        alice.press("*")
        room.heard_by_all(alice, "alice comes back before him")
        alice.press("#")
        room.nobody("alice gives back again")
        room.heard_by_all(bob, "and is silent: bob has the floor")
        room.stories(["alice", "alice", "bob"], "alice, alice, bob")


def low(phone, since):
    """The low beeps that it heard since: in Hz, and for how long."""
    return [b for b in phone.beeps(since) if b[0] < 450 and b[1] >= 40]


@feature(**group(listen_only='[ "bob" ]'))
def listen_only(server):
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob"), room.phone("carol", floor="mc_queueing")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        room.goes_on(5)
        for way, press in (("RFC 4733", lambda: bob.press("*")), ("INFO", lambda: ok(bob.info("*").status == 200, "INFO is answered"))):
            since = time.monotonic()
            press()
            room.until(lambda: len(low(bob, since)) == 2, "%s: two low beeps say denied" % way)
            room.goes_on(20)
            ok(len(low(bob, since)) == 2, "once")
        told = bob.ask("ptt")
        ok(told == "denied: listen only", "MESSAGE: why, %r" % told)
        room.nobody("who only listens is not heard")
        alice.press("*")
        room.heard_by_all(alice, "but hears")
        room.stories(["alice"], "only alice was heard")


@feature(**group(broadcast="true"))
def broadcast(server):
    """Who opened the group talks; when he leaves, who came next."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        bob.press("*")
        carol.press("*")
        room.goes_on(15)
        room.nobody("others do not get the floor")
        alice.press("*")
        room.heard_by_all(alice)
        alice.press("#")
        room.nobody("alice gives back")
        alice.leave()
        carol.press("*")
        room.goes_on(15)
        room.nobody("carol does not inherit")
        bob.press("*")
        room.heard_by_all(bob, "bob does")
        ok(carol.story() == ["alice", "bob"], "carol heard alice, then bob")


@feature(**group(broadcast="true"))
def broadcaster_dials_again(server):
    """Who opened the group dials once more, from another phone, in the middle of a word or after hanging up: the right is his."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        second = room.phone("alice").join(mic=-1)
        room.until(lambda: alice.ended, "the older call ends")
        alice.hush()
        room.nobody()
        bob.press("*")
        room.goes_on(15)
        room.nobody("others do not get the floor")
        second.press("*")
        room.heard_by_all(second)
        second.press("#")
        room.nobody()
        second.leave()
        bob.press("*")
        room.heard_by_all(bob, "he has left: bob inherits")
        third = room.phone("alice").join(mic=-1)
        room.nobody("he is back, and bob is not heard any more")
        third.press("*")
        room.heard_by_all(third, "but he is")
