# SPDX-License-Identifier: Apache-2.0
"""tone: WAV files with a tone, and whether a recording has it (Goertzel's filter; no library needed)."""
import math
import struct
import wave

RATE = 8000
QUIET = 1e-3            # mean power of samples from -1 to 1, below which nobody speaks


def write_tone(path, frequency, seconds=8):
    """A mono file of 16 bits, of telephone quality; returns its path."""
    with wave.open(path, "wb") as f:
        f.setparams((1, 2, RATE, 0, "NONE", ""))
        f.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * frequency * n / RATE)))
                               for n in range(RATE * seconds)))
    return path


def read_wave(path):
    """(rate, samples of the first channel from -1 to 1). A file that is still open for writing has a length of 0 in
    its header: what is there counts."""
    with open(path, "rb") as f:
        data = f.read()
    at, rate, channels = 12, 0, 1
    while at + 8 <= len(data):
        kind, size = struct.unpack("<4sI", data[at:at + 8])
        at += 8
        if kind == b"fmt ":
            channels, rate = struct.unpack("<HI", data[at + 2:at + 8])
        if kind == b"data":
            body = data[at:at + size] if 0 < size <= len(data) - at else data[at:]
            body = body[:len(body) // (2 * channels) * 2 * channels]
            return rate, [s / 32768 for (s,) in struct.iter_unpack("<h", body)][::channels]
        at += size + size % 2
    return rate, []


def share(samples, rate, frequency):
    """Of the power of the samples, the part at this frequency."""
    total = sum(s * s for s in samples)
    if not samples or total < QUIET * len(samples):
        return 0.0
    k = 2 * math.cos(2 * math.pi * frequency / rate)
    one = two = 0.0
    for s in samples:
        one, two = s + k * one - two, one
    return 2 * (one * one + two * two - k * one * two) / (len(samples) * total)


def shares(path, frequency):
    """The share of each half second of a recording in which somebody speaks; [] when nobody ever does."""
    rate, samples = read_wave(path)
    size = rate // 2
    windows = [samples[n:n + size] for n in range(0, len(samples) - size + 1, size)] if rate else []
    return [share(w, rate, frequency) for w in windows if sum(s * s for s in w) >= QUIET * len(w)]
