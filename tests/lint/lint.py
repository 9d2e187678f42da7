#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lint.py CHECK [ARGUMENT...]: rules of the source tree that no compiler knows. Prints TAP.

  floors              an #include goes to its own floor or to one below (src/README.md)
  first-line          a source begins with its licence line, then a sentence that says what it is for
  words               no words of unfinished work, no path or host of one machine
  allocation          malloc and its kin only in the files of allocating.txt, each with its reason
  preprocessor        no #if within a function
  headers COMPILER... every header compiles alone
  format              the layout is clang-format's
"""
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Floor -> the floors that it may include besides itself; <portavoz/...> is open to all of them.
NET = {"base", "sip", "runtime"}
TRANSACTION = NET | {"net"}
SERVICES = TRANSACTION | {"transaction"}
CALL = SERVICES | {"dialog", "sdp", "rtp", "codec", "media"}
PROXY = CALL | {"registry", "auth", "call"}
APP = PROXY | {"proxy", "store", "sound", "record"}
FLOORS = {
    "base": set(), "sip": {"base"}, "sdp": {"base"}, "rtp": {"base"}, "codec": {"base"}, "floor": {"base"},
    "sound": {"base", "codec", "rtp"}, "record": {"base", "codec", "sound"}, "conf": {"base"},
    "runtime": {"base", "sip"}, "net": NET, "transaction": TRANSACTION,
    "registry": SERVICES, "auth": SERVICES, "dialog": SERVICES,
    "call": CALL, "proxy": PROXY,
    "media": {"base", "sdp", "rtp", "codec", "sound", "floor", "record", "runtime"},
    "store": {"base", "runtime", "registry"},
    "app": APP, "admin": APP | {"app", "conf"}, "daemon": APP | {"app", "admin", "conf", "ctl"},
    "ctl": {"base", "conf", "admin"},
}
# What only some floors may see of the outside.
OUTSIDE = {
    "event2/": {"runtime", "net", "admin", "daemon"},
    "openssl/": {"auth", "base", "net", "media"},
    "libconfig.h": {"conf"},
    "ares.h": {"net"},
    "systemd/": {"base", "daemon"},
    "opus": {"codec"},
    "spandsp": {"codec"},
    "speex": {"codec"},
    "bpf/": {"media", "net"},
}
ALLOCATE = re.compile(r"\b(malloc|calloc|realloc|reallocarray|strdup|strndup|asprintf|vasprintf|aligned_alloc|"
                      r"posix_memalign)\s*\(")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|not implem" r"ented|unimplem" r"ented|st" r"ub)\b")
PRIVATE = re.compile(r"(?<![\w.])/(work|root|home/\w+|tmp/(ref|wt))/|"
                     r"\b(registry\.npm" r"js|deb\.deb" r"ian|pypi\.or" r"g|pythonhos" r"ted|crates\.i" r"o|proxy\.gola" r"ng)\b")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def files(*ends, folders=("src", "include")):
    """Paths under version control, or all of them where there is no git."""
    try:
        out = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", *folders],
                             capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        out = [os.path.relpath(os.path.join(d, f), ROOT)
               for folder in folders for d, _, fs in os.walk(os.path.join(ROOT, folder)) for f in fs]
    return sorted(f for f in out if f.endswith(ends) and os.path.isfile(os.path.join(ROOT, f)))


def text(path):
    with open(os.path.join(ROOT, path), errors="replace") as f:
        return f.read()


def code(path):
    """The text with comments and strings blanked, line numbers kept."""
    return COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text(path))


def floor_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check_floors():
    for path in files(".c", ".h"):
        floor = floor_of(path)
        for number, line in enumerate(text(path).splitlines(), 1):
            m = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
            if not m:
                continue
            quote, target = m.groups()
            where = "%s:%d includes %s" % (path, number, target)
            if path.startswith("include/"):
                if quote == '"' or any(target.startswith(o) for o in OUTSIDE):
                    yield where + ": a public header sees the C library and its own kind only"
                continue
            for outside, allowed in OUTSIDE.items():
                if target.startswith(outside) and floor not in allowed:
                    yield where + ": only %s may" % ", ".join(sorted(allowed))
            if quote == '"':
                other = target.split("/")[0]
                if "/" not in target and floor and target.startswith(floor + "_") and \
                        not os.path.exists(os.path.join(ROOT, os.path.dirname(path), target)):
                    continue                            # made by the build
                if "/" not in target:
                    yield where + ": write the floor, too"
                elif floor not in FLOORS or other not in FLOORS:
                    yield where + ": a floor that lint.py does not know"
                elif other != floor and other not in FLOORS[floor]:
                    yield where + ": up or sideways"
                elif floor == other == "app" and path.count("/") > 2 and target.count("/") > 1 \
                        and target.split("/")[1] != path.split("/")[2]:
                    yield where + ": applications never include one another"


def check_first_line():
    for path in files(".c", ".h", folders=("src", "include", "tests")):
        lines = text(path).split("\n", 2)
        if lines[0] != "/* SPDX-License-Identifier: Apache-2.0 */":
            yield path + ": the first line is not the licence line"
        elif len(lines) < 2 or not lines[1].startswith("/* ") or len(lines[1]) < 20:
            yield path + ": the second line does not say what the file is for"
    for path in files("", folders=("tools", ".ci", "tests", "bench")):
        start = text(path)[:200]
        if (start.startswith("#!") or path.endswith(".py")) and "SPDX-License-Identifier: " not in start:
            yield path + ": a script without a licence line"


def check_words():
    for path in files(".c", ".h", folders=("src", "include")):
        for number, line in enumerate(text(path).splitlines(), 1):
            if UNFINISHED.search(line):
                yield "%s:%d: %s" % (path, number, line.strip())
    for path in files("", folders=(".",)):
        if path.startswith("subprojects/"):
            continue
        for number, line in enumerate(text(path).splitlines(), 1):
            if PRIVATE.search(line):
                yield "%s:%d: %s" % (path, number, line.strip()[:120])


def check_allocation():
    allowed = {}
    for line in text("tests/lint/allocating.txt").splitlines():
        if line and not line.startswith("#"):
            path, _, reason = line.partition(" ")
            allowed[path] = reason.strip()
            if not allowed[path]:
                yield path + ": allocating.txt gives no reason"
    found = {p for p in files(".c", ".h") if ALLOCATE.search(code(p))}
    for path in sorted(found):
        if not any(fnmatch.fnmatch(path, pattern) for pattern in allowed):
            yield path + ": allocates, and is not in tests/lint/allocating.txt"
    for pattern in sorted(allowed):
        if "*" not in pattern and pattern not in found:
            yield pattern + ": is in tests/lint/allocating.txt and allocates nothing"


def check_preprocessor():
    for path in files(".c"):
        depth, inside = 0, False
        for number, line in enumerate(code(path).splitlines(), 1):
            if re.match(r"\s*#\s*(if|ifdef|ifndef)\b", line) and depth > 0 and inside:
                yield "%s:%d: %s" % (path, number, line.strip())
            if not line.startswith("#"):
                if depth == 0 and line.strip() == "{":
                    inside = True                       # a function's brace stands alone (Linux layout)
                depth += line.count("{") - line.count("}")
                inside = inside and depth > 0


def check_headers(*compiler):
    with tempfile.TemporaryDirectory() as folder:
        def one(path):
            unit = os.path.join(folder, path.replace("/", "_") + ".c")
            with open(unit, "w") as f:
                f.write('#include "%s"\n#include "%s"\n' % ((os.path.join(ROOT, path),) * 2))
            r = subprocess.run([*compiler, "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                                "-Wno-unused-parameter", "-Wno-missing-field-initializers", "-fsyntax-only",
                                "-I", os.path.join(ROOT, "src"), "-I", os.path.join(ROOT, "include"), unit],
                               capture_output=True, text=True)
            return path + ":\n" + r.stderr if r.returncode else None
        # Tables that are included several times have no guard and are no headers.
        headers = [p for p in files(".h") if "No include guard" not in text(p)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from filter(None, pool.map(one, headers))


def check_format():
    tool = shutil.which("clang-format")
    if not tool:
        print("ok 1 - format # SKIP no clang-format\n1..1")
        sys.exit(0)
    r = subprocess.run([tool, "--dry-run", "--Werror", *files(".c", ".h", folders=("src", "include", "tests"))],
                       cwd=ROOT, capture_output=True, text=True)
    bad = sorted(set(re.findall(r"^(?:\./)?([^:\s]+\.[ch]):\d+", r.stderr, re.M)))
    yield from (path + ": tools/format lays it out anew" for path in bad)
    if r.returncode and not bad:
        yield r.stderr[:2000]


def main(arguments):
    if not arguments or "check_" + arguments[0].replace("-", "_") not in globals():
        print(__doc__, file=sys.stderr)
        return 2
    problems = list(globals()["check_" + arguments[0].replace("-", "_")](*arguments[1:]))
    for problem in problems:
        print("# " + problem.replace("\n", "\n# "))
    print("%s 1 - %s\n1..1" % ("not ok" if problems else "ok", arguments[0]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
