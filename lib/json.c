#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "fcgi_error.h"
#include "text.h"

/* Bits of a scope; scope[0] is the text itself, which holds one value. */
enum { IS_OBJECT = 1, IS_ARRAY = 2, HAS_ITEMS = 4 };

static void
put(struct json *json, const char *data, size_t len)
{
	if (json->error == 0 && len > 0)
		json->error = json->sink(json->to, data, len);
}

static void
put_text(struct json *json, const char *text)
{
	put(json, text, strlen(text));
}

/* A comma where one is due.  Returns 0 when an item may follow, -1 when all is lost. */
static int
begin_item(struct json *json)
{
	uint8_t *scope = &json->scope[json->depth];

	if (*scope & HAS_ITEMS) {
		if (json->depth == 0)
			json->error = -FCGI_E_SYNTAX;
		put(json, ",", 1);
	}
	*scope |= HAS_ITEMS;
	return json->error < 0 ? -1 : 0;
}

static int
begin_value(struct json *json)
{
	int in_object = (json->scope[json->depth] & IS_OBJECT) != 0;

	if (json->error == 0 && in_object != json->after_key)
		json->error = -FCGI_E_SYNTAX;
	if (json->error < 0)
		return -1;
	json->after_key = 0;
	return in_object ? 0 : begin_item(json);
}

static void
scalar(struct json *json, const char *text)
{
	if (begin_value(json) == 0)
		put_text(json, text);
}

static void
begin_scope(struct json *json, uint8_t kind, const char *bracket)
{
	if (begin_value(json) < 0)
		return;
	if (json->depth == JSON_MAX_DEPTH) {
		json->error = -FCGI_E_SYNTAX;
		return;
	}
	json->scope[++json->depth] = kind;
	put_text(json, bracket);
}

static void
end_scope(struct json *json, uint8_t kind, const char *bracket)
{
	if (json->error == 0 && (!(json->scope[json->depth] & kind) || json->after_key))
		json->error = -FCGI_E_SYNTAX;
	if (json->error < 0)
		return;
	json->depth--;
	put_text(json, bracket);
}

void
json_init(struct json *json, json_sink *sink, void *to)
{
	*json = (struct json){ .sink = sink, .to = to };
}

int
json_to_file(void *to, const char *data, size_t len)
{
	return fwrite(data, 1, len, to) == len ? 0 : -FCGI_E_SYSTEM;
}

void
json_object_begin(struct json *json)
{
	begin_scope(json, IS_OBJECT, "{");
}

void
json_object_end(struct json *json)
{
	end_scope(json, IS_OBJECT, "}");
}

void
json_array_begin(struct json *json)
{
	begin_scope(json, IS_ARRAY, "[");
}

void
json_array_end(struct json *json)
{
	end_scope(json, IS_ARRAY, "]");
}

void
json_key(struct json *json, const char *key)
{
	if (json->error == 0 && (!(json->scope[json->depth] & IS_OBJECT) || json->after_key))
		json->error = -FCGI_E_SYNTAX;
	if (json->error < 0 || begin_item(json) < 0)
		return;
	put(json, "\"", 1);
	put_text(json, key);
	put(json, "\":", 2);
	json->after_key = 1;
}

static void
put_escape(struct json *json, uint32_t code)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	char text[16];
	size_t i;

	for (i = 0; i + 1 < sizeof letters; i += 2) {
		if (code == (unsigned char)letters[i]) {
			snprintf(text, sizeof text, "\\%c", letters[i + 1]);
			put_text(json, text);
			return;
		}
	}
	if (code < 0x10000)
		snprintf(text, sizeof text, "\\u%04" PRIx32, code);
	else
		snprintf(text, sizeof text, "\\u%04" PRIx32 "\\u%04" PRIx32,
		    0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
	put_text(json, text);
}

/* Escapes what JSON must and what a terminal should not get; other runs pass in one piece. */
static void
put_string(struct json *json, const unsigned char *p, const unsigned char *end)
{
	const unsigned char *run = p;
	uint32_t code = 0;
	size_t len;

	put(json, "\"", 1);
	for (; p < end; p += len) {
		len = text_utf8_decode(p, end, &code);
		if (text_is_visible(code) && code != '"' && code != '\\')
			continue;
		put(json, (const char *)run, (size_t)(p - run));
		put_escape(json, code);
		run = p + len;
	}
	put(json, (const char *)run, (size_t)(p - run));
	put(json, "\"", 1);
}

/* RFC 4648, section 4. */
static void
put_base64(struct json *json, const unsigned char *p, const unsigned char *end)
{
	size_t len;
	char four[BASE64_LEN(3)];

	for (; p < end; p += len) {
		len = end - p < 3 ? (size_t)(end - p) : 3;
		put(json, four, base64_encode(four, p, len));
	}
}

void
json_string(struct json *json, const void *data, size_t len)
{
	const unsigned char *p = data, *end = len > 0 ? p + len : p;

	if (begin_value(json) < 0)
		return;
	if (text_is_utf8(data, len)) {
		put_string(json, p, end);
		return;
	}
	put_text(json, "{\"base64\":\"");
	put_base64(json, p, end);
	put_text(json, "\"}");
}

void
json_text(struct json *json, const char *text)
{
	if (text == NULL)
		json_null(json);
	else
		json_string(json, text, strlen(text));
}

void
json_int(struct json *json, int64_t value)
{
	char text[32];

	snprintf(text, sizeof text, "%" PRId64, value);
	scalar(json, text);
}

void
json_uint(struct json *json, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof text, "%" PRIu64, value);
	scalar(json, text);
}

void
json_double(struct json *json, double value, int decimals)
{
	char text[352]; /* DBL_MAX has 309 digits before the point */
	char *point, *rest;

	if (json->error == 0 && (decimals < 0 || decimals > 9))
		json->error = -FCGI_E_SYNTAX;
	if (json->error < 0)
		return;
	if (!isfinite(value)) {
		json_null(json);
		return;
	}
	snprintf(text, sizeof text, "%.*f", decimals, value);
	/* The user's locale may have written another point, even one of several bytes. */
	if (decimals > 0) {
		point = text + strspn(text, "-0123456789");
		rest = text + strlen(text) - decimals;
		*point = '.';
		memmove(point + 1, rest, (size_t)decimals + 1);
	}
	scalar(json, text);
}

void
json_bool(struct json *json, int value)
{
	scalar(json, value ? "true" : "false");
}

void
json_null(struct json *json)
{
	scalar(json, "null");
}

int
json_finish(struct json *json)
{
	if (json->error == 0 && (json->depth > 0 || json->scope[0] != HAS_ITEMS))
		json->error = -FCGI_E_SYNTAX;
	return json->error;
}
