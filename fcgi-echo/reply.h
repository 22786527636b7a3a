/*
 * Answers: what the actions write.  All of these need room for one step in the client's output,
 * which there is whenever an action or its request_step is called.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "request.h"

#define REPLY_TEXT "Content-Type: text/plain; charset=utf-8\r\n"

/* Where content is to be written, OUTPUT_CONTENT bytes, before reply_record(). */
unsigned char *reply_content(const struct request *request);

/*
 * Sends the len bytes at reply_content() as one record.
 * type: FCGI_STDOUT or FCGI_STDERR; len: 1 to OUTPUT_CONTENT, or 0 for nothing at all.
 */
void reply_record(struct request *request, uint8_t type, size_t len);

/* The same for bytes that lie elsewhere. */
void reply_copy(struct request *request, uint8_t type, const void *data, size_t len);

/* A record of STDOUT, formatted as printf(3) does; what passes 8 KiB is cut. */
void reply_format(struct request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A whole answer of one record, and its end; the request is gone then.
 * status: code of the Status header, 0 for none.  format: of the text; its first line, when status
 * is not 0, is the code with its reason phrase already.
 */
void reply_text(struct request *request, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same out of two parts that are there already. */
void reply_parts(struct request *request, const char *header, size_t header_len, const char *body,
    size_t body_len);

/* The same out of constant ones, whose lengths are known to the compiler. */
static inline void
reply_constant(struct request *request, const char *header, const char *body)
{
	reply_parts(request, header, strlen(header), body, strlen(body));
}

/* Sends request->page from page_sent on, as header and body, and ends; a request_step. */
void reply_page(struct request *request);

/* Ends the streams and the request, which is gone then. */
void reply_end(struct request *request, uint32_t app_status);

/*
 * END_REQUEST and nothing else: a refusal, or REQUEST_COMPLETE for what was aborted.
 * protocol_status: an enum fcgi_protocol_status.
 */
void reply_refuse(struct request *request, uint8_t protocol_status);

#endif
