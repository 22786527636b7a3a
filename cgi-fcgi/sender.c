#include "sender.h"

#include "fcgi_record.h"
#include "fcgi_writer.h"

enum { PART_HEAD, PART_BODY, PART_DATA, PART_NONE };

void
sender_init(struct sender *sender, struct request *request, uint16_t request_id)
{
	*sender = (struct sender){
		.request = request,
		.request_id = request_id,
		.part = PART_HEAD,
		.body = request->body,
		.data = request->data,
	};
}

int
sender_waits(const struct sender *sender)
{
	return sender->part == PART_BODY && sender->body.waits && sender->body.left > 0;
}

int
sender_is_done(const struct sender *sender)
{
	return sender->part == PART_NONE;
}

static void
set_id(unsigned char *p, size_t len, uint16_t request_id)
{
	unsigned char *end = p + len;
	struct fcgi_record record;

	while (fcgi_record_decode(&record, p, end) > 0) {
		record.request_id = request_id;
		fcgi_record_encode(p, &record);
		p += FCGI_HEADER_LEN + record.content_length + record.padding_length;
	}
}

/* Requests that differ in nothing but their ids share their head. */
static void
set_request_id(struct request *request, uint16_t request_id)
{
	if (request->request_id == request_id)
		return;
	request->request_id = request_id;
	set_id(request->head, request->head_len, request_id);
	set_id(request->body_end, request->body_end_len, request_id);
	set_id(request->data_end, request->data_end_len, request_id);
}

/*
 * Content of a stream, in records.
 * Returns how many iovs were added, 0 at its end, or -FCGI_E_SYSTEM.
 */
static int
add_content(struct sender *sender, struct body *body, uint8_t type,
    struct sender_buffer *buffer, struct iovec *iov)
{
	ssize_t len = body_read(body, buffer->content, sizeof buffer->content), at, part;
	int count = 0, record = 0;

	if (len < 0)
		return (int)len;
	sender->taken += (uint64_t)len;
	for (at = 0; at < len; at += part) {
		part = len - at < SENDER_RECORD_LEN ? len - at : SENDER_RECORD_LEN;
		fcgi_writer_chunk(&iov[count], buffer->headers[record++], sender->request_id, type,
		    buffer->content + at, (size_t)part);
		count += 3;
	}
	return count;
}

static int
add(struct iovec *iov, unsigned char *data, size_t len)
{
	*iov = (struct iovec){ .iov_base = data, .iov_len = len };
	return len > 0;
}

/*
 * What goes out of one stream, with its end once that is known: a small request is one portion, so
 * that it is one write.
 */
static int
add_stream(struct sender *sender, struct sender_buffer *buffer, struct iovec *iov)
{
	struct request *request = sender->request;
	int is_data = sender->part == PART_DATA;
	struct body *body = is_data ? &sender->data : &sender->body;
	int count = 0;

	if (body->left > 0) {
		count = add_content(sender, body, is_data ? FCGI_DATA : FCGI_STDIN, buffer, iov);
		if (count < 0)
			return count;
		if (count == 0) {
			sender->missing += body->left;
			body->left = 0;
		}
	}
	if (body->left > 0)
		return count;
	if (is_data) {
		count += add(&iov[count], request->data_end, request->data_end_len);
		sender->part = PART_NONE;
	} else {
		count += add(&iov[count], request->body_end, request->body_end_len);
		sender->part = PART_DATA;
	}
	return count;
}

int
sender_next(struct sender *sender, struct sender_buffer *buffer, struct iovec *iov)
{
	struct request *request = sender->request;
	int count = 0, added;

	set_request_id(request, sender->request_id);
	if (sender->part == PART_HEAD) {
		count = add(iov, request->head, request->head_len);
		sender->part = PART_BODY;
		if (sender_waits(sender))
			return count;
	}
	while (sender->part != PART_NONE) {
		added = add_stream(sender, buffer, &iov[count]);
		/* What cannot be read is told next time, if there is something to send before. */
		if (added < 0)
			return count > 0 ? count : added;
		count += added;
		/* The buffer may be full; an end needs no room in it. */
		if (sender->part != PART_DATA || sender->data.left > 0)
			break;
	}
	return count;
}
