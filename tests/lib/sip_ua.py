# SPDX-License-Identifier: Apache-2.0
"""sip_ua: a small SIP phone for tests, every byte of which a test can choose.

A Phone has one socket (UDP, or one TCP connection to the server). It builds requests, answers them,
keeps dialogs, and computes digests. It never retransmits and never answers by itself: a test says what
happens. Waiting is always for an event, bounded by a deadline; SLOW stretches deadlines for sanitizers.
"""
import hashlib
import itertools
import os
import re
import select
import socket
import time

SLOW = float(os.environ.get("PORTAVOZ_TEST_SLOW", "1"))
DOMAIN = "example.test"
COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
           "c": "content-type", "k": "supported", "s": "subject", "e": "content-encoding", "o": "event",
           "u": "allow-events", "r": "refer-to", "b": "referred-by", "x": "session-expires"}
LISTS = {"via", "contact", "route", "record-route", "path", "allow", "supported", "unsupported", "require",
         "proxy-require", "accept", "service-route"}
SDP = ("v=0\r\no=- {id} 1 IN IP{v} {ip}\r\ns=-\r\nc=IN IP{v} {ip}\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n")
_serial = itertools.count(1)


def unique(prefix=""):
    return "%s%x-%x-%s" % (prefix, os.getpid(), next(_serial), os.urandom(3).hex())


class Timeout(AssertionError):
    pass


def split_list(value):
    """Commas separate values, except within quotes and angle brackets."""
    out, start, quoted, angle = [], 0, False, False
    i = 0
    while i < len(value):
        c = value[i]
        if quoted and c == "\\":
            i += 1
        elif c == '"' and not angle:
            quoted = not quoted
        elif not quoted and c in "<>":
            angle = c == "<"
        elif c == "," and not quoted and not angle:
            out.append(value[start:i].strip())
            start = i + 1
        i += 1
    out.append(value[start:].strip())
    return [v for v in out if v]


def uri_of(value):
    """The URI of a name-addr or addr-spec."""
    m = re.search(r"<([^>]*)>", value)
    return m.group(1) if m else value.split(";")[0].strip()


def param(value, name):
    """A header parameter (after the address), or a URI parameter of a bare URI. None if absent, "" if bare."""
    m = re.search(r";\s*%s(?:\s*=\s*(\"[^\"]*\"|[^;>,\s]*))?(?=[;,\s>]|$)" % re.escape(name),
                  value.split(">", 1)[1] if ">" in value else value, re.I)
    return None if not m else (m.group(1) or "").strip('"')


def host_port(uri):
    m = re.match(r"sips?:(?:[^@]*@)?(\[[^\]]*\]|[^:;?]*)(?::(\d+))?", uri)
    return m.group(1).strip("[]"), int(m.group(2) or 5060)


class Message:
    """One SIP message. `headers` is a list of (lower-case full name, value) in the order of the wire."""

    def __init__(self, raw, source=None):
        self.raw, self.source = raw, source
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\r\n")
        self.start, self.headers = lines[0], []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))
        first = self.start.split(" ", 2)
        self.is_response = first[0] == "SIP/2.0"
        self.status = int(first[1]) if self.is_response else None
        self.reason = first[2] if self.is_response and len(first) > 2 else ""
        self.method = None if self.is_response else first[0]
        self.uri = None if self.is_response else first[1]

    def all(self, name):
        name = name.lower()
        values = [v for n, v in self.headers if n == name]
        return [x for v in values for x in split_list(v)] if name in LISTS else values

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    @property
    def call_id(self):
        return self.get("call-id")

    @property
    def cseq(self):
        number, method = self.get("cseq").split()
        return int(number), method

    @property
    def branch(self):
        return param(self.get("via"), "branch")

    def __repr__(self):
        return "<%s %s>" % (self.start, self.get("cseq"))


# ------------------------------------------------------------------- digest
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256,
          "SHA-512-256": lambda b: hashlib.new("sha512_256", b)}


def challenge_fields(value):
    scheme, _, rest = value.partition(" ")
    assert scheme.lower() == "digest", "not a digest challenge: " + value
    return {m[0].lower(): (m[1] or m[2]) for m in re.findall(r'(\w[\w-]*)\s*=\s*(?:"([^"]*)"|([^\s,]+))', rest)}


