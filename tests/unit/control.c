#include "control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/string.h>

#include "clock.h"
#include "control_talk.h"
#include "fcgi_error.h"
#include "must.h"

enum {
	GUARD_S = 60,
	ANSWER_MAX = 4 << 20,
	MANY = 20000,		/* instances: an answer that no socket's buffer holds */
	CROWD = 20,		/* more than are heard at a time */
	OTHER_UID = 65534,
};

/* What happens on a request to reload. */
enum reload { RELOAD_DONE, RELOAD_FAILED, RELOAD_LATER, RELOAD_NEVER };

/* A supervisor that only listens. */
struct server {
	char directory[64];
	char path[256];
	struct ev_loop *loop;
	struct control *control;
	int instances;
	enum reload reload;
	struct control_request *request; /* not answered yet */
	int stops;
	char warning[256];
	ev_timer later;
	ev_timer guard;
	ev_child child;
};

/* What a client in another process has found out. */
struct asked {
	int result;
	char why[512];
	size_t len;
	char answer[ANSWER_MAX];
};

static int
on_status(void *owner, struct status *status)
{
	const struct server *server = owner;
	const struct queue queue = { 1, 2, 3, -1, 0 };
	int i;

	if (server->instances < 0) {
		errno = EIO;
		return -FCGI_E_SYSTEM;
	}
	status->supervisor = 1;
	status->application = "/srv/a\nb";
	status->state = "running";
	must(status_add_listener(status, "/run/app.sock", &queue) == 0);
	for (i = 0; i < server->instances; i++) {
		const struct status_instance instance = { i, 7, "serving", 1, 1, 0 };

		must(status_add_instance(status, &instance) == 0);
	}
	return 0;
}

static void
on_later(EV_P_ ev_timer *watcher, int events)
{
	struct server *server = watcher->data;

	(void)EV_A;
	(void)events;
	control_answer(server->request, 0, "later\nfailed");
}

static int64_t
on_reload(void *owner, struct control_request *request)
{
	struct server *server = owner;

	server->request = request;
	if (server->reload == RELOAD_LATER) {
		ev_timer_init(&server->later, on_later, 0.05, 0.);
		server->later.data = server;
		ev_timer_start(server->loop, &server->later);
	} else if (server->reload != RELOAD_NEVER) {
		control_answer(request, server->reload == RELOAD_DONE,
		    server->reload == RELOAD_DONE ? NULL : "no such program");
	}
	return 5 * CLOCK_NS_PER_S;
}

static int64_t
on_stop(void *owner)
{
	struct server *server = owner;

	server->stops++;
	return 20 * CLOCK_NS_PER_S;
}

static void
on_warn(void *owner, const char *text)
{
	struct server *server = owner;

	snprintf(server->warning, sizeof server->warning, "%s", text);
}

static const struct control_handlers handlers = { on_status, on_reload, on_stop, on_warn };

static void
open_control(struct server *server)
{
	char why[256] = "";

	server->control =
	    control_open(server->loop, server->path, &handlers, server, why, sizeof why);
	assert_string_equal(why, "");
	assert_non_null(server->control);
}

static int
set_up(void **state)
{
	struct server *server = calloc(1, sizeof *server);

	*state = server;
	if (server == NULL)
		return -1;
	snprintf(server->directory, sizeof server->directory, "/tmp/fcgi-utils-ctl.XXXXXX");
	if (mkdtemp(server->directory) == NULL)
		return -1;
	snprintf(server->path, sizeof server->path, "%s/x.ctl", server->directory);
	server->loop = ev_default_loop(0);
	server->instances = 1;
	if (server->loop == NULL)
		return -1;
	open_control(server);
	return 0;
}

static int
tear_down(void **state)
{
	struct server *server = *state;

	if (server->control != NULL)
		control_close(server->control);
	unlink(server->path);
	/* Fails when anything was left behind. */
	if (rmdir(server->directory) < 0)
		return -1;
	free(server);
	return 0;
}

/* --- clients ---------------------------------------------------------------------------------- */

static void
on_client_end(EV_P_ ev_child *watcher, int events)
{
	(void)events;
	ev_child_stop(EV_A_ watcher);
	ev_break(EV_A_ EVBREAK_ALL);
}

static void
on_guard(EV_P_ ev_timer *watcher, int events)
{
	(void)EV_A;
	(void)watcher;
	(void)events;
	fprintf(stderr, "a client took more than %d s\n", GUARD_S);
	abort();
}

