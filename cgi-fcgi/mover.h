/*
 * Large records of STDOUT go from the connection to a pipe by splice(2), unseen and uncopied; what
 * is small, and what does not go to a pipe, is faster copied.
 */
#ifndef CGI_FCGI_MOVER_H
#define CGI_FCGI_MOVER_H

#include <stdint.h>

#include "conn.h"
#include "fcgi_request.h"
#include "output.h"

enum mover_target { MOVER_UNKNOWN, MOVER_PIPE, MOVER_OTHER };

/* Zero-filled before use.  Public to read: moved. */
struct mover {
	uint64_t moved;		/* bytes of STDOUT that were */
	enum mover_target target; /* private */
};

/*
 * Says how the connection is to receive next, once all that it had received is taken and flushed:
 * sets conn->receive_max, to 0 when it is mover_move()'s turn then.
 * reply: the request whose STDOUT may be moved.
 */
void mover_plan(struct mover *mover, struct conn *conn, const struct fcgi_request *reply,
    const struct output *output);

enum mover_result {
	MOVER_DONE,		/* the record's content is moved */
	MOVER_WAIT,		/* there is no more now: wait for the connection */
	MOVER_CONN_FAILED,	/* conn->error */
	MOVER_OUTPUT_FAILED,	/* output->error */
};

/* Moves what is left of the current record's content.  May wait for the output, as a write does. */
enum mover_result mover_move(struct mover *mover, struct conn *conn, struct fcgi_request *reply,
    struct output *output);

#endif
