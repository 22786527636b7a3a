/*
 * Blocks of memory that connections borrow while bytes are under way: idle ones hold none, and the
 * block that was given back last, which is still in the caches, is the next to be lent.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stddef.h>

struct block;

/* block_size set, the rest zero-filled. */
struct blocks {
	size_t block_size;	/* bytes, at least a pointer's */
	struct block *spare;	/* private */
	size_t spare_count;	/* private */
};

/* Returns a block of undefined content, or NULL when memory is short. */
void *blocks_take(struct blocks *blocks);

/* Gives a block back; NULL is none. */
void blocks_give(struct blocks *blocks, void *block);

/* Frees the spare ones. */
void blocks_reset(struct blocks *blocks);

#endif
