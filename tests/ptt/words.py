# SPDX-License-Identifier: Apache-2.0
"""words: MESSAGE to the group: a button for phones that can write, and text for all."""
import re

from feature import ctl, feature, ok
from groups import group
from room import Room
from sip_ua import DOMAIN, uri_of


@feature(**group())
def words(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        said = alice.ask("who")
        ok(not re.search("alice|bob|carol", said), "nobody talks: %r" % said)
        said = alice.ask("  PTT ")
        room.heard_by_all(alice, "the word is trimmed and compared without case: alice has the floor, %r" % said)
        ok("granted" in said.lower(), "and is told that it is granted")
        said = bob.ask("who")
        ok("alice" in said, "who talks: %r" % said)
        said = bob.ask("ptt")
        ok("1" in said and "queue" in said.lower(), "bob is told his place: %r" % said)
        said = bob.ask("q")
        ok("1" in said, "and again: %r" % said)
        said = carol.ask("help")
        ok(all(w in said for w in ("ptt", "over", "q", "who")), "help names the words: %r" % said)
        ok(not [m for m in carol.messages if m.body.decode() != said], "answers go to who asked")
        alice.ask("over")
        room.heard_by_all(bob, "over gives back: bob has the floor")
        bob.ask("over")
        room.nobody("nobody waits")
        room.stories(["alice", "bob"], "alice, then bob")
        first = alice.messages[0]
        ok("ops" in uri_of(first.get("from")), "answers come from the group")


@feature(**group(queue="0"))
def words_denied(server):
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        alice.ask("ptt")
        room.heard_by_all(alice)
        said = bob.ask("ptt")
        ok("alice" in said, "who is denied is told who talks: %r" % said)
        alice.ask("over")
        room.nobody("nobody has waited")


@feature(**group("alice bob carol", talkers="2", listen_only='[ "carol" ]', max_talk='"1s"'))
def words_say_why(server):
    """Who is denied or cut off is told why, and `who` names all."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        ok(carol.ask("ptt") == "denied: listen only", "carol may only listen")
        alice.ask("ptt")
        bob.ask("ptt")
        room.until(lambda: carol.ask("who") == "alice, bob", "both are named")
        for phone in (alice, bob):
            room.until(lambda: phone.messages[-1].body == b"revoked: has talked for max_talk", "%s is told why it is over" % phone)
        ctl(server, "group", "mute", "ops", "alice")
        room.until(lambda: alice.ask("ptt") == "denied: muted by the dispatcher", "alice is muted")


@feature(**group("alice bob carol dave"))
def text_for_all(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol")
        dave = room.phone("dave")
        dave.register()
        alice.write("lunch at noon, ptt people")
        room.until(lambda: bob.messages and carol.messages, "text reaches the others")
        for phone in (bob, carol):
            m = phone.messages[0]
            ok(m.body.decode() == "lunch at noon, ptt people", "%s reads it whole" % phone)
            ok(uri_of(m.get("from")) == "sip:alice@" + DOMAIN, "From is the writer")
            contact = m.get("contact")
            ok(contact is None or "ops" in uri_of(contact), "Contact is the group: %s" % contact)
            ok((m.get("content-type") or "").startswith("text/plain"), "as text")
        room.goes_on(25)
        ok(len(bob.messages) == len(carol.messages) == 1 and not alice.messages and not dave.messages,
           "once each; not the writer, nor who has not joined")
        ok(dave.write("let me in", status=403), "who has not joined may not write: 403")
        ok(dave.write("who", status=403), "not even a word")
        stranger = room.phone("stranger")
        a, b = stranger.write("ptt", status=404), stranger.write("ptt", group="nowhere", status=404)
        ok(sorted(n for n, _ in a.headers) == sorted(n for n, _ in b.headers) and a.start == b.start,
           "a stranger is told what he is told of a group that does not exist")
        bob.leave()
        ok(bob.write("bye", status=403), "who has left may not write")
