#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "fcgi_error.h"
#include "replace.h"
#include "text.h"

static const char magic[] = "fcgi-probe state ";
static const char version[] = "1\n";

enum {
	DIGITS_MAX = 15,	/* a double holds any such number exactly */
	LOCK_TRIES = 20,
	LOCK_PAUSE_MS = 10,
};

/* What may be done with a file that could not be read. */
enum verdict {
	TRUSTED,
	REPLACEABLE,	/* ours, but not to be believed */
	NOT_OURS,	/* not to be touched */
};

void
state_file_reset(struct state_file *state)
{
	size_t i;

	for (i = 0; i < state->count; i++)
		free(state->entries[i].target);
	free(state->entries);
	*state = (struct state_file){ 0 };
}

/* Takes over target, which is freed on failure.  Returns the new entry, or NULL. */
static struct state_entry *
add(struct state_file *state, char *target)
{
	struct state_entry *entries;

	if (target == NULL)
		return NULL;
	entries = array_grow(state->entries, state->count, sizeof *entries);
	if (entries == NULL) {
		free(target);
		return NULL;
	}
	state->entries = entries;
	entries[state->count] = (struct state_entry){ .target = target };
	return &entries[state->count++];
}

/* Takes digits.  Returns 0, or -1 when there are none or too many. */
static int
take_number(int64_t *number, const char **p, const char *end)
{
	const char *begin = *p;

	*number = 0;
	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		if (*p - begin == DIGITS_MAX)
			return -1;
		*number = *number * 10 + (**p - '0');
	}
	return *p > begin ? 0 : -1;
}

/* Takes "NAME=NUMBER".  Returns 0, or -1. */
static int
take_figure(struct state_entry *entry, const char **p, const char *end)
{
	const char *equals = memchr(*p, '=', (size_t)(end - *p));
	size_t len = equals != NULL ? (size_t)(equals - *p) : 0;
	int64_t number;
	int metric;

	if (equals == NULL)
		return -1;
	metric = metric_find(*p, len);
	if (metric >= 0 && !metric_is_kept((enum metric)metric))
		return -1;
	if (metric < 0 && (len != 4 || memcmp(*p, "when", 4) != 0))
		return -1;
	*p = equals + 1;
	if (take_number(&number, p, end) < 0)
		return -1;
	if (metric < 0) {
		entry->when_s = number;
		return 0;
	}
	entry->metrics.has |= 1U << metric;
	entry->metrics.value[metric] = (double)number;
	return 0;
}

/* A target's line without its newline.  Returns 0 or a negative error. */
static int
parse_entry(struct state_file *state, const char *p, const char *end)
{
	const char *tab = memchr(p, '\t', (size_t)(end - p));
	struct state_entry *entry;

	if (tab == NULL || tab == p || memchr(p, '\0', (size_t)(end - p)) != NULL)
		return -FCGI_E_SYNTAX;
	entry = add(state, strndup(p, (size_t)(tab - p)));
	if (entry == NULL)
		return -FCGI_E_SYSTEM;
	for (p = tab; p < end;) {
		if (*p++ != '\t' || take_figure(entry, &p, end) < 0)
			return -FCGI_E_SYNTAX;
	}
	return 0;
}

