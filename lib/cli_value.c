/*
 * The typed values that need libbsd: apart from cli.c, so that a program which takes none of them
 * does not load that library.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <bsd/libutil.h>
#include <bsd/unistd.h>

#include "cli.h"

mode_t
cli_mode(const struct cli *cli, const char *option, const char *value, mode_t base)
{
	/* Where no "who" is named, setmode(3) takes out what the umask does. */
	mode_t mask = umask(0), mode = 0;
	void *change = setmode(value);

	umask(mask);
	if (change != NULL)
		mode = getmode(change, base);
	if (change == NULL || (mode & ~(mode_t)0777) != 0)
		cli_usage_error(cli, "%s %s: not a mode such as 0660 or g=rw", option, value);
	free(change);
	return mode;
}

uint64_t
cli_size(const struct cli *cli, const char *option, const char *value)
{
	uint64_t bytes = 0;

	/* expand_number(3) takes a sign and blanks, and calls -1 a size. */
	if (*value < '0' || *value > '9' || expand_number(value, &bytes) < 0)
		cli_usage_error(cli, "%s %s: not a size such as 500K, 200M or 1G", option, value);
	return bytes;
}
