#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#include "fcgi_error.h"

enum { PATH_LEN_MAX = sizeof ((struct sockaddr_un *)NULL)->sun_path - 1 };

static int
begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int
set_path(struct addr *addr, enum addr_kind kind, const char *path, size_t len)
{
	if (len == 0 || (kind == ADDR_UNIX && path[len - 1] == '/'))
		return -FCGI_E_ADDRESS;
	if (len > PATH_LEN_MAX)
		return -FCGI_E_PATH_LENGTH;
	addr->kind = kind;
	addr->port = 0;
	memcpy(addr->name, path, len);
	addr->name[len] = '\0';
	return 0;
}

/* Digits and nothing else.  Returns the number, or -1 when it is none or above max. */
static int
parse_digits(const char *p, const char *end, int max)
{
	int n = 0;

	if (p == end)
		return -1;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9' || n > (max - (*p - '0')) / 10)
			return -1;
		n = n * 10 + (*p - '0');
	}
	return n;
}

/* A literal IPv6 address, with a zone behind '%' or without. */
static int
is_v6(const char *name)
{
	char literal[INET6_ADDRSTRLEN];
	size_t len = strcspn(name, "%");
	struct in6_addr binary;

	if (len >= sizeof literal || (name[len] == '%' && name[len + 1] == '\0'))
		return 0;
	memcpy(literal, name, len);
	literal[len] = '\0';
	return inet_pton(AF_INET6, literal, &binary) == 1;
}

/* host:port or [v6]:port, up to end. */
static int
parse_inet(struct addr *addr, const char *text, const char *end)
{
	const char *host = text;
	const char *colon;
	size_t len;
	int bracketed = text < end && *text == '[';

	if (bracketed) {
		host++;
		colon = memchr(host, ']', (size_t)(end - host));
		if (colon == NULL)
			return -FCGI_E_ADDRESS;
		len = (size_t)(colon - host);
		colon++;
	} else {
		colon = memchr(host, ':', (size_t)(end - host));
		if (colon == NULL)
			return -FCGI_E_ADDRESS;
		len = (size_t)(colon - host);
	}
	if (colon == end || *colon != ':' || len >= sizeof addr->name)
		return -FCGI_E_ADDRESS;
	addr->port = parse_digits(colon + 1, end, 65535);
	if (addr->port < 0)
		return -FCGI_E_ADDRESS;
	addr->kind = ADDR_INET;
	memcpy(addr->name, host, len);
	addr->name[len] = '\0';
	if (bracketed && !is_v6(addr->name))
		return -FCGI_E_ADDRESS;
	return 0;
}

/* What follows "unix:", also in the forms that Apache and nginx give it. */
static int
parse_unix(struct addr *addr, const char *text)
{
	const char *bar = strstr(text, "|fcgi://");
	size_t len = bar != NULL ? (size_t)(bar - text) : strlen(text);

	if (begins_with(text, "//")) {
		text += 2;
		len -= 2;
	}
	if (bar == NULL && len > 0 && text[len - 1] == ':')
		len--;
	if (len > 0 && text[0] == '@')
		return set_path(addr, ADDR_ABSTRACT, text + 1, len - 1);
	return set_path(addr, ADDR_UNIX, text, len);
}

int
addr_parse(struct addr *addr, const char *text)
{
	const char *colon;
	const char *slash;

	if (text[0] == '\0' || text[0] == '-')
		return -FCGI_E_ADDRESS;
	if (begins_with(text, "proxy:unix:") || begins_with(text, "proxy:fcgi:"))
		text += strlen("proxy:");
	if (begins_with(text, "unix:"))
		return parse_unix(addr, text + strlen("unix:"));
	if (begins_with(text, "tcp://") || begins_with(text, "fcgi://")) {
		text = strstr(text, "://") + strlen("://");
		return parse_inet(addr, text, text + strcspn(text, "/"));
	}
	if (begins_with(text, "fd:")) {
		addr->kind = ADDR_FD;
		addr->name[0] = '\0';
		addr->port = parse_digits(text + 3, text + strlen(text), INT_MAX);
		return addr->port < 0 ? -FCGI_E_ADDRESS : 0;
	}
	if (text[0] == '@')
		return set_path(addr, ADDR_ABSTRACT, text + 1, strlen(text) - 1);
	colon = strchr(text, ':');
	slash = strchr(text, '/');
	/* As for scp(1), a path with a colon before its first slash has to be written ./a:b */
	if (colon == NULL || (slash != NULL && slash < colon))
		return set_path(addr, ADDR_UNIX, text, strlen(text));
	return parse_inet(addr, text, text + strlen(text));
}

/* Whether text reads as just this address. */
static int
reads_as(const char *text, const struct addr *addr)
{
	struct addr again;

	return addr_parse(&again, text) == 0 && again.kind == addr->kind &&
	    again.port == addr->port && strcmp(again.name, addr->name) == 0;
}

