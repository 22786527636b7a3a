#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"

/*
 * A signal handler has no argument of ours: these are all the state of this program that lies
 * outside its functions.
 */
static volatile sig_atomic_t caught;
static volatile sig_atomic_t is_held;
static int wake_fd = -1;

/* Nothing is under way yet that would have to be ended well. */
static _Noreturn void
end_at_once(int signal_number)
{
	static const char interrupt[] = "cgi-fcgi: interrupted: Interrupt\n";
	static const char hangup[] = "cgi-fcgi: interrupted: Hangup\n";
	static const char terminated[] = "cgi-fcgi: interrupted: Terminated\n";
	ssize_t n;

	if (signal_number == SIGINT)
		n = write(STDERR_FILENO, interrupt, sizeof interrupt - 1);
	else if (signal_number == SIGHUP)
		n = write(STDERR_FILENO, hangup, sizeof hangup - 1);
	else
		n = write(STDERR_FILENO, terminated, sizeof terminated - 1);
	/* Nobody else is left to be told. */
	(void)n;
	_exit(128 + signal_number);
}

static void
on_signal(int signal_number)
{
	int error = errno;

	if (wake_fd >= 0 && !is_held)
		end_at_once(signal_number);
	caught = signal_number;
	/* A full pipe means that the reader has been woken already. */
	if (write(wake_fd, "", 1) < 0)
		errno = error;
	errno = error;
}

static void
on_alarm(int signal_number)
{
	(void)signal_number;
}

static void
catch_unless_ignored(int signal_number)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	struct sigaction old;

	if (sigaction(signal_number, &action, &old) < 0 || old.sa_handler != SIG_IGN)
		return;
	/* nohup(1) and a shell's background jobs ignore signals on purpose, a moment ago too. */
	sigaction(signal_number, &old, NULL);
	if (caught == signal_number)
		caught = 0;
}

int
interrupt_catch(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int fds[2];

	sigaction(SIGPIPE, &ignore, NULL);
	catch_unless_ignored(SIGINT);
	catch_unless_ignored(SIGTERM);
	catch_unless_ignored(SIGHUP);
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -FCGI_E_SYSTEM;
	wake_fd = fds[1];
	/* One that came before there was a pipe. */
	if (caught != 0)
		on_signal(caught);
	return fds[0];
}

void
interrupt_hold(void)
{
	is_held = 1;
}

void
interrupt_alarm(int64_t deadline_ns)
{
	struct sigaction action = { .sa_handler = on_alarm };
	/* Repeated, since one signal could fall between a test of the clock and the wait. */
	struct itimerval timer = { .it_interval = { .tv_usec = 100000 } };
	int64_t left_ns;

	if (deadline_ns == CLOCK_NEVER)
		return;
	left_ns = deadline_ns - clock_now_ns();
	if (left_ns < CLOCK_NS_PER_MS)
		left_ns = CLOCK_NS_PER_MS;
	timer.it_value.tv_sec = left_ns / CLOCK_NS_PER_S;
	timer.it_value.tv_usec = left_ns % CLOCK_NS_PER_S / 1000;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

int
interrupt_signal(void)
{
	return caught;
}
