/*
 * What the user of each web server gets for any bytes of an application: the same however these were
 * cut, and an HTTP head that is one.
 */
#include <stdlib.h>
#include <string.h>

#include "cuts.h"
#include "seen_by.h"
#include "target.h"

enum { SERVERS = 7 };

struct user {
	struct seen_by seen;
	int result;
	char *got;	/* head and body */
	size_t len;
	size_t head_len;
};

static int
get(void *to, enum seen_by_part part, const void *data, size_t len)
{
	struct user *user = to;

	must(len > 0);
	must(part == SEEN_BY_BODY || user->head_len == user->len);
	must(part == SEEN_BY_HEAD || user->seen.has_head);
	user->got = realloc(user->got, user->len + len);
	must(user->got != NULL);
	memcpy(user->got + user->len, data, len);
	user->len += len;
	if (part == SEEN_BY_HEAD)
		user->head_len = user->len;
	return 0;
}

static void
feed(void *self, const uint8_t *p, const uint8_t *end)
{
	struct user *user = self;

	if (user->result == 0)
		user->result = seen_by_feed(&user->seen, p, end);
	must(user->result == user->seen.over);
}

static void
begin(struct user *user, const char *server)
{
	user->result = 0;
	user->got = NULL;
	user->len = 0;
	user->head_len = 0;
	must(seen_by_init(&user->seen, server, 1, 0, get, user) == 0);
}

/* "HTTP/1.1 ...", lines of "name: value", and an empty one, each with CR LF. */
static void
check_head(const struct user *user)
{
	const char *line = user->got, *end = line + user->head_len, *lf;

	must(user->head_len >= 13 && memcmp(line, "HTTP/1.1 ", 9) == 0);
	for (; (lf = memchr(line, '\n', (size_t)(end - line))) != NULL; line = lf + 1) {
		must(lf > line && lf[-1] == '\r');
		if (lf + 1 == end)
			must(lf - line == 1);
		else if (line != user->got)
			must(memmem(line, (size_t)(lf - line), ": ", 2) != NULL);
	}
	must(line == end);
}

static void
check_end(const struct user *user)
{
	const struct seen_by *seen = &user->seen;

	must(seen->over && seen->status >= 0 && seen->status < 1000);
	must(seen->has_head == (user->head_len > 0));
	if (seen->has_head)
		check_head(user);
	else
		must(user->len == 0 && seen->status == 0);
	must(seen->has_head || seen->cut || seen->redirect.value_len > 0);
	must((!seen->cut && !seen->own_page) || seen->why != NULL);
	must(!seen->own_page || user->len == user->head_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct user whole, pieces;
	enum seen_by_ending ending;
	const char *server;
	struct cuts cuts;

	if (!cuts_read(&cuts, data, size))
		return -1;
	server = seen_by_name(cuts.options % SERVERS);
	ending = cuts.options < SERVERS ? SEEN_BY_CLOSED : SEEN_BY_TIMED_OUT;
	begin(&whole, server);
	begin(&pieces, server);
	feed(&whole, cuts.stream, cuts.stream + cuts.len);
	cuts_feed(&cuts, feed, &pieces);
	must(seen_by_end(&whole.seen, ending) == 1 && seen_by_end(&pieces.seen, ending) == 1);
	check_end(&whole);
	must(whole.len == pieces.len && whole.head_len == pieces.head_len);
	must(whole.len == 0 || memcmp(whole.got, pieces.got, whole.len) == 0);
	must(whole.seen.status == pieces.seen.status && whole.seen.why == pieces.seen.why);
	must(whole.seen.cut == pieces.seen.cut && whole.seen.own_page == pieces.seen.own_page);
	free(whole.got);
	free(pieces.got);
	return 0;
}
