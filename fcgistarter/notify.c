#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "text.h"

enum { STATUS_SIZE = 1024 };

static int
set_address(struct notify *notify, const char *name)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (len > sizeof notify->address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, name, len);
	if (name[0] == '@')
		notify->address.sun_path[0] = '\0';
	/* An abstract name has no terminator, and a path need not have one. */
	notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	memcpy(notify->socket, name, len);
	return 0;
}

/* Returns the descriptor to tell, or -1. */
static int
take_ready_fd(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	if ((flags & O_ACCMODE) == O_RDONLY) {
		errno = EBADF;
		return -1;
	}
	/* It will be closed, and what is opened next must not take the place of a standard one. */
	if (fd <= STDERR_FILENO)
		return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : fd;
}

int
notify_open(struct notify *notify, int ready_fd, const char **why)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int r = 0;

	*notify = (struct notify){ .fd = -1, .ready_fd = -1 };
	*why = notify->text;
	if (name != NULL) {
		if (set_address(notify, name) == 0)
			notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (notify->fd < 0) {
			snprintf(notify->text, sizeof notify->text, "NOTIFY_SOCKET %.120s: %s",
			    name, strerror(errno));
			r = -FCGI_E_SYSTEM;
		}
		unsetenv("NOTIFY_SOCKET");
	}
	if (ready_fd >= 0) {
		notify->ready_fd = take_ready_fd(ready_fd);
		if (notify->ready_fd < 0) {
			snprintf(notify->text, sizeof notify->text, "--notify-fd %d: %s", ready_fd,
			    strerror(errno));
			r = -FCGI_E_SYSTEM;
		}
	}
	return r;
}

void
notify_reset(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	if (notify->ready_fd >= 0)
		close(notify->ready_fd);
	notify->fd = -1;
	notify->ready_fd = -1;
}

/* By name each time: the other side may have opened its socket anew. */
static int
tell(const struct notify *notify, const char *message)
{
	if (notify->fd < 0)
		return 0;
	return sendto(notify->fd, message, strlen(message), MSG_NOSIGNAL,
		   (const struct sockaddr *)&notify->address, notify->address_len) < 0
	    ? -FCGI_E_SYSTEM
	    : 0;
}

static int
tell_ready_fd(struct notify *notify)
{
	struct pollfd writable = { .fd = notify->ready_fd, .events = POLLOUT };
	ssize_t written;
	int saved;

	if (notify->ready_fd < 0)
		return 0;
	if (poll(&writable, 1, 0) == 0) {
		errno = EAGAIN;
		return -FCGI_E_SYSTEM;
	}
	written = write(notify->ready_fd, "\n", 1);
	saved = errno;
	close(notify->ready_fd);
	notify->ready_fd = -1;
	errno = saved;
	return written < 0 ? -FCGI_E_SYSTEM : 0;
}

int
notify_ready(struct notify *notify, const char *status)
{
	char message[STATUS_SIZE + 64];
	int len, r;

	len = snprintf(message, sizeof message, "READY=1\nMAINPID=%ld\nSTATUS=", (long)getpid());
	(void)text_escape(message + len, STATUS_SIZE, status, strlen(status), 0);
	r = tell(notify, message);
	return tell_ready_fd(notify) < 0 ? -FCGI_E_SYSTEM : r;
}

int
notify_reloading(struct notify *notify)
{
	char message[128];

	/* systemd tells by it which of its own reloads is meant. */
	snprintf(message, sizeof message, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    clock_now_ns() / 1000);
	return tell(notify, message);
}

int
notify_stopping(struct notify *notify)
{
	return tell(notify, "STOPPING=1");
}

int
notify_status(struct notify *notify, const char *format, ...)
{
	char message[STATUS_SIZE + 8] = "STATUS=", status[STATUS_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(status, sizeof status, format, arguments);
	va_end(arguments);
	(void)text_escape(message + 7, STATUS_SIZE, status, strlen(status), 0);
	return tell(notify, message);
}

int
notify_mainpid(struct notify *notify, pid_t pid)
{
	char message[64];

	snprintf(message, sizeof message, "MAINPID=%ld", (long)pid);
	return tell(notify, message);
}
