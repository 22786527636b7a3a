/* Records as bytes, written by hand and not by the codec under test. */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

/*
 * A header in a string literal: one byte of type, two of id, two of length, one of padding, as in
 * WIRE(WIRE_STDOUT, "\0\1", "\0\5", "\3") "hello" "...".
 */
#define WIRE(type, id, len, padding) "\1" type id len padding "\0"
#define WIRE_BEGIN "\1"
#define WIRE_ABORT "\2"
#define WIRE_END "\3"
#define WIRE_PARAMS "\4"
#define WIRE_STDIN "\5"
#define WIRE_STDOUT "\6"
#define WIRE_STDERR "\7"
#define WIRE_DATA "\10"
#define WIRE_GET_VALUES "\11"
#define WIRE_GET_VALUES_RESULT "\12"
#define WIRE_UNKNOWN_TYPE "\13"

/* A literal as pointer and length, for the initialiser of a table. */
#define BYTES(literal) (const unsigned char *)(literal), sizeof(literal) - 1

/* Bytes that grow.  Zero-filled before use. */
struct wire {
	unsigned char *data;
	size_t len;
};

static inline void
wire_put(struct wire *wire, const void *data, size_t len)
{
	wire->data = realloc(wire->data, wire->len + len + 1);
	must(wire->data != NULL);
	if (len > 0)
		memcpy(wire->data + wire->len, data, len);
	wire->len += len;
}

/* One record.  Its padding is not zero, so that it shows wherever it does not belong. */
static inline void
wire_record(struct wire *wire, uint8_t type, uint16_t request_id, const void *content, size_t len,
    uint8_t padding)
{
	unsigned char header[8] = { 1, type, (unsigned char)(request_id >> 8),
		(unsigned char)request_id, (unsigned char)(len >> 8), (unsigned char)len, padding,
		0 };
	unsigned char noise[255];

	must(len <= 65535);
	memset(noise, 0xee, sizeof noise);
	wire_put(wire, header, sizeof header);
	wire_put(wire, content, len);
	wire_put(wire, noise, padding);
}

static inline void
wire_free(struct wire *wire)
{
	free(wire->data);
	*wire = (struct wire){ 0 };
}

#endif
