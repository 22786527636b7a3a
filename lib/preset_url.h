/* The URL of the request that a preset is asked about, and the path in it as servers read it. */
#ifndef PRESET_URL_H
#define PRESET_URL_H

/* Zero-filled before use; preset_url_reset() gives its memory back. */
struct preset_url {
	int https;
	int port;		/* of the URL, or the scheme's */
	int has_port;		/* it was written */
	char *host;		/* as written, a v6 address in its brackets */
	char *target;		/* the path and the query; "/" for none */
};

/*
 * Reads http://host[:port][/path][?query] or https://..., or what begins with '/' (of
 * http://localhost).  What follows a '#' is left out.
 * Returns 0, -FCGI_E_SYNTAX with *why set to a constant (also for a user in it: passwords do not
 * belong on command lines), or -FCGI_E_SYSTEM.
 */
int preset_url_read(struct preset_url *url, const char *text, const char **why);

void preset_url_reset(struct preset_url *url);

/* Behind the scheme and the host of a target in absolute form; else all of it. */
const char *preset_url_origin(const char *target);

/* What is done to a path, and what is refused. */
enum preset_path_rules {
	PATH_MERGE_SLASHES = 1,		/* "//" is "/" */
	PATH_DOT_SEGMENTS = 2,		/* "." and ".." are resolved */
	PATH_REFUSE_ABOVE_ROOT = 4,	/* more ".." than there is above; else they are dropped */
	PATH_REFUSE_BAD_ESCAPE = 8,	/* '%' without two digits; else it stays */
	PATH_REFUSE_CONTROL = 16,	/* %01 to %1F and %7F */
	PATH_REFUSE_SLASH = 32,		/* %2F */
	PATH_REFUSE_BAD_UTF8 = 64,	/* %C0, %C1, %F5 to %FF: bytes that UTF-8 never has */
};

/*
 * Decodes and normalizes a path, in place.  %00 is always refused.
 * rules: of enum preset_path_rules.
 * Returns 0, or -FCGI_E_SYNTAX with *why set to a constant.
 */
int preset_path_decode(char *path, unsigned int rules, const char **why);

/* The same, of a path that stays as it is otherwise. */
int preset_path_simplify(char *path, unsigned int rules, const char **why);

#endif
