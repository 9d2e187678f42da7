# SPDX-License-Identifier: Apache-2.0
"""streams: what the relay does to streams, in both modes of calls: loss, order, hold, events, a phone that stands still."""
import contextlib
import os
import signal
import socket
import struct
import threading

from call import Call, asked, eventually, exchange, sessions_end, stream_of
from feature import Skip, feature, in_both_modes, ok
from media import ALWAYS
from rtp_end import RtpEnd, audio_of
from rtp_shim import Shim, seen_by_receiver
from scenarios import Sipp
from server import free_port
from sip_ua import SLOW, Dialog, Phone
from tshark import Capture

PCAP = "/usr/share/sip-tester/g711a.pcap"
SHORT = '{ relay = "always"; ports = PORTS(500); threads = 1; timeout = "2s"; }'


def bye_with_reason(phone, word):
    """A phone that says nothing while the other one still talks may be asked before whether it is there."""
    bye = phone.expect(("OPTIONS", "BYE"), 15)
    while bye.method == "OPTIONS":
        phone.respond(bye, 200)
        bye = phone.expect(("OPTIONS", "BYE"), 15)
    ok(word in (bye.get("reason") or ""), "%s gets BYE with the reason: %s" % (phone.user, bye.get("reason")))
    phone.respond(bye, 200, contact=False)


@in_both_modes(media=ALWAYS)
def stream_spoiled(server, mode):
    """A road that loses, swaps and doubles: the relay mends nothing, changes nothing, and counts right."""
    with Call(server) as call, Shim(call.a) as shim:
        call.set_up()
        shim.relay, call.to_bob = call.to_bob, shim.inner
        ok(call.talk(10), "a clean road at first")
        call.b.forget()
        shim.spoil(seed=20240117, lose=0.05, swap=0.05, double=0.05)
        first = len(call.a.sent)
        for n in range(1000):                     # a burst larger than a socket's buffer would be lost elsewhere
            call.a.send(shim.inner)
            if n % 50 == 49:
                with shim.moved:
                    shim.moved.wait_for(lambda: shim.taken > n, 5 * SLOW)
                call.b.receive(len(shim.out))
        shim.heal(1000)
        call.a.send(shim.inner)                   # the last one comes, so that no loss hides at the end
        ok(call.b.receive_until(call.a.sent[-1]), "the last packet has come")
        lost, reordered, duplicates = seen_by_receiver(call.a.sent[first - 1:first] + shim.out)
        ok(min(lost, reordered, duplicates) > 10, "the road was bad: %d lost, %d swapped, %d doubled"
           % (lost, reordered, duplicates))
        ok(call.b.got == shim.out, "all %d pass in the order that they came in, none changed" % len(shim.out))

        def counted():
            caller = stream_of(server)["caller"]
            return (caller["lost"], caller["reordered"], caller["duplicates"]) == (lost, reordered, duplicates)
        eventually(counted, "`call show` counts the same")
        ok(stream_of(server)["callee"]["lost"] == 0, "and nothing where the road was good")
        ok(call.mine.bye(call.theirs), "BYE")
        server.wait_log(r"call_ended .*caller_lost=%d caller_reordered=%d .*callee_lost=0 " % (lost, reordered))
        sessions_end(server)


@in_both_modes(media=ALWAYS)
def stream_hold(server, mode):
    with Call(server) as call:
        call.set_up()
        ok(call.talk(20), "both talk")
        for one, other, near, far, name in ((call.mine, call.theirs, call.a, call.b, "caller"),
                                            (call.theirs, call.mine, call.b, call.a, "callee")):
            version = 2 if name == "caller" else 4
            to_far = call.to_bob if near is call.a else call.to_alice
            invite, response = exchange(one, other, near.sdp("sendonly", version=version),
                                        far.sdp("recvonly", version=version))
            ok(b"a=sendonly" in invite.body and b"a=recvonly" in response.body, "the %s holds" % name)
            ok(stream_of(server)["state"] == "held", "which is known")
            far.forget(), near.forget()
            near.send(to_far, 10)
            ok(far.heard_once(near.sent), "music on hold is heard")
            exchange(one, other, near.sdp(version=version + 1), far.sdp(version=version + 1))
            ok(call.talk(20), "both talk again")
            ok(stream_of(server)["state"] == "talk", "which is known")
        exchange(call.mine, call.theirs, call.a.sdp("inactive", version=6), call.b.sdp("inactive", version=6))
        ok(stream_of(server)["state"] == "held", "inactive is a hold, too")
        exchange(call.theirs, call.mine, call.b.sdp(version=7), call.a.sdp(version=7))
        ok(call.talk(20), "and is ended by the other end")
        ok(call.mine.bye(call.theirs), "BYE")
        sessions_end(server)


