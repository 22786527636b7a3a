/*
 * What seen_by knows of each server, and what its parts have of each other: seen_by.c takes records
 * apart, seen_by_answer.c makes the HTTP answer, seen_by_block.c reads the header block.
 */
#ifndef SEEN_BY_RULES_H
#define SEEN_BY_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "seen_by.h"

/* Records under another request id. */
enum seen_ids { IDS_OURS_ONLY, IDS_SKIPPED, IDS_ANY };

/*
 * Types that no application sends: all wrong, those FastCGI does not define wrong, none wrong;
 * none, but their content is taken for records.
 */
enum seen_types { TYPES_KNOWN_ONLY, TYPES_DEFINED, TYPES_ANY, TYPES_UNREAD };

/* What ends the header block. */
enum seen_block_end {
	END_EMPTY_LINE,		/* a line of nothing, be it the first, of any line ending */
	END_SAME_TWICE,		/* LF LF or CRLF CRLF, no mixture */
	END_TWO_LF,		/* two LF, with no more than CR between them */
};

/* A line without a colon. */
enum seen_no_colon { NO_COLON_BAD, NO_COLON_NAME, NO_COLON_SKIPPED_BUT_FIRST };

/* A line that begins with "HTTP/". */
enum seen_http_line { HTTP_LINE_PLAIN, HTTP_LINE_SKIPPED, HTTP_LINE_FIRST_IS_STATUS };

enum seen_names {
	NAMES_ANY,
	NAMES_VISIBLE,		/* no blank, no control */
	NAMES_TOKENS,
	NAMES_TOKENS_OR_PAGE,	/* ... or an error page, not what a bad line gets */
	NAMES_BLANK_END_SKIPPED, /* none, or a blank at its end: the line is skipped */
	NAMES_WITHOUT_BLANK,	/* blanks at its end apart */
};

enum seen_values {
	VALUES_ANY,
	VALUES_NO_NUL_CR,
	VALUES_NO_NUL_VT_FF,
	VALUES_TEXT,		/* no control but the tab */
	VALUES_TEXT_OR_PAGE,
};

enum seen_status {
	STATUS_THREE_DIGITS,	/* whatever follows */
	STATUS_THREE_AND_END,	/* a blank or the end follows */
	STATUS_NUMBER,		/* as atoi(3); what is none of 100 to 999 becomes 500 */
	STATUS_WORD,		/* all up to the first blank is the number */
	STATUS_UNCHECKED,
};

enum seen_reason {
	REASON_OWN,		/* the server's words, whatever the application says */
	REASON_STATUS_VALUE,	/* the value of Status is the rest of the status line */
	REASON_STATUS_TEXT,	/* likewise if it is text and has a reason, else its own */
	REASON_STATUS_REST,	/* what stands behind the number, or "OK" */
};

enum seen_length {
	LENGTH_DROPPED,
	LENGTH_PASSED,		/* even if it is no number */
	LENGTH_PASSED_IF_NUMBER,
	LENGTH_MUST_BE_NUMBER,	/* and told only once */
};

struct seen_by_rules {
	const char *name;

	/* The statuses of its own; 0: the user gets no answer at all. */
	int not_connected;
	int timed_out;
	int closed;		/* before the header block was complete */
	int half;		/* ... inside a record; 0: as any other close */
	int broken;		/* a record that it does not take, likewise */
	int empty;		/* ended without output */
	int no_header;		/* ended before the header block did */
	int bad_header;
	int location;		/* of Location without Status */
	const char *page_type;	/* Content-Type of its error pages; NULL: they are empty */
	const char *const *reasons; /* "NNN words" where they are not http_status_reason()'s */

	/* Records. */
	uint8_t any_version;
	uint8_t ids;		/* enum seen_ids */
	uint8_t types;		/* enum seen_types */
	uint8_t type_ends_body;	/* a wrong type ends the body as END_REQUEST does */
	uint8_t whole_records;	/* what is cut inside a record has not come */
	uint8_t end_checked;	/* END_REQUEST must be whole and say REQUEST_COMPLETE */
	uint8_t end_after_head;	/* END_REQUEST before the header block's end is skipped */
	uint8_t eof_ends;	/* the empty STDOUT record ends the answer: without it, or
				   END_REQUEST, a close cuts it, and an answer without a header
				   block is sent as it is */
	uint8_t eof_ends_block;	/* ... makes an error of a header block that is not complete */
	uint8_t late_head;	/* the head goes out with the first byte of the body only */

