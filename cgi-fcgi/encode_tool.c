#include "encode_tool.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "request.h"
#include "sender.h"

/* Returns 0, or -1 with errno. */
static int
write_pieces(struct iovec *iov, int count)
{
	ssize_t n;

	while (count > 0) {
		n = writev(STDOUT_FILENO, iov, count);
		if (n < 0 && errno != EINTR)
			return -1;
		for (; n >= 0 && count > 0 && (size_t)n >= iov->iov_len; iov++, count--)
			n -= (ssize_t)iov->iov_len;
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* Writes a sender's next portion. */
static void
write_portion(const struct options *options, struct sender *sender, struct sender_buffer *buffer)
{
	const struct cli *cli = &options->cli;
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	struct iovec iov[SENDER_PIECES];
	int count;

	do {
		/* Somebody may have made it nonblocking. */
		if (sender_waits(sender))
			(void)poll(&input, 1, -1);
		count = sender_next(sender, buffer, iov);
	} while (count < 0 && (errno == EAGAIN || errno == EINTR));
	if (count < 0)
		cli_die(cli, errno, "the body: %s", strerror(errno));
	if (write_pieces(iov, count) < 0)
		cli_die(cli, errno, "%s: %s",
		    options->output_file != NULL ? options->output_file : "standard output",
		    strerror(errno));
	if (sender_is_done(sender) && sender->missing > 0)
		cli_warn(cli, "the body ended %" PRIu64 " bytes before its length was reached",
		    sender->missing);
}

/* All requests in turns, a portion each; with one of them that is all of it. */
static void
write_requests(const struct options *options, struct request *request, struct sender *senders,
    struct sender_buffer *buffer)
{
	long long i, left = options->multiplex;

	for (i = 0; i < options->multiplex; i++)
		sender_init(&senders[i], request, (uint16_t)(options->request_id + i));
	while (left > 0) {
		for (i = 0; i < options->multiplex; i++) {
			if (sender_is_done(&senders[i]))
				continue;
			write_portion(options, &senders[i], buffer);
			left -= sender_is_done(&senders[i]);
		}
	}
}

int
encode_tool_run(struct options *options, const struct addr *addr)
{
	struct sender *senders = calloc((size_t)options->multiplex, sizeof *senders);
	struct sender_buffer *buffer = malloc(sizeof *buffer);
	struct request request;
	long long i;

	if (senders == NULL || buffer == NULL)
		cli_die(&options->cli, 1, "out of memory");
	request_prepare(&request, options, addr);
	for (i = 0; i < options->repeat; i++)
		write_requests(options, &request, senders, buffer);
	request_reset(&request);
	free(buffer);
	free(senders);
	return 0;
}
