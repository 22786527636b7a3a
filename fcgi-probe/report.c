#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fcgi_error.h"
#include "report_private.h"

void
report_put(struct report_out *out, const char *data, size_t len)
{
	if (out->error == 0)
		out->error = buffer_append(out->buffer, data, len);
}

void
report_puts(struct report_out *out, const char *text)
{
	report_put(out, text, strlen(text));
}

void
report_print(struct report_out *out, const char *format, ...)
{
	struct buffer *buffer = out->buffer;
	size_t room = 256;
	va_list arguments;
	int n;

	/* Twice at most: the first try tells how much room it takes. */
	while (out->error == 0) {
		out->error = buffer_reserve(buffer, room);
		if (out->error < 0)
			return;
		va_start(arguments, format);
		n = vsnprintf((char *)buffer->data + buffer->len, room, format, arguments);
		va_end(arguments);
		if (n < 0) {
			out->error = -FCGI_E_SYSTEM;
		} else if ((size_t)n < room) {
			buffer->len += (size_t)n;
			return;
		}
		room = (size_t)n + 1;
	}
}

int
report_decimals(enum metric metric)
{
	switch (*metric_about[metric].unit) {
	case 's':
		return metric == METRIC_UPTIME || metric == METRIC_OLDEST_PROCESS ? 0 : 6;
	case '%':
		return 1;
	default:
		return 0;
	}
}

const char *
report_ask_name(enum ask ask)
{
	static const char *const names[] = {
		[ASK_REQUEST] = "request",
		[ASK_PING] = "ping",
		[ASK_FPM_STATUS] = "fpm-status",
		[ASK_QUEUE] = "queue",
		[ASK_VALUES] = "values",
		[ASK_CONNECT] = "connect",
	};

	return names[ask];
}

int
report_write(struct buffer *buffer, const struct report *report, const struct report_item *items,
    size_t count)
{
	struct report_out out = { .buffer = buffer };

	switch (report->format) {
	case REPORT_TEXT:
		report_text(&out, report, items, count);
		break;
	case REPORT_JSON:
		report_json(&out, report, items, count);
		break;
	case REPORT_OPENMETRICS:
		report_openmetrics(&out, items, count);
		break;
	}
	return out.error;
}