static void
serve_until_end_of(struct server *server, pid_t pid)
{
	ev_timer_init(&server->guard, on_guard, GUARD_S, 0.);
	ev_timer_start(server->loop, &server->guard);
	ev_child_init(&server->child, on_client_end, pid, 0);
	ev_child_start(server->loop, &server->child);
	ev_run(server->loop, 0);
	ev_timer_stop(server->loop, &server->guard);
}

static void
note(struct asked *asked, const char *path, enum control_command command)
{
	struct control_talk talk;
	const char *answer;

	asked->result = control_talk(&talk, path, command);
	snprintf(asked->why, sizeof asked->why, "%s", talk.why);
	answer = control_talk_answer(&talk, &asked->len);
	must(asked->len < ANSWER_MAX);
	if (asked->len > 0)
		memcpy(asked->answer, answer, asked->len);
	asked->answer[asked->len] = '\0';
	control_talk_reset(&talk);
}

/* Asks from a process of its own, which becomes uid first unless it is -1. */
static struct asked *
ask_as(struct server *server, enum control_command command, uid_t uid)
{
	struct asked *asked = mmap(NULL, sizeof *asked, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	assert_true(asked != MAP_FAILED);
	asked->result = 1;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (uid != (uid_t)-1)
			must(setgroups(0, NULL) == 0 && setresuid(uid, uid, uid) == 0);
		note(asked, server->path, command);
		_exit(0);
	}
	serve_until_end_of(server, pid);
	return asked;
}

static struct asked *
ask(struct server *server, enum control_command command)
{
	return ask_as(server, command, (uid_t)-1);
}

static void
forget(struct asked *asked)
{
	munmap(asked, sizeof *asked);
}

static void
answers(struct server *server, enum control_command command, const char *answer)
{
	struct asked *asked = ask(server, command);

	assert_string_equal(asked->why, "");
	assert_int_equal(asked->result, 0);
	assert_string_equal(asked->answer, answer);
	forget(asked);
}

static void
fails(struct server *server, enum control_command command, const char *why)
{
	struct asked *asked = ask(server, command);

	assert_int_equal(asked->result, -FCGI_E_SYSTEM);
	assert_string_equal(asked->why, why);
	forget(asked);
}

/* A connection that says what it likes. */
static int
raw(const struct server *server, const char *text)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%.100s", server->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return fd;
}

/* Serves until one is answered.  Returns 0 at the end of the answer, 1 if there is more to come. */
static int
serve_raw(struct server *server, int fd, char *answer, size_t size)
{
	int64_t deadline_ns = clock_after(clock_now_ns(), GUARD_S * CLOCK_NS_PER_S);
	ssize_t len;

	do {
		must(clock_now_ns() < deadline_ns);
		ev_run(server->loop, EVRUN_NOWAIT);
		len = recv(fd, answer, size - 1, MSG_DONTWAIT);
	} while (len < 0 && errno == EAGAIN);
	answer[len > 0 ? len : 0] = '\0';
	return len > 0;
}

/* --- the supervisor's end --------------------------------------------------------------------- */