char *
addr_format(char *dst, size_t size, const struct addr *addr)
{
	const char *name = addr->name;
	char text[ADDR_TEXT_MAX];

	/* What reads as something else gets a prefix that says what it is. */
	switch (addr->kind) {
	case ADDR_UNIX:
		snprintf(dst, size, reads_as(name, addr) ? "%s" : "./%s", name);
		break;
	case ADDR_ABSTRACT:
		snprintf(dst, size, "@%s", name);
		break;
	case ADDR_FD:
		snprintf(dst, size, "fd:%d", addr->port);
		break;
	default:
		snprintf(text, sizeof text, strchr(name, ':') != NULL ? "[%s]:%d" : "%s:%d", name,
		    addr->port);
		snprintf(dst, size, reads_as(text, addr) ? "%s" : "tcp://%s", text);
		break;
	}
	return dst;
}

static void
format_unix(char *dst, size_t size, const struct addr_socket *socket)
{
	const struct sockaddr_un *sun = (const struct sockaddr_un *)&socket->sa;
	size_t used = socket->len - offsetof(struct sockaddr_un, sun_path);
	char name[sizeof sun->sun_path + 1];
	size_t i;

	if (socket->len <= offsetof(struct sockaddr_un, sun_path)) {
		snprintf(dst, size, "unix:");
		return;
	}
	if (used > sizeof sun->sun_path)
		used = sizeof sun->sun_path;
	memcpy(name, sun->sun_path, used);
	name[used] = '\0';
	/* An abstract name is counted, not terminated: every NUL of it is shown as ss(8) does. */
	if (name[0] == '\0') {
		for (i = 0; i < used; i++)
			if (name[i] == '\0')
				name[i] = '@';
	}
	snprintf(dst, size, "%s", name);
}

char *
addr_format_socket(char *dst, size_t size, const struct addr_socket *socket)
{
	char host[NI_MAXHOST];
	char port[NI_MAXSERV];

	if (socket->sa.ss_family == AF_UNIX)
		format_unix(dst, size, socket);
	else if (getnameinfo((const struct sockaddr *)&socket->sa, socket->len, host, sizeof host,
		     port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(dst, size, "?");
	else
		snprintf(dst, size, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
	return dst;
}

static int
resolve_unix(const struct addr *addr, struct addr_socket *socket)
{
	struct sockaddr_un *sun = (struct sockaddr_un *)&socket->sa;
	size_t len = strlen(addr->name);
	size_t head = addr->kind == ADDR_ABSTRACT;

	if (len > PATH_LEN_MAX)
		return -FCGI_E_PATH_LENGTH;
	memset(socket, 0, sizeof *socket);
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path + head, addr->name, len);
	/* A path counts its NUL, an abstract name the NUL it begins with. */
	socket->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return 1;
}

/* Returns 1 when the host is an address in its usual form, else 0. */
static int
resolve_literal(const char *host, int port, struct addr_socket *socket)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&socket->sa;
	struct sockaddr_in *in = (struct sockaddr_in *)&socket->sa;

	memset(socket, 0, sizeof *socket);
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		socket->len = sizeof *in;
		return 1;
	}
	memset(socket, 0, sizeof *socket);
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
		return 0;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)port);
	socket->len = sizeof *in6;
	return 1;
}

static int
resolve_name(const char *host, int port, int flags, struct addr_socket *sockets, int *gai)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	struct addrinfo *item;
	char service[16];
	int count = 0;

	hints.ai_flags = flags | AI_NUMERICSERV;
	snprintf(service, sizeof service, "%d", port);
	*gai = getaddrinfo(host, service, &hints, &list);
	if (*gai != 0)
		return -FCGI_E_RESOLVE;
	for (item = list; item != NULL && count < ADDR_SOCKETS_MAX; item = item->ai_next) {
		if (item->ai_addrlen > sizeof sockets->sa)
			continue;
		memset(&sockets[count], 0, sizeof *sockets);
		memcpy(&sockets[count].sa, item->ai_addr, item->ai_addrlen);
		sockets[count].len = item->ai_addrlen;
		count++;
	}
	freeaddrinfo(list);
	if (count == 0) {
		*gai = EAI_NONAME;
		return -FCGI_E_RESOLVE;
	}
	return count;
}

int
addr_resolve_numeric(const struct addr *addr, int listening, struct addr_socket *sockets, int *gai)
{
	const char *host = addr->name;
	int any = strcmp(host, "*") == 0;
	int count;
	int more;

	*gai = 0;
	if (addr->kind == ADDR_UNIX || addr->kind == ADDR_ABSTRACT)
		return resolve_unix(addr, sockets);
	if (any && listening) {
		count = resolve_name("::", addr->port, AI_NUMERICHOST, sockets, gai);
		if (count < 0)
			return count;
		more = resolve_name("0.0.0.0", addr->port, AI_NUMERICHOST, sockets + count, gai);
		return more < 0 ? more : count + more;
	}
	if (any || host[0] == '\0')
		host = "127.0.0.1";
	if (resolve_literal(host, addr->port, sockets))
		return 1;
	/*
	 * Numbers in other forms, "127.1" and "fe80::1%eth0", must not load what nsswitch.conf(5)
	 * names, nor wait for it.
	 */
	return resolve_name(host, addr->port, AI_NUMERICHOST, sockets, gai);
}

