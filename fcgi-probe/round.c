#include "round.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"

/* Between two tries of a target; doubled each time. */
#define PAUSE_FIRST_NS (50 * CLOCK_NS_PER_MS)
#define PAUSE_MOST_NS (CLOCK_NS_PER_S)
/* Nobody is disturbed by looking whether a socket is there yet. */
#define PAUSE_WAIT_FIRST_NS (10 * CLOCK_NS_PER_MS)
#define PAUSE_WAIT_MOST_NS (250 * CLOCK_NS_PER_MS)

enum {
	SPARE_FILES = 16,	/* for standard streams, netlink, the report and the like */
	RESOLVING_MAX = 256,	/* each has a process */
};

/* Where a target is in the round. */
struct turn {
	struct target *target;
	long long tries;
	int64_t start_ns;	/* when its next try begins */
	int64_t pause_ns;	/* before the one after that */
	struct pollfd *fd;	/* its entry while it is under way, or NULL */
	int64_t wake_ns;	/* when it is to be stepped without an event */
	int is_over;
};

/* A round that is under way. */
struct course {
	const struct round *round;
	struct turn *turns;
	struct pollfd *fds;	/* of those that are asked: poll(2) takes as many as may be open */
	size_t fd_count;
	struct queue_place *places;
	size_t count;
	size_t left;		/* turns that are not over */
	size_t asking, asking_max; /* those whose names are looked up are among them */
	size_t resolving, resolving_max;
	int64_t deadline_ns;
};

/* --- another try? -------------------------------------------------------------------------- */

static int
has_answered(const struct observation *seen)
{
	return (seen->end == OBSERVED_ANSWER || seen->end == OBSERVED_ENOUGH) &&
	    !(seen->has_request_end && seen->request_end.protocol_status == FCGI_OVERLOADED);
}

static int
is_server_error(const struct observation *seen)
{
	return seen->header_result == 1 && seen->header.status >= 500;
}

/* A failure that may be over the next moment. */
static int
may_pass(const struct observation *seen)
{
	switch (seen->end) {
	case OBSERVED_CONNECT:
		return seen->system_errno != EACCES && seen->system_errno != EPERM;
	case OBSERVED_CONNECT_TIMEOUT:
		return seen->queue_full;
	case OBSERVED_CLOSED:
		return 1;
	case OBSERVED_ANSWER:
		return !has_answered(seen) || is_server_error(seen) ||
		    (seen->has_request_end && seen->stdout_len == 0 &&
			seen->request_end.protocol_status == FCGI_REQUEST_COMPLETE);
	case OBSERVED_ENOUGH:
		return is_server_error(seen);
	default:
		return 0;
	}
}

static int
wants_again(const struct round *round, const struct turn *turn)
{
	const struct observation *seen = &turn->target->seen;

	/* A descriptor is closed by now. */
	if (seen->end == OBSERVED_INTERNAL || turn->target->addr->kind == ADDR_FD)
		return 0;
	/* Who speaks something else will not learn it while we wait. */
	if (round->wait && seen->end != OBSERVED_PROTOCOL && !has_answered(seen))
		return 1;
	if (seen->ask == ASK_FPM_STATUS && turn->tries == 1 && seen->header_result == 1 &&
	    seen->header.status == 500)
		return 1;
	return turn->tries <= round->retries && may_pass(seen);
}

/* --- turns --------------------------------------------------------------------------------- */

static void
end_turn(struct course *course, struct turn *turn)
{
	turn->is_over = 1;
	course->left--;
}

/* There would be another try, but no time for it. */
static void
give_up(struct course *course, struct turn *turn)
{
	if (course->round->wait)
		turn->target->seen.gave_up_ns = course->round->wait_timeout_ns;
	end_turn(course, turn);
}

/*
 * Whether it was not even asked, for want of what somebody else will leave when it is done: a
 * connection its descriptor, a lookup its process.
 */
