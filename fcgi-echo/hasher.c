#include "hasher.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>

#include "fcgi_error.h"

enum { BCRYPT_MAX = 72 }; /* bytes of a password that bcrypt looks at */

/* Takes the same time wherever the two differ. */
static int
is_equal(const char *a, const char *b)
{
	size_t len = strlen(a), i;
	unsigned differ = 0;

	if (strlen(b) != len)
		return 0;
	for (i = 0; i < len; i++)
		differ |= (unsigned char)a[i] ^ (unsigned char)b[i];
	return differ == 0;
}

static void
check(struct hash_job *job, struct crypt_data *data)
{
	const char *result = crypt_r(job->password, job->hash, data);

	job->matches = result != NULL && is_equal(result, job->hash) && job->possible;
	explicit_bzero(job->password, sizeof job->password);
}

static void *
run(void *argument)
{
	struct hasher *hasher = argument;
	struct crypt_data *data = calloc(1, sizeof *data);
	struct hash_job *job;

	pthread_mutex_lock(&hasher->mutex);
	while (data != NULL && !hasher->stopping) {
		job = TAILQ_FIRST(&hasher->waiting);
		if (job == NULL) {
			pthread_cond_wait(&hasher->changed, &hasher->mutex);
			continue;
		}
		TAILQ_REMOVE(&hasher->waiting, job, entry);
		pthread_mutex_unlock(&hasher->mutex);
		check(job, data);
		pthread_mutex_lock(&hasher->mutex);
		hasher->waiting_count--;
		TAILQ_INSERT_TAIL(&hasher->finished, job, entry);
		ev_async_send(hasher->loop, &hasher->finished_async);
	}
	pthread_mutex_unlock(&hasher->mutex);
	if (data != NULL)
		explicit_bzero(data, sizeof *data);
	free(data);
	return NULL;
}

static void
drop(struct hash_queue *queue)
{
	struct hash_job *job;

	while ((job = TAILQ_FIRST(queue)) != NULL) {
		TAILQ_REMOVE(queue, job, entry);
		explicit_bzero(job, sizeof *job);
		free(job);
	}
}

static void
on_finished(struct ev_loop *loop, struct ev_async *async, int events)
{
	struct hasher *hasher = async->data;
	struct hash_job *job;

	(void)loop;
	(void)events;
	for (;;) {
		pthread_mutex_lock(&hasher->mutex);
		job = TAILQ_FIRST(&hasher->finished);
		if (job != NULL)
			TAILQ_REMOVE(&hasher->finished, job, entry);
		pthread_mutex_unlock(&hasher->mutex);
		if (job == NULL)
			return;
		if (job->owner != NULL)
			job->done(job);
		free(job);
	}
}

int
hasher_init(struct hasher *hasher, struct ev_loop *loop)
{
	sigset_t all, before;

	*hasher = (struct hasher){ .loop = loop };
	TAILQ_INIT(&hasher->waiting);
	TAILQ_INIT(&hasher->finished);
	pthread_mutex_init(&hasher->mutex, NULL);
	pthread_cond_init(&hasher->changed, NULL);
	ev_async_init(&hasher->finished_async, on_finished);
	hasher->finished_async.data = hasher;
	ev_async_start(loop, &hasher->finished_async);
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = pthread_create(&hasher->thread, NULL, run, hasher);
	hasher->running = errno == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return hasher->running ? 0 : -FCGI_E_SYSTEM;
}

void
hasher_reset(struct hasher *hasher)
{
	if (!hasher->running)
		return;
	pthread_mutex_lock(&hasher->mutex);
	hasher->stopping = 1;
	pthread_cond_signal(&hasher->changed);
	pthread_mutex_unlock(&hasher->mutex);
	pthread_join(hasher->thread, NULL);
	ev_async_stop(hasher->loop, &hasher->finished_async);
	drop(&hasher->waiting);
	drop(&hasher->finished);
	pthread_cond_destroy(&hasher->changed);
	pthread_mutex_destroy(&hasher->mutex);
	hasher->running = 0;
}

/* A password that crypt(3) would not see whole must not match as if it had been. */
static int
is_seen_whole(const struct fcgi_slice *password, const char *hash)
{
	if (password->len >= CRYPT_MAX_PASSPHRASE_SIZE)
		return 0;
	if (password->len > 0 && memchr(password->data, '\0', password->len) != NULL)
		return 0;
	return strncmp(hash, "$2", 2) != 0 || password->len <= BCRYPT_MAX;
}

struct hash_job *
hasher_check(struct hasher *hasher, const struct fcgi_slice *password, const char *hash,
    int possible, void (*done)(struct hash_job *job), void *owner)
{
	struct hash_job *job = calloc(1, sizeof *job);
	size_t len = password->len;

	if (job == NULL)
		return NULL;
	if (len >= sizeof job->password)
		len = sizeof job->password - 1;
	if (len > 0)
		memcpy(job->password, password->data, len);
	job->hash = hash;
	job->possible = possible && is_seen_whole(password, hash);
	job->done = done;
	job->owner = owner;
	pthread_mutex_lock(&hasher->mutex);
	if (!hasher->running || hasher->waiting_count >= HASHER_WAITING_MAX) {
		pthread_mutex_unlock(&hasher->mutex);
		explicit_bzero(job, sizeof *job);
		free(job);
		return NULL;
	}
	hasher->waiting_count++;
	TAILQ_INSERT_TAIL(&hasher->waiting, job, entry);
	pthread_cond_signal(&hasher->changed);
	pthread_mutex_unlock(&hasher->mutex);
	return job;
}
