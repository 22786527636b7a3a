#include "engine.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_serve.h"
#include "fcgi_writer.h"
#include "must.h"

enum { PEERS = 64, STREAMS = 8, PAYLOADS = 2, GUARD_S = 120, CANNOT_TELL = 77 };

/* What the application does. */
enum manner {
	ANSWERS,
	CLOSES_KEPT,		/* closes behind each answer */
	CLOSES_SECOND,		/* takes the second request of a connection, and closes */
	CLOSES_AT_ONCE,		/* takes a request, and closes */
	IGNORES_TENTH,		/* never answers each tenth request of its connections */
	SERVES_FIRST,		/* never answers on any connection but the first */
	ANSWERS_LATE,		/* late_ms after each request, one after the other */
	SILENT,
	FAILS_THIRD,		/* each third answer of a connection is a 503 */
	GOES_ON,		/* ends each request twice */
	READS_SLOWLY,
	DOES_NOT_ACCEPT,
};

struct peer {
	int fd;
	unsigned int place;	/* among those accepted */
	unsigned int requests;
	int is_closing;
	struct fcgi_serve serve;
	struct fcgi_serve_slot slots[STREAMS];
	uint64_t body_len[STREAMS];
};

struct app {
	enum manner manner;
	int late_ms;		/* of ANSWERS_LATE */
	uint64_t body_len;	/* that each request has to have */
	pthread_t thread;
	int listen_fd, stop_fd;
	struct addr_socket address;
	struct peer *peers[PEERS];
	size_t peer_count;
	unsigned int accepted;
	unsigned int bad_bodies;
};

/* --- the application -------------------------------------------------------------------------- */

static void
say(struct peer *peer, uint16_t id, const char *text, int times)
{
	unsigned char bytes[256];
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, bytes, sizeof bytes, id);
	fcgi_writer_stream(&writer, FCGI_STDOUT, text, strlen(text));
	fcgi_writer_stream_end(&writer, FCGI_STDOUT);
	while (times-- > 0)
		must(fcgi_writer_end_request(&writer, 0, FCGI_REQUEST_COMPLETE) == 0);
	if (send(peer->fd, bytes, (size_t)(writer.p - bytes), MSG_NOSIGNAL) < 0)
		peer->is_closing = 1;
}

static void
answer(struct app *app, struct peer *peer, size_t slot)
{
	const char *text = "Status: 200 OK\r\n\r\nwell";
	uint16_t id = peer->slots[slot].request_id;
	int keep = peer->slots[slot].flags & FCGI_KEEP_CONN;

	if (peer->body_len[slot] != app->body_len)
		app->bad_bodies++;
	peer->requests++;
	fcgi_serve_done(&peer->serve, slot);
	switch (app->manner) {
	case CLOSES_SECOND:
		peer->is_closing = peer->requests == 2;
		break;
	case ANSWERS_LATE:
		(void)poll(NULL, 0, app->late_ms);
		break;
	case CLOSES_AT_ONCE:
		peer->is_closing = 1;
		break;
	case FAILS_THIRD:
		if (peer->requests % 3 == 0)
			text = "Status: 503 Busy\r\n\r\n";
		break;
	default:
		break;
	}
	if (peer->is_closing || app->manner == SILENT ||
	    (app->manner == IGNORES_TENTH && peer->requests % 10 == 0) ||
	    (app->manner == SERVES_FIRST && peer->place > 0))
		return;
	say(peer, id, text, app->manner == GOES_ON ? 2 : 1);
	if (app->manner == CLOSES_KEPT || !keep)
		peer->is_closing = 1;
}

static void
receive(struct app *app, struct peer *peer)
{
	unsigned char bytes[65536];
	size_t size = app->manner == READS_SLOWLY ? 5003 : sizeof bytes;
	ssize_t len = recv(peer->fd, bytes, size, MSG_DONTWAIT);
	const unsigned char *p = bytes, *end = bytes + (len > 0 ? len : 0);
	struct fcgi_serve_event event;
	int what;

	if (len < 0 && errno == EAGAIN)
		return;
	if (len <= 0)
		peer->is_closing = 1;
	while (!peer->is_closing &&
	    (what = fcgi_serve_next(&peer->serve, &p, end, &event)) != FCGI_SERVE_MORE) {
		must(what > 0);
		if (what == FCGI_SERVE_BEGIN)
			peer->body_len[event.slot] = 0;
		if (what == FCGI_SERVE_STDIN)
			peer->body_len[event.slot] += event.slice.len;
		if (what == FCGI_SERVE_STDIN_END)
			answer(app, peer, event.slot);
	}
}

