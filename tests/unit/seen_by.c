#include "seen_by.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "guard.h"
#include "letters.h"
#include "pieces.h"
#include "transcript.h"
#include "wire.h"

enum { SERVERS = 7, ID = LETTERS_ID };

/* The order of the columns below. */
static const char *const servers[SERVERS] = {
	"apache", "nginx", "lighttpd", "caddy", "haproxy", "h2o", "mod_fastcgi",
};

/* One server's user, and what that one gets. */
struct user {
	struct seen_by seen;
	struct transcript transcript;
	int result;
	int with_head;
};

static int
get(void *to, enum seen_by_part part, const void *data, size_t len)
{
	struct user *user = to;

	assert_true(len > 0);
	if (part == SEEN_BY_BODY)
		assert_true(user->seen.has_head);
	if (part == SEEN_BY_BODY || user->with_head)
		transcript_content(&user->transcript, part == SEEN_BY_BODY ? "body" : "head", data,
		    len);
	return 0;
}

static void
hear(void *self, const unsigned char *p, const unsigned char *end)
{
	struct user *user = self;

	if (user->result == 0)
		user->result = seen_by_feed(&user->seen, p, end);
}

/* Returns the transcript, which is to be freed. */
static struct transcript
see(const char *server, const struct wire *wire, enum seen_by_ending ending, size_t first,
    size_t rest, int with_head, int head_only)
{
	static const unsigned char more[] = { 1, 6, 0, 1 };
	static struct user user;
	const struct seen_by *seen = &user.seen;

	user.result = 0;
	user.with_head = with_head;
	transcript_start(&user.transcript);
	assert_int_equal(seen_by_init(&user.seen, server, ID, head_only, get, &user), 0);
	if (wire->len > 0)
		pieces_feed(wire->data, wire->len, first, rest, hear, &user);
	assert_in_range(user.result, 0, 1);
	assert_int_equal(user.result, seen->over);
	assert_int_equal(seen_by_end(&user.seen, ending), 1);
	/* Nothing happens behind the end. */
	assert_int_equal(seen_by_end(&user.seen, SEEN_BY_TIMED_OUT), 1);
	assert_int_equal(seen_by_feed(&user.seen, more, more + sizeof more), 1);
	if (!with_head)
		transcript_say(&user.transcript, "%d", seen->status);
	if (seen->own_page)
		transcript_say(&user.transcript, "page");
	if (seen->cut)
		transcript_say(&user.transcript, "cut");
	if (!seen->has_head)
		transcript_say(&user.transcript, "none");
	if (seen->redirect.value_len > 0)
		transcript_say(&user.transcript, "to %.*s", (int)seen->redirect.value_len,
		    seen->redirect.value);
	if (seen->own_page || seen->cut || !seen->has_head)
		assert_non_null(seen->why);
	transcript_end(&user.transcript);
	return user.transcript;
}

struct row {
	const char *letters;
	enum seen_by_ending ending;
	const unsigned char *text;
	size_t len;
	const char *expected[SERVERS];
};

#define HELLO(status) "body 'hello' " #status
#define ANSWER "Status: 200 OK\r\nX-A: 1\r\n\r\nhello"

