# SPDX-License-Identifier: Apache-2.0
"""control: the dispatcher's commands: who is in a group, who talks; grant, revoke, mute, kick, emergency; watching."""
import json
import os
import subprocess

from feature import ctl, feature, ok
from groups import group
from room import Room

RANKS = {"bob": 5}


def ask(server, *words):
    """The answer of a command, parsed."""
    done = ctl(server, "--json", "group", *words)
    assert done.returncode == 0, (words, done)
    return json.loads(done.stdout)


def refused(server, *words):
    """What a command says that is refused."""
    done = ctl(server, "group", *words)
    ok(done.returncode == 1, "group %s is refused: %s" % (" ".join(words), done.stderr.strip()))
    return done.stderr


@feature(**group(display='"Operations"', priorities=RANKS))
def shown(server):
    """list, show, members: before anybody is in, while one talks and one waits, and afterwards."""
    ok(ask(server, "list")["groups"] == [{"name": "ops", "display": "Operations", "floor": "closed", "emergency": False,
                                          "members": 0, "queued": 0, "talks": 0, "talking": [], "seconds": 0}],
       "a group that is closed")
    ok(ask(server, "members", "ops") == {"members": []}, "nobody is in")
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        bob.press("*")
        room.until(lambda: ask(server, "list")["groups"][0]["queued"] == 1, "bob waits")
        one = ask(server, "list")["groups"][0]
        ok((one["floor"], one["members"], one["talking"]) == ("taken", 3, ["alice"]), "alice talks, says the list")
        one = ask(server, "show", "ops")
        ok([(t["name"], t["trigger"]) for t in one["talkers"]] == [("alice", "dtmf")], "and the group")
        ok([(w["name"], w["position"], w["priority"]) for w in one["waiting"]] == [("bob", 1, 5)], "bob waits at 1")
        room.until(lambda: -20 < ask(server, "show", "ops")["talkers"][0].get("level", -127) < -5, "alice's level is that of her tone")
        members = ask(server, "members", "ops")["members"]
        ok([(m["name"], m["state"], m["codec"]) for m in members] ==
           [("alice", "talks", "PCMU"), ("bob", "waits", "PCMU"), ("carol", "listens", "PCMU")], "members, longest joined first")
        bob.press("*")
        alice.press("#")
        room.nobody()
        carol.leave()
        room.until(lambda: len(ask(server, "members", "ops")["members"]) == 2, "carol has left")
        room.until(lambda: 'group_left group="ops" member="carol" why=caller_hung_up' in server.log(), "so says the log")
        talk = ask(server, "talks", "ops")["talks"][-1]
        ok((talk["member"], talk["trigger"], talk["why"], talk["emergency"]) == ("alice", "dtmf", "released", False), "the talk: %s" % talk)
        ok(ask(server, "talks")["talks"][-1] == talk, "of all groups, too")


@feature(**group("alice bob carol", priorities={"alice": 7, "bob": 5}))
def shown_with_the_request(server):
    """Who asks with less than he might is shown with what he asked with."""
    with Room(server) as room:
        alice, bob = (room.phone(user, floor="mc_queueing;mc_priority=7").join(mic=-1) for user in ("alice", "bob"))
        alice.channel.request(priority=3)
        room.until(lambda: [t["priority"] for t in ask(server, "show", "ops")["talkers"]] == [3], "alice talks with 3 of her 7")
        bob.channel.request(priority=2)
        room.until(lambda: [w["priority"] for w in ask(server, "show", "ops")["waiting"]] == [2], "bob waits with 2 of his 5")
        ok([m["priority"] for m in ask(server, "members", "ops")["members"]] == [7, 5], "members are shown with what is theirs")


