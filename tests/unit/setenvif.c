#include "setenvif.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "must.h"

enum { WHY_MAX = 512 };

/* A request as Apache's SetHandler makes it, in parts. */
static void
fill(struct params *params)
{
	static const char *const pairs[] = {
		"SCRIPT_FILENAME=proxy:fcgi://127.0.0.1:9000/srv/www/app.php",
		"PATH_INFO=/ex tra/p.i",
		"PATH_TRANSLATED=/srv/prefix12/p.i",
		"REQUEST_URI=/app.php/x",
		"EMPTY=",
		"TEN=10",
	};
	size_t i;

	*params = (struct params){ 0 };
	for (i = 0; i < sizeof pairs / sizeof *pairs; i++)
		must(params_set_pair(params, pairs[i]) == 0);
}

static void
add_all(struct setenvif *rules, const char *const *texts, size_t count)
{
	char why[WHY_MAX] = "";
	size_t i;

	must(rules != NULL);
	for (i = 0; i < count; i++) {
		if (setenvif_add(rules, texts[i], why, sizeof why) != 0)
			fail_msg("%s: %s", texts[i], why);
	}
}

static void
assert_value(const struct params *params, const char *name, const char *expected)
{
	const char *value = params_get(params, name);

	if (expected == NULL) {
		assert_null(value);
		return;
	}
	if (value == NULL)
		fail_msg("%s is not set", name);
	assert_string_equal(value, expected);
}

/* What the last of some rules makes of X; NULL: it is not set. */
struct expectation {
	const char *rules[4];
	const char *x;
};

static void
check(const struct expectation *expectations, size_t count)
{
	struct setenvif *rules;
	struct params params;
	char why[WHY_MAX] = "";
	size_t i, rule_count;

	for (i = 0; i < count; i++) {
		for (rule_count = 0; expectations[i].rules[rule_count] != NULL; rule_count++)
			continue;
		rules = setenvif_new();
		add_all(rules, expectations[i].rules, rule_count);
		fill(&params);
		if (setenvif_apply(rules, &params, why, sizeof why) != 0)
			fail_msg("%s: %s", expectations[i].rules[0], why);
		print_message("# %s\n", expectations[i].rules[rule_count - 1]);
		assert_value(&params, "X", expectations[i].x);
		params_reset(&params);
		setenvif_free(rules);
	}
}

