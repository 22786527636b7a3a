/*
 * Records out, of either side: discrete ones and PARAMS into the caller's buffer, stream content as
 * iovecs whose header and padding are ours and whose content is the caller's.
 * Pure: no I/O, no allocation.  Every record is padded to 8 bytes; GET_VALUES by 1 to 8 of them,
 * since libfcgi waits for ever behind one that has no padding.
 */
#ifndef FCGI_WRITER_H
#define FCGI_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "fcgi_nv.h"
#include "fcgi_proto.h"

/*
 * Builds a run of records in a buffer.  After a failure every further call fails the same way, so a
 * caller may check the last result alone.  Public to read: p (the end of what is written), error.
 */
struct fcgi_writer {
	unsigned char *p;	/* where the next byte goes */
	unsigned char *end;	/* private */
	unsigned char *open;	/* private: header of the record being filled, or NULL */
	uint16_t request_id;	/* private */
	uint8_t open_type;	/* private */
	int error;		/* 0, or -FCGI_E_SPACE */
};

/*
 * dst, size: the caller's buffer.
 * request_id: of all application records written through it.
 */
void fcgi_writer_init(struct fcgi_writer *writer, void *dst, size_t size, uint16_t request_id);

/*
 * The size of buffer that surely holds a request's head: BEGIN_REQUEST, the PARAMS stream with its
 * end, and one more empty stream record.
 * nv_len: sum of fcgi_nv_size() over all pairs.
 */
size_t fcgi_writer_head_bound(size_t nv_len);

/*
 * All of these return 0, or -FCGI_E_SPACE when the buffer is full.
 *
 * begin: FCGI_BEGIN_REQUEST (section 5.1).
 * abort: FCGI_ABORT_REQUEST (5.4).
 * param: one pair of the PARAMS stream (5.2).  Pairs are never split over two records, because
 *   php-fpm, uwsgi and others lose them then; only one that is larger than a record is (see
 *   fcgi_writer_splits()).
 * value: one pair of GET_VALUES or, with result set, GET_VALUES_RESULT (4.1); one record holds them
 *   all, so -FCGI_E_SPACE also when they pass 65535 bytes.
 * get_values: the whole GET_VALUES record that asks for names, which end with NULL (4.1).
 * flush: ends the record that param or value opened; the others do so themselves.
 * stream_end: the empty record that ends a stream (3.3); also an empty GET_VALUES_RESULT, which
 *   answers a query of variables we do not know (4.1).
 * end_request: FCGI_END_REQUEST (5.5).
 * unknown_type: FCGI_UNKNOWN_TYPE (4.2).
 */
int fcgi_writer_begin(struct fcgi_writer *writer, uint16_t role, uint8_t flags);
int fcgi_writer_abort(struct fcgi_writer *writer);
int fcgi_writer_param(struct fcgi_writer *writer, const struct fcgi_nv *nv);
int fcgi_writer_value(struct fcgi_writer *writer, const struct fcgi_nv *nv, int result);
int fcgi_writer_get_values(struct fcgi_writer *writer, const char *const *names);
int fcgi_writer_flush(struct fcgi_writer *writer);
int fcgi_writer_stream_end(struct fcgi_writer *writer, uint8_t type);
int fcgi_writer_end_request(struct fcgi_writer *writer, uint32_t app_status,
    uint8_t protocol_status);
int fcgi_writer_unknown_type(struct fcgi_writer *writer, uint8_t type);

/* The names that every application should know (4.1), for get_values. */
extern const char *const fcgi_writer_standard_values[];

/*
 * Content of a stream, copied, without the stream's end; for bodies that are small enough to lie in
 * one buffer with the rest.
 * bound: the bytes that len bytes of content surely fit into.
 */
int fcgi_writer_stream(struct fcgi_writer *writer, uint8_t type, const void *content, size_t len);
size_t fcgi_writer_stream_bound(size_t len);

/* 1 when a pair is larger than one record and so has to be split, which PHP and uwsgi refuse. */
int fcgi_writer_splits(const struct fcgi_nv *nv);

/*
 * One record of a stream without copying its content.
 * content, len: the caller's, 1 to FCGI_MAX_LENGTH bytes; they must live until the iovecs are sent.
 * header: FCGI_HEADER_LEN bytes of the caller's for ours, living as long.
 * iov: three entries; the third may be empty.
 * Returns the bytes the three hold.
 */
size_t fcgi_writer_chunk(struct iovec iov[3], unsigned char *header, uint16_t request_id,
    uint8_t type, const void *content, size_t len);

#endif
