#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "http_status.h"
#include "interrupt.h"
#include "text.h"

/* --- files ------------------------------------------------------------------------------------ */

/* What is in the file stays until an answer comes to replace it. */
static int
open_file(const struct options *options, const char *option, const char *path)
{
	int fd = strcmp(path, "-") == 0
	    ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		cli_die(&options->cli, 1, "%s %s: %s", option, path, strerror(errno));
	return fd;
}

static void
empty_file(int fd)
{
	struct stat st;

	if (fd != -1 && fd != STDOUT_FILENO && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    lseek(fd, 0, SEEK_CUR) == 0)
		(void)ftruncate(fd, 0);
}

static void
fail(struct output *output, int fd, int error)
{
	if (output->error != 0)
		return;
	output->error = error;
	if (fd != STDOUT_FILENO)
		output->error_name = fd == output->header_fd ? output->options->header_file
							     : output->options->output_file;
}

/* As output_wait(), for any of the descriptors. */
static int
wait_for(struct output *output, int fd, int error)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	if (error == EAGAIN) {
		/* The alarm ends the wait when the deadline has come. */
		poll(&ready, 1, -1);
	} else if (error != EINTR) {
		fail(output, fd, error);
		return -1;
	}
	if (interrupt_signal() != 0)
		fail(output, fd, EINTR);
	else if (clock_now_ns() >= output->deadline_ns)
		fail(output, fd, ETIMEDOUT);
	else
		return 0;
	return -1;
}

int
output_wait(struct output *output, int error)
{
	return wait_for(output, output->fd, error);
}

static int
write_all(struct output *output, int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && wait_for(output, fd, errno) < 0)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* --- set up ----------------------------------------------------------------------------------- */

static struct seen_by *
new_seen(const struct options *options)
{
	char names[256] = "";
	struct seen_by *seen = calloc(1, sizeof *seen);
	size_t i;

	if (seen == NULL)
		cli_die(&options->cli, 1, "out of memory");
	if (seen_by_init(seen, options->seen_by, 1, 0, NULL, NULL) == 0)
		return seen;
	for (i = 0; seen_by_name(i) != NULL; i++)
		snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
		    i > 0 ? ", " : "", seen_by_name(i));
	free(seen);
	cli_usage_error(&options->cli, "--as-seen-by %s: not one of %s", options->seen_by, names);
}

void
output_init(struct output *output, const struct options *options)
{
	output->options = options;
	output->deadline_ns = CLOCK_NEVER;
	output->fd = STDOUT_FILENO;
	output->header_fd = -1;
	if (options->seen_by != NULL && options->multiplex > 1)
		cli_usage_error(&options->cli, "--as-seen-by and --multiplex exclude each other");
	/* A connection that turns out to be gone is made anew, and its end is nobody's answer. */
	if (options->seen_by != NULL && options->repeat > 1 && (options->flags & FCGI_KEEP_CONN))
		cli_usage_error(&options->cli,
		    "--as-seen-by and --keep-conn with --repeat exclude each other");
	if (options->status_line && options->parts == OUTPUT_BODY)
		cli_usage_error(&options->cli, "--status-line and --body exclude each other");
	if (options->seen_by != NULL)
		output->seen = new_seen(options);
	if (options->output_file != NULL) {
		output->fd = open_file(options, "-o", options->output_file);
	} else if (options->json) {
		output->fd = -1;
		output->keeps_body = options->parts == OUTPUT_BODY;
	}
	if (options->header_file != NULL)
		output->header_fd = open_file(options, "-D", options->header_file);
	/* What is sent as it came is left alone; a head that was asked for is shown safely. */
	output->escapes = output->fd >= 0 && isatty(output->fd) &&
	    (options->parts == OUTPUT_HEADERS || options->status_line || options->seen_by != NULL);
	output->header_escapes = output->header_fd >= 0 && isatty(output->header_fd);
	output_stderr_init(&output->err, options);
}