/* What a condition is, by the value it lets through: httpd's answers to the same. */
static void
conditions(void **state)
{
	static const struct {
		const char *condition;
		int holds;
	} cases[] = {
		{ "true", 1 },
		{ "false", 0 },
		{ "! false", 1 },
		{ "not true", 0 },
		{ "!!!false", 1 },
		{ "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!true", 0 },
		{ "((((((((((((((((((((((((((((((true))))))))))))))))))))))))))))))", 1 },
		{ "true || false && false", 1 },
		{ "(true || false) && false", 0 },
		{ "true and false or true", 1 },
		{ "! true && false", 0 },
		{ "! (true && false)", 1 },
		{ "false||true", 1 },
		{ "false || false || true", 1 },
		{ "true && true && false", 0 },
		{ "-n reqenv('TEN')", 1 },
		{ "-z reqenv('TEN')", 0 },
		{ "-z reqenv('EMPTY') && -z reqenv('NONESUCH')", 1 },
		{ "-n 'a' . '' && true", 1 },
		{ "reqenv('TEN') == '10'", 1 },
		{ "reqenv('TEN') = \"10\"", 1 },
		{ "REQENV( 'ten' ) == 10", 1 },
		{ "env('TEN') == 10", 1 },
		{ "%{reqenv:TEN} != '10'", 0 },
		{ "%{REQENV:ten} == 10", 1 },
		{ "! reqenv('TEN') == 'x'", 1 },
		{ "reqenv('NONESUCH') == ''", 1 },
		{ "'b' > 'a' && 'b' >= 'b' && 'a' < 'b' && 'a' <= 'a'", 1 },
		{ "'10' < '9'", 1 },
		{ "10 -lt 9 || 10 -le 9 || 9 -gt 10 || 9 -ge 10 || 9 -eq 10", 0 },
		{ "10 -gt 9 && 10 -ge 10 && 9 -lt 10 && 9 -le 9 && 1 -ne 2", 1 },
		{ "10 gt 9 and 10 ge 10 and 9 lt 10 and 9 le 9 and 1 ne 2 and 1 eq 1", 1 },
		{ "'10x' -eq 10", 1 },
		{ "-5 -lt 0", 1 },
		{ "'12'.'3' -eq 123", 1 },
		{ "1.2 == '12'", 1 },
		{ "'x' -in {'a', 'x'}", 1 },
		{ "'x' in {'a','b'}", 0 },
		{ "reqenv('REQUEST_URI') =~ m#^/app#", 1 },
		{ "reqenv('REQUEST_URI') =~ /PHP/", 0 },
		{ "reqenv('REQUEST_URI') =~ /PHP/i", 1 },
		{ "reqenv('REQUEST_URI') !~ m|PHP|", 1 },
		{ "reqenv('REQUEST_URI') !~ m|php|", 0 },
		{ "'a\\nb' =~ /a.b$/", 1 },
		{ "'a\\n' =~ /a$/", 0 },
		{ "'a/b' =~ m'a/b' && 'x' =~ m,x,i", 1 },
		{ "tolower('ABC') . toupper('d') == 'abcD'", 1 },
		{ "$1 == ''", 1 },
		{ "'a\"b' == \"a\\\"b\"", 1 },
		{ "'it\\'s' == \"it's\"", 1 },
		{ "'\\101\\x41' == 'Ax41'", 1 },
		{ "\ttrue\n", 1 },
	};
	struct setenvif *rules;
	struct params params;
	char rule[256], why[WHY_MAX] = "";
	const char *p;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		len = (size_t)sprintf(rule, "\"");
		for (p = cases[i].condition; *p != '\0'; p++)
			len += (size_t)sprintf(rule + len, "%s%c",
			    *p == '"' || *p == '\\' ? "\\" : "", *p);
		sprintf(rule + len, "\" X yes");
		rules = setenvif_new();
		if (setenvif_add(rules, rule, why, sizeof why) != 0)
			fail_msg("%s: %s", rule, why);
		fill(&params);
		assert_int_equal(setenvif_apply(rules, &params, why, sizeof why), 0);
		if ((params_get(&params, "X") != NULL) != cases[i].holds)
			fail_msg("%s is not %d", cases[i].condition, cases[i].holds);
		params_reset(&params);
		setenvif_free(rules);
	}
}

static void
captures(void **state)
{
	static const struct expectation cases[] = {
		{ { "\"reqenv('PATH_TRANSLATED') =~ m|(/.*prefix)(\\d+)(.*)|\" X \"$1$3\"" },
		    "/srv/prefix/p.i" },
		{ { "\"reqenv('REQUEST_URI') =~ m|^/(.)|\" X \"$0-$1-$2\"" }, "/a-a-" },
		/* They last, until another with parentheses is tried. */
		{ { "\"reqenv('TEN') =~ /(.)/\" Y y", "true X later:$1" }, "later:1" },
		{ { "\"'ab' =~ /(a)/\" Y y", "\"'ab' =~ /b/\" X $0$1" }, "aa" },
		{ { "\"'ab' =~ /(a)/\" Y y", "\"'ab' =~ /(z)/\" Y y", "true X [$1]" }, "[]" },
		{ { "\"'ab' !~ /(a)/\" Y y", "true X [$1]" }, "[a]" },
		{ { "\"'ab' =~ /^a(.)/ && 'xy' =~ /^x(.)/\" X $1" }, "y" },
		{ { "\"'' =~ /(x?)/\" X [$0$1]" }, "[]" },
		{ { "\"'abc' =~ m'(x)?(b)'\" X [$1$2]" }, "[b]" },
		{ { "true X first:$1" }, "first:" },
		{ { "\"'abcdefghijkl' =~ /(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)/\" X $9$10" }, "ia0" },
		{ { "\"'12' =~ /(.)(.)/ && $2 == 2\" X $2" }, "2" },
	};

	(void)state;
	check(cases, sizeof cases / sizeof *cases);
}

