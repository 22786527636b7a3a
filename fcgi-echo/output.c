#include "output.h"

#include <string.h>

#include "fcgi_body.h"
#include "fcgi_proto.h"
#include "fcgi_record.h"

int
output_make_room(struct output *output)
{
	/* What lies in the way is moved when there is little of it, and else left to be sent. */
	if (output->start == 0 || output_pending(output) > OUTPUT_SIZE / 4)
		return 0;
	memmove(output->data, output->data + output->start, output_pending(output));
	output->end -= output->start;
	output->start = 0;
	return 1;
}

/* Returns the end of the record, padding included. */
static unsigned char *
put_header(unsigned char *header, uint8_t type, uint16_t request_id, size_t len)
{
	const struct fcgi_record record = {
		.version = FCGI_VERSION_1,
		.type = type,
		.request_id = request_id,
		.content_length = (uint16_t)len,
		.padding_length = fcgi_record_padding((uint16_t)len),
	};

	fcgi_record_encode(header, &record);
	return header + FCGI_HEADER_LEN + len + record.padding_length;
}

void
output_record(struct output *output, uint8_t type, uint16_t request_id, size_t len)
{
	unsigned char *header = output->data + output->end;

	/* All that padding may be: a constant length costs less than the right one. */
	memset(header + FCGI_HEADER_LEN + len, 0, FCGI_ALIGNMENT);
	output->end = (size_t)(put_header(header, type, request_id, len) - output->data);
}

void
output_end_request(struct output *output, uint16_t request_id, uint32_t app_status,
    uint8_t protocol_status)
{
	const struct fcgi_end end = {
		.app_status = app_status,
		.protocol_status = protocol_status,
	};
	unsigned char *header = output->data + output->end;

	fcgi_end_encode(header + FCGI_HEADER_LEN, &end);
	output->end = (size_t)(put_header(header, FCGI_END_REQUEST, request_id, FCGI_BODY_LEN) -
	    output->data);
}
