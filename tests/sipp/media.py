# SPDX-License-Identifier: Apache-2.0
"""media: calls with real RTP through the relay: who is heard, what is reported, when ports come back."""
import contextlib
import os
import re
import time

from call import SDP, Call, asked, eventually, sessions_end
from feature import ctl, feature, ok
from kernel import does_its_part
from rtp_end import RtpEnd, audio_of
from sip_ua import SLOW, Dialog, Phone, Timeout

ALWAYS = '{ relay = "always"; ports = PORTS(500); threads = 1; }'


@feature(media=ALWAYS)
def media_relayed(server):
    with Call(server) as call:
        call.set_up()
        ok(call.to_bob[0] == "127.0.0.1" and server.relays(call.to_bob[1]), "the caller is told a port of the relay")
        ok(server.relays(call.to_alice[1]) and call.to_alice != call.to_bob, "and the callee another one")
        ok(call.talk(), "payload, order and count are the same")
        ok(call.a.sources == {call.to_bob} and call.b.sources == {call.to_alice}, "it comes from the ports announced")
        call.a.rtcp.sendto(b"\x80\xc9\x00\x01" + (7).to_bytes(4, "big"), (call.to_bob[0], call.to_bob[1] + 1))
        call.b.rtcp.settimeout(5 * SLOW)
        ok(call.b.rtcp.recv(100)[:2] == b"\x80\xc9", "RTCP goes beside it")
        eventually(lambda: call.talk(5) and does_its_part(server)[0], "the kernel's program does its part, where it may")
        listed = asked(server, "call", "list")["calls"]
        ok(len(listed) == 1 and listed[0]["state"] == "up", "`call list` has it")
        ident = listed[0]["id"]
        eventually(lambda: asked(server, "call", "show", ident)["stream_0"]["caller"].get("packets", 0) >= 50,
                   "`call show` counts packets")
        shown = asked(server, "call", "show", ident)["stream_0"]
        ok(shown["caller"]["lost"] == 0 and shown["callee"]["lost"] == 0, "no loss")
        ok(shown["caller"]["source"] == "127.0.0.1:%d" % call.a.port, "the caller's source")
        ok("mos" in shown["caller"] and shown["caller"]["mos"] > 4, "and how it sounds")
        ok(shown["caller"]["codec"] == shown["callee"]["codec"] == "PCMU", "in which codec")
        text = ctl(server, "call", "show", ident).stdout
        ok("jitter_ms" in text and "first_packet_ms" in text, "the same as text")
        ok(call.mine.bye(call.theirs), "BYE")
        eventually(lambda: not asked(server, "call", "list")["calls"], "the call is gone")
        server.wait_log(r"call_ended .*why=caller_hung_up .*caller_packets=\d+ .*caller_bytes=[1-9].*callee_packets=")
        ok(True, "its record has both legs")
        sessions_end(server)


@feature(media=ALWAYS)
def media_streams_recorded(server):
    """Audio and video: the record shows the sound, and the picture has a line of its own."""
    with Call(server) as call, RtpEnd(payload_type=96) as a, RtpEnd(payload_type=96) as b:
        lines = "m=video %d RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
        sent = call.alice.invite(call.bob.aor, body=call.a.sdp(extra=lines % a.port))
        invite = call.bob.expect("INVITE")
        answer = call.bob.respond(invite, 200, body=call.b.sdp(extra=lines % b.port))
        response = call.alice.expect(200)
        mine, theirs = Dialog.caller(call.alice, sent, response), Dialog.callee(call.bob, invite, answer)
        mine.ack()
        call.bob.expect("ACK")
        ident = asked(server, "call", "list")["calls"][0]["id"]
        relay = (audio_of(response)[0], int(re.search(rb"m=video (\d+)", response.body).group(1)))
        a.send(relay, 5)
        ok(b.receive(5) == 5, "the picture passes")
        eventually(lambda: asked(server, "call", "show", ident)["stream_1"]["caller"].get("codec") == "VP8", "and is named")
        ok(mine.bye(theirs), "BYE")
        server.wait_log(r"call_stream call=%s kind=video caller_packets=5 " % re.escape(ident))
        server.wait_log(r"call_ended .*streams=2 caller_packets=0 ")
        ok(True, "each stream is in the record")
        sessions_end(server)


