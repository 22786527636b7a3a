/* The modules of Apache httpd: mod_authnz_fcgi, mod_fcgid and mod_fastcgi. */
#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "fcgi_proto.h"
#include "verdict_private.h"
#include "verdict_user.h"

enum { STATUS_OK = 200, STATUS_UNAUTHORIZED = 401, STATUS_FORBIDDEN = 403, STATUS_ERROR = 500 };
enum { STATUS_MIN = 100, STATUS_LIMIT = 600, STATUS_LINE_LIMIT = 1000, STATUS_FOUND = 302 };

/* What mod_authnz_fcgi returns to httpd is the number itself; these two mean something else. */
enum { HOOK_OK = 0, HOOK_DECLINED = -1 };

/* It keeps no more of a refusal's body. */
enum { BODY_MAX = 8192 };

static const char implied[] = "without a Status a reply is taken for a yes";
static const char unsendable[] =
    "a header of the reply has a character that httpd refuses to send";
static const char no_status[] = "the CGI Status header has no HTTP status";
static const char unended[] = "the connection ended before END_REQUEST";

void
verdict_adapt_authnz(struct seen_by_rules *rules)
{
	rules->eof_ends = 0;
	rules->late_head = 0;
	rules->names = NAMES_ANY;
	rules->closed = STATUS_ERROR;
	rules->broken = STATUS_ERROR;
	rules->empty = STATUS_ERROR;
	rules->no_header = STATUS_ERROR;
	rules->not_connected = STATUS_ERROR;
	rules->timed_out = STATUS_ERROR;
	/* A Location is but a header. */
	rules->location = STATUS_OK;
	rules->last = NULL;
	/* The head that goes out is not looked at. */
	rules->merges = 0;
}

void
verdict_adapt_fcgid(struct seen_by_rules *rules)
{
	verdict_adapt_authnz(rules);
	rules->any_version = 1;
	rules->ids = IDS_ANY;
	rules->types = TYPES_UNREAD;
	rules->block_end = END_EMPTY_LINE;
	rules->folds = 1;
}

void
verdict_adapt_fastcgi(struct seen_by_rules *rules)
{
	rules->local_redirect = 0;
	rules->location = STATUS_OK;
	rules->length = LENGTH_DROPPED;
	rules->last = NULL;
	rules->merges = 0;
	rules->own_type = 0;
}

/* As atoi(3) reads the value of Status; without one it is 200. */
static int
status_of(const struct seen_by *seen)
{
	struct cgi_header header = seen_by_status_header(seen);
	const char *p = header.value, *end;
	int negative = 0, number = 0;

	if (header.name_len == 0)
		return STATUS_OK;
	end = p + header.value_len;
	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		number = number > (INT_MAX - 9) / 10 ? INT_MAX : 10 * number + (*p - '0');
	return negative ? -number : number;
}

static const char *
why_allowed(const struct seen_by *seen)
{
	return seen_by_status_header(seen).name_len == 0 ? implied : NULL;
}

/* Those that httpd keeps apart, and forgets when it answers with an error page. */
static int
is_forgotten(const struct cgi_header *header)
{
	static const char *const names[] = { "Content-Type", "Content-Length", "Location", "ETag",
		"Last-Modified", "Content-Range", "Transfer-Encoding", NULL };

	return seen_by_listed(names, header);
}

/* What reaches the user besides the page or the refusal. */
enum leak {
	LEAK_ALL,		/* all but the variables, which are taken out */
	LEAK_ALL_AND_VARIABLES,
	LEAK_KEPT,		/* all but what is forgotten: with a refusal */
	LEAK_KEPT_AND_LOCATION,	/* ... and a redirection is one */
	LEAK_KEPT_BUT_CHALLENGE, /* ... and httpd's own challenge takes its place */
};

