#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "queue.h"
#include "queue_proc.h"
#include "queue_tcp.h"
#include "sock_diag.h"

/* A reason for which the kernel was not asked, or did not understand: /proc may know. */
static int
is_unanswered(int error)
{
	return error != ENOMEM && error != EMFILE && error != ENFILE && error != ENOBUFS;
}

static void
note_failure(struct queue_place *place, int result, int error)
{
	place->result = result;
	place->error = result == -FCGI_E_SYSTEM ? error : 0;
}

/* With errno as it is. */
static void
note_result(struct queue_place *place, int result)
{
	note_failure(place, result, errno);
}

/* --- UNIX ---------------------------------------------------------------------------------- */

/* How many sockets may be bound to files of the same inode number, of different file systems. */
enum { FILES_MAX = 8 };

/* What was found of one file, or abstract name. */
struct unix_found {
	uint32_t device;	/* in the kernel's coding */
	int listens;
	struct queue queue;
};

/* Who is looked for, and what was found. */
struct unix_search {
	struct queue_place *place;
	const struct sockaddr_un *sun;
	size_t name_len;	/* of sun_path, with the NUL that an abstract name begins with */
	int is_abstract;
	uint32_t inode;		/* of the file, as far as the kernel tells it here; abstract: 0 */
	uint32_t device;
	struct unix_found found[FILES_MAX];
	int found_count;
};

struct unix_searches {
	struct unix_search *items;
	size_t count;
};

/* A socket that the kernel has told of. */
struct unix_row {
	int listens;
	const char *name;	/* NULL: none */
	size_t name_len;
	const struct unix_diag_vfs *file; /* NULL: none */
	const struct unix_diag_rqlen *lengths;
};

/* The entry for what a socket is bound to, or NULL when that is not what is looked for. */
static struct unix_found *
fit_unix(struct unix_search *search, const struct unix_row *row)
{
	uint32_t device = row->file != NULL ? row->file->udiag_vfs_dev : 0;
	struct unix_found *found = search->found, *end = found + search->found_count;

	if (search->is_abstract) {
		if (row->name_len != search->name_len ||
		    memcmp(row->name, search->sun->sun_path, row->name_len) != 0)
			return NULL;
	} else if (row->file == NULL || row->file->udiag_vfs_ino != search->inode) {
		return NULL;
	}
	while (found < end && found->device != device)
		found++;
	if (found == end) {
		if (search->found_count == FILES_MAX)
			return NULL;
		search->found_count++;
		*found = (struct unix_found){ .device = device, .queue.drops = -1 };
	}
	return found;
}

/* An attribute that is there, and as long as it has to be, or NULL. */
static const void *
whole_attribute(const void *data, size_t len, uint16_t type, size_t size)
{
	size_t value_len = 0;
	const void *value = sock_diag_attribute(data, len, sizeof(struct unix_diag_msg), type,
	    &value_len);

	return value != NULL && value_len >= size ? value : NULL;
}

/* A connection that nobody has accepted has no inode, and so is not among them. */
static void
take_unix(void *context, const void *data, size_t len)
{
	const struct unix_searches *searches = context;
	const struct unix_diag_msg *message = data;
	struct unix_search *search;
	struct unix_row row = { 0 };
	struct unix_found *found;

	if (len < sizeof *message)
		return;
	row.name = sock_diag_attribute(data, len, sizeof *message, UNIX_DIAG_NAME, &row.name_len);
	row.file = whole_attribute(data, len, UNIX_DIAG_VFS, sizeof *row.file);
	row.lengths = whole_attribute(data, len, UNIX_DIAG_RQLEN, sizeof *row.lengths);
	row.listens = message->udiag_state == TCP_LISTEN;
	/* Most are the clients' ends, and have no name. */
	if (row.name == NULL || row.lengths == NULL)
		return;
	for (search = searches->items; search < searches->items + searches->count; search++) {
		found = fit_unix(search, &row);
		if (found == NULL)
			continue;
		if (!row.listens) {
			found->queue.busy++;
			continue;
		}
		found->listens = 1;
		found->queue.len = row.lengths->udiag_rqueue;
		found->queue.limit = row.lengths->udiag_wqueue;
		found->queue.inode = message->udiag_ino;
	}
}

