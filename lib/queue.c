#include "queue.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "fcgi_error.h"
#include "queue_proc.h"
#include "queue_tcp.h"
#include "sock_diag.h"

/* --- does a connection wait? --------------------------------------------------------------- */

/*
 * Asks about one UNIX socket, by its inode.  show: bits of UDIAG_SHOW_.
 * Returns as sock_diag_ask().
 */
static int
ask_unix(int fd, uint32_t show, sock_diag_take *take, void *context)
{
	struct unix_diag_req question = {
		.sdiag_family = AF_UNIX,
		.udiag_states = ~0U,
		.udiag_show = show,
		.udiag_cookie = { ~0U, ~0U },
	};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -FCGI_E_SYSTEM;
	question.udiag_ino = (uint32_t)st.st_ino;
	return sock_diag_ask(SOCK_DIAG_BY_FAMILY, 0, &question, sizeof question, take, context);
}

/*
 * The other end has no inode until it is accepted, and none any more once it is closed, which has
 * shut down both ways of ours then.
 */
static void
take_peer(void *waits, const void *message, size_t len)
{
	enum { FIXED = sizeof(struct unix_diag_msg), BOTH_WAYS = 3 };
	size_t peer_len = 0, shut_len = 0;
	const uint32_t *peer = sock_diag_attribute(message, len, FIXED, UNIX_DIAG_PEER, &peer_len);
	const uint8_t *shut = sock_diag_attribute(message, len, FIXED, UNIX_DIAG_SHUTDOWN,
	    &shut_len);

	*(int *)waits = peer != NULL && peer_len >= sizeof *peer && *peer == 0 &&
	    (shut == NULL || shut_len == 0 || (*shut & BOTH_WAYS) != BOTH_WAYS);
}

static int
unix_holds(int connection_fd)
{
	struct addr_socket peer = { .len = sizeof peer.sa };
	struct queue queue;
	int waits = 0;
	int r = ask_unix(connection_fd, UDIAG_SHOW_PEER, take_peer, &waits);

	if (r >= 0)
		return waits;
	/* Without an answer it is known only when nobody waits at all. */
	if (getpeername(connection_fd, (struct sockaddr *)&peer.sa, &peer.len) < 0)
		return errno == ENOTCONN ? 0 : -FCGI_E_SYSTEM;
	r = queue_proc_unix((const struct sockaddr_un *)&peer.sa, peer.len, &queue);
	if (r == 0 && queue.len == 0)
		return 0;
	errno = EOPNOTSUPP;
	return -FCGI_E_SYSTEM;
}

static void
take_tcp(void *context, const void *message, size_t len)
{
	if (len >= sizeof(struct inet_diag_msg))
		memcpy(context, message, sizeof(struct inet_diag_msg));
}

