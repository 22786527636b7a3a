#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_fault.h"
#include "fcgi_proto.h"
#include "queue.h"
#include "values.h"

struct target *
target_new(size_t count)
{
	/* Not cleared: zeros for what is never read would cost more than the check itself. */
	return reallocarray(NULL, count, sizeof(struct target));
}

void
target_init(struct target *target, const struct target_settings *settings, const char *name,
    const struct addr *addr)
{
	target->state = TARGET_IDLE;
	target->settings = settings;
	target->addr = addr;
	target->request = NULL;
	target->request_len = 0;
	target->socket_count = 0;
	target->gai_error = 0;
	target->has_name = 0;
	target->lookup = LOOKUP_NONE;
	target->seen.name = name;
	target->seen.script = NULL;
	conn_init(&target->conn, target->in, sizeof target->in);
}

void
target_set_request(struct target *target, const void *request, size_t len, const char *script)
{
	target->request = request;
	target->request_len = len;
	target->seen.script = script;
}

void
target_find(struct target *target)
{
	if (target->addr->kind == ADDR_FD)
		return;
	target->socket_count = addr_resolve_numeric(target->addr, 0, target->sockets,
	    &target->gai_error);
	target->has_name = target->socket_count == -FCGI_E_RESOLVE &&
	    target->gai_error == EAI_NONAME;
	if (target->has_name)
		target->socket_count = 0;
}

int
target_needs_lookup(const struct target *target)
{
	return target->has_name && target->socket_count <= 0;
}

/* --- the end ------------------------------------------------------------------------------- */

static void
finish(struct target *target, enum observation_end end)
{
	struct observation *seen = &target->seen;

	seen->end = end;
	seen->end_ns = clock_now_ns();
	seen->received = target->conn.received;
	seen->stdout_len = target->reply.stdout_len;
	seen->stderr_len = target->reply.stderr_len;
	seen->has_request_end = target->reply.ended;
	seen->request_end = target->reply.end;
	conn_close(&target->conn);
	target->state = TARGET_DONE;
}

static void
finish_errno(struct target *target, enum observation_end end, int system_errno)
{
	target->seen.error = -FCGI_E_SYSTEM;
	target->seen.system_errno = system_errno;
	finish(target, end);
}

static void
finish_unconnected(struct target *target)
{
	const struct addr_socket *peer = &target->conn.peer;
	struct observation *seen = &target->seen;
	int system_errno = target->conn.error;

	switch (system_errno) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		finish_errno(target, OBSERVED_INTERNAL, system_errno);
		return;
	case EACCES:
		if (peer->sa.ss_family == AF_UNIX)
			addr_explain_denied(seen->denied, sizeof seen->denied,
			    ((const struct sockaddr_un *)&peer->sa)->sun_path);
		break;
	default:
		break;
	}
	finish_errno(target, OBSERVED_CONNECT, system_errno);
}

/*
 * Why nobody has answered, the kernel knows: it has our connection still, or somebody took it.  Its
 * queue is looked at when ours is closed, since many may run out of time at once.
 */
static void
finish_timeout(struct target *target)
{
	struct observation *seen = &target->seen;
	struct conn *conn = &target->conn;
	int is_open = conn->state == CONN_OPEN;

	seen->error = -FCGI_E_TIMEOUT;
	if (is_open)
		seen->waiting = queue_holds(conn->fd);
	if (seen->waiting < 0)
		seen->waiting = -1;
	seen->queue_full = conn->state == CONN_RETRY;
	finish(target, is_open ? OBSERVED_TIMEOUT : OBSERVED_CONNECT_TIMEOUT);
	if (target->addr->kind != ADDR_FD)
		target->state = TARGET_QUEUE;
}

static void
finish_wrong(struct target *target, int error)
{
	struct observation *seen = &target->seen;

	seen->error = error;
	if (error == -FCGI_E_CLOSED || error == -FCGI_E_TRUNCATED) {
		finish(target, OBSERVED_CLOSED);
		return;
	}
	fcgi_fault_describe(seen->what, sizeof seen->what, error, &target->conn.reader);
	finish(target, OBSERVED_PROTOCOL);
}

