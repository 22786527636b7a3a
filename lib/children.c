#include "children.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "array.h"
#include "fcgi_error.h"
#include "process.h"

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
	struct processes all = { 0 };
	pid_t self = getpid();
	int r, error;
	size_t i;

	children_reset(children);
	r = processes_read(&all);
	error = errno;
	for (i = 0; i < all.count; i++)
		if (all.items[i].parent == self && add(children, all.items[i].pid) < 0) {
			r = -FCGI_E_SYSTEM;
			error = errno;
			break;
		}
	processes_reset(&all);
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
