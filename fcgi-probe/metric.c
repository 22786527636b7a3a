#include "metric.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "number.h"

#define BIT(metric) (UINT32_C(1) << (metric))

/* Where php-fpm has a name for it in its own OpenMetrics page, that is the family's. */
const struct metric_about metric_about[METRIC_COUNT] = {
	[METRIC_TIME] = { "time", "s", "fcgi_probe_duration_seconds",
	    "Time from the start of the probe to its end.", METRIC_GAUGE },
	[METRIC_CONNECT] = { "connect", "s", "fcgi_probe_connect_seconds",
	    "Time until the connection was there.", METRIC_GAUGE },
	[METRIC_FIRST_BYTE] = { "first_byte", "s", "fcgi_probe_first_byte_seconds",
	    "Time until the first byte of the output came.", METRIC_GAUGE },
	[METRIC_SIZE] = { "size", "B", "fcgi_probe_stdout_bytes",
	    "Bytes of output, the header block included.", METRIC_GAUGE },
	[METRIC_QUEUE] = { "queue", "", "fcgi_probe_queue",
	    "Connections that wait to be accepted.", METRIC_GAUGE },
	[METRIC_QUEUE_PCT] = { "queue_pct", "%", "fcgi_probe_queue_percent",
	    "Connections that wait, in percent of the limit.", METRIC_GAUGE },
	[METRIC_QUEUE_LIMIT] = { "queue_limit", "", "fcgi_probe_queue_limit",
	    "Connections that may wait, as given to listen(2).", METRIC_GAUGE },
	[METRIC_QUEUE_DROPS] = { "queue_drops", "c", "fcgi_probe_queue_drops",
	    "Connections turned away because the queue was full.", METRIC_COUNTER },
	[METRIC_CONNECTIONS] = { "connections", "", "fcgi_probe_connections",
	    "Connections that were accepted and are open.", METRIC_GAUGE },
	[METRIC_IDLE] = { "idle", "", "phpfpm_idle_processes",
	    "Processes that wait for a request.", METRIC_GAUGE },
	[METRIC_ACTIVE] = { "active", "", "phpfpm_active_processes",
	    "Processes that work for a client.", METRIC_GAUGE },
	[METRIC_READING] = { "reading", "", "phpfpm_reading_processes",
	    "Processes that wait for the rest of a request.", METRIC_GAUGE },
	[METRIC_RUNNING] = { "running", "", "phpfpm_running_processes",
	    "Processes that run a script.", METRIC_GAUGE },
	[METRIC_FINISHING] = { "finishing", "", "phpfpm_finishing_processes",
	    "Processes that end a request.", METRIC_GAUGE },
	[METRIC_TOTAL] = { "total", "", "phpfpm_total_processes",
	    "Processes that there are.", METRIC_GAUGE },
	[METRIC_SATURATION] = { "saturation", "%", "phpfpm_saturation_percent",
	    "Active processes, in percent of those that there may be.", METRIC_GAUGE },
	[METRIC_MAX_ACTIVE] = { "max_active", "", "phpfpm_max_active_processes",
	    "The most processes that were active at once.", METRIC_GAUGE },
	[METRIC_MAX_CHILDREN_REACHED] = { "max_children_reached", "c",
	    "phpfpm_max_children_reached",
	    "How often a process was missing for pm.max_children.", METRIC_COUNTER },
	[METRIC_SLOW_REQUESTS] = { "slow_requests", "c", "phpfpm_slow_requests",
	    "Requests that took longer than request_slowlog_timeout.", METRIC_COUNTER },
	[METRIC_ACCEPTED_CONN] = { "accepted_conn", "c", "phpfpm_accepted_connections",
	    "Connections that were accepted.", METRIC_COUNTER },
	[METRIC_MAX_QUEUE] = { "max_queue", "", "phpfpm_max_listen_queue",
	    "The most connections that waited at once, as far as php-fpm knows.", METRIC_GAUGE },
	[METRIC_LONGEST_REQUEST] = { "longest_request", "s", "phpfpm_longest_request_seconds",
	    "Time that the longest of the running requests has taken so far.", METRIC_GAUGE },
	[METRIC_MOST_REQUESTS] = { "most_requests", "", "phpfpm_most_process_requests",
	    "The most requests that one process has served.", METRIC_GAUGE },
	[METRIC_OLDEST_PROCESS] = { "oldest_process", "s", "phpfpm_oldest_process_seconds",
	    "Age of the oldest process.", METRIC_GAUGE },
	[METRIC_LAST_CPU] = { "last_cpu", "%", "phpfpm_last_request_cpu_percent",
	    "The most processor time that a process took for its last request.", METRIC_GAUGE },
	[METRIC_LAST_MEMORY] = { "last_memory", "B", "phpfpm_last_request_memory_bytes",
	    "The most memory that a process took for its last request.", METRIC_GAUGE },
	[METRIC_UPTIME] = { "uptime", "s", "phpfpm_start_since",
	    "Seconds since the pool was started.", METRIC_GAUGE },
	[METRIC_MEMORY_PEAK] = { "memory_peak", "B", "phpfpm_memory_peak",
	    "The most memory that a request has taken, in bytes.", METRIC_GAUGE },
	[METRIC_LARGEST_BODY] = { "largest_body", "B", "phpfpm_largest_body_bytes",
	    "Bytes of the largest body that a running request has.", METRIC_GAUGE },
};

