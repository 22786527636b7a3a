/*
 * fcgi-echo: a FastCGI application whose behaviour is known, to try web servers and clients with.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "allow.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "listener.h"
#include "options.h"
#include "server.h"
#include "spawn.h"

static void
listen_there(struct listener *listener, const struct options *options)
{
	char failed[ADDR_TEXT_MAX];
	int gai = 0, r;

	r = listener_open(listener, &options->addr, &options->listen, failed, &gai);
	if (r == -FCGI_E_SYSTEM)
		cli_die(&options->cli, 1, "%s: %s", failed, strerror(errno));
	if (r < 0)
		cli_die(&options->cli, 1, "%s: %s", failed,
		    r == -FCGI_E_RESOLVE ? gai_strerror(gai) : fcgi_strerror(r));
}

static void
inherit(struct listener *listener, const struct options *options, int fd)
{
	if (listener_inherit(listener, fd) == 0)
		return;
	if (options->listens)
		cli_die(&options->cli, 1, "descriptor %d is not a listening socket", fd);
	cli_usage_error(&options->cli,
	    "descriptor 0 is not a listening socket: give --listen ADDR, or use a launcher");
}

static void
find_socket(struct listener *listener, const struct options *options)
{
	if (!options->listens)
		inherit(listener, options, FCGI_LISTENSOCK_FILENO);
	else if (options->addr.kind == ADDR_FD)
		inherit(listener, options, options->addr.port);
	else
		listen_there(listener, options);
}

/* Whoever reads the address sees the end of our output behind it. */
static void
print_address(const struct listener *listener, const struct options *options)
{
	char text[ADDR_TEXT_MAX];

	printf("%s\n", listener_format(listener, text, sizeof text));
	cli_close_stdout(&options->cli, 1);
	(void)spawn_fill_standard_fds();
}

static void
read_allowed(struct allow *allow, const struct options *options)
{
	char bad[64];

	if (allow_parse(allow, getenv(FCGI_WEB_SERVER_ADDRS), bad, sizeof bad) < 0)
		cli_die(&options->cli, 1, FCGI_WEB_SERVER_ADDRS ": \"%s\" is not an address", bad);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct listener listener = { .fd = -1 };
	struct server server;
	struct allow allow;
	int status;

	if (spawn_fill_standard_fds() < 0)
		return 1;
	options_read(&options, argc, argv);
	read_allowed(&allow, &options);
	find_socket(&listener, &options);
	struct server_config config = {
		.cli = &options.cli,
		.users = &options.users,
		.answer = &options.answer,
		.allow = &allow,
		.faults = options.faults,
		.max_conns = options.max_conns,
		.max_reqs = options.max_reqs,
		.show_secrets = options.show_secrets,
		.env_log_fd = options.env_log_fd,
		.delay_log_fd = options.delay_log_fd,
	};
	if (server_init(&server, &config, &listener) < 0)
		cli_die(&options.cli, 1, "cannot start: %s", strerror(errno));
	if (options.print_addr)
		print_address(&listener, &options);
	status = server_run(&server);
	server_reset(&server);
	listener_close(&listener);
	options_reset(&options);
	return status;
}
