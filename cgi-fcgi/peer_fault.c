#include "peer_fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "verdict.h"

const char *
peer_fault_progress(char *dst, size_t size, const struct exchange *exchange)
{
	const struct fcgi_request *reply = &exchange->reply;
	const struct fcgi_record *first = &reply->first_foreign;
	int64_t received = (int64_t)exchange->conn.received;

	if (received == 0)
		snprintf(dst, size, "nothing was received");
	else if (reply->stdout_len > 0 || reply->stderr_len > 0)
		snprintf(dst, size, "%" PRIu64 " bytes of STDOUT and %" PRIu64 " of STDERR received",
		    reply->stdout_len, reply->stderr_len);
	else if (reply->foreign > 0 && first->request_id != reply->request_id)
		snprintf(dst, size,
		    "only records of request id %u were received, ours is %u",
		    first->request_id, reply->request_id);
	else
		snprintf(dst, size, "%" PRId64 " bytes were received, none of them output", received);
	return dst;
}

static void
describe_not_fastcgi(char *dst, size_t size, const struct exchange *exchange)
{
	const struct fcgi_reader *reader = &exchange->conn.reader;
	size_t len = reader->have;

	if (len >= 4 && memcmp(reader->header, "HTTP", 4) == 0)
		snprintf(dst, size,
		    "the peer speaks HTTP, not FastCGI: is this the web server's port?");
	else if (len >= FCGI_HEADER_LEN && reader->header[1] >= FCGI_BEGIN_REQUEST &&
	    reader->header[1] <= FCGI_MAXTYPE && reader->header[0] < ' ')
		snprintf(dst, size, "the peer speaks version %u of FastCGI, not 1",
		    reader->header[0]);
	else if (memchr(reader->header, '\0', len) != NULL)
		snprintf(dst, size, "the peer does not speak FastCGI: it sent %zu bytes, the first of "
		    "them %02x", len, reader->header[0]);
	else
		/* cli_error() escapes what is not printable. */
		snprintf(dst, size, "the peer does not speak FastCGI: it sent \"%.*s\"", (int)len,
		    (const char *)reader->header);
}

static void
describe_truncated(char *dst, size_t size, const struct exchange *exchange)
{
	const struct fcgi_reader *reader = &exchange->conn.reader;
	const char *name = fcgi_record_name(reader->record.type);
	size_t missing = fcgi_reader_pending(reader);

	if (reader->have > 0)
		snprintf(dst, size,
		    "the peer closed the connection inside a record header, %u of its %d bytes sent",
		    reader->have, FCGI_HEADER_LEN);
	else
		snprintf(dst, size,
		    "the peer closed the connection inside a record (%s), %zu of its %u bytes missing",
		    name != NULL ? name : "of unknown type", missing,
		    reader->record.content_length);
}

/* An application that does not let us in closes right after accepting. */
static const char no_answer[] =
    "without an answer (does " FCGI_WEB_SERVER_ADDRS " let us in?)";

static void
describe_closed(char *dst, size_t size, const struct exchange *exchange)
{
	char progress[PEER_FAULT_SIZE];

	if (exchange->conn.received == 0)
		snprintf(dst, size, "the peer closed the connection %s", no_answer);
	else
		snprintf(dst, size, "the peer closed the connection before END_REQUEST (%s)",
		    peer_fault_progress(progress, sizeof progress, exchange));
}

static void
describe_order(char *dst, size_t size, const struct exchange *exchange)
{
	const struct fcgi_record *record = &exchange->conn.reader.record;
	const char *name = fcgi_record_name(record->type);

	if (record->type == FCGI_STDOUT || record->type == FCGI_STDERR)
		snprintf(dst, size, "the peer sent %s after the end of that stream", name);
	else
		snprintf(dst, size, "the peer sent a %s record, which only a web server sends",
		    name != NULL ? name : "wrong");
}

int
peer_fault_describe(char *dst, size_t size, const struct exchange *exchange)
{
	const struct conn *conn = &exchange->conn;
	char progress[PEER_FAULT_SIZE];

	switch (exchange->error) {
	case -FCGI_E_SYSTEM:
		if (conn->received == 0)
			snprintf(dst, size, "%s %s", strerror(conn->error), no_answer);
		else
			snprintf(dst, size, "%s (%s)", strerror(conn->error),
			    peer_fault_progress(progress, sizeof progress, exchange));
		return conn->error;
	case -FCGI_E_VERSION:
		describe_not_fastcgi(dst, size, exchange);
		break;
	case -FCGI_E_LENGTH:
		snprintf(dst, size, "END_REQUEST has a body of %u bytes, not %d",
		    conn->reader.record.content_length, FCGI_BODY_LEN);
		break;
	case -FCGI_E_ORDER:
		describe_order(dst, size, exchange);
		break;
	case -FCGI_E_TRUNCATED:
		describe_truncated(dst, size, exchange);
		break;
	default:
		describe_closed(dst, size, exchange);
	}
	return EXIT_PROTOCOL;
}
