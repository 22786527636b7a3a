#include "params.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_reader.h"
#include "guard.h"
#include "must.h"
#include "wire.h"

/* All of them as "A=1|B=2|", NUL as '0'. */
static void
assert_params(const struct params *params, const char *expected)
{
	char *text = NULL;
	size_t size, i, j;
	FILE *file = open_memstream(&text, &size);

	must(file != NULL);
	for (i = 0; i < params->count; i++) {
		const struct fcgi_nv *nv = &params->items[i];

		assert_int_equal(nv->name[nv->name_len], '\0');
		assert_int_equal(nv->value[nv->value_len], '\0');
		fwrite(nv->name, 1, nv->name_len, file);
		fputc('=', file);
		for (j = 0; j < nv->value_len; j++)
			fputc(nv->value[j] == '\0' ? '0' : nv->value[j], file);
		fputc('|', file);
	}
	must(fclose(file) == 0);
	assert_string_equal(text, expected);
	free(text);
}

/* By way of copies that end at an unreadable page. */
static int
put(struct params *params,
    int (*fn)(struct params *, const void *, size_t, const void *, size_t), const char *name,
    const char *value)
{
	size_t name_len = strlen(name), value_len = strlen(value);
	void *name_copy = guard_copy(name, name_len), *value_copy = guard_copy(value, value_len);
	int r = fn(params, name_copy, name_len, value_copy, value_len);

	guard_free(name_copy, name_len);
	guard_free(value_copy, value_len);
	return r;
}

static void
order_and_duplicates_are_kept(void **state)
{
	struct params params = { 0 };

	(void)state;
	assert_int_equal(put(&params, params_add, "B", "1"), 0);
	assert_int_equal(put(&params, params_add, "A", ""), 0);
	assert_int_equal(put(&params, params_add, "B", "2"), 0);
	assert_int_equal(put(&params, params_add, "BB", "3"), 0);
	assert_params(&params, "B=1|A=|B=2|BB=3|");
	assert_string_equal(params_get(&params, "B"), "1");
	assert_string_equal(params_get(&params, "A"), "");
	assert_null(params_get(&params, "C"));
	assert_null(params_get(&params, "b"));
	assert_null(params_get(&params, ""));
	params_reset(&params);
	assert_int_equal(params.count, 0);
	assert_null(params_get(&params, "B"));
}

static void
set_takes_the_place_of_the_first(void **state)
{
	struct params params = { 0 };

	(void)state;
	assert_int_equal(put(&params, params_set, "A", "1"), 0);
	assert_int_equal(put(&params, params_add, "B", "1"), 0);
	assert_int_equal(put(&params, params_add, "C", "1"), 0);
	assert_int_equal(put(&params, params_add, "B", "2"), 0);
	assert_int_equal(put(&params, params_add, "D", "1"), 0);
	assert_int_equal(put(&params, params_add, "B", "3"), 0);
	assert_int_equal(put(&params, params_set, "B", "9"), 0);
	assert_params(&params, "A=1|B=9|C=1|D=1|");
	assert_int_equal(params_unset(&params, "E"), 0);
	assert_int_equal(params_unset(&params, "A"), 1);
	assert_int_equal(put(&params, params_add, "D", "2"), 0);
	assert_int_equal(params_unset(&params, "D"), 2);
	assert_params(&params, "B=9|C=1|");
	params_reset(&params);
}

/* What params_get() gave may be given back. */
static void
a_value_can_be_made_of_another(void **state)
{
	struct params params = { 0 };
	const char *value;

	(void)state;
	assert_int_equal(put(&params, params_add, "A", "abc"), 0);
	value = params_get(&params, "A");
	assert_int_equal(params_set(&params, "A", 1, value + 1, 2), 0);
	assert_params(&params, "A=bc|");
	value = params_get(&params, "A");
	assert_int_equal(params_add(&params, "B", 1, value, 2), 0);
	assert_params(&params, "A=bc|B=bc|");
	params_reset(&params);
}

