/*
 * php-fpm's status page in its text form, ?full.  Pure: no I/O, no allocation.
 */
#ifndef FPM_STATUS_H
#define FPM_STATUS_H

#include <stddef.h>
#include <stdint.h>

/* -1: the page does not have it. */
struct fpm_status {
	char pool[64];			/* cut */
	char process_manager[16];	/* static, dynamic, ondemand */
	int64_t start_since;		/* s */
	int64_t accepted_conn;
	int64_t listen_queue;		/* always 0 on a UNIX socket */
	int64_t max_listen_queue;
	int64_t listen_queue_len;
	int64_t idle_processes;		/* of the summary, which is wrong after FCGI_KEEP_CONN */
	int64_t active_processes;
	int64_t total_processes;
	int64_t max_active_processes;
	int64_t max_children_reached;
	int64_t slow_requests;
	int64_t memory_peak;		/* bytes, from PHP 8.4 on */

	/* Counted over the processes listed; -1 when none is. */
	int64_t processes;
	int64_t idle;			/* state Idle */
	int64_t active;			/* any other, ours included */
	int64_t longest_request_us;	/* of those that are not Idle, ours not counted */
};

/*
 * Reads a page.
 * ours_pid... the process that answers this very request is among the active: it is the one whose
 * "request URI" is the status page and whose state is Running.
 * Returns 0, or -FCGI_E_SYNTAX when it is no status page of php-fpm in text form.
 */
int fpm_status_parse(struct fpm_status *status, const void *page, size_t len);

#endif
