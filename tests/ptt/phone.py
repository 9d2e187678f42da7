# SPDX-License-Identifier: Apache-2.0
"""phone: a phone in a push-to-talk group: it says its own tone, presses keys, and knows whom it hears.

What came is in lists that grow: `got` (RTP), `messages`, `notices`, `requests` (SIP requests of the server, which it
answers at once with 200), `channel.got` (floor control)."""
import socket
import struct
import time

from feature import ok
from floor import Channel
from rtp_end import RtpEnd
from sip_ua import DOMAIN, SLOW, Dialog, Message, Phone
from stage import TICK
from voice import EVENTS, NOTHING, PCMU, Ear, Mouth

SDP = "Content-Type: application/sdp"
KEYS = {str(n): n for n in range(10)} | {"*": 10, "#": 11}
NOW = 0.3                                   # what is older than so many seconds is not heard now
SILENT = 0.4                                # for so long nobody was heard where nobody is
LONG = 2.0                                  # nor for so long, where the machine is slow all the time
GAP = 15                                    # frames of silence that part two talks of one phone, but for what the machine stole
RADIO = 0x0167                              # profile of the header extension of ED-137
ONE_BYTE = 0xbede                           # profile of extensions by RFC 8285
RADIO_KEEPALIVE = 123                       # payload type of R2S


class Packet:
    """One RTP packet that came."""
    __slots__ = ("at", "marker", "kind", "sequence", "stamp", "ssrc", "payload", "extension", "source", "sound",
                 "place")

    def __init__(self, data, source, place):
        first, second, self.sequence, self.stamp, self.ssrc = struct.unpack("!BBHII", data[:12])
        assert first >> 6 == 2, "RTP version 2"
        self.at, self.source, self.marker, self.kind = time.monotonic(), source, second >> 7, second & 127
        self.place = place
        begin, self.extension = 12 + 4 * (first & 15), None
        if first & 0x10:
            profile, words = struct.unpack("!HH", data[begin:begin + 4])
            self.extension = profile, data[begin + 4:begin + 4 + 4 * words]
            begin += 4 + 4 * words
        end = len(data) - (data[-1] if first & 0x20 else 0)
        self.payload, self.sound = data[begin:end], NOTHING


