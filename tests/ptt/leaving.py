# SPDX-License-Identifier: Apache-2.0
"""leaving: talkers who hang up, crash, register again or move to another port; the newest leg of a member; full groups."""
import json
import socket
import struct
import time

from feature import ctl, feature, ok
from groups import group
from room import Room
from sip_ua import Phone
from voice import wave


@feature(**group())
def talker_hangs_up(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        alice.bye()
        room.nobody("alice hangs up and speaks on: nobody hears her", among=[bob, carol])
        room.until(alice.gets_nothing, "and she gets nothing")
        count = len(alice.got)
        room.goes_on(15)
        alice.hush()
        bob.press("*")
        room.heard_by_all(bob, among=[bob, carol])
        carol.press("*")
        bob.leave()
        room.heard_by_all(carol, "bob hangs up while carol waits: she has the floor", among=[carol])
        ok(carol.story() == ["alice", "bob"], "carol heard alice, then bob")
        ok(len(alice.got) == count, "alice gets no packet any more")


@feature(**group())
def talker_crashes(server):
    """RTP stops without a word: T1 gives the floor to who waits."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        alice.hush()
        bob.press("*")
        room.goes_on(15)
        ok("bob" not in carol.story(), "a pause is no end")
        room.heard_by_all(bob, "after T1 bob has the floor", among=[bob, carol])
        alice.speak()
        room.goes_on(15)
        room.heard_by_all(bob, "alice speaks again, without the floor")
        room.stories(["alice", "bob"], "alice, then bob", among=[carol])


@feature(**group())
def talker_registers_again(server):
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob"), room.phone("carol")
        alice.register()
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        alice.register(cseq=3)
        room.goes_on(10)
        room.heard_by_all(alice, "alice has registered again")
        alice.register(expires=0, cseq=5)
        room.goes_on(10)
        room.heard_by_all(alice, "and away: the call goes on")
        alice.press("#")
        room.nobody("# gives back")
        room.stories(["alice"], "she was heard without a gap")


@feature(**group())
def talker_moves(server):
    """Its NAT gives the talker's sound another port, and the phone offers again what it offered before: it is heard on."""
    with Room(server) as room:
        alice, bob, carol = (room.phone(user) for user in ("alice", "bob", "carol"))
        alice.announced, alice.announced_port = "10.255.255.1", 4000
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        room.goes_on(10)
        alice.rebind()
        alice.register()
        alice.reinvite()
        room.goes_on(20)
        room.heard_by_all(alice, "from another port alice is heard")
        alice.press("#")
        room.nobody("# from there gives back")
        since = time.monotonic()
        bob.press("*")
        room.until(lambda: alice.hears() == {"bob"}, "and there she hears bob")
        ok(carol.story() == ["alice", "bob"] or carol.story() == ["alice", "alice", "bob"], "carol heard alice, then bob")
        ok(carol.story(since) == ["bob"], "and nobody else")


@feature(**group())
def talker_moves_unsaid(server):
    """A NAT gives the talker's sound another port, and then a listener's, and the phones do not know: they are followed, as
    they go on with their streams."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        for turn in range(2):
            alice.press("*")
            room.heard_by_all(alice)
            alice.rebind()
            room.until(lambda: not bob.hears(), "from another port alice is not heard at once")
            room.heard_by_all(alice, "but when the old one has been silent for a while")
            alice.press("#")
            room.nobody("# from there gives back")
            since = time.monotonic()
            bob.press("*")
            room.until(lambda: alice.hears() == {"bob"}, "and there she hears bob")
            bob.press("#")
            room.nobody()
            ok(carol.story(since) == ["bob"], "as carol does")
            room.stage.run(1.2 * turn)                          # muffled meanwhile
            bob.press("*")
            room.heard_by_all(bob)
            carol.rebind()
            room.until(lambda: not carol.hears(), "a listener has another port: she hears nothing")
            room.until(lambda: carol.hears() == {"bob"}, "until what she sends has shown it", 8)
            bob.press("#")
            room.nobody()


@feature(**group())
def silence_is_no_way_in(server):
    """alice has the floor and is silent; a neighbour behind her NAT, who knows nothing of her stream, takes nothing over."""
    with Room(server) as room, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        alice, bob = room.gather("alice", "bob", mic=-1)
        thief.bind(("127.0.0.1", 0))
        thief.setblocking(False)
        room.named("thief", 2200)
        frame = alice.codec.make.encode(wave(2200))
        alice.press("*")
        room.heard_by_all(alice)
        alice.hush()
        room.stage.run(0.7)
        for n in range(60):
            for phone, ssrc, ahead in ((alice, alice.ssrc ^ 1, n + 1), (alice, alice.ssrc, 20000 + n), (alice, alice.ssrc, -n - 1)):
                header = struct.pack("!BBHII", 0x80, 0, phone.sequence + ahead & 0xffff, phone.stamp + 160 * n & 0xffffffff, ssrc)
                thief.sendto(header + frame, phone.remote)
            room.stage.run(0.01)
        ok("thief" not in bob.story(), "nobody hears him")
        alice.speak()
        room.heard_by_all(alice, "alice speaks again, and is heard")
        try:
            ok(False, "%d bytes came to him" % len(thief.recv(2000)))
        except BlockingIOError:
            ok(True, "nothing comes to him")


@feature(**group())
def newest_leg_wins(server):
    """alice dials again, from another phone, while she talks."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        again = room.phone("alice")
        again.join(mic=-1)
        room.until(lambda: alice.ended, "the old leg gets BYE")
        room.nobody("it has lost the floor", among=[bob, carol, again])
        room.goes_on(15)
        alice.hush()
        bob.press("*")
        room.heard_by_all(bob, among=[bob, carol, again])
        bob.press("#")
        again.press("*")
        room.until(lambda: bob.hears() == carol.hears() == {"alice"}, "the new leg has the floor")
        ok(carol.story() == ["alice", "bob", "alice"], "carol heard alice, bob, alice")


@feature(**group(legs="2"))
def two_legs(server):
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        again, third = room.phone("alice"), room.phone("alice")
        again.join(mic=0)
        bob.press("*")
        room.heard_by_all(bob, "both legs hear")
        ok(not alice.ended, "both stay")
        third.join(mic=0)
        room.until(lambda: alice.ended, "the third one ends the oldest")
        ok(not again.ended, "alone")


@feature(**group(max_members="2"))
def full_group(server):
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        carol = room.phone("carol")
        sent = carol.dial()
        refused = carol.expect(503, call_id=sent.call_id)
        carol.ack_failure(sent, refused)
        ok(True, "the third is refused with 503")
        alice.leave()
        room.until(lambda: len(json.loads(ctl(server, "--json", "group", "members", "ops").stdout)["members"]) == 1,
                   "one has left the roster, which another worker may keep")
        carol.join()
        ok(True, "when one has left there is a place")
        bob.press("*")
        room.heard_by_all(bob)


@feature(**group())
def strangers(server):
    """Who is no member is told what who dials a group that does not exist is told."""
    with Room(server) as room, Phone(server, "stranger") as stranger:
        room.gather("alice")
        answers = []
        for name in ("ops", "nowhere"):
            sent = stranger.invite("sip:%s@example.test" % name, call_id="same-call", cseq=len(answers) + 1)
            answers.append(stranger.expect(404))
            stranger.ack_failure(sent, answers[-1])
        bare = [sorted(n for n, _ in a.headers) + [a.start] for a in answers]
        ok(bare[0] == bare[1], "404, with the same header fields")
        answers = []
        for name in ("ops", "nowhere"):
            stranger.request("MESSAGE", "sip:%s@example.test" % name, headers=["Content-Type: text/plain"], body="who")
            answers.append(stranger.expect(404))
        bare = [sorted(n for n, _ in a.headers) + [a.start] for a in answers]
        ok(bare[0] == bare[1], "for MESSAGE, too")


@feature(**dict(group(), auth='{ challenge = "all"; algorithms = [ "MD5" ]; }'))
def joins_with_credentials(server):
    """Credentials are needed, a registration is not."""
    with Room(server) as room:
        alice, bob = room.phone("alice"), room.phone("bob")
        for phone in (alice, bob):
            sent = phone.dial()
            challenge = phone.expect((401, 407), call_id=sent.call_id)
            phone.ack_failure(sent, challenge)
            sent = phone.answer_challenge(sent, challenge)
            phone.take_answer(sent, phone.expect(200, call_id=sent.call_id))
            phone.speak()
        ok(True, "who has credentials joins")
        alice.press("*")
        room.heard_by_all(alice)
        liar = room.phone("carol")
        sent = liar.dial()
        challenge = liar.expect((401, 407), call_id=sent.call_id)
        liar.ack_failure(sent, challenge)
        sent = liar.answer_challenge(sent, challenge, password="wrong")
        ok(liar.expect((401, 403, 407), call_id=sent.call_id), "who has not does not")
        outside = room.phone("stranger")
        sent = outside.dial()
        challenge = outside.expect((401, 407), call_id=sent.call_id)
        outside.ack_failure(sent, challenge)
        sent = outside.answer_challenge(sent, challenge)
        ok(outside.expect(404, call_id=sent.call_id), "nor a user who is no member: 404")


@feature(**dict(group("*"), users=("alice", "stranger")))
def anyone(server):
    """members = "*": whoever auth admits."""
    with Room(server) as room:
        alice, stranger = room.gather("alice", "stranger", mic=-1)
        stranger.press("*")
        room.heard_by_all(stranger)


@feature(**group())
def everybody_leaves(server):
    """The group is used again and again; all ports come back."""
    with Room(server) as room:
        phones = [room.phone(user) for user in ("alice", "bob", "carol")]
        for n in range(3):
            for phone in phones:
                phone.join(mic=-1)
            phones[n].press("*")
            room.heard_by_all(phones[n])
            for phone in phones:
                phone.leave()
        room.until(lambda: sum(t["ports_used"] for t in json.loads(ctl(server, "--json", "media").stdout)["threads"]) == 0,
                   "every port has come back", 15)
