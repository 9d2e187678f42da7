# SPDX-License-Identifier: Apache-2.0
"""copied: what is said is copied to the listeners by the kernel, where it may, and nobody hears a difference."""
import contextlib
import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess

import crowd
import namespaces
from feature import Skip, ctl, feature, ok
from groups import MEDIA, group
from listening import is_one_stream, talks
from phone import GroupPhone
from room import Room
from server import Server, have_ipv6
from sip_ua import SLOW
from voice import EVENTS

NAMES = "alice bob carol dave erin frank grace heidi ivan judy"
OFF = MEDIA.replace("threads = 1;", 'threads = 1; fastpath = "off";')
TWO = '{ relay = "always"; ports = PORTS(500); threads = 2; group_budget = 5; }'


def copying(server):
    """What `portavozctl media fastpath` says of copies."""
    return json.loads(ctl(server, "--json", "media", "fastpath").stdout)["copying"]


def needed(server):
    """Where the kernel does not copy, there is nothing to be tried."""
    now = copying(server)
    if now["state"] != "active":
        raise Skip("the kernel copies nothing here: %s" % (now["why"] or now["state"]))


def marked(phones):
    """The marker is where talk begins, and nowhere within."""
    for phone in phones:
        voiced = [n for n, p in enumerate(phone.got) if p.sound.tones]
        starts = [n for n in voiced if n == 0 or not phone.got[n - 1].sound.tones]
        assert starts and all(phone.got[n].marker for n in starts), "%s: marker where talk begins" % phone
        assert not any(phone.got[n].marker for n in voiced if n not in starts), "%s: and nowhere within" % phone
    ok(True, "the marker is where talk begins, and nowhere within")


def conversation(server, room, phones):
    """Talkers of both families take turns; one leaves while another one talks; keys are pressed within talk."""
    first, *_, last = phones
    for talker in (first, last, phones[2]):
        talks(room, talker)
    first.press("*")
    room.heard_by_all(first)
    first.press("5")
    room.goes_on(10)
    kinds = {p.kind for phone in phones for p in phone.got}
    ok(EVENTS not in kinds and kinds == {0}, "the talker's keys are not passed on")
    gone, rest = phones[3], [p for p in phones if p is not phones[3]]
    gone.bye()
    room.stage.until(gone.gets_nothing)     # but what was on its way
    heard = len(gone.got)
    gone.hush()
    gone.ended = True
    room.goes_on(20)
    ok(len(gone.got) == heard, "who has left gets nothing any more")
    ok(first.hears() == set() and not any(first.tone in p.sound.tones for p in first.got), "the talker does not hear himself")
    first.press("#")
    room.nobody()
    wanted = [first.user, last.user, phones[2].user, first.user]
    room.stories(wanted, "each heard them so", among=rest)
    for phone in phones:
        is_one_stream(phone)
    ok(len({p.got[0].ssrc for p in phones}) == len(phones), "a stream each, with an SSRC of its own")
    ok(True, "numbers and time stamps go on over talkers and silence")
    marked(rest)


def gathered(room, count_ipv4=5):
    """Five of each family."""
    if not have_ipv6():
        raise Skip("there is no IPv6 here")
    phones = [room.phone(user, ip="127.0.0.1" if n < count_ipv4 else "::1") for n, user in enumerate(NAMES.split())]
    for phone in phones:
        phone.join(mic=-1)
    return phones


@feature(**group(NAMES))
def copied(server):
    needed(server)
    with Room(server) as room:
        conversation(server, room, gathered(room))
    now = copying(server)
    ok(now["copies"] > 3 * 20 * 8, "the kernel has made the copies: %d" % now["copies"])
    ok(now["lost"] == now["refused"] == 0, "none was lost or refused")


@feature(**group(NAMES, media=OFF))
def copied_off(server):
    """The same, sent by the relay thread."""
    with Room(server) as room:
        conversation(server, room, gathered(room))
    now = copying(server)
    ok(now["state"] == "off" and now["copies"] == now["triggers"] == 0, "the kernel has copied nothing")


