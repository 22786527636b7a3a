/* The misbehaviours that can be asked for: their names, and sets of them. */
#ifndef FAULT_H
#define FAULT_H

#include <stddef.h>
#include <stdint.h>

enum fault {
	FAULT_REFUSE,
	FAULT_NO_ACCEPT,
	FAULT_SILENT,
	FAULT_SLOW,
	FAULT_DRIP,
	FAULT_SPLIT_HEADER,
	FAULT_BAD_VERSION,
	FAULT_BAD_ID,
	FAULT_UNKNOWN_TYPE,
	FAULT_SHORT_END,
	FAULT_NO_END,
	FAULT_END_FIRST,
	FAULT_TWICE,
	FAULT_HALF,
	FAULT_HALF_HEADER,
	FAULT_RST,
	FAULT_OVERLOADED,
	FAULT_CANT_MPX,
	FAULT_UNKNOWN_ROLE,
	FAULT_LATE_OVERLOADED,
	FAULT_APP_STATUS,
	FAULT_PAD_255,
	FAULT_NO_HEADER,
	FAULT_OPEN_HEADER,
	FAULT_EMPTY,
	FAULT_STDERR_ONLY,
	FAULT_GARBAGE,
	FAULT_SPEAKS_HTTP,
	FAULT_ENDLESS,
	FAULT_KEEP_OPEN,
	FAULT_EARLY_REPLY,
	FAULT_CLOSE_ON_KEEPALIVE,
	FAULT_NO_MULTIPLEX,
	FAULT_STICKY_STATUS,
	FAULT_COUNT
};

/* What a user is told of one. */
struct fault_about {
	const char *name;
	const char *what;	/* one line, completes "the application ..." */
};

/* Indexed by enum fault. */
extern const struct fault_about fault_about[FAULT_COUNT];

/* A set of faults holds the bit of each. */
static inline uint64_t
fault_bit(enum fault fault)
{
	return UINT64_C(1) << fault;
}

/*
 * Reads a list of names, separated by commas, and adds them to *faults.
 * bad, bad_size: gets the name that is not one.
 * Returns 0, or -FCGI_E_SYNTAX.
 */
int fault_parse(uint64_t *faults, const char *list, char *bad, size_t bad_size);

#endif