static void
the_socket_is_ours_alone(void **state)
{
	struct server *server = *state;
	struct stat st;

	assert_int_equal(lstat(server->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fcntl(control_fd(server->control), F_GETFD), FD_CLOEXEC);
	control_close(server->control);
	server->control = NULL;
	assert_int_equal(lstat(server->path, &st), -1);
}

static void
another_file_is_not_removed(void **state)
{
	struct server *server = *state;
	struct stat st;
	FILE *file;

	assert_int_equal(unlink(server->path), 0);
	file = fopen(server->path, "w");
	assert_non_null(file);
	fclose(file);
	control_close(server->control);
	server->control = NULL;
	assert_int_equal(lstat(server->path, &st), 0);
}

static void
is_not_opened(struct server *server, const char *reason)
{
	char why[256] = "";

	assert_null(control_open(server->loop, server->path, &handlers, server, why, sizeof why));
	assert_string_equal(why, reason);
}

static void
what_is_in_use_is_left(void **state)
{
	struct server *server = *state;
	FILE *file;

	is_not_opened(server, "another supervisor serves it");
	answers(server, CONTROL_NAME, "/srv/a\\nb\n");
	control_close(server->control);
	server->control = NULL;
	file = fopen(server->path, "w");
	assert_non_null(file);
	fclose(file);
	is_not_opened(server, fcgi_strerror(FCGI_E_NOT_SOCKET));
	assert_int_equal(unlink(server->path), 0);
	strlcat(server->path, "/x", sizeof server->path);
	is_not_opened(server, "No such file or directory");
}

static void
a_status_is_answered(void **state)
{
	struct server *server = *state;

	answers(server, CONTROL_STATUS,
	    "/srv/a\\nb: running, 0 of 0 instances\n"
	    "supervisor 1 since 1970-01-01 00:00:00 UTC\n"
	    "generation 0, restarts 0, failures in a row 0\n"
	    "\n"
	    "QUEUE  BACKLOG  DROPS  LISTENER\n"
	    "    1        2      3  /run/app.sock\n"
	    "\n"
	    "INSTANCE  PID  AGE  RSS  RESTARTS  STATE\n"
	    "       0    7  1ms    1         0  serving\n");
	answers(server, CONTROL_JSON,
	    "{\"supervisor\":1,\"since\":0,\"application\":\"/srv/a\\nb\",\"state\":\"running\","
	    "\"generation\":0,\"wanted\":0,\"running\":0,\"restarts\":0,\"failures\":0,"
	    "\"next_start_ms\":null,\"listeners\":[{\"address\":\"/run/app.sock\",\"queue\":1,"
	    "\"backlog\":2,\"drops\":3}],\"instances\":[{\"number\":0,\"pid\":7,"
	    "\"state\":\"serving\",\"age_ms\":1,\"rss\":1,\"restarts\":0}]}\n");
	answers(server, CONTROL_NAME, "/srv/a\\nb\n");
	server->instances = -1;
	fails(server, CONTROL_STATUS, "Input/output error");
}

static void
a_long_status_arrives_whole(void **state)
{
	struct server *server = *state;
	static const char end[] = "\"restarts\":0}]}\n";
	struct asked *asked;

	server->instances = MANY;
	asked = ask(server, CONTROL_JSON);
	assert_string_equal(asked->why, "");
	assert_int_equal(asked->result, 0);
	assert_true(asked->len > MANY * 60);
	assert_string_equal(asked->answer + asked->len - strlen(end), end);
	forget(asked);
}

static void
a_reload_is_answered_when_it_is_done(void **state)
{
	struct server *server = *state;

	answers(server, CONTROL_RELOAD, "");
	server->reload = RELOAD_FAILED;
	fails(server, CONTROL_RELOAD, "no such program");
	server->reload = RELOAD_LATER;
	fails(server, CONTROL_RELOAD, "later failed");
}

/* The wait comes first, so that whoever asked knows for how long to be patient. */
static void
a_reload_is_promised(void **state)
{
	struct server *server = *state;
	char answer[256];
	int fd = raw(server, "fcgistarter/1 reload\n");

	server->reload = RELOAD_NEVER;
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 1);
	assert_string_equal(answer, "fcgistarter/1 wait 5001\n");
	control_answer(server->request, 1, "2 of 2");
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 1);
	assert_string_equal(answer, "fcgistarter/1 ok 2 of 2\n");
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 0);
	close(fd);
}

static void
who_leaves_during_a_reload_is_not_missed(void **state)
{
	struct server *server = *state;
	char answer[256];
	int fd = raw(server, "fcgistarter/1 reload\n");

	server->reload = RELOAD_NEVER;
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 1);
	close(fd);
	answers(server, CONTROL_NAME, "/srv/a\\nb\n");
	control_answer(server->request, 1, NULL);
	answers(server, CONTROL_NAME, "/srv/a\\nb\n");
}

static void
a_reload_ends_with_the_supervisor(void **state)
{
	struct server *server = *state;
	char answer[256];
	int fd = raw(server, "fcgistarter/1 reload\n");

	server->reload = RELOAD_NEVER;
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 1);
	control_close(server->control);
	server->control = NULL;
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 1);
	assert_string_equal(answer, "fcgistarter/1 failed the supervisor is ending\n");
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 0);
	control_answer(server->request, 1, NULL);
	close(fd);
}

/* Who asked to stop learns of the end of the process, not of the socket's. */
static void
a_stop_is_answered_by_the_end(void **state)
{
	struct server *server = *state;
	struct pollfd ready = { .events = POLLIN };
	char answer[256];

	ready.fd = raw(server, "fcgistarter/1 stop\n");
	assert_int_equal(serve_raw(server, ready.fd, answer, sizeof answer), 1);
	assert_string_equal(answer, "fcgistarter/1 wait 20001\n");
	assert_int_equal(server->stops, 1);
	control_close(server->control);
	server->control = NULL;
	assert_int_equal(poll(&ready, 1, 0), 0);
	close(ready.fd);
}

