/*
 * The file of process ids.  It is made aside before anything is started, so that a path that cannot
 * be written is found out in time, and appears whole.
 */
#ifndef FCGISTARTER_PID_FILE_H
#define FCGISTARTER_PID_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct pid_file {
	const char *path;	/* the caller's; NULL: there is none, and all calls do nothing */
	char *aside;
	int fd;
};

/*
 * Makes the file aside.
 * path: NULL for none.
 * Returns 0, or -FCGI_E_SYSTEM with errno (EEXIST: what is there is not a regular file).
 */
int pid_file_open(struct pid_file *file, const char *path);

/* Writes the ids, one a line, and gives the file its name.  Returns 0 or -FCGI_E_SYSTEM. */
int pid_file_commit(struct pid_file *file, const pid_t *pids, size_t count);

/* Removes what is still aside and gives back all it holds. */
void pid_file_reset(struct pid_file *file);

#endif
