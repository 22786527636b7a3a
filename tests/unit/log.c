#include "log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { GUARD_S = 100, PIPE_LEN = 65536, PATH_SIZE = 64, CONTENT_SIZE = 4 * 1024 * 1024 };

/* A directory, a loop and a log of the test's own. */
struct scene {
	char directory[PATH_SIZE - 16];
	char path[PATH_SIZE];	/* of the log's file */
	struct ev_loop *loop;
	struct log *log;
	char *content;		/* of CONTENT_SIZE */
};

/* What an instance has: the end to write to. */
struct writer {
	struct log_source *source;
	int fd;
};

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);

	signal(SIGPIPE, SIG_IGN);
	strcpy(scene->directory, "/tmp/log.XXXXXX");
	if (mkdtemp(scene->directory) == NULL)
		return -1;
	snprintf(scene->path, sizeof scene->path, "%s/log", scene->directory);
	scene->loop = ev_loop_new(EVFLAG_AUTO);
	scene->content = calloc(1, CONTENT_SIZE);
	/* Whoever waits for what does not come dies of it. */
	alarm(GUARD_S);
	*state = scene;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "log", "log.1", "real", "fifo", "socket" };
	struct scene *scene = *state;
	char path[PATH_SIZE];
	size_t i;

	if (scene->log != NULL)
		log_close(scene->log);
	ev_loop_destroy(scene->loop);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", scene->directory, names[i]);
		if (unlink(path) < 0)
			(void)rmdir(path);
	}
	assert_int_equal(rmdir(scene->directory), 0);
	alarm(0);
	free(scene->content);
	free(scene);
	return 0;
}

static void
open_log(struct scene *scene, enum log_target target, const char *path, int tagged)
{
	char why[256] = "";

	scene->log = log_open(target, path, tagged, "app", why, sizeof why);
	assert_string_equal(why, "");
	assert_non_null(scene->log);
}

static void
close_log(struct scene *scene)
{
	log_close(scene->log);
	scene->log = NULL;
}

/* An instance with pid 100 + number. */
static struct writer
start_writer(struct scene *scene, int number)
{
	struct writer writer = { .source = log_source_new(scene->log, scene->loop, number) };

	assert_non_null(writer.source);
	writer.fd = fcntl(log_source_fd(writer.source), F_DUPFD_CLOEXEC, 0);
	assert_true(writer.fd >= 0);
	log_source_started(writer.source, 100 + number);
	assert_int_equal(log_source_fd(writer.source), -1);
	return writer;
}

static void
say_bytes(struct writer writer, const char *bytes, size_t len)
{
	assert_int_equal(write(writer.fd, bytes, len), len);
}

static void
say(struct writer writer, const char *text)
{
	say_bytes(writer, text, strlen(text));
}

/* As many bytes as can be said without waiting.  Returns how many. */
static size_t
say_all_there_is_room_for(struct writer writer, const char *bytes, size_t len)
{
	struct pollfd writable = { .fd = writer.fd, .events = POLLOUT };
	size_t said = 0, piece;

	while (said < len && poll(&writable, 1, 0) == 1) {
		piece = len - said < PIPE_BUF ? len - said : PIPE_BUF;
		say_bytes(writer, bytes + said, piece);
		said += piece;
	}
	return said;
}

static int
unread(const struct writer *writer)
{
	int count = 0;

	if (log_source_read_fd(writer->source) >= 0)
		assert_int_equal(ioctl(log_source_read_fd(writer->source), FIONREAD, &count), 0);
	return count;
}

/* Until the log has read all that a writer has said. */
static void
let_read(struct scene *scene, const struct writer *writer)
{
	while (unread(writer) > 0)
		ev_run(scene->loop, EVRUN_ONCE);
	/* And an end, if it is there. */
	ev_run(scene->loop, EVRUN_NOWAIT);
}

static void
end_writer(struct scene *scene, struct writer *writer)
{
	(void)scene;
	close(writer->fd);
	log_source_free(writer->source);
	writer->fd = -1;
}

static const char *
read_file(struct scene *scene, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	assert_true(fd >= 0);
	len = read(fd, scene->content, CONTENT_SIZE - 1);
	assert_true(len >= 0);
	scene->content[len] = '\0';
	close(fd);
	return scene->content;
}

static void
log_is(struct scene *scene, const char *want)
{
	assert_string_equal(read_file(scene, scene->path), want);
}

/* What can be read from a descriptor now is put behind what was read before. */
static size_t
read_more(struct scene *scene, int fd, size_t len)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	ssize_t got;

	while (poll(&readable, 1, 0) == 1 && (readable.revents & POLLIN)) {
		got = read(fd, scene->content + len, CONTENT_SIZE - 1 - len);
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	scene->content[len] = '\0';
	return len;
}

/* Numbered lines of 32 bytes. */
static char *
numbered_lines(size_t count)
{
	char *lines = malloc(count * 32 + 1);
	size_t i;

	for (i = 0; i < count; i++)
		snprintf(lines + i * 32, 33, "line %08u ................ \n",
		    (unsigned int)(i % 100000000));
	return lines;
}

/*
 * Checks that content is numbered lines, tagged, in order and whole, maybe with a line of ours that
 * tells how many are missing.  Returns how many lines are there and lost.
 */
