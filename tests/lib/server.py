# SPDX-License-Identifier: Apache-2.0
"""server: starts the daemon under test on free ports with a generated configuration, and stops it."""
import itertools
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from sip_ua import DOMAIN, SLOW

SANITIZER = re.compile(r"(ERROR|WARNING): (Address|Leak|Thread|Memory)Sanitizer|runtime error:", re.I)
DEFAULTS = {
    "domain": '"%s"' % DOMAIN,
    "workers": "2",
    "auth": '{ challenge = "none"; }',
    "registrar": '{ capacity = 10000; }',
    "timers": '{ t1 = "500ms"; }',
    "media": '{ relay = "never"; }',
    "store": '"none"',
    "admin": '{ socket = "control.sock"; http = ""; }',
    "log": '{ level = "info"; target = "stderr"; }',
    "limits": "{ enabled = false; }",
    "drain_timeout": '"1s"',
}


_claims = []                    # what free_port has given to this process, until it ends


def free_port(hosts=("127.0.0.1", "::1")):
    """An even port that is free, as the next one is, for UDP and TCP on all of these hosts, and stays so until whoever is
    told of it binds it: the kernel gives it to nobody who asks for any port, where its range leaves room above it, and no
    other process of a test is told of it."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        first = int(f.read().split()[1]) + 1
    first = first if first < 65000 else 32768
    for _ in range(200):
        claim, held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), []
        try:
            port = random.randrange(first, 65535) & ~1
            claim.bind("\0portavoz-test-port-%d" % port)        # in the same network namespace as the port
            for host, kind, number in itertools.product(hosts, (socket.SOCK_DGRAM, socket.SOCK_STREAM), (port, port + 1)):
                held.append(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind))
                held[-1].bind((host, number))
            _claims.append(claim)
            return port
        except OSError:
            claim.close()
        finally:
            for s in held:
                s.close()
    raise RuntimeError("no free port")


FASTPATH = os.environ.get("PORTAVOZ_TEST_FASTPATH")        # media.fastpath of each server that does not say otherwise
RELAY_UNIT, RELAY_UNITS = 500, range(2000, 21000, 500)
SMALL = 3                       # units; such ranges keep to the upper half, or the large ones would find no room between


def relay_ports(count, seconds=60):
    """A range of `count` ports for the relay that no other server of a test has: (first, last, guards). Whoever has a
    range listens on the first TCP port of each unit of it; close the guards to give it back. When all are taken it waits
    until some are given back."""
    wanted = -(-count // RELAY_UNIT)
    starts = list(RELAY_UNITS[:len(RELAY_UNITS) - wanted + 1])
    random.shuffle(starts)
    if wanted <= SMALL:
        starts.sort(key=lambda start: start < RELAY_UNITS[len(RELAY_UNITS) // 2])
    end = time.monotonic() + seconds * SLOW
    while time.monotonic() < end:
        for first in starts:
            guards = []
            try:
                for n in range(wanted):
                    guards.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                    guards[-1].bind(("127.0.0.1", first + n * RELAY_UNIT))
                    guards[-1].listen(1)
                return first, first + count - 1, guards
            except OSError:
                for guard in guards:
                    guard.close()
        time.sleep(0.1)
    raise RuntimeError("no free range of %d ports" % count)


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


class Server:
    """The daemon in a folder of its own. Keyword arguments are top-level configuration values as text; PORTS(1000) in
    one stands for a range of so many ports that is this server's alone."""

    def __init__(self, binary, users=("alice", "bob", "carol", "dave"), extra="", environment=None, **settings):
        self.binary, self.process = os.path.realpath(binary), None
        self.folder = tempfile.mkdtemp(prefix="portavoz-test-")
        self.environment = dict(os.environ, **(environment or {}))
        self.users, self.extra = users, extra
        self.settings = dict(DEFAULTS, **settings)
        if FASTPATH and "fastpath" not in self.settings["media"]:
            self.settings["media"] = self.settings["media"].replace("{", '{ fastpath = "%s";' % FASTPATH, 1)
        self.expected_exit = 0
        self.relay_first = self.relay_last = 0
        self.guards = []
        for key, value in self.settings.items():
            self.settings[key] = value and re.sub(r"PORTS\((\d+)\)", self._reserve, value)

    def _reserve(self, match):
        self.relay_first, self.relay_last, guards = relay_ports(int(match.group(1)))
        self.guards += guards
        return "[ %d, %d ]" % (self.relay_first, self.relay_last)

    def relays(self, port):
        """Whether this is a port of the relay."""
        return self.relay_first <= port <= self.relay_last

    # ---- configuration
    def listen(self):
        hosts = ["127.0.0.1"] + (["[::1]"] if have_ipv6() else [])
        return ", ".join('"%s:%s:%d"' % (t, h, self.port) for h in hosts for t in ("udp", "tcp"))

    def write(self, **changes):
        """Writes (or rewrites, for a reload) the configuration file."""
        self.settings.update(changes)
        people = ", ".join('{ name = "%s"; password = "pw-%s"; }' % (u, u) for u in self.users)
        lines = ["users = ( %s );" % people]
        settings = dict(self.settings)
        lines.append("listen = [ %s ];" % settings.pop("listen", self.listen()))
        lines += ["%s = %s;" % item for item in settings.items() if item[1] is not None]
        with open(self.config, "w") as f:
            f.write("\n".join(lines) + "\n" + self.extra + "\n")

    @property
    def config(self):
        return os.path.join(self.folder, "portavoz.conf")

    def command(self):
        return [self.binary, "-c", self.config]

    # ---- life
    def __enter__(self):
        for attempt in range(5):
            self.port = free_port()
            self.write()
            self.process = subprocess.Popen(self.command(), cwd=self.folder,
                                            env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.said, self.heard = b"", threading.Condition()
            self.listener = threading.Thread(target=self._listen_log, args=(self.process.stdout,), daemon=True)
            self.listener.start()
            if self.wait_ready():
                return self
            if self.process.poll() != 3 or attempt == 4:      # 3: the port was taken meanwhile
                text = self.log()
                self.process.kill()
                self.process.wait()
                raise AssertionError("the server did not start (exit %s)\n%s" % (self.process.returncode, text))

    def wait_ready(self):
        end = time.monotonic() + 10 * SLOW
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(0.1)
            n = 0
            while time.monotonic() < end and self.process.poll() is None:
                n += 1
                try:
                    s.sendto(("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKready%d;rport\r\n"
                              "Max-Forwards: 70\r\nFrom: <sip:ready@%s>;tag=r%d\r\nTo: <sip:%s>\r\nCall-ID: r%d-%d\r\n"
                              "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                              % (DOMAIN, s.getsockname()[1], n, DOMAIN, n, DOMAIN, os.getpid(), n)).encode(),
                             ("127.0.0.1", self.port))
                    if s.recv(4096).startswith(b"SIP/2.0 200"):
                        return True
                except (socket.timeout, ConnectionError):
                    pass
        return False

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=10.0):
        try:
            return self.process.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            raise AssertionError("the server still runs after %.1f s\n%s" % (timeout, self.log()[-3000:])) from None

    def _listen_log(self, pipe):
        for line in pipe:
            with self.heard:
                self.said += line
                self.heard.notify_all()
        with self.heard:
            self.heard.notify_all()

    def log(self):
        with self.heard:
            return self.said.decode("utf-8", "replace")

    def wait_log(self, pattern, timeout=5.0):
        """Waits until the log holds the pattern."""
        with self.heard:
            there = self.heard.wait_for(
                lambda: re.search(pattern, self.said.decode("utf-8", "replace")) or not self.alive(), timeout * SLOW)
        assert there and re.search(pattern, self.log()), "the log never said %r:\n%s" % (pattern, self.log()[-3000:])

    def stop(self):
        """SIGTERM; the exit code must be the expected one and no sanitizer may have spoken."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10 * SLOW)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("SIGTERM did not end the server\n" + self.log()[-2000:])
        self.listener.join(2)
        text = self.log()
        assert not SANITIZER.search(text), "a sanitizer spoke:\n" + text[-6000:]
        assert self.process.returncode == self.expected_exit, \
            "exit code %s\n%s" % (self.process.returncode, text[-2000:])

    def __exit__(self, kind, error, trace):
        try:
            self.stop()
        except AssertionError as problem:
            if kind is None:
                raise
            error.args = ("%s\nand then: %s" % (error, problem),)
        else:
            if kind is not None and not os.environ.get("PORTAVOZ_TEST_QUIET"):
                error.args = ("%s\n--- the server's log\n%s" % (error, self.log()[-3000:]),)
        finally:
            for guard in self.guards:
                guard.close()
            if not os.environ.get("PORTAVOZ_TEST_KEEP"):
                shutil.rmtree(self.folder, ignore_errors=True)
