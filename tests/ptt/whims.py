# SPDX-License-Identifier: Apache-2.0
"""whims: phones that do whatever comes to their minds, while the dispatcher reloads other groups: nothing may be left of it.

They join, hang up, hold, cancel, forget their ACK or that they were in a call, write, watch and press, at four workers; meanwhile
groups go and come back with other members and settings. The choice of all that is the seed's: a storm can be played again."""
import random
import re
import signal
import socket

from feature import ctl, feature, ok
from sip_ua import DOMAIN, SLOW
from stage import Stage

USERS = tuple("u%d" % n for n in range(16))
NAMES = ("ga", "gb", "gc")
ROUNDS, EACH = 900, 4           # requests: one after the other, some of the phones at once
RELOAD = 60                     # after so many rounds
SETTINGS = ("", "legs = 3;", "max_members = 4;", "broadcast = true;", 'floor = "open";', 'codecs = [ "PCMA" ];',
            'call_out = [ "u1", "u2", "u3" ];', 'listen_only = [ "u1" ];', 'preempt = "priority"; talkers = 2;')


def header(text, name):
    found = re.search(r"(?im)^%s\s*:\s*(.*?)\r$" % name, text)
    return found.group(1) if found else ""


class Dialog:
    def __init__(self, call, tag, uri):
        self.call, self.tag, self.uri, self.to, self.cseq, self.asks_late = call, tag, uri, "<%s>" % uri, 1, False