@in_both_modes(media=ALWAYS)
def stream_later_cseq(server, mode):
    """The INVITE is not the first request of its dialog's count, as behind a challenge; the legs of a b2bua count
    each for itself."""
    with Call(server) as call:
        call.set_up(cseq=4711)
        ok(server.relays(call.to_bob[1]) and server.relays(call.to_alice[1]), "both are sent to the relay")
        ok(call.talk(20), "both talk")
        ok(stream_of(server)["state"] == "talk", "which is known")
        ok(call.theirs.bye(call.mine), "BYE")
        sessions_end(server)


@in_both_modes(media=ALWAYS)
def stream_events(server, mode):
    """Keys pressed while talking (RFC 4733): nothing of them is touched, and no loss is seen in them."""
    with Call(server) as call:
        call.set_up()
        ok(call.talk(10), "both talk")
        for near, far, to in ((call.a, call.b, call.to_bob), (call.b, call.a, call.to_alice)):
            near.forget(), far.forget()
            for digit in range(12):
                near.send(to, 2)
                near.send_event(to, digit)
            near.send(to)
            ok(far.receive_until(near.sent[-1]) and far.got == near.sent, "twelve keys, byte for byte and in order")
        eventually(lambda: stream_of(server)["callee"]["packets"] >= 97, "they are counted")
        shown = stream_of(server)
        ok(shown["caller"]["lost"] == shown["caller"]["reordered"] == shown["caller"]["restarts"] == 0 and
           shown["callee"]["lost"] == shown["callee"]["restarts"] == 0, "as packets like others")
        ok(call.mine.bye(call.theirs), "BYE")
        sessions_end(server)


@in_both_modes(media=ALWAYS.replace("{", '{ fastpath = "off";', 1))
def stream_tshark(server, mode):
    """An independent witness on the wire between the relay and both phones. On the loopback it sees packets before the
    kernel's program turns them round, not after."""
    with Call(server) as call:
        call.set_up()
        ok(call.talk(5), "both talk")
        call.a.forget(), call.b.forget()
        with Capture(server.folder, (call.a.port, call.b.port), server.relays) as capture:
            for _ in range(500):                  # as a phone would: the next one when the last is through
                call.a.send(call.to_bob)
                call.b.send(call.to_alice)
                call.a.receive(len(call.b.sent))
                call.b.receive(len(call.a.sent))
            capture.wait(1000)
        streams = capture.streams()
        wanted = {(call.to_alice[1], call.b.port): call.a, (call.to_bob[1], call.a.port): call.b}
        ok(set(streams) == set(wanted), "tshark sees one stream to each phone")
        for ports, end in wanted.items():
            packets, lost, ssrc = streams[ports]
            ok((packets, lost, ssrc) == (500, 0, end.ssrc), "500 packets of one SSRC, none lost")
            numbers = capture.sequence(ports)
            ok(numbers == [struct.unpack("!H", p[2:4])[0] for p in end.sent], "sequence numbers without a break")
        ok(call.mine.bye(call.theirs), "BYE")
        sessions_end(server)


def pcap_payloads(path):
    """The RTP payloads of a capture file (little-endian pcap of Ethernet, IPv4, UDP)."""
    with open(path, "rb") as f:
        data = f.read()
    out, at = [], 24
    while at < len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        out.append(data[at + 16 + 14 + 20 + 8 + 12:at + 16 + size])
        at += 16 + size
    return out


