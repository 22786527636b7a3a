#include "accept_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "accept_error.h"
#include "fcgi_error.h"

/* What interrupts accept(2) in the thread; nobody else sends it, and it does nothing else. */
enum { WAKE_SIGNAL = SIGUSR2, RETRY_MS = 100 };

static void
on_wake(int number)
{
	(void)number;
}

/* Until a connection has gone or the time is over: there is no descriptor for another. */
static void
wait_a_little(struct accept_thread *thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += RETRY_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&thread->mutex);
	if (!thread->stopping)
		pthread_cond_timedwait(&thread->changed, &thread->mutex, &until);
	pthread_mutex_unlock(&thread->mutex);
}

/* Returns 1 when a connection may be accepted, 0 when it is time to end. */
static int
wait_for_room(struct accept_thread *thread)
{
	int stopping;

	pthread_mutex_lock(&thread->mutex);
	while (thread->room == 0 && !thread->stopping)
		pthread_cond_wait(&thread->changed, &thread->mutex);
	stopping = thread->stopping;
	if (!stopping)
		thread->room--;
	pthread_mutex_unlock(&thread->mutex);
	return !stopping;
}

static void
tell(struct accept_thread *thread, int number)
{
	/* The pipe blocks at this end, and so small a write is never cut. */
	while (write(thread->pipe_fds[1], &number, sizeof number) < 0 && errno == EINTR)
		;
}

static void *
run(void *argument)
{
	struct accept_thread *thread = argument;
	int fd, error = EINTR;

	while (wait_for_room(thread)) {
		fd = accept4(thread->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			tell(thread, fd);
			continue;
		}
		error = errno;
		accept_thread_room(thread);
		if (accept_error_is_fatal(error))
			break;
		if (accept_error_is_shortage(error))
			wait_a_little(thread);
		error = EINTR;
	}
	tell(thread, -error);
	return NULL;
}

static int
start(struct accept_thread *thread)
{
	struct sigaction wake = { .sa_handler = on_wake };
	sigset_t others, before;

	if (sigaction(WAKE_SIGNAL, &wake, NULL) < 0)
		return -FCGI_E_SYSTEM;
	/* Every other signal is the loop's. */
	sigfillset(&others);
	sigdelset(&others, WAKE_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &others, &before);
	errno = pthread_create(&thread->thread, NULL, run, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errno == 0 ? 0 : -FCGI_E_SYSTEM;
}

int
accept_thread_start(struct accept_thread *thread, int listen_fd, size_t room)
{
	*thread = (struct accept_thread){ .listen_fd = listen_fd, .room = room };
	if (pipe2(thread->pipe_fds, O_CLOEXEC) < 0)
		return -FCGI_E_SYSTEM;
	pthread_mutex_init(&thread->mutex, NULL);
	pthread_cond_init(&thread->changed, NULL);
	if (fcntl(thread->pipe_fds[0], F_SETFL, O_NONBLOCK) < 0 || start(thread) < 0) {
		close(thread->pipe_fds[0]);
		close(thread->pipe_fds[1]);
		return -FCGI_E_SYSTEM;
	}
	return thread->pipe_fds[0];
}

int
accept_thread_take(struct accept_thread *thread, int *fd)
{
	int number;
	ssize_t len = read(thread->pipe_fds[0], &number, sizeof number);

	if (len != sizeof number)
		return 0;
	if (number < 0) {
		errno = -number;
		return -FCGI_E_SYSTEM;
	}
	*fd = number;
	return 1;
}

void
accept_thread_room(struct accept_thread *thread)
{
	pthread_mutex_lock(&thread->mutex);
	thread->room++;
	pthread_cond_signal(&thread->changed);
	pthread_mutex_unlock(&thread->mutex);
}

void
accept_thread_stop(struct accept_thread *thread)
{
	pthread_mutex_lock(&thread->mutex);
	thread->stopping = 1;
	pthread_cond_signal(&thread->changed);
	pthread_mutex_unlock(&thread->mutex);
	pthread_kill(thread->thread, WAKE_SIGNAL);
}

void
accept_thread_join(struct accept_thread *thread)
{
	pthread_join(thread->thread, NULL);
	pthread_cond_destroy(&thread->changed);
	pthread_mutex_destroy(&thread->mutex);
	close(thread->pipe_fds[0]);
	close(thread->pipe_fds[1]);
}
