# SPDX-License-Identifier: Apache-2.0
"""voice: what phones say and what they hear: codecs, a tone for each phone, and which tones are in 20 ms of sound.

All tones are multiples of 50 Hz, so that 20 ms hold whole periods: a frame of PCMU or PCMA may be said again and again,
and tones of a mix do not disturb each other's measure."""
import collections
import ctypes
import functools
import math
from operator import mul

RATE, FRAME = 8000, 160                     # all is measured at 8 kHz, whatever the codec carries
# of phones, in the order of their coming; not near those that a server says itself
TONES = (450, 1100, 1400, 1900, 2200, 2500, 2800, 1750, 2050, 2350, 2650, 2950, 3100, 1250, 3250, 3400)
AMPLITUDE = 7000                            # of a phone's tone
QUIET = 250                                 # amplitude below which nobody hears a tone
SHARE = 0.15                                # of the strongest tone's power: what is less is no tone of its own
EVENTS = 101


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


class G711:
    """One direction of a phone's G.711; it has no memory."""

    def __init__(self, expand):
        self.table = [expand(b) for b in range(256)]

    def encode(self, samples):
        return _compress(self, tuple(samples))

    def decode(self, payload):
        return [self.table[b] for b in payload]

    def __call__(self):
        return self


@functools.lru_cache(4096)
def _compress(law, samples):
    return bytes(min(range(256), key=lambda b: abs(law.table[b] - s)) for s in samples)


def _library(*names):
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            pass
    return None


_spandsp, _opus = _library("libspandsp.so.2", "libspandsp.so"), _library("libopus.so.0", "libopus.so")
for _lib, _names in ((_spandsp, ("g722_encode_init", "g722_decode_init")),
                     (_opus, ("opus_encoder_create", "opus_decoder_create"))):
    for _name in _names if _lib else ():
        getattr(_lib, _name).restype = ctypes.c_void_p
Samples, Bytes = ctypes.c_int16 * (6 * FRAME), ctypes.c_uint8 * 1500


class G722:
    """libspandsp's, whose lower half is 8 kHz."""
    here = _spandsp is not None

    def __init__(self):
        self.encoder = ctypes.c_void_p(_spandsp.g722_encode_init(None, 64000, 1))
        self.decoder = ctypes.c_void_p(_spandsp.g722_decode_init(None, 64000, 1))

    def encode(self, samples):
        out = Bytes()
        return bytes(out[:_spandsp.g722_encode(self.encoder, out, Samples(*samples), len(samples))])

    def decode(self, payload):
        out = Samples()
        return out[:_spandsp.g722_decode(self.decoder, out, payload, len(payload))]


class Opus:
    here = _opus is not None

    def __init__(self):
        error = ctypes.c_int()
        self.encoder = ctypes.c_void_p(_opus.opus_encoder_create(RATE, 1, 2049, ctypes.byref(error)))
        self.decoder = ctypes.c_void_p(_opus.opus_decoder_create(RATE, 1, ctypes.byref(error)))

    def encode(self, samples):
        out = Bytes()
        return bytes(out[:_opus.opus_encode(self.encoder, Samples(*samples), len(samples), out, len(out))])

    def decode(self, payload):
        out = Samples()
        return out[:max(0, _opus.opus_decode(self.decoder, payload, len(payload), out, len(out), 0))]


class FullBand:
    """Opus with all of its 48 kHz: says several tones at once (Hz), and tells how loud one is in 20 ms of it."""
    rate, count = 48000, 960

    def __init__(self):
        error = ctypes.c_int()
        self.encoder = ctypes.c_void_p(_opus.opus_encoder_create(self.rate, 1, 2051, ctypes.byref(error)))
        self.decoder = ctypes.c_void_p(_opus.opus_decoder_create(self.rate, 1, ctypes.byref(error)))
        self.samples = ctypes.c_int16 * (6 * self.count)
        self.tones = ()

    @functools.lru_cache(16)
    def _wave(self, tones):
        step = 2 * math.pi / self.rate
        return self.samples(*(int(sum(AMPLITUDE / 2 * math.sin(step * f * n) for f in tones)) for n in range(self.count)))

    def frame(self, frequency):
        """As a mouth: its tones, beside that of the phone."""
        out = Bytes()
        return bytes(out[:_opus.opus_encode(self.encoder, self._wave((frequency,) + self.tones), self.count, out, len(out))])

    def loudness(self, payload, frequency):
        out, step = self.samples(), 2 * math.pi * frequency / self.rate
        heard = out[:max(0, _opus.opus_decode(self.decoder, payload, len(payload), out, 6 * self.count, 0))]
        return 2 / self.count * abs(sum(s * complex(math.cos(step * n), math.sin(step * n)) for n, s in enumerate(heard)))


