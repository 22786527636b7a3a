#include "multiplex.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_record.h"

/* Descriptors for all else. */
enum { DESCRIPTORS_SPARE = 64 };

/* An answer that waits takes a descriptor once something of it comes. */
static void
allow_descriptors(int count)
{
	rlim_t wanted = (rlim_t)count + DESCRIPTORS_SPARE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
multiplex_init(struct multiplex *multiplex, uint16_t first_id, int count)
{
	int i;

	*multiplex = (struct multiplex){ .first_id = first_id, .count = count };
	multiplex->waiting = calloc((size_t)count, sizeof *multiplex->waiting);
	if (multiplex->waiting == NULL)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < count; i++) {
		multiplex->waiting[i].reply.request_id = (uint16_t)(first_id + i);
		multiplex->waiting[i].spool.fd = -1;
	}
	allow_descriptors(count);
	return 0;
}

void
multiplex_reset(struct multiplex *multiplex)
{
	int i;

	if (multiplex->waiting == NULL)
		return;
	for (i = 0; i < multiplex->count; i++)
		spool_close(&multiplex->waiting[i].spool);
	free(multiplex->waiting);
	multiplex->waiting = NULL;
}

int
multiplex_owns(const struct multiplex *multiplex, const struct fcgi_record *record)
{
	int which = record->request_id - multiplex->first_id;

	return which > multiplex->turn && which < multiplex->count &&
	    record->type >= FCGI_BEGIN_REQUEST && record->type < FCGI_GET_VALUES;
}

int
multiplex_is_over(const struct multiplex *multiplex, int which)
{
	return which < multiplex->turn || multiplex->waiting[which].reply.ended;
}

static void
encode_header(unsigned char *dst, const struct fcgi_record *record)
{
	struct fcgi_record unpadded = *record;

	unpadded.padding_length = 0;
	fcgi_record_encode(dst, &unpadded);
}

static int
keep(struct waiting *waiting, const void *data, size_t len)
{
	if (waiting->spool.fd < 0 && spool_open(&waiting->spool) < 0)
		return -FCGI_E_SYSTEM;
	return spool_write(&waiting->spool, data, len);
}

int
multiplex_keep(struct multiplex *multiplex, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	struct waiting *waiting = &multiplex->waiting[record->request_id - multiplex->first_id];
	int event = fcgi_request_feed(&waiting->reply, record, what, slice);
	unsigned char header[FCGI_HEADER_LEN];

	if (event < 0)
		return event;
	if (event == FCGI_REQUEST_STDOUT && waiting->first_byte_ns == 0)
		waiting->first_byte_ns = clock_now_ns();
	if (event == FCGI_REQUEST_END)
		waiting->end_ns = clock_now_ns();
	switch (what) {
	case FCGI_READ_RECORD:
		encode_header(header, record);
		return keep(waiting, header, sizeof header);
	case FCGI_READ_CONTENT:
		return keep(waiting, slice->data, slice->len);
	default:
		return 0;
	}
}

struct waiting *
multiplex_next(struct multiplex *multiplex)
{
	/* What has been told needs no file any more. */
	spool_close(&multiplex->waiting[multiplex->turn].spool);
	if (++multiplex->turn == multiplex->count)
		return NULL;
	return &multiplex->waiting[multiplex->turn];
}
