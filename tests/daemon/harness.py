# SPDX-License-Identifier: Apache-2.0
"""What the tests of the daemon share: a scratch folder, running the binaries, waiting for events."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib")]

from server import free_port
from sip_ua import SLOW

PORTAVOZ, PORTAVOZCTL = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
DEADLINE = 15 * SLOW  # seconds, for anything that is waited for


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.01)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="portavoz-test-")
        self.port = free_port()
        self.started = []
        self.background = []

    def tearDown(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for pid in self.background:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def config(self, more=""):
        return self.write("portavoz.conf", f"""domain = "example.test";
listen = [ "udp:127.0.0.1:{self.port}", "tcp:127.0.0.1:{self.port}" ];
workers = 2;
admin = {{ socket = "control.sock"; http = ""; }};
limits = {{ tcp_connections = 100; transactions = 10000; }};
registrar = {{ capacity = 1000; }};
store = "none";
media = {{ ports = [ 21000, 31999 ]; }};
users = ( {{ name = "alice"; password = "a"; }}, {{ name = "bob"; password = "b"; }} );
{more}
""")

    def run_it(self, *arguments, program=PORTAVOZ):
        return subprocess.run([program, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=DEADLINE)

    def ctl(self, *arguments):
        return self.run_it("--socket", self.path("control.sock"), *arguments, program=PORTAVOZCTL)

    def ctl_json(self, *arguments):
        result = self.ctl("--json", *arguments)
        return json.loads(result.stdout)

    def start(self, config, environment=None):
        """Starts in the foreground; returns when the control socket answers."""
        log = open(self.path("stderr.log"), "wb")
        process = subprocess.Popen([PORTAVOZ, "-c", config], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=log,
                                   env={**os.environ, **(environment or {})})
        log.close()
        self.started.append(process)
        wait_for(lambda: process.poll() is not None or self.ctl("version").returncode == 0,
                 "the control socket")
        self.assertIsNone(process.poll(), self.log())
        return process

    def log(self):
        with open(self.path("stderr.log"), errors="replace") as file:
            return file.read()

    def stop(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        return process.wait(DEADLINE)


def main():
    unittest.main(argv=[sys.argv[0]], verbosity=2)
