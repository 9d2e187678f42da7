# SPDX-License-Identifier: Apache-2.0
"""forks: one address of record, several phones (RFC 3261 §16.6, §16.7)."""
from contextlib import ExitStack

from calls import Pair
from feature import feature, ok
from sip_ua import Dialog, Phone, challenge_fields, param


def phones(server, stack, *qs):
    """A caller, and one phone of bob for each q."""
    alice = stack.enter_context(Phone(server, "alice"))
    bobs = [stack.enter_context(Phone(server, "bob")) for _ in qs]
    for bob, q in zip(bobs, qs):
        bob.register(contact="<%s>;q=%s" % (bob.contact, q))
    return [alice] + bobs


@feature
def fork_parallel(server):
    with ExitStack() as stack:
        alice, desk, mobile = phones(server, stack, 1.0, 1.0)
        sent = alice.invite("sip:bob@example.test")
        one, two = desk.expect("INVITE"), mobile.expect("INVITE")
        ok(one.branch != two.branch, "two branches")
        desk.respond(one, 180)
        mobile.respond(two, 180)
        ok(len({param(alice.expect(180).get("to"), "tag") for _ in range(2)}) == 2, "both are heard ringing")
        answer = mobile.respond(two, 200, body=mobile.sdp())
        r = alice.expect(200)
        cancel = desk.expect("CANCEL")
        ok(cancel.branch == one.branch, "the loser is cancelled")
        desk.respond(cancel, 200)
        desk.respond(one, 487, "Request Terminated")
        desk.expect("ACK")
        mine = Dialog.caller(alice, sent, r)
        mine.ack()
        mobile.expect("ACK")
        ok(mine.bye(Dialog.callee(mobile, two, answer)), "the winner has the call")
        alice.silence(0.2)
        desk.silence(0.1)
        ok(True, "the loser's 487 stays with the server")


@feature
def fork_two_answers(server):
    """Two 2xx: both go to the caller (§16.7 item 5)."""
    with ExitStack() as stack:
        alice, desk, mobile = phones(server, stack, 1.0, 1.0)
        sent = alice.invite("sip:bob@example.test")
        one, two = desk.expect("INVITE"), mobile.expect("INVITE")
        answers = [desk.respond(one, 200, body=desk.sdp()), mobile.respond(two, 200, body=mobile.sdp())]
        calls = [Dialog.caller(alice, sent, alice.expect(200)) for _ in answers]
        ok(calls[0].remote != calls[1].remote, "both 200 arrive")
        for call in calls:
            phone = desk if uri_port(call.target) == desk.port else mobile
            call.ack()
            m = phone.expect(("ACK", "CANCEL"))
            if m.method == "CANCEL":
                phone.respond(m, 200)
                m = phone.expect("ACK")
            ok(m.method == "ACK", "ACK finds the right phone")


def uri_port(uri):
    return int(uri.rsplit(":", 1)[1].split(";")[0])


@feature
def fork_serial(server):
    with ExitStack() as stack:
        alice, first, second = phones(server, stack, 0.9, 0.4)
        sent = alice.invite("sip:bob@example.test")
        one = first.expect("INVITE")
        first.respond(one, 180)
        alice.expect(180)
        second.silence(0.3)
        ok(True, "the lower q waits")
        first.respond(one, 486, "Busy Here")
        first.expect("ACK")
        two = second.expect("INVITE")
        answer = second.respond(two, 200, body=second.sdp())
        mine = Dialog.caller(alice, sent, alice.expect(200))
        mine.ack()
        second.expect("ACK")
        ok(mine.bye(Dialog.callee(second, two, answer)), "then it is its turn")


