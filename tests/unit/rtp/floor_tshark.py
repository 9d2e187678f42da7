#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""floor_tshark.py SAMPLES: tshark, which knows floor control from elsewhere, decodes what we write: each message by its
name and values, none malformed, none with an expert's remark. Prints TAP."""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

PORT = 40010


def checksum(header):
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def datagram(payload):
    """An IPv4 packet from one loopback address to another, to PORT."""
    udp = struct.pack("!4H", PORT, PORT, 8 + len(payload), 0) + payload
    parts = [0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes((127, 0, 0, 1)), bytes((127, 0, 0, 2))]
    header = struct.pack("!BBHHHBBH4s4s", *parts)
    parts[7] = checksum(header)
    return struct.pack("!BBHHHBBH4s4s", *parts) + udp


def capture(path, payloads):
    """A capture file of these, one a packet; raw IP (link type 101)."""
    with open(path, "wb") as f:
        f.write(struct.pack("!IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for second, payload in enumerate(payloads):
            packet = datagram(payload)
            f.write(struct.pack("!IIII", second, 0, len(packet), len(packet)) + packet)


def tshark(path, *arguments):
    return subprocess.run(["tshark", "-n", "-r", path, "-d", "udp.port==%d,rtcp" % PORT, *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True).stdout


def main(samples):
    if not shutil.which("tshark"):
        print("1..0 # SKIP no tshark")
        return
    lines = [line.split() for line in subprocess.run([samples], capture_output=True, text=True, check=True).stdout.splitlines()]
    payloads = [bytes.fromhex(message) for _, message in lines]
    number = 0

    def ok(good, what):
        nonlocal number
        number += 1
        print("%s %d - %s" % ("ok" if good else "not ok", number, what))

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "floor.pcap")
        capture(path, payloads + [b"".join(payloads)])       # and all in one datagram
        texts = re.split(r"^Frame \d+:", tshark(path, "-V"), flags=re.M)[1:]
        ok(len(texts) == len(lines) + 1, "tshark reads as many packets as there are")
        for (wanted, _), text in zip(lines, texts):
            words = [word.replace("_", " ") for word in wanted.split("|")]
            missing = [word for word in words if word not in text]
            ok(not missing and "MCPT" in text, "it prints %s%s" % (", ".join(words), " but not %s" % missing if missing else ""))
            if missing:
                print("# " + text[text.find("Real-time"):].replace("\n", "\n# "))
        ok(texts[-1].count("Name (ASCII): MCPT") == len(lines), "it steps through all of them in one datagram")
        ok(not tshark(path, "-Y", "_ws.expert || _ws.malformed").strip(), "no expert's remark, nothing malformed")
    print("1..%d" % number)


main(*sys.argv[1:])
