#include "histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <zlib.h>

#include "base64.h"
#include "folder.h"
#include "must.h"
#include "samples.h"

enum { SAMPLES = 100000, KINDS = SAMPLES_KINDS };

/* In millionths of a percent, which the test can reckon with exactly. */
static const uint64_t percents[] = { 1, 1000000, 10000000, 25000000, 50000000, 75000000, 90000000,
	95000000, 99000000, 99900000, 99990000, 99999000, 100000000 };

static struct histogram *
new_histogram(void)
{
	struct histogram *histogram = calloc(1, sizeof *histogram);

	must(histogram != NULL);
	return histogram;
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct histogram *
histogram_of(const int64_t *samples, size_t count)
{
	struct histogram *histogram = new_histogram();
	size_t i;

	for (i = 0; i < count; i++)
		histogram_record(histogram, samples[i]);
	return histogram;
}

/* Of samples that are sorted; the sum fits here. */
static void
assert_exact_figures(const struct histogram *histogram, const int64_t *sorted, size_t count)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < count; i++)
		sum += (uint64_t)sorted[i];
	assert_int_equal(histogram->count, count);
	assert_int_equal(histogram->min_ns, sorted[0]);
	assert_int_equal(histogram->max_ns, sorted[count - 1]);
	assert_true(histogram_mean_ns(histogram) == (double)sum / (double)count);
}

static void
percentiles_are_those_of_the_sorted_samples(void **state)
{
	static int64_t samples[SAMPLES];
	struct histogram *histogram;
	uint64_t rank, exact, told;
	size_t i;
	int kind;

	(void)state;
	for (kind = 0; kind < KINDS; kind++) {
		samples_make(samples, SAMPLES, (enum samples_kind)kind);
		histogram = histogram_of(samples, SAMPLES);
		qsort(samples, SAMPLES, sizeof *samples, compare);
		assert_exact_figures(histogram, samples, SAMPLES);
		for (i = 0; i < sizeof percents / sizeof *percents; i++) {
			rank = (SAMPLES * percents[i] + 99999999) / 100000000;
			exact = (uint64_t)samples[rank - 1];
			told = histogram_percentile_ns(histogram, (double)percents[i] / 1e6);
			/* Its bucket, and of that the highest value. */
			assert_int_equal(histogram_index(told), histogram_index(exact));
			assert_in_range(told, exact, exact + exact / 1024);
			assert_true(told == histogram->max_ns ||
			    histogram_index(told + 1) == histogram_index(exact) + 1);
		}
		free(histogram);
	}
}

static void
a_percentile_of_few_samples_is_one_of_them(void **state)
{
	static const int64_t samples[] = { 7, 11, 13, 17, 19 };
	struct histogram *histogram = histogram_of(samples, 5);

	(void)state;
	assert_int_equal(histogram_percentile_ns(histogram, 0.0000001), 7);
	assert_int_equal(histogram_percentile_ns(histogram, 20), 7);
	assert_int_equal(histogram_percentile_ns(histogram, 20.0000001), 11);
	assert_int_equal(histogram_percentile_ns(histogram, 40), 11);
	assert_int_equal(histogram_percentile_ns(histogram, 50), 13);
	assert_int_equal(histogram_percentile_ns(histogram, 60), 13);
	assert_int_equal(histogram_percentile_ns(histogram, 80), 17);
	assert_int_equal(histogram_percentile_ns(histogram, 100), 19);
	free(histogram);
}

static void
an_empty_one_says_0(void **state)
{
	struct histogram *histogram = new_histogram();

	(void)state;
	assert_true(histogram_mean_ns(histogram) == 0);
	assert_int_equal(histogram_percentile_ns(histogram, 50), 0);
	assert_int_equal(histogram_percentile_ns(histogram, 100), 0);
	assert_false(histogram_valid(histogram, 50));
	free(histogram);
}

/* Each value lies in the bucket behind the one below it, or in the same: none is left out. */
static void
buckets_follow_one_another(void **state)
{
	uint64_t value, next;
	unsigned int shift;

	(void)state;
	for (value = 0; value < 5000; value++)
		assert_int_equal(histogram_index(value),
		    value < 2048 ? value : value < 4096 ? 1024 + value / 2 : 2048 + value / 4);
	for (shift = 1; shift <= 30; shift++) {
		for (value = 1024; value < 2048; value++) {
			next = (value + 1) << shift;
			assert_int_equal(histogram_index(value << shift), shift * 1024 + value);
			assert_int_equal(histogram_index(next - 1), shift * 1024 + value);
			assert_int_equal(histogram_index(next), shift * 1024 + value + 1);
		}
	}
	assert_true(histogram_index((uint64_t)HISTOGRAM_HIGHEST_NS) < HISTOGRAM_BUCKETS);
	assert_int_equal(histogram_index(UINT64_MAX),
	    histogram_index((uint64_t)HISTOGRAM_HIGHEST_NS));
}

