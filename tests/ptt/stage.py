# SPDX-License-Identifier: Apache-2.0
"""stage: where the phones of a test stand: one loop that hands each what came for it, and lets each speak when it is due.

A test waits for an event, always: until() runs the loop meanwhile, so that nobody falls silent while somebody else is waited
for. Nothing here sleeps but in select, for the next packet that is due.

A machine that is shared may let neither phones nor server run for a while. That is seen, and stood() tells of it: a phone that
could not speak was silent, and no server can know better."""
import selectors
import time

from sip_ua import SLOW

TICK = 0.02
LOOK = 0.05
STILL = 0.06                                # nobody speaks, or nothing comes, for so long: the machine runs somebody else


class Stage:
    def __init__(self):
        self.selector, self.speakers = selectors.DefaultSelector(), []
        self.is_fed, self.came, self.still = lambda: False, None, []        # is_fed: something comes in each TICK

    def add(self, sock, take):
        self.selector.register(sock, selectors.EVENT_READ, take)

    def remove(self, sock):
        self.selector.unregister(sock)

    def step(self, until):
        """One round: waits for a packet, or for the next that is due, or for `until`; for LOOK at most, as what is waited for
        may be no packet."""
        now = time.monotonic()
        due = min((s.due for s in self.speakers), default=until)
        ready = self.selector.select(max(0, min(due - now, until - now, LOOK)))
        for key, _ in ready:
            key.data()
        now = time.monotonic()
        self._note_still(due, now)
        if ready or not self.is_fed():
            self._note_still(self.came, now)
            self.came = now if self.is_fed() else None
        for speaker in self.speakers:
            if speaker.due <= now:
                speaker.tick()
                speaker.due += TICK
                if now - speaker.due > 0.5:             # the machine stood still: no burst of what is too late
                    speaker.due = now + TICK

    def _note_still(self, since, now):
        if since is None or now - since < STILL:
            return
        if self.still and self.still[-1][1] >= since:
            since = min(since, self.still.pop()[0])
        self.still.append((since, now))

    def stood(self, since, until=None, least=STILL):
        """For how many seconds of this time phones or server did not run, counting what was `least` long."""
        now = time.monotonic()
        until = now if until is None else until
        going_on = [(self.came, now)] if self.came is not None and now - self.came >= STILL else []
        return sum(max(0.0, min(b, until) - max(a, since)) for a, b in self.still + going_on if b - a >= least)

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