static void
requests_that_are_none(void **state)
{
	static const struct {
		const char *request;
		const char *answer;
	} cases[] = {
		{ "GET / HTTP/1.1\n", "fcgistarter/1 failed this supervisor does not know the "
				      "request\n" },
		{ "fcgistarter/1 dance\n", "fcgistarter/1 failed this supervisor does not know the "
					   "request\n" },
		{ "\n", "fcgistarter/1 failed this supervisor does not know the request\n" },
		{ "fcgistarter/2 stop\n", "fcgistarter/1 failed this supervisor is of another "
					  "version (" PACKAGE_VERSION ")\n" },
	};
	struct server *server = *state;
	char longest[CONTROL_LINE_MAX + 1];
	char answer[256];
	size_t i;
	int fd;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		fd = raw(server, cases[i].request);
		assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 1);
		assert_string_equal(answer, cases[i].answer);
		close(fd);
	}
	memset(longest, 'x', CONTROL_LINE_MAX);
	longest[CONTROL_LINE_MAX] = '\0';
	fd = raw(server, longest);
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 0);
	close(fd);
	assert_int_equal(server->stops, 0);
}

static void
a_request_may_come_in_pieces(void **state)
{
	static const char request[] = "fcgistarter/1 name\n";
	struct server *server = *state;
	char answer[256];
	int fd = raw(server, "");
	size_t i;

	for (i = 0; i < sizeof request - 1; i++) {
		assert_int_equal(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
		ev_run(server->loop, EVRUN_NOWAIT);
	}
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 1);
	assert_string_equal(answer, "fcgistarter/1 ok\n/srv/a\\nb\n");
	close(fd);
}

/* A crowd that says nothing, and one that has asked for much and takes nothing. */
static void
nobody_holds_the_supervisor(void **state)
{
	struct server *server = *state;
	int crowd[CROWD];
	int i;

	server->instances = MANY;
	for (i = 0; i < CROWD; i++)
		crowd[i] = raw(server, i % 2 == 0 ? "" : "fcgistarter/1 json\n");
	/* Accepted in the first turn, read and answered in the second. */
	ev_run(server->loop, EVRUN_NOWAIT);
	ev_run(server->loop, EVRUN_NOWAIT);
	answers(server, CONTROL_NAME, "/srv/a\\nb\n");
	for (i = 0; i < CROWD; i++)
		close(crowd[i]);
}

static void
another_user_is_refused(void **state)
{
	struct server *server = *state;
	struct asked *asked;
	char *process;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(server->directory, 0755), 0);
	assert_int_equal(chmod(server->path, 0666), 0);
	asked = ask_as(server, CONTROL_STOP, OTHER_UID);
	assert_int_equal(asked->result, -FCGI_E_SYSTEM);
	assert_string_equal(asked->why, "closed without an answer");
	forget(asked);
	process = strstr(server->warning, " (process ");
	assert_non_null(process);
	*process = '\0';
	assert_string_equal(server->warning, "control socket: refused uid 65534");
	assert_int_equal(server->stops, 0);
	/* What usually keeps them out is the mode. */
	assert_int_equal(chmod(server->path, 0600), 0);
	asked = ask_as(server, CONTROL_STOP, OTHER_UID);
	assert_int_equal(asked->result, -FCGI_E_SYSTEM);
	assert_string_equal(asked->why, "Permission denied (socket is root:root 0600, we are uid "
					"65534)");
	forget(asked);
}

static void
without_descriptors_it_waits(void **state)
{
	struct server *server = *state;
	int fd = raw(server, "fcgistarter/1 name\n");
	struct rlimit limit;
	struct rlimit none;
	char answer[256];

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	ev_run(server->loop, EVRUN_NOWAIT);
	assert_string_equal(server->warning, "control socket: Too many open files");
	/* It is told once, and not tried again at once. */
	server->warning[0] = '\0';
	ev_run(server->loop, EVRUN_NOWAIT);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_string_equal(server->warning, "");
	/* Where valgrind stands in for the system, it accepts the first connection and ends it. */
	close(fd);
	fd = raw(server, "fcgistarter/1 name\n");
	assert_int_equal(serve_raw(server, fd, answer, sizeof answer), 1);
	assert_string_equal(answer, "fcgistarter/1 ok\n/srv/a\\nb\n");
	close(fd);
}