static void
accept_peer(struct app *app)
{
	struct peer *peer;
	int fd = accept(app->listen_fd, NULL, NULL);

	must(fd >= 0 && app->peer_count < PEERS);
	peer = calloc(1, sizeof *peer);
	must(peer != NULL);
	peer->fd = fd;
	peer->place = __atomic_fetch_add(&app->accepted, 1, __ATOMIC_RELAXED);
	peer->serve.slots = peer->slots;
	peer->serve.slot_count = STREAMS;
	app->peers[app->peer_count++] = peer;
}

static void
drop_peer(struct app *app, size_t i)
{
	close(app->peers[i]->fd);
	free(app->peers[i]);
	app->peers[i] = app->peers[--app->peer_count];
}

static void *
serve(void *context)
{
	struct app *app = context;
	struct pollfd fds[PEERS + 2];
	size_t i;

	for (;;) {
		fds[0] = (struct pollfd){ .fd = app->stop_fd, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = app->manner == DOES_NOT_ACCEPT ||
				app->peer_count == PEERS
			    ? -1
			    : app->listen_fd,
			.events = POLLIN };
		for (i = 0; i < app->peer_count; i++)
			fds[i + 2] = (struct pollfd){ .fd = app->peers[i]->fd, .events = POLLIN };
		must(poll(fds, (nfds_t)app->peer_count + 2, GUARD_S * 1000) > 0);
		if (fds[0].revents != 0)
			return NULL;
		/* From the last on: one that is dropped has the last one put in its place. */
		for (i = app->peer_count; i-- > 0;) {
			if (fds[i + 2].revents != 0)
				receive(app, app->peers[i]);
			if (app->peers[i]->is_closing)
				drop_peer(app, i);
		}
		if (fds[1].revents != 0)
			accept_peer(app);
	}
}

static void
start_app(struct app *app, enum manner manner, int backlog)
{
	struct sockaddr *sa = (struct sockaddr *)&app->address.sa;

	app->manner = manner;
	app->stop_fd = eventfd(0, EFD_CLOEXEC);
	app->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* The kernel chooses an abstract address. */
	sa->sa_family = AF_UNIX;
	assert_return_code(bind(app->listen_fd, sa, sizeof sa->sa_family), errno);
	app->address.len = sizeof app->address.sa;
	assert_return_code(getsockname(app->listen_fd, sa, &app->address.len), errno);
	assert_return_code(listen(app->listen_fd, backlog), errno);
	assert_int_equal(pthread_create(&app->thread, NULL, serve, app), 0);
}

static void
stop_app(struct app *app)
{
	assert_return_code(eventfd_write(app->stop_fd, 1), errno);
	assert_int_equal(pthread_join(app->thread, NULL), 0);
	while (app->peer_count > 0)
		drop_peer(app, 0);
	close(app->listen_fd);
	close(app->stop_fd);
	assert_int_equal(app->bad_bodies, 0);
}

/* --- the run ---------------------------------------------------------------------------------- */

struct run {
	struct app app;
	struct plan plan;
	struct plan_target target;
	struct payload payloads[PAYLOADS];
	uint32_t turns[3];
	struct schedule_stage stage;
	struct tally total;
	struct tally window;
	struct shares shares;
	int64_t window_ns;
};

static void
make_payload(struct payload *payload, const void *body, size_t body_len)
{
	struct params params = { 0 };
	struct payload_content content = {
		.role = FCGI_RESPONDER,
		.keep_conn = 1,
		.params = &params,
		.body = body,
		.body_len = body_len,
	};

	assert_int_equal(payload_encode(payload, &content), 0);
	payload->weight = 1;
}

/* Two payloads, the first of which is sent twice as often. */
static void
set_up(struct run *run, enum manner manner, int backlog, size_t body_len)
{
	char *body = malloc(body_len + 1);
	size_t i;

	assert_non_null(body);
	*run = (struct run){ .turns = { 0, 1, 0 } };
	for (i = 0; i < body_len; i++)
		body[i] = (char)('a' + i % 26);
	make_payload(&run->payloads[0], body, body_len);
	make_payload(&run->payloads[1], body, body_len);
	free(body);
	run->app.body_len = body_len;
	start_app(&run->app, manner, backlog);
	run->target.name = "app";
	run->target.sockets[0] = run->app.address;
	run->target.socket_count = 1;
	run->target.payloads = (struct payloads){ run->payloads, PAYLOADS, run->turns, 3 };
	run->plan = (struct plan){
		.targets = &run->target,
		.target_count = 1,
		.connections = 4,
		.threads = 1,
		.streams = 1,
		.keep_alive = 1,
		.duration_ns = CLOCK_NEVER,
		.connect_timeout_ns = CLOCK_NEVER,
		.timeout_ns = GUARD_S * CLOCK_NS_PER_S,
		.drain_ns = GUARD_S * CLOCK_NS_PER_S,
		.interval_ns = CLOCK_NS_PER_S,
	};
}

