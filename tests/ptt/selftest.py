#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""selftest.py: proves the tests of this folder: with a right (fake) server they pass, with each fault of a wrong one the case
that is there for it fails, by an assertion. Prints TAP."""
import concurrent.futures
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from fake_focus import FAULTS

PROOFS = {"leaks": "keys", "echo": "keys", "deaf": "keys", "keys": "keys", "last": "double-press", "twice": "info-and-keys",
          "jumps": "one-stream", "late": "held-key", "toggles": "held-key-whose-end-is-lost", "stranger": "strangers",
          "order": "queue-by-priority", "acks": "floor-forgotten-rules", "zero": "floor-forgotten-rules",
          "mute": "floor-microphone-open", "anybody": "floor-from-elsewhere", "forgets": "talker-hangs-up"}
ALSO = ("key-packets-lost", "queue-of-eight", "preempted-by-priority", "words", "text-for-all", "floor-messages", "kept-alive",
        "late-joiner")


def play(fault, case):
    slow = float(os.environ.get("PORTAVOZ_TEST_SLOW", "1"))             # who is to fail need not wait for long
    done = subprocess.run([sys.executable, os.path.join(HERE, "run.py"), os.path.join(HERE, "fake_focus.py"), case],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                          env=dict(os.environ, PORTAVOZ_FAKE=fault, PORTAVOZ_TEST_QUIET="1",
                                   PORTAVOZ_TEST_SLOW=str(slow * (0.4 if fault else 1))))
    if fault:
        return done.returncode == 1 and "# AssertionError" in done.stdout, done.stdout
    return done.returncode == 0, done.stdout


def main():
    assert set(PROOFS) == set(FAULTS), set(PROOFS) ^ set(FAULTS)
    plays = [("", case) for case in sorted(set(PROOFS.values()) | set(ALSO))] + sorted(PROOFS.items())
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for n, ((fault, case), (good, said)) in enumerate(zip(plays, pool.map(lambda p: play(*p), plays)), 1):
            print("%s %d - %s %s" % ("ok" if good else "not ok", n, case,
                                     "fails where " + FAULTS[fault] if fault else "passes with a right server"), flush=True)
            failed += not good
            if not good:
                print("\n".join("# " + line for line in said.splitlines()))
    print("1..%d" % len(plays))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
