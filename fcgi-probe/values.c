#include "values.h"

#include <string.h>

#include "fcgi_error.h"
#include "fcgi_nv.h"
#include "fcgi_proto.h"

static void
keep_value(char *dst, size_t size, const struct fcgi_nv *nv)
{
	size_t len = nv->value_len < size ? nv->value_len : size - 1;

	memcpy(dst, nv->value, len);
	dst[len] = '\0';
}

static void
take_value(struct observation *seen, const struct fcgi_nv *nv)
{
	const struct {
		const char *name;
		char *dst;
	} known[] = {
		{ FCGI_MAX_CONNS, seen->values.max_conns },
		{ FCGI_MAX_REQS, seen->values.max_reqs },
		{ FCGI_MPXS_CONNS, seen->values.mpxs_conns },
	};
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (nv->name_len == strlen(known[i].name) &&
		    memcmp(nv->name, known[i].name, nv->name_len) == 0)
			keep_value(known[i].dst, sizeof seen->values.max_conns, nv);
}

void
values_take(struct values *values, const struct fcgi_slice *slice)
{
	size_t room = sizeof values->bytes - values->len;
	size_t len = slice->len < room ? slice->len : room;

	memcpy(values->bytes + values->len, slice->data, len);
	values->len += len;
}

int
values_end(const struct values *values, struct observation *seen)
{
	const unsigned char *p = values->bytes, *end = p + values->len;
	struct fcgi_nv nv;
	int r;

	while ((r = fcgi_nv_next(&p, end, &nv)) > 0)
		take_value(seen, &nv);
	/* Where it was cut, a pair may well lack its end. */
	return r < 0 && values->len < sizeof values->bytes ? -FCGI_E_NV : 0;
}