static void
what_lies_outside_is_counted_at_the_ends(void **state)
{
	static const int64_t samples[] = { -5, INT64_MIN, INT64_MAX, HISTOGRAM_HIGHEST_NS + 1 };
	struct histogram *histogram = histogram_of(samples, 4);

	(void)state;
	assert_int_equal(histogram->counts[0], 2);
	assert_int_equal(histogram->counts[histogram_index((uint64_t)HISTOGRAM_HIGHEST_NS)], 2);
	assert_int_equal(histogram->min_ns, 0);
	assert_int_equal(histogram->max_ns, INT64_MAX);
	assert_int_equal(histogram_percentile_ns(histogram, 50), 0);
	assert_int_equal(histogram_percentile_ns(histogram, 100), INT64_MAX);
	free(histogram);
}

/* Two to the sixty-fourth and more. */
static void
a_sum_of_any_size_is_exact(void **state)
{
	struct histogram *histogram = new_histogram(), *twice = new_histogram();
	int i;

	(void)state;
	for (i = 0; i < 7; i++)
		histogram_record(histogram, INT64_MAX);
	histogram_add(twice, histogram);
	histogram_add(twice, histogram);
	assert_true(histogram_mean_ns(histogram) == (double)INT64_MAX);
	assert_true(histogram_mean_ns(twice) == (double)INT64_MAX);
	histogram_since(twice, twice, histogram);
	assert_int_equal(twice->sum_high, histogram->sum_high);
	assert_int_equal(twice->sum_ns, histogram->sum_ns);
	free(histogram);
	free(twice);
}

/* Parts of all sizes, also of none. */
static void
a_merge_is_the_histogram_of_all_bit_for_bit(void **state)
{
	enum { PARTS = 8 };
	static const size_t ends[PARTS + 1] = { 0, 1, 1, 30000, 30010, 64000, 64001, 99999,
		SAMPLES };
	static int64_t samples[SAMPLES];
	struct histogram *all, *parts[PARTS], *forwards, *backwards, *tree[2];
	int kind, i;

	(void)state;
	for (kind = 0; kind < KINDS; kind++) {
		samples_make(samples, SAMPLES, (enum samples_kind)kind);
		all = histogram_of(samples, SAMPLES);
		forwards = new_histogram();
		backwards = new_histogram();
		tree[0] = new_histogram();
		tree[1] = new_histogram();
		for (i = 0; i < PARTS; i++) {
			parts[i] = histogram_of(samples + ends[i], ends[i + 1] - ends[i]);
			histogram_add(forwards, parts[i]);
			histogram_add(tree[i % 2], parts[i]);
		}
		for (i = PARTS; i-- > 0;) {
			histogram_add(backwards, parts[i]);
			free(parts[i]);
		}
		histogram_add(tree[0], tree[1]);
		assert_memory_equal(forwards, all, sizeof *all);
		assert_memory_equal(backwards, all, sizeof *all);
		assert_memory_equal(tree[0], all, sizeof *all);
		free(all);
		free(forwards);
		free(backwards);
		free(tree[0]);
		free(tree[1]);
	}
}

static void
what_came_since_a_copy_is_the_histogram_of_that(void **state)
{
	static int64_t samples[SAMPLES];
	struct histogram *earlier, *later, *since = new_histogram(), *expected;
	const size_t half = SAMPLES / 2;

	(void)state;
	samples_make(samples, SAMPLES, SAMPLES_TWO_PEAKS);
	earlier = histogram_of(samples, half);
	later = histogram_of(samples, SAMPLES);
	expected = histogram_of(samples + half, SAMPLES - half);
	histogram_since(since, later, earlier);
	assert_int_equal(since->count, expected->count);
	assert_memory_equal(since->counts, expected->counts, sizeof since->counts);
	assert_true(histogram_mean_ns(since) == histogram_mean_ns(expected));
	assert_int_equal(histogram_index(since->min_ns), histogram_index(expected->min_ns));
	assert_int_equal(histogram_index(since->max_ns), histogram_index(expected->max_ns));
	assert_true(since->min_ns <= expected->min_ns && since->max_ns >= expected->max_ns);
	assert_true(since->min_ns >= later->min_ns && since->max_ns <= later->max_ns);
	/* In place, and of nothing. */
	histogram_since(earlier, later, earlier);
	assert_memory_equal(earlier, since, sizeof *since);
	histogram_since(later, later, later);
	memset(expected, 0, sizeof *expected);
	assert_memory_equal(later, expected, sizeof *expected);
	free(earlier);
	free(later);
	free(since);
	free(expected);
}

