#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clients_test.py BINARY CASE: real phones, headless, register with digest and call each other through the server.

Cases: linphone (linphonec at both ends), baresip (baresip at both ends), mixed (each calls the other), tcp (baresip over
TCP); tone-linphone, tone-baresip, tone-mixed: each plays a tone through the relay and records what it hears. With -b2bua
behind any of them calls.mode is "b2bua"."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]

from server import Server, free_port
from sip_ua import DOMAIN, SLOW
from tone import shares, write_tone

_lines = 0


def report(good, text):
    global _lines
    _lines += 1
    print("%s %d - %s" % ("ok" if good else "not ok", _lines, text), flush=True)


class Client:
    """A phone program: commands go to its input, its output is searched."""

    def __init__(self, command, folder):
        self.output, self.heard, self.mark = "", threading.Condition(), 0
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT,
                                        env=dict(os.environ, HOME=folder, XDG_DATA_HOME=folder,
                                                 XDG_CONFIG_HOME=folder, TERM="dumb"))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            data = os.read(self.process.stdout.fileno(), 65536)
            with self.heard:
                self.output += data.decode("utf-8", "replace")
                self.heard.notify_all()
            if not data:
                return

    def say(self, text):
        self.process.stdin.write((text + self.line_end).encode())
        self.process.stdin.flush()

    def expect(self, pattern, what, timeout=20.0):
        """Waits until the output after the last expected text holds the pattern."""
        def there():
            m = re.search(pattern, self.output[self.mark:])
            if m:
                self.mark += m.end()
            return m
        with self.heard:
            found = self.heard.wait_for(there, timeout * SLOW)
        if not found:
            raise AssertionError("%s: %s never happened" % (self.user, what))
        report(True, "%s: %s" % (self.user, what))

    def ask(self, question, pattern, what, tries=60):
        """Asks until the answer holds the pattern."""
        for _ in range(tries):
            self.say(question)
            with self.heard:
                if self.heard.wait_for(lambda: re.search(pattern, self.output[self.mark:]), 0.5 * SLOW):
                    self.mark = len(self.output)
                    return report(True, "%s: %s" % (self.user, what))
        raise AssertionError("%s: %s never happened" % (self.user, what))

    def stop(self):
        if self.process.stdin.closed:
            return
        if self.process.poll() is None:
            try:
                self.say(self.quit)
                self.process.wait(5)
            except (subprocess.TimeoutExpired, OSError):
                self.process.kill()
                self.process.wait()
        self.process.stdin.close()
        self.reader.join(2)
        self.process.stdout.close()


LINPHONE = """[sip]
sip_port={port}
sip_tcp_port=0
sip_tls_port=0
default_proxy=0
ping_with_options=0
inc_timeout=60
[proxy_0]
reg_proxy=<sip:127.0.0.1:{server};transport=udp>
reg_route=<sip:127.0.0.1:{server};transport=udp;lr>
reg_identity=sip:{user}@{domain}
reg_expires=600
reg_sendregister=1
publish=0
[auth_info_0]
username={user}
passwd={password}
realm="{domain}"
[rtp]
audio_rtp_port={rtp}
[video]
enabled=0
[sound]
playback_dev_id=
"""


class Linphone(Client):
    quit, line_end = "quit", "\n"

    def __init__(self, server, user, folder, transport="udp"):
        self.user, self.peer = user, None
        folder = os.path.join(folder, "linphone-" + user)
        os.makedirs(os.path.join(folder, ".local", "share", "linphone"))
        os.makedirs(os.path.join(folder, "linphone"))
        rc = os.path.join(folder, "rc")
        with open(rc, "w") as f:
            f.write(LINPHONE.format(port=free_port(), server=server.port, user=user, domain=DOMAIN,
                                    password="pw-" + user, rtp=free_port()))
        super().__init__(["linphonec", "-c", rc], folder)

    def register(self):
        self.ask("status register", r"registered, identity=sip:%s@" % self.user, "registered")
        self.say("soundcard use files")

    def call(self, user):
        self.say("call sip:%s@%s" % (user, DOMAIN))

    def ringing(self):
        self.expect(r"(?i)receiving new incoming call|is contacting you", "rings")

    def answer(self):
        self.say("answer")

    def established(self):
        self.expect(r"(?i)connected\.|media streams established|Call answered", "in the call")

    def hang_up(self):
        self.say("terminate")

    def ended(self):
        self.expect(r"(?i)call .*(ended|terminated)", "the call has ended")


