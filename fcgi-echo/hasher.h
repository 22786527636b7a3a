/*
 * Password hashes, which are slow on purpose: computed in a thread of their own, so that no other
 * request waits for one.
 */
#ifndef HASHER_H
#define HASHER_H

#include <crypt.h>
#include <ev.h>
#include <pthread.h>
#include <stddef.h>
#include <bsd/sys/queue.h>

#include "fcgi_reader.h"

struct hash_job {
	TAILQ_ENTRY(hash_job) entry;			/* private down to known */
	char password[CRYPT_MAX_PASSPHRASE_SIZE];
	const char *hash;
	int possible;
	int matches;				/* the result: 1 or 0 */
	void (*done)(struct hash_job *job);	/* the caller's; frees nothing */
	void *owner;				/* the caller's; NULL: nobody waits for it */
};

TAILQ_HEAD(hash_queue, hash_job);

enum { HASHER_WAITING_MAX = 1024 };

/* All private. */
struct hasher {
	struct ev_loop *loop;
	struct ev_async finished_async;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct hash_queue waiting;
	struct hash_queue finished;
	size_t waiting_count;
	int stopping;
	int running;
};

/* Starts the thread.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int hasher_init(struct hasher *hasher, struct ev_loop *loop);

/* Waits for the hash at work and drops the rest.  Nothing to do when it was never started. */
void hasher_reset(struct hasher *hasher);

/*
 * Lets a password be checked against a hash, which lives longer than the check.
 * possible: 0 when the result is to be "no" whatever comes out: a user nobody knows takes as long
 * as one with a wrong password.
 * done is called in the loop, with job->matches, unless job->owner has become NULL; the job is gone
 * after it.
 * Returns the job; NULL when memory is short or too many wait already.
 */
struct hash_job *hasher_check(struct hasher *hasher, const struct fcgi_slice *password,
    const char *hash, int possible, void (*done)(struct hash_job *job), void *owner);

#endif