static void
values(void **state)
{
	static const struct expectation cases[] = {
		{ { "true X" }, "" },
		{ { "true X \"\"" }, "" },
		{ { "true X plain" }, "plain" },
		{ { "  proxyFCGIsetenvif true X plain  " }, "plain" },
		{ { "ProxyFCGISetEnvIf\ttrue\tX\t'a b'" }, "a b" },
		{ { "true X \"a\\\\tb\\\\101$x%y}z\\\"q'\"" }, "a\tbA$x%y}z\"q'" },
		{ { "true X a\\\\\\\\b" }, "a\\b" },
		{ { "true X \\q" }, "q" },
		{ { "true X \"%{reqenv:TEN}|%{reqenv:NONESUCH}|%{tolower:A%{reqenv:ten}}\"" },
		    "10||a10" },
		{ { "true X %{reqenv:T}$1%{reqenv:T$1EN}" }, "10" },
		{ { "true X 1", "true X 2" }, "2" },
		{ { "true X 1", "\"reqenv('X') == 1\" X %{reqenv:X}2" }, "12" },
		{ { "true X 1", "true !X" }, NULL },
		{ { "true X 1", "true !x" }, NULL },
		{ { "false X 1" }, NULL },
		{ { "\"reqenv('NONESUCH') =~ m#(.+)#\" X $1" }, NULL },
		{ { "true \"X\" \"%{reqenv:path_info}\"" }, "/ex tra/p.i" },
	};

	(void)state;
	check(cases, sizeof cases / sizeof *cases);
}

/* httpd's tables take names without regard to their case, and keep the one that is there. */
static void
names_without_case(void **state)
{
	static const char *const texts[] = { "true request_uri /changed", "true A 3", "true new 1",
		"true !eMpTy" };
	struct setenvif *rules = setenvif_new();
	struct params params;
	char why[WHY_MAX];

	(void)state;
	fill(&params);
	must(params_add(&params, "a", 1, "1", 1) == 0);
	must(params_add(&params, "A", 1, "2", 1) == 0);
	must(params_add(&params, "a", 1, "4", 1) == 0);
	add_all(rules, texts, sizeof texts / sizeof *texts);
	assert_int_equal(setenvif_apply(rules, &params, why, sizeof why), 0);
	assert_value(&params, "REQUEST_URI", "/changed");
	assert_value(&params, "request_uri", NULL);
	assert_value(&params, "a", "3");
	assert_value(&params, "A", NULL);
	assert_value(&params, "new", "1");
	assert_value(&params, "EMPTY", NULL);
	assert_int_equal(params.count, 7);
	/* In its place. */
	assert_string_equal((const char *)params.items[3].name, "REQUEST_URI");
	params_reset(&params);
	setenvif_free(rules);
}

static void
many_rules(void **state)
{
	struct setenvif *rules = setenvif_new();
	struct params params = { 0 };
	char why[WHY_MAX], expected[64] = "";
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		must(setenvif_add(rules, "true X %{reqenv:X}.", why, sizeof why) == 0);
		expected[i] = '.';
	}
	assert_int_equal(setenvif_apply(rules, &params, why, sizeof why), 0);
	assert_value(&params, "X", expected);
	params_reset(&params);
	setenvif_free(rules);
}