static size_t
check_numbered(const char *content, size_t *lost, const char *why)
{
	size_t present = 0, next = 0;
	const char *p = content, *ours;
	char want[64], reason[128];
	size_t len;

	*lost = 0;
	for (; *p != '\0'; p = strchr(p, '\n') + 1) {
		len = (size_t)snprintf(want, sizeof want,
		    "app[1:101] line %08zu ................ \n", next);
		if (strncmp(p, want, len) == 0) {
			next++;
			present++;
			continue;
		}
		ours = strstr(p, "fcgistarter[");
		assert_non_null(ours);
		assert_int_equal(sscanf(ours, "fcgistarter[%*d]: %zu lines were lost: %127[^\n]",
				     lost, reason), 2);
		assert_string_equal(reason, why);
		next += *lost;
	}
	return present;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void
tags_lines(void **state)
{
	struct scene *scene = *state;
	struct writer a, b;

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 0);
	b = start_writer(scene, 1);
	say(a, "one\ntwo");
	let_read(scene, &a);
	log_is(scene, "app[0:100] one\n");
	say(b, "three\n\n");
	let_read(scene, &b);
	say(a, " and a half\nfour\n");
	let_read(scene, &a);
	log_is(scene, "app[0:100] one\napp[1:101] three\napp[1:101] \n"
		      "app[0:100] two and a half\napp[0:100] four\n");
	end_writer(scene, &a);
	end_writer(scene, &b);
}

static void
lets_nobody_forge(void **state)
{
	struct scene *scene = *state;
	struct writer a;
	static const char bytes[] = "x\napp[1:101] forged\n\rapp[1:101] forged\n"
				    "\033[2Ka\bb\0c\\\n"
				    "\x9b" "1m\xc2\x85\xe2\x80\xa8" "app\n"
				    "\tt\xc3\xa4\n";

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 0);
	say_bytes(a, bytes, sizeof bytes - 1);
	let_read(scene, &a);
	log_is(scene, "app[0:100] x\napp[0:100] app[1:101] forged\n"
		      "app[0:100] \\rapp[1:101] forged\n"
		      "app[0:100] \\033[2Ka\\010b\\000c\\\\\n"
		      "app[0:100] \\2331m\\302\\205\\342\\200\\250app\n"
		      "app[0:100] \tt\xc3\xa4\n");
	end_writer(scene, &a);
}

static void
cuts_long_lines(void **state)
{
	struct scene *scene = *state;
	struct writer a;
	char *line = malloc(20000), *want = malloc(40000);
	size_t len;

	/* Two bytes each, and one before them: a piece of 8192 would tear one. */
	for (len = 1; len < 19999; len += 2)
		memcpy(line + len, "\xc3\xa4", 2);
	line[0] = 'x';
	line[len] = '\n';
	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 0);
	/* It makes no difference in how many pieces it comes. */
	say_bytes(a, line, 8192);
	let_read(scene, &a);
	log_is(scene, "");
	say_bytes(a, line + 8192, 1);
	let_read(scene, &a);
	say_bytes(a, line + 8193, len + 1 - 8193);
	let_read(scene, &a);
	len = (size_t)snprintf(want, 40000, "app[0:100] %.8191s\\\napp[0:100] %.8192s\\\n"
					    "app[0:100] %.*s",
	    line, line + 8191, (int)(len + 1 - 16383), line + 16383);
	log_is(scene, want);
	/* A line of exactly so much is not cut. */
	memset(line, 'y', 8192);
	line[8192] = '\n';
	say_bytes(a, line, 8193);
	let_read(scene, &a);
	snprintf(want + len, 40000 - len, "app[0:100] %.8193s", line);
	log_is(scene, want);
	end_writer(scene, &a);
	free(line);
	free(want);
}

static void
logs_last_words(void **state)
{
	struct scene *scene = *state;
	struct writer a, b;

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 0);
	b = start_writer(scene, 1);
	say(a, "last");
	close(a.fd);
	let_read(scene, &a);
	log_is(scene, "app[0:100] last\n");
	assert_int_equal(log_source_read_fd(a.source), -1);
	log_source_free(a.source);
	/* What nobody has read yet is logged before anything that follows. */
	say(b, "these\nare last");
	close(b.fd);
	log_source_free(b.source);
	log_own(scene->log, "it has ended");
	assert_non_null(strstr(read_file(scene, scene->path),
	    "app[1:101] these\napp[1:101] are last\n"));
	assert_non_null(strstr(strstr(scene->content, "are last"), "it has ended\n"));
}

static void
leaves_raw_lines(void **state)
{
	struct scene *scene = *state;
	struct writer a, b;
	char *line = malloc(70001);

	memset(line, 'j', 70000);
	line[65536] = '\n';
	line[70000] = '\0';
	open_log(scene, LOG_TO_FILE, scene->path, 0);
	a = start_writer(scene, 0);
	b = start_writer(scene, 1);
	say(a, "{\"m\":\"\\n\033\x9b");
	let_read(scene, &a);
	say(b, "whole\n");
	let_read(scene, &b);
	say(a, "\"}\nlast");
	let_read(scene, &a);
	end_writer(scene, &a);
	end_writer(scene, &b);
	log_is(scene, "whole\n{\"m\":\"\\n\033\x9b\"}\nlast\n");
	assert_int_equal(truncate(scene->path, 0), 0);
	/* 64 KiB are whole ... */
	a = start_writer(scene, 0);
	say_bytes(a, line, 60000);
	let_read(scene, &a);
	say_bytes(a, line + 60000, 5537);
	let_read(scene, &a);
	assert_int_equal(strlen(read_file(scene, scene->path)), 65537);
	assert_memory_equal(scene->content, line, 65537);
	/* ... more is cut there, unmarked. */
	line[65536] = 'j';
	say_bytes(a, line, 60000);
	let_read(scene, &a);
	say_bytes(a, line + 60000, 10000);
	let_read(scene, &a);
	end_writer(scene, &a);
	assert_int_equal(strlen(read_file(scene, scene->path)), 65537 + 70000 + 2);
	assert_int_equal(scene->content[2 * 65537 - 1], '\n');
	assert_int_equal(scene->content[65537 + 70001], '\n');
	free(line);
}