static void
a_copy_is_the_same_afresh_and_brought_up_to_date(void **state)
{
	static int64_t samples[SAMPLES];
	struct histogram *histogram, *copy;
	int kind;
	size_t i;

	(void)state;
	for (kind = 0; kind < KINDS; kind++) {
		histogram = new_histogram();
		copy = new_histogram();
		samples_make(samples, SAMPLES, (enum samples_kind)kind);
		for (i = 0; i < SAMPLES; i++) {
			if (i % 7777 == 0) {
				histogram_copy(copy, histogram);
				assert_memory_equal(copy, histogram, sizeof *copy);
			}
			histogram_record(histogram, samples[i]);
		}
		free(histogram);
		free(copy);
	}
}

static void
a_percentile_wants_ten_samples_beyond(void **state)
{
	static const struct {
		double percent;
		uint64_t needed;
	} cases[] = { { 50, 20 }, { 75, 40 }, { 90, 100 }, { 95, 200 }, { 99, 1000 },
		{ 99.5, 2000 }, { 99.9, 10000 }, { 99.95, 20000 }, { 99.99, 100000 },
		{ 99.999, 1000000 },
		{ 99.9999, 10000000 }, { 33, 15 }, { 100, UINT64_MAX } };
	struct histogram *histogram = new_histogram();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(histogram_needed(cases[i].percent), cases[i].needed);
		histogram->count = cases[i].needed - 1;
		assert_false(histogram_valid(histogram, cases[i].percent));
		histogram->count = cases[i].needed;
		assert_int_equal(histogram_valid(histogram, cases[i].percent),
		    cases[i].percent < 100 || cases[i].needed == UINT64_MAX);
	}
	free(histogram);
}

/* --- HdrHistogram's form --------------------------------------------------------------------- */

static uint64_t
take_number(const unsigned char **p, const unsigned char *end, int len)
{
	uint64_t number = 0;

	assert_true(end - *p >= len);
	while (len-- > 0)
		number = number << 8 | *(*p)++;
	return number;
}

static int64_t
take_word(const unsigned char **p, const unsigned char *end)
{
	uint64_t word = 0, byte;
	int shift = 0;

	do {
		byte = take_number(p, end, 1);
		word |= (shift < 56 ? byte & 0x7f : byte) << shift;
		shift += 7;
	} while (byte & 0x80 && shift <= 56);
	return (int64_t)(word >> 1) ^ -(int64_t)(word & 1);
}

/* Returns the bytes inside, which are the caller's to free(3). */
static unsigned char *
unpack(const char *text, size_t *len)
{
	size_t text_len = strlen(text);
	unsigned char *packed = malloc(text_len), *plain;
	uLongf room = sizeof(struct histogram) * 2;
	const unsigned char *p = packed;
	ptrdiff_t packed_len;

	must(packed != NULL);
	packed_len = base64_decode(packed, text, text_len);
	assert_true(packed_len > 8);
	assert_int_equal(take_number(&p, packed + packed_len, 4), 0x1c849314);
	assert_int_equal(take_number(&p, packed + packed_len, 4), packed_len - 8);
	plain = malloc(room);
	must(plain != NULL);
	assert_int_equal(uncompress(plain, &room, p, (uLong)(packed_len - 8)), Z_OK);
	free(packed);
	*len = room;
	return plain;
}

static void
assert_encoded(const struct histogram *histogram)
{
	static uint64_t counts[HISTOGRAM_BUCKETS];
	char *text = histogram_encode(histogram);
	const unsigned char *p, *end;
	unsigned char *plain;
	int64_t word;
	size_t len, at = 0;

	assert_non_null(text);
	assert_memory_equal(text, "HISTFAAA", 8);
	plain = unpack(text, &len);
	free(text);
	p = plain;
	end = plain + len;
	assert_int_equal(take_number(&p, end, 4), 0x1c849313);
	assert_int_equal(take_number(&p, end, 4), len - 40);
	assert_int_equal(take_number(&p, end, 4), 0);
	assert_int_equal(take_number(&p, end, 4), 3);
	assert_int_equal(take_number(&p, end, 8), 1);
	assert_int_equal(take_number(&p, end, 8), HISTOGRAM_HIGHEST_NS);
	assert_int_equal(take_number(&p, end, 8), 0x3ff0000000000000);
	memset(counts, 0, sizeof counts);
	while (p < end) {
		word = take_word(&p, end);
		assert_true(at < HISTOGRAM_BUCKETS && word != 0);
		if (word < 0)
			at += (size_t)-word;
		else
			counts[at++] = (uint64_t)word;
	}
	assert_int_equal(at, histogram_index(histogram->max_ns) + 1);
	assert_memory_equal(counts, histogram->counts, sizeof counts);
	free(plain);
}