static int
is_put_off(struct course *course, const struct observation *seen)
{
	if (seen->end != OBSERVED_INTERNAL)
		return 0;
	if (seen->system_errno == EMFILE && course->asking > 0)
		course->asking_max = course->asking;
	else if (seen->system_errno == EAGAIN && course->resolving > 0)
		course->resolving_max = course->resolving;
	else
		return 0;
	return 1;
}

/* One try is done: either the next one is arranged, or the turn is over. */
static void
judge_try(struct course *course, struct turn *turn, int64_t now_ns)
{
	const struct round *round = course->round;
	int64_t most_ns = round->wait ? PAUSE_WAIT_MOST_NS : PAUSE_MOST_NS;

	course->asking--;
	if (is_put_off(course, &turn->target->seen)) {
		turn->tries--;
		return;
	}
	turn->start_ns = clock_after(now_ns, turn->pause_ns);
	turn->pause_ns = clock_earlier(2 * turn->pause_ns, most_ns);
	if (!wants_again(round, turn))
		end_turn(course, turn);
	else if (turn->start_ns >= course->deadline_ns)
		give_up(course, turn);
}

static void
start_try(struct course *course, struct turn *turn, int64_t now_ns)
{
	struct target *target = turn->target;
	int64_t deadline_ns = clock_earlier(course->deadline_ns,
	    clock_after(now_ns, course->round->timeout_ns));

	turn->tries++;
	course->asking++;
	target_start(target, now_ns, deadline_ns);
	if (target->state == TARGET_RESOLVING)
		course->resolving++;
	if (target->state == TARGET_DONE)
		judge_try(course, turn, now_ns);
}

static int
is_under_way(const struct target *target)
{
	return target->state == TARGET_RESOLVING || target->state == TARGET_ASKING ||
	    target->state == TARGET_QUEUE;
}

/* Whether there is a descriptor for it, and a process if it needs one. */
static int
is_room_for(const struct course *course, const struct target *target)
{
	return course->asking < course->asking_max &&
	    (course->resolving < course->resolving_max || !target_needs_lookup(target));
}

/*
 * Begins what is due and what there is room for.
 * lookups: 1 for those whose names have to be looked up, 0 for the others.
 */
static void
start_due(struct course *course, int64_t now_ns, int lookups)
{
	struct turn *turn;
	size_t i;

	for (i = 0; i < course->count; i++) {
		turn = &course->turns[i];
		if (turn->is_over || is_under_way(turn->target) ||
		    target_needs_lookup(turn->target) != lookups)
			continue;
		if (now_ns >= course->deadline_ns) {
			/* Some had no turn at all. */
			if (turn->tries == 0)
				target_cancel(turn->target, turn->start_ns, EMFILE);
			give_up(course, turn);
		} else if (now_ns >= turn->start_ns && is_room_for(course, turn->target)) {
			start_try(course, turn, now_ns);
		}
	}
}

/* The targets that have to know their queues are told, all with one look.  Returns how many. */
static size_t
read_queues(struct course *course, int64_t now_ns)
{
	struct turn *turn, *end = course->turns + course->count;
	size_t count = 0, i = 0;

	for (turn = course->turns; turn < end; turn++)
		if (turn->target->state == TARGET_QUEUE)
			course->places[count++] = (struct queue_place){
				.address = target_queue_address(turn->target) };
	if (count == 0)
		return 0;
	queue_read_all(course->places, count);
	for (turn = course->turns; turn < end; turn++) {
		if (turn->target->state != TARGET_QUEUE)
			continue;
		target_take_queue(turn->target, &course->places[i++], now_ns);
		if (turn->target->state == TARGET_DONE)
			judge_try(course, turn, now_ns);
	}
	return count;
}

