# SPDX-License-Identifier: Apache-2.0
"""dialogs: a member's call: the focus, offers in either direction, dead phones, a group that closes, a server that stops."""
import signal
import socket
import struct

from feature import Skip, feature, ok
from groups import MEDIA, group
from phone import SDP, parts_of
from room import Room
from roster import Watcher
from server import have_ipv6
from sip_ua import Dialog, param
from voice import wave


@feature(**group())
def focus(server):
    """RFC 4579: the answer says that it is a conference's focus; OPTIONS and re-INVITE are answered."""
    with Room(server) as room:
        alice, bob = room.phone("alice"), room.phone("bob")
        sent = alice.dial()
        answer = alice.expect(200, call_id=sent.call_id)
        alice.take_answer(sent, answer)
        ok("isfocus" in answer.get("contact"), "isfocus in Contact: " + answer.get("contact"))
        ok(param(answer.get("to"), "tag"), "a tag of its own")
        allowed = " ".join(answer.all("allow"))
        ok(all(m in allowed for m in ("INVITE", "ACK", "BYE", "INFO", "MESSAGE", "SUBSCRIBE", "UPDATE")), "Allow: " + allowed)
        audio = alice.answer["audio"]
        ok(server.relays(audio["port"]) and audio["types"] == [0, 101], "one codec and the events, on a port of the relay")
        bob.join(mic=-1)
        alice.speak()
        alice.press("*")
        room.heard_by_all(alice)
        alice.dialog.request("OPTIONS")
        ok(alice.expect(200, call_id=alice.dialog.call_id), "OPTIONS within the call")
        port = alice.answer["audio"]["port"]
        alice.reinvite()
        ok(alice.answer["audio"]["port"] == port, "a re-INVITE that changes nothing keeps the port")
        room.goes_on(10)
        room.heard_by_all(alice, "and the floor")
        alice.dialog.request("UPDATE", headers=[SDP], body=alice.sdp())
        ok(parts_of(alice.expect(200, call_id=alice.dialog.call_id).body.decode())["audio"]["port"] == port, "UPDATE, too")
        room.goes_on(10)
        room.heard_by_all(alice, "alice is still heard")
        room.stories(["alice"], "without a gap")


@feature(**group())
def moves_by_reinvite(server):
    """A phone offers another port: it is heard from there, and hears there."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        bob.press("*")
        room.heard_by_all(bob)
        for phone in (alice, bob):
            phone.rebind()
            phone.reinvite()
            room.goes_on(10)
            room.heard_by_all(bob, "%s has moved" % phone)
        bob.press("#")
        room.nobody()
        alice.press("*")
        room.heard_by_all(alice)
        room.stories(["bob", "alice"], "bob, then alice", among=[carol])


@feature(**group())
def offer_in_answer(server):
    """An INVITE without an offer: the server's is in the 200, the answer in the ACK."""
    with Room(server) as room:
        alice, bob = room.phone("alice"), room.phone("bob")
        bob.join(mic=-1)
        sent = alice.request("INVITE", "sip:ops@example.test")
        answer = alice.expect(200, call_id=sent.call_id)
        offer = parts_of(answer.body.decode())["audio"]
        ok(0 in offer["types"] and len(offer["types"]) > 2, "all codecs are offered: %s" % offer["types"])
        alice.dialog = Dialog.caller(alice, sent, answer)
        alice.dialog.ack(headers=[SDP], body=alice.sdp())
        alice._agree(answer)
        alice.speak()
        bob.press("*")
        room.heard_by_all(bob)
        bob.press("#")
        room.nobody()
        alice.press("*")
        room.heard_by_all(alice)