@feature(media=ALWAYS)
def media_lying_sdp(server):
    """Both SDPs name an address that is not theirs; the callee sends from another port than it says, too."""
    with Call(server, RtpEnd(announced="10.255.255.1"), RtpEnd(announced="10.255.255.2")) as call:
        call.set_up()
        ok(call.to_bob[0] == "127.0.0.1" and call.to_alice[0] == "127.0.0.1", "nobody sees the other's address")
        ok(call.talk(), "both hear each other")
        ok(call.mine.bye(call.theirs), "BYE")
        sessions_end(server)


@feature(media=ALWAYS)
def media_reinvite(server):
    with Call(server) as call, RtpEnd() as other:
        call.set_up()
        call.talk(10)
        sent = call.mine.request("INVITE", headers=[SDP], body=other.sdp(version=2))
        invite = call.bob.expect("INVITE")
        ok(audio_of(invite) == call.to_alice, "the callee's port of the relay stays")
        call.bob.respond(invite, 200, body=call.b.sdp(version=2))
        ok(audio_of(call.alice.expect(200)) == call.to_bob, "the caller's, too")
        call.mine.ack()
        call.bob.expect("ACK")
        call.a.close()
        call.a = other
        ok(call.talk(20), "media have moved to the new port")
        sent = call.theirs.request("INVITE", headers=[SDP], body=call.b.sdp("sendonly", version=3))
        invite = call.alice.expect("INVITE")
        ok(b"a=sendonly" in invite.body and audio_of(invite) == call.to_bob, "hold by the callee")
        call.alice.respond(invite, 200, body=call.a.sdp("recvonly", version=3))
        ok(b"a=recvonly" in call.bob.expect(200).body, "is answered")
        call.theirs.ack()
        call.alice.expect("ACK")
        ident = asked(server, "call", "list")["calls"][0]["id"]
        ok(asked(server, "call", "show", ident)["stream_0"]["state"] == "held", "and known")
        ok(call.theirs.bye(call.mine), "BYE of the callee")
        sessions_end(server)


@feature(media='{ relay = "never"; }')
def media_never(server):
    with Call(server) as call:
        sent = call.alice.invite(call.bob.aor, body=call.a.sdp())
        invite = call.bob.expect("INVITE")
        ok(invite.body == sent.body, "the offer is untouched")
        answer = call.bob.respond(invite, 200, body=call.b.sdp())
        ok(call.alice.expect(200).body == answer.body, "and the answer")
        ok(len(asked(server, "call", "list")["calls"]) == 1, "the call is known all the same")
        ok("never" in ctl(server, "media").stdout + ctl(server, "media").stderr, "`media` says why there is nothing")


@feature(media='{ relay = "always"; ports = PORTS(32); threads = 1; }', workers="1")
def media_ports_exhausted(server):
    """Sixteen pairs: there are eight calls at most, fewer where another program has some of the ports."""
    with Call(server) as first:
        first.set_up()
        ringing = []
        refused = None
        with Phone(server, "carol") as carol, RtpEnd() as end:
            while not refused and len(ringing) < 9:
                sent = carol.invite(first.bob.aor, body=end.sdp())
                phone, message = first_of({first.bob: "INVITE", carol: 503})
                if phone is carol:
                    refused = message
                else:
                    ringing.append(message)
            ok(refused and refused.get("retry-after"), "503 with Retry-After when the ports are used up")
            carol.ack_failure(sent, refused)
            ok(first.talk(10), "the call in progress is unharmed")
            ok(asked(server, "media")["refused_without_ports"] >= 1, "it is counted")
            for invite in ringing:
                first.bob.respond(invite, 486)
                first.bob.expect("ACK", call_id=invite.call_id)
                carol.expect(486, call_id=invite.call_id)
            ok(first.mine.bye(first.theirs), "all end")
        sessions_end(server)


