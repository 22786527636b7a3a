#include "trace_pair.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi_nv.h"
#include "text.h"

void
trace_pair_reset(struct trace_pair *pair)
{
	free(pair->kept);
	*pair = (struct trace_pair){ 0 };
}

/* Takes one byte of the lengths. */
static void
feed_lengths(struct trace_pair *pair, unsigned char byte)
{
	const unsigned char *at = pair->lengths;
	size_t len;

	pair->lengths[pair->lengths_len++] = byte;
	if (fcgi_nv_decode_lengths(&at, at + pair->lengths_len, &pair->name_len,
	    &pair->value_len) < 0)
		return;
	pair->has_lengths = 1;
	len = pair->name_len + pair->value_len;
	pair->kept_len = len < TRACE_PAIR_SHOWN_MAX ? len : TRACE_PAIR_SHOWN_MAX;
	pair->kept = pair->kept_len > 0 ? malloc(pair->kept_len) : NULL;
	if (pair->kept == NULL)
		pair->kept_len = 0;
}

size_t
trace_pair_feed(struct trace_pair *pair, const unsigned char *p, const unsigned char *end,
    size_t *hidden)
{
	size_t left, len, room, value_passed;

	*hidden = 0;
	if (!pair->has_lengths) {
		feed_lengths(pair, *p);
		return 1;
	}
	left = pair->name_len + pair->value_len - pair->passed;
	len = (size_t)(end - p) < left ? (size_t)(end - p) : left;
	room = pair->passed < pair->kept_len ? pair->kept_len - pair->passed : 0;
	if (room > 0 && len > 0)
		memcpy(pair->kept + pair->passed, p, len < room ? len : room);
	pair->passed += len;
	value_passed = pair->passed > pair->name_len ? pair->passed - pair->name_len : 0;
	if (value_passed > 0 && trace_pair_is_secret(pair))
		*hidden = value_passed < len ? value_passed : len;
	return len;
}

int
trace_pair_complete(const struct trace_pair *pair)
{
	return pair->has_lengths && pair->passed == pair->name_len + pair->value_len;
}

int
trace_pair_is_secret(const struct trace_pair *pair)
{
	/* Of a name that is not all there nobody can tell. */
	return pair->name_len > pair->kept_len ||
	    text_is_secret((const char *)pair->kept, pair->name_len);
}

void
trace_pair_cut(struct trace_pair *pair)
{
	if (pair->passed < pair->kept_len)
		pair->kept_len = pair->passed;
}
