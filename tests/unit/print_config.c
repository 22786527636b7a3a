#include "print_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "clock.h"
#include "fcgi_error.h"

static char *const plain_line[] = { (char[]){ "fcgistarter" }, NULL };

/* An application as its command line would have it. */
static struct print_config
ordinary(const char *application, const char *const *addresses, size_t count)
{
	return (struct print_config){
		.application = application,
		.addresses = addresses,
		.address_count = count,
		.instances = 3,
		.command_line = plain_line,
		.stop_timeout_ns = 10 * CLOCK_NS_PER_S,
		.directory = "/srv",
	};
}

/* Returns what is written; the caller's to free. */
static char *
write_config(unsigned kinds, const struct print_config *config)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	print_config_write(out, kinds, config);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The text has these lines, in this order, with others between them. */
static void
has(unsigned kinds, const struct print_config *config, const char *const *lines)
{
	char *text = write_config(kinds, config);
	const char *p = text;
	const char *found;

	for (; *lines != NULL; lines++) {
		found = strstr(p, *lines);
		if (found == NULL || found[strlen(*lines)] != '\n' ||
		    (found > text && found[-1] != '\n'))
			fail_msg("no line \"%s\" in its place in:\n%s", *lines, text);
		p = found + strlen(*lines);
	}
	free(text);
}

static void
has_not(unsigned kinds, const struct print_config *config, const char *words)
{
	char *text = write_config(kinds, config);

	if (strstr(text, words) != NULL)
		fail_msg("\"%s\" in:\n%s", words, text);
	free(text);
}

static void
reads_lists(void **state)
{
	static const struct {
		const char *list;
		int result;
		unsigned kinds;
	} cases[] = {
		{ "apache", 0, PRINT_CONFIG_APACHE },
		{ "nginx", 0, PRINT_CONFIG_NGINX },
		{ "lighttpd", 0, PRINT_CONFIG_LIGHTTPD },
		{ "systemd", 0, PRINT_CONFIG_SYSTEMD },
		{ "systemd,apache", 0, PRINT_CONFIG_APACHE | PRINT_CONFIG_SYSTEMD },
		{ "nginx,nginx", 0, PRINT_CONFIG_NGINX },
		{ "apache,nginx,lighttpd,systemd", 0, 15 },
		{ "", -FCGI_E_SYNTAX, 0 },
		{ ",", -FCGI_E_SYNTAX, 0 },
		{ "nginx,", -FCGI_E_SYNTAX, 0 },
		{ ",nginx", -FCGI_E_SYNTAX, 0 },
		{ "ngin", -FCGI_E_SYNTAX, 0 },
		{ "nginxx", -FCGI_E_SYNTAX, 0 },
		{ "Apache", -FCGI_E_SYNTAX, 0 },
		{ "apache nginx", -FCGI_E_SYNTAX, 0 },
	};
	unsigned kinds;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(print_config_parse(cases[i].list, &kinds), cases[i].result);
		if (cases[i].result == 0)
			assert_int_equal(kinds, cases[i].kinds);
	}
}

static void
one_port_for_all(void **state)
{
	static const char *const addresses[] = { "127.0.0.1:4000" };
	const struct print_config config = ordinary("/srv/my_App.fcgi", addresses, 1);

	(void)state;
	has(PRINT_CONFIG_APACHE, &config, (const char *const[]){
		"# Apache httpd 2.4: /srv/my_App.fcgi, 3 instances on one socket.",
		"\tLoadModule proxy_module modules/mod_proxy.so",
		"\tLoadModule proxy_fcgi_module modules/mod_proxy_fcgi.so",
		"ProxyRequests Off",
		"<Proxy \"fcgi://127.0.0.1:4000/\">",
		"\tProxySet enablereuse=off max=3 retry=1",
		"</Proxy>",
		"ProxyPass \"/\" \"fcgi://127.0.0.1:4000/\"",
		"#\t\tSetHandler \"proxy:fcgi://127.0.0.1:4000/\"", NULL });
	has_not(PRINT_CONFIG_APACHE, &config, "balancer");
	has(PRINT_CONFIG_NGINX, &config, (const char *const[]){
		"upstream my-app-fcgi {",
		"\tserver 127.0.0.1:4000 fail_timeout=1s;",
		"}",
		"\tfastcgi_pass my-app-fcgi;", NULL });
	has_not(PRINT_CONFIG_NGINX, &config, "least_conn");
	has(PRINT_CONFIG_LIGHTTPD, &config, (const char *const[]){
		"\t\"my-app-fcgi\" => (",
		"\t\t\"host\" => \"127.0.0.1\",",
		"\t\t\"port\" => 4000,", NULL });
}

