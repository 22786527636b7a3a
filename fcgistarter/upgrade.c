#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

/*
 * The state is text, one item a line, so that a newer program can read what an older one wrote:
 *
 *	pid 4711
 *	directory /srv
 *	activated COUNT
 *	counters GENERATION RESTARTS SINCE_S
 *	fd NAME FD
 *	listener FD DEV INO
 *	instance NUMBER PID GENERATION STARTED_NS RETIRING OUTPUT_FD
 *
 * Lines that it does not know are skipped.
 */
#define VARIABLE "FCGISTARTER_STATE"

/* We do not serve signals meanwhile. */
enum { CHECK_TIMEOUT_S = 10 };

/* --- reading ---------------------------------------------------------------------------------- */

/* The rest of the line that follows *p and begins with key, or NULL.  Moves *p behind that line. */
static const char *
next_item(const char **p, const char *key)
{
	size_t len = strlen(key);
	const char *line;

	while (**p != '\0') {
		line = *p;
		*p += strcspn(*p, "\n");
		*p += **p == '\n';
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return line + len + 1;
	}
	return NULL;
}

static void
set_cloexec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0)
		fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

int
upgrade_find(struct upgrade *upgrade)
{
	const char *value = getenv(VARIABLE), *p, *item;
	char directory[PATH_MAX];
	size_t len;

	upgrade->text = value != NULL ? strdup(value) : NULL;
	unsetenv(VARIABLE);
	if (upgrade->text == NULL)
		return 0;
	p = upgrade->text;
	item = next_item(&p, "pid");
	/* An application that starts another fcgistarter hands on its environment, not its state. */
	if (item == NULL || strtol(item, NULL, 10) != (long)getpid()) {
		upgrade_reset(upgrade);
		return 0;
	}
	p = upgrade->text;
	item = next_item(&p, "directory");
	if (item != NULL && (len = strcspn(item, "\n")) < sizeof directory) {
		memcpy(directory, item, len);
		directory[len] = '\0';
		if (chdir(directory) < 0)
			return 1;
	}
	return 1;
}

void
upgrade_reset(struct upgrade *upgrade)
{
	free(upgrade->text);
	upgrade->text = NULL;
}

int
upgrade_activated(const struct upgrade *upgrade)
{
	const char *p = upgrade->text, *item = next_item(&p, "activated");

	return item != NULL ? (int)strtol(item, NULL, 10) : 0;
}

int
upgrade_fd(const struct upgrade *upgrade, const char *name)
{
	const char *p = upgrade->text, *item;
	size_t len = strlen(name);
	int fd;

	while ((item = next_item(&p, "fd")) != NULL) {
		if (strncmp(item, name, len) != 0 || item[len] != ' ')
			continue;
		fd = (int)strtol(item + len, NULL, 10);
		set_cloexec(fd);
		return fd;
	}
	return -1;
}

/* Which file is ours to remove: what has the name now may be another's. */
static struct addr_file
read_file(const char *item)
{
	uintmax_t dev = 0, ino = 0;

	(void)sscanf(item, "%*d %" SCNuMAX " %" SCNuMAX, &dev, &ino);
	return (struct addr_file){ .dev = (dev_t)dev, .ino = (ino_t)ino };
}

int
upgrade_listeners(const struct upgrade *upgrade, struct listeners *listeners,
    const struct options *options)
{
	const char *p = upgrade->text, *item;
	int fds[INSTANCES_MAX];
	size_t count = 0, i;

	while (count < INSTANCES_MAX && (item = next_item(&p, "listener")) != NULL) {
		fds[count] = (int)strtol(item, NULL, 10);
		set_cloexec(fds[count++]);
	}
	if (listeners_adopt(listeners, options, fds, count) < 0)
		return -1;
	p = upgrade->text;
	for (i = 0; i < count && (item = next_item(&p, "listener")) != NULL; i++)
		listeners->items[i].file = read_file(item);
	return 0;
}

static void
adopt_instance(struct supervisor *supervisor, const char *item)
{
	int number, retiring, output_fd;
	int64_t started_ns;
	struct instance *instance;
	unsigned generation;
	long pid;

	if (sscanf(item, "%d %ld %u %" SCNd64 " %d %d", &number, &pid, &generation, &started_ns,
		&retiring, &output_fd) != 6 || number < 0 || pid <= 0)
		return;
	instance = instance_adopt((pid_t)pid, number, generation, started_ns);
	if (instance == NULL) {
		supervisor_say(supervisor, "instance %d [%ld]: lost, out of memory", number, pid);
		return;
	}
	if (output_fd >= 0) {
		set_cloexec(output_fd);
		if (supervisor->log != NULL)
			instance->output = log_source_adopt(supervisor->log, supervisor->loop,
			    number, (pid_t)pid, output_fd);
	}
	supervisor_adopt(supervisor, instance,
	    retiring || number >= supervisor->options->instances ||
		supervisor->places[number].instance != NULL);
}

void
upgrade_instances(const struct upgrade *upgrade, struct supervisor *supervisor)
{
	const char *p = upgrade->text, *item = next_item(&p, "counters");

	supervisor->state = SUPERVISOR_RUNNING;
	supervisor->started = 1;
	if (item != NULL)
		(void)sscanf(item, "%u %u %" SCNd64, &supervisor->number, &supervisor->restarts,
		    &supervisor->since_s);
	for (p = upgrade->text; (item = next_item(&p, "instance")) != NULL;)
		adopt_instance(supervisor, item);
}