def authorization(challenge, method, uri, user, password, nc=1, cnonce=None, algorithm=None, qop=True):
    """The value of (Proxy-)Authorization that answers a challenge's value."""
    c = challenge_fields(challenge)
    name = algorithm or c.get("algorithm", "MD5")
    h = lambda s: HASHES[name.upper()](s.encode()).hexdigest()
    ha1, ha2 = h("%s:%s:%s" % (user, c["realm"], password)), h("%s:%s" % (method, uri))
    out = 'Digest username="%s", realm="%s", nonce="%s", uri="%s"' % (user, c["realm"], c["nonce"], uri)
    if qop and "qop" in c:
        cnonce, count = cnonce or unique("c"), "%08x" % nc
        answer = h(":".join((ha1, c["nonce"], count, cnonce, "auth", ha2)))
        out += ', qop=auth, nc=%s, cnonce="%s"' % (count, cnonce)
    else:
        answer = h(":".join((ha1, c["nonce"], ha2)))
    out += ', response="%s"' % answer
    if "algorithm" in c:
        out += ", algorithm=%s" % name
    if "opaque" in c:
        out += ', opaque="%s"' % c["opaque"]
    return out


def pick_challenge(response, algorithm="MD5"):
    """The challenge of one algorithm, and the name of the header that answers it."""
    proxy = response.status == 407
    for value in response.all("proxy-authenticate" if proxy else "www-authenticate"):
        if challenge_fields(value).get("algorithm", "MD5").upper() == algorithm:
            return value, "Proxy-Authorization" if proxy else "Authorization"
    raise AssertionError("no %s challenge in\n%s" % (algorithm, response.raw.decode()))


