#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "find_max.h"
#include "gate.h"
#include "report_private.h"
#include "text.h"

enum { TIME_TEXT_MAX = 32, RATE_TEXT_MAX = 24, LINE_WIDTH = 96 };

/* Text of others, cut where it is long. */
static void
put_escaped(FILE *to, const char *text)
{
	char escaped[1024];

	text_escape(escaped, sizeof escaped, text, strlen(text), 0);
	fputs(escaped, to);
}

/* Three digits that count, in the unit that fits: "4.31us", "12.3ms", "1.20s". */
static const char *
format_time(char dst[TIME_TEXT_MAX], double ns)
{
	static const struct {
		double ns;
		const char *name;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 1, "ns" } };
	double value;
	size_t i;

	for (i = 0; i < sizeof units / sizeof *units - 1; i++)
		if (ns >= units[i].ns)
			break;
	value = ns / units[i].ns;
	snprintf(dst, TIME_TEXT_MAX, "%.*f%s",
	    units[i].ns <= 1 || value >= 100 ? 0 : value >= 10 ? 1 : 2, value, units[i].name);
	return dst;
}

/* As it was asked for: six digits that count, or all before the point. */
static const char *
format_rate(char dst[RATE_TEXT_MAX], double rate)
{
	if (rate < 1e6)
		snprintf(dst, RATE_TEXT_MAX, "%.6g", rate);
	else
		snprintf(dst, RATE_TEXT_MAX, "%.0f", rate);
	return dst;
}

static void
put_load(FILE *to, const struct plan *plan)
{
	const struct schedule *schedule = &plan->schedule;
	char duration[32], warmup[32], rate[RATE_TEXT_MAX];
	size_t i, first = plan->warmup_ns > 0 && schedule->stage_count > 1;

	if (!plan->open_loop)
		fprintf(to, "closed loop");
	else
		fprintf(to, "open loop, %s arrivals, ",
		    schedule->arrival == SCHEDULE_POISSON ? "poisson" : "constant");
	for (i = first; plan->open_loop && i < schedule->stage_count; i++) {
		fprintf(to, "%s%s/s", i > first ? ", then " : "",
		    format_rate(rate, schedule->stages[i].rate));
		if (schedule->stage_count > 1)
			fprintf(to, " for %s", clock_format_duration(duration, sizeof duration,
			    schedule->stages[i].duration_ns));
	}
	if (plan->request_limit > 0)
		fprintf(to, ", %" PRIu64 " request%s", plan->request_limit,
		    plan->request_limit == 1 ? "" : "s");
	if (plan->duration_ns != CLOCK_NEVER && (!plan->open_loop || schedule->stage_count == 1))
		fprintf(to, "%s%s", plan->request_limit > 0 ? " or " : ", ",
		    clock_format_duration(duration, sizeof duration, plan->duration_ns));
	if (plan->warmup_ns > 0)
		fprintf(to, " after a warm-up of %s",
		    clock_format_duration(warmup, sizeof warmup, plan->warmup_ns));
	fputs("\n", to);
}

static void
put_connections(FILE *to, const struct plan *plan)
{
	fprintf(to, "%u connection%s, ", plan->connections, plan->connections == 1 ? "" : "s");
	if (!plan->keep_alive)
		fputs("each for one request", to);
	else if (plan->requests_per_connection > 0)
		fprintf(to, "each kept for %" PRIu64 " requests", plan->requests_per_connection);
	else
		fputs("kept", to);
	if (plan->streams > 1)
		fprintf(to, ", %u requests at a time on each", plan->streams);
	fprintf(to, "; %u thread%s\n", plan->threads, plan->threads == 1 ? "" : "s");
}

static void
put_head(FILE *to, const struct plan *plan)
{
	size_t i;

	put_load(to, plan);
	put_connections(to, plan);
	for (i = 0; i < plan->target_count; i++) {
		fputs(i == 0 ? "to " : ", ", to);
		put_escaped(to, plan->targets[i].name);
	}
	fputs("\n\n", to);
}

/* What came in the window, where that is another number. */
static void
put_window(FILE *to, const struct result *result)
{
	const struct tally *total = &result->total;

	if (total->in_window != total->complete)
		fprintf(to, "              (the rate is of the %" PRIu64 " that came in that time)\n",
		    total->in_window);
}

