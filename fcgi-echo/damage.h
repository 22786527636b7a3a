/*
 * Faults at work, below the encoder: it has written correct records, here they are spoiled as
 * asked, and let out in the pieces asked for.
 */
#ifndef DAMAGE_H
#define DAMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "output.h"

/* Of one request.  Zero-filled before its first record. */
struct damage {
	uint8_t begun;		/* private: a record has passed */
	uint8_t header_gone;	/* private: the CGI header block has passed */
};

/* What becomes of the connection once the record has been sent. */
enum damage_end { DAMAGE_GO_ON, DAMAGE_CLOSE, DAMAGE_RESET };

/*
 * Spoils the record that lies in [output->data + start, output->data + output->end).
 * damage: its request's; NULL for a record that belongs to none.
 * Needs at most OUTPUT_STEP in all for the records of one step.
 */
enum damage_end damage_record(struct output *output, size_t start, uint64_t faults,
    struct damage *damage);

/* The bytes that stand for a whole answer under FAULT_GARBAGE and FAULT_SPEAKS_HTTP; else NULL. */
const unsigned char *damage_answer(uint64_t faults, size_t *len);

/* How the bytes of one connection leave.  Zero-filled before its first byte. */
struct damage_pace {
	size_t to_header;	/* private: bytes from here to the next record header */
	uint8_t waited;		/* private: the pause before the answer is over */
};

/*
 * How many of the pending bytes may be sent in one write now; 0: none before *pause_ns has passed.
 * *pause_ns: how long to wait after that write, 0 for not at all.
 */
size_t damage_allow(struct damage_pace *pace, const struct output *output, uint64_t faults,
    int64_t *pause_ns);

/* Notes that len bytes have left, before output_sent(); idle: no request is open any more. */
void damage_sent(struct damage_pace *pace, const struct output *output, size_t len, int idle);

#endif