class Codec:
    """`clock` is RTP's; `exact`: a frame is forwarded or made anew, never a mix of what was said before and behind."""

    def __init__(self, name, payload_type, make, clock=8000, rtpmap=None, fmtp=None, here=True):
        self.name, self.payload_type, self.make, self.clock = name, payload_type, make, clock
        self.rtpmap, self.fmtp, self.here = rtpmap or "%s/%d" % (name, clock), fmtp, here
        self.step = clock // 50
        self.exact = isinstance(make, G711)

    def lines(self):
        return ["a=rtpmap:%d %s" % (self.payload_type, self.rtpmap)] + \
               (["a=fmtp:%d %s" % (self.payload_type, self.fmtp)] if self.fmtp else [])

    def __repr__(self):
        return self.name


PCMU = Codec("PCMU", 0, G711(from_ulaw))
PCMA = Codec("PCMA", 8, G711(from_alaw))
G722_ = Codec("G722", 9, G722, here=G722.here)
OPUS = Codec("opus", 111, Opus, clock=48000, rtpmap="opus/48000/2", here=Opus.here)
CODECS = (PCMU, PCMA, OPUS, G722_)


@functools.lru_cache(256)
def wave(frequency, amplitude=AMPLITUDE):
    """20 ms of a tone; of silence for 0 Hz."""
    return tuple(int(amplitude * math.sin(2 * math.pi * frequency * n / RATE)) if frequency else 0 for n in range(FRAME))


@functools.lru_cache(256)
def _table(frequency):
    k = 2 * math.pi * frequency / RATE
    return ([math.cos(k * n) for n in range(FRAME)], [math.sin(k * n) for n in range(FRAME)])


def amplitude(samples, frequency):
    cos, sin = _table(frequency)
    return 2 / FRAME * math.hypot(sum(map(mul, samples, cos)), sum(map(mul, samples, sin)))


GRID = range(200, 3400, 50)


class Sound:
    """20 ms: the phones' tones in it, and the strongest tone that is no phone's (`beep`, 0 where there is none)."""
    __slots__ = ("tones", "beep", "level")

    def __init__(self, tones, beep, level):
        self.tones, self.beep, self.level = tones, beep, level


NOTHING = Sound(frozenset(), 0, 0.0)


def measure(samples, wanted):
    """What is heard in a frame, `wanted` being the tones of the phones that there are."""
    if len(samples) < FRAME:
        samples = list(samples) + [0] * (FRAME - len(samples))
    samples = samples[:FRAME]
    power = sum(map(mul, samples, samples)) / FRAME
    if power < QUIET * QUIET / 2:
        return NOTHING
    found = {f: amplitude(samples, f) for f in wanted}
    strongest = max(found.values(), default=0)
    tones = frozenset(f for f, a in found.items() if a > QUIET and a * a >= SHARE * strongest * strongest)
    rest = power - sum(found[f] ** 2 for f in tones) / 2
    beep = 0
    if rest > 0.3 * power:                  # there is more: the strongest of all that is no phone's, if it is as strong
        spectrum = {f: amplitude(samples, f) for f in GRID}
        most = max(spectrum.values())
        tones = frozenset(f for f in tones if found[f] >= most / 2)
        aside = {f: a for f, a in spectrum.items() if a >= most / 2 and all(abs(f - t) > 100 for t in tones)}
        beep = max(aside, key=aside.get, default=0)
    return Sound(tones, beep, math.sqrt(power))


class Ear:
    """Hears one stream of one codec. PCMU and PCMA frames are measured once each. `wanted` maps the tones of all phones
    that there are; it grows."""

    def __init__(self, codec, wanted):
        self.codec, self.wanted, self.decoder, self.known, self.count = codec, wanted, codec.make(), {}, 0

    def hear(self, payload):
        if not self.codec.exact:
            return measure(self.decoder.decode(payload), self.wanted)
        if self.count != len(self.wanted):
            self.known, self.count = {}, len(self.wanted)
        sound = self.known.get(payload)
        if sound is None:
            sound = self.known[payload] = measure(self.decoder.decode(payload), self.wanted)
        return sound


class Mouth:
    """Says a tone, or silence, frame by frame."""

    def __init__(self, codec):
        self.coder, self.said = codec.make(), collections.deque(maxlen=1000)

    def frame(self, frequency):
        self.said.append(self.coder.encode(wave(frequency)))
        return self.said[-1]
