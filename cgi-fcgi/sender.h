/*
 * A request as the bytes that go over the wire, portion by portion: its head, what is sent as
 * FCGI_STDIN and FCGI_DATA, and their ends.
 */
#ifndef CGI_FCGI_SENDER_H
#define CGI_FCGI_SENDER_H

#include <stdint.h>
#include <sys/uio.h>

#include "body.h"
#include "fcgi_proto.h"
#include "request.h"

enum {
	SENDER_RECORDS = 4,		/* of content in one portion */
	SENDER_RECORD_LEN = 65528,	/* of each: padded already */
	SENDER_PIECES = 3 * SENDER_RECORDS + 3,
};

/* What a portion lies in.  Requests that share a connection may share it too. */
struct sender_buffer {
	unsigned char headers[SENDER_RECORDS][FCGI_HEADER_LEN];
	unsigned char content[SENDER_RECORDS * SENDER_RECORD_LEN];
};

/* Set up with sender_init().  Public to read: missing, taken. */
struct sender {
	uint64_t missing;	/* bytes of the body that its source did not have */
	uint64_t taken;		/* bytes of the body and of FCGI_DATA that were given out */
	struct request *request; /* private from here on */
	uint16_t request_id;
	int part;
	struct body body;	/* what is left of them */
	struct body data;
};

/* request: stays alive as long as the sender; with several senders it must be repeatable. */
void sender_init(struct sender *sender, struct request *request, uint16_t request_id);

/*
 * The next portion: as much as the buffer holds, without waiting for more of the body.
 * buffer, iov (SENDER_PIECES of them): unchanged until the portion has been sent.
 * Returns how many iovs it has, 0 when there is nothing more to send, or -FCGI_E_SYSTEM with errno:
 * the body cannot be read (EAGAIN, EINTR: now).
 */
int sender_next(struct sender *sender, struct sender_buffer *buffer, struct iovec *iov);

/* 1 when the next portion waits for standard input to be readable, else 0. */
int sender_waits(const struct sender *sender);

/* 1 when there is nothing more to send, else 0. */
int sender_is_done(const struct sender *sender);

#endif
