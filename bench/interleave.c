/*
 * Runs commands in turn, many times, so that what else the machine does hits all of them, and tells
 * the median of each: time on the wall, with what a tenth of the rounds was below, processor time,
 * and the share of the first one's wall time.
 *
 * Usage: interleave ROUNDS <COMMANDS
 * Each line of the input is a name, a tab, and a program with its arguments, separated by blanks.
 * Output of the commands is thrown away; one that fails is reported, and counts.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 16, WORDS_MAX = 64 };

struct command {
	char *name;
	char *words[WORDS_MAX + 1];
	double *wall_us, *cpu_us;
	int failures;
};

static double
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double
us_of(const struct timeval *time)
{
	return (double)time->tv_sec * 1e6 + (double)time->tv_usec;
}

/* null_fd: takes the place of the standard streams. */
static void
run(struct command *command, int round, int null_fd)
{
	double start = now_us();
	struct rusage usage;
	int status;
	/* Our own memory is not to be copied for each. */
	pid_t pid = vfork();

	if (pid == 0) {
		dup2(null_fd, STDIN_FILENO);
		dup2(null_fd, STDOUT_FILENO);
		dup2(null_fd, STDERR_FILENO);
		execvp(command->words[0], command->words);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror(command->words[0]);
		exit(1);
	}
	command->wall_us[round] = now_us() - start;
	command->cpu_us[round] = us_of(&usage.ru_utime) + us_of(&usage.ru_stime);
	command->failures += status != 0;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The value that a part of all is below. */
static double
quantile(double *values, int count, double part)
{
	qsort(values, (size_t)count, sizeof *values, compare);
	return values[(int)(part * count)];
}

static int
read_commands(struct command *commands, int rounds)
{
	static char line[4096];
	int count = 0, words;
	char *rest, *word;

	while (count < COMMANDS_MAX && fgets(line, sizeof line, stdin) != NULL) {
		rest = strdup(strtok(line, "\n"));
		commands[count].name = strsep(&rest, "\t");
		for (words = 0; words < WORDS_MAX && (word = strsep(&rest, " ")) != NULL;)
			if (*word != '\0')
				commands[count].words[words++] = word;
		commands[count].wall_us = calloc((size_t)rounds, sizeof(double));
		commands[count].cpu_us = calloc((size_t)rounds, sizeof(double));
		count++;
	}
	return count;
}

int
main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	int rounds = argc == 2 ? atoi(argv[1]) : 0;
	double wall_us, first_us = 0;
	int i, j, count, null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (rounds <= 0 || null_fd < 0) {
		fputs("usage: interleave ROUNDS <COMMANDS\n", stderr);
		return 2;
	}
	count = read_commands(commands, rounds);
	for (i = 0; i < rounds; i++)
		for (j = 0; j < count; j++)
			run(&commands[j], i, null_fd);
	for (j = 0; j < count; j++) {
		wall_us = quantile(commands[j].wall_us, rounds, 0.5);
		if (j == 0)
			first_us = wall_us;
		printf("%-28s %9.0f us (%7.0f us) %9.0f us %7.2f", commands[j].name, wall_us,
		    quantile(commands[j].wall_us, rounds, 0.1),
		    quantile(commands[j].cpu_us, rounds, 0.5), wall_us / first_us);
		if (commands[j].failures > 0)
			printf("   (%d of %d failed)", commands[j].failures, rounds);
		putchar('\n');
	}
	return 0;
}
