# SPDX-License-Identifier: Apache-2.0
"""namespaces: an internet of the test's own: network namespaces, veth pairs and NAT by nftables. No packet leaves it.

The server's host has 203.0.113.1 and 2001:db8::1; each network behind it hangs on a link of its own. A thread enters a namespace with
`with net.inside(name)`; what it opens there stays there.
"""
import contextlib
import ctypes
import os
import shutil
import subprocess

CLONE_NEWNET = 0x40000000
SERVER = "203.0.113.1"
SERVER6 = "2001:db8::1"
_libc = ctypes.CDLL(None, use_errno=True)


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=20)


def why_not():
    """None, or why this machine cannot play these tests."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in ("ip", "nft"):
        if not shutil.which(tool):
            return "there is no " + tool
    name = "pvtry%d" % os.getpid()
    try:
        run("ip", "netns", "add", name)
    except subprocess.CalledProcessError as e:
        return "no network namespace: " + e.stderr.strip()
    try:
        run("ip", "-n", name, "link", "add", "name", "pvtry0", "type", "veth", "peer", "name", "pvtry1")
        run("ip", "netns", "exec", name, "nft", "add table ip t; add chain ip t c { type nat hook postrouting "
            "priority 100; }; add rule ip t c masquerade")
    except subprocess.CalledProcessError as e:
        return "no veth or no NAT: " + e.stderr.strip()
    finally:
        run("ip", "netns", "del", name)
    return None


class Internet:
    def __init__(self):
        self.prefix, self.names, self.links = "pv%d" % os.getpid(), [], 0
        self.server_addresses = {SERVER}

    def __enter__(self):
        try:
            self.add("server")
            self.ip("server", "addr", "add", SERVER + "/32", "dev", "lo")
            self.ip("server", "addr", "add", SERVER6 + "/128", "dev", "lo", "nodad")
            self.forward("server")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(self.names):
            subprocess.run(["ip", "netns", "del", self.prefix + name], stderr=subprocess.DEVNULL)

    def ip(self, name, *words):
        run("ip", "-n", self.prefix + name, *words)

    def exec(self, name, *words):
        run("ip", "netns", "exec", self.prefix + name, *words)

    def add(self, name):
        run("ip", "netns", "add", self.prefix + name)
        self.names.append(name)
        self.ip(name, "link", "set", "lo", "up")

    def drop(self, name):
        """The host is gone, and its link with it."""
        run("ip", "netns", "del", self.prefix + name)
        self.names.remove(name)

    def forward(self, name):
        self.exec(name, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def link(self, inner, inner_address, outer, outer_address):
        """A veth pair; `inner` has its default route through it. Addresses with their prefix length."""
        self.links += 1
        a, b = "in%d" % self.links, "out%d" % self.links
        self.ip(inner, "link", "add", "name", a, "type", "veth", "peer", "name", b, "netns", self.prefix + outer)
        for name, device, address in ((inner, a, inner_address), (outer, b, outer_address)):
            self.ip(name, "addr", "add", address, "dev", device)
            self.ip(name, "link", "set", device, "up")
        self.ip(inner, "route", "add", "default", "via", outer_address.split("/")[0])

    def host(self, name, network="203.0.113"):
        """A host with a public address of its own, which is returned."""
        self.add(name)
        net = 4 * (self.links + 1)
        self.link(name, "%s.%d/30" % (network, net + 2), "server", "%s.%d/30" % (network, net + 1))
        self.server_addresses.add("%s.%d" % (network, net + 1))
        return "%s.%d" % (network, net + 2)

    def host6(self, name, more=()):
        """The host `name` gets IPv6 addresses, too, on the link made last; the first is returned."""
        net, device = "2001:db8:%x::" % self.links, "%d" % self.links
        for address in ("2", *more):
            self.ip(name, "addr", "add", net + address + "/64", "dev", "in" + device, "nodad")
        self.ip("server", "addr", "add", net + "1/64", "dev", "out" + device, "nodad")
        self.ip(name, "-6", "route", "add", "default", "via", net + "1")
        return net + "2"

    def nat(self, name, masquerade="masquerade"):
        """A router with a public address, which is returned; `masquerade fully-random` makes it a symmetric NAT, as bad
        as they come: another port for each destination."""
        outside = self.host(name)
        self.forward(name)
        self.exec(name, "nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }; "
                  "add rule ip nat post oifname in%d %s" % (self.links, masquerade))
        return outside

    def pool(self, name, outside, port):
        """The router `name` gets a second public address, which is returned: what does not go to `port` leaves by it."""
        second = "203.0.113.%d" % (200 + self.links)
        self.ip(name, "addr", "add", second + "/32", "dev", "in%d" % self.links)
        self.ip("server", "route", "add", second + "/32", "via", outside)
        self.exec(name, "nft", "insert rule ip nat post oifname in%d udp dport != %d snat to %s fully-random"
                  % (self.links, port, second))
        return second

    def behind(self, name, router, address="192.168.1.10", gateway="192.168.1.1"):
        """A host with a private address behind a router."""
        self.add(name)
        self.link(name, address + "/24", router, gateway + "/24")
        return address

    @contextlib.contextmanager
    def inside(self, name):
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        fd = os.open("/run/netns/" + self.prefix + name, os.O_RDONLY)
        try:
            self._enter(fd)
            yield
        finally:
            self._enter(before)
            os.close(fd)
            os.close(before)

    @staticmethod
    def _enter(fd):
        if _libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
