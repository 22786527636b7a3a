/*
 * Texts that were made into C when the program was built (presets/embed.awk), and files of one's own
 * in their place.
 */
#ifndef PRESET_BUILTIN_H
#define PRESET_BUILTIN_H

#include <stddef.h>

#include "buffer.h"

struct preset_builtin {
	const char *name;
	const char *text;	/* the file without its comments */
};

/* The presets of presets/, sorted by name; the last has none. */
extern const struct preset_builtin preset_builtins[];

/* The names in such a list: index 0 and up.  Returns NULL behind the last. */
const char *preset_builtin_name(const struct preset_builtin *builtins, size_t index);

/*
 * Reads the one of that name, or the file when there is a slash in it.
 * kind: what it is, for the message: "preset".
 * text: the whole of it is appended.
 * why: on failure one line without the program's name: which there are, or why the file cannot be
 * read; "" when memory is short.
 * Returns 0, -FCGI_E_SYNTAX when there is none of that name, or -FCGI_E_SYSTEM.
 */
int preset_builtin_read(struct buffer *text, const struct preset_builtin *builtins,
    const char *kind, const char *name, char *why, size_t why_size);

#endif
