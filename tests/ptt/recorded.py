# SPDX-License-Identifier: Apache-2.0
"""recorded: the sound of each talk spurt lies in a file, and is what was said."""
import array
import json
import os

from feature import ctl, feature, ok
from groups import group
from room import Room
from rtp_end import InBunches
from voice import FRAME, OPUS, PCMA, PCMU, RATE, G722_, measure


def packets_of(data):
    """The packets of an Ogg file whose packets do not cross pages (RFC 3533 section 6)."""
    at, found = 0, []
    while at < len(data):
        assert data[at:at + 4] == b"OggS", "a page at %d" % at
        lacing = data[at + 27:at + 27 + data[at + 26]]
        body, length = at + 27 + len(lacing), 0
        for size in lacing:
            length += size
            if size < 255:
                found.append(data[body:body + length])
                body, length = body + length, 0
        last, at = data[at + 5] & 4, body
    assert last, "the last page says that it is the last"
    return found


def samples_of(path):
    """What is in a file, at 8 kHz."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] == b"RIFF":
        assert int.from_bytes(data[40:44], "little") == len(data) - 44, "its length is in its header"
        return array.array("h", data[44:])
    head, tags, *packets = packets_of(data)
    assert head[:8] == b"OpusHead" and tags[:8] == b"OpusTags", (head, tags)
    decoder = OPUS.make()
    return [sample for packet in packets for sample in decoder.decode(packet)]


def said_in(path, wanted):
    """Frames in which each tone is heard: {hertz: frames}, and how many frames there are."""
    samples, counts = samples_of(path), {}
    frames = len(samples) // FRAME
    for n in range(frames):
        for tone in measure(samples[n * FRAME:(n + 1) * FRAME], wanted).tones:
            counts[tone] = counts.get(tone, 0) + 1
    return counts, frames


def talks(server):
    return json.loads(ctl(server, "--json", "group", "talks", "ops").stdout)["talks"]


class Folder:
    def __init__(self, server, name="talks"):
        self.path = os.path.join(server.folder, name)

    def sheets(self):
        """What lies beside the files that are whole, oldest first."""
        if not os.path.isdir(self.path):
            return []
        found = []
        for name in sorted(os.listdir(self.path)):
            if name.endswith(".json"):
                with open(os.path.join(self.path, name)) as file:
                    found.append(json.load(file))
        return found

    def file(self, sheet):
        return os.path.join(self.path, sheet["file"])


@feature(**group(record='"talks"', preempt='"priority"', priorities={"bob": 5}))
def recorded(server):
    """Who spoke, and nobody else, is in the file of his spurt."""
    folder = Folder(server)
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        for talker in (alice, bob):
            talker.press("*")
            room.heard_by_all(talker)
            room.goes_on(50)
        bob.press("#")
        room.nobody()
        room.until(lambda: len(folder.sheets()) == 2, "two files are whole")
        for sheet, phone, why in zip(folder.sheets(), (alice, bob), ("preempted", "released")):
            ok((sheet["group"], sheet["member"], sheet["trigger"], sheet["why"]) == ("ops", phone.user, "dtmf", why),
               "%(file)s: %(member)s, %(why)s" % sheet)
            ok(sheet["dropped"] == 0 and sheet["codec"] == "PCMU", "nothing is missing")
            tones, frames = said_in(folder.file(sheet), [p.tone for p in room.phones])
            ok(set(tones) == {phone.tone}, "nobody else is in it: %s of %d frames" % (tones, frames))
            same = [t for t in talks(server) if t["began"] == sheet["began"]]
            ok(len(same) == 1 and {k: sheet[k] for k in same[0]} == same[0], "`group talks` says the same by the same names: %s" % same)
            line = 'group="ops" member="%(member)s" began=%(began)s length_ms=%(length_ms)s trigger=%(trigger)s why=%(why)s ' \
                   'priority=%(priority)d emergency=false packets=%(packets)d lost=%(lost)d grant_us=%(grant_us)d clipped=%(clipped)d' % sheet
            room.until(lambda: line in server.log(), "and so does the log: %s" % line)
            ok(tones[phone.tone] >= 50 and abs(frames * 20 - sheet["sound_ms"]) <= 40, "all of it is")


@feature(**group(record='"talks"', codecs='[ "PCMU", "PCMA", "opus", "G722" ]'))
def recorded_in_each_codec(server):
    folder = Folder(server)
    with Room(server) as room:
        codecs = [c for c in (PCMU, PCMA, OPUS, G722_) if c.here]
        phones = [room.phone(user, codecs=(codec,)) for user, codec in zip(("alice", "bob", "carol"), codecs[1:])]
        for phone in phones:
            phone.join(mic=-1)
        for phone in phones:
            phone.press("*")
            room.until(lambda: phone.beeps(), "%s has the floor" % phone)
            room.goes_on(50)
            phone.press("#")
            room.goes_on(10)
        room.until(lambda: len(folder.sheets()) == len(phones), "a file for each")
        for sheet, phone in zip(folder.sheets(), phones):
            ok((sheet["member"], sheet["codec"].lower()) == (phone.user, phone.codecs[0].name.lower()), "%(member)s, %(codec)s" % sheet)
            tones, frames = said_in(folder.file(sheet), [p.tone for p in room.phones])
            ok(max(tones, key=tones.get) == phone.tone and tones[phone.tone] >= 45, "the tone is in it: %s of %d" % (tones, frames))


@feature(**group(record='"talks"'))
def recorded_in_order(server):
    """What is overtaken on its way to the server is in the file, too."""
    folder = Folder(server)
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=0)
        alice.press("*")
        room.goes_on(10)
        alice.speak()
        straight, alice.end.rtp = alice.end.rtp, InBunches(alice.end.rtp, 8, is_reversed=True)
        since = alice.sent
        room.goes_on(100)
        said = alice.sent - since - len(alice.end.rtp.held)
        alice.end.rtp.flush()
        alice.end.rtp = straight
        alice.speak(0)
        alice.press("#")
        room.until(lambda: folder.sheets(), "the file is whole")
        tones, frames = said_in(folder.file(folder.sheets()[0]), [alice.tone, bob.tone])
        ok(set(tones) == {alice.tone} and tones[alice.tone] >= said * .97, "all of it: %s of %d frames, %d said" % (tones, frames, said))


@feature(**group(record='"talks"'))
def recorded_when_the_server_stops(server):
    """What is said until then is whole."""
    folder = Folder(server)
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        room.goes_on(50)
        server.stop()
    sheets = folder.sheets()
    ok(len(sheets) == 1, "one file")
    tones, frames = said_in(folder.file(sheets[0]), [alice.tone, bob.tone])
    ok(set(tones) == {alice.tone} and tones[alice.tone] >= 50, "it is whole: %s of %d frames" % (tones, frames))


@feature(**group())
def not_recorded_by_default_and_then_by_a_reload(server):
    folder = Folder(server)
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        alice.press("#")
        room.nobody()
        server.extra = server.extra.replace("{ name", '{ record = "talks"; name', 1)
        server.write()
        ok(ctl(server, "config", "reload").returncode == 0, "reloaded")
        room.until(lambda: json.loads(ctl(server, "--json", "metrics").stdout)["daemon_reloads"] == 1, "every worker has it")
        alice.press("*")
        room.heard_by_all(alice)
        room.goes_on(20)
        alice.press("#")
        room.until(lambda: len(folder.sheets()) == 1, "the talk after the reload is recorded, the one before is not")


@feature(**group(record='"folder-that-is-a-file"'))
def a_disk_that_fails(server):
    """Costs the recording and nothing else."""
    with open(os.path.join(server.folder, "folder-that-is-a-file"), "w"):
        pass
    with Room(server) as room:
        alice, bob = room.gather("alice", "bob", mic=-1)
        for _ in range(3):
            alice.press("*")
            room.heard_by_all(alice)
            alice.press("#")
            room.nobody()
        room.until(lambda: server.log().count("record_failed") == 1, "it is said, once")


assert RATE == 8000
