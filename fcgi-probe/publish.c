#include "publish.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "replace.h"

/* --watch tells a state and its cause once; the text has figures that move all the time. */
static int
has_changed(const struct subject *subject)
{
	return subject->judgement.state != subject->last.state ||
	    strcmp(subject->judgement.cause, subject->last.cause) != 0;
}

/* Who scrapes metrics, and who looks into a file, wants all targets every time. */
static int
tells_changes(const struct options *options)
{
	return options->watch && options->format != REPORT_OPENMETRICS &&
	    options->output_file == NULL;
}

/* Lists what is to be reported.  Returns how many. */
static size_t
select_items(struct probe *probe)
{
	const struct options *options = &probe->options;
	size_t i, count = 0;

	for (i = 0; i < options->target_count; i++) {
		struct subject *subject = &probe->subjects[i];

		if (tells_changes(options) && !has_changed(subject))
			continue;
		subject->last = subject->judgement;
		probe->items[count++] = probe_item(probe, i);
	}
	return count;
}

static void
write_all(const struct probe *probe, const unsigned char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(STDOUT_FILENO, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			cli_die(&probe->options.cli, STATE_UNKNOWN, "standard output: %s",
			    strerror(errno));
		p += n;
		len -= (size_t)n;
	}
}

void
publish(struct probe *probe)
{
	const struct options *options = &probe->options;
	const struct report how = {
		.format = options->format,
		.policy = &options->policy,
		.verbose = options->cli.verbose,
		.quiet = options->cli.quiet,
		.lines = tells_changes(options),
		.when_ms = clock_wall_ms(),
	};
	struct buffer text = { 0 };

	if (report_write(&text, &how, probe->items, select_items(probe)) < 0)
		cli_die(&options->cli, STATE_UNKNOWN, "out of memory");
	if (options->output_file == NULL)
		write_all(probe, text.data, text.len);
	else if (replace_file(options->output_file, text.data, text.len, 0666) < 0)
		cli_die(&options->cli, STATE_UNKNOWN, "-o %s: %s", options->output_file,
		    strerror(errno));
	buffer_free(&text);
}
