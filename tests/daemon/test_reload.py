# SPDX-License-Identifier: Apache-2.0
"""Reloads while phones are there: what can be applied is in force for the next request."""

import signal

from harness import main, wait_for
from phone import OPEN, PhoneCase


class Reload(PhoneCase):
    def reload(self, process, before, after):
        """Changes the text of the configuration; returns when every worker goes by it."""
        with open(self.path("portavoz.conf")) as file:
            text = file.read()
        self.assertIn(before, text)
        self.write("portavoz.conf", text.replace(before, after))
        done = self.metric("daemon_reloads")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.metric("daemon_reloads") > done, "the reload")

    def metric(self, name):
        return self.ctl_json("metrics")[name]

    def test_the_lifetime_of_a_registration(self):
        process = self.start(self.config(OPEN))
        alice = self.phone("alice")
        self.assertIn("expires=3600", alice.register())
        self.reload(process, "capacity = 1000;", 'capacity = 1000; default_expires = "10m";')
        self.assertIn("expires=600", alice.register())
        self.assertEqual(self.stop(process), 0)

    def test_who_is_challenged(self):
        process = self.start(self.config(OPEN))
        alice, bob = self.phone("alice"), self.phone("bob")
        bob.register()
        self.reload(process, 'challenge = "none"', 'challenge = "all"')
        alice.request("REGISTER", "sip:example.test", "alice")
        self.assertIn('realm="example.test"', alice.receive("SIP/2.0 401"))
        alice.request("MESSAGE", "sip:bob@example.test", "bob")
        self.assertIn('realm="example.test"', alice.receive("SIP/2.0 407"))
        bob.request("REGISTER", "sip:example.test", "bob")
        challenge = bob.receive("SIP/2.0 401")
        bob.request("REGISTER", "sip:example.test", "bob", more=bob.credentials(challenge, "b"))
        bob.receive("SIP/2.0 200")
        self.reload(process, 'challenge = "all"', 'challenge = "register"')
        alice.request("MESSAGE", "sip:bob@example.test", "bob")
        self.assertIn("Register First", alice.receive("SIP/2.0 403"))
        self.reload(process, 'challenge = "register"', 'challenge = "none"')
        alice.register()
        alice.request("MESSAGE", "sip:bob@example.test", "bob")
        bob.answer(bob.receive("MESSAGE"), "200 OK")
        alice.receive("SIP/2.0 200")
        self.assertNotIn("needs a restart", self.log())
        self.assertEqual(self.stop(process), 0)

    def test_the_domain(self):
        process = self.start(self.config(OPEN))
        alice, bob = self.phone("alice"), self.phone("bob")
        bob.register()
        self.reload(process, 'domain = "example.test"', 'domain = [ "New.Test.", "example.test" ]')
        # the old one goes on, and addresses stand for the new one
        alice.request("MESSAGE", "sip:bob@example.test", "bob")
        bob.answer(bob.receive("MESSAGE"), "200 OK")
        alice.receive("SIP/2.0 200")
        alice.request("MESSAGE", f"sip:bob@127.0.0.1:{self.port}", "bob")
        alice.receive("SIP/2.0 480")
        bob.domain = "new.test"
        bob.register()
        alice.request("MESSAGE", f"sip:bob@127.0.0.1:{self.port}", "bob")
        bob.answer(bob.receive("MESSAGE"), "200 OK")
        alice.receive("SIP/2.0 200")
        listed = self.ctl_json("registrations", "bob")["registrations"]
        self.assertEqual([r["user"] for r in listed], ["bob@new.test"])
        # the realm and the passwords change over together
        self.reload(process, 'challenge = "none"', 'challenge = "all"')
        bob.request("REGISTER", "sip:new.test", "bob")
        challenge = bob.receive("SIP/2.0 401")
        self.assertIn('realm="new.test"', challenge)
        bob.request("REGISTER", "sip:new.test", "bob", more=bob.credentials(challenge, "b"))
        bob.receive("SIP/2.0 200")
        self.assertEqual(self.ctl("users", "reload").returncode, 0)
        bob.request("REGISTER", "sip:new.test", "bob")
        bob.request("REGISTER", "sip:new.test", "bob", more=bob.credentials(bob.receive("SIP/2.0 401"), "b"))
        bob.receive("SIP/2.0 200")
        self.reload(process, '[ "New.Test.", "example.test" ]', '"new.test"')
        alice.request("MESSAGE", "sip:bob@new.test", "bob")
        alice.receive("SIP/2.0 403")
        self.assertNotIn("needs a restart", self.log())
        self.assertEqual(self.stop(process), 0)

    def test_strangers(self):
        process = self.start(self.config(OPEN))
        eve, bob = self.phone("eve"), self.phone("bob")
        bob.register()
        eve.domain = "elsewhere.test"
        eve.request("MESSAGE", "sip:bob@example.test", "bob")
        eve.receive("SIP/2.0 403")
        self.reload(process, 'challenge = "none";', 'challenge = "none"; strangers = "users";')
        eve.request("MESSAGE", "sip:bob@example.test", "bob")
        bob.answer(bob.receive("MESSAGE"), "200 OK")
        eve.receive("SIP/2.0 200")
        self.reload(process, ' strangers = "users";', "")
        eve.request("MESSAGE", "sip:bob@example.test", "bob")
        eve.receive("SIP/2.0 403")
        self.assertEqual(self.stop(process), 0)

    def test_the_targets_of_a_request(self):
        process = self.start(self.config(OPEN + 'drain_timeout = "0s";'))
        alice, first, second = self.phone("alice"), self.phone("bob"), self.phone("bob")
        first.register()
        second.register()
        alice.request("INVITE", "sip:bob@example.test", "bob")
        first.receive("INVITE")
        second.receive("INVITE")
        self.reload(process, "tcp_connections = 100;", "tcp_connections = 100; forks = 1;")
        alice.request("INVITE", "sip:bob@example.test", "bob")
        newest = second.receive("INVITE")
        while "CSeq: 2 INVITE" not in newest:
            newest = second.receive("INVITE")
        second.answer(newest, "486 Busy Here")
        self.assertIn("CSeq: 2 INVITE", alice.receive("SIP/2.0 486"))
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