static void
writes_own_lines(void **state)
{
	struct scene *scene = *state;
	char want[128], *line;
	const char *content;
	struct tm tm = { 0 };

	open_log(scene, LOG_TO_FILE, scene->path, 0);
	log_own(scene->log, "%s died\nof 9", "app\033");
	content = read_file(scene, scene->path);
	line = strptime(content, "%Y-%m-%dT%H:%M:%S%z ", &tm);
	assert_non_null(line);
	snprintf(want, sizeof want, "fcgistarter[%ld]: app\\033 died\\nof 9\n", (long)getpid());
	assert_string_equal(line, want);
}

/* --- who writes too much ---------------------------------------------------------------------- */

static void
serves_others_during_a_flood(void **state)
{
	struct scene *scene = *state;
	struct writer a, b;
	char *lines = numbered_lines(PIPE_LEN / 32);
	int before;

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 0);
	b = start_writer(scene, 1);
	assert_int_equal(say_all_there_is_room_for(a, lines, PIPE_LEN), PIPE_LEN);
	say(b, "quiet\n");
	before = unread(&a);
	ev_run(scene->loop, EVRUN_NOWAIT);
	assert_in_range(before - unread(&a), 1, 16384);
	assert_int_equal(unread(&b), 0);
	assert_non_null(strstr(read_file(scene, scene->path), "app[1:101] quiet\n"));
	end_writer(scene, &a);
	end_writer(scene, &b);
	free(lines);
}

/* A FIFO as the log, and who reads it: a page at a time, now and then, and later all of it. */
struct reader {
	struct scene *scene;
	ev_timer timer;
	int fd;
	size_t len;
	int pages_left;
};

static void
on_reader(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct reader *reader = timer->data;
	ssize_t got;

	(void)events;
	if (reader->pages_left > 0) {
		reader->pages_left--;
		got = read(reader->fd, reader->scene->content + reader->len, PIPE_BUF);
		reader->len += got > 0 ? (size_t)got : 0;
		timer->repeat = reader->pages_left > 0 ? 0.2 : 0.001;
		ev_timer_again(loop, timer);
	} else {
		reader->len = read_more(reader->scene, reader->fd, reader->len);
	}
}

/* pages: how many are read slowly, which takes 0.2 s each; -1: nobody reads but the test. */
static void
open_fifo_log(struct scene *scene, struct reader *reader, int pages, int tagged)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s/fifo", scene->directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	*reader = (struct reader){ .scene = scene, .pages_left = pages };
	reader->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader->fd >= 0);
	open_log(scene, LOG_TO_FILE, path, tagged);
	ev_timer_init(&reader->timer, on_reader, 0., 0.2);
	reader->timer.data = reader;
	if (pages >= 0)
		ev_timer_again(scene->loop, &reader->timer);
}

static void
close_fifo(struct reader *reader)
{
	ev_timer_stop(reader->scene->loop, &reader->timer);
	close(reader->fd);
}

static void
loses_nothing_to_a_slow_reader(void **state)
{
	struct scene *scene = *state;
	enum { COUNT = 16000 };
	char *lines = numbered_lines(COUNT);
	size_t said = 0, lost;
	struct reader reader;
	struct writer a;

	/* Slower than patience lasts, but not for as long. */
	open_fifo_log(scene, &reader, 10, 1);
	a = start_writer(scene, 1);
	while (said < COUNT * 32) {
		said += say_all_there_is_room_for(a, lines + said, COUNT * 32 - said);
		ev_run(scene->loop, EVRUN_ONCE);
	}
	close(a.fd);
	while (log_source_read_fd(a.source) >= 0)
		ev_run(scene->loop, EVRUN_ONCE);
	log_source_free(a.source);
	while (reader.len < COUNT * (32 + strlen("app[1:101] ")))
		ev_run(scene->loop, EVRUN_ONCE);
	assert_int_equal(check_numbered(scene->content, &lost, ""), COUNT);
	assert_int_equal(lost, 0);
	close_fifo(&reader);
	free(lines);
}

/*
 * Each of many has to wait again and again, and all have more when it is their turn: it comes for
 * each of them, and what they hold meanwhile is bounded.
 */
