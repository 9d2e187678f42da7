# SPDX-License-Identifier: Apache-2.0
"""Reloads and drains while phones are there: new settings reach the workers, calls that ring may end."""

import re
import signal
import socket

from harness import Case, main, wait_for

OPEN = 'auth = { challenge = "none"; };\n'


class Phone:
    def __init__(self, name, server_port, tcp=False):
        self.name, self.server, self.tcp = name, ("127.0.0.1", server_port), tcp
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.unread = ""
        self.socket.settimeout(10)
        self.port = self.socket.getsockname()[1]
        self.number = 0
        if tcp:
            self.socket.connect(self.server)

    def close(self):
        self.socket.close()

    def request(self, method, uri, to, more=""):
        self.number += 1
        text = (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{'TCP' if self.tcp else 'UDP'} 127.0.0.1:{self.port};"
                f"branch=z9hG4bK{self.name}{self.number};rport\r\nFrom: <sip:{self.name}@example.test>;tag=1\r\n"
                f"To: <sip:{to}@example.test>\r\nCall-ID: {self.name}-{self.number}\r\n"
                f"CSeq: {self.number} {method}\r\nContact: <sip:{self.name}@127.0.0.1:{self.port}>\r\n"
                f"Max-Forwards: 70\r\n{more}Content-Length: 0\r\n\r\n")
        self.send(text)

    def send(self, text):
        if self.tcp:
            self.socket.sendall(text.encode())
        else:
            self.socket.sendto(text.encode(), self.server)

    def next_message(self):
        """Over TCP, messages without a body."""
        if not self.tcp:
            return self.socket.recv(65535).decode()
        while "\r\n\r\n" not in self.unread:
            more = self.socket.recv(65535).decode()
            if not more:
                raise AssertionError("the server closed the connection")
            self.unread += more
        text, mark, self.unread = self.unread.partition("\r\n\r\n")
        return text + mark

    def receive(self, start):
        """The next message that begins so; others are let go."""
        while True:
            text = self.next_message()
            if text.startswith(start):
                return text

    def answer(self, request, status):
        lines = [line for line in request.split("\r\n")
                 if re.match(r"(Via|From|Call-ID|CSeq|Record-Route):", line)]
        to = re.search(r"^To: .*$", request, re.M).group(0).strip()
        text = f"SIP/2.0 {status}\r\n" + "\r\n".join(lines) + f"\r\n{to};tag=2\r\nContent-Length: 0\r\n\r\n"
        self.send(text)

    def register(self):
        self.request("REGISTER", "sip:example.test", self.name)
        return self.receive("SIP/2.0 200")


class Traffic(Case):
    def phone(self, name):
        phone = Phone(name, self.port)
        self.addCleanup(phone.close)
        return phone

    def test_a_reload_reaches_the_registrars(self):
        process = self.start(self.config(OPEN))
        alice = self.phone("alice")
        self.assertIn("expires=3600", alice.register())
        with open(self.config(OPEN)) as file:
            text = file.read()
        self.write("portavoz.conf", text.replace("capacity = 1000;", 'capacity = 1000; default_expires = "10m";'))
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reloaded" in self.log(), "the reload")
        wait_for(lambda: "expires=600" in alice.register(), "the new expiry")
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
        self.assertEqual(process.wait(10), 0)

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
        self.assertEqual(process.wait(10), 0)
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
        self.assertEqual(process.wait(10), 0)

    def test_the_last_words_over_a_connection(self):
        process = self.start(self.config(OPEN + 'drain_timeout = "0s";'))
        bob = self.phone("bob")
        bob.register()
        callers = [Phone(f"carol{i}", self.port, tcp=True) for i in range(4)]
        for caller in callers:
            self.addCleanup(caller.close)
            caller.request("INVITE", "sip:bob@example.test", "bob")
            bob.receive("INVITE")
        process.send_signal(signal.SIGTERM)
        for caller in callers:
            self.assertIn("Retry-After:", caller.receive("SIP/2.0 503"))
        self.assertEqual(process.wait(10), 0)

    def test_the_second_signal_does_not_wait(self):
        process, alice, bob, invite = self.ringing('drain_timeout = "1h";')
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: "draining" in self.log(), "the drain")
        process.send_signal(signal.SIGINT)
        alice.receive("SIP/2.0 503")
        bob.receive("CANCEL")
        self.assertEqual(process.wait(10), 0)


main()
