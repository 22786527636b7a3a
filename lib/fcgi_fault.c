#include "fcgi_fault.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "fcgi_record.h"

/* Who it is that does not speak FastCGI, by the first bytes; NULL: nobody we know. */
static const char *
name_stranger(const unsigned char *bytes, size_t len)
{
	static const struct {
		const char *begin;
		const char *text;
	} strangers[] = {
		{ "HTTP", "the peer speaks HTTP, not FastCGI: is this the web server's port?" },
		{ "<!DOCTYP", "the peer speaks HTTP, not FastCGI: is this the web server's port?" },
		{ "<html", "the peer speaks HTTP, not FastCGI: is this the web server's port?" },
		/* An alert of TLS: it takes our request for a broken one. */
		{ "\x15\x03", "the peer speaks TLS, not FastCGI: is this the web server's port?" },
		{ "SSH-", "the peer speaks SSH, not FastCGI" },
	};
	size_t i, begin_len;

	for (i = 0; i < sizeof strangers / sizeof *strangers; i++) {
		begin_len = strlen(strangers[i].begin);
		if (len >= begin_len &&
		    strncasecmp((const char *)bytes, strangers[i].begin, begin_len) == 0)
			return strangers[i].text;
	}
	return NULL;
}

static void
describe_not_fastcgi(char *dst, size_t size, const struct fcgi_reader *reader)
{
	size_t len = reader->have;
	const char *stranger = name_stranger(reader->header, len);

	if (stranger != NULL)
		snprintf(dst, size, "%s", stranger);
	else if (len >= FCGI_HEADER_LEN && reader->header[1] >= FCGI_BEGIN_REQUEST &&
	    reader->header[1] <= FCGI_MAXTYPE && reader->header[0] < ' ')
		snprintf(dst, size, "the peer speaks version %u of FastCGI, not 1",
		    reader->header[0]);
	else if (memchr(reader->header, '\0', len) != NULL)
		snprintf(dst, size,
		    "the peer does not speak FastCGI: it sent %zu bytes, the first of them %02x",
		    len, reader->header[0]);
	else
		snprintf(dst, size, "the peer does not speak FastCGI: it sent \"%.*s\"", (int)len,
		    (const char *)reader->header);
}

static void
describe_truncated(char *dst, size_t size, const struct fcgi_reader *reader)
{
	const char *name = fcgi_record_name(reader->record.type);

	if (reader->have > 0)
		snprintf(dst, size,
		    "the peer closed the connection inside a record header, %u of its %d bytes "
		    "sent",
		    reader->have, FCGI_HEADER_LEN);
	else
		snprintf(dst, size,
		    "the peer closed the connection inside a record (%s), %zu of its %u bytes "
		    "missing",
		    name != NULL ? name : "of unknown type", fcgi_reader_pending(reader),
		    reader->record.content_length);
}

static void
describe_order(char *dst, size_t size, const struct fcgi_record *record)
{
	const char *name = fcgi_record_name(record->type);

	if (record->type == FCGI_STDOUT || record->type == FCGI_STDERR)
		snprintf(dst, size, "the peer sent %s after the end of that stream", name);
	else
		snprintf(dst, size, "the peer sent a %s record, which only a web server sends",
		    name != NULL ? name : "wrong");
}

char *
fcgi_fault_describe(char *dst, size_t size, int error, const struct fcgi_reader *reader)
{
	switch (error) {
	case -FCGI_E_VERSION:
		describe_not_fastcgi(dst, size, reader);
		break;
	case -FCGI_E_LENGTH:
		snprintf(dst, size, "END_REQUEST has a body of %u bytes, not %d",
		    reader->record.content_length, FCGI_BODY_LEN);
		break;
	case -FCGI_E_ORDER:
		describe_order(dst, size, &reader->record);
		break;
	case -FCGI_E_TRUNCATED:
		describe_truncated(dst, size, reader);
		break;
	default:
		snprintf(dst, size, "%s", fcgi_strerror(error));
	}
	return dst;
}
