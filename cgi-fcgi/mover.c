#include "mover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "fcgi_proto.h"

enum {
	/* Below, two system calls a record cost more than copying it. */
	RECORD_MIN = 32768,
	/* What a pipe holds: no answer that fits in is worth preparations. */
	ANSWER_MIN = 65536,
	/* With room for more, we and the reader wake each other less often. */
	PIPE_SIZE = 1048576,
};

static void
find_target(struct mover *mover, int fd)
{
	struct stat st;

	mover->target = MOVER_OTHER;
	if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		return;
	mover->target = MOVER_PIPE;
	/* The system may allow less; what is there works too. */
	if (fcntl(fd, F_GETPIPE_SZ) < PIPE_SIZE)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
}

void
mover_plan(struct mover *mover, struct conn *conn, const struct fcgi_request *reply,
    const struct output *output)
{
	const struct fcgi_record *record = &conn->reader.record;
	int fd;

	conn->receive_max = conn->in_size;
	if (reply->stdout_len < ANSWER_MIN || mover->target == MOVER_OTHER)
		return;
	fd = output_splice_fd(output);
	if (fd < 0)
		return;
	if (mover->target == MOVER_UNKNOWN)
		find_target(mover, fd);
	if (mover->target != MOVER_PIPE || conn->trace != NULL || record->type != FCGI_STDOUT ||
	    record->request_id != reply->request_id || record->content_length < RECORD_MIN)
		return;
	/* The record after a large one is likely to be large too: receive but its header. */
	conn->receive_max = fcgi_reader_pending(&conn->reader) >= RECORD_MIN
	    ? 0
	    : fcgi_reader_until_header(&conn->reader);
}

/* Whether splice(2), which would have blocked, is short of room rather than of bytes. */
static int
is_full(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	return poll(&pollfd, 1, 0) == 0;
}

/*
 * Why splice(2) has failed.
 * has_moved: bytes were moved before.
 * MOVER_DONE: once more.
 */
static enum mover_result
explain(struct mover *mover, struct conn *conn, struct output *output, int fd, int has_moved)
{
	int error = errno;

	switch (error) {
	case EAGAIN:
		/* Which of the two it was shows when there are bytes and yet none can be moved. */
		if (has_moved || !is_full(fd))
			return MOVER_WAIT;
		/* fall through */
	case EINTR:
	case EPIPE:
		return output_wait(output, error) < 0 ? MOVER_OUTPUT_FAILED : MOVER_DONE;
	case EINVAL:
	case ENOSYS:
		mover->target = MOVER_OTHER;
		conn->receive_max = conn->in_size;
		return MOVER_WAIT;
	default:
		conn->error = error;
		return MOVER_CONN_FAILED;
	}
}

enum mover_result
mover_move(struct mover *mover, struct conn *conn, struct fcgi_request *reply,
    struct output *output)
{
	int fd = output_splice_fd(output);
	uint64_t before = mover->moved;
	enum mover_result result;
	size_t len;
	ssize_t n;

	while ((len = fcgi_reader_pending(&conn->reader)) > 0) {
		n = splice(conn->fd, NULL, fd, NULL, len, SPLICE_F_MOVE);
		if (n > 0) {
			fcgi_reader_skip(&conn->reader, (size_t)n);
			conn->received += (uint64_t)n;
			reply->stdout_len += (uint64_t)n;
			mover->moved += (uint64_t)n;
		} else if (n == 0) {
			/* The peer has closed, which recv(2) finds out again. */
			conn->receive_max = conn->in_size;
			return MOVER_WAIT;
		} else {
			result = explain(mover, conn, output, fd, mover->moved > before);
			if (result != MOVER_DONE)
				return result;
		}
	}
	return MOVER_DONE;
}
