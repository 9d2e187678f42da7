# SPDX-License-Identifier: Apache-2.0
"""Drains while phones are there: calls that ring may end, and are told when they may not."""

import signal

from harness import DEADLINE, main, wait_for
from phone import OPEN, PhoneCase


class Traffic(PhoneCase):
    def ringing(self, more):
        """A call that rings: the process, the caller, the callee and the INVITE that it got."""
        process = self.start(self.config(OPEN + more))
        alice, bob = self.phone("alice"), self.phone("bob")
        bob.register()
        alice.request("INVITE", "sip:bob@example.test", "bob")
        invite = bob.receive("INVITE")
        bob.answer(invite, "180 Ringing")
        alice.receive("SIP/2.0 180")
        return process, alice, bob, invite

    def test_drain_waits_for_a_call_that_rings(self):
        process, alice, bob, invite = self.ringing('drain_timeout = "1h";')
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: "draining" in self.log(), "the drain")
        carol = self.phone("carol")
        carol.request("INVITE", "sip:bob@example.test", "bob")
        refusal = carol.receive("SIP/2.0 503")
        self.assertIn("Retry-After:", refusal)
        self.assertIsNone(process.poll())
        bob.answer(invite, "486 Busy Here")
        alice.receive("SIP/2.0 486")
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_drain_ends_at_its_time(self):
        process, alice, bob, invite = self.ringing('drain_timeout = "200ms";')
        process.send_signal(signal.SIGTERM)
        refusal = alice.receive("SIP/2.0 503")
        self.assertIn("Retry-After:", refusal)
        self.assertIn("CSeq: 1 INVITE", refusal)
        cancel = bob.receive("CANCEL")
        self.assertIn("Reason: SIP;cause=503", cancel)
        bob.answer(cancel, "200 OK")
        bob.answer(invite, "487 Request Terminated")
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertIn("drain_timeout", self.log())

    def test_drain_ends_when_nobody_answers_the_last_words(self):
        process = self.start(self.config(OPEN + 'drain_timeout = "0s";'))
        alice, bob = self.phone("alice"), self.phone("bob")
        bob.register()
        alice.request("INVITE", "sip:bob@example.test", "bob")
        bob.receive("INVITE")
        alice.request("MESSAGE", "sip:bob@example.test", "bob")
        bob.receive("MESSAGE")
        process.send_signal(signal.SIGTERM)
        for text in (alice.receive("SIP/2.0 503"), alice.receive("SIP/2.0 503")):
            self.assertIn("Retry-After:", text)
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_the_last_words_over_a_connection(self):
        process = self.start(self.config(OPEN + 'drain_timeout = "0s";'))
        bob = self.phone("bob")
        bob.register()
        callers = [self.phone(f"carol{i}", tcp=True) for i in range(4)]
        for caller in callers:
            caller.request("INVITE", "sip:bob@example.test", "bob")
            bob.receive("INVITE")
        process.send_signal(signal.SIGTERM)
        for caller in callers:
            self.assertIn("Retry-After:", caller.receive("SIP/2.0 503"))
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_the_second_signal_does_not_wait(self):
        process, alice, bob, invite = self.ringing('drain_timeout = "1h";')
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: "draining" in self.log(), "the drain")
        process.send_signal(signal.SIGINT)
        alice.receive("SIP/2.0 503")
        bob.receive("CANCEL")
        self.assertEqual(process.wait(DEADLINE), 0)


main()