/* Returns 0 when one of them makes httpd answer 500, else 1. */
static int
leak(struct judging *judging, enum leak what)
{
	const struct seen_by *seen = judging->seen;
	const struct cgi_header *header;
	size_t i, len;
	int is_sendable = 1;

	for (i = 0; i < seen->header_count; i++) {
		header = &seen->headers[i].text;
		if (seen_by_is(header, "Status"))
			continue;
		if (what == LEAK_ALL && reply_variable(header, &len) != NULL)
			continue;
		if (what == LEAK_KEPT_BUT_CHALLENGE && seen_by_is(header, "WWW-Authenticate"))
			continue;
		if (what >= LEAK_KEPT && is_forgotten(header) &&
		    !(what == LEAK_KEPT_AND_LOCATION && seen_by_is(header, "Location")))
			continue;
		is_sendable &= seen_by_is_sendable(header);
		verdict_add(judging, &judging->verdict->headers, header,
		    seen_by_is(header, "Set-Cookie") ? VERDICT_EACH
			: is_forgotten(header) ? VERDICT_LAST : VERDICT_JOIN,
		    VERDICT_AS_IT_IS);
	}
	if (!is_sendable)
		verdict_drop_headers(judging);
	return is_sendable;
}

static void
take_variables(struct judging *judging, enum verdict_again again)
{
	size_t i;

	for (i = 0; i < judging->seen->header_count; i++)
		(void)verdict_add_variable(judging, &judging->seen->headers[i].text, again,
		    VERDICT_AS_IT_IS);
}

/* Lets the user in, if the page that follows can be sent with those headers. */
static void
let_in(struct judging *judging, enum leak what, const char *why)
{
	if (leak(judging, what))
		verdict_allow(judging, why);
	else
		verdict_refuse(judging, STATUS_ERROR, unsendable);
}

static void
keep_out(struct judging *judging, int status, enum leak what, const char *why)
{
	if (leak(judging, what))
		verdict_refuse(judging, status, why);
	else
		verdict_refuse(judging, STATUS_ERROR, unsendable);
}

static int
is_status(int status)
{
	return status >= STATUS_MIN && status < STATUS_LIMIT;
}

/* The status of a page that keeps the authorizer's. */
static int
passed_on(int status)
{
	return status >= STATUS_MIN && status < STATUS_LINE_LIMIT ? status : STATUS_ERROR;
}

/* The next module decides, but the status and the headers are set already. */
static void
pass_on(struct judging *judging, int status, const char *why)
{
	if (!leak(judging, LEAK_ALL_AND_VARIABLES)) {
		verdict_refuse(judging, STATUS_ERROR, unsendable);
		return;
	}
	judging->verdict->decision = VERDICT_NEXT;
	judging->verdict->status = passed_on(status);
	judging->verdict->why = why;
}

/* There is no reply; status: what it has left behind all the same. */
static void
fail(struct judging *judging, int status, const char *why)
{
	verdict_refuse(judging, STATUS_ERROR, why);
	if (judging->settings->authoritative)
		return;
	judging->verdict->decision = VERDICT_NEXT;
	judging->verdict->status = passed_on(status);
}

/* --- mod_authnz_fcgi -------------------------------------------------------------------------- */

void
verdict_decide_authnz(struct judging *judging)
{
	const struct seen_by *seen = judging->seen;
	int status = status_of(seen);

	if (seen->own_answer)
		verdict_refuse(judging, STATUS_ERROR, seen->why);
	else if (!judging->ended)
		keep_out(judging, STATUS_ERROR, LEAK_KEPT, unended);
	else if (status == STATUS_OK) {
		take_variables(judging, VERDICT_JOIN);
		let_in(judging, LEAK_ALL, why_allowed(seen));
	} else if (status == STATUS_ERROR)
		keep_out(judging, STATUS_ERROR, LEAK_KEPT, NULL);
	else
		keep_out(judging, STATUS_UNAUTHORIZED, LEAK_KEPT_BUT_CHALLENGE,
		    status == STATUS_UNAUTHORIZED ? NULL
			: "whatever the status, the user gets httpd's own 401");
}

