# SPDX-License-Identifier: Apache-2.0
"""--check: every mistake with file, line and nearest key; a bad file does not start either."""

from harness import Case, main


class Check(Case):
    def check(self, path):
        return self.run_it("--check", "-c", path)

    def test_good(self):
        result = self.check(self.config())
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("good (0 warnings)", result.stdout)
        self.assertEqual(result.stderr, "")

    def test_every_mistake(self):
        path = self.write("bad.conf", 'domian = "x";\nworkers = "two";\nlog = { level = "wraning"; };\n'
                                      'listen = [ "tls:0.0.0.0:5061" ];\n')
        self.write("conf.d/10.conf", "\nlimits = { forsk = 3; };\n")
        result = self.check(path)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f'{path}:1: error: unknown key "domian"; the nearest is "domain"', result.stderr)
        self.assertIn(f"{path}:2: error: workers: expected an integer, found a string", result.stderr)
        self.assertIn(f'{path}:3: error: log.level: no word "wraning"; did you mean "warning"?', result.stderr)
        self.assertIn(f"{path}:4: error: listen", result.stderr)
        self.assertIn(self.path("conf.d/10.conf") + ':2: error: unknown key "limits.forsk"; the nearest is '
                      '"limits.forks"', result.stderr)
        self.assertIn("5 errors", result.stderr)

    def test_unreadable(self):
        result = self.check(self.path("absent.conf"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("No such file", result.stderr)

    def test_users_file(self):
        self.write("users.csv", "name,password\ncarol,c\n")
        self.assertEqual(self.check(self.config('users_file = "users.csv";')).returncode, 0)
        self.write("users.csv", "name,password\ncarol\n")
        result = self.check(self.config('users_file = "users.csv";'))
        self.assertEqual(result.returncode, 1, result)
        self.assertIn("users.csv:2", result.stderr)
        result = self.check(self.config('users_file = "absent.csv";'))
        self.assertEqual(result.returncode, 1, result)
        self.assertIn("absent.csv", result.stderr)

    def test_run_as(self):
        self.assertEqual(self.check(self.config('run_as = "nobody";')).returncode, 0)
        for name in ("nobody-of-that-name", "nobody:no-group-of-that-name"):
            path = self.config(f'\nrun_as = "{name}";')
            result = self.check(path)
            self.assertEqual(result.returncode, 1, result)
            with open(path) as file:
                line = [text.startswith("run_as") for text in file].index(True) + 1
            self.assertIn(f'{path}:{line}: error: run_as: no user or group "{name}"', result.stderr)

    def test_mistakes_between_keys(self):
        path = self.write("portavoz.conf", 'users = (\n  { name = "a"; ha1_md5 = "0123456789abcdef0123456789abcdef"; },\n'
                                           '  { name = "b"; ha1_sha256 = "' + 64 * "0" + '"; } );\n')
        self.write("conf.d/timers.conf", '\n\ntimers = { t1 = "5s"; };\n')
        result = self.check(path)
        self.assertIn(self.path("conf.d/timers.conf") + ":3: error: timers.t1 is above timers.t2", result.stderr)
        self.write("conf.d/timers.conf", '\nauth = {\nalgorithms = [ "MD5", "SHA-256" ]; };\n')
        result = self.check(path)
        self.assertIn(self.path("conf.d/timers.conf") + ":3: error: no algorithm of auth.algorithms", result.stderr)
        self.write("conf.d/timers.conf", "")
        self.assertIn(path + ":1: error: no algorithm of auth.algorithms", self.check(path).stderr)

    def test_bad_file_does_not_start(self):
        result = self.run_it("-c", self.config("wrkers = 1;"))
        self.assertEqual(result.returncode, 1)
        self.assertIn('the nearest is "workers"', result.stderr)
        result = self.run_it("-d", "-c", self.config("wrkers = 1;"))
        self.assertEqual(result.returncode, 1)


main()
