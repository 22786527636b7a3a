/*
 * JSON out, and only out: a flat writer that places commas and checks nesting.
 * The first mistake or failed write makes every further call a no-op and is told by json_finish().
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>
#include <stdint.h>

enum { JSON_MAX_DEPTH = 32 };

/* Takes a piece of the text.  Returns 0, or a negative error that json_finish() will return. */
typedef int json_sink(void *to, const char *data, size_t len);

struct json {
	json_sink *sink;		/* private from here on */
	void *to;
	int error;
	uint8_t depth;
	uint8_t after_key;
	uint8_t scope[JSON_MAX_DEPTH + 1];
};

void json_init(struct json *json, json_sink *sink, void *to);

/* A sink for stdio: to is a FILE *. */
json_sink json_to_file;

void json_object_begin(struct json *json);
void json_object_end(struct json *json);
void json_array_begin(struct json *json);
void json_array_end(struct json *json);

/* The name of the next value of an object: a constant of ours, plain ASCII. */
void json_key(struct json *json, const char *key);

/*
 * A string of len bytes.  What is not well-formed UTF-8 is written as {"base64":"..."} in its
 * place, since JSON has no other bytes and none may be lost.
 */
void json_string(struct json *json, const void *data, size_t len);
void json_text(struct json *json, const char *text); /* json_string() of a C string; NULL is null */
void json_int(struct json *json, int64_t value);
void json_uint(struct json *json, uint64_t value);
/* decimals: digits behind the point, 0 to 9; not finite is null. */
void json_double(struct json *json, double value, int decimals);
void json_bool(struct json *json, int value);
void json_null(struct json *json);

/*
 * Returns 0 when one complete value was written, -FCGI_E_SYNTAX when the nesting was wrong, or what
 * the sink returned.
 */
int json_finish(struct json *json);

#endif
