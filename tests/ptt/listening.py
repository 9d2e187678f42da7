# SPDX-License-Identifier: Apache-2.0
"""listening: the one stream that a member gets, whoever talks: SSRC, sequence, time stamps, marker, silence, reports."""
import json
import re
import struct
import time

from feature import ctl, feature, ok
from groups import group
from room import Room
from stage import STILL, TICK
from tshark import Capture
from voice import FRAME, OPUS, PCMU, wave


def is_one_stream(phone, step=160):
    """One SSRC, each number once and in order, time stamps that only rise."""
    packets = phone.got
    assert len({p.ssrc for p in packets}) == 1, "%s: one SSRC, not %s" % (phone, {hex(p.ssrc) for p in packets})
    for a, b in zip(packets, packets[1:]):
        assert (b.sequence - a.sequence) & 0xffff == 1, "%s: %d follows %d" % (phone, b.sequence, a.sequence)
        ahead = b.stamp - a.stamp & 0xffffffff
        assert 0 < ahead < 8000 * 20, "%s: time stamp %d follows %d" % (phone, b.stamp, a.stamp)
    return True


def talks(room, talker, frames=20):
    """It presses, says that many frames and more, and gives back: each that reached the server is heard once, by all the others.
    How many were said."""
    others = [p for p in room.in_call() if p is not talker]
    voiced = lambda phone: sum(talker.tone in p.sound.tones for p in phone.got)
    marks, said = [(p, voiced(p)) for p in others], talker.sent
    talker.press("*")
    room.heard_by_all(talker)
    room.goes_on(frames)
    talker.press("#", wait=False)                           # with its next frame, which is none then
    said = talker.sent - said
    room.stage.until(lambda: not talker.keys)
    room.nobody()
    came = said - sum(map(int, re.findall(r'member="%s".* lost=(\d+)' % talker.user, room.server.log())[-1:]))
    assert all(voiced(p) - n == came for p, n in marks), "%d frames, heard: %s" % (came, [(p, voiced(p) - n) for p, n in marks])
    return said


def takes_turns(room, phones, frames=20):
    for phone in phones:
        phone.press("*")
        room.heard_by_all(phone)
        room.goes_on(frames)
        phone.press("#")
        room.nobody()
        room.goes_on(10)


@feature(**group("alice bob carol dave"))
def one_stream(server):
    with Room(server) as room:
        alice, bob, carol, dave = room.gather("alice", "bob", "carol", "dave", mic=-1)
        takes_turns(room, [alice, bob, carol])
        said = talks(room, alice, 30)
        ok(said >= 30, "each frame is heard once: %d" % said)
        for phone in room.phones:
            is_one_stream(phone)
        ok(len({p.got[0].ssrc for p in room.phones}) == 4, "a stream each, with an SSRC of its own")
        ok(True, "sequence numbers and time stamps go on over four talkers")
        for phone in room.phones:
            voiced = [n for n, p in enumerate(phone.got) if p.sound.tones]
            starts = [n for n in voiced if n == 0 or not phone.got[n - 1].sound.tones]
            assert starts and all(phone.got[n].marker for n in starts), "%s: marker where talk begins" % phone
            inside = [n for n in voiced if n not in starts]
            assert not any(phone.got[n].marker for n in inside), "%s: and nowhere within" % phone
        ok(True, "the marker is where talk begins, and nowhere within")
        sent = alice.mouth.frame(alice.tone)
        ok({p.payload for p in dave.got if alice.tone in p.sound.tones} == {sent}, "PCMU is forwarded as it came")
        room.stories(["alice", "bob", "carol", "alice"], "each heard them so")


@feature(**group())
def one_stream_seen_by_tshark(server):
    with Room(server) as room:
        alice, bob, carol = phones = [room.phone(user) for user in ("alice", "bob", "carol")]
        with Capture(server.folder, [p.end.port for p in phones], server.relays) as capture:
            for phone in phones:
                phone.join(mic=-1)
            takes_turns(room, [alice, bob])
            for phone in phones:
                phone.leave()
            capture.wait(sum(len(p.got) for p in phones))
        streams = capture.streams()
        for phone in phones:
            mine = {ports: s for ports, s in streams.items() if ports[1] == phone.end.port}
            ok(len(mine) == 1, "%s: one stream" % phone)
            (source, _), (packets, lost, ssrc) = next(iter(mine.items()))
            ok(source == phone.remote[1] and lost == 0 and ssrc == phone.got[0].ssrc and packets == len(phone.got),
               "%d packets from the port announced, none lost, SSRC %08x" % (packets, ssrc))


