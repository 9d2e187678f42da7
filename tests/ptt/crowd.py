# SPDX-License-Identifier: Apache-2.0
"""crowd: five hundred members in one group, each of which hears each talker (bench/ptt/pttload checks every packet)."""
import os
import re
import subprocess

from feature import feature, ok
from groups import group
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
