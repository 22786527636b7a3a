#include "trace_dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_proto.h"

/* The marks of hidden bytes stand behind the bytes themselves. */
static unsigned char *
marks(const struct trace_dump *dump)
{
	return dump->data + FCGI_MAX_LENGTH;
}

void
trace_dump_add(struct trace_dump *dump, const unsigned char *p, size_t len, size_t hidden)
{
	if (dump->data == NULL)
		dump->data = malloc(2 * FCGI_MAX_LENGTH);
	if (dump->data == NULL || dump->len + len > FCGI_MAX_LENGTH) {
		dump->lost = 1;
		return;
	}
	memcpy(dump->data + dump->len, p, len);
	memset(marks(dump) + dump->len, 0, len - hidden);
	memset(marks(dump) + dump->len + len - hidden, 1, hidden);
	dump->len += len;
}

void
trace_dump_row(char *dst, const struct trace_dump *dump, size_t at)
{
	size_t end = dump->len - at < TRACE_DUMP_ROW ? dump->len : at + TRACE_DUMP_ROW, i;
	char *text = dst + 6 + 3 * TRACE_DUMP_ROW + 1, *hex;
	unsigned char byte;

	memset(dst, ' ', TRACE_DUMP_TEXT_MAX);
	snprintf(dst, 6, "%04zx:", at & 0xffff);
	dst[5] = ' ';
	for (i = at; i < end; i++) {
		hex = dst + 6 + 3 * (i - at);
		byte = dump->data[i];
		if (marks(dump)[i]) {
			byte = '*';
			memcpy(hex, "**", 2);
		} else {
			snprintf(hex, 3, "%02x", byte);
		}
		hex[2] = ' ';
		*text++ = (char)(byte >= ' ' && byte <= '~' ? byte : '.');
	}
	*text = '\0';
}

void
trace_dump_clear(struct trace_dump *dump)
{
	dump->len = 0;
	dump->lost = 0;
}

void
trace_dump_reset(struct trace_dump *dump)
{
	free(dump->data);
	*dump = (struct trace_dump){ 0 };
}
