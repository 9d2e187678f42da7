# SPDX-License-Identifier: Apache-2.0
"""feature: the list of features under test, and the few words that every test of one uses."""
import functools
import os
import subprocess

FEATURES = {}


def feature(*setups, **settings):
    """Marks a test of one feature: `settings` configure the server that it gets as its first argument.
    The feature's name is the function's with dashes. `server=False`: it starts the binary by itself."""
    def mark(function):
        name = function.__name__.replace("_", "-").strip("-")
        assert name not in FEATURES, "two tests of " + name
        FEATURES[name] = (function, settings)
        return function
    return mark(setups[0]) if setups else mark


MODES = ("proxy", "b2bua")


def in_both_modes(calls="", **settings):
    """Marks a test of one feature in each calls.mode: NAME for "proxy", NAME-b2bua for "b2bua". `calls` are more keys
    of that group. The test gets the server and the mode."""
    def mark(function):
        for mode in MODES:
            name = function.__name__.replace("_", "-").strip("-") + ("" if mode == "proxy" else "-" + mode)
            assert name not in FEATURES, "two tests of " + name
            FEATURES[name] = (functools.partial(function, mode=mode),
                              dict(settings, calls='{ mode = "%s"; %s }' % (mode, calls)))
        return function
    return mark


class Skip(Exception):
    """Raised by a test that cannot run here; the text says what is missing."""


def ok(condition, text):
    """One assertion, one line of the report."""
    assert condition, text
    report(True, text)


_count = [0]


def report(good, text):
    _count[0] += 1
    print("%s %d - %s" % ("ok" if good else "not ok", _count[0], text), flush=True)


def restart():
    _count[0] = 0


def lines():
    return _count[0]


def run(command, timeout=20, **kw):
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, **kw)


def ctl(server, *words):
    """Asks the running server through portavozctl; returns the finished process."""
    tool = os.environ.get("PORTAVOZCTL") or os.path.join(os.path.dirname(server.binary), "..", "ctl", "portavozctl")
    return run([tool, "--socket", os.path.join(server.folder, "control.sock"), *words])
