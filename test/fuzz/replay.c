/*
 * replay: runs a fuzzer's entry point over every file of its corpus, for
 * builds without libFuzzer.  Arguments are files or directories.  Each input
 * is also cut at every length up to 256 bytes and has every one of its first
 * 256 bytes inverted, so that a decoder sees truncation and corruption too.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	struct err e = {0};
	size_t len;
	auto_free char *text = file_read(path, 1 << 20, &len, &e);

	if (text == NULL) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	LLVMFuzzerTestOneInput((uint8_t *)text, len);
	for (size_t n = 0; n < len && n < 256; n++) {
		/* An exact allocation, so that a sanitizer sees every overrun. */
		uint8_t *cut = malloc(MAX(n, (size_t)1));

		if (cut == NULL)
			abort();
		memcpy(cut, text, n);
		LLVMFuzzerTestOneInput(cut, n);
		free(cut);
		text[n] = (char)~text[n];
		LLVMFuzzerTestOneInput((uint8_t *)text, len);
		text[n] = (char)~text[n];
	}
	return 0;
}

static int replay(const char *path, unsigned *count)
{
	struct dirent *d;
	DIR *dir = opendir(path);
	int bad = 0;

	if (dir == NULL) {
		++*count;
		return replay_file(path);
	}
	while ((d = readdir(dir)) != NULL) {
		char sub[4096];

		if (d->d_name[0] == '.')
			continue;
		if (!str_format(sub, sizeof(sub), "%s/%s", path, d->d_name))
			bad = 1;
		else
			bad |= replay(sub, count);
	}
	closedir(dir);
	return bad;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	int bad = argc < 2;

	for (int i = 1; i < argc; i++)
		bad |= replay(argv[i], &count);
	if (count == 0)
		bad = 1;
	printf("%sok - replay of %u inputs\n", bad ? "not " : "", count);
	return bad;
}
