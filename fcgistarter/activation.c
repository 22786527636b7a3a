#include "activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bsd/stdlib.h>

enum { LISTEN_FDS_START = 3 };

static int __attribute__((format(printf, 2, 3)))
refuse(struct activation *activation, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(activation->text, sizeof activation->text, format, arguments);
	va_end(arguments);
	activation->count = 0;
	return -1;
}

static const char *
type_name(int type)
{
	return type == SOCK_DGRAM ? "a datagram socket" :
	    type == SOCK_SEQPACKET ? "a sequential packet socket" : "a socket of another kind";
}

static int
get_option(int fd, int option)
{
	int value = 0;
	socklen_t len = sizeof value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0 ? -1 : value;
}

/* What keeps a descriptor from being a listener's, NULL if it is one. */
static const char *
find_fault(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	int type = get_option(fd, SO_TYPE);

	if (type < 0)
		return errno == ENOTSOCK ? "not a socket" :
		    errno == EBADF ? "not open" : strerror(errno);
	if (type != SOCK_STREAM)
		return type_name(type);
	if (get_option(fd, SO_ACCEPTCONN) > 0)
		return NULL;
	return getpeername(fd, (struct sockaddr *)&peer, &len) == 0
	    ? "a connection, not a listening socket (Accept=yes?)"
	    : "a socket that does not listen";
}

static int
take(struct activation *activation, const char *origin, int first_fd, int count)
{
	const char *fault;
	int fd;

	for (fd = first_fd; fd < first_fd + count; fd++) {
		fault = find_fault(fd);
		if (fault == NULL && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			fault = strerror(errno);
		if (fault != NULL)
			return refuse(activation, "%s: descriptor %d is %s", origin, fd, fault);
	}
	activation->origin = origin;
	activation->first_fd = first_fd;
	activation->count = count;
	return count;
}

/* Returns how many descriptors the environment promises us, or -1 with a text. */
static int
count_promised(struct activation *activation)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	const char *fault = NULL;
	long long count;

	/* Of another process than this one: they are inherited, and mean nothing here. */
	if (pid == NULL || fds == NULL || strtonum(pid, 1, INT32_MAX, &fault) != getpid())
		return 0;
	count = strtonum(fds, 0, INT16_MAX, &fault);
	if (fault != NULL)
		return refuse(activation, "LISTEN_FDS: not a number of descriptors");
	return (int)count;
}

int
activation_find(struct activation *activation, int fd_option, const char **why)
{
	static const char *const variables[] = { "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
		"LISTEN_PIDFDID" };
	int promised;
	size_t i;

	*activation = (struct activation){ .first_fd = -1 };
	*why = activation->text;
	promised = count_promised(activation);
	for (i = 0; i < sizeof variables / sizeof *variables; i++)
		unsetenv(variables[i]);
	if (fd_option >= 0)
		return take(activation, "--fd", fd_option, 1);
	if (promised != 0)
		return promised < 0 ? -1
				    : take(activation, "LISTEN_FDS", LISTEN_FDS_START, promised);
	/* Nobody has said that it is a socket: anything else there is nothing to complain about. */
	if (find_fault(STDIN_FILENO) == NULL)
		return take(activation, "standard input", STDIN_FILENO, 1);
	return 0;
}
