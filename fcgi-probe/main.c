/*
 * fcgi-probe: asks FastCGI applications whether they are well, and exits as monitoring plugins do.
 */
#include <errno.h>
#include <time.h>

#include "clock.h"
#include "options.h"
#include "probe.h"
#include "spawn.h"

/* --watch: for ever, at even intervals; a round that takes longer is followed by the next at once. */
static _Noreturn void
watch(struct probe *probe)
{
	struct timespec next;
	int64_t next_ns = clock_now_ns();

	for (;;) {
		(void)probe_turn(probe);
		next_ns = clock_after(next_ns, probe->options.interval_ns);
		if (next_ns < clock_now_ns())
			next_ns = clock_now_ns();
		next.tv_sec = next_ns / CLOCK_NS_PER_S;
		next.tv_nsec = next_ns % CLOCK_NS_PER_S;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
			;
	}
}

int
main(int argc, char **argv)
{
	struct probe probe = { 0 };
	enum exit_style style;
	enum state worst;

	if (spawn_fill_standard_fds() < 0)
		return STATE_UNKNOWN;
	options_read(&probe.options, argc, argv);
	probe_prepare(&probe);
	if (probe.options.watch)
		watch(&probe);
	worst = probe_turn(&probe);
	style = probe.options.exit_style;
	probe_reset(&probe);
	if (style == EXIT_BOOLEAN)
		return worst == STATE_OK || worst == STATE_WARNING ? 0 : 1;
	return (int)worst;
}
