# SPDX-License-Identifier: Apache-2.0
"""road: a server between phones in network namespaces of the test's own, in each of the ways in which it may forward.

Ways: "kernel" (all capabilities, media.fastpath as it is by default: the kernel's program must forward), "filters" (likewise,
as on a kernel whose tc has no links), "dropped" (the capabilities are taken away: the relay thread must) and "off"
(media.fastpath is). What phones see is the same on all.
"""
import contextlib
import functools
import os
import re
import shutil
import socket
import struct
import sys
import time

from call import Call, asked, eventually
from feature import FEATURES, Skip, ctl, ok
from kernel import bpf_refused
from namespaces import SERVER, SERVER6, Internet, why_not
from rtp_end import RtpEnd
from server import Server
from sip_ua import SLOW, Phone

HERE = os.path.dirname(os.path.abspath(__file__))
UNABLE = "cap_bpf,cap_sys_admin"                  # to load a program; filters may be changed
DROPPED = "cap_bpf,cap_net_admin,cap_sys_admin,cap_perfmon"
ANYWHERE = '"udp:0.0.0.0:%d", "udp:[::]:%d"'
ITS_OWN = '"udp:' + SERVER + ':%d", "udp:[' + SERVER6 + ']:%d", "udp:127.0.0.1:%d"'
MEDIA = '{ %srelay = "always"; ports = [ 30000, 30499 ]; threads = 1; }'       # nobody else is in the namespace
SO_TIMESTAMPNS = 35
ROOM = 8 << 20                  # of a phone's sockets: nothing is lost at the end of the road


class Middle(Server):
    """The daemon in the middle, in the way that is asked for."""

    def __init__(self, binary, way, listen=ANYWHERE, **settings):
        super().__init__(binary, **settings)
        self.way, self.where = way, listen

    def listen(self):
        return self.where.replace("%d", str(self.port))

    def command(self):
        before = {"dropped": ["capsh", "--drop=" + DROPPED, "--", "-c", 'exec "$0" "$@"'],
                  "unable": ["capsh", "--drop=" + UNABLE, "--", "-c", 'exec "$0" "$@"'],
                  "filters": [sys.executable, os.path.join(HERE, "before_links.py")]}
        return before.get(self.way, []) + super().command()


class End(RtpEnd):
    """An end with room for all that comes, and packets of any form."""

    def __init__(self, ip, lines="", **more):
        super().__init__(ip, **more)
        self.lines, self.before = lines, (0, 0)
        for sock in (self.rtp, self.rtcp):
            sock.setsockopt(socket.SOL_SOCKET, 33, ROOM)         # SO_RCVBUFFORCE
        self.rtp.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def sdp(self, *words, extra="", **more):
        return super().sdp(*words, extra=self.lines + extra, **more)

    def packet(self, payload=b"." * 160, payload_type=None, first=0x80, step=1):
        """The next packet: `first` is its first byte, `step` how far its sequence number is from the last one's."""
        kind = self.payload_type if payload_type is None else payload_type
        packet = struct.pack("!BBHII", first, kind, self.sequence & 0xffff, self.stamp & 0xffffffff, self.ssrc) + payload
        self.sequence, self.stamp = self.sequence + step, self.stamp + 160 * step
        return packet

    def put(self, to, packet, sock=None):
        (sock or self.rtp).sendto(packet, to)
        self.sent.append(packet)

    def forget(self):
        self.before = self.said()
        super().forget()

    def said(self):
        """(packets, bytes) of RTP that it ever sent."""
        return self.before[0] + len(self.sent), self.before[1] + sum(map(len, self.sent))

    def arrivals(self, count, timeout=5.0):
        """Waits for so many packets; when each came to this host, in seconds."""
        self.rtp.settimeout(timeout * SLOW)
        times = []
        while len(times) < count:
            packet, more, _, source = self.rtp.recvmsg(4096, 128)
            seconds, ns = struct.unpack("@ll", next(data for _, kind, data in more if kind == SO_TIMESTAMPNS))
            times.append(seconds + ns / 1e9)
            self.got.append(packet)
            self.sources.add(source[:2])
        return times

    def drain(self):
        """Takes all that has come."""
        self.rtp.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, source = self.rtp.recvfrom(4096)
                self.got.append(packet)
                self.sources.add(source[:2])


