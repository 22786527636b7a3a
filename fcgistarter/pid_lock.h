/*
 * The pid file of a supervisor: locked as long as it runs, so that a second one for the same pool is
 * refused, and removed at its end.
 */
#ifndef FCGISTARTER_PID_LOCK_H
#define FCGISTARTER_PID_LOCK_H

#include <sys/types.h>

/* fd -1: there is none, and all calls do nothing. */
struct pid_lock {
	char *path;	/* absolute */
	int fd;
};

/*
 * Opens and locks the file.
 * path: NULL for none.
 * holder: the pid of who holds it on EWOULDBLOCK, 0 if it cannot be told.
 * Returns 0, or -FCGI_E_SYSTEM with errno (EEXIST: what is there is not a regular file).
 */
int pid_lock_open(struct pid_lock *lock, const char *path, pid_t *holder);

/* The same with a descriptor that the program before us has locked. */
int pid_lock_adopt(struct pid_lock *lock, const char *path, int fd);

/* Writes our process id.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int pid_lock_write(struct pid_lock *lock);

/* Removes the file, if it is still the one we locked, and unlocks it. */
void pid_lock_remove(struct pid_lock *lock);

/* Closes it without removing it: in the process that goes while the daemon stays. */
void pid_lock_reset(struct pid_lock *lock);

#endif
