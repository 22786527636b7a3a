#include "values.h"

#include <string.h>

#include "fcgi_body.h"
#include "fcgi_error.h"

/* Whether the pairs come out even. */
static int
check_pairs(const struct values *values)
{
	const unsigned char *p = values->content, *end = p + values->len;
	struct fcgi_nv nv;
	int r;

	while ((r = fcgi_nv_next(&p, end, &nv)) > 0)
		;
	return r < 0 ? -FCGI_E_NV : VALUES_RESULT;
}

static int
is_answer(const struct fcgi_record *record)
{
	return record->type == FCGI_GET_VALUES_RESULT || record->type == FCGI_UNKNOWN_TYPE;
}

int
values_feed(struct values *values, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	if (!is_answer(record)) {
		values->foreign += what == FCGI_READ_RECORD;
		return VALUES_NOTHING;
	}
	switch (what) {
	case FCGI_READ_RECORD:
		values->len = 0;
		if (record->type == FCGI_UNKNOWN_TYPE && record->content_length != FCGI_BODY_LEN)
			return -FCGI_E_LENGTH;
		break;
	case FCGI_READ_CONTENT:
		memcpy(values->content + values->len, slice->data, slice->len);
		values->len += slice->len;
		break;
	default:
		break;
	}
	/* Its padding tells nothing more: a peer that withholds it has answered. */
	if (values->len < record->content_length)
		return VALUES_NOTHING;
	if (record->type == FCGI_GET_VALUES_RESULT)
		return what == FCGI_READ_END ? VALUES_NOTHING : check_pairs(values);
	if (what == FCGI_READ_CONTENT &&
	    fcgi_unknown_type_decode(values->content) == FCGI_GET_VALUES)
		return VALUES_UNKNOWN_TYPE;
	return VALUES_NOTHING;
}

int
values_next(struct values *values, struct fcgi_nv *nv)
{
	const unsigned char *p = values->content + values->read;
	int r = fcgi_nv_next(&p, values->content + values->len, nv);

	values->read = (size_t)(p - values->content);
	return r > 0;
}

int
values_has(const struct values *values, const char *name)
{
	const unsigned char *p = values->content, *end = p + values->len;
	size_t len = strlen(name);
	struct fcgi_nv nv;

	while (fcgi_nv_next(&p, end, &nv) > 0)
		if (nv.name_len == len && memcmp(nv.name, name, len) == 0)
			return 1;
	return 0;
}
