# SPDX-License-Identifier: Apache-2.0
"""life: the server is killed, stopped, told to reload, stands still, gives up root; links come and go. Nothing is left
behind, nothing goes where it should not."""
import contextlib
import glob
import json
import os
import re
import shutil
import signal
import time

from call import Call, asked, eventually
from feature import Skip, ctl, ok, run
from kernel import release
from moves import all_by_kernel, each_once, ready_again, talking
from road import BOTH, MEDIA, Middle, exchanged, nothing_comes, on_roads
from sip_ua import SLOW

HEARTBEAT = 3                   # seconds after which a silent server's entries hold no more


def bpftool():
    found = shutil.which("bpftool") or "/usr/sbin/bpftool"
    if not os.path.exists(found):
        raise Skip("bpftool is not installed (Debian: bpftool)")
    return found


def dies_with_owner(road):
    """What hangs on an interface by a link does: Linux 6.6."""
    return road.way != "filters" and release() >= (6, 6)


def objects_of(pid):
    """{(kind, id)} of the kernel's programs, maps and links that a process holds."""
    found = set()
    for path in glob.glob("/proc/%d/fdinfo/*" % pid):
        with contextlib.suppress(FileNotFoundError), open(path) as f:       # closed meanwhile
            found |= {(kind, int(number)) for kind, number in re.findall(r"^(prog|map|link)_id:\s*(\d+)", f.read(), re.M)}
    return found


def exists(kind, number):
    return run([bpftool(), "-j", kind, "show", "id", str(number)]).returncode == 0


def attached(road):
    """What hangs on the interfaces of the server's host."""
    with road.net.inside("server"):
        shown = run([bpftool(), "-j", "net", "show"])
        filters = run(["tc", "-j", "qdisc", "show"]).stdout
    assert shown.returncode == 0, shown.stderr
    programs = [one for kinds in json.loads(shown.stdout) for kind in kinds.values() for one in kind]
    return programs + re.findall("clsact", filters)


def something_there(road):
    if road.kernel:
        objects = objects_of(road.server.process.pid)
        ok({"prog", "map"} <= {kind for kind, _ in objects}, "the server holds programs and maps: %d" % len(objects))
        ok(attached(road) or "link" in {kind for kind, _ in objects}, "and they hang on the host's links")
        return objects
    ok(not objects_of(road.server.process.pid), "the server holds no programs and no maps")
    ok(not attached(road), "and nothing hangs on the host's links")
    return set()


def nothing_left(road, objects):
    eventually(lambda: not any(exists(*one) for one in objects), "none of its objects is left", HEARTBEAT + 1)
    left = attached(road)
    ok(not left, "and nothing hangs on the host's links: %s" % left)


def crash(road):
    road.server.expected_exit = -signal.SIGKILL
    road.server.signal(signal.SIGKILL)
    road.server.wait()


@on_roads(*BOTH, "filters")
def killed(road):
    """kill -9 in mid-call. What its phones go on sending reaches nobody, at once where links die with their owner, else when
    the heartbeat is too old; the next server begins clean, on the same addresses."""
    with road.call() as call:
        road.ready(call)
        ok(exchanged(call, 20), "a call")
        objects = something_there(road)
        crash(road)
        died = time.monotonic()
        grace = 0.5 if dies_with_owner(road) else HEARTBEAT + 1
        call.a.forget(), call.b.forget()
        late = []
        while time.monotonic() < died + grace + 0.5:
            for end, to in ((call.a, call.to_bob), (call.b, call.to_alice)):
                packet, is_late = end.packet(), time.monotonic() > died + grace
                try:
                    end.rtp.sendto(packet, to)
                except ConnectionRefusedError:          # the host says that nobody is there
                    continue
                if is_late:
                    late.append(packet)
            time.sleep(0.005)
        time.sleep(0.05)
        call.a.drain(), call.b.drain()
        ok(late and not set(late) & set(call.a.got + call.b.got), "nothing is forwarded %.1f s after its death" % grace)
        if dies_with_owner(road):
            nothing_left(road, objects)
        elif road.kernel:
            ok(attached(road), "its filters are still there")
        with road.another() as server:
            road.server, dead = server, road.server
            before = road.counts()[0]
            call.a.forget(), call.b.forget()
            call.a.send(call.to_bob, 10), call.b.send(call.to_alice, 10)
            ok(nothing_comes(call.a) and nothing_comes(call.b), "the next server knows nothing of the old call")
            ok(road.counts()[0] == before, "nor does its program")
            with road.call() as other:
                road.ready(other)
                with road.watched(200):
                    ok(exchanged(other, 100), "a new call is forwarded")
                ok(not any(exists(*one) for one in objects), "none of the dead one's objects is left")
                objects = something_there(road)
                ok(other.mine.bye(other.theirs), "BYE")
        nothing_left(road, objects)
        road.server = dead


