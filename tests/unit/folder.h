/* A folder of a test's own, which is the working directory, and files in it. */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "must.h"

/* For cmocka_unit_test_setup_teardown(); the umask is 022 then. */
static inline int
folder_enter(void **state)
{
	char *folder = strdup("/tmp/fcgi-unit.XXXXXX");

	must(folder != NULL && mkdtemp(folder) != NULL && chdir(folder) == 0);
	*state = folder;
	umask(022);
	return 0;
}

static inline int
folder_leave(void **state)
{
	char command[64];

	must(chdir("/") == 0);
	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	must(system(command) == 0);
	free(*state);
	return 0;
}

#define FOLDER_TEST(function)                                                                      \
	cmocka_unit_test_setup_teardown(function, folder_enter, folder_leave)

/* The file holds exactly this, of less than 1 KiB. */
static inline void
folder_holds(const char *path, const char *expected)
{
	char text[1024];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

#endif