# -------------------------------------------------------------------- phone
class Phone:
    def __init__(self, server, user="alice", transport="udp", ip="127.0.0.1", port=0, password=None):
        self.server, self.user, self.transport, self.ip = server, user, transport, ip
        self.password = password or "pw-" + user
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        self.host = "[%s]" % ip if ":" in ip else ip
        self.target = ("::1" if ":" in ip else "127.0.0.1", server.port)
        self.buffer, self.queue, self.seen = b"", [], set()
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.sock = socket.socket(family, kind)
        if port or transport != "udp":              # else the kernel may choose the port of another test's phone
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((ip, port))
        if transport == "tcp":
            self.sock.settimeout(5 * SLOW)
            self.sock.connect(self.target)
        self.port = self.sock.getsockname()[1]
        self.aor = "sip:%s@%s" % (user, DOMAIN)
        self.contact = "sip:%s@%s:%d" % (user, self.host, self.port)
        if transport == "tcp":
            self.contact += ";transport=tcp"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    # ---- bytes
    def send(self, data, to=None):
        if isinstance(data, str):
            data = data.encode()
        if self.transport == "udp":
            self.sock.sendto(data, to or self.target)
        else:
            self.sock.sendall(data)

    def _frame(self):
        """Takes one message off the TCP buffer, or None."""
        self.buffer = self.buffer.lstrip(b"\r\n")
        head, mark, rest = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return None
        m = re.search(rb"(?im)^(?:content-length|l)[ \t]*:[ \t]*(\d+)", head)
        size = int(m.group(1)) if m else 0
        if len(rest) < size:
            return None
        whole = head + mark + rest[:size]
        self.buffer = rest[size:]
        return whole

    def _read(self, seconds):
        """Waits for bytes; puts whole messages into the queue. False if nothing came in time."""
        if not select.select([self.sock], [], [], max(0, seconds))[0]:
            return False
        if self.transport == "udp":
            data, source = self.sock.recvfrom(65536)
            if data.strip(b"\r\n\0"):
                self.queue.append(Message(data, source))
            return True
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        self.buffer += data
        while True:
            whole = self._frame()
            if whole is None:
                return True
            self.queue.append(Message(whole, self.target))

    def receive(self, timeout=5.0, copies=False):
        """The next message, whatever it is. Byte-for-byte copies of an earlier one are skipped unless asked for."""
        end = time.monotonic() + timeout * SLOW
        while True:
            while self.queue:
                m = self.queue.pop(0)
                if copies or m.raw not in self.seen:
                    self.seen.add(m.raw)
                    return m
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                raise Timeout("%s: nothing came within %.1f s" % (self.user, timeout))

    def expect(self, what, timeout=5.0, call_id=None):
        """The next message, which must be `what`: a status or a method (or a tuple of them). 100 Trying is
        skipped unless it is asked for."""
        wanted = what if isinstance(what, tuple) else (what,)
        while True:
            m = self.receive(timeout)
            got = m.status if m.is_response else m.method
            if got in wanted:
                if call_id:
                    assert m.call_id == call_id, "%r belongs to another call" % m
                return m
            assert got == 100, "%s: expected %s, got\n%s" % (self.user, what, m.raw.decode("utf-8", "replace"))

    def silence(self, seconds=0.3):
        """Nothing new comes for a while."""
        try:
            m = self.receive(seconds)
        except Timeout:
            return
        raise AssertionError("%s: expected nothing, got\n%s" % (self.user, m.raw.decode("utf-8", "replace")))

    def idle(self, seconds):
        """Lets some time pass between two questions to the server."""
        select.select([], [], [], seconds)

    def closed(self, timeout=5.0):
        """The server closes this TCP connection within the time; what it says before is returned."""
        end, said = time.monotonic() + timeout * SLOW, self.buffer
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                raise Timeout("the server kept the connection for %.1f s" % timeout)
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return said
            said += data

    # ---- requests
    def via(self, branch=None):
        return "SIP/2.0/%s %s:%d;branch=%s;rport" % (
            self.transport.upper(), self.host, self.port, branch or unique("z9hG4bK"))

    def build(self, method, uri, to=None, frm=None, call_id=None, cseq=1, branch=None, headers=(), body="",
              contact=True, routes=(), max_forwards=70, via=None):
        """The text of a request; `headers` are whole lines. `to` and `frm` are header values."""
        lines = ["%s %s SIP/2.0" % (method, uri), "Via: " + (via or self.via(branch))]
        if max_forwards is not None:
            lines.append("Max-Forwards: %d" % max_forwards)
        lines += ["Route: " + r for r in routes]
        lines += ["From: " + (frm or "<%s>;tag=%s" % (self.aor, unique("f"))),
                  "To: " + (to or "<%s>" % uri),
                  "Call-ID: " + (call_id or unique("i")),
                  "CSeq: %d %s" % (cseq, method)]
        if contact:
            lines.append("Contact: <%s>" % self.contact)
        lines += list(headers)
        lines += ["Content-Length: %d" % len(body.encode()), "", ""]
        return "\r\n".join(lines) + body

    def request(self, method, uri=None, **kw):
        """Builds and sends; returns what was sent as a Message."""
        text = self.build(method, uri or "sip:" + DOMAIN, **kw)
        self.send(text)
        return Message(text.encode())

    def sdp(self, port=40000):
        return SDP.format(id=next(_serial), v=6 if ":" in self.ip else 4, ip=self.ip, port=port)

    def invite(self, uri, headers=(), **kw):
        kw.setdefault("body", self.sdp())
        return self.request("INVITE", uri, headers=("Content-Type: application/sdp",) + tuple(headers), **kw)

    def again(self, sent, headers=()):
        """The same request as a new transaction with further header lines (credentials): new branch, CSeq + 1."""
        number, method = sent.cseq
        text = sent.raw.decode()
        text = text.replace("branch=" + sent.branch, "branch=" + unique("z9hG4bK"), 1)
        text = text.replace("CSeq: %d " % number, "CSeq: %d " % (number + 1), 1)
        text = text.replace("\r\nContent-Length", "".join("\r\n" + h for h in headers) + "\r\nContent-Length", 1)
        self.send(text)
        return Message(text.encode())

    def answer_challenge(self, sent, response, algorithm="MD5", user=None, password=None, nc=1, **kw):
        """Sends the request again with credentials for the challenge of `response`."""
        value, header = pick_challenge(response, algorithm)
        credentials = authorization(value, sent.method, sent.uri, user or self.user, password or self.password,
                                    nc=nc, **kw)
        return self.again(sent, ["%s: %s" % (header, credentials)])

    # ---- answers
    def respond(self, request, status, reason="", headers=(), body="", tag=None, contact=True):
        """Answers a request. The To tag of a dialog stays that of the first answer to this Call-ID."""
        to = request.get("to")
        if status > 100 and param(to, "tag") is None:
            tags = self.__dict__.setdefault("tags", {})
            to += ";tag=" + (tag or tags.setdefault(request.call_id, unique("t")))
        lines = ["SIP/2.0 %d %s" % (status, reason or {180: "Ringing", 200: "OK"}.get(status, "Answer"))]
        lines += ["Via: " + v for v in request.all("via")]
        lines += ["Record-Route: " + v for v in request.all("record-route")]
        lines += ["From: " + request.get("from"), "To: " + to, "Call-ID: " + request.call_id,
                  "CSeq: " + request.get("cseq")]
        if contact:
            lines.append("Contact: <%s>" % self.contact)
        lines += list(headers)
        if body:
            lines.append("Content-Type: application/sdp")
        text = "\r\n".join(lines + ["Content-Length: %d" % len(body.encode()), "", ""]) + body
        self.send(text, request.source if self.transport == "udp" else None)
        return Message(text.encode())

    def ack_failure(self, sent, response):
        """ACK for a final answer other than 2xx: the INVITE's own branch (RFC 3261 §17.1.1.3)."""
        self.send(self.build("ACK", sent.uri, to=response.get("to"), frm=sent.get("from"), call_id=sent.call_id,
                             cseq=sent.cseq[0], via=sent.get("via"), contact=False, routes=sent.all("route")))

    def cancel(self, sent):
        text = self.build("CANCEL", sent.uri, to=sent.get("to"), frm=sent.get("from"), call_id=sent.call_id,
                          cseq=sent.cseq[0], via=sent.get("via"), contact=False, routes=sent.all("route"))
        self.send(text)
        return Message(text.encode())

    # ---- whole exchanges
    def register(self, expires=3600, contact=None, call_id=None, cseq=1, headers=(), status=200, to=None, **kw):
        """REGISTER, with credentials when challenged. Returns the final answer."""
        lines = ["Contact: " + (contact or "<%s>" % self.contact)]
        if expires is not None:
            lines.append("Expires: %d" % expires)
        sent = self.request("REGISTER", "sip:" + DOMAIN, to=to or "<%s>" % self.aor,
                            call_id=call_id, cseq=cseq, contact=False, headers=lines + list(headers), **kw)
        r = self.expect((401, status) if status != 401 else 401, call_id=sent.call_id)
        if r.status == 401 and status != 401:
            self.answer_challenge(sent, r)
            r = self.expect(status, call_id=sent.call_id)
        return r

    def call(self, other, uri=None, **kw):
        """A whole answered call from this phone to `other`: returns the two dialogs."""
        sent = self.invite(uri or other.aor, **kw)
        invite = other.expect("INVITE")
        other.respond(invite, 180)
        self.expect(180)
        ok = other.respond(invite, 200, body=other.sdp(42000))
        r = self.expect(200)
        mine, theirs = Dialog.caller(self, sent, r), Dialog.callee(other, invite, ok)
        mine.ack()
        other.expect("ACK")
        return mine, theirs


