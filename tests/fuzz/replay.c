/*
 * Runs a fuzz target over its corpus and prints TAP, with any compiler and without libFuzzer.
 *
 *	NAME.tap [FILE ...]
 *
 * Without files it is the folder corpus/NAME of the source tree, which FCGI_SOURCE tells.
 */
#include <dirent.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/guard.h"
#include "../unit/must.h"
#include "target.h"

static int
is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The input ends at an unreadable page, as the unit tests' do. */
static void
replay(const char *path, int number)
{
	FILE *file = fopen(path, "rb");
	unsigned char *data, *input;
	long size;
	int r;

	if (file == NULL || fseek(file, 0, SEEK_END) < 0 || (size = ftell(file)) < 0) {
		printf("not ok %d - %s cannot be read\n", number, path);
		if (file != NULL)
			fclose(file);
		return;
	}
	rewind(file);
	data = malloc((size_t)size + 1);
	must(data != NULL && fread(data, 1, (size_t)size, file) == (size_t)size);
	fclose(file);
	input = guard_copy(data, (size_t)size);
	r = LLVMFuzzerTestOneInput(input, (size_t)size);
	printf("%s %d - %s%s\n", r == 0 ? "ok" : "not ok", number, path,
	    r == 0 ? "" : " says nothing");
	guard_free(input, (size_t)size);
	free(data);
}

static int
replay_folder(const char *folder)
{
	struct dirent **entries;
	char *path;
	int count, i;

	count = scandir(folder, &entries, is_file, alphasort);
	if (count <= 0) {
		printf("Bail out! %s holds no inputs\n", folder);
		return 1;
	}
	printf("1..%d\n", count);
	for (i = 0; i < count; i++) {
		path = malloc(strlen(folder) + strlen(entries[i]->d_name) + 2);
		must(path != NULL);
		sprintf(path, "%s/%s", folder, entries[i]->d_name);
		replay(path, i + 1);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *source = getenv("FCGI_SOURCE");
	char *name = basename(argv[0]), *folder;
	int i, r;

	/* What was passed is to be known when the next one dies. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1) {
		printf("1..%d\n", argc - 1);
		for (i = 1; i < argc; i++)
			replay(argv[i], i);
		return 0;
	}
	if (source == NULL) {
		printf("Bail out! FCGI_SOURCE is not set\n");
		return 1;
	}
	folder = malloc(strlen(source) + sizeof "/tests/fuzz/corpus/" + strlen(name));
	must(folder != NULL);
	sprintf(folder, "%s/tests/fuzz/corpus/%.*s", source, (int)strcspn(name, "."), name);
	r = replay_folder(folder);
	free(folder);
	return r;
}