static void
mistakes(void **state)
{
	static const struct {
		const char *rule;
		int column;
		const char *why;	/* a part of it */
	} cases[] = {
		{ "", 1, "CONDITION NAME" },
		{ "true", 5, "CONDITION NAME" },
		{ "ProxyFCGISetEnvIf true", 23, "CONDITION NAME" },
		{ "true X a b", 10, "CONDITION NAME" },
		{ "true \"\" a", 10, "CONDITION NAME" },
		{ "true X \"a b", 8, "quote is not closed" },
		{ "true !", 6, "! wants a name" },
		{ "true !X y", 9, "has no value" },
		{ "\"\" X y", 2, "missing at the end" },
		{ "\"  \" X y", 4, "missing at the end" },
		{ "ServerName X y", 1, "a word" },
		{ "\"true &&\" X y", 9, "missing at the end" },
		{ "\"true true\" X y", 7, "true" },
		{ "\"(true\" X y", 7, ")" },
		{ "\"true)\" X y", 6, ")" },
		{ "\"abc == 1\" X y", 2, "a word" },
		{ "\"reqenv(A) == 1\" X y", 9, "a word" },
		{ "\"reqenv('A' == 1\" X y", 13, ")" },
		{ "\"req('A') == 1\" X y", 2, "req is not known" },
		{ "\"%{REQUEST_URI} == 1\" X y", 4, "%{reqenv:REQUEST_URI}" },
		{ "true X %{reqenv:A", 18, "not closed" },
		{ "true X %{reqenv:}", 17, "wants a name" },
		{ "true X %{:A}", 10, "FUNCTION:TEXT" },
		{ "true X \"a\\\\777\"", 10, "octal" },
		{ "true X \"a\\\\9\"", 10, "octal" },
		{ "true X a\\0b", 9, "octal" },
		{ "true X a\\1234", 9, "octal" },
		{ "true X \"a\\\\\"", 10, "nothing behind it" },
		{ "\"'a\" X y", 4, "not closed" },
		{ "\"'a\n' == 1\" X y", 4, "line ends" },
		{ "\"1 < 2 < 3\" X y", 8, "&&" },
		{ "\"1 ~ 2\" X y", 4, "comparison" },
		{ "\"1 -eqx 2\" X y", 4, "comparison" },
		{ "\"-d '/'\" X y", 2, "-d" },
		{ "\"-nx 'a'\" X y", 2, "-nx" },
		{ "\"'a' =~ 'b'\" X y", 9, "regular expression" },
		{ "\"'a' =~ m[b]\" X y", 9, "regular expression" },
		{ "\"'a' =~ /b\" X y", 9, "not closed" },
		{ "\"'a' =~ /b/x\" X y", 12, "\"x\"" },
		{ "\"'a' =~ /xy(/\" X y", 13, "parenthes" },
		{ "\"'a\\\\b' =~ /xy(/\" X y", 16, "parenthes" },
		{ "\"'a' in 'b'\" X y", 9, "list" },
		{ "\"'a' in {'b'\" X y", 13, "list" },
		{ "true X $1%{nonesuch:a}", 12, "nonesuch" },
	};
	struct setenvif *rules = setenvif_new();
	struct params params = { 0 };
	char why[WHY_MAX], begin[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		why[0] = '\0';
		assert_int_equal(setenvif_add(rules, cases[i].rule, why, sizeof why),
		    -FCGI_E_SYNTAX);
		print_message("# %s: %s\n", cases[i].rule, why);
		sprintf(begin, "column %d: ", cases[i].column);
		if (strncmp(why, begin, strlen(begin)) != 0 || strstr(why, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].rule, why);
	}
	/* None of them is among the rules. */
	assert_int_equal(setenvif_apply(rules, &params, why, sizeof why), 0);
	assert_int_equal(params.count, 0);
	setenvif_free(rules);
}

static void
nesting_is_bounded(void **state)
{
	static char rule[200000];
	struct setenvif *rules = setenvif_new();
	char why[WHY_MAX];
	const char *const pieces[] = { "(", "tolower(", "%{tolower:" };
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		for (len = 1, rule[0] = '"'; len < sizeof rule - 32; len += strlen(pieces[i]))
			strcpy(rule + len, pieces[i]);
		strcpy(rule + len, "\" X");
		assert_int_equal(setenvif_add(rules, rule, why, sizeof why), -FCGI_E_SYNTAX);
		assert_non_null(strstr(why, "nested"));
	}
	/* What is not nested is not. */
	for (len = 1; len < sizeof rule - 32; len += 7)
		strcpy(rule + len, "true &&");
	strcpy(rule + len, "true\" X y");
	assert_int_equal(setenvif_add(rules, rule, why, sizeof why), 0);
	for (len = sprintf(rule, "true X ") > 0 ? 7 : 0; len < sizeof rule - 32; len += 3)
		strcpy(rule + len, "a$1");
	assert_int_equal(setenvif_add(rules, rule, why, sizeof why), 0);
	setenvif_free(rules);
}

