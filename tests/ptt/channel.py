# SPDX-License-Identifier: Apache-2.0
"""channel: members with floor packets (TS 24.380) in the same group as phones with keys: each message, byte by byte."""
import json
import re
import socket

import floor as f
from feature import ctl, feature, ok
from groups import group
from phone import SDP, parts_of
from room import Room
from tshark import Capture

QUEUES = "mc_queueing"
RANKS = {"alice": 7, "bob": 5, "carol": 5}


def exactly(message, *fields):
    """Byte for byte what the vectors have, but for the SSRC of the server."""
    wanted = f.build(message.kind, message.ssrc, *fields)
    assert message.raw == wanted, "%s: %s, not %s" % (message.kind, message.raw.hex(), wanted.hex())
    ok(True, "%s is %s" % (message.kind, message.raw.hex()))


def channels(room, *users, offered=QUEUES, mic=-1):
    phones = [room.phone(user, floor=offered) for user in users]
    for phone in phones:
        phone.join(mic=mic)
    return phones


def idle(phone, indicator=f.NORMAL | f.QUEUEING):
    message = phone.channel.expect("idle")
    exactly(message, f.short(f.SEQUENCE, message.number(f.SEQUENCE)), f.short(f.INDICATOR, indicator))
    return message


def taken(phone, talker, skip=(), indicator=f.NORMAL | f.QUEUEING, permission=1):
    message = phone.channel.expect("taken", skip=skip)
    exactly(message, f.text(f.PARTY, "sip:%s@example.test" % talker), f.short(f.PERMISSION, permission),
            f.short(f.SEQUENCE, message.number(f.SEQUENCE)), f.short(f.INDICATOR, indicator), f.ssrc_field(message.audio))
    return message


def granted(phone, priority, duration=30, skip=()):
    message = phone.channel.expect("granted", skip=skip)
    exactly(message, f.short(f.DURATION, duration), f.octet(f.PRIORITY, priority),
            f.short(f.INDICATOR, f.NORMAL | f.QUEUEING), f.ssrc_field(message.audio))
    return message


