/* A line an interval, for plots and spreadsheets; times in microseconds. */
#include <inttypes.h>

#include "report_private.h"

/* Empty where there were too few to tell. */
static void
put_us(FILE *to, uint64_t ns)
{
	fputs(",", to);
	if (ns > 0)
		fprintf(to, "%.3f", (double)ns / 1e3);
}

void
report_csv(FILE *to, const struct result *result)
{
	const struct result_interval *interval;
	double length_s;
	size_t i;

	if (result->plan == NULL) {
		fprintf(to, "self_test_rps\n%.1f\n", result->client_limit_rps);
		return;
	}
	fputs("end_s,length_s,complete,failed,rps,p50_us,p99_us,max_us\n", to);
	for (i = 0; i < result->interval_count; i++) {
		interval = &result->intervals[i];
		length_s = (double)interval->length_ns / 1e9;
		fprintf(to, "%.6f,%.6f,%" PRIu64 ",%" PRIu64 ",%.1f",
		    (double)interval->end_ns / 1e9, length_s, interval->complete,
		    interval->failed,
		    length_s > 0 ? (double)interval->complete / length_s : 0);
		put_us(to, interval->p50_ns);
		put_us(to, interval->p99_ns);
		put_us(to, interval->max_ns);
		fputs("\n", to);
	}
}
