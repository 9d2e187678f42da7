# SPDX-License-Identifier: Apache-2.0
"""b2bua: calls.mode = "b2bua" as phones see it: two dialogs for each call, and nothing of one in the other."""
import re
import signal
from urllib.parse import quote, unquote

from call import SDP, Call, asked, eventually, sessions_end
from calls import Pair
from feature import ctl, feature, ok
from rtp_end import audio_of
from scenarios import play
from sip_ua import DOMAIN, Dialog, Phone, param, uri_of

B2BUA = '{ mode = "b2bua"; }'


ALWAYS = '{ relay = "always"; ports = [ 22000, 22999 ]; timeout = "%s"; threads = 1; }'


def secrets(*messages):
    """What names a leg: Call-IDs, tags, branches, contacts, routes, sources."""
    words = set()
    for m in messages:
        words.add(m.call_id)
        for via in m.all("via"):
            words.add(param(via, "branch"))
        for name in ("from", "to"):
            words.add(param(m.get(name), "tag"))
        for value in m.all("contact") + m.all("record-route") + m.all("route"):
            words.add(uri_of(value))
    return {w for w in words if w}


def silent_about(message, words, name):
    text = message.raw.decode("utf-8", "replace")
    found = sorted(w for w in words if w in text)
    ok(not found, "%s names nothing of the other leg%s" % (name, found or ""))


@feature(calls=B2BUA)
def b2bua_call(server):
    with Pair(server) as (alice, bob):
        edge = "<%s;lr>" % alice.contact.replace("alice@", "edge@")
        sent = alice.invite(bob.aor, headers=["X-Kept: a, \"b\" ;c", "Record-Route: " + edge,
                                              "Supported: timer, replaces"])
        ok(alice.receive().status == 100, "100 Trying at once")
        invite = bob.expect("INVITE")
        hidden = secrets(sent)
        ok(invite.uri == bob.contact and invite.get("x-kept") == "a, \"b\" ;c", "what is not of a leg is carried")
        ok(invite.body == sent.body, "and the body")
        ok(len(invite.all("via")) == 1 and not invite.all("record-route"), "one Via, no Record-Route")
        silent_about(invite, hidden, "the INVITE")
        ringing = bob.respond(invite, 180)
        r = alice.expect(180)
        ok(r.call_id == sent.call_id and param(r.get("via"), "branch") == sent.branch, "180 in the caller's dialog")
        silent_about(r, secrets(invite, ringing), "the 180")
        answer = bob.respond(invite, 200, body=bob.sdp(42000))
        r = alice.expect(200)
        silent_about(r, secrets(invite, answer), "the 200")
        ack = bob.expect("ACK")
        silent_about(ack, hidden | secrets(r), "the ACK")
        mine, theirs = Dialog.caller(alice, sent, r), Dialog.callee(bob, invite, answer)
        ok(mine.routes == [edge], "the caller's Record-Route is its own again")
        mine.routes = []
        mine.ack()
        for one, other, name in ((mine, theirs, "caller"), (theirs, mine, "callee")):
            info = one.request("INFO", headers=["Info-Package: x"], body="hi")
            got = other.phone.expect("INFO")
            silent_about(got, secrets(info), "the INFO of the " + name)
            ok(got.call_id == other.call_id and got.body == b"hi", "in the other's dialog")
            reply = other.phone.respond(got, 200)
            silent_about(one.phone.expect(200), secrets(got, reply), "its answer")
        bye = mine.request("BYE", contact=False, headers=["Reason: Q.850;cause=16"])
        ok(alice.expect(200).cseq == bye.cseq, "BYE is answered at once")
        got = bob.expect("BYE")
        ok(got.get("reason") == "Q.850;cause=16", "the other leg gets its own BYE, with the reason")
        silent_about(got, hidden | secrets(bye), "the BYE")
        bob.respond(got, 200, contact=False)


@feature(calls=B2BUA)
def b2bua_callee_hangs_up(server):
    with Pair(server) as (alice, bob):
        mine, theirs = alice.call(bob)
        ok(theirs.bye(mine), "BYE of the callee reaches the caller")
        theirs.request("INFO")
        ok(bob.expect(481), "the dialog is over: 481")


