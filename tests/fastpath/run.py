#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py BINARY FEATURE: starts the built server between phones in namespaces for one feature, tests it, prints TAP. Also
--list and --check NAME... (lib/runner.py)."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

import runner
import control, counted, exact, hijack, life, links, moves, stack  # noqa: E401,F401

if __name__ == "__main__":
    sys.exit(runner.main(sys.argv[1:]))