static void
loses_nothing_of_many(void **state)
{
	struct scene *scene = *state;
	enum { WRITERS = 8, COUNT = 400, LINE_LEN = 256 };
	struct writer writers[WRITERS];
	size_t said[WRITERS] = { 0 }, scanned = 0;
	int next[WRITERS] = { 0 }, busy = WRITERS, lines_left = WRITERS * COUNT, i, number, seen;
	char *lines = malloc(COUNT * LINE_LEN + 1), head[64];
	struct reader reader;
	const char *p;

	/* Four times as long when they are escaped. */
	for (i = 0; i < COUNT; i++) {
		memset(lines + i * LINE_LEN, '\001', LINE_LEN);
		memcpy(lines + i * LINE_LEN, head, (size_t)snprintf(head, sizeof head, "%08d", i));
		lines[(i + 1) * LINE_LEN - 1] = '\n';
	}
	open_fifo_log(scene, &reader, 2, 1);
	for (i = 0; i < WRITERS; i++)
		writers[i] = start_writer(scene, i);
	while (busy > 0) {
		for (i = 0, busy = 0; i < WRITERS; i++) {
			said[i] += say_all_there_is_room_for(writers[i], lines + said[i],
			    COUNT * LINE_LEN - said[i]);
			busy += said[i] < COUNT * LINE_LEN || unread(&writers[i]) > 0;
		}
		ev_run(scene->loop, EVRUN_ONCE);
	}
	for (i = 0; i < WRITERS; i++)
		end_writer(scene, &writers[i]);
	while (lines_left > 0) {
		ev_run(scene->loop, EVRUN_ONCE);
		for (; scanned < reader.len; scanned++)
			lines_left -= scene->content[scanned] == '\n';
	}
	for (p = scene->content; *p != '\0'; p = strchr(p, '\n') + 1) {
		memcpy(head, p, sizeof head - 1);
		head[sizeof head - 1] = '\0';
		assert_int_equal(sscanf(head, "app[%d:%*d] %8d\\001", &i, &number), 2);
		assert_in_range(i, 0, WRITERS - 1);
		assert_int_equal(number, next[i]++);
		/* Before anybody has said all, nobody has been left waiting for long. */
		for (i = 0, seen = 0; i < WRITERS; i++)
			seen += next[i] > COUNT / 2;
		if (number == COUNT - 1)
			assert_int_equal(seen, WRITERS);
	}
	for (i = 0; i < WRITERS; i++)
		assert_int_equal(next[i], COUNT);
	close_fifo(&reader);
	free(lines);
}

/* The same of lines that are nearly as long as they may be, and are whole all the same. */
static void
loses_nothing_of_many_raw(void **state)
{
	struct scene *scene = *state;
	enum { WRITERS = 8, COUNT = 6, LINE_LEN = 60000, ALL = COUNT * LINE_LEN };
	struct writer writers[WRITERS];
	size_t said[WRITERS] = { 0 };
	int next[WRITERS] = { 0 }, busy = WRITERS, i;
	char *lines[WRITERS], *want;
	struct reader reader;
	const char *p;

	open_fifo_log(scene, &reader, 2, 0);
	for (i = 0; i < WRITERS; i++) {
		lines[i] = malloc(ALL);
		memset(lines[i], 'a' + i, ALL);
		for (p = lines[i]; p < lines[i] + ALL; p += LINE_LEN)
			lines[i][p - lines[i] + LINE_LEN - 1] = '\n';
		writers[i] = start_writer(scene, i);
	}
	while (busy > 0) {
		for (i = 0, busy = 0; i < WRITERS; i++) {
			said[i] += say_all_there_is_room_for(writers[i], lines[i] + said[i],
			    ALL - said[i]);
			busy += said[i] < ALL || unread(&writers[i]) > 0;
		}
		ev_run(scene->loop, EVRUN_ONCE);
	}
	for (i = 0; i < WRITERS; i++)
		end_writer(scene, &writers[i]);
	while (reader.len < WRITERS * ALL)
		ev_run(scene->loop, EVRUN_ONCE);
	for (p = scene->content; *p != '\0'; p += LINE_LEN) {
		assert_in_range(*p, 'a', 'a' + WRITERS - 1);
		want = lines[*p - 'a'];
		next[*p - 'a']++;
		assert_memory_equal(p, want, LINE_LEN);
	}
	for (i = 0; i < WRITERS; i++) {
		assert_int_equal(next[i], COUNT);
		free(lines[i]);
	}
	close_fifo(&reader);
}

/* Lines that waited are written when there is room, whether or not their instance says more. */
static void
writes_what_has_waited(void **state)
{
	struct scene *scene = *state;
	enum { COUNT = 12000 };
	char *lines = numbered_lines(COUNT), stolen[8192];
	size_t said = 0, len = 0, lost, expected;
	struct reader reader;
	struct writer a;
	ssize_t got;

	open_fifo_log(scene, &reader, -1, 1);
	a = start_writer(scene, 1);
	do {
		say_bytes(a, lines + said, 4096);
		said += 4096;
		ev_run(scene->loop, EVRUN_NOWAIT);
		assert_true(said + 4096 < COUNT * 32);
	} while (unread(&a) == 0);
	/* It waits, and has read all but what we take from it here. */
	got = read(log_source_read_fd(a.source), stolen, sizeof stolen);
	assert_int_equal(got, 4096);
	expected = (said - 4096) / 32;
	while (len < expected * (32 + strlen("app[1:101] "))) {
		len = read_more(scene, reader.fd, len);
		ev_run(scene->loop, EVRUN_NOWAIT);
	}
	assert_int_equal(check_numbered(scene->content, &lost, ""), expected);
	end_writer(scene, &a);
	close_fifo(&reader);
	free(lines);
}

/* Says all lines although nobody reads them; more than can be held. */
static void
say_all(struct scene *scene, struct writer writer, const char *lines, size_t len)
{
	size_t said = 0;

	while (said < len) {
		said += say_all_there_is_room_for(writer, lines + said, len - said);
		ev_run(scene->loop, EVRUN_ONCE);
	}
	while (unread(&writer) > 0)
		ev_run(scene->loop, EVRUN_ONCE);
}

