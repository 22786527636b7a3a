/*
 * What the tests of spawn.h share: to start something, and to be refused.  Without assertions, so
 * that a child of a test may use it.
 */
#ifndef SPAWN_RUN_H
#define SPAWN_RUN_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "spawn.h"

/* Waits.  Returns the exit status, or 1000 + the signal. */
static inline int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Starts and waits.  Returns as above, or -1 after a message where nothing started. */
static inline int
run(const struct spawn *spawn)
{
	struct spawn_failure failure = { 0 };
	pid_t pid = spawn_start(spawn, &failure);

	if (pid >= 0)
		return wait_for(pid);
	fprintf(stderr, "cannot %s: %s\n", spawn_step_name(failure.step), strerror(failure.error));
	return -1;
}

static inline int
run_shell(struct spawn *spawn, const char *script)
{
	/* exec(3) leaves the words alone. */
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
		(char *)(uintptr_t)script, NULL };

	spawn->path = "/bin/sh";
	spawn->argv = argv;
	if (spawn->envp == NULL)
		spawn->envp = environ;
	return run(spawn);
}

/* 1 if the start fails in this step, for this reason, and leaves no process; else 0. */
static inline int
fails(const struct spawn *spawn, int step, int error)
{
	struct spawn_failure failure = { 0 };

	if (spawn_start(spawn, &failure) == -FCGI_E_SYSTEM && errno == error &&
	    failure.step == step && failure.error == error)
		return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
	fprintf(stderr, "cannot %s: %s\n", spawn_step_name(failure.step), strerror(failure.error));
	return 0;
}

/* In a child of the test, since what is changed cannot be changed back.  Returns as wait_for(). */
static inline int
in_child(int (*body)(void *data), void *data)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(body(data));
	return wait_for(pid);
}

#endif
