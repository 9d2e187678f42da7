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

    def test_bad_file_does_not_start(self):
        result = self.run_it("-c", self.config("wrkers = 1;"))
        self.assertEqual(result.returncode, 1)
        self.assertIn('the nearest is "workers"', result.stderr)
        result = self.run_it("-d", "-c", self.config("wrkers = 1;"))
        self.assertEqual(result.returncode, 1)


main()
