# SPDX-License-Identifier: Apache-2.0
"""registrar: REGISTER as phones and their mistakes send it (RFC 3261 §10.3, RFC 3327, RFC 5626)."""
import hashlib
import time

from feature import feature, ok
from sip_ua import (DOMAIN, SLOW, Message, Phone, authorization, challenge_fields, param, pick_challenge, unique, uri_of)

ALL = '{ challenge = "all"; }'


def contacts(response):
    return {uri_of(c): c for c in response.all("contact")}


def left(contact):
    return int(param(contact, "expires"))


@feature
def register(server):
    with Phone(server) as alice:
        r = alice.register()
        ok(alice.contact in contacts(r), "the answer lists the contact")
        ok(3595 <= left(contacts(r)[alice.contact]) <= 3600, "with its remaining time")
        ok(param(r.get("to"), "tag"), "the answer has a To tag")
        ok(r.get("via").startswith("SIP/2.0/UDP 127.0.0.1:%d" % alice.port), "the Via is ours")
        ok(param(r.get("via"), "rport") == str(alice.port), "rport is filled in (RFC 3581)")
        ok(len(r.all("via")) == 1 and not r.all("record-route"), "nothing of the proxy in it")


@feature(auth=ALL)
def register_digest_md5(server):
    with Phone(server) as alice:
        sent = alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, headers=["Expires: 600"])
        r = alice.expect(401)
        names = [challenge_fields(c).get("algorithm") for c in r.all("www-authenticate")]
        ok(names == ["SHA-256", "MD5"], "both algorithms are offered, the better one first")
        fields = challenge_fields(pick_challenge(r)[0])
        ok(fields["realm"] == DOMAIN and "auth" in fields["qop"] and fields["nonce"], "realm, qop and nonce")
        alice.answer_challenge(sent, r)
        r = alice.expect(200)
        ok(alice.contact in contacts(r), "registered with MD5")


@feature(auth=ALL)
def register_digest_sha256(server):
    with Phone(server) as alice:
        sent = alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, headers=["Expires: 600"])
        alice.answer_challenge(sent, alice.expect(401), "SHA-256")
        ok(alice.contact in contacts(alice.expect(200)), "registered with SHA-256")


@feature(auth='{ challenge = "all"; algorithms = [ "MD5" ]; }')
def register_one_algorithm(server):
    with Phone(server) as alice:
        alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, headers=["Expires: 600"])
        r = alice.expect(401)
        ok(len(r.all("www-authenticate")) == 1, "one challenge")
        ok(alice.register(cseq=10).status == 200, "and it is enough")


@feature(auth=ALL)
def register_without_qop(server):
    """RFC 2069 style credentials, without qop: refused or accepted by policy, but never a hang or 5xx."""
    with Phone(server) as alice:
        sent = alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor)
        alice.answer_challenge(sent, alice.expect(401), qop=False)
        ok(alice.expect((200, 400, 401, 403)), "a plain answer")


@feature(auth=ALL)
def register_wrong_password(server):
    with Phone(server) as mallory:
        shapes = []
        for user, password in (("alice", "wrong"), ("nobody-here", "wrong"), ("alice", "pw-bob")):
            mallory.aor = "sip:%s@%s" % (user, DOMAIN)
            sent = mallory.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % mallory.aor)
            mallory.answer_challenge(sent, mallory.expect(401), user=user, password=password)
            r = mallory.expect((401, 403))
            shapes.append((r.start, [n for n, _ in r.headers],
                           [sorted(challenge_fields(c)) for c in r.all("www-authenticate")]))
        ok(shapes[0] == shapes[1] == shapes[2], "wrong user and wrong password look the same")


@feature(auth=ALL)
def register_replay(server):
    with Phone(server) as alice, Phone(server, "alice") as thief:
        sent = alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, headers=["Expires: 600"])
        challenge = alice.expect(401)
        second = alice.answer_challenge(sent, challenge)
        first = alice.expect(200)
        alice.send(second.raw)
        ok(alice.receive(copies=True).start == first.start, "a retransmission gets the same answer")
        value, header = pick_challenge(challenge)
        line = [v for n, v in second.headers if n == "authorization"][0]
        thief.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, cseq=7, headers=["Authorization: " + line])
        r = thief.expect(401)
        ok(thief.contact not in str(r.raw), "the same credentials from elsewhere are refused")
        again = authorization(value, "REGISTER", "sip:" + DOMAIN, "alice", alice.password, nc=2)
        alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, call_id=sent.call_id, cseq=9,
                      headers=["Authorization: " + again])
        ok(alice.expect(200), "the next nonce-count of the same nonce is good")


