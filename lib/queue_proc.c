#include "queue_proc.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"

/* In /proc/net/unix. */
enum {
	PROC_LISTENS = 0x10000,	/* a flag */
	PROC_CONNECTING = 2,	/* the state of an end that nobody has accepted yet */
	PROC_CONNECTED = 3,
};

/* --- UNIX ---------------------------------------------------------------------------------- */

/*
 * Reads a row of /proc/net/unix: "Num: RefCount Protocol Flags Type St Inode Path".
 * Returns 0 when it is none of that name.
 */
static int
read_unix_row(const char *row, const char *name, unsigned *flags, unsigned *state,
    unsigned long *inode)
{
	int begins = 0;

	if (sscanf(row, "%*s %*s %*s %x %*x %x %lu %n", flags, state, inode, &begins) < 3)
		return 0;
	return begins > 0 && strcmp(row + begins, name) == 0;
}

/*
 * The name of a socket as /proc/net/unix has it, where '@' stands for NUL.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
static int
name_in_proc(char *dst, size_t size, const struct sockaddr_un *sun, socklen_t len)
{
	size_t name_len = len - offsetof(struct sockaddr_un, sun_path);
	size_t i;

	if (name_len > 0 && sun->sun_path[0] != '\0')
		name_len = strnlen(sun->sun_path, name_len);
	/* One without a name, or with a line break in it, cannot be told from others there. */
	if (name_len == 0 || name_len >= size || memchr(sun->sun_path, '\n', name_len) != NULL) {
		errno = EOPNOTSUPP;
		return -FCGI_E_SYSTEM;
	}
	for (i = 0; i < name_len; i++)
		dst[i] = sun->sun_path[i] != '\0' ? sun->sun_path[i] : '@';
	dst[name_len] = '\0';
	return 0;
}

int
queue_proc_unix(const struct sockaddr_un *sun, socklen_t sun_len, struct queue *queue)
{
	char name[sizeof sun->sun_path + 1];
	unsigned long inode;
	unsigned state, flags;
	int found = 0;
	char *row = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *rows;

	if (name_in_proc(name, sizeof name, sun, sun_len) < 0)
		return -FCGI_E_SYSTEM;
	rows = fopen("/proc/net/unix", "re");
	if (rows == NULL)
		return -FCGI_E_SYSTEM;
	*queue = (struct queue){ .limit = -1, .drops = -1 };
	while ((len = getline(&row, &size, rows)) > 0) {
		row[len - 1] = '\0';
		if (!read_unix_row(row, name, &flags, &state, &inode))
			continue;
		if (flags & PROC_LISTENS) {
			found = 1;
			queue->inode = inode;
		}
		/* Each end that waits is a row under the listener's name, without an inode. */
		queue->len += state == PROC_CONNECTING && inode == 0;
		queue->busy += state == PROC_CONNECTED && inode != 0;
	}
	free(row);
	fclose(rows);
	return found ? 0 : -FCGI_E_ELSEWHERE;
}

/* --- TCP ----------------------------------------------------------------------------------- */

/*
 * Reads "0100007F:1F90" or 32 digits and a port: each 8 digits are 4 bytes of the address as this
 * machine would read them as a number.  Returns 0 when it is none.
 */
static int
read_end(struct queue_tcp_end *end, const char *text, int family)
{
	uint32_t words[4] = { 0, 0, htonl(0xffff), 0 };
	unsigned port;

	if (family == AF_INET) {
		if (sscanf(text, "%8x:%4x", &words[3], &port) != 2)
			return 0;
	} else if (sscanf(text, "%8x%8x%8x%8x:%4x", &words[0], &words[1], &words[2], &words[3],
		       &port) != 5) {
		return 0;
	}
	*end = (struct queue_tcp_end){ .family = family, .port = htons((uint16_t)port) };
	memcpy(&end->addr, words, sizeof end->addr);
	return 1;
}

/*
 * Reads a row of /proc/net/tcp: "sl local_address rem_address st tx_queue:rx_queue tr:tm->when
 * retrnsmt uid timeout inode".  Returns 0 when it is none.
 */
static int
read_tcp_row(struct queue_tcp_row *row, const char *line, int family)
{
	char here[48], there[48];
	unsigned long inode;
	unsigned state, waiting;

	if (sscanf(line, "%*s %47s %47s %x %*x:%x %*s %*s %*s %*s %lu", here, there, &state,
		&waiting, &inode) != 5)
		return 0;
	*row = (struct queue_tcp_row){ .state = (int)state, .accepted = inode != 0,
		.inode = inode, .queue = waiting, .limit = -1, .drops = -1 };
	return read_end(&row->here, here, family) && read_end(&row->there, there, family);
}

/* Tells each row of a list until take() returns other than 0, and returns that. */
static int
read_tcp(const char *path, int family, int (*take)(void *context, const struct queue_tcp_row *row),
    void *context)
{
	struct queue_tcp_row row;
	char *line = NULL;
	size_t size = 0;
	FILE *rows;
	int r = 0;

	rows = fopen(path, "re");
	if (rows == NULL)
		return -FCGI_E_SYSTEM;
	while (r == 0 && getline(&line, &size, rows) > 0)
		if (read_tcp_row(&row, line, family))
			r = take(context, &row);
	free(line);
	fclose(rows);
	return r;
}

/* A kernel without IPv6 has no list of it. */
static int
read_tcp_both(int (*take)(void *context, const struct queue_tcp_row *row), void *context)
{
	int r = read_tcp("/proc/net/tcp", AF_INET, take, context);

	if (r != 0)
		return r;
	r = read_tcp("/proc/net/tcp6", AF_INET6, take, context);
	return r == -FCGI_E_SYSTEM && errno == ENOENT ? 0 : r;
}

struct port_rows {
	struct queue_tcp *tcp;
	in_port_t port;
};

static int
take_port(void *context, const struct queue_tcp_row *row)
{
	struct port_rows *rows = context;

	if (row->here.port == rows->port)
		queue_tcp_take(rows->tcp, row);
	return 0;
}

int
queue_proc_tcp(struct queue_tcp *tcp, in_port_t port)
{
	struct port_rows rows = { .tcp = tcp, .port = port };

	return read_tcp_both(take_port, &rows);
}

struct pair {
	const struct queue_tcp_end *here, *there;
	int waits;
};

static int
is_end(const struct queue_tcp_end *a, const struct queue_tcp_end *b)
{
	return a->port == b->port && memcmp(&a->addr, &b->addr, sizeof a->addr) == 0;
}

static int
take_pair(void *context, const struct queue_tcp_row *row)
{
	struct pair *pair = context;

	if (!is_end(&row->here, pair->here) || !is_end(&row->there, pair->there))
		return 0;
	pair->waits = !row->accepted &&
	    (row->state == TCP_ESTABLISHED || row->state == TCP_SYN_RECV);
	return 1;
}

int
queue_proc_tcp_holds(const struct queue_tcp_end *here, const struct queue_tcp_end *there)
{
	struct pair pair = { .here = here, .there = there };
	int r = read_tcp_both(take_pair, &pair);

	if (r == 0)
		return -FCGI_E_ELSEWHERE;
	return r < 0 ? r : pair.waits;
}