/* As after exec(3): the same process, another object. */
static void
a_socket_is_adopted(void **state)
{
	struct server *server = *state;
	struct control *first = server->control;
	int fd = fcntl(control_fd(first), F_DUPFD, 0);
	char why[256];
	struct stat st;

	server->control =
	    control_adopt(server->loop, fd, server->path, &handlers, server, why, sizeof why);
	assert_non_null(server->control);
	assert_int_equal(control_fd(server->control), fd);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	answers(server, CONTROL_NAME, "/srv/a\\nb\n");
	control_close(server->control);
	assert_int_equal(lstat(server->path, &st), -1);
	server->control = first;
}

static void
what_another_has_put_there_is_not_adopted(void **state)
{
	struct server *server = *state;
	struct control *first = server->control;
	int fd = fcntl(control_fd(first), F_DUPFD, 0);
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char why[256];
	struct stat st;

	assert_int_equal(unlink(server->path), 0);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%.100s", server->path);
	assert_int_equal(bind(other, (struct sockaddr *)&sun, sizeof sun), 0);
	server->control =
	    control_adopt(server->loop, fd, server->path, &handlers, server, why, sizeof why);
	assert_non_null(server->control);
	control_close(server->control);
	assert_int_equal(lstat(server->path, &st), 0);
	server->control = first;
	close(other);
}

static void
a_path_may_be_long(void **state)
{
	struct server *server = *state;
	char directory[200];

	control_close(server->control);
	snprintf(directory, sizeof directory, "%s/%0120d", server->directory, 0);
	assert_int_equal(mkdir(directory, 0700), 0);
	snprintf(server->path, sizeof server->path, "%s/x.ctl", directory);
	open_control(server);
	assert_int_equal(access(server->path, F_OK), 0);
	answers(server, CONTROL_NAME, "/srv/a\\nb\n");
	is_not_opened(server, "another supervisor serves it");
	control_close(server->control);
	server->control = NULL;
	/* Fails unless the socket is gone. */
	assert_int_equal(rmdir(directory), 0);
}

/* --- the client's end ------------------------------------------------------------------------- */

static const char nobody_there[] =
    "no supervisor listens there (a pool started without -S has none)";

static void
finds_nobody(const struct server *server, enum control_command command, const char *why)
{
	struct control_talk talk;

	assert_int_equal(control_talk(&talk, server->path, command), CONTROL_NOBODY);
	assert_string_equal(talk.why, why);
	control_talk_reset(&talk);
}

static void
a_dead_socket_is_recognised_and_removed(void **state)
{
	struct server *server = *state;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	control_close(server->control);
	server->control = NULL;
	snprintf(sun.sun_path, sizeof sun.sun_path, "%.100s", server->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd);
	finds_nobody(server, CONTROL_STOP, "its supervisor has ended");
	assert_int_equal(lstat(server->path, &st), -1);
	finds_nobody(server, CONTROL_STOP, nobody_there);
}

static void
what_is_no_socket_is_not_followed(void **state)
{
	struct server *server = *state;
	char other[300];
	struct stat st;
	FILE *file;

	snprintf(other, sizeof other, "%s/link", server->directory);
	assert_int_equal(symlink(server->path, other), 0);
	strlcpy(server->path, other, sizeof server->path);
	finds_nobody(server, CONTROL_STATUS, "is a symbolic link");
	assert_int_equal(unlink(other), 0);
	file = fopen(other, "w");
	assert_non_null(file);
	fclose(file);
	finds_nobody(server, CONTROL_STATUS, "is not a socket");
	assert_int_equal(lstat(other, &st), 0);
	assert_int_equal(unlink(other), 0);
	snprintf(server->path, sizeof server->path, "%s/none/x.ctl", server->directory);
	finds_nobody(server, CONTROL_STATUS, nobody_there);
	snprintf(server->path, sizeof server->path, "%s/x.ctl", server->directory);
}