	/* The header block. */
	uint8_t block_end;	/* enum seen_block_end */
	uint8_t no_colon;	/* enum seen_no_colon */
	uint8_t http_line;	/* enum seen_http_line */
	uint8_t names;		/* enum seen_names */
	uint8_t values;		/* enum seen_values */
	uint8_t c_strings;	/* lines lose each CR, and all behind a NUL */
	uint8_t folds;		/* a line that begins with a blank goes on with the last one */
	uint8_t bad_header_empty; /* a bad line gets its status without an error page */
	size_t wire_max;	/* of the block and the headers of its records; 0: no limit */
	size_t line_max;	/* 0: no limit */
	size_t lines_max;	/* a block of more has no end; 0: no limit */
	const char *lead;	/* what is taken off the values' ends */
	const char *trail;

	/* What becomes of the headers. */
	uint8_t status;		/* enum seen_status */
	uint8_t reason;		/* enum seen_reason */
	uint8_t first_status;	/* of several Status the first counts, not the last */
	uint8_t length;		/* enum seen_length */
	uint8_t merges;		/* values of equal names are joined, but for Set-Cookie */
	uint8_t drops_empty;	/* a header without a value is dropped */
	uint8_t lower_names;
	uint8_t own_type;	/* Content-Type is written anew, and not when it is empty */
	uint8_t lower_type;	/* ... its media type in small letters */
	uint8_t empties_205;
	uint8_t local_redirect;	/* Location without Status: its own redirection, or 302 page */
	const char *redirect;	/* the header that makes it ask itself */
	const char *const *dropped;
	const char *const *dropped_bodyless; /* when there is no body to go with them */
	const char *const *first; /* of several, the first alone stays */
	const char *const *last; /* ... the last */
	const char *const *early; /* those before a bad line are sent */
};

/* How far the answer has come: seen->state. */
enum seen_state {
	IN_BLOCK,	/* the header block is not complete */
	HEAD_READY,	/* it is, and waits for what follows */
	IN_BODY,
};

extern const struct seen_by_rules seen_by_rules[];
extern const size_t seen_by_rules_count;

/*
 * Gives room to a header block that is larger than SEEN_BY_BLOCK_MAX, or has more headers than
 * SEEN_BY_HEADERS_MAX; before anything is fed.  The caller's, alive as long as seen.
 */
void seen_by_set_room(struct seen_by *seen, char *block, size_t block_max,
    struct seen_by_header *headers, size_t headers_max);

/* Forgets the answer up to here: what comes is another one. */
void seen_by_restart(struct seen_by *seen);

/* The rules of one of the servers by its name, or NULL. */
const struct seen_by_rules *seen_by_find(const char *server);

/* Whether httpd would send the header: a token, and no control character but the tab. */
int seen_by_is_sendable(const struct cgi_header *header);

/* Whether the name is in the list, case aside; list may be NULL. */
int seen_by_listed(const char *const *list, const struct cgi_header *header);
int seen_by_is(const struct cgi_header *header, const char *name);

/* What the server says of a status. */
const char *seen_by_reason(const struct seen_by_rules *rules, int status);

/*
 * Reads the lines of the block into seen->headers.
 * complete: up to its end, and seen->body_at is set; else as many lines as there are.
 * Returns 0, or -1 for a bad line, with why set.
 */
int seen_by_read_block(struct seen_by *seen, int complete);

/*
 * Decides what the complete block means: status, redirect, what is dropped.
 * Returns 0, or the status of an error page, or -1 for what is bad, with why set.
 */
int seen_by_judge_block(struct seen_by *seen);

/* The value of Status that counts; value_len 0 without one. */
struct cgi_header seen_by_status_header(const struct seen_by *seen);

/* Content of STDOUT. */
void seen_by_take_stdout(struct seen_by *seen, const unsigned char *p, size_t len);

/* The application says that its answer is complete. */
void seen_by_end_answer(struct seen_by *seen);

/* All of it is over: is there as much as Content-Length promised? */
void seen_by_check_length(struct seen_by *seen);

/*
 * The application's part is over before the head is out: an answer of the server's own.
 * why: unless a line of the header block is bad, which says more.
 */
void seen_by_fail(struct seen_by *seen, int status, const char *why);

/* It is over in the middle of the body. */
void seen_by_cut(struct seen_by *seen, const char *why);

/* A record that the server does not take: whichever of these fits. */
void seen_by_reject(struct seen_by *seen, const char *why);

#endif
