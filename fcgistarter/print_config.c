#include "print_config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "clock.h"
#include "fcgi_error.h"
#include "text.h"

enum { NAME_MAX_LEN = 64, STOP_MARGIN_S = 10 };

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

/* --- addresses ----------------------------------------------------------------------------------- */

/* Bytes that mean nothing but themselves to any of the web servers, to sh(1) and to systemd. */
static int
is_plain(char c)
{
	return isalnum((unsigned char)c) || strchr("/._+,:@=~-", c) != NULL || (c & 0x80) != 0;
}

static int
is_all_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (!is_plain(*text))
			return 0;
	return 1;
}

/* An address, of which what cannot be read is a path too. */
static void
read_address(struct addr *addr, const char *text)
{
	if (addr_parse(addr, text) == 0)
		return;
	addr->kind = ADDR_UNIX;
	snprintf(addr->name, sizeof addr->name, "%s", text);
}

static int
is_relative(const char *path)
{
	return path != NULL && path[0] != '/';
}

/* Whether anything is relative to where the command line was given.  PATH is for what has no slash. */
static int
needs_directory(const struct print_config *config)
{
	struct addr addr;
	size_t i;

	if (is_relative(config->application) && strchr(config->application, '/') != NULL)
		return 1;
	for (i = 0; i < config->path_count; i++)
		if (is_relative(config->paths[i]))
			return 1;
	for (i = 0; i < config->address_count; i++) {
		read_address(&addr, config->addresses[i]);
		if (addr.kind == ADDR_UNIX && is_relative(addr.name))
			return 1;
	}
	return 0;
}

