# SPDX-License-Identifier: Apache-2.0
"""stack: what the kernel does on the way through its stack, and its program must not pass by: policies of IPsec."""
from call import eventually
from feature import Skip, ok, run
from moves import ready_again
from namespaces import SERVER
from road import BOTH, exchanged, nothing_comes, on_roads


def ip(road, *words):
    """`ip WORDS` on the server's host. Skips the test where the kernel cannot."""
    said = run(["ip", "-n", road.net.prefix + "server", *words])
    if said.returncode:
        raise Skip("the kernel takes no `ip %s`: %s" % (" ".join(words[:3]), said.stderr.strip()))


@on_roads(*BOTH)
def ipsec_policies(road):
    """What a policy of IPsec forbids does not pass by the kernel's program; when there are no policies any more it forwards
    again. Of each direction, and with a template: without a key for it nothing may leave in clear."""
    with road.call() as call:
        road.ready(call)
        near, far = (road.addresses[place][4] for place in ("left", "right"))
        template = ("tmpl", "src", SERVER, "dst", far, "proto", "esp", "mode", "tunnel")
        for text, words in {"block what comes": ("dir", "in", "src", near + "/32", "action", "block"),
                            "block what goes": ("dir", "out", "dst", far + "/32", "action", "block"),
                            "encrypt what goes": ("dir", "out", "dst", far + "/32", *template)}.items():
            ip(road, "xfrm", "policy", "add", *words)
            if road.kernel:
                eventually(lambda: road.fast()["why"] == "IPsec policies", "which is why the kernel's program forwards nothing")
            call.b.drain()
            for _ in range(20):
                call.a.put(call.to_bob, call.a.packet())
            ok(nothing_comes(call.b), "a policy to %s is obeyed" % text)
            ip(road, "xfrm", "policy", "flush")
            if road.kernel:
                eventually(lambda: road.fast()["state"] == "active", "no policy, and it may forward")
            ready_again(road, call)
            with road.watched(40):
                ok(exchanged(call, 20), "all is as before")
        ok(call.mine.bye(call.theirs), "BYE")