@feature(auth='{ challenge = "all"; nonce_lifetime = "1s"; }')
def register_stale_nonce(server):
    """An old nonce with the right password is answered stale=true, and the phone need not ask its owner."""
    with Phone(server) as alice:
        sent = alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, headers=["Expires: 600"])
        first = alice.expect(401)
        for nc in range(1, 60):
            alice.answer_challenge(sent, first, nc=nc)
            r = alice.expect((200, 401))
            if r.status == 401:
                break
            sent = Message(sent.raw.replace(b"CSeq: %d " % sent.cseq[0], b"CSeq: %d " % (sent.cseq[0] + 1)))
            alice.idle(0.1)
        ok(challenge_fields(pick_challenge(r)[0]).get("stale", "").lower() == "true", "the old nonce is stale")
        ok(challenge_fields(pick_challenge(first)[0]).get("stale", "false").lower() == "false", "the first was not")
        alice.answer_challenge(Message(sent.raw.replace(b"CSeq: ", b"CSeq: 1")), r)
        ok(alice.expect(200), "with the new nonce it goes on")


@feature(auth=ALL)
def register_bad_credentials(server):
    """Made-up nonce, foreign uri, unknown algorithm, broken syntax: challenged again or refused, nothing worse."""
    with Phone(server) as alice:
        sent = alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor)
        value, _ = pick_challenge(alice.expect(401))
        good = authorization(value, "REGISTER", "sip:" + DOMAIN, "alice", alice.password)
        nonce = challenge_fields(value)["nonce"]
        bad = {
            "a made-up nonce": good.replace(nonce, "A" * len(nonce)),
            "an empty nonce": good.replace(nonce, ""),
            "a foreign uri": authorization(value, "REGISTER", "sip:elsewhere.test", "alice", alice.password),
            "another method": authorization(value, "INVITE", "sip:" + DOMAIN, "alice", alice.password),
            "a foreign realm": good.replace('realm="%s"' % DOMAIN, 'realm="elsewhere.test"'),
            "broken syntax": 'Digest username="alice',
            "another scheme": "Basic YWxpY2U6cHctYWxpY2U=",
            "nonce-count zero": authorization(value, "REGISTER", "sip:" + DOMAIN, "alice", alice.password, nc=0),
        }
        for n, (what, line) in enumerate(bad.items()):
            alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, call_id=unique(), cseq=n + 1,
                          headers=["Authorization: " + line])
            ok(alice.expect((400, 401, 403)), what + " is refused")
        ok(alice.register(), "and the right ones still register")


@feature(auth=ALL)
def register_for_another(server):
    with Phone(server, "alice") as alice:
        alice.user = "bob"
        sent = alice.request("REGISTER", "sip:" + DOMAIN, to="<sip:bob@%s>" % DOMAIN)
        alice.answer_challenge(sent, alice.expect(401), user="alice", password="pw-alice")
        ok(alice.expect(403), "To must belong to the credentials")


HA1 = hashlib.md5(b"erin:example.test:pw-erin").hexdigest()
HA256 = hashlib.sha256(b"erin:example.test:pw-erin").hexdigest()


@feature(auth=ALL, users_file='"users.csv"', server=False)
def register_users_file(binary):
    """HA1 in place of a password, from a CSV file with named columns."""
    import os
    from server import Server

    class WithFile(Server):
        def write(self, **changes):
            with open(os.path.join(self.folder, "users.csv"), "w") as f:
                f.write("name,ha1_md5,ha1_sha256\nerin,%s,%s\n" % (HA1, HA256))
            super().write(**changes)

    with WithFile(binary, auth=ALL, users_file='"users.csv"') as server:
        with Phone(server, "erin") as erin:
            ok(erin.register(), "MD5 against the stored hash")
            sent = erin.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % erin.aor)
            erin.answer_challenge(sent, erin.expect(401), "SHA-256")
            ok(erin.expect(200), "SHA-256 against the stored hash")


@feature
def register_refresh(server):
    with Phone(server) as alice:
        call_id = unique()
        alice.register(600, call_id=call_id)
        r = alice.register(1200, call_id=call_id, cseq=2)
        ok(len(r.all("contact")) == 1, "one contact after a refresh")
        ok(1195 <= left(r.get("contact")) <= 1200, "with the new time")
        r = alice.register(None, "<%s>;expires=900" % alice.contact, call_id=call_id, cseq=3)
        ok(895 <= left(r.get("contact")) <= 900, "the Contact's own expires counts")
        r = alice.register(None, call_id=call_id, cseq=4)
        ok(3595 <= left(r.get("contact")) <= 3600, "without either, the default counts")