/* Notes by what the listener is to be known. */
static int
set_search(struct unix_search *search, struct queue_place *place)
{
	const struct addr_socket *address = place->address;
	struct stat st;

	*search = (struct unix_search){
		.place = place,
		.sun = (const struct sockaddr_un *)&address->sa,
	};
	if (address->len <= offsetof(struct sockaddr_un, sun_path)) {
		errno = EINVAL;
		return -FCGI_E_SYSTEM;
	}
	search->name_len = address->len - offsetof(struct sockaddr_un, sun_path);
	search->is_abstract = search->sun->sun_path[0] == '\0';
	if (search->is_abstract)
		return 0;
	search->name_len = strnlen(search->sun->sun_path, search->name_len);
	if (stat(search->sun->sun_path, &st) < 0)
		return -FCGI_E_SYSTEM;
	search->inode = (uint32_t)st.st_ino;
	search->device = major(st.st_dev) << 20 | minor(st.st_dev);
	return 0;
}

/*
 * The device that the kernel knows a file's file system by.  To users overlayfs and Btrfs tell
 * others, so that it has to be looked up.
 * Returns 1, or 0 when it is not known.
 */
static int
find_device(const char *path, uint32_t *device)
{
	unsigned long long mount;
	unsigned major_number, minor_number;
	struct statx file;
	char *line = NULL;
	size_t size = 0;
	int is_found = 0;
	FILE *mounts;

	if (statx(AT_FDCWD, path, 0, STATX_MNT_ID, &file) < 0 || !(file.stx_mask & STATX_MNT_ID))
		return 0;
	mounts = fopen("/proc/self/mountinfo", "re");
	if (mounts == NULL)
		return 0;
	/* "36 35 98:0 /mnt1 /mnt2 ...": the mount, its parent, the device. */
	while (!is_found && getline(&line, &size, mounts) > 0)
		is_found = sscanf(line, "%llu %*u %u:%u", &mount, &major_number, &minor_number) == 3 &&
		    mount == file.stx_mnt_id;
	free(line);
	fclose(mounts);
	*device = major_number << 20 | minor_number;
	return is_found;
}

/* Returns 1 when somebody listens at that device's file. */
static int
choose_found(const struct unix_search *search, uint32_t device)
{
	const struct unix_found *found;

	for (found = search->found; found < search->found + search->found_count; found++) {
		if (found->listens && found->device == device) {
			search->place->queue = found->queue;
			return 1;
		}
	}
	return 0;
}

static void
end_search(const struct unix_search *search)
{
	uint32_t device;
	int is_found = choose_found(search, search->device);

	if (!is_found && !search->is_abstract && search->found_count > 0 &&
	    find_device(search->sun->sun_path, &device))
		is_found = choose_found(search, device);
	search->place->result = is_found ? 0 : -FCGI_E_ELSEWHERE;
}

static void
run_searches(struct unix_searches *searches)
{
	const struct unix_diag_req question = {
		.sdiag_family = AF_UNIX,
		.udiag_states = 1 << TCP_LISTEN | 1 << TCP_ESTABLISHED,
		.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_RQLEN,
	};
	struct unix_search *search;
	int r, error;

	if (searches->count == 0)
		return;
	r = sock_diag_ask(SOCK_DIAG_BY_FAMILY, 1, &question, sizeof question, take_unix,
	    searches);
	error = errno;
	for (search = searches->items; search < searches->items + searches->count; search++) {
		if (r >= 0)
			end_search(search);
		else if (is_unanswered(error))
			note_result(search->place, queue_proc_unix(search->sun,
			    search->place->address->len, &search->place->queue));
		else
			note_failure(search->place, r, error);
	}
}

static void
read_unix(struct queue_place *places, size_t count)
{
	struct unix_searches searches = { .items = calloc(count, sizeof *searches.items) };
	int r = searches.items == NULL ? -FCGI_E_SYSTEM : 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (places[i].address->sa.ss_family != AF_UNIX)
			continue;
		if (searches.items != NULL)
			r = set_search(&searches.items[searches.count], &places[i]);
		note_result(&places[i], r);
		searches.count += r == 0;
	}
	run_searches(&searches);
	free(searches.items);
}

/* --- TCP ----------------------------------------------------------------------------------- */

static void
set_end(struct queue_tcp_end *end, int family, const uint32_t words[4], uint16_t port,
    uint32_t device)
{
	const uint32_t mapped[4] = { 0, 0, htonl(0xffff), words[0] };

	*end = (struct queue_tcp_end){ .family = family, .port = port, .device = device };
	memcpy(&end->addr, family == AF_INET ? mapped : words, sizeof end->addr);
}

