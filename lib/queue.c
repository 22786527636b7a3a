#include "queue.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi_error.h"

/* In /proc/net/unix. */
enum {
	PROC_LISTENS = 0x10000,	/* a flag */
	PROC_CONNECTING = 2,	/* the state of an end that nobody has accepted yet */
};

/* A question about one socket. */
struct question {
	struct nlmsghdr header;
	union {
		struct unix_diag_req local;
		struct inet_diag_req_v2 inet;
	} about;
};

/* The answer: at most one message, whose attributes a queue of 4096 inodes fits into. */
struct answer {
	union {
		struct nlmsghdr header;
		char bytes[32768];
	} as;
};

/* Returns the length of the answer's payload, or -FCGI_E_SYSTEM with errno. */
static int
ask(struct question *question, size_t about_len, struct answer *answer)
{
	const struct nlmsgerr *error;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	ssize_t len;
	int saved;

	if (fd < 0)
		return -FCGI_E_SYSTEM;
	question->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(about_len);
	question->header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	question->header.nlmsg_flags = NLM_F_REQUEST;
	len = send(fd, question, question->header.nlmsg_len, 0);
	if (len >= 0)
		len = recv(fd, answer, sizeof *answer, 0);
	saved = errno;
	close(fd);
	errno = saved;
	if (len < 0)
		return -FCGI_E_SYSTEM;
	if (!NLMSG_OK(&answer->as.header, (size_t)len)) {
		errno = EBADMSG;
		return -FCGI_E_SYSTEM;
	}
	if (answer->as.header.nlmsg_type == NLMSG_ERROR) {
		error = NLMSG_DATA(&answer->as.header);
		errno = -error->error;
		return -FCGI_E_SYSTEM;
	}
	return (int)NLMSG_PAYLOAD(&answer->as.header, 0);
}

/*
 * Finds an attribute among those of an answer, [p, end).
 * Returns its value and sets *len, or NULL when it is not there.
 */
static const void *
find_attribute(const char *p, const char *end, uint16_t type, size_t *len)
{
	const struct nlattr *part;

	while ((size_t)(end - p) >= sizeof *part) {
		part = (const struct nlattr *)p;
		if (part->nla_len < sizeof *part || (size_t)(end - p) < part->nla_len)
			return NULL;
		*len = part->nla_len - sizeof *part;
		if (part->nla_type == type)
			return part + 1;
		if ((size_t)(end - p) < NLMSG_ALIGN((size_t)part->nla_len))
			return NULL;
		p += NLMSG_ALIGN((size_t)part->nla_len);
	}
	return NULL;
}

/*
 * Asks about one UNIX socket.  show: bits of UDIAG_SHOW_.
 * Returns the length of the message, with its attributes behind the fixed part, or -FCGI_E_SYSTEM.
 */
static int
ask_unix(int fd, uint32_t show, struct answer *answer)
{
	struct question question = { .about.local = {
		.sdiag_family = AF_UNIX,
		.udiag_states = ~0U,
		.udiag_show = show,
		.udiag_cookie = { ~0U, ~0U },
	} };
	struct stat st;
	int len;

	if (fstat(fd, &st) < 0)
		return -FCGI_E_SYSTEM;
	question.about.local.udiag_ino = (uint32_t)st.st_ino;
	len = ask(&question, sizeof question.about.local, answer);
	if (len >= 0 && len < (int)sizeof(struct unix_diag_msg)) {
		errno = EBADMSG;
		return -FCGI_E_SYSTEM;
	}
	return len;
}

/* A UNIX listener names the inodes of those who wait. */
static int
unix_queue_holds(int listen_fd, int connection_fd)
{
	struct answer answer;
	struct stat connection;
	const char *p = NLMSG_DATA(&answer.as.header);
	const uint32_t *listed;
	size_t listed_len;
	size_t i;
	int len;

	if (fstat(connection_fd, &connection) < 0)
		return -FCGI_E_SYSTEM;
	len = ask_unix(listen_fd, UDIAG_SHOW_ICONS, &answer);
	if (len < 0)
		return len;
	listed = find_attribute(p + sizeof(struct unix_diag_msg), p + len, UNIX_DIAG_ICONS,
	    &listed_len);
	for (i = 0; listed != NULL && i < listed_len / sizeof *listed; i++)
		if (listed[i] == (uint32_t)connection.st_ino)
			return 1;
	return 0;
}

