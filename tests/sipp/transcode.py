# SPDX-License-Identifier: Apache-2.0
"""transcode: ends that share no codec: a tone is heard all the same, keys are pressed, and who agrees is left alone."""
import math
import re
import struct
import time

from call import asked, eventually, sessions_end
from feature import ctl, feature, ok
from rtp_end import RtpEnd, audio_of
from sip_ua import Dialog, Phone

ALWAYS = '{ relay = "always"; ports = [ 22000, 27999 ]; threads = 1; }'
B2BUA = '{ mode = "b2bua"; }'
EVENTS = 101
RATE, TONE, FRAME = 8000, 400, 160


def from_ulaw(byte):
    """ITU-T G.711, table 2."""
    byte = ~byte & 0xff
    value = (((byte & 15) << 3) + 132 << (byte >> 4 & 7)) - 132
    return -value if byte & 128 else value


def from_alaw(byte):
    """ITU-T G.711, table 1."""
    byte ^= 0x55
    segment, value = byte >> 4 & 7, ((byte & 15) << 4) + 8
    if segment:
        value = value + 256 << segment - 1
    return value if byte & 128 else -value


class Codec:
    """How a phone of these tests speaks."""

    def __init__(self, name, payload_type, decode=None, rtpmap=None, fmtp=None, events="telephone-event/8000"):
        self.name, self.payload_type, self.decode, self.rtpmap, self.fmtp = name, payload_type, decode, rtpmap, fmtp
        self.events = events

    def tone(self):
        """20 ms of it, which may be said again and again without a step."""
        wave = [10000 * math.sin(2 * math.pi * TONE * i / RATE) for i in range(FRAME)]
        return bytes(min(range(256), key=lambda b: abs(self.decode(b) - sample)) for sample in wave)


PCMU = Codec("PCMU", 0, from_ulaw)
PCMA = Codec("PCMA", 8, from_alaw)
G722 = Codec("G722", 9)
OPUS = Codec("opus", 111, rtpmap="opus/48000/2", fmtp="useinbandfec=1", events="telephone-event/48000")


class VoiceEnd(RtpEnd):
    """A phone that has one codec alone, and keys."""

    def __init__(self, codec, events=True):
        super().__init__(payload_type=codec.payload_type)
        self.codec, self.events = codec, events
        self.payload = codec.tone() if codec.decode else b""

    def sdp(self, direction="sendrecv", port=None, version=1, extra=""):
        types, lines = [self.payload_type], []
        if self.codec.rtpmap:
            lines += ["a=rtpmap:%d %s" % (self.payload_type, self.codec.rtpmap)]
        if self.codec.fmtp:
            lines += ["a=fmtp:%d %s" % (self.payload_type, self.codec.fmtp)]
        if self.events:
            types.append(EVENTS)
            lines += ["a=rtpmap:%d %s" % (EVENTS, self.codec.events), "a=fmtp:%d 0-15" % EVENTS]
        lines += ["a=ptime:20", "a=" + direction]
        return ("v=0\r\no=- %d %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP %s\r\n%s\r\n"
                % (self.ssrc, version, self.ip, self.ip, self.port, " ".join(map(str, types)), "\r\n".join(lines)))

    def _put(self, to, payload_type, marker, stamp, payload):
        self.rtp.sendto(struct.pack("!BBHII", 0x80, payload_type | marker << 7, self.sequence & 0xffff, stamp,
                                    self.ssrc) + payload, to)
        self.sequence += 1

    def say(self, to):
        self._put(to, self.payload_type, 0, self.stamp, self.payload)
        self.stamp += FRAME

    def is_heard(self, far, to, timeout=5.0):
        """Says a packet, and waits for what comes of it to the far end."""
        before = len(far.got)
        self.say(to)
        return far.receive(before + 1, timeout) > before

    def press(self, to, key):
        """RFC 4733 §2.5.1: what is going on, three times, and its end, three times."""
        begin = self.stamp
        for i in range(6):
            end = i >= 3
            self._put(to, EVENTS, i == 0, begin,
                      struct.pack("!BBH", key, 10 | end << 7, FRAME * min(i + 1, 4)))
            if not end:
                self.stamp += FRAME
                time.sleep(0.02)
        self.stamp += FRAME

    def say_back(self, to):
        """All that has been heard and not been said back yet; whether there was any."""
        heard = self.got[len(self.sent):]
        for packet in heard:
            self.sent.append(packet)
            self.rtp.sendto(packet, to)
        return bool(heard)

    def packets(self, payload_type):
        """(sequence, stamp, payload) of what came under this number."""
        found = []
        for packet in self.got:
            _, kind, sequence, stamp, _ = struct.unpack("!BBHII", packet[:12])
            if kind & 127 == payload_type:
                found.append((sequence, stamp, packet[12:]))
        return found

    def others(self, *known):
        return [p for p in self.got if p[1] & 127 not in known]