@feature(**group(priorities=RANKS))
def floor_messages(server):
    """Each message of the server, byte for byte; one talker after the other."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice", floor=QUEUES), room.phone("bob", floor=QUEUES), room.phone("carol")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        first = idle(alice)
        idle(bob)
        room.until(lambda: carol.got, "carol is in: who comes later is told by a number of its own")
        alice.channel.request(priority=5)
        grant = granted(alice, 5)
        told = taken(bob, "alice")
        room.heard_by_all(alice, "alice is heard, by phones without floor packets, too")
        ok(told.audio == bob.got[-1].ssrc, "Taken names the SSRC of bob's own stream")
        ok(told.ssrc == bob.channel.got[0].ssrc, "the server's SSRC stays")
        bob.channel.request(priority=9)
        place = bob.channel.expect("position")
        exactly(place, (f.QUEUE, bytes((1, 5))), f.short(f.INDICATOR, f.NORMAL | f.QUEUEING))
        alice.channel.release()
        granted(bob, 5)
        after = taken(alice, "bob")
        counted = (after.number(f.SEQUENCE) - told.number(f.SEQUENCE)) & 0xffff
        ok(counted == 1, "Taken counts, no Idle between: %d behind" % counted)
        room.heard_by_all(bob)
        bob.channel.release()
        again = idle(alice)
        idle(bob)
        ok((again.number(f.SEQUENCE) - after.number(f.SEQUENCE)) & 0xffff == 1, "Idle counts on")
        ok(0 < (again.number(f.SEQUENCE) - first.number(f.SEQUENCE)) & 0xffff < 10, "from the first one on")
        room.nobody()
        carol.press("*")
        taken(alice, "carol")
        taken(bob, "carol")
        room.heard_by_all(carol, "a phone with keys is heard by those with floor packets")
        ok(grant.audio and grant.audio not in (alice.ssrc,), "Granted names an SSRC of the server's choice")
        room.stories(["alice", "bob", "carol"], "alice, bob, carol")
        ok(not alice.channel.unread() and not bob.channel.unread(), "and no more messages than these")


@feature(**group(priorities=RANKS))
def floor_sdp(server):
    """What is offered and answered for m=application."""
    with Room(server) as room:
        def terms(user, offered):
            phone = room.phone(user, floor=offered)
            phone.join(mic=None)
            part = phone.answer["application"]
            ok(part["port"] > 0 and part["protocol"] == "udp" and part["types"] == ["MCPTT"],
               "%s: m=application %d udp MCPTT" % (user, part["port"]))
            found = [line for line in part["lines"] if line.startswith("a=fmtp:MCPTT ")]
            ok(len(found) <= 1 and "floorid" not in str(part), "one a=fmtp at most")
            return phone, set(found[0][13:].split(";")) if found else set()
        alice, got = terms("alice", "mc_queueing;mc_priority=5;mc_granted")
        ok("mc_queueing" in got and "mc_priority=5" in got and "mc_implicit_request" not in got and "mc_granted" not in got,
           "the priority that was asked for is below the cap; nothing is granted: %s" % got)
        bob, got = terms("bob", "mc_priority=200")
        ok("mc_priority=5" in got and "mc_queueing" not in got, "above it, the cap; no queueing unless offered: %s" % got)
        carol, got = terms("carol", "mc_queueing;mc_granted;mc_implicit_request")
        ok("mc_implicit_request" in got and "mc_granted" in got, "an INVITE that asks for the floor, and has it: %s" % got)
        carol.channel.expect("granted", skip=("idle",))
        again = " ".join(parts_of(carol.reinvite().body.decode())["application"]["lines"])
        ok("mc_granted" not in again, "that is said once: " + again)
        carol.speak()
        taken(bob, "carol", skip=("idle",))
        room.heard_by_all(carol, "she has it, and is heard", among=[alice, bob, carol])
        bob.channel.skip_all()
        bob.channel.request()
        ok(bob.channel.expect("deny").cause == f.ANOTHER_HAS_IT, "who cannot queue is denied: another one has the floor")


@feature(**group(priorities=RANKS))
def floor_asked_by_invite_alone(server):
    """Who does not say that it can read a grant in the answer is told by a packet alone; so is who listens only."""
    with Room(server) as room:
        bob, = channels(room, "bob")
        alice = room.phone("alice", floor="mc_queueing;mc_implicit_request")
        alice.join(mic=-1)
        got = " ".join(alice.answer["application"]["lines"])
        ok("mc_implicit_request" in got and "mc_granted" not in got, "not in the answer: " + got)
        alice.channel.expect("granted", skip=("idle",))
        room.heard_by_all(alice)
        carol = room.phone("carol", floor="mc_implicit_request;mc_granted")
        carol.join(mic=-1)
        got = " ".join(carol.answer["application"]["lines"])
        ok("mc_implicit_request" in got and "mc_granted" not in got, "who is denied reads no grant: " + got)
        ok(carol.channel.expect("deny", skip=("taken",)).cause == f.ANOTHER_HAS_IT, "and is denied")
        room.heard_by_all(alice)


@feature(**group(priorities=RANKS))
def floor_implicit_request_later(server):
    """The floor is taken: the INVITE's request waits; and a re-INVITE is no request."""
    with Room(server) as room:
        alice, bob = room.phone("alice"), room.phone("bob", floor="mc_queueing;mc_granted;mc_implicit_request")
        alice.join(mic=-1)
        alice.press("*")
        room.goes_on(5)
        bob.join(mic=-1)
        got = " ".join(bob.answer["application"]["lines"])
        ok("mc_granted" not in got, "the answer grants nothing: " + got)
        room.heard_by_all(alice)
        alice.press("#")
        if "mc_implicit_request" in got:
            bob.channel.expect("granted", skip=("taken", "idle", "position"))
            room.heard_by_all(bob, "bob has waited")
            bob.channel.release()
        room.nobody()
        bob.channel.skip_all()
        bob.reinvite()
        room.goes_on(5)
        room.stage.run(0.2)
        ok("granted" not in [m.kind for m in bob.channel.unread()], "a re-INVITE asks for nothing")


