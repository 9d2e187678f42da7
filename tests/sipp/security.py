# SPDX-License-Identifier: Apache-2.0
"""security: who may call whom, and what strangers cannot make the server do."""
from calls import Pair
from feature import feature, ok
from sip_ua import DOMAIN, Phone, param, unique

ALL = '{ challenge = "all"; }'
OPEN = '{ challenge = "all"; strangers = "users"; }'
STRANGER = "<sip:someone@elsewhere.test>;tag=%s"


def refused(phone, sent):
    r = phone.receive()
    while r.status == 100:
        r = phone.receive()
    if sent.cseq[1] == "INVITE":
        phone.ack_failure(sent, r)
    return r


@feature(auth=ALL)
def strangers_rejected(server):
    with Pair(server) as (mallory, bob):
        for method in ("INVITE", "MESSAGE", "SUBSCRIBE"):
            sent = mallory.request(method, bob.aor, frm=STRANGER % unique())
            r = refused(mallory, sent)
            ok(400 <= r.status < 500, "%s of a stranger: %d" % (method, r.status))
        bob.silence(0.2)
        sent = mallory.request("MESSAGE", "sip:nobody-here@" + DOMAIN, frm=STRANGER % unique())
        other = refused(mallory, sent)
        ok(other.status == r.status, "a user who exists and one who does not look the same")


@feature(auth=OPEN)
def strangers_admitted(server):
    with Pair(server) as (someone, bob):
        sent = someone.request("MESSAGE", bob.aor, frm=STRANGER % unique())
        m = bob.expect("MESSAGE")
        ok(m.get("from") == sent.get("from"), "with strangers = \"users\" an outsider reaches a user")
        bob.respond(m, 200)
        someone.expect(200)
        someone.request("MESSAGE", "sip:victim@127.0.0.1:%d" % bob.port, frm=STRANGER % unique())
        ok(400 <= someone.receive().status < 500, "but nobody else")
        bob.silence(0.2)


@feature(auth=ALL)
def no_open_relay(server):
    with Phone(server, "victim") as victim, Phone(server, "alice") as mallory:
        there = "127.0.0.1:%d" % victim.port
        cases = {
            "a foreign Request-URI": dict(uri="sip:victim@" + there),
            "a Route to us and a foreign Request-URI": dict(
                uri="sip:victim@" + there, routes=["<sip:127.0.0.1:%d;lr>" % server.port]),
            "a Route past us": dict(uri="sip:alice@" + DOMAIN, routes=[
                "<sip:127.0.0.1:%d;lr>" % server.port, "<sip:%s;lr>" % there]),
            "a Route to the victim": dict(uri="sip:alice@" + DOMAIN, routes=["<sip:%s;lr>" % there]),
        }
        for what, kw in cases.items():
            for method in ("INVITE", "MESSAGE", "BYE", "REGISTER", "OPTIONS"):
                for frm in (STRANGER % unique(), None):
                    sent = mallory.request(method, frm=frm, **kw)
                    r = refused(mallory, sent)
                    assert 400 <= r.status < 500, "%s by %s got %s" % (what, method, r.start)
            victim.silence(0.1)
            ok(True, what + " is not relayed")
        mallory.request("ACK", "sip:victim@" + there, to="<sip:x@y>;tag=1",
                        routes=["<sip:127.0.0.1:%d;lr>" % server.port])
        victim.silence(0.2)
        ok(True, "nor is an ACK")


@feature(auth=ALL)
def forged_dialog(server):
    """A To tag and a Route, invented by a stranger, open nothing."""
    with Phone(server, "victim") as victim, Phone(server, "mallory") as mallory:
        there = "sip:victim@127.0.0.1:%d" % victim.port
        for route in ("<sip:127.0.0.1:%d;lr>", "<sip:127.0.0.1:%d;transport=udp;lr>", "<sip:x@127.0.0.1:%d;lr;r=1>"):
            for method in ("BYE", "INVITE", "INFO", "MESSAGE", "REFER", "NOTIFY"):
                sent = mallory.request(method, there, to="<%s>;tag=forged" % there, frm=STRANGER % unique(),
                                       routes=[route % server.port])
                r = refused(mallory, sent)
                assert 400 <= r.status < 500, "%s got %s" % (method, r.start)
            mallory.request("ACK", there, to="<%s>;tag=forged" % there, frm=STRANGER % unique(),
                            routes=[route % server.port])
        victim.silence(0.3)
        ok(True, "nothing reaches the victim")


@feature(auth=ALL)
def stolen_record_route(server):
    """A Record-Route seen in one call does not carry another call's requests to another target."""
    with Pair(server) as (alice, bob), Phone(server, "victim") as victim:
        sent = alice.invite(bob.aor)
        sent2 = alice.answer_challenge(sent, challenged(alice, sent))
        invite = bob.expect("INVITE")
        route = invite.all("record-route")[0]
        there = "sip:victim@127.0.0.1:%d" % victim.port
        mallory = alice
        m = mallory.request("BYE", there, to="<%s>;tag=forged" % there, frm=STRANGER % unique(), routes=[route])
        r = mallory.receive()
        while r.is_response and r.cseq[1] != "BYE":
            r = mallory.receive()
        ok(400 <= r.status < 500 and r.call_id == m.call_id, "a stolen Route is refused: %d" % r.status)
        victim.silence(0.2)
        bob.respond(invite, 486, "Busy Here")
        bob.expect("ACK")
        alice.ack_failure(sent2, alice.expect(486))


def challenged(phone, sent):
    r = phone.expect(407)
    phone.ack_failure(sent, r)
    return r