static void
set(struct metrics *metrics, enum metric metric, double value)
{
	metrics->has |= BIT(metric);
	metrics->value[metric] = value;
}

static void
set_count(struct metrics *metrics, enum metric metric, int64_t count)
{
	if (count >= 0)
		set(metrics, metric, (double)count);
}

/* at_ns: 0 when it did not happen. */
static void
set_time(struct metrics *metrics, enum metric metric, const struct observation *seen, int64_t at_ns)
{
	if (seen->start_ns > 0 && at_ns >= seen->start_ns)
		set(metrics, metric, (double)(at_ns - seen->start_ns) / (double)CLOCK_NS_PER_S);
}

/*
 * The kernel is asked first; php-fpm knows of TCP only, but also where the kernel is another's.
 */
static void
take_queue(struct metrics *metrics, const struct observation *seen)
{
	int64_t len = seen->queue.len, limit = seen->queue.limit;

	if (len < 0 && seen->has_fpm && seen->fpm.listen_queue_len > 0) {
		len = seen->fpm.listen_queue;
		limit = seen->fpm.listen_queue_len;
	}
	set_count(metrics, METRIC_QUEUE, len);
	set_count(metrics, METRIC_QUEUE_LIMIT, limit);
	set_count(metrics, METRIC_QUEUE_DROPS, seen->queue.drops);
	set_count(metrics, METRIC_CONNECTIONS, seen->queue.busy);
	if (len >= 0 && limit > 0)
		set(metrics, METRIC_QUEUE_PCT, 100 * (double)len / (double)limit);
	else if (len >= 0 && limit == 0)
		set(metrics, METRIC_QUEUE_PCT, len > 0 ? 100 : 0);
}

/*
 * The processes are counted one by one, for the summary's numbers are wrong for a while after a
 * connection with FCGI_KEEP_CONN.  The process that answers us was idle and will be again.
 */
static void
take_processes(struct metrics *metrics, const struct fpm_status *fpm,
    const struct metric_context *context)
{
	int64_t active = fpm->active_processes, idle = fpm->idle_processes;
	int64_t total = fpm->total_processes, most = context->max_children;

	if (fpm->processes >= 0) {
		idle = fpm->in_state[FPM_IDLE] + fpm->ours;
		total = fpm->processes;
		active = total - idle;
		set_count(metrics, METRIC_READING, fpm->in_state[FPM_READING]);
		set_count(metrics, METRIC_RUNNING, fpm->in_state[FPM_RUNNING] - fpm->ours);
		set_count(metrics, METRIC_FINISHING, fpm->in_state[FPM_FINISHING]);
		set(metrics, METRIC_LONGEST_REQUEST,
		    fpm->longest.duration_us > 0 ? (double)fpm->longest.duration_us / 1e6 : 0);
	}
	set_count(metrics, METRIC_IDLE, idle);
	set_count(metrics, METRIC_ACTIVE, active);
	set_count(metrics, METRIC_TOTAL, total);
	/* Others start processes as they are needed: active of total would say nothing. */
	if (most == 0 && strcmp(fpm->process_manager, "static") == 0)
		most = total;
	if (most > 0 && active >= 0)
		set(metrics, METRIC_SATURATION, 100 * (double)active / (double)most);
}

static void
take_fpm(struct metrics *metrics, const struct fpm_status *fpm,
    const struct metric_context *context)
{
	take_processes(metrics, fpm, context);
	set_count(metrics, METRIC_MAX_ACTIVE, fpm->max_active_processes);
	set_count(metrics, METRIC_MAX_CHILDREN_REACHED, fpm->max_children_reached);
	set_count(metrics, METRIC_SLOW_REQUESTS, fpm->slow_requests);
	set_count(metrics, METRIC_ACCEPTED_CONN, fpm->accepted_conn);
	/* On a UNIX socket it is 0 because php-fpm does not know better. */
	if (fpm->listen_queue_len > 0)
		set_count(metrics, METRIC_MAX_QUEUE, fpm->max_listen_queue);
	set_count(metrics, METRIC_MOST_REQUESTS, fpm->most_requests);
	set_count(metrics, METRIC_OLDEST_PROCESS, fpm->oldest);
	if (fpm->last_cpu >= 0)
		set(metrics, METRIC_LAST_CPU, fpm->last_cpu);
	set_count(metrics, METRIC_LAST_MEMORY, fpm->last_memory);
	set_count(metrics, METRIC_UPTIME, fpm->start_since);
	set_count(metrics, METRIC_MEMORY_PEAK, fpm->memory_peak);
	set_count(metrics, METRIC_LARGEST_BODY, fpm->largest_body);
}