@feature
def fork_best_response(server):
    with ExitStack() as stack:
        alice, desk, mobile = phones(server, stack, 1.0, 1.0)
        for a, b, best in ((486, 500, (486,)), (302, 486, (302,)), (503, 404, (404,)), (486, 480, (480, 486))):
            sent = alice.invite("sip:bob@example.test")
            one, two = desk.expect("INVITE"), mobile.expect("INVITE")
            desk.respond(one, a, "A")
            desk.expect("ACK")
            mobile.respond(two, b, "B")
            mobile.expect("ACK")
            r = alice.expect((a, b))
            alice.ack_failure(sent, r)
            ok(r.status in best, "of %d and %d, %d" % (a, b, r.status))


@feature
def fork_global_failure(server):
    with ExitStack() as stack:
        alice, desk, mobile = phones(server, stack, 1.0, 1.0)
        sent = alice.invite("sip:bob@example.test")
        one, two = desk.expect("INVITE"), mobile.expect("INVITE")
        mobile.respond(two, 180)
        alice.expect(180)
        desk.respond(one, 603, "Decline")
        desk.expect("ACK")
        cancel = mobile.expect("CANCEL")
        mobile.respond(cancel, 200)
        mobile.respond(two, 487, "Request Terminated")
        mobile.expect("ACK")
        r = alice.expect(603)
        alice.ack_failure(sent, r)
        ok(True, "6xx cancels the others and wins")


@feature
def fork_challenges_aggregated(server):
    with ExitStack() as stack:
        alice, desk, mobile = phones(server, stack, 1.0, 1.0)
        sent = alice.invite("sip:bob@example.test")
        for phone, realm in ((desk, "desk.test"), (mobile, "mobile.test")):
            phone.respond(phone.expect("INVITE"), 401, "Unauthorized",
                          headers=['WWW-Authenticate: Digest realm="%s", nonce="n"' % realm])
            phone.expect("ACK")
        r = alice.expect(401)
        alice.ack_failure(sent, r)
        realms = {challenge_fields(v)["realm"] for v in r.all("www-authenticate")}
        ok(realms == {"desk.test", "mobile.test"}, "the challenges of all branches are in one answer")


@feature
def fork_one_is_gone(server):
    """One phone is switched off without a word; the other answers in time."""
    with ExitStack() as stack:
        alice, desk, dead = phones(server, stack, 1.0, 1.0)
        sent = alice.invite("sip:bob@example.test")
        one = desk.expect("INVITE")
        dead.expect("INVITE")
        desk.respond(one, 180)
        alice.expect(180)
        answer = desk.respond(one, 200, body=desk.sdp())
        mine = Dialog.caller(alice, sent, alice.expect(200))
        mine.ack()
        desk.expect("ACK")
        ok(mine.bye(Dialog.callee(desk, one, answer)), "the call is up beside a dead phone")


@feature
def fork_cancelled_by_caller(server):
    with ExitStack() as stack:
        alice, desk, mobile = phones(server, stack, 1.0, 1.0)
        sent = alice.invite("sip:bob@example.test")
        pairs = [(p, p.expect("INVITE")) for p in (desk, mobile)]
        for phone, invite in pairs:
            phone.respond(invite, 180)
            alice.expect(180)
        alice.cancel(sent)
        alice.expect(200)
        for phone, invite in pairs:
            phone.respond(phone.expect("CANCEL"), 200)
            phone.respond(invite, 487, "Request Terminated")
            phone.expect("ACK")
        r = alice.expect(487)
        alice.ack_failure(sent, r)
        alice.silence(0.2)
        ok(True, "both branches are cancelled, one 487 comes back")


@feature
def fork_message(server):
    """A MESSAGE reaches all phones; one 200 comes back."""
    with ExitStack() as stack:
        alice, desk, mobile = phones(server, stack, 1.0, 1.0)
        alice.request("MESSAGE", "sip:bob@example.test", headers=["Content-Type: text/plain"], body="hello")
        for phone in (desk, mobile):
            m = phone.expect("MESSAGE")
            ok(m.body == b"hello", "one copy")
            phone.respond(m, 200)
        alice.expect(200)
        alice.silence(0.2)
        ok(True, "one answer")
