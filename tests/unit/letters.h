/* An application's answer as a few letters, for tables of answers right and wrong. */
#ifndef LETTERS_H
#define LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

enum { LETTERS_ID = 1 };	/* the request's id */

/*
 * What the application sends, a letter each: H a STDOUT record of the text, h half of one, e the
 * empty record of STDOUT, E END_REQUEST, 1 to 3 with that protocolStatus, a with an appStatus, s of
 * 4 bytes, r a STDERR record, u one of type 42, k half of a record's header, . the text as it is.
 * What follows these has: v version 2, i another id, p a padding of 255 bytes.
 */
static inline void
letters_compose(struct wire *wire, const char *letters, const unsigned char *text, size_t len)
{
	static const unsigned char ends[][8] = {
		{ 0 }, { 0, 0, 0, 0, 1 }, { 0, 0, 0, 0, 2 }, { 0, 0, 0, 0, 3 }, { 0, 0, 0, 7 },
	};
	uint16_t id = LETTERS_ID;
	uint8_t padding = 3;
	int is_v2 = 0;
	size_t at;

	for (; *letters != '\0'; letters++) {
		at = wire->len;
		switch (*letters) {
		case 'H':
			wire_record(wire, 6, id, text, len, padding);
			break;
		case 'h':
			wire_record(wire, 6, id, text, len, padding);
			wire->data[at + 5] = (unsigned char)(len + 100);
			wire->len -= padding;
			break;
		case 'e':
			wire_record(wire, 6, id, "", 0, padding);
			break;
		case 'E':
			wire_record(wire, 3, id, ends[0], 8, padding);
			break;
		case 'a':
			wire_record(wire, 3, id, ends[4], 8, padding);
			break;
		case 's':
			wire_record(wire, 3, id, ends[0], 4, padding);
			break;
		case 'r':
			wire_record(wire, 7, id, "oops", 4, padding);
			break;
		case 'u':
			wire_record(wire, 42, id, "unknown", 7, padding);
			break;
		case 'k':
			wire_put(wire, "\1\6\0\1", 4);
			break;
		case '.':
			wire_put(wire, text, len);
			break;
		case 'v':
			is_v2 = 1;
			continue;
		case 'i':
			id = LETTERS_ID + 1;
			continue;
		case 'p':
			padding = 255;
			continue;
		default:
			wire_record(wire, 3, id, ends[*letters - '0'], 8, padding);
		}
		if (is_v2)
			wire->data[at] = 2;
	}
}

#endif
