/* What spawn.h changes of the child: its rights, its limits, and whom it outlives. */
#include "spawn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "spawn_explain.h"
#include "spawn_run.h"
#include "valgrind.h"

enum {
	SOMEBODY = 64321,	/* a user that nobody is */
	SOME_GROUP = 64322,
	NOT_THERE = 77,		/* exit status of a child: this system cannot do that */
	GUARD_MS = 20000,
};

static const gid_t some_groups[] = { 64323, 64324, 64325 };
static const struct spawn_identity somebody = { SOMEBODY, SOME_GROUP, some_groups, 3 };

/* A spawn that changes nothing. */
static const struct spawn plain = { .listen_fd = 0, .stdout_fd = -1, .stderr_fd = 2 };

/* The directory that the test is in; everybody may enter it. */
static int
set_up(void **state)
{
	char *directory = strdup("/tmp/spawn.XXXXXX");

	*state = directory;
	return directory != NULL && mkdtemp(directory) != NULL && chmod(directory, 0755) == 0 &&
		chdir(directory) == 0
	    ? 0
	    : -1;
}

static int
tear_down(void **state)
{
	char command[PATH_MAX];
	int r = chdir("/");

	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	r |= system(command);
	free(*state);
	return r;
}

static int
can_become_somebody(void *data)
{
	(void)data;
	return setgroups(0, NULL) < 0 || setresgid(SOME_GROUP, SOME_GROUP, SOME_GROUP) < 0 ||
	    setresuid(SOMEBODY, SOMEBODY, SOMEBODY) < 0;
}

static int
can_change_root(void *data)
{
	(void)data;
	return chroot("/") < 0;
}

static int
can_hurry(void *data)
{
	(void)data;
	return setpriority(PRIO_PROCESS, 0, -1) < 0;
}

/* Skips what only root can do, and not even root everywhere. */
static void
need(int (*body)(void *data))
{
	if (in_child(body, NULL) != 0)
		skip();
}

static void
need_own_limits(void)
{
	/* valgrind keeps the limit on descriptors to itself. */
	if (under_valgrind())
		skip();
}

/* The script sees these lines in its /proc/self/status. */
static int
has_status(struct spawn *spawn, const char *const *lines)
{
	char script[2048];
	size_t len = 0;

	for (; *lines != NULL; lines++)
		len += (size_t)snprintf(script + len, sizeof script - len,
		    "tr '\\t' ' ' </proc/self/status | grep -x '%s *' >/dev/null ||"
		    " { grep '%.6s' /proc/self/status >&2; exit 1; }\n",
		    *lines, *lines);
	return run_shell(spawn, script) == 0;
}

static void
changes_nothing_unasked(void **state)
{
	struct spawn spawn = plain;
	struct rlimit limit;
	char script[PATH_MAX];
	mode_t mask;
	int status;

	need_own_limits();
	mask = umask(0123);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	snprintf(script, sizeof script,
	    "test $(umask) = 0123 && test $(nice) = %d && test $(ulimit -Sn) = %llu && "
	    "test $(id -u) = %d && test $(id -g) = %d && test \"$(pwd -P)\" = '%s' && "
	    "grep -q '^SigIgn:.0*$' /proc/self/status",
	    getpriority(PRIO_PROCESS, 0), (unsigned long long)limit.rlim_cur, (int)geteuid(),
	    (int)getegid(), (char *)*state);
	status = run_shell(&spawn, script);
	umask(mask);
	assert_int_equal(status, 0);
}

static void
changes_limits(void **state)
{
	const struct rlimit limit = { 40, 50 };
	struct spawn spawn = plain;
	char script[512];

	(void)state;
	need_own_limits();
	spawn.open_files = &limit;
	spawn.nice = 2;
	spawn.set_umask = 1;
	snprintf(script, sizeof script,
	    "test $(ulimit -Sn) = 40 && test $(ulimit -Hn) = 50 && test $(umask) = 0000 && "
	    "test $(nice) = %d",
	    getpriority(PRIO_PROCESS, 0) + 2);
	assert_int_equal(run_shell(&spawn, script), 0);
	spawn.umask = 027;
	assert_int_equal(run_shell(&spawn, "test $(umask) = 0027"), 0);
	/* To be at -1 is not to have failed. */
	if (in_child(can_hurry, NULL) == 0) {
		spawn.nice = -1 - getpriority(PRIO_PROCESS, 0);
		assert_int_equal(run_shell(&spawn, "test $(nice) = -1"), 0);
	}
}

static void
ignores_sigpipe(void **state)
{
	static const char *const lines[] = { "SigIgn: 0000000000001000", NULL };
	struct spawn spawn = plain;

	(void)state;
	spawn.ignore_sigpipe = 1;
	assert_true(has_status(&spawn, lines));
}