/* Reads up to the line that tells how many were lost. */
static void
read_until_told(struct scene *scene, int reader)
{
	size_t len = 0, seen = 0;

	for (;;) {
		len = read_more(scene, reader, len);
		if (len > 0 && scene->content[len - 1] == '\n' &&
		    strstr(scene->content + seen, " lost: ") != NULL)
			return;
		/* What may be the beginning of it is looked at again. */
		seen = len > 128 ? len - 128 : 0;
		ev_run(scene->loop, EVRUN_NOWAIT);
	}
}

static void
does_not_wait_for_a_dead_reader(void **state)
{
	struct scene *scene = *state;
	enum { COUNT = 16000 };
	char *lines = numbered_lines(COUNT);
	size_t lost, present;
	struct reader reader;
	struct writer a;

	open_fifo_log(scene, &reader, -1, 1);
	a = start_writer(scene, 1);
	say_all(scene, a, lines, COUNT * 32);
	/* It is back. */
	read_until_told(scene, reader.fd);
	present = check_numbered(scene->content, &lost, "nobody read the log");
	/* What was held is there: a quarter of a megabyte, and what the FIFO took. */
	assert_in_range(present, 256 * 1024 / 64, COUNT - 1);
	assert_int_equal(present + lost, COUNT);
	say(a, "and on\n");
	let_read(scene, &a);
	assert_true(read_more(scene, reader.fd, 0) > 0);
	assert_string_equal(scene->content, "app[1:101] and on\n");
	end_writer(scene, &a);
	close_fifo(&reader);
	free(lines);
}

static void
on_own(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct scene *scene = timer->data;

	(void)loop;
	(void)events;
	log_own(scene->log, "ours");
}

/* That others try to write does not mean that somebody reads; lines of ours find room. */
static void
does_not_begin_to_wait_again(void **state)
{
	struct scene *scene = *state;
	enum { COUNT = 16000 };
	char *lines = numbered_lines(COUNT);
	struct reader reader;
	struct writer a;
	ev_timer own;

	open_fifo_log(scene, &reader, -1, 1);
	a = start_writer(scene, 1);
	ev_timer_init(&own, on_own, 0.1, 0.1);
	own.data = scene;
	ev_timer_start(scene->loop, &own);
	say_all(scene, a, lines, COUNT * 32);
	ev_timer_stop(scene->loop, &own);
	log_own(scene->log, "last of ours");
	read_until_told(scene, reader.fd);
	assert_non_null(strstr(scene->content, "]: ours\n"));
	assert_non_null(strstr(scene->content, "]: last of ours\n"));
	end_writer(scene, &a);
	close_fifo(&reader);
	free(lines);
}

static void
goes_on_with_a_full_disk(void **state)
{
	struct scene *scene = *state;
	enum { COUNT = 12000 };
	char *lines = numbered_lines(COUNT), real[PATH_SIZE];
	struct writer a;
	size_t lost, present;

	snprintf(real, sizeof real, "%s/real", scene->directory);
	assert_int_equal(symlink("/dev/full", scene->path), 0);
	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 1);
	say_all(scene, a, lines, COUNT * 32);
	/* There is a disk again. */
	assert_int_equal(unlink(scene->path), 0);
	assert_int_equal(symlink(real, scene->path), 0);
	assert_int_equal(log_reopen(scene->log), 0);
	present = check_numbered(read_file(scene, real), &lost, strerror(ENOSPC));
	assert_in_range(present, 4096, COUNT - 1);
	assert_int_equal(present + lost, COUNT);
	assert_int_equal(truncate(real, 0), 0);
	say(a, "and on\n");
	let_read(scene, &a);
	assert_string_equal(read_file(scene, real), "app[1:101] and on\n");
	end_writer(scene, &a);
	free(lines);
}

/* A file that takes but a part of a line, as a disk does that becomes full. */
static void
keeps_lines_whole(void **state)
{
	struct scene *scene = *state;
	struct rlimit before, limit;
	char moved[PATH_SIZE];
	struct writer a;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 0);
	limit = before;
	limit.rlim_cur = strlen("app[0:100] one\napp[0");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	say(a, "one\ntwo\n");
	let_read(scene, &a);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	log_is(scene, "app[0:100] one\napp[0");
	say(a, "three\n");
	let_read(scene, &a);
	log_is(scene, "app[0:100] one\napp[0:100] two\napp[0:100] three\n");
	/* A file that is opened anew begins with a line. */
	limit.rlim_cur = strlen(scene->content) + 5;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	say(a, "four\nfive\n");
	let_read(scene, &a);
	snprintf(moved, sizeof moved, "%s/log.1", scene->directory);
	assert_int_equal(rename(scene->path, moved), 0);
	/* Nothing is written into the old one any more: it is as full as it was. */
	assert_int_equal(log_reopen(scene->log), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	log_is(scene, "app[0:100] five\n");
	end_writer(scene, &a);
	signal(SIGXFSZ, SIG_DFL);
}

