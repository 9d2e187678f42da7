# SPDX-License-Identifier: Apache-2.0
"""wire: every frame that comes to a host by its link, and what tshark says of their checksums."""
import contextlib
import os
import shutil
import socket
import struct
import time

from feature import Skip, run
from sip_ua import SLOW

SOL_PACKET, PACKET_AUXDATA, OUTGOING, IS_PARTIAL, HAS_TAG = 263, 8, 4, 1 << 3, 1 << 4
UDP, ETHERNET = 17, 14


def folded(data, start=0):
    """The internet checksum's sum (RFC 1071), not inverted."""
    total = start + sum(struct.unpack("!%dH" % (len(data) // 2), data[:len(data) & ~1]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def sum_of(source, target, payload):
    """Of a UDP datagram with its pseudo header: its checksum is this, inverted."""
    family = socket.AF_INET6 if ":" in source[0] else socket.AF_INET
    hosts = socket.inet_pton(family, source[0]) + socket.inet_pton(family, target[0])
    return folded(hosts + struct.pack("!HHH", source[1], target[1], 8 + len(payload)) + payload, UDP + 8 + len(payload))


class Frame:
    """One UDP datagram as it came: addresses, what the network may change of it, its payload. `is_partial`: its checksum was
    left to the card, so that it holds the pseudo header's sum only; `is_tagged`: with a VLAN tag."""

    def __init__(self, data, is_partial, is_tagged):
        self.data, self.is_partial, self.is_tagged = data, is_partial, is_tagged
        kind, ip = struct.unpack("!H", data[12:14])[0], data[ETHERNET:]
        if kind == 0x0800:
            head, self.tos, self.ttl = (ip[0] & 15) * 4, ip[1], ip[8]
            protocol, family, self.pair = ip[9], socket.AF_INET, ip[12:20]
            self.is_fragment = struct.unpack("!H", ip[6:8])[0] & 0x3fff != 0
        elif kind == 0x86dd:
            head, self.tos, self.ttl = 40, (ip[0] << 4 | ip[1] >> 4) & 255, ip[7]
            protocol, family, self.pair = ip[6], socket.AF_INET6, ip[8:40]
            self.is_fragment = protocol == 44
        else:
            protocol = 0
        self.is_udp = protocol == UDP
        if self.is_udp:
            half = len(self.pair) // 2
            sport, dport, self.length, self.checksum = struct.unpack("!HHHH", ip[head:head + 8])
            self.source = (socket.inet_ntop(family, self.pair[:half]), sport)
            self.target = (socket.inet_ntop(family, self.pair[half:]), dport)
            self.payload = ip[head + 8:head + self.length]

    def has_pseudo_sum(self):
        return self.checksum == folded(self.pair, UDP + self.length)


class Wire:
    """Listens on a host's end of a link from enter to exit."""

    def __init__(self, net, name, device):
        with net.inside(name):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self.sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
            self.sock.bind((device, 3))
        self.frames = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def forget(self):
        """What has come until now is of no interest."""
        self.sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.sock.recv(1)
        self.frames = []

    def read(self, target, count, timeout=5.0):
        """The datagrams to `target`, of which there should be so many by now."""
        end = time.monotonic() + timeout * SLOW
        while time.monotonic() < end:
            found = [f for f in self.frames if f.is_udp and f.target == target]
            if len(found) >= count:
                return found
            self.sock.settimeout(max(0.001, end - time.monotonic()))
            try:
                data, extra, _, address = self.sock.recvmsg(65536, 256)
            except socket.timeout:
                break
            if address[2] != OUTGOING:
                status = struct.unpack("=I", extra[0][2][:4])[0] if extra else 0
                self.frames.append(Frame(data, bool(status & IS_PARTIAL), bool(status & HAS_TAG)))
        return [f for f in self.frames if f.is_udp and f.target == target]


def checked(folder, frames):
    """What tshark thinks of each frame's checksums: [(of IPv4's header, of UDP)], "1" is good, "" is none, as where UDP has
    0 for "not computed"."""
    if not shutil.which("tshark"):
        raise Skip("tshark is not installed (Debian: tshark)")
    path = os.path.join(folder, "frames.pcap")
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            f.write(struct.pack("=IIII", 0, 0, len(frame.data), len(frame.data)) + frame.data)
    shark = run(["tshark", "-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields",
                 "-e", "ip.checksum.status", "-e", "udp.checksum.status"], timeout=60 * SLOW)
    assert shark.returncode == 0, shark.stderr
    return [tuple(line.split("\t")) for line in shark.stdout.splitlines()]
