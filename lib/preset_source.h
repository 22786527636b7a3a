/* The sources that the lines of a preset name; cgi-fcgi(1) lists them under PRESETS. */
#ifndef PRESET_SOURCE_H
#define PRESET_SOURCE_H

#include "preset_rules.h"

/* Returns the one of that name, or NULL. */
const struct preset_source *preset_source_find(const char *name);

#endif
