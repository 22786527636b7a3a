/* Time: monotonic nanoseconds, and durations as a user writes them. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER INT64_MAX
#define CLOCK_NS_PER_S INT64_C(1000000000)
#define CLOCK_NS_PER_MS INT64_C(1000000)

/* CLOCK_MONOTONIC in nanoseconds; in the path of every request. */
static inline int64_t
clock_now_ns(void)
{
	struct timespec now;

	/* It cannot fail: the clock exists on every system that this builds on. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

/* The time of day in milliseconds since 1970. */
int64_t clock_wall_ms(void);

/*
 * The point that lies duration_ns (>= 0) after now_ns; CLOCK_NEVER when duration_ns is CLOCK_NEVER
 * or the sum would pass it.
 */
int64_t clock_after(int64_t now_ns, int64_t duration_ns);

/* The first of two points of time, or the shorter of two durations. */
int64_t clock_earlier(int64_t a_ns, int64_t b_ns);

/*
 * Reads a duration: a number, with a fraction if wanted, then us, ms, s, m or h; a bare number is
 * seconds.  "250ms", "2s", "1.5s", ".5", "1m", "10".
 * Returns 0 and *ns >= 0, or -FCGI_E_SYNTAX (also for signs, blanks, hexadecimal, and for what does
 * not fit).
 */
int clock_parse_duration(const char *text, int64_t *ns);

/*
 * Writes a duration in its largest fitting unit, for messages: "250ms", "1.5s", "2m", "90s".
 * Three digits behind the point at most, the rest is dropped; "0s" for what is not positive,
 * "never" for CLOCK_NEVER.
 * dst, size: at least 32 bytes.  Returns dst.
 */
char *clock_format_duration(char *dst, size_t size, int64_t ns);

/*
 * The time-out for poll(2) until deadline_ns: milliseconds, rounded up so that poll does not wake
 * too early; 0 when it has passed; -1 for CLOCK_NEVER.
 */
int clock_poll_timeout(int64_t deadline_ns, int64_t now_ns);

#endif
