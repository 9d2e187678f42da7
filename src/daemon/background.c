/* SPDX-License-Identifier: Apache-2.0 */
/* background.c — leaving the terminal: fork, wait until the child is ready, pass its exit code on.
 */
#include "daemon/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/options.h"

/* The child's end of the pipe; main thread only. */
static int ready_pipe = -1;

/* The child's word is one byte; when it died without a word its own exit code has to do. */
static int await_child(pid_t child, int from)
{
	unsigned char code;
	ssize_t got;
	do
		got = read(from, &code, 1);
	while (got < 0 && errno == EINTR);
	if (got == 1)
		return code;
	int status = 0;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return WEXITSTATUS(status);
	return EXIT_NO_RESOURCE;
}

int background_start(void)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t child = fork();
	if (child < 0) {
		int error = -errno;
		close(ends[0]);
		close(ends[1]);
		return error;
	}
	if (child > 0) {
		close(ends[1]);
		_exit(await_child(child, ends[0]));
	}
	close(ends[0]);
	ready_pipe = ends[1];
	setsid();
	return 0;
}

static void leave_terminal(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing < 0)
		return;
	for (int i = 0; i < 3; i++)
		dup2(nothing, i);
	if (nothing > 2)
		close(nothing);
	if (chdir("/") < 0)
		return;
}

void background_ready(int exit_code)
{
	if (ready_pipe < 0)
		return;
	unsigned char code = (unsigned char)exit_code;
	if (exit_code == EXIT_CLEAN)
		leave_terminal();
	while (write(ready_pipe, &code, 1) < 0 && errno == EINTR)
		;
	close(ready_pipe);
	ready_pipe = -1;
}
