# SPDX-License-Identifier: Apache-2.0
"""lifecycle: the command line, reload, drain, and what portavozctl says (PRODUCT.md's promises)."""
import json
import os
import signal
import socket
import tempfile

from calls import Pair
from feature import Skip, ctl, feature, ok, run
from server import Server
from sip_ua import DOMAIN, Dialog, Phone, unique


def check(binary, text, *options):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "portavoz.conf")
        with open(path, "w") as f:
            f.write(text)
        return run([binary, *(options or ("--check",)), "-c", path])


@feature(server=False)
def command_line(binary):
    r = run([binary, "--version"])
    ok(r.returncode == 0 and "portavoz" in r.stdout and "0.1" in r.stdout, "--version")
    r = run([binary, "--help"])
    ok(r.returncode == 0 and "--check" in r.stdout, "--help")
    ok(run([binary, "--no-such-option"]).returncode == 2, "bad usage: exit 2")
    ok(run([binary, "-c", "/nonexistent/portavoz.conf"]).returncode == 1, "no configuration: exit 1")
    r = run([binary, "--explain", "registrar.max_contacts"])
    ok(r.returncode == 0 and "10" in r.stdout, "--explain KEY")
    r = run([binary, "--print-defaults"])
    ok(r.returncode == 0 and "registrar" in r.stdout, "--print-defaults")
    r = check(binary, r.stdout)
    ok(r.returncode == 0, "and what it prints passes --check")


@feature(server=False)
def bad_configuration(binary):
    good = 'domain = "example.test";\nlisten = [ "udp:127.0.0.1:0" ];\n'
    r = check(binary, good + "wrokers = 2;\n")
    said = r.stdout + r.stderr
    ok(r.returncode == 1, "an unknown key: exit 1")
    ok(":3:" in said or "line 3" in said, "with its line")
    ok("workers" in said, "and the nearest key")
    for what, line in (("a wrong type", 'workers = "many";'), ("out of range", "workers = 100000;"),
                       ("broken syntax", "workers = ;"), ("an unknown transport", 'listen = [ "carrier-pigeon:0.0.0.0:1" ];'),
                       ("a bad unit", 'drain_timeout = "3 parsecs";')):
        r = check(binary, 'domain = "example.test";\n' + line + "\n")
        ok(r.returncode == 1 and r.stdout + r.stderr, what + ": exit 1 and a word")
        r = check(binary, 'domain = "example.test";\n' + line + "\n", "-d", "--pidfile", "/dev/null")
        ok(r.returncode == 1, "and the server does not start")


@feature(server=False)
def port_in_use(binary):
    with tempfile.TemporaryDirectory() as folder, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        path = os.path.join(folder, "portavoz.conf")
        with open(path, "w") as f:
            f.write('domain = "example.test";\nlisten = [ "tcp:127.0.0.1:%d" ];\n'
                    'admin = { socket = ""; http = ""; };\nstore = "none";\n' % taken.getsockname()[1])
        r = run([binary, "-c", path])
        ok(r.returncode == 3, "a port in use: exit 3")
        ok("in use" in (r.stdout + r.stderr).lower(), "and it says so")


@feature(auth='{ challenge = "all"; }')
def reload_on_sighup(server):
    with Phone(server, "erin") as erin, Phone(server, "alice") as alice:
        alice.register(call_id="keep-1")
        sent = erin.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % erin.aor)
        erin.answer_challenge(sent, erin.expect(401))
        ok(erin.expect((401, 403)), "erin is unknown")
        server.users = server.users + ("erin",)
        server.write()
        server.signal(signal.SIGHUP)
        until_registered(erin)
        ok(True, "after a reload she registers")
        with open(server.config, "a") as f:
            f.write("nonsense = 1;\n")
        server.signal(signal.SIGHUP)
        server.wait_log("nonsense")
        ok(server.alive() and erin.register(), "a bad file changes nothing and is named in the log")
        ok(alice.register(call_id="keep-1", cseq=9), "registrations live on")


def until_registered(phone, tries=50):
    for n in range(tries):
        sent = phone.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % phone.aor, call_id=unique())
        phone.answer_challenge(sent, phone.expect(401))
        if phone.expect((200, 401, 403)).status == 200:
            return
        phone.idle(0.05)
    raise AssertionError("%s never got in" % phone.user)


@feature(drain_timeout='"5s"')
def drain_on_sigterm(server):
    """SIGTERM with a call in setup: no new calls, the one at hand may be answered, then exit 0."""
    with Pair(server) as (alice, bob), Phone(server, "carol") as carol:
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        alice.expect(180)
        server.signal(signal.SIGTERM)
        server.wait_log("(?i)drain|stopp|SIGTERM|terminat")
        late = carol.invite(bob.aor)
        r = carol.expect(503)
        carol.ack_failure(late, r)
        ok(True, "a new call is refused with 503")
        bob.respond(invite, 200, body=bob.sdp())
        r = alice.expect(200)
        ok(r.cseq == sent.cseq, "the call in setup is answered")
        Dialog.caller(alice, sent, r).ack()
        ok(server.wait(8) == 0, "then the server ends with exit code 0")


