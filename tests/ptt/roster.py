# SPDX-License-Identifier: Apache-2.0
"""roster: who is in a group and who talks, by the conference event package (RFC 4575); and members whom the server calls."""
import socket
import time
import xml.etree.ElementTree as tree

from feature import feature, ok
from groups import group
from room import Room
from sip_ua import DOMAIN, Dialog, uri_of

SPACE = "{urn:ietf:params:xml:ns:conference-info}"


class Watcher:
    """A subscription of a phone: what its NOTIFYs add up to."""

    def __init__(self, phone, group="ops", expires=600):
        self.phone, self.versions, self.users, self.states, self.read = phone, [], {}, [], 0
        self.subscription = ""
        self.sent = phone.request("SUBSCRIBE", "sip:%s@%s" % (group, DOMAIN), headers=[
            "Event: conference", "Accept: application/conference-info+xml", "Expires: %d" % expires])
        self.response = phone.expect((200, 202), call_id=self.sent.call_id)
        self.dialog = Dialog.caller(phone, self.sent, self.response)

    def refresh(self, expires):
        self.dialog.request("SUBSCRIBE", headers=["Event: conference", "Expires: %d" % expires])
        return self.phone.expect((200, 202), call_id=self.sent.call_id)

    def look(self):
        """Takes what has come since."""
        mine = [m for m in self.phone.notices if m.call_id == self.sent.call_id]
        for m in mine[self.read:]:
            assert m.get("event").split(";")[0].strip() == "conference", "Event of NOTIFY"
            self.subscription = m.get("subscription-state")
            if m.body:
                assert "application/conference-info+xml" in m.get("content-type"), m.get("content-type")
                self.add(tree.fromstring(m.body))
        self.read = len(mine)
        return self

    def add(self, document):
        assert document.tag == SPACE + "conference-info", document.tag
        assert document.get("entity") == "sip:ops@" + DOMAIN, document.get("entity")
        state, version = document.get("state", "full"), int(document.get("version"))
        assert not self.versions or version == self.versions[-1] + 1, "version %d behind %s" % (version, self.versions[-3:])
        self.versions.append(version)
        self.states.append(state)
        users = document.find(SPACE + "users")
        if state == "full":
            self.users = {}
        for user in users if users is not None else ():
            if user.tag != SPACE + "user":
                continue
            if user.get("state") == "deleted":
                self.users.pop(user.get("entity"), None)
                continue
            roles = {e.text for e in user.iter(SPACE + "entry")}
            endpoints = user.findall(SPACE + "endpoint")
            if user.get("state") == "partial" and user.get("entity") in self.users and user.find(SPACE + "roles") is None:
                roles = self.users[user.get("entity")][0]
            self.users[user.get("entity")] = roles, len(endpoints)

    def names(self):
        return sorted(e[4:].split("@")[0] for e in self.look().users)

    def talkers(self):
        return sorted(e[4:].split("@")[0] for e, (roles, _) in self.look().users.items() if "talker" in roles)


@feature(**group())
def watched(server):
    with Room(server) as room:
        alice = room.phone("alice").join(mic=-1)
        ok("isfocus" in alice.dialog.target or True, "alice is in")
        carol = room.phone("carol")
        watcher = Watcher(carol)
        ok(int(watcher.response.get("expires")) <= 600, "a member may watch without being in")
        room.until(lambda: watcher.look().states[:1] == ["full"], "the first NOTIFY is whole")
        ok(watcher.names() == ["alice"] and not watcher.talkers(), "alice is in, nobody talks")
        ok(watcher.subscription.startswith("active"), "Subscription-State: " + watcher.subscription)
        bob = room.phone("bob").join(mic=-1)
        room.until(lambda: watcher.names() == ["alice", "bob"], "bob comes")
        ok(watcher.states[-1] == "partial", "told as a change")
        alice.press("*")
        room.until(lambda: watcher.talkers() == ["alice"], "alice talks")
        alice.press("#")
        room.until(lambda: watcher.talkers() == [], "alice is silent")
        bob.press("*")
        room.until(lambda: watcher.talkers() == ["bob"], "bob talks")
        bob.leave()
        room.until(lambda: watcher.names() == ["alice"] and not watcher.talkers(), "bob leaves")
        versions = list(watcher.versions)
        watcher.refresh(600)
        room.until(lambda: watcher.look().states[-1] == "full" and len(watcher.versions) > len(versions), "refreshed: whole again")
        watcher.refresh(0)
        room.until(lambda: watcher.look().subscription.startswith("terminated"), "unsubscribed: the last NOTIFY")
        count = len(carol.notices)
        alice.leave()
        room.stage.run(0.5)
        ok(len(carol.notices) == count, "and no more")


