#include "clock.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fcgi_error.h"

struct unit {
	const char *name;
	int64_t ns;
};

/* From the largest on. */
static const struct unit units[] = {
	{ "h", 3600 * CLOCK_NS_PER_S },
	{ "m", 60 * CLOCK_NS_PER_S },
	{ "s", CLOCK_NS_PER_S },
	{ "ms", CLOCK_NS_PER_MS },
	{ "us", CLOCK_NS_PER_MS / 1000 },
};

enum { UNIT_COUNT = sizeof units / sizeof *units };

int64_t
clock_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / CLOCK_NS_PER_MS;
}

int64_t
clock_earlier(int64_t a_ns, int64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

int64_t
clock_after(int64_t now_ns, int64_t duration_ns)
{
	int64_t sum;

	if (duration_ns == CLOCK_NEVER || __builtin_add_overflow(now_ns, duration_ns, &sum))
		return CLOCK_NEVER;
	return sum;
}

static int64_t
unit_ns(const char *name)
{
	size_t i;

	if (*name == '\0')
		return CLOCK_NS_PER_S;
	for (i = 0; i < UNIT_COUNT; i++)
		if (strcmp(name, units[i].name) == 0)
			return units[i].ns;
	return 0;
}

int
clock_parse_duration(const char *text, int64_t *ns)
{
	static const char digits[] = "0123456789";
	size_t whole = strspn(text, digits), fraction = 0, i;
	const char *point = text + whole;
	int64_t unit, place, sum = 0;

	if (*point == '.') {
		fraction = strspn(point + 1, digits);
		if (fraction == 0)
			return -FCGI_E_SYNTAX;
		unit = unit_ns(point + 1 + fraction);
	} else {
		unit = unit_ns(point);
	}
	if (unit == 0 || whole + fraction == 0)
		return -FCGI_E_SYNTAX;
	for (i = 0; i < whole; i++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, text[i] - '0', &sum))
			return -FCGI_E_SYNTAX;
	if (__builtin_mul_overflow(sum, unit, &sum))
		return -FCGI_E_SYNTAX;
	/* Units divide by ten without a rest down to a nanosecond; what is below is dropped. */
	for (i = 0, place = unit / 10; i < fraction && place > 0; i++, place /= 10)
		if (__builtin_add_overflow(sum, (point[1 + i] - '0') * place, &sum))
			return -FCGI_E_SYNTAX;
	if (sum == CLOCK_NEVER)
		return -FCGI_E_SYNTAX;
	*ns = sum;
	return 0;
}

/* Minutes and hours only where they are whole: nobody reads 1.016m as 61 seconds. */
static int
fits(const struct unit *unit, int64_t ns)
{
	return ns >= unit->ns && (unit->ns <= CLOCK_NS_PER_S || ns % unit->ns == 0);
}

char *
clock_format_duration(char *dst, size_t size, int64_t ns)
{
	size_t i = 0;
	int64_t thousandths;
	int decimals = 3;

	if (ns == CLOCK_NEVER) {
		snprintf(dst, size, "never");
		return dst;
	}
	if (ns <= 0) {
		snprintf(dst, size, "0s");
		return dst;
	}
	while (i < UNIT_COUNT - 1 && !fits(&units[i], ns))
		i++;
	thousandths = ns % units[i].ns / (units[i].ns / 1000);
	while (decimals > 0 && thousandths % 10 == 0) {
		thousandths /= 10;
		decimals--;
	}
	if (decimals == 0)
		snprintf(dst, size, "%" PRId64 "%s", ns / units[i].ns, units[i].name);
	else
		snprintf(dst, size, "%" PRId64 ".%0*" PRId64 "%s", ns / units[i].ns, decimals,
		    thousandths, units[i].name);
	return dst;
}

int
clock_poll_timeout(int64_t deadline_ns, int64_t now_ns)
{
	int64_t left_ms;

	if (deadline_ns == CLOCK_NEVER)
		return -1;
	if (deadline_ns <= now_ns)
		return 0;
	left_ms = (deadline_ns - now_ns - 1) / CLOCK_NS_PER_MS + 1;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}
