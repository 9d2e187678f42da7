# SPDX-License-Identifier: Apache-2.0
"""spreading: a group whose members' media are on two relay threads: nobody notices."""
import json

import channel
import leaving
import mixing
import triggers
from feature import ctl, feature, ok
from groups import group
from listening import is_one_stream
from room import Room
from voice import G722_, OPUS

TWO = '{ relay = "always"; ports = PORTS(500); threads = 2; group_budget = %d; }'


def passed(server):
    """What went from thread to thread, and what of it was lost."""
    numbers = json.loads(ctl(server, "--json", "metrics").stdout)
    ok(numbers["group_passed_lost"] == 0, "nothing is lost between the threads")
    return numbers["group_passed"]


@feature(**group("alice bob carol dave erin", media=TWO % 2))
def spread(server):
    """Two are on the group's thread, three on the other one; each talks, by keys and INFO."""
    with Room(server) as room:
        phones = alice, bob, carol, dave, erin = room.gather("alice", "bob", "carol", "dave", "erin", mic=-1)
        for talker in (alice, erin, bob, carol):
            talker.press("*")
            room.heard_by_all(talker)
            room.goes_on(20)
            talker.press("#")
            room.nobody()
        dave.info("*")
        room.heard_by_all(dave, "dave is heard by INFO")
        room.goes_on(20)
        erin.press("*")
        dave.leave()
        room.heard_by_all(erin, "dave hangs up while he talks: erin waited, and is heard")
        room.goes_on(20)
        room.stories(["alice", "erin", "bob", "carol", "dave", "erin"], "each heard them so", among=[alice, bob, carol, erin])
        for phone in phones:
            is_one_stream(phone)
        ok(True, "one stream each, its numbers and time stamps going on over talkers of both threads")
        ok(passed(server) > 100, "packets passed from thread to thread")


@feature(**group("alice bob carol dave", media=TWO % 1))
def spread_codecs(server):
    """All codecs, all but one on the other thread."""
    mixing.codecs(server)
    ok(passed(server) > 100, "mixes passed from thread to thread")


@feature(**group("alice bob carol dave erin", media=TWO % 1, queue="1"))
def spread_beeps_over_g722(server):
    """A beep over talk, on the thread that the leg is on."""
    triggers.over_talk(server, G722_)
    ok(passed(server) > 100, "talk passed from thread to thread")


@feature(**group("alice bob carol dave erin", media=TWO % 1, queue="1"))
def spread_beeps_over_opus(server):
    triggers.over_talk(server, OPUS)
    ok(passed(server) > 100, "talk passed from thread to thread")


@feature(**group(media=TWO % 1, priorities=channel.RANKS))
def spread_floor_messages(server):
    """Floor packets, byte by byte, on the other thread."""
    channel.floor_messages(server)
    ok(passed(server) > 0, "floor packets passed from thread to thread")


@feature(**group(media=TWO % 1))
def spread_talker_moves(server):
    """Who is behind NAT may move while he talks."""
    leaving.talker_moves(server)


@feature(**group(media=TWO % 1))
def spread_talker_moves_unsaid(server):
    """And so when the phones do not know."""
    leaving.talker_moves_unsaid(server)


@feature(**group(media=TWO % 1, priorities=channel.RANKS))
def spread_floor_sdp(server):
    """What an INVITE asks for, its member being on one thread and its sound on another."""
    channel.floor_sdp(server)