def needs_pcap():
    if not os.path.exists(PCAP):
        raise Skip(PCAP + " is missing (Debian: sip-tester)")
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP).close()
    except PermissionError:
        raise Skip("SIPp plays a capture through a raw socket, which is not allowed here") from None


def play_pcap(server, announced, more=()):
    """A SIPp that calls bob, plays its capture, and announces this address."""
    return Sipp(server, "uac_pcap", users=["alice;bob"], count=1,
                more=["-mi", "127.0.0.1", "-mp", str(free_port()), "-key", "announced", announced] + list(more))


def answer_pcap(server, bob, end):
    """bob speaks before he answers, by the end's SDP: SIPp plays its capture once, and by then the relay is to know where he is.
    The dialog, and the address that he is told."""
    invite = bob.expect("INVITE", 15)
    relay = audio_of(invite)
    bob.respond(invite, 183, body=end.sdp())

    def is_known():
        end.send(relay)
        return stream_of(server)["callee"]["latch"].startswith("LOCKED")
    eventually(is_known, "by his early media the relay knows where the callee is")
    answer = bob.respond(invite, 200, body=end.sdp())
    bob.expect("ACK", 15)
    return Dialog.callee(bob, invite, answer), relay


def whole_pcap(server, announced, bob_announced):
    payloads = pcap_payloads(PCAP)
    with Phone(server, "bob") as bob, RtpEnd(announced=bob_announced, payload_type=8) as end:
        bob.register()
        caller = play_pcap(server, announced)
        try:
            theirs, relay = answer_pcap(server, bob, end)
            ok(relay[0] == "127.0.0.1", "the callee is told the relay's address, not %s" % announced)
            came = end.receive(len(payloads), 30)
            ok(came == len(payloads), "%d packets of the capture have come" % came)
            ok([p[12:] for p in end.got] == payloads, "what was played is heard, byte for byte")
            eventually(lambda: stream_of(server)["caller"]["packets"] >= came, "`call show` has them")
            ok(stream_of(server)["caller"]["lost"] == 0, "without loss")
            theirs.request("BYE", contact=False)
            ok(bob.expect(200), "the callee hangs up")
            caller.finish("and so SIPp's scenario ends")
        finally:
            caller.stop()
        sessions_end(server)


@in_both_modes(media=ALWAYS)
def stream_by_turns(server, mode):
    """Two sources on one leg (repair, simulcast): each change is a beginning, so nothing is said of loss or sound."""
    with Call(server) as call:
        call.set_up()
        ok(call.talk(5), "both talk")
        own = [(call.a.ssrc, call.a.sequence), (call.a.ssrc + 1, 1000)]
        for n in range(100):
            call.a.ssrc, call.a.sequence = own[n % 2]
            call.a.send(call.to_bob)
            own[n % 2] = (call.a.ssrc, call.a.sequence + n % 3)
            call.b.send(call.to_alice)
            call.alice.idle(0.005)
        eventually(lambda: "sources" in stream_of(server)["caller"], "`call show` says that there are several")
        shown = stream_of(server)
        ok(not {"lost", "jitter_ms", "mos"} & set(shown["caller"]), "and claims no loss and no score for them")
        ok({"lost", "jitter_ms", "mos"} <= set(shown["callee"]), "while the other leg has all of them")
        ok(call.mine.bye(call.theirs), "BYE")
        sessions_end(server)


@in_both_modes(media=ALWAYS)
def stream_pcap(server, mode):
    needs_pcap()
    whole_pcap(server, "127.0.0.1", "127.0.0.1")


@in_both_modes(media=ALWAYS)
def stream_pcap_lying(server, mode):
    """Both ends announce private addresses that lead nowhere; bob speaks first, so the relay learns where he is."""
    needs_pcap()
    whole_pcap(server, "10.255.255.1", "10.255.255.2")


