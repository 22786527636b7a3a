/* lighttpd, nginx, and the specification. */
#include <string.h>
#include <strings.h>

#include "fcgi_body.h"
#include "verdict_private.h"

enum { STATUS_OK = 200, STATUS_UNAUTHORIZED = 401, STATUS_FORBIDDEN = 403, STATUS_ERROR = 500 };
enum { STATUS_BAD_GATEWAY = 502 };

/* --- lighttpd --------------------------------------------------------------------------------- */

void
verdict_adapt_lighttpd(struct seen_by_rules *rules)
{
	/* Its decision is made header by header, so these are left to it. */
	rules->status = STATUS_UNCHECKED;
	rules->location = STATUS_OK;
	rules->drops_empty = 0;
}

/* Three digits and a blank or the end; -1 for what is none. */
static int
lighttpd_status(const struct cgi_header *header)
{
	const char *p = header->value;
	size_t i;
	int status = 0;

	if (header->value_len < 3 ||
	    (header->value_len > 3 && p[3] != ' ' && p[3] != '\t' && p[3] != '\r'))
		return -1;
	for (i = 0; i < 3; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		status = 10 * status + (p[i] - '0');
	}
	return status >= 100 ? status : -1;
}

static int
grants(int status)
{
	return status == 0 || status == STATUS_OK;
}

/* A Status without a number ends it all, and behind a no the body, too. */
static int
lighttpd_refuse(struct judging *judging, int status_before)
{
	if (!grants(status_before))
		judging->body_len = 0;
	judging->verdict->why = "the CGI Status header has no HTTP status";
	return STATUS_BAD_GATEWAY;
}

/*
 * Until a Status says otherwise the headers are those of a yes: the variables are taken, the others
 * dropped.  Only those behind it go to the user.
 * Returns the status, 0 without any.
 */
static int
lighttpd_headers(struct judging *judging)
{
	const struct seen_by *seen = judging->seen;
	const struct cgi_header *header;
	int status = 0, next;
	size_t i, len;

	for (i = 0; i < seen->header_count; i++) {
		header = &seen->headers[i].text;
		if (seen_by_is(header, "Status")) {
			next = lighttpd_status(header);
			if (next < 0)
				return lighttpd_refuse(judging, status);
			status = next;
		} else if (grants(status)) {
			if (reply_variable(header, &len) != NULL && len > 0)
				(void)verdict_add_variable(judging, header, VERDICT_JOIN,
				    VERDICT_UPPER);
		} else if (!seen->headers[i].dropped && header->value_len > 0)
			verdict_add(judging, &judging->verdict->headers, header, VERDICT_EACH,
			    VERDICT_AS_IT_IS);
	}
	return status;
}

/* A status of 1xx, but for 101, is passed on, and what follows is read as another header block. */
static void
lighttpd_read_on(struct judging *judging, size_t *at)
{
	const struct buffer *out = &judging->reply->out;
	struct seen_by *seen = judging->seen;

	*at += seen->body_at;
	seen_by_restart(seen);
	judging->body_len = 0;
	if (*at < out->len)
		seen_by_take_stdout(seen, out->data + *at, out->len - *at);
	if (!seen->own_answer && judging->ended)
		seen_by_end_answer(seen);
	else if (!judging->ended)
		(void)seen_by_end(seen, SEEN_BY_CLOSED);
}

static int
is_interim(int status)
{
	return status >= 100 && status < STATUS_OK && status != 101;
}

void
verdict_decide_lighttpd(struct judging *judging)
{
	const struct seen_by *seen = judging->seen;
	size_t at = 0;
	int status = 0;

	while (!seen->own_answer && is_interim(status = lighttpd_headers(judging)))
		lighttpd_read_on(judging, &at);
	if (seen->own_answer && judging->ended && seen->status != STATUS_BAD_GATEWAY)
		verdict_allow(judging, "a reply that ends without a complete header block is taken "
				       "for a yes");
	else if (seen->own_answer)
		verdict_refuse(judging, seen->status, seen->why);
	else if (grants(status) && judging->ended)
		verdict_allow(judging, status == 0 ? "without a Status a reply is taken for a yes"
						   : NULL);
	else if (judging->ended) {
		verdict_refuse(judging, status, judging->verdict->why);
		judging->verdict->body_len = judging->body_len;
	} else {
		verdict_drop_headers(judging);
		verdict_refuse(judging, status == 0 ? STATUS_OK : status,
		    "the connection ended before the reply did");
		if (grants(status))
			judging->verdict->decision = VERDICT_ERROR;
	}
}

/* --- nginx ------------------------------------------------------------------------------------ */

void
verdict_decide_nginx(struct judging *judging)
{
	const struct seen_by *seen = judging->seen;
	const struct cgi_header *header;
	size_t i;

	for (i = 0; !seen->own_answer && i < seen->header_count; i++) {
		header = &seen->headers[i].text;
		(void)verdict_add_variable(judging, header, VERDICT_FIRST, VERDICT_UPSTREAM);
		if (seen->status == STATUS_UNAUTHORIZED && seen_by_is(header, "WWW-Authenticate"))
			verdict_add(judging, &judging->verdict->headers, header, VERDICT_FIRST,
			    VERDICT_AS_IT_IS);
	}
	if (seen->own_answer)
		verdict_refuse(judging, STATUS_ERROR, seen->why);
	else if (seen->redirect.value_len > 0)
		verdict_allow(judging, "X-Accel-Redirect: the status of that page decides, not the "
				       "authorizer's");
	else if (seen->status >= STATUS_OK && seen->status < 300)
		verdict_allow(judging, seen_by_status_header(seen).name_len == 0
			? "without a Status a reply is taken for a yes" : NULL);
	else if (seen->status == STATUS_UNAUTHORIZED || seen->status == STATUS_FORBIDDEN)
		verdict_refuse(judging, seen->status, NULL);
	else
		verdict_refuse(judging, STATUS_ERROR,
		    "auth_request knows no other status than 2xx, 401 and 403");
}

/* --- the specification ------------------------------------------------------------------------ */

static const char *
what_is_wrong(const struct reply *reply)
{
	if (!reply->request.ended)
		return "there is no END_REQUEST";
	if (reply->request.end.protocol_status != FCGI_REQUEST_COMPLETE)
		return "END_REQUEST does not say REQUEST_COMPLETE";
	if (reply->error != 0)
		return "a record is not permitted there";
	if (reply->oddities != 0)
		return "the CGI header block is not well-formed";
	if (reply->status_count != 1 || reply->status == 0)
		return "there is not one Status of three digits";
	return NULL;
}

void
verdict_decide_spec(struct judging *judging)
{
	const struct reply *reply = judging->reply;
	const char *wrong = what_is_wrong(reply);
	size_t i;

	if (wrong != NULL) {
		verdict_refuse(judging, STATUS_ERROR, wrong);
		return;
	}
	for (i = 0; i < reply->header_count; i++) {
		if (reply->status == STATUS_OK)
			(void)verdict_add_variable(judging, &reply->headers[i], VERDICT_EACH,
			    VERDICT_AS_IT_IS);
		else if (!seen_by_is(&reply->headers[i], "Status"))
			verdict_add(judging, &judging->verdict->headers, &reply->headers[i],
			    VERDICT_EACH, VERDICT_AS_IT_IS);
	}
	if (reply->status == STATUS_OK)
		verdict_allow(judging, NULL);
	else {
		verdict_refuse(judging, reply->status, NULL);
		judging->verdict->body_len = reply->body_len;
	}
}