@feature(**group())
def kept_alive(server):
    """A frame of silence each 20 ms while nobody talks, and to the talker."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=None)
        room.until(lambda: all(len(p.got) >= 50 for p in room.phones), "silence comes to who never said a word")
        for phone in room.phones:
            steps = sorted((b.stamp - a.stamp) & 0xffffffff for a, b in zip(phone.got, phone.got[1:]))
            assert steps[len(steps) // 2] == 160 and steps[0] > 0, "20 ms each: %s" % steps
            assert not any(p.sound.tones or p.sound.beep or p.sound.level for p in phone.got), "silence it is"
            is_one_stream(phone)
        ok(True, "of 20 ms each, in one stream")
        alice.speak()
        alice.press("*")
        room.heard_by_all(alice)
        count = len(alice.got)
        room.until(lambda: len(alice.got) >= count + 20, "the talker gets silence meanwhile")
        for phone in room.phones:
            is_one_stream(phone)
        ok(True, "all is one stream")


@feature(**group(keepalive='"none"'))
def not_kept_alive(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        room.goes_on(20)
        ok(not any(p.got for p in room.phones), "no packet while nobody talks")
        alice.press("*")
        room.until(lambda: bob.hears() == carol.hears() == {"alice"}, "but the talker's")
        alice.press("#")
        room.talks_end(1, "who has given back")
        room.nobody()
        counts = [len(p.got) for p in room.phones]
        room.goes_on(20)
        ok(counts == [len(p.got) for p in room.phones], "and none behind")
        since = time.monotonic()
        bob.press("*")
        room.until(lambda: alice.hears() == carol.hears() == {"bob"}, "bob is heard")
        for phone in room.phones:
            is_one_stream(phone)
        first = next(p for p in carol.frames(since) if p.sound.tones)
        before = [p for p in carol.got if p.sequence == first.sequence - 1 & 0xffff][0]
        ok((first.stamp - before.stamp & 0xffffffff) > 160 * 15, "time stamps have counted the pause")


@feature(**group())
def nothing_is_cut(server):
    """Each frame said between a press and a release is heard, the first one too; and none after it."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob", floor="mc_queueing"), room.phone("carol")
        for phone in (alice, bob, carol):
            phone.join(mic=-1)
        heard = lambda talker: sum(talker.tone in p.sound.tones for p in carol.got)
        for n in range(3):
            before, said = heard(alice), alice.sent
            alice.press("*", wait=False)
            room.until(lambda: alice.sent >= said + 20, "alice presses, and says twenty frames")
            alice.press("#", wait=False)                    # with her next frame, which is none then
            said = alice.sent - said
            room.until(lambda: not alice.keys, "and gives back")
            room.nobody()
            ok(heard(alice) - before == said, "%d of %d were heard" % (heard(alice) - before, said))
        bob.channel.expect("idle")
        bob.channel.skip_all()
        said = bob.sent
        bob.channel.request()
        room.until(lambda: bob.sent >= said + 20, "bob is granted, and says twenty frames")
        bob.channel.release()
        said = bob.sent - said
        room.nobody()
        ok(heard(bob) == said, "%d of %d were heard" % (heard(bob), said))


@feature(**group())
def what_the_talker_loses(server):
    """What is lost on the way to the server is a gap for the listeners; what comes twice is heard once."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        for phone in (bob, carol):
            is_one_stream(phone)

        def loses():
            marks = [(p, len(p.got)) for p in (bob, carol)]
            room.goes_on(4)
            alice.sequence, alice.stamp = alice.sequence + 2, alice.stamp + 2 * 160
            room.goes_on(4)
            alice.end.rtp.sendto(alice.last, alice.remote)
            room.goes_on(4)
            steps = [[((b.sequence - a.sequence) & 0xffff, (b.stamp - a.stamp) & 0xffffffff)
                      for a, b in zip(phone.got[count:], phone.got[count + 1:])] for phone, count in marks]
            return all(s.count((3, 480)) == 1 and set(s) == {(1, 160), (3, 480)} for s in steps)
        for n in range(5):
            room.holds(loses, "gap %d of two packets, and each packet once" % (n + 1))
        room.stories(["alice"], "alice was heard")


class LongMouth:
    """Says so many frames of a codec at once."""

    def __init__(self, codec, count):
        self.coder, self.count, self.samples = codec.make(), count, ()

    def frame(self, frequency):
        self.samples += wave(frequency)
        if len(self.samples) < self.count * FRAME:
            return b""
        said, self.samples = self.samples, ()
        return self.coder.encode(said)


def speaks_in_long_packets(phone, count):
    """From now on `count` frames of the phone are one packet."""
    put, stamps = phone._put, []

    def put_last(kind, payload, marker, stamp):
        if kind == phone.codec.payload_type:
            stamps.append(stamp)
            if not payload:
                return
            stamp = stamps[0]
            stamps.clear()
        put(kind, payload, marker, stamp)
    phone.mouth, phone._put = LongMouth(phone.codec, count), put_last


@feature(**group("alice bob carol", codecs='[ "PCMU", "opus" ]', tones="false"))
def packets_cut_for_one(server):
    """A talker's packets are of 60 ms: who says a=maxptime:20 gets them in pieces, the other as they are."""
    for codec in (PCMU, OPUS):
        if not codec.here:
            continue
        with Room(server) as room:
            alice, bob, carol = (room.phone(user, codecs=(codec,)) for user in ("alice", "bob", "carol"))
            alice.join(mic=0)
            bob.join(mic=0, extra="a=maxptime:20")
            carol.join(mic=0)
            speaks_in_long_packets(alice, 3)
            alice.press("*")
            alice.speak()
            room.heard_by_all(alice, "%s: alice is heard by both" % codec)
            since = time.monotonic()
            room.goes_on(60)
            for phone, length in ((bob, codec.step), (carol, 3 * codec.step)):
                talk = [p for p in phone.frames(since) if p.sound.tones]
                steps = [(b.stamp - a.stamp) & 0xffffffff for a, b in zip(talk, talk[1:])]
                # where she was late, on a busy machine, there is silence between two of them
                ok(len(talk) >= 10 and min(steps) == length and steps.count(length) > len(steps) / 2,
                   "%s gets %d packets of %d ms" % (phone, len(talk), 20 * length / codec.step))
                is_one_stream(phone)
            if codec.exact:
                ok({len(p.payload) for p in bob.frames(since)} == {FRAME}, "bob: of 20 ms each")
            for phone in (alice, bob, carol):
                phone.leave()


