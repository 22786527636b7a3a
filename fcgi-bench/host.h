/* The machine the figures were taken on, and what it did meanwhile. */
#ifndef FCGI_BENCH_HOST_H
#define FCGI_BENCH_HOST_H

#include <stdint.h>

struct host {
	char kernel[208];	/* its name, release and machine */
	char cpu[80];		/* model name */
	unsigned int cpus;	/* we may run on */
	char clocksource[32];
	char hostname[72];
};

struct host_load {
	uint64_t steal_ticks;	/* of all processors: taken by other guests */
	uint64_t total_ticks;
};

unsigned int host_cpus(void);	/* that we may run on */
void host_read(struct host *host);
int host_load_read(struct host_load *load); /* 0, or -FCGI_E_SYSTEM */
double host_steal(const struct host_load *before, const struct host_load *after); /* 0 to 1 */

#endif
