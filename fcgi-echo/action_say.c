#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bsd/stdlib.h>

#include "action.h"
#include "fcgi_proto.h"
#include "http_status.h"
#include "query.h"
#include "reply.h"

enum { URL_MAX = 2048 };

/* A number of decimal digits, within bounds.  Returns 0, or -1. */
static int
parse_number(const char *text, long long min, long long max, long long *number)
{
	const char *why;

	if (*text != '-' && (*text < '0' || *text > '9'))
		return -1;
	*number = strtonum(text, min, max, &why);
	return why != NULL ? -1 : 0;
}

void
action_status_answer(struct request *request)
{
	long long status;
	char argument[16];

	if (request_argument(request, argument, sizeof argument) < 0 ||
	    parse_number(argument, 100, 999, &status) < 0) {
		reply_text(request, 400, "/status/CODE: a number from 100 to 999\n");
		return;
	}
	/* These have no body (RFC 9110, sections 15.2, 15.3.5 and 15.4.5). */
	if (status < 200 || status == 204 || status == 304)
		request->head = 1;
	reply_text(request, (int)status, "%s", "");
}

/* What may go into a header and nothing else: bytes that a URL has. */
static int
is_url(const char *text)
{
	if (*text == '\0')
		return 0;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return 0;
	return 1;
}

void
action_redirect_answer(struct request *request)
{
	struct fcgi_slice query = { NULL, 0 };
	char to[URL_MAX], code[16];
	long long status = 302;

	(void)request_param(request, "QUERY_STRING", &query);
	if (query_field(&query, "to", to, sizeof to) < 0 || !is_url(to) ||
	    (query_field(&query, "status", code, sizeof code) >= 0 &&
		parse_number(code, 300, 399, &status) < 0)) {
		reply_text(request, 400,
		    "/redirect?to=URL: printable ASCII without blanks, up to 2047 bytes; "
		    "&status=CODE: 300 to 399\n");
		return;
	}
	reply_format(request, "Status: %lld %s\r\nLocation: %s\r\n" REPLY_TEXT "\r\n", status,
	    http_status_reason((int)status), to);
	reply_end(request, 0);
}

void
action_exit_answer(struct request *request)
{
	long long status;
	char argument[16], line[32] = "";

	if (request_argument(request, argument, sizeof argument) < 0 ||
	    parse_number(argument, INT32_MIN, UINT32_MAX, &status) < 0) {
		reply_text(request, 400, "/exit/STATUS: a number from %lld to %lld\n",
		    (long long)INT32_MIN, (long long)UINT32_MAX);
		return;
	}
	if (!request->head)
		snprintf(line, sizeof line, "appStatus %u\n", (unsigned)status);
	reply_format(request, REPLY_TEXT "\r\n%s", line);
	reply_end(request, (uint32_t)status);
}

void
action_pid_answer(struct request *request)
{
	reply_text(request, 0, "%ld\n", (long)getpid());
}