@feature(calls=B2BUA, workers="4")
def b2bua_many_calls(server):
    """The second Call-ID of each lives where the first does, on any of four workers."""
    with Pair(server) as (alice, bob):
        seen = set()
        for _ in range(30):
            mine, theirs = alice.call(bob)
            seen.add(theirs.call_id)
            ok(mine.call_id != theirs.call_id and theirs.bye(mine), "a call of two Call-IDs")
        ok(len(seen) == 30 and all(re.fullmatch("[0-9a-f]{32}", c) for c in seen), "no two are alike")


@feature(calls=B2BUA)
def b2bua_cancel(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        invite = bob.expect("INVITE")
        bob.respond(invite, 180)
        alice.expect(180)
        alice.cancel(sent)
        answers = {alice.receive().cseq[1] for _ in range(2)}
        ok(answers == {"CANCEL", "INVITE"}, "200 for the CANCEL and 487 for the INVITE")
        cancel = bob.expect("CANCEL")
        ok(cancel.branch == invite.branch, "the phone's INVITE is cancelled")
        bob.respond(cancel, 200)
        bob.respond(invite, 487)
        bob.expect("ACK")


@feature(calls=B2BUA)
def b2bua_reinvite(server):
    with Pair(server) as (alice, bob):
        mine, theirs = alice.call(bob)
        for one, other, name in ((mine, theirs, "caller"), (theirs, mine, "callee")):
            sdp = one.phone.sdp(41000).replace("sendrecv", "sendonly")
            one.request("INVITE", headers=["Content-Type: application/sdp"], body=sdp)
            invite = other.phone.expect("INVITE")
            ok(invite.body.decode() == sdp and invite.call_id == other.call_id, "re-INVITE of the " + name)
            other.phone.respond(invite, 200, body=other.phone.sdp().replace("sendrecv", "recvonly"))
            ok(b"recvonly" in one.phone.expect(200).body, "its answer")
            other.phone.expect("ACK")
            one.ack()
            # what comes behind it shows that the ACK is there: before it another INVITE would be answered 500
            one.request("INFO")
            other.phone.respond(other.phone.expect("INFO"), 200)
            one.phone.expect(200)
        ok(mine.bye(theirs), "and BYE")


@feature(calls='{ mode = "b2bua"; max_duration = "1s"; }')
def b2bua_longest_call(server):
    with Pair(server) as (alice, bob):
        alice.call(bob)
        for phone in (alice, bob):
            bye = phone.expect("BYE", timeout=8)
            ok("Maximum Duration" in bye.get("reason"), "both ends get BYE with a Reason")
            phone.respond(bye, 200, contact=False)


@feature(calls=B2BUA)
def b2bua_stop(server):
    with Pair(server) as (alice, bob):
        alice.call(bob)
        server.signal(signal.SIGTERM)
        for phone in (alice, bob):
            bye = phone.expect("BYE")
            ok("503" in bye.get("reason"), "SIGTERM: both ends of a call that is up get BYE with a Reason")
            phone.respond(bye, 200, contact=False)


@feature(calls=B2BUA, auth='{ challenge = "all"; }')
def b2bua_digest(server):
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor)
        r = alice.expect(407)
        alice.ack_failure(sent, r)
        sent = alice.answer_challenge(sent, r)
        invite = bob.expect("INVITE")
        ok(not invite.all("proxy-authorization"), "credentials for us are not the phone's to see")
        answer = bob.respond(invite, 200, body=bob.sdp())
        mine = Dialog.caller(alice, sent, alice.expect(200))
        bob.expect("ACK")
        mine.ack()
        ok(mine.bye(Dialog.callee(bob, invite, answer)), "BYE needs none")


@feature(calls=B2BUA)
def b2bua_no_open_relay(server):
    with Phone(server, "eve") as eve:
        sent = eve.invite("sip:victim@127.0.0.1:9", frm="<sip:eve@elsewhere.test>;tag=x")
        r = eve.expect(403)
        eve.ack_failure(sent, r)
        eve.request("BYE", "sip:pv0@%s" % DOMAIN, to="<sip:bob@%s>;tag=pv%032d" % (DOMAIN, 7))
        ok(400 <= eve.receive().status < 500, "a tag that nobody was given proves nothing")


@feature(calls=B2BUA)
def b2bua_other_methods(server):
    """What begins no call goes on as through the proxy."""
    with Pair(server) as (alice, bob):
        alice.request("MESSAGE", bob.aor, contact=False, body="hello")
        got = bob.expect("MESSAGE")
        ok(got.body == b"hello", "MESSAGE outside of a dialog passes")
        bob.respond(got, 200, contact=False)
        ok(alice.expect(200), "and its answer")


