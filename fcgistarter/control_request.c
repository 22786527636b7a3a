#include "control_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "text.h"

#define REQUEST_S 5.	/* for a request to come */
#define ANSWER_S 10.	/* for an answer to be taken */

/* Ends the connection, and gives the request back unless its handler still has it. */
static void
hang_up(struct control_request *request)
{
	struct control *control = request->control;

	ev_io_stop(control->loop, &request->io);
	ev_timer_stop(control->loop, &request->deadline);
	close(request->io.fd);
	request->io.fd = -1;
	TAILQ_REMOVE(&control->requests, request, link);
	control->count--;
	if (!ev_is_active(&control->pause))
		ev_io_start(control->loop, &control->listener);
	if (request->state == CONTROL_PENDING)
		return;
	free(request->answer);
	free(request);
}

static void
listen_for(struct control_request *request, int events)
{
	struct ev_loop *loop = request->control->loop;

	if (request->io.events == events)
		return;
	ev_io_stop(loop, &request->io);
	ev_io_set(&request->io, request->io.fd, events);
	ev_io_start(loop, &request->io);
}

static void
set_deadline(struct control_request *request, double seconds)
{
	request->deadline.repeat = seconds;
	ev_now_update(request->control->loop);
	ev_timer_again(request->control->loop, &request->deadline);
}

/* Sends what the other end takes.  The request may be gone after it. */
static void
send_answer(struct control_request *request)
{
	ssize_t len;

	while (request->sent < request->answer_len) {
		len = send(request->io.fd, request->answer + request->sent,
		    request->answer_len - request->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN) {
			listen_for(request, EV_READ | EV_WRITE);
			return;
		}
		if (len < 0) {
			hang_up(request);
			return;
		}
		request->sent += (size_t)len;
	}
	if (request->state == CONTROL_ANSWERED)
		hang_up(request);
	else
		listen_for(request, EV_READ);
}

/* Returns 0, or -FCGI_E_SYSTEM with errno ENOMEM: then the answer ends where it is. */
static int
append(struct control_request *request, const char *data, size_t len)
{
	char *answer = realloc(request->answer, request->answer_len + len);

	if (answer == NULL)
		return -FCGI_E_SYSTEM;
	memcpy(answer + request->answer_len, data, len);
	request->answer = answer;
	request->answer_len += len;
	return 0;
}

static void
append_result(struct control_request *request, int ok, const char *text)
{
	char line[CONTROL_LINE_MAX];

	(void)append(request, line, control_line_result(line, ok, text));
	request->state = CONTROL_ANSWERED;
}

/* Says how long it may take.  A moment is added, so that what takes as long is not given up. */
static void
append_wait(struct control_request *request, int64_t wait_ns)
{
	char line[CONTROL_LINE_MAX];
	int64_t wait_ms = wait_ns / CLOCK_NS_PER_MS + 1;

	if (wait_ms > CONTROL_WAIT_MAX_MS)
		wait_ms = CONTROL_WAIT_MAX_MS;
	(void)append(request, line, control_line_wait(line, wait_ms));
}

static void
write_name(FILE *out, const struct status *status)
{
	char *name = text_escape_alloc(status->application, strlen(status->application), 0);

	fprintf(out, "%s\n", name != NULL ? name : "?");
	free(name);
}

