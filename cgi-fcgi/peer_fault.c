#include "peer_fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_fault.h"
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
	case -FCGI_E_CLOSED:
		describe_closed(dst, size, exchange);
		break;
	default:
		fcgi_fault_describe(dst, size, exchange->error, &conn->reader);
	}
	return EXIT_PROTOCOL;
}