/* No such connection is known here: it was closed, or is another host's. */
static int
is_closed(int connection_fd)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	if (getsockopt(connection_fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return -FCGI_E_SYSTEM;
	return info.tcpi_state == TCP_ESTABLISHED ? -FCGI_E_ELSEWHERE : 0;
}

static void
set_id(struct inet_diag_sockid *id, int family, const struct queue_tcp_end *here,
    const struct queue_tcp_end *there)
{
	/* An IPv4 address is in the last 4 bytes of ours, and the first of theirs. */
	size_t skipped = family == AF_INET ? 12 : 0;

	id->idiag_sport = there->port;
	memcpy(id->idiag_src, there->addr.s6_addr + skipped, sizeof there->addr - skipped);
	id->idiag_dport = here->port;
	memcpy(id->idiag_dst, here->addr.s6_addr + skipped, sizeof here->addr - skipped);
}

/*
 * The other end of a TCP connection has no inode until it is accepted, and none any more after it
 * was closed, in another state then.
 */
static int
tcp_holds(int connection_fd, const struct queue_tcp_end *here, const struct queue_tcp_end *there)
{
	struct inet_diag_req_v2 question = {
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = ~0U,
		.sdiag_family = (uint8_t)here->family,
		.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
	};
	struct inet_diag_msg answer = { 0 };
	int r;

	set_id(&question.id, here->family, here, there);
	r = sock_diag_ask(SOCK_DIAG_BY_FAMILY, 0, &question, sizeof question, take_tcp, &answer);
	if (r < 0 && errno != ENOENT) {
		r = queue_proc_tcp_holds(there, here);
		return r == -FCGI_E_ELSEWHERE ? is_closed(connection_fd) : r;
	}
	/* Where there is no connection, a listener that would take it is told. */
	if (r < 0 || answer.idiag_state == TCP_LISTEN)
		return is_closed(connection_fd);
	return answer.idiag_inode == 0 && (answer.idiag_state == TCP_ESTABLISHED ||
	    answer.idiag_state == TCP_SYN_RECV);
}

int
queue_holds(int connection_fd)
{
	struct addr_socket here = { .len = sizeof here.sa }, there = { .len = sizeof there.sa };
	struct queue_tcp_end here_end, there_end;

	if (getsockname(connection_fd, (struct sockaddr *)&here.sa, &here.len) < 0)
		return -FCGI_E_SYSTEM;
	if (here.sa.ss_family == AF_UNIX)
		return unix_holds(connection_fd);
	/* Not connected any more: it has been accepted, and closed. */
	if (getpeername(connection_fd, (struct sockaddr *)&there.sa, &there.len) < 0)
		return errno == ENOTCONN ? 0 : -FCGI_E_SYSTEM;
	queue_tcp_end_set(&here_end, &here);
	queue_tcp_end_set(&there_end, &there);
	return tcp_holds(connection_fd, &here_end, &there_end);
}

/* --- a listening socket of ours ------------------------------------------------------------ */

struct lengths {
	int is_known;
	struct unix_diag_rqlen value;
};

static void
take_lengths(void *context, const void *message, size_t len)
{
	struct lengths *lengths = context;
	size_t value_len = 0;
	const void *value = sock_diag_attribute(message, len, sizeof(struct unix_diag_msg),
	    UNIX_DIAG_RQLEN, &value_len);

	lengths->is_known = value != NULL && value_len >= sizeof lengths->value;
	if (lengths->is_known)
		memcpy(&lengths->value, value, sizeof lengths->value);
}

/*
 * In /proc it is known by its name.  What addr_listen() bound has a name that no other has; a
 * socket from elsewhere may share it with one whose file was removed, which is then counted in.
 */
static int
read_unix_in_proc(int listen_fd, struct queue *queue)
{
	struct sockaddr_un name = { 0 };
	socklen_t len = sizeof name;
	int r;

	if (getsockname(listen_fd, (struct sockaddr *)&name, &len) < 0)
		return -FCGI_E_SYSTEM;
	r = queue_proc_unix(&name, len, queue);
	queue->busy = -1;
	if (r != -FCGI_E_ELSEWHERE)
		return r;
	errno = EOPNOTSUPP;
	return -FCGI_E_SYSTEM;
}

static int
read_unix(int listen_fd, struct queue *queue)
{
	struct lengths lengths = { 0 };
	int r = ask_unix(listen_fd, UDIAG_SHOW_RQLEN, take_lengths, &lengths);

	if (r < 0 || !lengths.is_known)
		return read_unix_in_proc(listen_fd, queue);
	*queue = (struct queue){ .len = lengths.value.udiag_rqueue,
		.limit = lengths.value.udiag_wqueue, .drops = -1, .busy = -1 };
	return 0;
}

static int
read_tcp(int listen_fd, struct queue *queue)
{
	uint32_t memory[SK_MEMINFO_VARS];
	socklen_t memory_len = sizeof memory;
	struct tcp_info info;
	socklen_t info_len = sizeof info;

	if (getsockopt(listen_fd, IPPROTO_TCP, TCP_INFO, &info, &info_len) < 0)
		return -FCGI_E_SYSTEM;
	/* On a listening socket these two fields mean something else than their names. */
	*queue = (struct queue){ .len = info.tcpi_unacked, .limit = info.tcpi_sacked, .drops = -1,
		.busy = -1 };
	/* An older kernel tells fewer of them. */
	if (getsockopt(listen_fd, SOL_SOCKET, SO_MEMINFO, memory, &memory_len) == 0 &&
	    memory_len > SK_MEMINFO_DROPS * sizeof *memory)
		queue->drops = memory[SK_MEMINFO_DROPS];
	return 0;
}

int
queue_read(int listen_fd, struct queue *queue)
{
	int listens = 0;
	socklen_t len = sizeof listens;
	int domain = 0;

	if (getsockopt(listen_fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0)
		return -FCGI_E_SYSTEM;
	len = sizeof domain;
	if (getsockopt(listen_fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0)
		return -FCGI_E_SYSTEM;
	if (!listens) {
		errno = EINVAL;
		return -FCGI_E_SYSTEM;
	}
	if (domain == AF_UNIX)
		return read_unix(listen_fd, queue);
	return read_tcp(listen_fd, queue);
}
