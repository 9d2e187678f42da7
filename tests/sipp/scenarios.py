# SPDX-License-Identifier: Apache-2.0
"""scenarios: SIPp plays both ends, a scenario file for each, with checks on what arrives."""
import contextlib
import os
import shutil
import signal
import subprocess

from call import eventually
from feature import Skip, feature, ok
from server import free_port, have_ipv6
from sip_ua import DOMAIN, SLOW, Phone

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scenarios")
BENCH = os.path.join(HERE, "..", "..", "..", "bench", "sip", "scenarios")
ALL = '{ challenge = "all"; algorithms = [ "MD5" ]; }'          # SIPp knows no other
FAST = '{ t1 = "20ms"; t2 = "80ms"; t4 = "100ms"; c = "1s"; }'


class Sipp:
    """One SIPp process in the server's scratch folder."""

    def __init__(self, server, scenario, port=None, transport="u1", host="127.0.0.1", count=5, rate=50,
                 users=(), folder=HERE, more=(), auth_uri=DOMAIN):
        if not shutil.which("sipp"):
            raise Skip("sipp is not installed (Debian: sip-tester)")
        self.port = port or free_port()
        self.name = "%s-%d" % (scenario, self.port)
        self.folder = server.folder
        remote = "[::1]" if ":" in host else "127.0.0.1"
        command = ["sipp", "%s:%d" % (remote, server.port), "-sf", os.path.join(folder, scenario + ".xml"),
                   "-i", host, "-p", str(self.port), "-t", transport, "-nostdin", "-m", str(count),
                   "-r", str(rate), "-l", str(max(10, rate * 3)), "-timeout", "%ds" % int(40 * SLOW),
                   "-timeout_error", "-recv_timeout", str(int(15000 * SLOW)), "-buff_size", "2097152",
                   "-trace_err", "-error_file", self.path("err"), "-trace_stat", "-stf", self.path("csv"), "-fd", "1",
                   "-auth_uri", auth_uri, "-watchdog_minor_maxtriggers", "100000",
                   "-watchdog_major_maxtriggers", "100000"]
        if users:
            with open(self.path("users"), "w") as f:
                f.write("SEQUENTIAL\n" + "".join(line + "\n" for line in users))
            command += ["-inf", self.path("users")]
        self.process = subprocess.Popen(command + list(more), cwd=server.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, TERM="xterm"))

    def ready(self):
        """Waits until it listens: INVITEs to a phone that is about to be there are given up after 64 T1."""
        eventually(lambda: self.process.poll() is not None or is_bound(self.port), "SIPp listens", 20)
        return self

    def path(self, kind):
        return os.path.join(self.folder, "%s.%s" % (self.name, kind))

    def errors(self):
        try:
            with open(self.path("err"), errors="replace") as f:
                return f.read()[-3000:]
        except OSError:
            return ""

    def finish(self, text, timeout=60):
        try:
            code = self.process.wait(timeout * SLOW)
        finally:
            self.stop()
        ok(code == 0, text if code == 0 else "%s: SIPp's exit code %s\n%s" % (text, code, self.errors()))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def is_bound(port):
    """Whether a socket of this host has the port."""
    for table in ("udp", "udp6", "tcp", "tcp6"):
        with contextlib.suppress(FileNotFoundError), open("/proc/net/" + table) as f:
            if any(line.split()[1].endswith(":%04X" % port) for line in f):
                return True
    return False


def credentials(user):
    return "[authentication username=%s password=pw-%s]" % (user, user)


LINES = ["alice;bob;" + credentials("alice")]


def play(server, uac, uas=None, what="", transport="u1", host="127.0.0.1", uas_transport=None, uas_host=None,
         count=5, timeout=60, uas_timeout=20):
    """bob's end is a SIPp that waits, alice's the one that acts. Both must end well."""
    uas_host, uas_transport = uas_host or host, uas_transport or transport
    callee = None
    try:
        if uas:
            callee = Sipp(server, uas, transport=uas_transport, host=uas_host, count=count).ready()
            bind(server, "bob", uas_host, callee.port, "tcp" if uas_transport == "t1" else "udp")
        Sipp(server, uac, transport=transport, host=host, count=count, users=LINES).finish(
            "%d times %s at the caller" % (count, what or uac), timeout)
        if callee and uas != "uas_hung":
            callee.finish("and at the callee", uas_timeout)
    finally:
        if callee:
            callee.stop()


def bind(server, user, host, port, transport, domain=DOMAIN):
    """Registers a SIPp's address."""
    with Phone(server, user, ip=host) as phone:
        shown = "[%s]" % host if ":" in host else host
        phone.register(0, "*", to="<sip:%s@%s>" % (user, domain))        # no phone of an earlier step
        phone.register(contact="<sip:%s@%s:%d;transport=%s>" % (user, shown, port, transport),
                       to="<sip:%s@%s>" % (user, domain))


