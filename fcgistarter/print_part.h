/* What the printed configurations have in common. */
#ifndef FCGISTARTER_PRINT_PART_H
#define FCGISTARTER_PRINT_PART_H

#include "addr.h"
#include "print_config.h"

enum { PRINT_NAME_MAX = 64 };

/* Where a web server on the same host reaches an address. */
struct print_target {
	char host[ADDR_TEXT_MAX];	/* without brackets; "" for a path */
	int port;
	char path[2 * ADDR_TEXT_MAX];	/* absolute; "" for a port */
	int everywhere;			/* 1: it listens on every interface */
};

/*
 * Whether all bytes mean nothing but themselves to any of the web servers, to sh(1) and to systemd.
 */
int print_part_is_plain(const char *text);

/* Reads an address; what cannot be read as one is a path too. */
void print_part_address(struct addr *addr, const char *text);

/* path: NULL is not relative. */
int print_part_is_relative(const char *path);

/* Whether anything is relative to where the command line was given; PATH has what lacks a slash. */
int print_part_needs_directory(const struct print_config *config);

/* Finds where the address of that number is reached. */
void print_part_target(struct print_target *target, const struct print_config *config, size_t i);

/* Makes a name that all of them take: "app-fcgi".  dst: PRINT_NAME_MAX bytes. */
void print_part_name(char *dst, const struct print_config *config);

/*
 * Writes the first line, "# Apache httpd 2.4: /srv/app, 4 instances on one socket.".  The name does
 * not come last: a backslash at the end of a line would join the next one to it.
 */
void print_part_heading(FILE *out, const char *server, const struct print_config *config);

#endif
