#include "output_stderr.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static const char prefix[] = "stderr: ";

void
output_stderr_init(struct output_stderr *err, const struct options *options)
{
	*err = (struct output_stderr){ .options = options, .fd = STDERR_FILENO };
	if (options->stderr_to == STDERR_NULL)
		err->fd = -1;
	if (options->stderr_to != STDERR_FILE)
		return;
	err->fd = open(options->stderr_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (err->fd < 0)
		cli_die(&options->cli, 1, "--stderr %s: %s", options->stderr_file, strerror(errno));
}

void
output_stderr_begin(struct output_stderr *err)
{
	err->midline = 0;
	buffer_clear(&err->kept);
}

/* Nobody is left to be told when standard error itself fails, so that is not looked at. */
static int
put(struct output_stderr *err, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = write(err->fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && err->options->stderr_to == STDERR_FILE) {
			err->error = errno;
			return -1;
		}
		if (n <= 0)
			break;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
put_escaped(struct output_stderr *err, const unsigned char *p, size_t len)
{
	char escaped[4096];
	size_t part;

	if (!err->escapes)
		return put(err, p, len);
	for (; len > 0; p += part, len -= part) {
		/* An escaped byte takes at most four characters. */
		part = len < sizeof escaped / 4 ? len : sizeof escaped / 4 - 1;
		put(err, escaped, text_escape(escaped, sizeof escaped, p, part, TEXT_KEEP_LINES));
	}
	return 0;
}

static int
put_lines(struct output_stderr *err, const unsigned char *p, size_t len)
{
	const unsigned char *end = p + len, *lf;

	for (; p < end; p = lf) {
		if (!err->midline)
			put(err, prefix, sizeof prefix - 1);
		lf = memchr(p, '\n', (size_t)(end - p));
		lf = lf != NULL ? lf + 1 : end;
		put_escaped(err, p, (size_t)(lf - p));
		err->midline = lf[-1] != '\n';
	}
	return 0;
}

int
output_stderr_write(struct output_stderr *err, const struct fcgi_slice *slice)
{
	/* Asked for when there is something to write: most answers come without. */
	if (!err->looked) {
		err->looked = 1;
		err->escapes = err->fd >= 0 && err->options->stderr_to != STDERR_FILE &&
		    isatty(err->fd);
	}
	size_t room = OUTPUT_STDERR_KEPT - err->kept.len;

	if ((err->options->json || err->options->write_out != NULL) &&
	    buffer_append(&err->kept, slice->data, slice->len < room ? slice->len : room) < 0) {
		err->error = errno;
		return -1;
	}
	if (err->fd < 0)
		return 0;
	if (err->options->stderr_to == STDERR_PREFIX)
		return put_lines(err, slice->data, slice->len);
	if (err->options->stderr_to == STDERR_PASS)
		err->midline = slice->data[slice->len - 1] != '\n';
	return put_escaped(err, slice->data, slice->len);
}

void
output_stderr_end(struct output_stderr *err)
{
	if (err->midline && (err->escapes || err->options->stderr_to == STDERR_PREFIX)) {
		put(err, "\n", 1);
		err->midline = 0;
	}
}

void
output_stderr_close(struct output_stderr *err)
{
	if (err->options != NULL && err->options->stderr_to == STDERR_FILE && close(err->fd) < 0 &&
	    err->error == 0)
		err->error = errno;
	buffer_free(&err->kept);
}
