# SPDX-License-Identifier: Apache-2.0
"""programs: real phones in a group: Linphone presses `*`, baresip listens, scripted phones check what is heard."""
import os
import shutil
import sys

from feature import Skip, feature, ok, report
from groups import group
from room import Room
from tone import shares

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
import clients_test  # noqa: E402
from clients_test import TONES, Singer, Whistler  # noqa: E402

clients_test.report = report                    # one count of lines


def started(kind, server, user):
    """Registered. A program chooses neighbours of its free port; where somebody has one of them it tries another."""
    for n in range(4):
        folder = os.path.join(server.folder, "try-%d" % n)
        os.makedirs(folder, exist_ok=True)
        client = kind(server, user, folder)
        try:
            client.register()
            return client
        except AssertionError:
            client.stop()
            if n == 3 or "Address already in use" not in client.output:
                raise


@feature(**dict(group("alice bob carol dave"), limits="{ enabled = true; }"))
def linphone_and_baresip(server):
    for program in ("linphonec", "baresip"):
        if not shutil.which(program):
            raise Skip(program + " is not installed")
    clients = []
    with Room(server) as room:
        try:
            for kind, user in ((Whistler, "alice"), (Singer, "bob")):
                clients.append(started(kind, server, user))
                room.named(user, TONES[user])
            alice, bob = clients
            carol, dave = room.gather("carol", "dave")
            alice.call("ops")
            alice.established()
            bob.call("ops")
            bob.established()
            room.goes_on(25)
            room.nobody("Linphone and baresip are in the group; nobody hears them")
            alice.say("*")
            room.until(lambda: carol.hears() == dave.hears() == {"alice"}, "Linphone sends *: it is heard", 10)
            room.goes_on(100)
            alice.say("#")
            room.until(lambda: carol.hears() == dave.hears() == set(), "and #: it is not", 10)
            carol.speak()
            carol.press("*")
            room.until(lambda: dave.hears() == {"carol"}, "a scripted phone talks")
            room.goes_on(100)
            carol.press("#")
            room.nobody("and gives back")
            ok(set(carol.story() + dave.story()) == {"alice", "carol"}, "baresip, which spoke all the time, was never heard")
            alice.hang_up()
            alice.ended()
            bob.hang_up()
        except AssertionError as problem:
            raise AssertionError("%s\n%s" % (problem, "".join(
                "--- %s\n%s\n" % (c.user, c.output[-3000:]) for c in clients))) from None
        finally:
            for client in clients:
                client.stop()
        for client, others in ((bob, ("alice", "carol")), (alice, ("carol",))):
            for other in others:
                heard = sum(s > 0.8 for s in shares(client.recording(), room.tone_of(other)))
                ok(heard >= 2, "%s recorded the tone of %s, for %.1f s" % (client.user, other, heard / 2))
            own = max(shares(client.recording(), TONES[client.user]), default=0)
            ok(own < 0.05, "and not its own")
