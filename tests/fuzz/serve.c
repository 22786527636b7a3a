/* The application: whatever a client sends is understood alike, whole and in pieces. */
#include <string.h>

#include "../unit/server_side.h"
#include "cuts.h"
#include "target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server_side whole, pieces;
	size_t slot_count;
	struct cuts cuts;
	int answers;

	if (!cuts_read(&cuts, data, size))
		return -1;
	slot_count = 1 + (cuts.options & 3);
	answers = (cuts.options & 4) == 0;
	server_side_start(&whole, slot_count, answers);
	server_side_start(&pieces, slot_count, answers);
	server_side_feed(&whole, cuts.stream, cuts.stream + cuts.len);
	cuts_feed(&cuts, server_side_feed, &pieces);
	must(strcmp(server_side_end(&whole), server_side_end(&pieces)) == 0);
	must(whole.error == pieces.error && whole.active == pieces.active);
	transcript_free(&whole.transcript);
	transcript_free(&pieces.transcript);
	return 0;
}