static void
take_tcp(void *context, const void *data, size_t len)
{
	const struct inet_diag_msg *message = data;
	const uint32_t *memory;
	const uint8_t *v6_only;
	struct queue_tcp_row row;
	size_t value_len = 0;

	if (len < sizeof *message)
		return;
	row = (struct queue_tcp_row){
		.state = message->idiag_state,
		.accepted = message->idiag_inode != 0,
		.inode = message->idiag_inode,
		.queue = message->idiag_rqueue,
		.limit = message->idiag_wqueue,
		.drops = -1,
	};
	set_end(&row.here, message->idiag_family, message->id.idiag_src, message->id.idiag_sport,
	    message->id.idiag_if);
	set_end(&row.there, message->idiag_family, message->id.idiag_dst, message->id.idiag_dport,
	    message->id.idiag_if);
	v6_only = sock_diag_attribute(data, len, sizeof *message, INET_DIAG_SKV6ONLY, &value_len);
	row.v6_only = v6_only != NULL && value_len > 0 && *v6_only != 0;
	memory = sock_diag_attribute(data, len, sizeof *message, INET_DIAG_SKMEMINFO, &value_len);
	/* An older kernel tells fewer of them. */
	if (memory != NULL && value_len > SK_MEMINFO_DROPS * sizeof *memory)
		row.drops = memory[SK_MEMINFO_DROPS];
	queue_tcp_take(context, &row);
}

/*
 * Whether an address is one of this host's: only of these is a listener on every address the one
 * that connections to it reach.  Nothing is sent.
 */
static int
is_of_this_host(const struct addr_socket *address)
{
	struct addr_socket from = { .len = sizeof from.sa };
	struct queue_tcp_end there, here;
	int fd, is_ours;

	queue_tcp_end_set(&there, address);
	if (IN6_IS_ADDR_LOOPBACK(&there.addr) ||
	    (there.family == AF_INET && there.addr.s6_addr[12] == 127))
		return 1;
	fd = socket(address->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	/* To an address of its own a host talks from that address. */
	is_ours = connect(fd, (const struct sockaddr *)&address->sa, address->len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&from.sa, &from.len) == 0;
	close(fd);
	if (!is_ours)
		return 0;
	queue_tcp_end_set(&here, &from);
	return memcmp(&here.addr, &there.addr, sizeof here.addr) == 0;
}

/* Lists the sockets of a port. */
static int
list_port(struct queue_tcp *tcp, in_port_t port)
{
	struct inet_diag_req question = {
		.idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1),
		/* Whatever a process still holds: one that has shut down waits for the other. */
		.idiag_states = ~(1U << TCP_TIME_WAIT | 1U << TCP_CLOSE | 1U << TCP_SYN_SENT |
		    1U << TCP_SYN_RECV),
		.id.idiag_sport = port,
	};
	int r;

	*tcp = (struct queue_tcp){ 0 };
	/* The old form of the question, since it asks for IPv4 and IPv6 at once. */
	r = sock_diag_ask(TCPDIAG_GETSOCK, 1, &question, sizeof question, take_tcp, tcp);
	if (r >= 0 || !is_unanswered(errno))
		return r;
	*tcp = (struct queue_tcp){ 0 };
	return queue_proc_tcp(tcp, port);
}

static int
choose_tcp(const struct queue_tcp *tcp, const struct queue_tcp_end *to, struct queue_place *place)
{
	int any, r = queue_tcp_choose(tcp, to, &place->queue, &any);

	if (r < 0)
		return r;
	return any && !is_of_this_host(place->address) ? -FCGI_E_ELSEWHERE : 0;
}

static void
read_tcp(struct queue_place *places, size_t count)
{
	in_port_t listed = 0;
	struct queue_tcp_end to;
	struct queue_tcp tcp;
	int is_listed = 0, r = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (places[i].address->sa.ss_family == AF_UNIX)
			continue;
		queue_tcp_end_set(&to, places[i].address);
		/* Hosts of a kind use the same port. */
		if (!is_listed || to.port != listed)
			r = list_port(&tcp, to.port);
		is_listed = r >= 0;
		listed = to.port;
		note_result(&places[i], r < 0 ? r : choose_tcp(&tcp, &to, &places[i]));
	}
}

void
queue_read_all(struct queue_place *places, size_t count)
{
	size_t i;

	read_unix(places, count);
	read_tcp(places, count);
	for (i = 0; i < count; i++)
		if (places[i].result < 0)
			places[i].queue = QUEUE_UNKNOWN;
}

int
queue_read_at(const struct addr_socket *address, struct queue *queue)
{
	struct queue_place place = { .address = address };

	queue_read_all(&place, 1);
	*queue = place.queue;
	errno = place.error;
	return place.result;
}
