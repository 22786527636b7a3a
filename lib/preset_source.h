/* The sources that the lines of a preset name; cgi-fcgi(1) lists them under PRESETS. */
#ifndef PRESET_SOURCE_H
#define PRESET_SOURCE_H

#include "preset_rules.h"

/* What sources write with; NULL is nothing.  Return 0, or -FCGI_E_SYSTEM. */
int preset_put(struct buffer *out, const char *text);
int preset_put_lower(struct buffer *out, const char *text, size_t len);

/*
 * Decodes base 64 without its padding, of len letters; if one alone is left over, that is no byte.
 * plain: NUL-terminated besides; may hold a password, for the caller to wipe.
 * Returns 1, 0 when there is a foreign letter in it, or -FCGI_E_SYSTEM.
 */
int preset_decode(struct buffer *plain, const char *text, size_t len);

/* Returns the one of that name, or NULL. */
const struct preset_source *preset_source_find(const char *name);

#endif
