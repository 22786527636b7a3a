#include "stanza.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "must.h"

static int
read_bytes(struct stanza_file *stanzas, const char *text, size_t len, struct stanza_fault *fault)
{
	/* fmemopen(3) refuses to open nothing. */
	FILE *file = len > 0 ? fmemopen((void *)(uintptr_t)text, len, "r")
			     : fopen("/dev/null", "r");
	int r;

	must(file != NULL);
	r = stanza_read(stanzas, file, fault);
	fclose(file);
	return r;
}

static void
read_good(struct stanza_file *stanzas, const char *text)
{
	struct stanza_fault fault;

	if (read_bytes(stanzas, text, strlen(text), &fault) != 0)
		fail_msg("line %zu: %s", fault.line, fault.why);
}

static void
holds(const struct stanza *stanza, const char *name, const char *value)
{
	const struct stanza_field *field = stanza_get(stanza, name);

	assert_non_null(field);
	assert_string_equal(field->value, value);
	assert_int_equal(field->value_len, strlen(value));
}

static void
test_stanzas(void **state)
{
	struct stanza_file stanzas;

	(void)state;
	read_good(&stanzas,
	    "# what all have\n"
	    "Defaults:\n"
	    "Dialect: mod_authnz_fcgi\n"
	    "\n"
	    "\n"
	    "Case: good password\n"
	    "# why\n"
	    "Phase:authenticator\n"
	    "User:\t foo bar \t\n"
	    "Odd.Name_1+x: a: b\n"
	    "\n"
	    "# the end");
	assert_int_equal(stanzas.count, 2);
	assert_int_equal(stanzas.items[0].line, 2);
	assert_int_equal(stanzas.items[0].count, 2);
	holds(&stanzas.items[0], "Defaults", "");
	holds(&stanzas.items[0], "dialect", "mod_authnz_fcgi");
	assert_null(stanza_get(&stanzas.items[0], "Case"));
	assert_int_equal(stanzas.items[1].line, 6);
	assert_int_equal(stanzas.items[1].count, 4);
	assert_string_equal(stanzas.items[1].fields[1].name, "Phase");
	assert_int_equal(stanzas.items[1].fields[1].line, 8);
	holds(&stanzas.items[1], "PHASE", "authenticator");
	holds(&stanzas.items[1], "user", "foo bar");
	holds(&stanzas.items[1], "odd.name_1+X", "a: b");
	stanza_reset(&stanzas);
	assert_int_equal(stanzas.count, 0);
}

static void
test_nothing(void **state)
{
	static const char *const texts[] = { "", "\n", "\n\n\r\n", "# only\n#", "#\n\n#\n" };
	struct stanza_file stanzas;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		read_good(&stanzas, texts[i]);
		assert_int_equal(stanzas.count, 0);
	}
}

static void
test_continued(void **state)
{
	static const struct {
		const char *text;
		const char *value;
	} rows[] = {
		{ "A:\n x=1\n y=2\n", "x=1\ny=2" },
		{ "A:\n\tx=1\n\ty=2", "x=1\ny=2" },
		{ "A: x=1\n y=2\n", "x=1\ny=2" },
		{ "A:\n  x\n \ty \n", " x\n\ty " },
		{ "A:\n x\n# not of it\n y\n", "x\ny" },
		{ "A:\n x\n #y\n", "x\n#y" },
		{ "A:\n x\n .\n y\n", "x\n\ny" },
		{ "A:\n .\n x\n .\n", "\nx\n" },
		{ "A:\n .\n", "" },
		{ "A:\n .\n .\n", "\n" },
		{ "A: .\n", "." },
		{ "A: .\n .\n", ".\n" },
		{ "A:\n ..\n . \n  .\n", "..\n. \n ." },
		{ "A:\r\n x=1\r\n y=2\r\n\r\n", "x=1\ny=2" },
		{ "A: x\r\n", "x" },
		{ "A: \303\251\n \377\n", "\303\251\n\377" },
	};
	struct stanza_file stanzas;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		read_good(&stanzas, rows[i].text);
		assert_int_equal(stanzas.count, 1);
		assert_int_equal(stanzas.items[0].count, 1);
		holds(&stanzas.items[0], "A", rows[i].value);
		stanza_reset(&stanzas);
	}
}

static void
test_faults(void **state)
{
	static const struct {
		const char *text;
		size_t line;
		const char *why;
	} rows[] = {
		{ " x\n", 1, "no field to continue" },
		{ "A: 1\n\n x\n", 3, "no field to continue" },
		{ "A: 1\nno colon\n", 2, "followed by no colon" },
		{ "A", 1, "followed by no colon" },
		{ "A : 1\n", 1, "followed by no colon" },
		{ "A\303\251: 1\n", 1, "followed by no colon" },
		{ "A\177: 1\n", 1, "followed by no colon" },
		{ ": 1\n", 1, "no name" },
		{ "-----BEGIN PGP SIGNED MESSAGE-----\n", 1, "no name" },
		{ "\357\273\277A: 1\n", 1, "no name" },
		{ "A: 1\nB: 2\na: 3\n", 3, "already" },
		{ "A: 1\n \nB: 2\n", 2, "line of blanks" },
		{ "A: 1\n\t\r\nB: 2\n", 2, "line of blanks" },
		{ "\n#\n  \n", 3, "line of blanks" },
	};
	struct stanza_file stanzas;
	struct stanza_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (read_bytes(&stanzas, rows[i].text, strlen(rows[i].text), &fault) !=
		    -FCGI_E_SYNTAX)
			fail_msg("passes: %s", rows[i].text);
		assert_int_equal(fault.line, rows[i].line);
		if (strstr(fault.why, rows[i].why) == NULL)
			fail_msg("'%s', not '%s'", fault.why, rows[i].why);
		assert_int_equal(stanzas.count, 0);
		assert_null(stanzas.items);
	}
	assert_int_equal(read_bytes(&stanzas, "A: 1\nB: \0\n", 10, &fault), -FCGI_E_SYNTAX);
	assert_int_equal(fault.line, 2);
}

