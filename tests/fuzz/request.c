/* The client: whatever a peer sends is understood alike, whole and in pieces. */
#include <string.h>

#include "../unit/client_side.h"
#include "cuts.h"
#include "target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client_side whole, pieces;
	struct cuts cuts;

	if (!cuts_read(&cuts, data, size))
		return -1;
	client_side_start(&whole, 1 + (cuts.options & 1));
	client_side_start(&pieces, 1 + (cuts.options & 1));
	client_side_feed(&whole, cuts.stream, cuts.stream + cuts.len);
	cuts_feed(&cuts, client_side_feed, &pieces);
	must(strcmp(client_side_end(&whole), client_side_end(&pieces)) == 0);
	must(whole.error == pieces.error);
	transcript_free(&whole.transcript);
	transcript_free(&pieces.transcript);
	return 0;
}
