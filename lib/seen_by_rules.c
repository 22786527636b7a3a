#include "seen_by_rules.h"

#include <string.h>
#include <strings.h>

#include "http_status.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

const struct seen_by_rules seen_by_rules[] = {
	{
	    .name = "apache", /* mod_proxy_fcgi */
	    .not_connected = 503,
	    .timed_out = 504,
	    .closed = 503,
	    .broken = 503,
	    .empty = 200,
	    .no_header = 200,
	    .bad_header = 500,
	    .location = 200,
	    .page_type = "text/html; charset=iso-8859-1",
	    .reasons = LIST("413 Request Entity Too Large", "414 Request-URI Too Long",
		"416 Requested Range Not Satisfiable", "422 Unprocessable Entity", "425 "),
	    .types = TYPES_ANY,
	    .eof_ends = 1,
	    .late_head = 1,
	    .block_end = END_SAME_TWICE,
	    .names = NAMES_TOKENS_OR_PAGE,
	    .values = VALUES_TEXT_OR_PAGE,
	    .c_strings = 1,
	    .bad_header_empty = 1,
	    .line_max = 8189,
	    .lead = " \t\v\f",
	    .trail = "",
	    .status = STATUS_NUMBER,
	    .reason = REASON_STATUS_TEXT,
	    .length = LENGTH_DROPPED,
	    .merges = 1,
	    .own_type = 1,
	    .lower_type = 1,
	    .dropped = LIST("Status", "Connection", "Transfer-Encoding"),
	    .dropped_bodyless = LIST("Content-Type"),
	    .last = LIST("Content-Type", "Location", "ETag", "Last-Modified", "Content-Range"),
	    .early = LIST("Content-Type", "Location", "ETag", "Last-Modified", "Content-Range"),
	},
	{
	    .name = "nginx",
	    .not_connected = 502,
	    .timed_out = 504,
	    .closed = 502,
	    .broken = 502,
	    .empty = 502,
	    .no_header = 502,
	    .bad_header = 502,
	    .location = 302,
	    .page_type = "text/html",
	    .reasons = LIST("302 Moved Temporarily", "504 Gateway Time-out"),
	    .eof_ends_block = 1,
	    .no_colon = NO_COLON_NAME,
	    .http_line = HTTP_LINE_SKIPPED,
	    .names = NAMES_VISIBLE,
	    .values = VALUES_NO_NUL_CR,
	    .wire_max = 4096, /* fastcgi_buffer_size */
	    .lead = " ",
	    .trail = " ",
	    .status = STATUS_THREE_DIGITS,
	    .reason = REASON_STATUS_VALUE,
	    .first_status = 1,
	    .length = LENGTH_PASSED_IF_NUMBER,
	    .own_type = 1,
	    .redirect = "X-Accel-Redirect",
	    .dropped = LIST("Status", "X-Accel-Expires", "X-Accel-Redirect", "X-Accel-Limit-Rate",
		"X-Accel-Buffering", "X-Accel-Charset", "Connection", "Keep-Alive",
		"Transfer-Encoding"),
	    .last = LIST("Content-Type", "Content-Length"),
	},
	{
	    .name = "lighttpd",
	    .not_connected = 503,
	    .timed_out = 504,
	    .closed = 500,
	    .broken = 500,
	    .empty = 500,
	    .no_header = 500,
	    .bad_header = 502,
	    .location = 302,
	    .page_type = "text/html",
	    .reasons = LIST("207 Multi-status", "306 (Unused)", "413 Payload Too Large",
		"422 Unprocessable Entity", "425 "),
	    .any_version = 1,
	    .ids = IDS_ANY,
	    .types = TYPES_ANY,
	    .whole_records = 1,
	    .no_colon = NO_COLON_SKIPPED_BUT_FIRST,
	    .http_line = HTTP_LINE_FIRST_IS_STATUS,
	    .names = NAMES_BLANK_END_SKIPPED,
	    .values = VALUES_ANY,
	    .wire_max = 65535,
	    .lines_max = 8189,
	    .lead = " \t",
	    .trail = "",
	    .status = STATUS_THREE_AND_END,
	    .reason = REASON_OWN,
	    .length = LENGTH_PASSED,
	    .drops_empty = 1,
	    .empties_205 = 1,
	    .dropped = LIST("Status", "X-Sendfile", "X-LIGHTTPD-send-file", "Upgrade", "Connection",
		"Transfer-Encoding"),
	    .dropped_bodyless = LIST("Content-Length"),
	    .first = LIST("Content-Length"),
	},
	{
	    .name = "caddy",
	    .not_connected = 502,
	    .timed_out = 504,
	    .closed = 502,
	    .broken = 502,
	    .empty = 502,
	    .no_header = 502,
	    .bad_header = 502,
	    .location = 200,
	    .ids = IDS_ANY,
	    .types = TYPES_ANY,
	    .end_after_head = 1,
	    .names = NAMES_TOKENS,
	    .values = VALUES_ANY,
	    .folds = 1,
	    .lead = " \t",
	    .trail = " \t",
	    .status = STATUS_WORD,
	    .reason = REASON_OWN,
	    .first_status = 1,
	    .length = LENGTH_PASSED_IF_NUMBER,
	    /* Status itself is passed on. */
	    .dropped = LIST("Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate",
		"Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade"),
	    .dropped_bodyless = LIST("Content-Length"),
	},
	{
	    .name = "haproxy",
	    .not_connected = 503,
	    .timed_out = 504,
	    .closed = 502,
	    .half = 504, /* it goes on waiting */
	    .broken = 502,
	    .empty = 502,
	    .no_header = 502,
	    .bad_header = 0, /* 2.6.12 ends with SIGSEGV */
	    .location = 302,
	    .page_type = "text/html",
	    .any_version = 1,
	    .ids = IDS_SKIPPED,
	    .types = TYPES_ANY,
	    .whole_records = 1,
	    .names = NAMES_TOKENS,
	    .values = VALUES_NO_NUL_CR,
	    .folds = 1,
	    .lead = " \t",
	    .trail = " \t",
	    .status = STATUS_UNCHECKED,
	    .reason = REASON_STATUS_VALUE,
	    .length = LENGTH_MUST_BE_NUMBER,
	    .dropped = LIST("Status", "Connection", "Keep-Alive", "Proxy-Connection",
		"Transfer-Encoding", "Upgrade"),
	},
	{
	    .name = "h2o",
	    .not_connected = 503,
	    .timed_out = 503,
	    .closed = 503,
	    .broken = 503,
	    .empty = 503,
	    .no_header = 503,
	    .bad_header = 503,
	    .location = 200,
	    .page_type = "text/plain; charset=utf-8",
	    .reasons = LIST("503 Internal Server Error"),
	    .any_version = 1,
	    .ids = IDS_ANY,
	    .types = TYPES_KNOWN_ONLY,
	    .type_ends_body = 1,
	    .whole_records = 1,
	    .names = NAMES_TOKENS,
	    .values = VALUES_TEXT,
	    .folds = 1,
	    .lead = " \t",
	    .trail = " \t",
	    .status = STATUS_THREE_AND_END,
	    .reason = REASON_STATUS_REST,
	    .length = LENGTH_MUST_BE_NUMBER,
	    .lower_names = 1,
	    .dropped = LIST("Status", "Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade"),
	},
	{
	    .name = "mod_fastcgi",
	    .not_connected = 500,
	    .timed_out = 500,
	    .closed = 500,
	    .broken = 500,
	    .empty = 500,
	    .no_header = 500,
	    .bad_header = 500,
	    .location = 302,
	    .page_type = "text/html; charset=iso-8859-1",
	    .reasons = LIST("413 Request Entity Too Large", "414 Request-URI Too Long",
		"416 Requested Range Not Satisfiable", "422 Unprocessable Entity", "425 "),
	    .ids = IDS_ANY,
	    .types = TYPES_DEFINED,
	    .end_checked = 1,
	    .block_end = END_TWO_LF,
	    .names = NAMES_WITHOUT_BLANK,
	    .values = VALUES_NO_NUL_VT_FF,
	    .folds = 1,
	    .lead = " \t\r\v\f",
	    .trail = " \t\r\v\f",
	    .status = STATUS_NUMBER,
	    .reason = REASON_STATUS_TEXT,
	    .length = LENGTH_PASSED,
	    .local_redirect = 1,
	    .dropped = LIST("Status", "Connection", "Transfer-Encoding"),
	    .last = LIST("Content-Type", "Content-Length", "Location"),
	},
};

const size_t seen_by_rules_count = sizeof seen_by_rules / sizeof *seen_by_rules;

int
seen_by_is(const struct cgi_header *header, const char *name)
{
	return header->name_len == strlen(name) &&
	    strncasecmp(header->name, name, header->name_len) == 0;
}

int
seen_by_listed(const char *const *list, const struct cgi_header *header)
{
	for (; list != NULL && *list != NULL; list++)
		if (seen_by_is(header, *list))
			return 1;
	return 0;
}

const char *
seen_by_reason(const struct seen_by_rules *rules, int status)
{
	const char *const *own = rules->reasons;

	for (; own != NULL && *own != NULL; own++)
		if (((*own)[0] - '0') * 100 + ((*own)[1] - '0') * 10 + ((*own)[2] - '0') == status)
			return *own + 4;
	return http_status_reason(status);
}
