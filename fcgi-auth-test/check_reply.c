#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "check_private.h"
#include "fcgi_body.h"
#include "fcgi_error.h"

enum { STATUS_OK = 200, STATUS_UNAUTHORIZED = 401, BODY_MAX = 8192 };

/* --- records ---------------------------------------------------------------------------------- */

static void
check_end(struct checking *checking)
{
	const struct reply *reply = checking->reply;
	const struct fcgi_end *end = &reply->request.end;
	uint16_t other_id = reply->request.first_foreign.request_id;
	const char *status_name = fcgi_protocol_status_name(end->protocol_status);

	if (!reply->request.ended)
		checking_add(checking, CHECK_A3, "%s", reply->wire.len == 0
			? "there is no answer at all" : "there is no END_REQUEST");
	else if (end->protocol_status != FCGI_REQUEST_COMPLETE)
		checking_add(checking, CHECK_A3, "END_REQUEST says %s (%u)",
		    status_name != NULL ? status_name : "what is none", end->protocol_status);
	if (reply->request.ended && end->app_status != 0 &&
	    (reply->status == STATUS_OK || reply->status_count == 0))
		checking_add(checking, CHECK_A4, "appStatus %u", (unsigned)end->app_status);
	if (reply->request.foreign > 0 && other_id != 0 && other_id != reply->request.request_id)
		checking_add(checking, CHECK_A5, "a record of request %u, the request is %u",
		    other_id, reply->request.request_id);
	if (reply->late_len > 0)
		checking_add(checking, CHECK_R7, "%zu bytes behind END_REQUEST", reply->late_len);
	if (reply->error == -FCGI_E_ORDER)
		checking_add(checking, CHECK_R7, "a record behind the end of its stream");
}

/* --- the header block ------------------------------------------------------------------------- */

/* Whether a reply without a Status is meant as a refusal, as far as it can be told. */
static int
looks_like_refusal(const struct reply *reply)
{
	return (reply->oddities & ~(unsigned)REPLY_TOO_MANY) != 0 || reply->body_len > 0 ||
	    reply_header(reply, "WWW-Authenticate", 0) != NULL ||
	    reply_header(reply, "Location", 0) != NULL;
}

static void
check_status(struct checking *checking)
{
	const struct reply *reply = checking->reply;
	const struct cgi_header *first = reply_header(reply, "Status", 0), *second;
	char text[QUOTED_MAX], more[QUOTED_MAX];

	if (first == NULL && looks_like_refusal(reply)) {
		checking_add(checking, CHECK_R2, "%s", reply->out.len == 0
			? "STDOUT is empty" : "there is no Status");
		return;
	}
	if (first == NULL) {
		checking_add(checking, CHECK_R1, "there is no Status");
		return;
	}
	checking_quote(checking, text, first->value, first->value_len);
	if (reply->status == 0)
		checking_add(checking, CHECK_R3, "Status: %s", text);
	second = reply_header(reply, "Status", 1);
	if (second != NULL)
		checking_add(checking, CHECK_R4, "Status: %s, then Status: %s", text,
		    checking_quote(checking, more, second->value, second->value_len));
	if (reply->status > STATUS_OK && reply->status < 300)
		checking_add(checking, CHECK_R5, "Status: %s", text);
}

static void
check_block(struct checking *checking)
{
	static const struct {
		enum reply_oddity oddity;
		const char *what;
	} oddities[] = {
		{ REPLY_HTTP_LINE, "an HTTP status line in place of a header" },
		{ REPLY_BOM, "a byte order mark before the first header" },
		{ REPLY_BLANK_FIRST, "the first line is empty, so no header counts" },
		{ REPLY_BLANK_BEFORE_COLON, "a blank before a colon" },
		{ REPLY_FOLDED, "a line that begins with a blank" },
		{ REPLY_NO_COLON, "a line without a colon" },
		{ REPLY_NO_NAME, "a line that begins with a colon" },
		{ REPLY_UNENDED, "no empty line ends it" },
		{ REPLY_BARE_CR, "a CR without LF" },
		{ REPLY_NUL, "a NUL" },
	};
	size_t i;

	for (i = 0; i < sizeof oddities / sizeof *oddities; i++)
		if (checking->reply->oddities & oddities[i].oddity)
			checking_add(checking, CHECK_R6, "%s", oddities[i].what);
}