static const struct row rows[] = {
	/* Refused: OVERLOADED, CANT_MPX_CONN, UNKNOWN_ROLE. */
	{ "2", SEEN_BY_CLOSED, BYTES(""),
	    { "200", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	{ "1", SEEN_BY_CLOSED, BYTES(""),
	    { "200", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	{ "3", SEEN_BY_CLOSED, BYTES(""),
	    { "200", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	{ "e2", SEEN_BY_CLOSED, BYTES(""),
	    { "200", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	/* Nothing, only STDERR, END_REQUEST before the output, and with an answer behind it. */
	{ "eE", SEEN_BY_CLOSED, BYTES(""),
	    { "200", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	{ "E", SEEN_BY_CLOSED, BYTES(""),
	    { "200", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	{ "reE", SEEN_BY_CLOSED, BYTES(""),
	    { "200", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	{ "EH", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { "200", "502 page", "500 page", HELLO(200), "502 page", "503 page", "500 page" } },
	/* No CGI header. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("hello world\n"),
	    { "body 'hello world\\012' 200", "502 page", "502 page", "502", "0 cut none",
		"503 page", "500 page" } },
	{ "HE", SEEN_BY_CLOSED, BYTES("hello world\n"),
	    { "200", "502 page", "502 page", "502", "0 cut none", "503 page", "500 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("hello world"),
	    { "body 'hello world' 200", "502 page", "500 page", "502", "502 page", "503 page",
		"500 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("a: hello\n"),
	    { "body 'a: hello\\012' 200", "502 page", "500 page", "502", "502 page", "503 page",
		"500 page" } },
	/* Status: banana. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: banana\nX-A: 1\n\nhello"),
	    { HELLO(500), "502 page", "502 page", "502", "body 'hello' 0", "503 page",
		HELLO(500) } },
	/* No END_REQUEST after the body, with and without the end of STDOUT. */
	{ "He", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	{ "H", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { "body 'hello' 200 cut", HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	/* Half a record, behind the header block and in it; half a header; closed, reset. */
	{ "h", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { "body 'hello' 200 cut", HELLO(200), "500 page", HELLO(200), "504 page", "503 page",
		HELLO(200) } },
	{ "h", SEEN_BY_CLOSED, BYTES("X-A: 1\n"),
	    { "503 page", "502 page", "500 page", "502", "504 page", "503 page", "500 page" } },
	{ "k", SEEN_BY_CLOSED, BYTES(""),
	    { "503 page", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	{ "Hk", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { "body 'hello' 200 cut", HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	{ "", SEEN_BY_CLOSED, BYTES(""),
	    { "503 page", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	{ "H", SEEN_BY_CLOSED, BYTES("X-A: 1\n\n"),
	    { "503 page", "200", "200", "200", "200", "200", "200" } },
	/* What is not FastCGI. */
	{ ".", SEEN_BY_CLOSED,
	    BYTES("HTTP/1.1 400 Bad Request\r\nContent-Length: 16\r\n\r\n400 Bad Request\n"),
	    { "503 page", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	{ ".", SEEN_BY_CLOSED,
	    BYTES("\323\212\137\341\007\274\102\231\056\360\155\244\023\310\173\065"),
	    { "503 page", "502 page", "500 page", "502", "502 page", "503 page", "500 page" } },
	/* Another request id, version 2, an unknown type first, each in the middle, too. */
	{ "iHeE", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { "503 page", "502 page", HELLO(200), HELLO(200), "502 page", HELLO(200),
		HELLO(200) } },
	{ "HiHE", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { "body 'hello' 200 cut", "body 'hello' 200 cut",
		"body 'helloStatus: 200 OK\\015\\012X-A: 1\\015\\012\\015\\012hello' 200",
		"body 'helloStatus: 200 OK\\015\\012X-A: 1\\015\\012\\015\\012hello' 200",
		HELLO(200),
		"body 'helloStatus: 200 OK\\015\\012X-A: 1\\015\\012\\015\\012hello' 200",
		"body 'helloStatus: 200 OK\\015\\012X-A: 1\\015\\012\\015\\012hello' 200" } },
	{ "vHeE", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { "503 page", "502 page", HELLO(200), "502", HELLO(200), HELLO(200), "500 page" } },
	{ "HvHE", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { "body 'hello' 200 cut", "body 'hello' 200 cut",
		"body 'helloStatus: 200 OK\\015\\012X-A: 1\\015\\012\\015\\012hello' 200",
		"body 'hello' 200 cut",
		"body 'helloStatus: 200 OK\\015\\012X-A: 1\\015\\012\\015\\012hello' 200",
		"body 'helloStatus: 200 OK\\015\\012X-A: 1\\015\\012\\015\\012hello' 200",
		"body 'hello' 200 cut" } },
	{ "uHeE", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { HELLO(200), "502 page", HELLO(200), HELLO(200), HELLO(200), "503 page",
		"500 page" } },
	{ "HuE", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { HELLO(200), "body 'hello' 200 cut", HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		"body 'hello' 200 cut" } },
	/* An appStatus, LF alone, padding, STDERR, a short END_REQUEST: only one minds. */
	{ "Hea", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 200 OK\nX-A: 1\n\nhello"),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	{ "pHeE", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	{ "rHerE", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	{ "Hes", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		"body 'hello' 200 cut" } },
	{ "Hes2", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		"body 'hello' 200 cut" } },
	{ "He2", SEEN_BY_CLOSED, BYTES(ANSWER),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		"body 'hello' 200 cut" } },
	/* No socket, and no answer in time: at all, in the middle. */
	{ "", SEEN_BY_NOT_CONNECTED, BYTES(""),
	    { "503 page", "502 page", "503 page", "502", "503 page", "503 page", "500 page" } },
	{ "", SEEN_BY_TIMED_OUT, BYTES(""),
	    { "504 page", "504 page", "504 page", "504", "504 page", "503 page", "500 page" } },
	{ "H", SEEN_BY_TIMED_OUT, BYTES("X-A: 1\n"),
	    { "504 page", "504 page", "504 page", "504", "504 page", "503 page", "500 page" } },
	{ "H", SEEN_BY_TIMED_OUT, BYTES(ANSWER),
	    { "body 'hello' 200 cut", "body 'hello' 200 cut", "body 'hello' 200 cut",
		"body 'hello' 200 cut", "body 'hello' 200 cut", "body 'hello' 200 cut",
		"body 'hello' 200 cut" } },
	{ "H", SEEN_BY_TIMED_OUT, BYTES("X-A: 1\n\n"),
	    { "504 page", "200 cut", "200 cut", "200 cut", "200 cut", "200 cut", "200 cut" } },
	/* Location, without and with Status. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("Location: http://x/y\n\nhello"),
	    { HELLO(200), HELLO(302), HELLO(302), HELLO(200), HELLO(302), HELLO(200),
		"302 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Location: /y\n\nhello"),
	    { HELLO(200), HELLO(302), HELLO(302), HELLO(200), HELLO(302), HELLO(200),
		"0 none to /y" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 200\nLocation: http://x/y\n\nhello"),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		"302 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 302\nLocation: /y\n\nhello"),
	    { HELLO(302), HELLO(302), HELLO(302), HELLO(302), HELLO(302), HELLO(302),
		HELLO(302) } },
	/* A status line in place of a header, a blank line first, a folded header. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("HTTP/1.1 404 Nope\r\nX-A: 1\r\n\r\nhello"),
	    { "500", HELLO(200), "body 'hello' 404", "502", "0 cut none", "503 page",
		"500 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("\nhello"),
	    { "body '\\012hello' 200", HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		"500 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("\n\nhello"),
	    { "body '\\012hello' 200", "body '\\012hello' 200", "body '\\012hello' 200",
		"body '\\012hello' 200", "body '\\012hello' 200", "body '\\012hello' 200",
		"body '\\012hello' 200" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A: 1\n 2\nX-B: 3\n\nhello"),
	    { "500", "502 page", HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES(" X-A: 1\n\nhello"),
	    { "500 page", "502 page", HELLO(200), "502", "0 cut none", "503 page", "500 page" } },
	/* Status that is none. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 200junk\n\nhello"),
	    { HELLO(200), HELLO(200), "502 page", "502", HELLO(200), "503 page", HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 99\n\nhello"),
	    { HELLO(500), "502 page", "502 page", "502", "body 'hello' 0", "503 page",
		HELLO(500) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 1000\n\nhello"),
	    { HELLO(500), "body 'hello' 100", "502 page", "502", "body 'hello' 0", "503 page",
		HELLO(500) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status:\n\nhello"),
	    { HELLO(500), "502 page", "502 page", "502", "body 'hello' 0", "503 page",
		HELLO(500) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 401\nStatus: 202\n\nhello"),
	    { "body 'hello' 202", "body 'hello' 401", "body 'hello' 202", "body 'hello' 401",
		"body 'hello' 202", "body 'hello' 202", "body 'hello' 202" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 042\n\nhello"),
	    { HELLO(500), "502 page", "502 page", "502", "body 'hello' 0", "503 page",
		HELLO(500) } },
	/* A wrong length, and one that is none. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("Content-Length: 3\n\nhello"),
	    { HELLO(200), "body 'hel' 200", "body 'hel' 200", "body 'hel' 200", "body 'hel' 200",
		"body 'hel' 200", "body 'hel' 200" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Content-Length: 9\n\nhello"),
	    { HELLO(200), "body 'hello' 200 cut", "body 'hello' 200 cut", "body 'hello' 200 cut",
		"body 'hello' 200 cut", "body 'hello' 200 cut", "body 'hello' 200 cut" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Content-Length: x\n\nhello"),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), "0 cut none", "503 page",
		HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Content-Length: 5\nContent-Length: 3\n\nhello"),
	    { HELLO(200), "body 'hel' 200", HELLO(200), "body 'hel' 200", "0 cut none", "503 page",
		"body 'hel' 200" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Content-Length: 99999999999999999999\n\nhello"),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), "0 cut none", "503 page",
		HELLO(200) } },
	/* What makes a server look elsewhere. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-Accel-Redirect: /z\n\nhello"),
	    { HELLO(200), "0 none to /z", HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-Accel-Redirect: z\n\nhello"),
	    { HELLO(200), "404 page", HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-Sendfile: /z\n\nhello"),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
	/* Lines that are no headers, and odd bytes in them. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A: 1\nno colon\n\nhello"),
	    { "500", "502 page", HELLO(200), "502", "0 cut none", "503 page", "500 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A : 1\n\nhello"),
	    { "500 page", "502 page", HELLO(200), "502", "0 cut none", "503 page", HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X A: 1\n\nhello"),
	    { "500 page", "502 page", HELLO(200), "502", "0 cut none", "503 page", "500 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES(": 1\n\nhello"),
	    { "500 page", "502 page", HELLO(200), "502", "0 cut none", "503 page", "500 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A: a\0b\n\nhello"),
	    { HELLO(200), "502 page", HELLO(200), HELLO(200), "0 cut none", "503 page",
		"500 page" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A: a\1b\n\nhello"),
	    { "500 page", HELLO(200), HELLO(200), HELLO(200), HELLO(200), "503 page",
		HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A: a\rb\n\nhello"),
	    { HELLO(200), "502 page", HELLO(200), HELLO(200), "0 cut none", "503 page",
		HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X(A): a\n\nhello"),
	    { "500 page", HELLO(200), HELLO(200), "502", "0 cut none", "503 page", HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A: a\fb\n\nhello"),
	    { "500 page", HELLO(200), HELLO(200), HELLO(200), HELLO(200), "503 page",
		"500 page" } },
	/* Ends of lines, mixed. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A: 1\r\nX-B: 2\n\r\nhello"),
	    { "body 'X-A: 1\\015\\012X-B: 2\\012\\015\\012hello' 200", HELLO(200), HELLO(200),
		HELLO(200), HELLO(200), HELLO(200), HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A: 1\r\n\nhello"),
	    { "body 'X-A: 1\\015\\012\\012hello' 200", HELLO(200), HELLO(200), HELLO(200),
		HELLO(200), HELLO(200), HELLO(200) } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("X-A: 1\r\rhello"),
	    { "body 'X-A: 1\\015\\015hello' 200", "502 page", "500 page", "502", "502 page",
		"503 page", "500 page" } },
	/* No body goes with these. */
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 204\n\nhello"),
	    { "204", "204", "204", "204", "204", "204", "204" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 304\n\nhello"),
	    { "304", "304", "304", "304", "304", "304", "304" } },
	{ "HeE", SEEN_BY_CLOSED, BYTES("Status: 205\n\nhello"),
	    { "body 'hello' 205", "body 'hello' 205", "205", "body 'hello' 205", "body 'hello' 205",
		"body 'hello' 205", "body 'hello' 205" } },
	/* Behind the end of STDOUT, and of the request. */
	{ "HeHE", SEEN_BY_CLOSED, BYTES("X-A: 1\n\nhello"),
	    { HELLO(200), "body 'helloX-A: 1\\012\\012hello' 200",
		"body 'helloX-A: 1\\012\\012hello' 200", "body 'helloX-A: 1\\012\\012hello' 200",
		"body 'helloX-A: 1\\012\\012hello' 200", "body 'helloX-A: 1\\012\\012hello' 200",
		"body 'helloX-A: 1\\012\\012hello' 200" } },
	{ "HeEH", SEEN_BY_CLOSED, BYTES("X-A: 1\n\nhello"),
	    { HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200), HELLO(200),
		HELLO(200) } },
};

static void
check_row(const struct row *row, int server, const struct wire *wire)
{
	const char *expected = row->expected[server];
	struct transcript told;
	size_t cut;

	for (cut = 0; cut <= wire->len; cut++) {
		told = see(servers[server], wire, row->ending, cut, wire->len + 1, 0, 0);
		if (strcmp(told.text, expected) != 0)
			print_message("%s, %s \"%.*s\": %s, not %s\n", servers[server],
			    row->letters, (int)row->len, (const char *)row->text, told.text,
			    expected);
		assert_string_equal(told.text, expected);
		transcript_free(&told);
	}
	told = see(servers[server], wire, row->ending, 1, 1, 0, 0);
	assert_string_equal(told.text, expected);
	transcript_free(&told);
}

static void
every_row_of_the_tables_holds_however_it_is_cut(void **state)
{
	struct wire wire = { 0 };
	size_t i;
	int server;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		letters_compose(&wire, rows[i].letters, rows[i].text, rows[i].len);
		for (server = 0; server < SERVERS; server++)
			check_row(&rows[i], server, &wire);
		wire_free(&wire);
	}
}

/* --- heads ------------------------------------------------------------------------------------ */

static const struct {
	const unsigned char *text;
	size_t len;
	const char *expected[SERVERS];
} heads[] = {
	{ BYTES("Status: 404 Nope\r\nContent-Type: Text/HTML; Charset=X\r\nX-A: 1  \r\nX-A: 2\r\n"
		"Set-Cookie: a=b\r\nset-cookie: c=d\r\nContent-Length: 5\r\nConnection: close\r\n"
		"X-Accel-Expires: 3\r\nX-Sendfile: /z\r\nX-Empty:\r\nUpgrade: h2c\r\n\r\nhello"),
	    {
		"head 'HTTP/1.1 404 Nope\\015\\012Content-Type: text/html; Charset=X\\015"
		"\\012X-A: 1  , 2\\015\\012Set-Cookie: a=b\\015\\012set-cookie: c=d\\015"
		"\\012X-Accel-Expires: 3\\015\\012X-Sendfile: /z\\015\\012X-Empty: \\015"
		"\\012Upgrade: h2c\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 Nope\\015\\012Content-Type: Text/HTML; Charset=X\\015"
		"\\012X-A: 1\\015\\012X-A: 2\\015\\012Set-Cookie: a=b\\015\\012set-cookie"
		": c=d\\015\\012Content-Length: 5\\015\\012X-Sendfile: /z\\015\\012X-Empt"
		"y: \\015\\012Upgrade: h2c\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 Not Found\\015\\012Content-Type: Text/HTML; Charset=X"
		"\\015\\012X-A: 1  \\015\\012X-A: 2\\015\\012Set-Cookie: a=b\\015\\012set"
		"-cookie: c=d\\015\\012Content-Length: 5\\015\\012X-Accel-Expires: 3\\015"
		"\\012\\015\\012'",
		"head 'HTTP/1.1 404 Not Found\\015\\012Status: 404 Nope\\015\\012Content-"
		"Type: Text/HTML; Charset=X\\015\\012X-A: 1\\015\\012X-A: 2\\015\\012Set-"
		"Cookie: a=b\\015\\012set-cookie: c=d\\015\\012Content-Length: 5\\015"
		"\\012X-Accel-Expires: 3\\015\\012X-Sendfile: /z\\015\\012X-Empty: \\015"
		"\\012\\015\\012'",
		"head 'HTTP/1.1 404 Nope\\015\\012Content-Type: Text/HTML; Charset=X\\015"
		"\\012X-A: 1\\015\\012X-A: 2\\015\\012Set-Cookie: a=b\\015\\012set-cookie"
		": c=d\\015\\012Content-Length: 5\\015\\012X-Accel-Expires: 3\\015\\012X-"
		"Sendfile: /z\\015\\012X-Empty: \\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 Nope\\015\\012content-type: Text/HTML; Charset=X\\015"
		"\\012x-a: 1\\015\\012x-a: 2\\015\\012set-cookie: a=b\\015\\012set-cookie"
		": c=d\\015\\012content-length: 5\\015\\012x-accel-expires: 3\\015\\012x-"
		"sendfile: /z\\015\\012x-empty: \\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 Nope\\015\\012Content-Type: Text/HTML; Charset=X\\015"
		"\\012X-A: 1\\015\\012X-A: 2\\015\\012Set-Cookie: a=b\\015\\012set-cookie"
		": c=d\\015\\012Content-Length: 5\\015\\012X-Accel-Expires: 3\\015\\012X-"
		"Sendfile: /z\\015\\012X-Empty: \\015\\012Upgrade: h2c\\015\\012\\015"
		"\\012'",
	    } },
	{ BYTES("Status: 503\n\n"),
	    {
		"head 'HTTP/1.1 503 Service Unavailable\\015\\012\\015\\012'",
		"head 'HTTP/1.1 503\\015\\012\\015\\012'",
		"head 'HTTP/1.1 503 Service Unavailable\\015\\012\\015\\012'",
		"head 'HTTP/1.1 503 Service Unavailable\\015\\012Status: 503\\015\\012"
		"\\015\\012'",
		"head 'HTTP/1.1 503\\015\\012\\015\\012'",
		"head 'HTTP/1.1 503 OK\\015\\012\\015\\012'",
		"head 'HTTP/1.1 503 Service Unavailable\\015\\012\\015\\012'",
	    } },
	{ BYTES("Status: 404 a\1b\n\n"),
	    {
		"head 'HTTP/1.1 404 Not Found\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 a\\001b\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 Not Found\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 Not Found\\015\\012Status: 404 a\\001b\\015\\012\\015"
		"\\012'",
		"head 'HTTP/1.1 404 a\\001b\\015\\012\\015\\012'",
		"head 'HTTP/1.1 503 Internal Server Error\\015\\012Content-Type: text/pla"
		"in; charset=utf-8\\015\\012\\015\\012' page",
		"head 'HTTP/1.1 404 Not Found\\015\\012\\015\\012'",
	    } },
	{ BYTES("Status: 302 \n\n"),
	    {
		"head 'HTTP/1.1 302 \\015\\012\\015\\012'",
		"head 'HTTP/1.1 302\\015\\012\\015\\012'",
		"head 'HTTP/1.1 302 Found\\015\\012\\015\\012'",
		"head 'HTTP/1.1 302 Found\\015\\012Status: 302\\015\\012\\015\\012'",
		"head 'HTTP/1.1 302\\015\\012\\015\\012'",
		"head 'HTTP/1.1 302 OK\\015\\012\\015\\012'",
		"head 'HTTP/1.1 302 Found\\015\\012\\015\\012'",
	    } },
	{ BYTES("Location: /x\nLocation: http://y\nStatus: 301 Away\n\n"),
	    {
		"head 'HTTP/1.1 301 Away\\015\\012Location: http://y\\015\\012\\015\\012'",
		"head 'HTTP/1.1 301 Away\\015\\012Location: /x\\015\\012Location: http://"
		"y\\015\\012\\015\\012'",
		"head 'HTTP/1.1 301 Moved Permanently\\015\\012Location: /x\\015\\012Loca"
		"tion: http://y\\015\\012\\015\\012'",
		"head 'HTTP/1.1 301 Moved Permanently\\015\\012Location: /x\\015\\012Loca"
		"tion: http://y\\015\\012Status: 301 Away\\015\\012\\015\\012'",
		"head 'HTTP/1.1 301 Away\\015\\012Location: /x\\015\\012Location: http://"
		"y\\015\\012\\015\\012'",
		"head 'HTTP/1.1 301 Away\\015\\012location: /x\\015\\012location: http://"
		"y\\015\\012\\015\\012'",
		"head 'HTTP/1.1 301 Away\\015\\012Location: http://y\\015\\012\\015\\012'",
	    } },
	{ BYTES("Content-Type: a/b\nLocation: /x\nX-A: 1\nbad line\n\n"),
	    {
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012Content-Type: a/b\\015"
		"\\012Location: /x\\015\\012\\015\\012'",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012Content-Type: text/html\\015"
		"\\012\\015\\012' page",
		"head 'HTTP/1.1 302 Found\\015\\012Content-Type: a/b\\015\\012Location: /"
		"x\\015\\012X-A: 1\\015\\012\\015\\012'",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012\\015\\012'",
		"cut none",
		"head 'HTTP/1.1 503 Internal Server Error\\015\\012Content-Type: text/pla"
		"in; charset=utf-8\\015\\012\\015\\012' page",
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012Content-Type: text/htm"
		"l; charset=iso-8859-1\\015\\012\\015\\012' page",
	    } },
	{ BYTES("Status: 204\nContent-Type: a/b\nContent-Length: 0\n\n"),
	    {
		"head 'HTTP/1.1 204 No Content\\015\\012\\015\\012'",
		"head 'HTTP/1.1 204\\015\\012Content-Type: a/b\\015\\012Content-Length: 0"
		"\\015\\012\\015\\012'",
		"head 'HTTP/1.1 204 No Content\\015\\012Content-Type: a/b\\015\\012\\015"
		"\\012'",
		"head 'HTTP/1.1 204 No Content\\015\\012Status: 204\\015\\012Content-Type"
		": a/b\\015\\012\\015\\012'",
		"head 'HTTP/1.1 204\\015\\012Content-Type: a/b\\015\\012Content-Length: 0"
		"\\015\\012\\015\\012'",
		"head 'HTTP/1.1 204 OK\\015\\012content-type: a/b\\015\\012content-length"
		": 0\\015\\012\\015\\012'",
		"head 'HTTP/1.1 204 No Content\\015\\012Content-Type: a/b\\015\\012Conten"
		"t-Length: 0\\015\\012\\015\\012'",
	    } },
	{ BYTES("X-A: 1\n 2\nContent-Type: \n\n"),
	    {
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012\\015\\012'",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012Content-Type: text/html\\015"
		"\\012\\015\\012' page",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1\\015\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1 2\\015\\012Content-Type: \\015"
		"\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1 2\\015\\012Content-Type: \\015"
		"\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012x-a: 1 2\\015\\012content-type: \\015"
		"\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1 2\\015\\012Content-Type: \\015"
		"\\012\\015\\012'",
	    } },
	{ BYTES("Status: 413\nX-a:  b\t\n\n"),
	    {
		"head 'HTTP/1.1 413 Request Entity Too Large\\015\\012X-a: b\\011\\015"
		"\\012\\015\\012'",
		"head 'HTTP/1.1 413\\015\\012X-a: b\\011\\015\\012\\015\\012'",
		"head 'HTTP/1.1 413 Payload Too Large\\015\\012X-a: b\\011\\015\\012\\015"
		"\\012'",
		"head 'HTTP/1.1 413 Content Too Large\\015\\012Status: 413\\015\\012X-a: "
		"b\\015\\012\\015\\012'",
		"head 'HTTP/1.1 413\\015\\012X-a: b\\015\\012\\015\\012'",
		"head 'HTTP/1.1 413 OK\\015\\012x-a: b\\015\\012\\015\\012'",
		"head 'HTTP/1.1 413 Request Entity Too Large\\015\\012X-a: b\\015\\012"
		"\\015\\012'",
	    } },
	{ BYTES("X-A : 1\nX-B: 2\n\n"),
	    {
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012Content-Type: text/htm"
		"l; charset=iso-8859-1\\015\\012\\015\\012' page",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012Content-Type: text/html\\015"
		"\\012\\015\\012' page",
		"head 'HTTP/1.1 200 OK\\015\\012X-B: 2\\015\\012\\015\\012'",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012\\015\\012'",
		"cut none",
		"head 'HTTP/1.1 503 Internal Server Error\\015\\012Content-Type: text/pla"
		"in; charset=utf-8\\015\\012\\015\\012' page",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1\\015\\012X-B: 2\\015\\012\\015"
		"\\012'",
	    } },
	{ BYTES("HTTP/2 404 x\nX-A: 1\n\n"),
	    {
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1\\015\\012\\015\\012'",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012Content-Type: text/html\\015"
		"\\012\\015\\012' page",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012\\015\\012'",
		"cut none",
		"head 'HTTP/1.1 503 Internal Server Error\\015\\012Content-Type: text/pla"
		"in; charset=utf-8\\015\\012\\015\\012' page",
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012Content-Type: text/htm"
		"l; charset=iso-8859-1\\015\\012\\015\\012' page",
	    } },
	{ BYTES("HTTP/1.19404 x\nX-A: 1\n\n"),
	    {
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1\\015\\012\\015\\012'",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012Content-Type: text/html\\015"
		"\\012\\015\\012' page",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012\\015\\012'",
		"cut none",
		"head 'HTTP/1.1 503 Internal Server Error\\015\\012Content-Type: text/pla"
		"in; charset=utf-8\\015\\012\\015\\012' page",
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012Content-Type: text/htm"
		"l; charset=iso-8859-1\\015\\012\\015\\012' page",
	    } },
	{ BYTES("HTTP/1.0 404\r\nX-A: 1\n\n"),
	    {
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 Not Found\\015\\012X-A: 1\\015\\012\\015\\012'",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012\\015\\012'",
		"cut none",
		"head 'HTTP/1.1 503 Internal Server Error\\015\\012Content-Type: text/pla"
		"in; charset=utf-8\\015\\012\\015\\012' page",
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012Content-Type: text/htm"
		"l; charset=iso-8859-1\\015\\012\\015\\012' page",
	    } },
	{ BYTES("Status: 50\n\n"),
	    {
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012\\015\\012'",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012Content-Type: text/html\\015"
		"\\012\\015\\012' page",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012Content-Type: text/html\\015"
		"\\012\\015\\012' page",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012\\015\\012'",
		"head 'HTTP/1.1 50\\015\\012\\015\\012'",
		"head 'HTTP/1.1 503 Internal Server Error\\015\\012Content-Type: text/pla"
		"in; charset=utf-8\\015\\012\\015\\012' page",
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012\\015\\012'",
	    } },
	{ BYTES("Status: 404 x y \n\n"),
	    {
		"head 'HTTP/1.1 404 x y \\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 x y\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 Not Found\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 Not Found\\015\\012Status: 404 x y\\015\\012\\015"
		"\\012'",
		"head 'HTTP/1.1 404 x y\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 x y\\015\\012\\015\\012'",
		"head 'HTTP/1.1 404 x y\\015\\012\\015\\012'",
	    } },
	{ BYTES("X-A: 1\n \t 2\t\n\n"),
	    {
		"head 'HTTP/1.1 500 Internal Server Error\\015\\012\\015\\012'",
		"head 'HTTP/1.1 502 Bad Gateway\\015\\012Content-Type: text/html\\015"
		"\\012\\015\\012' page",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1\\015\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1 2\\015\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1 2\\015\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012x-a: 1 2\\015\\012\\015\\012'",
		"head 'HTTP/1.1 200 OK\\015\\012X-A: 1 2\\015\\012\\015\\012'",
	    } },
};

static void
every_server_has_its_way_with_headers(void **state)
{
	struct wire wire = { 0 };
	struct transcript told;
	size_t i;
	int server;

	(void)state;
	for (i = 0; i < sizeof heads / sizeof *heads; i++) {
		letters_compose(&wire, "HeE", heads[i].text, heads[i].len);
		for (server = 0; server < SERVERS; server++) {
			told = see(servers[server], &wire, SEEN_BY_CLOSED, 1, 1, 1, 1);
			assert_string_equal(told.text, heads[i].expected[server]);
			transcript_free(&told);
		}
		wire_free(&wire);
	}
}

static void
head_is_answered_without_a_body(void **state)
{
	struct wire wire = { 0 };
	struct transcript told;
	int server;

	(void)state;
	letters_compose(&wire, "HeE", BYTES("Content-Length: 5\n\nhello"));
	for (server = 0; server < SERVERS; server++) {
		told = see(servers[server], &wire, SEEN_BY_CLOSED, wire.len, 1, 0, 1);
		assert_string_equal(told.text, "200");
		transcript_free(&told);
	}
	wire_free(&wire);
}

/* --- limits ----------------------------------------------------------------------------------- */

/* A header line of so many bytes, behind which another follows. */
static struct wire
long_line(size_t len)
{
	struct wire wire = { 0 };
	char text[66000];

	memset(text, 'x', sizeof text);
	memcpy(text, "X-A: ", 5);
	wire_record(&wire, 6, ID, text, len < 60000 ? len : 60000, 0);
	if (len > 60000)
		wire_record(&wire, 6, ID, text + 5, len - 60000, 0);
	wire_record(&wire, 6, ID, "\n\nhello", 7, 1);
	wire_record(&wire, 3, ID, "\0\0\0\0\0\0\0", 8, 0);
	return wire;
}

static void
a_block_may_be_so_large_and_no_larger(void **state)
{
	static const struct {
		const char *server;
		size_t most;
		const char *beyond;
	} limits[] = {
		{ "apache", 8189, "500" },
		/* 4096 with the headers of two records. */
		{ "nginx", 4078, "502 page" },
		{ "lighttpd", 65533, "502 page" },
		{ "caddy", SEEN_BY_BLOCK_MAX - 2, "502" },
		{ "h2o", SEEN_BY_BLOCK_MAX - 2, "503 page" },
	};
	struct transcript told;
	struct wire wire;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof limits / sizeof *limits; i++) {
		wire = long_line(limits[i].most);
		told = see(limits[i].server, &wire, SEEN_BY_CLOSED, wire.len, 1, 0, 0);
		assert_string_equal(told.text, "body 'hello' 200");
		transcript_free(&told);
		wire_free(&wire);
		wire = long_line(limits[i].most + 1);
		told = see(limits[i].server, &wire, SEEN_BY_CLOSED, wire.len, 1, 0, 0);
		assert_string_equal(told.text, limits[i].beyond);
		transcript_free(&told);
		wire_free(&wire);
	}
}

static void
more_headers_than_there_is_room_for_are_a_bad_block(void **state)
{
	struct wire wire = { 0 };
	struct transcript told;
	char text[4 * (SEEN_BY_HEADERS_MAX + 1)];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof text; i += 4)
		memcpy(text + i, "A:b\n", 4);
	wire_record(&wire, 6, ID, text + 4, sizeof text - 4, 0);
	wire_record(&wire, 6, ID, "\n", 1, 0);
	told = see("caddy", &wire, SEEN_BY_CLOSED, wire.len, 1, 0, 0);
	assert_string_equal(told.text, "200");
	transcript_free(&told);
	wire_free(&wire);
	wire_record(&wire, 6, ID, text, sizeof text, 0);
	wire_record(&wire, 6, ID, "\n", 1, 0);
	told = see("caddy", &wire, SEEN_BY_CLOSED, wire.len, 1, 0, 0);
	assert_string_equal(told.text, "502");
	transcript_free(&told);
	wire_free(&wire);
}

/* --- the rest --------------------------------------------------------------------------------- */

static int
refuse_at_second(void *to, enum seen_by_part part, const void *data, size_t len)
{
	int *calls = to;

	(void)part;
	(void)data;
	(void)len;
	return ++*calls == 2 ? -FCGI_E_SYSTEM : 0;
}

static void
a_failed_sink_is_told_and_not_called_again(void **state)
{
	static struct seen_by seen;
	struct wire wire = { 0 };
	int calls = 0;

	(void)state;
	letters_compose(&wire, "HeE", BYTES(ANSWER));
	assert_int_equal(seen_by_init(&seen, "nginx", ID, 0, refuse_at_second, &calls), 0);
	assert_int_equal(seen_by_feed(&seen, wire.data, wire.data + wire.len), -FCGI_E_SYSTEM);
	assert_int_equal(seen_by_feed(&seen, wire.data, wire.data + wire.len), -FCGI_E_SYSTEM);
	assert_int_equal(seen_by_end(&seen, SEEN_BY_CLOSED), -FCGI_E_SYSTEM);
	assert_int_equal(calls, 2);
	wire_free(&wire);
}

static void
the_servers_have_names(void **state)
{
	static struct seen_by seen;
	size_t i, j;

	(void)state;
	for (i = 0; i < SERVERS; i++) {
		for (j = 0; j < SERVERS && strcmp(seen_by_name(j), servers[i]) != 0; j++)
			;
		assert_true(j < SERVERS);
	}
	assert_null(seen_by_name(SERVERS));
	assert_int_equal(seen_by_init(&seen, "iis", ID, 0, get, NULL), -FCGI_E_SYNTAX);
	assert_int_equal(seen_by_init(&seen, "", ID, 0, get, NULL), -FCGI_E_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_tables_holds_however_it_is_cut),
		cmocka_unit_test(every_server_has_its_way_with_headers),
		cmocka_unit_test(head_is_answered_without_a_body),
		cmocka_unit_test(a_block_may_be_so_large_and_no_larger),
		cmocka_unit_test(more_headers_than_there_is_room_for_are_a_bad_block),
		cmocka_unit_test(a_failed_sink_is_told_and_not_called_again),
		cmocka_unit_test(the_servers_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
