#include "histogram.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base64.h"

enum {
	DIGITS = 3,
	PERCENT_PARTS = 10000000,	/* of a percent, which ranks are told in */
	NEEDED_BEYOND = 10,		/* samples beyond a percentile that means something */
	/* HdrHistogram's "V2" and its compressed form, each with a flag for words of any length. */
	COOKIE_COMPRESSED = 0x1c849314,
	COOKIE_PLAIN = 0x1c849313,
	PLAIN_HEAD_LEN = 40,
	COMPRESSED_HEAD_LEN = 8,
	WORD_MAX = 9,			/* a count as its bytes */
};

/* The lowest and the highest value that are counted at an index. */
static uint64_t
lowest_at(size_t index)
{
	unsigned int shift = index < 2048 ? 0 : (unsigned int)(index >> 10) - 1;

	return (uint64_t)(index - ((size_t)shift << 10)) << shift;
}

static uint64_t
highest_at(size_t index)
{
	return lowest_at(index + 1) - 1;
}

static void
add_sum(struct histogram *to, uint64_t low, uint64_t high)
{
	to->sum_ns += low;
	to->sum_high += high + (to->sum_ns < low);
}

void
histogram_add(struct histogram *to, const struct histogram *from)
{
	size_t i, last = histogram_index(from->max_ns);

	if (from->count == 0)
		return;
	if (to->count == 0 || from->min_ns < to->min_ns)
		to->min_ns = from->min_ns;
	if (from->max_ns > to->max_ns)
		to->max_ns = from->max_ns;
	add_sum(to, from->sum_ns, from->sum_high);
	to->count += from->count;
	for (i = histogram_index(from->min_ns); i <= last; i++)
		to->counts[i] += from->counts[i];
}

void
histogram_copy(struct histogram *to, const struct histogram *from)
{
	size_t first = histogram_index(from->min_ns), last = histogram_index(from->max_ns);

	memcpy(to, from, offsetof(struct histogram, counts));
	if (from->count > 0)
		memcpy(&to->counts[first], &from->counts[first],
		    (last + 1 - first) * sizeof *from->counts);
}

void
histogram_since(struct histogram *difference, const struct histogram *later,
    const struct histogram *earlier)
{
	uint64_t low = later->sum_ns - earlier->sum_ns;
	uint64_t high = later->sum_high - earlier->sum_high - (low > later->sum_ns);
	uint64_t lowest = later->min_ns, highest = later->max_ns;
	size_t i, first = 0, last = 0;

	difference->count = later->count - earlier->count;
	difference->sum_ns = low;
	difference->sum_high = high;
	difference->min_ns = difference->max_ns = 0;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		difference->counts[i] = later->counts[i] - earlier->counts[i];
		if (difference->counts[i] == 0)
			continue;
		if (difference->counts[first] == 0)
			first = i;
		last = i;
	}
	if (difference->count == 0)
		return;
	/* The extremes of all are the difference's where they lie in its outermost buckets. */
	difference->min_ns = lowest_at(first) > lowest ? lowest_at(first) : lowest;
	difference->max_ns = last < histogram_index(highest) ? highest_at(last) : highest;
}

double
histogram_mean_ns(const struct histogram *histogram)
{
	if (histogram->count == 0)
		return 0;
	return ((double)histogram->sum_high * 0x1p64 + (double)histogram->sum_ns) /
	    (double)histogram->count;
}

/* In whole parts, since a percentage such as 99.9 is no binary fraction. */
static uint64_t
parts_of(double percent)
{
	return (uint64_t)(percent * PERCENT_PARTS + 0.5);
}

/* The part of count, rounded up. */
static uint64_t
part_of(uint64_t count, uint64_t parts)
{
	const uint64_t all = UINT64_C(100) * PERCENT_PARTS;

	return count / all * parts + (count % all * parts + all - 1) / all;
}

uint64_t
histogram_percentile_ns(const struct histogram *histogram, double percent)
{
	uint64_t rank = part_of(histogram->count, parts_of(percent)), below = 0;
	size_t i, last = histogram_index(histogram->max_ns);

	for (i = 0; i < last; i++) {
		below += histogram->counts[i];
		if (below >= rank && below > 0)
			return highest_at(i);
	}
	/* Also of values that are counted lower than they are. */
	return histogram->max_ns;
}

