# SPDX-License-Identifier: Apache-2.0
"""`portavozctl group watch` against a server that says what the test wants: changes, levels, errors, ends."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading

from harness import DEADLINE, PORTAVOZCTL, Case, main, wait_for


def group(floor="idle", talkers=(), waiting=(), name="ops", members=3):
    return {"name": name, "floor": floor, "emergency": False, "members": members, "queued": len(waiting), "talks": 1,
            "talkers": [dict(name=n, priority=5, trigger="dtmf", **more) for n, more in talkers],
            "waiting": [dict(name=n, position=i + 1, priority=3) for i, n in enumerate(waiting)]}


class Server:
    """A control socket. It answers with `answer` as it is now, and knows how often it was asked, and what."""

    def __init__(self, path):
        self.answer, self.good, self.asked, self.clients = {"groups": []}, True, [], []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(path)
        self.socket.listen(4)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.clients.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client.makefile("rb") as lines:
            try:
                for line in lines:
                    self.asked.append(line.decode().strip())        # before whoever asked can know the answer
                    text = json.dumps(self.answer).encode() + b"\n"
                    client.sendall(b"%s %d\n" % (b"ok" if self.good else b"error", len(text)) + text)
            except OSError:
                pass

    def close(self):
        self.socket.close()
        for client in self.clients:
            client.shutdown(socket.SHUT_RDWR)
            client.close()


class Watch(Case):
    def setUp(self):
        super().setUp()
        self.server = Server(self.path("control.sock"))

    def watch(self, *words, stdout=subprocess.PIPE, **environment):
        process = subprocess.Popen([PORTAVOZCTL, "--socket", self.path("control.sock"), *words], stdin=subprocess.DEVNULL,
                                   stdout=stdout, stderr=subprocess.PIPE, text=stdout == subprocess.PIPE,
                                   env={**os.environ, **environment})
        self.started.append(process)
        return process

    def asked_again(self, times=2):
        before = len(self.server.asked)
        wait_for(lambda: len(self.server.asked) >= before + times, "further questions")

    def test_a_json_line_for_each_change(self):
        self.server.answer = {"groups": [group(), group(name="site")]}
        process = self.watch("group", "watch", "--json")
        first = [json.loads(process.stdout.readline()) for _ in range(2)]
        self.assertEqual([g["name"] for g in first], ["ops", "site"])
        self.assertRegex(first[0]["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        for level in (-20, -10, -15):                   # louder and longer is no change
            self.server.answer = {"groups": [group(), group("taken", [("bob", {"level": level, "seconds": level + 60.5})],
                                                            name="site")]}
            self.asked_again()
        self.server.answer = {"groups": [group("taken", [("alice", {})], ["bob"]), group(name="site")]}
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        self.assertEqual([(g["name"], [t["name"] for t in g["talkers"]]) for g in lines],
                         [("site", ["bob"]), ("ops", ["alice"]), ("site", [])])
        self.assertEqual(lines[1]["waiting"][0]["name"], "bob")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertEqual(process.stdout.read(), "")
        self.assertEqual(set(self.server.asked), {"group watch"})
        self.assertEqual(len(self.server.clients), 1)   # one connection

    def test_words_where_nobody_draws(self):
        self.server.answer = {"groups": [group("taken", [("alice", {"level": -10})], ["bob"])]}
        process = self.watch("group", "watch", "ops")
        self.assertRegex(process.stdout.readline(),
                         r"Z ops taken, 3 in; talking: alice \(dtmf, priority 5\); waiting: bob\n")
        self.assertEqual(self.server.asked[0], "group watch ops")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_ends_with_the_server(self):
        self.server.answer = {"groups": [group()]}
        process = self.watch("group", "watch", "--json")
        process.stdout.readline()
        self.server.close()
        self.assertEqual(process.wait(DEADLINE), 3)
        self.assertIn("the server is gone", process.stderr.read())

    def test_ends_with_the_reader(self):
        process = self.watch("group", "watch", "--json")
        process.stdout.close()
        wait_for(lambda: self.server.asked, "a question")
        self.server.answer = {"groups": [group()]}
        self.assertEqual(process.wait(DEADLINE), 0)

    def test_an_error(self):
        self.server.answer, self.server.good = {"error": "no group \"x\""}, False
        process = self.watch("group", "watch", "x")
        self.assertEqual(process.wait(DEADLINE), 1)
        self.assertEqual(process.stderr.read(), "no group \"x\"\n")

    def test_options_of_a_command(self):
        self.server.answer = {"text": "done"}
        self.assertEqual(self.watch("group", "emergency", "ops", "--clear").wait(DEADLINE), 0)
        self.assertEqual(self.server.asked, ["group emergency ops --clear"])

    def screen(self, read):
        """What stands on the terminal: the last picture that was drawn whole."""
        pictures = read.split("\x1b[H")
        return pictures[-2] if len(pictures) > 2 else ""

    def test_a_picture_on_a_terminal(self):
        ours, theirs = pty.openpty()
        self.server.answer = {"groups": [group("taken", [("alice", {"level": -30, "seconds": 61.5})], ["bob"])]}
        process = self.watch("group", "watch", stdout=theirs, LC_ALL="C.UTF-8")
        os.close(theirs)
        read = bytearray()

        def collect():
            read.extend(os.read(ours, 65536))
            return self.screen(read.decode(errors="replace"))
        wait_for(collect, "a picture")
        picture = collect()
        self.assertIn("\u2588" * 12 + "\u00b7" * 12, picture)
        plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", picture)
        self.assertRegex(plain, r"\u25b6 alice +1:01 .* -30 dBFS  dtmf, priority 5")
        self.assertRegex(plain, r"1 bob +waits  priority 3")
        self.server.answer = {"groups": [group()]}
        wait_for(lambda: "alice" not in collect(), "the picture without alice")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE), 0)
        try:
            while True:
                read.extend(os.read(ours, 65536))
        except OSError:
            pass
        os.close(ours)
        text = read.decode(errors="replace")
        self.assertEqual(text.count("\x1b[?1049h"), 1)  # the screen was taken once, and given back
        self.assertTrue(text.endswith("\x1b[?25h\x1b[?1049l"), text[-40:])


main()
