# SPDX-License-Identifier: Apache-2.0
"""call: a call with real RTP, and what portavozctl says of it."""
import json
import time

from feature import ctl, ok
from rtp_end import RtpEnd, audio_of
from sip_ua import SLOW, Dialog, Phone

SDP = "Content-Type: application/sdp"


def asked(server, *words):
    return json.loads(ctl(server, "--json", *words).stdout)


def eventually(what, text, seconds=10):
    end = time.monotonic() + seconds * SLOW
    while not what():
        assert time.monotonic() < end, text + ": never"
        time.sleep(0.02)
    ok(True, text)


def sessions_end(server):
    eventually(lambda: asked(server, "media")["sessions"] == 0 and
               sum(t["ports_used"] for t in asked(server, "media")["threads"]) == 0, "every port has come back")


def stream_of(server):
    """The only stream of the only call, as `portavozctl call show` has it."""
    calls = asked(server, "call", "list")["calls"]
    return asked(server, "call", "show", calls[0]["id"])["stream_0"] if calls else None


def exchange(one, other, body, answer):
    """A re-INVITE of one end, answered by the other; returns (the other's INVITE, the one's answer)."""
    one.request("INVITE", headers=[SDP], body=body)
    invite = other.phone.expect("INVITE")
    other.phone.respond(invite, 200, body=answer)
    response = one.phone.expect(200)
    one.ack()
    other.phone.expect("ACK")
    return invite, response


class Call:
    """alice calls bob; each has an end of RTP. `phones` are other phones than those of this host."""

    def __init__(self, server, alice_rtp=None, bob_rtp=None, register=True, phones=None):
        self.server = server
        self.alice, self.bob = phones or (Phone(server, "alice"), Phone(server, "bob"))
        self.a, self.b = alice_rtp or RtpEnd(), bob_rtp or RtpEnd()
        if register:
            self.bob.register()

    def set_up(self, before_answer=None, **invite):
        sent = self.alice.invite(self.bob.aor, body=self.a.sdp(), **invite)
        invite = self.bob.expect("INVITE")
        if before_answer:
            before_answer()
        answer = self.bob.respond(invite, 200, body=self.b.sdp())
        response = self.alice.expect(200)
        self.mine = Dialog.caller(self.alice, sent, response)
        self.theirs = Dialog.callee(self.bob, invite, answer)
        self.mine.ack()
        self.bob.expect("ACK")
        self.to_bob, self.to_alice = audio_of(response), audio_of(invite)
        return self

    def talk(self, count=50):
        """Both ways; what is sent until both are heard tells the relay where the ends are. True: of the `count`
        packets behind that each came, once."""
        for _ in range(100):
            self.a.send(self.to_bob)
            self.b.send(self.to_alice)
            if self.a.receive_until(self.b.sent[-1], 0.05) and self.b.receive_until(self.a.sent[-1], 0.05):
                break
        self.a.forget(), self.b.forget()
        for _ in range(count):
            self.a.send(self.to_bob)
            self.b.send(self.to_alice)
        return self.a.heard_once(self.b.sent) and self.b.heard_once(self.a.sent)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in (self.alice, self.bob, self.a, self.b):
            one.close()