static void
tear_down(struct run *run)
{
	size_t i;

	stop_app(&run->app);
	shares_reset(&run->shares);
	for (i = 0; i < PAYLOADS; i++) {
		free(run->payloads[i].bytes);
		free(run->payloads[i].id_at);
	}
	free(run);
}

static struct run *
new_run(void)
{
	struct run *run = malloc(sizeof *run);

	assert_non_null(run);
	return run;
}

static struct engine *
start(struct run *run)
{
	char why[128];
	struct engine *engine = engine_new(&run->plan, why, sizeof why);

	assert_non_null(engine);
	assert_int_equal(engine_start(engine), 0);
	return engine;
}

static void
finish(struct run *run, struct engine *engine)
{
	int64_t begin_ns, end_ns;

	while (!engine_wait(engine, CLOCK_NEVER, -1))
		;
	engine_finish(engine, &run->total);
	engine_finish_window(engine, &run->window);
	assert_int_equal(engine_finish_shares(engine, &run->shares), 0);
	engine_window(engine, &begin_ns, &end_ns);
	run->window_ns = end_ns - begin_ns;
	assert_int_equal(begin_ns, engine_start_ns(engine) + run->plan.warmup_ns);
	engine_free(engine);
	assert_int_equal(run->shares.items[0].complete + run->shares.items[1].complete,
	    run->total.complete);
}

static uint64_t
count_failures(const struct run *run, enum failure_phase phase, enum failure_kind kind,
    int64_t number)
{
	const struct failure_table *table = &run->total.failures;
	uint64_t times = 0;
	size_t i;

	for (i = 0; i < table->count; i++)
		if (table->rows[i].failure.phase == phase && table->rows[i].failure.kind == kind &&
		    table->rows[i].failure.number == number)
			times += table->rows[i].times;
	return times;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void
ends_after_so_many_requests(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS, 64, 10);
	run->plan.threads = 3;
	run->plan.connections = 5;
	run->plan.request_limit = 3000;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 3000);
	assert_int_equal(run->total.failures.total, 0);
	assert_int_equal(run->total.connects, 5);
	assert_int_equal(run->total.connections_used, 5);
	assert_int_equal(run->total.connections_starved, 0);
	assert_int_equal(run->total.spans[TALLY_SERVICE].count, 3000);
	assert_int_equal(run->total.spans[TALLY_FIRST_BYTE].count, 3000);
	assert_int_equal(run->total.spans[TALLY_RESPONSE].count, 0);
	assert_int_equal(run->total.sent_bytes,
	    run->shares.items[0].complete * run->payloads[0].len +
		run->shares.items[1].complete * run->payloads[1].len);
	assert_true(run->total.cpu_ns > 0);
	assert_true(run->window_ns > 0);
	tear_down(run);
}

static void
weights_are_kept(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS, 64, 0);
	run->plan.connections = 1;
	run->plan.request_limit = 300;
	finish(run, start(run));
	assert_int_equal(run->shares.items[0].complete, 200);
	assert_int_equal(run->shares.items[1].complete, 100);
	tear_down(run);
}

/* Of each three requests of the one connection the last fails, which is of the first kind. */
static void
each_kind_has_its_own_failures_and_latencies(void **state)
{
	struct run *run = new_run();
	const struct share *share;
	size_t i;

	(void)state;
	set_up(run, FAILS_THIRD, 64, 0);
	run->plan.connections = 1;
	run->plan.request_limit = 300;
	finish(run, start(run));
	assert_int_equal(shares_failed(&run->shares), 100);
	assert_int_equal(run->shares.items[0].failed, 100);
	assert_int_equal(run->shares.items[0].detail->failures.total, 100);
	assert_int_equal(run->shares.items[0].detail->failures.rows[0].failure.number, 503);
	for (i = 0; i < PAYLOADS; i++) {
		share = &run->shares.items[i];
		assert_int_equal(share->complete, 100);
		assert_int_equal(share->detail->latency.count, 100);
		assert_true(share->detail->latency.max_ns <=
		    run->total.spans[TALLY_SERVICE].max_ns);
	}
	assert_int_equal(run->shares.items[1].failed, 0);
	tear_down(run);
}