static void
answer_status(struct control_request *request,
    void (*write)(FILE *out, const struct status *status))
{
	const struct control *control = request->control;
	struct status status = { .next_start_ms = -1 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int error = 0;

	if (out == NULL || control->handlers->status(control->owner, &status) < 0)
		error = errno;
	else
		write(out, &status);
	status_reset(&status);
	if (out != NULL && fclose(out) != 0 && error == 0)
		error = errno;
	append_result(request, error == 0, error != 0 ? strerror(error) : NULL);
	if (error == 0)
		(void)append(request, text, len);
	free(text);
}

static void
answer_reload(struct control_request *request)
{
	const struct control *control = request->control;
	int64_t wait_ns;

	request->state = CONTROL_PENDING;
	request->in_handler = 1;
	wait_ns = control->handlers->reload(control->owner, request);
	request->in_handler = 0;
	if (request->state == CONTROL_PENDING)
		append_wait(request, wait_ns);
}

static void
take_request(struct control_request *request, size_t len)
{
	const struct control *control = request->control;
	int command = control_line_read_request(request->line, len);

	switch (command) {
	case CONTROL_STATUS:
		answer_status(request, status_write_text);
		break;
	case CONTROL_JSON:
		answer_status(request, status_write_json);
		break;
	case CONTROL_NAME:
		answer_status(request, write_name);
		break;
	case CONTROL_RELOAD:
		answer_reload(request);
		break;
	case CONTROL_STOP:
		request->state = CONTROL_WAITING;
		append_wait(request, control->handlers->stop(control->owner));
		break;
	case -FCGI_E_VERSION:
		append_result(request, 0, "this supervisor is of another version (" PACKAGE_VERSION
					  ")");
		break;
	default:
		append_result(request, 0, "this supervisor does not know the request");
	}
	if (request->state == CONTROL_ANSWERED)
		set_deadline(request, ANSWER_S);
	else
		ev_timer_stop(control->loop, &request->deadline);
	send_answer(request);
}

/* The request may be gone after it. */
static void
read_request(struct control_request *request)
{
	size_t room = sizeof request->line - request->line_len;
	const char *newline;
	ssize_t len;

	/* Nothing follows a request: whoever says more, or leaves, has ended the conversation. */
	len = recv(request->io.fd, request->line + request->line_len, room, MSG_DONTWAIT);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0 || request->state != CONTROL_READING) {
		hang_up(request);
		return;
	}
	request->line_len += (size_t)len;
	newline = memchr(request->line, '\n', request->line_len);
	if (newline != NULL)
		take_request(request, (size_t)(newline - request->line));
	else if (request->line_len == sizeof request->line)
		hang_up(request);
}

static void
on_request(EV_P_ ev_io *watcher, int events)
{
	struct control_request *request = watcher->data;

	(void)EV_A;
	if (events & EV_WRITE)
		send_answer(request);
	else
		read_request(request);
}

static void
on_deadline(EV_P_ ev_timer *watcher, int events)
{
	(void)EV_A;
	(void)events;
	hang_up(watcher->data);
}

void
control_request_begin(struct control *control, int fd)
{
	struct control_request *request = calloc(1, sizeof *request);

	if (request == NULL) {
		close(fd);
		return;
	}
	request->control = control;
	ev_io_init(&request->io, on_request, fd, EV_READ);
	request->io.data = request;
	ev_io_start(control->loop, &request->io);
	ev_timer_init(&request->deadline, on_deadline, 0., 0.);
	request->deadline.data = request;
	set_deadline(request, REQUEST_S);
	TAILQ_INSERT_TAIL(&control->requests, request, link);
	control->count++;
}

void
control_request_abandon(struct control_request *request)
{
	struct control *control = request->control;

	ev_io_stop(control->loop, &request->io);
	ev_timer_stop(control->loop, &request->deadline);
	TAILQ_REMOVE(&control->requests, request, link);
	if (request->state == CONTROL_PENDING) {
		append_result(request, 0, "the supervisor is ending");
		request->state = CONTROL_PENDING;
	}
	if (request->sent < request->answer_len)
		(void)send(request->io.fd, request->answer + request->sent,
		    request->answer_len - request->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
	/* Who waits for our end sees it when the system closes what we have left open. */
	if (request->state != CONTROL_WAITING)
		close(request->io.fd);
	request->io.fd = -1;
	if (request->state == CONTROL_PENDING)
		return;
	free(request->answer);
	free(request);
}

void
control_answer(struct control_request *request, int ok, const char *text)
{
	if (request->io.fd < 0) {
		free(request->answer);
		free(request);
		return;
	}
	append_result(request, ok, text);
	if (request->in_handler)
		return;
	set_deadline(request, ANSWER_S);
	send_answer(request);
}
