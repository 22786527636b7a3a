#include "fcgi_record.h"

#include <stddef.h>
#include <bsd/sys/endian.h>

#include "fcgi_error.h"

int
fcgi_record_decode(struct fcgi_record *record, const unsigned char *p, const unsigned char *end)
{
	*record = (struct fcgi_record){ 0 };
	if (end - p >= 1) {
		record->version = p[0];
		if (record->version != FCGI_VERSION_1)
			return -FCGI_E_VERSION;
	}
	if (end - p < FCGI_HEADER_LEN)
		return -FCGI_E_MORE;
	record->type = p[1];
	record->request_id = be16dec(p + 2);
	record->content_length = be16dec(p + 4);
	record->padding_length = p[6];
	return FCGI_HEADER_LEN;
}

const char *
fcgi_record_name(uint8_t type)
{
	static const char *const names[] = {
		[FCGI_BEGIN_REQUEST] = "BEGIN_REQUEST",
		[FCGI_ABORT_REQUEST] = "ABORT_REQUEST",
		[FCGI_END_REQUEST] = "END_REQUEST",
		[FCGI_PARAMS] = "PARAMS",
		[FCGI_STDIN] = "STDIN",
		[FCGI_STDOUT] = "STDOUT",
		[FCGI_STDERR] = "STDERR",
		[FCGI_DATA] = "DATA",
		[FCGI_GET_VALUES] = "GET_VALUES",
		[FCGI_GET_VALUES_RESULT] = "GET_VALUES_RESULT",
		[FCGI_UNKNOWN_TYPE] = "UNKNOWN_TYPE",
	};

	return type < sizeof names / sizeof *names ? names[type] : NULL;
}

enum fcgi_sender
fcgi_record_sender(uint8_t type)
{
	switch (type) {
	case FCGI_END_REQUEST:
	case FCGI_STDOUT:
	case FCGI_STDERR:
	case FCGI_GET_VALUES_RESULT:
	case FCGI_UNKNOWN_TYPE:
		return FCGI_SENDER_APPLICATION;
	default:
		return fcgi_record_name(type) != NULL ? FCGI_SENDER_WEB_SERVER
						      : FCGI_SENDER_UNKNOWN;
	}
}
