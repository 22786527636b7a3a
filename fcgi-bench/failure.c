#include "failure.h"

#include <errno.h>
#include <stdio.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"

/* Those of socket calls; others are told as numbers. */
static const struct {
	int number;
	char name[16];
} errnos[] = {
	{ EACCES, "EACCES" },
	{ EADDRINUSE, "EADDRINUSE" },
	{ EADDRNOTAVAIL, "EADDRNOTAVAIL" },
	{ EAFNOSUPPORT, "EAFNOSUPPORT" },
	{ EAGAIN, "EAGAIN" },
	{ EBADF, "EBADF" },
	{ ECONNABORTED, "ECONNABORTED" },
	{ ECONNREFUSED, "ECONNREFUSED" },
	{ ECONNRESET, "ECONNRESET" },
	{ EHOSTDOWN, "EHOSTDOWN" },
	{ EHOSTUNREACH, "EHOSTUNREACH" },
	{ EINVAL, "EINVAL" },
	{ EIO, "EIO" },
	{ ELOOP, "ELOOP" },
	{ EMFILE, "EMFILE" },
	{ ENETDOWN, "ENETDOWN" },
	{ ENETUNREACH, "ENETUNREACH" },
	{ ENFILE, "ENFILE" },
	{ ENOBUFS, "ENOBUFS" },
	{ ENOENT, "ENOENT" },
	{ ENOMEM, "ENOMEM" },
	{ ENOSPC, "ENOSPC" },
	{ ENOTCONN, "ENOTCONN" },
	{ ENOTDIR, "ENOTDIR" },
	{ ENOTSOCK, "ENOTSOCK" },
	{ EPERM, "EPERM" },
	{ EPIPE, "EPIPE" },
	{ EPROTO, "EPROTO" },
	{ EPROTOTYPE, "EPROTOTYPE" },
	{ ETIMEDOUT, "ETIMEDOUT" },
};

static int
is_same(struct failure a, struct failure b)
{
	return a.phase == b.phase && a.kind == b.kind && a.number == b.number;
}

static struct failure_row *
find_row(struct failure_table *table, struct failure failure)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		if (is_same(table->rows[i].failure, failure))
			return &table->rows[i];
	return NULL;
}

/* The last rows are kept for what each phase has besides. */
static struct failure_row *
find_or_add_row(struct failure_table *table, struct failure failure)
{
	struct failure_row *row = find_row(table, failure);

	if (row == NULL && table->count >= FAILURE_ROWS - FAILURE_PHASES) {
		failure.kind = FAILURE_OTHER;
		failure.number = 0;
		row = find_row(table, failure);
	}
	if (row == NULL) {
		row = &table->rows[table->count++];
		*row = (struct failure_row){ .failure = failure };
	}
	return row;
}

void
failure_count(struct failure_table *table, struct failure failure, uint64_t times)
{
	if (times == 0)
		return;
	find_or_add_row(table, failure)->times += times;
	table->total += times;
}

void
failure_add(struct failure_table *to, const struct failure_table *from)
{
	size_t i;

	for (i = 0; i < from->count; i++)
		failure_count(to, from->rows[i].failure, from->rows[i].times);
}

void
failure_since(struct failure_table *difference, const struct failure_table *later,
    const struct failure_table *earlier)
{
	size_t i;

	*difference = (struct failure_table){ 0 };
	/* A table only grows, so the rows of the earlier one are the first of the later one. */
	for (i = 0; i < later->count; i++)
		failure_count(difference, later->rows[i].failure,
		    later->rows[i].times - (i < earlier->count ? earlier->rows[i].times : 0));
}

uint64_t
failure_times(const struct failure_table *table, enum failure_kind kind)
{
	uint64_t times = 0;
	size_t i;

	for (i = 0; i < table->count; i++)
		if (table->rows[i].failure.kind == kind)
			times += table->rows[i].times;
	return times;
}

/* --- words ----------------------------------------------------------------------------------- */

const char *
failure_phase_name(enum failure_phase phase)
{
	static const char names[FAILURE_PHASES][12] = {
		[FAILURE_CONNECT] = "connect",
		[FAILURE_SEND] = "send",
		[FAILURE_FIRST_BYTE] = "first-byte",
		[FAILURE_ANSWER] = "answer",
		[FAILURE_VALID] = "valid",
	};

	return names[phase];
}

static const char *
errno_name(int64_t number)
{
	size_t i;

	for (i = 0; i < sizeof errnos / sizeof *errnos; i++)
		if (errnos[i].number == number)
			return errnos[i].name;
	return NULL;
}

static const char *
protocol_status_name(int64_t status)
{
	switch (status) {
	case FCGI_CANT_MPX_CONN: return "FCGI_CANT_MPX_CONN";
	case FCGI_OVERLOADED: return "FCGI_OVERLOADED";
	case FCGI_UNKNOWN_ROLE: return "FCGI_UNKNOWN_ROLE";
	default: return NULL;
	}
}

/* The words for a failure without a number, or whose number has a name; else NULL. */
static const char *
plain_cause(const struct failure *failure)
{
	switch (failure->kind) {
	case FAILURE_ERRNO:
		if (failure->phase == FAILURE_CONNECT && failure->number == EAGAIN)
			return "backlog-full";
		return errno_name(failure->number);
	case FAILURE_TIMEOUT: return "timeout";
	case FAILURE_CLOSED: return "closed";
	case FAILURE_STARVED: return "starved";
	case FAILURE_UNSENT: return "no-free-connection";
	case FAILURE_PROTOCOL:
	case FAILURE_HEADER: return fcgi_strerror((int)failure->number);
	case FAILURE_PROTOCOL_STATUS: return protocol_status_name(failure->number);
	case FAILURE_LENGTH: return "length";
	case FAILURE_CONTENT_LENGTH: return "content-length";
	case FAILURE_BAD_LENGTH: return "malformed content-length";
	case FAILURE_BODY: return "body";
	case FAILURE_SHA256: return "sha256";
	case FAILURE_APP_STATUS:
	case FAILURE_STATUS: return NULL;
	default: return "other";
	}
}

/* What stands before a number that has no name. */
static const char *
number_cause(enum failure_kind kind)
{
	switch (kind) {
	case FAILURE_ERRNO: return "errno";
	case FAILURE_PROTOCOL_STATUS: return "protocolStatus";
	case FAILURE_APP_STATUS: return "appStatus";
	default: return "status";
	}
}

char *
failure_cause(char *dst, size_t size, const struct failure *failure)
{
	const char *words = plain_cause(failure);

	if (words != NULL)
		snprintf(dst, size, "%s", words);
	else
		snprintf(dst, size, "%s %lld", number_cause((enum failure_kind)failure->kind),
		    (long long)failure->number);
	return dst;
}
