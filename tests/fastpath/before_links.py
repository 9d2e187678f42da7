#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""before_links.py PROGRAM ARGUMENT...: runs a program as if the kernel had no links for tc (before 6.6): bpf() refuses
BPF_LINK_CREATE. By a seccomp filter."""
import ctypes
import errno
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from kernel import BPF_CALL  # noqa: E402

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, MODE_FILTER = 22, 38, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x00050000
NUMBER_AT, FIRST_ARGUMENT_AT = 0, 16
LINK_CREATE = 28


def forbid_links():
    rows = [(LOAD, 0, 0, NUMBER_AT), (EQUAL, 0, 3, BPF_CALL[os.uname().machine]), (LOAD, 0, 0, FIRST_ARGUMENT_AT),
            (EQUAL, 0, 1, LINK_CREATE), (RETURN, 0, 0, ERRNO | errno.EINVAL), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *row) for row in rows))
    filter_program = ctypes.create_string_buffer(struct.pack("@HP", len(rows), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, filter_program):
        raise OSError(ctypes.get_errno(), "seccomp")


if __name__ == "__main__":
    forbid_links()
    os.execv(sys.argv[1], sys.argv[1:])