@feature(calls=B2BUA)
def b2bua_sipp(server):
    play(server, "uac_b2bua", "uas_b2bua", "a call", count=20)


@feature(calls=B2BUA)
def b2bua_sipp_tcp(server):
    play(server, "uac_b2bua", "uas_b2bua", "a call over TCP", transport="t1")
    play(server, "uac_b2bua", "uas_b2bua", "a call from UDP to TCP", transport="u1", uas_transport="t1")


@feature(calls=B2BUA, workers="4")
def b2bua_attended_transfer(server):
    """bob talks to alice and to carol, and joins the two; wherever the calls live among four workers."""
    with Pair(server) as (alice, bob), Phone(server, "carol") as carol:
        carol.register()
        for n in range(12):
            mine, bobs = alice.call(bob)
            consult, carols = bob.call(carol)
            name = "%s;to-tag=%s;from-tag=%s" % (
                consult.call_id, param(consult.remote, "tag"), param(consult.local, "tag"))
            bobs.request("REFER", headers=["Refer-To: <%s?Replaces=%s>" % (carol.aor, quote(name, safe=""))])
            got = alice.expect("REFER")
            named = unquote(got.get("refer-to").partition("?Replaces=")[2].rstrip(">"))
            ok(got.get("refer-to").startswith("<%s?" % carol.aor), "REFER reaches the other phone")
            ok(consult.call_id not in str(got.raw) and param(consult.local, "tag") not in named,
               "which hears nothing of bob's other call")
            alice.respond(got, 202)
            bob.expect(202)
            # a phone sends what it was told; one that has heard it from bob himself is understood as well
            sent = alice.invite(carol.aor, headers=["Replaces: " + (named if n % 2 else name)])
            invite = carol.expect("INVITE")
            ok(invite.get("replaces") == "%s;to-tag=%s;from-tag=%s" % (
                carols.call_id, param(carols.local, "tag"), param(carols.remote, "tag")), "in carol's words")
            answer = carol.respond(invite, 200, body=carol.sdp(), tag="n")
            joined = Dialog.caller(alice, sent, alice.expect(200))
            carol.expect("ACK")
            joined.ack()
            ok(carols.bye(consult), "carol hangs up what was replaced")
            ok(mine.bye(bobs), "alice her call to bob")
            ok(joined.bye(Dialog.callee(carol, invite, answer)), "the two talk, and hang up")


@feature(calls=B2BUA, workers="4")
def b2bua_pickup(server):
    """carol takes a call that rings at bob, by the dialog that bob knows; wherever that lives among four workers."""
    with Pair(server) as (alice, bob), Phone(server, "carol") as carol:
        alice.register()
        for _ in range(8):
            sent = alice.invite(bob.aor)
            rings = bob.expect("INVITE")
            ringing = bob.respond(rings, 180)
            heard = alice.expect(180)
            name = "%s;to-tag=%s;from-tag=%s" % (
                rings.call_id, param(rings.get("from"), "tag"), param(ringing.get("to"), "tag"))
            picks = carol.invite(alice.aor, headers=["Replaces: " + name, "Require: replaces"])
            invite = alice.expect("INVITE")
            ok(invite.get("replaces") == "%s;to-tag=%s;from-tag=%s" % (
                sent.call_id, param(sent.get("from"), "tag"), param(heard.get("to"), "tag")), "it is for who called, in alice's words")
            answer = alice.respond(invite, 200, body=alice.sdp())
            mine = Dialog.caller(carol, picks, carol.expect(200))
            alice.expect("ACK")
            mine.ack()
            alice.cancel(sent)
            cancelled = bob.expect("CANCEL")
            bob.respond(cancelled, 200, contact=False)
            bob.respond(rings, 487, contact=False)
            alice.expect(200), alice.ack_failure(sent, alice.expect(487)), bob.expect("ACK")
            ok(mine.bye(Dialog.callee(alice, invite, answer)), "the two talk, and bob rings no more")