static int
is_redirect(int status)
{
	return status >= 300 && status < 400 && status != 304;
}

/*
 * The text that httpd sends in place of its own page: what came at once with the header block, up
 * to a NUL.
 */
static size_t
kept_body(const struct judging *judging)
{
	size_t len = judging->first_len < BODY_MAX ? judging->first_len : BODY_MAX;
	const char *nul = len > 0 ? memchr(judging->first, '\0', len) : NULL;

	return nul != NULL ? (size_t)(nul - judging->first) : len;
}

/* As httpd knows a URL: a word and a colon. */
static int
is_url(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && text[i] != ':'; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("+-.", text[i]) == NULL)
			return 0;
	return i > 0 && i < len;
}

static void
redirect(struct judging *judging, size_t len)
{
	static const char as_url[] =
	    "a body that begins with a word and a colon is taken for a URL to go to";
	const struct cgi_header location = { "Location", 8, judging->first, len };

	verdict_refuse(judging, STATUS_FOUND, as_url);
	verdict_add(judging, &judging->verdict->headers, &location, VERDICT_LAST,
	    VERDICT_AS_IT_IS);
	if (!seen_by_is_sendable(&location)) {
		verdict_refuse(judging, STATUS_ERROR, as_url);
		verdict_drop_headers(judging);
	}
}

/* httpd refuses, and has the body as the text to say instead of its own, if it can say anything. */
static void
say_instead(struct judging *judging)
{
	size_t len = kept_body(judging);

	if (judging->verdict->why == unsendable)
		return;
	if (len > 0 && is_url(judging->first, len))
		redirect(judging, len);
	else if (len > 0 && *judging->first == '/')
		judging->verdict->why = "a body that begins with '/' is taken for a URL of the "
					"server's, which is sent instead";
	else
		judging->verdict->body_len = len;
}

/* A status that is returned to httpd. */
static void
refuse_by_hook(struct judging *judging, int status, const char *why)
{
	int known = is_status(status) ? status : STATUS_ERROR;

	keep_out(judging, known,
	    is_redirect(status) || status == 201 ? LEAK_KEPT_AND_LOCATION : LEAK_KEPT,
	    is_status(status) ? why : no_status);
	say_instead(judging);
}

/* A yes; but whose? */
static void
allow_user(struct judging *judging)
{
	const struct verdict_settings *settings = judging->settings;
	int has_user = settings->user != NULL;

	take_variables(judging, VERDICT_JOIN);
	if (settings->user_expr != NULL) {
		if (verdict_user_is_empty(settings->user_expr, settings->user,
			&judging->verdict->variables) && settings->default_user == NULL) {
			if (settings->authoritative)
				keep_out(judging, STATUS_ERROR, LEAK_ALL,
				    "UserExpr is empty, and there is no DefaultUser");
			else
				pass_on(judging, STATUS_ERROR,
				    "UserExpr is empty, and there is no DefaultUser");
			return;
		}
		has_user = 1;
	}
	if (has_user)
		let_in(judging, LEAK_ALL, why_allowed(judging->seen));
	else
		keep_out(judging, STATUS_ERROR, LEAK_ALL,
		    "a yes for no user: neither Basic credentials nor UserExpr say who it is");
}