static void
finish_unresolved(struct target *target, int system_errno)
{
	struct observation *seen = &target->seen;

	seen->error = target->socket_count;
	seen->gai_error = target->gai_error;
	seen->system_errno = target->gai_error == EAI_SYSTEM ? system_errno : 0;
	finish(target, OBSERVED_RESOLVE);
}

/* Whether there is such a name is not known then. */
static void
finish_unresolved_in_time(struct target *target)
{
	target->seen.error = -FCGI_E_TIMEOUT;
	finish(target, OBSERVED_RESOLVE);
}

static void
note_queue(struct target *target, int result, int error)
{
	struct observation *seen = &target->seen;

	if (result < 0)
		seen->queue = QUEUE_UNKNOWN;
	seen->queue_error = result < 0 ? result : 0;
	seen->queue_errno = result == -FCGI_E_SYSTEM ? error : 0;
}

/* The queue was all that was asked for. */
static void
finish_queue(struct target *target)
{
	struct observation *seen = &target->seen;

	if (seen->queue_error == -FCGI_E_SYSTEM) {
		/* What the file is like decides, as for whoever connects. */
		target->conn.peer = target->sockets[target->queue_next];
		target->conn.error = seen->queue_errno;
		finish_unconnected(target);
		return;
	}
	finish(target, seen->queue_error == 0 ? OBSERVED_ANSWER : OBSERVED_ELSEWHERE);
}

static void
finish_answered(struct target *target)
{
	struct observation *seen = &target->seen;

	if (target->settings->ask == ASK_FPM_STATUS && seen->header_result == 1 &&
	    seen->header.status == 200)
		seen->has_fpm = fpm_reader_end(&target->fpm) == 0;
	finish(target, OBSERVED_ANSWER);
}

/* --- the answer to a request --------------------------------------------------------------- */

/* The first line; further ones are counted only. */
static void
take_error_output(struct observation *seen, const struct fcgi_slice *slice)
{
	size_t have = strlen(seen->stderr_line);
	const void *newline = memchr(slice->data, '\n', slice->len);
	size_t len = newline != NULL ? (size_t)((const unsigned char *)newline - slice->data)
				     : slice->len;

	if (seen->stderr_line_complete)
		return;
	seen->stderr_line_complete = newline != NULL;
	if (len > sizeof seen->stderr_line - 1 - have)
		len = sizeof seen->stderr_line - 1 - have;
	memcpy(seen->stderr_line + have, slice->data, len);
	seen->stderr_line[have + len] = '\0';
}

static void
take_body(struct target *target, const unsigned char *p, const unsigned char *end)
{
	struct observation *seen = &target->seen;
	size_t room = sizeof seen->body - seen->body_len, len = (size_t)(end - p);

	if (target->settings->ask == ASK_FPM_STATUS)
		fpm_reader_feed(&target->fpm, p, len);
	if (len > room)
		len = room;
	memcpy(seen->body + seen->body_len, p, len);
	seen->body_len += len;
}

/* Returns 1 when we have read as much as anybody may want to know. */
static int
take_output(struct target *target, const struct fcgi_slice *slice)
{
	struct observation *seen = &target->seen;
	const unsigned char *p = slice->data, *end = p + slice->len;

	if (seen->first_byte_ns == 0)
		seen->first_byte_ns = clock_now_ns();
	if (seen->header_result == -FCGI_E_MORE)
		seen->header_result = cgi_response_feed(&seen->header, &p, end);
	if (seen->header_result == 1)
		take_body(target, p, end);
	/* The page of a large pool is read line by line, to its end. */
	if (target->settings->ask == ASK_FPM_STATUS && seen->header_result == 1 &&
	    seen->header.status == 200 && !fpm_reader_has_failed(&target->fpm))
		return 0;
	return target->reply.stdout_len > (uint64_t)seen->header.block_len + sizeof seen->body;
}

static void
take_answer(struct target *target)
{
	struct conn *conn = &target->conn;
	struct fcgi_slice slice;
	int what, event;

	while ((what = conn_next(conn, &slice)) > 0) {
		event = fcgi_request_feed(&target->reply, &conn->reader.record, what, &slice);
		if (event < 0) {
			finish_wrong(target, event);
			return;
		}
		if (event == FCGI_REQUEST_END) {
			finish_answered(target);
			return;
		}
		if (event == FCGI_REQUEST_STDERR)
			take_error_output(&target->seen, &slice);
		if (event == FCGI_REQUEST_STDOUT && take_output(target, &slice)) {
			finish(target, OBSERVED_ENOUGH);
			return;
		}
	}
	if (what < 0)
		finish_wrong(target, what);
}

