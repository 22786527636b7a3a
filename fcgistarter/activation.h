/* Listening sockets that whoever started us has opened: systemd, s6, a web server. */
#ifndef FCGISTARTER_ACTIVATION_H
#define FCGISTARTER_ACTIVATION_H

/* Descriptors in a row, from first_fd on. */
struct activation {
	int first_fd;
	int count;		/* 0: none; more than one only of LISTEN_FDS */
	const char *origin;	/* "--fd", "LISTEN_FDS" or "standard input"; NULL: none */
	char text[128];		/* private */
};

/*
 * Looks for listening stream sockets: fd_option when it is given; else those of LISTEN_FDS, when
 * LISTEN_PID names this process (sd_listen_fds(3)); else descriptor 0, when it is one.  Each
 * becomes close-on-exec.  LISTEN_FDS, LISTEN_PID and their like leave the environment in any case,
 * so call it before the instances' environment is made.
 * fd_option: of --fd; -1: not given.
 * *why: in words for a message, "LISTEN_FDS: descriptor 4 is not listening"; lives as long as
 * activation.
 * Returns the count, or -1 with *why set: what was handed to us cannot be used.
 */
int activation_find(struct activation *activation, int fd_option, const char **why);

#endif
