# SPDX-License-Identifier: Apache-2.0
"""calls: one caller, one callee, and all the ways in which a call begins and ends (RFC 3261 §16, §17)."""
from feature import feature, ok
from sip_ua import DOMAIN, Dialog, Phone, Timeout, param, uri_of

ALL = '{ challenge = "all"; }'


class Pair:
    """alice and bob; bob is registered."""

    def __init__(self, server, alice=None, bob=None):
        self.alice, self.bob = Phone(server, "alice", **(alice or {})), Phone(server, "bob", **(bob or {}))
        self.bob.register()

    def __enter__(self):
        return self.alice, self.bob

    def __exit__(self, *_):
        self.alice.close()
        self.bob.close()


@feature
def call(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor, headers=["X-Untouched: a, \"b\" ;c", "Supported: timer, replaces"])
        trying = alice.receive()
        ok(trying.status == 100, "100 Trying at once")
        ok(trying.get("via").startswith(sent.get("via")[:40]), "with the caller's Via")
        invite = bob.expect("INVITE")
        ok(uri_of(invite.get("contact")) == alice.contact, "the Contact is the caller's")
        ok(invite.uri == bob.contact, "the Request-URI is the callee's contact")
        ok(invite.get("max-forwards") == "69", "Max-Forwards is one less")
        vias = invite.all("via")
        ok(len(vias) == 2 and param(vias[0], "branch").startswith("z9hG4bK"), "our Via is on top, with a branch")
        ok(param(vias[1], "branch") == sent.branch, "the caller's Via is below it")
        rr = invite.all("record-route")
        ok(len(rr) == 1 and ";lr" in uri_of(rr[0]), "one Record-Route with lr")
        ok(invite.get("x-untouched") == "a, \"b\" ;c", "an unknown header is untouched")
        ok(invite.body == sent.body, "so is the body")
        ok(invite.get("call-id") == sent.call_id and invite.get("from") == sent.get("from"), "Call-ID and From too")
        ringing = bob.respond(invite, 180)
        r = alice.expect(180)
        ok(len(r.all("via")) == 1 and param(r.get("via"), "branch") == sent.branch, "our Via is gone from the answer")
        ok(r.get("to") == ringing.get("to"), "the callee's tag comes through")
        answer = bob.respond(invite, 200, body=bob.sdp(42000))
        r = alice.expect(200)
        ok(r.body == answer.body and len(r.all("record-route")) == 1 and r.all("record-route") != rr,
           "200 with body, and a Record-Route of the caller's own")
        mine, theirs = Dialog.caller(alice, sent, r), Dialog.callee(bob, invite, answer)
        mine.ack()
        ack = bob.expect("ACK")
        ok(ack.uri == bob.contact and not ack.all("route"), "ACK by Route, and our Route is taken off")
        ok(ack.get("max-forwards") == "69" and len(ack.all("via")) == 2, "the ACK is forwarded as a request is")
        bye = mine.request("BYE")
        got = bob.expect("BYE")
        ok(got.cseq == bye.cseq and not got.all("route"), "BYE arrives")
        bob.respond(got, 200)
        ok(alice.expect(200).cseq == bye.cseq, "and is answered")


@feature
def call_callee_hangs_up(server):
    with Pair(server) as (alice, bob):
        mine, theirs = alice.call(bob)
        ok(theirs.bye(mine), "BYE from the callee, 200 from the caller")