@feature
def sipp_register(server):
    # one at a time: a user's next one would have the contact that this one removes
    Sipp(server, "register", users=["alice", "bob", "carol"], count=30, more=["-l", "1"]).finish(
        "30 registrations, refreshed, removed")


@feature(auth=ALL)
def sipp_register_auth(server):
    Sipp(server, "register_auth", users=LINES, count=30).finish("30 registrations with digest")


@feature
def sipp_call(server):
    play(server, "uac_call", "uas_call", "a call", count=20)


@feature(auth=ALL)
def sipp_call_auth(server):
    with Phone(server, "bob") as bob:
        callee = Sipp(server, "uas_call_auth", count=5).ready()
        try:
            bob.register(contact="<sip:bob@127.0.0.1:%d>" % callee.port)
            Sipp(server, "uac_call_auth", users=LINES, count=5, auth_uri="bob@" + DOMAIN).finish("5 calls with digest")
            callee.finish("and at the callee", 20)
        finally:
            callee.stop()


@feature
def sipp_cancel(server):
    play(server, "uac_cancel", "uas_cancel", "a call given up")


@feature
def sipp_busy(server):
    play(server, "uac_busy", "uas_busy", "a busy callee")


@feature(timers='{ c = "1s"; }')
def sipp_no_answer(server):
    play(server, "uac_no_answer", "uas_cancel", "a call that nobody answers", count=3)


@feature(timers=FAST)
def sipp_hung_callee(server):
    play(server, "uac_hung", "uas_hung", "a hung phone", count=3)


@feature
def sipp_reinvite(server):
    play(server, "uac_reinvite", "uas_reinvite", "a call with re-INVITE")


@feature
def sipp_message(server):
    play(server, "uac_message", "uas_message", "a MESSAGE", count=20)


@feature
def sipp_options(server):
    Sipp(server, "uac_options", users=LINES, count=50).finish("50 OPTIONS to the server")


@feature
def sipp_tcp(server):
    play(server, "uac_call", "uas_call", "a call over TCP", transport="t1")
    play(server, "uac_call", "uas_call", "a call from UDP to TCP", transport="u1", uas_transport="t1")


@feature
def sipp_ipv6(server):
    if not have_ipv6():
        raise Skip("no IPv6 on this machine")
    play(server, "uac_call", "uas_call", "a call over IPv6", host="::1")
    play(server, "uac_call", "uas_call", "a call from IPv4 to IPv6", host="127.0.0.1", uas_host="::1")


@feature
def sipp_fork(server):
    """bob has two phones: one answers, the other's ringing is cancelled."""
    winner, loser = Sipp(server, "uas_call", count=5), Sipp(server, "uas_cancel", count=5)
    try:
        winner.ready(), loser.ready()
        with Phone(server, "bob") as bob:
            bob.register(contact=", ".join("<sip:bob@127.0.0.1:%d>" % s.port for s in (winner, loser)))
        Sipp(server, "uac_call_fork", users=LINES, count=5).finish("5 calls to two phones")
        winner.finish("one phone has them", 20)
        loser.finish("the other is cancelled", 20)
    finally:
        winner.stop()
        loser.stop()


LOAD = dict(workers="4", registrar="{ capacity = 20000; }")


def load(server, scenario, uas, count, rate, users, more=()):
    """A workload of bench/sip, bounded."""
    callee = None
    try:
        if uas:
            callee = Sipp(server, uas, count=10 ** 6, folder=BENCH).ready()
            for n in range(40):
                bind(server, "user%06d" % n, "127.0.0.1", callee.port, "udp", "bench.local")
        Sipp(server, scenario, folder=BENCH, count=count, rate=rate, users=users,
             more=["-key", "uas_port", "5"] + list(more)).finish("%d of %s at %d/s" % (count, scenario, rate), 90)
    finally:
        if callee:
            callee.stop()


def pairs():
    return ["user%06d;user%06d" % (n, (n + 7) % 40) for n in range(40)]


def scale():
    return float(os.environ.get("PORTAVOZ_TEST_LOAD", "1"))


@feature(domain='[ "example.test", "bench.local" ]', **LOAD)
def sipp_load(server):
    """Calls, abandoned calls and messages together on four workers: what the sanitizers watch."""
    k = scale()
    for scenario, uas, count, rate in (("uac_call", "uas_call", 600, 200), ("uac_cancel", "uas_cancel", 300, 100),
                                       ("uac_message", "uas_message", 1000, 500), ("options", None, 1000, 500),
                                       ("reg_plain", None, 1000, 500)):
        load(server, scenario, uas, int(count * k), max(20, int(rate * min(1, k))), pairs())
