#include "control_client.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
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

enum {
	NOBODY = -1000,		/* no supervisor serves the socket */
	WHY_MAX = 512,
	READ_SIZE = 65536,
};

/* One request and its answer. */
struct conversation {
	const char *path;
	enum control_command command;
	int fd;
	int64_t deadline_ns;
	int64_t patience_ns;	/* what the deadline allowed in all */
	char *answer;		/* all that has come */
	size_t len;
	size_t seen;		/* of it, whole lines that were understood */
	int promised;		/* 1: the supervisor has asked for patience */
	int done;		/* 1: the result has come, and it is good */
	char why[WHY_MAX];	/* when something has failed: the end of a message */
};

__attribute__((format(printf, 2, 3))) static int
fail(struct conversation *talk, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(talk->why, sizeof talk->why, format, arguments);
	va_end(arguments);
	return -FCGI_E_SYSTEM;
}

static void
allow(struct conversation *talk, int64_t duration_ns)
{
	talk->patience_ns = duration_ns;
	talk->deadline_ns = clock_after(clock_now_ns(), duration_ns);
}

/* Waits for events.  Returns 0, or an error once the deadline has passed. */
static int
await(struct conversation *talk, short events)
{
	struct pollfd ready = { .fd = talk->fd, .events = events };
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
connect_patiently(struct conversation *talk, const struct addr_socket *address)
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
check_peer(struct conversation *talk)
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

/* Why no connection was made.  A socket that nobody serves any more is removed. */
static int
fail_connection(struct conversation *talk, const struct addr_socket *address)
{
	char denied[WHY_MAX];
	int error = errno;

	if (error == ECONNREFUSED)
		(void)addr_file_remove_dead(address);
	if (error == ECONNREFUSED || error == ENOENT) {
		(void)fail(talk, "%s", error == ENOENT ? "there is no such socket"
						       : "its supervisor has ended");
		return NOBODY;
	}
	if (error == EACCES) {
		addr_explain_denied(denied, sizeof denied, talk->path);
		if (denied[0] != '\0')
			return fail(talk, "%s (%s)", strerror(error), denied);
	}
	return fail(talk, "%s", strerror(error));
}

/* Returns 0, NOBODY or another negative error, with why. */
static int
begin(struct conversation *talk)
{
	struct addr_socket address;
	int directory_fd = -1;
	struct stat st;
	int r = 0;

	allow(talk, ANSWER_NS);
	/* A link may lead to somebody else's socket, whatever it looks like. */
	if (lstat(talk->path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return fail(talk, "%s", S_ISLNK(st.st_mode) ? "is a symbolic link"
							    : fcgi_strerror(FCGI_E_NOT_SOCKET));
	if (control_place_address(talk->path, &address, &directory_fd) < 0)
		return errno == ENOENT ? (fail(talk, "there is no such socket"), NOBODY)
				       : fail(talk, "%s", strerror(errno));
	talk->fd = connect_patiently(talk, &address);
	if (talk->fd < 0)
		r = fail_connection(talk, &address);
	if (directory_fd >= 0)
		close(directory_fd);
	return r < 0 ? r : check_peer(talk);
}

static int
send_request(struct conversation *talk)
{
	char line[CONTROL_LINE_MAX];
	size_t len = control_line_request(line, talk->command);

	/* It fits into any socket's buffer at once. */
	if (send(talk->fd, line, len, MSG_NOSIGNAL) == (ssize_t)len)
		return 0;
	return fail(talk, "%s", strerror(errno));
}

/* Understands a line of the answer.  Returns 0 or an error. */
static int
take_line(struct conversation *talk, const char *line, size_t len)
{
	const char *text;
	size_t text_len;
	int64_t wait_ms;

	switch (control_line_read_reply(line, len, &text, &text_len, &wait_ms)) {
	case CONTROL_WAIT:
		talk->promised = 1;
		allow(talk, clock_after(ANSWER_NS, wait_ms < INT64_MAX / CLOCK_NS_PER_MS
						       ? wait_ms * CLOCK_NS_PER_MS
						       : CLOCK_NEVER));
		return 0;
	case CONTROL_OK:
		talk->done = 1;
		return 0;
	case CONTROL_FAILED:
		return fail(talk, "%.*s", (int)text_len,
		    text_len > 0 ? text : "failed");
	case -FCGI_E_VERSION:
		return fail(talk, "its supervisor is of another version");
	default:
		return fail(talk, "what answers there is no supervisor");
	}
}

/* Understands what has come so far, up to the result. */
static int
take_lines(struct conversation *talk)
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
read_more(struct conversation *talk)
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
		if (await(talk, POLLIN) < 0)
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
check_end(struct conversation *talk)
{
	if (talk->done || (talk->command == CONTROL_STOP && talk->promised))
		return 0;
	return fail(talk, "%s", talk->promised ? "its supervisor has ended before"
					       : "closed without an answer");
}

/* An answer goes to a terminal: it must hold no control characters but newlines. */
static int
check_text(struct conversation *talk)
{
	const unsigned char *end = (const unsigned char *)talk->answer + talk->len;
	const unsigned char *p = (const unsigned char *)talk->answer + talk->seen;
	uint32_t code = 0;
	size_t len;

	for (; p < end; p += len) {
		len = text_utf8_decode(p, end, &code);
		if (len == 0 || (code != '\n' && (code < 0x20 || (code >= 0x7f && code < 0xa0))))
			return fail(talk, "what answers there is no supervisor");
	}
	return 0;
}

/*
 * Has the whole conversation.  end_conversation() in any case.
 * Returns 0, NOBODY, or another negative error; why then says the reason.
 */
static int
converse(struct conversation *talk, const char *path, enum control_command command)
{
	int r;

	*talk = (struct conversation){ .path = path, .command = command, .fd = -1 };
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

static void
end_conversation(struct conversation *talk)
{
	if (talk->fd >= 0)
		close(talk->fd);
	free(talk->answer);
}

/* --- whom to ask --------------------------------------------------------------------------------- */

static const char *
option_name(const struct control_client *client)
{
	switch (client->command) {
	case CONTROL_RELOAD:
		return "--reload";
	case CONTROL_STOP:
		return "--stop";
	default:
		return "--status";
	}
}

static void
print_answer(const struct conversation *talk)
{
	if (talk->command == CONTROL_STATUS || talk->command == CONTROL_JSON)
		fwrite(talk->answer + talk->seen, 1, talk->len - talk->seen, stdout);
}

/* Asks one and tells what went wrong.  Returns the exit status. */
static int
ask(const struct control_client *client, const char *path)
{
	struct conversation talk;
	int r = converse(&talk, path, client->command);

	if (r == 0)
		print_answer(&talk);
	else
		cli_error(client->cli, "%s: %s: %s", option_name(client), path, talk.why);
	end_conversation(&talk);
	return r == 0 ? 0 : 1;
}

/* Sockets in the directory of last resort. */
struct places {
	char directory[PATH_MAX];
	struct dirent **items;
	int count;
};

static int
is_control(const struct dirent *entry)
{
	static const char suffix[] = ".ctl";
	size_t len = strlen(entry->d_name);

	return len > sizeof suffix - 1 &&
	    strcmp(entry->d_name + len - (sizeof suffix - 1), suffix) == 0;
}

/* Returns 0, also when there are none, or -1 after an error message. */
static int
places_list(struct places *places, const struct control_client *client)
{
	char why[PATH_MAX + 256];

	*places = (struct places){ 0 };
	if (control_place_directory(places->directory, sizeof places->directory, 0, why,
		sizeof why) < 0) {
		if (errno == ENOENT)
			return 0;
		cli_error(client->cli, "%s: %s", option_name(client), why);
		return -1;
	}
	places->count = scandir(places->directory, &places->items, is_control, versionsort);
	if (places->count >= 0)
		return 0;
	cli_error(client->cli, "%s: %s: %s", option_name(client), places->directory,
	    strerror(errno));
	return -1;
}

static void
places_reset(struct places *places)
{
	int i;

	for (i = 0; i < places->count; i++)
		free(places->items[i]);
	free(places->items);
}

static int
tell_nobody(const struct control_client *client, const struct places *places)
{
	cli_error(client->cli, "%s: no supervisor runs here (looked in %s; --control or -P names "
			       "another place)",
	    option_name(client), places->directory);
	return 1;
}

/* Asks all of them.  Returns the exit status: 1 if one that runs has not answered, or none runs. */
static int
ask_all(const struct control_client *client, const struct places *places)
{
	char path[2 * PATH_MAX];
	struct conversation talk;
	int answered = 0;
	int status = 0;
	int i;
	int r;

	for (i = 0; i < places->count; i++) {
		snprintf(path, sizeof path, "%s/%s", places->directory, places->items[i]->d_name);
		r = converse(&talk, path, client->command);
		if (r == 0) {
			if (answered++ > 0 && client->command == CONTROL_STATUS)
				putchar('\n');
			print_answer(&talk);
		} else if (r != NOBODY) {
			cli_error(client->cli, "%s: %s: %s", option_name(client), path, talk.why);
			status = 1;
		}
		end_conversation(&talk);
	}
	if (answered == 0 && status == 0)
		return tell_nobody(client, places);
	return status;
}

/*
 * Finds the one that runs.  Asks for the names, so that a choice can be made where there are
 * several.
 * Returns 0 with path set, or 1 after an error message.
 */
static int
find_one(const struct control_client *client, const struct places *places, char *path, size_t size)
{
	char candidate[2 * PATH_MAX];
	struct conversation talk;
	char *choices = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&choices, &len);
	int found = 0;
	int i;
	int r;

	for (i = 0; out != NULL && i < places->count; i++) {
		snprintf(candidate, sizeof candidate, "%s/%s", places->directory,
		    places->items[i]->d_name);
		r = converse(&talk, candidate, CONTROL_NAME);
		if (r != NOBODY) {
			fprintf(out, "%s--control %s", found++ > 0 ? ", " : "", candidate);
			snprintf(path, size, "%s", candidate);
		}
		if (r == 0)
			fprintf(out, " (%.*s)", (int)(talk.len - talk.seen) - 1,
			    talk.answer + talk.seen);
		end_conversation(&talk);
	}
	if (out == NULL || fclose(out) != 0)
		cli_error(client->cli, "%s: %s", option_name(client), strerror(errno));
	else if (found == 0)
		(void)tell_nobody(client, places);
	else if (found > 1)
		cli_error(client->cli, "%s: %d supervisors run, choose one: %s",
		    option_name(client), found, choices);
	free(choices);
	return found == 1 ? 0 : 1;
}

int
control_client_run(const struct control_client *client)
{
	char path[2 * PATH_MAX];
	struct places places;
	char why[PATH_MAX + 256];
	int status;

	if (client->control != NULL || client->pid_file != NULL) {
		if (control_place(path, PATH_MAX, client->control, client->pid_file, why,
			sizeof why) == 0)
			return ask(client, path);
		cli_error(client->cli, "%s: %s", option_name(client), why);
		return 1;
	}
	status = places_list(&places, client) < 0;
	if (status == 0 && (client->command == CONTROL_RELOAD || client->command == CONTROL_STOP)) {
		status = find_one(client, &places, path, sizeof path);
		if (status == 0)
			status = ask(client, path);
	} else if (status == 0) {
		status = ask_all(client, &places);
	}
	places_reset(&places);
	return status;
}
