/* SPDX-License-Identifier: Apache-2.0 */
/* pidfile.c — the file that holds our process number, locked while we live. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/background.h"

int pidfile_take(const char *path)
{
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (file < 0)
		return -errno;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(file, F_SETLK, &lock) < 0) {
		int error = errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;
		close(file);
		return error;
	}
	char text[24];
	int length = snprintf(text, sizeof text, "%d\n", (int)getpid());
	if (ftruncate(file, 0) < 0 || write(file, text, (size_t)length) != length) {
		int error = errno ? -errno : -EIO;
		close(file);
		return error;
	}
	return file;
}

void pidfile_give(const char *path, int file)
{
	if (file < 0)
		return;
	/* Where run_as may not remove it (its folder is root's) it is left empty: the number may be
	 * another process's tomorrow. */
	if (unlink(path) < 0 && ftruncate(file, 0) < 0) {
		/* and nobody to tell: the log has ended */
	}
	close(file);
}
