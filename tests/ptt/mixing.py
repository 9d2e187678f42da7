# SPDX-License-Identifier: Apache-2.0
"""mixing: several codecs in one group, several talkers at once, a conference without a floor."""
import itertools
import time

import recorded
from feature import Skip, feature, ok
from groups import group
from room import Room
from rtp_end import InBunches
from voice import FRAME, G722_, OPUS, PCMA, PCMU, Codec, FullBand, Mouth


def babel(room, users, mic=-1):
    """A phone of each codec alone."""
    for codec in (G722_, OPUS):
        if not codec.here:
            raise Skip("no library here speaks %s" % codec)
    phones = [room.phone(user, codecs=(codec,)) for user, codec in zip(users, (PCMU, PCMA, G722_, OPUS))]
    for phone in phones:
        phone.join(mic=mic)
    ok(len(phones) == 4, "%s" % ", ".join("%s speaks %s" % (p, p.codec) for p in phones))
    return phones


@feature(**group("alice bob carol dave"))
def codecs(server):
    """PCMU, PCMA, G.722 and Opus: each is heard by each."""
    with Room(server) as room:
        phones = babel(room, ("alice", "bob", "carol", "dave"))
        for phone in phones:
            phone.press("*")
            room.heard_by_all(phone, "%s (%s) is heard by all the others" % (phone, phone.codec))
            room.goes_on(20)
            phone.press("#")
            room.nobody()
            room.goes_on(10)
        room.stories(["alice", "bob", "carol", "dave"], "one after the other, and nobody else", least=4)
        for phone in phones:
            packets = phone.got
            assert all(p.kind == phone.codec.payload_type for p in packets), "%s: its own codec alone" % phone
            assert len({p.ssrc for p in packets}) == 1, "%s: one SSRC" % phone
            assert all((b.sequence - a.sequence) & 0xffff == 1 for a, b in zip(packets, packets[1:])), "%s: sequence" % phone
        ok(True, "each gets one stream of its own codec")


def recoded(room, text, talkers):
    """The first of the talkers goes through the codecs by re-INVITE, and all are heard on."""
    alice, others = talkers[0], room.in_call()
    heard = {p.user: {t.user for t in talkers if t is not p} for p in others}
    for codec in (PCMA, G722_, OPUS, PCMU):
        alice.change_codec(codec)
        hear(room, heard, "%s, %s: heard by all" % (text, codec))
        room.goes_on(20)
        hear(room, heard, "and goes on to be")


