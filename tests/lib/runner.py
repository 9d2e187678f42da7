# SPDX-License-Identifier: Apache-2.0
"""runner: starts the built server for one feature, tests it, prints TAP; the main of each folder of features.

  run.py BINARY FEATURE     tests one (or several, one after the other)
  run.py BINARY --at-once N FEATURE...
                            N of them at any time, each in a process of its own, for those that wait more than they work
  run.py --list             the names of all features
  run.py --check NAME...    fails unless the names are all features (the list in meson.build is whole)
"""
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import traceback

import feature as f
from server import Server
from sip_ua import SLOW

LIMIT = 120                     # seconds of one of many


def run_one(binary, name):
    f.restart()
    function, settings = f.FEATURES[name]
    settings = dict(settings)
    try:
        if settings.pop("server", True):
            with Server(binary, **settings) as server:
                function(server)
            f.report(True, "the server stopped cleanly")
        else:
            function(binary)
    except f.Skip as reason:
        print("ok %d - %s # SKIP %s" % (f.lines() + 1, name, reason))
        print("1..%d" % (f.lines() + 1))
        return 0
    except Exception as problem:
        f.report(False, name)
        for line in (traceback.format_exc() + "\n" + str(problem)).splitlines():
            print("# " + line)
        print("1..%d" % f.lines())
        return 1
    print("1..%d" % f.lines())
    return 0


def played(binary, name):
    """One of many, in a session of its own: what it said, and whether it was good."""
    process = subprocess.Popen([sys.executable, sys.argv[0], binary, name], stdin=subprocess.DEVNULL, start_new_session=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        said = process.communicate(timeout=LIMIT * SLOW)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)                  # it, and the server that it started
        said = process.communicate()[0] + "# out of time\n"
    return said, process.returncode == 0


def run_many(binary, count, names):
    """A line of the report for each, what it said as remarks."""
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        for n, (name, (said, good)) in enumerate(zip(names, pool.map(lambda name: played(binary, name), names)), 1):
            skip = re.search(r"# SKIP .*", said)
            print("\n".join("# " + line for line in said.splitlines()))
            print("%s %d - %s%s" % ("ok" if good else "not ok", n, name, " " + skip.group() if skip else ""), flush=True)
            failed += not good
    print("1..%d" % len(names))
    return 1 if failed else 0


def main(arguments):
    if arguments[:1] == ["--list"]:
        print("\n".join(f.FEATURES))
        return 0
    if arguments[:1] == ["--check"]:
        listed, known = set(arguments[1:]), set(f.FEATURES)
        for name in sorted(known - listed):
            print("# no test() for the feature " + name)
        for name in sorted(listed - known):
            print("# a test() without a feature: " + name)
        f.report(listed == known, "every feature is in meson.build once")
        print("1..1")
        return 0 if listed == known else 1
    if arguments[1:2] == ["--at-once"] and len(arguments) > 3 and arguments[2].isdigit() and \
            all(n in f.FEATURES for n in arguments[3:]):
        return run_many(arguments[0], int(arguments[2]), arguments[3:])
    if len(arguments) < 2 or any(n not in f.FEATURES for n in arguments[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    return max(run_one(arguments[0], name) for name in arguments[1:])