/* A disk that has room again is noticed though nobody says anything any more. */
static void
tries_a_full_disk_again(void **state)
{
	struct scene *scene = *state;
	struct pollfd readable;
	char fifo[PATH_SIZE];
	struct writer a;
	int reader;

	/* A FIFO that nobody reads fails as a disk does: at once, until somebody comes. */
	snprintf(fifo, sizeof fifo, "%s/fifo", scene->directory);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	open_log(scene, LOG_TO_FILE, fifo, 1);
	close(reader);
	a = start_writer(scene, 1);
	say(a, "held\n");
	let_read(scene, &a);
	reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	readable = (struct pollfd){ .fd = reader, .events = POLLIN };
	while (poll(&readable, 1, 0) == 0)
		ev_run(scene->loop, EVRUN_ONCE);
	assert_true(read_more(scene, reader, 0) > 0);
	assert_string_equal(scene->content, "app[1:101] held\n");
	end_writer(scene, &a);
	close(reader);
}

/* --- targets ---------------------------------------------------------------------------------- */

static void
cannot_open(enum log_target target, const char *path, const char *want)
{
	char why[256] = "";

	assert_null(log_open(target, path, 1, "app", why, sizeof why));
	assert_string_equal(why, want);
}

static void
says_why_it_cannot_open(void **state)
{
	struct scene *scene = *state;
	char path[PATH_SIZE], want[128];

	cannot_open(LOG_TO_FILE, scene->directory, strerror(EISDIR));
	snprintf(path, sizeof path, "%s/none/log", scene->directory);
	cannot_open(LOG_TO_FILE, path, strerror(ENOENT));
	snprintf(path, sizeof path, "%s/fifo", scene->directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	cannot_open(LOG_TO_FILE, path, "a FIFO that nobody reads, or a socket");
	snprintf(path, sizeof path, "%s/none", scene->directory);
	snprintf(want, sizeof want, "%s: %s", path, strerror(ENOENT));
	cannot_open(LOG_TO_SYSLOG, path, want);
}

static void
appends_to_a_private_file(void **state)
{
	struct scene *scene = *state;
	mode_t mask = umask(0);
	struct writer a;
	struct stat st;
	int fd;

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	umask(mask);
	assert_int_equal(stat(scene->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	/* Where another has appended meanwhile it is not written over. */
	fd = open(scene->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "other\n", 6), 6);
	close(fd);
	a = start_writer(scene, 0);
	say(a, "one\n");
	let_read(scene, &a);
	end_writer(scene, &a);
	log_is(scene, "other\napp[0:100] one\n");
}

static void
opens_the_file_anew(void **state)
{
	struct scene *scene = *state;
	char moved[PATH_SIZE], home[PATH_MAX];
	struct writer a;

	/* A name from here is found from elsewhere. */
	assert_non_null(getcwd(home, sizeof home));
	assert_int_equal(chdir(scene->directory), 0);
	open_log(scene, LOG_TO_FILE, "log", 1);
	assert_int_equal(chdir(home), 0);
	snprintf(moved, sizeof moved, "%s/log.1", scene->directory);
	a = start_writer(scene, 0);
	say(a, "old\nbegun");
	let_read(scene, &a);
	assert_int_equal(rename(scene->path, moved), 0);
	say(a, ", ended\n");
	let_read(scene, &a);
	assert_int_equal(log_reopen(scene->log), 0);
	say(a, "new\n");
	let_read(scene, &a);
	log_is(scene, "app[0:100] new\n");
	assert_string_equal(read_file(scene, moved), "app[0:100] old\napp[0:100] begun, ended\n");
	end_writer(scene, &a);
}

static void
keeps_the_old_file_on_failure(void **state)
{
	struct scene *scene = *state;
	char moved[PATH_SIZE];
	struct writer a;

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 0);
	snprintf(moved, sizeof moved, "%s/log.1", scene->directory);
	assert_int_equal(rename(scene->path, moved), 0);
	assert_int_equal(mkdir(scene->path, 0700), 0);
	assert_int_equal(log_reopen(scene->log), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EISDIR);
	say(a, "on\n");
	let_read(scene, &a);
	assert_non_null(strstr(read_file(scene, moved), strerror(EISDIR)));
	assert_non_null(strstr(scene->content, scene->path));
	assert_non_null(strstr(scene->content, "\napp[0:100] on\n"));
	end_writer(scene, &a);
}

/* Descriptor 2 is to while the log is opened. */
static void
open_log_on(struct scene *scene, int to)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

	assert_int_equal(dup2(to, STDERR_FILENO), STDERR_FILENO);
	open_log(scene, LOG_TO_STDERR, NULL, 1);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
}

/* Logs to an end whose other one is not read, which must not wait, and then is. */
static void
writes_to_stderr_that_is(struct scene *scene, int to, int reader)
{
	enum { COUNT = 16000 };
	char *lines = numbered_lines(COUNT), own[64];
	struct writer a;
	size_t lost;

	open_log_on(scene, to);
	a = start_writer(scene, 1);
	log_own(scene->log, "begins");
	snprintf(own, sizeof own, "fcgistarter[%ld]: begins\n", (long)getpid());
	assert_int_equal(read_more(scene, reader, 0), strlen(own));
	assert_string_equal(scene->content, own);
	say_all(scene, a, lines, COUNT * 32);
	read_until_told(scene, reader);
	assert_int_equal(
	    check_numbered(scene->content, &lost, "nobody read the log") + lost, COUNT);
	/* Who shares it may count on being able to wait. */
	assert_int_equal(fcntl(to, F_GETFL) & O_NONBLOCK, 0);
	end_writer(scene, &a);
	close(to);
	close(reader);
	free(lines);
}

