/*
 * The client: whatever a peer sends is understood alike, whole and in pieces, and as a reading of
 * the specification over the whole stream says.
 */
#include <string.h>

#include "../unit/client_side.h"
#include "cuts.h"
#include "ruler.h"
#include "target.h"

/* A request as the plain reading sees it. */
struct reading {
	int ended;
	int closed[2]; /* STDOUT, STDERR */
	unsigned long long foreign;
	int first_type;
	unsigned first_id;
};

/* Returns 0, or the error that ends the connection. */
static int
read_stream(struct reading *reading, struct transcript *transcript, const struct ruler *ruler)
{
	int is_stderr = ruler->type == FCGI_STDERR;
	char label[16];

	if (ruler->content_length == 0)
		reading->closed[is_stderr] = 1;
	else if (reading->closed[is_stderr])
		return -FCGI_E_ORDER;
	snprintf(label, sizeof label, "%s/%u", is_stderr ? "STDERR" : "STDOUT", ruler->id);
	if (ruler->content_here > 0)
		transcript_content(transcript, label, ruler->content, ruler->content_here);
	return 0;
}

static int
read_record(struct reading *reading, struct transcript *transcript, const struct ruler *ruler)
{
	const uint8_t *body = ruler->content;

	if (reading->ended)
		return -FCGI_E_ORDER;
	if (ruler->type == FCGI_STDOUT || ruler->type == FCGI_STDERR)
		return read_stream(reading, transcript, ruler);
	if (ruler->type != FCGI_END_REQUEST)
		return -FCGI_E_ORDER;
	if (ruler->content_length != 8)
		return -FCGI_E_LENGTH;
	if (ruler->content_here == 8) {
		reading->ended = 1;
		transcript_say(transcript, "END/%u %02x%02x%02x%02x:%d", ruler->id, body[0],
		    body[1], body[2], body[3], body[4]);
	}
	return 0;
}

static void
say_result(const struct reading *reading, unsigned id, struct transcript *transcript)
{
	if (reading->closed[0])
		transcript_say(transcript, "stdout-closed/%u", id);
	if (reading->closed[1])
		transcript_say(transcript, "stderr-closed/%u", id);
	if (reading->foreign > 0)
		transcript_say(transcript, "foreign/%u: %llu, first type %d id %u", id,
		    reading->foreign, reading->first_type, reading->first_id);
}

static void
read_plainly(struct transcript *transcript, const struct cuts *cuts, unsigned request_count)
{
	struct ruler ruler = { .p = cuts->stream, .end = cuts->stream + cuts->len };
	struct reading readings[2] = { { 0 } };
	int error = 0, r = 0;
	unsigned i;

	transcript_start(transcript);
	while (error == 0 && (r = ruler_next(&ruler)) > 0) {
		for (i = 0; i < request_count && error == 0; i++) {
			if (ruler.id == i + 1 && ruler.type >= 1 && ruler.type <= 8) {
				error = read_record(&readings[i], transcript, &ruler);
			} else if (readings[i].foreign++ == 0) {
				readings[i].first_type = ruler.type;
				readings[i].first_id = ruler.id;
			}
		}
	}
	if (error < 0)
		transcript_say(transcript, "error/%u: %s", ruler.id, fcgi_strerror(error));
	else if (r < 0)
		transcript_say(transcript, "error: %s", fcgi_strerror(-FCGI_E_VERSION));
	else if (ruler.cut)
		transcript_say(transcript, "cut");
	for (i = 0; i < request_count; i++)
		say_result(&readings[i], i + 1, transcript);
	transcript_end(transcript);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client_side whole, pieces;
	struct transcript plain;
	unsigned request_count;
	struct cuts cuts;

	if (!cuts_read(&cuts, data, size))
		return -1;
	request_count = 1 + (cuts.options & 1);
	client_side_start(&whole, request_count);
	client_side_start(&pieces, request_count);
	client_side_feed(&whole, cuts.stream, cuts.stream + cuts.len);
	cuts_feed(&cuts, client_side_feed, &pieces);
	read_plainly(&plain, &cuts, request_count);
	must(strcmp(client_side_end(&whole), client_side_end(&pieces)) == 0);
	must(strcmp(whole.transcript.text, plain.text) == 0);
	must(whole.error == pieces.error);
	transcript_free(&whole.transcript);
	transcript_free(&pieces.transcript);
	transcript_free(&plain);
	return 0;
}