def refused(server):
    with Room(server) as room:
        alice = room.phone("alice", floor=QUEUES)
        alice.join(mic=None)
        ok(alice.answer["application"]["port"] == 0, "floor packets are not wanted: port 0")
        ok(alice.answer["audio"]["port"] > 0, "sound is")


@feature(**group(triggers='[ "dtmf" ]'))
def floor_not_wanted(server):
    refused(server)


@feature(**group(floor='"open"'))
def floor_open(server):
    refused(server)


@feature(**group())
def floor_taken_away_and_brought_back(server):
    """A reload makes the group a conference: our next offer refuses the floor's stream, and takes it again when it is back."""
    with Room(server) as room:
        alice, bob = channels(room, "alice", "bob")
        idle(alice), idle(bob)

        def reloaded(floor, count):
            server.extra = re.sub(r' floor = "\w+";', "", server.extra).replace("name =", 'floor = "%s"; name =' % floor, 1)
            server.write()
            ok(ctl(server, "config", "reload").returncode == 0, 'floor = "%s"' % floor)
            room.until(lambda: json.loads(ctl(server, "--json", "metrics").stdout)["daemon_reloads"] == count, "reloaded")

        def offered(port):
            """An INVITE of alice's without an offer, whose 200 has the server's; she answers as far as it goes."""
            alice.dialog.request("INVITE")
            offer = parts_of(alice.expect(200, call_id=alice.dialog.call_id).body.decode())
            ok(offer["application"]["port"] == port and offer["audio"]["port"], "m=application %d is offered" % port)
            ok(bool(offer["application"]["lines"]) == bool(port), "with %s" % offer["application"]["lines"])
            body = alice.sdp()
            if not port:
                body = body[:body.index("m=application")] + "m=application 0 udp MCPTT\r\n"
            alice.dialog.ack(headers=[SDP], body=body)
        port = alice.answer["application"]["port"]
        offered(port)
        reloaded("open", 1)
        alice.obeys = bob.obeys = False
        room.until(lambda: bob.hears() == {"alice"} and alice.hears() == {"bob"}, "a conference", 8)
        offered(0)
        reloaded("ptt", 2)
        alice.obeys = bob.obeys = True
        room.nobody("a floor again")
        alice.channel.skip_all()
        offered(port)
        alice.channel.expect("idle")                    # what was sent before her ACK is read is lost
        alice.channel.request()
        alice.channel.expect("granted", skip=("idle", "taken"))
        room.heard_by_all(alice, "and alice's floor packets count")


@feature(**group())
def floor_forgotten_rules(server):
    """What implementations forget: release when idle, release while waiting, no place, acknowledgement, late joiners."""
    with Room(server) as room:
        alice, bob = channels(room, "alice", "bob")
        before = idle(alice)
        idle(bob)
        alice.channel.release()
        idle(alice)
        ok(not bob.channel.unread(), "release when idle: Idle, to who released")
        alice.channel.ask_position()
        place = alice.channel.expect("position")
        ok(place.position == 254, "who does not wait has place 254")
        alice.channel.request()
        granted(alice, 0)
        alice.channel.request()
        again = alice.channel.expect("granted")
        ok(0 < again.number(f.DURATION) <= 30, "who asks again is granted again, for what is left")
        taken(bob, "alice")
        ok(not bob.channel.unread(), "the others are told once")
        bob.channel.request()
        ok(bob.channel.expect("position").position == 1, "bob waits")
        bob.channel.ask_position()
        ok(bob.channel.expect("position").position == 1, "and is told his place when he asks")
        bob.channel.release()
        taken(bob, "alice")
        ok(True, "release while waiting: Taken")
        bob.channel.ask_position()
        ok(bob.channel.expect("position").position == 254, "and no place any more")
        room.heard_by_all(alice)
        carol, = channels(room, "carol")
        late = taken(carol, "alice")
        room.heard_by_all(alice, "a late joiner is told, and hears")
        alice.channel.release(ack=True)
        ack = alice.channel.expect("ack")
        exactly(ack, f.short(f.SOURCE, 2), f.octet(f.TYPE, f.NUMBERS["release"]))
        after = idle(alice)
        idle(carol)
        idle(bob)
        ok(after.number(f.SEQUENCE) != before.number(f.SEQUENCE) and
           (after.number(f.SEQUENCE) - late.number(f.SEQUENCE)) & 0xffff == 1, "sequence numbers count")
        ok(all(not m.ack for p in room.phones for m in p.channel.got), "the server never asks for an Ack")
        room.stories(["alice"], "only alice was heard")


