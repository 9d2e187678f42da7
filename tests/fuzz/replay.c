/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c — a main for fuzz targets: every file of the folders named, cut at every length too when
 * it is short. */
#include <dirent.h>
#include <string.h>

#include "fuzz.h"

#define FILE_MAX (1 << 20)
#define CUT_MAX  2000

/* A copy of exactly the size, so that a sanitizer sees the byte behind it. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int replay_file(const char *path)
{
	static uint8_t data[FILE_MAX];
	FILE *file = fopen(path, "rb");
	if (!file)
		return 0;
	size_t size = fread(data, 1, sizeof(data), file);
	fclose(file);
	run(data, size);
	for (size_t cut = 0; cut < size && size <= CUT_MAX; cut++)
		run(data, cut);
	return 1;
}

static int replay_folder(const char *folder)
{
	char path[4096];
	int count = 0;
	DIR *dir = opendir(folder);
	if (!dir)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		count += replay_file(path);
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int count = 0;
	for (int i = 1; i < argc; i++)
		count += replay_folder(argv[i]);
	printf("%d files\n", count);
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