class Dialog:
    """One end of a call (RFC 3261 §12)."""

    def __init__(self, phone, call_id, local, remote, routes, target, sequence):
        self.phone, self.call_id, self.local, self.remote = phone, call_id, local, remote
        self.routes, self.target, self.sequence = routes, target, sequence

    @classmethod
    def caller(cls, phone, sent, response):
        return cls(phone, sent.call_id, sent.get("from"), response.get("to"),
                   response.all("record-route")[::-1], uri_of(response.get("contact")), sent.cseq[0])

    @classmethod
    def callee(cls, phone, invite, response):
        return cls(phone, invite.call_id, response.get("to"), invite.get("from"),
                   invite.all("record-route"), uri_of(invite.get("contact")), 100)

    def _request(self, method, cseq, **kw):
        return self.phone.request(method, self.target, to=self.remote, frm=self.local, call_id=self.call_id,
                                  cseq=cseq, routes=self.routes, **kw)

    def ack(self, **kw):
        return self._request("ACK", self.sequence, contact=False, **kw)

    def request(self, method, **kw):
        self.sequence += 1
        return self._request(method, self.sequence, **kw)

    def bye(self, other):
        """Hangs up; the other end answers."""
        self.request("BYE", contact=False)
        other.phone.respond(other.phone.expect("BYE"), 200, contact=False)
        return self.phone.expect(200)
