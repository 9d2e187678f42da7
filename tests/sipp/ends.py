# SPDX-License-Identifier: Apache-2.0
"""ends: a call ends in many ways; each gives back the ports that it had, in both modes of calls."""
import os

from call import Call, asked, eventually, sessions_end
from feature import ctl, in_both_modes, ok
from media import ALWAYS
from sip_ua import SLOW, Phone, uri_of
from storm import CANCELLED, ENDS, Storm
from streams import bye_with_reason

FAST = '{ t1 = "50ms"; t2 = "200ms"; t4 = "250ms"; c = "2s"; }'


def used(server):
    return sum(t["ports_used"] for t in asked(server, "media")["threads"])


class Ring:
    """A call that rings: INVITE and 180 have come through."""

    def __init__(self, call, rings=True, early=""):
        self.alice, self.bob, self.server = call.alice, call.bob, call.server
        self.sent = call.alice.invite(call.bob.aor, body=call.a.sdp())
        self.invite = call.bob.expect("INVITE")
        if rings:
            self.bob.respond(self.invite, 183 if early else 180, body=early)
            self.alice.expect(183 if early else 180)
        ports_in_use(call)

    def fails(self, status, headers=(), wanted=None):
        """bob refuses; alice hears of it."""
        self.bob.respond(self.invite, status, headers=headers, contact=False)
        self.bob.expect("ACK")
        return self.over(wanted or status)

    def over(self, wanted, timeout=15):
        answer = self.alice.expect(wanted, timeout)
        self.alice.ack_failure(self.sent, answer)
        return answer

    def is_cancelled(self, timeout=15):
        """bob is told that it is over."""
        cancel = self.bob.expect("CANCEL", timeout)
        self.bob.respond(cancel, 200, contact=False)
        self.bob.respond(self.invite, 487, contact=False)
        self.bob.expect("ACK")


def ports_in_use(call):
    eventually(lambda: used(call.server) == 4, "four ports are in use")


def talking(call):
    call.set_up()
    ok(call.talk(5), "both talk")
    ports_in_use(call)


def talking_briefly(call):
    """Where a talk has a limit of time: the ports are looked at before it begins to count."""
    call.set_up(before_answer=lambda: ports_in_use(call))
    ok(call.talk(5), "both talk")


def operator(server):
    return ctl(server, "call", "hangup", asked(server, "call", "list")["calls"][0]["id"])


def caller_hangs_up(call, mode):
    talking(call)
    ok(call.mine.bye(call.theirs), "BYE of the caller")


def callee_hangs_up(call, mode):
    talking(call)
    ok(call.theirs.bye(call.mine), "BYE of the callee")


def cancelled(call, mode):
    ring = Ring(call)
    call.alice.cancel(ring.sent)
    ring.is_cancelled()
    statuses = sorted(call.alice.receive().status for _ in range(2))
    ok(statuses == [200, 487], "CANCEL is answered, and the INVITE 487")


def busy(call, mode):
    ok(Ring(call).fails(486), "486")


def refused(call, mode):
    for status in (404, 480, 488, 415, 500, 603):
        ring = Ring(call, rings=False)
        ok(ring.fails(status), "%d" % status)
        eventually(lambda: used(call.server) == 0, "no port is in use")


def busy_after_early_media(call, mode):
    ok(Ring(call, early=call.b.sdp()).fails(486), "486 after early media")


def moved(call, mode):
    answer = Ring(call).fails(302, headers=["Contact: <sip:bob@elsewhere.test>"])
    ok(uri_of(answer.get("contact")) == "sip:bob@elsewhere.test", "302 goes to the caller")


def rings_for_ever(call, mode):
    ring = Ring(call)
    ring.is_cancelled()
    ok(ring.over((408, 480, 487)), "who rings for longer than timers.c is cancelled")


def never_answers(call, mode):
    ring = Ring(call, rings=False)
    ok(ring.over((408, 480)), "who says nothing at all is given up")


def operator_while_ringing(call, mode):
    ring = Ring(call)
    ok(operator(call.server).returncode == 0, "the operator hangs up")
    ring.is_cancelled()
    ok(ring.over((487, 480, 503)), "before it was answered")


