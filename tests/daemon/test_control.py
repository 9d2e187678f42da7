# SPDX-License-Identifier: Apache-2.0
"""The control socket: every command, for people and as JSON, and clients that misbehave."""

import os
import socket
import stat

from harness import DEADLINE, PORTAVOZCTL, Case, main


class Control(Case):
    def setUp(self):
        super().setUp()
        self.process = self.start(self.config())

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(self.path("control.sock"))
        client.settimeout(DEADLINE)
        return client

    def test_mode(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.path("control.sock")).st_mode), 0o660)

    def test_each_command_answers_in_json(self):
        self.assertRegex(self.ctl_json("version")["version"], r"^\d")
        self.assertIn("log_lines_dropped", self.ctl_json("metrics"))
        self.assertEqual(self.ctl_json("users", "reload")["users"], 2)
        self.assertTrue(self.ctl_json("config", "reload")["applied"])
        self.assertEqual(self.ctl_json("log", "level", "debug")["level"], "debug")
        self.assertIn("500ms", self.ctl_json("explain", "timers.t1")["text"])
        self.assertIn("error", self.ctl_json("explain", "timers.t7"))
        commands = [row["command"] for row in self.ctl_json("help")["commands"]]
        self.assertIn("registrations [USER]", commands)

    def test_status(self):
        status = self.ctl_json("status")
        self.assertEqual(len(status["workers"]), 2)
        self.assertEqual(status["listen"],
                         [f"udp:127.0.0.1:{self.port}", f"tcp:127.0.0.1:{self.port}"])
        self.assertEqual(status["registrations"]["users"], 0)
        for worker in status["workers"]:
            self.assertEqual(worker["transactions"], 0)
        self.assertIn("uptime", self.ctl("status").stdout)

    def test_registrations(self):
        self.assertEqual(self.ctl_json("registrations"), {"registrations": []})
        self.assertEqual(self.ctl_json("registrations", "alice"), {"registrations": []})

    def test_prometheus(self):
        text = self.ctl("metrics").stdout
        self.assertIn("# TYPE portavoz_log_lines_dropped_total counter", text)
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) portavoz_\w+ .+|portavoz_\w+(\{[^}]*\})? -?\d+)$")

    def test_refusals(self):
        for words in (["statsu"], ["version", "x"], ["explain"], ["log", "level", "loud"], ["metrics", "xml"]):
            result = self.ctl(*words)
            self.assertEqual(result.returncode, 1, result)
            self.assertNotEqual(result.stderr, "")
        self.assertIn('did you mean "status"?', self.ctl("statsu").stderr)

    def test_refused_reload(self):
        self.config("wrkers = 1;")
        answer = self.ctl_json("config", "reload")
        self.assertFalse(answer["applied"])
        self.assertEqual(answer["findings"][-1]["severity"], "error")

    def test_socket_from_the_configuration(self):
        result = self.run_it("-c", self.path("portavoz.conf"), "version", program=PORTAVOZCTL)
        self.assertEqual(result.returncode, 0, result)

    def test_several_questions_on_a_connection(self):
        with self.connect() as client:
            client.sendall(b"version\nversion\nnonsense\n")
            file = client.makefile("rb")
            for word in (b"ok", b"ok", b"error"):
                head = file.readline().split()
                self.assertEqual(head[0], word)
                self.assertEqual(len(file.read(int(head[1]))), int(head[1]))

    def test_misbehaving_clients(self):
        with self.connect() as client:
            client.sendall(b"x" * 5000)
            try:
                self.assertEqual(client.recv(100), b"")
            except ConnectionResetError:
                pass
        clients = [self.connect() for _ in range(60)]
        for client in clients:
            client.close()
        with self.connect() as client:
            client.sendall(b"\x00\xff\xfe\n\n\r\n")
            self.assertTrue(client.recv(100).startswith(b"error"))
        self.assertEqual(self.ctl("version").returncode, 0)


main()
