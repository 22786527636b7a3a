#include "http_status.h"

#include <string.h>

#include "fcgi_error.h"

const char *
http_status_reason(int status)
{
	static const struct {
		int status;
		char reason[36];
	} reasons[] = {
		{ 100, "Continue" }, { 101, "Switching Protocols" }, { 102, "Processing" },
		{ 103, "Early Hints" }, { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 203, "Non-Authoritative Information" }, { 204, "No Content" },
		{ 205, "Reset Content" }, { 206, "Partial Content" }, { 207, "Multi-Status" },
		{ 208, "Already Reported" }, { 226, "IM Used" }, { 300, "Multiple Choices" },
		{ 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" },
		{ 304, "Not Modified" }, { 305, "Use Proxy" }, { 307, "Temporary Redirect" },
		{ 308, "Permanent Redirect" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 402, "Payment Required" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
		{ 407, "Proxy Authentication Required" }, { 408, "Request Timeout" },
		{ 409, "Conflict" }, { 410, "Gone" }, { 411, "Length Required" },
		{ 412, "Precondition Failed" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 416, "Range Not Satisfiable" }, { 417, "Expectation Failed" },
		{ 421, "Misdirected Request" }, { 422, "Unprocessable Content" },
		{ 423, "Locked" }, { 424, "Failed Dependency" }, { 425, "Too Early" },
		{ 426, "Upgrade Required" }, { 428, "Precondition Required" },
		{ 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" },
		{ 451, "Unavailable For Legal Reasons" }, { 500, "Internal Server Error" },
		{ 501, "Not Implemented" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" }, { 506, "Variant Also Negotiates" },
		{ 507, "Insufficient Storage" }, { 508, "Loop Detected" },
		{ 510, "Not Extended" }, { 511, "Network Authentication Required" },
	};
	size_t i;

	for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

void
http_status_set_add(struct http_status_set *set, int first, int last)
{
	unsigned int place;
	int status;

	for (status = first; status <= last; status++) {
		place = (unsigned int)(status - HTTP_STATUS_MIN);
		set->count += !http_status_set_has(set, status);
		set->bits[place / 64] |= UINT64_C(1) << place % 64;
	}
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes "200" or "2xx".  Returns 0, or -1. */
static int
take_statuses(const char **p, int *first, int *last)
{
	const char *text = *p;

	if (text[0] < '1' || text[0] > '9')
		return -1;
	if (text[1] == 'x' && text[2] == 'x') {
		*first = (text[0] - '0') * 100;
		*last = *first + 99;
	} else if (is_digit(text[1]) && is_digit(text[2])) {
		*first = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
		*last = *first;
	} else {
		return -1;
	}
	*p += 3;
	return 0;
}

/* Takes an item of the list: "200", "2xx" or "200-299". */
static int
take_item(struct http_status_set *set, const char **p)
{
	int first, last, from, to;

	if (take_statuses(p, &first, &last) < 0)
		return -1;
	if (**p == '-' && first == last) {
		(*p)++;
		if (take_statuses(p, &from, &to) < 0 || from != to || to < first)
			return -1;
		last = to;
	}
	http_status_set_add(set, first, last);
	return 0;
}

int
http_status_set_parse(struct http_status_set *set, const char *text)
{
	memset(set, 0, sizeof *set);
	do {
		if (take_item(set, &text) < 0)
			break;
		if (*text == '\0')
			return 0;
	} while (*text++ == ',');
	memset(set, 0, sizeof *set);
	return -FCGI_E_SYNTAX;
}
