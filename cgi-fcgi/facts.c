#include "facts.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "clock.h"

double
facts_seconds(const struct exchange *exchange, enum fact_time time)
{
	const struct exchange_times *times = &exchange->times;
	const int64_t points[] = {
		[FACT_RESOLVED] = times->resolved_ns,
		[FACT_CONNECTED] = times->connected_ns,
		[FACT_SENT] = times->sent_ns,
		[FACT_FIRST_BYTE] = times->first_byte_ns,
		/* Connecting may have been all. */
		[FACT_TOTAL] = times->end_ns != 0 ? times->end_ns : clock_now_ns(),
	};

	if (points[time] == 0 || times->start_ns == 0)
		return -1;
	return (double)(points[time] - times->start_ns) / (double)CLOCK_NS_PER_S;
}

uint64_t
facts_header_len(const struct exchange *exchange)
{
	const struct output *output = &exchange->output;

	if (output->seen != NULL)
		return output->head.len;
	return output->header_result == 1 ? output->header.block_len : 0;
}

uint64_t
facts_body_len(const struct exchange *exchange)
{
	if (exchange->output.seen != NULL)
		return exchange->output.seen_body_len;
	return exchange->reply.stdout_len - facts_header_len(exchange);
}

unsigned
facts_peer(const struct exchange *exchange, char *dst)
{
	const struct sockaddr_storage *sa = &exchange->conn.peer.sa;
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

	*dst = '\0';
	if (sa->ss_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, dst, FACT_IP_SIZE);
		return ntohs(in->sin_port);
	}
	if (sa->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, dst, FACT_IP_SIZE);
		return ntohs(in6->sin6_port);
	}
	return 0;
}