static void
a_port_each(void **state)
{
	static const char *const addresses[] = { "127.0.0.1:4000", "[::1]:4001", "h.example:4002" };
	const struct print_config config = ordinary("app", addresses, 3);

	(void)state;
	has(PRINT_CONFIG_APACHE, &config, (const char *const[]){
		"# Apache httpd 2.4: app, 3 instances, each with a socket of its own.",
		"\tLoadModule slotmem_shm_module modules/mod_slotmem_shm.so",
		"\tLoadModule proxy_balancer_module modules/mod_proxy_balancer.so",
		"\tLoadModule lbmethod_bybusyness_module modules/mod_lbmethod_bybusyness.so",
		"<Proxy \"balancer://app/\">",
		"\tBalancerMember \"fcgi://127.0.0.1:4000\" route=app-0 enablereuse=off max=1 "
		"retry=1",
		"\tBalancerMember \"fcgi://[::1]:4001\" route=app-1 enablereuse=off max=1 retry=1",
		"\tBalancerMember \"fcgi://h.example:4002\" route=app-2 enablereuse=off max=1 "
		"retry=1",
		"\tProxySet lbmethod=bybusyness",
		"ProxyPass \"/\" \"balancer://app/\"", NULL });
	has(PRINT_CONFIG_NGINX, &config, (const char *const[]){
		"\tleast_conn;",
		"\tserver 127.0.0.1:4000 fail_timeout=1s;",
		"\tserver [::1]:4001 fail_timeout=1s;",
		"\tserver h.example:4002 fail_timeout=1s;", NULL });
	has(PRINT_CONFIG_LIGHTTPD, &config, (const char *const[]){
		"\t\"app-1\" => (",
		"\t\t\"host\" => \"::1\",",
		"\t\t\"port\" => 4001,", NULL });
}

static void
paths(void **state)
{
	static const char *const addresses[] = { "/run/a-0.sock", "run/a-1.sock" };
	const struct print_config each = ordinary("./", addresses, 2);
	const struct print_config one = ordinary("/", addresses + 1, 1);

	(void)state;
	has(PRINT_CONFIG_APACHE, &each, (const char *const[]){
		"\tBalancerMember \"unix:/run/a-0.sock|fcgi://app-0\" route=app-0 enablereuse=off "
		"max=1 retry=1",
		"\tBalancerMember \"unix:/srv/run/a-1.sock|fcgi://app-1\" route=app-1 "
		"enablereuse=off max=1 retry=1", NULL });
	has(PRINT_CONFIG_APACHE, &one, (const char *const[]){
		"<Proxy \"unix:/srv/run/a-1.sock|fcgi://app/\">",
		"ProxyPass \"/\" \"unix:/srv/run/a-1.sock|fcgi://app/\"", NULL });
	has(PRINT_CONFIG_NGINX, &each, (const char *const[]){
		"\tserver unix:/run/a-0.sock fail_timeout=1s;",
		"\tserver unix:/srv/run/a-1.sock fail_timeout=1s;", NULL });
	has(PRINT_CONFIG_LIGHTTPD, &each, (const char *const[]){
		"\t\t\"socket\" => \"/run/a-0.sock\",",
		"\t\t\"socket\" => \"/srv/run/a-1.sock\",", NULL });
}

/* Every interface is no place to connect to. */
static void
every_interface(void **state)
{
	static const char *const all[] = { "[::]:4000", "0.0.0.0:4000", "*:4000" };
	static const char *const some[] = { "10.0.0.1:4000" };
	const struct print_config elsewhere = ordinary("app", some, 1);
	struct print_config config;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		config = ordinary("app", all + i, 1);
		has(PRINT_CONFIG_NGINX, &config, (const char *const[]){
			"# It listens on every interface: on another host, 127.0.0.1 is to be its "
			"address.",
			"\tserver 127.0.0.1:4000 fail_timeout=1s;", NULL });
	}
	has(PRINT_CONFIG_NGINX, &elsewhere,
	    (const char *const[]){ "\tserver 10.0.0.1:4000 fail_timeout=1s;", NULL });
	has_not(PRINT_CONFIG_NGINX, &elsewhere, "every interface");
}

static void
a_unit(void **state)
{
	static const char *const addresses[] = { "127.0.0.1:4000" };
	char *const words[] = { (char[]){ "/opt/fcgistarter" }, (char[]){ "" },
		(char[]){ "a b" }, (char[]){ "\t\"\\%$;'" }, (char[]){ "p=/q,r:s@t~u" },
		(char[]){ "\303\244" }, NULL };
	struct print_config config = ordinary("/srv/app", addresses, 1);

	(void)state;
	config.command_line = words;
	has(PRINT_CONFIG_SYSTEMD, &config, (const char *const[]){
		"# To be app.service in /etc/systemd/system.",
		"[Unit]",
		"[Service]",
		"Type=notify",
		"ExecStart=/opt/fcgistarter -S -n \"\" \"a b\" \"\\x09\\\"\\\\%%$$;'\" "
		"p=/q,r:s@t~u \303\244",
		"ExecReload=/bin/kill -HUP $MAINPID",
		"KillMode=mixed",
		"TimeoutStopSec=20",
		"Restart=on-failure",
		"[Install]",
		"WantedBy=multi-user.target", NULL });
	config.command_line = plain_line;
	config.supervised = 1;
	config.stop_timeout_ns = CLOCK_NEVER;
	has(PRINT_CONFIG_SYSTEMD, &config, (const char *const[]){
		"ExecStart=fcgistarter -n", "TimeoutStopSec=infinity", NULL });
	config.supervised = 0;
	config.foreground = 1;
	has(PRINT_CONFIG_SYSTEMD, &config, (const char *const[]){
		"ExecStart=fcgistarter -S", NULL });
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lists),
		cmocka_unit_test(one_port_for_all),
		cmocka_unit_test(a_port_each),
		cmocka_unit_test(paths),
		cmocka_unit_test(every_interface),
		cmocka_unit_test(a_unit),
	};

	return cmocka_run_group_tests_name("print_config", tests, NULL, NULL);
}
