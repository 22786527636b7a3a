#include "control_talk.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr_listen.h"
#include "clock.h"
#include "control_place.h"
#include "fcgi_error.h"
#include "text.h"

/* For an answer to begin, and to come once the supervisor has said for how long to wait. */
#define ANSWER_NS (10 * CLOCK_NS_PER_S)
#define RETRY_MS 20

enum { READ_SIZE = 65536 };

__attribute__((format(printf, 2, 3))) static int
fail(struct control_talk *talk, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(talk->why, sizeof talk->why, format, arguments);
	va_end(arguments);
	return -FCGI_E_SYSTEM;
}

static void
allow(struct control_talk *talk, int64_t duration_ns)
{
	talk->patience_ns = duration_ns;
	talk->deadline_ns = clock_after(clock_now_ns(), duration_ns);
}

/* Waits for something to read.  Returns 0, or an error once the deadline has passed. */
static int
await(struct control_talk *talk)
{
	struct pollfd ready = { .fd = talk->fd, .events = POLLIN };
	char limit[32];
	int r;

	do
		r = poll(&ready, 1, clock_poll_timeout(talk->deadline_ns, clock_now_ns()));
	while (r < 0 && errno == EINTR);
	if (r > 0)
		return 0;
	if (r < 0)
		return fail(talk, "%s", strerror(errno));
	return fail(talk, "%s within %s",
	    talk->promised && talk->command == CONTROL_STOP ? "has not stopped" : "no answer",
	    clock_format_duration(limit, sizeof limit, talk->patience_ns));
}

/* Returns the socket, or -FCGI_E_SYSTEM with errno.  A full queue is waited for. */
static int
connect_patiently(struct control_talk *talk, const struct addr_socket *address)
{
	int in_progress;
	int fd;

	for (;;) {
		fd = addr_connect(address, &in_progress);
		if (fd >= 0 || errno != EAGAIN || clock_now_ns() > talk->deadline_ns)
			return fd;
		poll(NULL, 0, RETRY_MS);
	}
}

/* The other end must be one whose word counts: ours or root's. */
static int
check_peer(struct control_talk *talk)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(talk->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return fail(talk, "%s", strerror(errno));
	if (geteuid() == 0 || peer.uid == geteuid() || peer.uid == 0)
		return 0;
	return fail(talk, "is served by uid %lu, who is neither us nor root",
	    (unsigned long)peer.uid);
}

/* Nobody serves it: the reason is told only where one was named. */
static int
find_nobody(struct control_talk *talk, const char *why)
{
	(void)fail(talk, "%s", why);
	return CONTROL_NOBODY;
}

/* Why no connection was made. */
static int
fail_connection(struct control_talk *talk)
{
	char denied[sizeof talk->why] = "";
	int error = errno;

	if (error == ECONNREFUSED)
		return find_nobody(talk, "its supervisor has ended");
	if (error == ENOENT)
		return find_nobody(talk, "no supervisor listens there (a pool started without -S "
					 "has none)");
	if (error == EACCES)
		addr_explain_denied(denied, sizeof denied, talk->path);
	return denied[0] != '\0' ? fail(talk, "%s (%s)", strerror(error), denied)
				 : fail(talk, "%s", strerror(error));
}

