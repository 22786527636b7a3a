#include "notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"

/* A service manager's side. */
struct manager {
	char name[108];	/* as NOTIFY_SOCKET has it */
	int fd;
	char message[4096];
};

static int
bind_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len;

	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	return fd;
}

static int
set_up(void **state)
{
	struct manager *manager = calloc(1, sizeof *manager);

	signal(SIGPIPE, SIG_IGN);
	snprintf(manager->name, sizeof manager->name, "@fcgi-utils-notify-%ld", (long)getpid());
	manager->fd = bind_to(manager->name);
	setenv("NOTIFY_SOCKET", manager->name, 1);
	*state = manager;
	return 0;
}

static int
tear_down(void **state)
{
	struct manager *manager = *state;

	close(manager->fd);
	free(manager);
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

static void
open_notify(struct notify *notify, int ready_fd)
{
	const char *why;

	assert_int_equal(notify_open(notify, ready_fd, &why), 0);
	assert_null(getenv("NOTIFY_SOCKET"));
}

/* The message that is there. */
static const char *
receive(struct manager *manager)
{
	ssize_t len = recv(manager->fd, manager->message, sizeof manager->message - 1, 0);

	assert_true(len > 0);
	manager->message[len] = '\0';
	return manager->message;
}

static void
hears_nothing(struct manager *manager)
{
	assert_int_equal(recv(manager->fd, manager->message, sizeof manager->message, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

static void
tells_what_happens(void **state)
{
	struct manager *manager = *state;
	struct notify notify;
	int64_t before_ns, then_us;
	char want[128];

	open_notify(&notify, -1);
	assert_string_equal(notify.socket, manager->name);
	assert_int_equal(notify_ready(&notify, "4 of 4 ready"), 0);
	snprintf(want, sizeof want, "READY=1\nMAINPID=%ld\nSTATUS=4 of 4 ready", (long)getpid());
	assert_string_equal(receive(manager), want);
	before_ns = clock_now_ns();
	assert_int_equal(notify_reloading(&notify), 0);
	assert_int_equal(sscanf(receive(manager), "RELOADING=1\nMONOTONIC_USEC=%" SCNd64, &then_us),
	    1);
	assert_true(then_us >= before_ns / 1000 && then_us <= clock_now_ns() / 1000);
	assert_int_equal(notify_status(&notify, "%d of %d", 3, 4), 0);
	assert_string_equal(receive(manager), "STATUS=3 of 4");
	assert_int_equal(notify_mainpid(&notify, 4711), 0);
	assert_string_equal(receive(manager), "MAINPID=4711");
	assert_int_equal(notify_stopping(&notify), 0);
	assert_string_equal(receive(manager), "STOPPING=1");
	hears_nothing(manager);
	notify_reset(&notify);
}

/* A status cannot say anything else. */
static void
keeps_a_status_on_one_line(void **state)
{
	struct manager *manager = *state;
	struct notify notify;
	char *longest = malloc(5000);

	open_notify(&notify, -1);
	assert_int_equal(notify_status(&notify, "%s", "x\nMAINPID=1"), 0);
	assert_string_equal(receive(manager), "STATUS=x\\nMAINPID=1");
	assert_int_equal(notify_ready(&notify, "x\nMAINPID=1"), 0);
	assert_non_null(strstr(receive(manager), "\nSTATUS=x\\nMAINPID=1"));
	memset(longest, '\n', 4999);
	longest[4999] = '\0';
	assert_int_equal(notify_status(&notify, "%s", longest), 0);
	assert_null(strchr(receive(manager), '\n'));
	assert_int_equal(notify_ready(&notify, longest), 0);
	(void)receive(manager);
	notify_reset(&notify);
	free(longest);
}

static void
says_nothing_to_nobody(void **state)
{
	struct manager *manager = *state;
	struct notify notify;

	unsetenv("NOTIFY_SOCKET");
	open_notify(&notify, -1);
	assert_string_equal(notify.socket, "");
	assert_int_equal(notify_ready(&notify, "ready"), 0);
	assert_int_equal(notify_reloading(&notify), 0);
	assert_int_equal(notify_status(&notify, "status"), 0);
	assert_int_equal(notify_mainpid(&notify, 1), 0);
	assert_int_equal(notify_stopping(&notify), 0);
	hears_nothing(manager);
	notify_reset(&notify);
}

static void
tells_a_path(void **state)
{
	struct manager *manager = *state;
	char directory[] = "/tmp/notify.XXXXXX", path[64];
	struct notify notify;
	int fd;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/socket", directory);
	setenv("NOTIFY_SOCKET", path, 1);
	open_notify(&notify, -1);
	/* There is nobody (yet), and that is all. */
	assert_int_equal(notify_stopping(&notify), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOENT);
	fd = bind_to(path);
	assert_int_equal(dup3(fd, manager->fd, O_CLOEXEC), manager->fd);
	close(fd);
	assert_int_equal(notify_stopping(&notify), 0);
	assert_string_equal(receive(manager), "STOPPING=1");
	/* A manager that starts anew is found again. */
	assert_int_equal(unlink(path), 0);
	fd = bind_to(path);
	assert_int_equal(notify_mainpid(&notify, 1), 0);
	hears_nothing(manager);
	assert_int_equal(dup3(fd, manager->fd, O_CLOEXEC), manager->fd);
	assert_string_equal(receive(manager), "MAINPID=1");
	close(fd);
	unlink(path);
	rmdir(directory);
	notify_reset(&notify);
}

static void
does_not_wait(void **state)
{
	struct manager *manager = *state;
	struct notify notify;
	int r;

	open_notify(&notify, -1);
	while ((r = notify_stopping(&notify)) == 0)
		;
	assert_int_equal(r, -FCGI_E_SYSTEM);
	assert_int_equal(errno, EAGAIN);
	(void)receive(manager);
	assert_int_equal(notify_stopping(&notify), 0);
	notify_reset(&notify);
}

static void
cannot_tell(const char *name, int error)
{
	struct notify notify;
	char want[256];
	const char *why;

	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_open(&notify, -1, &why), -FCGI_E_SYSTEM);
	snprintf(want, sizeof want, "NOTIFY_SOCKET %.120s: %s", name, strerror(error));
	assert_string_equal(why, want);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_string_equal(notify.socket, "");
	/* It goes on without. */
	assert_int_equal(notify_ready(&notify, "ready"), 0);
	notify_reset(&notify);
}

static void
says_what_is_wrong(void **state)
{
	struct notify notify;
	char longest[200], want[64];
	const char *why;
	int fds[2];

	(void)state;
	cannot_tell("", EAFNOSUPPORT);
	cannot_tell("@", EAFNOSUPPORT);
	cannot_tell("relative", EAFNOSUPPORT);
	cannot_tell("vsock:2:1", EAFNOSUPPORT);
	memset(longest, '/', sizeof longest);
	longest[109] = '\0';
	cannot_tell(longest, ENAMETOOLONG);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(notify_open(&notify, fds[0], &why), -FCGI_E_SYSTEM);
	snprintf(want, sizeof want, "--notify-fd %d: %s", fds[0], strerror(EBADF));
	assert_string_equal(why, want);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(notify_open(&notify, fds[0], &why), -FCGI_E_SYSTEM);
	assert_string_equal(why, want);
	assert_int_equal(notify_ready(&notify, "ready"), 0);
	notify_reset(&notify);
}

/* The longest name there can be has no terminator. */
static void
takes_the_longest_name(void **state)
{
	struct manager *manager = *state;
	struct notify notify;
	char longest[109];
	int fd;

	memset(longest, 'x', sizeof longest);
	memcpy(longest, manager->name, strlen(manager->name));
	longest[108] = '\0';
	fd = bind_to(longest);
	setenv("NOTIFY_SOCKET", longest, 1);
	open_notify(&notify, -1);
	assert_string_equal(notify.socket, longest);
	assert_int_equal(notify_stopping(&notify), 0);
	assert_int_equal(recv(fd, manager->message, sizeof manager->message, 0), 10);
	close(fd);
	notify_reset(&notify);
}

static void
writes_a_newline_once(void **state)
{
	struct manager *manager = *state;
	struct notify notify;
	char bytes[8];
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	open_notify(&notify, fds[1]);
	assert_int_equal(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	assert_int_equal(notify_ready(&notify, "ready"), 0);
	assert_int_equal(fcntl(fds[1], F_GETFD), -1);
	assert_int_equal(read(fds[0], bytes, sizeof bytes), 1);
	assert_int_equal(bytes[0], '\n');
	assert_int_equal(read(fds[0], bytes, sizeof bytes), 0);
	/* A reload is told to who wants to know, and to nobody else. */
	(void)receive(manager);
	assert_int_equal(notify_ready(&notify, "ready"), 0);
	(void)receive(manager);
	close(fds[0]);
	notify_reset(&notify);
	/* Without having been ready it is closed, which says so too. */
	assert_int_equal(pipe(fds), 0);
	open_notify(&notify, fds[1]);
	notify_reset(&notify);
	assert_int_equal(read(fds[0], bytes, sizeof bytes), 0);
	close(fds[0]);
}

static void
survives_a_reader_who_is_gone(void **state)
{
	struct manager *manager = *state;
	struct notify notify;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	open_notify(&notify, fds[1]);
	close(fds[0]);
	assert_int_equal(notify_ready(&notify, "ready"), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EPIPE);
	(void)receive(manager);
	notify_reset(&notify);
}

static void
waits_with_a_full_pipe(void **state)
{
	struct notify notify;
	char bytes[65536] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], bytes, sizeof bytes), sizeof bytes);
	open_notify(&notify, fds[1]);
	assert_int_equal(notify_ready(&notify, "ready"), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(read(fds[0], bytes, sizeof bytes), sizeof bytes);
	assert_int_equal(notify_ready(&notify, "ready"), 0);
	assert_int_equal(read(fds[0], bytes, sizeof bytes), 1);
	close(fds[0]);
	notify_reset(&notify);
}

/* What is opened next must not take the place of standard output. */
static void
leaves_standard_descriptors_open(void **state)
{
	int saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), fds[2];
	struct notify notify;
	char byte;

	(void)state;
	fflush(stdout);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
	open_notify(&notify, STDOUT_FILENO);
	(void)notify_ready(&notify, "ready");
	assert_int_not_equal(fcntl(STDOUT_FILENO, F_GETFD), -1);
	dup2(saved, STDOUT_FILENO);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(byte, '\n');
	close(saved);
	close(fds[0]);
	close(fds[1]);
	notify_reset(&notify);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(tells_what_happens),
		TEST(keeps_a_status_on_one_line),
		TEST(says_nothing_to_nobody),
		TEST(tells_a_path),
		TEST(does_not_wait),
		TEST(says_what_is_wrong),
		TEST(takes_the_longest_name),
		TEST(writes_a_newline_once),
		TEST(survives_a_reader_who_is_gone),
		TEST(waits_with_a_full_pipe),
		TEST(leaves_standard_descriptors_open),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