def first_of(wanted, seconds=5):
    """The phone that first gets what it waits for, and that message."""
    end = time.monotonic() + seconds * SLOW
    while time.monotonic() < end:
        for phone, what in wanted.items():
            with contextlib.suppress(Timeout):
                return phone, phone.expect(what, 0.02)
    raise Timeout("none of %s came" % list(wanted.values()))


@feature(media='{ relay = "always"; ports = PORTS(500); timeout = "1s"; threads = 1; }')
def media_timeout(server):
    with Call(server) as call:
        call.set_up()
        call.talk(5)
        eventually(lambda: not asked(server, "call", "list")["calls"], "a call that falls silent ends")
        server.wait_log(r"call_ended .*why=media_timeout")
        ok(call.mine.bye(call.theirs), "its BYE passes all the same")
        sessions_end(server)


@feature(media=ALWAYS)
def call_hangup(server):
    with Call(server) as call:
        call.set_up()
        ident = asked(server, "call", "list")["calls"][0]["id"]
        said = ctl(server, "call", "hangup", ident)
        ok(said.returncode == 0 and "cannot send BYE" in said.stdout, "a proxy says what it cannot do")
        eventually(lambda: not asked(server, "call", "list")["calls"], "the call is released")
        server.wait_log(r"call_ended .*why=operator")
        ok(ctl(server, "call", "show", ident).returncode != 0, "its name is gone")
        ok(ctl(server, "call", "show", "nonsense").returncode != 0, "what is no name is refused")
        sessions_end(server)


@feature(media=ALWAYS)
def call_hangup_ringing(server):
    with Call(server) as call:
        call.alice.invite(call.bob.aor, body=call.a.sdp())
        invite = call.bob.expect("INVITE")
        call.bob.respond(invite, 180)
        call.alice.expect(180)
        ident = asked(server, "call", "list")["calls"][0]["id"]
        ok(ctl(server, "call", "hangup", ident).returncode == 0, "a call that rings is ended")
        cancel = call.bob.expect("CANCEL")
        ok("operator" in (cancel.get("reason") or "").lower(), "by CANCEL, with the reason")
        call.bob.respond(cancel, 200)
        call.bob.respond(invite, 487)
        call.alice.expect(487)
        sessions_end(server)


@feature(media=ALWAYS, calls="{ max_calls = 1; }", limits="{ enabled = true; }")
def call_limits(server):
    with Call(server) as call:
        call.set_up()
        with Phone(server, "carol") as carol:
            carol.invite(call.bob.aor, body=call.a.sdp())
            ok(carol.expect(503).get("retry-after"), "503 beyond calls.max_calls")
        ok(call.mine.bye(call.theirs), "the one in progress is unharmed")
        server.write(calls="{ max_calls = 0; per_user = 1; }")
        ok(ctl(server, "config", "reload").returncode == 0, "a reload")
        call.set_up()
        call.alice.invite(call.bob.aor, body=call.a.sdp())
        ok(call.alice.expect(403) is not None, "403 beyond calls.per_user")
        sent = call.mine.bye(call.theirs)
        ok(sent, "BYE")
        sessions_end(server)


@feature(media='{ relay = "auto"; ports = PORTS(500); threads = 1; }')
def media_auto(server):
    with Call(server) as call:
        call.set_up()
        ok(call.to_bob == ("127.0.0.1", call.b.port) and call.to_alice == ("127.0.0.1", call.a.port),
           "who can be reached is not relayed")
        ok(call.mine.bye(call.theirs), "BYE")
    with Call(server, RtpEnd(announced="10.255.255.1"), register=True) as call:
        call.set_up()
        ok(server.relays(call.to_bob[1]), "who announces another address is")
        ok(call.talk(10), "and hears")
        ok(call.mine.bye(call.theirs), "BYE")
        sessions_end(server)


