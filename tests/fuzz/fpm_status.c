/*
 * Status pages of php-fpm: the same however the bytes were cut, nothing of a page that is none, and
 * figures that agree with each other of one that is.
 */
#include <string.h>

#include "cuts.h"
#include "fcgi_error.h"
#include "fpm_status.h"
#include "target.h"

static void
feed(void *self, const uint8_t *p, const uint8_t *end)
{
	fpm_reader_feed(self, p, (size_t)(end - p));
}

static void
check_text(const char *text, size_t size)
{
	must(memchr(text, '\0', size) != NULL);
}

static void
check_page(const struct fpm_status *status)
{
	int64_t in_states = 0;
	int i;

	check_text(status->pool, sizeof status->pool);
	check_text(status->process_manager, sizeof status->process_manager);
	check_text(status->start_time, sizeof status->start_time);
	check_text(status->longest.method, sizeof status->longest.method);
	check_text(status->longest.uri, sizeof status->longest.uri);
	check_text(status->longest.script, sizeof status->longest.script);
	must(strchr(status->longest.uri, '?') == NULL);
	must(status->start_since >= -1 && status->accepted_conn >= -1);
	must(status->total_processes >= -1 && status->memory_peak >= -1);
	if (status->processes < 0) {
		must(status->ours < 0 && status->longest.duration_us < 0);
		return;
	}
	for (i = 0; i < FPM_STATE_COUNT; i++) {
		must(status->in_state[i] >= 0);
		in_states += status->in_state[i];
	}
	must(status->processes > 0 && in_states == status->processes);
	must(status->ours >= 0 && status->ours <= 1 &&
	    status->ours <= status->in_state[FPM_RUNNING]);
	must(status->longest.duration_us < 0 || status->in_state[FPM_IDLE] < status->processes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fpm_status whole, pieces, nothing;
	struct fpm_reader reader;
	struct cuts cuts;
	int r;

	if (!cuts_read(&cuts, data, size))
		return -1;
	fpm_reader_init(&reader, &nothing, "/status");
	must(fpm_reader_end(&reader) == -FCGI_E_SYNTAX);
	fpm_reader_init(&reader, &whole, "/status");
	fpm_reader_feed(&reader, cuts.stream, cuts.len);
	r = fpm_reader_end(&reader);
	must(r == 0 || r == -FCGI_E_SYNTAX);
	fpm_reader_init(&reader, &pieces, "/status");
	cuts_feed(&cuts, feed, &reader);
	must(fpm_reader_end(&reader) == r);
	must(memcmp(&whole, &pieces, sizeof whole) == 0);
	if (r == 0)
		check_page(&whole);
	else
		must(memcmp(&whole, &nothing, sizeof whole) == 0);
	return 0;
}