static void
put_counts(FILE *to, const struct result *result)
{
	const struct tally *total = &result->total;
	uint64_t requests = total->complete + total->failures.total;
	char rate[SCHEDULE_RATE_MAX];

	fprintf(to, "good answers  %" PRIu64 ", %s/s over %.3fs\n", total->complete,
	    schedule_format_rate(rate, sizeof rate, result->rps), result->duration_s);
	put_window(to, result);
	fprintf(to, "failed        %" PRIu64, total->failures.total);
	if (total->failures.total > 0)
		fprintf(to, ", %.4g%% of %" PRIu64,
		    100 * (double)total->failures.total / (double)requests, requests);
	fputs("\n", to);
}

/* What is no failure: of the unsent, those that only who stopped the run is to blame for. */
static void
put_rest(FILE *to, const struct tally *total)
{
	uint64_t unsent = total->unsent - failure_times(&total->failures, FAILURE_UNSENT);

	if (unsent > 0)
		fprintf(to, "unsent        %" PRIu64 ", due and without a free connection until "
		    "the run was stopped\n", unsent);
	if (total->cut_off > 0)
		fprintf(to, "cut off       %" PRIu64 ", in flight when the run was stopped\n",
		    total->cut_off);
	if (total->with_stderr > 0)
		fprintf(to, "with STDERR   %" PRIu64 " answers\n", total->with_stderr);
	if (total->strays > 0)
		fprintf(to, "not asked for %" PRIu64 " times bytes came behind an answer, and the "
		    "connection was closed\n", total->strays);
}

/* indent: columns before them. */
static void
put_failures(FILE *to, const struct failure_table *failures, int indent)
{
	char cause[FAILURE_CAUSE_MAX];
	int phase;
	size_t i;

	for (phase = 0; phase < FAILURE_PHASES; phase++)
		for (i = 0; i < failures->count; i++)
			if (failures->rows[i].failure.phase == phase)
				fprintf(to, "%*s%-12s%" PRIu64 " %s\n", indent, "",
				    failure_phase_name((enum failure_phase)phase),
				    failures->rows[i].times,
				    failure_cause(cause, sizeof cause,
					&failures->rows[i].failure));
}

static void
put_span(FILE *to, const char *name, const struct histogram *histogram)
{
	static const double percents[] = { 50, 90, 99, 99.9, 99.99 };
	char text[TIME_TEXT_MAX];
	size_t i;

	if (histogram->count == 0)
		return;
	fprintf(to, "%-10s", name);
	fprintf(to, "%9s", format_time(text, (double)histogram->min_ns));
	fprintf(to, "%9s", format_time(text, histogram_mean_ns(histogram)));
	for (i = 0; i < sizeof percents / sizeof *percents; i++)
		fprintf(to, "%9s", histogram_valid(histogram, percents[i])
			? format_time(text,
			      (double)histogram_percentile_ns(histogram, percents[i]))
			: "-");
	fprintf(to, "%9s\n", format_time(text, (double)histogram->max_ns));
}

/* Both names are explained where they stand: they are what people mix up. */
static void
put_spans(FILE *to, const struct result *result)
{
	const struct histogram *spans = result->total.spans;

	if (spans[TALLY_SERVICE].count == 0 && spans[TALLY_CONNECT].count == 0)
		return;
	fprintf(to, "\n%-10s%9s%9s%9s%9s%9s%9s%9s%9s\n", "", "min", "mean", "p50", "p90", "p99",
	    "p99.9", "p99.99", "max");
	if (result->plan->open_loop) {
		put_span(to, "response", &spans[TALLY_RESPONSE]);
		put_span(to, "lateness", &spans[TALLY_LATENESS]);
	}
	put_span(to, "service", &spans[TALLY_SERVICE]);
	put_span(to, "connect", &spans[TALLY_CONNECT]);
	put_span(to, "first byte", &spans[TALLY_FIRST_BYTE]);
	if (result->plan->open_loop)
		fputs("(response: from when a request was due; lateness: until it was sent; "
		      "service: from then)\n", to);
}

