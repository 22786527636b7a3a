#include "values.h"

#include <string.h>

#include "fcgi_proto.h"

static void
keep_value(char *dst, size_t size, const struct fcgi_nv *nv)
{
	size_t len = nv->value_len < size ? nv->value_len : size - 1;

	memcpy(dst, nv->value, len);
	dst[len] = '\0';
}

void
values_note(const struct fcgi_values *values, struct observation *seen)
{
	const struct {
		const char *name;
		char *dst;
	} known[] = {
		{ FCGI_MAX_CONNS, seen->values.max_conns },
		{ FCGI_MAX_REQS, seen->values.max_reqs },
		{ FCGI_MPXS_CONNS, seen->values.mpxs_conns },
	};
	struct fcgi_nv nv;
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (fcgi_values_get(values, known[i].name, &nv))
			keep_value(known[i].dst, sizeof seen->values.max_conns, &nv);
}