static int
head_request(const struct options *options)
{
	const char *method = params_get(&options->params, "REQUEST_METHOD");

	return method != NULL && strcmp(method, "HEAD") == 0;
}

static int
take_seen(void *to, enum seen_by_part part, const void *data, size_t len);

void
output_begin(struct output *output)
{
	const struct options *options = output->options;

	output->ending = SEEN_BY_CLOSED;
	output->error = 0;
	output->error_name = NULL;
	output->piece_count = 0;
	output->head_written = 0;
	output->seen_body_len = 0;
	cgi_response_init(&output->header, output->header_block, sizeof output->header_block);
	output->header_result = -FCGI_E_MORE;
	/* As sent is as sent: nothing waits for anything. */
	output->phase = options->parts == OUTPUT_ALL && !options->status_line ? OUTPUT_PASSED
									       : OUTPUT_HELD;
	buffer_clear(&output->head);
	buffer_clear(&output->body);
	empty_file(output->fd);
	empty_file(output->header_fd);
	output_stderr_begin(&output->err);
	if (output->seen != NULL)
		(void)seen_by_init(output->seen, options->seen_by, options->request_id,
		    head_request(options), take_seen, output);
}

/* --- passing on ------------------------------------------------------------------------------- */

int
output_flush(struct output *output)
{
	struct iovec *iov = output->pieces;
	ssize_t n;

	while (output->piece_count > 0) {
		n = writev(output->fd, iov, output->piece_count);
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

/* The bytes lie right behind the last piece. */
static int
is_adjacent(const struct output *output, const void *data)
{
	const struct iovec *last;

	if (output->piece_count == 0)
		return 0;
	last = &output->pieces[output->piece_count - 1];
	return (const char *)last->iov_base + last->iov_len == data;
}

static int
emit(struct output *output, const void *data, size_t len)
{
	if (len == 0 || output->fd < 0)
		return 0;
	if (is_adjacent(output, data)) {
		output->pieces[output->piece_count - 1].iov_len += len;
		return output->options->flush ? output_flush(output) : 0;
	}
	if (output->piece_count == OUTPUT_PIECES && output_flush(output) < 0)
		return -1;
	output->pieces[output->piece_count++] = (struct iovec){
		.iov_base = (void *)(uintptr_t)data,
		.iov_len = len,
	};
	return output->options->flush ? output_flush(output) : 0;
}

/* For --json.  Returns 0, or -1 with error set. */
static int
keep_body(struct output *output, const void *data, size_t len)
{
	if (!output->keeps_body || buffer_append(&output->body, data, len) == 0)
		return 0;
	fail(output, STDOUT_FILENO, errno);
	output->error_name = "the body for --json";
	return -1;
}

static int
emit_body(struct output *output, const void *data, size_t len)
{
	if (keep_body(output, data, len) < 0)
		return -1;
	return output->phase == OUTPUT_PASSED ? emit(output, data, len) : 0;
}

/* Headers on a terminal: a line stays a line, and nothing else does what it likes. */
static int
write_escaped(struct output *output, int fd, const char *text, size_t len)
{
	char *escaped, *plain = malloc(len + 1);
	size_t i, plain_len = 0;
	int r = -1;

	for (i = 0; plain != NULL && i < len; i++)
		if (text[i] != '\r' || i + 1 == len || text[i + 1] != '\n')
			plain[plain_len++] = text[i];
	escaped = plain != NULL ? text_escape_alloc(plain, plain_len, TEXT_KEEP_LINES) : NULL;
	if (escaped == NULL)
		fail(output, STDOUT_FILENO, ENOMEM);
	else
		r = write_all(output, fd, escaped, strlen(escaped));
	free(escaped);
	free(plain);
	return r;
}

static int
emit_head(struct output *output, const char *text, size_t len)
{
	return output->escapes ? write_escaped(output, output->fd, text, len)
			       : emit(output, text, len);
}

/* To the file of -D, which may be where the answer goes, too. */
static int
dump_head(struct output *output, const char *text, size_t len)
{
	if (output->header_fd < 0)
		return 0;
	if (output_flush(output) < 0)
		return -1;
	return output->header_escapes ? write_escaped(output, output->header_fd, text, len)
				      : write_all(output, output->header_fd, text, len);
}

/* --- the header block as the application sent it ---------------------------------------------- */

static int
emit_status_line(struct output *output)
{
	const char *reason = http_status_reason(output->header.status);
	size_t len = strlen(reason);
	struct cgi_header header;

	if (output->header.has_status &&
	    cgi_response_find(&output->header, "Status", &header) && header.value_len > 4) {
		reason = header.value + 4;
		len = header.value_len - 4;
	}
	snprintf(output->status_line, sizeof output->status_line, "HTTP/1.1 %d %.*s\r\n",
	    output->header.status, len < 100 ? (int)len : 100, reason);
	return emit_head(output, output->status_line, strlen(output->status_line));
}

/*
 * No more of the header block comes: it is complete, or it is none, and then all is body.
 * Returns 0, or -1 with error set.
 */
static int
release_header(struct output *output)
{
	const struct cgi_response *header = &output->header;
	int is_header = output->header_result == 1;

	if (is_header && dump_head(output, header->block, header->block_len) < 0)
		return -1;
	if (!is_header && keep_body(output, header->block, header->block_len) < 0)
		return -1;
	if (output->phase != OUTPUT_HELD)
		return 0;
	output->phase = OUTPUT_PASSED;
	if (output->options->parts == OUTPUT_HEADERS)
		output->phase = OUTPUT_DROPPED;
	if (is_header && output->options->status_line && emit_status_line(output) < 0)
		return -1;
	/* Headers alone, without the line that separates them from a body, end like this too. */
	if (output->options->parts == (is_header ? OUTPUT_BODY : OUTPUT_HEADERS))
		return 0;
	return emit_head(output, header->block, header->block_len);
}

int
output_stdout(struct output *output, const struct fcgi_slice *slice)
{
	const unsigned char *p = slice->data, *end = p + slice->len;
	int was_passed = output->phase == OUTPUT_PASSED;

	if (output->seen != NULL)
		return 0;
	if (output->header_result == -FCGI_E_MORE) {
		output->header_result = cgi_response_feed(&output->header, &p, end);
		if (was_passed && emit(output, slice->data, (size_t)(p - slice->data)) < 0)
			return -1;
		if (output->header_result == -FCGI_E_MORE)
			return 0;
		if (release_header(output) < 0)
			return -1;
	}
	return emit_body(output, p, (size_t)(end - p));
}

int
output_stderr(struct output *output, const struct fcgi_slice *slice)
{
	/* The order of the two streams is the peer's, also when both go to one terminal. */
	if (output_flush(output) < 0)
		return -1;
	if (output_stderr_write(&output->err, slice) < 0) {
		output->error = output->err.error;
		output->error_name = output->options->stderr_file;
		return -1;
	}
	return 0;
}

int
output_splice_fd(const struct output *output)
{
	if (output->header_result == -FCGI_E_MORE || output->seen != NULL || output->keeps_body ||
	    output->phase != OUTPUT_PASSED)
		return -1;
	return output->fd;
}

/* --- the answer of a web server --------------------------------------------------------------- */

static int
write_seen_head(struct output *output)
{
	const char *text = (const char *)output->head.data;
	size_t len = output->head.len;

	output->head_written = 1;
	output->phase = output->options->parts == OUTPUT_HEADERS ? OUTPUT_DROPPED : OUTPUT_PASSED;
	if (dump_head(output, text, len) < 0)
		return -1;
	if (output->options->parts == OUTPUT_BODY)
		return 0;
	return emit_head(output, text, len) < 0 || output_flush(output) < 0 ? -1 : 0;
}

static int
take_seen(void *to, enum seen_by_part part, const void *data, size_t len)
{
	struct output *output = to;

	if (part == SEEN_BY_HEAD) {
		if (buffer_append(&output->head, data, len) == 0)
			return 0;
		fail(output, STDOUT_FILENO, errno);
		return -FCGI_E_SYSTEM;
	}
	if (!output->head_written && write_seen_head(output) < 0)
		return -FCGI_E_SYSTEM;
	output->seen_body_len += len;
	/* What comes may lie in a buffer that is used again at once. */
	if (emit_body(output, data, len) < 0 || output_flush(output) < 0)
		return -FCGI_E_SYSTEM;
	return 0;
}

int
output_wire(struct output *output, const unsigned char *p, const unsigned char *end)
{
	int r;

	if (output->seen == NULL)
		return 1;
	r = seen_by_feed(output->seen, p, end);
	if (r >= 0 && output->seen->has_head && !output->head_written &&
	    write_seen_head(output) < 0)
		return -1;
	return r;
}

/* --- the end ---------------------------------------------------------------------------------- */

void
output_end(struct output *output)
{
	int r = 0;

	if (output->seen != NULL && output->error == 0) {
		r = seen_by_end(output->seen, output->ending);
		if (r >= 0 && output->seen->has_head && !output->head_written)
			r = write_seen_head(output);
	} else if (output->header_result == -FCGI_E_MORE && output->error == 0)
		r = release_header(output);
	if (r >= 0 && output->error == 0)
		(void)output_flush(output);
	output_stderr_end(&output->err);
}

void
output_unreached(struct output *output)
{
	/* What an earlier answer left in a file stays. */
	if (output->seen == NULL)
		return;
	output_begin(output);
	output->ending = SEEN_BY_NOT_CONNECTED;
	output_end(output);
}

static void
close_file(struct output *output, int fd)
{
	if (fd >= 0 && fd != STDOUT_FILENO && close(fd) < 0)
		fail(output, fd, errno);
}

void
output_close(struct output *output)
{
	close_file(output, output->fd);
	if (output->header_fd != output->fd)
		close_file(output, output->header_fd);
	output->fd = -1;
	output->header_fd = -1;
	output_stderr_close(&output->err);
	if (output->err.error != 0 && output->error == 0) {
		output->error = output->err.error;
		output->error_name = output->options->stderr_file;
	}
}

void
output_reset(struct output *output)
{
	free(output->seen);
	buffer_free(&output->head);
	buffer_free(&output->body);
	buffer_free(&output->err.kept);
}

/* --- what came -------------------------------------------------------------------------------- */

/* The head that seen_by wrote: "Name: value" CR LF, after the status line. */
static int
next_seen_header(const struct output *output, size_t *at, struct cgi_header *header)
{
	const char *text = (const char *)output->head.data, *line, *end, *colon;

	if (output->head.len == 0)
		return 0;
	if (*at == 0)
		*at = (size_t)((const char *)memmem(text, output->head.len, "\r\n", 2) + 2 - text);
	line = text + *at;
	if (*at + 2 >= output->head.len)
		return 0;
	/* A value may hold any byte but a line feed. */
	end = memchr(line, '\n', output->head.len - *at);
	colon = memmem(line, (size_t)(end - line), ": ", 2);
	*at = (size_t)(end + 1 - text);
	*header = (struct cgi_header){
		.name = line,
		.name_len = (size_t)(colon - line),
		.value = colon + 2,
		.value_len = (size_t)(end - 1 - (colon + 2)),
	};
	return 1;
}

int
output_next_header(const struct output *output, size_t *at, struct cgi_header *header)
{
	if (output->seen != NULL)
		return next_seen_header(output, at, header);
	/* There may not even have been a connection. */
	return output->header_result == 1 && cgi_response_next(&output->header, at, header);
}

int
output_find_header(const struct output *output, const char *name, struct cgi_header *header)
{
	size_t at = 0;

	while (output_next_header(output, &at, header))
		if (header->name_len == strlen(name) &&
		    strncasecmp(header->name, name, header->name_len) == 0)
			return 1;
	return 0;
}

int
output_status(const struct output *output)
{
	if (output->seen != NULL)
		return output->seen->status;
	return output->header_result == 1 ? output->header.status : 0;
}
