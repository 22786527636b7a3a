/*
 * The body of -d in memory, for programs that send it again and again; cgi-fcgi, which may send
 * gigabytes, has its own.
 */
#ifndef CLI_DATA_H
#define CLI_DATA_H

#include <stddef.h>
#include <time.h>

#include "cli.h"

enum { CLI_DATA_MAX = 64 << 20 };	/* bytes */

/*
 * Reads the argument of -d: the text itself, "@FILE", or "-" for all of standard input.  What cannot
 * be read, or is longer than CLI_DATA_MAX, does not return.
 * Returns the body, which is the caller's to free(3); not NULL, also when it is empty.
 */
void *cli_data_read(const struct cli *cli, const char *data, size_t *len);

/*
 * The same of the file that an option names.
 * modified: when it was last changed.
 */
void *cli_data_read_file(const struct cli *cli, const char *option, const char *path, size_t *len,
    time_t *modified);

#endif