static void
what_the_wire_cannot_carry_is_refused(void **state)
{
	struct params params = { 0 };

	(void)state;
	errno = 0;
	assert_int_equal(params_add(&params, "", 0, "x", 1), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(params_set(&params, "", 0, "x", 1), -FCGI_E_SYSTEM);
	assert_int_equal(params_add(&params, "A", 1, "x", (size_t)FCGI_NV_LONG_MAX + 1),
	    -FCGI_E_SYSTEM);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(put(&params, params_add, "A", "1"), 0);
	assert_int_equal(params_set(&params, "A", 1, "x", (size_t)FCGI_NV_LONG_MAX + 1),
	    -FCGI_E_SYSTEM);
	assert_params(&params, "A=1|");
	params_reset(&params);
}

static void
pairs_are_split_at_the_first_equals_sign(void **state)
{
	struct params params = { 0 };

	(void)state;
	assert_int_equal(params_set_pair(&params, "A=1"), 0);
	assert_int_equal(params_set_pair(&params, "B=x=y="), 0);
	assert_int_equal(params_set_pair(&params, "C="), 0);
	assert_int_equal(params_set_pair(&params, "A=2"), 0);
	assert_int_equal(params_set_pair(&params, ""), -FCGI_E_SYNTAX);
	assert_int_equal(params_set_pair(&params, "D"), -FCGI_E_SYNTAX);
	assert_int_equal(params_set_pair(&params, "=1"), -FCGI_E_SYNTAX);
	assert_params(&params, "A=2|B=x=y=|C=|");
	params_reset(&params);
}

static void
an_environment_is_taken_whole(void **state)
{
	char *const envp[] = { (char[]){ "A=1" }, (char[]){ "junk" }, (char[]){ "=C:=x" },
		(char[]){ "" }, (char[]){ "A=2" }, (char[]){ "B=a\nb" }, NULL };
	char *const empty[] = { NULL };
	struct params params = { 0 };

	(void)state;
	assert_int_equal(params_add_environ(&params, empty), 0);
	assert_int_equal(params.count, 0);
	assert_int_equal(params_add_environ(&params, envp), 0);
	assert_params(&params, "A=1|A=2|B=a\nb|");
	params_reset(&params);
}

enum format { LINES, NULS };

/* Reads bytes as a file through its path, or as standard input. */
static int
read_bytes(struct params *params, enum format format, const void *bytes, size_t len, int as_stdin,
    size_t *number)
{
	int fd = memfd_create("params", MFD_CLOEXEC), r;
	char path[32] = "-";

	/* What the last file left in the stream is not this one's. */
	fflush(stdin);
	clearerr(stdin);
	must(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0);
	if (as_stdin)
		must(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	else
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	*number = 77;
	if (format == LINES)
		r = params_read_env_file(params, path, number);
	else
		r = params_read_env0_file(params, path, number);
	close(fd);
	return r;
}

static const struct {
	enum format format;
	const unsigned char *bytes;
	size_t len;
	int result;
	size_t number;
	const char *expected;
} files[] = {
	{ LINES, BYTES(""), 0, 0, "" },
	{ LINES, BYTES("A=1\nB=2\n"), 0, 0, "A=1|B=2|" },
	{ LINES, BYTES("A=1\nB=2"), 0, 0, "A=1|B=2|" },
	{ LINES, BYTES("# a comment\n\n  \t \nA=1 # none\n#=x\n"), 0, 0, "A=1 # none|" },
	/* Only in column 0. */
	{ LINES, BYTES(" #A=1\n"), 0, 0, " #A=1|" },
	{ LINES, BYTES("A= x=y \n"), 0, 0, "A= x=y |" },
	{ LINES, BYTES("A=1\nB=2\nA=3\n"), 0, 0, "A=3|B=2|" },
	{ LINES, BYTES("A='1'\nB=\"2\\n\"\n"), 0, 0, "A='1'|B=\"2\\n\"|" },
	{ LINES, BYTES("A=\377\n"), 0, 0, "A=\377|" },
	/* Errors name their line. */
	{ LINES, BYTES("A=1\n\n# x\nexport B\nC=1\n"), -FCGI_E_SYNTAX, 4, "A=1|" },
	{ LINES, BYTES("=1\n"), -FCGI_E_SYNTAX, 1, "" },
	{ LINES, BYTES("A \t\n"), -FCGI_E_SYNTAX, 1, "" },
	{ LINES, BYTES("\r\n"), -FCGI_E_SYNTAX, 1, "" },
	{ LINES, BYTES("A=1\n=1"), -FCGI_E_SYNTAX, 2, "A=1|" },
	/* The other format by mistake. */
	{ LINES, BYTES("A=1\0B=2\0"), -FCGI_E_SYNTAX, 1, "" },
	{ LINES, BYTES("#\n#A=1\0B=2\n"), 0, 0, "" },

	{ NULS, BYTES(""), 0, 0, "" },
	{ NULS, BYTES("A=1\0B=a\nb\0"), 0, 0, "A=1|B=a\nb|" },
	{ NULS, BYTES("A=1\0B=2"), 0, 0, "A=1|B=2|" },
	{ NULS, BYTES("A=1\0A=2\0\0#A=3\0"), 0, 0, "A=1|A=2|#A=3|" },
	{ NULS, BYTES("A=1\0\0B\0C=1\0"), -FCGI_E_SYNTAX, 3, "A=1|" },
	{ NULS, BYTES(" \0"), -FCGI_E_SYNTAX, 1, "" },
};

static void
check_files(int as_stdin)
{
	struct params params = { 0 };
	size_t i, number;

	for (i = 0; i < sizeof files / sizeof *files; i++) {
		assert_int_equal(read_bytes(&params, files[i].format, files[i].bytes,
		    files[i].len, as_stdin, &number), files[i].result);
		assert_int_equal(number, files[i].number);
		assert_params(&params, files[i].expected);
		params_reset(&params);
	}
}

static void
files_are_read(void **state)
{
	(void)state;
	check_files(0);
}

static void
standard_input_is_a_file(void **state)
{
	(void)state;
	check_files(1);
}

/* The file replaces what was there, the other format adds to it. */
static void
files_come_on_top(void **state)
{
	struct params params = { 0 };
	size_t number;

	(void)state;
	assert_int_equal(put(&params, params_add, "A", "0"), 0);
	assert_int_equal(put(&params, params_add, "B", "0"), 0);
	assert_int_equal(read_bytes(&params, LINES, BYTES("A=1\n"), 0, &number), 0);
	assert_params(&params, "A=1|B=0|");
	assert_int_equal(read_bytes(&params, NULS, BYTES("A=2\0"), 0, &number), 0);
	assert_params(&params, "A=1|B=0|A=2|");
	params_reset(&params);
}

static void
a_file_that_cannot_be_read_is_an_error(void **state)
{
	struct params params = { 0 };
	size_t number = 77;

	(void)state;
	assert_int_equal(params_read_env_file(&params, "/nonexistent/file", &number),
	    -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(number, 0);
	number = 77;
	assert_int_equal(params_read_env0_file(&params, "/", &number), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(number, 0);
	assert_int_equal(params.count, 0);
	params_reset(&params);
}

/* A value of megabytes and thousands of lines. */
static void
size_is_no_obstacle(void **state)
{
	enum { LONG = 3 << 20, MANY = 3000 };
	struct params params = { 0 };
	struct wire file = { 0 };
	char line[32], *value = malloc(LONG);
	size_t number, i;

	(void)state;
	must(value != NULL);
	memset(value, 'v', LONG);
	wire_put(&file, "LONG=", 5);
	wire_put(&file, value, LONG);
	wire_put(&file, "\n", 1);
	for (i = 0; i < MANY; i++)
		wire_put(&file, line, (size_t)snprintf(line, sizeof line, "N%zu=%zu\n", i, i));
	assert_int_equal(read_bytes(&params, LINES, file.data, file.len, 0, &number), 0);
	assert_int_equal(params.count, MANY + 1);
	assert_int_equal(params.items[0].value_len, LONG);
	assert_memory_equal(params.items[0].value, value, LONG);
	assert_string_equal(params_get(&params, "N2999"), "2999");
	params_reset(&params);
	wire_free(&file);
	free(value);
}

/* Gathers the content of the records in [p, end), which must all be PARAMS. */
static void
gather(struct wire *stream, const unsigned char *p, const unsigned char *end)
{
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;
	int what;

	while ((what = fcgi_reader_next(&reader, &p, end, &slice)) > 0) {
		assert_int_equal(reader.record.type, FCGI_PARAMS);
		assert_int_equal(reader.record.request_id, 5);
		if (what == FCGI_READ_CONTENT)
			wire_put(stream, slice.data, slice.len);
	}
	assert_int_equal(what, FCGI_READ_MORE);
	assert_true(fcgi_reader_between_records(&reader));
}

static void
what_is_written_arrives(void **state)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 60000, 70000, 5, 200000 };
	struct params params = { 0 };
	struct fcgi_writer writer;
	struct wire stream = { 0 };
	struct fcgi_nv nv;
	const unsigned char *p;
	unsigned char *dst, *value;
	size_t i, size;

	(void)state;
	value = malloc(200000);
	must(value != NULL);
	memset(value, 'v', 200000);
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++)
		assert_int_equal(params_add(&params, "NAME", 4, value, lengths[i]), 0);
	size = fcgi_writer_head_bound(params_wire_len(&params));
	dst = guard_copy(NULL, size);
	fcgi_writer_init(&writer, dst, size, 5);
	assert_int_equal(params_write(&params, &writer), 0);
	assert_int_equal(fcgi_writer_stream_end(&writer, FCGI_PARAMS), 0);
	gather(&stream, dst, writer.p);
	assert_int_equal(stream.len, params_wire_len(&params));
	p = stream.data;
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		assert_int_equal(fcgi_nv_next(&p, stream.data + stream.len, &nv), 1);
		assert_int_equal(nv.name_len, 4);
		assert_memory_equal(nv.name, "NAME", 4);
		assert_int_equal(nv.value_len, lengths[i]);
		assert_memory_equal(nv.value, value, lengths[i]);
	}
	assert_int_equal(fcgi_nv_next(&p, stream.data + stream.len, &nv), 0);
	guard_free(dst, size);

	/* Without enough room it says so and stays in the buffer. */
	dst = guard_copy(NULL, 1000);
	fcgi_writer_init(&writer, dst, 1000, 5);
	assert_int_equal(params_write(&params, &writer), -FCGI_E_SPACE);
	guard_free(dst, 1000);
	wire_free(&stream);
	params_reset(&params);
	free(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_duplicates_are_kept),
		cmocka_unit_test(set_takes_the_place_of_the_first),
		cmocka_unit_test(a_value_can_be_made_of_another),
		cmocka_unit_test(what_the_wire_cannot_carry_is_refused),
		cmocka_unit_test(pairs_are_split_at_the_first_equals_sign),
		cmocka_unit_test(an_environment_is_taken_whole),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(standard_input_is_a_file),
		cmocka_unit_test(files_come_on_top),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
		cmocka_unit_test(size_is_no_obstacle),
		cmocka_unit_test(what_is_written_arrives),
	};

	return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
