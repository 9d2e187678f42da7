# SPDX-License-Identifier: Apache-2.0
"""steering: the kernel gives datagrams of one source to their home workers; without it the workers pass them on."""
import json
import os
import shutil
import stat
import tempfile

from feature import Skip, ctl, feature, ok, run
from scenarios import load, pairs, scale
from server import Server
from sip_ua import DOMAIN, Phone

FOUR = dict(workers="4", steering='"auto"', domain='[ "example.test", "bench.local" ]')
CALLS = 400
# What the program needs is needed at the start alone.
LATER = {"run_as": '"nobody"'} if os.geteuid() == 0 else {}
WITHOUT = """#!/bin/sh
exec capsh --drop=cap_bpf,cap_sys_admin -- -c 'exec "$0" "$@"' "%s" "$@"
"""


def steering(server):
    return json.loads(ctl(server, "--json", "status").stdout)["steering"]


def counters(server):
    return json.loads(ctl(server, "--json", "metrics").stdout)


def calls(server):
    """Hundreds of calls, each end one source; the counters behind them, and the datagrams of all workers."""
    load(server, "uac_call", "uas_call", max(20, int(CALLS * scale())), 100, pairs())
    now = counters(server)
    ok(now["net_udp_received"] > 5 * CALLS * scale(), "datagrams: %d" % now["net_udp_received"])
    workers = json.loads(ctl(server, "--json", "status").stdout)["workers"]
    return now, [w["datagrams_in"] for w in workers]


def is_even(counts):
    return min(counts) > 0.5 * sum(counts) / len(counts)


@feature(**FOUR, **LATER)
def steered(server):
    """The kernel's program knows every home: no message is posted, and one source loads all sockets."""
    state = steering(server)
    if state["state"] != "on":
        raise Skip("no steering: " + state["why"])
    before = counters(server)                   # the first datagrams may have come before the program did
    now, counts = calls(server)
    ok(now["net_messages_posted"] == 0, "no message had to be passed on: %d" % now["net_messages_posted"])
    ok(now["net_steering_unsure"] == 0, "every datagram was steered")
    steered, received = (now[name] - before[name] for name in ("net_steered", "net_udp_received"))
    ok(steered == received, "and counted: %d of %d" % (steered, received))
    ok(is_even(counts), "all sockets had their share: %s" % counts)


@feature(**FOUR)
def steered_or_posted(server):
    """A spelling that the program is not sure of comes home all the same, by the mailbox."""
    state = steering(server)
    if state["state"] != "on":
        raise Skip("no steering: " + state["why"])
    with Phone(server, "alice") as alice:
        before = counters(server)
        for n in range(60):
            message = ("MESSAGE sip:nobody@%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKodd%d;rport\r\n"
                       "From: <sip:alice@example.test>;tag=a\r\nTo: <sip:example.test>\r\nCall-ID\t:\r\n folded-%d \r\n"
                       "CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n" % (DOMAIN, alice.port, n, n))
            alice.send(message.encode())
            alice.expect(404)
        now = counters(server)
        ok(now["net_steering_unsure"] - before["net_steering_unsure"] == 60, "the program was not sure of these")
        ok(now["net_messages_posted"] > before["net_messages_posted"], "and the mailbox brought them home")


@feature(**dict(FOUR, steering=None))
def steering_off(server):
    state = steering(server)
    ok(state["state"] == "off" and state["why"] == "turned off", "it is off, as nobody asked for it: %s" % state)
    now, counts = calls(server)
    ok(now["net_messages_posted"] > CALLS * scale(), "messages were passed on: %d" % now["net_messages_posted"])
    ok(now["net_steered"] == 0, "none was steered")


@feature(server=False)
def steering_without_capability(binary):
    """Without CAP_BPF the log says so once, and everything works as before."""
    if os.geteuid() != 0 or not shutil.which("capsh"):
        raise Skip("needs root and capsh")
    if run(["capsh", "--drop=cap_bpf,cap_sys_admin", "--", "-c", "true"]).returncode:
        raise Skip("capsh may not drop a capability")
    with tempfile.TemporaryDirectory() as folder:
        wrapper = os.path.join(folder, "portavoz")
        with open(wrapper, "w") as f:
            f.write(WITHOUT % os.path.realpath(binary))
        os.chmod(wrapper, stat.S_IRWXU)
        with Server(wrapper, **FOUR) as server:
            state = steering(server)
            ok(state["state"] == "off" and state["why"] != "turned off", "it is off: %s" % state)
            said = [line for line in server.log().splitlines() if " steering " in line]
            ok(len(said) == 1 and state["why"] in said[0], "one line says why: %s" % said)
            now, _ = calls(server)
            ok(now["net_messages_posted"] > CALLS * scale(), "messages were passed on: %d" % now["net_messages_posted"])
