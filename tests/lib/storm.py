# SPDX-License-Identifier: Apache-2.0
"""storm: thousands of short calls that end in every way there is, from one socket to another, as fast as they go.

A phone of sip_ua waits for each message; this one has a window of calls open at once and asks only what it must."""
import random
import select
import socket
import time

from sip_ua import DOMAIN, SLOW, Message, unique, uri_of

SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n")
# What the callee answers at once; further what happens then.
ENDS = {"caller-bye": (200,), "callee-bye": (200,), "early-then-bye": (183, 200), "cancel": (180,),
        "cancel-at-once": (180,), "busy": (180, 486), "early-then-busy": (183, 486), "not-found": (404,),
        "moved": (302,), "declined": (603,)}
CANCELLED = ("cancel", "cancel-at-once")


class Storm:
    """Calls from alice to bob, who is registered at `contact`. run() plays `count` of them, `rate` a second: ports rest
    for two seconds after each. `finals` are the answers to INVITE by the end that was meant."""

    def __init__(self, server, seed, rate, window=40):
        self.server, self.rate, self.window = ("127.0.0.1", server.port), rate, window
        self.random, self.refused = random.Random(seed), 0
        self.looked = 0.0
        self.caller, self.callee = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for s in (self.caller, self.callee):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            s.bind(("127.0.0.1", 0))
            s.setblocking(False)
        self.contact = "sip:bob@127.0.0.1:%d" % self.callee.getsockname()[1]
        self.open, self.ended, self.finals, self.answered = {}, {e: 0 for e in ENDS}, {}, {}

    def close(self):
        self.caller.close()
        self.callee.close()

    # ---- alice
    def via(self, branch, s=None):
        return "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=%s;rport" % ((s or self.caller).getsockname()[1], branch)

    def begin(self):
        end = self.random.choice(list(ENDS))
        call_id, branch = unique("storm"), unique("z9hG4bK")
        # To, From, Call-ID are what all requests of the transaction share
        common = ["From: <sip:alice@%s>;tag=%s" % (DOMAIN, unique("f")), "Call-ID: " + call_id]
        call = {"end": end, "branch": branch, "common": common, "answered": False,
                "contact": "Contact: <sip:alice@127.0.0.1:%d>" % self.caller.getsockname()[1]}
        self.open[call_id] = call
        self.say(call, "INVITE", "sip:bob@" + DOMAIN, 1, ["To: <sip:bob@%s>" % DOMAIN, call["contact"], "X-End: " + end,
                                                          "Content-Type: application/sdp"], SDP, branch)
        if end == "cancel-at-once":
            self.cancel(call)

    def say(self, call, method, uri, number, lines, body="", branch=None):
        text = "\r\n".join(["%s %s SIP/2.0" % (method, uri), self.via(branch or unique("z9hG4bK")), "Max-Forwards: 70",
                            *call["common"], "CSeq: %d %s" % (number, method), *lines,
                            "Content-Length: %d" % len(body), "", body])
        call["last"], call["since"] = text.encode(), time.monotonic()
        self.caller.sendto(call["last"], self.server)

    def cancel(self, call):
        if not call.get("cancelled"):
            call["cancelled"] = True
            self.say(call, "CANCEL", "sip:bob@" + DOMAIN, 1, ["To: <sip:bob@%s>" % DOMAIN], branch=call["branch"])

    def acknowledge(self, call, m):
        if m.status >= 300:
            self.say(call, "ACK", "sip:bob@" + DOMAIN, 1, ["To: " + m.get("to")], branch=call["branch"])
            return
        call["to"] = ["To: " + m.get("to")] + ["Route: " + r for r in m.all("record-route")[::-1]]
        call["target"] = uri_of(m.get("contact"))
        self.say(call, "ACK", call["target"], 1, call["to"])

    def alice(self, m):
        call = self.open.get(m.call_id)
        if not m.is_response:
            self.answer(self.caller, m, 200)                  # BYE of the callee
            if call:
                self.over(m.call_id, call)
            return
        if not call:
            return
        method, end = m.cseq[1], call["end"]
        if method == "BYE" and m.status >= 200:
            call["status_of_bye"] = m.status
            self.over(m.call_id, call)
        elif method == "INVITE" and 100 < m.status < 200 and end == "cancel":
            self.cancel(call)
        elif method == "INVITE" and m.status >= 200:
            self.acknowledge(call, m)
            if m.status == 503 and m.get("retry-after"):      # no port is ready: another call takes its place
                self.refused += 1
                del self.open[m.call_id]
                return
            if not call["answered"]:
                call["answered"] = True
                self.finals.setdefault(end, {}).setdefault(m.status, 0)
                self.finals[end][m.status] += 1
            if m.status >= 300:
                self.over(m.call_id, call)
            elif end != "callee-bye":
                self.say(call, "BYE", call["target"], 2, call["to"])

    def over(self, call_id, call):
        del self.open[call_id]
        self.ended[call["end"]] += 1

    # ---- bob
    def answer(self, s, m, status, body="", tag=None):
        to = m.get("to") + (";tag=" + tag if tag and ";tag=" not in m.get("to") else "")
        lines = ["SIP/2.0 %d Answer" % status] + ["Via: " + v for v in m.all("via")]
        lines += ["Record-Route: " + r for r in m.all("record-route")]
        lines += ["From: " + m.get("from"), "To: " + to, "Call-ID: " + m.call_id, "CSeq: " + m.get("cseq"),
                  "Contact: <%s>" % (self.contact if status != 302 else "sip:bob@elsewhere.test")]
        lines += ["Content-Type: application/sdp"] if body else []
        s.sendto("\r\n".join(lines + ["Content-Length: %d" % len(body), "", body]).encode(), self.server)

    def bob(self, m):
        if m.is_response:
            self.answered.pop(m.call_id, None)                # of his BYE
        elif m.method == "INVITE":
            tag = "t" + m.branch[-16:]
            self.answered[m.call_id] = (m, tag)
            for status in ENDS[m.get("x-end")]:
                self.answer(self.callee, m, status, SDP if status in (183, 200) else "", tag)
        elif m.method == "CANCEL":
            self.answer(self.callee, m, 200)
            if m.call_id in self.answered:
                invite, tag = self.answered[m.call_id]
                self.answer(self.callee, invite, 487, tag=tag)
        elif m.method == "BYE":
            self.answer(self.callee, m, 200)
            self.answered.pop(m.call_id, None)
        elif m.method == "ACK" and m.call_id in self.answered:
            invite, tag = self.answered[m.call_id]
            if invite.get("x-end") == "callee-bye":
                self.hang_up(invite, tag)

    def hang_up(self, invite, tag):
        lines = ["BYE %s SIP/2.0" % uri_of(invite.get("contact")), self.via(unique("z9hG4bK"), self.callee),
                 "Max-Forwards: 70"] + ["Route: " + r for r in invite.all("record-route")]
        lines += ["From: %s;tag=%s" % (invite.get("to"), tag), "To: " + invite.get("from"),
                  "Call-ID: " + invite.call_id, "CSeq: 1 BYE", "Content-Length: 0", "", ""]
        self.callee.sendto("\r\n".join(lines).encode(), self.server)

    # ---- both
    def read(self, s, take):
        while True:
            try:
                data = s.recv(65536)
            except BlockingIOError:
                return
            if data.strip():
                take(Message(data))

    def send_again(self):
        """What was lost on its way to the server; the server sends its own again by itself."""
        now = time.monotonic()
        if now < self.looked + 0.5:
            return
        self.looked = now
        for call in self.open.values():
            if now - call["since"] > 1.0 * SLOW and not (call["answered"] and call["end"] == "callee-bye"):
                call["since"] = now
                self.caller.sendto(call["last"], self.server)

    def run(self, count, seconds):
        """Plays the calls; fails when they are not all over in time. Returns how long it took."""
        began, started = time.monotonic(), 0
        while started < count + self.refused or self.open:
            due = min(count + self.refused, 1 + self.rate * (time.monotonic() - began))
            while started < due and len(self.open) < self.window:
                self.begin()
                started += 1
            more = started < count + self.refused and len(self.open) < self.window
            ready = select.select([self.caller, self.callee], [], [], 1 / self.rate if more else 0.1)[0]
            if self.callee in ready:
                self.read(self.callee, self.bob)
            if self.caller in ready:
                self.read(self.caller, self.alice)
            self.send_again()
            assert time.monotonic() - began < seconds * SLOW, "after %d s %d of %d calls are over; open: %s" % (
                seconds * SLOW, sum(self.ended.values()), count, list(self.open.values())[:3])
        return time.monotonic() - began