@feature(**group())
def late_joiner(server):
    """Who comes while somebody talks hears with the first packet."""
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        carol = room.phone("carol")

        def joins():
            del carol.got[:]
            carol.join(mic=-1)
            room.heard_by_all(alice, "a late joiner hears the talker")
            carol.leave()
            return voiced().index(True) <= 2 + STILL / TICK
        voiced = lambda: [bool(p.sound.tones) for p in carol.got]
        room.holds(joins, "at once, when the talker says something")
        ok(carol.got[voiced().index(True)].marker or carol.got[0].marker, "the beginning of talk is marked")
        is_one_stream(carol)
        ok(True, "in one stream")


@feature(**group())
def reports(server):
    """The server is an end of RTP: SR, RR and SDES of its own."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        room.until(lambda: all(p.reports for p in room.phones), "RTCP comes to each", 15)
        room.goes_on(5)
        for phone in room.phones:
            kinds, data = [], phone.reports[-1]
            while data:
                first, kind, words, ssrc = struct.unpack("!BBHI", data[:8])
                kinds.append(kind)
                size = 4 * (words + 1)
                if kind in (200, 201):
                    assert ssrc == phone.got[-1].ssrc, "%s: the SSRC of the report is that of the stream" % phone
                    count, at = first & 31, 28 if kind == 200 else 8
                    blocks = [struct.unpack("!I", data[at + 24 * n:at + 24 * n + 4])[0] for n in range(count)]
                    assert set(blocks) <= {phone.ssrc}, "%s: it reports of what the phone sends" % phone
                    if kind == 200:
                        stamp, packets = struct.unpack("!II", data[16:24])
                        assert packets > 0 and room.stage.until(lambda: packets <= len(phone.got)), "%s: %d sent" % (phone, packets)
                        assert abs((stamp - phone.got[-1].stamp + 0x80000000 & 0xffffffff) - 0x80000000) < 8000 * 10, "time stamp"
                data = data[size:]
            assert kinds[0] in (200, 201) and 202 in kinds, "%s: a report, then SDES: %s" % (phone, kinds)
        ok(True, "SR or RR first, SDES with it, SSRCs of the streams")
        audio = bob.answer["audio"]
        block = struct.pack("!IIIIII", bob.got[-1].ssrc, 2 << 24 | 7, bob.got[-1].sequence, 80, 0, 0)
        bob.end.rtcp.sendto(struct.pack("!BBHI", 0x81, 201, 7, bob.ssrc) + block, (audio["address"], audio["port"] + 1))

        def shown():
            said = json.loads(ctl(server, "--json", "group", "members", "ops").stdout)["members"]
            return {m["name"]: m for m in said}
        room.until(lambda: shown()["bob"].get("far_end_lost") == 7, "bob says that he has lost 7 packets of ours", 15)
        members = shown()
        ok(members["bob"]["far_end_jitter_ms"] == 10 and members["bob"]["sent"] > 0, "80 ticks of 8 kHz are 10 ms: %s" % members["bob"])
        ok("far_end_lost" not in members["carol"] and members["carol"]["sent"] > 0, "carol has said nothing: %s" % members["carol"])


@feature(**group(keepalive='"comfort"'))
def comfort_noise(server):
    """CN once a second where it was agreed on (RFC 3389); else silence."""
    with Room(server) as room:
        alice, bob = room.phone("alice"), room.phone("bob")
        alice.comfort = True
        for phone in (alice, bob):
            phone.join(mic=-1)
        ok(13 in alice.answer["audio"]["types"] and 13 not in bob.answer["audio"]["types"], "CN is answered where it was offered")
        room.until(lambda: len([p for p in alice.got if p.kind == 13]) >= 2, "alice gets comfort noise")
        quiet = [p for p in alice.got if p.kind == 13]
        ok((quiet[1].stamp - quiet[0].stamp & 0xffffffff) >= 8000 * 0.5, "about once a second")
        ok(bob.frames() and not [p for p in bob.got if p.kind == 13], "bob gets frames of his codec")
        bob.press("*")
        room.until(lambda: alice.hears() == {"bob"}, "and sound when somebody talks")
        is_one_stream(alice), is_one_stream(bob)
        ok(True, "in one stream each")
