# SPDX-License-Identifier: Apache-2.0
"""triggers: buttons that are none: voice, an opened microphone, hold and resume, a radio's bits; and the tones that tell a
phone without a display."""
import itertools
import json
import struct
import time

from feature import Skip, ctl, feature, ok
from groups import group
from phone import KEYS, RADIO
from room import Room
from stage import TICK
from voice import EVENTS, G722_, OPUS, PCMA, PCMU

NORMAL, PRIORITY, EMERGENCY, TEST = 1, 3, 4, 5  # kinds of PTT of a radio


def voice_of(phone, talker, since=0.0):
    """How many frames of the talker's tone came."""
    return sum(talker.tone in p.sound.tones for p in phone.frames(since))


@feature(**group(triggers='[ "vox" ]'))
def vox(server):
    """Speech asks, silence gives back; nothing of the speech is lost."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol")
        room.goes_on(20)
        for n in range(2):
            alice.speak()
            at, heard = alice.sent, voice_of(bob, alice)
            room.heard_by_all(alice, "alice speaks, and is heard")
            room.goes_on(20)
            alice.speak(0)
            spoken = alice.sent - at
            room.until(lambda: voice_of(bob, alice) - heard >= spoken, "each frame of it: %d" % spoken)
            room.talks_end(n + 1, "she is silent: the floor is free")
            room.nobody("nobody is heard")
        ok(carol.story() == ["alice", "alice"], "carol heard her twice")

        def goes_on_behind_him():
            """alice begins while bob speaks, and is not silent when he is: whether he alone is heard."""
            ended, since = room.talks(), time.monotonic()
            bob.speak()
            room.heard_by_all(bob, "bob speaks")
            alice.speak()
            room.goes_on(20)
            bob.speak(0)
            room.talks_end(ended + 1, "bob is silent: the floor is free")
            room.goes_on(40)
            story = carol.story(since)
            alice.speak(0)
            room.talks_end(ended + len(story), "so is alice")
            room.nobody()
            room.goes_on(50)
            return story == ["bob"]
        # a pause of the machine's is one of hers, if it is as long
        room.holds(goes_on_behind_him, "alice spoke while he did: she has to begin again", 0.15)
        alice.speak()
        room.heard_by_all(alice, "she does")
        ok(carol.story()[-2:] == ["bob", "alice"], "carol heard bob, then alice")
        alice.press("*")
        carol.info("*")
        room.goes_on(10)
        room.heard_by_all(alice, "keys are no buttons here")


@feature(**group(triggers='[ "vox" ]'))
def vox_answered_at_once(server):
    """Who answers while the talker's hang time goes on is heard when it is over, from the syllables before on; who goes on
    talking keeps the floor."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol")
        room.goes_on(20)
        alice.speak()
        room.heard_by_all(alice)
        room.goes_on(20)
        alice.speak(0)
        room.goes_on(10)
        bob.speak()
        room.heard_by_all(bob, "bob's answer is heard, which began in alice's hang time")
        bob.speak(0)
        room.goes_on(10)
        alice.speak()
        room.goes_on(5)
        bob.speak()
        room.goes_on(60)
        room.heard_by_all(bob, "bob goes on: alice's answer does not count")
        heard = [name for name, _ in itertools.groupby(carol.story())]
        ok(heard == ["alice", "bob"], "carol heard alice, then bob, whose pause is no talk of another's")