static void
bytes_of_failed_requests_were_sent_too(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, FAILS_THIRD, 64, 0);
	run->plan.connections = 1;
	run->plan.request_limit = 300;
	finish(run, start(run));
	assert_int_equal(run->total.failures.total, 100);
	assert_int_equal(run->total.sent_bytes,
	    200 * run->payloads[0].len + 100 * run->payloads[1].len);
	tear_down(run);
}

static void
a_limited_number_lasts_until_the_last_is_given_up(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, IGNORES_TENTH, 64, 0);
	run->plan.connections = 1;
	run->plan.request_limit = 10;
	run->plan.timeout_ns = CLOCK_NS_PER_S / 2;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 9);
	assert_int_equal(count_failures(run, FAILURE_FIRST_BYTE, FAILURE_TIMEOUT, 0), 1);
	assert_true(run->window_ns >= run->plan.timeout_ns);
	tear_down(run);
}

static void
connections_end_after_so_many_requests(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS, 64, 0);
	run->plan.connections = 1;
	run->plan.requests_per_connection = 7;
	run->plan.request_limit = 70;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 70);
	assert_int_equal(run->total.connects, 10);
	assert_int_equal(run->total.reconnects, 0);
	tear_down(run);
}

static void
without_keep_alive_each_request_has_a_connection(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS, 64, 0);
	run->plan.keep_alive = 0;
	run->plan.request_limit = 50;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 50);
	assert_int_equal(run->total.connects, 50);
	assert_int_equal(run->total.spans[TALLY_CONNECT].count, 50);
	tear_down(run);
}

static void
a_refusal_of_keep_alive_is_no_failure(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, CLOSES_KEPT, 64, 0);
	run->plan.connections = 2;
	run->plan.request_limit = 100;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 100);
	assert_int_equal(run->total.failures.total, 0);
	assert_in_range(run->total.refused_keep_alive, 98, 100);
	assert_int_equal(run->total.reconnects, run->total.refused_keep_alive);
	tear_down(run);
}

static void
what_a_kept_connection_lost_is_sent_once_more(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, CLOSES_SECOND, 64, 0);
	run->plan.connections = 1;
	run->plan.request_limit = 20;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 20);
	assert_int_equal(run->total.failures.total, 0);
	assert_int_equal(run->total.reconnects, 19);
	tear_down(run);
}

static void
what_a_new_connection_lost_has_failed(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, CLOSES_AT_ONCE, 64, 0);
	run->plan.request_limit = 20;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 0);
	assert_int_equal(run->total.failures.total, 20);
	assert_int_equal(count_failures(run, FAILURE_FIRST_BYTE, FAILURE_CLOSED, 0), 20);
	assert_int_equal(run->total.connections_used, 0);
	assert_int_equal(run->total.connections_starved, 0);
	tear_down(run);
}

static void
bad_answers_are_counted_apart(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, FAILS_THIRD, 64, 0);
	run->plan.connections = 1;
	run->plan.request_limit = 30;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 20);
	assert_int_equal(count_failures(run, FAILURE_VALID, FAILURE_STATUS, 503), 10);
	assert_int_equal(run->total.spans[TALLY_SERVICE].count, 20);
	assert_int_equal(run->total.connects, 1);
	tear_down(run);
}

static void
what_goes_on_behind_its_end_is_told(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, GOES_ON, 64, 0);
	run->plan.connections = 1;
	run->plan.request_limit = 10;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 10);
	assert_int_equal(run->total.failures.total, 0);
	assert_int_equal(run->total.strays, 10);
	tear_down(run);
}

static void
late_answers_have_failed(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, IGNORES_TENTH, 64, 0);
	run->plan.connections = 1;
	run->plan.timeout_ns = 20 * CLOCK_NS_PER_MS;
	run->plan.request_limit = 50;
	finish(run, start(run));
	/* Of a machine that is busy others may be late too. */
	assert_int_equal(run->total.complete + run->total.failures.total, 50);
	assert_in_range(count_failures(run, FAILURE_FIRST_BYTE, FAILURE_TIMEOUT, 0), 4, 50);
	assert_int_equal(run->total.failures.total,
	    count_failures(run, FAILURE_FIRST_BYTE, FAILURE_TIMEOUT, 0));
	assert_int_equal(run->total.reconnects, 0);
	tear_down(run);
}

