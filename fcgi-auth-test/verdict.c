#include "verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_record.h"
#include "verdict_private.h"

/* httpd takes as much at once; for the others it does not matter. */
enum { PIECE_MAX = 8192 };

enum { STATUS_OK = 200, STATUS_ERROR = 500 };

static const struct server {
	const char *name;
	const char *rules;	/* of seen_by, for the header block */
	verdict_adapt *adapt;	/* NULL: those */
	verdict_decide *decide;
} servers[VERDICT_SERVERS] = {
	[VERDICT_SPEC] = { "spec", "apache", verdict_adapt_authnz, verdict_decide_spec },
	[VERDICT_AUTHNZ] = { "mod_authnz_fcgi", "apache", verdict_adapt_authnz,
	    verdict_decide_authnz },
	[VERDICT_AUTHNZ_CHECK] = { "mod_authnz_fcgi-check", "apache", verdict_adapt_authnz,
	    verdict_decide_check },
	[VERDICT_FCGID] = { "mod_fcgid", "apache", verdict_adapt_fcgid, verdict_decide_fcgid },
	[VERDICT_FASTCGI] = { "mod_fastcgi", "mod_fastcgi", verdict_adapt_fastcgi,
	    verdict_decide_fastcgi },
	[VERDICT_FASTCGI_COMPAT] = { "mod_fastcgi-compat", "mod_fastcgi", verdict_adapt_fastcgi,
	    verdict_decide_compat },
	[VERDICT_LIGHTTPD] = { "lighttpd", "lighttpd", verdict_adapt_lighttpd,
	    verdict_decide_lighttpd },
	[VERDICT_NGINX] = { "nginx-auth-request", "nginx", NULL, verdict_decide_nginx },
};

const char *
verdict_name(enum verdict_server server)
{
	return servers[server].name;
}

int
verdict_find(const char *name)
{
	int i;

	for (i = 0; i < VERDICT_SERVERS; i++)
		if (strcmp(servers[i].name, name) == 0)
			return i;
	return -FCGI_E_SYNTAX;
}

enum verdict_server
verdict_in_phase(enum verdict_server server, enum auth_phase phase)
{
	if (server == VERDICT_AUTHNZ && phase == AUTH_CHECK)
		return VERDICT_AUTHNZ_CHECK;
	return server;
}

void
verdict_defaults(struct verdict_settings *settings, enum auth_phase phase)
{
	*settings = (struct verdict_settings){ .phase = phase, .authoritative = 1 };
}

void
verdict_allow(struct judging *judging, const char *why)
{
	judging->verdict->decision = VERDICT_ALLOW;
	judging->verdict->status = STATUS_OK;
	judging->verdict->why = why;
}

void
verdict_refuse(struct judging *judging, int status, const char *why)
{
	judging->verdict->decision = status == 0 || status >= STATUS_ERROR ? VERDICT_ERROR
									   : VERDICT_DENY;
	judging->verdict->status = status;
	judging->verdict->why = why;
}

/* --- the reply, read as the server reads it --------------------------------------------------- */

static int
take_answer(void *to, enum seen_by_part part, const void *data, size_t len)
{
	struct judging *judging = to;

	if (part == SEEN_BY_HEAD)
		return 0;
	judging->body_len += len;
	if (!judging->in_body) {
		judging->first = data;
		judging->first_len = len;
	}
	return 0;
}

static void
feed(struct judging *judging, struct seen_by *seen)
{
	const unsigned char *p = judging->reply->wire.data;
	size_t left = judging->reply->wire.len, in_record = 0, len;
	int header = 1;

	while (left > 0 && !judging->ended) {
		if (header)
			len = FCGI_HEADER_LEN;
		else
			len = in_record < PIECE_MAX ? in_record : PIECE_MAX;
		if (len > left)
			len = left;
		if (header && len == FCGI_HEADER_LEN)
			in_record = ((size_t)p[4] << 8 | p[5]) + p[6];
		else if (!header)
			in_record -= len;
		header = in_record == 0;
		judging->in_body = seen->has_head;
		judging->ended = seen_by_feed(seen, p, p + len) > 0;
		p += len;
		left -= len;
		if (!judging->in_body)
			judging->rest_len = left;
	}
}

static enum seen_by_ending
how_it_ended(const struct reply *reply)
{
	switch (reply->ending) {
	case REPLY_NOT_CONNECTED:
		return SEEN_BY_NOT_CONNECTED;
	case REPLY_TIMED_OUT:
	case REPLY_TOO_LARGE:
		return SEEN_BY_TIMED_OUT;
	default:
		return SEEN_BY_CLOSED;
	}
}

/* What a server makes of the reply, with room for all of it to be header block. */
struct room {
	struct seen_by seen;
	struct seen_by_header headers[REPLY_HEADERS_MAX];
	char block[];
};

/* Of the reply's bytes there are copies in it. */
static void
room_wipe(struct room *room, size_t len)
{
	explicit_bzero(room->seen.record, sizeof room->seen.record);
	explicit_bzero(room->block, len);
	free(room);
}

int
verdict_judge(struct verdict *verdict, enum verdict_server server, const struct reply *reply,
    const struct verdict_settings *settings)
{
	struct judging judging = { .verdict = verdict, .settings = settings, .reply = reply };
	struct seen_by_rules rules = *seen_by_find(servers[server].rules);
	struct room *room;

	verdict_reset(verdict);
	if (reply->oddities & REPLY_TOO_MANY) {
		verdict->why = "more headers than are judged here";
		return 0;
	}
	room = malloc(sizeof *room + reply->wire.len);
	if (room == NULL)
		return -FCGI_E_SYSTEM;
	if (servers[server].adapt != NULL)
		servers[server].adapt(&rules);
	seen_by_init_rules(&room->seen, &rules, reply->request.request_id, 0, take_answer,
	    &judging);
	/* httpd has no limit, and others have their own. */
	seen_by_set_room(&room->seen, room->block, reply->wire.len, room->headers,
	    REPLY_HEADERS_MAX);
	judging.seen = &room->seen;
	feed(&judging, &room->seen);
	if (!judging.ended)
		(void)seen_by_end(&room->seen, how_it_ended(reply));
	servers[server].decide(&judging);
	room_wipe(room, reply->wire.len);
	return judging.error;
}

char *
verdict_describe(char *dst, size_t size, const struct verdict *verdict)
{
	static const char *const words[] = {
		[VERDICT_NONE] = "none",
		[VERDICT_ALLOW] = "allow",
		[VERDICT_DENY] = "deny",
		[VERDICT_ERROR] = "error",
		[VERDICT_NEXT] = "next",
	};
	const char *word = words[verdict->decision];

	if (verdict->decision == VERDICT_NONE || verdict->decision == VERDICT_NEXT ||
	    (verdict->decision == VERDICT_ALLOW && verdict->status == STATUS_OK))
		snprintf(dst, size, "%s", word);
	else if (verdict->status == 0)
		snprintf(dst, size, "%s (no answer)", word);
	else
		snprintf(dst, size, "%s %d", word, verdict->status);
	return dst;
}
