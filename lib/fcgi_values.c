#include "fcgi_values.h"

#include <string.h>

#include "fcgi_body.h"
#include "fcgi_error.h"

void
fcgi_values_init(struct fcgi_values *values, void *content, size_t size)
{
	*values = (struct fcgi_values){ .content = content, .size = size };
}

/* Whether the pairs come out even. */
static int
check_pairs(const struct fcgi_values *values)
{
	const unsigned char *p = values->content, *end = p + values->len;
	struct fcgi_nv nv;
	int r;

	while ((r = fcgi_nv_next(&p, end, &nv)) > 0)
		;
	return r < 0 && values->seen == values->len ? -FCGI_E_NV : FCGI_VALUES_RESULT;
}

static int
is_answer(const struct fcgi_record *record)
{
	return record->type == FCGI_GET_VALUES_RESULT || record->type == FCGI_UNKNOWN_TYPE;
}

static void
keep(struct fcgi_values *values, const struct fcgi_slice *slice)
{
	size_t room = values->size - values->len;
	size_t len = slice->len < room ? slice->len : room;

	memcpy(values->content + values->len, slice->data, len);
	values->len += len;
	values->seen += slice->len;
}

int
fcgi_values_feed(struct fcgi_values *values, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	if (!is_answer(record)) {
		values->foreign += what == FCGI_READ_RECORD;
		return FCGI_VALUES_NOTHING;
	}
	switch (what) {
	case FCGI_READ_RECORD:
		values->len = values->seen = 0;
		if (record->type == FCGI_UNKNOWN_TYPE && record->content_length != FCGI_BODY_LEN)
			return -FCGI_E_LENGTH;
		break;
	case FCGI_READ_CONTENT:
		keep(values, slice);
		break;
	default:
		break;
	}
	/* Its padding tells nothing more: a peer that withholds it has answered. */
	if (values->seen < record->content_length)
		return FCGI_VALUES_NOTHING;
	if (record->type == FCGI_GET_VALUES_RESULT)
		return what == FCGI_READ_END ? FCGI_VALUES_NOTHING : check_pairs(values);
	if (what == FCGI_READ_CONTENT &&
	    fcgi_unknown_type_decode(values->content) == FCGI_GET_VALUES)
		return FCGI_VALUES_UNKNOWN_TYPE;
	return FCGI_VALUES_NOTHING;
}

int
fcgi_values_next(struct fcgi_values *values, struct fcgi_nv *nv)
{
	const unsigned char *p = values->content + values->read;
	int r = fcgi_nv_next(&p, values->content + values->len, nv);

	values->read = (size_t)(p - values->content);
	return r > 0;
}

int
fcgi_values_get(const struct fcgi_values *values, const char *name, struct fcgi_nv *nv)
{
	const unsigned char *p = values->content, *end = p + values->len;
	size_t len = strlen(name);
	struct fcgi_nv one;
	int found = 0;

	while (fcgi_nv_next(&p, end, &one) > 0) {
		if (one.name_len != len || memcmp(one.name, name, len) != 0)
			continue;
		*nv = one;
		found = 1;
	}
	return found;
}
