# SPDX-License-Identifier: Apache-2.0
"""kernel: whether this machine lets a server have programs in the kernel, and whether the server's have done their part."""
import ctypes
import json
import os
import platform
import re
import struct

from feature import ctl

BPF_CALL = {"x86_64": 321, "aarch64": 280, "riscv64": 280}
BPF_PROG_LOAD, SCHED_CLS = 5, 3
COPIES_SINCE = (5, 17)
# what a server says that has no program for a reason that is not its own
FOREIGN = r"not built|IPsec policies"


def bpf_refused():
    """None, or why this machine lets nobody load a program: `return 0` is tried."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xb7, 0, 0, 0, 0x95, 0, 0, 0), 16)
    text = ctypes.create_string_buffer(b"Apache-2.0")
    attributes = ctypes.create_string_buffer(
        struct.pack("=IIQQ", SCHED_CLS, 2, ctypes.addressof(code), ctypes.addressof(text)), 120)
    number = BPF_CALL.get(platform.machine())
    fd = libc.syscall(number, BPF_PROG_LOAD, attributes, 120) if number else -1
    if fd < 0:
        return os.strerror(ctypes.get_errno()) if number else "not known how on this machine"
    os.close(fd)
    return None


def release():
    return tuple(map(int, re.match(r"(\d+)\.(\d+)", platform.release()).groups()))


def does_its_part(server, part="hits"):
    """(whether it is so, in words): after calls, or talks in a group (`part` is "copies"), where the kernel's programs may they
    have done some of the work; elsewhere they are not active."""
    fast = json.loads(ctl(server, "--json", "media", "fastpath").stdout)
    said = fast["copying"] if part == "copies" else fast
    reason = bpf_refused() or (re.match(FOREIGN, fast["why"]) and fast["why"])
    if os.environ.get("PORTAVOZ_TEST_FASTPATH") == "off":
        reason = "PORTAVOZ_TEST_FASTPATH=off"
    elif part == "copies" and release() < COPIES_SINCE:
        reason = reason or "Linux " + platform.release()
    if reason:
        return said["state"] != "active" and not said[part], "nothing is done in the kernel: %s" % reason
    return said["state"] == "active" and said[part] > 0, "the kernel's program is %s, %s: %d" % (said["state"], part, said[part])