@feature(**group())
def floor_microphone_open(server):
    """Sound without the floor: Revoke 3, once a second while it lasts; heard by nobody."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob", floor=QUEUES), room.phone("carol")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        bob.channel.expect("taken", skip=("idle",))
        bob.obeys = False
        times = [bob.channel.expect("revoke", seconds=3) for _ in range(3)]
        ok(all(m.cause == f.NO_PERMISSION for m in times), "Revoke 3, again and again")
        exactly(times[0], f.short(f.CAUSE, 3), f.short(f.INDICATOR, f.NORMAL | f.QUEUEING))
        took = times[2].at - times[0].at + room.stage.stood(times[0].at - 1, times[2].at)
        ok(took > 1.5, "once a second, not with each packet: %.2f s" % took)
        bob.obeys = True
        room.heard_by_all(alice)
        room.stage.run(1.5)
        bob.channel.skip_all()
        room.stage.run(1.2)
        ok(not bob.channel.unread(), "and no more when he is silent")
        room.stories(["alice"], "bob was never heard")


@feature(**group())
def floor_from_elsewhere(server):
    """Packets of other sources, and what is no floor packet, do nothing and are not answered."""
    with Room(server) as room:
        alice, bob = channels(room, "alice", "bob")
        idle(alice), idle(bob)
        for phone in (alice, bob):
            phone.channel.release()
            idle(phone)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            thief.bind(("127.0.0.1", 0))
            thief.settimeout(0.3)
            for _ in range(3):
                alice.channel.request(source=thief)
            alice.channel.request(source=bob.channel.sock)
            try:
                ok(False, "answered: %r" % thief.recv(2000))
            except socket.timeout:
                ok(True, "another source is not answered")
        request = f.build("request", 0x22222222, f.octet(f.PRIORITY, 1), f.short(f.INDICATOR, f.NORMAL))
        for text, data in (("padding bit", bytes([request[0] | 0x20]) + request[1:]), ("version 1", bytes([0x40]) + request[1:]),
                           ("another name", request.replace(b"MCPT", b"MCPX")), ("cut", request[:-3]), ("short", request[:11]),
                           ("a field too long", request[:13] + b"\xf0" + request[14:]), ("length", request[:3] + b"\x40" + request[4:]),
                           ("unknown subtype", bytes([0x8d]) + request[1:]), ("nothing", b"\0")):
            alice.channel.raw(data)
        room.stage.run(0.3)
        ok(not alice.channel.unread() and not bob.channel.unread(), "what is no floor packet is ignored")
        alice.channel.ssrc = 0x33333333
        alice.channel.send("request", (99, b"whatever"), (f.TRACK, b"\x01\x03abc"), f.octet(f.PRIORITY, 1), (77, b""))
        ok(alice.channel.expect("granted"), "unknown fields are passed over, and no SSRC is believed or missed")
        taken(bob, "alice")
        room.heard_by_all(alice)
        again = f.build("request", alice.channel.ssrc, f.short(f.INDICATOR, f.NORMAL))
        alice.channel.may_talk = False
        alice.channel.raw(again + f.build("release", alice.channel.ssrc))
        ok(alice.channel.expect("granted"), "two messages in one datagram: the first counts")
        ok(alice.channel.expect("idle"), "and the second")


@feature(**group())
def floor_alone(server):
    """The only participant is denied; a phone with keys is not."""
    with Room(server) as room:
        carol, = room.gather("carol", mic=-1)
        carol.press("*")
        alice, = channels(room, "alice")
        taken(alice, "carol")
        room.heard_by_all(carol, "who pressed a key alone has the floor")
        carol.leave()
        idle(alice)
        alice.channel.request()
        deny = alice.channel.expect("deny")
        exactly(deny, f.short(f.CAUSE, f.ONLY_ONE), f.short(f.INDICATOR, deny.indicator))
        bob, = channels(room, "bob")
        idle(bob)
        alice.channel.request()
        granted(alice, 0)
        taken(bob, "alice")
        room.heard_by_all(alice, "when another one has come she is granted")


@feature(**group(queue="1"))
def floor_queue_full(server):
    with Room(server) as room:
        alice, bob, carol = channels(room, "alice", "bob", "carol")
        for phone in (alice, bob, carol):
            idle(phone)
        alice.channel.request()
        granted(alice, 0)
        taken(bob, "alice"), taken(carol, "alice")
        bob.channel.request()
        ok(bob.channel.expect("position").position == 1, "bob waits")
        carol.channel.request()
        ok(carol.channel.expect("deny").cause == f.QUEUE_FULL, "carol has no place: Deny 7")
        room.heard_by_all(alice)
        alice.channel.release()
        ok(bob.channel.expect("granted"), "bob has the floor")


@feature(**group("alice bob carol dave", priorities={"carol": 9}))
def floor_places(server):
    """Places are pushed when they change."""
    with Room(server) as room:
        alice, bob, carol = channels(room, "alice", "bob", "carol")
        dave = room.phone("dave").join(mic=-1)
        for phone in (alice, bob, carol):
            idle(phone)
        dave.press("*")
        for phone in (alice, bob, carol):
            taken(phone, "dave")
        alice.channel.request()
        ok(alice.channel.expect("position").position == 1, "alice is first")
        bob.channel.request()
        ok(bob.channel.expect("position").position == 2, "bob second")
        carol.channel.request()
        ok(carol.channel.expect("position").position == 1, "carol, of higher priority, goes before them")
        ok(alice.channel.expect("position").position == 2 and bob.channel.expect("position").position == 3,
           "who are told so")
        carol.channel.release()
        ok(alice.channel.expect("position").position == 1 and bob.channel.expect("position").position == 2,
           "and again when she waits no more")
        dave.press("#")
        granted(alice, 0)
        ok(bob.channel.expect("position", skip=("taken",)).position == 1, "alice talks: bob is first")
        room.heard_by_all(alice)


@feature(**group())
def floor_granted_again(server):
    """Who was granted from the queue and does not speak is told again: three times in all, until T1 ends it."""
    with Room(server) as room:
        alice, bob, carol = channels(room, "alice", "bob", "carol")
        for phone in (alice, bob, carol):
            idle(phone)
        bob.speak(None)
        alice.channel.request()
        granted(alice, 0)
        taken(bob, "alice")
        bob.channel.request()
        bob.channel.expect("position")
        room.heard_by_all(alice)
        alice.channel.release()
        times = [bob.channel.expect("granted").at for _ in range(3)]
        pauses = [b - a + room.stage.stood(a - 1, b) for a, b in zip(times, times[1:])]
        ok(min(pauses) > 0.7, "Granted, and again a second later, twice")
        ok(bob.channel.expect("idle", seconds=8), "bob never speaks: T1 ends it, without a Revoke")
        ok([m.kind for m in bob.channel.got].count("granted") == 3, "three times in all")


@feature(**group(max_talk='"2s"'))
def floor_time_over(server):
    """T2: Revoke 2, again by T8, and the floor is gone with T3."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice", floor=QUEUES), room.phone("bob", floor=QUEUES), room.phone("carol")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        idle(alice), idle(bob)
        alice.channel.request()
        granted(alice, 0, duration=2)
        room.heard_by_all(alice)
        first = alice.channel.expect("revoke")
        exactly(first, f.short(f.CAUSE, f.TOO_LONG), f.short(f.INDICATOR, first.indicator))
        room.heard_by_all(alice, "until T3 she is heard on")
        ok(alice.channel.expect("revoke").cause == f.TOO_LONG, "Revoke is repeated")
        ok(alice.channel.expect("idle", skip=("revoke",)), "then the floor is taken away")
        room.nobody("alice is not heard any more")
        room.stories(["alice"], "once she was")