static void
the_payload_holds_every_count(void **state)
{
	static int64_t samples[SAMPLES];
	struct histogram *histogram;
	int kind;

	(void)state;
	for (kind = 0; kind < KINDS; kind++) {
		samples_make(samples, SAMPLES, (enum samples_kind)kind);
		histogram = histogram_of(samples, SAMPLES);
		assert_encoded(histogram);
		free(histogram);
	}
}

/* Counts of every length, at the ends of the scale and with gaps of every length. */
static void
the_payload_holds_counts_of_any_size(void **state)
{
	struct histogram *histogram = new_histogram();
	unsigned int bit;
	size_t at = 0;

	(void)state;
	assert_encoded(histogram);
	for (bit = 0; bit < 63; bit++) {
		histogram->counts[at] = UINT64_C(1) << bit;
		histogram->counts[at + 1] = (UINT64_C(1) << bit) - (bit > 0);
		at += 3 + 17 * bit;
	}
	must(at < HISTOGRAM_BUCKETS);
	histogram->count = 1;
	histogram->max_ns = (uint64_t)HISTOGRAM_HIGHEST_NS;
	histogram->counts[histogram_index(histogram->max_ns)] = INT64_MAX;
	assert_encoded(histogram);
	memset(histogram, 0, sizeof *histogram);
	histogram_record(histogram, HISTOGRAM_HIGHEST_NS);
	assert_encoded(histogram);
	memset(histogram, 0, sizeof *histogram);
	histogram_record(histogram, 0);
	assert_encoded(histogram);
	free(histogram);
}

/* Where Debian's libhdrhistogram-java has it. */
#define JAR "/usr/share/java/hdrhistogram.jar"

static void
write_log(const char *path, const struct histogram *histogram)
{
	char *text = histogram_encode(histogram);
	FILE *file = fopen(path, "w");

	must(file != NULL && text != NULL);
	fprintf(file, "#[Histogram log format version 1.3]\n"
	    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
	    "\"Interval_Compressed_Histogram\"\n0.0,1.0,1.0,%s\n", text);
	must(fclose(file) == 0);
	free(text);
}

/* Every line of the distribution as HdrHistogram tells it is so here. */
static void
assert_told_by_java(const struct histogram *histogram)
{
	unsigned long long count, last = 0;
	uint64_t below = 0;
	double value, part;
	size_t i = 0, lines = 0;
	char line[256];
	FILE *told;

	write_log("log", histogram);
	told = popen("java -cp " JAR " org.HdrHistogram.HistogramLogProcessor -csv "
	    "-outputValueUnitRatio 1 -i log -o out && cat out.hgrm", "r");
	must(told != NULL);
	while (fgets(line, sizeof line, told) != NULL) {
		if (sscanf(line, "%lf,%lf,%llu,", &value, &part, &count) != 3)
			continue;
		for (; i <= histogram_index((uint64_t)value); i++)
			below += histogram->counts[i];
		assert_int_equal(count, below);
		last = count;
		lines++;
	}
	assert_int_equal(pclose(told), 0);
	assert_int_equal(last, histogram->count);
	assert_true(lines > 10);
}

static void
java_reads_what_is_encoded(void **state)
{
	static int64_t samples[SAMPLES];
	struct histogram *histogram;
	int kind;

	(void)state;
	if (access(JAR, R_OK) < 0 || system("java -version >/dev/null 2>&1") != 0)
		skip();
	for (kind = SAMPLES_EVEN; kind < KINDS; kind++) {
		samples_make(samples, SAMPLES, (enum samples_kind)kind);
		histogram = histogram_of(samples, SAMPLES);
		assert_told_by_java(histogram);
		free(histogram);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_those_of_the_sorted_samples),
		cmocka_unit_test(a_percentile_of_few_samples_is_one_of_them),
		cmocka_unit_test(an_empty_one_says_0),
		cmocka_unit_test(buckets_follow_one_another),
		cmocka_unit_test(what_lies_outside_is_counted_at_the_ends),
		cmocka_unit_test(a_sum_of_any_size_is_exact),
		cmocka_unit_test(a_merge_is_the_histogram_of_all_bit_for_bit),
		cmocka_unit_test(what_came_since_a_copy_is_the_histogram_of_that),
		cmocka_unit_test(a_copy_is_the_same_afresh_and_brought_up_to_date),
		cmocka_unit_test(a_percentile_wants_ten_samples_beyond),
		cmocka_unit_test(the_payload_holds_every_count),
		cmocka_unit_test(the_payload_holds_counts_of_any_size),
		FOLDER_TEST(java_reads_what_is_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
