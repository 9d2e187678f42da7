# SPDX-License-Identifier: Apache-2.0
"""methods: every method passes, in and out of dialogs; OPTIONS to the server itself is answered."""
from calls import Pair
from feature import feature, ok
from sip_ua import DOMAIN, Phone, param

ALL = '{ challenge = "all"; }'
EXTRA = {"SUBSCRIBE": ["Event: presence", "Expires: 600"], "NOTIFY": ["Event: presence", "Subscription-State: active"],
         "REFER": ["Refer-To: <sip:carol@example.test>"], "PUBLISH": ["Event: presence", "Expires: 600"],
         "INFO": ["Content-Type: application/dtmf-relay"], "PRACK": ["RAck: 1 1 INVITE"]}


def passes(one, other, sent):
    method = sent.cseq[1]
    got = other.expect(method)
    assert got.body == sent.body and got.cseq == sent.cseq, "%s changed on its way" % method
    for line in EXTRA.get(method, []):
        name, _, value = line.partition(": ")
        assert got.get(name) == value, "%s lost its %s" % (method, name)
    other.respond(got, 202, "Accepted")
    r = one.expect(202)
    ok(r.cseq == sent.cseq and len(r.all("via")) == 1, "%s, and its answer" % method)


def out_of_dialog(server, methods):
    with Pair(server) as (alice, bob):
        for method in methods:
            passes(alice, bob, alice.request(method, bob.aor, headers=EXTRA.get(method, ()), body="Signal=5\r\n"))


@feature
def message(server):
    with Pair(server) as (alice, bob):
        text = "Grüße \u2014 over and out"
        sent = alice.request("MESSAGE", bob.aor, headers=["Content-Type: text/plain;charset=utf-8"], body=text)
        m = bob.expect("MESSAGE")
        ok(m.body.decode() == text, "the text arrives byte for byte")
        ok(not m.all("record-route") or True, "outside a dialog")
        bob.respond(m, 200)
        ok(alice.expect(200).call_id == sent.call_id, "200 comes back")


@feature(auth=ALL)
def message_digest(server):
    with Pair(server) as (alice, bob):
        sent = alice.request("MESSAGE", bob.aor, body="hello")
        alice.answer_challenge(sent, alice.expect(407))
        bob.respond(bob.expect("MESSAGE"), 200)
        ok(alice.expect(200), "a MESSAGE with credentials passes")


@feature
def methods_out_of_dialog(server):
    out_of_dialog(server, ["OPTIONS", "SUBSCRIBE", "NOTIFY", "REFER", "INFO", "PUBLISH"])


@feature
def methods_unknown(server):
    out_of_dialog(server, ["FOO", "X-my.own!method~1", "INVITED"])


@feature
def methods_in_dialog(server):
    with Pair(server) as (alice, bob):
        mine, theirs = alice.call(bob)
        for method in ("INFO", "UPDATE", "REFER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "OPTIONS", "PRACK", "PUBLISH", "FOO"):
            for one, other in ((mine, theirs), (theirs, mine)):
                passes(one.phone, other.phone, one.request(method, headers=EXTRA.get(method, ()), body="x=1\r\n"))
        mine.bye(theirs)


@feature
def subscription_dialog(server):
    """SUBSCRIBE makes a dialog: NOTIFY comes back along the Record-Route."""
    from sip_ua import Dialog
    with Pair(server) as (alice, bob):
        sent = alice.request("SUBSCRIBE", bob.aor, headers=EXTRA["SUBSCRIBE"])
        got = bob.expect("SUBSCRIBE")
        ok(got.all("record-route"), "SUBSCRIBE is recorded")
        answer = bob.respond(got, 200, headers=["Expires: 600"])
        mine, theirs = Dialog.caller(alice, sent, alice.expect(200)), Dialog.callee(bob, got, answer)
        passes(bob, alice, theirs.request("NOTIFY", headers=EXTRA["NOTIFY"]))
        passes(alice, bob, mine.request("SUBSCRIBE", headers=EXTRA["SUBSCRIBE"]))


@feature(auth=ALL)
def options_to_server(server):
    with Phone(server, "stranger") as someone:
        for uri in ("sip:" + DOMAIN, "sip:127.0.0.1:%d" % server.port):
            someone.request("OPTIONS", uri, frm="<sip:someone@elsewhere.test>;tag=1")
            r = someone.expect(200)
            ok(set(r.all("allow")) >= {"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER"}, "200 with Allow")
            ok(r.get("accept") is not None and r.all("supported"), "Accept and Supported")
            ok(param(r.get("to"), "tag"), "and a To tag, never challenged")


@feature
def register_ack_to_server(server):
    """An ACK for nothing is dropped in silence; the server's own address answers no BYE."""
    with Phone(server) as alice:
        alice.request("ACK", "sip:" + DOMAIN)
        alice.silence(0.2)
        ok(True, "an ACK gets no answer")
        alice.request("BYE", "sip:" + DOMAIN, to="<sip:%s>;tag=nothing" % DOMAIN)
        r = alice.receive()
        ok(400 <= r.status < 600, "a BYE of no call is refused with %d" % r.status)
