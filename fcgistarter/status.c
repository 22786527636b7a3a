#include "status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bsd/stdlib.h>

#include "clock.h"
#include "array.h"
#include "fcgi_error.h"
#include "json.h"
#include "text.h"

enum { CELL_MAX = 64, COLUMNS_MAX = 8, HUMAN_SIZE = 5 };

int
status_add_listener(struct status *status, const char *address, const struct queue *queue)
{
	struct status_listener *listeners =
	    array_grow(status->listeners, status->listener_count, sizeof *listeners);
	char *copy;

	if (listeners == NULL)
		return -FCGI_E_SYSTEM;
	status->listeners = listeners;
	copy = strdup(address);
	if (copy == NULL)
		return -FCGI_E_SYSTEM;
	listeners[status->listener_count++] =
	    (struct status_listener){ .address = copy, .queue = *queue };
	return 0;
}

int
status_add_instance(struct status *status, const struct status_instance *instance)
{
	struct status_instance *instances =
	    array_grow(status->instances, status->instance_count, sizeof *instances);

	if (instances == NULL)
		return -FCGI_E_SYSTEM;
	status->instances = instances;
	instances[status->instance_count++] = *instance;
	return 0;
}

void
status_reset(struct status *status)
{
	size_t i;

	for (i = 0; i < status->listener_count; i++)
		free(status->listeners[i].address);
	free(status->listeners);
	free(status->instances);
	status->listeners = NULL;
	status->instances = NULL;
	status->listener_count = 0;
	status->instance_count = 0;
}

static void
format_count(char *dst, size_t size, int64_t count)
{
	if (count < 0)
		snprintf(dst, size, "-");
	else
		snprintf(dst, size, "%" PRId64, count);
}

