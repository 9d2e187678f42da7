# SPDX-License-Identifier: Apache-2.0
"""control: the dispatcher's commands: who is in a group, who talks; grant, revoke, mute, kick, emergency; watching."""
import json
import os
import subprocess

from feature import ctl, feature, ok
from groups import group
from phone import Room

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
        talk = ask(server, "talks", "ops")["talks"][-1]
        ok((talk["member"], talk["trigger"], talk["why"], talk["emergency"]) == ("alice", "dtmf", "released", False), "the talk: %s" % talk)
        ok(ask(server, "talks")["talks"][-1] == talk, "of all groups, too")


@feature(**group(max_talk='"20s"'))
def granted_and_revoked(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        room.nobody("open microphones are not heard")
        ask(server, "grant", "ops", "alice")
        room.heard_by_all(alice, "alice is granted the floor, and has not pressed")
        ask(server, "grant", "ops", "carol")
        room.heard_by_all(carol, "the dispatcher gives it to carol, who has no higher priority")
        ask(server, "revoke", "ops", "alice")
        room.goes_on(10)
        room.heard_by_all(carol, "what alice has not is not taken from her")
        ask(server, "revoke", "ops", "carol")
        room.nobody("taken from carol")
        bob.press("*")
        room.heard_by_all(bob)
        ask(server, "revoke", "ops")
        room.nobody("taken from whoever has it")
        room.until(lambda: [t["why"] for t in ask(server, "talks", "ops")["talks"]] == ["granted_away", "revoked", "revoked"],
                   "the records say so")


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


@feature(**group())
def commands_refused(server):
    ok("group list" in refused(server, "show", "nothing"), "it says what to ask")
    ok("NAME" in refused(server, "show"), "the name is missing")
    ok("NAME USER" in refused(server, "grant", "ops"), "the user is missing")
    ok("group members" in refused(server, "kick", "ops", "alice"), "alice is not in")
    ok("nobody is in ops" in refused(server, "emergency", "ops", "--clear"), "nobody is in")
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
