#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { RESULT_FD = STDERR_FILENO + 1 };

/* What the process writes, as far as there are sockets. */
struct result {
	int count;	/* or the error of addr_resolve() */
	int gai;
	int system_errno;
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
};

_Static_assert(sizeof(struct result) <= PIPE_BUF, "a result is one write and one read");

static size_t
result_len(int count)
{
	return offsetof(struct result, sockets) +
	    (count > 0 ? (size_t)count : 0) * sizeof(struct addr_socket);
}

/* What the process does.  fd: the pipe, which takes all or, when nobody reads any more, nothing. */
static _Noreturn void
run(int fd, pid_t parent, const struct addr *addr)
{
	struct result result = { 0 };
	ssize_t written;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
		_exit(1);
	if (fd != RESULT_FD && dup2(fd, RESULT_FD) < 0)
		_exit(1);
	closefrom(RESULT_FD + 1);
	result.count = addr_resolve(addr, 0, result.sockets, &result.gai);
	result.system_errno = errno;
	written = write(RESULT_FD, &result, result_len(result.count));
	_exit(written < 0);
}

int
lookup_start(struct lookup *lookup, const struct addr *addr)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };
	pid_t parent = getpid();
	int ends[2], saved;

	lookup_reap(lookup);
	if (sigaction(SIGCHLD, &by_default, NULL) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -FCGI_E_SYSTEM;
	lookup->pid = fork();
	if (lookup->pid == 0)
		run(ends[1], parent, addr);
	saved = errno;
	close(ends[1]);
	if (lookup->pid < 0) {
		close(ends[0]);
		lookup->pid = 0;
		errno = saved;
		return -FCGI_E_SYSTEM;
	}
	lookup->fd = ends[0];
	return 0;
}

int
lookup_take(struct lookup *lookup, struct addr_socket *sockets, int *gai)
{
	struct result result;
	ssize_t got;

	do
		got = read(lookup->fd, &result, sizeof result);
	while (got < 0 && errno == EINTR);
	lookup_cancel(lookup);
	lookup_reap(lookup);
	if (got < (ssize_t)result_len(0) || result.count == 0 || result.count > ADDR_SOCKETS_MAX ||
	    (size_t)got != result_len(result.count)) {
		*gai = EAI_FAIL;
		return -FCGI_E_RESOLVE;
	}
	if (result.count > 0)
		memcpy(sockets, result.sockets, (size_t)result.count * sizeof *sockets);
	*gai = result.gai;
	errno = result.system_errno;
	return result.count;
}

void
lookup_cancel(struct lookup *lookup)
{
	if (lookup->fd < 0)
		return;
	close(lookup->fd);
	lookup->fd = -1;
	kill(lookup->pid, SIGKILL);
}

void
lookup_reap(struct lookup *lookup)
{
	if (lookup->pid == 0)
		return;
	while (waitpid(lookup->pid, NULL, 0) < 0 && errno == EINTR)
		;
	lookup->pid = 0;
}