/* A file is somebody else's; it may hold one stanza for ever. */
static void
test_many_fields(void **state)
{
	struct stanza_file stanzas;
	struct stanza_fault fault;
	char text[STANZA_FIELDS_MAX * 16], *p = text, *last = text;
	int i;

	(void)state;
	for (i = 0; i <= STANZA_FIELDS_MAX; i++) {
		last = p;
		p += sprintf(p, "F%d: %d\n", i, i);
	}
	assert_int_equal(read_bytes(&stanzas, text, (size_t)(p - text), &fault), -FCGI_E_SYNTAX);
	assert_int_equal(fault.line, STANZA_FIELDS_MAX + 1);
	assert_int_equal(read_bytes(&stanzas, text, (size_t)(last - text), &fault), 0);
	assert_int_equal(stanzas.items[0].count, STANZA_FIELDS_MAX);
	holds(&stanzas.items[0], "F999", "999");
	stanza_reset(&stanzas);
}

static void
test_unreadable(void **state)
{
	struct stanza_file stanzas;
	struct stanza_fault fault;
	FILE *file = fopen("/", "r");

	(void)state;
	must(file != NULL);
	errno = 0;
	assert_int_equal(stanza_read(&stanzas, file, &fault), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(fault.line, 0);
	assert_int_equal(stanzas.count, 0);
	fclose(file);
}

static void
test_lines(void **state)
{
	struct stanza_file stanzas;
	const struct stanza_field *field;
	const char *text;
	size_t at = 0, len;

	(void)state;
	read_good(&stanzas, "A:  one \n two \n .\n  three\nB:\n");
	field = stanza_get(&stanzas.items[0], "A");
	assert_int_equal(stanza_next_line(field, &at, &text, &len), 1);
	assert_int_equal(len, 3);
	assert_memory_equal(text, "one", 3);
	assert_int_equal(stanza_next_line(field, &at, &text, &len), 1);
	assert_int_equal(len, 3);
	assert_memory_equal(text, "two", 3);
	assert_int_equal(stanza_next_line(field, &at, &text, &len), 1);
	assert_int_equal(len, 5);
	assert_memory_equal(text, "three", 5);
	assert_int_equal(stanza_next_line(field, &at, &text, &len), 0);
	assert_int_equal(stanza_next_line(field, &at, &text, &len), 0);
	at = 0;
	assert_int_equal(stanza_next_line(stanza_get(&stanzas.items[0], "B"), &at, &text, &len),
	    0);
	stanza_reset(&stanzas);
}

static void
test_put(void **state)
{
	static const struct {
		const char *value;
		const char *text;
	} rows[] = {
		{ "", "A:\n" },
		{ "x y", "A: x y\n" },
		{ ".", "A: .\n" },
		{ "# x", "A: # x\n" },
		{ " x", "A:\n  x\n" },
		{ "x ", "A:\n x \n" },
		{ "x\ny", "A:\n x\n y\n" },
		{ "\nx\n", "A:\n .\n x\n .\n" },
		{ "\n", "A:\n .\n .\n" },
		{ "\r\nx", NULL },
		{ "x\r", NULL },
		{ "\r", NULL },
		{ "x\n.", NULL },
		{ "x\n \ny", NULL },
		{ " ", NULL },
	};
	struct buffer out = { 0 };
	struct stanza_file stanzas;
	size_t i, before;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		before = out.len;
		assert_int_equal(stanza_put(&out, "A", rows[i].value, strlen(rows[i].value)),
		    rows[i].text != NULL ? 0 : -FCGI_E_SYNTAX);
		if (rows[i].text == NULL) {
			assert_int_equal(out.len, before);
			continue;
		}
		assert_int_equal(out.len - before, strlen(rows[i].text));
		assert_memory_equal(out.data + before, rows[i].text, out.len - before);
		must(buffer_append(&out, "\n", 1) == 0);
	}
	must(buffer_append(&out, "", 1) == 0);
	read_good(&stanzas, (char *)out.data);
	assert_int_equal(stanzas.count, 9);
	for (i = 0; i < stanzas.count; i++)
		holds(&stanzas.items[i], "A", rows[i].value);
	stanza_reset(&stanzas);
	assert_int_equal(stanza_put(&out, "A", "x\0y", 3), -FCGI_E_SYNTAX);
	buffer_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stanzas),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_continued),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_many_fields),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_put),
	};

	return cmocka_run_group_tests_name("stanza", tests, NULL, NULL);
}
