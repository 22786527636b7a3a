#include "trace_answer.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "redact.h"
#include "text.h"

enum { LINES_MAX = 200 };

static void
note_line(struct trace *trace, const struct redact *redact, const char *stream, const char *line,
    size_t len)
{
	const char *colon = memchr(line, ':', len);
	char *text = NULL;

	if (colon != NULL && redact_hides(redact, line, (size_t)(colon - line)))
		text = strdup(TEXT_REDACTED);
	else
		text = redact_text(redact, line, len);
	if (text != NULL)
		trace_note(trace, "%s: %s", stream, text);
	free(text);
}

static void
note_stream(struct trace *trace, const struct redact *redact, const char *name,
    const struct buffer *stream)
{
	const char *text = (const char *)stream->data, *line_end;
	size_t at, len;
	int lines = 0;

	for (at = 0; at < stream->len && lines < LINES_MAX; at += len + 1, lines++) {
		line_end = memchr(text + at, '\n', stream->len - at);
		len = line_end != NULL ? (size_t)(line_end - text) - at : stream->len - at;
		note_line(trace, redact, name, text + at,
		    len > 0 && text[at + len - 1] == '\r' ? len - 1 : len);
	}
}

void
trace_answer(struct trace *trace, const struct question *question,
    const struct exchange *exchange, const struct secrets *run, int show_secrets)
{
	struct redact redact = { 0 };
	char took[32];

	/* The records were shown with all that is in them. */
	if (!show_secrets &&
	    redact_init(&redact, run, question->auth_case, &question->params) == 0) {
		note_stream(trace, &redact, "STDOUT", &exchange->reply.out);
		note_stream(trace, &redact, "STDERR", &exchange->reply.err);
	}
	redact_reset(&redact);
	trace_note(trace, "after %s",
	    clock_format_duration(took, sizeof took, exchange_time_ns(exchange)));
}
