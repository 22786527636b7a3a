/*
 * Why a request failed: the phase it was in and the cause, both named in every report
 * ("connect: ECONNREFUSED", "answer: status 503").  A fixed table for each thread, summed at the
 * end.  Pure.
 */
#ifndef FCGI_BENCH_FAILURE_H
#define FCGI_BENCH_FAILURE_H

#include <stddef.h>
#include <stdint.h>

enum failure_phase {
	FAILURE_CONNECT,	/* no connection */
	FAILURE_SEND,		/* the request was not taken whole */
	FAILURE_FIRST_BYTE,	/* nothing of the answer came */
	FAILURE_ANSWER,		/* it began and did not end, or not as FastCGI has it */
	FAILURE_VALID,		/* it was whole and not what is expected */
	FAILURE_PHASES,
};

enum failure_kind {
	FAILURE_ERRNO = 1,	/* number: errno; EAGAIN of a UNIX connect is backlog-full */
	FAILURE_TIMEOUT,
	FAILURE_CLOSED,		/* the application closed */
	FAILURE_STARVED,	/* its connection never had an answer in the whole run */
	FAILURE_UNSENT,		/* open loop: no connection was free for it until the run ended */
	FAILURE_PROTOCOL,	/* number: a negative FCGI_E_... */
	FAILURE_PROTOCOL_STATUS, /* number: enum fcgi_protocol_status */
	FAILURE_APP_STATUS,	/* number: appStatus */
	FAILURE_HEADER,		/* no header block; number: a negative FCGI_E_... */
	FAILURE_STATUS,		/* number: the HTTP status */
	FAILURE_LENGTH,
	FAILURE_CONTENT_LENGTH,	/* its own Content-Length is another */
	FAILURE_BAD_LENGTH,	/* its Content-Length is no number, or several that differ */
	FAILURE_BODY,
	FAILURE_SHA256,
	FAILURE_OTHER,		/* of its phase, what the table had no room for; number: 0 */
};

/* One cause; all of the same phase, kind and number are one. */
struct failure {
	uint8_t phase;		/* enum failure_phase */
	uint8_t kind;		/* enum failure_kind; 0: no failure */
	int64_t number;
};

enum { FAILURE_ROWS = 64 };

/* Zero-filled before use. */
struct failure_table {
	uint64_t total;
	size_t count;
	struct failure_row {
		struct failure failure;
		uint64_t times;
	} rows[FAILURE_ROWS];
};

void failure_count(struct failure_table *table, struct failure failure, uint64_t times);
void failure_add(struct failure_table *to, const struct failure_table *from);
/* What was counted since an earlier copy: later - earlier. */
void failure_since(struct failure_table *difference, const struct failure_table *later,
    const struct failure_table *earlier);

/* How many there were of that kind, in whatever phase. */
uint64_t failure_times(const struct failure_table *table, enum failure_kind kind);

/* "connect", "send", "first-byte", "answer", "valid". */
const char *failure_phase_name(enum failure_phase phase);

/*
 * "backlog-full", "ECONNREFUSED", "timeout", "no-free-connection", "status 503": a key of the
 * JSON, so the words stay.
 * size: FAILURE_CAUSE_MAX holds any.  Returns dst.
 */
enum { FAILURE_CAUSE_MAX = 64 };
char *failure_cause(char *dst, size_t size, const struct failure *failure);

#endif