@in_both_modes(media=SHORT)
def stream_stopped_phone(server, mode):
    """A phone program is stopped in the middle of a call (SIGSTOP): no packet and no answer comes from it any more.
    The other one speaks as long as it hears something."""
    needs_pcap()
    with Phone(server, "bob") as bob, RtpEnd(payload_type=8) as end:
        bob.register()
        caller = play_pcap(server, "127.0.0.1")
        try:
            answer_pcap(server, bob, end)
            ok(end.receive(50) == 50, "the caller is heard")
            caller.process.send_signal(signal.SIGSTOP)
            if mode == "b2bua":
                bye_with_reason(bob, "Media Timeout")
            eventually(lambda: asked(server, "media")["sessions"] == 0, "its media are released")
            ok(asked(server, "media")["timeouts"] >= 1, "a timeout is counted")
            if mode == "proxy":
                server.wait_log(r"call_ended .*why=media_timeout")
                ok(True, "and the log says so")
                ok(not asked(server, "call", "list")["calls"], "no call is left")
            sessions_end(server)
        finally:
            caller.stop()


@contextlib.contextmanager
def speaking(end, relay):
    """The end says something every 20 ms, whatever else happens."""
    stop = threading.Event()

    def speak():
        while not stop.wait(0.02):
            end.send(relay)
    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@in_both_modes(media=SHORT, timers='{ t1 = "20ms"; t2 = "80ms"; t4 = "100ms"; }')
def stream_one_way_stopped_phone(server, mode):
    """A phone program is stopped, and the other one talks on: a b2bua asks whether it is there and ends the call, a proxy
    says what it sees."""
    needs_pcap()
    with Phone(server, "bob") as bob, RtpEnd(payload_type=8) as end:
        bob.register()
        caller = play_pcap(server, "127.0.0.1")
        try:
            theirs, relay = answer_pcap(server, bob, end)
            ok(end.receive(20) == 20, "the caller is heard")
            caller.process.send_signal(signal.SIGSTOP)
            with speaking(end, relay):
                if mode == "b2bua":
                    bye_with_reason(bob, "Other Leg Vanished")
                else:
                    server.wait_log(r"one_way .*missing=caller")
                    ok(asked(server, "call", "list")["calls"][0]["one_way_missing"] == "caller", "the list says who is not heard")
                    theirs.request("BYE", contact=False)
            eventually(lambda: not asked(server, "call", "list")["calls"], "no call is left")
            sessions_end(server)
        finally:
            caller.stop()


@feature(media=SHORT, calls='{ mode = "b2bua"; }')
def stream_one_way_muted(server):
    """A phone that sends nothing while it is muted says that it is there, each time that it is asked."""
    with Call(server) as call:
        call.set_up()
        ok(call.talk(5), "both talk")
        with speaking(call.a, call.to_bob):
            for _ in range(2):
                options = call.bob.expect("OPTIONS", 15)
                call.bob.respond(options, 200)
            ok(len(asked(server, "call", "list")["calls"]) == 1, "a muted phone that answers keeps its call")
        ok(call.mine.bye(call.theirs), "BYE")
        sessions_end(server)


@in_both_modes(media=ALWAYS, timers='{ t1 = "20ms"; t2 = "80ms"; t4 = "100ms"; }')
def stream_stopped_phone_asked(server, mode):
    """As before, but long before the media are silent the other one says something: a b2bua ends the call when the
    stopped phone does not answer a request inside it, a proxy when the other one hangs up."""
    needs_pcap()
    with Phone(server, "bob") as bob, RtpEnd(payload_type=8) as end:
        bob.register()
        caller = play_pcap(server, "127.0.0.1")
        try:
            theirs, _ = answer_pcap(server, bob, end)
            ok(end.receive(20) == 20, "the caller is heard")
            caller.process.send_signal(signal.SIGSTOP)
            if mode == "b2bua":
                theirs.request("INFO")            # nobody answers it, and we may not either (RFC 4320 §4.2)
                bye_with_reason(bob, "Other Leg Vanished")
            else:
                theirs.request("BYE", contact=False)
            eventually(lambda: not asked(server, "call", "list")["calls"], "no call is left")
            sessions_end(server)
        finally:
            caller.stop()