static int
is_named(const struct cgi_header *header, const char *name)
{
	return header->name_len == strlen(name) &&
	    strncasecmp(header->name, name, header->name_len) == 0;
}

/* The same name as one before. */
static int
is_repeated(const struct reply *reply, size_t index)
{
	const struct cgi_header *header = &reply->headers[index];
	size_t i;

	for (i = 0; i < index; i++)
		if (reply->headers[i].name_len == header->name_len &&
		    strncasecmp(reply->headers[i].name, header->name, header->name_len) == 0)
			return 1;
	return 0;
}

/* The headers of a yes that are no business of the server's. */
static void
check_others(struct checking *checking)
{
	const struct reply *reply = checking->reply;
	char list[256], name[QUOTED_MAX];
	size_t i, variable_len, len = 0;

	for (i = 0; i < reply->header_count && len < sizeof list - 1; i++) {
		if (is_named(&reply->headers[i], "Status") ||
		    is_named(&reply->headers[i], "Location") ||
		    reply_variable(&reply->headers[i], &variable_len) != NULL ||
		    is_repeated(reply, i))
			continue;
		checking_quote(checking, name, reply->headers[i].name,
		    reply->headers[i].name_len);
		snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? ", " : "", name);
		len += strlen(list + len);
	}
	if (len > 0)
		checking_add(checking, CHECK_R12, "%s", list);
}

static void
check_allow(struct checking *checking)
{
	const struct reply *reply = checking->reply;
	const struct cgi_header *location = reply_header(reply, "Location", 0);
	char text[QUOTED_MAX];

	if (reply->body_len > 0)
		checking_add(checking, CHECK_R8, "%zu bytes", reply->body_len);
	if (location != NULL)
		checking_add(checking, CHECK_R10, "Location: %s",
		    checking_quote(checking, text, location->value, location->value_len));
	check_others(checking);
}

/* Whether the one who has asked hands a redirection on to the user. */
static int
redirects(const struct check_context *context)
{
	return context->server == VERDICT_SPEC || context->server == VERDICT_LIGHTTPD ||
	    context->server == VERDICT_AUTHNZ_CHECK ||
	    (context->server == VERDICT_AUTHNZ && context->phase == AUTH_CHECK);
}

static void
check_refusal(struct checking *checking)
{
	const struct reply *reply = checking->reply;

	if (reply->body_len > BODY_MAX)
		checking_add(checking, CHECK_R9, "%zu bytes", reply->body_len);
	if (reply->status == STATUS_UNAUTHORIZED &&
	    reply_header(reply, "WWW-Authenticate", 0) == NULL)
		checking_add(checking, CHECK_R11, "there is no WWW-Authenticate");
	if (reply->status >= 300 && reply->status < 400 && !redirects(checking->context))
		checking_add(checking, CHECK_R13, "Status %d, asked by %s", reply->status,
		    verdict_name(checking->context->server));
}

int
check_reply(struct findings *findings, const struct reply *reply,
    const struct check_context *context)
{
	struct checking checking = { findings, reply, context, { 0 }, 0 };

	if (reply->ending == REPLY_NOT_CONNECTED)
		return 0;
	if (checking_begin(&checking) == 0) {
		check_end(&checking);
		check_status(&checking);
		check_block(&checking);
		if (reply->status == STATUS_OK ||
		    (reply->status_count == 0 && !looks_like_refusal(reply)))
			check_allow(&checking);
		else
			check_refusal(&checking);
		checking_variables(&checking);
		checking_secrets(&checking);
	}
	checking_end(&checking);
	return checking.error;
}
