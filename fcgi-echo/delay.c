#include "delay.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "number.h"
#include "query.h"
#include "random.h"

static int
parse_jitter(struct delay *delay, const char *text)
{
	static const struct {
		const char *prefix;
		enum delay_jitter jitter;
	} kinds[] = {
		{ "even:", DELAY_EVEN },
		{ "exp:", DELAY_EXP },
		{ "rare:", DELAY_RARE },
		{ "", DELAY_EVEN },
	};
	size_t i, len;

	for (i = 0;; i++) {
		len = strlen(kinds[i].prefix);
		if (strncmp(text, kinds[i].prefix, len) == 0)
			break;
	}
	delay->jitter = kinds[i].jitter;
	return clock_parse_duration(text + len, &delay->spread_ns);
}

/* Returns 1 when the query has such a field, 0 when not, -FCGI_E_SYNTAX when it makes no sense. */
static int
find_field(const struct fcgi_slice *query, const char *name, char *dst, size_t size)
{
	ptrdiff_t r = query_field(query, name, dst, size);

	if (r == -FCGI_E_MORE)
		return 0;
	return r < 0 ? -FCGI_E_SYNTAX : 1;
}

int
delay_parse(struct delay *delay, const char *argument, const struct fcgi_slice *query)
{
	char value[64];
	long long seed = 0;
	int r;

	*delay = (struct delay){ 0 };
	r = clock_parse_duration(argument, &delay->least_ns);
	if (r < 0)
		return r;
	r = find_field(query, "jitter", value, sizeof value);
	if (r < 0 || (r > 0 && parse_jitter(delay, value) < 0))
		return -FCGI_E_SYNTAX;
	r = find_field(query, "seed", value, sizeof value);
	if (r < 0 || (r > 0 && number_parse(&seed, value, 0, INT64_MAX) != NULL))
		return -FCGI_E_SYNTAX;
	delay->seed = (uint64_t)seed;
	return 0;
}

int
delay_parse_url(struct delay *delay, const char *text)
{
	char argument[64];
	size_t len = strcspn(text, "?");
	const char *query = text + len + (text[len] == '?');
	struct fcgi_slice slice = { (const unsigned char *)query, strlen(query) };

	if (len >= sizeof argument)
		return -FCGI_E_SYNTAX;
	memcpy(argument, text, len);
	argument[len] = '\0';
	return delay_parse(delay, argument, &slice);
}

int64_t
delay_quantile_ns(const struct delay *delay, double part)
{
	double share = 0;

	switch (delay->jitter) {
	case DELAY_EVEN:
		share = part;
		break;
	case DELAY_EXP:
		share = -log1p(-part);
		break;
	case DELAY_RARE:
		share = part > 0.99;
		break;
	case DELAY_NONE:
		break;
	}
	share *= (double)delay->spread_ns;
	if (share >= (double)(CLOCK_NEVER - delay->least_ns))
		return CLOCK_NEVER;
	return delay->least_ns + (int64_t)share;
}

int64_t
delay_nth_ns(const struct delay *delay, uint64_t number)
{
	uint64_t state = delay->seed;

	/* A seed begins anywhere; the numbers from there on have to lie apart too. */
	state = random_next(&state) + number;
	return delay_quantile_ns(delay, 1 - random_part(&state));
}
