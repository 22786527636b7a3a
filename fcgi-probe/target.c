#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_fault.h"
#include "fcgi_nv.h"
#include "fcgi_proto.h"
#include "queue.h"

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
target_resolve(struct target *target)
{
	if (target->addr->kind != ADDR_FD)
		target->socket_count = addr_resolve(target->addr, 0, target->sockets,
		    &target->gai_error);
}

/* --- the queue ----------------------------------------------------------------------------- */

/* Of the address in use, or of the first of several that anybody listens at. */
static int
read_queue(struct target *target)
{
	struct queue *queue = &target->seen.queue;
	int i, r = -FCGI_E_ELSEWHERE;

	if (target->addr->kind == ADDR_FD)
		return queue_read(target->addr->port, queue);
	if (target->conn.peer.len > 0)
		return queue_read_at(&target->conn.peer, queue);
	for (i = 0; i < target->socket_count && r == -FCGI_E_ELSEWHERE; i++)
		r = queue_read_at(&target->sockets[i], queue);
	return r;
}

static int
note_queue(struct target *target)
{
	struct observation *seen = &target->seen;
	int r = read_queue(target);

	if (r < 0)
		seen->queue = QUEUE_UNKNOWN;
	seen->queue_error = r < 0 ? r : 0;
	seen->queue_errno = r == -FCGI_E_SYSTEM ? errno : 0;
	return r;
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

/* Why nobody has answered, the kernel knows: it has our connection still, or somebody took it. */
static void
finish_timeout(struct target *target)
{
	struct observation *seen = &target->seen;
	struct conn *conn = &target->conn;

	seen->error = -FCGI_E_TIMEOUT;
	if (conn->state == CONN_OPEN) {
		seen->waiting = queue_holds(conn->fd);
		if (seen->waiting < 0)
			seen->waiting = -1;
	}
	(void)note_queue(target);
	seen->queue_full = conn->state == CONN_RETRY;
	finish(target, conn->state == CONN_OPEN ? OBSERVED_TIMEOUT : OBSERVED_CONNECT_TIMEOUT);
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
	if (target->settings->ask == ASK_FPM_STATUS)
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
keep_value(char *dst, size_t size, const struct fcgi_nv *nv)
{
	size_t len = nv->value_len < size ? nv->value_len : size - 1;

	memcpy(dst, nv->value, len);
	dst[len] = '\0';
}

static void
take_value(struct observation *seen, const struct fcgi_nv *nv)
{
	const struct {
		const char *name;
		char *dst;
	} known[] = {
		{ FCGI_MAX_CONNS, seen->values.max_conns },
		{ FCGI_MAX_REQS, seen->values.max_reqs },
		{ FCGI_MPXS_CONNS, seen->values.mpxs_conns },
	};
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (nv->name_len == strlen(known[i].name) &&
		    memcmp(nv->name, known[i].name, nv->name_len) == 0)
			keep_value(known[i].dst, sizeof seen->values.max_conns, nv);
}

static void
finish_values(struct target *target)
{
	const unsigned char *p = target->values, *end = p + target->values_len;
	struct fcgi_nv nv;
	int r;

	while ((r = fcgi_nv_next(&p, end, &nv)) > 0)
		take_value(&target->seen, &nv);
	if (r < 0 && target->values_len < sizeof target->values) {
		finish_wrong(target, -FCGI_E_NV);
		return;
	}
	finish(target, OBSERVED_ANSWER);
}

/* What is longer than the three values may be is cut. */
static void
keep_values(struct target *target, const struct fcgi_slice *slice)
{
	size_t room = sizeof target->values - target->values_len;
	size_t len = slice->len < room ? slice->len : room;

	memcpy(target->values + target->values_len, slice->data, len);
	target->values_len += len;
}

static void
take_values(struct target *target)
{
	const struct fcgi_record *record = &target->conn.reader.record;
	struct fcgi_slice slice;
	int what;

	while ((what = conn_next(&target->conn, &slice)) > 0) {
		if (record->type == FCGI_UNKNOWN_TYPE) {
			strcpy(target->seen.what, "the peer does not know FCGI_GET_VALUES");
			target->seen.error = -FCGI_E_ORDER;
			finish(target, OBSERVED_PROTOCOL);
			return;
		}
		if (record->type != FCGI_GET_VALUES_RESULT)
			continue;
		if (what == FCGI_READ_CONTENT)
			keep_values(target, &slice);
		if (what == FCGI_READ_END) {
			finish_values(target);
			return;
		}
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

void
target_step(struct target *target, short revents, int64_t now_ns)
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
	target->values_len = 0;
	target->reply = (struct fcgi_request){ .request_id = 1 };
	if (target->settings->ask == ASK_FPM_STATUS)
		fpm_reader_init(&target->fpm, &seen->fpm, target->settings->path);
}

static void
open_connection(struct target *target, int64_t now_ns, int64_t deadline_ns)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)target->request,
		.iov_len = target->request_len };
	struct conn *conn = &target->conn;
	int r;

	conn->deadline_ns = deadline_ns;
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
		target_step(target, 0, now_ns);
}

static void
ask_kernel(struct target *target)
{
	int r = note_queue(target);

	if (r >= 0)
		finish(target, OBSERVED_ANSWER);
	else if (r == -FCGI_E_ELSEWHERE)
		finish(target, OBSERVED_ELSEWHERE);
	if (target->state == TARGET_DONE)
		return;
	/* What the file is like decides, as for whoever connects. */
	target->conn.peer = target->sockets[0];
	target->conn.error = target->seen.queue_errno;
	finish_unconnected(target);
}

void
target_start(struct target *target, int64_t now_ns, int64_t deadline_ns)
{
	struct observation *seen = &target->seen;

	forget(target, now_ns);
	target->state = TARGET_ASKING;
	if (target->addr->kind != ADDR_FD && target->socket_count <= 0) {
		seen->gai_error = target->gai_error;
		seen->error = target->socket_count;
		finish(target, OBSERVED_RESOLVE);
		return;
	}
	if (seen->ask == ASK_QUEUE) {
		ask_kernel(target);
		return;
	}
	/* Before we are in it ourselves. */
	if (target->settings->read_queue || seen->ask == ASK_FPM_STATUS)
		(void)note_queue(target);
	open_connection(target, now_ns, deadline_ns);
}

void
target_cancel(struct target *target, int64_t now_ns, int system_errno)
{
	forget(target, now_ns);
	finish_errno(target, OBSERVED_INTERNAL, system_errno);
}