static void
renounces_new_privileges(void **state)
{
	static const char *const lines[] = { "NoNewPrivs: 1", NULL };
	struct spawn spawn = plain;

	(void)state;
	spawn.no_new_privs = 1;
	assert_true(has_status(&spawn, lines));
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

static const char *const somebodys_status[] = {
	"Uid: 64321 64321 64321 64321",
	"Gid: 64322 64322 64322 64322",
	"Groups: 64323 64324 64325",
	"CapInh: 0000000000000000",
	"CapPrm: 0000000000000000",
	"CapEff: 0000000000000000",
	"CapAmb: 0000000000000000",
	NULL,
};

static int
becomes_somebody(void *data)
{
	struct spawn spawn = plain;

	(void)data;
	spawn.identity = &somebody;
	return has_status(&spawn, somebodys_status) ? 0 : 1;
}

/* What a change of user alone would leave. */
static int
drops_what_is_inheritable(void *data)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, sets) < 0)
		return NOT_THERE;
	sets[0].inheritable = sets[0].permitted;
	if (syscall(SYS_capset, &header, sets) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0) < 0)
		return NOT_THERE;
	return becomes_somebody(data);
}

static int
drops_in_spite_of_securebits(void *data)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
		return NOT_THERE;
	return becomes_somebody(data);
}

/* Skips what this system cannot do. */
static void
assert_in_child(int (*body)(void *data), void *data)
{
	int status = in_child(body, data);

	if (status == NOT_THERE)
		skip();
	assert_int_equal(status, 0);
}

static void
becomes_another_user(void **state)
{
	const struct spawn_identity alone = { SOMEBODY, SOME_GROUP, NULL, 0 };
	static const char *const no_groups[] = { "Groups:", NULL };
	struct spawn spawn = plain;

	(void)state;
	need(can_become_somebody);
	assert_int_equal(becomes_somebody(NULL), 0);
	spawn.identity = &alone;
	assert_true(has_status(&spawn, no_groups));
	/* Nothing of that is ours. */
	assert_int_equal(geteuid(), 0);
}

static void
drops_capabilities(void **state)
{
	(void)state;
	need(can_become_somebody);
	assert_in_child(drops_what_is_inheritable, NULL);
	assert_in_child(drops_in_spite_of_securebits, NULL);
}

static void
changes_group_alone(void **state)
{
	const struct spawn_identity grouped = { 0, SOME_GROUP, some_groups, 3 };
	static const char *const lines[] = { "Uid: 0 0 0 0", "Gid: 64322 64322 64322 64322",
		"Groups: 64323 64324 64325", NULL };
	struct spawn spawn = plain;

	(void)state;
	need(can_become_somebody);
	spawn.identity = &grouped;
	assert_true(has_status(&spawn, lines));
	assert_int_equal(run_shell(&spawn, "! grep -q '^CapEff:.0*$' /proc/self/status"), 0);
}

/* A kernel that says yes and does nothing; the application must not run then. */
static int
lie(long call)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static int
sees_through_a_lie(void *data)
{
	const long *call = data;
	char *argv[] = { (char *)(uintptr_t)"true", NULL };
	struct spawn spawn = plain;

	spawn.path = "/bin/true";
	spawn.argv = argv;
	spawn.envp = environ;
	spawn.identity = &somebody;
	if (lie(*call) < 0)
		return NOT_THERE;
	return fails(&spawn, *call == SYS_setresgid ? SPAWN_GROUPS : SPAWN_USER, EPERM) ? 0 : 1;
}

static void
verifies_the_change(void **state)
{
	long calls[] = { SYS_setresgid, SYS_setresuid };

	(void)state;
	need(can_become_somebody);
	assert_in_child(sees_through_a_lie, &calls[0]);
	assert_in_child(sees_through_a_lie, &calls[1]);
}

/* A user without rights: the test's own, or else one that root becomes. */
static int
is_refused(void *data)
{
	char *argv[] = { (char *)(uintptr_t)"true", NULL };
	struct rlimit limit;
	struct spawn spawn = plain;

	(void)data;
	if (geteuid() == 0 && setresuid(SOMEBODY, SOMEBODY, SOMEBODY) < 0)
		return NOT_THERE;
	spawn.path = "/bin/true";
	spawn.argv = argv;
	spawn.envp = environ;
	spawn.identity = &somebody;
	if (!fails(&spawn, SPAWN_GROUPS, EPERM))
		return 1;
	spawn.root = "/";
	if (!fails(&spawn, SPAWN_ROOT, EPERM))
		return 2;
	spawn.nice = -1;
	if (!fails(&spawn, SPAWN_NICE, EPERM))
		return 3;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 4;
	limit.rlim_max--;
	limit.rlim_cur = 20;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 5;
	limit.rlim_max++;
	spawn.open_files = &limit;
	return fails(&spawn, SPAWN_OPEN_FILES, EPERM) ? 0 : 6;
}