void
verdict_decide_check(struct judging *judging)
{
	const struct verdict_settings *settings = judging->settings;
	const struct seen_by *seen = judging->seen;
	int status = status_of(seen);

	if (settings->require_basic && settings->user == NULL)
		verdict_refuse(judging, STATUS_UNAUTHORIZED,
		    "RequireBasicAuth: the authorizer is not even asked");
	else if (seen->own_answer)
		fail(judging, STATUS_ERROR, seen->why);
	else if (judging->ended && status == STATUS_OK)
		allow_user(judging);
	else if (!settings->authoritative || (judging->ended && status == HOOK_DECLINED))
		pass_on(judging, judging->ended ? status : STATUS_ERROR,
		    "the status line and the headers stay, whoever decides");
	else if (!judging->ended)
		refuse_by_hook(judging, STATUS_ERROR, unended);
	else if (status == HOOK_OK && settings->user == NULL) {
		keep_out(judging, STATUS_ERROR, LEAK_ALL_AND_VARIABLES, "a yes for no user");
		say_instead(judging);
	} else if (status == HOOK_OK) {
		let_in(judging, LEAK_ALL_AND_VARIABLES,
		    "a Status that is no number, or 0, is taken for a yes");
		judging->verdict->status = STATUS_ERROR;
	} else
		refuse_by_hook(judging, status, NULL);
}

/* --- mod_fcgid and mod_fastcgi ---------------------------------------------------------------- */

/* A refusal of the hook, as far as it is authoritative; else left_behind is the status. */
static void
refuse_or_pass_on(struct judging *judging, int status, int left_behind, enum leak what,
    const char *why)
{
	if (judging->settings->authoritative)
		keep_out(judging, status, what, why);
	else
		pass_on(judging, left_behind, why);
}

/* httpd's own challenge goes with a refusal of these phases. */
static enum leak
with_refusal(const struct judging *judging)
{
	return judging->settings->phase == AUTH_ACCESS_CHECKER ? LEAK_KEPT
							       : LEAK_KEPT_BUT_CHALLENGE;
}

static int
has_location(const struct seen_by *seen)
{
	size_t i;

	for (i = 0; i < seen->header_count; i++)
		if (seen_by_is(&seen->headers[i].text, "Location"))
			return 1;
	return 0;
}

void
verdict_decide_fcgid(struct judging *judging)
{
	const struct seen_by *seen = judging->seen;
	int status = status_of(seen);

	if (seen->own_answer)
		fail(judging, status, seen->why);
	else if (!judging->ended && judging->body_len == 0 && judging->rest_len < FCGI_HEADER_LEN)
		fail(judging, status,
		    "the connection ended with the header block, whose end it looks behind");
	else if (status == STATUS_OK && !has_location(seen)) {
		take_variables(judging, VERDICT_JOIN);
		let_in(judging, LEAK_ALL_AND_VARIABLES, why_allowed(seen));
	} else
		refuse_or_pass_on(judging, STATUS_UNAUTHORIZED, status, with_refusal(judging),
		    status == STATUS_OK ? "a Location makes a refusal of it" : NULL);
}

static void
decide_fastcgi(struct judging *judging, int compat)
{
	const struct seen_by *seen = judging->seen;
	int status = status_of(seen);
	size_t i;

	/* Nothing of the reply has been taken from it then. */
	if (seen->own_answer || seen->cut || status < 0) {
		fail(judging, STATUS_OK, seen->why != NULL ? seen->why : no_status);
		return;
	}
	if (status != STATUS_OK) {
		refuse_or_pass_on(judging, judging->settings->phase == AUTH_ACCESS_CHECKER
			? STATUS_FORBIDDEN : STATUS_UNAUTHORIZED, STATUS_OK,
		    with_refusal(judging), NULL);
		return;
	}
	take_variables(judging, VERDICT_LAST);
	for (i = 0; !compat && i < seen->header_count; i++)
		if (!seen_by_is(&seen->headers[i].text, "Status") &&
		    strncasecmp(seen->headers[i].text.name, "Variable-", 9) != 0)
			verdict_add(judging, &judging->verdict->variables,
			    &seen->headers[i].text, VERDICT_LAST, VERDICT_AS_IT_IS);
	verdict_allow(judging, why_allowed(seen));
}

void
verdict_decide_fastcgi(struct judging *judging)
{
	decide_fastcgi(judging, 0);
}

void
verdict_decide_compat(struct judging *judging)
{
	decide_fastcgi(judging, 1);
}
