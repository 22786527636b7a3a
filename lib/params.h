/*
 * CGI variables: ordered, length-counted, duplicates kept.  From the environment, from files, from
 * the command line; to the wire.
 */
#ifndef PARAMS_H
#define PARAMS_H

#include <stddef.h>

#include "fcgi_nv.h"
#include "fcgi_writer.h"

/* Zero-filled before use; params_reset() gives its memory back. */
struct params {
	struct fcgi_nv *items;	/* count of them; names and values are NUL-terminated besides */
	size_t count;
	size_t capacity;	/* private */
};

void params_reset(struct params *params);

/*
 * add: appends, also when the name is there already.
 * set: takes the place of the first of that name and drops the others; appends if there is none.
 * Both copy.  Return 0, or -FCGI_E_SYSTEM (memory; or EINVAL for an empty name and for what is too
 * long for the wire).
 */
int params_add(struct params *params, const void *name, size_t name_len, const void *value,
    size_t value_len);
int params_set(struct params *params, const void *name, size_t name_len, const void *value,
    size_t value_len);

/* Drops all of that name.  Returns how many there were. */
size_t params_unset(struct params *params, const char *name);

/*
 * The value of the first of that name, NUL-terminated, or NULL.  It lives until the params change.
 */
const char *params_get(const struct params *params, const char *name);

/* "NAME=VALUE" is set.  Returns 0, -FCGI_E_SYNTAX without '=' or without a name, or as above. */
int params_set_pair(struct params *params, const char *pair);

/*
 * Adds every NAME=VALUE of an environment; what has no '=' or no name is skipped.  Returns 0, or
 * -FCGI_E_SYSTEM.
 */
int params_add_environ(struct params *params, char *const *envp);

/*
 * Reads a file of NAME=VALUE lines and sets each: '#' in column 0 begins a comment, blank lines are
 * skipped, the value is everything behind the first '=', a final line needs no newline.
 * path: "-" is standard input.  line: on failure the number of the line at fault, 0 if it is the
 * file's.
 * Returns 0, -FCGI_E_SYNTAX (no '=', no name, or a NUL), or -FCGI_E_SYSTEM; what came before the
 * failure has been set.
 */
int params_read_env_file(struct params *params, const char *path, size_t *line);

/*
 * The same for entries that end in NUL, as `env -0` writes them: duplicates are kept, no comments,
 * empty ones are skipped.
 */
int params_read_env0_file(struct params *params, const char *path, size_t *entry);

/* The sum of fcgi_nv_size() over all, for fcgi_writer_head_bound(). */
size_t params_wire_len(const struct params *params);

/* Writes all of them as PARAMS records, without the stream's end.  Returns as fcgi_writer_param. */
int params_write(const struct params *params, struct fcgi_writer *writer);

#endif