static void
tells_which_step_was_refused(void **state)
{
	(void)state;
	need_own_limits();
	assert_in_child(is_refused, NULL);
	assert_string_equal(spawn_step_name(SPAWN_OPEN_FILES), "limit open files");
	assert_string_equal(spawn_step_name(SPAWN_NICE), "change priority");
	assert_string_equal(spawn_step_name(SPAWN_ROOT), "change root directory");
	assert_string_equal(spawn_step_name(SPAWN_GROUPS), "change groups");
	assert_string_equal(spawn_step_name(SPAWN_USER), "change user");
	assert_string_equal(spawn_step_name(SPAWN_EXEC), "execute");
	assert_string_equal(spawn_step_name(SPAWN_EXEC + 1), "start");
	assert_string_equal(spawn_step_name(0), "start");
}

/* The directory is entered as the user, not as root, which may enter any. */
static void
enters_the_directory_as_the_user(void **state)
{
	char *argv[] = { (char *)(uintptr_t)"true", NULL };
	struct spawn spawn = plain;

	(void)state;
	need(can_become_somebody);
	assert_int_equal(mkdir("roots", 0700), 0);
	assert_int_equal(mkdir("theirs", 0700), 0);
	assert_int_equal(chown("theirs", SOMEBODY, SOME_GROUP), 0);
	spawn.path = "/bin/true";
	spawn.argv = argv;
	spawn.envp = environ;
	spawn.identity = &somebody;
	spawn.directory = "roots";
	assert_true(fails(&spawn, SPAWN_DIRECTORY, EACCES));
	spawn.directory = "theirs";
	assert_int_equal(
	    run_shell(&spawn, "case $PWD in */theirs) ;; *) exit 1 ;; esac; >mine"), 0);
}

/* A root with a shell in it. */
static void
make_jail(void)
{
	assert_int_equal(system("mkdir -p jail/sub jail/bin && cp /bin/sh jail/bin && "
				"for f in $(ldd /bin/sh | grep -o '/[^ ]*'); do "
				"mkdir -p jail${f%/*} && cp $f jail$f || exit 1; done"),
	    0);
}

static void
changes_root(void **state)
{
	const struct spawn_identity *whom[] = { NULL, &somebody };
	struct spawn spawn = plain;
	size_t i;

	(void)state;
	need(can_become_somebody);
	need(can_change_root);
	make_jail();
	spawn.root = "jail";
	for (i = 0; i < 2; i++) {
		spawn.identity = whom[i];
		spawn.directory = NULL;
		/* The working directory is inside too, and there is no way out of it. */
		assert_int_equal(run_shell(&spawn, "test \"$(pwd -P)\" = / && cd .. && "
						   "test -x bin/sh && test ! -e /proc"),
		    0);
		spawn.directory = "/sub";
		assert_int_equal(run_shell(&spawn, "test \"$(pwd -P)\" = /sub"), 0);
	}
	spawn.root = "no-such";
	assert_true(fails(&spawn, SPAWN_ROOT, ENOENT));
}