static void
a_match_that_runs_away_is_an_error(void **state)
{
	static const char *const texts[] = { "true Y y",
		"\"'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' =~ /^(a+)+$/\" X yes" };
	struct setenvif *rules = setenvif_new();
	struct params params = { 0 };
	char why[WHY_MAX] = "";

	(void)state;
	add_all(rules, texts, 2);
	assert_int_equal(setenvif_apply(rules, &params, why, sizeof why), -FCGI_E_SYSTEM);
	assert_non_null(strstr(why, "rule 2: regular expression: match limit"));
	assert_value(&params, "X", NULL);
	params_reset(&params);
	setenvif_free(rules);
}

/* Writes a file of the rules, and its name into path. */
static void
write_file(char *path, const void *text, size_t len)
{
	int fd;

	strcpy(path, "/tmp/setenvif.XXXXXX");
	fd = mkstemp(path);
	must(fd >= 0 && write(fd, text, len) == (ssize_t)len && close(fd) == 0);
}

static void
a_file(void **state)
{
	static const char text[] = "# ProxyFCGISetEnvIf true X wrong \\\n"
				   "  true X wrong\n"
				   "\n"
				   "   \t\n"
				   "  ProxyFCGISetEnvIf tr\\\n"
				   "ue X \"a\\\r\n"
				   " b\"\r\n"
				   "true Y y\n"
				   "\"reqenv('Y') =~ /y/\" Z z\\";
	struct setenvif *rules = setenvif_new();
	struct params params = { 0 };
	char path[64], why[WHY_MAX] = "";

	(void)state;
	write_file(path, text, sizeof text - 1);
	if (setenvif_add_file(rules, path, why, sizeof why) != 0)
		fail_msg("%s", why);
	unlink(path);
	assert_int_equal(setenvif_apply(rules, &params, why, sizeof why), 0);
	assert_value(&params, "X", "a b");
	assert_value(&params, "Y", "y");
	assert_value(&params, "Z", "z");
	assert_int_equal(params.count, 3);
	params_reset(&params);
	setenvif_free(rules);
}

static void
mistakes_in_a_file(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		int r;
		const char *why;	/* behind the path */
	} cases[] = {
		{ "\ntr\\\nue X y\n\n!x Y z\n", 20, -FCGI_E_SYNTAX, ":5: column 2: " },
		{ "true A\ntrue B\0C\n", 16, -FCGI_E_SYNTAX, ":2: a NUL byte" },
	};
	struct setenvif *rules = setenvif_new();
	char path[64], why[WHY_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_file(path, cases[i].text, cases[i].len);
		assert_int_equal(setenvif_add_file(rules, path, why, sizeof why), cases[i].r);
		unlink(path);
		assert_memory_equal(why, path, strlen(path));
		why[strlen(path) + strlen(cases[i].why)] = '\0';
		assert_string_equal(why + strlen(path), cases[i].why);
	}
	assert_int_equal(setenvif_add_file(rules, "/nonexistent/rules", why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_string_equal(why, "/nonexistent/rules: No such file or directory");
	assert_int_equal(setenvif_add_file(rules, "/", why, sizeof why), -FCGI_E_SYSTEM);
	assert_string_equal(why, "/: Is a directory");
	setenvif_free(rules);
}

static void
a_rule_of_a_file_is_named_when_it_fails(void **state)
{
	static const char text[] = "true Y\n"
				   "\"'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' =~ /(a+)+$/\" X\n";
	struct setenvif *rules = setenvif_new();
	struct params params = { 0 };
	char path[64], expected[128], why[WHY_MAX] = "";

	(void)state;
	write_file(path, text, sizeof text - 1);
	assert_int_equal(setenvif_add_file(rules, path, why, sizeof why), 0);
	unlink(path);
	assert_int_equal(setenvif_apply(rules, &params, why, sizeof why), -FCGI_E_SYSTEM);
	snprintf(expected, sizeof expected, "%s:2: ", path);
	assert_memory_equal(why, expected, strlen(expected));
	params_reset(&params);
	setenvif_free(rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions),
		cmocka_unit_test(captures),
		cmocka_unit_test(values),
		cmocka_unit_test(names_without_case),
		cmocka_unit_test(many_rules),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(a_match_that_runs_away_is_an_error),
		cmocka_unit_test(a_file),
		cmocka_unit_test(mistakes_in_a_file),
		cmocka_unit_test(a_rule_of_a_file_is_named_when_it_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