def purity(samples):
    """Which part of the energy is that of the tone (Goertzel); 1 is all of it."""
    k = 2 * math.pi * TONE / RATE
    real = sum(s * math.cos(k * i) for i, s in enumerate(samples))
    imaginary = sum(s * math.sin(k * i) for i, s in enumerate(samples))
    energy = sum(s * s for s in samples)
    return 2 * (real * real + imaginary * imaginary) / (len(samples) * energy) if energy else 0


def is_tone(end, codec):
    """Half a second of what came, without its beginning."""
    payloads = [payload for _, _, payload in end.packets(codec.payload_type)][-25:]
    samples = [codec.decode(byte) for byte in b"".join(payloads)]
    return len(samples) == 25 * FRAME and purity(samples) > 0.98 and max(samples) > 8000


def is_steady(end, payload_type):
    packets = end.packets(payload_type)
    return all((b[0] - a[0]) & 0xffff == 1 and (b[1] - a[1]) & 0xffffffff == FRAME
               for a, b in zip(packets, packets[1:]))


def transcoders(server):
    return int(re.search(r"^portavoz_media_transcoders(?:\{.*?\})? (\d+)", ctl(server, "metrics").stdout, re.M).group(1))


class Call:
    def __init__(self, server, alice_codec, bob_codec):
        self.server = server
        self.alice, self.bob = Phone(server, "alice"), Phone(server, "bob")
        self.a, self.b = VoiceEnd(alice_codec), VoiceEnd(bob_codec)
        self.bob.register()

    def invite(self):
        self.sent = self.alice.invite(self.bob.aor, body=self.a.sdp())
        self.offer = self.bob.expect("INVITE")
        return self.offer

    def accept(self):
        self.accepted(self.bob.respond(self.offer, 200, body=self.b.sdp()))

    def accepted(self, answer):
        self.answer = self.alice.expect(200)
        self.mine = Dialog.caller(self.alice, self.sent, self.answer)
        self.theirs = Dialog.callee(self.bob, self.offer, answer)
        self.mine.ack()
        self.bob.expect("ACK")
        self.to_bob, self.to_alice = audio_of(self.answer), audio_of(self.offer)

    def talk(self, count=50, back=True):
        """At the pace of phones; each packet has come before the next one goes, but for those before the relay knows all
        of the call."""
        ways = [(self.a, self.b, self.to_bob)] + [(self.b, self.a, self.to_alice)] * back
        for end, far, to in ways:
            eventually(lambda: end.is_heard(far, to, 0.05), "what is said is heard")
        for _ in range(count):
            for end, far, to in ways:
                assert end.is_heard(far, to), "what is said is not heard any more"
            time.sleep(0.02)

    def press(self, end, key):
        """A key of one phone; what comes of it to the other one is there when what is said behind it is."""
        far, to = (self.b, self.to_bob) if end is self.a else (self.a, self.to_alice)
        end.press(to, key)
        end.say(to)
        eventually(lambda: far.receive(len(far.got) + 1, 0.05) and far.packets(EVENTS) and far.got[-1] in far.others(EVENTS),
                   "a key is heard, and what is said behind it")
        return far.packets(EVENTS)

    def end(self):
        ok(self.mine.bye(self.theirs), "BYE")
        sessions_end(self.server)
        ok(transcoders(self.server) == 0, "and so has the transcoder")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in (self.alice, self.bob, self.a, self.b):
            one.close()


def formats(message):
    return re.search(rb"^m=audio \d+ RTP/AVP (.*?)\r$", message.body, re.M).group(1).decode().split()


