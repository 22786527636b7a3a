#include "fault.h"

#include <string.h>
#include <bsd/string.h>

#include "fcgi_error.h"

const struct fault_about fault_about[FAULT_COUNT] = {
	[FAULT_REFUSE] = { "refuse", "closes each connection right after accepting it" },
	[FAULT_NO_ACCEPT] = { "no-accept", "listens, but never accepts a connection" },
	[FAULT_SILENT] = { "silent", "reads everything and never answers" },
	[FAULT_SLOW] = { "slow", "sends the first byte of an answer after 2 seconds" },
	[FAULT_DRIP] = { "drip", "sends one byte a write, 100 microseconds apart" },
	[FAULT_SPLIT_HEADER] = { "split-header",
	    "sends every record header in two writes, 1 millisecond apart" },
	[FAULT_BAD_VERSION] = { "bad-version", "sends records of version 2" },
	[FAULT_BAD_ID] = { "bad-id", "answers under the next higher request id" },
	[FAULT_UNKNOWN_TYPE] = { "unknown-type",
	    "sends a record of type 42 under the request's id before the answer" },
	[FAULT_SHORT_END] = { "short-end", "sends an END_REQUEST of 4 bytes instead of 8" },
	[FAULT_NO_END] = { "no-end", "closes without END_REQUEST" },
	[FAULT_END_FIRST] = { "end-first", "sends END_REQUEST before the output" },
	[FAULT_TWICE] = { "twice", "sends END_REQUEST twice" },
	[FAULT_HALF] = { "half", "closes in the middle of a STDOUT record" },
	[FAULT_HALF_HEADER] = { "half-header", "closes in the middle of a record header" },
	[FAULT_RST] = { "rst", "resets the connection in the middle of a STDOUT record" },
	[FAULT_OVERLOADED] = { "overloaded", "refuses each request as OVERLOADED" },
	[FAULT_CANT_MPX] = { "cant-mpx", "refuses each request as CANT_MPX_CONN" },
	[FAULT_UNKNOWN_ROLE] = { "unknown-role", "refuses each request as UNKNOWN_ROLE" },
	[FAULT_LATE_OVERLOADED] = { "late-overloaded",
	    "answers, and then ends each request as OVERLOADED" },
	[FAULT_APP_STATUS] = { "app-status", "ends each request with appStatus 1" },
	[FAULT_PAD_255] = { "pad-255", "pads every record with 255 bytes" },
	[FAULT_NO_HEADER] = { "no-header", "sends the body without a CGI header block" },
	[FAULT_OPEN_HEADER] = { "open-header",
	    "ends the answer before the CGI header block is complete" },
	[FAULT_EMPTY] = { "empty", "ends each request without any output" },
	[FAULT_STDERR_ONLY] = { "stderr-only", "sends the output as STDERR" },
	[FAULT_GARBAGE] = { "garbage", "answers with bytes that mean nothing, and closes" },
	[FAULT_SPEAKS_HTTP] = { "speaks-http", "answers with HTTP/1.1 400, as a web server would" },
	[FAULT_ENDLESS] = { "endless", "never ends STDOUT" },
	[FAULT_KEEP_OPEN] = { "keep-open",
	    "leaves the connection open after END_REQUEST although FCGI_KEEP_CONN is not set" },
	[FAULT_EARLY_REPLY] = { "early-reply",
	    "answers before it reads STDIN, and closes without reading it" },
	[FAULT_CLOSE_ON_KEEPALIVE] = { "close-on-keepalive",
	    "closes after each request although FCGI_KEEP_CONN is set" },
	[FAULT_NO_MULTIPLEX] = { "no-multiplex",
	    "refuses a second request on a connection as CANT_MPX_CONN" },
	[FAULT_STICKY_STATUS] = { "sticky-status",
	    "repeats the last appStatus that was not 0 on all later requests" },
};

int
fault_parse(uint64_t *faults, const char *list, char *bad, size_t bad_size)
{
	size_t len, i;

	do {
		len = strcspn(list, ",");
		for (i = 0; i < FAULT_COUNT; i++)
			if (strncmp(fault_about[i].name, list, len) == 0 &&
			    fault_about[i].name[len] == '\0')
				break;
		if (i == FAULT_COUNT) {
			strlcpy(bad, list, len + 1 < bad_size ? len + 1 : bad_size);
			return -FCGI_E_SYNTAX;
		}
		*faults |= fault_bit((enum fault)i);
		list += len;
	} while (*list++ == ',');
	return 0;
}