@feature(**group("alice bob carol dave", talkers="2", record='"talks"'))
def codec_changes_while_talking(server):
    """A talker changes its codec by re-INVITE: forwarded, transcoded, mixed with another, recorded; a listener does the same."""
    for codec in (G722_, OPUS):
        if not codec.here:
            raise Skip("no library here speaks %s" % codec)
    folder = recorded.Folder(server)
    with Room(server) as room:
        alice, bob, carol, dave = room.gather("alice", "bob", "carol", "dave", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        recoded(room, "alone", [alice])
        carol.change_codec(PCMA)
        room.heard_by_all(alice)
        recoded(room, "where listeners have two codecs", [alice])
        dave.press("*")
        hear(room, {"alice": {"dave"}, "dave": {"alice"}, "bob": {"alice", "dave"}, "carol": {"alice", "dave"}}, "dave talks, too")
        recoded(room, "mixed", [alice, dave])
        bob.change_codec(OPUS)
        hear(room, {"alice": {"dave"}, "dave": {"alice"}, "bob": {"alice", "dave"}, "carol": {"alice", "dave"}}, "a listener changes")
        dave.press("#")
        room.heard_by_all(alice)
        alice.press("#")
        room.nobody()
        room.until(lambda: len(folder.sheets()) == 2, "both spurts are recorded")
        sheet = next(s for s in folder.sheets() if s["member"] == "alice")
        counts, frames = recorded.said_in(folder.file(sheet), sorted(room.who))
        ok(set(counts) == {alice.tone} and counts[alice.tone] > .85 * frames,
           "her whole talk is in its file, in whichever codec it was said: %s of %d frames" % (counts, frames))


@feature(**group("alice bob", codecs='[ "PCMA", "PCMU" ]'))
def codec_is_chosen(server):
    """The group's order decides; who has none of them is refused."""
    with Room(server) as room:
        alice = room.phone("alice", codecs=(PCMU, PCMA)).join(mic=-1)
        ok(alice.answer["audio"]["types"][0] == 8 and 101 in alice.answer["audio"]["types"],
           "PCMA is wanted most, telephone-event is answered: %s" % alice.answer["audio"]["types"])
        bob = room.phone("bob", codecs=(PCMU,), events=False).join(mic=-1)
        ok(bob.answer["audio"]["types"] == [0], "PCMU where there is no other; no events where none are offered")
        alice.press("*")
        room.heard_by_all(alice)
        bob.leave()
        again = room.phone("bob", codecs=(G722_,))
        sent = again.dial()
        refused = again.expect(488, call_id=sent.call_id)
        again.ack_failure(sent, refused)
        ok(True, "no codec in common: 488")


def hear(room, whom, text):
    room.until(lambda: all((p.hears() or set()) == whom.get(p.user, set()) for p in room.in_call()), text)


@feature(**group("alice bob carol dave", talkers="2"))
def two_talkers(server):
    """Both are heard, mixed; neither hears itself; a third one waits."""
    with Room(server) as room:
        alice, bob, carol, dave = room.gather("alice", "bob", "carol", "dave", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        bob.press("*")
        hear(room, {"alice": {"bob"}, "bob": {"alice"}, "carol": {"alice", "bob"}, "dave": {"alice", "bob"}},
             "two talkers: each hears the other, all others both")
        carol.press("*")
        room.goes_on(15)
        hear(room, {"alice": {"bob"}, "bob": {"alice"}, "carol": {"alice", "bob"}, "dave": {"alice", "bob"}},
             "a third one waits")
        alice.press("#")
        hear(room, {"alice": {"bob", "carol"}, "bob": {"carol"}, "carol": {"bob"}, "dave": {"bob", "carol"}},
             "until one of them gives back")
        bob.press("#")
        room.heard_by_all(carol)
        carol.press("#")
        room.nobody()
        for phone in room.phones:
            assert len({p.ssrc for p in phone.got}) == 1
            assert all((b.sequence - a.sequence) & 0xffff == 1 for a, b in zip(phone.got, phone.got[1:])), phone
        ok(True, "each had one stream all the time")


class Words:
    """Says a word with each frame: one loud step of PCMU, up and down."""
    STEPS = bytes(range(0x80, 0xc0, 4))
    TURN = STEPS + STEPS[-2:0:-1]

    def __init__(self):
        self.said = b""

    def frame(self, _):
        word = self.TURN[len(self.said) % len(self.TURN):][:1]
        self.said += word
        return word * FRAME

    def heard(self, packets):
        """The words in what came, or None where something was guessed or blended between them: a phone's packets were late,
        on a busy machine, and what a mix makes of that is another matter."""
        sound = b"".join(p.payload for p in packets).translate(None, b"\x7f\xff")
        return None if sound.translate(None, self.STEPS) else sound


@feature(**group("alice bob carol dave", talkers="2", tones="false"))
def each_word_once(server):
    """A second talker begins and ends: whom packets are forwarded to, and mixed for meanwhile, hear each of the first once."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=0)
        room.phone("dave", codecs=(PCMA,)).join(mic=0)
        alice.press("*")
        good = 0
        for n in range(20):
            room.goes_on(15)
            straight, since = alice.end.rtp, time.monotonic()
            alice.mouth, alice.end.rtp = Words(), InBunches(straight, 2)
            room.goes_on(20 + n % 4)
            bob.press("*")
            room.goes_on(10)
            bob.press("#")
            room.goes_on(65)                            # until one is left for more than a second
            alice.end.rtp.flush()
            said, alice.mouth, alice.end.rtp = alice.mouth, Mouth(PCMU), straight
            alice.speak(0)
            room.goes_on(15)
            heard = said.heard(carol.frames(since))
            wanted = bytes(word for word in said.said for _ in range(FRAME))
            assert heard in (None, wanted), "said: %s\nheard: %s" % (
                said.said.hex(" "), " ".join("%02x:%d" % (word, len(list(same))) for word, same in itertools.groupby(heard)))
            good += heard is not None
            if good == 3:
                break
        ok(good == 3, "three times carol heard each word once")
        ok(all((b.sequence - a.sequence) & 0xffff == 1 for a, b in zip(carol.got, carol.got[1:])), "in one stream")


@feature(**group("alice bob carol dave erin", floor='"open"'))
def conference(server):
    """No floor: three who speak are heard by each other and by all, none hears itself."""
    with Room(server) as room:
        phones = room.gather("alice", "bob", "carol", "dave", "erin")
        alice, bob, carol, dave, erin = phones
        three = {"alice", "bob", "carol"}
        for n, phone in enumerate((alice, bob, carol)):
            phone.speak()
            speaking = sorted(three)[:n + 1]
            hear(room, {p.user: set(speaking) - {p.user} for p in phones}, "%s: all hear the others" % "+".join(speaking))
        room.goes_on(20)
        bob.speak(0)
        hear(room, {p.user: {"alice", "carol"} - {p.user} for p in phones}, "bob is silent")
        carol.leave()
        hear(room, {p.user: {"alice"} - {p.user} for p in phones}, "carol has left")
        alice.speak(0)
        room.nobody()
        ok(not [s for s in dave.story() if "dave" in s or "erin" in s], "nobody else was heard")


@feature(**group("alice bob carol dave", floor='"open"'))
def conference_of_codecs(server):
    with Room(server) as room:
        phones = babel(room, ("alice", "bob", "carol", "dave"), mic=0)
        names = {p.user for p in phones}
        for phone in phones[:3]:
            phone.speak()
        hear(room, {p.user: names - {"dave", p.user} for p in phones}, "three of three codecs are mixed for each of four")
        dave = phones[3]
        dave.speak()
        phones[0].speak(0)
        hear(room, {p.user: names - {"alice", p.user} for p in phones}, "Opus is in the mix, too")


HIGH = 12000                                # no codec but Opus has that


@feature(**group("alice bob carol dave", floor='"open"'))
def conference_in_full_band(server):
    """Who speaks Opus hears what is above 8 kHz of others who do, mixed; who speaks PCMU hears the rest."""
    if not OPUS.here:
        raise Skip("no library here speaks Opus")
    with Room(server) as room:
        alice, bob, carol = (room.phone(user, codecs=(OPUS,)).join() for user in ("alice", "bob", "carol"))
        dave = room.phone("dave", codecs=(PCMU,)).join()
        for phone in (alice, bob):
            phone.mouth = FullBand()
        alice.mouth.tones = (HIGH,)
        for phone in (alice, bob):
            phone.speak()
        hear(room, {"alice": {"bob"}, "bob": {"alice"}, "carol": {"alice", "bob"}, "dave": {"alice", "bob"}},
             "alice and bob are mixed for all")
        since = time.monotonic()
        room.goes_on(50)
        for phone, is_heard in ((carol, True), (bob, True), (alice, False)):
            ear = FullBand()
            loud = [n for n, p in [(ear.loudness(p.payload, HIGH), p) for p in phone.frames(since)]
                    if not is_heard or alice.tone in p.sound.tones]
            middle = sorted(loud)[len(loud) // 2]
            ok(middle > 1000 if is_heard else middle < 200, "%s: %d of alice's %d Hz" % (phone, middle, HIGH))


@feature(**group("alice bob carol", floor='"open"'))
def conference_of_a_narrow_band(server):
    """Where no phone plays more than 16 kHz (a=fmtp) there is nothing above 8 kHz to be sent."""
    if not OPUS.here:
        raise Skip("no library here speaks Opus")
    narrow = Codec("opus", 111, OPUS.make, clock=48000, rtpmap="opus/48000/2",
                   fmtp="maxplaybackrate=16000; sprop-maxcapturerate=16000")
    with Room(server) as room:
        alice, bob, carol = (room.phone(user, codecs=(narrow,)).join() for user in ("alice", "bob", "carol"))
        for phone in (alice, bob):
            phone.mouth = FullBand()
            phone.mouth.tones = (HIGH,)
            phone.speak()
        hear(room, {"alice": {"bob"}, "bob": {"alice"}, "carol": {"alice", "bob"}}, "alice and bob are mixed for carol")
        since, ear = time.monotonic(), FullBand()
        room.goes_on(50)
        loud = sorted(ear.loudness(p.payload, HIGH) for p in carol.frames(since))
        ok(loud[len(loud) // 2] < 200, "carol: %d of %d Hz" % (loud[len(loud) // 2], HIGH))


@feature(**group("alice bob carol dave", floor='"open"', talkers="2"))
def conference_of_the_loudest(server):
    """Only so many are mixed: the loudest."""
    with Room(server) as room:
        alice, bob, carol, dave = room.gather("alice", "bob", "carol", "dave", mic=-1)
        room.until(lambda: len(dave.hears() or ()) == 2 and "dave" not in dave.hears() or dave.hears() is None,
                   "not more than two are heard")
        room.goes_on(30)
        ok(all(len(s.split("+")) <= 2 for s in dave.story()), "ever: %s" % dave.story()[-3:])