@feature(calls=B2BUA)
def b2bua_refers_and_hangs_up(server):
    """RFC 5057: the transfer lives on after the call."""
    with Pair(server) as (alice, bob):
        mine, theirs = alice.call(bob)
        mine.request("REFER", headers=["Refer-To: <sip:carol@example.test>"])
        refer = bob.expect("REFER")
        bob.respond(refer, 202)
        alice.expect(202)
        ok(mine.bye(theirs), "alice refers bob and hangs up")
        for state, code in (("active;expires=60", 180), ("terminated;reason=noresource", 200)):
            theirs.request("NOTIFY", headers=["Event: refer;id=%d" % refer.cseq[0], "Subscription-State: " + state,
                                              "Content-Type: message/sipfrag"], body="SIP/2.0 %d x\r\n" % code)
            notify = alice.expect("NOTIFY")
            ok(b"SIP/2.0 %d" % code in notify.body and notify.get("subscription-state") == state, "she hears of %d" % code)
            alice.respond(notify, 200)
            bob.expect(200)
        mine.request("INFO")
        ok(alice.receive().status == 481, "and of nothing else")


@feature(calls=B2BUA)
def b2bua_another_name(server):
    """Connected identity (RFC 4916), and what is no proof of anybody's (RFC 3325)."""
    with Pair(server) as (alice, bob):
        sent = alice.invite(bob.aor, headers=["Supported: from-change", "P-Asserted-Identity: <sip:boss@example.test>"])
        invite = bob.expect("INVITE")
        ok("boss" not in str(invite.raw), "nobody is asserted to be somebody")
        answer = bob.respond(invite, 200, body=bob.sdp())
        mine, theirs = Dialog.caller(alice, sent, alice.expect(200)), Dialog.callee(bob, invite, answer)
        mine.ack()
        bob.expect("ACK")
        theirs.local = theirs.local.replace("sip:bob@", "sip:carol@")
        theirs.request("UPDATE")
        update = alice.expect("UPDATE")
        ok("sip:carol@example.test" in update.get("from"), "alice hears who speaks now")
        alice.respond(update, 200)
        bob.expect(200)
        ok(mine.bye(theirs), "BYE")


def both_get_bye(call, words):
    for phone in (call.alice, call.bob):
        bye = phone.expect("BYE", timeout=10)
        ok(words in bye.get("reason"), "BYE with a Reason: " + bye.get("reason"))
        phone.respond(bye, 200, contact=False)


@feature(calls=B2BUA, media=ALWAYS % "60s")
def b2bua_media(server):
    with Call(server) as call:
        call.set_up()
        ok(22000 <= call.to_bob[1] <= 22999 and 22000 <= call.to_alice[1] <= 22999, "both are told ports of the relay")
        ok(call.talk(), "payload, order and count are the same")
        one = asked(server, "call", "list")["calls"][0]
        ok(one["mode"] == "b2bua" and one["state"] == "up", "`call list` has it")
        ok(ctl(server, "call", "hangup", one["id"]).returncode == 0, "`call hangup`")
        both_get_bye(call, "Operator")
        eventually(lambda: not asked(server, "call", "list")["calls"], "the call is gone")
        sessions_end(server)


@feature(calls=B2BUA, media=ALWAYS % "60s")
def b2bua_bad_answer(server):
    """RFC 3261 14.1: a re-INVITE whose answer shares no codec changes nothing."""
    with Call(server) as call:
        call.set_up()
        call.mine.request("INVITE", headers=[SDP], body=call.a.sdp(version=2))
        offer = call.bob.expect("INVITE")
        call.bob.respond(offer, 200, body=call.b.sdp().replace("RTP/AVP 0", "RTP/AVP 18"))
        refused = call.alice.expect(488)
        ok("305" in refused.get("warning"), "who asked hears 488")
        call.bob.expect("ACK")
        back = call.bob.expect("INVITE")
        ok(audio_of(back) == call.to_alice, "and who answered so is offered what there was")
        call.bob.respond(back, 200, body=call.b.sdp(version=2))
        call.bob.expect("ACK")
        ok(call.talk(), "they talk on")
        ok(call.mine.bye(call.theirs), "BYE")
        sessions_end(server)


@feature(calls=B2BUA, media=ALWAYS % "1s")
def b2bua_media_timeout(server):
    with Call(server) as call:
        call.set_up()
        call.talk(5)
        both_get_bye(call, "Media Timeout")
        server.wait_log(r"call_ended .*why=media_timeout")
        sessions_end(server)
