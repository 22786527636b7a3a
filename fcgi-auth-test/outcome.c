#include "outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "replace.h"

void
outcome_open(struct outcome *outcome, const struct options *options, const char *name)
{
	*outcome = (struct outcome){
		.options = options,
		.how = {
			.format = options->format,
			.verdicts = options->verdicts,
			.show_secrets = options->show_secrets,
			.address = name,
			.output_file = options->output_file,
		},
	};
	/* Only what cannot fail half-way goes out at once. */
	outcome->out = options->format == REPORT_TAP && options->output_file == NULL
	    ? stdout
	    : open_memstream(&outcome->text, &outcome->len);
	if (outcome->out == NULL)
		cli_die(&options->cli, EXIT_USAGE, "out of memory");
}

/* --- as it comes --------------------------------------------------------------------------- */

int
outcome_tell(void *to, const struct result *result, size_t number, size_t count)
{
	struct outcome *outcome = to;
	int r;

	if (outcome->how.format != REPORT_TAP)
		return 0;
	outcome->told++;
	r = report_tap_point(outcome->out, &outcome->how, result, number, count);
	/* Who does not read on need not be asked for. */
	if (r == 0 && (fflush(outcome->out) != 0 || ferror(outcome->out)))
		r = -FCGI_E_SYSTEM;
	return r;
}

/* --- at the end ---------------------------------------------------------------------------- */

/* Standard output is for the answer to a question alone: why there is none, and the rest. */
static void
tell_beside(const struct options *options, const struct result *result, int several)
{
	const char *name = options->cli.about->name;
	size_t i;

	if (result->failures.count > 0 &&
	    (result->trouble != RESULT_ANSWERED || result->reply.wire.len == 0))
		fprintf(stderr, "%s: %s%s%s\n", name, several ? result->dialect->name : "",
		    several ? ": " : "", result->failures.items[0]);
	for (i = 0; i < result->finding_count; i++) {
		if (result->findings[i].severity == CHECK_WARNING && options->cli.quiet)
			continue;
		fprintf(stderr, "%s: ", name);
		report_finding(stderr, &result->findings[i]);
		putc('\n', stderr);
	}
}

static void
write_out(struct outcome *outcome)
{
	const struct options *options = outcome->options;
	int is_private = outcome->how.format == REPORT_CASES;

	if (outcome->out == stdout)
		return;
	if (fclose(outcome->out) != 0)
		cli_die(&options->cli, EXIT_USAGE, "out of memory");
	if (options->output_file == NULL)
		fwrite(outcome->text, 1, outcome->len, stdout);
	else if (replace_file(options->output_file, outcome->text, outcome->len,
		     is_private ? 0600 : 0666) < 0)
		cli_die(&options->cli, EXIT_USAGE, "-o %s: %s", options->output_file,
		    strerror(errno));
	free(outcome->text);
}

/* What is kept to compare with is not replaced by a part of it. */
static void
drop(struct outcome *outcome)
{
	fclose(outcome->out);
	free(outcome->text);
}

/* What could not be asked has no answer to expect.  Returns 1 when there is such. */
static int
tell_unasked(const struct outcome *outcome, const struct runner *runner)
{
	const struct result *result = runner->results;
	size_t i;

	for (i = 0; i < runner->result_count; i++, result++) {
		if (result->trouble != RESULT_UNREACHABLE || result->trouble_text == NULL)
			continue;
		fprintf(stderr, "%s: %s\n", outcome->options->cli.about->name,
		    result->trouble_text);
		return 1;
	}
	return 0;
}

void
outcome_close(struct outcome *outcome, const struct runner *runner, const char *ending)
{
	const struct options *options = outcome->options;
	char why[512] = "";
	size_t i;
	int r = 0;

	if (outcome->how.format == REPORT_CASES &&
	    (ending != NULL || tell_unasked(outcome, runner))) {
		drop(outcome);
		return;
	}
	outcome->how.secrets = runner->judge.secrets;
	if (outcome->how.format != REPORT_TAP)
		r = report_write(outcome->out, &outcome->how, runner->results,
		    runner->result_count, why, sizeof why);
	else if (ending != NULL)
		report_tap_bail_out(outcome->out, outcome->told, ending);
	if (r < 0)
		cli_die(&options->cli, EXIT_USAGE, "%s", why);
	for (i = 0; outcome->how.format == REPORT_TEXT && i < runner->result_count; i++)
		tell_beside(options, &runner->results[i], runner->result_count > 1);
	write_out(outcome);
}

/* --- the exit status ----------------------------------------------------------------------- */

/* Has it failed? */
static int
has_failed(const struct options *options, const struct result *result)
{
	const struct check_policy *policy = &options->policy;

	if (options->file_count > 0)
		return result->state == RESULT_FAILED;
	return result->failures.count > 0 ||
	    ((policy->strict || policy->raised != 0) && result_has_failure(result));
}

int
outcome_status(const struct options *options, const struct runner *runner, int has_died)
{
	static const int statuses[] = {
		[RESULT_ANSWERED] = EXIT_FAILED,
		[RESULT_UNREACHABLE] = EXIT_UNREACHABLE,
		[RESULT_BROKEN] = EXIT_PROTOCOL,
		[RESULT_LATE] = EXIT_TIME,
	};
	enum result_trouble worst = RESULT_ANSWERED;
	const struct result *result;
	int failed = 0, is_met = 1;
	size_t i;

	for (i = 0; i < runner->result_count; i++) {
		result = &runner->results[i];
		if (!has_failed(options, result))
			continue;
		failed = 1;
		is_met &= result->failures.count == 0;
		if (result->trouble != RESULT_ANSWERED &&
		    (worst == RESULT_ANSWERED || result->trouble < worst))
			worst = result->trouble;
	}
	if (failed && is_met && options->file_count == 0)
		cli_error(&options->cli, "let in, and failed all the same: %s makes what was "
		    "found count", options->policy.strict ? "--strict" : "-W");
	if (has_died && worst == RESULT_BROKEN)
		worst = RESULT_UNREACHABLE;
	return failed ? statuses[worst] : 0;
}
