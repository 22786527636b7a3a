/*
 * An application that shows what it was started with: its words, descriptors, signals and the rest,
 * in a file named by its process id in the directory SHOW_STATE.  It accepts connections then, and
 * closes them at once; with SHOW_STATE_GATE not before there is a file of that name.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the kernel says of our signals: the C library keeps two for itself. */
static void
show_signals(FILE *out)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];

	while (status != NULL && fgets(line, sizeof line, status) != NULL)
		if (strncmp(line, "SigBlk:", 7) == 0 || strncmp(line, "SigIgn:", 7) == 0)
			fputs(line, out);
	if (status != NULL)
		fclose(status);
}

static void
show_socket(FILE *out)
{
	int listening = 0;
	socklen_t len = sizeof listening;
	struct tcp_info info;
	socklen_t info_len = sizeof info;

	if (getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0)
		fprintf(out, "fd 0: %s\n", strerror(errno));
	else
		fprintf(out, "fd 0: %s, %s, %s\n", listening ? "listening" : "not listening",
		    (fcntl(0, F_GETFL) & O_NONBLOCK) ? "nonblocking" : "blocking",
		    (fcntl(0, F_GETFD) & FD_CLOEXEC) ? "close-on-exec" : "kept over exec");
	if (getsockopt(0, IPPROTO_TCP, TCP_INFO, &info, &info_len) == 0)
		fprintf(out, "backlog: %u\n", info.tcpi_sacked);
}

static void
show_output(FILE *out, int fd)
{
	static const char *const modes[] = { "reading", "writing", "both" };
	char link[64];
	char target[PATH_MAX] = "";

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (readlink(link, target, sizeof target - 1) < 0)
		snprintf(target, sizeof target, "%s", strerror(errno));
	fprintf(out, "fd %d: %s for %s\n", fd, target, modes[fcntl(fd, F_GETFL) & O_ACCMODE]);
}

/* Every open descriptor above 2 but those that are ours: out and the directory that is read. */
static void
show_others(FILE *out)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int fd;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		fd = atoi(entry->d_name);
		if (fd > 2 && fd != dirfd(directory) && fd != fileno(out))
			fprintf(out, "fd %d: open\n", fd);
	}
	if (directory != NULL)
		closedir(directory);
}

static void
show_process(FILE *out)
{
	char cwd[PATH_MAX] = "";
	mode_t mask = umask(0);
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

	umask(mask);
	fprintf(out, "cwd: %s\n", getcwd(cwd, sizeof cwd) != NULL ? cwd : strerror(errno));
	fprintf(out, "umask: %04o\n", (unsigned)mask);
	fprintf(out, "nice: %d\n", getpriority(PRIO_PROCESS, 0));
	fprintf(out, "terminal: %s\n", tty < 0 ? "none" : "there is one");
	fprintf(out, "group: %s\n", getpgid(0) == getpid() ? "leader" : "member");
	fprintf(out, "session: %ld\n", (long)getsid(0));
	fprintf(out, "parent: %ld\n", (long)getppid());
	if (tty >= 0)
		close(tty);
}

/* Appears whole, so that whoever waits for the file can read it at once. */
static int
show(const char *directory, char **argv)
{
	char path[PATH_MAX];
	char aside[PATH_MAX + 8];
	extern char **environ;
	char **item;
	FILE *out;

	snprintf(path, sizeof path, "%s/%ld", directory, (long)getpid());
	snprintf(aside, sizeof aside, "%s.tmp", path);
	out = fopen(aside, "we");
	if (out == NULL)
		return -1;
	for (item = argv; *item != NULL; item++)
		fprintf(out, "word: %s\n", *item);
	show_socket(out);
	show_output(out, 1);
	show_output(out, 2);
	show_others(out);
	show_signals(out);
	show_process(out);
	for (item = environ; *item != NULL; item++)
		fprintf(out, "env: %s\n", *item);
	if (fclose(out) != 0)
		return -1;
	return rename(aside, path);
}

int
main(int argc, char **argv)
{
	const char *directory = getenv("SHOW_STATE");
	const char *gate = getenv("SHOW_STATE_GATE");
	int fd;

	(void)argc;
	if (directory != NULL && show(directory, argv) < 0)
		return 1;
	while (gate != NULL && access(gate, F_OK) < 0)
		poll(NULL, 0, 5);
	for (;;) {
		fd = accept4(0, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			close(fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			return 1;
	}
}
