/*
 * Configurations of web servers and of systemd that fit an application as it is started: pure
 * functions of what the command line says.
 */
#ifndef FCGISTARTER_PRINT_CONFIG_H
#define FCGISTARTER_PRINT_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bits. */
enum print_config_kind {
	PRINT_CONFIG_APACHE = 1,
	PRINT_CONFIG_NGINX = 2,
	PRINT_CONFIG_LIGHTTPD = 4,
	PRINT_CONFIG_SYSTEMD = 8,
};

/* All strings and arrays are the caller's. */
struct print_config {
	const char *application;	/* the command, as given */
	const char *const *addresses;	/* as addr.h spells them: "127.0.0.1:4000", "[::1]:4000",
					   "/run/app.sock"; no port 0 */
	size_t address_count;		/* 1 that all instances share, or one an instance */
	int instances;			/* as many as there may be at a time */
	char *const *command_line;	/* argv, ends with NULL; --print-config is left out of it */
	int supervised;			/* 1: it has -S */
	int foreground;			/* 1: it has -n */
	int64_t stop_timeout_ns;
	const char *directory;		/* where relative paths begin, absolute; NULL: it is
					   gone */
	const char *const *paths;	/* what else of the command line are paths; NULL entries are
					   left out */
	size_t path_count;
};

/* Reads "apache,nginx,lighttpd,systemd".  Returns 0, or -FCGI_E_SYNTAX. */
int print_config_parse(const char *list, unsigned *kinds);

/*
 * Tells whether all of the kinds can be written: no web server connects to an abstract socket, not
 * all can be told of every path, and relative ones need a directory.
 * Returns 0, or -FCGI_E_ADDRESS with the reason in why, one line.
 */
int print_config_check(unsigned kinds, const struct print_config *config, char *why,
    size_t why_size);

/* Writes them one after the other.  The caller looks at ferror(3). */
void print_config_write(FILE *out, unsigned kinds, const struct print_config *config);

#endif