/* --- writing ---------------------------------------------------------------------------------- */

void
upgrade_prepare(struct supervisor *supervisor, char **argv)
{
	supervisor->argv = argv;
	if (spawn_find(supervisor->self, sizeof supervisor->self, argv[0], getenv("PATH")) < 0)
		supervisor->self[0] = '\0';
	if (getcwd(supervisor->directory, sizeof supervisor->directory) == NULL)
		supervisor->directory[0] = '\0';
}

/* A descriptor crosses exec(3) only if it may; back to what it was if exec fails. */
static void
keep_open(int fd, int keep)
{
	int flags = fd >= 0 ? fcntl(fd, F_GETFD) : -1;

	if (flags >= 0)
		fcntl(fd, F_SETFD, keep ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC);
}

static void
keep_all_open(const struct supervisor *supervisor, int keep)
{
	const struct instance *instance;
	size_t i;

	for (i = 0; i < supervisor->listeners->count; i++)
		keep_open(supervisor->listeners->items[i].fd, keep);
	TAILQ_FOREACH(instance, &supervisor->instances, link)
		if (instance->output != NULL)
			keep_open(log_source_read_fd(instance->output), keep);
	for (i = 0; i < supervisor->kept_count; i++)
		keep_open(supervisor->kept[i].fd, keep);
}

static char *
write_state(const struct supervisor *supervisor)
{
	const struct listener *listener;
	const struct instance *instance;
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	fprintf(out, "pid %ld\ndirectory %s\nactivated %d\ncounters %u %u %" PRId64 "\n", (long)getpid(),
	    supervisor->directory, supervisor->activated, supervisor->number, supervisor->restarts,
	    supervisor->since_s);
	for (i = 0; i < supervisor->kept_count; i++)
		fprintf(out, "fd %s %d\n", supervisor->kept[i].name, supervisor->kept[i].fd);
	for (i = 0; i < supervisor->listeners->count; i++) {
		listener = &supervisor->listeners->items[i];
		fprintf(out, "listener %d %ju %ju\n", listener->fd, (uintmax_t)listener->file.dev,
		    (uintmax_t)listener->file.ino);
	}
	TAILQ_FOREACH(instance, &supervisor->instances, link)
		fprintf(out, "instance %d %ld %u %" PRId64 " %d %d\n", instance->number,
		    (long)instance->pid, instance->generation, instance->started_ns,
		    instance->state == INSTANCE_RETIRING,
		    instance->output != NULL ? log_source_read_fd(instance->output) : -1);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Puts all that the next program takes over where it finds it.  Returns 0, or -1 without memory. */
static int
hand_over(const struct supervisor *supervisor)
{
	char *state = write_state(supervisor);
	int r = state == NULL ? -1 : setenv(VARIABLE, state, 1);

	free(state);
	if (r == 0)
		keep_all_open(supervisor, 1);
	return r;
}

/* In a child: the new program says of the command line, and of what we hold, what it thinks. */
static _Noreturn void
check(const struct supervisor *supervisor)
{
	size_t count = 0;
	sigset_t none;
	char **argv;

	while (supervisor->argv[count] != NULL)
		count++;
	argv = calloc(count + 2, sizeof *argv);
	if (argv == NULL || hand_over(supervisor) < 0 || chdir(supervisor->directory) < 0)
		_exit(1);
	argv[0] = supervisor->argv[0];
	argv[1] = (char *)(uintptr_t) "--check";
	memcpy(argv + 2, supervisor->argv + 1, count * sizeof *argv);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(CHECK_TIMEOUT_S);
	execv(supervisor->self, argv);
	_exit(127);
}

/* Whether the program that is there now takes our command line.  What it says goes to stderr. */
static int
is_acceptable(const struct supervisor *supervisor)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		check(supervisor);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

/* Executes the program with the state in its environment.  Comes back only if that fails. */
static void
execute(struct supervisor *supervisor)
{
	char *state = write_state(supervisor);
	int error;

	if (state == NULL || setenv(VARIABLE, state, 1) < 0) {
		supervisor_say(supervisor, "not upgraded: out of memory");
		free(state);
		return;
	}
	free(state);
	if (supervisor->notify_socket != NULL && supervisor->notify_socket[0] != '\0')
		setenv("NOTIFY_SOCKET", supervisor->notify_socket, 1);
	supervisor_say(supervisor, "executing %s again", supervisor->self);
	if (supervisor->own_log != NULL)
		log_hand_over(supervisor->own_log);
	keep_all_open(supervisor, 1);
	execv(supervisor->self, supervisor->argv);
	error = errno;
	keep_all_open(supervisor, 0);
	unsetenv(VARIABLE);
	unsetenv("NOTIFY_SOCKET");
	supervisor_say(supervisor, "not upgraded: %s: %s", supervisor->self, strerror(error));
}

void
upgrade(struct supervisor *supervisor)
{
	if (supervisor->generation != NULL || supervisor->state != SUPERVISOR_RUNNING) {
		supervisor_say(supervisor, "not upgraded: instances are being exchanged");
		return;
	}
	/*
	 * From here on a signal waits, over exec, for the program that follows: taken by us it would
	 * be lost, and by nobody it would end the pool.
	 */
	sigprocmask(SIG_BLOCK, &supervisor->watched, NULL);
	if (is_acceptable(supervisor))
		execute(supervisor);
	else
		supervisor_say(supervisor, "not upgraded: %s does not accept our command line",
		    supervisor->self);
	sigprocmask(SIG_UNBLOCK, &supervisor->watched, NULL);
}
