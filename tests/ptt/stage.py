# SPDX-License-Identifier: Apache-2.0
"""stage: where the phones of a test stand: one loop that hands each what came for it, and lets each speak when it is due.

A test waits for an event, always: until() runs the loop meanwhile, so that nobody falls silent while somebody else is waited
for. Nothing here sleeps but in select, for the next packet that is due."""
import selectors
import time

from sip_ua import SLOW

TICK = 0.02
LOOK = 0.05


class Stage:
    def __init__(self):
        self.selector, self.speakers = selectors.DefaultSelector(), []

    def add(self, sock, take):
        self.selector.register(sock, selectors.EVENT_READ, take)

    def remove(self, sock):
        self.selector.unregister(sock)

    def step(self, until):
        """One round: waits for a packet, or for the next that is due, or for `until`; for LOOK at most, as what is waited for
        may be no packet."""
        now = time.monotonic()
        due = min((s.due for s in self.speakers), default=until)
        for key, _ in self.selector.select(max(0, min(due - now, until - now, LOOK))):
            key.data()
        now = time.monotonic()
        for speaker in self.speakers:
            if speaker.due <= now:
                speaker.tick()
                speaker.due += TICK
                if now - speaker.due > 0.5:             # the machine stood still: no burst of what is too late
                    speaker.due = now + TICK

    def until(self, what, seconds=5.0):
        """Runs until what() is true; False if it never was within the time (stretched as all deadlines are)."""
        end = time.monotonic() + seconds * SLOW
        while not what():
            if time.monotonic() >= end:
                return False
            self.step(end)
        return True

    def run(self, seconds):
        """Lets the phones speak for so long: for what takes its time, like a key that is held."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.step(end)

    def close(self):
        self.selector.close()
