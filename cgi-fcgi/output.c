#include "output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "interrupt.h"
#include "text.h"

void
output_init(struct output *output, const struct options *options)
{
	(void)options;
	output->deadline_ns = CLOCK_NEVER;
	output->stderr_is_terminal = isatty(STDERR_FILENO);
}

void
output_begin(struct output *output)
{
	output->error = 0;
	output->stderr_midline = 0;
	cgi_response_init(&output->header, output->header_block, sizeof output->header_block);
	output->header_result = -FCGI_E_MORE;
	output->piece_count = 0;
}

int
output_wait(struct output *output, int error)
{
	struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (error == EAGAIN) {
		/* The alarm ends the wait when the deadline has come. */
		poll(&fd, 1, -1);
	} else if (error != EINTR) {
		output->error = error;
		return -1;
	}
	if (interrupt_signal() != 0)
		output->error = EINTR;
	else if (clock_now_ns() >= output->deadline_ns)
		output->error = ETIMEDOUT;
	else
		return 0;
	return -1;
}

int
output_flush(struct output *output)
{
	struct iovec *iov = output->pieces;
	ssize_t n;

	while (output->piece_count > 0) {
		n = writev(STDOUT_FILENO, iov, output->piece_count);
		if (n < 0 && output_wait(output, errno) < 0)
			return -1;
		if (n < 0)
			continue;
		for (; output->piece_count > 0 && (size_t)n >= iov->iov_len; iov++) {
			n -= (ssize_t)iov->iov_len;
			output->piece_count--;
		}
		if (output->piece_count > 0) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return 0;
}

int
output_stdout(struct output *output, const struct fcgi_slice *slice)
{
	const unsigned char *p = slice->data;

	if (output->header_result == -FCGI_E_MORE)
		output->header_result =
		    cgi_response_feed(&output->header, &p, slice->data + slice->len);
	if (output->piece_count == OUTPUT_PIECES && output_flush(output) < 0)
		return -1;
	output->pieces[output->piece_count++] = (struct iovec){
		.iov_base = (void *)(uintptr_t)slice->data,
		.iov_len = slice->len,
	};
	return 0;
}

/* Nobody is left to be told when standard error itself fails, so that is not looked at. */
static void
write_stderr(const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0 && ((n = write(STDERR_FILENO, p, len)) > 0)) {
		p += n;
		len -= (size_t)n;
	}
}

int
output_stderr(struct output *output, const struct fcgi_slice *slice)
{
	char escaped[4096];
	size_t at, part, len;

	/* The order of the two streams is the peer's, also when both go to one terminal. */
	if (output_flush(output) < 0)
		return -1;
	output->stderr_midline = slice->data[slice->len - 1] != '\n';
	if (!output->stderr_is_terminal) {
		write_stderr(slice->data, slice->len);
		return 0;
	}
	for (at = 0; at < slice->len; at += part) {
		/* An escaped byte takes at most four characters. */
		part = slice->len - at < sizeof escaped / 4 ? slice->len - at
							     : sizeof escaped / 4 - 1;
		len = text_escape(escaped, sizeof escaped, slice->data + at, part, TEXT_KEEP_LINES);
		write_stderr(escaped, len);
	}
	return 0;
}

int
output_splice_fd(const struct output *output)
{
	return output->header_result == -FCGI_E_MORE ? -1 : STDOUT_FILENO;
}

void
output_end(struct output *output)
{
	if (output->stderr_is_terminal && output->stderr_midline) {
		write_stderr("\n", 1);
		output->stderr_midline = 0;
	}
}
