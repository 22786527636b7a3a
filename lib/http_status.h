/* HTTP statuses: the words that go with them, and sets of them. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The reason phrase of the registry of RFC 9110, section 16.2.
 * Returns a constant string, empty for a status that has none.
 */
const char *http_status_reason(int status);

enum { HTTP_STATUS_MIN = 100, HTTP_STATUS_MAX = 999 };

/* Zero-filled: none.  Public to read: count. */
struct http_status_set {
	size_t count;		/* how many are in it */
	uint64_t bits[15];	/* private */
};

/* All from first to last, within the limits, are in it then. */
void http_status_set_add(struct http_status_set *set, int first, int last);

/*
 * Reads a list such as "200,3xx,400-404", in place of what is in the set.
 * Returns 0, or -FCGI_E_SYNTAX, with the set empty.
 */
int http_status_set_parse(struct http_status_set *set, const char *text);

/* 1 when it is in the set, else 0. */
static inline int
http_status_set_has(const struct http_status_set *set, int status)
{
	unsigned int place = (unsigned int)status - HTTP_STATUS_MIN;

	return place <= HTTP_STATUS_MAX - HTTP_STATUS_MIN &&
	    (set->bits[place / 64] >> place % 64 & 1) != 0;
}

#endif
