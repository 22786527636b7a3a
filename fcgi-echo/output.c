#include "output.h"

#include <string.h>

#include "fcgi_proto.h"
#include "fcgi_writer.h"

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

unsigned char *
output_content(const struct output *output)
{
	return output->data + output->end + FCGI_HEADER_LEN;
}

void
output_record(struct output *output, uint8_t type, uint16_t request_id, size_t len)
{
	unsigned char *header = output->data + output->end;
	unsigned char *content = header + FCGI_HEADER_LEN;
	struct iovec iov[3];
	size_t total;

	total = fcgi_writer_chunk(iov, header, request_id, type, content, len);
	memset(content + len, 0, iov[2].iov_len);
	output->end += total;
}

void
output_sent(struct output *output, size_t len)
{
	output->start += len;
	if (output->start == output->end) {
		output->start = 0;
		output->end = 0;
	}
}