@on_roads("filters")
def killed_for_good(road):
    """What is left of a killed server goes when another one starts whose fast path is off, or that has no CAP_BPF to have one; it
    is told of where CAP_NET_ADMIN is missing, too."""
    binary = road.server.binary
    for way, media, words in (("off", MEDIA.replace("%s", 'fastpath = "off"; '), "cleaned=[1-9]"),
                              ("unable", MEDIA.replace("%s", ""), "cleaned=[1-9]")):
        with road.another() as dead:
            dead.expected_exit = -signal.SIGKILL
            ok("clsact" in attached(road), "a server has filters")
            dead.signal(signal.SIGKILL)
            dead.wait()
        road.server.stop()
        ok(len(attached(road)) > 1, "and leaves them behind: %s" % attached(road))
        with Middle(binary, "dropped", media=MEDIA.replace("%s", "")) as server:
            ok(re.search(r"media_fastpath.*filters of a dead server stay.*28790", server.log()), "who may not says so")
        with Middle(binary, way, media=media) as server:
            ok(not attached(road), "the next server takes them away: %s" % way)
            ok(re.search("media_fastpath " + words, server.log()), "and says so")


WISHES = ('fastpath = "off"; ', 'fastpath = [ "out1" ]; ', 'fastpath = [ "out1", "out2" ]; ', 'fastpath = "auto"; ')


@on_roads("kernel", "filters")
def toggles(road):
    """media.fastpath is changed by reloads while both speak."""
    with road.call() as call:
        road.ready(call)
        before = road.server.settings["media"]
        with talking(call):
            for wish in WISHES * 2:
                road.server.write(media=before.replace("{", "{ " + wish, 1))
                ok(ctl(road.server, "config", "reload").returncode == 0, "a reload: " + wish)
                hits = road.counts()[0]
                if "2" in wish or "auto" in wish:
                    eventually(lambda: road.counts()[0] > hits + 20, "the kernel's program forwards")
                else:
                    eventually(lambda: road.fast()["entries"] == 0, "it does not forward")
        each_once(call, "eight reloads")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads("kernel", "filters")
def taken_away(road):
    """Somebody takes away what hangs on the links: the relay thread does the work until it is there again."""
    with road.call() as call:
        road.ready(call)
        if road.way == "filters":
            for place in ("left", "right"):
                road.net.exec("server", "tc", "qdisc", "del", "dev", road.links[place][1], "clsact")
        else:
            for kind, number in objects_of(road.server.process.pid):
                if kind == "link":
                    with road.net.inside("server"):
                        run([bpftool(), "link", "detach", "id", str(number)])
        hits, _ = road.counts()
        ok(exchanged(call, 20), "both hear each other")
        ok(road.counts()[0] == hits, "by the relay thread")
        eventually(lambda: re.search("media_fastpath.*without=out1.*has taken", road.server.log()), "which is told", 20)
        eventually(lambda: road.fast()["state"] == "active" and "without" not in road.fast(), "and they hang there again", 20)
        ready_again(road, call)
        with road.watched(40):
            ok(exchanged(call, 20), "all is as before")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH, "filters")
def stopped(road):
    """SIGTERM in mid-call."""
    with road.call() as call:
        road.ready(call)
        objects = something_there(road)
        road.server.stop()
        nothing_left(road, objects)


@on_roads(*BOTH, "filters")
def reloads(road):
    """The configuration is read again while both speak: no packet is lost, and the kernel's program goes on."""
    with road.call() as call:
        road.ready(call)
        hits, _ = road.counts()
        with talking(call):
            before = road.server.settings["media"]
            for n in range(4):
                more = 'timeout = "%ds"; threads' % (60 + n) if n % 2 else "threads"
                road.server.write(media=before.replace("threads", more, 1))
                ok(ctl(road.server, "config", "reload").returncode == 0, "a reload")
                call.alice.idle(0.3)
        each_once(call, "four reloads")
        all_by_kernel(road, call, hits)
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads("kernel")
def stands_still(road):
    """A server that does nothing any more (SIGSTOP) is followed for as long as its heartbeat holds, no longer; when it goes on
    so does its call."""
    with road.call() as call:
        road.ready(call)
        road.server.signal(signal.SIGSTOP)
        try:
            call.a.forget(), call.b.forget()
            call.a.send(call.to_bob, 5)
            ok(call.b.receive(5) == 5, "the program goes on for a while")
            time.sleep(HEARTBEAT + 1.2)
            call.b.forget()
            call.a.send(call.to_bob, 5)
            ok(nothing_comes(call.b), "but not for ever")
        finally:
            road.server.signal(signal.SIGCONT)
        ok(call.b.receive(5) == 5, "what came meanwhile waited for the server")
        ready_again(road, call)
        with road.watched(40):
            ok(exchanged(call, 20), "and all is as before")
        ok(call.mine.bye(call.theirs), "BYE")