static void
one_late_stream_leaves_the_others_alone(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, IGNORES_TENTH, 64, 0);
	run->plan.connections = 1;
	run->plan.streams = 4;
	run->plan.timeout_ns = 2 * CLOCK_NS_PER_S;
	run->plan.request_limit = 25;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 23);
	assert_int_equal(count_failures(run, FAILURE_FIRST_BYTE, FAILURE_TIMEOUT, 0), 2);
	assert_int_equal(run->total.connects, 1);
	tear_down(run);
}

static void
starved_connections_are_told_and_not_waited_for(void **state)
{
	struct run *run = new_run();
	int64_t from_ns = clock_now_ns();

	(void)state;
	set_up(run, SERVES_FIRST, 64, 0);
	run->plan.threads = 2;
	run->plan.duration_ns = 100 * CLOCK_NS_PER_MS;
	finish(run, start(run));
	assert_true(run->total.complete > 0);
	assert_int_equal(run->total.connections_used, 1);
	assert_int_equal(run->total.connections_starved, 3);
	assert_int_equal(run->total.failures.total, 3);
	assert_int_equal(count_failures(run, FAILURE_FIRST_BYTE, FAILURE_STARVED, 0), 3);
	assert_true(clock_now_ns() - from_ns < run->plan.timeout_ns);
	tear_down(run);
}

/* Each body is longer than a socket's buffer, and what the kernel takes ends anywhere. */
static void
long_bodies_arrive_whole(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, READS_SLOWLY, 64, 700001);
	run->plan.connections = 2;
	run->plan.streams = 3;
	run->plan.request_limit = 30;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 30);
	assert_int_equal(run->total.failures.total, 0);
	tear_down(run);
}

static void
streams_share_a_connection(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS, 64, 3);
	run->plan.connections = 2;
	run->plan.streams = STREAMS;
	run->plan.request_limit = 5000;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 5000);
	assert_int_equal(run->total.connects, 2);
	tear_down(run);
}

static void
set_rate(struct run *run, double rate)
{
	run->plan.open_loop = 1;
	run->stage = (struct schedule_stage){ CLOCK_NEVER, rate };
	run->plan.schedule.stages = &run->stage;
	run->plan.schedule.stage_count = 1;
}

static void
an_open_loop_begins_what_is_due_in_the_window(void **state)
{
	struct run *run = new_run();
	const struct histogram *spans = run->total.spans;

	(void)state;
	set_up(run, ANSWERS, 64, 0);
	run->plan.threads = 2;
	run->plan.warmup_ns = 100 * CLOCK_NS_PER_MS;
	run->plan.duration_ns = 500 * CLOCK_NS_PER_MS;
	set_rate(run, 2000);
	finish(run, start(run));
	assert_int_equal(run->total.complete + run->total.unsent, 1000);
	assert_int_equal(run->total.failures.total, 0);
	assert_int_equal(spans[TALLY_RESPONSE].count, 1000);
	assert_int_equal(spans[TALLY_SERVICE].count, run->total.complete);
	assert_int_equal(spans[TALLY_LATENESS].count, run->total.complete);
	assert_int_equal(run->window_ns, run->plan.duration_ns);
	assert_true(spans[TALLY_RESPONSE].max_ns >= spans[TALLY_SERVICE].max_ns);
	tear_down(run);
}

static void
what_found_no_connection_is_told(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, SILENT, 64, 0);
	run->plan.duration_ns = 200 * CLOCK_NS_PER_MS;
	run->plan.timeout_ns = 300 * CLOCK_NS_PER_MS;
	set_rate(run, 500);
	finish(run, start(run));
	assert_int_equal(run->total.complete, 0);
	assert_int_equal(run->total.failures.total, 100);
	assert_int_equal(count_failures(run, FAILURE_FIRST_BYTE, FAILURE_TIMEOUT, 0), 4);
	assert_int_equal(count_failures(run, FAILURE_SEND, FAILURE_UNSENT, 0), 96);
	assert_int_equal(run->total.unsent, 96);
	assert_int_equal(run->total.no_free, 96);
	/* They have waited until the end, and are not left out of what users see. */
	assert_int_equal(run->total.spans[TALLY_RESPONSE].count, 96);
	assert_true(run->total.spans[TALLY_RESPONSE].max_ns > (uint64_t)(150 * CLOCK_NS_PER_MS));
	tear_down(run);
}