@feature
def register_retransmitted(server):
    with Phone(server) as alice:
        sent = alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, headers=["Expires: 600"])
        first = alice.expect(200)
        alice.send(sent.raw)
        again = alice.receive(copies=True)
        ok(again.status == 200, "a retransmission is answered 200")
        ok(again.get("to") == first.get("to"), "by the same final answer")


@feature
def unregister(server):
    with Phone(server) as alice, Phone(server, "bob") as bob:
        call_id = unique()
        bob.register(call_id=call_id)
        r = bob.register(0, call_id=call_id, cseq=2)
        ok(not r.all("contact"), "no contact is left")
        alice.request("MESSAGE", bob.aor)
        ok(alice.expect(480), "a known user who is not there: 480")


@feature
def register_star(server):
    with Phone(server) as alice:
        call_id = unique()
        alice.register(call_id=call_id, contact="<%s>, <sip:alice@127.0.0.1:9>;q=0.3" % alice.contact)
        for what, fields in (("with Expires 60", ["Contact: *", "Expires: 60"]), ("without Expires", ["Contact: *"]),
                             ("with another contact", ["Contact: *", "Contact: <%s>" % alice.contact, "Expires: 0"])):
            alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, contact=False, headers=fields)
            ok(alice.expect(400), "* %s: 400" % what)
        alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, contact=False, call_id=call_id, cseq=1,
                      headers=["Contact: *", "Expires: 0"])
        ok(alice.expect((400, 500)), "* with an older CSeq fails")
        ok(len(alice.register(None, contact="<%s>" % alice.contact, call_id=call_id, cseq=5).all("contact")) == 2,
           "and nothing was removed by all that")
        ok(not alice.register(0, "*", call_id=call_id, cseq=6).all("contact"), "* with Expires 0 removes all")


@feature
def register_old_cseq(server):
    with Phone(server) as alice:
        call_id = unique()
        alice.register(600, call_id=call_id, cseq=5)
        alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, call_id=call_id, cseq=4,
                      headers=["Expires: 0"])
        ok(alice.expect((400, 500)), "a lower CSeq of the same Call-ID fails")
        r = alice.register(600, "<sip:alice@127.0.0.1:9>")
        ok(alice.contact in contacts(r), "the binding stays")


@feature
def register_interval_too_brief(server):
    with Phone(server) as alice:
        r = alice.register(10, status=423)
        ok(r.get("min-expires") == "60", "423 with Min-Expires: 60")
        r = alice.register(600, "<%s>, <sip:alice@127.0.0.1:9>;expires=5" % alice.contact, status=423)
        ok(not contacts(query(alice)), "one bad contact, and none is taken")


def query(phone):
    phone.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % phone.aor, contact=False)
    return phone.expect(200)


@feature(registrar='{ capacity = 1000; max_contacts = 2; }')
def register_too_many_contacts(server):
    with Phone(server) as alice:
        alice.register(600, "<sip:alice@127.0.0.1:11>, <sip:alice@127.0.0.1:12>")
        alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor)
        r = alice.receive()
        ok(400 <= r.status < 600 and r.status not in (401, 423), "a third contact is refused")
        ok(len(query(alice).all("contact")) == 2, "the first two stay")
        r = alice.register(None, "<sip:alice@127.0.0.1:11>;expires=0, <%s>" % alice.contact)
        ok(alice.contact in contacts(r), "one may go and one come in one request")


@feature
def register_query(server):
    with Phone(server) as alice:
        ok(not query(alice).all("contact"), "nobody at first")
        alice.register(600, "<sip:alice@127.0.0.1:11>;q=0.5, \"Al, the desk\" <sip:alice@127.0.0.1:12>;q=0.9")
        r = query(alice)
        ok(len(r.all("contact")) == 2, "both are listed")
        ok(sorted(float(param(c, "q")) for c in r.all("contact")) == [0.5, 0.9], "with their q")


@feature
def register_expires_bounds(server):
    with Phone(server) as alice:
        for value in ("4294967296", "99999999999999999999", "4294967295"):
            alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, headers=["Expires: " + value])
            r = alice.expect(200)
            ok(7195 <= left(r.get("contact")) <= 7200, "Expires: %s is cut to the maximum" % value)
        alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, headers=["Expires: soon"])
        ok(alice.expect((200, 400)), "Expires: soon is no disaster")


@feature(registrar='{ capacity = 1000; min_expires = "1s"; }')
def register_expiry(server):
    with Phone(server) as alice:
        begun = time.monotonic()
        alice.register(1)
        registered = asked = time.monotonic()
        while query(alice).all("contact"):
            assert asked < registered + 3.0 * SLOW, "the binding outlives its time"
            alice.idle(0.1)
            asked = time.monotonic()
        ok(time.monotonic() - begun >= 1, "the binding lived its second")


