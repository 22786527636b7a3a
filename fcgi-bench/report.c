#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"
#include "report_private.h"

const char *
report_mode(const struct plan *plan)
{
	return plan->open_loop ? "open" : "closed";
}

const char *
report_verdict(enum result_verdict verdict)
{
	static const char *const names[] = {
		[RESULT_GOOD] = "good",
		[RESULT_FAILED] = "failed",
		[RESULT_INCONCLUSIVE] = "inconclusive",
	};

	return names[verdict];
}

/* A new file is made beside the old one, so it is the folder that has to be writable. */
static void
check_file(const struct cli *cli, const char *file)
{
	struct stat st;
	char *place, *slash;

	if (stat(file, &st) == 0 && S_ISDIR(st.st_mode))
		cli_die(cli, STATUS_USAGE, "%s: %s", file, strerror(EISDIR));
	if (stat(file, &st) == 0 && !S_ISREG(st.st_mode)) {
		if (access(file, W_OK) < 0)
			cli_die(cli, STATUS_USAGE, "%s: %s", file, strerror(errno));
		return;
	}
	place = replace_leads_to(file);
	slash = place != NULL ? strrchr(place, '/') : NULL;
	if (slash != NULL)
		slash[1] = '\0';
	if (place == NULL || access(place, W_OK | X_OK) < 0)
		cli_die(cli, STATUS_USAGE, "%s: cannot be made: %s", file, strerror(errno));
	free(place);
}

void
report_check(const struct options *options)
{
	const char *file;
	size_t i;

	for (i = 0; i < options->report_count; i++) {
		file = options_report_file(options, &options->reports[i]);
		if (file != NULL)
			check_file(&options->cli, file);
	}
}

static int
render(FILE *to, enum report_format format, const struct options *options,
    const struct result *result)
{
	switch (format) {
	case REPORT_JSON:
		return report_json(to, result);
	case REPORT_CSV:
		report_csv(to, result);
		return 0;
	default:
		report_text(to, result, options->cli.verbose);
		return 0;
	}
}

/* Returns 0, or -1 with errno. */
static int
put(const char *file, const char *text, size_t len)
{
	if (file != NULL)
		return replace_file(file, text, len, 0666) < 0 ? -1 : 0;
	return fwrite(text, 1, len, stdout) < len || fflush(stdout) != 0 ? -1 : 0;
}

static int
publish_one(const struct options *options, const struct option_report *report,
    const struct result *result)
{
	const char *file = options_report_file(options, report);
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	int r;

	if (to == NULL) {
		cli_error(&options->cli, "out of memory");
		return -1;
	}
	r = render(to, report->format, options, result);
	if (fclose(to) != 0 || r < 0) {
		cli_error(&options->cli, "out of memory");
		free(text);
		return -1;
	}
	r = put(file, text, len);
	if (r < 0)
		cli_error(&options->cli, "%s: %s", file != NULL ? file : "standard output",
		    strerror(errno));
	free(text);
	return r;
}

int
report_publish(const struct options *options, const struct result *result)
{
	size_t i;
	int r = 0;

	for (i = 0; i < options->report_count; i++)
		if (publish_one(options, &options->reports[i], result) < 0)
			r = -1;
	return r;
}
