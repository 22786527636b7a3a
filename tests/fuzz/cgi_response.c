/*
 * CGI header blocks: the same block, status and rest however the bytes were cut, within any buffer;
 * and a block that was accepted is accepted again when it is written anew from its headers.
 */
#include <stdlib.h>
#include <string.h>

#include "cgi_response.h"
#include "cuts.h"
#include "fcgi_error.h"
#include "target.h"

struct parse {
	struct cgi_response response;
	size_t taken;
	int result;	/* -FCGI_E_MORE as long as there is none */
};

static void
start(struct parse *parse, size_t size)
{
	char *block = malloc(size);

	must(block != NULL);
	parse->taken = 0;
	parse->result = -FCGI_E_MORE;
	cgi_response_init(&parse->response, block, size);
}

static void
feed(void *self, const uint8_t *p, const uint8_t *end)
{
	struct parse *parse = self;
	const uint8_t *before = p;

	if (parse->result != -FCGI_E_MORE)
		return;
	parse->result = cgi_response_feed(&parse->response, &p, end);
	must(p >= before && p <= end);
	must(parse->result != -FCGI_E_MORE || p == end);
	parse->taken += (size_t)(p - before);
	must(parse->response.block_len <= parse->response.size);
	must(parse->response.complete == (parse->result == 1));
}

static void
check_header(const struct cgi_response *response, const struct cgi_header *header)
{
	const char *end = response->block + response->block_len;
	size_t i;

	must(header->name_len > 0 && header->name >= response->block);
	must(header->value > header->name + header->name_len);
	must(header->value + header->value_len < end);
	for (i = 0; i < header->name_len; i++)
		must(header->name[i] > ' ' && header->name[i] < 0x7f && header->name[i] != ':');
	for (i = 0; i < header->value_len; i++)
		must(memchr("\r\n", header->value[i], 3) == NULL);
	must(header->value_len == 0 || memchr(" \t", header->value[0], 2) == NULL);
	must(header->value_len == 0 ||
	    memchr(" \t", header->value[header->value_len - 1], 2) == NULL);
}

/* Writes the headers anew; returns the length, which the block's bounds: a blank may be added. */
static size_t
write_anew(char *anew, const struct cgi_response *response)
{
	struct cgi_header header, found;
	char *p = anew, name[64];
	size_t at = 0, before = 0;

	while (cgi_response_next(response, &at, &header)) {
		must(at > before && at < response->block_len);
		before = at;
		check_header(response, &header);
		if (header.name_len < sizeof name) {
			memcpy(name, header.name, header.name_len);
			name[header.name_len] = '\0';
			must(cgi_response_find(response, name, &found) == 1);
			must(found.name <= header.name && found.name_len == header.name_len);
		}
		memcpy(p, header.name, header.name_len);
		p += header.name_len;
		*p++ = ':';
		*p++ = ' ';
		memcpy(p, header.value, header.value_len);
		p += header.value_len;
		*p++ = '\r';
		*p++ = '\n';
	}
	must(at > 0);
	*p++ = '\r';
	*p++ = '\n';
	return (size_t)(p - anew);
}

static void
check_complete(const struct cgi_response *response)
{
	size_t size = 3 * response->block_len;
	char *anew = malloc(size);
	struct cgi_header first, second;
	size_t at = 0, at_again = 0, len;
	struct parse again;

	must(anew != NULL);
	must(response->status >= 100 && response->status <= 599);
	must(response->block[response->block_len - 1] == '\n');
	len = write_anew(anew, response);
	must(len <= size);
	start(&again, len);
	feed(&again, (const uint8_t *)anew, (const uint8_t *)anew + len);
	must(again.result == 1 && again.taken == len);
	must(again.response.status == response->status);
	while (cgi_response_next(response, &at, &first)) {
		must(cgi_response_next(&again.response, &at_again, &second) == 1);
		must(first.name_len == second.name_len && first.value_len == second.value_len);
		must(memcmp(first.name, second.name, first.name_len) == 0);
		must(memcmp(first.value, second.value, first.value_len) == 0);
	}
	must(cgi_response_next(&again.response, &at_again, &second) == 0);
	free(again.response.block);
	free(anew);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parse whole, pieces;
	struct cuts cuts;
	size_t room;

	if (!cuts_read(&cuts, data, size))
		return -1;
	room = cuts.options == 0 ? 8192 : (size_t)cuts.options * 8;
	start(&whole, room);
	start(&pieces, room);
	feed(&whole, cuts.stream, cuts.stream + cuts.len);
	cuts_feed(&cuts, feed, &pieces);
	must(whole.result == pieces.result && whole.taken == pieces.taken);
	must(whole.response.status == pieces.response.status);
	must(whole.response.block_len == whole.taken && pieces.response.block_len == whole.taken);
	must(memcmp(whole.response.block, cuts.stream, whole.taken) == 0);
	must(memcmp(pieces.response.block, cuts.stream, whole.taken) == 0);
	must(whole.result != -FCGI_E_SPACE || whole.taken == room);
	if (whole.result == 1)
		check_complete(&whole.response);
	free(whole.response.block);
	free(pieces.response.block);
	return 0;
}