class Road:
    """Two or three phones, each on a link of its own, and the server in the middle. `kernel`: its program must forward."""

    def __init__(self, net, server, way):
        self.net, self.server, self.way, self.kernel = net, server, way, way in ("kernel", "filters")
        self.addresses, self.links, self.hosts = {}, {}, {}

    def place(self, name):
        """A host with an IPv4 address, an IPv6 address and another IPv6 address. Its link is in `links`: the host's end, the
        server's."""
        self.addresses[name] = {4: self.net.host(name), 6: self.net.host6(name, more=["3"])}
        self.hosts[name] = name
        self.links[name] = ("in%d" % self.net.links, "out%d" % self.net.links)

    def another_name(self, host, name, address):
        """Whoever is at this place has that address of the host."""
        self.hosts[name], self.addresses[name] = host, {4: address}

    def also(self, name, address):
        """The host `name` gets one more IPv4 address."""
        self.net.ip(name, "addr", "add", address + "/32", "dev", "lo")
        self.net.ip("server", "route", "add", address + "/32", "via", self.addresses[name][4], "dev", self.links[name][1])

    def end(self, name, version=4, ip=None, **more):
        with self.net.inside(self.hosts[name]):
            return End(ip or self.addresses[name][version], **more)

    def phone(self, name, user, version=4):
        with self.net.inside(self.hosts[name]):
            phone = Phone(self.server, user, ip=self.addresses[name][version])
        phone.target = ({4: SERVER, 6: SERVER6}[version], self.server.port)
        return phone

    def call(self, versions=(4, 4), lines=("", ""), kinds=(0, 0), places=("left", "right")):
        """alice, on the left, calls bob, on the right; `lines` are more of their SDP, `kinds` their payload types."""
        phones = [self.phone(place, user, version) for place, user, version in zip(places, ("alice", "bob"), versions)]
        ends = [self.end(place, version, lines=more, payload_type=kind)
                for place, version, more, kind in zip(places, versions, lines, kinds)]
        return Call(self.server, *ends, phones=phones).set_up()

    # ---- which way packets go
    def fast(self):
        """What `portavozctl media fastpath` says; {} where it has nothing to say."""
        answer = ctl(self.server, "--json", "media", "fastpath")
        return asked(self.server, "media", "fastpath") if answer.returncode == 0 else {}

    def counts(self):
        """(packets that the kernel's program forwarded, datagrams that came up to the host's sockets)."""
        up = 0
        with open("/proc/%d/net/snmp" % self.server.process.pid) as f:
            up += int([line for line in f if line.startswith("Udp: ")][1].split()[1])
        with open("/proc/%d/net/snmp6" % self.server.process.pid) as f:
            up += int(re.search(r"^Udp6InDatagrams\s+(\d+)", f.read(), re.M).group(1))
        return self.fast().get("hits", 0), up

    def waiting(self, port):
        """Bytes of datagrams that wait in the server's sockets on this port."""
        with open("/proc/%d/net/udp" % self.server.process.pid) as f:
            rows = [line.split() for line in f][1:]
        return sum(int(row[4].split(":")[1], 16) for row in rows if row[1].endswith(":%04X" % port))

    @contextlib.contextmanager
    def watched(self, packets, by_kernel=None):
        """What is sent within goes by the kernel's program, all of it, where there is one; else all of it comes up. Of
        `packets` the program may be due for a part only: `by_kernel`."""
        before = self.counts()
        yield
        due = (packets if by_kernel is None else by_kernel) if self.kernel else 0
        end = time.monotonic() + 5 * SLOW           # the host counts what the server takes from its sockets, when it does
        while True:
            hits, up = (now - then for now, then in zip(self.counts(), before))
            if hits + up >= packets or time.monotonic() > end:
                break
        ok(hits == due, "the kernel's program forwarded %d of %d packets: %d" % (due, packets, hits))
        slack = 4                                   # the server's own talk: a ping, a request sent again
        ok(packets - due <= up <= packets - due + slack, "and %d came up to the server's sockets: %d" % (packets - due, up))

    def ready(self, call):
        """Both ends talk until the server knows where they are, and the kernel's program too, where there is one."""
        assert call.talk(1), "the ends do not hear each other"
        if self.kernel:
            eventually(lambda: self.fast().get("entries", 0) >= 2, "the kernel's program knows the call")
        for end in (call.a, call.b):
            end.drain()
            end.forget()


def exchanged(call, count=200):
    """`count` packets each way, a few at a time; True: each came, once, in order and unchanged."""
    for end in (call.a, call.b):
        end.drain()
        end.forget()
    for n in range(count):
        call.a.send(call.to_bob)
        call.b.send(call.to_alice)
        if n % 20 == 19:
            call.a.receive(n + 1), call.b.receive(n + 1)
    return all_came(call)


def all_came(call):
    """Each packet that one end sent is what the other one got, and nothing else is."""
    call.a.receive(len(call.b.sent)), call.b.receive(len(call.a.sent))
    time.sleep(0.02)                                # for a copy that nobody wants to see
    call.a.drain(), call.b.drain()
    return call.a.got == call.b.sent and call.b.got == call.a.sent


def nothing_comes(end, seconds=0.1):
    end.forget()
    time.sleep(seconds * SLOW)
    end.drain()
    return not end.got


def falls_silent(end, far, to):
    """What `end` sends does not come to `far` any more, once the relay thread has heard what the phones have just been told."""
    for _ in range(int(20 * SLOW)):
        far.drain()
        end.send(to, 20)
        if nothing_comes(far, 0.05):
            return True
    return False


# ---------------------------------------------------------------- tests
BOTH = ("kernel", "dropped")


def played(function, way, listen, settings, places, binary):
    reason = why_not()
    if reason:
        raise Skip(reason)
    if way == "dropped" and not shutil.which("capsh"):
        raise Skip("capsh is not installed (Debian: libcap2-bin)")
    reason = bpf_refused() if way in ("kernel", "filters") else None
    if reason:
        raise Skip("no program can be loaded into the kernel here: " + reason)
    fastpath = 'fastpath = "off"; ' if way == "off" else ""
    settings = dict({"media": MEDIA, "users": ("alice", "bob")}, **settings)
    settings["media"] = settings["media"].replace("%s", fastpath)
    with Internet() as net, net.inside("server"):
        road = Road(net, None, way)
        for place in places:
            road.place(place)
        road.another = functools.partial(Middle, binary, way, listen, **settings)
        with road.another() as road.server:
            function(road)
        ok(True, "the server stopped cleanly")


def on_roads(*ways, listen=ANYWHERE, places=("left", "right"), **settings):
    """Marks a test of one feature on each of these ways: NAME where the kernel forwards, NAME-dropped, NAME-off. `settings`
    configure the server; %s in `media` is where the way has its word."""
    def mark(function):
        for way in ways:
            name = function.__name__.replace("_", "-").strip("-") + ("" if way == "kernel" else "-" + way)
            assert name not in FEATURES, "two tests of " + name
            FEATURES[name] = (functools.partial(played, function, way, listen, settings, places), {"server": False})
        return function
    return mark