@feature(media=ALWAYS, calls=B2BUA)
def transcoded(server):
    """PCMU alone and PCMA alone."""
    with Call(server, PCMU, PCMA) as call:
        ok(formats(call.invite())[:2] == ["0", "101"] and "8" in formats(call.offer),
           "the callee is offered more, behind what the caller has")
        call.accept()
        ok(formats(call.answer) == ["0", "101"], "the caller is answered with what it has")
        call.talk(60)
        eventually(lambda: transcoders(server) == 1, "one session is transcoded")
        shown = asked(server, "call", "show", asked(server, "call", "list")["calls"][0]["id"])["stream_0"]
        ok(shown["caller"]["transcoded_as"] == "PCMU" and shown["callee"]["transcoded_as"] == "PCMA", "`call show` says so")
        ok(is_tone(call.b, PCMA) and is_tone(call.a, PCMU), "both hear the tone, in their own codec")
        ok(not call.a.others(0) and not call.b.others(8), "and nothing else")
        ok(is_steady(call.a, 0) and is_steady(call.b, 8), "packets of 20 ms, without a gap")
        keys = call.press(call.a, 5)
        ok([k[2][0] for k in keys] == [5] * len(keys) and len({k[1] for k in keys}) == 1 and keys[-1][2][1] & 128,
           "a key passes, as one event that ends")
        ok({k[2][0] for k in call.press(call.b, 11)} == {11}, "and back")
        call.end()


@feature(media=ALWAYS, calls=B2BUA)
def transcoded_reinvite(server):
    """The caller puts on hold, comes back, and changes to what the other one has."""
    with Call(server, PCMU, PCMA) as call:
        call.invite()
        call.accept()
        call.talk(30)
        ok(transcoders(server) == 1, "transcoded")
        for direction, answer in (("sendonly", "recvonly"), ("sendrecv", "sendrecv")):
            call.mine.request("INVITE", headers=["Content-Type: application/sdp"], body=call.a.sdp(direction, version=2))
            offer = call.bob.expect("INVITE")
            call.bob.respond(offer, 200, body=call.b.sdp(answer, version=2))
            response = call.alice.expect(200)
            ok(formats(response) == ["0", "101"] and b"a=" + answer.encode() in response.body, direction)
            call.mine.ack()
            call.bob.expect("ACK")
        call.a.forget(), call.b.forget()
        call.talk(60)
        ok(is_tone(call.b, PCMA) and is_tone(call.a, PCMU), "after the hold both hear the tone")
        call.a.codec, call.a.payload_type, call.a.payload = PCMA, 8, PCMA.tone()
        call.mine.request("INVITE", headers=["Content-Type: application/sdp"], body=call.a.sdp(version=3))
        call.bob.respond(call.bob.expect("INVITE"), 200, body=call.b.sdp(version=3))
        ok(formats(call.alice.expect(200)) == ["8", "101"], "both have PCMA now")
        call.mine.ack()
        call.bob.expect("ACK")
        eventually(lambda: transcoders(server) == 0, "and nothing is transcoded any more")
        call.a.forget(), call.b.forget()
        call.talk(40)
        ok(call.b.packets(8)[-1][2] == call.a.payload, "what is said passes untouched")
        call.end()


def round_trip(server, codec):
    """What the callee cannot be made to say here it says back: a tone that comes home went both ways."""
    with Call(server, PCMU, codec) as call:
        offered = call.invite().body.decode()
        number = next((int(n) for n, text in re.findall(r"a=rtpmap:(\d+) (\S+)", offered)
                       if text.lower().startswith(codec.name.lower() + "/")), None)
        if number is None:
            call.bob.respond(call.offer, 488)
            refused = call.alice.expect(488)
            ok(True, "%s is not built: it is not offered, and the callee's refusal comes back" % codec.name)
            call.alice.ack_failure(call.sent, refused)
            return sessions_end(server)
        call.b.payload_type = number
        call.accept()
        ok(formats(call.answer) == ["0", "101"], "the caller is answered with PCMU")
        for i in range(100):
            call.a.say(call.to_bob)
            call.b.receive(i + 1, 0.02)
            call.b.say_back(call.to_alice)
            time.sleep(0.01)
        eventually(lambda: call.b.receive(100, 0.05) >= 90 and not call.b.say_back(call.to_alice) and
                   call.a.receive(len(call.b.sent), 0.05) >= 90, "nine of ten come home")
        ok(len(call.b.packets(number)) >= 90 and not call.b.others(number), "the callee hears %s" % codec.name)
        ok(is_tone(call.a, PCMU), "the tone comes home")
        ok({k[2][0] for k in call.press(call.a, 7)} == {7}, "a key passes")
        call.end()