/* --- the answer to GET_VALUES -------------------------------------------------------------- */

static void
take_values(struct target *target)
{
	struct fcgi_slice slice;
	int what, r;

	while ((what = conn_next(&target->conn, &slice)) > 0) {
		r = fcgi_values_feed(&target->values, &target->conn.reader.record, what, &slice);
		if (r == FCGI_VALUES_NOTHING)
			continue;
		if (r == FCGI_VALUES_RESULT) {
			values_note(&target->values, &target->seen);
			finish(target, OBSERVED_ANSWER);
		} else if (r == FCGI_VALUES_UNKNOWN_TYPE) {
			strcpy(target->seen.what, "the peer does not know FCGI_GET_VALUES");
			target->seen.error = -FCGI_E_ORDER;
			finish(target, OBSERVED_PROTOCOL);
		} else {
			finish_wrong(target, r);
		}
		return;
	}
	if (what < 0)
		finish_wrong(target, what);
}

/* --- the course of it ---------------------------------------------------------------------- */

/* A full queue is the answer, if it stays full for a moment. */
static void
note_turned_away(struct target *target, int64_t now_ns)
{
	struct conn *conn = &target->conn;
	int64_t until_ns = clock_after(now_ns, TARGET_QUEUE_FULL_NS);

	if (conn->state != CONN_RETRY || target->turned_away)
		return;
	target->turned_away = 1;
	if (until_ns < conn->connect_deadline_ns)
		conn->connect_deadline_ns = until_ns;
}

static void
note_connected(struct target *target)
{
	struct observation *seen = &target->seen;

	if (seen->connected_ns != 0 || target->conn.state != CONN_OPEN)
		return;
	seen->connected_ns = clock_now_ns();
	if (target->settings->ask == ASK_CONNECT)
		finish(target, OBSERVED_ANSWER);
}

static void
step_conn(struct target *target, short revents, int64_t now_ns)
{
	struct conn *conn = &target->conn;
	int r = conn_step(conn, revents, now_ns);

	if (r == -FCGI_E_TIMEOUT) {
		finish_timeout(target);
		return;
	}
	if (r < 0) {
		if (target->seen.connected_ns == 0)
			finish_unconnected(target);
		else
			finish_errno(target, OBSERVED_CLOSED, conn->error);
		return;
	}
	note_turned_away(target, now_ns);
	note_connected(target);
	if (target->state != TARGET_ASKING || r == CONN_WAIT)
		return;
	if (target->settings->ask == ASK_VALUES)
		take_values(target);
	else
		take_answer(target);
}

/* Nothing is known yet.  What is large is not cleared: its lengths say how much of it counts. */
static void
forget(struct target *target, int64_t now_ns)
{
	struct observation *seen = &target->seen;
	const char *name = seen->name, *script = seen->script;

	memset(seen, 0, offsetof(struct observation, header_block));
	seen->name = name;
	seen->script = script;
	seen->ask = target->settings->ask;
	seen->waiting = -1;
	seen->queue = QUEUE_UNKNOWN;
	seen->header_result = -FCGI_E_MORE;
	seen->start_ns = now_ns;
	cgi_response_init(&seen->header, seen->header_block, sizeof seen->header_block);
	conn_init(&target->conn, target->in, sizeof target->in);
	target->turned_away = 0;
	target->queue_next = 0;
	fcgi_values_init(&target->values, target->value_bytes, sizeof target->value_bytes);
	target->reply = (struct fcgi_request){ .request_id = 1 };
	if (target->settings->ask == ASK_FPM_STATUS)
		fpm_reader_init(&target->fpm, &seen->fpm, target->settings->path);
}

