/*
 * fcgi-bench: loads FastCGI applications and tells how fast they answer, and whether they do.
 */
#include "options.h"
#include "spawn.h"

int
main(int argc, char **argv)
{
	struct options options;

	if (spawn_fill_standard_fds() < 0)
		return STATUS_USAGE;
	options_read(&options, argc, argv);
	options_reset(&options);
	return STATUS_GOOD;
}
