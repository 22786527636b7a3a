#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check_private.h"
#include "fcgi_error.h"
#include "text.h"

const struct check_about check_about[CHECK_COUNT] = {
	[CHECK_A1] = { "A1", CHECK_FAILURE, "answers only after a STDIN record" },
	[CHECK_A2] = { "A2", CHECK_FAILURE, "does not answer when the empty STDIN record comes" },
	[CHECK_A3] = { "A3", CHECK_FAILURE, "does not end with END_REQUEST and REQUEST_COMPLETE" },
	[CHECK_A4] = { "A4", CHECK_WARNING, "lets the user in with an appStatus that is not 0" },
	[CHECK_A5] = { "A5", CHECK_FAILURE, "answers under another request id than the request's" },
	[CHECK_A6] = { "A6", CHECK_FAILURE,
	    "answers otherwise when PARAMS are cut into other records" },
	[CHECK_A7] = { "A7", CHECK_WARNING,
	    "does not close the connection when FCGI_KEEP_CONN is not set" },
	[CHECK_A8] = { "A8", CHECK_FAILURE, "keeps state from one request to the next" },
	[CHECK_A9] = { "A9", CHECK_FAILURE, "mixes up users who ask at the same time" },
	[CHECK_A10] = { "A10", CHECK_WARNING,
	    "does not survive a dropped connection, a large cookie or a padded GET_VALUES" },
	[CHECK_A11] = { "A11", CHECK_WARNING, "answers 200 when it is called as a RESPONDER" },
	[CHECK_R1] = { "R1", CHECK_FAILURE, "lets the user in without a Status" },
	[CHECK_R2] = { "R2", CHECK_FAILURE,
	    "refuses without a Status, which servers take for a yes" },
	[CHECK_R3] = { "R3", CHECK_FAILURE,
	    "sends a Status that is not three digits from 100 to 599" },
	[CHECK_R4] = { "R4", CHECK_FAILURE, "sends more than one Status" },
	[CHECK_R5] = { "R5", CHECK_FAILURE,
	    "lets the user in with another status than 200, which only some servers accept" },
	[CHECK_R6] = { "R6", CHECK_FAILURE, "sends a header block that servers read differently" },
	[CHECK_R7] = { "R7", CHECK_FAILURE, "sends output behind its end" },
	[CHECK_R8] = { "R8", CHECK_WARNING, "sends a body with 200, which nobody gets" },
	[CHECK_R9] = { "R9", CHECK_WARNING,
	    "sends a refusal's body beyond the 8192 bytes that mod_authnz_fcgi keeps" },
	[CHECK_R10] = { "R10", CHECK_FAILURE, "sends a Location with 200" },
	[CHECK_R11] = { "R11", CHECK_WARNING, "sends 401 without WWW-Authenticate" },
	[CHECK_R12] = { "R12", CHECK_WARNING,
	    "sends headers with 200 that reach the user or become variables" },
	[CHECK_R13] = { "R13", CHECK_WARNING,
	    "sends a redirection where the server makes 401 or 500 of it" },
	[CHECK_V1] = { "V1", CHECK_FAILURE, "sets a variable whose name is none" },
	[CHECK_V2] = { "V2", CHECK_FAILURE, "sets a variable that is dangerous to set" },
	[CHECK_V3] = { "V3", CHECK_WARNING,
	    "sets REMOTE_USER or AUTH_TYPE, which are the server's" },
	[CHECK_V4] = { "V4", CHECK_FAILURE, "sends the password back" },
	[CHECK_V5] = { "V5", CHECK_WARNING, "sets a variable twice" },
	[CHECK_V6] = { "V6", CHECK_WARNING,
	    "sets two variables whose names some servers make one of" },
	[CHECK_T1] = { "T1", CHECK_FAILURE, "does not answer in time" },
	[CHECK_T3] = { "T3", CHECK_WARNING, "answers later than Max-Time" },
	[CHECK_S1] = { "S1", CHECK_FAILURE, "writes the password to STDERR" },
};

int
check_find(const char *name)
{
	int i;

	for (i = 0; i < CHECK_COUNT; i++)
		if (strcasecmp(check_about[i].name, name) == 0)
			return i;
	return -FCGI_E_SYNTAX;
}

enum check_severity
check_severity(const struct check_policy *policy, enum check_id check)
{
	if (policy->ignored & check_bit(check))
		return CHECK_IGNORED;
	if (policy->strict || (policy->raised & check_bit(check)))
		return CHECK_FAILURE;
	return check_about[check].severity;
}

/* Returns 0, or -FCGI_E_SYSTEM: no memory. */
static int
add(struct findings *findings, enum check_id check, const char *text)
{
	char *detail = text_escape_alloc(text, strlen(text), 0);
	struct finding *items = NULL;

	if (detail != NULL)
		items = reallocarray(findings->items, findings->count + 1, sizeof *items);
	if (items == NULL) {
		free(detail);
		return -FCGI_E_SYSTEM;
	}
	findings->items = items;
	items[findings->count++] = (struct finding){ check, detail };
	return 0;
}

void
checking_add(struct checking *checking, enum check_id check, const char *format, ...)
{
	va_list arguments;
	char *text;
	int r;

	va_start(arguments, format);
	r = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (r < 0 || add(checking->findings, check, text) < 0)
		checking->error = -FCGI_E_SYSTEM;
	if (r >= 0)
		free(text);
}

void
findings_reset(struct findings *findings)
{
	size_t i;

	for (i = 0; i < findings->count; i++)
		free(findings->items[i].detail);
	free(findings->items);
	*findings = (struct findings){ 0 };
}
