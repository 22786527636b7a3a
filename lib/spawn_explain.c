#include "spawn_explain.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "addr.h"
#include "clock.h"

enum {
	HEAD_LEN = 4096,	/* of the file: its #! line, or its ELF program headers */
	NAME_LEN = 256,		/* the kernel's limit for a #! line */
	LOOK_MS = 1000,		/* for looking as somebody else, who may hold it up */
};

/* The interpreter that a #! line names, "" if it names none; the arguments are left out. */
static void
script_interpreter(char *dst, size_t size, const char *head, const char *end)
{
	const char *name = head + 2;
	size_t len;

	while (name < end && (*name == ' ' || *name == '\t'))
		name++;
	for (len = 0; len < (size_t)(end - name); len++)
		if (strchr(" \t\n", name[len]) != NULL)
			break;
	if (len >= size)
		len = size - 1;
	memcpy(dst, name, len);
	dst[len] = '\0';
}

/* The loader that a dynamic program names, "" for a static one.  Returns 0 if it is not ours. */
static int
elf_interpreter(char *dst, size_t size, const char *head, size_t len, int fd)
{
	ElfW(Ehdr) file;
	ElfW(Ehdr) ours;
	ElfW(Phdr) part;
	ssize_t n = 0;
	size_t i;
	int self;

	dst[0] = '\0';
	if (len < sizeof file)
		return 0;
	memcpy(&file, head, sizeof file);
	/* Whatever runs this is a program for this machine. */
	self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self >= 0) {
		n = pread(self, &ours, sizeof ours, 0);
		close(self);
	}
	if (n == (ssize_t)sizeof ours &&
	    (file.e_ident[EI_CLASS] != ours.e_ident[EI_CLASS] ||
		file.e_ident[EI_DATA] != ours.e_ident[EI_DATA] || file.e_machine != ours.e_machine))
		return 0;
	for (i = 0; i < file.e_phnum; i++) {
		if (file.e_phoff > len || len - file.e_phoff < (i + 1) * sizeof part)
			break;
		memcpy(&part, head + file.e_phoff + i * sizeof part, sizeof part);
		if (part.p_type != PT_INTERP || part.p_filesz == 0 || part.p_filesz >= size)
			continue;
		n = pread(fd, dst, part.p_filesz, (off_t)part.p_offset);
		dst[n > 0 ? n : 0] = '\0';
		break;
	}
	return 1;
}

/* What is wrong with an interpreter that a file cannot do without. */
static void
explain_interpreter(char *dst, size_t size, const char *kind, char *name)
{
	size_t len = strlen(name);

	if (access(name, F_OK) == 0 && access(name, X_OK) < 0)
		snprintf(dst, size, "its %s %s: %s", kind, name, strerror(errno));
	else if (access(name, F_OK) == 0)
		snprintf(dst, size, "its %s %s cannot be executed", kind, name);
	else if (len > 0 && name[len - 1] == '\r')
		snprintf(dst, size, "its #! line ends in a carriage return (DOS line ends)");
	else
		snprintf(dst, size, "its %s %s does not exist", kind, name);
}

/* Looks into the file.  Returns 0 when nothing is to be seen there. */
static int
explain_content(char *dst, size_t size, const char *path, int error)
{
	char head[HEAD_LEN];
	char name[NAME_LEN];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd < 0 ? -1 : read(fd, head, sizeof head);
	int explained = 1;

	name[0] = '\0';
	if (len >= 2 && memcmp(head, "#!", 2) == 0) {
		script_interpreter(name, sizeof name, head, head + len);
		if (name[0] != '\0')
			explain_interpreter(dst, size, "interpreter", name);
		else
			snprintf(dst, size, "its #! line names no interpreter");
	} else if (error != ENOEXEC || len < 0) {
		explained = 0;
	} else if (len == 0) {
		snprintf(dst, size, "the file is empty");
	} else if (len < SELFMAG || memcmp(head, ELFMAG, SELFMAG) != 0) {
		snprintf(dst, size, "neither a program nor a script that begins with #!");
	} else if (!elf_interpreter(name, sizeof name, head, (size_t)len, fd)) {
		snprintf(dst, size, "a program for another kind of machine");
	} else if (name[0] != '\0' && access(name, X_OK) < 0) {
		explain_interpreter(dst, size, "loader", name);
	} else {
		explained = 0;
	}
	if (fd >= 0)
		close(fd);
	return explained;
}

/* EACCES has three reasons, and the usual one has an owner and a mode. */
static void
explain_denied(char *dst, size_t size, const char *path)
{
	char who[512];
	struct statvfs fs;

	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 &&
	    explain_content(dst, size, path, EACCES))
		return;
	if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC))
		snprintf(dst, size, "its file system is mounted noexec");
	else if (addr_explain_denied(who, sizeof who, path)[0] != '\0')
		snprintf(dst, size, "%s (%s)", strerror(EACCES), who);
	else
		snprintf(dst, size, "%s", strerror(EACCES));
}

char *
spawn_explain(char *dst, size_t size, const char *path, int error)
{
	if (error == EACCES)
		explain_denied(dst, size, path);
	else if (error != ENOEXEC || !explain_content(dst, size, path, error))
		snprintf(dst, size, "%s", strerror(error));
	return dst;
}

/* In a process of its own: looks as the child that failed did. */
static _Noreturn void
look(const struct spawn *spawn, int error, int report)
{
	char text[PIPE_BUF];
	ssize_t n;

	if (spawn_become(spawn) < 0)
		_exit(1);
	spawn_explain(text, sizeof text, spawn->path, error);
	n = write(report, text, strlen(text));
	_exit(n < 0);
}

/* Until the pipe is readable or the time is over. */
static void
wait_for_report(int fd)
{
	int64_t deadline_ns = clock_after(clock_now_ns(), LOOK_MS * CLOCK_NS_PER_MS);
	struct pollfd report = { .fd = fd, .events = POLLIN };

	while (poll(&report, 1, clock_poll_timeout(deadline_ns, clock_now_ns())) < 0 &&
	    errno == EINTR)
		;
}

/* Returns 0 if that cannot be done. */
static int
explain_as_child(char *dst, size_t size, const struct spawn *spawn, int error)
{
	sigset_t all;
	sigset_t before;
	ssize_t len;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return 0;
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		look(spawn, error, fds[1]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[1]);
	if (pid > 0)
		wait_for_report(fds[0]);
	len = pid > 0 ? read(fds[0], dst, size - 1) : -1;
	close(fds[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	dst[len > 0 ? len : 0] = '\0';
	return len > 0;
}

char *
spawn_explain_exec(char *dst, size_t size, const struct spawn *spawn, int error)
{
	/* Names of users are not looked up below a root that may be another's. */
	int has_reason = error == ENOEXEC || (error == EACCES && spawn->root == NULL);

	if (spawn->identity == NULL && spawn->root == NULL)
		return spawn_explain(dst, size, spawn->path, error);
	if (!has_reason || !explain_as_child(dst, size, spawn, error))
		snprintf(dst, size, "%s", strerror(error));
	return dst;
}
