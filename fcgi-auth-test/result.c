#include "result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"

const struct verdict *
result_verdict(const struct result *result)
{
	return &result->verdicts[result->server];
}

int
result_is_judged(const struct result *result)
{
	return result_verdict(result)->decision != VERDICT_NONE;
}

enum auth_decision_wanted
result_decided(const struct result *result)
{
	switch (result_verdict(result)->decision) {
	case VERDICT_NONE:
		return AUTH_WANT_ANY;
	case VERDICT_ALLOW:
		return AUTH_WANT_ALLOW;
	case VERDICT_DENY:
		return AUTH_WANT_DENY;
	case VERDICT_NEXT:
		return result->trouble == RESULT_ANSWERED && result->reply.status >= 300 &&
			result->reply.status < 500
		    ? AUTH_WANT_DENY
		    : AUTH_WANT_ERROR;
	default:
		return AUTH_WANT_ERROR;
	}
}

int
result_has_failure(const struct result *result)
{
	size_t i;

	for (i = 0; i < result->finding_count; i++)
		if (result->findings[i].severity == CHECK_FAILURE)
			return 1;
	return 0;
}

int
result_has(const struct result *result, enum check_id check)
{
	size_t i;

	for (i = 0; i < result->finding_count; i++)
		if (result->findings[i].check == check)
			return 1;
	return 0;
}

int
result_fail(struct result *result, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	int len, r;

	va_start(arguments, format);
	len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0)
		return -FCGI_E_SYSTEM;
	r = auth_lines_add(&result->failures, text, (size_t)len);
	free(text);
	return r;
}

/* What a case ignores it ignores whatever the command line says. */
static int
is_ignored(const struct auth_case *auth_case, enum check_id check)
{
	size_t i;

	for (i = 0; i < auth_case->ignore.count; i++)
		if (check_find(auth_case->ignore.items[i]) == (int)check)
			return 1;
	return 0;
}

static int
add_finding(struct result *result, enum check_severity severity, enum check_id check,
    const char *detail)
{
	struct result_finding *findings;
	char *copy;

	if (severity == CHECK_IGNORED || is_ignored(result->auth_case, check))
		return 0;
	copy = strdup(detail);
	findings = reallocarray(result->findings, result->finding_count + 1, sizeof *findings);
	if (findings != NULL)
		result->findings = findings;
	if (findings == NULL || copy == NULL) {
		free(copy);
		return -FCGI_E_SYSTEM;
	}
	findings[result->finding_count++] = (struct result_finding){ check, severity, copy };
	return 0;
}

int
result_find(struct result *result, const struct check_policy *policy, enum check_id check,
    const char *detail)
{
	return add_finding(result, check_severity(policy, check), check, detail);
}

int
result_warn(struct result *result, const struct check_policy *policy, enum check_id check,
    const char *detail)
{
	enum check_severity severity = check_severity(policy, check);

	if (severity == CHECK_FAILURE && !policy->strict && !(policy->raised & check_bit(check)))
		severity = CHECK_WARNING;
	return add_finding(result, severity, check, detail);
}

static int
is_of_protocol(enum check_id check)
{
	return strchr("ART", check_about[check].name[0]) != NULL && check != CHECK_T3;
}

void
result_expect_broken(struct result *result)
{
	size_t i, kept = 0;

	for (i = 0; i < result->finding_count; i++) {
		if (is_of_protocol(result->findings[i].check))
			free(result->findings[i].detail);
		else
			result->findings[kept++] = result->findings[i];
	}
	result->finding_count = kept;
}

void
result_settle(struct result *result)
{
	if (result->skipped != NULL)
		result->state = RESULT_SKIPPED;
	else if (result->failures.count > 0 || result_has_failure(result))
		result->state = RESULT_FAILED;
	else
		result->state = RESULT_PASSED;
}

void
result_reset(struct result *result)
{
	size_t i;

	free(result->title);
	free(result->skipped);
	free(result->trouble_text);
	params_reset(&result->params);
	reply_reset(&result->reply);
	for (i = 0; i < VERDICT_SERVERS; i++)
		verdict_reset(&result->verdicts[i]);
	for (i = 0; i < result->finding_count; i++)
		free(result->findings[i].detail);
	free(result->findings);
	auth_lines_reset(&result->failures);
	*result = (struct result){ 0 };
}