@feature
def register_path(server):
    with Phone(server, "alice") as alice, Phone(server, "bob") as bob:
        path = "<sip:edge@127.0.0.1:%d;lr>" % bob.port
        r = bob.register(600, "<sip:bob@192.0.2.1:5999>", headers=["Path: " + path, "Supported: path"])
        ok(r.get("path") == path, "the Path comes back")
        alice.request("MESSAGE", bob.aor)
        m = bob.expect("MESSAGE")
        ok(m.uri == "sip:bob@192.0.2.1:5999", "the request names the contact")
        ok(m.get("route") == path, "and travels by the Path")
        bob.respond(m, 200)
        ok(alice.expect(200), "answered")


@feature
def register_instance(server):
    line = '<%s>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>";reg-id=1'
    with Phone(server, transport="tcp") as old, Phone(server, transport="tcp") as new:
        fields = ["Supported: outbound, path"]
        old.register(600, line % old.contact, headers=fields)
        r = new.register(600, line % new.contact, headers=fields)
        ok(list(contacts(r)) == [new.contact], "the same instance and reg-id is one binding")


@feature
def register_equal_uris(server):
    """Contacts compare by §19.1.4, users by their unescaped name."""
    with Phone(server) as alice, Phone(server, "bob") as bob:
        host = "127.0.0.1:%d" % bob.port
        bob.register(600, "<sip:bob@%s;transport=UDP>" % host, call_id="eq-" + unique())
        r = bob.register(600, "<sip:%%62ob@%s;transport=udp>" % host, call_id="eq2-" + unique())
        ok(len(r.all("contact")) == 1, "an escaped letter and the case of a parameter make no second contact")
        for user in ("%62ob@" + DOMAIN, "bob@" + DOMAIN.upper(), "bob@%s:%d" % (DOMAIN, server.port),
                     "bob@127.0.0.1:%d" % server.port):
            alice.request("MESSAGE", "sip:" + user)
            bob.respond(bob.expect("MESSAGE"), 200)
            ok(alice.expect(200), "sip:%s is bob" % user)
        alice.request("MESSAGE", "sip:bob%00evil@" + DOMAIN)
        ok(alice.expect((400, 404)), "sip:bob%00evil is nobody")
        alice.request("MESSAGE", "sip:BOB@" + DOMAIN)
        ok(alice.expect(404), "the user part compares with case")


@feature
def register_without_port(server):
    """A numeric host without a port is at 5060 (§19.1.2), which here is another program's, not the server."""
    with Phone(server, "alice") as alice:
        own = "sip:alice@127.0.0.1"
        alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, contact=False, headers=["Contact: <%s>" % own])
        ok(own in alice.expect(200).get("contact"), "a Contact at port 5060 of this machine")
        alice.request("REGISTER", "sip:" + DOMAIN, to="<%s>" % alice.aor, contact=False,
                      headers=["Contact: <%s:%d>" % (own, server.port)])
        ok(alice.expect(403), "one at a port of the server is refused")


@feature
def register_compact_folded(server):
    with Phone(server) as alice:
        alice.send("REGISTER sip:%s SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:%d\r\n ;branch=z9hG4bKfold;rport\r\n"
                   "f: \"A, B\" <sip:alice@%s>\r\n ;tag=1\r\nt: sip:alice@%s\r\ni: %s\r\nCSeq: 17\r\n\tREGISTER\r\n"
                   "Max-Forwards:70\r\nm: <%s>\r\n ;expires=120\r\nl: 0\r\n\r\n"
                   % (DOMAIN, alice.port, DOMAIN, DOMAIN, unique(), alice.contact))
        r = alice.expect(200)
        ok(115 <= left(r.get("contact")) <= 120, "compact forms and folded lines are read")
        ok(r.get("cseq").split() == ["17", "REGISTER"], "the folded CSeq comes back")


@feature
def register_no_content_length(server):
    """Linphone sends none over UDP."""
    with Phone(server) as alice:
        text = alice.build("REGISTER", "sip:" + DOMAIN, to="sip:alice@" + DOMAIN)
        alice.send(text.replace("Content-Length: 0\r\n", ""))
        ok(alice.expect(200), "a REGISTER without Content-Length")


@feature
def register_require_unknown(server):
    with Phone(server) as alice:
        r = alice.register(headers=["Require: teleport"], status=420)
        ok(r.all("unsupported") == ["teleport"], "420 names what is unsupported")