/* Notes what to poll for.  Returns when to wake up at the latest. */
static int64_t
prepare_poll(struct course *course)
{
	int64_t wake_ns = course->deadline_ns;
	struct turn *turn;
	size_t i;

	course->fd_count = 0;
	for (i = 0; i < course->count; i++) {
		turn = &course->turns[i];
		turn->fd = NULL;
		if (turn->is_over)
			continue;
		if (is_under_way(turn->target)) {
			turn->fd = &course->fds[course->fd_count++];
			turn->wake_ns = target_poll(turn->target, turn->fd);
			wake_ns = clock_earlier(wake_ns, turn->wake_ns);
		} else if (is_room_for(course, turn->target)) {
			wake_ns = clock_earlier(wake_ns, turn->start_ns);
		}
	}
	return wake_ns;
}

static void
wait_until(struct course *course, int64_t wake_ns)
{
	size_t i;

	if (poll(course->fds, (nfds_t)course->fd_count,
		clock_poll_timeout(wake_ns, clock_now_ns())) >= 0)
		return;
	/* Interrupted, or without memory for it: then the clock alone drives us on. */
	for (i = 0; i < course->fd_count; i++)
		course->fds[i].revents = 0;
}

static void
step_all(struct course *course, int64_t now_ns)
{
	struct turn *turn;
	size_t i;

	for (i = 0; i < course->count; i++) {
		turn = &course->turns[i];
		if (turn->fd == NULL || (turn->fd->revents == 0 && now_ns < turn->wake_ns))
			continue;
		if (turn->target->state == TARGET_RESOLVING)
			course->resolving--;
		target_step(turn->target, turn->fd->revents, now_ns);
		if (turn->target->state == TARGET_RESOLVING)
			course->resolving++;
		if (turn->target->state == TARGET_DONE)
			judge_try(course, turn, now_ns);
	}
}

/* How many connections fit into the limit of open files, which is raised for more. */
static size_t
most_at_once(size_t count)
{
	struct rlimit limit;
	rlim_t needed = count + SPARE_FILES;

	if (count == 1 || getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= needed)
		return count;
	limit.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= needed)
		return count;
	return limit.rlim_cur > 2 * SPARE_FILES ? (size_t)limit.rlim_cur - SPARE_FILES
						: SPARE_FILES;
}

static void
run(struct course *course, int64_t now_ns)
{
	for (;;) {
		start_due(course, now_ns, 1);
		/* Processes take their time to begin: that is not the others'. */
		if (course->resolving > 0)
			now_ns = clock_now_ns();
		start_due(course, now_ns, 0);
		while (read_queues(course, now_ns) > 0)
			;
		if (course->left == 0)
			return;
		wait_until(course, prepare_poll(course));
		now_ns = clock_now_ns();
		step_all(course, now_ns);
	}
}

static void
give_back(struct course *course)
{
	free(course->turns);
	free(course->fds);
	free(course->places);
}

int
round_run(const struct round *round, struct target *targets, size_t count)
{
	struct course course = { .round = round, .count = count, .left = count };
	int64_t now_ns = clock_now_ns();
	size_t i;

	course.turns = calloc(count, sizeof *course.turns);
	course.fds = calloc(count, sizeof *course.fds);
	course.places = calloc(count, sizeof *course.places);
	if (course.turns == NULL || course.fds == NULL || course.places == NULL) {
		give_back(&course);
		return -FCGI_E_SYSTEM;
	}
	course.asking_max = most_at_once(count);
	course.resolving_max = RESOLVING_MAX;
	course.deadline_ns = clock_after(now_ns,
	    round->wait ? round->wait_timeout_ns : round->timeout_ns);
	for (i = 0; i < count; i++) {
		target_find(&targets[i]);
		targets[i].state = TARGET_IDLE;
		course.turns[i] = (struct turn){
			.target = &targets[i],
			.start_ns = now_ns,
			.pause_ns = round->wait ? PAUSE_WAIT_FIRST_NS : PAUSE_FIRST_NS,
		};
	}
	run(&course, now_ns);
	for (i = 0; i < count; i++)
		target_reap(&targets[i]);
	give_back(&course);
	return 0;
}
