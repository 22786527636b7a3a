#include "asker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "clock.h"
#include "fcgi_error.h"

/* An exchange that is under way. */
struct slot {
	struct ask *ask;		/* NULL: free */
	struct exchange exchange;
	int64_t wake_ns;
	FILE *trace_file;		/* NULL: stderr, or none */
	char *trace_text;
	size_t trace_len;
};

struct course {
	const struct asker *asker;
	struct slot **slots;
	struct pollfd *fds;		/* of the slots, then the signals' */
	size_t slot_count;
	struct ask *asks;
	size_t ask_count;
	size_t next;
};

/* Of several at a time each is told as a whole, once it is over. */
static int
start_trace(const struct course *course, struct slot *slot)
{
	/* Streams are shown as they are, if at all: the answer may hold what is secret. */
	struct trace_style style = {
		.contents = course->asker->show_secrets ? TRACE_TEXT : TRACE_NO_CONTENTS,
		.show_secrets = course->asker->show_secrets,
	};
	FILE *to = stderr;

	if (!course->asker->trace)
		return 0;
	if (course->slot_count > 1)
		to = slot->trace_file = open_memstream(&slot->trace_text, &slot->trace_len);
	if (to != NULL)
		slot->ask->plan.trace = trace_new(to, &style);
	if (slot->ask->plan.trace == NULL)
		return -FCGI_E_SYSTEM;
	trace_note(slot->ask->plan.trace, "%s", slot->ask->title);
	return 0;
}

static void
end_trace(struct slot *slot)
{
	if (slot->ask->plan.trace != NULL)
		trace_free(slot->ask->plan.trace);
	slot->ask->plan.trace = NULL;
	if (slot->trace_file == NULL)
		return;
	fclose(slot->trace_file);
	fwrite(slot->trace_text, 1, slot->trace_len, stderr);
	free(slot->trace_text);
	slot->trace_file = NULL;
}

static void
clear_slot(struct slot *slot)
{
	exchange_reset(&slot->exchange);
	end_trace(slot);
	slot->ask = NULL;
}

static int
start(struct course *course, struct slot *slot)
{
	slot->ask = &course->asks[course->next++];
	if (start_trace(course, slot) < 0) {
		slot->ask = NULL;
		return -FCGI_E_SYSTEM;
	}
	exchange_init(&slot->exchange, &slot->ask->plan, &slot->ask->wire);
	exchange_start(&slot->exchange, course->asker->authorizer, clock_now_ns());
	return 0;
}

static int
finish_if_done(struct course *course, struct slot *slot)
{
	int r;

	if (slot->ask == NULL || slot->exchange.state != EXCHANGE_DONE)
		return 0;
	r = course->asker->done(course->asker->to, slot->ask, &slot->exchange);
	clear_slot(slot);
	return r;
}

/* Gives free slots something to do.  Returns how many are under way, or a negative error. */
static int
fill(struct course *course)
{
	size_t i;
	int busy = 0, r = 0;

	for (i = 0; r >= 0 && i < course->slot_count; i++) {
		while (r >= 0 && course->slots[i]->ask == NULL &&
		    course->next < course->ask_count) {
			r = start(course, course->slots[i]);
			if (r >= 0)
				r = finish_if_done(course, course->slots[i]);
		}
		busy += course->slots[i]->ask != NULL;
	}
	return r < 0 ? r : busy;
}

/* Waits and steps.  Returns an enum asker_end or a negative error. */
static int
turn(struct course *course)
{
	struct pollfd *signals = &course->fds[course->slot_count];
	int64_t wake_ns = CLOCK_NEVER, now_ns;
	struct slot *slot;
	size_t i;
	int r = 0;

	for (i = 0; i < course->slot_count; i++) {
		slot = course->slots[i];
		course->fds[i] = (struct pollfd){ .fd = -1 };
		if (slot->ask == NULL)
			continue;
		slot->wake_ns = exchange_poll(&slot->exchange, &course->fds[i]);
		wake_ns = clock_earlier(wake_ns, slot->wake_ns);
	}
	*signals = (struct pollfd){ .fd = course->asker->signal_fd, .events = POLLIN };
	if (poll(course->fds, (nfds_t)course->slot_count + 1,
		clock_poll_timeout(wake_ns, clock_now_ns())) < 0)
		return errno == EINTR ? ASKER_DONE : -FCGI_E_SYSTEM;
	if (signals->revents != 0)
		return ASKER_INTERRUPTED;
	now_ns = clock_now_ns();
	for (i = 0; r == 0 && i < course->slot_count; i++) {
		slot = course->slots[i];
		if (slot->ask == NULL || (course->fds[i].revents == 0 && now_ns < slot->wake_ns))
			continue;
		exchange_step(&slot->exchange, course->fds[i].revents, now_ns);
		r = finish_if_done(course, slot);
	}
	return r;
}

static void
give_back(struct course *course)
{
	size_t i;

	for (i = 0; course->slots != NULL && i < course->slot_count; i++) {
		if (course->slots[i] != NULL && course->slots[i]->ask != NULL)
			clear_slot(course->slots[i]);
		free(course->slots[i]);
	}
	free(course->slots);
	free(course->fds);
	for (i = 0; i < course->ask_count; i++)
		buffer_free(&course->asks[i].wire);
}

static int
prepare(struct course *course)
{
	size_t i;

	course->slots = calloc(course->slot_count, sizeof(struct slot *));
	course->fds = calloc(course->slot_count + 1, sizeof *course->fds);
	if (course->slots == NULL || course->fds == NULL)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < course->slot_count; i++)
		if ((course->slots[i] = calloc(1, sizeof(struct slot))) == NULL)
			return -FCGI_E_SYSTEM;
	return 0;
}

size_t
asker_most(size_t wanted)
{
	struct rlimit limit;
	size_t most = 0;
	int fd;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return wanted;
	for (fd = 0; most < wanted && (rlim_t)fd < limit.rlim_cur; fd++)
		most += fcntl(fd, F_GETFD) < 0;
	return most > 0 ? most : 1;
}

int
asker_run(const struct asker *asker, struct ask *asks, size_t count)
{
	struct course course = {
		.asker = asker,
		.asks = asks,
		.ask_count = count,
		.slot_count = asker_most(asker->jobs < count ? asker->jobs : count),
	};
	int r, busy = 0;

	if (count == 0)
		return ASKER_DONE;
	r = prepare(&course);
	while (r == 0 && (busy = fill(&course)) > 0)
		r = turn(&course);
	give_back(&course);
	return r != 0 ? r : busy;
}
