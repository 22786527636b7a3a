/* What the readers of fields share.  Private to case_field. */
#ifndef CASE_FIELD_PRIVATE_H
#define CASE_FIELD_PRIVATE_H

#include <stddef.h>

#include "case_field.h"

struct case_field;

/* A setting on its way into a case. */
struct case_entry {
	struct case_maker *maker;
	struct auth_case *auth_case;
	const struct setting *setting;
	const struct case_field *field;
	const char *text;	/* the value, or the item of it that is being read */
	size_t len;
	char *why;
	size_t why_size;
};

/* Says why, behind the text if that may be shown.  Returns -1. */
int case_field_refuse(struct case_entry *entry, const char *why);
int case_field_no_memory(struct case_entry *entry);

/* 1 when the text is that word, case aside. */
int case_field_is(const struct case_entry *entry, const char *word);

/* The place of the text among words, case aside; -1 when it is none of them. */
int case_field_word(const struct case_entry *entry, const char *const *words);

/* Puts a copy of the text in the place of another.  Returns 0 or -1. */
int case_field_keep_text(struct case_entry *entry, char **where);

/* Adds the text to a list.  Returns 0 or -1. */
int case_field_add_line(struct case_entry *entry, struct auth_lines *lines);

enum case_field_kind {
	CASE_FIELD_VALUE,
	CASE_FIELD_LINES,	/* items that are lines */
	CASE_FIELD_WORDS,	/* items that are words: blanks and commas part them too */
};

/* Returns 0, or -1 with why. */
typedef int case_field_reader(struct case_entry *entry);

struct case_field {
	const char *name;		/* NULL: the table ends */
	enum case_field_kind kind;
	case_field_reader *set;		/* takes the value in another's place, or one item */
	case_field_reader *clear;	/* drops the items there are; NULL: lines says which */
	size_t lines;			/* the struct auth_lines that the items are, in the case */
	const char *option;		/* only this option may say so; NULL: a case file may */
	int is_secret;			/* messages do not repeat it */
	int is_text;			/* several lines and control characters may be in it */
};

extern const struct case_field case_field_request[], case_field_identity[], case_field_expect[];

#endif
