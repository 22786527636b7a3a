#include "blocks.h"

#include <stdlib.h>

enum { SPARE_MAX = 64 };

struct block {
	struct block *next;
};

void *
blocks_take(struct blocks *blocks)
{
	struct block *block = blocks->spare;

	if (block == NULL)
		return malloc(blocks->block_size);
	blocks->spare = block->next;
	blocks->spare_count--;
	return block;
}

void
blocks_give(struct blocks *blocks, void *memory)
{
	struct block *block = memory;

	if (block == NULL)
		return;
	if (blocks->spare_count == SPARE_MAX) {
		free(block);
		return;
	}
	block->next = blocks->spare;
	blocks->spare = block;
	blocks->spare_count++;
}

void
blocks_reset(struct blocks *blocks)
{
	void *block;

	while (blocks->spare != NULL) {
		block = blocks_take(blocks);
		free(block);
	}
}
