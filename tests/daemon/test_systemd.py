# SPDX-License-Identifier: Apache-2.0
"""What a service manager is told over its socket: ready, reloading, alive at the rate it asks for, stopping."""

import os
import signal
import socket
import statistics
import time
import unittest

from harness import DEADLINE, main
from phone import OPEN, PhoneCase

WATCHDOG = 0.6  # seconds without a word after which the manager would kill


@unittest.skipIf(os.environ.get("PORTAVOZ_SYSTEMD") == "0", "built without libsystemd")
class Systemd(PhoneCase):
    def setUp(self):
        super().setUp()
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(self.path("notify"))
        self.manager.settimeout(DEADLINE)

    def serve(self, more="", **environment):
        return self.start(self.config(OPEN + more), {"NOTIFY_SOCKET": self.path("notify"), **environment})

    def hear(self, word):
        """Waits for the next message that says this, and returns what all others before it said."""
        before = []
        while True:
            said = self.manager.recv(4096).decode().split("\n")
            if word in said:
                return before
            before += said

    def test_ready_reloading_stopping(self):
        process = self.serve()
        self.hear("READY=1")
        process.send_signal(signal.SIGHUP)
        self.hear("RELOADING=1")
        self.hear("READY=1")
        process.send_signal(signal.SIGTERM)
        before = self.hear("STOPPING=1")
        self.assertNotIn("READY=1", before)
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_alive_at_the_asked_rate(self):
        process = self.serve(WATCHDOG_USEC=str(int(WATCHDOG * 1e6)))
        self.assertNotIn("WATCHDOG=1", self.hear("READY=1"), "alive before it is ready")
        times = []
        for _ in range(10):
            self.hear("WATCHDOG=1")
            times.append(time.monotonic())
        gap = statistics.median(after - before for before, after in zip(times, times[1:]))
        self.assertLess(gap, WATCHDOG / 2, "no reserve for a late one")
        self.assertGreater(gap, WATCHDOG / 10, "more often than anybody asked for")
        process.send_signal(signal.SIGTERM)
        self.hear("STOPPING=1")
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_alive_while_it_drains(self):
        process = self.serve('drain_timeout = "1h";', WATCHDOG_USEC=str(int(WATCHDOG * 1e6)))
        alice, bob = self.phone("alice"), self.phone("bob")
        bob.register()
        alice.request("INVITE", "sip:bob@example.test", "bob")
        invite = bob.receive("INVITE")
        bob.answer(invite, "180 Ringing")
        alice.receive("SIP/2.0 180")
        process.send_signal(signal.SIGTERM)
        self.hear("STOPPING=1")
        for _ in range(3):
            self.hear("WATCHDOG=1")
        bob.answer(invite, "486 Busy Here")
        alice.receive("SIP/2.0 486")
        self.assertEqual(process.wait(DEADLINE), 0)


main()
