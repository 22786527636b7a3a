/*
 * Bytes that touch an unreadable page: a parser that looks one byte too far dies at once, with any
 * compiler and without a sanitizer.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The bytes of whole pages that hold len bytes. */
static inline size_t
guard_pages(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (len + page - 1) / page * page;
}

/*
 * Copies bytes so that the byte behind them can be neither read nor written.
 * data: NULL gives len zero bytes, for an output buffer.  len: 0 is allowed.
 * Returns memory to give back with guard_free(); aborts when there is none.
 */
static inline void *
guard_copy(const void *data, size_t len)
{
	size_t held = guard_pages(len);
	size_t page = guard_pages(1);
	unsigned char *map;

	map = mmap(NULL, held + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || mprotect(map + held, page, PROT_NONE) < 0)
		abort();
	if (data != NULL && len > 0)
		memcpy(map + held - len, data, len);
	return map + held - len;
}

/* p, len: what guard_copy() returned, and what it was told. */
static inline void
guard_free(void *p, size_t len)
{
	size_t held = guard_pages(len);

	if (munmap((unsigned char *)p + len - held, held + guard_pages(1)) < 0)
		abort();
}

#endif