@feature(**group())
def watched_by_strangers(server):
    with Room(server) as room:
        room.phone("alice").join()
        stranger = room.phone("stranger")
        answers = []
        for name in ("ops", "nowhere"):
            sent = stranger.request("SUBSCRIBE", "sip:%s@%s" % (name, DOMAIN), headers=["Event: conference", "Expires: 60"])
            answers.append(stranger.expect(404, call_id=sent.call_id))
        ok(sorted(n for n, _ in answers[0].headers) == sorted(n for n, _ in answers[1].headers), "404 as for a group that is not there")
        bob = room.phone("bob")
        sent = bob.request("SUBSCRIBE", "sip:ops@" + DOMAIN, headers=["Event: presence", "Expires: 60"])
        ok("conference" in (bob.expect(489, call_id=sent.call_id).get("allow-events") or ""), "another event: 489, Allow-Events")


@feature(**group())
def watched_too_briefly(server):
    """A subscription shorter than the server wants: 423 and Min-Expires; as long as that, it is granted."""
    with Room(server) as room:
        carol = room.phone("carol")
        for seconds in (1, 59):
            sent = carol.request("SUBSCRIBE", "sip:ops@" + DOMAIN, headers=["Event: conference", "Expires: %d" % seconds])
            refused = carol.expect(423, call_id=sent.call_id)
            ok(refused.get("min-expires") == "60", "%d seconds: 423, Min-Expires: 60" % seconds)
        watcher = Watcher(carol, expires=int(refused.get("min-expires")))
        ok(watcher.response.get("expires") == "60", "as long as that: granted")
        room.until(lambda: watcher.look().states[:1] == ["full"], "and told")
        watcher.dialog.request("SUBSCRIBE", headers=["Event: conference", "Expires: 5"])
        carol.expect(423, call_id=watcher.sent.call_id)
        room.phone("alice").join()
        room.until(lambda: watcher.names() == ["alice"], "a refresh that is refused ends nothing")
        watcher.refresh(0)
        room.until(lambda: watcher.look().subscription.startswith("terminated"), "0 ends it, as ever")
        once = Watcher(carol, expires=0)
        room.until(lambda: once.look().subscription.startswith("terminated") and once.names() == ["alice"], "and asks once")


@feature(**group(legs="2"))
def anonymous_leg_is_somebody_else(server):
    """alice is in by her name, and by another leg as nobody: others see two users, and nothing that joins them."""
    with Room(server) as room:
        named, hidden = room.phone("alice"), room.phone("alice")
        named.join(mic=-1)
        watcher = Watcher(room.phone("carol"))
        room.until(lambda: watcher.look().states, "watched")
        hidden.join(mic=-1, headers=["Privacy: id"])
        room.until(lambda: watcher.names() == ["alice", "anonymous1"], "two users")
        ok(all(legs == 1 for _, legs in watcher.users.values()), "with one endpoint each: %s" % watcher.users)
        hidden.press("*")
        room.until(lambda: watcher.talkers() == ["anonymous1"], "the one who talks is nobody")
        hidden.press("#")
        room.until(lambda: watcher.talkers() == [], "talks no more")
        named.press("*")
        room.until(lambda: watcher.talkers() == ["alice"], "the other is alice")
        watcher.refresh(600)
        room.until(lambda: watcher.look().states[-1] == "full", "asked for all of it")
        ok(watcher.names() == ["alice", "anonymous1"] and watcher.talkers() == ["alice"], "the same")
        hidden.leave()
        room.until(lambda: watcher.names() == ["alice"], "nobody leaves, alice stays")
        hidden.join(headers=["Privacy: id"])
        room.until(lambda: len(watcher.look().users) == 2, "and comes back")
        named.leave()
        room.until(lambda: watcher.look().users and "alice" not in watcher.names(), "alice leaves, nobody stays")
        ok(len(watcher.users) == 1, "%s" % watcher.users)


@feature(**group())
def talk_is_told_once_a_second(server):
    """Changes of the talker: at most one NOTIFY a second; the last state is always told."""
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        watcher = Watcher(room.phone("carol"))
        room.until(lambda: watcher.look().states, "watched")
        begin = time.monotonic()
        for _ in range(6):
            alice.info("*")
            alice.info("#")
        bob.info("*")
        room.until(lambda: watcher.talkers() == ["bob"], "the last state is told")
        took = time.monotonic() - begin
        ok(len(watcher.versions) - 1 <= took + 2, "%d NOTIFYs in %.1f s for 13 changes" % (len(watcher.versions) - 1, took))