int
addr_resolve(const struct addr *addr, int listening, struct addr_socket *sockets, int *gai)
{
	int count = addr_resolve_numeric(addr, listening, sockets, gai);

	if (count < 0 && *gai == EAI_NONAME)
		count = resolve_name(addr->name, addr->port, 0, sockets, gai);
	return count;
}

/* Closes without losing the reason of a failure. */
static int
close_failed(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -FCGI_E_SYSTEM;
}

int
addr_connect(const struct addr_socket *socket_address, int *in_progress)
{
	const struct sockaddr *sa = (const struct sockaddr *)&socket_address->sa;
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	*in_progress = 0;
	if (fd < 0)
		return -FCGI_E_SYSTEM;
	/* Requests and answers are written in as few pieces as they have: none should wait. */
	if (sa->sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, sa, socket_address->len) == 0)
		return fd;
	if (errno != EINPROGRESS && errno != EINTR)
		return close_failed(fd);
	*in_progress = 1;
	return fd;
}

int
addr_connected(int fd)
{
	int error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -FCGI_E_SYSTEM;
	errno = error;
	return error != 0 ? -FCGI_E_SYSTEM : 0;
}

/* "OWNER:GROUP MODE" of a file, numbers where there are no names. */
static void
format_owner(char *dst, size_t size, const struct stat *st)
{
	const struct passwd *user = getpwuid(st->st_uid);
	const struct group *group;
	char owner[64];

	if (user != NULL)
		snprintf(owner, sizeof owner, "%s", user->pw_name);
	else
		snprintf(owner, sizeof owner, "%u", (unsigned)st->st_uid);
	group = getgrgid(st->st_gid);
	if (group != NULL)
		snprintf(dst, size, "%s:%s %04o", owner, group->gr_name, st->st_mode & 07777u);
	else
		snprintf(dst, size, "%s:%u %04o", owner, (unsigned)st->st_gid,
		    st->st_mode & 07777u);
}

char *
addr_explain_denied(char *dst, size_t size, const char *path)
{
	char part[PATH_MAX];
	char owner[192];
	const char *kind;
	struct stat st;
	char *slash;
	unsigned uid = (unsigned)geteuid();

	dst[0] = '\0';
	if (strlen(path) >= sizeof part)
		return dst;
	strcpy(part, path);
	/* The first directory on the way that we may not enter is the reason, else the socket. */
	for (slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (faccessat(AT_FDCWD, part, X_OK, AT_EACCESS) < 0 && errno == EACCES &&
		    stat(part, &st) == 0) {
			format_owner(owner, sizeof owner, &st);
			snprintf(dst, size, "directory %s is %s, we are uid %u", part, owner, uid);
			return dst;
		}
		*slash = '/';
	}
	kind = "file";
	if (stat(part, &st) == 0) {
		if (S_ISSOCK(st.st_mode))
			kind = "socket";
	} else {
		/* It was to be made, then, and its directory does not let us. */
		if (errno != ENOENT)
			return dst;
		slash = strrchr(part, '/');
		if (slash == NULL)
			strcpy(part, ".");
		else if (slash == part)
			part[1] = '\0';
		else
			*slash = '\0';
		if (stat(part, &st) < 0)
			return dst;
		kind = "directory";
	}
	format_owner(owner, sizeof owner, &st);
	snprintf(dst, size, "%s is %s, we are uid %u", kind, owner, uid);
	return dst;
}

/* What a routing table says of an address comes as errors that have other names. */
static char *
explain_route(char *dst, size_t size, const struct addr_socket *socket, int error)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&socket->sa;
	const char *text = "";

	if (error == EINVAL && socket->sa.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) && v6->sin6_scope_id == 0)
		text = "a link-local address needs its %INTERFACE";
	else if (error == EINVAL)
		text = "its route is a blackhole";
	else if (error == EACCES)
		text = "its route is prohibited, or it is a broadcast address";
	else if (error == EPERM)
		text = "a firewall of this host forbids it";
	snprintf(dst, size, "%s", text);
	return dst;
}

char *
addr_explain_connect(char *dst, size_t size, const struct addr_socket *socket, int error)
{
	const struct sockaddr_un *local = (const struct sockaddr_un *)&socket->sa;

	dst[0] = '\0';
	if (socket->sa.ss_family != AF_UNIX)
		return explain_route(dst, size, socket, error);
	if (error == EACCES)
		return addr_explain_denied(dst, size, local->sun_path);
	if (error == ENOENT && strchr(local->sun_path, '/') == NULL &&
	    strstr(local->sun_path, ".sock") == NULL)
		snprintf(dst, size, "without a port it is a path");
	return dst;
}