NETWORK = 1 << 12 | 1 << 39       # CAP_NET_ADMIN, CAP_BPF


def threads_of(pid):
    """(user, effective capabilities) of the main thread, and a list of those of the others."""
    found = {}
    for path in glob.glob("/proc/%d/task/*/status" % pid):
        with open(path) as f:
            status = f.read()
        user, kept = (re.search(what, status, re.M).group(1) for what in
                            (r"^Uid:\s+\d+\s+(\d+)", r"^CapEff:\s+(\w+)"))
        thread = int(path.split("/")[4])
        found[thread] = (int(user), int(kept, 16))
    return found.pop(pid), list(found.values())


@on_roads("kernel", run_as='"nobody"')
def as_nobody(road):
    """Root is given up; what the program needs is kept, and nothing else."""
    main, others = threads_of(road.server.process.pid)
    ok(all(uid != 0 for uid, _ in (main, *others)), "the server is not root")
    ok(main[1] == NETWORK, "its capabilities are CAP_NET_ADMIN and CAP_BPF: %x" % main[1])
    eventually(lambda: not any(kept for _, kept in threads_of(road.server.process.pid)[1]),     # each gives them up as it starts
               "and those of its %d other threads none" % len(others))
    with road.call() as call:
        road.ready(call)
        with road.watched(200):
            ok(exchanged(call, 100), "and the kernel's program forwards")
        objects = something_there(road)
        ok(call.mine.bye(call.theirs), "BYE")
    road.server.stop()
    nothing_left(road, objects)


@on_roads(*BOTH, "filters", places=())
def links_come_and_go(road):
    """Phones whose links come after the server, and come again."""
    for place in ("left", "right"):
        road.place(place)
    with road.call() as call:
        road.ready(call)
        with road.watched(40):
            ok(exchanged(call, 20), "links that are younger than the server")
        ok(call.mine.bye(call.theirs), "BYE")
        road.net.drop("right")
        road.net.drop("left")
    for place in ("left", "right"):
        road.place(place)
    with road.call() as call:
        road.ready(call)
        with road.watched(40):
            ok(exchanged(call, 20), "and others in their place")
        ok(call.mine.bye(call.theirs), "BYE")


@on_roads(*BOTH, media=MEDIA.replace("threads = 1", "threads = 2"))
def many(road):
    """Twenty calls on two threads: each packet to its own."""
    alice, bob = road.phone("left", "alice"), road.phone("right", "bob")
    bob.register()
    calls = []
    for _ in range(20):
        calls.append(Call(road.server, road.end("left"), road.end("right"), register=False, phones=(alice, bob)).set_up())
        assert calls[-1].talk(1), "the ends do not hear each other"
    if road.kernel:
        eventually(lambda: road.fast().get("entries") == 40, "the kernel's program knows all calls")
    for call in calls:
        call.a.drain(), call.b.drain(), call.a.forget(), call.b.forget()
    with road.watched(1200):
        for _ in range(30):
            for call in calls:
                call.a.send(call.to_bob)
                call.b.send(call.to_alice)
        for call in calls:
            call.a.receive(30), call.b.receive(30)
    ok(all(call.a.got == call.b.sent and call.b.got == call.a.sent for call in calls), "each packet comes to whom it is for")
    ok({t["sessions"] for t in asked(road.server, "media")["threads"]} == {10}, "both threads have calls")
    for call in calls:
        call.mine.bye(call.theirs)
        call.a.close(), call.b.close()
    if road.kernel:
        eventually(lambda: road.fast()["entries"] == 0, "all are forgotten")
    alice.close(), bob.close()


@on_roads("kernel", "dropped", "off")
def says_so(road):
    """What an operator is told: whether the kernel forwards, and if not, why, and what would help."""
    said = ctl(road.server, "media", "fastpath")
    ok(said.returncode == 0, "`portavozctl media fastpath`")
    fast, log = road.fast(), road.server.log()
    state = {"kernel": "active", "dropped": "unavailable", "off": "off"}[road.way]
    ok(fast["state"] == state, "its state is told: %s" % fast["state"])
    if road.kernel:
        others = lambda: [kept & NETWORK for _, kept in threads_of(road.server.process.pid)[1]]
        ok(len(others()) > 2, "it has %d threads but main" % len(others()))
        eventually(lambda: not any(others()), "and none of them may touch the program")
        ok({"out1", "out2"} <= set(names_of(fast["interfaces"])), "and the links: %s" % fast["interfaces"])
    elif road.way == "dropped":
        ok("CAP_BPF" in fast["why"], "and why it is off: " + fast["why"])
        ok(re.search(r"fastpath.*CAP_BPF.*AmbientCapabilities", log), "the log says how to grant it")
    else:
        ok(not fast["interfaces"], "no link has it")


def names_of(interfaces):
    return [one if isinstance(one, str) else one["name"] for one in interfaces]
