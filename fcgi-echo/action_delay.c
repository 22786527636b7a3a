#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "action.h"
#include "client.h"
#include "clock.h"
#include "delay.h"
#include "reply.h"
#include "server.h"

/* In one write, so that instances may share the file. */
static void
log_delay(const struct server_config *config, const struct request_delay *delay)
{
	char line[64];
	int len;

	if (config->delay_log_fd < 0)
		return;
	len = snprintf(line, sizeof line, "%" PRId64 " %" PRId64 "\n", delay->wanted_ns,
	    clock_now_ns() - delay->begun_ns);
	if (write(config->delay_log_fd, line, (size_t)len) < 0)
		cli_warn(config->cli, "--delay-log: %s", strerror(errno));
}

static void
answer_now(struct request *request)
{
	char argument[32];

	(void)request_argument(request, argument, sizeof argument);
	reply_text(request, 0, "waited %s\n", argument);
}

/* Once the answer is sent the request is gone, and the client may be. */
static void
on_time(struct timer *timer)
{
	struct request *request = timer->owner;
	struct client *client = request->client;
	const struct server_config *config = client->server->config;
	struct request_delay delay = request->state.delay;

	client_produce(request, answer_now);
	client_wake(client);
	log_delay(config, &delay);
}

void
action_delay_answer(struct request *request)
{
	struct server *server = request->client->server;
	struct request_delay *state = &request->state.delay;
	struct fcgi_slice query = { 0 };
	struct delay delay;
	char argument[32];

	(void)request_param(request, "QUERY_STRING", &query);
	if (request_argument(request, argument, sizeof argument) < 0 ||
	    delay_parse(&delay, argument, &query) < 0) {
		reply_text(request, 400, "/delay/DURATION: such as 250ms, 1.5s or 2m\n"
		    "?jitter=[even:|exp:|rare:]DURATION and &seed=NUMBER: that much more\n");
		return;
	}
	state->begun_ns = clock_now_ns();
	state->wanted_ns = delay_nth_ns(&delay, server->delays++);
	request->timer.fire = on_time;
	request->timer.owner = request;
	timer_start(&server->timers, &request->timer,
	    clock_after(state->begun_ns, state->wanted_ns));
}
