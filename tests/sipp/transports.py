# SPDX-License-Identifier: Apache-2.0
"""transports: TCP, large messages, IPv6, framing and keep-alives (RFC 3261 §18, RFC 5626)."""
import json
import socket

from calls import Pair
from feature import Skip, ctl, feature, ok
from server import Server, have_ipv6
from sip_ua import DOMAIN, SLOW, Dialog, Message, Phone, param, unique

TCP, SIX = {"transport": "tcp"}, {"ip": "::1"}


@feature
def call_tcp(server):
    """Both phones over TCP: bob is called over the connection that he registered on."""
    with Pair(server, TCP, TCP) as (alice, bob):
        mine, theirs = alice.call(bob)
        ok(mine.routes and "transport=tcp" in mine.routes[0], "Record-Route says TCP")
        ok(mine.bye(theirs), "a call over TCP at both ends")


@feature
def call_udp_to_tcp(server):
    for a, b in ((None, TCP), (TCP, None)):
        with Pair(server, a, b) as (alice, bob):
            mine, theirs = alice.call(bob)
            ok(theirs.bye(mine), "%s calls %s" % (alice.transport, bob.transport))


@feature
def call_ipv6(server):
    if not have_ipv6():
        raise Skip("no IPv6 on this machine")
    for a, b in ((SIX, SIX), (None, SIX), (SIX, None), (dict(SIX, **TCP), SIX)):
        with Pair(server, a, b) as (alice, bob):
            mine, theirs = alice.call(bob)
            ok(mine.bye(theirs), "%s %s calls %s" % (alice.transport, alice.ip, bob.ip))


@feature
def tcp_reconnect(server):
    """bob's connection is gone; he registers anew and is reached over the new one."""
    with Phone(server) as alice:
        old = Phone(server, "bob", "tcp")
        old.register(call_id="re-1")
        old.close()
        sent = alice.invite(old.aor)
        r = alice.expect((404, 408, 410, 430, 480, 500, 503), 8)
        alice.ack_failure(sent, r)
        ok(True, "over a dead connection the call fails with %d" % r.status)
        with Phone(server, "bob", "tcp") as new:
            r = new.register(call_id="re-2", contact="<%s>" % new.contact)
            sent = alice.invite(new.aor)
            invite = new.expect("INVITE")
            new.respond(invite, 486, "Busy Here")
            new.expect("ACK")
            alice.ack_failure(sent, alice.expect(486))
            ok(True, "over the new one it arrives")


def hang_up(server, phone):
    """Closes the only connection, and waits until the server has seen it."""
    phone.close()
    for _ in range(500):
        if json.loads(ctl(server, "--json", "metrics").stdout)["net_connections"] == 0:
            return
    raise AssertionError("the server still has the connection")


@feature
def tcp_answer_after_hang_up(server):
    """§18.2.2: alice's connection is gone when bob answers: the answer goes to the port of her sent-by."""
    with Phone(server, "bob") as bob, socket.create_server(("127.0.0.1", 0)) as sent_by:
        bob.register()
        sent_by.settimeout(5 * SLOW)
        port = sent_by.getsockname()[1]
        for method, status in (("MESSAGE", 200), ("MESSAGE", 404), ("INVITE", 486)):
            alice = Phone(server, "alice", "tcp")
            alice.request(method, bob.aor, via="SIP/2.0/TCP 127.0.0.1:%d;branch=%s" % (port, unique("z9hG4bK")))
            request = bob.expect(method)
            if method == "INVITE":
                alice.expect(100)                          # or it takes the second way, too, and keeps it open
            hang_up(server, alice)
            bob.respond(request, status)
            connection, got = sent_by.accept()[0], b""
            with connection:
                connection.settimeout(5 * SLOW)
                while b"SIP/2.0 %d " % status not in got:  # a 100 may have been on its way as well
                    more = connection.recv(4096)
                    assert more, "%s: closed after %r" % (method, got)
                    got += more
                ok(True, "%d of %s" % (status, method))