/* The two largest units: nobody wants the seconds of three days. */
static void
format_age(char *dst, size_t size, int64_t age_ms)
{
	int64_t s = age_ms / 1000;

	if (age_ms < 0)
		snprintf(dst, size, "-");
	else if (s < 1)
		snprintf(dst, size, "%" PRId64 "ms", age_ms);
	else if (s < 60)
		snprintf(dst, size, "%" PRId64 "s", s);
	else if (s < 3600)
		snprintf(dst, size, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(dst, size, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(dst, size, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
}

/* dst, size: at least HUMAN_SIZE bytes. */
static void
format_bytes(char *dst, size_t size, int64_t bytes)
{
	/* The size that it is given says how many characters there may be: 999, 9.9M, 128M. */
	if (bytes < 0)
		snprintf(dst, size, "-");
	else
		humanize_number(dst, HUMAN_SIZE, bytes, "", HN_AUTOSCALE, HN_NOSPACE | HN_DECIMAL);
}

/* Text of others between two of ours. */
static void
write_escaped(FILE *out, const char *text)
{
	char *escaped = text_escape_alloc(text, strlen(text), 0);

	fputs(escaped != NULL ? escaped : "?", out);
	free(escaped);
}

/*
 * A table whose columns are as wide as their widest cell.  The last one is not counted: it is
 * the only one that may hold text of any length.
 */
struct table {
	const char *const *heads;
	int columns;
	size_t rows;
	/* Formats a cell but one of the last column. */
	void (*cell)(char *dst, size_t size, const struct status *status, size_t row, int column);
	const char *(*last)(const struct status *status, size_t row);
};

static void
write_table(FILE *out, const struct status *status, const struct table *table)
{
	size_t widths[COLUMNS_MAX];
	char cell[CELL_MAX];
	size_t row;
	int column;

	if (table->rows == 0)
		return;
	for (column = 0; column < table->columns - 1; column++) {
		widths[column] = strlen(table->heads[column]);
		for (row = 0; row < table->rows; row++) {
			table->cell(cell, sizeof cell, status, row, column);
			if (strlen(cell) > widths[column])
				widths[column] = strlen(cell);
		}
	}
	fputc('\n', out);
	for (column = 0; column < table->columns - 1; column++)
		fprintf(out, "%*s  ", (int)widths[column], table->heads[column]);
	fprintf(out, "%s\n", table->heads[column]);
	for (row = 0; row < table->rows; row++) {
		for (column = 0; column < table->columns - 1; column++) {
			table->cell(cell, sizeof cell, status, row, column);
			fprintf(out, "%*s  ", (int)widths[column], cell);
		}
		write_escaped(out, table->last(status, row));
		fputc('\n', out);
	}
}

enum { LISTENER_QUEUE, LISTENER_BACKLOG, LISTENER_DROPS, LISTENER_ADDRESS };

static void
listener_cell(char *dst, size_t size, const struct status *status, size_t row, int column)
{
	const struct queue *queue = &status->listeners[row].queue;

	switch (column) {
	case LISTENER_QUEUE:
		format_count(dst, size, queue->len);
		break;
	case LISTENER_BACKLOG:
		format_count(dst, size, queue->limit);
		break;
	default:
		format_count(dst, size, queue->drops);
	}
}

static const char *
listener_last(const struct status *status, size_t row)
{
	return status->listeners[row].address;
}

enum {
	INSTANCE_NUMBER,
	INSTANCE_PID,
	INSTANCE_AGE,
	INSTANCE_RSS,
	INSTANCE_RESTARTS,
	INSTANCE_STATE,
};

static void
instance_cell(char *dst, size_t size, const struct status *status, size_t row, int column)
{
	const struct status_instance *instance = &status->instances[row];

	switch (column) {
	case INSTANCE_NUMBER:
		format_count(dst, size, instance->number);
		break;
	case INSTANCE_PID:
		format_count(dst, size, instance->pid > 0 ? instance->pid : -1);
		break;
	case INSTANCE_AGE:
		format_age(dst, size, instance->age_ms);
		break;
	case INSTANCE_RSS:
		format_bytes(dst, size, instance->rss);
		break;
	default:
		format_count(dst, size, instance->restarts);
	}
}

static const char *
instance_last(const struct status *status, size_t row)
{
	return status->instances[row].state;
}

static void
write_heading(FILE *out, const struct status *status)
{
	time_t since = (time_t)status->since_s;
	char when[CELL_MAX] = "?";
	struct tm tm;
	char next[32];

	if (gmtime_r(&since, &tm) != NULL)
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &tm);
	write_escaped(out, status->application);
	fprintf(out, ": %s, %d of %d instances\n", status->state, status->running, status->wanted);
	fprintf(out, "supervisor %ld since %s\n", (long)status->supervisor, when);
	fprintf(out, "generation %u, restarts %u, failures in a row %u", status->generation,
	    status->restarts, status->failures);
	if (status->next_start_ms >= 0)
		fprintf(out, ", next start in %s",
		    clock_format_duration(next, sizeof next,
			status->next_start_ms * CLOCK_NS_PER_MS));
	fputc('\n', out);
}

void
status_write_text(FILE *out, const struct status *status)
{
	static const char *const listener_heads[] = {
		[LISTENER_QUEUE] = "QUEUE",
		[LISTENER_BACKLOG] = "BACKLOG",
		[LISTENER_DROPS] = "DROPS",
		[LISTENER_ADDRESS] = "LISTENER",
	};
	static const char *const instance_heads[] = {
		[INSTANCE_NUMBER] = "INSTANCE",
		[INSTANCE_PID] = "PID",
		[INSTANCE_AGE] = "AGE",
		[INSTANCE_RSS] = "RSS",
		[INSTANCE_RESTARTS] = "RESTARTS",
		[INSTANCE_STATE] = "STATE",
	};
	const struct table listeners = { listener_heads, LISTENER_ADDRESS + 1,
		status->listener_count, listener_cell, listener_last };
	const struct table instances = { instance_heads, INSTANCE_STATE + 1,
		status->instance_count, instance_cell, instance_last };

	write_heading(out, status);
	write_table(out, status, &listeners);
	write_table(out, status, &instances);
}

/* null for what is not known. */
static void
json_known(struct json *json, const char *key, int64_t value)
{
	json_key(json, key);
	if (value < 0)
		json_null(json);
	else
		json_int(json, value);
}

static void
json_word(struct json *json, const char *key, const char *value)
{
	json_key(json, key);
	json_text(json, value);
}

static void
json_listeners(struct json *json, const struct status *status)
{
	const struct status_listener *listener;
	size_t i;

	json_key(json, "listeners");
	json_array_begin(json);
	for (i = 0; i < status->listener_count; i++) {
		listener = &status->listeners[i];
		json_object_begin(json);
		json_word(json, "address", listener->address);
		json_known(json, "queue", listener->queue.len);
		json_known(json, "backlog", listener->queue.limit);
		json_known(json, "drops", listener->queue.drops);
		json_object_end(json);
	}
	json_array_end(json);
}

static void
json_instances(struct json *json, const struct status *status)
{
	const struct status_instance *instance;
	size_t i;

	json_key(json, "instances");
	json_array_begin(json);
	for (i = 0; i < status->instance_count; i++) {
		instance = &status->instances[i];
		json_object_begin(json);
		json_known(json, "number", instance->number);
		json_known(json, "pid", instance->pid > 0 ? instance->pid : -1);
		json_word(json, "state", instance->state);
		json_known(json, "age_ms", instance->age_ms);
		json_known(json, "rss", instance->rss);
		json_known(json, "restarts", instance->restarts);
		json_object_end(json);
	}
	json_array_end(json);
}

void
status_write_json(FILE *out, const struct status *status)
{
	struct json json;

	json_init(&json, json_to_file, out);
	json_object_begin(&json);
	json_known(&json, "supervisor", status->supervisor);
	json_known(&json, "since", status->since_s);
	json_word(&json, "application", status->application);
	json_word(&json, "state", status->state);
	json_known(&json, "generation", status->generation);
	json_known(&json, "wanted", status->wanted);
	json_known(&json, "running", status->running);
	json_known(&json, "restarts", status->restarts);
	json_known(&json, "failures", status->failures);
	json_known(&json, "next_start_ms", status->next_start_ms);
	json_listeners(&json, status);
	json_instances(&json, status);
	json_object_end(&json);
	/* A failed write stands in the stream too. */
	(void)json_finish(&json);
	fputc('\n', out);
}