@feature(auth=ALL)
def from_belongs_to_credentials(server):
    with Pair(server) as (alice, bob):
        for what, frm in (("another user", "<sip:carol@%s>;tag=1" % DOMAIN),
                          ("a display name that says alice", "\"alice <sip:alice@%s>\" <sip:carol@%s>;tag=1" % (DOMAIN, DOMAIN)),
                          ("nobody we know", "<sip:nobody-here@%s>;tag=1" % DOMAIN)):
            sent = alice.request("MESSAGE", bob.aor, frm=frm)
            alice.answer_challenge(sent, alice.expect(407), user="alice", password="pw-alice")
            ok(alice.expect(403), "From %s: 403" % what)
        sent = alice.request("MESSAGE", bob.aor, frm="<tel:+4930123>;tag=1")
        r = alice.expect((403, 407))
        if r.status == 407:
            alice.answer_challenge(sent, r)
            ok(alice.expect(403), "From tel: under alice's credentials: 403")
        else:
            ok(True, "From tel: 403")
        bob.silence(0.2)


@feature(auth=ALL)
def user_enumeration(server):
    """To an outsider a registered user, an absent user and nobody give the same answers."""
    with Pair(server) as (mallory, bob):
        for method in ("INVITE", "MESSAGE", "OPTIONS", "REGISTER"):
            seen = set()
            for user in ("bob", "carol", "nobody-here"):
                frm = "<sip:%s@%s>;tag=%s" % (user, DOMAIN, unique())
                sent = mallory.request(method, "sip:%s@%s" % (user, DOMAIN) if method != "REGISTER" else "sip:" + DOMAIN,
                                       to="<sip:%s@%s>" % (user, DOMAIN), frm=frm)
                r = refused(mallory, sent)
                seen.add((r.start, tuple(n for n, _ in r.headers)))
            ok(len(seen) == 1, "%s tells nothing: %s" % (method, sorted(s for s, _ in seen)))
        bob.silence(0.1)


@feature(auth='{ challenge = "all"; }', limits="{ enabled = true; source_register_failures = 5; }")
def guessing_is_limited(server):
    """A source that guesses passwords is stopped after some failures; another source is not."""
    with Phone(server, "alice", ip="127.0.0.2") as mallory, Phone(server, "alice") as alice:
        answers = []
        for n in range(20):
            sent = mallory.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % mallory.aor)
            try:
                r = mallory.receive(0.5)
                answers.append(r.status)
                if r.status != 401:
                    continue
                mallory.answer_challenge(sent, r, password="guess-%d" % n)
                answers.append(mallory.receive(0.5).status)
            except AssertionError:
                answers.append(None)
        ok(answers.count(401) < 40, "the guesser is no longer answered as before: %s" % answers[-4:])
        ok(alice.register(), "the user registers from elsewhere")


@feature(auth=ALL)
def token_of_a_refused_call(server):
    """carol rang bob and was refused: what she holds makes her nobody else, and reaches nobody else."""
    with Phone(server, "carol") as carol, Phone(server, "bob") as bob, Phone(server, "dave") as dave, \
            Phone(server, "mallory") as mallory:
        bob.register()
        dave.register()
        sent = carol.invite(bob.aor)
        sent = carol.answer_challenge(sent, challenged(carol, sent))
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        ringing = carol.expect(180)
        bob.respond(invite, 486, "Busy Here")
        carol.ack_failure(sent, carol.expect(486))
        bob.expect("ACK")
        tag, boss = param(sent.get("from"), "tag"), '"Boss" <sip:alice@%s>;tag=%s'
        for phone in (carol, mallory):
            for method in ("MESSAGE", "INVITE"):
                m = phone.request(method, dave.aor, frm=boss % (DOMAIN, tag), to="<%s>;tag=z" % dave.aor,
                                  call_id=sent.call_id, cseq=77, routes=ringing.all("record-route"))
                r = refused(phone, m)
                assert r.status == 407, "%s under another name got %s" % (method, r.start)
        dave.silence(0.2)
        ok(True, "neither she nor another socket is alice")
        m = bob.request("MESSAGE", mallory.contact, frm="<sip:whoever@%s>;tag=any" % DOMAIN, call_id=sent.call_id,
                        to="<sip:q@q.test>;tag=" + tag, cseq=5, routes=invite.all("record-route"))
        ok(400 <= refused(bob, m).status < 500, "and bob, who was called, reaches nobody else")
        mallory.silence(0.2)


@feature(auth=OPEN)
def token_of_a_stranger(server):
    """A stranger who may ring users holds a token, and gets no further with it than to the phone that it rang."""
    with Pair(server) as (eve, bob), Phone(server, "victim") as victim:
        frm = STRANGER % "et"
        sent = eve.invite(bob.aor, frm=frm)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        ringing = eve.expect(180)
        routes = ringing.all("record-route")[::-1]
        for method in ("INVITE", "MESSAGE", "REFER"):
            for uri, more in ((victim.contact, []), (bob.contact, ["<%s;lr>" % victim.contact])):
                m = eve.request(method, uri, frm=frm, to=ringing.get("to"), call_id=sent.call_id, cseq=50,
                                routes=routes + more)
                r = refused(eve, m)
                assert r.status == 403, "%s got %s" % (method, r.start)
        victim.silence(0.2)
        ok(True, "nothing is relayed")
        eve.request("INFO", bob.contact, frm=frm, to=ringing.get("to"), call_id=sent.call_id, cseq=51, routes=routes)
        bob.respond(bob.expect("INFO"), 200)
        ok(eve.expect(200), "but to the other end")
        bob.respond(invite, 486, "Busy Here")
        eve.ack_failure(sent, eve.expect(486))
        bob.expect("ACK")