@feature
def tcp_framing(server):
    with Phone(server, "alice", "tcp") as alice:
        text = alice.build("OPTIONS", "sip:" + DOMAIN)
        alice.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(0, len(text), 7):
            alice.send(text[i:i + 7])
        ok(alice.expect(200), "a request in pieces of seven bytes")
        both = [alice.build("OPTIONS", "sip:" + DOMAIN, call_id=unique()) for _ in range(20)]
        alice.send("\r\n\r\n".join(both))
        ok(len({alice.expect(200).call_id for _ in both}) == 20, "twenty in one segment, CRLFs between")
        body = "x" * 3000
        alice.send(alice.build("OPTIONS", "sip:" + DOMAIN, body=body) + alice.build("OPTIONS", "sip:" + DOMAIN))
        ok(alice.expect(200) and alice.expect(200), "a body ends where Content-Length says")


@feature
def tcp_keepalive(server):
    with Phone(server, "alice", "tcp") as alice:
        alice.send("\r\n\r\n")
        ok(alice.sock.recv(16) == b"\r\n", "a double CRLF is answered by one (RFC 5626 §4.4.1)")
        alice.send("\r\n")
        alice.request("OPTIONS", "sip:" + DOMAIN)
        ok(alice.expect(200), "a single CRLF is nothing")
    with Phone(server) as alice:
        for text in ("\r\n", "\r\n\r\n", "\0\0\0\0"):
            alice.send(text)
        alice.request("OPTIONS", "sip:" + DOMAIN)
        ok(alice.expect(200), "keep-alives over UDP are no trouble")


@feature
def tcp_no_content_length(server):
    """Over a stream Content-Length is required (§18.3)."""
    with Phone(server, "alice", "tcp") as alice:
        alice.send(alice.build("OPTIONS", "sip:" + DOMAIN).replace("Content-Length: 0\r\n", ""))
        try:
            r = alice.receive(1)
            ok(r.status in (200, 400, 411), "it is answered %d" % r.status)
        except (AssertionError, ConnectionError):
            ok(True, "the connection is closed")


@feature
def large_message(server):
    """Requests over 1,300 bytes go by TCP where the target can (§18.1.1), else by UDP."""
    with Pair(server) as (alice, bob):
        body = "x" * 1500
        alice.request("MESSAGE", bob.aor, body=body)
        m = bob.expect("MESSAGE", 8)
        ok(len(m.body) == 1500 and "/UDP" in m.all("via")[0], "nobody listens on TCP: it comes by UDP, whole")
        bob.respond(m, 200)
        ok(alice.expect(200), "answered")
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((bob.ip, bob.port))
            listener.listen()
            listener.settimeout(5 * SLOW)
            alice.request("MESSAGE", bob.aor, body=body)
            stream, _ = listener.accept()
            with stream:
                stream.settimeout(5 * SLOW)
                raw = b""
                while not raw.endswith(body.encode()):
                    raw += stream.recv(65536)
                m = Message(raw)
                ok("/TCP" in m.all("via")[0], "where somebody listens it comes by TCP")
                answer = ["SIP/2.0 200 OK"] + ["Via: " + v for v in m.all("via")] + \
                    ["%s: %s" % (n, m.get(n)) for n in ("From", "Call-ID", "CSeq")] + \
                    ["To: %s;tag=big" % m.get("to"), "Content-Length: 0", "", ""]
                stream.sendall("\r\n".join(answer).encode())
                ok(alice.expect(200), "answered over that connection")


@feature
def large_over_tcp(server):
    with Pair(server, TCP, TCP) as (alice, bob):
        body = "".join("%07d\n" % i for i in range(5000))
        alice.request("MESSAGE", bob.aor, body=body)
        m = bob.expect("MESSAGE")
        ok(m.body.decode() == body, "40,000 bytes through TCP at both ends")
        bob.respond(m, 200)
        ok(alice.expect(200), "answered")


