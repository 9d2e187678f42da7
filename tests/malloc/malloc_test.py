#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""malloc_test.py BINARY LIBRARY: no call, message, registration or challenge allocates memory after a warm-up, on
no thread that has a part in it.

LIBRARY is count_malloc.so, preloaded into the server; what OpenSSL allocates within a digest is left out."""
import contextlib
import mmap
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]

from namespaces import Internet, why_not
from server import Server
from sip_ua import DOMAIN, Phone, unique

SIZE, CALLERS = 8 * (2 + 8192), 8192
ALL, ALL_BUT_MAIN = 1, 2        # main has no part in a call, and looks at the host's links now and then
_lines = 0


def report(good, text):
    global _lines
    _lines += 1
    print("%s %d - %s" % ("ok" if good else "not ok", _lines, text), flush=True)
    return good


class Counter:
    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="portavoz-malloc-")
        self.file.truncate(SIZE)
        self.map = mmap.mmap(self.file.fileno(), SIZE)

    def arm(self, whom):
        self.map[8:16] = struct.pack("=Q", 0)
        self.map[0:8] = struct.pack("=Q", whom)

    def calls(self, pid):
        """The calls since arm(), by the object that made them; those of libcrypto are left out."""
        self.map[0:8] = struct.pack("=Q", 0)
        total = struct.unpack("=Q", self.map[8:16])[0]
        addresses = struct.unpack("=%dQ" % min(total, CALLERS), self.map[16:16 + 8 * min(total, CALLERS)])
        objects = []
        with open("/proc/%d/maps" % pid) as f:
            for line in f:
                m = re.match(r"([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ \d+\s*(.*)", line)
                objects.append((int(m[1], 16), int(m[2], 16), int(m[3], 16), m[4]))
        found = {}
        for address in addresses:
            low, _, offset, name = next((o for o in objects if o[0] <= address < o[1]), (0, 0, 0, "?"))
            if "libcrypto" not in name:
                key = (name, address - low + offset)
                found[key] = found.get(key, 0) + 1
        return found


def where(name, offset):
    r = subprocess.run(["addr2line", "-fspe", name, hex(offset)], capture_output=True, text=True)
    return r.stdout.strip() or hex(offset)


def calls(alice, bob, count):
    for _ in range(count):
        mine, theirs = alice.call(bob)
        mine.bye(theirs)
        alice.seen.clear(), bob.seen.clear()


def messages(alice, bob, count):
    for _ in range(count):
        alice.request("MESSAGE", bob.aor, body="hello")
        bob.respond(bob.expect("MESSAGE"), 200)
        alice.expect(200)


def cancels(alice, bob, count):
    for _ in range(count):
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        alice.expect(180)
        alice.cancel(sent)
        alice.expect(200)
        bob.respond(bob.expect("CANCEL"), 200)
        bob.respond(invite, 487, "Request Terminated")
        bob.expect("ACK")
        alice.ack_failure(sent, alice.expect(487))


def registrations(alice, bob, count):
    call_id = unique()
    for n in range(count):
        bob.register(600, call_id=call_id, cseq=n + 1)


def challenges(alice, bob, count):
    for _ in range(count):
        bob.register(600, call_id=unique(), cseq=1)
        bob.register(0, "*", call_id=unique(), cseq=1)
    bob.register()


@contextlib.contextmanager
def network_of_its_own():
    """Where it can be had: what the server reads again when the host's links change, as other tests have them, is no call's."""
    if why_not():
        yield
        return
    with Internet() as net, net.inside("server"):
        yield


def main(binary, library):
    worst, library = 0, os.path.abspath(library)
    never, always = '{ relay = "never"; }', '{ relay = "always"; ports = [ 22000, 29999 ]; threads = 1; }'
    for mode, challenge, media, work in (
            ("proxy", "none", never, ((calls, 1000), (messages, 500), (cancels, 200), (registrations, 500))),
            ("proxy", "none", always, ((calls, 500), (cancels, 200))),
            ("b2bua", "none", always, ((calls, 500), (cancels, 200))),
            ("proxy", "register", never, ((challenges, 200),))):
        counter = Counter()
        environment = {"LD_PRELOAD": library, "PORTAVOZ_MALLOC_COUNT": counter.file.name}
        with Server(binary, environment=environment, media=media, calls='{ mode = "%s"; }' % mode,
                    auth='{ challenge = "%s"; }' % challenge) as server, \
                Phone(server, "alice") as alice, Phone(server, "bob") as bob:
            bob.register()
            for step, count in work:
                step(alice, bob, 30)
                counter.arm(ALL_BUT_MAIN)
                step(alice, bob, count)
                found = counter.calls(server.process.pid)
                for (name, offset), times in sorted(found.items(), key=lambda x: -x[1])[:10]:
                    print("# %6d times %s" % (times, where(name, offset)))
                worst |= not report(not found, "%s: %d %s: %d allocations" % (mode, count, step.__name__, sum(found.values())))
            counter.arm(ALL)
            server.signal(signal.SIGHUP)
            server.wait_log("(?i)reload")
            seen = sum(counter.calls(server.process.pid).values())
            worst |= not report(seen > 0, "the counter counts: a reload is %d allocations" % seen)
    print("1..%d" % _lines)
    return worst


if __name__ == "__main__":
    with network_of_its_own():
        sys.exit(main(*sys.argv[1:3]))
