# SPDX-License-Identifier: Apache-2.0
"""buttons: keys of unmodified phones: RFC 4733 and INFO, pressed, held, lost on the way, arriving by two ways."""
from feature import feature, ok
from groups import group
from room import Room
from voice import EVENTS


@feature(**group())
def keys(server):
    """`*` asks, `#` gives back; microphones are open all the time."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        room.nobody("who speaks without the floor is not heard")
        room.goes_on()
        room.stories([], "by nobody")
        alice.press("*")
        room.heard_by_all(alice)
        room.goes_on()
        alice.press("#")
        room.nobody("nobody is heard after #")
        bob.press("*")
        room.heard_by_all(bob)
        room.goes_on()
        bob.press("#")
        room.nobody("nobody is heard after #")
        carol.press("5")
        bob.press("#")
        room.goes_on()
        room.stories(["alice", "bob"], "each heard alice, then bob, nobody else, and nobody itself")
        ok(not [p for phone in room.phones for p in phone.got if p.kind == EVENTS], "key events are not passed on")
        ok(all({p.source for p in phone.got} == {phone.remote} for phone in room.phones),
           "sound comes from the port that was announced")


@feature(**group())
def keys_again(server):
    """The same key gives back, too."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        for _ in range(2):
            alice.press("*")
            room.heard_by_all(alice)
            alice.press("*")
            room.nobody("the second press gives the floor back")
        bob.press("*")
        room.heard_by_all(bob)
        room.stories(["alice", "alice", "bob"], "alice, alice again, and bob were heard")


def by_info(server, relay):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        ok(alice.info("*", relay), "INFO is answered with 200")
        room.heard_by_all(alice)
        alice.info("#", relay)
        room.nobody("nobody is heard after #")
        bob.info("*", relay, duration=2000)
        room.heard_by_all(bob, "bob is heard, whatever Duration says")
        room.goes_on(60)
        bob.info("*", relay)
        room.nobody("the second press gives the floor back")
        room.stories(["alice", "bob"], "each heard alice, then bob")


@feature(**group())
def info_relay(server):
    by_info(server, True)


@feature(**group())
def info_dtmf(server):
    by_info(server, False)


@feature(**group())
def info_and_keys(server):
    """A press that arrives by both ways counts once."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        for n in range(3):
            alice.press_both("*", ("packets", "info"))
            room.heard_by_all(alice, "one press, by both ways")
            room.goes_on(25)
            alice.press_both("*", ("info", "packets"))
            room.nobody("another one: INFO first")
            room.goes_on(20)
        room.stories(["alice"] * 3, "alice was heard three times, without a gap")


@feature(**group())
def held_key(server):
    """Longer than 700 ms: hold to talk. Voice and events go at once."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.says_with_keys = True
        alice.press("*", 1200, wait=False)
        room.heard_by_all(alice)
        room.until(lambda: not alice.keys, "the key is held")
        room.nobody("and nobody heard when it is let go")
        room.goes_on(15)                                # what parts two spurts of one is longer than what is heard as nobody
        alice.press("*", 400)
        room.goes_on(60)
        room.heard_by_all(alice, "a key of 400 ms is a press")
        alice.press("*", 400)
        room.nobody("and another one gives back")
        room.goes_on(10)
        room.stories(["alice", "alice"], "alice was heard twice")


@feature(**group())
def held_key_whose_end_is_lost(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.says_with_keys = True
        alice.press("*", 1000, lost="end", wait=False)
        room.heard_by_all(alice)
        room.until(lambda: not alice.keys, "the end of the key is lost")
        room.nobody("the floor is given back all the same")
        bob.press("*")
        room.heard_by_all(bob)
        room.stories(["alice", "bob"], "alice, then bob")


@feature(**group())
def key_packets_lost(server):
    """The start of an event, or its end: each press counts once."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        for lost in ("start", "end"):
            alice.press("*", 120, lost=lost)
            room.heard_by_all(alice, "the %s is lost: alice is heard" % lost)
            room.goes_on(30)
            room.heard_by_all(alice, "and still is")
            alice.press("#", 120, lost=lost)
            room.nobody("gives back by a key whose %s is lost" % lost)
            bob.press("*")
            room.heard_by_all(bob)
            bob.press("*", 120, lost=lost)
            room.nobody("and by the same key")
        room.stories(["alice", "bob"] * 2, "each press counted once")


@feature(**group(keys='{ request = "1"; release = "2"; }', triggers='[ "dtmf" ]'))
def keys_of_a_group(server):
    """Other keys, and no INFO."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        bob.info("1")
        room.goes_on(20)
        room.nobody("what the group does not know is no button")
        alice.press("1")
        room.heard_by_all(alice)
        alice.says_with_keys = True
        alice.press("#")
        room.goes_on(20)
        room.heard_by_all(alice, "# is none")
        alice.press("2")
        room.nobody("2 gives back")
        room.stories(["alice"], "only alice was heard")


@feature(**group())
def info_sent_again(server):
    """INFO whose answer was lost comes again: it counts once. The next one counts."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        sent = alice.dialog.request("INFO", headers=["Content-Type: application/dtmf-relay"], body="Signal=*\r\nDuration=250\r\n")
        for _ in range(3):
            alice.send(sent.raw)
        alice.expect(200, call_id=alice.dialog.call_id)
        room.heard_by_all(alice)
        room.goes_on(25)
        alice.send(sent.raw)
        room.goes_on(15)
        room.heard_by_all(alice, "sent five times, it counts once")
        alice.info("*")
        room.nobody("another INFO is another press")
        room.stories(["alice"], "alice was heard once")


@feature(**group())
def info_refused(server):
    """What is no key is said to be none."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.dialog.request("INFO", headers=["Content-Type: application/media_control+xml"], body="<media_control/>")
        ok(alice.expect(415, call_id=alice.dialog.call_id), "another body: 415")
        for body in ("", "Signal=\r\n", "Signal=**\r\nDuration=x\r\n", "x" * 3000):
            alice.dialog.request("INFO", headers=["Content-Type: application/dtmf-relay"], body=body)
            alice.expect((200, 400), call_id=alice.dialog.call_id)
        room.goes_on(10)
        room.nobody("no key in it: no press")
        alice.info("*")
        room.heard_by_all(alice)