class GroupPhone(Phone):
    """`mic`: what it says each 20 ms: None (nothing at all), 0 (silence), or a tone in Hz. It joins with its microphone
    open or not, as the test says; the tone is its own, by which it is known. `level`: what it says of its sound by
    RFC 6464, 0x80 being the bit of voice and 127 silence; None: nothing."""

    def __init__(self, room, user, codecs=(PCMU,), floor=None, events=True, **kw):
        super().__init__(room.server, user, **kw)
        self.room, self.stage, self.codecs, self.wants_events = room, room.stage, codecs, events
        self.tone, self.mic, self.offered_floor = room.tone_of(user), None, floor
        self.sock.setblocking(False)
        self.end, self.due = RtpEnd(ip=self.ip), 0.0
        self.end.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.channel = Channel(self.stage, room.server, self.ip) if floor is not None else None
        if self.channel:
            self.channel.name = user
        self.ssrc, self.sequence, self.stamp = int.from_bytes(self.end.port.to_bytes(2, "big") * 2, "big"), 1000, 16000
        self.keeps_alive = (200, 10)                      # period in ms, multiplier
        self.keys, self.says_with_keys, self.radio, self.version = [], False, None, 0
        self.obeys, self.is_dead, self.comfort, self.announced, self.level = True, False, False, self.ip, None
        self.fresh, self.sent, self.sent_at, self.announced_port = True, 0, 0.0, None
        self.got, self.reports, self.messages, self.notices, self.requests = [], [], [], [], []
        self.parts = []                                         # places in `got` where it was seen to hear nobody
        self.dialog = self.remote = self.answer = self.ended = self.answers_calls = None
        self.stage.add(self.sock, self._take_sip)
        self._listen()

    def _listen(self):
        for s, take in ((self.end.rtp, self._take_rtp), (self.end.rtcp, self._take_rtcp)):
            s.setblocking(False)
            self.stage.add(s, take)

    def close(self):
        self.hush()
        for s in (self.sock, self.end.rtp, self.end.rtcp):
            self.stage.remove(s)
        if self.channel:
            self.channel.close()
        self.end.close()
        super().close()

    # ---- what comes
    def _read(self, seconds):
        """What sip_ua waits with: the others go on meanwhile."""
        return self.stage.until(lambda: self.queue, seconds / SLOW)

    def _take_sip(self):
        if self.transport == "tcp":
            super()._read(0)
        while self.transport == "udp":
            try:
                data, source = self.sock.recvfrom(65536)
            except (BlockingIOError, ConnectionRefusedError):
                break
            if source[1] == self.server.port and data.strip(b"\r\n\0"):
                self.queue.append(Message(data, source))
        self.queue = [m for m in self.queue if not self._answers(m)]

    def _answers(self, m):
        """Answers a request of the server as any phone does. True when no test need look at it."""
        if self.is_dead:
            return True
        if m.is_response:
            return m.status == 100
        if m.raw in self.seen:
            return m.method != "INVITE" or self.answers_calls is None
        keep = {"MESSAGE": self.messages, "NOTIFY": self.notices}.get(m.method, self.requests)
        if m.method == "ACK":
            keep.append(m)
            return True
        if m.method == "INVITE" and not self.dialog and not self.answers_calls:
            return False                                        # called: the test answers
        self.seen.add(m.raw)
        keep.append(m)
        if m.method == "INVITE" and not self.dialog:
            self.accept(m)
        elif m.method in ("INVITE", "UPDATE") and m.body:
            self.respond(m, 200, body=self.sdp())
        else:
            self.respond(m, 200, contact=m.method != "BYE")
        if m.method == "BYE" and self.dialog and m.call_id == self.dialog.call_id:
            self.ended = m
        return True

    def _take_rtp(self):
        while True:
            try:
                data, source = self.end.rtp.recvfrom(4096)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if not self.server.relays(source[1]):           # the last words of another test's server, to who had this port
                continue
            packet = Packet(data, source[:2], len(self.got))
            if self.answer and packet.kind == self.codec.payload_type:
                packet.sound = self.ear.hear(packet.payload)
            self.got.append(packet)

    def _take_rtcp(self):
        while True:
            try:
                data, source = self.end.rtcp.recvfrom(4096)
                if self.server.relays(source[1]):
                    self.reports.append(data)
            except (BlockingIOError, ConnectionRefusedError):
                return

    # ---- the call
    def sdp(self, direction="sendrecv", extra=""):
        self.version += 1
        types = [c.payload_type for c in self.codecs]
        lines = [line for c in self.codecs for line in c.lines()]
        clock = 48000 if self.codecs[0].clock == 48000 else 8000
        if self.comfort:
            types.append(13)
        if self.wants_events:
            types.append(EVENTS)
            lines += ["a=rtpmap:%d telephone-event/%d" % (EVENTS, clock), "a=fmtp:%d 0-15" % EVENTS]
        if self.radio is not None:
            types.append(RADIO_KEEPALIVE)
            lines += ["a=rtpmap:%d R2S/8000" % RADIO_KEEPALIVE, "a=type:Radio-TxRx", "a=txrxmode:TxRx", "a=rtphe:1",
                      "a=R2S-KeepAlivePeriod:%d" % self.keeps_alive[0], "a=R2S-KeepAliveMultiplier:%d" % self.keeps_alive[1]]
        if self.level is not None:
            lines.append("a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on")
        lines += ["a=ptime:20", "a=" + direction] + ([extra] if extra else [])
        if self.channel:
            lines += ["m=application %d udp MCPTT" % self.channel.port]
            lines += ["a=fmtp:MCPTT " + self.offered_floor] if self.offered_floor else []
        where = "IN IP%d %s" % (6 if ":" in self.announced else 4, self.announced)
        return ("v=0\r\no=- %d %d %s\r\ns=-\r\nc=%s\r\nt=0 0\r\nm=audio %d RTP/AVP %s\r\n%s\r\n"
                % (self.end.port, self.version, where, where, self.announced_port or self.end.port, " ".join(map(str, types)),
                   "\r\n".join(lines)))

    def dial(self, group=None, direction="sendrecv", extra="", **kw):
        return self.invite("sip:%s@%s" % (group or self.room.group, DOMAIN), body=self.sdp(direction, extra), **kw)

    def join(self, group=None, mic=0, **kw):
        """Dials the group, and is in it when it returns. Its microphone is open then, and silent."""
        sent = self.dial(group, **kw)
        self.take_answer(sent, self.expect(200, call_id=sent.call_id))
        self.speak(mic)
        return self

    def take_answer(self, sent, response):
        self.dialog, self.ended = Dialog.caller(self, sent, response), None
        self.dialog.ack()
        self._agree(response)

    def accept(self, invite):
        """Answers a call of the server."""
        ours = self.respond(invite, 200, body=self.sdp())
        self.dialog = Dialog.callee(self, invite, ours)
        self._agree(invite)
        self.speak(0)

    def _agree(self, message):
        self.answer = parts_of(message.body.decode())
        audio = self.answer["audio"]
        self.remote = audio["address"], audio["port"]
        self.codec = next((c for c in self.codecs if c.payload_type == audio["types"][0]), None)
        assert self.codec, "%s offers %s, and is answered %s" % (self.user, self.codecs, audio["types"])
        self.ear, self.mouth = Ear(self.codec, self.room.who), Mouth(self.codec)
        if self.channel and "application" in self.answer and self.answer["application"]["port"]:
            self.channel.remote = self.answer["application"]["address"], self.answer["application"]["port"]

    def reinvite(self, direction="sendrecv", extra=""):
        """Offers again within the call, and returns the answer."""
        self.dialog.request("INVITE", headers=[SDP], body=self.sdp(direction, extra))
        response = self.expect(200, call_id=self.dialog.call_id)
        self.dialog.ack()
        self.answer = parts_of(response.body.decode())
        self.remote = self.answer["audio"]["address"], self.answer["audio"]["port"]
        return response

    def change_codec(self, codec):
        """Offers another codec alone, within the call, and goes on in it with the answer."""
        self.codecs = (codec,)
        self.dialog.request("INVITE", headers=[SDP], body=self.sdp())
        response = self.expect(200, call_id=self.dialog.call_id)
        self.dialog.ack()
        self._agree(response)
        ok(self.codec is codec, "%s speaks %s now" % (self, codec))

    def leave(self):
        self.hush()
        self.dialog.request("BYE", contact=False)
        self.expect(200, call_id=self.dialog.call_id)
        self.ended = True

    def bye(self):
        """Hangs up and goes on speaking: what a phone sends until it has the answer."""
        self.dialog.request("BYE", contact=False)
        return self.expect(200, call_id=self.dialog.call_id)

    def rebind(self):
        """Its NAT gives it another port: what it sends comes from there, and there it listens."""
        old = self.end
        for s in (old.rtp, old.rtcp):
            self.stage.remove(s)
        self.end = RtpEnd(ip=self.ip)
        old.close()
        self._listen()

    # ---- what it says
    def speak(self, mic=-1):
        """From now on it says its tone (or silence, 0; or nothing, None)."""
        self.mic = self.tone if mic == -1 else mic
        if self not in self.stage.speakers:
            self.due = time.monotonic()
            self.stage.speakers.append(self)

    def hush(self):
        """From now on nothing is sent."""
        self.mic = None
        self.keys = []
        if self in self.stage.speakers:
            self.stage.speakers.remove(self)

    def tick(self):
        step = self.codec.step
        events = self.keys.pop(0) if self.keys else None
        if events is not None:
            for marker, event in events:
                self._put(EVENTS, event, marker, self.key_stamp)
        if self.mic is not None and (events is None or self.says_with_keys) and self.may_talk():
            self._put(self.codec.payload_type, self.mouth.frame(self.mic), self.fresh, self.stamp)
            self.fresh = False
            self.sent, self.sent_at = self.sent + 1, time.monotonic()
        elif self.radio is not None and events is None:
            self._put(RADIO_KEEPALIVE, b"", 0, self.stamp)
        self.stamp = self.stamp + step & 0xffffffff

    def push(self, kind):
        """The button of a radio: the kind of PTT that its packets say from now on; 0: let go."""
        self.radio = kind << 13

    def may_talk(self):
        """Who has floor packets obeys them."""
        return not self.channel or not self.channel.remote or not self.obeys or self.channel.may_talk

    def dies(self):
        """From now on it neither speaks nor answers."""
        self.hush()
        self.is_dead = True

    def _put(self, kind, payload, marker, stamp):
        extension = b""
        if self.radio is not None:
            extension = struct.pack("!HHHH", RADIO, 1, self.radio, 0)
        elif self.level is not None:
            extension = struct.pack("!HHBBH", ONE_BYTE, 1, 1 << 4, self.level, 0)
        header = struct.pack("!BBHII", 0x90 if extension else 0x80, kind | marker << 7, self.sequence & 0xffff, stamp,
                             self.ssrc) + extension
        self.sequence += 1
        self.last = header + payload
        self.end.rtp.sendto(self.last, self.remote)

    def press(self, key, ms=100, lost=None, wait=True):
        """A key by RFC 4733, held so long. `lost`: "start" or "end", whose packets do not arrive. It begins with the
        phone's next packet."""
        step, count = self.codec.step, max(1, ms // 20)
        self.key_stamp, self.keys = self.stamp, []
        ticks = [[(n == 0, struct.pack("!BBH", KEYS[key], 10, step * (n + 1) & 0xffff))] for n in range(count)]
        ticks += [[(False, struct.pack("!BBH", KEYS[key], 0x8a, step * (count + 1) & 0xffff))]] * 3
        self.keys = [[] if lost == "start" and n < 2 or lost == "end" and n >= count else t for n, t in enumerate(ticks)]
        if self not in self.stage.speakers:
            self.speak(None)
        if wait:
            assert self.stage.until(lambda: not self.keys, ms / 1000 + 2), "the key is pressed"

    def info(self, key, relay=True, duration=250, wait=True):
        """A key by INFO; returns the answer."""
        kind = "dtmf-relay" if relay else "dtmf"
        body = "Signal=%s\r\nDuration=%d\r\n" % (key, duration) if relay else key
        self.dialog.request("INFO", headers=["Content-Type: application/" + kind], body=body)
        return self.expect(200, call_id=self.dialog.call_id) if wait else None

    def press_both(self, key, order):
        """A key by both ways, both at once: `order` says which goes first."""
        self.press(key, wait=False)
        for way in order:
            if way == "info":
                self.info(key, wait=False)
            else:
                self.tick()
                self.due += TICK
        self.expect(200, call_id=self.dialog.call_id)
        assert self.stage.until(lambda: not self.keys), "the key is pressed"

    def write(self, text, group=None, status=(200, 202)):
        """A MESSAGE to the group; returns its answer."""
        sent = self.request("MESSAGE", "sip:%s@%s" % (group or self.room.group, DOMAIN),
                            headers=["Content-Type: text/plain"], body=text, contact=False)
        return self.expect(status, call_id=sent.call_id)

    def ask(self, word):
        """A word to the group, and the text that comes back."""
        before = len(self.messages)
        self.write(word)
        assert self.stage.until(lambda: len(self.messages) > before), "%s: %r is answered by MESSAGE" % (self.user, word)
        return self.messages[before].body.decode()

    # ---- what it hears
    def frames(self, since=0.0):
        """The sound that came since."""
        kind = self.codec.payload_type
        return [p for p in self.got if p.at >= since and p.kind == kind]

    def hears(self):
        """The names of those whom it hears now; None while that changes."""
        last = [p for p in self.got[-12:] if p.kind == self.codec.payload_type and p.at > time.monotonic() - NOW * max(1, SLOW)][-4:]
        sets = {p.sound.tones for p in last}
        if len(sets) > 1:
            return None
        return {self.room.who[t] for t in next(iter(sets), ())}

    def is_silent(self):
        """Nobody has been heard for a while, in which somebody could have been."""
        last = next((p.at for p in reversed(self.got) if p.sound.tones), 0.0)
        return self._has_been(last)

    def gets_nothing(self):
        """No packet has come for a while, in which one could have come."""
        return self._has_been(self.got[-1].at if self.got else 0.0)

    def _has_been(self, since):
        gone = time.monotonic() - since
        return gone > LONG or gone - self.stage.stood(since) > SILENT

    def part(self):
        """It hears nobody: what it hears from now on is another talk."""
        self.parts.append(len(self.got))

    def runs(self, since=0.0):
        """What it heard, run by run: name, frames, the first packet and the last."""
        runs, kind = [], self.codec.payload_type
        for p in self.got:
            if p.at < since or p.kind != kind:
                continue
            name = "+".join(sorted(self.room.who[t] for t in p.sound.tones)) or (p.sound.beep and "%d Hz" % p.sound.beep) or ""
            if runs and runs[-1][0] == name:
                runs[-1][1:] = runs[-1][1] + 1, runs[-1][2], p
            else:
                runs.append([name, 1, p, p])
        return runs

    def story(self, since=0.0, least=None):
        """Whom it heard, one after the other: ["alice", "bob+carol"]. Two spurts of one are parted by silence that was waited
        for, or by more of it than GAP and what the machine stole; what is shorter than `least` frames is a transition (of
        codecs with a memory) and is left out."""
        least = least or (1 if self.codec.exact else 4)
        told, end = [], None
        for name, count, first, last in self.runs(since):
            if name and not name.endswith(" Hz") and count >= least:
                if not told or told[-1] != name or self._are_parted(end, first):
                    told.append(name)
                end = last
        return told

    def _are_parted(self, end, first):
        if any(end.place < place <= first.place for place in self.parts):
            return True
        pause = (first.stamp - end.stamp & 0xffffffff) / self.codec.step * TICK
        return pause > GAP * TICK + self.stage.stood(end.at - pause, first.at)

    def beeps(self, since=0.0):
        """The tones of the server: (Hz, milliseconds, from when on), one after the other."""
        found, last = [], 0
        for p in self.frames(since):
            hz = p.sound.beep
            if hz and found and last and abs(hz - found[-1][0]) <= 50:
                found[-1][1] += 20
            elif hz:
                found.append([hz, 20, p.at])
            last = hz
        return [tuple(b) for b in found if b[1] >= 40]

    def __repr__(self):
        return self.user


def parts_of(sdp):
    """The streams of an SDP: {"audio": {port, types, lines, address}, "application": ...}."""
    parts, address, here = {}, None, None
    for line in sdp.splitlines():
        if line.startswith("m="):
            kind, port, _, *types = line[2:].split()
            here = {"port": int(port), "lines": [], "address": address, "protocol": line.split()[2],
                    "types": [int(t) if t.isdigit() else t for t in types]}
            parts[kind] = here
        elif line.startswith("c="):
            if here:
                here["address"] = line.split()[2]
            else:
                address = line.split()[2]
        elif here is not None:
            here["lines"].append(line)
    return parts