/* Somebody else answers, in a process of its own: one connection, text, and the end. */
static void
hears(struct server *server, enum control_command command, const char *text, int result,
    const char *why)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct control_talk talk;
	char request[64];
	pid_t pid;
	int fd;

	unlink(server->path);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%.100s", server->path);
	assert_int_equal(bind(listen_fd, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(listen(listen_fd, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(GUARD_S);
		fd = accept(listen_fd, NULL, NULL);
		must(fd >= 0);
		must(recv(fd, request, sizeof request, 0) > 0);
		must(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
		_exit(0);
	}
	close(listen_fd);
	assert_int_equal(control_talk(&talk, server->path, command), result);
	assert_string_equal(talk.why, why);
	control_talk_reset(&talk);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
strange_answers(void **state)
{
	static const char stranger[] = "what answers there is no supervisor";
	struct server *server = *state;
	char longest[CONTROL_LINE_MAX + 2];
	const int error = -FCGI_E_SYSTEM;

	control_close(server->control);
	server->control = NULL;
	hears(server, CONTROL_STATUS, "", error, "closed without an answer");
	hears(server, CONTROL_STATUS, "hello\n", error, stranger);
	hears(server, CONTROL_STATUS, "fcgistarter/1 o", error, "closed without an answer");
	hears(server, CONTROL_STATUS, "fcgistarter/2 ok\n", error,
	    "its supervisor is of another version");
	hears(server, CONTROL_STATUS, "fcgistarter/1 failed\n", error, "failed");
	hears(server, CONTROL_STATUS, "fcgistarter/1 failed a b\nmore", error, "a b");
	hears(server, CONTROL_STATUS, "fcgistarter/1 ok\nfine\n", 0, "");
	hears(server, CONTROL_STATUS, "fcgistarter/1 ok\n\033[2J\n", error, stranger);
	hears(server, CONTROL_JSON, "fcgistarter/1 ok\n\"\xc2\x9b\"\n", error, stranger);
	hears(server, CONTROL_STATUS, "fcgistarter/1 ok\n\xff\n", error, stranger);
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	hears(server, CONTROL_STATUS, longest, error, stranger);
	hears(server, CONTROL_RELOAD, "fcgistarter/1 wait 1\n", error,
	    "its supervisor has ended without an answer");
	hears(server, CONTROL_RELOAD, "fcgistarter/1 wait 1\nfcgistarter/1 wait 2\n"
				      "fcgistarter/1 ok\n", 0, "");
	hears(server, CONTROL_STOP, "fcgistarter/1 wait 9223372036854775807\n", 0, "");
	hears(server, CONTROL_STOP, "", error, "closed without an answer");
	hears(server, CONTROL_STOP, "fcgistarter/1 wait 1\nfcgistarter/1 failed no\n", error, "no");
}

/* The owner of a socket says whether it is to be believed, whoever has put it there. */
static void
another_users_answer_is_refused(void **state)
{
	struct server *server = *state;
	struct asked *asked;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(server->directory, 0777), 0);
	control_close(server->control);
	server->control = NULL;
	asked = mmap(NULL, sizeof *asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
	    0);
	assert_true(asked != MAP_FAILED);
	/* One user listens, another asks; each is nobody to the other. */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct sockaddr_un sun = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		snprintf(sun.sun_path, sizeof sun.sun_path, "%.100s", server->path);
		must(bind(fd, (struct sockaddr *)&sun, sizeof sun) == 0);
		must(chmod(server->path, 0777) == 0);
		must(setresuid((uid_t)-1, OTHER_UID, (uid_t)-1) == 0);
		must(listen(fd, 1) == 0);
		must(setresuid((uid_t)-1, 0, (uid_t)-1) == 0);
		must(setresuid(OTHER_UID - 1, OTHER_UID - 1, OTHER_UID - 1) == 0);
		note(asked, server->path, CONTROL_STATUS);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(asked->result, -FCGI_E_SYSTEM);
	assert_string_equal(asked->why, "is served by uid 65534, who is neither us nor root");
	forget(asked);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_socket_is_ours_alone),
		TEST(another_file_is_not_removed),
		TEST(what_is_in_use_is_left),
		TEST(a_status_is_answered),
		TEST(a_long_status_arrives_whole),
		TEST(a_reload_is_answered_when_it_is_done),
		TEST(a_reload_is_promised),
		TEST(who_leaves_during_a_reload_is_not_missed),
		TEST(a_reload_ends_with_the_supervisor),
		TEST(a_stop_is_answered_by_the_end),
		TEST(requests_that_are_none),
		TEST(a_request_may_come_in_pieces),
		TEST(nobody_holds_the_supervisor),
		TEST(another_user_is_refused),
		TEST(without_descriptors_it_waits),
		TEST(a_socket_is_adopted),
		TEST(what_another_has_put_there_is_not_adopted),
		TEST(a_path_may_be_long),
		TEST(a_dead_socket_is_recognised_and_removed),
		TEST(what_is_no_socket_is_not_followed),
		TEST(strange_answers),
		TEST(another_users_answer_is_refused),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
