#include "print_config.h"

#include <string.h>

#include "fcgi_error.h"
#include "print_part.h"
#include "print_unit.h"
#include "print_web.h"

#define WEB_SERVERS (PRINT_CONFIG_APACHE | PRINT_CONFIG_NGINX | PRINT_CONFIG_LIGHTTPD)

int
print_config_parse(const char *list, unsigned *kinds)
{
	static const struct {
		const char *name;
		enum print_config_kind kind;
	} names[] = {
		{ "apache", PRINT_CONFIG_APACHE },
		{ "nginx", PRINT_CONFIG_NGINX },
		{ "lighttpd", PRINT_CONFIG_LIGHTTPD },
		{ "systemd", PRINT_CONFIG_SYSTEMD },
	};
	size_t len;
	size_t i;

	*kinds = 0;
	for (;;) {
		len = strcspn(list, ",");
		for (i = 0; i < sizeof names / sizeof *names; i++)
			if (strlen(names[i].name) == len && memcmp(names[i].name, list, len) == 0)
				break;
		if (i == sizeof names / sizeof *names)
			return -FCGI_E_SYNTAX;
		*kinds |= names[i].kind;
		if (list[len] == '\0')
			return 0;
		list += len + 1;
	}
}

static int
check_web_servers(const struct print_config *config, char *why, size_t why_size)
{
	struct addr addr;
	size_t i;

	for (i = 0; i < config->address_count; i++) {
		print_part_address(&addr, config->addresses[i]);
		if (addr.kind == ADDR_ABSTRACT) {
			snprintf(why, why_size, "%s: web servers connect to no abstract socket",
			    config->addresses[i]);
			return -FCGI_E_ADDRESS;
		}
		if (addr.kind != ADDR_UNIX)
			continue;
		if (!print_part_is_plain(addr.name) || (print_part_is_relative(addr.name) &&
						       !print_part_is_plain(config->directory))) {
			snprintf(why, why_size, "%s: its path has characters that not all web "
						"servers can be told", config->addresses[i]);
			return -FCGI_E_ADDRESS;
		}
	}
	return 0;
}

/* What the rest of a line of a unit file cannot hold. */
static int
has_unspeakable(const char *path)
{
	for (; *path != '\0'; path++)
		if ((unsigned char)*path < 0x20 || *path == 0x7f || *path == '\\')
			return 1;
	return 0;
}

int
print_config_check(unsigned kinds, const struct print_config *config, char *why, size_t why_size)
{
	if (config->directory == NULL && print_part_needs_directory(config)) {
		snprintf(why, why_size, "the working directory has gone");
		return -FCGI_E_ADDRESS;
	}
	if ((kinds & PRINT_CONFIG_SYSTEMD) != 0 && print_part_needs_directory(config) &&
	    has_unspeakable(config->directory)) {
		snprintf(why, why_size, "%s: systemd cannot be told of such a directory",
		    config->directory);
		return -FCGI_E_ADDRESS;
	}
	return (kinds & WEB_SERVERS) != 0 ? check_web_servers(config, why, why_size) : 0;
}

void
print_config_write(FILE *out, unsigned kinds, const struct print_config *config)
{
	static const struct {
		enum print_config_kind kind;
		void (*write)(FILE *out, const struct print_config *config);
	} writers[] = {
		{ PRINT_CONFIG_APACHE, print_web_apache },
		{ PRINT_CONFIG_NGINX, print_web_nginx },
		{ PRINT_CONFIG_LIGHTTPD, print_web_lighttpd },
		{ PRINT_CONFIG_SYSTEMD, print_unit },
	};
	int written = 0;
	size_t i;

	for (i = 0; i < sizeof writers / sizeof *writers; i++) {
		if ((kinds & writers[i].kind) == 0)
			continue;
		if (written++ > 0)
			fputc('\n', out);
		writers[i].write(out, config);
	}
}
