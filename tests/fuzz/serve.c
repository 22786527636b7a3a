/*
 * The application: whatever a client sends is understood alike, whole and in pieces, and as a
 * reading of the specification over the whole stream says.
 */
#include <string.h>

#include "../unit/server_side.h"
#include "cuts.h"
#include "ruler.h"
#include "target.h"

/* A request as the plain reading sees it.  Zero-filled: nobody's. */
struct reading {
	unsigned id;
	unsigned role;
	int ended; /* how many of PARAMS, STDIN and DATA, which come one behind the other */
};

struct readings {
	struct reading items[4];
	size_t count;
	int answers;
	struct transcript transcript;
};

/* Returns the request of that id, or NULL; of id 0 it is room for another. */
static struct reading *
find_reading(struct readings *readings, unsigned id)
{
	size_t i;

	for (i = 0; i < readings->count; i++)
		if (readings->items[i].id == id)
			return &readings->items[i];
	return NULL;
}

static void
finish(struct readings *readings, struct reading *reading)
{
	if (!readings->answers)
		return;
	transcript_say(&readings->transcript, "done/%u", reading->id);
	*reading = (struct reading){ 0 };
}

static void
read_management(struct readings *readings, const struct ruler *ruler)
{
	if (ruler->type == FCGI_GET_VALUES && ruler->content_here > 0)
		transcript_content(&readings->transcript, "VALUES", ruler->content,
		    ruler->content_here);
	if (ruler->type == FCGI_GET_VALUES && ruler->complete)
		transcript_say(&readings->transcript, "VALUES_END");
	if (ruler->type != FCGI_GET_VALUES && ruler->complete)
		transcript_say(&readings->transcript, "UNKNOWN %d", ruler->type);
}

/* Returns 0, or the error that ends the connection. */
static int
read_begin(struct readings *readings, const struct ruler *ruler)
{
	static const char *const roles[] = { NULL, "RESPONDER", "AUTHORIZER", "FILTER" };
	struct reading *room = find_reading(readings, 0);
	const char *why = NULL;
	unsigned role;

	if (ruler->content_length != 8)
		return -FCGI_E_LENGTH;
	if (ruler->content_here < 8)
		return 0;
	if (find_reading(readings, ruler->id) != NULL)
		return -FCGI_E_ORDER;
	role = 256U * ruler->content[0] + ruler->content[1];
	if (room == NULL)
		why = readings->count == 1 ? "CANT_MPX_CONN" : "OVERLOADED";
	if (role < 1 || role > 3)
		why = "UNKNOWN_ROLE";
	if (why != NULL) {
		transcript_say(&readings->transcript, "REJECT/%u %s flags %d", ruler->id, why,
		    ruler->content[2]);
		return 0;
	}
	*room = (struct reading){ .id = ruler->id, .role = role };
	transcript_say(&readings->transcript, "BEGIN/%u slot %zu %s flags %d", ruler->id,
	    (size_t)(room - readings->items), roles[role], ruler->content[2]);
	return 0;
}

static int
read_stream(struct readings *readings, struct reading *reading, const struct ruler *ruler)
{
	static const char *const names[] = { "PARAMS", "STDIN", "DATA" };
	static const int streams_of_role[] = { 0, 2, 1, 3 };
	int stream = ruler->type == FCGI_PARAMS ? 0 : ruler->type == FCGI_STDIN ? 1 : 2;
	char label[16];

	if (stream != reading->ended || (stream == 2 && reading->role != FCGI_FILTER))
		return -FCGI_E_ORDER;
	if (ruler->content_length == 0) {
		reading->ended++;
		transcript_say(&readings->transcript, "%s_END/%u", names[stream], ruler->id);
		if (reading->ended == streams_of_role[reading->role])
			finish(readings, reading);
	} else if (ruler->content_here > 0) {
		snprintf(label, sizeof label, "%s/%u", names[stream], ruler->id);
		transcript_content(&readings->transcript, label, ruler->content,
		    ruler->content_here);
	}
	return 0;
}

static int
read_record(struct readings *readings, const struct ruler *ruler)
{
	struct reading *reading;

	if (ruler->id == 0) {
		read_management(readings, ruler);
		return 0;
	}
	if (ruler->type == FCGI_BEGIN_REQUEST)
		return read_begin(readings, ruler);
	reading = find_reading(readings, ruler->id);
	if (reading == NULL)
		return 0;
	if (ruler->type == FCGI_ABORT_REQUEST) {
		transcript_say(&readings->transcript, "ABORT/%u", ruler->id);
		finish(readings, reading);
		return 0;
	}
	if (ruler->type == FCGI_PARAMS || ruler->type == FCGI_STDIN || ruler->type == FCGI_DATA)
		return read_stream(readings, reading, ruler);
	return 0;
}

static void
read_plainly(struct readings *readings, const struct cuts *cuts)
{
	struct ruler ruler = { .p = cuts->stream, .end = cuts->stream + cuts->len };
	int error = 0, r = 0;

	transcript_start(&readings->transcript);
	while (error == 0 && (r = ruler_next(&ruler)) > 0)
		error = read_record(readings, &ruler);
	if (r < 0)
		error = -FCGI_E_VERSION;
	if (error < 0)
		transcript_say(&readings->transcript, "error: %s", fcgi_strerror(error));
	else if (ruler.cut)
		transcript_say(&readings->transcript, "cut");
	transcript_end(&readings->transcript);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server_side whole, pieces, at_once;
	struct readings plain = { 0 };
	struct cuts cuts;

	if (!cuts_read(&cuts, data, size))
		return -1;
	plain.count = 1 + (cuts.options & 3);
	plain.answers = (cuts.options & 4) == 0;
	server_side_start(&whole, plain.count, plain.answers);
	server_side_start(&pieces, plain.count, plain.answers);
	server_side_start(&at_once, plain.count, plain.answers);
	at_once.at_once = 1;
	server_side_feed(&whole, cuts.stream, cuts.stream + cuts.len);
	cuts_feed(&cuts, server_side_feed, &pieces);
	cuts_feed(&cuts, server_side_feed, &at_once);
	read_plainly(&plain, &cuts);
	must(strcmp(server_side_end(&whole), server_side_end(&pieces)) == 0);
	must(strcmp(server_side_end(&at_once), whole.transcript.text) == 0);
	must(strcmp(whole.transcript.text, plain.transcript.text) == 0);
	must(whole.error == pieces.error && whole.active == pieces.active);
	transcript_free(&whole.transcript);
	transcript_free(&pieces.transcript);
	transcript_free(&at_once.transcript);
	transcript_free(&plain.transcript);
	return 0;
}
