/*
 * php-fpm's status page in its text form, with ?full.  Read line by line while it comes, so that
 * the page of a pool of a thousand takes no more memory than that of one.  Pure: no I/O, no
 * allocation.
 *
 *	fpm_reader_init()
 *	fpm_reader_feed() with every piece of the body
 *	fpm_reader_end()
 */
#ifndef FPM_STATUS_H
#define FPM_STATUS_H

#include <stddef.h>
#include <stdint.h>

/* What a process is doing, by the words of its "state". */
enum fpm_state {
	FPM_IDLE,		/* Idle */
	FPM_READING,		/* Reading headers, Getting request informations: of a client */
	FPM_RUNNING,		/* Running */
	FPM_FINISHING,		/* Finishing, Ending */
	FPM_OTHER_STATE,	/* a word that php-fpm did not have when this was written */
	FPM_STATE_COUNT,
};

/* The process whose request has been running longest.  Its strings are a client's: untrusted. */
struct fpm_longest {
	int64_t pid;
	int64_t duration_us;
	char method[16];	/* cut, as all of them */
	char uri[128];		/* without the query, which may hold secrets */
	char script[256];
};

/* -1: the page does not say. */
struct fpm_status {
	char pool[64];			/* cut */
	char process_manager[16];	/* static, dynamic, ondemand */
	char start_time[32];		/* as php-fpm writes it: 22/Nov/2026:04:33:15 +0000 */
	int64_t start_since;		/* s */
	int64_t accepted_conn;
	int64_t listen_queue;		/* always 0 on a UNIX socket */
	int64_t max_listen_queue;
	int64_t listen_queue_len;	/* the limit; always 0 on a UNIX socket */
	int64_t idle_processes;		/* of the summary, which is wrong after FCGI_KEEP_CONN */
	int64_t active_processes;
	int64_t total_processes;
	int64_t max_active_processes;
	int64_t max_children_reached;
	int64_t slow_requests;
	int64_t memory_peak;		/* bytes, from PHP 8.4 on */

	/* Of the processes that are listed; -1 when none is. */
	int64_t processes;
	int64_t in_state[FPM_STATE_COUNT]; /* ours included */
	int64_t ours;			/* 1: the process that answers us is among those RUNNING */
	int64_t most_requests;		/* served by one process since it was started */
	int64_t oldest;			/* s, the process started longest ago */
	int64_t last_memory;		/* bytes, the most that a last request took */
	int64_t largest_body;		/* bytes, of the requests that are running; 0: none */
	double last_cpu;		/* %, likewise */
	struct fpm_longest longest;	/* duration_us -1: no request is running but ours */
};

/* Set up with fpm_reader_init().  Private. */
struct fpm_reader {
	struct fpm_status *status;
	const char *path;
	int error;
	int place;			/* enum place, of fpm_status.c */
	uint32_t seen;			/* fields of the summary that have been read, by bits */
	struct fpm_process {
		uint32_t seen;
		int state;
		int64_t pid, start_since, requests, duration_us, content_length, memory;
		double cpu;
		char method[16], uri[128], script[256];
		int is_ours;
	} process;
	size_t line_len;
	char line[512];			/* what is behind is cut off */
};

/*
 * path: of the status page, as it was asked for: the process that runs it is not counted as one
 * that works.  The caller's, alive as long as the reader.
 */
void fpm_reader_init(struct fpm_reader *reader, struct fpm_status *status, const char *path);

/* Takes a piece of the page.  What is no status page is told by fpm_reader_end(). */
void fpm_reader_feed(struct fpm_reader *reader, const void *bytes, size_t len);

/* Whether it is no status page already, whatever follows. */
int fpm_reader_has_failed(const struct fpm_reader *reader);

/*
 * The page is complete: status holds what it says.
 * Fields that are unknown are skipped, for php-fpm adds some; a field that a client has a hand in
 * cannot stand for one that comes before it.
 * Returns 0, or -FCGI_E_SYNTAX: it is no status page in text form, or not all of it; status holds
 * nothing then.
 */
int fpm_reader_end(struct fpm_reader *reader);

#endif
