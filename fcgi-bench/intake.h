/*
 * One connection's answers: received bytes in, finished requests out.  The path of every answer, so
 * its cost counts: an answer that is byte for byte the last good one of the same request (as most
 * are) is told by comparing; any other is read record by record, its header block and body judged.
 * Pure: no I/O, no allocation.
 *
 *	intake_begin() for each request that is sent
 *	while ((what = intake_next(&intake, &p, end, &event)) > 0)
 *		...
 *	what == 0: all bytes are taken;  what < 0: the connection is of no more use
 */
#ifndef FCGI_BENCH_INTAKE_H
#define FCGI_BENCH_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "payload.h"

enum intake_kind {
	INTAKE_MORE = 0,
	INTAKE_FIRST,		/* the first bytes of a stream's answer; not told when DONE is told
				   in the same call of the owner's recv: then both are the same time */
	INTAKE_DONE,		/* a request is over: failure.kind 0 when it was good */
};

struct intake_event {
	uint16_t request_id;
	struct failure failure;
	uint64_t body_len;
};

struct intake;			/* intake_private.h or here: the owner of this file decides */

#endif