@feature(auth=ALL)
def call_digest(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        r = alice.expect(407)
        alice.ack_failure(sent, r)
        ok(param(r.get("to"), "tag"), "the challenge has a To tag")
        bob.silence(0.2)
        sent = alice.answer_challenge(sent, r)
        invite = bob.expect("INVITE")
        ok(invite.cseq[0] == 2, "the second INVITE goes through")
        answer = bob.respond(invite, 200, body=bob.sdp())
        mine = Dialog.caller(alice, sent, alice.expect(200))
        mine.ack()
        bob.expect("ACK")
        ok(mine.bye(Dialog.callee(bob, invite, answer)), "BYE needs no credentials")


@feature(auth='{ challenge = "register"; }')
def call_challenge_register(server):
    """With challenge = "register" a caller is who its From says when it calls from its own binding."""
    with Pair(server) as (alice, bob), Phone(server, "alice") as thief:
        alice.register()
        mine, theirs = alice.call(bob)
        ok(mine.bye(theirs), "a registered phone is not challenged")


@feature
def busy(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 486, "Busy Here")
        ack = bob.expect("ACK")
        ok(ack.get("via") == invite.get("via"), "the server itself acknowledges, with the INVITE's Via")
        ok(ack.cseq == (1, "ACK") and ack.uri == invite.uri, "CSeq and Request-URI are the INVITE's")
        r = alice.expect(486)
        alice.ack_failure(sent, r)
        bob.silence(0.2)
        ok(r.reason == "Busy Here", "486 reaches the caller, its ACK goes no further")


@feature
def decline_and_redirect(server):
    with Pair(server) as (alice, bob):
        for status in (302, 404, 415, 500, 600, 603):
            sent = alice.invite(bob.aor)
            bob.respond(bob.expect("INVITE"), status, "Because")
            bob.expect("ACK")
            r = alice.expect(status)
            alice.ack_failure(sent, r)
            ok(r.reason == "Because", "%d passes" % status)


@feature
def nobody_there(server):
    with Phone(server) as alice:
        for user, status in (("nobody-here", 404), ("carol", 480)):
            sent = alice.invite("sip:%s@%s" % (user, DOMAIN))
            r = alice.expect(status)
            alice.ack_failure(sent, r)
            ok(param(r.get("to"), "tag"), "%s: %d with a To tag" % (user, status))
        sent = alice.invite("sip:" + DOMAIN)
        r = alice.receive()
        while r.status == 100:
            r = alice.receive()
        alice.ack_failure(sent, r)
        ok(400 <= r.status < 500, "INVITE to the server itself is refused")


@feature
def cancel_ringing(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        alice.expect(180)
        alice.cancel(sent)
        ok(alice.expect(200).cseq == (1, "CANCEL"), "CANCEL is answered 200")
        cancel = bob.expect("CANCEL")
        ok(cancel.all("via") == invite.all("via")[:1], "the CANCEL has the INVITE's Via alone")
        ok(cancel.uri == invite.uri and cancel.cseq == (1, "CANCEL"), "its Request-URI and CSeq number")
        bob.respond(cancel, 200)
        bob.respond(invite, 487, "Request Terminated")
        bob.expect("ACK")
        r = alice.expect(487)
        alice.ack_failure(sent, r)
        ok(r.cseq == (1, "INVITE"), "487 ends the INVITE")


@feature
def cancel_before_provisional(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        alice.cancel(sent)
        ok(alice.expect(200).cseq == (1, "CANCEL"), "CANCEL is answered 200 at once")
        bob.silence(0.3)
        ok(True, "no CANCEL is sent before a provisional answer (§9.1)")
        bob.respond(invite, 180)
        cancel = bob.expect("CANCEL")
        bob.respond(cancel, 200)
        bob.respond(invite, 487, "Request Terminated")
        bob.expect("ACK")
        r = alice.expect((180, 487))
        r = r if r.status == 487 else alice.expect(487)
        alice.ack_failure(sent, r)
        ok(True, "then it is, and 487 comes back")


@feature
def cancel_crossing_200(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        alice.expect(180)
        answer = bob.respond(invite, 200, body=bob.sdp())
        r = alice.expect(200)
        alice.cancel(sent)
        late = alice.expect((200, 481))
        ok(late.cseq[1] == "CANCEL", "a CANCEL after the 200 is answered and does nothing")
        bob.silence(0.2)
        mine = Dialog.caller(alice, sent, r)
        mine.ack()
        bob.expect("ACK")
        ok(mine.bye(Dialog.callee(bob, invite, answer)), "the call is up")


@feature
def cancel_unknown(server):
    with Pair(server) as (alice, bob):
        alice.request("CANCEL", bob.aor, contact=False)
        ok(alice.expect((481, 404, 480)).status == 481, "a CANCEL of nothing: 481")
        bob.silence(0.2)


@feature
def reinvite(server):
    with Pair(server) as (alice, bob):
        mine, theirs = alice.call(bob)
        for one, other, name in ((mine, theirs, "caller"), (theirs, mine, "callee")):
            sdp = one.phone.sdp(41000).replace("sendrecv", "sendonly")
            sent = one.request("INVITE", headers=["Content-Type: application/sdp"], body=sdp)
            invite = other.phone.expect("INVITE")
            ok(invite.body.decode() == sdp and invite.cseq == sent.cseq, "re-INVITE of the " + name)
            ok(param(invite.get("to"), "tag") and not invite.all("route"), "within the dialog")
            other.phone.respond(invite, 200, body=other.phone.sdp().replace("sendrecv", "recvonly"))
            one.phone.expect(200)
            one.ack()
            other.phone.expect("ACK")
        sent = theirs.request("INVITE", headers=["Content-Type: application/sdp"], body=bob.sdp())
        alice.respond(alice.expect("INVITE"), 488, "Not Acceptable Here")
        alice.expect("ACK")
        r = bob.expect(488)
        bob.send(bob.build("ACK", sent.uri, to=r.get("to"), frm=sent.get("from"), call_id=sent.call_id,
                           cseq=sent.cseq[0], via=sent.get("via"), contact=False, routes=sent.all("route")))
        ok(mine.bye(theirs), "a refused re-INVITE leaves the call as it is")


@feature
def offer_in_200(server):
    """An INVITE without a body; the answer travels in the ACK."""
    with Pair(server) as (alice, bob):
        sent = alice.request("INVITE", bob.aor)
        invite = bob.expect("INVITE")
        answer = bob.respond(invite, 200, body=bob.sdp())
        mine = Dialog.caller(alice, sent, alice.expect(200))
        sdp = alice.sdp()
        mine.ack(headers=["Content-Type: application/sdp"], body=sdp)
        ok(bob.expect("ACK").body.decode() == sdp, "the ACK's body arrives")
        mine.bye(Dialog.callee(bob, invite, answer))


@feature
def early_media_and_prack(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor, headers=["Supported: 100rel"])
        invite = bob.expect("INVITE")
        bob.respond(invite, 183, "Session Progress", headers=["Require: 100rel", "RSeq: 1"], body=bob.sdp())
        r = alice.expect(183)
        ok(r.get("rseq") == "1" and r.body, "a reliable 183 with its body")
        early = Dialog.caller(alice, sent, r)
        early.request("PRACK", headers=["RAck: 1 1 INVITE"], contact=False)
        prack = bob.expect("PRACK")
        ok(prack.get("rack") == "1 1 INVITE" and not prack.all("route"), "PRACK in the early dialog")
        bob.respond(prack, 200)
        ok(alice.expect(200).cseq[1] == "PRACK", "is answered")
        answer = bob.respond(invite, 200)
        mine = Dialog.caller(alice, sent, alice.expect(200))
        mine.ack()
        bob.expect("ACK")
        mine.sequence += 1
        mine.bye(Dialog.callee(bob, invite, answer))


@feature
def retransmissions_absorbed(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        alice.expect(180)
        for _ in range(3):
            alice.send(sent.raw)
            ok(alice.receive(copies=True).status == 180, "a repeated INVITE gets the last provisional again")
        bob.silence(0.2)
        answer = bob.respond(invite, 200, body=bob.sdp())
        r = alice.expect(200)
        bob.send(answer.raw, invite.source)
        ok(alice.receive(copies=True).raw == r.raw, "a repeated 200 passes (RFC 6026)")
        mine = Dialog.caller(alice, sent, r)
        ack = mine.ack()
        bob.expect("ACK")
        alice.send(ack.raw)
        ok(bob.receive(copies=True).method == "ACK", "a repeated ACK passes")
        bye = mine.request("BYE", contact=False)
        got = bob.expect("BYE")
        alice.send(bye.raw)
        bob.silence(0.2)
        bob.respond(got, 200, contact=False)
        r = alice.expect(200)
        alice.send(bye.raw)
        ok(alice.receive(copies=True).raw == r.raw, "a repeated BYE gets the same 200")
        bob.silence(0.2)
        bob.respond(got, 200, contact=False)
        alice.silence(0.2)
        ok(True, "a repeated 200 to BYE is absorbed")


@feature(timers='{ t1 = "20ms"; t2 = "80ms"; t4 = "100ms"; }')
def hung_up_callee(server):
    """bob's phone is there and says nothing: retransmissions, then 408 (Timers A and B)."""
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        bob.expect("INVITE")
        r = alice.expect(408, 8)
        copies = 0
        try:
            while True:
                copies += bob.receive(0.05, copies=True).method == "INVITE"
        except AssertionError:
            pass
        ok(copies >= 5, "the INVITE was sent again and again (%d)" % copies)
        alice.ack_failure(sent, r)
        ok(True, "then 408")


@feature(timers='{ t1 = "20ms"; t2 = "80ms"; t4 = "100ms"; }')
def hung_up_message(server):
    """RFC 4320 §4.2: no 408 to a request other than INVITE."""
    with Pair(server) as (alice, bob):
        alice.request("MESSAGE", bob.aor)
        bob.expect("MESSAGE")
        try:
            while True:
                r = alice.receive(2.0)
                assert r.status == 100, "a MESSAGE that nobody answered got\n" + r.raw.decode()
        except Timeout:
            ok(True, "nobody is told 408 for a MESSAGE")


@feature(timers='{ c = "1s"; }')
def no_answer(server):
    """bob's phone rings and nobody answers: Timer C cancels, the caller gets 408 or 480."""
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        alice.expect(180)
        cancel = bob.expect("CANCEL", 8)
        bob.respond(cancel, 200)
        bob.respond(invite, 487, "Request Terminated")
        bob.expect("ACK")
        r = alice.expect((408, 480, 487))
        alice.ack_failure(sent, r)
        ok(r.status in (408, 480, 487), "Timer C ended the ringing with %d" % r.status)


@feature
def many_calls_at_once(server):
    """Fifty calls of one pair interleaved; none is mixed up with another."""
    with Pair(server) as (alice, bob):
        sent = [alice.invite(bob.aor) for _ in range(50)]
        invites = {}
        while len(invites) < 50:
            m = bob.expect("INVITE")
            invites[m.call_id] = m
        for m in invites.values():
            bob.respond(m, 200, body=bob.sdp())
        dialogs = {}
        by_call = {s.call_id: s for s in sent}
        while len(dialogs) < 50:
            r = alice.expect(200)
            dialogs[r.call_id] = Dialog.caller(alice, by_call[r.call_id], r)
        for d in dialogs.values():
            d.ack()
        acks = {bob.expect("ACK").call_id for _ in range(50)}
        ok(acks == set(dialogs), "each call was acknowledged")
        for d in dialogs.values():
            d.request("BYE", contact=False)
        for _ in range(50):
            bob.respond(bob.expect("BYE"), 200, contact=False)
        ok({alice.expect(200).call_id for _ in range(50)} == set(dialogs), "and ended")