class Phone:
    def __init__(self, storm, user):
        self.storm, self.user, self.dialogs, self.asked = storm, user, [], {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        storm.stage.add(self.socket, self.take)

    def send(self, text):
        self.socket.sendto(text.encode(), ("127.0.0.1", self.storm.server.port))

    def request(self, method, d, more="", body="", type="application/sdp", branch=None):
        self.send("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=%s\r\nTo: %s\r\n"
                  "Call-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:%s@%s>\r\n%s%sContent-Length: %d\r\n\r\n%s" % (
                      method, d.uri, self.address, branch or self.storm.word(), self.user, DOMAIN, d.tag, d.to, d.call, d.cseq, method,
                      self.user, self.address, more, "Content-Type: %s\r\n" % type if body else "", len(body), body))

    def sdp(self):
        pick = self.storm.pick
        text = ("v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP %s\r\n"
                "a=rtpmap:101 telephone-event/8000\r\na=%s\r\n" % (
                    pick(range(9)), pick(("0 8 101", "8 101", "0", "9 101", "3")), pick(("sendrecv", "sendrecv", "sendonly", "inactive"))))
        return text + pick(("", "", "m=application 9 udp MCPTT\r\na=fmtp:MCPTT mc_queueing;mc_priority=5;mc_implicit_request%s\r\n" % pick(("", ";mc_granted"))))

    # ---- whims
    def dial(self):
        word, pick = self.storm.word, self.storm.pick
        d, branch = Dialog(word(), word(), "sip:%s@%s" % (pick(NAMES), DOMAIN)), word()
        d.asks_late = self.storm.chance(0.15)
        self.asked[d.call] = d, branch
        self.request("INVITE", d, pick(("", "Supported: timer\r\nSession-Expires: 90\r\n", "Privacy: id\r\n")),
                     "" if d.asks_late else self.sdp(), branch=branch)
        if self.storm.chance(0.2):
            self.request("CANCEL", d, branch=branch)

    def ask_again(self, d):
        branch = self.storm.word()
        d.asks_late = self.storm.chance(0.3)
        self.asked[d.call] = d, branch
        self.request("INVITE", d, body="" if d.asks_late else self.sdp(), branch=branch)

    def go_on(self):
        pick, d = self.storm.pick, self.storm.pick(self.dialogs)
        d.cseq += 1
        whim = pick(("BYE", "BYE", "INVITE", "UPDATE", "INFO", "INFO", "MESSAGE", "OPTIONS", "forget"))
        if whim in ("BYE", "forget"):
            self.dialogs.remove(d)
        if whim == "INVITE":
            self.ask_again(d)
        elif whim == "INFO":
            self.request(whim, d, body="Signal=%s\r\n" % pick("*#1"), type="application/dtmf-relay")
        elif whim == "MESSAGE":
            self.request(whim, d, body=pick(("ptt", "over", "who", "q", "help", "hello")), type="text/plain")
        elif whim != "forget":
            self.request(whim, d, body=self.sdp() if whim == "UPDATE" else "")

    def call_from_outside(self):
        word, pick = self.storm.word, self.storm.pick
        d = Dialog(word(), word(), "sip:%s@%s" % (pick(NAMES), DOMAIN))
        whim = pick(("MESSAGE", "SUBSCRIBE", "REGISTER"))
        if whim == "REGISTER":
            d.uri, d.to, d.cseq = "sip:" + DOMAIN, "<sip:%s@%s>" % (self.user, DOMAIN), pick(range(1, 1 << 20))
        self.request(whim, d, {"SUBSCRIBE": "Event: conference\r\nExpires: %d\r\n" % pick((0, 1, 3)), "REGISTER": "Expires: 120\r\n"}.get(whim, ""),
                     *(("ptt", "text/plain") if whim == "MESSAGE" else ()))

    def whim(self):
        kind = self.storm.pick(("dial", "in", "in", "in", "outside"))
        if kind == "outside":
            self.call_from_outside()
        elif kind == "in" and self.dialogs:
            self.go_on()
        else:
            self.dial()

    # ---- what comes
    def take(self):
        text = self.socket.recv(65536).decode("utf-8", "replace")
        if text.startswith("SIP/2.0 "):
            self.take_response(text)
        else:
            self.answer(text)

    def answer(self, text):
        method = text.split(" ", 1)[0]
        self.storm.count(method)
        said = self.storm.pick({"NOTIFY": ("200 OK",) * 6 + ("481 Gone", None), "BYE": ("200 OK",) * 6 + (None,), "ACK": (None,),
                                "INVITE": ("200 OK", "200 OK", "486 Busy", "480 Away", None)}.get(method, ("200 OK",)))
        if method == "BYE":
            self.dialogs = [d for d in self.dialogs if d.call != header(text, "Call-ID")]
        if not said:
            return
        to, body = header(text, "To"), self.sdp() if method == "INVITE" else ""
        to += "" if ";tag=" in to else ";tag=" + self.storm.word()
        vias = "".join("Via: %s\r\n" % via for via in re.findall(r"(?im)^Via\s*:\s*(.*?)\r$", text))
        self.send("SIP/2.0 %s\r\n%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:%s@%s>\r\n%sContent-Length: %d\r\n\r\n%s" % (
            said, vias, header(text, "From"), to, header(text, "Call-ID"), header(text, "CSeq"), self.user, self.address,
            "Content-Type: application/sdp\r\n" if body else "", len(body), body))

    def take_response(self, text):
        status, number, method = int(text[8:11]), *header(text, "CSeq").split()
        self.storm.count("%s %d" % (method, status))
        d, branch = self.asked.pop(header(text, "Call-ID"), (None, None)) if method == "INVITE" and status >= 200 else (None, None)
        if not d:
            return
        if status >= 300:
            to, d.to, now, d.cseq = d.to, header(text, "To"), d.cseq, int(number)
            self.request("ACK", d, branch=branch)
            d.to, d.cseq = to, now
            return
        d.to, d.uri = header(text, "To"), re.search("<([^>]*)>", header(text, "Contact")).group(1)
        if self.storm.chance(0.9):
            self.request("ACK", d, body=self.sdp() if d.asks_late else "")
        if d not in self.dialogs:
            self.dialogs.append(d)


class Storm:
    def __init__(self, server, seed):
        self.server, self.random, self.stage, self.counts, self.words = server, random.Random(seed), Stage(), {}, 0
        self.pick = self.random.choice
        self.phones = [Phone(self, user) for user in USERS]

    def word(self):
        self.words += 1
        return "%x-%x" % (self.words, self.random.getrandbits(32))

    def chance(self, share):
        return self.random.random() < share

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def groups(self):
        def group(name):
            setting = self.pick(SETTINGS)
            some = ", ".join('"%s"' % u for u in self.random.sample(USERS, 10))
            return '{ name = "%s"; members = %s; %s }' % (name, "[ %s ]" % some if not setting or "legs" in setting else '"*"', setting)
        return "groups = ( %s );" % ", ".join(group(name) for name in NAMES if self.chance(0.8))

    def reload(self, groups):
        self.server.extra = groups
        self.server.write()
        self.server.signal(signal.SIGHUP)

    def blow(self):
        for n in range(ROUNDS):
            if n % RELOAD == 0:
                self.reload(self.groups())
            elif n % RELOAD == RELOAD // 2:
                ctl(self.server, "group", self.pick(("kick", "mute", "grant", "members", "talks")), self.pick(NAMES), self.pick(USERS))
            for _ in range(EACH):
                self.pick(self.phones).whim()
            self.stage.run(0.004)

    def left(self):
        said = ctl(self.server, "metrics").stdout
        return [line for line in said.splitlines() if re.search(r"ptt_(rooms|members|watchers)\s+[1-9]", line)]


@feature(users=USERS, workers="4", auth='{ challenge = "none"; }', limits="{ enabled = false; }",
         media='{ relay = "always"; ports = PORTS(1000); threads = 2; }')
def whims(server):
    at = Storm(server, 1)
    at.blow()
    ok(server.alive(), "the server stands after %d requests" % at.words)
    for what in ("INVITE 200", "INVITE 487", "INVITE 404", "BYE 200", "INFO 200", "MESSAGE 200", "UPDATE 200", "SUBSCRIBE 200", "NOTIFY",
                 "BYE", "MESSAGE"):
        ok(at.counts.get(what, 0) > 0, "%s came %d times" % (what, at.counts.get(what, 0)))
    at.reload("")
    ok(at.stage.until(lambda: not at.left(), 40 / SLOW + 10), "no room, member or watcher is left: %s" % at.left())