static void
open_connection(struct target *target, int64_t now_ns)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)target->request,
		.iov_len = target->request_len };
	struct conn *conn = &target->conn;
	int r;

	target->state = TARGET_ASKING;
	conn->deadline_ns = target->deadline_ns;
	conn->connect_deadline_ns = clock_after(now_ns, target->settings->connect_timeout_ns);
	conn_queue(conn, &iov, 1);
	if (target->addr->kind == ADDR_FD)
		r = conn_attach(conn, target->addr->port);
	else
		r = conn_open(conn, target->sockets, target->socket_count, now_ns);
	if (r < 0) {
		finish_unconnected(target);
		return;
	}
	note_turned_away(target, now_ns);
	note_connected(target);
	/* All of it is sent at once, where the connection is there at once. */
	if (target->state == TARGET_ASKING && conn->state == CONN_OPEN)
		step_conn(target, 0, now_ns);
}

/* The addresses are known, if it has any. */
static void
ask(struct target *target, int64_t now_ns)
{
	struct observation *seen = &target->seen;
	int r;

	if (seen->ask == ASK_QUEUE && target->addr->kind == ADDR_FD) {
		r = queue_read(target->addr->port, &seen->queue);
		note_queue(target, r, errno);
		finish_queue(target);
	} else if (seen->ask == ASK_QUEUE ||
	    (target->settings->read_queue && target->addr->kind != ADDR_FD)) {
		/* Before we are in it ourselves. */
		target->state = TARGET_QUEUE;
	} else {
		open_connection(target, now_ns);
	}
}

void
target_start(struct target *target, int64_t now_ns, int64_t deadline_ns)
{
	forget(target, now_ns);
	target->deadline_ns = deadline_ns;
	if (target_needs_lookup(target)) {
		if (lookup_start(&target->lookup, target->addr) < 0)
			finish_errno(target, OBSERVED_INTERNAL, errno);
		else
			target->state = TARGET_RESOLVING;
	} else if (target->addr->kind != ADDR_FD && target->socket_count < 0) {
		finish_unresolved(target, errno);
	} else {
		ask(target, now_ns);
	}
}

static void
step_lookup(struct target *target, short revents, int64_t now_ns)
{
	if (revents != 0) {
		target->socket_count = lookup_take(&target->lookup, target->sockets,
		    &target->gai_error);
		if (target->socket_count < 0)
			finish_unresolved(target, errno);
		else
			ask(target, now_ns);
	} else if (now_ns >= target->deadline_ns) {
		lookup_cancel(&target->lookup);
		finish_unresolved_in_time(target);
	}
}

void
target_step(struct target *target, short revents, int64_t now_ns)
{
	if (target->state == TARGET_RESOLVING)
		step_lookup(target, revents, now_ns);
	else
		step_conn(target, revents, now_ns);
}

int64_t
target_poll(const struct target *target, struct pollfd *fd)
{
	const struct conn *conn = &target->conn;

	if (target->state == TARGET_RESOLVING) {
		*fd = (struct pollfd){ .fd = target->lookup.fd, .events = POLLIN };
		return target->deadline_ns;
	}
	/* Without events poll(2) would still tell of a hang-up. */
	*fd = (struct pollfd){ .fd = conn->events != 0 ? conn->fd : -1, .events = conn->events };
	return conn->wake_ns;
}

const struct addr_socket *
target_queue_address(const struct target *target)
{
	return target->conn.peer.len > 0 ? &target->conn.peer
					 : &target->sockets[target->queue_next];
}

void
target_take_queue(struct target *target, const struct queue_place *place, int64_t now_ns)
{
	struct observation *seen = &target->seen;

	/* Of several addresses the first counts at which anybody listens. */
	if (place->result == -FCGI_E_ELSEWHERE && seen->end_ns == 0 &&
	    target->queue_next + 1 < target->socket_count) {
		target->queue_next++;
		return;
	}
	seen->queue = place->queue;
	note_queue(target, place->result, place->error);
	if (seen->end_ns != 0)
		target->state = TARGET_DONE;
	else if (seen->ask == ASK_QUEUE)
		finish_queue(target);
	else
		open_connection(target, now_ns);
}

void
target_cancel(struct target *target, int64_t start_ns, int system_errno)
{
	forget(target, start_ns);
	if (target_needs_lookup(target))
		finish_unresolved_in_time(target);
	else
		finish_errno(target, OBSERVED_INTERNAL, system_errno);
}

void
target_reap(struct target *target)
{
	lookup_reap(&target->lookup);
}