static int
check_web_servers(const struct print_config *config, char *why, size_t why_size)
{
	struct addr addr;
	size_t i;

	for (i = 0; i < config->address_count; i++) {
		read_address(&addr, config->addresses[i]);
		if (addr.kind == ADDR_ABSTRACT) {
			snprintf(why, why_size, "%s: web servers connect to no abstract socket",
			    config->addresses[i]);
			return -FCGI_E_ADDRESS;
		}
		if (addr.kind == ADDR_UNIX &&
		    (!is_all_plain(addr.name) ||
			(is_relative(addr.name) && !is_all_plain(config->directory)))) {
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
	if (config->directory == NULL && needs_directory(config)) {
		snprintf(why, why_size, "the working directory has gone");
		return -FCGI_E_ADDRESS;
	}
	if ((kinds & PRINT_CONFIG_SYSTEMD) != 0 && needs_directory(config) &&
	    has_unspeakable(config->directory)) {
		snprintf(why, why_size, "%s: systemd cannot be told of such a directory",
		    config->directory);
		return -FCGI_E_ADDRESS;
	}
	return (kinds & WEB_SERVERS) != 0 ? check_web_servers(config, why, why_size) : 0;
}

/* Where a web server on the same host reaches an address. */
struct target {
	char host[ADDR_TEXT_MAX];	/* without brackets; "" for a path */
	int port;
	char path[2 * ADDR_TEXT_MAX];	/* absolute; "" for a port */
	int everywhere;			/* 1: it listens on every interface */
};

static void
find_target(struct target *target, const struct print_config *config, size_t i)
{
	struct addr addr;

	*target = (struct target){ 0 };
	read_address(&addr, config->addresses[i]);
	if (addr.kind != ADDR_INET) {
		snprintf(target->path, sizeof target->path, "%s%s%s",
		    is_relative(addr.name) ? config->directory : "",
		    is_relative(addr.name) ? "/" : "", addr.name);
		return;
	}
	target->port = addr.port;
	target->everywhere = strcmp(addr.name, "*") == 0 || strcmp(addr.name, "0.0.0.0") == 0 ||
	    strcmp(addr.name, "::") == 0;
	snprintf(target->host, sizeof target->host, "%s",
	    target->everywhere || addr.name[0] == '\0' ? "127.0.0.1" : addr.name);
}

/* "127.0.0.1:4000", "[::1]:4000". */
static void
write_host_port(FILE *out, const struct target *target)
{
	int is_v6 = strchr(target->host, ':') != NULL;

	fprintf(out, "%s%s%s:%d", is_v6 ? "[" : "", target->host, is_v6 ? "]" : "", target->port);
}

/* --- words --------------------------------------------------------------------------------------- */

/* A name that all of them take, made of the application's: "app-fcgi". */
static void
make_name(char *dst, const struct print_config *config)
{
	const char *slash = strrchr(config->application, '/');
	const char *p = slash != NULL ? slash + 1 : config->application;
	size_t len = 0;

	for (; *p != '\0' && len < NAME_MAX_LEN - 1; p++) {
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

/*
 * "# Apache httpd 2.4: /srv/app, 4 instances on one socket.".  The name does not come last: a
 * backslash at the end of a line would join the next one to it.
 */
static void
write_heading(FILE *out, const char *server, const struct print_config *config)
{
	char *name = text_escape_alloc(config->application, strlen(config->application), 0);
	const char *sockets = config->address_count > 1 ? ", each with a socket of its own"
	    : config->instances > 1			? " on one socket"
							: "";

	fprintf(out, "# %s: %s, %d instance%s%s.\n", server, name != NULL ? name : "?",
	    config->instances, config->instances == 1 ? "" : "s", sockets);
	free(name);
}

static void
write_everywhere(FILE *out, const struct print_config *config)
{
	struct target target;

	find_target(&target, config, 0);
	if (target.everywhere)
		fputs("# It listens on every interface: on another host, 127.0.0.1 is to be its "
		      "address.\n", out);
}

/* --- Apache httpd -------------------------------------------------------------------------------- */

static void
apache_modules(FILE *out, int balanced)
{
	static const char *const modules[] = {
		"proxy", "proxy_fcgi", "slotmem_shm", "proxy_balancer", "lbmethod_bybusyness",
	};
	size_t count = balanced ? sizeof modules / sizeof *modules : 2;
	size_t i;

	fputs("# Debian and Ubuntu load the modules by:\n"
	      "#\ta2enmod", out);
	for (i = 0; i < count; i++)
		fprintf(out, " %s", modules[i]);
	fputc('\n', out);
	for (i = 0; i < count; i++)
		fprintf(out, "<IfModule !%s_module>\n"
			     "\tLoadModule %s_module modules/mod_%s.so\n"
			     "</IfModule>\n", modules[i], modules[i], modules[i]);
}

/*
 * What a worker is called by.  A path has a host name too, each one of its own, or several would be
 * taken for one.
 */
static void
apache_worker(FILE *out, const struct print_config *config, size_t i, const char *name)
{
	struct target target;

	find_target(&target, config, i);
	if (target.path[0] == '\0') {
		fputs("fcgi://", out);
		write_host_port(out, &target);
	} else {
		fprintf(out, "unix:%s|fcgi://%s", target.path, name);
		if (config->address_count > 1)
			fprintf(out, "-%zu", i);
	}
}

static void
apache_reuse(FILE *out)
{
	fputs("\n"
	      "# enablereuse=off: every request has a connection of its own, and whichever instance\n"
	      "# is free takes it.  Before turning it on, know that a connection that is kept holds\n"
	      "# an instance that serves one at a time, idle or not: max times the number of server\n"
	      "# processes must not be more than the instances, or requests wait behind idle\n"
	      "# connections; and that a reload of the application ends kept connections, with what\n"
	      "# was sent on them at that moment.\n", out);
}

static void
apache_shared(FILE *out, const struct print_config *config, const char *name)
{
	apache_reuse(out);
	fputs("# max: how many of these connections a server process has at a time; more requests\n"
	      "# wait there.\n"
	      "<Proxy \"", out);
	apache_worker(out, config, 0, name);
	fprintf(out, "/\">\n"
		     "\tProxySet enablereuse=off max=%d retry=1\n"
		     "</Proxy>\n\n", config->instances);
	fputs("ProxyPass \"/\" \"", out);
	apache_worker(out, config, 0, name);
	fputs("/\"\n\n"
	      "# Where the application runs scripts, as php-cgi does, instead of ProxyPass:\n"
	      "#\t<FilesMatch \"\\.php$\">\n"
	      "#\t\tSetHandler \"proxy:", out);
	apache_worker(out, config, 0, name);
	fputs("/\"\n"
	      "#\t</FilesMatch>\n", out);
}

static void
apache_balanced(FILE *out, const struct print_config *config, const char *name)
{
	size_t i;

	apache_reuse(out);
	fprintf(out, "# max=1: an instance serves one request at a time; more where it can do more.\n"
		     "<Proxy \"balancer://%s/\">\n", name);
	for (i = 0; i < config->address_count; i++) {
		fputs("\tBalancerMember \"", out);
		apache_worker(out, config, i, name);
		fprintf(out, "\" route=%s-%zu enablereuse=off max=1 retry=1\n", name, i);
	}
	fprintf(out, "\tProxySet lbmethod=bybusyness\n"
		     "\t# Where the application keeps sessions in its memory, and sets a cookie whose\n"
		     "\t# value ends in a dot and the route (.%s-0):\n"
		     "\t#\tProxySet stickysession=NAME-OF-THE-COOKIE\n"
		     "</Proxy>\n\n"
		     "ProxyPass \"/\" \"balancer://%s/\"\n", name, name);
}

static void
write_apache(FILE *out, const struct print_config *config)
{
	int balanced = config->address_count > 1;
	char name[NAME_MAX_LEN];

	make_name(name, config);
	write_heading(out, "Apache httpd 2.4", config);
	write_everywhere(out, config);
	fputc('\n', out);
	apache_modules(out, balanced);
	fputs("\n"
	      "# On, the server would fetch any page of the world for anybody.\n"
	      "ProxyRequests Off\n", out);
	if (balanced)
		apache_balanced(out, config, name);
	else
		apache_shared(out, config, name);
	fputs("\n"
	      "# The application finds the path in SCRIPT_NAME and has no PATH_INFO; to have it there:\n"
	      "#\tSetEnv proxy-fcgi-pathinfo unescape\n", out);
}

/* --- nginx --------------------------------------------------------------------------------------- */

static void
write_nginx(FILE *out, const struct print_config *config)
{
	struct target target;
	char name[NAME_MAX_LEN];
	size_t i;

	make_name(name, config);
	write_heading(out, "nginx", config);
	write_everywhere(out, config);
	fprintf(out, "\n"
		     "# In the http block:\n"
		     "upstream %s {\n", name);
	if (config->address_count > 1)
		fputs("\t# The one that has the fewest requests to do.\n"
		      "\tleast_conn;\n", out);
	for (i = 0; i < config->address_count; i++) {
		find_target(&target, config, i);
		fputs("\tserver ", out);
		if (target.path[0] == '\0')
			write_host_port(out, &target);
		else
			fprintf(out, "unix:%s", target.path);
		fputs(" fail_timeout=1s;\n", out);
	}
	fprintf(out, "}\n\n"
		     "# In a server block:\n"
		     "location / {\n"
		     "\tinclude fastcgi_params;\n"
		     "\t# Where the application runs scripts, as php-cgi does, it wants the file:\n"
		     "\t#\tfastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n"
		     "\t# It finds the path in SCRIPT_NAME; to have it in PATH_INFO as well:\n"
		     "\t#\tfastcgi_param PATH_INFO $fastcgi_script_name;\n"
		     "\tfastcgi_pass %s;\n"
		     "\t# Connections are not kept: one that is holds an instance that serves one at a\n"
		     "\t# time, idle or not (fastcgi_keep_conn, and keepalive in the upstream).\n"
		     "}\n", name);
}

/* --- lighttpd ------------------------------------------------------------------------------------ */

static void
write_lighttpd(FILE *out, const struct print_config *config)
{
	struct target target;
	char name[NAME_MAX_LEN];
	size_t i;

	make_name(name, config);
	write_heading(out, "lighttpd", config);
	write_everywhere(out, config);
	fputs("\n"
	      "server.modules += ( \"mod_fastcgi\" )\n"
	      "# check-local: what files there are does not matter.  fix-root-scriptname: the path is\n"
	      "# PATH_INFO, and SCRIPT_NAME is empty.\n"
	      "fastcgi.server += ( \"/\" => (\n", out);
	for (i = 0; i < config->address_count; i++) {
		find_target(&target, config, i);
		fprintf(out, "\t\"%s", name);
		if (config->address_count > 1)
			fprintf(out, "-%zu", i);
		fputs("\" => (\n", out);
		if (target.path[0] == '\0')
			fprintf(out, "\t\t\"host\" => \"%s\",\n"
				     "\t\t\"port\" => %d,\n", target.host, target.port);
		else
			fprintf(out, "\t\t\"socket\" => \"%s\",\n", target.path);
		fprintf(out, "\t\t\"check-local\" => \"disable\",\n"
			     "\t\t\"fix-root-scriptname\" => \"enable\"\n"
			     "\t)%s\n", i + 1 < config->address_count ? "," : "");
	}
	fputs(") )\n", out);
}

/* --- systemd ------------------------------------------------------------------------------------- */

/* A word of a command line as systemd.service(5) reads it. */
static void
systemd_word(FILE *out, const char *word)
{
	const char *p;

	if (word[0] != '\0' && is_all_plain(word)) {
		fputs(word, out);
		return;
	}
	fputc('"', out);
	for (p = word; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (*p == '%' || *p == '$')
			fprintf(out, "%c%c", *p, *p);
		else if ((unsigned char)*p < 0x20 || *p == 0x7f)
			fprintf(out, "\\x%02x", (unsigned)(unsigned char)*p);
		else
			fputc(*p, out);
	}
	fputc('"', out);
}

/* The program's own name is left to systemd's search path unless it was given in full. */
static void
systemd_command(FILE *out, const struct print_config *config)
{
	char *const *words = config->command_line;

	fputs("ExecStart=", out);
	systemd_word(out, words[0] != NULL && words[0][0] == '/' ? words[0] : "fcgistarter");
	if (!config->supervised)
		fputs(" -S", out);
	if (!config->foreground)
		fputs(" -n", out);
	for (words += words[0] != NULL; *words != NULL; words++) {
		fputc(' ', out);
		systemd_word(out, *words);
	}
	fputc('\n', out);
}

static void
systemd_directory(FILE *out, const char *directory)
{
	fputs("WorkingDirectory=", out);
	for (; *directory != '\0'; directory++)
		fputs(*directory == '%' ? "%%" : (char[]){ *directory, '\0' }, out);
	fputc('\n', out);
}

static void
write_systemd(FILE *out, const struct print_config *config)
{
	int64_t stop_s = config->stop_timeout_ns / CLOCK_NS_PER_S + STOP_MARGIN_S;
	char name[NAME_MAX_LEN];

	make_name(name, config);
	write_heading(out, "systemd", config);
	fprintf(out, "# To be %s.service in /etc/systemd/system.\n"
		     "[Unit]\n"
		     "Description=FastCGI application %s\n"
		     "After=network.target\n"
		     "\n"
		     "[Service]\n"
		     "Type=notify\n", name, name);
	systemd_command(out, config);
	fputs("ExecReload=/bin/kill -HUP $MAINPID\n", out);
	if (needs_directory(config))
		systemd_directory(out, config->directory);
	/* The supervisor stops its instances itself; what is left of them then is killed. */
	fputs("KillMode=mixed\n", out);
	if (config->stop_timeout_ns == CLOCK_NEVER)
		fputs("TimeoutStopSec=infinity\n", out);
	else
		fprintf(out, "TimeoutStopSec=%" PRId64 "\n", stop_s);
	fputs("Restart=on-failure\n"
	      "\n"
	      "[Install]\n"
	      "WantedBy=multi-user.target\n", out);
}

void
print_config_write(FILE *out, unsigned kinds, const struct print_config *config)
{
	static const struct {
		enum print_config_kind kind;
		void (*write)(FILE *out, const struct print_config *config);
	} writers[] = {
		{ PRINT_CONFIG_APACHE, write_apache },
		{ PRINT_CONFIG_NGINX, write_nginx },
		{ PRINT_CONFIG_LIGHTTPD, write_lighttpd },
		{ PRINT_CONFIG_SYSTEMD, write_systemd },
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