@feature(**group(triggers='[ "vox", "dtmf" ]', preempt='"priority"', priorities={"bob": 9}))
def vox_never_preempts(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol")
        alice.speak()
        room.heard_by_all(alice)
        bob.speak()
        room.goes_on(40)
        room.heard_by_all(alice, "voice takes nothing from anybody")
        bob.press("*")
        room.heard_by_all(bob, "a key does")
        ok(carol.story() == ["alice", "bob"], "carol heard alice, then bob")


@feature(**group(triggers='[ "vox" ]'))
def vox_by_level(server):
    """RFC 6464: the phone says itself whether it is voice."""
    with Room(server) as room:
        alice, bob, carol = room.phone("alice"), room.phone("bob"), room.phone("carol")
        alice.level = 127
        for phone in (alice, bob, carol):
            phone.join()
        ok(any("ssrc-audio-level" in line for line in alice.answer["audio"]["lines"]), "the extension is answered")
        ok(not any("extmap" in line for line in bob.answer["audio"]["lines"]), "where it was offered")
        alice.speak()
        alice.level = 40
        room.goes_on(30)
        room.nobody("loud, but no voice")
        alice.level = 0x80 | 30
        room.heard_by_all(alice, "voice")
        alice.level = 127
        room.nobody("none any more")
        ok(carol.story() == ["alice"], "heard once")


@feature(**group(triggers='[ "mute" ]'))
def unmute(server):
    """The microphone is opened: asks; it is closed, and no packet comes: gives back."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=None)
        for n, phone in enumerate((alice, bob, alice), 1):
            phone.speak()
            room.heard_by_all(phone, "%s opens the microphone" % phone)
            phone.speak(None)
            room.talks_end(n, "and closes it: the floor is free")
            room.nobody("nobody is heard")
        room.stories(["alice", "bob", "alice"], "they were heard so")


@feature(**group(triggers='[ "hold" ]'))
def hold(server):
    """Only a later change of direction is a button."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        room.goes_on(10)
        room.nobody("to join with sendrecv asks for nothing")
        alice.reinvite("recvonly")
        ok(any(line == "a=sendonly" for line in alice.answer["audio"]["lines"]), "recvonly is answered sendonly")
        room.goes_on(10)
        room.nobody("nor does recvonly")
        alice.reinvite("sendrecv")
        room.heard_by_all(alice, "sendrecv again: alice is heard")
        bob.reinvite("sendonly")
        ok(any(line == "a=recvonly" for line in bob.answer["audio"]["lines"]), "sendonly is answered recvonly")
        room.heard_by_all(alice, "alice goes on", among=[alice, carol])
        alice.reinvite("inactive")
        room.nobody("alice is on hold: nobody is heard", among=[carol])
        bob.reinvite("sendrecv")
        room.until(lambda: carol.hears() == {"bob"}, "bob resumes: he is heard")
        ok(not alice.hears(), "not by alice, who does not want to hear")
        bob.reinvite("recvonly")
        room.nobody("bob is on hold", among=[bob, carol])
        ok(carol.story() == ["alice", "bob"], "carol heard alice, then bob")


@feature(**group())
def hold_is_no_button(server):
    """By default a phone on hold is a member that does not listen; it keeps no floor waiting either."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.reinvite("sendonly")
        alice.reinvite("sendrecv")
        room.goes_on(10)
        room.nobody("resumed: no button was pressed")
        bob.press("*")
        room.heard_by_all(bob)
        carol.reinvite("sendonly")
        room.until(carol.gets_nothing, "who is on hold gets no sound")
        count = len(carol.got)
        room.goes_on(15)
        ok(len(carol.got) == count, "as long as it is")
        carol.reinvite("sendrecv")
        room.heard_by_all(bob, "and does when it comes back")


def radios(room, *users, keeps_alive=(200, 10)):
    phones = [room.phone(user) for user in users]
    for phone in phones:
        phone.keeps_alive = keeps_alive
        phone.push(0)
        phone.join(mic=None)
    return phones


@feature(**group("alice bob carol", triggers='[ "ed137", "dtmf" ]', preempt='"priority"', priorities={"bob": 100, "alice": 1}))
def radio(server):
    """ED-137 style: the button is a bit of each packet."""
    with Room(server) as room:
        alice, bob = radios(room, "alice", "bob")
        carol, = room.gather("carol", mic=-1)
        alice.push(NORMAL)
        alice.speak()
        room.heard_by_all(alice, "PTT on: alice is heard")
        bob.push(NORMAL)
        bob.speak()
        room.heard_by_all(bob, "bob, of higher priority, takes the floor")
        alice.push(0)
        room.goes_on(5)
        alice.push(NORMAL)
        room.goes_on(10)
        room.heard_by_all(bob, "alice presses again meanwhile")
        bob.push(0)
        room.heard_by_all(alice, "he lets go: alice has waited with her button down")
        alice.push(0)
        room.nobody("she lets go")
        room.goes_on(10)
        carol.press("*")
        room.heard_by_all(carol, "a phone with keys is in the same group")
        alice.push(EMERGENCY)
        room.heard_by_all(alice, "type 4 is an emergency: it takes the floor")
        alice.push(0)
        ok(carol.story() == ["alice", "bob", "alice", "alice"], "carol heard alice, bob, alice, alice")


@feature(**group("alice bob carol", triggers='[ "ed137", "dtmf" ]', preempt='"priority"', priorities={"alice": 250, "bob": 220}))
def radio_kinds(server):
    """Type 3 is not less than type 1 of the same radio; type 5 tries the button and asks for nothing."""
    with Room(server) as room:
        alice, bob = radios(room, "alice", "bob")
        carol, = room.gather("carol", mic=-1)
        bob.push(TEST)
        bob.speak()
        room.goes_on(15)
        room.nobody("a test is heard by nobody")
        bob.push(NORMAL)
        room.heard_by_all(bob)
        alice.push(PRIORITY)
        alice.speak()
        room.heard_by_all(alice, "type 3 of 250 takes the floor from 220")
        alice.push(0)
        alice.speak(None)
        room.heard_by_all(bob, "bob has kept his down")


@feature(**group("alice bob carol", triggers='[ "ed137", "dtmf" ]'))
def radio_dies(server):
    """A radio that is not heard for as long as was agreed has let go, long before the end of RTP would be noticed."""
    with Room(server) as room:
        alice, = radios(room, "alice", keeps_alive=(100, 4))
        bob, carol = room.gather("bob", "carol", mic=-1)
        lines = alice.answer["audio"]["lines"]
        ok("a=R2S-KeepAlivePeriod:100" in lines and "a=R2S-KeepAliveMultiplier:4" in lines, "what it offers is agreed: %s" % lines)
        alice.push(NORMAL)
        alice.speak()
        room.heard_by_all(alice)
        bob.press("*")
        room.goes_on(10)
        alice.hush()
        room.heard_by_all(bob, "bob has waited for it")
        talk = json.loads(ctl(server, "--json", "group", "talks", "ops").stdout)["talks"][-1]
        ok((talk["member"], talk["why"]) == ("alice", "media_ended"), "the record says why: %s" % talk)


@feature(**group("alice bob carol", triggers='[ "ed137" ]'))
def radio_is_told(server):
    """The talker by its PTT-id, listeners by squelch; a keep-alive when nobody talks."""
    with Room(server) as room:
        alice, bob, carol = radios(room, "alice", "bob", "carol")
        lines = alice.answer["audio"]["lines"]
        ids = {p.user: next((int(line[9:]) for line in p.answer["audio"]["lines"] if line.startswith("a=ptt-id:")), None)
               for p in (alice, bob, carol)}
        ok(None not in ids.values() and len(set(ids.values())) == 3, "each is given a PTT-id: %s" % ids)
        ok(any("R2S/8000" in line for line in lines), "R2S is answered")
        room.until(lambda: all(any(p.extension and p.extension[0] == RADIO for p in r.got) for r in room.phones),
                   "keep-alive with the extension")

        def bits(phone):
            last = [p for p in phone.got if p.extension and p.extension[0] == RADIO][-1]
            word, = struct.unpack("!H", last.extension[1][:2])
            return word >> 13, bool(word & 0x1000), word >> 6 & 0x3f
        alice.push(NORMAL)
        alice.speak()
        room.heard_by_all(alice)
        room.until(lambda: bits(bob)[1] and bits(carol)[1], "listeners: squelch is open")
        room.until(lambda: bits(alice)[0] == NORMAL and bits(alice)[2] == ids["alice"], "the talker: its PTT-id")
        alice.push(0)
        room.nobody()
        room.until(lambda: not bits(bob)[1], "squelch is closed")


def tones(phone, since):
    return [b for b in phone.beeps(since) if b[1] >= 40]


def told(room, phone, since, count):
    """The tones that it hears: waits for so many, and whether there are more."""
    room.stage.until(lambda: len(tones(phone, since)) >= count)
    room.goes_on(35)
    return tones(phone, since)


@feature(**group("alice bob carol dave", queue="1", preempt='"priority"', priorities={"dave": 9}))
def beeps(server):
    """Granted, queued, denied, revoked: told apart by number and pitch, on one leg alone."""
    with Room(server) as room:
        room.named("nobody", 450)                       # too near to the server's lowest: not for a talker here
        alice, bob, carol, dave = room.gather("alice", "bob", "carol", "dave", mic=-1)
        room.goes_on(5)
        alice.press("*")
        room.heard_by_all(alice)
        granted = told(room, alice, 0, 1)
        ok(len(granted) == 1, "granted: one beep, %s" % granted)
        bob.press("*")
        queued = told(room, bob, 0, 2)
        ok(len(queued) == 2 and queued[0][0] < queued[1][0], "queued: a rising pair, %s" % queued)
        carol.press("*")
        denied = told(room, carol, 0, 2)
        ok(len(denied) == 2 and abs(denied[0][0] - denied[1][0]) <= 50, "denied: a double beep, %s" % denied)
        ok(denied[0][0] < granted[0][0], "lower than granted")
        ok(len(tones(alice, 0)) == 1, "alice heard nothing of it")
        since = time.monotonic()
        dave.press("*")
        room.until(lambda: carol.hears() == {"dave"}, "dave takes the floor")
        revoked = told(room, alice, since, 3)
        ok(len(revoked) == 3, "revoked: three beeps, %s" % revoked)
        ok(len(tones(dave, since)) == 1 and not tones(bob, since) and not tones(carol, since), "only dave heard one, too")
        ok(bob.story() == carol.story() == ["alice", "dave"], "tones are in nobody's way")


@feature(**group("alice bob carol"))
def beeps_when_nothing_is_sent(server):
    """The floor of a phone that sends no packets ends (T1): its user hears so. Who asks too often hears that, once a second."""
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        since = time.monotonic()
        alice.speak(None)
        room.talks_end(1, "she sends nothing: the floor is free")
        room.until(lambda: len(tones(alice, since)) == 3, "revoked: three beeps")
        ok(not tones(bob, since), "bob hears none of it")
        since = time.monotonic()
        for n in range(40):
            for key in "*#":
                bob._put(EVENTS, struct.pack("!BBH", KEYS[key], 10, 160), 1, bob.stamp + n * 320 + (key == "#") * 160)
        bob.stamp += 40 * 320
        room.goes_on(35)
        low = [b for b in tones(bob, since) if b[0] < 450]
        ok(len(low) == 2, "denied, told once: %s" % tones(bob, since))


@feature(**group(roger_tone="true"))
def roger(server):
    """Who gives the floor back hears that it was understood; who loses it does not."""
    with Room(server) as room:
        room.named("nobody", 450)
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        room.goes_on(20)
        since = time.monotonic()
        alice.press("#")
        room.nobody()
        room.goes_on(25)
        heard = tones(alice, since)
        ok(len(heard) == 2 and heard[0][0] > heard[1][0], "roger: a falling pair, %s" % heard)
        ok(not tones(bob, 0) and not tones(carol, 0), "to alice alone")


def hears_both(room, talker, phone, expected, text):
    """The phone presses in vain, and hears the talker and these beeps (Hz) at once, in one stream without a gap."""
    room.goes_on(20)
    since = time.monotonic()
    phone.press("*")
    room.stage.until(lambda: tones(phone, since)[len(expected) - 1:])
    room.goes_on(35)
    frames = phone.frames(since)
    stolen = int(room.stage.stood(since - 0.1) / TICK)      # frames that the talker could not say in time, or the server not hear
    alone = [p for p in frames if talker.tone not in p.sound.tones]
    ok(len(alone) <= 3 + stolen, "%s (%s): the talk goes on, but for %d of %d" % (phone, phone.codec, len(alone), len(frames)))
    for hz in expected:
        found = [p for p in frames if abs(p.sound.beep - hz) <= 50 and (stolen or talker.tone in p.sound.tones)]
        ok(len(found) >= 3, "%s, with a beep of %d Hz over it: %d frames" % (text, hz, len(found)))
    steps = {(b.sequence - a.sequence & 0xffff, b.stamp - a.stamp & 0xffffffff) for a, b in zip(frames, frames[1:])}
    ok({n for n, _ in steps} == {1} and len({p.ssrc for p in frames}) == 1, "one stream: %s" % steps)
    ok(stolen or steps == {(1, phone.codec.step)}, "whose time stamps know no pause: %s" % steps)


def over_talk(server, codec):
    if not codec.here:
        raise Skip("no library here speaks %s" % codec)
    with Room(server) as room:
        room.named("nobody", 450)                       # as above
        alice, bob, carol, dave, erin = room.gather("alice", "bob", "carol", "dave", "erin", mic=-1, codecs=(codec,))
        alice.press("*")
        room.heard_by_all(alice)
        hears_both(room, alice, bob, (600, 900), "queued")
        hears_both(room, alice, carol, (350,), "denied")
        since = time.monotonic()
        room.goes_on(20)
        said, stolen = set(alice.mouth.said), int(room.stage.stood(since - 0.1) / TICK)
        for phone in (bob, carol, dave, erin):
            others = [p for p in phone.frames(since)[2:-2] if p.payload not in said]
            assert len(others) <= stolen, "%s is forwarded to as before, but for %d frames" % (phone, len(others))
            assert not [b for b in phone.beeps(since)], "%s hears no beep" % phone
        ok(True, "then all get alice's packets as she sent them")
        assert not tones(dave, 0) and not tones(erin, 0)
        ok(True, "nobody else heard a beep")


@feature(**group("alice bob carol dave erin", queue="1"))
def beeps_over_g722(server):
    over_talk(server, G722_)


@feature(**group("alice bob carol dave erin", queue="1"))
def beeps_over_opus(server):
    over_talk(server, OPUS)


@feature(**group("alice bob carol dave", queue="1"))
def beeps_over_a_mix(server):
    """Who hears the talker in another codec hears him and the beep, too."""
    with Room(server) as room:
        room.named("nobody", 450)
        alice = room.phone("alice", codecs=(PCMU,)).join(mic=-1)
        others = [room.phone(user, codecs=(codec,)).join(mic=-1) for user, codec in
                  (("bob", G722_), ("carol", OPUS), ("dave", PCMA)) if codec.here]
        alice.press("*")
        room.heard_by_all(alice)
        for n, phone in enumerate(others):
            hears_both(room, alice, phone, (600, 900) if n == 0 else (350,), "queued" if n == 0 else "denied")


def speaks_in_vain(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=0)
        room.goes_on(60)
        since = time.monotonic()
        alice.speak()
        room.until(lambda: len(tones(alice, since)) == 2, "alice speaks without the floor: a double beep")
        room.goes_on(100)
        told = tones(alice, since)
        ok(len(told) == 2 and abs(told[0][0] - told[1][0]) <= 50, "denied, and once for all that she says: %s" % told)
        ok(not tones(bob, 0) and not tones(carol, 0), "those who are silent hear none")
        alice.speak(0)
        room.goes_on(60)
        since = time.monotonic()
        bob.speak()
        bob.press("*")
        room.heard_by_all(bob)
        carol.speak()                                   # as a microphone does that hears its loudspeaker
        room.goes_on(100)
        bob.press("#")
        room.nobody()
        room.goes_on(20)
        ok(not tones(carol, since), "nobody is told while another talks, nor for what goes on behind it")
        ok(len(tones(bob, since)) == 1, "bob's own last words are not answered: one beep, granted")
        ok(alice.story() == ["bob"] and not (bob.story() or [n for n in carol.story() if n != "bob"]), "who had not the floor was heard by nobody")


@feature(**group(refuse_tone="true"))
def speaking_without_the_floor(server):
    """refuse_tone: who begins to speak and has not the floor is told so; silent phones, and who hears another, are not."""
    speaks_in_vain(server)


@feature(**group(refuse_tone="true", media='{ relay = "always"; ports = PORTS(500); threads = 2; group_budget = 1; }'))
def speaking_without_the_floor_elsewhere(server):
    """The same, on another thread than the group's."""
    speaks_in_vain(server)


@feature(**group())
def speaking_without_the_floor_is_not_answered(server):
    """By default an open microphone is not told of each word that it hears."""
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=0)
        room.goes_on(60)
        alice.speak()
        room.goes_on(60)
        ok(not alice.beeps() and not bob.beeps(), "no tone")
        ok(not bob.story(), "and nobody is heard")


@feature(**group(tones="false"))
def beeps_are_off(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        bob.press("*")
        room.goes_on(30)
        alice.press("#")
        room.heard_by_all(bob)
        ok(not any(p.beeps() for p in room.phones), "nobody hears a beep")
