#include "print_part.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Bytes that mean nothing but themselves to any of the web servers, to sh(1) and to systemd. */
static int
is_plain(char c)
{
	return isalnum((unsigned char)c) || strchr("/._+,:@=~-", c) != NULL || (c & 0x80) != 0;
}

int
print_part_is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (!is_plain(*text))
			return 0;
	return 1;
}

void
print_part_address(struct addr *addr, const char *text)
{
	if (addr_parse(addr, text) == 0)
		return;
	addr->kind = ADDR_UNIX;
	snprintf(addr->name, sizeof addr->name, "%s", text);
}

int
print_part_is_relative(const char *path)
{
	return path != NULL && path[0] != '/';
}

int
print_part_needs_directory(const struct print_config *config)
{
	struct addr addr;
	size_t i;

	if (print_part_is_relative(config->application) && strchr(config->application, '/') != NULL)
		return 1;
	for (i = 0; i < config->path_count; i++)
		if (print_part_is_relative(config->paths[i]))
			return 1;
	for (i = 0; i < config->address_count; i++) {
		print_part_address(&addr, config->addresses[i]);
		if (addr.kind == ADDR_UNIX && print_part_is_relative(addr.name))
			return 1;
	}
	return 0;
}

void
print_part_target(struct print_target *target, const struct print_config *config, size_t i)
{
	struct addr addr;

	*target = (struct print_target){ 0 };
	print_part_address(&addr, config->addresses[i]);
	if (addr.kind != ADDR_INET) {
		snprintf(target->path, sizeof target->path, "%s%s%s",
		    print_part_is_relative(addr.name) ? config->directory : "",
		    print_part_is_relative(addr.name) ? "/" : "", addr.name);
		return;
	}
	target->port = addr.port;
	target->everywhere = strcmp(addr.name, "*") == 0 || strcmp(addr.name, "0.0.0.0") == 0 ||
	    strcmp(addr.name, "::") == 0;
	snprintf(target->host, sizeof target->host, "%s",
	    target->everywhere || addr.name[0] == '\0' ? "127.0.0.1" : addr.name);
}

void
print_part_name(char *dst, const struct print_config *config)
{
	const char *slash = strrchr(config->application, '/');
	const char *p = slash != NULL ? slash + 1 : config->application;
	size_t len = 0;

	for (; *p != '\0' && len < PRINT_NAME_MAX - 1; p++) {
		if (isalnum((unsigned char)*p))
			dst[len++] = (char)tolower((unsigned char)*p);
		else if (len > 0 && dst[len - 1] != '-')
			dst[len++] = '-';
	}
	while (len > 0 && dst[len - 1] == '-')
		len--;
	dst[len] = '\0';
	if (len == 0)
		strcpy(dst, "app");
}

void
print_part_heading(FILE *out, const char *server, const struct print_config *config)
{
	char *name = text_escape_alloc(config->application, strlen(config->application), 0);
	const char *sockets = config->address_count > 1 ? ", each with a socket of its own"
	    : config->instances > 1			? " on one socket"
							: "";

	fprintf(out, "# %s: %s, %d instance%s%s.\n", server, name != NULL ? name : "?",
	    config->instances, config->instances == 1 ? "" : "s", sockets);
	free(name);
}
