# SPDX-License-Identifier: Apache-2.0
"""crowd: five hundred members in one group, each of which hears each talker (bench/ptt/pttload checks every packet)."""
import os
import random
import re
import subprocess

from feature import feature, ok
from groups import group
from kernel import does_its_part
from room import Room
from server import relay_ports
from sip_ua import SLOW

MEMBERS = 500
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "ptt", "pttload.c")


def load_tool(server):
    """The one that was built with the tests; else one is made in the server's folder."""
    tool = os.environ.get("PTTLOAD")
    if not tool:
        tool = os.path.join(server.folder, "pttload")
        subprocess.run(["cc", "-O2", "-std=c11", "-w", "-o", tool, SOURCE, "-lm"], check=True, timeout=60)
    return tool


def play(server, *options):
    first, _, guards = relay_ports(3 * MEMBERS)
    try:
        done = subprocess.run(
            [load_tool(server), "--uri", "sip:ops@127.0.0.1:%d" % server.port, "--sip-base", str(first),
             "--rtp-base", str(first + MEMBERS), "-m", str(MEMBERS), "--rate", "250", "--settle", "1",
             "--setup-timeout", str(int(20 * SLOW)), "--max-miss", "1", "--max-gap", "5", "--access-ms", str(int(500 * SLOW)),
             *options], capture_output=True, text=True, timeout=100 * SLOW, stdin=subprocess.DEVNULL)
    finally:
        for guard in guards:
            guard.close()
    for line in (done.stdout + done.stderr).splitlines():
        print("# " + line)
    return done


CROWD = dict(group("*", media='{ relay = "always"; ports = PORTS(1500); threads = 1; }', tones="false", codecs='[ "PCMU" ]'),
             users=("u0000",), admin='{ socket = ""; http = ""; }')


@feature(**CROWD)
def five_hundred(server):
    """Three of them talk, one after the other, by keys."""
    done = play(server, "-k", "3", "-t", "4", "--ptt", "dtmf:*:#", "--talk-ms", "800", "--gap-ms", "500", "--idle-send", "none")
    ok(re.search(r"UP %d of %d" % (MEMBERS, MEMBERS), done.stdout), "%d members are in the group" % MEMBERS)
    ok(done.returncode == 0, "all of them heard each talker, whole, and nobody else")


TWENTY = tuple("member%02d" % n for n in range(20))


@feature(**group(" ".join(TWENTY), tones="false"))
def twenty(server):
    """By keys, INFO, words and floor packets, in an order of chance: each hears the same talks."""
    chance = random.Random(20)
    with Room(server) as room:
        phones = [room.phone(user, floor="mc_queueing" if n % 5 == 0 else None) for n, user in enumerate(TWENTY)]
        for phone in phones:
            phone.join(mic=-1)
        presses = (lambda p, key: p.press(key), lambda p, key: p.info(key, False), lambda p, key: p.info(key),
                   lambda p, key: p.ask("ptt" if key == "*" else "over"))
        wanted = []
        for _ in range(12):
            talker = chance.choice(phones[:16])
            if talker.channel:
                talker.channel.request()
            else:
                press = chance.choice(presses)
                press(talker, "*")
            room.heard_by_all(talker)
            room.goes_on(5)
            talker.channel.release() if talker.channel else press(talker, "#")
            room.nobody()
            wanted.append(talker.user)
        room.stories(wanted, "twenty members heard the same twelve talks")
        ok(*does_its_part(server, "copies"))


@feature(**group("alice bob carol"))
def garbage(server):
    """Random bytes, and bytes that are nearly right, on every port of every member: the talk goes on."""
    chance = random.Random(4733)
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob", floor="mc_queueing"), room.phone("carol")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        right = [bytes(alice.last), bytes(carol.last), bytes.fromhex("80cc0004111111114d435054000205000d028000"),
                 bytes.fromhex("80c80006000000010000000000000000000000000000000000000000")]
        for n in range(60):
            for phone in (bob, carol):
                for _ in range(5):
                    data = bytearray(chance.choice(right))
                    for _ in range(chance.randrange(1, 8)):
                        data[chance.randrange(len(data))] = chance.randrange(256)
                    data = bytes(data[:chance.randrange(1, len(data) + 1)]) + chance.randbytes(chance.randrange(20))
                    if data[1:2] and data[1] & 127 == 101:              # no key
                        continue
                    phone.end.rtp.sendto(data, phone.remote)
                    phone.end.rtcp.sendto(data, (phone.remote[0], phone.remote[1] + 1))
                    if phone.channel and data[:1] and data[8:12] != b"MCPT":
                        phone.channel.raw(data)
            room.goes_on(1)
        room.heard_by_all(alice)
        room.stories(["alice"], "alice was heard all the time, and nobody else")
        alice.press("#")
        room.nobody()
        bob.channel.skip_all()
        bob.channel.request()
        bob.channel.expect("granted")
        room.heard_by_all(bob, "all buttons still work")
