/*
 * What was seen of one target in one round: filled in by the asking side (target.c), judged and
 * reported by others.  Nothing in it is an opinion.
 */
#ifndef OBSERVATION_H
#define OBSERVATION_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "cgi_response.h"
#include "fcgi_body.h"
#include "fpm_status.h"
#include "queue.h"

/* What the target was asked for. */
enum ask {
	ASK_REQUEST,		/* one ordinary request */
	ASK_PING,		/* php-fpm's ping page */
	ASK_FPM_STATUS,		/* php-fpm's status page */
	ASK_QUEUE,		/* nothing: the kernel is asked about its queue */
	ASK_VALUES,		/* GET_VALUES */
	ASK_CONNECT,		/* nothing: a connection, closed again */
};

/* How it ended. */
enum observation_end {
	OBSERVED_ANSWER,	/* END_REQUEST, or the values, or what else was asked for */
	OBSERVED_ENOUGH,	/* the body was longer than we cared to read: the header is there */
	OBSERVED_RESOLVE,	/* no address: gai_error, with EAI_SYSTEM system_errno; or not known
				   in time: error is -FCGI_E_TIMEOUT */
	OBSERVED_CONNECT,	/* not connected: system_errno */
	OBSERVED_CONNECT_TIMEOUT, /* not connected in time; queue_full: why */
	OBSERVED_TIMEOUT,	/* connected, but the answer was not complete in time */
	OBSERVED_CLOSED,	/* closed or reset before the end: system_errno, 0 when closed */
	OBSERVED_PROTOCOL,	/* what came is not FastCGI, or not an answer: error, what */
	OBSERVED_INTERNAL,	/* we could not even ask: system_errno */
	OBSERVED_ELSEWHERE,	/* ASK_QUEUE: no such listener in our network namespace */
};

enum {
	OBSERVATION_BODY_MAX = 65536,	/* bytes of the body that are read */
	OBSERVATION_HEADER_MAX = 16384,
	OBSERVATION_LINE_MAX = 512,
};

struct observation {
	const char *name;	/* the target as the user wrote it */
	const char *script;	/* SCRIPT_FILENAME of the request; NULL: none was sent */
	enum ask ask;
	enum observation_end end;
	int error;		/* negative enum fcgi_error, or 0 */
	int gai_error;
	int system_errno;
	int queue_full;		/* a UNIX socket turned us away because its queue was full */
	int waiting;		/* when time ran out: 1 our connection was not accepted yet, 0 it was,
				   -1 not known */
	char what[128];		/* with OBSERVED_PROTOCOL: what the peer did wrong, in words, with
				   bytes of its own as they came */
	char denied[256];	/* with EACCES: who owns the socket and who we are */

	int64_t start_ns;	/* monotonic clock; 0 where it did not happen.  Here the name, if there
				   is one, is looked up */
	int64_t connected_ns;
	int64_t first_byte_ns;	/* of STDOUT */
	int64_t end_ns;		/* always set */
	int64_t gave_up_ns;	/* --wait: how long there was no answer, until no more tries were
				   made; 0: not so */

	uint64_t received;	/* bytes on the wire */
	uint64_t stdout_len;
	uint64_t stderr_len;
	char stderr_line[OBSERVATION_LINE_MAX]; /* the first line of STDERR, as it came, cut */
	int stderr_line_complete; /* all of it has come, as far as it is kept */

	int has_request_end;	/* END_REQUEST came */
	struct fcgi_end request_end;
	int header_result;	/* 1, or the error of cgi_response_feed() */
	struct cgi_response header;
	size_t body_len;	/* bytes in body, below */

	struct queue queue;	/* -1 in what is not known */
	int queue_error;	/* why it is not known, 0 otherwise: -FCGI_E_ELSEWHERE, or
				   -FCGI_E_SYSTEM with queue_errno */
	int queue_errno;

	int has_fpm;		/* fpm_reader_end() said so; of answers with status 200 only */
	struct fpm_status fpm;
	struct {
		char max_conns[32]; /* as answered; "" when the name was omitted */
		char max_reqs[32];
		char mpxs_conns[32];
	} values;

	/* Last, since they are not cleared for every round. */
	char header_block[OBSERVATION_HEADER_MAX];
	unsigned char body[OBSERVATION_BODY_MAX]; /* what was read of it */
};

#endif