static void
what_is_due_before_the_end_is_sent_behind_it(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS_LATE, 64, 0);
	run->app.late_ms = 5;
	run->plan.connections = 1;
	run->plan.duration_ns = 100 * CLOCK_NS_PER_MS;
	set_rate(run, 1000);
	finish(run, start(run));
	assert_int_equal(run->total.complete, 100);
	assert_int_equal(run->total.failures.total, 0);
	assert_int_equal(run->total.unsent, 0);
	/* One fits into each 5 ms. */
	assert_in_range(run->total.in_window, 0, 20);
	assert_in_range(run->total.no_free, 80, 99);
	assert_int_equal(run->total.spans[TALLY_RESPONSE].count, 100);
	assert_int_equal(run->window_ns, run->plan.duration_ns);
	tear_down(run);
}

static void
sending_behind_the_end_has_an_end(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS_LATE, 64, 0);
	run->app.late_ms = 20;
	run->plan.connections = 1;
	run->plan.threads = 2;
	run->plan.duration_ns = 100 * CLOCK_NS_PER_MS;
	run->plan.drain_ns = 100 * CLOCK_NS_PER_MS;
	set_rate(run, 1000);
	finish(run, start(run));
	/* The last of them is sent when the time is nearly over. */
	assert_in_range(run->total.complete, 1, 11);
	assert_int_equal(run->total.complete + run->total.failures.total, 100);
	assert_int_equal(run->total.unsent, run->total.failures.total);
	assert_int_equal(run->total.unsent,
	    count_failures(run, FAILURE_SEND, FAILURE_UNSENT, 0));
	assert_int_equal(run->total.spans[TALLY_RESPONSE].count, 100);
	tear_down(run);
}

/* What is due goes to the one that is served, and nobody waits for the others twice. */
static void
starved_connections_get_nothing_behind_the_end(void **state)
{
	struct run *run = new_run();
	int64_t from_ns = clock_now_ns();

	(void)state;
	set_up(run, SERVES_FIRST, 64, 0);
	run->plan.duration_ns = 100 * CLOCK_NS_PER_MS;
	set_rate(run, 1000);
	finish(run, start(run));
	assert_int_equal(run->total.complete + run->total.failures.total, 100);
	assert_int_equal(run->total.connections_starved, 3);
	assert_int_equal(run->total.failures.total, 3);
	assert_int_equal(count_failures(run, FAILURE_FIRST_BYTE, FAILURE_STARVED, 0), 3);
	assert_true(clock_now_ns() - from_ns < run->plan.timeout_ns);
	tear_down(run);
}

/* The worker whose connections are all starved does not wait for one until the end of time. */
static void
nobody_waits_for_starved_connections_alone(void **state)
{
	struct run *run = new_run();
	int64_t from_ns = clock_now_ns();

	(void)state;
	set_up(run, SERVES_FIRST, 64, 0);
	run->plan.threads = 4;
	run->plan.duration_ns = 100 * CLOCK_NS_PER_MS;
	set_rate(run, 1000);
	finish(run, start(run));
	assert_int_equal(run->total.complete, 25);
	assert_int_equal(run->total.failures.total, 75);
	assert_int_equal(run->total.unsent, 72);
	assert_int_equal(run->total.connections_starved, 3);
	assert_true(clock_now_ns() - from_ns < run->plan.timeout_ns);
	tear_down(run);
}

/* One by one, so many would be counted for minutes. */
static void
any_rate_is_counted(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, SILENT, 64, 0);
	run->plan.threads = 2;
	run->plan.duration_ns = 200 * CLOCK_NS_PER_MS;
	run->plan.timeout_ns = run->plan.drain_ns = 100 * CLOCK_NS_PER_MS;
	set_rate(run, 1e11);
	finish(run, start(run));
	assert_int_equal(run->total.failures.total,
	    (uint64_t)schedule_expected(&run->plan.schedule, run->plan.duration_ns));
	assert_int_equal(run->total.spans[TALLY_RESPONSE].count, run->total.unsent);
	tear_down(run);
}

static void
what_a_stop_leaves_unsent_has_not_failed(void **state)
{
	struct run *run = new_run();
	struct engine *engine;

	(void)state;
	set_up(run, SILENT, 64, 0);
	set_rate(run, 2000);
	engine = start(run);
	assert_int_equal(engine_wait(engine, clock_now_ns() + 100 * CLOCK_NS_PER_MS, -1), 0);
	engine_stop(engine);
	engine_stop(engine);
	finish(run, engine);
	assert_int_equal(run->total.failures.total, 0);
	assert_int_equal(run->total.cut_off, 4);
	assert_in_range(run->total.unsent, 1, UINT32_MAX);
	tear_down(run);
}

