/* The presets of presets/, made into C when the library is built. */
#ifndef PRESET_BUILTIN_H
#define PRESET_BUILTIN_H

struct preset_builtin {
	const char *name;
	const char *text;	/* the file without its comments */
};

/* Sorted by name; the last has none. */
extern const struct preset_builtin preset_builtins[];

#endif
