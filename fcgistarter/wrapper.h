/* An application that another program starts: --wrapper, called as suexec(8) is. */
#ifndef FCGISTARTER_WRAPPER_H
#define FCGISTARTER_WRAPPER_H

/* For struct spawn.  Zero-filled is none; wrapper_reset() gives back what it holds. */
struct wrapper {
	char **argv;		/* wrapper, user, group, base name, arguments; the strings are the
				   caller's */
	char *directory;	/* that of the application: where the base name is looked for */
};

/*
 * path: of the wrapper, absolute.  user, group: as struct identity has them.
 * program: of the application, absolute.  argv: its words, argv[0] not being used.
 * Returns 0, or -1 when memory is short.
 */
int wrapper_init(struct wrapper *wrapper, const char *path, const char *user, const char *group,
    const char *program, char *const *argv);

void wrapper_reset(struct wrapper *wrapper);

#endif