/* Ports and addresses of a TCP connection as the other end sees it. */
static int
other_end(struct inet_diag_sockid *id, int connection_fd)
{
	struct sockaddr_storage here;
	struct sockaddr_storage there;
	socklen_t here_len = sizeof here;
	socklen_t there_len = sizeof there;
	const struct sockaddr_in6 *in6;
	const struct sockaddr_in *in;

	if (getsockname(connection_fd, (struct sockaddr *)&here, &here_len) < 0 ||
	    getpeername(connection_fd, (struct sockaddr *)&there, &there_len) < 0)
		return -FCGI_E_SYSTEM;
	if (here.ss_family == AF_INET6) {
		in6 = (const struct sockaddr_in6 *)&there;
		id->idiag_sport = in6->sin6_port;
		memcpy(id->idiag_src, &in6->sin6_addr, sizeof in6->sin6_addr);
		in6 = (const struct sockaddr_in6 *)&here;
		id->idiag_dport = in6->sin6_port;
		memcpy(id->idiag_dst, &in6->sin6_addr, sizeof in6->sin6_addr);
	} else {
		in = (const struct sockaddr_in *)&there;
		id->idiag_sport = in->sin_port;
		memcpy(id->idiag_src, &in->sin_addr, sizeof in->sin_addr);
		in = (const struct sockaddr_in *)&here;
		id->idiag_dport = in->sin_port;
		memcpy(id->idiag_dst, &in->sin_addr, sizeof in->sin_addr);
	}
	return here.ss_family;
}

/*
 * The other end of a TCP connection has no inode until it is accepted, and none any more after it
 * was closed, in another state then.
 */
static int
tcp_queue_holds(int listen_fd, int connection_fd)
{
	struct question question = { .about.inet = {
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = ~0U,
		.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
	} };
	const struct inet_diag_msg *message;
	struct answer answer;
	struct tcp_info info;
	socklen_t info_len = sizeof info;
	int family = other_end(&question.about.inet.id, connection_fd);
	int len;

	/* Not connected any more: it has been accepted, and closed. */
	if (family < 0)
		return errno == ENOTCONN ? 0 : -FCGI_E_SYSTEM;
	question.about.inet.sdiag_family = (uint8_t)family;
	len = ask(&question, sizeof question.about.inet, &answer);
	if (len >= (int)sizeof *message) {
		message = NLMSG_DATA(&answer.as.header);
		return message->idiag_inode == 0 &&
		    (message->idiag_state == TCP_ESTABLISHED ||
			message->idiag_state == TCP_SYN_RECV);
	}
	if (errno == ENOENT)
		return 0;
	/* A kernel without the question still tells how long the queue is. */
	if (getsockopt(listen_fd, IPPROTO_TCP, TCP_INFO, &info, &info_len) < 0)
		return -FCGI_E_SYSTEM;
	return info.tcpi_unacked > 0;
}

