# SPDX-License-Identifier: Apache-2.0
"""rtp_end: one end of an RTP stream: a pair of sockets, packets out, packets in, what was lost on the way."""
import socket
import struct
import time

from sip_ua import SLOW


class InBunches:
    """A socket whose packets leave `count` at once, as some networks have it; the last one first, as others do."""

    def __init__(self, sock, count, is_reversed=False):
        self.sock, self.count, self.is_reversed, self.held = sock, count, is_reversed, []

    def __getattr__(self, name):
        return getattr(self.sock, name)

    def sendto(self, data, whom):
        self.held.append((data, whom))
        if len(self.held) == self.count:
            self.flush()

    def flush(self):
        for data, whom in reversed(self.held) if self.is_reversed else self.held:
            self.sock.sendto(data, whom)
        self.held = []


class RtpEnd:
    """Ports for RTP and RTCP on `ip`; what it announces in an SDP may be something else."""

    def __init__(self, ip="127.0.0.1", announced=None, payload_type=0, ssrc=None):
        self.ip, self.announced, self.payload_type = ip, announced or ip, payload_type
        self.announced_port = None                      # where something stands before this end
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        for _ in range(100):
            self.rtp = socket.socket(family, socket.SOCK_DGRAM)
            self.rtcp = socket.socket(family, socket.SOCK_DGRAM)
            try:
                self.rtp.bind((ip, 0))
                self.port = self.rtp.getsockname()[1]
                if self.port % 2 == 0:
                    self.rtcp.bind((ip, self.port + 1))
                    break
            except OSError:
                pass
            self.close()
        self.ssrc = ssrc if ssrc is not None else self.port
        self.sequence, self.stamp = 1, 0
        self.sent, self.got, self.sources = [], [], set()

    def close(self):
        self.rtp.close()
        self.rtcp.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def sdp(self, direction="sendrecv", port=None, version=1, extra=""):
        family = 6 if ":" in self.announced else 4
        return ("v=0\r\no=- %d %d IN IP%d %s\r\ns=-\r\nc=IN IP%d %s\r\nt=0 0\r\nm=audio %d RTP/AVP %d 101\r\n"
                "a=rtpmap:101 telephone-event/8000\r\na=%s\r\n%s"
                % (self.ssrc, version, family, self.announced, family, self.announced,
                   (self.announced_port or self.port) if port is None else port, self.payload_type, direction, extra))

    def send_event(self, to, digit, payload_type=101):
        """One key press as phones send it: six packets of the same time stamp, the last three say that it ended
        (RFC 4733 §2.5.1)."""
        for n, duration in enumerate((160, 320, 480, 640, 640, 640)):
            event = struct.pack("!BBH", digit, (0x80 if n >= 3 else 0) | 10, duration)
            packet = struct.pack("!BBHII", 0x80, payload_type | (0x80 if n == 0 else 0), self.sequence & 0xffff,
                                 self.stamp, self.ssrc) + event
            self.rtp.sendto(packet, to)
            self.sent.append(packet)
            self.sequence += 1
        self.stamp += 640

    def send(self, to, count=1):
        """`count` packets of 20 ms, as fast as they go."""
        for _ in range(count):
            payload = struct.pack("!II", self.ssrc, self.sequence) * 20
            packet = struct.pack("!BBHII", 0x80, self.payload_type, self.sequence & 0xffff, self.stamp,
                                 self.ssrc) + payload
            self.rtp.sendto(packet, to)
            self.sent.append(packet)
            self.sequence, self.stamp = self.sequence + 1, self.stamp + 160

    def receive(self, count, timeout=5.0):
        """Waits for `count` packets in all; returns how many there are."""
        end = time.monotonic() + timeout * SLOW
        while len(self.got) < count and time.monotonic() < end:
            self.rtp.settimeout(max(0.001, end - time.monotonic()))
            try:
                packet, source = self.rtp.recvfrom(4096)
            except socket.timeout:
                break
            self.got.append(packet)
            self.sources.add(source[:2])
        return len(self.got)

    def receive_until(self, packet, timeout=5.0):
        """Waits for this packet; True when it came."""
        end = time.monotonic() + timeout * SLOW
        while packet not in self.got and time.monotonic() < end:
            self.receive(len(self.got) + 1, max(0.001, (end - time.monotonic()) / SLOW))
        return packet in self.got

    def heard_once(self, sent):
        """Whether these packets came, each once and in order. Where they are sent without a pause, those that the
        kernel forwards may pass those before them, which the relay thread still has: each of the two keeps its order."""
        place = {packet: n for n, packet in enumerate(sent)}
        for packet in sent:
            self.receive_until(packet)
        came = [place[p] for p in self.got if p in place]
        return sorted(came) == list(range(len(sent))) and any(
            [n for n in came if n < taken] == list(range(taken)) and
            [n for n in came if n >= taken] == list(range(taken, len(sent))) for taken in range(len(sent) + 1))

    def forget(self):
        self.sent, self.got, self.sources = [], [], set()


def audio_of(message):
    """(address, port) of the audio in a message's SDP."""
    address = port = None
    for line in message.body.decode().splitlines():
        if line.startswith("c="):
            address = line.split()[2]
        elif line.startswith("m=audio "):
            port = int(line.split()[1])
    return address, port
