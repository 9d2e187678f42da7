# SPDX-License-Identifier: Apache-2.0
"""routing: §16.3 validation, §16.4 route processing, loops."""
from calls import Pair
from feature import feature, ok
from sip_ua import DOMAIN, Dialog, Message, Phone, param, unique, uri_of

ALL = '{ challenge = "all"; }'


@feature
def max_forwards(server):
    with Pair(server) as (alice, bob):
        alice.request("MESSAGE", bob.aor, max_forwards=0)
        ok(alice.expect(483), "Max-Forwards: 0 is answered 483")
        alice.request("MESSAGE", bob.aor, max_forwards=1)
        m = bob.expect("MESSAGE")
        ok(m.get("max-forwards") == "0", "1 passes as 0")
        bob.respond(m, 200)
        alice.expect(200)
        alice.request("MESSAGE", bob.aor, max_forwards=None)
        m = bob.expect("MESSAGE")
        ok(m.get("max-forwards") == "70", "without one, 70 is added")
        bob.respond(m, 200)
        alice.expect(200)
        alice.request("MESSAGE", bob.aor, max_forwards=None, headers=["Max-Forwards: 256"])
        r = (alice.expect((400, 483)))
        ok(r, "256 is out of range: %d" % r.status)


@feature
def proxy_require(server):
    with Pair(server) as (alice, bob):
        alice.request("MESSAGE", bob.aor, headers=["Proxy-Require: teleport, timewarp"])
        r = alice.expect(420)
        ok(set(r.all("unsupported")) == {"teleport", "timewarp"}, "420 names both extensions")
        alice.request("MESSAGE", bob.aor, headers=["Require: teleport"])
        bob.respond(bob.expect("MESSAGE"), 200)
        ok(alice.expect(200), "Require is not a proxy's business")


def hand_on(phone, request, uri):
    """The phone is a proxy now: the request goes back to the server under one more Via."""
    text = request.raw.decode()
    text = text.replace(request.start, "%s %s SIP/2.0" % (request.method, uri), 1)
    text = text.replace("\r\nVia:", "\r\nVia: %s\r\nVia:" % phone.via(), 1)
    phone.send(text.replace("Max-Forwards: %s" % request.get("max-forwards"),
                            "Max-Forwards: %d" % (int(request.get("max-forwards")) - 1), 1))


@feature
def loop(server):
    """bob's phone sends what it gets back to bob's address."""
    with Pair(server) as (alice, bob):
        alice.request("MESSAGE", bob.aor)
        m = bob.expect("MESSAGE")
        hand_on(bob, m, bob.aor)
        for n in range(3):
            r = bob.expect(("MESSAGE", 482, 483))
            if r.is_response:
                break
            hand_on(bob, r, bob.aor)
        ok(r.status == 482, "a loop is found (482), not run until Max-Forwards ends it")
        ok(n <= 1, "after one turn at most")


@feature
def spiral(server):
    """The same request through us twice with different Request-URIs is no loop (RFC 5393)."""
    with Pair(server) as (alice, bob), Phone(server, "carol") as carol:
        carol.register()
        alice.request("MESSAGE", bob.aor)
        first = bob.expect("MESSAGE")
        hand_on(bob, first, carol.aor)
        m = carol.expect("MESSAGE")
        ok(len(m.all("via")) == 4, "it passed twice")
        carol.respond(m, 200)
        r = bob.expect(200)
        top, _, rest = r.raw.decode().partition("\r\nVia:")
        bob.send(top + "\r\n" + rest.split("\r\n", 1)[1], first.source)
        ok(alice.expect(200), "and its answer too")


@feature
def register_self(server):
    """A contact that leads to the server itself is refused."""
    with Phone(server) as alice:
        for host in ("127.0.0.1:%d" % server.port, "%s:%d" % (DOMAIN, server.port)):
            alice.register(contact="<sip:bob@%s>" % host, status=403)
            ok(True, "sip:bob@%s: 403" % host)


@feature
def merged_request(server):
    """The same request by two paths (§8.2.2.2): a proxy passes both on, the phone refuses the second."""
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        alice.expect(180)
        second = Message(sent.raw.replace(sent.branch.encode(), unique("z9hG4bK").encode(), 1))
        alice.send(second.raw)
        merged = bob.expect("INVITE")
        ok(merged.branch != invite.branch, "the second comes on a branch of its own")
        bob.respond(merged, 482, "Merged Request", tag="merged")
        bob.expect("ACK")
        r = alice.expect(482)
        alice.ack_failure(second, r)
        ok(param(r.get("via"), "branch") == second.branch, "and is refused on its own path")
        bob.respond(invite, 486, "Busy Here")
        bob.expect("ACK")
        r = alice.expect(486)
        alice.ack_failure(sent, r)
        ok(param(r.get("via"), "branch") == sent.branch, "the first goes on")


