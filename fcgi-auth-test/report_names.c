#include "report_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- names of cases ------------------------------------------------------------------------ */

static int
is_among(char *const *names, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return 1;
	return 0;
}

static int
is_title(const struct result *results, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(results[i].title, name) == 0)
			return 1;
	return 0;
}

/* A name that neither those before have nor any case has by itself.  NULL: no memory. */
static char *
number(char *const *names, size_t index, const struct result *results, size_t count)
{
	const char *title = results[index].title;
	char *name = NULL;
	size_t n;

	for (n = 2;; n++) {
		if (asprintf(&name, "%s (%zu)", title, n) < 0)
			return NULL;
		if (!is_among(names, index, name) && !is_title(results, count, name))
			return name;
		free(name);
	}
}

char **
report_names(const struct result *results, size_t count)
{
	char **names = calloc(count + 1, sizeof *names);
	size_t i;

	for (i = 0; names != NULL && i < count; i++) {
		names[i] = is_among(names, i, results[i].title)
		    ? number(names, i, results, count)
		    : strdup(results[i].title);
		if (names[i] == NULL) {
			report_names_free(names, i);
			names = NULL;
		}
	}
	return names;
}

void
report_names_free(char **names, size_t count)
{
	size_t i;

	for (i = 0; names != NULL && i < count; i++)
		free(names[i]);
	free(names);
}

/* --- files of passwords -------------------------------------------------------------------- */

char *
report_password_file(const char *output, const char *path)
{
	const char *slash = output != NULL ? strrchr(output, '/') : NULL;
	char *folder, *whole = NULL;
	size_t len;

	if (slash == NULL || *path == '/')
		return strdup(path);
	len = (size_t)(slash - output) + 1;
	/* It lies beside the case file, or below it. */
	if (strncmp(path, output, len) == 0)
		return strdup(path + len);
	folder = getcwd(NULL, 0);
	if (folder == NULL)
		return NULL;
	if (asprintf(&whole, "%s/%s", folder, path) < 0)
		whole = NULL;
	free(folder);
	return whole;
}