/* Returns 0, CONTROL_NOBODY or another negative error, with why. */
static int
begin(struct control_talk *talk)
{
	struct addr_socket address;
	int directory_fd;
	struct stat st;
	int r = 0;

	allow(talk, ANSWER_NS);
	/* A link may lead to somebody else's socket, whatever it looks like. */
	if (lstat(talk->path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return find_nobody(talk, S_ISLNK(st.st_mode) ? "is a symbolic link"
							     : "is not a socket");
	if (control_place_address(talk->path, &address, &directory_fd) < 0)
		return fail_connection(talk);
	talk->fd = connect_patiently(talk, &address);
	if (talk->fd < 0) {
		r = fail_connection(talk);
		/* Whoever had it was killed, and could not tidy up. */
		if (r == CONTROL_NOBODY)
			(void)addr_file_remove_dead(&address);
	}
	if (directory_fd >= 0)
		close(directory_fd);
	return r < 0 ? r : check_peer(talk);
}

static int
send_request(struct control_talk *talk)
{
	char line[CONTROL_LINE_MAX];
	size_t len = control_line_request(line, talk->command);

	/* It fits into any socket's buffer at once.  Who has hung up may have said why before. */
	if (send(talk->fd, line, len, MSG_NOSIGNAL) == (ssize_t)len || errno == EPIPE)
		return 0;
	return fail(talk, "%s", strerror(errno));
}

/* Understands a line of the answer.  Returns 0 or an error. */
static int
take_line(struct control_talk *talk, const char *line, size_t len)
{
	const char *text;
	size_t text_len;
	int64_t wait_ms;

	switch (control_line_read_reply(line, len, &text, &text_len, &wait_ms)) {
	case CONTROL_WAIT:
		talk->promised = 1;
		if (wait_ms > CONTROL_WAIT_MAX_MS)
			wait_ms = CONTROL_WAIT_MAX_MS;
		allow(talk, ANSWER_NS + wait_ms * CLOCK_NS_PER_MS);
		return 0;
	case CONTROL_OK:
		talk->done = 1;
		return 0;
	case CONTROL_FAILED:
		return text_len > 0 ? fail(talk, "%.*s", (int)text_len, text)
				    : fail(talk, "failed");
	case -FCGI_E_VERSION:
		return fail(talk, "its supervisor is of another version");
	default:
		return fail(talk, "what answers there is no supervisor");
	}
}

/* Understands what has come so far, up to the result. */
static int
take_lines(struct control_talk *talk)
{
	const char *newline;
	const char *line;
	int r = 0;

	while (r == 0 && !talk->done && talk->seen < talk->len) {
		line = talk->answer + talk->seen;
		newline = memchr(line, '\n', talk->len - talk->seen);
		if (newline == NULL)
			return talk->len - talk->seen < CONTROL_LINE_MAX
			    ? 0
			    : fail(talk, "what answers there is no supervisor");
		talk->seen += (size_t)(newline - line) + 1;
		r = take_line(talk, line, (size_t)(newline - line));
	}
	return r;
}

/* Reads more.  Returns 1, 0 at the end, or an error. */
static int
read_more(struct control_talk *talk)
{
	char *answer;
	ssize_t len;

	if (talk->len + READ_SIZE > CONTROL_ANSWER_MAX)
		return fail(talk, "its answer is too long");
	answer = realloc(talk->answer, talk->len + READ_SIZE);
	if (answer == NULL)
		return fail(talk, "out of memory");
	talk->answer = answer;
	do {
		if (await(talk) < 0)
			return -FCGI_E_SYSTEM;
		len = recv(talk->fd, answer + talk->len, READ_SIZE, 0);
	} while (len < 0 && (errno == EAGAIN || errno == EINTR));
	/* Who ends without having read all that we said resets the connection. */
	if (len < 0 && errno != ECONNRESET)
		return fail(talk, "%s", strerror(errno));
	if (len <= 0)
		return 0;
	talk->len += (size_t)len;
	return 1;
}

/* The connection has ended.  Returns 0 if that is what was waited for. */
static int
check_end(struct control_talk *talk)
{
	if (talk->done || (talk->command == CONTROL_STOP && talk->promised))
		return 0;
	return fail(talk, "%s", talk->promised ? "its supervisor has ended without an answer"
					       : "closed without an answer");
}

/* An answer goes to a terminal.  A supervisor has escaped what should not get there. */
static int
check_text(struct control_talk *talk)
{
	const unsigned char *end = (const unsigned char *)talk->answer + talk->len;
	const unsigned char *p = (const unsigned char *)talk->answer + talk->seen;
	uint32_t code = 0;
	size_t len;

	for (; p < end; p += len) {
		len = text_utf8_decode(p, end, &code);
		if (len == 0 || (code != '\n' && !text_is_visible(code)))
			return fail(talk, "what answers there is no supervisor");
	}
	return 0;
}

int
control_talk(struct control_talk *talk, const char *path, enum control_command command)
{
	int r;

	*talk = (struct control_talk){ .path = path, .command = command, .fd = -1 };
	r = begin(talk);
	if (r == 0)
		r = send_request(talk);
	while (r == 0) {
		r = read_more(talk);
		if (r <= 0)
			break;
		r = take_lines(talk);
	}
	if (r == 0)
		r = check_end(talk);
	return r == 0 ? check_text(talk) : r;
}

const char *
control_talk_answer(const struct control_talk *talk, size_t *len)
{
	*len = talk->len - talk->seen;
	return talk->answer + talk->seen;
}

void
control_talk_reset(struct control_talk *talk)
{
	if (talk->fd >= 0)
		close(talk->fd);
	free(talk->answer);
}
