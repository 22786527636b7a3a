#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "result.h"

/* From here on a figure says more about the client or the machine than about the application. */
static const double busy_max = 0.9;	   /* share of an interval that a thread was busy */
static const double lateness_share = 0.1;  /* of the response's median */
static const int64_t lateness_ns = 1000000;
static const double late_max = 0.01;	  /* share of requests that may be later than that ... */
static const double late_times = 10;	  /* ... or so many of them */
static const double achieved_min = 0.99;   /* share of what was asked for */
static const double steal_max = 0.05;
static const double no_free_max = 0.01;	   /* share of requests that found every connection busy */
static const double no_free_often = 0.5;   /* of which it is no pause any more */
static const double came_min = 0.99;	   /* share of the answers that came in the window */
static const double late_factor = 3;	   /* of which so much for the share of time we were late */

static void diagnose(struct result *result, enum diagnosis_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
diagnose(struct result *result, enum diagnosis_kind kind, const char *format, ...)
{
	struct diagnosis *diagnosis = &result->diagnoses[result->diagnosis_count++];
	va_list arguments;

	diagnosis->kind = kind;
	va_start(arguments, format);
	vsnprintf(diagnosis->text, sizeof diagnosis->text, format, arguments);
	va_end(arguments);
}

static const char *
plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* --- the application -------------------------------------------------------------------------- */

static void
diagnose_starved(struct result *result)
{
	uint64_t used = result->total.connections_used, starved = result->total.connections_starved;

	/* Without -k whoever had no answer had no connection either. */
	if (!result->plan->keep_alive || starved == 0 || used == 0)
		return;
	diagnose(result, DIAGNOSIS_STARVED,
	    "%" PRIu64 " of %" PRIu64 " connections never had an answer: the application serves %"
	    PRIu64 " at a time, always the same; use -c %" PRIu64
	    ", give it more workers, or leave -k out", starved, used + starved, used, used);
}

static uint64_t
count_failed_connects(const struct result *result, enum failure_kind kind, int64_t number)
{
	const struct failure_table *table = &result->total.failures;
	const struct failure_row *row;
	uint64_t times = 0;

	for (row = table->rows; row < table->rows + table->count; row++)
		if (row->failure.phase == FAILURE_CONNECT && row->failure.kind == kind &&
		    row->failure.number == number)
			times += row->times;
	return times;
}

/* Connections that nobody listened for. */
static uint64_t
count_refused(const struct result *result)
{
	return count_failed_connects(result, FAILURE_ERRNO, ECONNREFUSED) +
	    count_failed_connects(result, FAILURE_ERRNO, ENOENT);
}

static void
diagnose_gone(struct result *result)
{
	uint64_t times = count_refused(result);

	if (times == 0 || result->total.complete == 0)
		return;
	diagnose(result, DIAGNOSIS_GONE,
	    "%" PRIu64 " connection%s found nobody listening though others were answered: %s",
	    times, plural(times), result->plan->target_count > 1
		? "a target is not served, or its application ended in mid-run"
		: "the application ended in mid-run, or was started anew");
}

static void
diagnose_backlog(struct result *result)
{
	uint64_t times = count_failed_connects(result, FAILURE_ERRNO, EAGAIN);
	char backlog[48] = "";

	if (times == 0)
		return;
	if (result->server_backlog > 0)
		snprintf(backlog, sizeof backlog, " (a backlog of %" PRId64 ")",
		    result->server_backlog);
	diagnose(result, DIAGNOSIS_BACKLOG_FULL,
	    "%" PRIu64 " connection%s turned away because the application's queue was full%s: let "
	    "it listen with a longer one, or use fewer connections", times,
	    times == 1 ? " was" : "s were", backlog);
}

static void
diagnose_syn(struct result *result)
{
	const uint64_t *slow = result->total.slow_connects;
	uint64_t in_vain = count_failed_connects(result, FAILURE_TIMEOUT, 0);
	uint64_t late = slow[0] + slow[1] + slow[2], times = late + in_vain;
	char backlog[48] = "";

	if (times == 0)
		return;
	if (result->server_backlog > 0)
		snprintf(backlog, sizeof backlog, " of %" PRId64, result->server_backlog);
	if (result->total.connects == 0)
		diagnose(result, DIAGNOSIS_SYN_RETRANSMISSION,
		    "%" PRIu64 " connection%s had no answer at all in the time given: no host has "
		    "that address, a firewall drops what is sent there, or the application's "
		    "backlog%s is full", times, plural(times), backlog);
	else if (late == 0)
		diagnose(result, DIAGNOSIS_SYN_RETRANSMISSION,
		    "%" PRIu64 " connection%s took longer than the time given: SYNs were lost, most "
		    "often because the application's backlog%s was full, else on their way", times,
		    plural(times), backlog);
	else
		diagnose(result, DIAGNOSIS_SYN_RETRANSMISSION,
		    "%" PRIu64 " connection%s took about 1, 3 or 7 s%s: a SYN was lost and sent "
		    "again, most often because the application's backlog%s was full", times,
		    plural(times), in_vain > 0 ? ", or longer than they were given" : "", backlog);
}

static void
diagnose_keep_alive(struct result *result)
{
	uint64_t refused = result->total.refused_keep_alive;
	uint64_t closed = result->total.reconnects;
	uint64_t answers = result->total.complete + result->total.failures.total;

	if (!result->plan->keep_alive || answers == 0)
		return;
	if (2 * refused > answers)
		diagnose(result, DIAGNOSIS_KEEP_ALIVE_REFUSED,
		    "the application refuses keep-alive: it closed %" PRIu64
		    " connections after an answer; each request costs a connection, as it does "
		    "without -k", refused);
	else if (closed > 0 && count_refused(result) == 0)
		diagnose(result, DIAGNOSIS_KEEP_ALIVE_REFUSED,
		    "the application closed %" PRIu64 " connection%s that it was asked to keep, "
		    "one in about %" PRIu64 " requests: a limit of its own?", closed,
		    plural(closed), answers / closed);
}

static void
diagnose_ports(struct result *result)
{
	uint64_t times = count_failed_connects(result, FAILURE_ERRNO, EADDRNOTAVAIL);
	const struct plan *plan = result->plan;
	const char *advice = "use -k";

	if (times == 0)
		return;
	if (plan->keep_alive)
		advice = plan->requests_per_connection > 0
		    ? "keep them for more requests"
		    : "use fewer (-c)";
	diagnose(result, DIAGNOSIS_PORTS_EXHAUSTED,
	    "%" PRIu64 " request%s found no free port of ours for a connection: closed ones keep "
	    "theirs for a minute; %s, a UNIX socket, or widen net.ipv4.ip_local_port_range", times,
	    plural(times), advice);
}

/* Whether the request was answered after all, but with something else. */
static int
is_answered(const struct failure *failure)
{
	return failure->phase == FAILURE_VALID || failure->kind == FAILURE_PROTOCOL_STATUS ||
	    failure->kind == FAILURE_APP_STATUS || failure->kind == FAILURE_HEADER;
}

static void
diagnose_errors(struct result *result)
{
	const struct failure_table *table = &result->total.failures;
	const struct failure_row *row, *most = NULL;
	char cause[FAILURE_CAUSE_MAX];
	uint64_t answered = 0;

	for (row = table->rows; row < table->rows + table->count; row++) {
		if (!is_answered(&row->failure))
			continue;
		answered += row->times;
		if (most == NULL || row->times > most->times)
			most = row;
	}
	if (answered == 0)
		return;
	diagnose(result, DIAGNOSIS_FAST_ERRORS,
	    "%" PRIu64 " of %" PRIu64 " answers were not valid (%s): an error may be faster than "
	    "the page, so they count neither in the rate nor in the latencies", answered,
	    answered + result->total.complete, failure_cause(cause, sizeof cause, &most->failure));
}

static void
diagnose_fpm(struct result *result)
{
	if (!result->plan->keep_alive || strncmp(result->server_name, "php-fpm", 7) != 0)
		return;
	diagnose(result, DIAGNOSIS_FPM_COUNTERS,
	    "php-fpm counts the requests of a kept connection wrongly: \"max active processes\" of "
	    "its status page stays too high until it is restarted; measure without -k to spare it");
}

/* --- the client and the machine --------------------------------------------------------------- */

static void
diagnose_client(struct result *result)
{
	double busy = (double)result->total.busy_ns / (double)CLOCK_NS_PER_S;

	if (busy <= busy_max)
		return;
	result->client_saturated = 1;
	diagnose(result, DIAGNOSIS_CLIENT_SATURATED,
	    "a thread of the client had the processor for %.0f %% of an interval: the figures are "
	    "its limit as much as the application's; give it more threads (-t) or a machine of its "
	    "own", 100 * busy);
}

/* Share of its time that the client was late by its own doing. */
static double
late_share(const struct tally *total)
{
	return total->wall_ns > 0 ? (double)total->late_ns / (double)total->wall_ns : 0;
}

/* How many requests were due; of those that were not sent only some have failed. */
static uint64_t
count_due(const struct tally *total)
{
	return total->complete + total->failures.total + total->unsent -
	    failure_times(&total->failures, FAILURE_UNSENT);
}

/* Share of the requests that found every connection busy when they were due. */
static double
no_free_share(const struct tally *total)
{
	uint64_t due = count_due(total);

	return due > 0 ? (double)total->no_free / (double)due : 0;
}

/*
 * Whether it is the application that keeps the connections busy.  A client that was late has much
 * to send at once, and finds them busy for that.
 */
static int
is_served_late(const struct tally *total)
{
	double share = no_free_share(total);

	return share > no_free_max && share > late_factor * late_share(total);
}

/* How many requests were due in the window; at random, as few as there may well have been. */
static double
count_asked(const struct result *result)
{
	const struct plan *plan = result->plan;
	int64_t window_ns = (int64_t)(result->duration_s * (double)CLOCK_NS_PER_S);
	double asked = schedule_expected(&plan->schedule, plan->warmup_ns + window_ns) -
	    schedule_expected(&plan->schedule, plan->warmup_ns);

	if (plan->schedule.arrival == SCHEDULE_POISSON)
		asked -= 3 * sqrt(asked);
	return asked;
}

/*
 * The percentile of lateness that has to be small, so that 1 % may be late; of few requests ten,
 * which no percentile shows that is told of so few, or half of fewer than twenty.
 */
static double
late_percent(const struct histogram *lateness)
{
	double count = (double)lateness->count;
	double permitted = fmax(late_max * count, fmin(late_times, count / 2));

	return 100 - 100 * permitted / count;
}

static void
diagnose_late(struct result *result)
{
	const struct histogram *spans = result->total.spans;
	double percent = late_percent(&spans[TALLY_LATENESS]);
	uint64_t late_ns = histogram_percentile_ns(&spans[TALLY_LATENESS], percent);
	double allowed_ns =
	    lateness_share * (double)histogram_percentile_ns(&spans[TALLY_RESPONSE], 50);
	char late[32], often[96] = "";

	if ((double)late_ns <= fmax(allowed_ns, (double)lateness_ns))
		return;
	if (result->total.involuntary > 0)
		snprintf(often, sizeof often,
		    ", and other processes took the processor from us %" PRIu64 " times",
		    result->total.involuntary);
	diagnose(result, DIAGNOSIS_SCHEDULE_MISSED,
	    "requests were sent late though connections were free: p%.3g of lateness is %s%s; "
	    "give the client processors of its own, or ask for less",
	    percent, clock_format_duration(late, sizeof late, (int64_t)late_ns), often);
}

static void
diagnose_few(struct result *result)
{
	double sent = (double)(count_due(&result->total) - result->total.unsent);
	double asked = count_asked(result);

	if (result_has_diagnosis(result, DIAGNOSIS_SCHEDULE_MISSED) || sent >= achieved_min * asked)
		return;
	diagnose(result, DIAGNOSIS_SCHEDULE_MISSED,
	    "%.1f %% of the requests asked for were sent, though connections were free: the client "
	    "is at its limit", 100 * sent / asked);
}

/* What was late is the application's doing, or else ours. */
static void
diagnose_schedule(struct result *result)
{
	if (!result->plan->open_loop || result->total.complete == 0 ||
	    is_served_late(&result->total))
		return;
	diagnose_late(result);
	diagnose_few(result);
	if (result_has_diagnosis(result, DIAGNOSIS_SCHEDULE_MISSED))
		result->client_saturated = 1;
}

static void
diagnose_steal(struct result *result)
{
	if (result->steal <= steal_max)
		return;
	diagnose(result, DIAGNOSIS_STEAL,
	    "other guests of this machine had %.0f %% of its processor time (steal): repeat when "
	    "they are quiet", 100 * result->steal);
}

/* The others are read without a system call. */
static void
diagnose_clock(struct result *result)
{
	static const char *const slow[] = { "hpet", "acpi_pm", "pit", "jiffies",
		"refined-jiffies" };
	size_t i;

	for (i = 0; i < sizeof slow / sizeof *slow; i++)
		if (strcmp(result->host.clocksource, slow[i]) == 0)
			diagnose(result, DIAGNOSIS_CLOCK,
			    "the kernel's clock is %s: each look at it is a system call, and there "
			    "are several in a request; boot with clocksource=tsc if it is stable",
			    slow[i]);
}

/* --- how to read it --------------------------------------------------------------------------- */

static void
diagnose_server(struct result *result)
{
	double share = no_free_share(&result->total);

	/* Where there was no connection, there was none to be free. */
	if (!result->plan->open_loop || result->total.connects == 0 ||
	    !is_served_late(&result->total))
		return;
	diagnose(result, DIAGNOSIS_SERVER_SATURATED,
	    "%.0f %% of the requests found every connection busy: %s", 100 * share,
	    share > no_free_often
		? "the application is at its limit, or -c is too low for that rate"
		: "the application pauses at times, or its requests come in bursts that -c is "
		  "too low for");
}

static void
diagnose_loop(struct result *result)
{
	const struct plan *plan = result->plan;

	if (plan->open_loop || result->total.complete == 0)
		return;
	diagnose(result, DIAGNOSIS_CLOSED_LOOP,
	    "closed loop: while the application pauses nothing is sent, so its pauses are "
	    "under-represented; these are service times, use -R for what users would see");
	if (plan->connections * plan->streams == 1 && plan->spin != PLAN_SPIN_ALWAYS)
		diagnose(result, DIAGNOSIS_WAKE_UP,
		    "one request at a time mostly measures how fast the machine wakes up "
		    "processes; use more connections, or --spin=always to leave out our half");
}

/* At the begin of the window no answers were on their way yet, or fewer than there are later. */
static void
diagnose_warm_up(struct result *result)
{
	const struct tally *total = &result->total;
	int64_t warmup_ns = result->plan->warmup_ns;
	double mean_ns = histogram_mean_ns(&total->spans[TALLY_SERVICE]);
	char warmup[32], mean[32];

	if ((double)total->in_window >= came_min * (double)total->complete ||
	    (double)warmup_ns >= mean_ns)
		return;
	diagnose(result, DIAGNOSIS_WARM_UP,
	    "the rate is too low: a warm-up of %s is shorter than an answer, which takes %s on "
	    "average; use a longer one (-w)",
	    clock_format_duration(warmup, sizeof warmup, warmup_ns),
	    clock_format_duration(mean, sizeof mean,
		(int64_t)mean_ns));
}

/* Nobody runs for longer; nor does a duration hold much more. */
static const double longest_s = 1e9;

static void
diagnose_percentiles(struct result *result)
{
	static const double percents[] = { 50, 90, 99, 99.9, 99.99 };
	const struct histogram *histogram =
	    &result->total.spans[result->plan->open_loop ? TALLY_RESPONSE : TALLY_SERVICE];
	char duration[32];
	double needed_s;
	size_t i;

	for (i = 0; i < sizeof percents / sizeof *percents; i++) {
		if (histogram_valid(histogram, percents[i]))
			continue;
		if (result->rps <= 0)
			return;
		needed_s = ceil((double)histogram_needed(percents[i]) / result->rps);
		needed_s = fmin(needed_s, longest_s);
		diagnose(result, DIAGNOSIS_PERCENTILES,
		    "p%g needs %" PRIu64 " answers to mean something: run for %s at this rate",
		    percents[i], histogram_needed(percents[i]),
		    clock_format_duration(duration, sizeof duration,
			(int64_t)(needed_s * (double)CLOCK_NS_PER_S)));
		return;
	}
}

/* --- all of it -------------------------------------------------------------------------------- */

void
result_diagnose(struct result *result)
{
	result->diagnosis_count = 0;
	result->client_saturated = 0;
	diagnose_starved(result);
	diagnose_gone(result);
	diagnose_backlog(result);
	diagnose_syn(result);
	diagnose_keep_alive(result);
	diagnose_ports(result);
	diagnose_errors(result);
	diagnose_fpm(result);
	diagnose_client(result);
	diagnose_schedule(result);
	diagnose_steal(result);
	diagnose_clock(result);
	diagnose_server(result);
	diagnose_loop(result);
	diagnose_warm_up(result);
	diagnose_percentiles(result);
}

int
result_has_diagnosis(const struct result *result, enum diagnosis_kind kind)
{
	size_t i;

	for (i = 0; i < result->diagnosis_count; i++)
		if (result->diagnoses[i].kind == kind)
			return 1;
	return 0;
}

const char *
diagnosis_name(enum diagnosis_kind kind)
{
	static const char *const names[DIAGNOSIS_KINDS] = {
		[DIAGNOSIS_STARVED] = "starved",
		[DIAGNOSIS_GONE] = "gone",
		[DIAGNOSIS_BACKLOG_FULL] = "backlog-full",
		[DIAGNOSIS_SYN_RETRANSMISSION] = "syn-retransmission",
		[DIAGNOSIS_KEEP_ALIVE_REFUSED] = "keep-alive-refused",
		[DIAGNOSIS_PORTS_EXHAUSTED] = "ports-exhausted",
		[DIAGNOSIS_FAST_ERRORS] = "errors",
		[DIAGNOSIS_FPM_COUNTERS] = "fpm-counters",
		[DIAGNOSIS_CLIENT_SATURATED] = "client-saturated",
		[DIAGNOSIS_SCHEDULE_MISSED] = "schedule-missed",
		[DIAGNOSIS_STEAL] = "steal",
		[DIAGNOSIS_CLOCK] = "clock",
		[DIAGNOSIS_SERVER_SATURATED] = "server-saturated",
		[DIAGNOSIS_CLOSED_LOOP] = "closed-loop",
		[DIAGNOSIS_WAKE_UP] = "wake-up",
		[DIAGNOSIS_WARM_UP] = "warm-up",
		[DIAGNOSIS_PERCENTILES] = "percentiles",
	};

	return names[kind];
}

const char *
diagnosis_doubt(enum diagnosis_kind kind)
{
	switch (kind) {
	case DIAGNOSIS_CLIENT_SATURATED:
		return "the client was at its limit";
	case DIAGNOSIS_SCHEDULE_MISSED:
		return "the client could not keep to the schedule";
	case DIAGNOSIS_STEAL:
		return "other guests of this machine took its processors";
	case DIAGNOSIS_CLOCK:
		return "the kernel's clock is too slow to measure by";
	default:
		return NULL;
	}
}
