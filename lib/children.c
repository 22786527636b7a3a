#include "children.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "fcgi_error.h"
#include "number.h"
#include "proc_file.h"

/* Who that is; 0 when it has gone. */
static pid_t
parent_of(pid_t pid)
{
	char text[256];
	const char *name_end;
	long parent;

	if (proc_file_read(pid, "stat", text, sizeof text) < 0)
		return 0;
	/* The name is whatever the process has chosen. */
	name_end = strrchr(text, ')');
	if (name_end == NULL || sscanf(name_end, ") %*c %ld", &parent) != 1)
		return 0;
	return (pid_t)parent;
}

static int
add(struct children *children, pid_t pid)
{
	pid_t *pids = array_grow(children->pids, children->count, sizeof *pids);

	if (pids == NULL)
		return -FCGI_E_SYSTEM;
	children->pids = pids;
	pids[children->count++] = pid;
	return 0;
}

int
children_list(struct children *children)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	pid_t self = getpid();
	long long pid;
	int r = 0, error;

	children_reset(children);
	if (dir == NULL)
		return -FCGI_E_SYSTEM;
	while (r == 0 && (entry = readdir(dir)) != NULL)
		if (number_parse(&pid, entry->d_name, 1, INT32_MAX) == NULL &&
		    parent_of((pid_t)pid) == self)
			r = add(children, (pid_t)pid);
	error = errno;
	closedir(dir);
	errno = error;
	return r;
}

int
children_has(const struct children *children, pid_t pid)
{
	size_t i;

	for (i = 0; i < children->count; i++)
		if (children->pids[i] == pid)
			return 1;
	return 0;
}

void
children_reset(struct children *children)
{
	free(children->pids);
	*children = (struct children){ 0 };
}