static void
put_ends(FILE *to, const struct result *result)
{
	const struct tally *total = &result->total;

	fprintf(to, "\nconnections   %" PRIu64 " used", total->connections_used);
	if (total->connections_starved > 0)
		fprintf(to, ", %" PRIu64 " never answered", total->connections_starved);
	if (total->reconnects > 0)
		fprintf(to, ", %" PRIu64 " made anew", total->reconnects);
	fputs("\n", to);
	if (total->complete > 0)
		fprintf(to, "client        %.2fus of processor time a request\n",
		    result->client_cpu_us);
	if (result->client_limit_rps > 0)
		fprintf(to, "              this machine's limit is %.0f/s: this run used %.2g%%\n",
		    result->client_limit_rps, 100 * result->rps / result->client_limit_rps);
	fputs("server        ", to);
	if (result->has_server_cpu) {
		fprintf(to, "%.2fus of processor time a request", result->server_cpu_us);
		if (*result->server_name != '\0') {
			fputs(" (", to);
			put_escaped(to, result->server_name);
			fputs(")", to);
		}
	} else {
		fputs("processor time not known: ", to);
		put_escaped(to, result->server_why);
	}
	fputs("\n", to);
}

/* --- kinds of requests, and targets --------------------------------------------------------- */

static void
put_percentile(FILE *to, const struct share *share, double percent)
{
	const struct share_detail *detail = share->detail;
	char text[TIME_TEXT_MAX];

	fprintf(to, "%9s", detail != NULL && histogram_valid(&detail->latency, percent)
		? format_time(text, (double)histogram_percentile_ns(&detail->latency, percent))
		: "-");
}

static void
put_share(FILE *to, const struct share *share, const char *name)
{
	fprintf(to, "%12" PRIu64 "%10" PRIu64, share->complete, share->failed);
	put_percentile(to, share, 50);
	put_percentile(to, share, 99);
	fputs("  ", to);
	put_escaped(to, name);
	fputs("\n", to);
	if (share->detail != NULL)
		put_failures(to, &share->detail->failures, 44);
}

/* Each one's latency is what the whole has in its first line. */
static void
put_shares_head(FILE *to, const struct result *result, const char *what)
{
	fprintf(to, "\n%12s%10s%9s%9s  %s (%s)\n", "good", "failed", "p50", "p99", what,
	    result->plan->open_loop ? "response" : "service");
}

/* So that the failed ones add up. */
static void
put_unassigned(FILE *to, const struct result *result)
{
	if (result->unassigned > 0)
		fprintf(to, "%12d%10" PRIu64 "%9s%9s  (had no connection)\n", 0,
		    result->unassigned, "-", "-");
}

static void
put_kinds(FILE *to, const struct result *result)
{
	const struct payloads *payloads = &result->plan->targets->payloads;
	size_t i;

	if (payloads->count < 2)
		return;
	put_shares_head(to, result, "request");
	for (i = 0; i < payloads->count; i++)
		put_share(to, &result->kinds.items[i], payloads->items[i].name);
	put_unassigned(to, result);
}

static void
put_targets(FILE *to, const struct result *result)
{
	const struct plan *plan = result->plan;
	size_t i;

	if (plan->target_count < 2)
		return;
	put_shares_head(to, result, "target");
	for (i = 0; i < plan->target_count; i++)
		put_share(to, &result->targets.items[i], plan->targets[i].name);
	put_unassigned(to, result);
}

/* --- the rest ------------------------------------------------------------------------------- */

static void
put_machine(FILE *to, const struct result *result)
{
	const struct tally *total = &result->total;
	const struct host *host = &result->host;

	fprintf(to, "\nsent          %" PRIu64 " bytes\nreceived      %" PRIu64 " bytes\n",
	    total->sent_bytes, total->received_bytes);
	fprintf(to, "connected     %" PRIu64 " times\n", total->connects);
	fprintf(to, "machine       %s: %u of %s, %s, clock %s; %.1f%% stolen\n", host->hostname,
	    host->cpus, host->cpu, host->kernel, host->clocksource, 100 * result->steal);
}