static void
writes_to_a_pipe(void **state)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	writes_to_stderr_that_is(*state, fds[1], fds[0]);
}

static void
writes_to_a_socket(void **state)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	writes_to_stderr_that_is(*state, fds[1], fds[0]);
}

/* As after su(1): we may write to it, but not open it. */
static void
writes_to_a_pipe_of_another(void **state)
{
	char name[64];
	int fds[2], fd;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fchmod(fds[1], 0), 0);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fds[1]);
	fd = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		/* Nothing is forbidden to root. */
		close(fd);
		close(fds[0]);
		close(fds[1]);
		skip();
	}
	writes_to_stderr_that_is(*state, fds[1], fds[0]);
}

/* A file's offset is shared with those who write to it before and after us. */
static void
shares_a_file_on_stderr(void **state)
{
	struct scene *scene = *state;
	int fd = open(scene->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct writer a;

	assert_int_equal(write(fd, "before\n", 7), 7);
	open_log_on(scene, fd);
	a = start_writer(scene, 0);
	say(a, "one\n");
	let_read(scene, &a);
	end_writer(scene, &a);
	assert_int_equal(write(fd, "after\n", 6), 6);
	close(fd);
	log_is(scene, "before\napp[0:100] one\nafter\n");
}

static int
open_syslog(struct scene *scene, char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(path, PATH_SIZE, "%s/socket", scene->directory);
	memcpy(address.sun_path, path, PATH_SIZE);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* The next message, without its priority and date. */
static const char *
receive(struct scene *scene, int fd)
{
	char *p = scene->content;
	ssize_t len = recv(fd, p, CONTENT_SIZE - 1, 0);
	struct tm tm = { 0 };

	assert_true(len > 0);
	p[len] = '\0';
	assert_memory_equal(p, "<29>", 4);
	p = strptime(p + 4, "%b %e %H:%M:%S ", &tm);
	assert_non_null(p);
	return p;
}

static void
writes_to_syslog(void **state)
{
	struct scene *scene = *state;
	char path[PATH_SIZE], own[64];
	int fd = open_syslog(scene, path);
	struct writer a;

	open_log(scene, LOG_TO_SYSLOG, path, 1);
	a = start_writer(scene, 0);
	say(a, "one\ntwo\033\n");
	let_read(scene, &a);
	assert_string_equal(receive(scene, fd), "app[0:100]: one");
	assert_string_equal(receive(scene, fd), "app[0:100]: two\\033");
	log_own(scene->log, "ours");
	snprintf(own, sizeof own, "fcgistarter[%ld]: ours", (long)getpid());
	assert_string_equal(receive(scene, fd), own);
	/* It is started anew. */
	close(fd);
	say(a, "meanwhile\n");
	let_read(scene, &a);
	assert_int_equal(unlink(path), 0);
	fd = open_syslog(scene, path);
	say(a, "again\n");
	let_read(scene, &a);
	assert_string_equal(receive(scene, fd), "app[0:100]: meanwhile");
	assert_string_equal(receive(scene, fd), "app[0:100]: again");
	assert_int_equal(log_reopen(scene->log), 0);
	end_writer(scene, &a);
	close_log(scene);
	/* Whose line it is, is always told: there is one log for all. */
	open_log(scene, LOG_TO_SYSLOG, path, 0);
	a = start_writer(scene, 0);
	say(a, "{}\t\033\n");
	let_read(scene, &a);
	assert_string_equal(receive(scene, fd), "app[0:100]: {}\t\033");
	end_writer(scene, &a);
	close(fd);
}

static void
waits_for_a_busy_syslog(void **state)
{
	struct scene *scene = *state;
	enum { COUNT = 3000 };
	char path[PATH_SIZE], want[64];
	int fd = open_syslog(scene, path), i;
	char *lines = numbered_lines(COUNT);
	struct writer a;

	open_log(scene, LOG_TO_SYSLOG, path, 1);
	a = start_writer(scene, 1);
	/* More than its queue has room for, less than is held. */
	for (i = 0; i < COUNT; i += 1000) {
		say_bytes(a, lines + i * 32, 32000);
		let_read(scene, &a);
	}
	for (i = 0; i < COUNT; i++) {
		struct pollfd readable = { .fd = fd, .events = POLLIN };

		while (poll(&readable, 1, 0) == 0)
			ev_run(scene->loop, EVRUN_ONCE);
		snprintf(want, sizeof want, "app[1:101]: line %08d ................ ", i);
		assert_string_equal(receive(scene, fd), want);
	}
	end_writer(scene, &a);
	close(fd);
	free(lines);
}

/* --- descriptors ------------------------------------------------------------------------------ */

/* How many are open; with check all but the standard ones are close-on-exec. */
static int
count_fds(int check)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(directory)) != NULL) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(directory))
			continue;
		count++;
		if (check)
			assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	}
	closedir(directory);
	return count;
}

