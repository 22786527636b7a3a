#include "tally.h"

#include <string.h>

void
tally_add(struct tally *to, const struct tally *from)
{
	size_t i;

	to->complete += from->complete;
	to->in_window += from->in_window;
	to->with_stderr += from->with_stderr;
	to->strays += from->strays;
	to->cut_off += from->cut_off;
	to->sent_bytes += from->sent_bytes;
	to->received_bytes += from->received_bytes;
	to->connects += from->connects;
	to->reconnects += from->reconnects;
	to->refused_keep_alive += from->refused_keep_alive;
	for (i = 0; i < sizeof to->slow_connects / sizeof *to->slow_connects; i++)
		to->slow_connects[i] += from->slow_connects[i];
	to->unsent += from->unsent;
	to->no_free += from->no_free;
	to->late_ns += from->late_ns;
	to->connections_used += from->connections_used;
	to->connections_starved += from->connections_starved;
	to->cpu_ns += from->cpu_ns;
	to->wall_ns += from->wall_ns;
	if (from->busy_ns > to->busy_ns)
		to->busy_ns = from->busy_ns;
	to->involuntary += from->involuntary;
	failure_add(&to->failures, &from->failures);
	for (i = 0; i < TALLY_SPANS; i++)
		histogram_add(&to->spans[i], &from->spans[i]);
}

void
tally_copy(struct tally *to, const struct tally *from)
{
	size_t i;

	memcpy(to, from, offsetof(struct tally, spans));
	for (i = 0; i < TALLY_SPANS; i++)
		histogram_copy(&to->spans[i], &from->spans[i]);
}
