#include "listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "fcgi_error.h"

/* Connections inherit it.  An answer is one write, but what follows it must not wait. */
static void
dont_delay(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int
listener_open(struct listener *listener, const struct addr *addr,
    const struct addr_listen_options *options, char *failed, int *gai)
{
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	int i, count, r = -FCGI_E_SYSTEM;

	addr_format(failed, ADDR_TEXT_MAX, addr);
	count = addr_resolve(addr, 1, sockets, gai);
	if (count < 0)
		return count;
	for (i = 0; i < count; i++) {
		addr_format_socket(failed, ADDR_TEXT_MAX, &sockets[i]);
		r = addr_listen(&sockets[i], options, &listener->file);
		if (r >= 0)
			break;
	}
	if (r < 0)
		return r;
	listener->fd = r;
	listener->own = 1;
	if (addr->kind == ADDR_INET)
		dont_delay(r);
	listener->addr = *addr;
	listener->has_file = addr->kind == ADDR_UNIX;
	return 0;
}

static int
is_tcp(int fd)
{
	int protocol = 0;
	socklen_t len = sizeof protocol;

	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 &&
	    protocol == IPPROTO_TCP;
}

int
listener_inherit(struct listener *listener, int fd)
{
	int listens = 0;
	socklen_t len = sizeof listens;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0)
		return -FCGI_E_SYSTEM;
	if (!listens) {
		errno = EINVAL;
		return -FCGI_E_SYSTEM;
	}
	listener->fd = fd;
	listener->own = 0;
	/* The socket is not ours to change, so each connection is. */
	listener->delays = is_tcp(fd);
	return 0;
}

char *
listener_format(const struct listener *listener, char *dst, size_t size)
{
	struct addr_socket socket = { .len = sizeof socket.sa };

	/* The kernel knows a file that was moved into place by its first name. */
	if (listener->own && listener->addr.kind != ADDR_INET)
		return addr_format(dst, size, &listener->addr);
	if (getsockname(listener->fd, (struct sockaddr *)&socket.sa, &socket.len) < 0)
		socket = (struct addr_socket){ .len = 0 };
	return addr_format_socket(dst, size, &socket);
}

void
listener_withdraw(struct listener *listener)
{
	/* Once alone: the next file in its place may get the same inode. */
	if (listener->has_file)
		(void)addr_file_unlink(&listener->file, listener->addr.name);
	listener->has_file = 0;
}

void
listener_close(struct listener *listener)
{
	if (listener->fd < 0)
		return;
	listener_withdraw(listener);
	close(listener->fd);
	listener->fd = -1;
}
