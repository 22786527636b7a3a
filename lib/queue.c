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
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

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

/* Looks for an inode among those that the attributes [p, end) of an answer list. */
static int
lists_inode(const char *p, const char *end, uint32_t inode)
{
	const struct nlattr *part;
	const uint32_t *listed;
	size_t len;

	for (; (size_t)(end - p) >= sizeof *part; p += len) {
		part = (const struct nlattr *)p;
		len = NLMSG_ALIGN((size_t)part->nla_len);
		if (part->nla_len < sizeof *part || (size_t)(end - p) < len)
			return 0;
		if (part->nla_type != UNIX_DIAG_ICONS)
			continue;
		listed = (const uint32_t *)(part + 1);
		for (; (const char *)listed < p + part->nla_len; listed++)
			if (*listed == inode)
				return 1;
	}
	return 0;
}

/* A UNIX listener names the inodes of those who wait. */
static int
unix_queue_holds(int listen_fd, int connection_fd)
{
	struct question question = { .about.local = {
		.sdiag_family = AF_UNIX,
		.udiag_states = ~0U,
		.udiag_show = UDIAG_SHOW_ICONS,
		.udiag_cookie = { ~0U, ~0U },
	} };
	struct answer answer;
	struct stat listener;
	struct stat connection;
	const char *p = NLMSG_DATA(&answer.as.header);
	int len;

	if (fstat(listen_fd, &listener) < 0 || fstat(connection_fd, &connection) < 0)
		return -FCGI_E_SYSTEM;
	question.about.local.udiag_ino = (uint32_t)listener.st_ino;
	len = ask(&question, sizeof question.about.local, &answer);
	if (len < (int)sizeof(struct unix_diag_msg))
		return len < 0 ? len : 0;
	return lists_inode(p + sizeof(struct unix_diag_msg), p + len,
	    (uint32_t)connection.st_ino);
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