@feature(**group(preempt='"priority"', priorities={"bob": 5}))
def floor_without_a_queue(server):
    """A client that has no mc_queueing takes the floor by its priority, and is told of no queue while the talker has his grace."""
    with Room(server) as room:
        alice, bob, carol = (room.phone(user, floor=terms).join(mic=-1)
                             for user, terms in (("alice", QUEUES), ("bob", "mc_priority=5"), ("carol", QUEUES)))
        for phone in (alice, bob, carol):
            idle(phone)
        alice.channel.request()
        granted(alice, 0)
        room.heard_by_all(alice)
        bob.channel.skip_all()
        bob.channel.request()
        ok(alice.channel.expect("revoke").cause == f.PREEMPTED, "alice is pre-empted")
        carol.channel.request()
        ok(carol.channel.expect("position", skip=("taken",)).position == 2, "carol, who can queue, is told her place")
        alice.channel.release()
        granted(bob, 5)
        room.heard_by_all(bob)
        ok("position" not in [m.kind for m in bob.channel.got], "bob, who cannot, is told of none")


@feature(**group("alice bob carol dave", max_talk='"4s"', preempt='"priority"', priorities=RANKS, listen_only='[ "dave" ]'))
def floor_seen_by_tshark(server):
    """An independent decoder reads all that the server says: nothing malformed, nothing to remark."""
    with Room(server) as room:
        alice, bob, carol, dave = phones = [room.phone(user, floor=QUEUES) for user in ("alice", "bob", "carol", "dave")]
        ports = [p.channel.port for p in phones]
        with Capture(server.folder, ports, server.relays) as capture:
            for phone in phones:
                phone.join(mic=-1)
            for phone in phones:
                idle(phone)
            dave.channel.request()
            ok(dave.channel.expect("deny").cause == 5, "dave may only listen")
            bob.channel.request(priority=3)
            granted(bob, 3, duration=4)
            carol.channel.request(priority=3)
            carol.channel.expect("position", skip=("taken",))
            alice.channel.expect("taken")
            alice.channel.request()
            ok(bob.channel.expect("revoke").cause == f.PREEMPTED, "bob is pre-empted")
            bob.channel.release(ack=True)
            bob.channel.expect("ack")
            granted(alice, 7, duration=4, skip=("position",))
            alice.channel.expect("revoke", seconds=8)
            alice.channel.release()
            carol.channel.expect("granted", skip=("position", "taken", "idle"))
            room.heard_by_all(carol)
            carol.channel.release()
            carol.channel.expect("idle")
            alice.channel.ask_position()
            alice.channel.expect("position", skip=("taken", "idle"))
            carol.channel.request()
            room.heard_by_all(carol)
            carol.channel.skip_all()
            count = sum(len(p.channel.got) for p in phones)
            capture.wait(count)
        rows = capture.floor()
        ok(len(rows) >= count, "tshark saw %d messages" % len(rows))
        ok({r["name"] for r in rows} == {"MCPT"}, "each an APP of MCPT")
        ok(not [r for r in rows if r["remarks"]], "nothing malformed, nothing to remark: %s" % [r for r in rows if r["remarks"]][:2])
        ours = sorted(m.raw[0] & 0x1f for p in phones for m in p.channel.got)
        theirs = sorted(r["subtype"] for r in rows)[:len(ours)] if len(rows) == len(ours) else sorted(r["subtype"] for r in rows)
        ok(set(ours) == set(theirs) == {1, 2, 3, 5, 6, 9, 10}, "granted, taken, deny, idle, revoke, position and ack: %s" % sorted(set(theirs)))
        parties = {p for r in rows for p in r["party"]}
        ok(parties == {"sip:alice@example.test", "sip:bob@example.test", "sip:carol@example.test"}, "it reads who talks: %s" % parties)