@feature(**group(max_talk='"20s"'))
def granted_and_revoked(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        room.nobody("open microphones are not heard")
        said = ask(server, "grant", "ops", "alice")
        ok((said["outcome"], said["talker"]) == ("granted", "alice"), "the floor's answer: %s" % said)
        room.heard_by_all(alice, "alice is granted the floor, and has not pressed")
        ask(server, "grant", "ops", "carol")
        room.heard_by_all(carol, "the dispatcher gives it to carol, who has no higher priority")
        said = refused(server, "revoke", "ops", "alice")
        ok("alice loses nothing" in said and "carol has the floor" in said, "alice has it no more")
        room.goes_on(10)
        room.heard_by_all(carol, "what alice has not is not taken from her")
        said = ask(server, "revoke", "ops", "carol")
        ok(said["outcome"] == "revoked" and "nobody has it now" in said["text"], "taken: %s" % said)
        room.nobody("taken from carol")
        ok("nobody has the floor" in refused(server, "revoke", "ops"), "there is nothing left to take")
        bob.press("*")
        room.heard_by_all(bob)
        ask(server, "revoke", "ops")
        room.nobody("taken from whoever has it")
        room.until(lambda: [t["why"] for t in ask(server, "talks", "ops")["talks"]] == ["granted_away", "revoked", "revoked"],
                   "the records say so")


@feature(**group(legs="2"))
def granted_at_the_newest_phone(server):
    """Who is in with two phones gets the floor at the one that he dialled last, by the dispatcher as by his own word."""
    with Room(server) as room:
        old, new, bob = room.gather("alice", "alice", "bob", mic=-1)
        ask(server, "grant", "ops", "alice")
        room.until(lambda: old.hears() == {"alice"} and bob.hears() == {"alice"}, "the newer phone is heard, by the older, too")
        ok(not new.hears(), "and not the other way round")
        ask(server, "revoke", "ops", "alice")
        room.nobody("taken")
        ok(new.ask("ptt") == "granted", "the word")
        room.until(lambda: old.hears() == {"alice"} and not new.hears(), "gives it to the same phone")


@feature(**group(hang='"2s"'))
def shown_while_reserved(server):
    """The floor of who has released it is his for the hang time: it is not shown as idle."""
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        alice.press("#")
        floor = lambda: ask(server, "list")["groups"][0]["floor"]
        room.until(lambda: floor() == "hang", "reserved for alice")
        room.until(lambda: floor() == "idle", "and then free")


@feature(**group("alice bob carol dave", listen_only='[ "dave" ]', emergency_members='[ "alice" ]'))
def acts_that_come_to_nothing(server):
    """What the floor refuses is said, with the reason, and is no success."""
    def reason(*words):
        done = ctl(server, "--json", "group", *words)
        assert done.returncode == 1, done
        said = json.loads(done.stdout)
        ok(said["outcome"] == "refused" and said["text"], "%s: %s" % (" ".join(words), said["text"]))
        return said["reason"]
    with Room(server) as room:
        alice, bob, carol, dave = room.gather("alice", "bob", "carol", "dave", mic=-1)
        ok(reason("grant", "ops", "dave") == "listen only", "dave may only listen")
        ok(reason("emergency", "ops", "bob") == "not one of emergency_members", "bob may not declare one")
        ask(server, "mute", "ops", "carol")
        ok(reason("grant", "ops", "carol") == "muted by the dispatcher", "carol is muted")
        ok(reason("emergency", "ops", "--clear") == "there is no emergency", "there is nothing to clear")
        ok(reason("revoke", "ops") == reason("revoke", "ops", "bob") == "has no floor and waits for none", "there is nothing to take")
        room.nobody("nothing was done")
        alice.press("*")
        room.heard_by_all(alice)
        bob.press("*")
        room.until(lambda: ask(server, "list")["groups"][0]["queued"] == 1, "bob waits")
        said = ask(server, "revoke", "ops")
        ok((said["outcome"], said["talker"]) == ("revoked", "bob") and "bob has it now" in said["text"], "who has it next: %s" % said)
        room.heard_by_all(bob)
        for line in ('group_act group="ops" act=grant member="dave" outcome=refused', "act=revoke member=- outcome=revoked", "uid=%d" % os.getuid()):
            room.until(lambda: line in server.log(), "the log has what was done, and by whom: %s" % line)


@feature(**group(triggers='[ "vox" ]'))
def acts_without_api(server):
    """Grants are a member's button, "api"; what is taken needs none."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=0)
        for words in (("grant", "ops", "bob"), ("emergency", "ops", "bob")):
            ok('"api" is not among' in refused(server, *words), "the reason")
            room.until(lambda: '\\"api\\" is not among the member\'s triggers" by=dispatcher uid=' in server.log(), "is in the log, too")
        alice.speak()
        room.heard_by_all(alice)
        ask(server, "emergency", "ops")
        room.until(lambda: ask(server, "show", "ops")["emergency"], "the group's emergency")
        ask(server, "emergency", "ops", "--clear")
        room.until(lambda: not ask(server, "show", "ops")["emergency"], "cleared")
        # she goes on speaking, and each pause of the machine's may be one of hers, after which she begins anew
        ok(ask(server, "revoke", "ops")["outcome"] == "revoked", "taken")
        room.until(lambda: "revoked" in [t["why"] for t in ask(server, "talks", "ops")["talks"]], "the record says so")


@feature(**group(floor='"open"'))
def acts_without_a_floor(server):
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        for words in (("grant", "ops", "bob"), ("revoke", "ops"), ("emergency", "ops"), ("emergency", "ops", "--clear")):
            ok("everybody may speak" in refused(server, *words), "a conference has no floor")
        ok(alice.ask("ptt") == "everybody may speak", "nor has a word for it")
        room.until(lambda: alice.ask("who") == "alice, bob", "all who talk are named")
        ask(server, "mute", "ops", "alice")
        room.until(lambda: bob.ask("who") == "bob", "but who is muted")


@feature(**group())
def muted_and_kicked(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        ask(server, "mute", "ops", "alice")
        room.nobody("muted while she talks")
        alice.press("*")
        room.goes_on(15)
        room.nobody("she presses in vain")
        room.until(lambda: "muted" in ask(server, "members", "ops")["members"][0]["notes"], "it is shown")
        alice.leave()
        alice.join(mic=-1)
        alice.press("*")
        room.goes_on(15)
        room.nobody("who dials again is muted all the same")
        alice.leave()
        ask(server, "unmute", "ops", "alice")
        alice.join(mic=-1)
        alice.press("*")
        room.heard_by_all(alice, "unmuted, while she was away")
        ask(server, "kick", "ops", "alice")
        room.until(lambda: alice.ended, "alice gets BYE")
        room.until(lambda: 'group_act group="ops" act=kick member="alice" outcome=done' in server.log() and
                   'group_left group="ops" member="alice" why=removed' in server.log(), "the log says who did it, and why she left")
        alice.hush()
        room.nobody()
        alice.join(mic=-1)
        alice.press("*")
        room.heard_by_all(alice, "she may come back")


@feature(**group(preempt='"emergency"'))
def emergency_by_the_dispatcher(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        ask(server, "emergency", "ops", "bob")
        room.heard_by_all(bob, "bob's emergency takes the floor")
        room.until(lambda: ask(server, "show", "ops")["emergency"], "the group is in emergency")
        ask(server, "emergency", "ops", "--clear")
        room.until(lambda: not ask(server, "show", "ops")["emergency"], "until it is cleared")
        ask(server, "emergency", "ops")
        room.until(lambda: ask(server, "show", "ops")["emergency"], "the group's own emergency")
        room.heard_by_all(bob, "gives nobody else the floor")
        ask(server, "emergency", "ops", "--clear")
        room.until(lambda: not ask(server, "show", "ops")["emergency"], "until it is cleared, too")


@feature(**group("alice bob carol dave erin"))
def emergency_lasts(server):
    """Phones without floor packets read of it, who comes later too; it stays while nobody is in, until it is cleared."""
    def state():
        one = ask(server, "list")["groups"][0]
        return one["floor"], one["emergency"], one["members"]

    def reads(phone, text):
        room.until(lambda: phone.messages and phone.messages[-1].body.decode() == text, "%s reads %r" % (phone, text))
    with Room(server) as room:
        alice, carol = room.gather("alice", "carol", mic=-1)
        bob = room.phone("bob", floor="mc_queueing").join(mic=-1)
        ask(server, "emergency", "ops", "alice")
        room.heard_by_all(alice, "alice has the floor by an emergency")
        for phone in (alice, carol):
            reads(phone, "EMERGENCY, declared by alice")
        dave = room.phone("dave").join(mic=-1)
        reads(dave, "EMERGENCY")
        room.goes_on(10)
        ok(not bob.messages and len(carol.messages) == 1, "once each, and not bob, whose floor packets say it")
        for phone in (alice, bob, carol, dave):
            phone.hush()
            phone.leave()
        room.until(lambda: state() == ("closed", True, 0), "nobody is in, and it goes on")
        erin = room.phone("erin", floor="mc_queueing").join(mic=-1)
        room.until(lambda: any(m.kind == "idle" and m.indicator & 0x1000 for m in erin.channel.got), "who comes is told so")
        carol.join(mic=-1)
        reads(carol, "EMERGENCY")
        ask(server, "emergency", "ops", "--clear")
        reads(carol, "the emergency is over")
        room.until(lambda: state() == ("idle", False, 2), "cleared")
        ask(server, "emergency", "ops")
        reads(carol, "EMERGENCY")
        erin.leave()
        carol.leave()
        room.until(lambda: state() == ("closed", True, 0), "nobody is in again")
        ok(ask(server, "emergency", "ops", "--clear")["outcome"] == "done" and state() == ("closed", False, 0), "cleared while nobody is in")
        count = lambda what: server.log().count('group_emergency group="ops" state=' + what)
        room.until(lambda: (count("declared"), count("cleared"), count('declared by="alice"')) == (2, 2, 1), "the log has it all")


@feature(**group())
def emergency_ends_with_the_floor(server):
    """A reload makes a conference of the group: there is nothing to hold any more, nor when it is a group again."""
    def becomes(floor, state):
        server.extra = server.extra.replace("name =", 'floor = "open"; name =', 1) if floor == "open" else server.extra.replace('floor = "open"; ', "")
        server.write()
        ok(ctl(server, "config", "reload").returncode == 0, 'floor = "%s"' % floor)
        room.until(lambda: (ask(server, "show", "ops")["floor"], ask(server, "show", "ops")["emergency"]) == (state, False), "no emergency")
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        ask(server, "emergency", "ops")
        room.until(lambda: alice.messages and alice.messages[-1].body == b"EMERGENCY", "alice reads of it")
        becomes("open", "open")
        room.until(lambda: alice.messages[-1].body == b"the emergency is over", "and that it is over")
        becomes("ptt", "idle")
        ok(len(alice.messages) == 2, "no more than that")


@feature(**group())
def commands_refused(server):
    ok("group list" in refused(server, "show", "nothing"), "it says what to ask")
    ok("NAME" in refused(server, "show"), "the name is missing")
    ok("NAME USER" in refused(server, "grant", "ops"), "the user is missing")
    ok("group members" in refused(server, "kick", "ops", "alice"), "alice is not in")
    ok("nobody is in ops" in refused(server, "emergency", "ops"), "nobody is in")
    ok("there is no emergency" in refused(server, "emergency", "ops", "--clear"), "nor is there anything to clear")
    refused(server, "members", "nothing")
    refused(server, "talks", "nothing")
    refused(server, "emergency", "ops", "alice", "--clean")
    refused(server, "grant", "ops", "alice", "bob")


@feature(**group())
def watched_live(server):
    """A line of JSON for each change."""
    tool = os.environ.get("PORTAVOZCTL") or os.path.join(os.path.dirname(server.binary), "..", "ctl", "portavozctl")
    process = subprocess.Popen([tool, "--socket", os.path.join(server.folder, "control.sock"), "--json", "group", "watch", "ops"],
                               stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    os.set_blocking(process.stdout.fileno(), False)
    said = bytearray()

    def lines():
        said.extend(os.read(process.stdout.fileno(), 65536) if readable(process) else b"")
        return [json.loads(line) for line in said.split(b"\n")[:-1]]
    try:
        with Room(server) as room:
            room.until(lambda: lines() and lines()[-1]["floor"] == "closed", "at first the group as it is")
            alice, bob = room.gather("alice", "bob", mic=-1)
            alice.press("*")
            room.until(lambda: [t["name"] for t in lines()[-1]["talkers"]] == ["alice"], "alice talks")
            bob.press("*")
            room.until(lambda: [w["name"] for w in lines()[-1]["waiting"]] == ["bob"], "bob waits")
            alice.press("#")
            room.until(lambda: [t["name"] for t in lines()[-1]["talkers"]] == ["bob"], "bob talks")
            count = len(lines())
            room.goes_on(60)
            ok(len(lines()) - count < 3, "a level that moves is no change")
        server.stop()
        ok(process.wait(10) == 3, "it ends with the server")
    finally:
        process.kill()
        process.wait()


def readable(process):
    import select
    return select.select([process.stdout], [], [], 0)[0]