int
queue_holds(int listen_fd, int connection_fd)
{
	int domain = 0;
	socklen_t len = sizeof domain;

	if (getsockopt(listen_fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0)
		return -FCGI_E_SYSTEM;
	if (domain == AF_UNIX)
		return unix_queue_holds(listen_fd, connection_fd);
	return tcp_queue_holds(listen_fd, connection_fd);
}

/*
 * Reads a row of /proc/net/unix: "Num: RefCount Protocol Flags Type St Inode Path".
 * Returns 0 when it is none.
 */
static int
read_row(const char *row, const char *path, unsigned *flags, unsigned *state, unsigned long *inode)
{
	int begins = 0;

	if (sscanf(row, "%*s %*s %*s %x %*x %x %lu %n", flags, state, inode, &begins) < 3)
		return 0;
	return begins > 0 && strcmp(row + begins, path) == 0;
}

/*
 * The name of a socket as /proc/net/unix has it, where '@' stands for NUL.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
static int
name_in_proc(char *dst, size_t size, int fd)
{
	struct sockaddr_un sun = { 0 };
	socklen_t len = sizeof sun;
	size_t name_len;
	size_t i;

	if (getsockname(fd, (struct sockaddr *)&sun, &len) < 0)
		return -FCGI_E_SYSTEM;
	name_len = len - offsetof(struct sockaddr_un, sun_path);
	if (sun.sun_path[0] != '\0')
		name_len = strnlen(sun.sun_path, name_len);
	/* One without a name, or with a line break in it, cannot be told from others there. */
	if (name_len == 0 || name_len >= size || memchr(sun.sun_path, '\n', name_len) != NULL) {
		errno = EOPNOTSUPP;
		return -FCGI_E_SYSTEM;
	}
	for (i = 0; i < name_len; i++)
		dst[i] = sun.sun_path[i] != '\0' ? sun.sun_path[i] : '@';
	dst[name_len] = '\0';
	return 0;
}

/*
 * For a kernel that does not answer questions: each end that waits is a row under the listener's
 * name, without an inode.  What addr_listen() bound has a name that no other has; a socket from
 * elsewhere may share it with one whose file was removed, which is then counted in.
 */
static int
unix_queue_in_proc(int listen_fd, struct queue *queue)
{
	char path[sizeof((struct sockaddr_un *)NULL)->sun_path + 1];
	unsigned long inode;
	unsigned state;
	unsigned flags;
	int found = 0;
	char *row = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *rows;

	if (name_in_proc(path, sizeof path, listen_fd) < 0)
		return -FCGI_E_SYSTEM;
	rows = fopen("/proc/net/unix", "re");
	if (rows == NULL)
		return -FCGI_E_SYSTEM;
	*queue = (struct queue){ .limit = -1, .drops = -1 };
	while ((len = getline(&row, &size, rows)) > 0) {
		row[len - 1] = '\0';
		if (!read_row(row, path, &flags, &state, &inode))
			continue;
		found |= (flags & PROC_LISTENS) != 0;
		queue->len += state == PROC_CONNECTING && inode == 0;
	}
	free(row);
	fclose(rows);
	if (found)
		return 0;
	errno = EOPNOTSUPP;
	return -FCGI_E_SYSTEM;
}

static int
unix_queue_read(int listen_fd, struct queue *queue)
{
	const struct unix_diag_rqlen *lengths;
	struct answer answer;
	const char *p = NLMSG_DATA(&answer.as.header);
	size_t lengths_len = 0;
	int len = ask_unix(listen_fd, UDIAG_SHOW_RQLEN, &answer);

	if (len < 0)
		return unix_queue_in_proc(listen_fd, queue);
	lengths = find_attribute(p + sizeof(struct unix_diag_msg), p + len, UNIX_DIAG_RQLEN,
	    &lengths_len);
	if (lengths_len < sizeof *lengths)
		return unix_queue_in_proc(listen_fd, queue);
	*queue = (struct queue){ .len = lengths->udiag_rqueue, .limit = lengths->udiag_wqueue,
		.drops = -1 };
	return 0;
}

static int
tcp_queue_read(int listen_fd, struct queue *queue)
{
	uint32_t memory[SK_MEMINFO_VARS];
	socklen_t memory_len = sizeof memory;
	struct tcp_info info;
	socklen_t info_len = sizeof info;

	if (getsockopt(listen_fd, IPPROTO_TCP, TCP_INFO, &info, &info_len) < 0)
		return -FCGI_E_SYSTEM;
	/* On a listening socket these two fields mean something else than their names. */
	*queue = (struct queue){ .len = info.tcpi_unacked, .limit = info.tcpi_sacked, .drops = -1 };
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
		return unix_queue_read(listen_fd, queue);
	return tcp_queue_read(listen_fd, queue);
}