@feature(**group())
def packets_too_long(server):
    """a=maxptime below the 20 ms that the server sends: 488 says so, and a call that is up stays as it was."""
    with Room(server) as room:
        alice, bob = room.phone("alice"), room.phone("bob")
        sent = alice.dial(extra="a=maxptime:10")
        refused = alice.expect(488, call_id=sent.call_id)
        alice.ack_failure(sent, refused)
        ok(refused.get("warning").startswith("305 "), "Warning: " + refused.get("warning"))
        alice.join(mic=-1, extra="a=maxptime:20")
        bob.join(mic=-1)
        alice.dialog.request("INVITE", headers=[SDP], body=alice.sdp(extra="a=maxptime:15"))
        alice.expect(488, call_id=alice.dialog.call_id)
        bob.press("*")
        room.heard_by_all(bob, "who can take 20 ms hears")
        ok({len(p.payload) for p in alice.frames()} == {160}, "and is sent 20 ms")


@feature(**group())
def joins_over_tcp(server):
    with Room(server) as room:
        alice, bob, carol = room.phone("alice", transport="tcp"), room.phone("bob"), room.phone("carol", transport="tcp")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        alice.info("*")
        room.heard_by_all(alice)
        ok("alice" in carol.ask("who"), "MESSAGE, too")
        alice.press("#")
        room.nobody()
        carol.press("*")
        room.heard_by_all(carol)


@feature(**group())
def joins_over_ipv6(server):
    """Members of both families hear each other."""
    if not have_ipv6():
        raise Skip("there is no IPv6 here")
    with Room(server) as room:
        alice, bob, carol = room.phone("alice", ip="::1"), room.phone("bob"), room.phone("carol", ip="::1", floor="mc_queueing")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        ok(alice.remote[0] == "::1" and bob.remote[0] == "127.0.0.1", "each is answered with an address of its family")
        for phone in (alice, bob):
            phone.press("*")
            room.heard_by_all(phone)
            phone.press("#")
            room.nobody()
        carol.channel.expect("idle")
        carol.channel.skip_all()
        carol.channel.request()
        carol.channel.expect("granted")
        room.heard_by_all(carol, "floor packets, too")
        room.stories(["alice", "bob", "carol"], "alice, bob, carol")


@feature(**dict(group(media=MEDIA.replace("threads = 1;", 'threads = 1; timeout = "1s";')), timers='{ t1 = "20ms"; t2 = "80ms"; }'))
def dead_phone(server):
    """Whose media and signalling are dead is removed; a listener who never sends a packet but answers is not."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob"), room.phone("carol")
        alice.join(mic=0), bob.join(mic=None), carol.join(mic=0)
        bob.hush()
        watcher = Watcher(alice)
        room.until(lambda: watcher.names() == ["alice", "bob", "carol"], "three are in")
        carol.dies()
        room.until(lambda: watcher.names() == ["alice", "bob"], "the dead one is removed", 15)
        room.goes_on(75)
        ok(watcher.names() == ["alice", "bob"] and not bob.ended, "the silent listener is not")
        alice.speak()
        alice.press("*")
        room.until(lambda: bob.hears() == {"alice"}, "and hears")


@feature(**group(idle_timeout='"2s"'))
def idle_group_closes(server):
    """Counted from the last release."""
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        room.goes_on(125)
        ok(not alice.ended and not bob.ended, "while somebody talks the group is open")
        alice.press("#")
        room.until(lambda: alice.ended and bob.ended, "then each gets BYE")
        alice.join(mic=-1), bob.join(mic=-1)
        bob.press("*")
        room.heard_by_all(bob, "it opens again")


@feature(**group(), calls='{ max_duration = "1s"; }')
def no_longest_duration(server):
    """A call to a group lasts for as long as its phone is there, whatever the longest call is."""
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        room.goes_on(100)
        alice.press("*")
        room.heard_by_all(alice, "two seconds later both are in")
        ok(not alice.ended and not bob.ended, "and nobody has heard BYE")


@feature(**group(max_duration='"1s"'))
def longest_duration_of_a_group(server):
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        room.until(lambda: alice.ended and bob.ended, "each gets BYE")
        ok("Maximum Duration" in alice.ended.get("reason"), alice.ended.get("reason"))


@feature(**group())
def group_is_taken_away(server):
    """A reload: who is no member any more gets BYE, the others go on."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        server.extra = server.extra.replace(', "carol"', "")
        server.write()
        server.signal(signal.SIGHUP)
        room.until(lambda: carol.ended, "carol is a member no more")
        room.goes_on(10)
        room.until(lambda: bob.hears() == {"alice"}, "alice talks on")
        sent = carol.dial()
        carol.ack_failure(sent, carol.expect(404, call_id=sent.call_id))
        server.extra = ""
        server.write()
        server.signal(signal.SIGHUP)
        room.until(lambda: alice.ended and bob.ended, "the group is gone: BYE for all")


