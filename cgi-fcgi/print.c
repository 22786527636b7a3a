#include "print.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"

/* All of it is printable ASCII or UTF-8, so that it stands in a line as it is. */
static int
is_visible(const unsigned char *p, size_t len)
{
	const unsigned char *end = p + len;
	uint32_t code = 0;
	size_t taken;

	for (; p < end; p += taken) {
		taken = text_utf8_decode(p, end, &code);
		if (taken == 0 || (code != '\t' && !text_is_visible(code)))
			return 0;
	}
	return 1;
}

int
print_is_line(const struct fcgi_nv *nv)
{
	return nv->name_len > 0 && *nv->name != '#' &&
	    memchr(nv->name, '=', nv->name_len) == NULL && is_visible(nv->name, nv->name_len) &&
	    is_visible(nv->value, nv->value_len);
}

int
print_is_entry(const struct fcgi_nv *nv)
{
	return nv->name_len > 0 && memchr(nv->name, '=', nv->name_len) == NULL &&
	    memchr(nv->name, '\0', nv->name_len) == NULL &&
	    memchr(nv->value, '\0', nv->value_len) == NULL;
}

static int
print_line(FILE *file, const struct fcgi_nv *nv)
{
	char *name, *value;
	int r = -1;

	if (print_is_line(nv)) {
		fwrite(nv->name, 1, nv->name_len, file);
		fputc('=', file);
		fwrite(nv->value, 1, nv->value_len, file);
		fputc('\n', file);
		return 0;
	}
	name = text_escape_alloc(nv->name, nv->name_len, 0);
	value = text_escape_alloc(nv->value, nv->value_len, 0);
	if (name != NULL && value != NULL) {
		fprintf(file, "%s=%s\n", name, value);
		r = 0;
	}
	free(name);
	free(value);
	return r;
}

static int
print_json(FILE *file, const struct params *params)
{
	struct json json;
	size_t i;

	json_init(&json, json_to_file, file);
	json_array_begin(&json);
	for (i = 0; i < params->count; i++) {
		json_array_begin(&json);
		json_string(&json, params->items[i].name, params->items[i].name_len);
		json_string(&json, params->items[i].value, params->items[i].value_len);
		json_array_end(&json);
	}
	json_array_end(&json);
	/* What failed is the file, if anything has, and that keeps it in mind. */
	(void)json_finish(&json);
	fputc('\n', file);
	return 0;
}

int
print_params(FILE *file, const struct params *params, enum print_format format)
{
	const struct fcgi_nv *nv = params->items, *end = params->count > 0 ? nv + params->count : nv;

	if (format == PRINT_JSON)
		return print_json(file, params);
	for (; nv < end; nv++) {
		if (format == PRINT_ENV0) {
			fwrite(nv->name, 1, nv->name_len, file);
			fputc('=', file);
			fwrite(nv->value, 1, nv->value_len, file);
			fputc('\0', file);
		} else if (print_line(file, nv) < 0) {
			return -1;
		}
	}
	return 0;
}
