#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "spool.h"

enum { COPY_SIZE = 65536 };

void
body_init(struct body *body)
{
	*body = (struct body){ .fd = -1, .at = -1 };
}

void
body_from_stdin(struct body *body, uint64_t len)
{
	struct stat st;

	*body = (struct body){
		.fd = STDIN_FILENO,
		.waits = fstat(STDIN_FILENO, &st) < 0 || !S_ISREG(st.st_mode),
		.is_open_ended = len == BODY_UNTIL_END,
		.at = -1,
		.left = len,
	};
}

/*
 * Copies a source to a spool, up to its end or limit bytes.
 * *directory: where the copy is, as long as it is the copy that fails.
 * Returns 0 or -FCGI_E_SYSTEM.
 */
static int
copy(int source, uint64_t limit, struct spool *spool, const char **directory)
{
	char buffer[COPY_SIZE];
	size_t size;
	ssize_t n;

	for (;;) {
		size = limit - spool->len < sizeof buffer ? (size_t)(limit - spool->len)
							  : sizeof buffer;
		n = size > 0 ? read(source, buffer, size) : 0;
		if (n <= 0)
			break;
		if (spool_write(spool, buffer, (size_t)n) < 0)
			return -FCGI_E_SYSTEM;
	}
	*directory = NULL;
	return n < 0 ? -FCGI_E_SYSTEM : 0;
}

/*
 * Keeps what a source without a size has, limit bytes at most.
 * Returns the file, at its beginning, or -FCGI_E_SYSTEM.
 */
static int
keep(int source, uint64_t limit, uint64_t *len, const char **directory)
{
	struct spool spool;
	int error;

	*directory = spool_directory();
	if (spool_open(&spool) < 0)
		return -FCGI_E_SYSTEM;
	if (copy(source, limit, &spool, directory) < 0) {
		error = errno;
		spool_close(&spool);
		errno = error;
		return -FCGI_E_SYSTEM;
	}
	*len = spool.len;
	return spool.fd;
}

/* The body is what an open file holds from where it stands.  Takes the descriptor over. */
static int
from_descriptor(struct body *body, int fd, time_t *modified, const char **directory)
{
	struct stat st;
	off_t at;
	int file;

	if (fstat(fd, &st) < 0)
		return -FCGI_E_SYSTEM;
	if (modified != NULL)
		*modified = st.st_mtime;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -FCGI_E_SYSTEM;
	}
	/* What claims to be empty may be a file of /proc, which has no size to tell. */
	if (S_ISREG(st.st_mode) && st.st_size > 0) {
		at = lseek(fd, 0, SEEK_CUR);
		if (at < 0)
			return -FCGI_E_SYSTEM;
		body->fd = fd;
		body->left = st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
		return 0;
	}
	file = keep(fd, UINT64_MAX, &body->left, directory);
	if (file < 0)
		return file;
	if (fd != STDIN_FILENO)
		close(fd);
	body->fd = file;
	return 0;
}

int
body_from_file(struct body *body, const char *path, time_t *modified, const char **directory)
{
	int fd, r, error;

	*directory = NULL;
	body_init(body);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -FCGI_E_SYSTEM;
	r = from_descriptor(body, fd, modified, directory);
	if (r < 0) {
		error = errno;
		close(fd);
		errno = error;
	}
	return r;
}

int
body_from_data(struct body *body, const char *data, const char **directory)
{
	*directory = NULL;
	body_init(body);
	if (strcmp(data, "-") == 0 || strcmp(data, "@-") == 0)
		return from_descriptor(body, STDIN_FILENO, NULL, directory);
	if (*data == '@')
		return body_from_file(body, data + 1, NULL, directory);
	body->text = data;
	body->left = strlen(data);
	return 0;
}

int
body_make_repeatable(struct body *body, const char **directory)
{
	uint64_t len;
	int file;

	*directory = NULL;
	if (body->left == 0 || body->fd < 0 || body->at >= 0)
		return 0;
	if (!body->waits) {
		body->at = lseek(body->fd, 0, SEEK_CUR);
		return body->at < 0 ? -FCGI_E_SYSTEM : 0;
	}
	file = keep(body->fd, body->left, &len, directory);
	if (file < 0)
		return file;
	body->fd = file;
	body->waits = 0;
	body->at = 0;
	return 0;
}

void
body_close(struct body *body)
{
	if (body->fd > STDERR_FILENO)
		close(body->fd);
	body->fd = -1;
}

ssize_t
body_read(struct body *body, void *dst, size_t size)
{
	size_t len = body->left < size ? (size_t)body->left : size;
	ssize_t n;

	if (len == 0)
		return 0;
	if (body->fd < 0) {
		memcpy(dst, body->text, len);
		body->text += len;
		n = (ssize_t)len;
	} else {
		n = body->at < 0 ? read(body->fd, dst, len) : pread(body->fd, dst, len, body->at);
		if (n < 0)
			return -FCGI_E_SYSTEM;
		if (body->at >= 0)
			body->at += n;
		if (n == 0 && body->is_open_ended)
			body->left = 0;
	}
	body->left -= (uint64_t)n;
	return n;
}

int
body_stdin_ignored(void)
{
	struct stat st;
	int count = 0;

	if (fstat(STDIN_FILENO, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return st.st_size > lseek(STDIN_FILENO, 0, SEEK_CUR);
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return ioctl(STDIN_FILENO, FIONREAD, &count) == 0 && count > 0;
	return 0;
}
