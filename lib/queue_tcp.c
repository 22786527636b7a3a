#include "queue_tcp.h"

#include <netinet/tcp.h>
#include <string.h>

#include "fcgi_error.h"

static int
same_addr(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static int
is_any(const struct in6_addr *addr)
{
	static const struct in6_addr any_v4 = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	return IN6_IS_ADDR_UNSPECIFIED(addr) || same_addr(addr, &any_v4);
}

void
queue_tcp_end_set(struct queue_tcp_end *end, const struct addr_socket *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address->sa;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&address->sa;

	*end = (struct queue_tcp_end){ .family = address->sa.ss_family };
	if (end->family == AF_INET) {
		end->port = in->sin_port;
		end->addr.s6_addr[10] = end->addr.s6_addr[11] = 0xff;
		memcpy(end->addr.s6_addr + 12, &in->sin_addr, sizeof in->sin_addr);
	} else {
		end->port = in6->sin6_port;
		end->addr = in6->sin6_addr;
		end->device = in6->sin6_scope_id;
	}
	if (IN6_IS_ADDR_V4MAPPED(&end->addr))
		end->family = AF_INET;
	if (!is_any(&end->addr))
		return;
	if (end->family == AF_INET) {
		end->addr.s6_addr[12] = 127;
		end->addr.s6_addr[15] = 1;
	} else {
		end->addr = in6addr_loopback;
	}
}

/*
 * How well a listener fits a connection to that address, as the kernel weighs it; 0: not at all.
 * An IPv4 connection fits one of IPv6 that takes both.
 */
static int
fitness(const struct queue_tcp_listener *listener, const struct queue_tcp_end *to)
{
	const struct queue_tcp_end *at = &listener->at;
	int same_family = at->family == to->family;

	if (at->port != to->port)
		return 0;
	if (at->device != 0 && to->device != 0 && at->device != to->device)
		return 0;
	if (same_addr(&at->addr, &to->addr))
		return same_family ? 4 : 3;
	if (!is_any(&at->addr))
		return 0;
	if (same_family)
		return 2;
	return at->family == AF_INET6 && !listener->v6_only ? 1 : 0;
}

/* A figure of a group is the sum, where each of them has it. */
static void
add(int64_t *sum, int64_t one)
{
	*sum = *sum < 0 || one < 0 ? -1 : *sum + one;
}

static void
take_listener(struct queue_tcp *tcp, const struct queue_tcp_row *row)
{
	struct queue_tcp_listener *listener = tcp->listeners;
	struct queue_tcp_listener *end = listener + tcp->count;

	while (listener < end && (listener->at.family != row->here.family ||
	    listener->at.port != row->here.port || listener->at.device != row->here.device ||
	    listener->v6_only != row->v6_only || !same_addr(&listener->at.addr, &row->here.addr)))
		listener++;
	if (listener == end) {
		if (tcp->count == QUEUE_TCP_LISTENERS_MAX)
			return;
		tcp->count++;
		*listener = (struct queue_tcp_listener){ .at = row->here, .v6_only = row->v6_only };
	}
	listener->queue.inode = row->inode;
	add(&listener->queue.len, row->queue);
	add(&listener->queue.limit, row->limit);
	add(&listener->queue.drops, row->drops);
}

/* An accepted connection has its listener's family, and the address that it was made to. */
static void
take_connection(struct queue_tcp *tcp, const struct queue_tcp_row *row)
{
	struct queue_tcp_listener *best = NULL;
	int i, fit, best_fit = 0;

	for (i = 0; i < tcp->count; i++) {
		fit = tcp->listeners[i].at.family != row->here.family
		    ? 0
		    : fitness(&tcp->listeners[i], &row->here);
		if (fit > best_fit) {
			best_fit = fit;
			best = &tcp->listeners[i];
		}
	}
	if (best != NULL)
		best->queue.busy++;
}

void
queue_tcp_take(struct queue_tcp *tcp, const struct queue_tcp_row *row)
{
	if (row->state == TCP_LISTEN)
		take_listener(tcp, row);
	else if (row->accepted)
		take_connection(tcp, row);
}

int
queue_tcp_choose(const struct queue_tcp *tcp, const struct queue_tcp_end *to, struct queue *queue,
    int *any)
{
	const struct queue_tcp_listener *best = NULL;
	int i, fit, best_fit = 0;

	for (i = 0; i < tcp->count; i++) {
		fit = fitness(&tcp->listeners[i], to);
		if (fit > best_fit) {
			best_fit = fit;
			best = &tcp->listeners[i];
		}
	}
	if (best == NULL)
		return -FCGI_E_ELSEWHERE;
	*queue = best->queue;
	*any = is_any(&best->at.addr);
	return 0;
}