@feature
def unsupported_scheme(server):
    with Phone(server) as alice:
        for uri in ("foo:bar", "http://example.test/"):
            alice.request("MESSAGE", uri, to="<sip:bob@%s>" % DOMAIN)
            ok(alice.expect(416), uri + " is answered 416")


@feature
def bad_requests(server):
    """Broken in ways that still tell where to answer: 400 or its kin, with a reason."""
    with Phone(server) as alice:
        base = alice.build("MESSAGE", "sip:bob@" + DOMAIN)
        cases = {
            "no Call-ID": lambda t: cut(t, "Call-ID"), "no From": lambda t: cut(t, "From"),
            "no To": lambda t: cut(t, "To"), "no CSeq": lambda t: cut(t, "CSeq"),
            "CSeq of another method": lambda t: t.replace("1 MESSAGE", "1 INVITE"),
            "CSeq too large": lambda t: t.replace("CSeq: 1 ", "CSeq: 4294967296 "),
            "two Call-IDs": lambda t: t.replace("CSeq:", "Call-ID: another\r\nCSeq:"),
            "version 7": lambda t: t.replace(" SIP/2.0\r\n", " SIP/7.0\r\n", 1),
            "negative Content-Length": lambda t: t.replace("Content-Length: 0", "Content-Length: -1"),
            "Content-Length beyond the datagram": lambda t: t.replace("Content-Length: 0", "Content-Length: 999"),
            "two Content-Lengths": lambda t: t.replace("Content-Length: 0", "Content-Length: 0\r\nContent-Length: 3"),
        }
        for what, change in cases.items():
            alice.send(change(base.replace("z9hG4bK", unique("z9hG4bK"), 1)))
            try:
                r = alice.receive(0.5)
                ok(400 <= r.status < 600, "%s: %s" % (what, r.start))
                ok(r.reason not in ("", "OK"), "with a reason")
            except AssertionError:
                ok(what.startswith(("no ", "two", "negative", "Content", "CSeq", "version")), what + ": dropped")
        sent = alice.request("OPTIONS", "sip:" + DOMAIN)
        r = alice.receive()
        while r.branch != sent.branch:                  # what comes late of those above
            r = alice.receive()
        ok(r.status == 200, "the server goes on")


def cut(text, name):
    return "\r\n".join(l for l in text.split("\r\n") if not l.startswith(name + ":"))


@feature
def body_longer_than_content_length(server):
    with Pair(server) as (alice, bob):
        text = alice.build("MESSAGE", bob.aor, body="12345")
        alice.send(text + "rubbish")
        m = bob.expect("MESSAGE")
        ok(m.body == b"12345", "over UDP the rest is cut")
        bob.respond(m, 200)
        alice.expect(200)


@feature
def loose_route_preloaded(server):
    """Linphone and baresip begin with a Route to the server."""
    with Pair(server) as (alice, bob):
        for route in ("<sip:127.0.0.1:%d;lr>" % server.port, "<sip:%s:%d;lr>" % (DOMAIN, server.port),
                      "<sip:127.0.0.1:%d;transport=udp;lr>" % server.port):
            sent = alice.invite(bob.aor, routes=[route])
            invite = bob.expect("INVITE")
            ok(not invite.all("route"), "our Route is taken off: " + route)
            bob.respond(invite, 486, "Busy Here")
            bob.expect("ACK")
            alice.ack_failure(sent, alice.expect(486))
        alice.register(routes=["<sip:127.0.0.1:%d;lr>" % server.port])
        ok(True, "also on a REGISTER")


@feature
def strict_route(server):
    """A strict router before us put our Record-Route into the Request-URI (§16.4)."""
    with Pair(server) as (alice, bob):
        mine, theirs = alice.call(bob)
        ours = uri_of(mine.routes[0])
        alice.request("INFO", ours, to=mine.remote, frm=mine.local, call_id=mine.call_id, cseq=50,
                      routes=["<%s>" % mine.target])
        info = bob.expect("INFO")
        ok(info.uri == mine.target, "the last Route is the Request-URI again")
        ok(not info.all("route"), "and no Route is left")
        bob.respond(info, 200)
        ok(alice.expect(200), "answered")
        mine.sequence = 51
        mine.bye(theirs)