static void
holds_no_descriptor(void **state)
{
	struct scene *scene = *state;
	int before = count_fds(0), i, fds[256], count = 0;
	struct writer a;

	/* Those of others are none of this test's business. */
	for (i = 3; i < 256; i++)
		if (fcntl(i, F_GETFD) >= 0 && (fcntl(i, F_GETFD) & FD_CLOEXEC) == 0)
			fds[count++] = i;
	for (i = 0; i < 20; i++)
		if (i < count)
			assert_int_equal(fcntl(fds[i], F_SETFD, FD_CLOEXEC), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(fcntl(i, F_SETFD, FD_CLOEXEC), 0);
	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a.source = log_source_new(scene->log, scene->loop, 0);
	a.fd = -1;
	assert_int_equal(count_fds(1), before + 3);
	/* It was not started after all. */
	log_source_free(a.source);
	assert_int_equal(count_fds(1), before + 1);
	a = start_writer(scene, 0);
	assert_int_equal(count_fds(1), before + 3);
	end_writer(scene, &a);
	assert_int_equal(count_fds(1), before + 1);
	assert_int_equal(log_reopen(scene->log), 0);
	assert_int_equal(count_fds(1), before + 1);
	close_log(scene);
	open_log(scene, LOG_TO_STDERR, NULL, 1);
	assert_int_equal(count_fds(1), before + 1);
	close_log(scene);
	assert_int_equal(count_fds(1), before);
	for (i = 0; i < 3; i++)
		assert_int_equal(fcntl(i, F_SETFD, 0), 0);
	for (i = 0; i < count && i < 20; i++)
		assert_int_equal(fcntl(fds[i], F_SETFD, 0), 0);
}

static void
reads_on_for_children_of_the_dead(void **state)
{
	struct scene *scene = *state;
	int before;
	struct writer a;

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	before = count_fds(0);
	a = start_writer(scene, 0);
	say(a, "parent\nchi");
	log_source_free(a.source);
	log_is(scene, "app[0:100] parent\n");
	say(a, "ld\n");
	ev_run(scene->loop, EVRUN_ONCE);
	log_is(scene, "app[0:100] parent\napp[0:100] child\n");
	close(a.fd);
	ev_run(scene->loop, EVRUN_ONCE);
	assert_int_equal(count_fds(0), before);
}

static void
reads_on_for_so_many_only(void **state)
{
	struct scene *scene = *state;
	struct writer writers[66];
	int i;

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	for (i = 0; i < 66; i++) {
		writers[i] = start_writer(scene, i);
		say(writers[i], "begun");
		log_source_free(writers[i].source);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(write(writers[i].fd, "x\n", 2), -1);
		assert_int_equal(errno, EPIPE);
	}
	log_is(scene, "app[0:100] begun\napp[1:101] begun\n");
	for (i = 2; i < 66; i++) {
		say(writers[i], "\n");
		close(writers[i].fd);
	}
	close(writers[0].fd);
	close(writers[1].fd);
	close_log(scene);
	assert_non_null(strstr(read_file(scene, scene->path), "app[65:165] begun\n"));
}

static void
is_handed_over(void **state)
{
	struct scene *scene = *state;
	struct writer a, b;
	int fd;

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 0);
	b = start_writer(scene, 1);
	say(a, "first\nbegun,");
	let_read(scene, &a);
	close(b.fd);
	let_read(scene, &b);
	log_hand_over(scene->log);
	/* Written, but not read by us any more. */
	say(a, " ended\n");
	fd = fcntl(log_source_read_fd(a.source), F_DUPFD, 0);
	assert_int_equal(log_source_read_fd(b.source), -1);
	close_log(scene);
	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a.source = log_source_adopt(scene->log, scene->loop, 0, 100, fd);
	b.source = log_source_adopt(scene->log, scene->loop, 1, 101, -1);
	assert_int_equal(log_source_read_fd(a.source), fd);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	let_read(scene, &a);
	end_writer(scene, &a);
	log_source_free(b.source);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	log_is(scene, "app[0:100] first\napp[0:100] begun,\\\napp[0:100]  ended\n");
}

/* The one who hands over goes on, when the other program cannot be executed. */
static void
goes_on_after_handing_over(void **state)
{
	struct scene *scene = *state;
	struct writer a;

	open_log(scene, LOG_TO_FILE, scene->path, 1);
	a = start_writer(scene, 0);
	say(a, "begun,");
	let_read(scene, &a);
	log_hand_over(scene->log);
	say(a, " ended\n");
	let_read(scene, &a);
	end_writer(scene, &a);
	log_is(scene, "app[0:100] begun,\\\napp[0:100]  ended\n");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(tags_lines),
		TEST(lets_nobody_forge),
		TEST(cuts_long_lines),
		TEST(logs_last_words),
		TEST(leaves_raw_lines),
		TEST(writes_own_lines),
		TEST(serves_others_during_a_flood),
		TEST(loses_nothing_to_a_slow_reader),
		TEST(loses_nothing_of_many),
		TEST(loses_nothing_of_many_raw),
		TEST(writes_what_has_waited),
		TEST(does_not_wait_for_a_dead_reader),
		TEST(does_not_begin_to_wait_again),
		TEST(goes_on_with_a_full_disk),
		TEST(keeps_lines_whole),
		TEST(tries_a_full_disk_again),
		TEST(says_why_it_cannot_open),
		TEST(appends_to_a_private_file),
		TEST(opens_the_file_anew),
		TEST(keeps_the_old_file_on_failure),
		TEST(writes_to_a_pipe),
		TEST(writes_to_a_socket),
		TEST(writes_to_a_pipe_of_another),
		TEST(shares_a_file_on_stderr),
		TEST(writes_to_syslog),
		TEST(waits_for_a_busy_syslog),
		TEST(holds_no_descriptor),
		TEST(reads_on_for_children_of_the_dead),
		TEST(reads_on_for_so_many_only),
		TEST(is_handed_over),
		TEST(goes_on_after_handing_over),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