@feature(media=ALWAYS)
def media_stop(server):
    """The server stops with a call in progress: its record is written all the same."""
    with Call(server) as call:
        call.set_up()
        ok(call.talk(10), "a call")
        eventually(lambda: asked(server, "call", "show", asked(server, "call", "list")["calls"][0]["id"])
                   ["stream_0"]["caller"].get("packets", 0) >= 10, "its packets are counted")
        server.stop()
        ok(re.search(r"call_ended .*why=server_stops .*caller_packets=[1-9]", server.log()), "its record tells of them")


def busy(call, sent, invite):
    call.bob.respond(invite, 486)
    call.bob.expect("ACK")
    call.alice.ack_failure(sent, call.alice.expect(486))


def cancelled(call, sent, invite):
    call.bob.respond(invite, 183, body=call.b.sdp())
    call.alice.expect(183)
    call.alice.cancel(sent)
    call.alice.expect(200)
    call.bob.respond(call.bob.expect("CANCEL"), 200)
    call.bob.respond(invite, 487)
    call.bob.expect("ACK")
    call.alice.ack_failure(sent, call.alice.expect(487))


def impossible(call, sent, invite):
    """An answer with more streams than the offer."""
    call.bob.respond(invite, 200, body=call.b.sdp(extra="m=video 5000 RTP/AVP 96\r\n"))
    call.bob.expect("ACK")
    call.bob.respond(call.bob.expect("BYE"), 200)
    call.alice.ack_failure(sent, call.alice.expect(488))


def answered(call, sent, invite, refused=False):
    answer = call.bob.respond(invite, 200, body=call.b.sdp())
    mine = Dialog.caller(call.alice, sent, call.alice.expect(200))
    theirs = Dialog.callee(call.bob, invite, answer)
    mine.ack()
    call.bob.expect("ACK")
    if refused:
        again = mine.request("INVITE", headers=[SDP], body=call.a.sdp(version=2, extra="m=video 5000 RTP/AVP 96\r\n"))
        call.bob.respond(call.bob.expect("INVITE"), 488)
        call.bob.expect("ACK")
        call.alice.send(call.alice.build("ACK", again.uri, to=again.get("to"), frm=again.get("from"),
                                         call_id=again.call_id, cseq=again.cseq[0], via=again.get("via"),
                                         contact=False, routes=again.all("route")))
        call.alice.expect(488)
    (theirs.bye(mine) if refused else mine.bye(theirs))


@feature(media='{ relay = "always"; ports = [ 21000, 31999 ]; }')
def media_many_ends(server):
    """Calls with every kind of end, one after the other: as many ports as before. Faster than they rest, so many."""
    ends = [busy, cancelled, answered, lambda *a: answered(*a, refused=True)]
    with Call(server) as call:
        before = sum(t["ports_used"] for t in asked(server, "media")["threads"])
        for n in range(int(os.environ.get("PORTAVOZ_TEST_CALLS", "400"))):
            sent = call.alice.invite(call.bob.aor, body=call.a.sdp())
            ends[n % len(ends)](call, sent, call.bob.expect("INVITE"))
            call.alice.seen.clear(), call.bob.seen.clear()
        ok(True, "%d calls" % (n + 1))
        sent = call.alice.invite(call.bob.aor, body=call.a.sdp())
        impossible(call, sent, call.bob.expect("INVITE"))
        ok(True, "an answer that cannot be: 488 to the caller, ACK and BYE to the phone")
        eventually(lambda: not asked(server, "call", "list")["calls"], "no call is left")
        eventually(lambda: sum(t["ports_used"] for t in asked(server, "media")["threads"]) == before,
                   "as many ports are in use as before: %d" % before)
