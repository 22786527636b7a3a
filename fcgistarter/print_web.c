#include "print_web.h"

#include <string.h>

#include "print_part.h"

/* "127.0.0.1:4000", "[::1]:4000". */
static void
write_host_port(FILE *out, const struct print_target *target)
{
	int is_v6 = strchr(target->host, ':') != NULL;

	fprintf(out, "%s%s%s:%d", is_v6 ? "[" : "", target->host, is_v6 ? "]" : "", target->port);
}

static void
write_everywhere(FILE *out, const struct print_config *config)
{
	struct print_target target;

	print_part_target(&target, config, 0);
	if (target.everywhere)
		fputs("# It listens on every interface: on another host, 127.0.0.1 is to be its "
		      "address.\n", out);
}

/* --- Apache httpd ----------------------------------------------------------------------------- */

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
	struct print_target target;

	print_part_target(&target, config, i);
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
	      "# enablereuse=off: every request has a connection of its own, and whichever\n"
	      "# instance is free takes it.  Before turning it on, know that a connection that is\n"
	      "# kept holds an instance that serves one at a time, idle or not: max times the\n"
	      "# number of server processes must not be more than the instances, or requests wait\n"
	      "# behind idle connections; and that a reload of the application ends kept\n"
	      "# connections, with what was sent on them at that moment.\n", out);
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
	fprintf(out, "# max=1: an instance serves one request at a time; more if it can do more.\n"
		     "<Proxy \"balancer://%s/\">\n", name);
	for (i = 0; i < config->address_count; i++) {
		fputs("\tBalancerMember \"", out);
		apache_worker(out, config, i, name);
		fprintf(out, "\" route=%s-%zu enablereuse=off max=1 retry=1\n", name, i);
	}
	fprintf(out, "\tProxySet lbmethod=bybusyness\n"
		     "\t# Where the application keeps sessions in its memory, and sets a cookie\n"
		     "\t# whose value ends in a dot and the route (.%s-0):\n"
		     "\t#\tProxySet stickysession=NAME-OF-THE-COOKIE\n"
		     "</Proxy>\n\n"
		     "ProxyPass \"/\" \"balancer://%s/\"\n", name, name);
}

void
print_web_apache(FILE *out, const struct print_config *config)
{
	int balanced = config->address_count > 1;
	char name[PRINT_NAME_MAX];

	print_part_name(name, config);
	print_part_heading(out, "Apache httpd 2.4", config);
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
	      "# The application finds the path in SCRIPT_NAME; to have it in PATH_INFO instead:\n"
	      "#\tSetEnv proxy-fcgi-pathinfo unescape\n", out);
}

/* --- nginx ------------------------------------------------------------------------------------ */

void
print_web_nginx(FILE *out, const struct print_config *config)
{
	struct print_target target;
	char name[PRINT_NAME_MAX];
	size_t i;

	print_part_name(name, config);
	print_part_heading(out, "nginx", config);
	write_everywhere(out, config);
	fprintf(out, "\n"
		     "# In the http block:\n"
		     "upstream %s {\n", name);
	if (config->address_count > 1)
		fputs("\t# The one that has the fewest requests to do.\n"
		      "\tleast_conn;\n", out);
	for (i = 0; i < config->address_count; i++) {
		print_part_target(&target, config, i);
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
		     "\t# Connections are not kept: one that is holds an instance that serves one\n"
		     "\t# at a time, idle or not (fastcgi_keep_conn, and keepalive in the\n"
		     "\t# upstream).\n"
		     "}\n", name);
}

/* --- lighttpd --------------------------------------------------------------------------------- */

void
print_web_lighttpd(FILE *out, const struct print_config *config)
{
	struct print_target target;
	char name[PRINT_NAME_MAX];
	size_t i;

	print_part_name(name, config);
	print_part_heading(out, "lighttpd", config);
	write_everywhere(out, config);
	fputs("\n"
	      "server.modules += ( \"mod_fastcgi\" )\n"
	      "# check-local: what files there are does not matter.  fix-root-scriptname: the\n"
	      "# path is PATH_INFO, and SCRIPT_NAME is empty.\n"
	      "fastcgi.server += ( \"/\" => (\n", out);
	for (i = 0; i < config->address_count; i++) {
		print_part_target(&target, config, i);
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