@feature(**group())
def server_stops(server):
    """Each member gets BYE."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        server.signal(signal.SIGTERM)
        room.until(lambda: alice.ended and bob.ended and carol.ended, "each gets BYE")
        room.until(lambda: not server.alive(), "and the server ends", 10)


@feature(**dict(group(), extra='groups = ( { name = "ops"; members = [ "alice", "bob" ]; }, '
                                '{ name = "crew"; members = "*"; talkers = 2; } );'))
def two_groups(server):
    """Two groups on one relay thread hear nothing of each other."""
    with Room(server) as room:
        alice, bob, carol, stranger = (room.phone(u) for u in ("alice", "bob", "carol", "stranger"))
        alice.join(mic=-1), bob.join(mic=-1)
        carol.join("crew", mic=-1), stranger.join("crew", mic=-1)
        alice.press("*")
        carol.press("*")
        room.until(lambda: bob.hears() == {"alice"} and stranger.hears() == {"carol"}, "a talker in each")
        room.goes_on(10)
        alice.press("#")
        room.until(lambda: bob.hears() == set() and stranger.hears() == {"carol"}, "one gives back")
        ok(bob.story() == ["alice"] and stranger.story() == ["carol"] and not alice.story() and not carol.story(),
           "each hears its own group")


@feature(**group())
def lying_sdp(server):
    """Behind a NAT: the SDP names an address that is not the phone's."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob", floor="mc_queueing"), room.phone("carol")
        for phone in (alice, bob, carol):
            phone.announced = "10.255.255.1"
            phone.join(mic=-1)
        alice.press("*")
        room.until(lambda: carol.hears() == {"alice"}, "sound goes where it comes from")
        bob.channel.request()
        ok(bob.channel.expect("position", "taken", "idle"), "and floor packets")
        alice.press("#")
        room.until(lambda: carol.hears() == alice.hears() == {"bob"}, "bob is heard")


@feature(**group())
def sound_from_elsewhere(server):
    """Who is no member sends to the ports of members: nobody hears him, and he takes nothing over."""
    with Room(server) as room, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        thief.bind(("127.0.0.1", 0))
        room.named("thief", 2200)
        frame = alice.codec.make.encode(wave(2200))
        alice.press("*")
        room.heard_by_all(alice)
        for n in range(40):
            for phone in room.phones:
                header = struct.pack("!BBHII", 0x80, 0, phone.sequence + 1 & 0xffff, phone.stamp, phone.ssrc)
                thief.sendto(header + frame, phone.remote)
                key = struct.pack("!BBHII", 0x80, 101, phone.sequence + 2 & 0xffff, phone.stamp + 7, phone.ssrc)
                thief.sendto(key + struct.pack("!BBH", 11, 0x8a, 800), phone.remote)
            room.goes_on(1)
        room.heard_by_all(alice, "alice is heard on")
        room.stories(["alice"], "and nobody else ever was")
        thief.setblocking(False)
        try:
            ok(False, "%d bytes came to him" % len(thief.recv(2000)))
        except BlockingIOError:
            ok(True, "nothing comes to him")