static void
what_comes_behind_the_window_is_not_in_it(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS_LATE, 64, 0);
	run->app.late_ms = 500;
	run->plan.connections = 1;
	run->plan.duration_ns = 20 * CLOCK_NS_PER_MS;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 1);
	assert_int_equal(run->total.in_window, 0);
	assert_int_equal(run->window.complete, 0);
	assert_int_equal(run->window.spans[TALLY_SERVICE].count, 0);
	tear_down(run);
}

/* The first began before the window, the last ends behind it. */
static void
what_comes_inside_the_window_is_in_it(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS_LATE, 64, 0);
	run->app.late_ms = 100;
	run->plan.connections = 1;
	run->plan.warmup_ns = 20 * CLOCK_NS_PER_MS;
	run->plan.duration_ns = 400 * CLOCK_NS_PER_MS;
	finish(run, start(run));
	assert_in_range(run->total.complete, 1, 4);
	/* A thread that is late may begin the first inside, or none behind the last answer. */
	assert_in_range(run->total.in_window, run->total.complete - 1, run->total.complete + 1);
	/* The first is of no request that counts, and the last may not be there yet. */
	assert_in_range(run->window.complete, run->total.complete - 1, run->total.complete);
	assert_int_equal(run->window.spans[TALLY_SERVICE].count, run->window.complete);
	tear_down(run);
}

static void
a_full_backlog_is_told_and_not_spun_on(void **state)
{
	struct run *run = new_run();
	uint64_t full;

	(void)state;
	set_up(run, DOES_NOT_ACCEPT, 1, 0);
	run->plan.duration_ns = 100 * CLOCK_NS_PER_MS;
	run->plan.timeout_ns = 200 * CLOCK_NS_PER_MS;
	finish(run, start(run));
	full = count_failures(run, FAILURE_CONNECT, FAILURE_ERRNO, EAGAIN);
	/* Two fit in; the other two try again after 1, 2, 4 ms and so on. */
	assert_in_range(full, 2, 60);
	assert_int_equal(run->total.failures.total, full + 2);
	tear_down(run);
}

static void
the_next_address_is_tried(void **state)
{
	struct run *run = new_run();

	(void)state;
	set_up(run, ANSWERS, 64, 0);
	run->target.sockets[1] = run->app.address;
	run->target.socket_count = 2;
	/* Nobody is there. */
	((struct sockaddr *)&run->target.sockets[0].sa)->sa_data[1] ^= 0x40;
	run->plan.request_limit = 50;
	finish(run, start(run));
	assert_int_equal(run->total.complete, 50);
	assert_int_equal(run->total.failures.total, 0);
	tear_down(run);
}

static void
intervals_can_be_looked_at(void **state)
{
	struct run *run = new_run();
	struct tally *sum = malloc(sizeof *sum);
	uint64_t interval, before = 0, complete = 0;
	struct engine *engine;

	(void)state;
	assert_non_null(sum);
	set_up(run, ANSWERS, 64, 0);
	run->plan.threads = 2;
	run->plan.interval_ns = 20 * CLOCK_NS_PER_MS;
	run->plan.warmup_ns = 20 * CLOCK_NS_PER_MS;
	engine = start(run);
	while (before < 5) {
		assert_int_equal(engine_wait(engine, CLOCK_NEVER, -1), 0);
		interval = engine_snapshot(engine, sum);
		if (interval == 0)
			continue;
		assert_true(interval >= before);
		assert_true(sum->complete >= complete);
		assert_int_equal(sum->spans[TALLY_SERVICE].count, sum->complete);
		before = interval;
		complete = sum->complete;
	}
	engine_stop(engine);
	finish(run, engine);
	assert_true(run->total.complete >= complete);
	assert_true(run->window_ns >= 5 * run->plan.interval_ns);
	free(sum);
	tear_down(run);
}

static void
a_second_stop_gives_up(void **state)
{
	struct run *run = new_run();
	struct engine *engine;

	(void)state;
	set_up(run, SILENT, 64, 0);
	engine = start(run);
	/* The descriptor is readable at once. */
	assert_int_equal(engine_wait(engine, CLOCK_NEVER, run->app.listen_fd), 0);
	engine_stop(engine);
	assert_int_equal(engine_wait(engine, clock_now_ns() + 20 * CLOCK_NS_PER_MS, -1), 0);
	engine_stop(engine);
	finish(run, engine);
	assert_int_equal(run->total.complete, 0);
	assert_int_equal(run->total.failures.total, 0);
	assert_int_equal(run->total.cut_off, 4);
	tear_down(run);
}

