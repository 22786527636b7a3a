#include "absolute.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
absolute_path(const char *path)
{
	char directory[PATH_MAX], *absolute;

	if (path[0] == '/')
		return strdup(path);
	if (getcwd(directory, sizeof directory) == NULL)
		return NULL;
	while (strncmp(path, "./", 2) == 0)
		path += 1 + strspn(path + 1, "/");
	return asprintf(&absolute, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, path) < 0
	    ? NULL : absolute;
}
