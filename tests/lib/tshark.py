# SPDX-License-Identifier: Apache-2.0
"""tshark: captures what comes to some UDP ports on the loopback and lets tshark analyse it as RTP."""
import os
import re
import shutil
import socket
import subprocess
import threading

from feature import Skip
from sip_ua import SLOW

PROBE = b"is anybody capturing?"


class Capture:
    """Captures into a file until it is left. Between enter and exit every packet to these ports is in it. Those count that come
    from a port that `relays` knows: the last words of another test's server go to who had our port before."""

    def __init__(self, folder, ports, relays, interface="lo"):
        if not shutil.which("tshark"):
            raise Skip("tshark is not installed (Debian: tshark)")
        self.path, self.ports, self.relays = os.path.join(folder, "capture.pcap"), ports, relays
        self.lines, self.said, self.heard = [], [], threading.Condition()
        self.probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.nobody = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)      # whom the probes are sent to
        self.nobody.bind(("127.0.0.1", 0))
        wanted = " or ".join("dst port %d" % p for p in (*ports, self.nobody.getsockname()[1]))
        self.process = subprocess.Popen(
            ["tshark", "-n", "-l", "-i", interface, "-f", "udp and (%s)" % wanted, "-w", self.path, "-P", "-T", "fields",
             "-e", "udp.srcport", "-e", "udp.dstport"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.readers = [threading.Thread(target=self._read, args=(pipe, kept), daemon=True)
                        for pipe, kept in ((self.process.stdout, self.lines), (self.process.stderr, self.said))]
        for reader in self.readers:
            reader.start()

    def _read(self, pipe, kept):
        for line in pipe:
            with self.heard:
                kept.append(line.strip())
                self.heard.notify_all()
        with self.heard:
            self.heard.notify_all()

    def seen(self):
        """Packets to the ports, so far."""
        return sum(to in self.ports and self.relays(source) for source, to in (map(int, line.split()) for line in self.lines))

    def __enter__(self):
        """Sends probes until one is captured: then the capture runs."""
        for _ in range(int(150 * SLOW)):
            self.probe.sendto(PROBE, self.nobody.getsockname())
            with self.heard:
                if self.heard.wait_for(lambda: self.lines or self.process.poll() is not None, 0.2):
                    break
        if not self.lines:
            self.__exit__()
            text = "\n".join(self.said)
            if re.search(r"permission|not permitted|no such device|privilege", text, re.I):
                raise Skip("no capture on the loopback is allowed here")
            raise AssertionError("tshark captured nothing:\n" + text)
        return self

    def wait(self, count, timeout=20.0):
        """Waits until so many packets to the ports are in the file."""
        with self.heard:
            assert self.heard.wait_for(lambda: self.seen() >= count, timeout * SLOW), \
                "%d of %d packets were captured\n%s" % (self.seen(), count, "\n".join(self.said))

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        for reader in self.readers:
            reader.join()
        self.process.stdout.close(), self.process.stderr.close()
        self.probe.close(), self.nobody.close()

    def _read_file(self, *arguments):
        as_rtp = [word for port in self.ports for word in ("-d", "udp.port==%d,rtp" % port)]
        return subprocess.run(["tshark", "-n", "-r", self.path, *as_rtp, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60 * SLOW, check=True).stdout

    def streams(self):
        """What `-z rtp,streams` says: {(source port, destination port): (packets, lost, SSRC)}."""
        found = {}
        for line in self._read_file("-q", "-z", "rtp,streams").splitlines():
            m = re.search(r"(\d+)\s+\S+\s+(\d+)\s+0x([0-9A-Fa-f]+)\s.*?\s(\d+)\s+(-?\d+) \(", line)
            if m and self.relays(int(m[1])):
                found[int(m[1]), int(m[2])] = (int(m[4]), int(m[5]), int(m[3], 16))
        return found

    def sequence(self, ports):
        """The RTP sequence numbers of one stream in the order of the wire."""
        only = "udp.srcport == %d && udp.dstport == %d && rtp" % ports
        return [int(n) for n in self._read_file("-Y", only, "-T", "fields", "-e", "rtp.seq").split()]

    def floor(self):
        """Each floor-control message (RTCP APP "MCPT") that came: subtype, name, who it says talks, remarks of tshark's
        dissectors (malformed, expert items)."""
        as_rtcp = [word for port in self.ports for word in ("-d", "udp.port==%d,rtcp" % port)]
        names = ("udp.srcport", "rtcp.app.subtype", "rtcp.app.name", "rtcp.mcptt.granted_partys_id", "_ws.expert.message", "_ws.malformed")
        to_us = " || ".join("udp.dstport == %d" % port for port in self.ports)
        text = subprocess.run(["tshark", "-n", "-r", self.path, *as_rtcp, "-Y", to_us, "-T", "fields", "-E", "occurrence=a",
                               *(word for name in names for word in ("-e", name))], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60 * SLOW, check=True).stdout
        rows = []
        for line in text.splitlines():
            source, subtypes, app, party, expert, malformed = line.split("\t")
            if not self.relays(int(source)):
                continue
            expert = re.sub(r"Possible traceroute[^,]*(, attempt #\d+)?,?", "", expert)       # of some port numbers
            for subtype in subtypes.split(","):
                rows.append({"subtype": int(subtype or -1), "name": app.split(",")[0],
                             "party": [p for p in party.split(",") if p], "remarks": expert + malformed})
        return rows