int
histogram_valid(const struct histogram *histogram, double percent)
{
	return histogram->count >= histogram_needed(percent);
}

uint64_t
histogram_needed(double percent)
{
	const uint64_t all = UINT64_C(100) * PERCENT_PARTS;
	uint64_t beyond = all - parts_of(percent);

	return beyond > 0 ? (NEEDED_BEYOND * all + beyond - 1) / beyond : UINT64_MAX;
}

/* --- HdrHistogram's form --------------------------------------------------------------------- */

/* High byte first. */
static unsigned char *
put_number(unsigned char *p, uint64_t number, int len)
{
	int i;

	for (i = 0; i < len; i++)
		p[i] = (unsigned char)(number >> (8 * (len - 1 - i)));
	return p + len;
}

/* Small ones of either sign in few bytes: seven bits a byte, low ones first, eight in the ninth. */
static unsigned char *
put_word(unsigned char *p, int64_t number)
{
	uint64_t word = number < 0 ? ~((uint64_t)number << 1) : (uint64_t)number << 1;
	int i;

	for (i = 0; i < WORD_MAX - 1 && word > 0x7f; i++, word >>= 7)
		*p++ = (unsigned char)(word | 0x80);
	*p++ = (unsigned char)word;
	return p;
}

/* Up to the highest value that was counted.  dst has room for any count of any length. */
static unsigned char *
put_counts(unsigned char *p, const struct histogram *histogram)
{
	size_t i, zeros, end = histogram_index(histogram->max_ns) + 1;

	for (i = 0; i < end; i += zeros) {
		for (zeros = 0; i + zeros < end && histogram->counts[i + zeros] == 0;)
			zeros++;
		if (zeros > 0) {
			p = put_word(p, -(int64_t)zeros);
		} else {
			p = put_word(p, (int64_t)histogram->counts[i]);
			zeros = 1;
		}
	}
	return p;
}

/* Returns how long it is. */
static size_t
put_plain(unsigned char *dst, const struct histogram *histogram)
{
	const double ratio = 1;
	uint64_t ratio_bits;
	unsigned char *p, *end;

	memcpy(&ratio_bits, &ratio, sizeof ratio_bits);
	end = put_counts(dst + PLAIN_HEAD_LEN, histogram);
	p = put_number(dst, COOKIE_PLAIN, 4);
	p = put_number(p, (uint64_t)(end - dst - PLAIN_HEAD_LEN), 4);
	p = put_number(p, 0, 4); /* by how much the indices are shifted */
	p = put_number(p, DIGITS, 4);
	p = put_number(p, 1, 8); /* the lowest value */
	p = put_number(p, HISTOGRAM_HIGHEST_NS, 8);
	put_number(p, ratio_bits, 8); /* of what is stored to what is meant */
	return (size_t)(end - dst);
}

/* Returns the characters, or NULL when memory is short. */
static char *
put_compressed(const unsigned char *plain, size_t plain_len)
{
	uLongf len = compressBound((uLong)plain_len);
	unsigned char *packed = malloc(COMPRESSED_HEAD_LEN + len), *p;
	char *text = NULL;
	size_t packed_len;

	if (packed != NULL && compress(packed + COMPRESSED_HEAD_LEN, &len, plain,
	    (uLong)plain_len) == Z_OK) {
		p = put_number(packed, COOKIE_COMPRESSED, 4);
		put_number(p, len, 4);
		packed_len = COMPRESSED_HEAD_LEN + (size_t)len;
		text = malloc(BASE64_LEN(packed_len) + 1);
		if (text != NULL)
			text[base64_encode(text, packed, packed_len)] = '\0';
	}
	free(packed);
	return text;
}

char *
histogram_encode(const struct histogram *histogram)
{
	size_t counts = histogram_index(histogram->max_ns) + 1;
	unsigned char *plain = malloc(PLAIN_HEAD_LEN + counts * WORD_MAX);
	char *text;

	if (plain == NULL)
		return NULL;
	text = put_compressed(plain, put_plain(plain, histogram));
	free(plain);
	return text;
}
