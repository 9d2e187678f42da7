# SPDX-License-Identifier: Apache-2.0
"""rtp_shim: a bad road between a phone and the relay: packets are lost, swapped and doubled, by a seed."""
import os
import random
import select
import socket
import struct
import threading

from sip_ua import SLOW


class Shim:
    """Stands before `end`, an RtpEnd, which announces the shim's port from now on. What the end sends to `inner`
    goes to `relay`, spoiled while `spoil` says so; what the relay sends goes to the end as it came.
    `out` is what went to the relay, in this order."""

    def __init__(self, end, ip="127.0.0.1"):
        self.end, self.relay, self.random = end, None, None
        self.inside, self.outside = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for s in (self.inside, self.outside):
            s.bind((ip, 0))
        self.inner = self.inside.getsockname()
        end.announced_port = self.outside.getsockname()[1]
        self.lose = self.swap = self.double = 0.0
        self.out, self.held, self.taken, self.open = [], [], 0, True
        self.moved = threading.Condition()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def spoil(self, seed, lose, swap, double):
        """From now on these shares of the packets are lost, held back behind the next two, sent twice."""
        with self.moved:
            self.random, self.lose, self.swap, self.double = random.Random(seed), lose, swap, double
            self.out, self.taken = [], 0

    def heal(self, taken):
        """Waits until `taken` packets came since spoil(); from now on all pass. Who is held back goes now."""
        with self.moved:
            assert self.moved.wait_for(lambda: self.taken >= taken, 10 * SLOW), \
                "%d of %d packets came to the shim" % (self.taken, taken)
            self.random = None
            self._release(len(self.held))

    def _send(self, packet):
        self.out.append(packet)                  # before it goes: who hears it may look at once
        self.outside.sendto(packet, self.relay)

    def _release(self, count):
        for _ in range(count):
            self._send(self.held.pop(0)[0])

    def _take(self, packet):
        self.taken += 1
        chance = self.random.random() if self.random else 1.0
        for held in self.held:
            held[1] -= 1
        if chance < self.lose:
            pass
        elif chance < self.lose + self.swap:
            self.held.append([packet, 2])
        else:
            for _ in range(2 if chance < self.lose + self.swap + self.double else 1):
                self._send(packet)
        self._release(sum(left <= 0 for _, left in self.held))

    def _run(self):
        # on one core: a thread that moves may overtake itself on the loopback, whose queues are one a core
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        while self.open:
            for s in select.select([self.inside, self.outside], [], [], 0.2)[0]:
                packet = s.recv(4096)
                with self.moved:
                    if s is self.outside:
                        self.outside_in(packet)
                    elif self.relay:
                        self._take(packet)
                    self.moved.notify_all()

    def outside_in(self, packet):
        self.inside.sendto(packet, (self.end.ip, self.end.port))

    def close(self):
        self.open = False
        self.thread.join()
        self.inside.close()
        self.outside.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def seen_by_receiver(packets):
    """What a receiver of these packets counts: (lost, reordered, duplicates), as RFC 3550 A.1 and A.3 do. Sequence
    numbers do not wrap here."""
    highest, seen, reordered, duplicates = -1, set(), 0, 0
    for packet in packets:
        number = struct.unpack("!H", packet[2:4])[0]
        duplicates += number in seen
        reordered += number < highest and number not in seen
        seen.add(number)
        highest = max(highest, number)
    return highest - min(seen) + 1 - len(seen), reordered, duplicates