static void
nobody_waits_for_what_a_warm_up_began(void **state)
{
	struct run *run = new_run();
	struct engine *engine;

	(void)state;
	set_up(run, SILENT, 64, 0);
	run->plan.threads = 2;
	run->plan.warmup_ns = GUARD_S * CLOCK_NS_PER_S;
	engine = start(run);
	while (__atomic_load_n(&run->app.accepted, __ATOMIC_RELAXED) < run->plan.connections)
		assert_int_equal(engine_wait(engine, clock_now_ns() + CLOCK_NS_PER_MS, -1), 0);
	engine_stop(engine);
	finish(run, engine);
	assert_int_equal(run->total.complete, 0);
	assert_int_equal(run->total.failures.total, 0);
	assert_int_equal(run->total.cut_off, 0);
	assert_int_equal(run->total.sent_bytes, 0);
	tear_down(run);
}

/* The limit is the process's own, and cannot be raised again. */
static int
refuses_too_many(struct run *run)
{
	struct rlimit limit = { .rlim_cur = 70, .rlim_max = 100 };
	char why[128] = "";
	struct engine *engine;

	/* Under valgrind(1) it cannot be lowered. */
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return CANNOT_TELL;
	run->plan.connections = 37;
	if (engine_new(&run->plan, why, sizeof why) != NULL || strstr(why, "101") == NULL ||
	    strstr(why, "100 (RLIMIT_NOFILE)") == NULL)
		return 2;
	run->plan.connections = 36;
	engine = engine_new(&run->plan, why, sizeof why);
	if (engine == NULL)
		return 3;
	engine_free(engine);
	return 0;
}

static void
the_limit_of_files_is_named(void **state)
{
	struct run *run = new_run();
	int status;
	pid_t pid;

	(void)state;
	set_up(run, ANSWERS, 64, 0);
	pid = fork();
	if (pid == 0)
		_exit(refuses_too_many(run));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	tear_down(run);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CANNOT_TELL)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_after_so_many_requests),
		cmocka_unit_test(weights_are_kept),
		cmocka_unit_test(each_kind_has_its_own_failures_and_latencies),
		cmocka_unit_test(bytes_of_failed_requests_were_sent_too),
		cmocka_unit_test(a_limited_number_lasts_until_the_last_is_given_up),
		cmocka_unit_test(connections_end_after_so_many_requests),
		cmocka_unit_test(without_keep_alive_each_request_has_a_connection),
		cmocka_unit_test(a_refusal_of_keep_alive_is_no_failure),
		cmocka_unit_test(what_a_kept_connection_lost_is_sent_once_more),
		cmocka_unit_test(what_a_new_connection_lost_has_failed),
		cmocka_unit_test(bad_answers_are_counted_apart),
		cmocka_unit_test(what_goes_on_behind_its_end_is_told),
		cmocka_unit_test(late_answers_have_failed),
		cmocka_unit_test(one_late_stream_leaves_the_others_alone),
		cmocka_unit_test(starved_connections_are_told_and_not_waited_for),
		cmocka_unit_test(long_bodies_arrive_whole),
		cmocka_unit_test(streams_share_a_connection),
		cmocka_unit_test(an_open_loop_begins_what_is_due_in_the_window),
		cmocka_unit_test(what_found_no_connection_is_told),
		cmocka_unit_test(what_is_due_before_the_end_is_sent_behind_it),
		cmocka_unit_test(sending_behind_the_end_has_an_end),
		cmocka_unit_test(starved_connections_get_nothing_behind_the_end),
		cmocka_unit_test(nobody_waits_for_starved_connections_alone),
		cmocka_unit_test(any_rate_is_counted),
		cmocka_unit_test(what_a_stop_leaves_unsent_has_not_failed),
		cmocka_unit_test(what_comes_behind_the_window_is_not_in_it),
		cmocka_unit_test(what_comes_inside_the_window_is_in_it),
		cmocka_unit_test(a_full_backlog_is_told_and_not_spun_on),
		cmocka_unit_test(the_next_address_is_tried),
		cmocka_unit_test(intervals_can_be_looked_at),
		cmocka_unit_test(a_second_stop_gives_up),
		cmocka_unit_test(nobody_waits_for_what_a_warm_up_began),
		cmocka_unit_test(the_limit_of_files_is_named),
	};

	alarm(GUARD_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