@feature
def response_over_request_connection(server):
    """bob answers over TCP; alice's answer comes over the connection of her request (§18.2.2)."""
    with Pair(server, TCP) as (alice, bob):
        sent = alice.invite(bob.aor, via="SIP/2.0/TCP 192.0.2.7:5060;branch=%s" % unique("z9hG4bK"))
        invite = bob.expect("INVITE")
        bob.respond(invite, 486, "Busy Here")
        bob.expect("ACK")
        ok(alice.expect(486).cseq == sent.cseq, "a lying Via does not matter")


@feature
def nat_contact(server):
    """A phone behind NAT writes an address that does not lead to it; it is reached through its own hole."""
    with Phone(server) as alice, Phone(server, "bob") as bob:
        bob.register(600, "<sip:bob@10.99.99.99:5060>",
                     via="SIP/2.0/UDP 10.99.99.99:5060;branch=%s;rport" % unique("z9hG4bK"))
        alice.request("MESSAGE", bob.aor)
        m = bob.expect("MESSAGE")
        ok(m.uri.startswith("sip:bob@10.99.99.99:5060"), "the Request-URI is what it registered")
        bob.respond(m, 200)
        ok(alice.expect(200), "and the packet came through the hole")
        mine, theirs = call_behind_nat(alice, bob)
        ok(mine.bye(theirs), "a call too, with ACK and BYE")


def call_behind_nat(alice, bob):
    sent = alice.invite(bob.aor)
    invite = bob.expect("INVITE")
    bob.contact = "sip:bob@10.99.99.99:5060"
    answer = bob.respond(invite, 200, body=bob.sdp())
    mine, theirs = Dialog.caller(alice, sent, alice.expect(200)), Dialog.callee(bob, invite, answer)
    mine.ack()
    bob.expect("ACK")
    return mine, theirs


@feature
def rport_absent(server):
    """Without rport the answer goes to the port of the Via (§18.2.2)."""
    with Phone(server) as alice, Phone(server) as sender:
        via = "SIP/2.0/UDP 127.0.0.1:%d;branch=%s" % (alice.port, unique("z9hG4bK"))
        sender.request("OPTIONS", "sip:" + DOMAIN, via=via)
        r = alice.expect(200)
        ok(param(r.get("via"), "rport") is None, "no rport was asked for, none is given")
        sender.silence(0.1)


class Wildcard(Server):
    def listen(self):
        return '"udp:0.0.0.0:%d", "tcp:0.0.0.0:%d"' % (self.port, self.port)


@feature(server=False)
def listen_wildcard(binary):
    """Listening on 0.0.0.0 every address of the host is ours: a phone may use one as its domain."""
    with Wildcard(binary, auth='{ challenge = "all"; }') as server:
        with Phone(server, "alice") as alice, Phone(server, "bob") as bob:
            host = "127.0.0.1:%d" % server.port
            for phone in (alice, bob):
                phone.aor = "sip:%s@%s" % (phone.user, host)
                sent = phone.request("REGISTER", "sip:" + host, to="<%s>" % phone.aor)
                phone.answer_challenge(sent, phone.expect(401))
                ok(phone.expect(200), "%s registered at an address" % phone.user)
            sent = alice.invite(bob.aor)
            r = alice.expect(407)
            alice.ack_failure(sent, r)
            sent = alice.answer_challenge(sent, r)
            invite = bob.expect("INVITE")
            ok("0.0.0.0" not in invite.raw.decode(), "what the phone sees names a real address")
            answer = bob.respond(invite, 200, body=bob.sdp())
            mine = Dialog.caller(alice, sent, alice.expect(200))
            mine.ack()
            bob.expect("ACK")
            ok(mine.bye(Dialog.callee(bob, invite, answer)), "and the call goes both ways")
