#include "host.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bsd/string.h>

#include "fcgi_error.h"

/* The first line of a file, "" when there is none. */
static void
read_line(char *dst, size_t size, const char *path)
{
	FILE *file = fopen(path, "re");

	*dst = '\0';
	if (file == NULL)
		return;
	if (fgets(dst, (int)size, file) == NULL)
		*dst = '\0';
	fclose(file);
	dst[strcspn(dst, "\n")] = '\0';
}

/* Most processors have a "model name"; ARM's say what machine they are in. */
static void
read_cpu(char *dst, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];
	const char *value;

	*dst = '\0';
	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "model name", strlen("model name")) != 0)
			continue;
		value = strchr(line, ':');
		if (value != NULL)
			strlcpy(dst, value + 1 + strspn(value + 1, " "), size);
		break;
	}
	if (file != NULL)
		fclose(file);
	if (*dst == '\0')
		read_line(dst, size, "/sys/firmware/devicetree/base/model");
}

unsigned int
host_cpus(void)
{
	cpu_set_t set;
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	/* Fails where there are more of them than the set has room for. */
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return (unsigned int)CPU_COUNT(&set);
	return online > 0 ? (unsigned int)online : 1;
}

void
host_read(struct host *host)
{
	struct utsname name;

	*host = (struct host){ .cpus = host_cpus() };
	if (uname(&name) == 0) {
		snprintf(host->kernel, sizeof host->kernel, "%s %s %s", name.sysname, name.release,
		    name.machine);
		strlcpy(host->hostname, name.nodename, sizeof host->hostname);
	}
	read_cpu(host->cpu, sizeof host->cpu);
	read_line(host->clocksource, sizeof host->clocksource,
	    "/sys/devices/system/clocksource/clocksource0/current_clocksource");
}

int
host_load_read(struct host_load *load)
{
	enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, TICKS };
	uint64_t ticks[TICKS] = { 0 };
	char line[512];
	int i, n;

	read_line(line, sizeof line, "/proc/stat");
	n = sscanf(line,
	    "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
	    " %" SCNu64, &ticks[USER], &ticks[NICE], &ticks[SYSTEM], &ticks[IDLE], &ticks[IOWAIT],
	    &ticks[IRQ], &ticks[SOFTIRQ], &ticks[STEAL]);
	if (n < TICKS)
		return -FCGI_E_SYSTEM;
	*load = (struct host_load){ .steal_ticks = ticks[STEAL] };
	for (i = 0; i < TICKS; i++)
		load->total_ticks += ticks[i];
	return 0;
}

double
host_steal(const struct host_load *before, const struct host_load *after)
{
	/* A kernel may correct its idle time downwards. */
	if (after->total_ticks <= before->total_ticks || after->steal_ticks < before->steal_ticks)
		return 0;
	return (double)(after->steal_ticks - before->steal_ticks) /
	    (double)(after->total_ticks - before->total_ticks);
}
