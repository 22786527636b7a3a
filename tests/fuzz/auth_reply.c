/*
 * What an authorizer may say, any bytes: the same reply however it was cut, a verdict of every
 * server, and findings that are one line each and do not tell the password.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cuts.h"
#include "reply.h"
#include "target.h"
#include "verdict.h"

enum { BLOCK_MAX = 4000 };

static const char password[] = "hunter2!";

struct listener {
	struct reply reply;
	int result;
};

static void
feed(void *self, const uint8_t *p, const uint8_t *end)
{
	struct listener *listener = self;

	if (listener->result >= 0)
		listener->result = reply_feed(&listener->reply, p, (size_t)(end - p));
}

static void
must_be_same(const struct buffer *a, const struct buffer *b)
{
	must(a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
}

static void
compare(const struct reply *a, const struct reply *b)
{
	must(a->ending == b->ending && a->error == b->error);
	must(a->oddities == b->oddities && a->status == b->status);
	must(a->header_count == b->header_count && a->status_count == b->status_count);
	must_be_same(&a->out, &b->out);
	must_be_same(&a->err, &b->err);
	must((a->body == NULL) == (b->body == NULL) && a->body_len == b->body_len);
	must(a->end_at == b->end_at && a->late_len == b->late_len);
	must((a->ending == REPLY_ENDED) == a->request.ended || a->error != 0);
}

static void
judge(const struct reply *reply, unsigned options)
{
	struct verdict verdict = { 0 };
	struct verdict_settings settings;
	enum verdict_decision by_spec = VERDICT_ERROR;
	char text[64];
	int server;

	for (server = 0; server < VERDICT_SERVERS; server++) {
		verdict_defaults(&settings, (enum auth_phase)(options % AUTH_PHASE_COUNT));
		settings.authoritative = options < 8;
		settings.user = options & 1 ? "alice" : NULL;
		settings.user_expr = options & 2 ? "%{reqenv:U}" : NULL;
		must(verdict_judge(&verdict, (enum verdict_server)server, reply, &settings) == 0);
		must(verdict.status >= 0 && verdict.status < 1000);
		must(strlen(verdict_describe(text, sizeof text, &verdict)) > 3);
		if (verdict.decision == VERDICT_DENY)
			must(verdict.status > 0 && verdict.status < 500);
		must(verdict.body_len <= reply->wire.len);
		if (server == VERDICT_SPEC)
			by_spec = verdict.decision;
		/* Who takes almost all for a yes takes what is right for one, too. */
		if (server == VERDICT_LIGHTTPD && by_spec == VERDICT_ALLOW &&
		    reply->out.len < BLOCK_MAX)
			must(verdict.decision == VERDICT_ALLOW);
	}
	verdict_reset(&verdict);
}

static void
check(const struct reply *reply, unsigned options)
{
	const struct check_context context = {
		.phase = (enum auth_phase)(options % AUTH_PHASE_COUNT),
		.server = (enum verdict_server)(options % VERDICT_SERVERS),
		.password = { (const unsigned char *)password, sizeof password - 1 },
	};
	struct findings findings = { 0 };
	const char *p;
	size_t i;

	must(check_reply(&findings, reply, &context) == 0);
	for (i = 0; i < findings.count; i++) {
		must(findings.items[i].check < CHECK_COUNT);
		must(strstr(findings.items[i].detail, password) == NULL);
		for (p = findings.items[i].detail; *p != '\0'; p++)
			must((unsigned char)*p >= ' ' && *p != 0x7f);
	}
	findings_reset(&findings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct listener whole = { .result = 0 }, pieces = { .result = 0 };
	struct cuts cuts;

	if (!cuts_read(&cuts, data, size))
		return -1;
	reply_init(&whole.reply, 1);
	reply_init(&pieces.reply, 1);
	feed(&whole, cuts.stream, cuts.stream + cuts.len);
	cuts_feed(&cuts, feed, &pieces);
	must(reply_finish(&whole.reply, REPLY_CLOSED) == 0);
	must(reply_finish(&pieces.reply, REPLY_CLOSED) == 0);
	compare(&whole.reply, &pieces.reply);
	judge(&whole.reply, cuts.options);
	check(&whole.reply, cuts.options);
	reply_reset(&whole.reply);
	reply_reset(&pieces.reply);
	return 0;
}
