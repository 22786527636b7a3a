/* A question as the bytes of a FastCGI request, put into records as the dialect's server does. */
#ifndef DIALECT_CALL_H
#define DIALECT_CALL_H

#include <stdint.h>

#include "buffer.h"
#include "dialect.h"
#include "params.h"

struct dialect_call {
	uint16_t request_id;	/* servers use 1 */
	uint16_t role;
	int keep_conn;
	enum dialect_stdin stdin_record;
	struct dialect_records records;
};

/* The call as the server would make it. */
struct dialect_call dialect_call(const struct dialect *dialect,
    const struct dialect_question *question);

/*
 * Appends the whole request: BEGIN_REQUEST, PARAMS and their end, and the STDIN record if there is
 * one.
 * Returns 0, or -FCGI_E_SYSTEM.
 */
int dialect_encode(const struct dialect_call *call, const struct params *params,
    struct buffer *out);

#endif