static void
put_trials(FILE *to, const struct result *result)
{
	static const char *const words[] = {
		[FIND_MAX_GOOD] = "good",
		[FIND_MAX_BAD] = "not good",
		[FIND_MAX_CLIENT] = "not good, by the client's own fault",
		[FIND_MAX_UNKNOWN] = "neither good nor bad",
	};
	const struct find_max *search = result->search;
	char text[TIME_TEXT_MAX], asked[SCHEDULE_RATE_MAX], answered[SCHEDULE_RATE_MAX];
	size_t i;

	for (i = 0; i < search->trial_count; i++) {
		const struct find_max_trial *trial = &search->trials[i];

		fprintf(to, "%12s/s asked, %s/s answered, ",
		    schedule_format_rate(asked, sizeof asked, trial->rate),
		    schedule_format_rate(answered, sizeof answered, trial->achieved));
		if (!trial->has_value)
			fprintf(to, "not known (%s)", trial->why);
		else if (strcmp(gate_unit(result->condition), "us") == 0)
			fputs(format_time(text, trial->value * 1e3), to);
		else
			fprintf(to, "%.6g%s", trial->value, gate_unit(result->condition));
		fprintf(to, ": %s\n", words[trial->outcome]);
	}
	fputs("highest rate with ", to);
	put_escaped(to, result->condition->text);
	/* It would have gone on. */
	if (result->interrupted || *result->broken != '\0')
		fputs(" so far", to);
	if (search->best > 0)
		fprintf(to, ": %s/s\n\n",
		    schedule_format_rate(asked, sizeof asked, search->best));
	else
		fputs(": none\n\n", to);
}

static void
put_gates(FILE *to, const struct result *result)
{
	const struct gate_outcome *outcome;
	char text[TIME_TEXT_MAX];
	size_t i;

	if (result->gate_count > 0)
		fputs("\n", to);
	for (i = 0; i < result->gate_count; i++) {
		outcome = &result->gates[i];
		fputs("fail if ", to);
		put_escaped(to, outcome->gate->text);
		if (!outcome->is_known) {
			fputs(": not known: ", to);
			put_escaped(to, outcome->why);
		} else if (strcmp(gate_unit(outcome->gate), "us") == 0) {
			fprintf(to, ": %s, %s", format_time(text, outcome->value * 1e3),
			    outcome->condition ? "failed" : "good");
		} else {
			fprintf(to, ": %.6g%s, %s", outcome->value, gate_unit(outcome->gate),
			    outcome->condition ? "failed" : "good");
		}
		fputs("\n", to);
	}
}

/* As many words on a line as fit; those that follow are indented. */
static void
put_wrapped(FILE *to, const char *text)
{
	size_t column = 0, len;

	while (*text != '\0') {
		len = strcspn(text, " ");
		if (column > 0 && column + 1 + len > LINE_WIDTH)
			column = (size_t)fprintf(to, "\n  %.*s", (int)len, text) - 1;
		else
			column += (size_t)fprintf(to, "%s%.*s", column > 0 ? " " : "", (int)len,
			    text);
		text += len;
		text += strspn(text, " ");
	}
	fputs("\n", to);
}

static void
put_diagnoses(FILE *to, const struct result *result)
{
	const struct diagnosis *diagnosis = result->diagnoses;
	char line[2 * sizeof diagnosis->text];
	size_t i, len;

	if (result->diagnosis_count > 0)
		fputs("\n", to);
	for (i = 0; i < result->diagnosis_count; i++, diagnosis++) {
		len = (size_t)snprintf(line, sizeof line, "%s: ",
		    diagnosis_doubt(diagnosis->kind) != NULL ? "warning" : "note");
		text_escape(line + len, sizeof line - len, diagnosis->text,
		    strlen(diagnosis->text), 0);
		put_wrapped(to, line);
	}
}

static void
put_verdict(FILE *to, const struct result *result)
{
	int has_answers = result->total.complete + result->total.failures.total > 0;

	fprintf(to, "\n%s%s", report_verdict(result->verdict),
	    result->interrupted && has_answers ? ", as far as it went: interrupted" : "");
	if (*result->reason != '\0') {
		fputs(": ", to);
		put_escaped(to, result->reason);
	}
	fputs("\n", to);
}

void
report_text(FILE *to, const struct result *result, int verbose)
{
	if (result->plan == NULL) {
		fprintf(to, "this machine's limit: %.0f requests/s\n", result->client_limit_rps);
		return;
	}
	if (result->search != NULL)
		put_trials(to, result);
	put_head(to, result->plan);
	put_counts(to, result);
	put_failures(to, &result->total.failures, 2);
	put_rest(to, &result->total);
	put_spans(to, result);
	put_ends(to, result);
	put_kinds(to, result);
	put_targets(to, result);
	if (verbose)
		put_machine(to, result);
	put_diagnoses(to, result);
	put_gates(to, result);
	put_verdict(to, result);
}
