# SPDX-License-Identifier: Apache-2.0
"""Options, what they print, exit codes."""

from harness import Case, PORTAVOZCTL, main


class CommandLine(Case):
    def expect(self, code, *arguments, program=None):
        result = self.run_it(*arguments, **({"program": program} if program else {}))
        self.assertEqual(result.returncode, code, result)
        return result

    def test_version_and_help(self):
        self.assertRegex(self.expect(0, "--version").stdout, r"^portavoz \d+\.\d+\.\d+\n$")
        text = self.expect(0, "--help").stdout
        for option in ("--config", "--check", "--explain", "--print-defaults", "--pidfile", "SIGHUP"):
            self.assertIn(option, text)

    def test_bad_usage(self):
        self.assertIn("did you mean --check?", self.expect(2, "--chekc").stderr)
        self.assertIn("unknown option -x", self.expect(2, "-x").stderr)
        self.assertIn("needs a value", self.expect(2, "-c").stderr)
        self.assertIn("not an option", self.expect(2, "-c", "x", "more").stderr)
        self.assertIn("-c FILE", self.expect(2).stderr)
        self.assertIn("-c FILE", self.expect(2, "--check").stderr)

    def test_explain(self):
        self.assertIn("500ms", self.expect(0, "--explain", "timers.t1").stdout)
        self.assertIn("applied by a reload", self.expect(0, "--explain", "log.level").stdout)
        self.assertIn('the nearest is "timers.t1"', self.expect(2, "--explain", "timers.t7").stdout)

    def test_printed_defaults_pass_the_check(self):
        text = self.expect(0, "--print-defaults").stdout
        result = self.expect(0, "--check", "-c", self.write("defaults.conf", text))
        self.assertIn("good (0 warnings)", result.stdout)

    def test_folder_of_recordings_is_tried(self):
        config = 'domain = "example.test"; users = ( { name = "a"; password = "x"; } ); media = { relay = "always"; };\n' \
                 'groups = ( { name = "ops"; members = [ "a" ]; record = "%s"; } );\n'
        good = self.expect(0, "--check", "-c", self.write("good.conf", config % self.path("talks")))
        self.assertNotIn("groups[].record", good.stderr)
        for folder in (self.path("nowhere/talks"), self.write("file", "")):
            said = self.expect(0, "--check", "-c", self.write("bad.conf", config % folder)).stderr
            self.assertRegex(said, r"bad\.conf:2: .*groups\[\]\.record: .*cannot be written to: .*not be recorded")

    def test_ctl(self):
        self.assertIn("registrations [USER]", self.expect(0, "--help", program=PORTAVOZCTL).stdout)
        self.assertRegex(self.expect(0, "--version", program=PORTAVOZCTL).stdout, r"^portavozctl \d")
        self.expect(2, program=PORTAVOZCTL)
        self.assertIn("is no option", self.expect(2, "--xyz", program=PORTAVOZCTL).stderr)
        self.expect(3, "--socket", self.path("absent.sock"), "status", program=PORTAVOZCTL)


main()