static void
explains_what_the_child_sees(void **state)
{
	char *argv[] = { (char *)(uintptr_t)"x", NULL };
	struct spawn spawn = plain;
	char path[PATH_MAX];
	char text[1024];
	FILE *script;

	(void)state;
	need(can_become_somebody);
	need(can_change_root);
	if (under_valgrind())
		skip();
	make_jail();
	script = fopen("jail/script", "w");
	assert_non_null(script);
	fputs("#!/bin/cat\n", script);
	fchmod(fileno(script), 0700);
	fclose(script);
	spawn.argv = argv;
	spawn.envp = environ;

	/* Root may, but is not who would run it. */
	snprintf(path, sizeof path, "%s/jail/script", (char *)*state);
	spawn.path = path;
	spawn.identity = &somebody;
	assert_true(fails(&spawn, SPAWN_EXEC, EACCES));
	assert_ptr_equal(spawn_explain_exec(text, sizeof text, &spawn, EACCES), text);
	assert_non_null(strstr(text, " 0700, we are uid 64321)"));
	/* There is a /bin/cat, but not in there. */
	spawn.identity = NULL;
	spawn.root = "jail";
	spawn.path = "/script";
	assert_true(fails(&spawn, SPAWN_EXEC, ENOEXEC));
	spawn_explain_exec(text, sizeof text, &spawn, ENOEXEC);
	assert_string_equal(text, "its interpreter /bin/cat does not exist");
	spawn.path = "/none";
	assert_true(fails(&spawn, SPAWN_EXEC, ENOENT));
	spawn_explain_exec(text, sizeof text, &spawn, ENOENT);
	assert_string_equal(text, strerror(ENOENT));
	/* Where there is nobody else to look for, it is what spawn_explain() says. */
	spawn.root = NULL;
	spawn.path = path;
	spawn_explain_exec(text, sizeof text, &spawn, ENOEXEC);
	assert_non_null(strstr(text, "its interpreter /bin/cat"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Starts something that stays, says which process it is, and is killed. */
static int
dies_over_it(void *data)
{
	char *argv[] = { (char *)(uintptr_t)"sleep", (char *)(uintptr_t)"1000", NULL };
	struct spawn *spawn = data;
	struct spawn_failure failure;
	pid_t pid;

	spawn->path = "/bin/sleep";
	spawn->argv = argv;
	spawn->envp = environ;
	pid = spawn_start(spawn, &failure);
	if (pid < 0 || write(spawn->listen_fd, &pid, sizeof pid) != (ssize_t)sizeof pid)
		return 1;
	raise(SIGKILL);
	return 1;
}

/* Returns how the one that was left behind has ended; KILL is ours. */
static int
outlive(struct spawn *spawn)
{
	siginfo_t info = { .si_pid = 0 };
	int waited_ms;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	spawn->listen_fd = fds[1];
	assert_int_equal(in_child(dies_over_it, spawn), 1000 + SIGKILL);
	assert_int_equal(read(fds[0], &pid, sizeof pid), sizeof pid);
	close(fds[0]);
	close(fds[1]);
	/* Who is to live is given no time to show it: asked for after a signal that did come. */
	for (waited_ms = 0; spawn->death_signal != 0 && waited_ms < GUARD_MS; waited_ms++) {
		assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
		if (info.si_pid == pid)
			break;
		poll(NULL, 0, 1);
	}
	kill(pid, SIGKILL);
	return wait_for(pid);
}

static void
dies_with_its_parent(void **state)
{
	struct spawn spawn = plain;

	(void)state;
	/* What is left behind becomes ours to wait for. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	spawn.death_signal = SIGTERM;
	assert_int_equal(outlive(&spawn), 1000 + SIGTERM);
	if (in_child(can_become_somebody, NULL) == 0) {
		/* A change of user would undo it, if it came later. */
		spawn.identity = &somebody;
		spawn.no_new_privs = 1;
		assert_int_equal(outlive(&spawn), 1000 + SIGTERM);
	}
	spawn.death_signal = 0;
	assert_int_equal(outlive(&spawn), 1000 + SIGKILL);
	spawn.death_signal = -1;
	spawn.listen_fd = 0;
	assert_true(fails(&spawn, SPAWN_DEATH_SIGNAL, EINVAL));
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

/* In a namespace of its own the child sees no parent, as if that had just died. */
static int
has_no_parent(void *data)
{
	struct spawn spawn = plain;

	(void)data;
	if (unshare(CLONE_NEWPID) < 0)
		return NOT_THERE;
	spawn.death_signal = SIGTERM;
	return run_shell(&spawn, "exit 5") == 127 ? 0 : 1;
}

static void
does_not_start_after_its_parent(void **state)
{
	(void)state;
	assert_in_child(has_no_parent, NULL);
}

/* A lease on the file holds exec(2) up until it is given back. */
static void
is_not_held_up(void **state)
{
	char *argv[] = { (char *)(uintptr_t)"x", NULL };
	struct spawn spawn = plain;
	int fd = open("leased", O_CREAT | O_RDWR | O_CLOEXEC, 0755);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "#!/bin/sh\n>ran\n", 15), 15);
	close(fd);
	fd = open("leased", O_RDONLY | O_CLOEXEC);
	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
		close(fd);
		skip();
	}
	spawn.path = "leased";
	spawn.argv = argv;
	spawn.envp = environ;
	spawn.timeout_ms = 50;
	assert_true(fails(&spawn, SPAWN_EXEC, ETIMEDOUT));
	assert_int_equal(access("ran", F_OK), -1);
	close(fd);
	/* Long enough otherwise. */
	spawn.timeout_ms = GUARD_MS;
	assert_int_equal(run(&spawn), 0);
	assert_int_equal(access("ran", F_OK), 0);
	signal(SIGIO, SIG_DFL);
}

int
main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		test(changes_nothing_unasked),
		test(changes_limits),
		test(ignores_sigpipe),
		test(renounces_new_privileges),
		test(becomes_another_user),
		test(drops_capabilities),
		test(changes_group_alone),
		test(verifies_the_change),
		test(tells_which_step_was_refused),
		test(enters_the_directory_as_the_user),
		test(changes_root),
		test(explains_what_the_child_sees),
		test(dies_with_its_parent),
		test(does_not_start_after_its_parent),
		test(is_not_held_up),
	};

	signal(SIGPIPE, SIG_DFL);
	return cmocka_run_group_tests_name("spawn_become", tests, NULL, NULL);
}