@feature
def strict_next_hop(server):
    """The next hop is a strict router: Request-URI and Route change places (§16.6 item 6)."""
    with Phone(server) as alice, Phone(server, "bob") as bob, Phone(server, "carol") as edge:
        bob.register(600, "<sip:bob@192.0.2.1:5999>", headers=["Path: <sip:edge@127.0.0.1:%d>" % edge.port,
                                                            "Supported: path"])
        alice.request("MESSAGE", bob.aor)
        m = edge.expect("MESSAGE")
        ok(m.uri == "sip:edge@127.0.0.1:%d" % edge.port, "the strict router is the Request-URI")
        ok(uri_of(m.all("route")[-1]) == "sip:bob@192.0.2.1:5999", "the contact is the last Route")
        edge.respond(m, 200)
        ok(alice.expect(200), "answered")


@feature
def via_of_a_liar(server):
    """The answer goes where the request came from (RFC 3581), whatever the Via says."""
    with Pair(server) as (alice, bob):
        alice.request("MESSAGE", bob.aor, via="SIP/2.0/UDP 192.0.2.9:5999;branch=%s;rport" % unique("z9hG4bK"))
        m = bob.expect("MESSAGE")
        ok(param(m.all("via")[1], "received") == "127.0.0.1", "received is added")
        ok(param(m.all("via")[1], "rport") == str(alice.port), "rport is filled in")
        bob.respond(m, 200)
        ok(alice.expect(200), "the answer comes back through the hole")


@feature
def stray_responses(server):
    """Responses of nobody's, and one with a branch stolen from a call: dropped, not forwarded."""
    with Pair(server) as (alice, bob), Phone(server, "carol") as mallory:
        made_up = ("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=%s\r\n"
                   "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
                   "Call-ID: %s\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n")
        for branch in ("z9hG4bKnothing", "z9hG4bK", "x", "z9hG4bK" + "A" * 200):
            mallory.send(made_up % (server.port, branch, bob.port, unique(), "MESSAGE"))
        bob.silence(0.2)
        ok(True, "made-up responses go nowhere")
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        alice.expect(180)
        guess = invite.branch[:-1] + ("1" if invite.branch[-1] == "0" else "0")
        mallory.send(made_up % (server.port, guess, alice.port, sent.call_id, "INVITE"))
        alice.silence(0.2)
        ok(True, "nor does one whose branch was guessed")
        bob.respond(invite, 486, "Busy Here")
        bob.expect("ACK")
        alice.ack_failure(sent, alice.expect(486))


@feature
def record_route_udp_tcp(server):
    """Transport changes: two Record-Routes, so that each side keeps its own (RFC 5658)."""
    with Pair(server, bob={"transport": "tcp"}) as (alice, bob):
        double(alice, bob)
    with Pair(server, alice={"transport": "tcp"}) as (alice, bob):
        double(alice, bob)


@feature
def record_route_ipv4_ipv6(server):
    from feature import Skip
    from server import have_ipv6
    if not have_ipv6():
        raise Skip("no IPv6 on this machine")
    with Pair(server, bob={"ip": "::1"}) as (alice, bob):
        double(alice, bob)
    with Pair(server, alice={"ip": "::1"}) as (alice, bob):
        double(alice, bob)


def double(alice, bob):
    sent = alice.invite(bob.aor)
    invite = bob.expect("INVITE")
    rr = invite.all("record-route")
    ok(len(rr) == 2 and all(";lr" in uri_of(r) for r in rr), "two Record-Routes")
    ok(("transport=tcp" in rr[0]) == (bob.transport == "tcp") and ("[::1]" in rr[0]) == (bob.ip == "::1"),
       "the upper one speaks the callee's language")
    ok(("transport=tcp" in rr[1]) == (alice.transport == "tcp") and ("[::1]" in rr[1]) == (alice.ip == "::1"),
       "the lower one the caller's")
    answer = bob.respond(invite, 200, body=bob.sdp())
    mine, theirs = Dialog.caller(alice, sent, alice.expect(200)), Dialog.callee(bob, invite, answer)
    mine.ack()
    ack = bob.expect("ACK")
    ok(not ack.all("route"), "both our Routes are taken off")
    for one, other in ((mine, theirs), (theirs, mine)):
        one.request("INFO")
        other.phone.respond(other.phone.expect("INFO"), 200)
        one.phone.expect(200)
    ok(theirs.bye(mine), "requests of both sides arrive")
