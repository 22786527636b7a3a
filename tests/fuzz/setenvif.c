/*
 * Rules of --setenvif: whatever a rule says, it is refused in one line with a column within it, or
 * applied to variables without harm.
 *
 *	all bytes	rules, one a line, up to a NUL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "fcgi_error.h"
#include "setenvif.h"
#include "target.h"

static void
check_refused(const char *rule, int r, const char *why)
{
	size_t column;

	must(r == -FCGI_E_SYNTAX);
	must(strchr(why, '\n') == NULL || strchr(rule, '\n') != NULL);
	must(sscanf(why, "column %zu: ", &column) == 1);
	must(column >= 1 && column <= strlen(rule) + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setenvif *rules = setenvif_new();
	struct params params = { 0 };
	char *text = malloc(size + 1), *rest = text, *rule, why[512];
	size_t added = 0;
	int r;

	must(rules != NULL && text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	must(params_set_pair(&params, "A=aaaaaaaaaaaaaaaaaaaaaaaaaa!") == 0);
	must(params_set_pair(&params, "PATH_INFO=/app.php/12") == 0);
	while ((rule = strsep(&rest, "\n")) != NULL) {
		r = setenvif_add(rules, rule, why, sizeof why);
		if (r < 0)
			check_refused(rule, r, why);
		added += r == 0;
	}
	r = setenvif_apply(rules, &params, why, sizeof why);
	must(r == 0 || (r == -FCGI_E_SYSTEM && added > 0));
	params_reset(&params);
	setenvif_free(rules);
	free(text);
	return 0;
}
