# SPDX-License-Identifier: Apache-2.0
"""hostile: garbage, floods, silent and greedy peers; others must not notice."""
import glob
import os
import random
import time

from calls import Pair
from feature import Skip, feature, ok
from sip_ua import DOMAIN, Phone, Timeout, unique

HERE = os.path.dirname(os.path.abspath(__file__))


def works(server, text):
    with Pair(server) as (alice, bob):
        mine, theirs = alice.call(bob)
        mine.bye(theirs)
        bob.register(0, "*")
        ok(True, text)


def drain(phone):
    try:
        while True:
            phone.receive(0.02)
    except (AssertionError, IndexError, ValueError, ConnectionError):
        pass


@feature
def garbage_udp(server):
    rng = random.Random(1)
    with Phone(server) as alice, Phone(server, "carol") as carol:
        carol.register()                # spoilt INVITEs that are still INVITEs are hers
        good = alice.build("INVITE", carol.aor, body=alice.sdp()).encode()
        for n in range(0, len(good), 3):
            alice.send(good[:n])
        works(server, "after every prefix of an INVITE a call works")
        for _ in range(300):
            spoilt = bytearray(good)
            for _ in range(rng.randint(1, 8)):
                spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
            alice.send(bytes(spoilt))
        works(server, "after 300 spoilt INVITEs a call works")
        for _ in range(200):
            alice.send(rng.randbytes(rng.randint(0, 1400)))
        alice.send(b"")
        alice.send(rng.randbytes(65000))
        alice.send(b"INVITE " + b"A" * 60000)
        alice.send(b"SIP/2.0 " + b"9" * 60000 + b"\r\n\r\n")
        alice.send(good.replace(b"Call-ID", (b"X: y\r\n" * 8000) + b"Call-ID"))
        alice.send(good.replace(b"Via:", (b"Via: SIP/2.0/UDP h;branch=z9hG4bKq\r\n" * 1000) + b"Via:"))
        works(server, "after noise and giants a call works")


@feature
def torture_udp(server):
    files = sorted(glob.glob(os.path.join(HERE, "..", "torture", "**", "*.dat"), recursive=True))
    if not files:
        raise Skip("no torture files")
    with Phone(server) as alice, Phone(server, "alice", "tcp") as stream:
        for name in files:
            with open(name, "rb") as f:
                data = f.read()
            alice.send(data[:65000])
            with Phone(server, "alice", "tcp") as stream:
                stream.send(data)
        drain(alice)
    works(server, "after %d torture messages over UDP and TCP a call works" % len(files))


@feature(limits='{ enabled = false; tcp_message_deadline = "1s"; tcp_idle = "2s"; }')
def tcp_hostile(server):
    with Phone(server, "alice", "tcp") as half, Phone(server, "alice", "tcp") as huge, \
            Phone(server, "alice", "tcp") as noise, Phone(server, "alice", "tcp") as endless, \
            Phone(server, "alice", "tcp") as silent:
        text = half.build("INVITE", "sip:bob@" + DOMAIN, body=half.sdp())
        half.send(text[:200])
        huge.send(huge.build("MESSAGE", "sip:bob@" + DOMAIN).replace("Content-Length: 0", "Content-Length: 999999999"))
        said = huge.closed()
        ok(not said or said.startswith(b"SIP/2.0 "), "a huge Content-Length is closed at once")
        noise.send(random.Random(2).randbytes(5000))
        try:
            noise.closed(5)
            ok(True, "noise is closed")
        except Timeout:
            ok(False, "noise is closed")
        try:
            for _ in range(40):
                endless.send("X-Header: more and more\r\n" * 200)
            endless.closed(5)
        except (ConnectionError, BrokenPipeError):
            pass
        ok(True, "a header without an end is closed")
        half.closed(6)
        ok(True, "half a message is closed at its deadline")
        silent.closed(10)
        ok(True, "a silent peer is closed at the idle limit")
        works(server, "a call works")


@feature
def tcp_never_reads(server):
    """A peer that sends and never reads fills its own queue only."""
    with Phone(server, "alice", "tcp") as deaf:
        import socket
        deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sock.settimeout(0.5)
        text = "".join(deaf.build("OPTIONS", "sip:" + DOMAIN) for _ in range(100))
        try:
            for _ in range(100):
                deaf.send(text)
        except (OSError, ConnectionError):
            pass
        works(server, "a call works beside a peer that never reads")


@feature(limits="{ enabled = true; source_rate = 20; source_burst = 40; }")
def flood_is_limited(server):
    """One source sends thousands; it is held back, another source's calls work meanwhile."""
    with Pair(server, alice={"ip": "127.0.0.3"}, bob={"ip": "127.0.0.4"}) as (alice, bob), \
            Phone(server, "mallory", ip="127.0.0.2") as flood:
        for n in range(3000):
            flood.send(flood.build("OPTIONS", "sip:" + DOMAIN, call_id=unique()))
            if n % 1000 == 500:
                mine, theirs = alice.call(bob)
                mine.bye(theirs)
                ok(True, "a call from another source works during the flood")
        answered = 0
        try:
            while True:
                answered += flood.receive(0.3).status == 200
        except AssertionError:
            pass
        ok(answered < 1500, "of 3000 requests of one source %d were answered" % answered)


@feature(limits="{ enabled = true; tcp_connections_per_source = 4; }")
def connections_are_limited(server):
    phones = []
    try:
        for _ in range(12):
            try:
                phones.append(Phone(server, "alice", "tcp", ip="127.0.0.2"))
            except OSError:
                pass
        served = 0
        for phone in phones:
            try:
                phone.request("OPTIONS", "sip:" + DOMAIN)
                served += phone.receive().status == 200
            except OSError:                             # closed, as those are that are too many
                pass
        ok(1 <= served <= 5, "of 12 connections of one source %d are served" % served)
    finally:
        for phone in phones:
            phone.close()
    works(server, "others still connect and call")


@feature(limits="{ enabled = false; transactions = 1024; }", workers="1",
         timers='{ t1 = "500ms"; }')
def overload_refuses_new_calls(server):
    """The transaction table is full: new requests get 503 with Retry-After, the call in progress ends well."""
    with Pair(server) as (alice, bob), Phone(server, "carol") as silent, Phone(server, "dave") as crowd:
        silent.register()
        mine, theirs = alice.call(bob)
        refused = None
        end = time.monotonic() + 20
        pending = 0
        while refused is None and time.monotonic() < end and pending < 5000:
            crowd.request("MESSAGE", silent.aor, call_id=unique())
            pending += 1
            if pending % 50 == 0:
                try:
                    while refused is None:
                        r = crowd.receive(0.02)
                        refused = r if r.status == 503 else None
                except AssertionError:
                    pass
        ok(refused is not None, "503 after %d transactions" % pending)
        ok(int(refused.get("retry-after").split()[0].split("(")[0]) > 0, "with Retry-After")
        ok(mine.bye(theirs), "the call in progress ends well")