/* The lines behind the first; the last is "end COUNT". */
static int
parse_lines(struct state_file *state, const char *p, const char *end)
{
	const char *newline;
	int64_t count;
	int r;

	while ((newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		/* A target may begin with "end " as well, but figures follow. */
		if (newline - p > 4 && memcmp(p, "end ", 4) == 0 &&
		    memchr(p, '\t', (size_t)(newline - p)) == NULL) {
			p += 4;
			if (take_number(&count, &p, newline) < 0 || p != newline ||
			    newline + 1 != end || (uint64_t)count != state->count)
				return -FCGI_E_SYNTAX;
			return 0;
		}
		r = parse_entry(state, p, newline);
		if (r < 0)
			return r;
		p = newline + 1;
	}
	return -FCGI_E_SYNTAX;
}

int
state_file_parse(struct state_file *state, const char *p, const char *end)
{
	size_t magic_len = sizeof magic - 1, version_len = sizeof version - 1;
	int r = -FCGI_E_SYNTAX;

	*state = (struct state_file){ 0 };
	if (p == end)
		return 0;
	if ((size_t)(end - p) < magic_len || memcmp(p, magic, magic_len) != 0)
		return -FCGI_E_ORDER;
	p += magic_len;
	if ((size_t)(end - p) >= version_len && memcmp(p, version, version_len) == 0)
		r = parse_lines(state, p + version_len, end);
	if (r < 0)
		state_file_reset(state);
	return r;
}

static int
format_entry(struct buffer *out, const struct state_entry *entry)
{
	char text[64];
	int metric, r;

	r = buffer_append(out, entry->target, strlen(entry->target));
	snprintf(text, sizeof text, "\twhen=%" PRId64, entry->when_s);
	if (r == 0)
		r = buffer_append(out, text, strlen(text));
	for (metric = 0; r == 0 && metric < METRIC_COUNT; metric++) {
		if (!(entry->metrics.has & 1U << metric))
			continue;
		snprintf(text, sizeof text, "\t%s=%.0f", metric_about[metric].name,
		    entry->metrics.value[metric]);
		r = buffer_append(out, text, strlen(text));
	}
	return r == 0 ? buffer_append(out, "\n", 1) : r;
}

int
state_file_format(struct buffer *out, const struct state_file *state)
{
	char text[64];
	size_t i;
	int r;

	snprintf(text, sizeof text, "%s%s", magic, version);
	r = buffer_append(out, text, strlen(text));
	for (i = 0; r == 0 && i < state->count; i++)
		r = format_entry(out, &state->entries[i]);
	snprintf(text, sizeof text, "end %zu\n", state->count);
	return r == 0 ? buffer_append(out, text, strlen(text)) : r;
}

static enum verdict
look(const struct stat *st, const char **why)
{
	if (!S_ISREG(st->st_mode)) {
		*why = "not a regular file";
		return NOT_OURS;
	}
	if (st->st_uid != geteuid() && st->st_uid != 0) {
		*why = "belongs to another user";
		return NOT_OURS;
	}
	if (st->st_size > STATE_FILE_MAX) {
		*why = "larger than any state file";
		return NOT_OURS;
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		*why = "others may write to it: begun anew";
		return REPLACEABLE;
	}
	return TRUSTED;
}

/* Reads what the descriptor holds.  Returns 0, or -1 with errno. */
static int
read_all(struct buffer *buffer, int fd)
{
	ssize_t n;

	do {
		if (buffer_reserve(buffer, 4096) < 0)
			return -1;
		n = read(fd, buffer->data + buffer->len, 4096);
		if (n > 0)
			buffer->len += (size_t)n;
	} while ((n > 0 && buffer->len <= STATE_FILE_MAX) || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : 0;
}

static enum verdict
take(struct state_file *state, int fd, const char **why)
{
	struct buffer buffer = { 0 };
	enum verdict verdict;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0) {
		*why = strerror(errno);
		return NOT_OURS;
	}
	verdict = look(&st, why);
	if (verdict == NOT_OURS)
		return verdict;
	if (read_all(&buffer, fd) < 0) {
		*why = strerror(errno);
		buffer_free(&buffer);
		return NOT_OURS;
	}
	r = state_file_parse(state, (const char *)buffer.data,
	    (const char *)buffer.data + buffer.len);
	buffer_free(&buffer);
	if (r == -FCGI_E_SYNTAX) {
		*why = "damaged: begun anew";
		return REPLACEABLE;
	}
	if (r < 0) {
		*why = r == -FCGI_E_ORDER ? "not a state file of fcgi-probe" : strerror(errno);
		return NOT_OURS;
	}
	if (verdict != TRUSTED)
		state_file_reset(state);
	return verdict;
}

static const char *
explain_open(void)
{
	return errno == ELOOP ? "a symbolic link" : strerror(errno);
}

int
state_file_read(struct state_file *state, const char *path, const char **why)
{
	/* Nonblocking: it may be a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	enum verdict verdict;

	*state = (struct state_file){ 0 };
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		*why = explain_open();
		return -1;
	}
	verdict = take(state, fd, why);
	close(fd);
	return verdict == TRUSTED ? 0 : -1;
}

static struct state_entry *
find(const struct state_file *state, const char *escaped)
{
	size_t i;

	for (i = 0; i < state->count; i++)
		if (strcmp(state->entries[i].target, escaped) == 0)
			return &state->entries[i];
	return NULL;
}

const struct metrics *
state_file_find(const struct state_file *state, const char *target)
{
	char *escaped = text_escape_alloc(target, strlen(target), 0);
	const struct state_entry *entry = escaped != NULL ? find(state, escaped) : NULL;

	free(escaped);
	return entry != NULL ? &entry->metrics : NULL;
}

/* The newest counters of a target.  Returns 0, or -1. */
static int
merge(struct state_file *state, const struct report_item *item, int64_t now_s)
{
	struct metrics kept = { 0 };
	struct state_entry *entry;
	char *escaped;

	metrics_keep(&kept, item->metrics);
	if (kept.has == 0)
		return 0;
	escaped = text_escape_alloc(item->seen->name, strlen(item->seen->name), 0);
	entry = escaped != NULL ? find(state, escaped) : NULL;
	if (entry == NULL)
		entry = add(state, escaped);
	else
		free(escaped);
	if (entry == NULL)
		return -1;
	entry->when_s = now_s;
	metrics_keep(&entry->metrics, &kept);
	return 0;
}

/* Also what is of the future: the clock was wrong then. */
static void
forget_old(struct state_file *state, int64_t now_s)
{
	size_t i, kept = 0;

	for (i = 0; i < state->count; i++) {
		if (state->entries[i].when_s > now_s ||
		    state->entries[i].when_s < now_s - STATE_FILE_KEEP_S)
			free(state->entries[i].target);
		else
			state->entries[kept++] = state->entries[i];
	}
	state->count = kept;
}

/* The lock is the file's own: who got that of a file that has been replaced since tries again. */
static int
is_still_there(int fd, const char *path)
{
	struct stat locked, there;

	return fstat(fd, &locked) == 0 && lstat(path, &there) == 0 &&
	    locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
}

/* Returns a descriptor of the locked file, or -1. */
static int
open_locked(const char *path, const char **why)
{
	int tries, fd;

	for (tries = 0; tries < LOCK_TRIES; tries++) {
		/* Nobody else may open it, and so hold the lock for ever. */
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		    0600);
		if (fd < 0) {
			*why = explain_open();
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			if (is_still_there(fd, path))
				return fd;
		} else if (errno != EWOULDBLOCK) {
			*why = strerror(errno);
			close(fd);
			return -1;
		} else {
			poll(NULL, 0, LOCK_PAUSE_MS);
		}
		close(fd);
	}
	*why = "another run does not let go of it";
	return -1;
}

static int
write_state(const char *path, const struct state_file *state, const char **why)
{
	struct buffer buffer = { 0 };
	int r = state_file_format(&buffer, state);

	if (r == 0)
		r = replace_file(path, buffer.data, buffer.len, 0600);
	if (r < 0)
		*why = strerror(errno);
	buffer_free(&buffer);
	return r < 0 ? -1 : 0;
}

int
state_file_update(const char *path, const struct report_item *items, size_t count,
    int64_t now_s, const char **why)
{
	int fd = open_locked(path, why), r = -1;
	struct state_file state = { 0 };
	size_t i;

	if (fd < 0)
		return -1;
	if (take(&state, fd, why) != NOT_OURS) {
		r = 0;
		for (i = 0; i < count && r == 0; i++)
			r = merge(&state, &items[i], now_s);
		if (r < 0)
			*why = strerror(ENOMEM);
		forget_old(&state, now_s);
	}
	if (r == 0)
		r = write_state(path, &state, why);
	state_file_reset(&state);
	close(fd);
	return r;
}
