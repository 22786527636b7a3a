/*
 * What is said of a case in words, before it is understood: fields with their values, and where
 * they stand.  A stanza of a case file is such a list, and the command line is another.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stddef.h>

/* The value is NUL-terminated besides; the name is a field's of a case file, case aside. */
struct setting {
	const char *name;
	char *value;
	size_t value_len;
	const char *option;	/* the option that said so; NULL: a line of a file did */
	size_t line;
};

/* Zero-filled before use. */
struct settings {
	struct setting *items;
	size_t count;
};

/*
 * Adds one; the value is copied, and the others must live as long as the settings.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int settings_add(struct settings *settings, const char *name, const void *value, size_t len,
    const char *option, size_t line);

/* The last of that name, case aside, or NULL. */
const struct setting *settings_find(const struct settings *settings, const char *name);

/* Gives its memory back; values are wiped. */
void settings_reset(struct settings *settings);

#endif
