# SPDX-License-Identifier: Apache-2.0
"""runner: starts the built server for one feature, tests it, prints TAP; the main of each folder of features.

  run.py BINARY FEATURE     tests one (or several, one after the other)
  run.py --list             the names of all features
  run.py --check NAME...    fails unless the names are all features (the list in meson.build is whole)
"""
import sys
import traceback

import feature as f
from server import Server


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
    if len(arguments) < 2 or any(n not in f.FEATURES for n in arguments[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    return max(run_one(arguments[0], name) for name in arguments[1:])