@feature(media=ALWAYS, calls=B2BUA)
def transcoded_opus(server):
    round_trip(server, OPUS)


@feature(media=ALWAYS, calls=B2BUA)
def transcoded_g722(server):
    round_trip(server, G722)


@feature(media=ALWAYS, calls=B2BUA)
def transcoded_never_where_ends_agree(server):
    with Call(server, PCMA, PCMA) as call:
        ok(len(formats(call.invite())) > 2, "more is offered")
        call.accept()
        ok(formats(call.answer) == ["8", "101"], "and not needed")
        call.talk(30)
        ok(transcoders(server) == 0, "nothing is transcoded")
        ok("transcoded_as" not in ctl(server, "call", "show", asked(server, "call", "list")["calls"][0]["id"]).stdout,
           "nor said to be")
        ok(call.b.packets(8)[-1][2] == call.a.payload, "what is said passes untouched")
        call.end()


@feature(media=ALWAYS, calls=B2BUA)
def transcoded_what_is_foreign(server):
    """The answer has what both have and what was added, and the phone uses now the one, now the other."""
    with Call(server, PCMU, PCMA) as call:
        call.invite()
        answer = call.bob.respond(call.offer, 200, body=call.b.sdp().replace("RTP/AVP 8 ", "RTP/AVP 8 0 "))
        call.accepted(answer)
        ok(formats(call.answer) == ["0", "101"], "the caller is answered with what it has")
        pcma = call.b.payload
        call.b.payload_type, call.b.payload = 0, PCMU.tone()
        call.talk(40)
        ok(transcoders(server) == 0 and call.a.packets(0)[-1][2] == call.b.payload, "while both use it nothing is transcoded")
        call.b.payload_type, call.b.payload = 8, pcma
        call.talk(60)
        eventually(lambda: transcoders(server) == 1, "what is foreign to the caller is made into what it has")
        ok(is_tone(call.a, PCMU) and not call.a.others(0), "it hears the tone, and no packet of another type")
        ok(call.b.packets(0)[-1][2] == call.a.payload and not call.b.others(0), "what it says passes untouched")
        call.end()


@feature(media=ALWAYS, calls=B2BUA)
def transcoded_several_added(server):
    """All of the answer was added, and the phone sends what is not its first."""
    with Call(server, PCMU, PCMA) as call:
        if "9" not in formats(call.invite()):
            call.bob.respond(call.offer, 488)
            call.alice.ack_failure(call.sent, call.alice.expect(488))
            return
        answer = call.bob.respond(call.offer, 200, body=call.b.sdp().replace("RTP/AVP 8 ", "RTP/AVP 9 8 "))
        call.accepted(answer)
        call.talk(60)
        ok(is_tone(call.a, PCMU) and not call.a.others(0), "the caller hears the tone")
        ok(len(call.b.packets(9)) >= 50 and not call.b.others(9), "the phone hears its first")
        call.end()


@feature(media=ALWAYS, calls=B2BUA)
def transcoded_never_for_a_second_choice(server):
    """The caller has two codecs, and the phone takes the one that is not his first."""
    with Call(server, PCMU, PCMA) as call:
        both = call.a.sdp().replace("RTP/AVP 0 ", "RTP/AVP 0 8 ")
        call.sent = call.alice.invite(call.bob.aor, body=both)
        call.offer = call.bob.expect("INVITE")
        ok(formats(call.offer)[:3] == ["0", "8", "101"], "both are offered, the caller's order kept")
        call.accept()
        ok(formats(call.answer) == ["8", "101"], "the second one is the answer")
        ok(transcoders(server) == 0, "nothing is transcoded")
        call.end()


@feature(media=ALWAYS)
def transcoded_never_by_the_proxy(server):
    with Call(server, PCMU, PCMA) as call:
        ok(formats(call.invite()) == ["0", "101"], "a proxy adds nothing")
        call.b.events = False
        call.bob.respond(call.offer, 200, body=call.b.sdp())
        call.bob.expect("ACK")
        call.bob.respond(call.bob.expect("BYE"), 200)
        refused = call.alice.expect(488)
        ok("305" in refused.get("warning"), "what was not offered is no answer: 488")
        call.alice.ack_failure(call.sent, refused)
        ok(transcoders(server) == 0, "nothing is transcoded")
