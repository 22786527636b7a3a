#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

void
verdict_begin(struct verdict *verdict, struct judgement *judgement, enum state state,
    const char *cause)
{
	verdict->judgement = judgement;
	verdict->len = 0;
	verdict->has_error_output = 0;
	judgement->state = state;
	judgement->text[0] = '\0';
	snprintf(judgement->cause, sizeof judgement->cause, "%s", cause);
}

int
verdict_accuse(struct verdict *verdict, enum state state, const char *cause)
{
	enum state so_far = verdict->judgement->state;

	if (state == so_far || judge_worst(state, so_far) == so_far)
		return 0;
	verdict_begin(verdict, verdict->judgement, state, cause);
	return 1;
}

void
verdict_put(struct verdict *verdict, const char *format, ...)
{
	struct judgement *judgement = verdict->judgement;
	size_t room = sizeof judgement->text - verdict->len;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(judgement->text + verdict->len, room, format, arguments);
	va_end(arguments);
	if (n > 0)
		verdict->len += (size_t)n < room ? (size_t)n : room - 1;
}

void
verdict_quote(struct verdict *verdict, const void *bytes, size_t len, size_t max, int flags)
{
	struct judgement *judgement = verdict->judgement;
	size_t room = sizeof judgement->text - verdict->len;
	char *text = judgement->text + verdict->len;
	size_t size = max + 1 < room ? max + 1 : room;

	if (text_escape(text, size, bytes, len, flags) < size) {
		verdict->len += strlen(text);
		return;
	}
	verdict->len += strlen(text);
	verdict_put(verdict, "...");
}