@feature(drain_timeout='"1s"')
def drain_has_an_end(server):
    with Pair(server) as (alice, bob):
        alice.invite(bob.aor)
        bob.respond(bob.expect("INVITE"), 180)
        alice.expect(180)
        server.signal(signal.SIGTERM)
        ok(server.wait(6) == 0, "a call that only rings does not hold the server for ever")


@feature
def restart(server):
    """A second server on the same port right after the first: no address is left in use."""
    with Pair(server, alice={"transport": "tcp"}) as (alice, bob):
        mine, theirs = alice.call(bob)
        mine.bye(theirs)
    port = server.port
    server.stop()
    again = run([server.binary, "--check", "-c", server.config])
    ok(again.returncode == 0, "the configuration is still good")
    server.process = None
    server.port = port
    import subprocess
    server.said = b""
    server.process = subprocess.Popen([server.binary, "-c", server.config], cwd=server.folder,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ok(server.wait_ready(), "it starts at once on the same port")
    with Pair(server) as (alice, bob):
        mine, theirs = alice.call(bob)
        ok(mine.bye(theirs), "and serves")


@feature
def daemon_mode(server):
    """-d puts it into the background with a pid file; the pid is the server's."""
    with tempfile.TemporaryDirectory() as folder:
        path, pidfile = os.path.join(folder, "portavoz.conf"), os.path.join(folder, "pid")
        from server import free_port
        port = free_port()
        with open(path, "w") as f:
            f.write('domain = "example.test";\nlisten = [ "udp:127.0.0.1:%d" ];\nworkers = 1;\nstore = "none";\n'
                    'registrar = { capacity = 1000; };\nadmin = { socket = ""; http = ""; };\n'
                    'log = { target = "%s/log"; };\nauth = { challenge = "none"; };\n' % (port, folder))
        r = run([server.binary, "-d", "--pidfile", pidfile, "-c", path])
        ok(r.returncode == 0, "the starter returns 0")
        with open(pidfile) as f:
            pid = int(f.read())
        other = Server.__new__(Server)
        other.port, other.process = port, server.process
        try:
            ok(other.wait_ready(), "the daemon answers")
        finally:
            handle = os.pidfd_open(pid)
            os.kill(pid, signal.SIGTERM)
            import select
            gone = select.select([handle], [], [], 10)[0]
            os.close(handle)
        ok(gone, "SIGTERM ends it")
        ok(not os.path.exists(pidfile), "and the pid file is gone")


@feature
def control_tool(server):
    with Pair(server) as (alice, bob):
        r = ctl(server, "status")
        if r.returncode == 127:
            raise Skip("no portavozctl")
        ok(r.returncode == 0 and r.stdout, "status")
        status = ctl(server, "--json", "status")
        ok(isinstance(json.loads(status.stdout), dict), "status --json is an object")
        r = ctl(server, "registrations")
        ok(r.returncode == 0 and "bob" in r.stdout and str(bob.port) in r.stdout, "registrations lists bob's contact")
        r = ctl(server, "--json", "registrations", "bob")
        ok(bob.contact in json.dumps(json.loads(r.stdout)), "registrations bob, as JSON")
        ok("carol" not in ctl(server, "registrations", "bob").stdout, "and nobody else")
        r = ctl(server, "metrics")
        ok(r.returncode == 0 and len(r.stdout.splitlines()) > 10, "metrics")
        ok(ctl(server, "log", "level", "debug").returncode == 0, "log level")
        ok(ctl(server, "explain", "workers").returncode == 0, "explain")
        ok(ctl(server, "no-such-command").returncode != 0, "an unknown command fails")


@feature(workers="4")
def workers_share_one_source(server):
    """One source address loads all workers evenly: the home of a call is a hash of its Call-ID."""
    with Pair(server) as (alice, bob):
        for _ in range(1600):
            alice.request("MESSAGE", bob.aor, call_id=os.urandom(8).hex())
            bob.respond(bob.expect("MESSAGE"), 200)
            alice.expect(200)
        status = json.loads(ctl(server, "--json", "status").stdout)
        shares = [w["handled"] for w in status["workers"]]
        ok(len(shares) == 4, "four workers: %s" % shares)
        mean = sum(shares) / 4
        ok(mean > 0 and all(abs(s - mean) <= 0.2 * mean for s in shares), "each within 20 % of the mean")
