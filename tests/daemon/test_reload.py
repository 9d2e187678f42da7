# SPDX-License-Identifier: Apache-2.0
"""Reloads while phones are there: what can be applied is in force for the next request."""

import signal

from harness import main, wait_for
from phone import OPEN, PhoneCase


class Reload(PhoneCase):
    def reload(self, process, before, after):
        """Changes the text of the configuration; returns when the reload is through."""
        with open(self.path("portavoz.conf")) as file:
            text = file.read()
        self.assertIn(before, text)
        self.write("portavoz.conf", text.replace(before, after))
        done = self.log().count("reloaded changes=")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.log().count("reloaded changes=") > done, "the reload")

    def metric(self, name):
        return self.ctl_json("metrics")[name]

    def test_the_lifetime_of_a_registration(self):
        process = self.start(self.config(OPEN))
        alice = self.phone("alice")
        self.assertIn("expires=3600", alice.register())
        self.reload(process, "capacity = 1000;", 'capacity = 1000; default_expires = "10m";')
        wait_for(lambda: "expires=600" in alice.register(), "the new expiry")
        self.assertEqual(self.stop(process), 0)

    def test_the_contacts_of_a_user(self):
        process = self.start(self.config(OPEN))
        first, second, third = (self.phone("alice") for _ in range(3))
        first.register()
        second.register()
        self.reload(process, "capacity = 1000;", "capacity = 1000; max_contacts = 2;")
        third.request("REGISTER", "sip:example.test", "alice")
        third.receive("SIP/2.0 403")
        second.register()
        self.reload(process, "max_contacts = 2;", "max_contacts = 3;")
        third.register()
        self.assertEqual(self.stop(process), 0)

    def test_the_rate_of_a_source(self):
        process = self.start(self.config(OPEN))
        alice = self.phone("alice")

        def all_answered():
            for _ in range(20):
                alice.request("OPTIONS", "sip:example.test", "alice")
            for _ in range(20):
                alice.receive("SIP/2.0 200")

        def screened():
            alice.request("OPTIONS", "sip:example.test", "alice")
            return self.metric("net_screened") > 0
        all_answered()
        self.assertEqual(self.metric("net_screened"), 0)
        self.reload(process, "tcp_connections = 100;",
                    "tcp_connections = 100; source_rate = 1; source_burst = 1;")
        wait_for(screened, "a request too many")
        self.reload(process, "limits = {", "limits = { enabled = false;")
        alice.request("OPTIONS", "sip:example.test", "alice", more="Subject: through\r\n")
        number = alice.number
        while f"CSeq: {number} OPTIONS" not in alice.receive("SIP/2.0 200"):
            pass
        all_answered()
        self.assertNotIn("needs a restart", self.log())
        self.assertEqual(self.stop(process), 0)

    def test_the_connections_of_a_source(self):
        process = self.start(self.config(OPEN))
        first = self.phone("alice", tcp=True)
        self.assertIn("expires=3600", first.register())
        self.reload(process, "tcp_connections = 100;", "tcp_connections = 100; tcp_connections_per_source = 2;")
        second = self.phone("bob", tcp=True)
        self.assertIn("expires=3600", second.register())
        third = self.phone("carol", tcp=True)
        try:
            self.assertEqual(third.socket.recv(1), b"")
        except ConnectionResetError:
            pass
        self.assertEqual(self.stop(process), 0)

    def test_the_calls_of_a_user(self):
        process = self.start(self.config(OPEN + 'drain_timeout = "0s";'))
        alice, bob = self.phone("alice"), self.phone("bob")
        bob.register()
        for _ in range(2):
            alice.request("INVITE", "sip:bob@example.test", "bob")
            alice.receive("SIP/2.0 100")
        self.reload(process, "tcp_connections = 100;", "tcp_connections = 100; user_calls = 1;")
        carol = self.phone("carol")
        carol.request("INVITE", "sip:bob@example.test", "bob")
        carol.receive("SIP/2.0 100")
        carol.request("INVITE", "sip:bob@example.test", "bob")
        self.assertIn("CSeq: 2 INVITE", carol.receive("SIP/2.0 503"))
        self.assertEqual(self.stop(process), 0)

    def test_users_come_and_go(self):
        self.write("users.csv", "name,password\ncarol,c\n")
        process = self.start(self.config('users_file = "users.csv";'))
        self.assertEqual(self.ctl_json("users", "reload")["users"], 3)
        self.write("users.csv", "name,password\ncarol,c\ndave,d\nerin,e\n")
        self.assertEqual(self.ctl_json("users", "reload")["users"], 5)
        self.write("users.csv", "name,password\ncarol\n")
        answer = self.ctl_json("users", "reload")
        self.assertIn("error", answer)
        self.assertEqual(answer["findings"][0]["line"], 2)
        self.assertEqual(self.stop(process), 0)


main()
