#include "action.h"
#include "client.h"
#include "clock.h"
#include "reply.h"
#include "server.h"

static void
answer_now(struct request *request)
{
	char argument[32];

	(void)request_argument(request, argument, sizeof argument);
	reply_text(request, 0, "waited %s\n", argument);
}

static void
on_time(struct timer *timer)
{
	struct request *request = timer->owner;
	struct client *client = request->client;

	client_produce(request, answer_now);
	client_wake(client);
}

void
action_delay_answer(struct request *request)
{
	int64_t duration_ns;
	char argument[32];

	if (request_argument(request, argument, sizeof argument) < 0 ||
	    clock_parse_duration(argument, &duration_ns) < 0) {
		reply_text(request, 400, "/delay/DURATION: such as 250ms, 1.5s or 2m\n");
		return;
	}
	request->timer.fire = on_time;
	request->timer.owner = request;
	timer_start(&request->client->server->timers, &request->timer,
	    clock_after(clock_now_ns(), duration_ns));
}
