#include "fpm_status.h"

#include <string.h>

#include "fcgi_error.h"
#include "number.h"

/* What the next line may be. */
enum place {
	AT_BEGIN,
	IN_SUMMARY,
	BEHIND_SUMMARY,	/* and a blank line */
	BEFORE_FIRST,	/* and a line of stars: the first process begins */
	IN_PROCESS,
	BEHIND_BLANK,
	BEHIND_STARS,	/* and a blank line: the next process begins, or a client has written it */
};

static const char stars[] = "************************";

/* A line "name:   value"; value is not terminated. */
struct field {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/* The summary.  What has no place is skipped: it says the same, or is not ours to judge. */
static const struct {
	const char *name;
	size_t offset;
	size_t size;	/* of a string; 0: a number */
	int is_needed;	/* all that ever was php-fpm has it */
} summary[] = {
#define TEXT(name, member, needed)                                                                 \
	{ name, offsetof(struct fpm_status, member), sizeof(((struct fpm_status *)NULL)->member),  \
	    needed }
#define COUNT(name, member, needed) { name, offsetof(struct fpm_status, member), 0, needed }
	TEXT("pool", pool, 1),
	TEXT("process manager", process_manager, 1),
	TEXT("start time", start_time, 0),
	COUNT("start since", start_since, 1),
	COUNT("accepted conn", accepted_conn, 1),
	COUNT("listen queue", listen_queue, 0),
	COUNT("max listen queue", max_listen_queue, 0),
	COUNT("listen queue len", listen_queue_len, 0),
	COUNT("idle processes", idle_processes, 1),
	COUNT("active processes", active_processes, 1),
	COUNT("total processes", total_processes, 1),
	COUNT("max active processes", max_active_processes, 0),
	COUNT("max children reached", max_children_reached, 0),
	COUNT("slow requests", slow_requests, 0),
	COUNT("memory peak", memory_peak, 0),
#undef TEXT
#undef COUNT
};

enum { SUMMARY_COUNT = sizeof summary / sizeof *summary };

/* The fields of a process, in php-fpm's order. */
enum process_field {
	PROCESS_PID,
	PROCESS_STATE,
	PROCESS_START_SINCE,
	PROCESS_REQUESTS,
	PROCESS_DURATION,
	PROCESS_METHOD,
	PROCESS_URI,
	PROCESS_CONTENT_LENGTH,
	PROCESS_SCRIPT,
	PROCESS_CPU,
	PROCESS_MEMORY,
	PROCESS_FIELD_COUNT,
};

static const char *const process_fields[PROCESS_FIELD_COUNT] = {
	[PROCESS_PID] = "pid",
	[PROCESS_STATE] = "state",
	[PROCESS_START_SINCE] = "start since",
	[PROCESS_REQUESTS] = "requests",
	[PROCESS_DURATION] = "request duration",
	[PROCESS_METHOD] = "request method",
	[PROCESS_URI] = "request URI",
	[PROCESS_CONTENT_LENGTH] = "content length",
	[PROCESS_SCRIPT] = "script",
	[PROCESS_CPU] = "last request cpu",
	[PROCESS_MEMORY] = "last request memory",
};

enum {
	PROCESS_NEEDED = 1U << PROCESS_PID | 1U << PROCESS_STATE | 1U << PROCESS_DURATION |
	    1U << PROCESS_MEMORY,
};

static void
clear(struct fpm_status *status)
{
	size_t i;

	memset(status, 0, sizeof *status);
	for (i = 0; i < SUMMARY_COUNT; i++)
		if (summary[i].size == 0)
			memset((char *)status + summary[i].offset, 0xff, sizeof(int64_t));
	status->processes = status->ours = status->most_requests = -1;
	status->oldest = status->last_memory = status->largest_body = -1;
	status->last_cpu = -1;
	for (i = 0; i < FPM_STATE_COUNT; i++)
		status->in_state[i] = -1;
	status->longest.pid = status->longest.duration_us = -1;
}

static int
is(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

static void
keep(char *dst, size_t size, const char *text, size_t len)
{
	if (len > size - 1)
		len = size - 1;
	memcpy(dst, text, len);
	dst[len] = '\0';
}

/* Returns 1, or 0 for a line that is no field. */
static int
split(struct field *field, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *end = line + len, *value;

	if (colon == NULL || colon == line)
		return 0;
	value = colon + 1;
	while (value < end && *value == ' ')
		value++;
	*field = (struct field){
		.name = line,
		.name_len = (size_t)(colon - line),
		.value = value,
		.value_len = (size_t)(end - value),
	};
	return 1;
}

/*
 * php-fpm prints some of its numbers with a sign, and some of them have been below zero: those are
 * not known, which is -1 too.
 */
static int
parse_count(int64_t *count, const struct field *field)
{
	size_t i = field->value_len > 0 && *field->value == '-';
	int is_negative = i > 0;
	int64_t read = 0;

	if (i == field->value_len)
		return -FCGI_E_SYNTAX;
	for (; i < field->value_len; i++)
		if (field->value[i] < '0' || field->value[i] > '9' ||
		    __builtin_mul_overflow(read, 10, &read) ||
		    __builtin_add_overflow(read, field->value[i] - '0', &read))
			return -FCGI_E_SYNTAX;
	*count = is_negative ? -1 : read;
	return 0;
}

/* The same of a process, where a number that is none is no reason to doubt the page. */
static int64_t
count_or_unknown(const struct field *field)
{
	int64_t count = -1;

	return parse_count(&count, field) < 0 ? -1 : count;
}

static int
read_summary(struct fpm_reader *reader, const struct field *field)
{
	char *status = (char *)reader->status;
	size_t i;

	for (i = 0; i < SUMMARY_COUNT; i++)
		if (is(field->name, field->name_len, summary[i].name))
			break;
	if (i == SUMMARY_COUNT)
		return 0;
	if (reader->seen & 1U << i)
		return -FCGI_E_SYNTAX;
	reader->seen |= 1U << i;
	if (summary[i].size == 0)
		return parse_count((int64_t *)(void *)(status + summary[i].offset), field);
	keep(status + summary[i].offset, summary[i].size, field->value, field->value_len);
	return 0;
}

static int
parse_state(const struct field *field)
{
	static const char getting[] = "Getting request information";
	const char *value = field->value;
	size_t len = field->value_len;

	if (is(value, len, "Idle"))
		return FPM_IDLE;
	if (is(value, len, "Running"))
		return FPM_RUNNING;
	/* "informations", and "information" in some. */
	if (is(value, len, "Reading headers") ||
	    (len >= sizeof getting - 1 && memcmp(value, getting, sizeof getting - 1) == 0))
		return FPM_READING;
	if (is(value, len, "Finishing") || is(value, len, "Ending"))
		return FPM_FINISHING;
	return FPM_OTHER_STATE;
}

static void
read_uri(struct fpm_reader *reader, const struct field *field)
{
	struct fpm_process *process = &reader->process;
	const char *query = memchr(field->value, '?', field->value_len);
	size_t len = query != NULL ? (size_t)(query - field->value) : field->value_len;

	process->is_ours = process->state == FPM_RUNNING && is(field->value, len, reader->path);
	keep(process->uri, sizeof process->uri, field->value, len);
}

static void
read_process(struct fpm_reader *reader, const struct field *field)
{
	struct fpm_process *process = &reader->process;
	unsigned i;

	for (i = 0; i < PROCESS_FIELD_COUNT; i++)
		if (is(field->name, field->name_len, process_fields[i]))
			break;
	/*
	 * The URI, the user and the script are a client's words and may hold line ends: what is
	 * behind them cannot replace what was before, nor stand for what php-fpm says at last.
	 */
	if (i == PROCESS_FIELD_COUNT || (i <= PROCESS_URI && process->seen >> i != 0))
		return;
	process->seen |= 1U << i;
	switch ((enum process_field)i) {
	case PROCESS_PID:
		process->pid = count_or_unknown(field);
		break;
	case PROCESS_STATE:
		process->state = parse_state(field);
		break;
	case PROCESS_START_SINCE:
		process->start_since = count_or_unknown(field);
		break;
	case PROCESS_REQUESTS:
		process->requests = count_or_unknown(field);
		break;
	case PROCESS_DURATION:
		process->duration_us = count_or_unknown(field);
		break;
	case PROCESS_METHOD:
		keep(process->method, sizeof process->method, field->value, field->value_len);
		break;
	case PROCESS_URI:
		read_uri(reader, field);
		break;
	case PROCESS_CONTENT_LENGTH:
		process->content_length = count_or_unknown(field);
		break;
	case PROCESS_SCRIPT:
		keep(process->script, sizeof process->script, field->value, field->value_len);
		break;
	case PROCESS_CPU:
		if (number_decimal(&process->cpu, field->value, field->value_len) < 0)
			process->cpu = -1;
		break;
	case PROCESS_MEMORY:
		process->memory = count_or_unknown(field);
		break;
	case PROCESS_FIELD_COUNT:
		break;
	}
}

static void
raise_to(int64_t *most, int64_t value)
{
	if (value > *most)
		*most = value;
}

static void
add_process(struct fpm_status *status, const struct fpm_process *process)
{
	struct fpm_longest *longest = &status->longest;
	size_t i;

	if (status->processes < 0) {
		status->processes = status->ours = status->largest_body = 0;
		for (i = 0; i < FPM_STATE_COUNT; i++)
			status->in_state[i] = 0;
	}
	status->processes++;
	status->in_state[process->state]++;
	raise_to(&status->most_requests, process->requests);
	raise_to(&status->oldest, process->start_since);
	raise_to(&status->last_memory, process->memory);
	if (process->cpu > status->last_cpu)
		status->last_cpu = process->cpu;
	/* More of ours are probes of others, whom nobody needs to look for either. */
	if (process->is_ours)
		status->ours = 1;
	if (process->is_ours || process->state == FPM_IDLE)
		return;
	raise_to(&status->largest_body, process->content_length);
	if (process->duration_us > longest->duration_us) {
		longest->pid = process->pid;
		longest->duration_us = process->duration_us;
		keep(longest->method, sizeof longest->method, process->method,
		    strlen(process->method));
		keep(longest->uri, sizeof longest->uri, process->uri, strlen(process->uri));
		keep(longest->script, sizeof longest->script, process->script,
		    strlen(process->script));
	}
}

static int
is_complete(const struct fpm_process *process)
{
	return (process->seen & PROCESS_NEEDED) == PROCESS_NEEDED;
}

/* Returns 1 when the line begins a process: "pid:" and a number. */
static int
begins_process(const char *line, size_t len)
{
	struct field field;

	return split(&field, line, len) &&
	    is(field.name, field.name_len, process_fields[PROCESS_PID]) &&
	    count_or_unknown(&field) >= 0;
}

static void
begin_process(struct fpm_reader *reader, const char *line, size_t len)
{
	struct field field;

	reader->process = (struct fpm_process){
		.pid = -1,
		.start_since = -1,
		.requests = -1,
		.duration_us = -1,
		.content_length = -1,
		.memory = -1,
		.cpu = -1,
	};
	if (split(&field, line, len))
		read_process(reader, &field);
}

static int
take_summary_line(struct fpm_reader *reader, const char *line, size_t len)
{
	struct field field;

	if (len == 0 && reader->place == IN_SUMMARY) {
		reader->place = BEHIND_SUMMARY;
		return 0;
	}
	if (!split(&field, line, len) ||
	    (reader->place == AT_BEGIN && !is(field.name, field.name_len, summary[0].name)))
		return -FCGI_E_SYNTAX;
	reader->place = IN_SUMMARY;
	return read_summary(reader, &field);
}

/* Nothing is wrong here: whatever looks odd may be a client's. */
static void
take_process_line(struct fpm_reader *reader, const char *line, size_t len)
{
	int was = reader->place;
	struct field field;

	reader->place = IN_PROCESS;
	if (len == 0) {
		reader->place = BEHIND_BLANK;
	} else if (was == BEHIND_BLANK && is(line, len, stars)) {
		reader->place = BEHIND_STARS;
	} else if (was == BEHIND_STARS && is_complete(&reader->process) &&
	    begins_process(line, len)) {
		add_process(reader->status, &reader->process);
		begin_process(reader, line, len);
	} else if (split(&field, line, len)) {
		read_process(reader, &field);
	}
}

static int
take_line(struct fpm_reader *reader, const char *line, size_t len)
{
	switch (reader->place) {
	case AT_BEGIN:
	case IN_SUMMARY:
		return take_summary_line(reader, line, len);
	case BEHIND_SUMMARY:
		reader->place = BEFORE_FIRST;
		return is(line, len, stars) ? 0 : -FCGI_E_SYNTAX;
	case BEFORE_FIRST:
		if (!begins_process(line, len))
			return -FCGI_E_SYNTAX;
		begin_process(reader, line, len);
		reader->place = IN_PROCESS;
		return 0;
	default:
		take_process_line(reader, line, len);
		return 0;
	}
}

void
fpm_reader_init(struct fpm_reader *reader, struct fpm_status *status, const char *path)
{
	clear(status);
	reader->status = status;
	reader->path = path;
	reader->error = 0;
	reader->place = AT_BEGIN;
	reader->seen = 0;
	reader->line_len = 0;
}

void
fpm_reader_feed(struct fpm_reader *reader, const void *bytes, size_t len)
{
	const char *p = bytes, *end = p + len, *newline;
	size_t piece, room;

	while (p < end && reader->error == 0) {
		newline = memchr(p, '\n', (size_t)(end - p));
		piece = (size_t)((newline != NULL ? newline : end) - p);
		room = sizeof reader->line - reader->line_len;
		memcpy(reader->line + reader->line_len, p, piece < room ? piece : room);
		reader->line_len += piece < room ? piece : room;
		p += piece;
		if (newline == NULL)
			return;
		p++;
		reader->error = take_line(reader, reader->line, reader->line_len);
		reader->line_len = 0;
	}
}

int
fpm_reader_has_failed(const struct fpm_reader *reader)
{
	return reader->error < 0;
}

/* Every line is, and so is the last process. */
static int
is_whole(const struct fpm_reader *reader)
{
	size_t i;

	if (reader->error < 0 || reader->line_len > 0)
		return 0;
	for (i = 0; i < SUMMARY_COUNT; i++)
		if (summary[i].is_needed && !(reader->seen & 1U << i))
			return 0;
	switch (reader->place) {
	case IN_SUMMARY:
	case BEHIND_SUMMARY:
		return 1;
	case IN_PROCESS:
	case BEHIND_BLANK:
		return is_complete(&reader->process);
	default:
		return 0;
	}
}

int
fpm_reader_end(struct fpm_reader *reader)
{
	if (!is_whole(reader)) {
		clear(reader->status);
		return -FCGI_E_SYNTAX;
	}
	if (reader->place == IN_PROCESS || reader->place == BEHIND_BLANK)
		add_process(reader->status, &reader->process);
	return 0;
}
