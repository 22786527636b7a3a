#include "mpxs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bsd/string.h>

#include "clock.h"
#include "conn.h"
#include "fcgi_error.h"
#include "fcgi_fault.h"
#include "fcgi_values.h"
#include "fcgi_writer.h"
#include "plan.h"

struct question {
	struct conn conn;
	struct fcgi_values values;
	unsigned char content[FCGI_VALUES_STANDARD];
	unsigned char out[256];
	unsigned char in[1024];
};

static void
prepare(struct question *question, int64_t connect_deadline_ns, int64_t deadline_ns)
{
	struct iovec iov = { .iov_base = question->out };
	struct fcgi_writer writer;

	conn_init(&question->conn, question->in, sizeof question->in);
	question->conn.connect_deadline_ns = connect_deadline_ns;
	question->conn.deadline_ns = deadline_ns;
	fcgi_values_init(&question->values, question->content, sizeof question->content);
	/* All three: there are applications that know but the whole of it. */
	fcgi_writer_init(&writer, question->out, sizeof question->out, FCGI_NULL_REQUEST_ID);
	(void)fcgi_writer_get_values(&writer, fcgi_writer_standard_values);
	iov.iov_len = (size_t)(writer.p - question->out);
	conn_queue(&question->conn, &iov, 1);
}

/* What became of waiting, besides an enum fcgi_values_event. */
enum { STOPPED = FCGI_VALUES_UNKNOWN_TYPE + 1 };

/* Returns an enum fcgi_values_event, STOPPED, or an error. */
static int
wait_for_answer(struct question *question, int stop_fd)
{
	struct pollfd stop = { .fd = stop_fd, .events = POLLIN };
	struct conn *conn = &question->conn;
	struct fcgi_slice slice;
	int r, what;

	for (;;) {
		r = conn_run(conn, &stop, 1);
		if (r == -FCGI_E_SYSTEM && conn->error == EINTR)
			continue;
		if (r < 0)
			return r;
		if (stop.revents != 0)
			return STOPPED;
		while ((what = conn_next(conn, &slice)) > 0) {
			r = fcgi_values_feed(&question->values, &conn->reader.record, what,
			    &slice);
			if (r != FCGI_VALUES_NOTHING)
				return r;
		}
		if (what < 0)
			return what;
	}
}

static int
read_answer(const struct question *question, char *why, size_t size)
{
	struct fcgi_nv nv;

	if (!fcgi_values_get(&question->values, FCGI_MPXS_CONNS, &nv)) {
		strlcpy(why, "it does not tell " FCGI_MPXS_CONNS, size);
		return MPXS_UNKNOWN;
	}
	if (nv.value_len == 1 && (*nv.value == '0' || *nv.value == '1'))
		return *nv.value == '1' ? MPXS_YES : MPXS_NO;
	snprintf(why, size, "it answers " FCGI_MPXS_CONNS "=%.*s",
	    (int)(nv.value_len < 32 ? nv.value_len : 32), (const char *)nv.value);
	return MPXS_UNKNOWN;
}

static int
explain(const struct question *question, int error, char *why, size_t size)
{
	const struct conn *conn = &question->conn;

	if (conn->state != CONN_OPEN && conn->state != CONN_CLOSED)
		return error;
	/* Once there was a connection it is an answer of a kind. */
	if (error == -FCGI_E_SYSTEM)
		strlcpy(why, strerror(conn->error), size);
	else if (error == -FCGI_E_TIMEOUT)
		strlcpy(why, "it does not answer FCGI_GET_VALUES in time", size);
	else if (error == -FCGI_E_CLOSED)
		strlcpy(why, "it closes the connection in answer to FCGI_GET_VALUES", size);
	else
		fcgi_fault_describe(why, size, error, &conn->reader);
	return MPXS_UNKNOWN;
}

int
mpxs_ask(const struct plan_target *target, int64_t connect_timeout_ns, int64_t timeout_ns,
    int stop_fd, char *why, size_t size)
{
	struct question question;
	int64_t now_ns = clock_now_ns();
	int r;

	*why = '\0';
	prepare(&question, clock_after(now_ns, connect_timeout_ns),
	    clock_after(now_ns, timeout_ns));
	r = conn_open(&question.conn, target->sockets, target->socket_count, now_ns);
	if (r == 0)
		r = wait_for_answer(&question, stop_fd);
	if (r == FCGI_VALUES_RESULT) {
		r = read_answer(&question, why, size);
	} else if (r == FCGI_VALUES_UNKNOWN_TYPE) {
		strlcpy(why, "it does not know FCGI_GET_VALUES", size);
		r = MPXS_UNKNOWN;
	} else if (r == STOPPED) {
		r = MPXS_STOPPED;
	} else {
		r = explain(&question, r, why, size);
	}
	conn_close(&question.conn);
	return r;
}
