# SPDX-License-Identifier: Apache-2.0
"""Start, background, pid file, signals, stop, and the resources that may be missing."""

import os
import signal
import socket
import unittest

from harness import Case, free_port, is_alive, main, wait_for


class Life(Case):
    def test_stop(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.start(self.config())
            self.assertEqual(self.stop(process, number), 0)
            self.assertFalse(os.path.exists(self.path("control.sock")))

    def test_background(self):
        pidfile = self.path("portavoz.pid")
        config = self.config('log = { target = "portavoz.log"; };')
        arguments = ("-d", "--pidfile", pidfile, "-c", config)
        result = self.run_it(*arguments)
        self.assertEqual(result.returncode, 0, result)
        with open(pidfile) as file:
            pid = int(file.read())
        self.background.append(pid)
        self.assertTrue(is_alive(pid))
        self.assertEqual(self.ctl("version").returncode, 0)
        second = self.run_it(*arguments)
        self.assertEqual(second.returncode, 3)
        self.assertIn("another one is running", second.stderr)
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not is_alive(pid), "the daemon's end")
        self.assertFalse(os.path.exists(pidfile))
        with open(self.path("portavoz.log")) as file:
            self.assertIn("started", file.read())

    def test_stale_pidfile_and_socket(self):
        process = self.start(self.config())
        process.kill()
        process.wait()
        self.assertTrue(os.path.exists(self.path("control.sock")))
        process = self.start(self.config())
        self.assertEqual(self.stop(process), 0)

    def test_control_socket_taken(self):
        self.start(self.config())
        self.port = free_port()
        result = self.run_it("-c", self.config())
        self.assertEqual(result.returncode, 3)
        self.assertIn("another server listens there", result.stderr)

    def test_something_else_at_the_socket(self):
        self.write("control.sock", "precious")
        self.assertEqual(self.run_it("-c", self.config()).returncode, 3)
        with open(self.path("control.sock")) as file:
            self.assertEqual(file.read(), "precious")

    def test_port_in_use(self):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
            taken.bind(("127.0.0.1", self.port))
            taken.listen()
            result = self.run_it("-c", self.config())
        self.assertEqual(result.returncode, 3, result)
        self.assertIn(f"tcp:127.0.0.1:{self.port}", result.stderr)
        self.assertIn("in use", result.stderr)

    def test_unknown_user(self):
        result = self.run_it("-c", self.config('run_as = "nobody-of-that-name";'))
        self.assertEqual(result.returncode, 3)
        self.assertIn("no user", result.stderr)

    def test_log_that_cannot_be_opened(self):
        result = self.run_it("-c", self.config('log = { target = "/nonexistent/x.log"; };'))
        self.assertEqual(result.returncode, 3)
        self.assertIn("/nonexistent/x.log", result.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_becomes_another_user(self):
        os.chmod(self.folder, 0o777)
        process = self.start(self.config('run_as = "nobody";'))
        with open(f"/proc/{process.pid}/status") as file:
            uids = [line for line in file if line.startswith("Uid:")][0].split()[1:]
        self.assertEqual(set(uids), {uids[0]})
        self.assertNotEqual(uids[0], "0")
        self.assertEqual(self.stop(process), 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_another_user_in_a_folder_of_root(self):
        os.chmod(self.folder, 0o755)
        pidfile = self.path("portavoz.pid")
        config = self.config('run_as = "nobody"; log = { target = "portavoz.log"; };')
        result = self.run_it("-d", "--pidfile", pidfile, "-c", config)
        self.assertEqual(result.returncode, 0, result)
        with open(pidfile) as file:
            pid = int(file.read())
        self.background.append(pid)
        os.rename(self.path("portavoz.log"), self.path("old.log"))
        os.kill(pid, signal.SIGUSR1)

        def old():
            with open(self.path("old.log")) as file:
                return file.read()
        wait_for(lambda: "log_not_reopened" in old(), "the complaint")
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not is_alive(pid), "the daemon's end")
        if os.path.exists(pidfile):
            self.assertEqual(os.path.getsize(pidfile), 0, "no process bears that number any more")

    def test_reload(self):
        process = self.start(self.config())
        self.config('log = { level = "debug"; };')
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.ctl_json("log", "level")["level"] == "debug", "the new level")
        self.config('run_as = "nobody-of-that-name";')
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reload_refused" in self.log(), "the refusal of a user")
        self.assertIn("no user or group", self.log())
        self.config('log = { level = "error"; };\nwrkers = 1;')
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.log().count("reload_refused") == 2, "the refusal")
        self.assertEqual(self.ctl_json("log", "level")["level"], "debug")
        self.assertIn('the nearest is \\"workers\\"', self.log())
        self.assertEqual(self.stop(process), 0)

    def test_reopen_log(self):
        process = self.start(self.config('log = { target = "portavoz.log"; };'))
        os.rename(self.path("portavoz.log"), self.path("old.log"))
        process.send_signal(signal.SIGUSR1)
        wait_for(lambda: os.path.exists(self.path("portavoz.log")), "the new log file")
        self.assertEqual(self.stop(process), 0)


main()