@feature(**group(NAMES, media=TWO))
def copied_by_two_threads(server):
    """Five legs of each of two relay threads."""
    needed(server)
    with Room(server) as room:
        conversation(server, room, gathered(room))
    now = copying(server)
    ok(now["copies"] > 3 * 20 * 6 and now["lost"] == now["refused"] == 0, "the kernel has made the copies: %d" % now["copies"])


@feature(**group(NAMES, tones="true", queue="0"))
def copied_but_to_who_hears_a_tone(server):
    """Who is denied the floor hears that over the talk; the others' talk is copied meanwhile."""
    needed(server)
    with Room(server) as room:
        phones = alice, bob, *_ = gathered(room)
        alice.press("*")
        room.heard_by_all(alice)
        room.goes_on(10)
        before = copying(server)["copies"]
        bob.press("*", wait=False)
        room.until(lambda: len({p.payload for p in bob.frames()[-30:]}) > 1, "bob's frames are not all alice's: the tone is in them")
        room.goes_on(40)
        room.heard_by_all(alice, "and then alice alone again")
        ok(copying(server)["copies"] - before > 40 * 6, "meanwhile the others' frames are copied")
        alice.press("#")
        room.nobody()
        for phone in phones:
            is_one_stream(phone)
        ok(True, "one stream each, its numbers and time stamps going on")


@feature(**group(NAMES))
def copied_until_a_reload(server):
    """A reload ends the copying under a talker, and another one begins it again."""
    needed(server)
    with Room(server) as room:
        phones = alice, *_ = gathered(room)
        alice.press("*")
        room.heard_by_all(alice)
        media = server.settings["media"]
        for fastpath, state in (("off", "off"), ("auto", "active")):
            server.write(media=media.replace("threads = 1;", 'threads = 1; fastpath = "%s";' % fastpath))
            server.signal(signal.SIGHUP)
            room.until(lambda: copying(server)["state"] == state, "copying is " + state)
            room.goes_on(60)
            before = copying(server)["copies"]
            more = lambda: copying(server)["copies"] - before
            if state == "off":
                room.goes_on(20)
                ok(more() == 0, "no copies of 20 frames")
            else:
                room.until(lambda: more() > 20 * 6, "the kernel makes the copies again")
        alice.press("#")
        room.nobody()
        for phone in phones:
            is_one_stream(phone)
        ok(True, "nothing was lost")


# ---- on other hosts

class FarPhone(GroupPhone):
    """`place`: (namespaces, the one where it is, the server's address as it sees it)."""

    def __init__(self, room, user, place, **kw):
        net, name, self.server_ip = place
        with net.inside(name):
            super().__init__(room, user, **kw)
        self.target = (self.server_ip, self.target[1])


class ServerOnLinks(Server):
    addresses = ("127.0.0.1", "203.0.113.5", "2001:db8:1::1")

    def listen(self):
        return ", ".join('"udp:%s:%d"' % ("[%s]" % a if ":" in a else a, self.port) for a in self.addresses)


def checksums_by_software(device):
    """The server's end of the link does not leave them to its peer, where nobody would make them."""
    ETHTOOL_STXCSUM, SIOCETHTOOL = 0x17, 0x8946
    value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0), 8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP", device.encode(), ctypes.addressof(value)))