BARESIP_CONFIG = """poll_method epoll
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
audio_source {source}
audio_player aubridge,nothing
audio_alert none
call_local_timeout 60
call_max_calls 4
module_path {modules}
module stdio.so
module g711.so
module aubridge.so
{more}
module_tmp account.so
module_app menu.so
"""
MODULES = "/usr/lib/baresip/modules"


class Baresip(Client):
    quit, line_end = "q", ""

    def __init__(self, server, user, folder, transport="udp"):
        self.user = user
        folder = os.path.join(folder, "baresip-" + user)
        os.mkdir(folder)
        with open(os.path.join(folder, "config"), "w") as f:
            f.write(BARESIP_CONFIG.format(port=free_port(), modules=MODULES, source=self.source(folder),
                                          more=self.more(folder)))
        with open(os.path.join(folder, "accounts"), "w") as f:
            f.write('<sip:%s@%s;transport=%s>;auth_user=%s;auth_pass=pw-%s;regint=600;'
                    'outbound="sip:127.0.0.1:%d;transport=%s";audio_codecs=PCMU/8000/1\n'
                    % (user, DOMAIN, transport, user, user, server.port, transport))
        open(os.path.join(folder, "contacts"), "w").close()
        super().__init__(["baresip", "-f", folder], folder)

    def source(self, folder):
        return "aubridge,nothing"

    def more(self, folder):
        return ""

    def register(self):
        self.expect(r"200 OK \(.*\) \[[0-9]+ binding|registered successfully", "registered", 30)

    def call(self, user):
        self.say("d")
        self.say("sip:%s@%s\n" % (user, DOMAIN))

    def ringing(self):
        self.expect(r"(?i)incoming call from", "rings")

    def answer(self):
        self.say("/accept\n")

    def established(self):
        self.expect(r"(?i)call established", "in the call")

    def hang_up(self):
        self.say("b")

    def ended(self):
        self.expect(r"(?i)session closed|terminate|Call with .* terminated", "the call has ended")


TONES = {"alice": 440, "bob": 700}


class Whistler(Linphone):
    """Plays a tone of its own and records what it hears, once it is in a call."""

    def __init__(self, server, user, folder, transport="udp"):
        self.tone = write_tone(os.path.join(folder, "tone-%s.wav" % user), TONES[user])
        self.heard_file = os.path.join(folder, "heard-%s.wav" % user)
        super().__init__(server, user, folder, transport)

    def established(self):
        super().established()
        self.say("record " + self.heard_file)
        self.say("play " + self.tone)

    def recording(self):
        return self.heard_file


class Singer(Baresip):
    """Plays a tone of its own and records what it hears."""

    def source(self, folder):
        self.folder = folder
        return "aufile," + write_tone(os.path.join(folder, "tone.wav"), TONES[self.user])

    def more(self, folder):
        return "module aufile.so\nmodule sndfile.so\nsnd_path " + folder

    def recording(self):
        return glob.glob(os.path.join(self.folder, "*dec.wav"))[0]


def ctl(server, *words):
    tool = os.environ.get("PORTAVOZCTL") or os.path.join(os.path.dirname(server.binary), "..", "ctl", "portavozctl")
    return json.loads(subprocess.run([tool, "--socket", os.path.join(server.folder, "control.sock"), "--json", *words],
                                     capture_output=True, text=True, timeout=20, check=True).stdout)