def operator_while_talking(call, mode):
    talking(call)
    ok(operator(call.server).returncode == 0, "the operator hangs up")
    if mode == "b2bua":
        for phone in (call.alice, call.bob):
            bye_with_reason(phone, "Operator")


EVERY = (caller_hangs_up, callee_hangs_up, cancelled, busy, refused, busy_after_early_media, moved, rings_for_ever,
         never_answers, operator_while_ringing, operator_while_talking)


@in_both_modes(media=ALWAYS, timers=FAST)
def ends_each(server, mode):
    before = used(server)
    ok(before == 0, "at first no port is in use")
    for end in EVERY:
        with Call(server) as call:
            end(call, mode)
            eventually(lambda: used(server) == before, "%s: as many as before" % end.__name__.replace("_", " "))
            eventually(lambda: not asked(server, "call", "list")["calls"], "and no call")
            call.bob.register(0, "*")
    sessions_end(server)


@in_both_modes(media='{ relay = "always"; ports = PORTS(500); threads = 1; timeout = "2s"; }')
def ends_in_silence(server, mode):
    with Call(server) as call:
        talking_briefly(call)
        if mode == "b2bua":
            for phone in (call.alice, call.bob):
                bye_with_reason(phone, "Media Timeout")
        eventually(lambda: not asked(server, "call", "list")["calls"], "a call that falls silent ends")
        server.wait_log(r"call_ended .*why=media_timeout")
        sessions_end(server)


@in_both_modes(calls='max_duration = "4s";', media=ALWAYS)
def ends_too_long(server, mode):
    with Call(server) as call:
        talking_briefly(call)
        if mode == "b2bua":
            for phone in (call.alice, call.bob):
                bye_with_reason(phone, "Maximum Duration")
        eventually(lambda: not asked(server, "call", "list")["calls"], "a call that lasts too long ends")
        server.wait_log(r"call_ended .*why=max_duration")
        sessions_end(server)


MANY = '{ relay = "always"; ports = PORTS(6000); threads = 1; }'


@in_both_modes(media=MANY,
               log='{ level = "notice"; target = "stderr"; }',
               timers='{ t1 = "100ms"; t2 = "400ms"; t4 = "500ms"; }')
def ends_storm(server, mode):
    """Ten thousand short calls (times PORTAVOZ_TEST_LOAD), every end in any order."""
    count = int(10000 * float(os.environ.get("PORTAVOZ_TEST_LOAD", "1")))
    total = sum(t["ports_total"] for t in asked(server, "media")["threads"])
    storm = Storm(server, seed=1812, rate=600)
    try:
        with Phone(server, "bob") as bob:
            bob.register(contact="<%s>" % storm.contact)
        took = storm.run(count, seconds=100)
    finally:
        storm.close()
    print("# %d calls in %.1f s: %s" % (count, took, storm.finals))
    ok(sum(storm.ended.values()) == count, "%d calls are over" % count)
    # where the machine lets a relay thread run late ports come later than calls, and a worker that ran late is behind
    counts = asked(server, "metrics")
    ok(storm.refused <= counts["media_ports_exhausted"] + counts["proxy_refused_busy"],
       "%d were refused, each for want of a port that is ready or of time" % storm.refused)
    ok(storm.refused <= count / 4 * SLOW, "they are few")
    for end, answers in ENDS.items():
        wanted = {487} if end in CANCELLED else {answers[-1]}
        ok(set(storm.finals[end]) == wanted, "%d times %s: %s" % (storm.ended[end], end, storm.finals[end]))
    eventually(lambda: not asked(server, "call", "list")["calls"], "no call is left", 40)
    sessions_end(server)
    eventually(lambda: all(t["ports_resting"] == 0 for t in asked(server, "media")["threads"]), "no port rests any more")
    ok(sum(t["ports_total"] for t in asked(server, "media")["threads"]) == total, "there are as many ports as before")
    with Call(server) as call:
        call.set_up()
        ok(call.talk(20) and call.mine.bye(call.theirs), "and a call goes through as the first did")
        sessions_end(server)