void
metrics_take(struct metrics *metrics, const struct observation *seen,
    const struct metric_context *context)
{
	metrics->has = metrics->has_delta = 0;
	set_time(metrics, METRIC_TIME, seen, seen->end_ns);
	set_time(metrics, METRIC_CONNECT, seen, seen->connected_ns);
	set_time(metrics, METRIC_FIRST_BYTE, seen, seen->first_byte_ns);
	if (seen->stdout_len > 0 || seen->has_request_end)
		set(metrics, METRIC_SIZE, (double)seen->stdout_len);
	take_queue(metrics, seen);
	if (seen->has_fpm)
		take_fpm(metrics, &seen->fpm, context);
}

void
metrics_compare(struct metrics *metrics, const struct metrics *before)
{
	uint32_t both = metrics->has & before->has;
	int is_new_pool = both & BIT(METRIC_UPTIME) &&
	    metrics->value[METRIC_UPTIME] < before->value[METRIC_UPTIME];
	int metric, is_new;

	metrics->has_delta = 0;
	for (metric = 0; metric < METRIC_COUNT; metric++) {
		if (metric_about[metric].kind != METRIC_COUNTER || !(both & BIT(metric)))
			continue;
		is_new = metrics->value[metric] < before->value[metric] ||
		    (is_new_pool && metric != METRIC_QUEUE_DROPS);
		metrics->has_delta |= BIT(metric);
		metrics->delta[metric] = metrics->value[metric] -
		    (is_new ? 0 : before->value[metric]);
	}
}

int
metric_is_kept(enum metric metric)
{
	return metric_about[metric].kind == METRIC_COUNTER || metric == METRIC_UPTIME;
}

void
metrics_keep(struct metrics *before, const struct metrics *now)
{
	int metric;

	for (metric = 0; metric < METRIC_COUNT; metric++)
		if (metric_is_kept((enum metric)metric) && now->has & BIT(metric))
			set(before, (enum metric)metric, now->value[metric]);
}

int
metric_find(const char *name, size_t len)
{
	int metric;

	for (metric = 0; metric < METRIC_COUNT; metric++)
		if (strlen(metric_about[metric].name) == len &&
		    memcmp(metric_about[metric].name, name, len) == 0)
			return metric;
	return -1;
}

static int
figure_time(double *value, const char *text, size_t len)
{
	char duration[40];
	int64_t ns;

	if (len >= sizeof duration)
		return -FCGI_E_SYNTAX;
	memcpy(duration, text, len);
	duration[len] = '\0';
	if (clock_parse_duration(duration, &ns) < 0)
		return -FCGI_E_SYNTAX;
	*value = (double)ns / (double)CLOCK_NS_PER_S;
	return 0;
}

static int
figure_percentage(double *value, const char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '%')
		len--;
	return number_decimal(value, text, len);
}

/* As many digits as other figures have. */
#define BYTES_MAX 1e15

static int
figure_bytes(double *value, const char *text, size_t len)
{
	static const char units[] = "kKmMgGtT";
	const char *unit = len > 0 ? memchr(units, text[len - 1], sizeof units - 1) : NULL;
	double factor = 1;
	ptrdiff_t i;

	if (unit != NULL) {
		len--;
		for (i = 0; i <= (unit - units) / 2; i++)
			factor *= 1024;
	}
	if (number_decimal(value, text, len) < 0 || *value * factor >= BYTES_MAX)
		return -FCGI_E_SYNTAX;
	*value *= factor;
	return 0;
}

int
metric_parse_range(struct range *range, enum metric metric, const char *text)
{
	switch (*metric_about[metric].unit) {
	case 's':
		return range_parse(range, text, figure_time);
	case '%':
		return range_parse(range, text, figure_percentage);
	case 'B':
		return range_parse(range, text, figure_bytes);
	default:
		return range_parse(range, text, number_decimal);
	}
}

static void
format_bytes(char *dst, size_t size, double value)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	size_t i = 0;

	while (i + 1 < sizeof units / sizeof *units && value >= 1024) {
		value /= 1024;
		i++;
	}
	snprintf(dst, size, i == 0 ? "%.0f %s" : "%.1f %s", value, units[i]);
}

char *
metric_format(char *dst, size_t size, enum metric metric, double value)
{
	switch (*metric_about[metric].unit) {
	case 's':
		if (value > 0 && value < 0.0001)
			snprintf(dst, size, "%.3g us", value * 1e6);
		else if (value > 0 && value < 0.0995)
			snprintf(dst, size, "%.3g ms", value * 1000);
		else
			snprintf(dst, size, value < 99.95 ? "%.3g s" : "%.0f s", value);
		break;
	case '%':
		snprintf(dst, size, "%.4g%%", value);
		break;
	case 'B':
		format_bytes(dst, size, value);
		break;
	default:
		snprintf(dst, size, "%.15g", value);
	}
	return dst;
}