def relayed(server, packets):
    """Waits until so many packets of both sides have passed the relay."""
    end = time.monotonic() + 20 * SLOW
    while time.monotonic() < end:
        calls = ctl(server, "call", "list")["calls"]
        stream = ctl(server, "call", "show", calls[0]["id"]).get("stream_0", {}) if calls else {}
        counts = [stream.get(side, {}).get("packets", 0) for side in ("caller", "callee")]
        if min(counts) >= packets:
            lost = [stream[side]["lost"] for side in ("caller", "callee")]
            return report(lost == [0, 0], "%d and %d packets were relayed, %d and %d lost" % (*counts, *lost))
        time.sleep(0.1)
    raise AssertionError("the media were not relayed: %s" % stream)


def hears(one, other):
    """The recording has the other's tone, in at least a second and purely, and never the own one."""
    wanted, own = (shares(one.recording(), TONES[p.user]) for p in (other, one))
    good = sum(s > 0.8 for s in wanted)
    if good < 2 or max(own) > 0.05:
        raise AssertionError("%s heard %s's tone so: %s, and its own so: %s" % (one.user, other.user, wanted, own))
    report(True, "%s heard %d Hz for %.1f s (%.0f %% of the power)" % (one.user, TONES[other.user], good / 2,
                                                                       100 * max(wanted)))


def sing(server, alice, bob):
    """Each hears the other's tone, and not its own."""
    alice.call("bob")
    bob.ringing()
    bob.answer()
    alice.established()
    bob.established()
    relayed(server, 250)
    alice.hang_up()
    bob.ended()
    for one, other in ((alice, bob), (bob, alice)):
        one.stop()
        hears(one, other)


def conversation(caller, callee, hangs_up):
    caller.call(callee.user)
    callee.ringing()
    callee.answer()
    caller.established()
    callee.established()
    (caller if hangs_up == "caller" else callee).hang_up()
    (callee if hangs_up == "caller" else caller).ended()
    report(True, "%s called %s, the %s hung up" % (caller.user, callee.user, hangs_up))


CASES = {"linphone": (Linphone, Linphone, "udp"), "baresip": (Baresip, Baresip, "udp"),
         "mixed": (Linphone, Baresip, "udp"), "tcp": (Baresip, Baresip, "tcp"),
         "tone-linphone": (Whistler, Whistler, "udp"), "tone-baresip": (Singer, Singer, "udp"),
         "tone-mixed": (Whistler, Singer, "udp")}


def kinds(first, second):
    """baresip 1.0 gives up (ENOSYS) when any challenge names another algorithm than MD5; Linphone takes what it knows."""
    return 'algorithms = [ "MD5" ];' if any(issubclass(k, Baresip) for k in (first, second)) else ""


def main(binary, case):
    kind_of_call, is_b2bua = case.removesuffix("-b2bua"), case.endswith("-b2bua")
    first, second, transport = CASES[kind_of_call]
    sings = kind_of_call.startswith("tone")
    for kind, program in ((Linphone, "linphonec"), (Baresip, "baresip")):
        if any(issubclass(k, kind) for k in (first, second)) and not shutil.which(program):
            print("ok 1 - %s # SKIP %s is not installed\n1..1" % (case, program))
            return 0
    phones = []
    try:
        media = '{ relay = "always"; ports = PORTS(500); }' if sings else '{ relay = "never"; }'
        with Server(binary, media=media, calls='{ mode = "%s"; }' % ("b2bua" if is_b2bua else "proxy"),
                    auth='{ challenge = "all"; %s }' % kinds(first, second), limits="{ enabled = true; }") as server:
            try:
                for kind, user in ((first, "alice"), (second, "bob")):
                    phones.append(kind(server, user, server.folder, transport))
                    phones[-1].register()
                alice, bob = phones
                if sings:
                    sing(server, alice, bob)
                else:
                    conversation(alice, bob, "caller")
                    conversation(bob, alice, "callee")
            finally:
                for phone in phones:
                    phone.stop()
    except AssertionError as problem:
        report(False, case)
        spoken = "".join("\n--- %s\n%s" % (p.user, p.output[-3000:]) for p in phones)
        for line in (str(problem) + spoken).splitlines():
            print("# " + line)
        print("1..%d" % _lines)
        return 1
    print("1..%d" % _lines)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
