#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "queue.h"

/* Where a listener can be reached; one on every interface is on loopback too. */
static struct addr_socket
reachable(const struct listener *listener)
{
	struct addr_socket address = listener->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&listener->address.sa;
	struct sockaddr_in *in = (struct sockaddr_in *)&address.sa;
	in_port_t port;

	if (address.sa.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr)) {
		/* It takes IPv4 as well, and 127.0.0.1 is there where ::1 may not be. */
		port = in6->sin6_port;
		address = (struct addr_socket){ .len = sizeof *in };
		in->sin_family = AF_INET;
		in->sin_port = port;
	}
	if (address.sa.ss_family == AF_INET && in->sin_addr.s_addr == htonl(INADDR_ANY))
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static int
open_connection(struct probe *probe)
{
	struct addr_socket address = reachable(probe->listener);
	int in_progress;
	int fd = addr_connect(&address, &in_progress);

	/* Others fill the queue: there is room again when somebody accepts. */
	if (fd < 0)
		return errno == EAGAIN ? 0 : fd;
	probe->fd = fd;
	probe->state = in_progress ? PROBE_CONNECTING : PROBE_WAITING;
	return 0;
}

static int
finish_connection(struct probe *probe)
{
	struct pollfd ready = { .fd = probe->fd, .events = POLLOUT };

	if (poll(&ready, 1, 0) <= 0)
		return 0;
	if (addr_connected(probe->fd) == 0) {
		probe->state = PROBE_WAITING;
		return 0;
	}
	probe_close(probe);
	/* A full queue again, this time TCP's way. */
	return errno == ETIMEDOUT ? 0 : -FCGI_E_SYSTEM;
}

int
probe_step(struct probe *probe)
{
	int r = 0;

	if (probe->state == PROBE_IDLE)
		r = open_connection(probe);
	if (r == 0 && probe->state == PROBE_CONNECTING)
		r = finish_connection(probe);
	if (r == 0 && probe->state == PROBE_WAITING) {
		r = queue_holds(probe->listener->fd, probe->fd);
		if (r == 0)
			probe->state = PROBE_ACCEPTED;
	}
	if (r < 0)
		return r;
	return probe->state == PROBE_ACCEPTED;
}

void
probe_close(struct probe *probe)
{
	int saved = errno;

	if (probe->state != PROBE_IDLE)
		close(probe->fd);
	probe->state = PROBE_IDLE;
	errno = saved;
}