@contextlib.contextmanager
def witness(net, folder):
    """Captures at the far end; what it yields says of each UDP packet (destination port, IP header's, UDP's checksum)."""
    if not shutil.which("tshark"):
        raise Skip("tshark is not installed (Debian: tshark)")
    path = os.path.join(folder, "far.pcap")
    with net.inside("far"):
        shark = subprocess.Popen(["tshark", "-n", "-q", "-i", "in1", "-f", "udp", "-w", path], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in shark.stderr:
            if "Capturing on" in line or "Capture started" in line:
                break

    def rows():
        shark.terminate()
        shark.wait(20 * SLOW)
        out = subprocess.run(["tshark", "-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
                              "-T", "fields", "-e", "udp.dstport", "-e", "ip.checksum.status", "-e", "udp.checksum.status",
                              "-e", "ip.dsfield", "-e", "ipv6.tclass"],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * SLOW, check=True).stdout
        return [line.split("\t") for line in out.splitlines()]
    try:
        yield rows
    finally:
        if shark.poll() is None:
            shark.kill()
            shark.wait()
        shark.stderr.close()


def on_links(binary, test, before=lambda net: None, **settings):
    """The server with a link to another host, and a room; `before` the server starts."""
    reason = namespaces.why_not()
    if reason:
        raise Skip(reason)
    with namespaces.Internet() as net:
        net.host("far")                                         # 203.0.113.6 on in1, the server's end is out1
        net.host6("far")                                        # 2001:db8:1::2 and ::1
        before(net)
        with net.inside("server"):
            with ServerOnLinks(binary, **group(NAMES, **settings)) as server:
                with Room(server) as room:
                    test(net, server, room)


def join_from_far(net, room):
    """Two on the server's host, four far by IPv4, four by IPv6."""
    places = [("127.0.0.1", None)] * 2 + [("203.0.113.6", "203.0.113.5")] * 4 + [("2001:db8:1::2", "2001:db8:1::1")] * 4
    phones = []
    for user, (ip, server_ip) in zip(NAMES.split(), places):
        phone = FarPhone(room, user, (net, "far", server_ip), ip=ip) if server_ip else GroupPhone(room, user, ip=ip)
        room.phones.append(phone)
        phones.append(phone)
        phone.join(mic=-1)
    return phones


@feature(server=False)
def copied_to_another_host(binary):
    def test(net, server, room):
        needed(server)
        checksums_by_software("out1")
        phones = join_from_far(net, room)
        far = {str(p.end.port) for p in phones[2:]}
        with witness(net, server.folder) as rows:
            conversation(server, room, phones)
            rows = [r for r in rows() if r[0] in far]
        ok(len(rows) > 300 and all(r[2] == "1" and r[1] in ("1", "") for r in rows),
           "tshark finds the checksums of %d packets good" % len(rows))
        ok(len({r[3] + r[4] for r in rows}) <= 2, "all are marked alike: %s" % {r[3] + r[4] for r in rows})
        ok({p.source for phone in phones[2:] for p in phone.got} == {phone.remote for phone in phones[2:]},
           "they come from the addresses that were announced")
        now = copying(server)
        ok(now["copies"] > 3 * 20 * 8 and now["lost"] == now["refused"] == 0, "the kernel has made the copies: %d" % now["copies"])
    on_links(binary, test)


@feature(server=False)
def copied_by_named_links_alone(binary):
    """media.fastpath names interfaces: who is reached by another one is sent to."""
    def test(net, server, room):
        needed(server)
        phones = join_from_far(net, room)
        conversation(server, room, phones)
        ok(copying(server)["copies"] == 0, "eight are behind a link that is not named: %s" % copying(server))
        server.write(media=server.settings["media"].replace('[ "lo" ]', '"auto"'))
        ok(ctl(server, "config", "reload").returncode == 0, "a reload: any interface")
        alice = phones[0]
        alice.press("*")
        room.heard_by_all(alice)
        room.goes_on(80)
        ok(copying(server)["copies"] > 8 * 20, "and copied to: %d" % copying(server)["copies"])
        alice.press("#")
        room.nobody()
    on_links(binary, test, media=MEDIA.replace("threads = 1;", 'threads = 1; fastpath = [ "lo" ];'))


@feature(server=False)
def copied_when_routes_change(binary):
    """The far host is reached by another link from one moment to the next: nobody goes on copying to the old one."""
    def test(net, server, room):
        needed(server)
        phones = join_from_far(net, room)
        alice = phones[0]
        alice.press("*")
        room.heard_by_all(alice)
        room.goes_on(60)
        net.ip("server", "link", "add", "name", "out9", "type", "veth", "peer", "name", "in9", "netns", net.prefix + "far")
        for name, device in (("server", "out9"), ("far", "in9")):
            net.ip(name, "link", "set", device, "up")
        net.ip("server", "route", "add", "203.0.113.6/32", "dev", "out9")
        before = copying(server)["copies"]
        room.goes_on(80)
        room.heard_by_all(alice, "alice is still heard by all")
        room.until(lambda: copying(server)["copies"] - before > 20 * 6, "and copied again")
        alice.press("#")
        room.nobody()
    on_links(binary, test)


def guesses(number):
    """Triggers, if they were numbered: what is in struct copy_trigger, and what was once."""
    return struct.pack("=IQ", number % 4, number), struct.pack("=III", 0x70766370, number % 4, number)


def own_ports(family, address):
    """Of sockets bound to that address: everybody may read that."""
    with open("/proc/net/udp" + ("6" if family == socket.AF_INET6 else "")) as f:
        names = [line.split()[1].split(":") for line in f.readlines()[1:]]
    return [int(port, 16) for name, port in names if name == address]


def flood(family, port, own, other):
    """From another address of the host, that one and the true one given as the source."""
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.bind((other, port))
        for source in (own, other):
            raw = socket.inet_pton(family, source)
            info = (socket.IPPROTO_IP, 8, struct.pack("=I4s4s", 0, raw, bytes(4))) if family == socket.AF_INET else \
                (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, raw + bytes(4))
            target = source if family == socket.AF_INET else own
            for number in range(160):
                for guess in guesses(number):
                    s.sendmsg([guess, b"EVIL" * 40], [info], 0, (target, port))


def as_another_user(work):
    """`work` in a process without any right; what it returns, as a number."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 255
    try:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        code = work()
    finally:
        os._exit(code)


def attack():
    count = 0
    for family, name, own, other in ((socket.AF_INET, "0100007F", "127.0.0.1", "127.0.0.2"),
                                     (socket.AF_INET6, "00000000000000000000000001000000", "::1", "2001:db8:1::1")):
        for port in own_ports(family, name):
            flood(family, port, own, other)
            count += 1
    return count


@feature(server=False)
def copied_for_no_other_user(binary):
    """Another user of the host sends to the sockets by which the kernel's program knows the server's triggers."""
    def test(net, server, room):
        needed(server)
        phones = join_from_far(net, room)
        alice = phones[0]
        talks(room, alice)
        room.stage.run(0.1)
        before = copying(server)["copies"]
        tried = as_another_user(attack)
        ok(4 <= tried < 255, "another user has sent to %d sockets" % tried)
        room.stage.run(0.3)
        ok(not any(b"EVIL" in p.payload for phone in phones for p in phone.got), "nobody hears him")
        talks(room, alice)
        now = copying(server)
        ok(now["copies"] > before + 20 * 8 and now["lost"] == 0, "and the talk goes on being copied")
        for phone in phones:
            is_one_stream(phone)
        ok(True, "one stream each")
    on_links(binary, test)


@feature(server=False)
def copied_after_all(binary):
    """When the server starts, its trial does not come through, and later it does."""
    def cut(net):                                               # a trigger without payload
        net.exec("server", "nft", "add table inet cut; add chain inet cut out { type filter hook output priority 0; }; "
                 "add rule inet cut out oif lo udp length 20 drop")

    def test(net, server, room):
        now = copying(server)
        if "lo does not lead" not in now["why"]:
            needed(server)
        ok(now["state"] != "active", "no copies: %s" % now["why"])
        net.exec("server", "nft", "delete table inet cut")
        room.until(lambda: copying(server)["state"] == "active", "it is tried again", seconds=12)
        phones = join_from_far(net, room)
        talks(room, phones[0])
        ok(copying(server)["copies"] > 20 * 8, "and the kernel copies")
    on_links(binary, test, cut)


# ---- many

MANY = dict(crowd.CROWD, admin='{ socket = "control.sock"; http = ""; }')


def five_hundred_hear(server):
    done = crowd.play(server, "-k", "3", "-t", "4", "--ptt", "dtmf:*:#", "--talk-ms", "800", "--gap-ms", "500", "--idle-send", "none")
    ok(re.search(r"UP %d of %d" % (crowd.MEMBERS, crowd.MEMBERS), done.stdout), "%d members are in the group" % crowd.MEMBERS)
    ok(done.returncode == 0, "all of them heard each talker, whole, and nobody else")


@feature(**MANY)
def five_hundred_copied(server):
    needed(server)
    five_hundred_hear(server)
    now = copying(server)
    ok(now["copies"] > 499 * 30 and now["lost"] == 0, "the kernel has made the copies: %d" % now["copies"])


@feature(**dict(MANY, media=MANY["media"].replace("threads = 1;", 'threads = 1; fastpath = "off";')))
def five_hundred_without_copying(server):
    five_hundred_hear(server)
    ok(copying(server)["copies"] == 0, "the kernel has copied nothing")