@feature(**group("alice bob carol", call_out='[ "bob", "carol" ]'))
def called_out(server):
    """When the group opens, the server calls: who is registered now, and who registers later."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob"), room.phone("carol")
        bob.answers_calls = carol.answers_calls = True
        bob.register()
        alice.join(mic=-1)
        room.until(lambda: bob.dialog, "bob is called")
        invite = next(m for m in bob.requests if m.method == "INVITE")
        ok(invite.get("answer-mode") == "Auto" and "answer-after=0" in invite.get("call-info") and invite.get("alert-info"),
           "with the headers for phones that answer by themselves")
        ok("isfocus" in invite.get("contact") and "ops" in uri_of(invite.get("from")), "by the group, the focus")
        room.until(lambda: any(m.method == "ACK" for m in bob.requests), "and acknowledged")
        bob.speak()
        alice.press("*")
        room.heard_by_all(alice, among=[alice, bob])
        carol.register()
        room.until(lambda: carol.dialog, "carol registers, and is called")
        carol.speak()
        room.heard_by_all(alice)
        alice.press("#")
        room.nobody()
        bob.press("*")
        room.heard_by_all(bob, "who was called has the same buttons")
        carol.leave()
        room.stage.run(0.5)
        ok(sum(m.method == "INVITE" for m in carol.requests) == 1, "who leaves is not called again")
        room.stories(["alice", "bob"], "alice, then bob", among=[bob, alice])


def is_called(room, phone):
    """The INVITE that rings there, and is left ringing."""
    room.until(lambda: any(m.method == "INVITE" for m in phone.queue), "%s is called" % phone)
    invite = next(m for m in phone.queue if m.method == "INVITE")
    phone.queue.remove(invite)
    phone.respond(invite, 180)
    return invite


def is_cancelled(room, phone, invite):
    room.until(lambda: any(m.method == "CANCEL" for m in phone.requests), "%s rings no more" % phone)
    phone.respond(invite, 487)


@feature(**group("alice bob carol", call_out='[ "bob" ]'), timers='{ t1 = "20ms"; t2 = "80ms"; }')
def called_out_again(server):
    """Who was registered and not to be reached when the group opened is called when he registers again."""
    with Room(server) as room, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        alice, bob = room.phone("alice"), room.phone("bob")
        gone.bind(("127.0.0.1", 0))
        gone.setblocking(False)
        calls = []
        room.stage.add(gone, lambda: calls.append(gone.recv(4096)))
        bob.answers_calls = True
        bob.register(contact="<sip:bob@127.0.0.1:%d>" % gone.getsockname()[1])
        alice.join(mic=-1)
        room.until(lambda: calls, "the phone that is gone is called")
        bob.register()
        room.until(lambda: bob.dialog, "and so is the one that has come back")
        alice.press("*")
        room.heard_by_all(alice, among=[alice, bob])
        bob.leave()
        bob.register()
        room.goes_on(25)
        ok(sum(m.method == "INVITE" for m in bob.requests) == 1, "who has been in is not called again")
        room.stage.remove(gone)


@feature(**group("alice bob carol", call_out='[ "bob" ]'))
def called_out_at_two_phones(server):
    """Both phones ring, the first that answers is in and the other rings no more."""
    with Room(server) as room:
        alice, desk, cell = room.phone("alice"), room.phone("bob"), room.phone("bob")
        desk.register()
        cell.register()
        alice.join(mic=-1)
        at_desk, at_cell = is_called(room, desk), is_called(room, cell)
        cell.accept(at_cell)
        is_cancelled(room, desk, at_desk)
        cancel = next(m for m in desk.requests if m.method == "CANCEL")
        ok("cause=200" in (cancel.get("reason") or ""), "answered elsewhere, and not missed")
        alice.press("*")
        room.heard_by_all(alice, among=[alice, cell])


@feature(**group("alice bob carol", call_out='[ "bob" ]'))
def called_out_and_dials(server):
    """Who dials while his other phone rings is in by what he dialled: the other one is cancelled, and a late answer of it
    throws nobody out."""
    with Room(server) as room:
        alice, desk, cell = room.phone("alice"), room.phone("bob"), room.phone("bob")
        desk.register()
        alice.join(mic=-1)
        invite = is_called(room, desk)
        cell.join(mic=-1)
        room.until(lambda: any(m.method == "CANCEL" for m in desk.requests), "the phone that rings is cancelled")
        desk.accept(invite)
        room.until(lambda: desk.ended, "its late answer is a call that ends")
        alice.press("*")
        room.heard_by_all(alice, among=[alice, cell])
        ok(not cell.ended, "and he is in")


@feature(**group("alice bob carol", call_out='[ "bob" ]'))
def called_out_in_vain(server):
    """When all have left nobody rings any more."""
    with Room(server) as room:
        alice, bob = room.phone("alice"), room.phone("bob")
        bob.register()
        alice.join(mic=-1)
        invite = is_called(room, bob)
        alice.leave()
        is_cancelled(room, bob, invite)


@feature(**group("alice bob carol", call_out='[ "bob", "carol" ]'))
def called_out_with_floor_packets(server):
    """A phone that registers as an MCPTT client is offered its floor channel; one that does not say so is not."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob", floor="mc_queueing"), room.phone("carol")
        bob.answers_calls = carol.answers_calls = True
        bob.register(contact='<%s>;+g.3gpp.mcptt' % bob.contact)
        carol.register()
        alice.join(mic=-1)
        room.until(lambda: bob.dialog and carol.dialog, "both are called")
        ok("application" not in carol.answer, "a phone is offered sound")
        ok("a=fmtp:MCPTT mc_queueing" in bob.answer["application"]["lines"], "and the client floor packets")
        bob.speak()
        alice.press("*")
        bob.channel.expect("taken", skip=("idle",))
        bob.channel.request()
        bob.channel.expect("position")
        alice.press("#")
        bob.channel.expect("granted")
        room.heard_by_all(bob, "who has the floor by a packet")
