/*
 * Stanzas: what is read can be written again and says the same then; a value that cannot be written
 * is one that no stanza can hold.
 */
#include "stanza.h"

#include <stdio.h>
#include <string.h>

#include "../unit/must.h"
#include "fcgi_error.h"
#include "target.h"

static int
read_text(struct stanza_file *stanzas, const void *text, size_t len)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, len, "r");
	struct stanza_fault fault;
	int r;

	must(file != NULL);
	r = stanza_read(stanzas, file, &fault);
	fclose(file);
	must(r == 0 || (r == -FCGI_E_SYNTAX && fault.line > 0 && fault.why != NULL));
	must(r == 0 || (stanzas->count == 0 && stanzas->items == NULL));
	return r;
}

/* What holds of any field that was read. */
static void
check_field(const struct stanza_field *field)
{
	size_t at = 0, len, sum = 0;
	const char *text;

	must(field->name[0] != '\0' && field->value[field->value_len] == '\0');
	must(strlen(field->value) == field->value_len);
	while (stanza_next_line(field, &at, &text, &len)) {
		must(len > 0 && text >= field->value);
		must(text + len <= field->value + field->value_len);
		must(memchr(text, '\n', len) == NULL);
		sum += len;
	}
	must(sum <= field->value_len);
}

/* Returns 1, or 0 when a value cannot be written: one of "." behind the colon and then more. */
static int
write_all(struct buffer *out, const struct stanza_file *stanzas)
{
	const struct stanza *stanza;
	size_t i, k, before;
	int r;

	for (i = 0; i < stanzas->count; i++) {
		stanza = &stanzas->items[i];
		must(stanza->count > 0);
		for (k = 0; k < stanza->count; k++) {
			check_field(&stanza->fields[k]);
			before = out->len;
			r = stanza_put(out, stanza->fields[k].name, stanza->fields[k].value,
			    stanza->fields[k].value_len);
			if (r < 0) {
				must(r == -FCGI_E_SYNTAX && out->len == before);
				return 0;
			}
		}
		must(buffer_append(out, "\n", 1) == 0);
	}
	return 1;
}

static void
check_same(const struct stanza_file *a, const struct stanza_file *b)
{
	const struct stanza_field *x, *y;
	size_t i, k;

	must(a->count == b->count);
	for (i = 0; i < a->count; i++) {
		must(a->items[i].count == b->items[i].count);
		for (k = 0; k < a->items[i].count; k++) {
			x = &a->items[i].fields[k];
			y = &b->items[i].fields[k];
			must(strcmp(x->name, y->name) == 0 && x->value_len == y->value_len);
			must(memcmp(x->value, y->value, x->value_len) == 0);
			must(stanza_get(&a->items[i], x->name) == x);
		}
	}
}

/* Any bytes as a value. */
static void
check_put(const uint8_t *data, size_t size)
{
	struct stanza_file stanzas;
	struct buffer out = { 0 };
	int r = stanza_put(&out, "A", data, size);

	if (r < 0) {
		must(r == -FCGI_E_SYNTAX && out.len == 0);
	} else {
		must(read_text(&stanzas, out.data, out.len) == 0 && stanzas.count == 1);
		must(stanzas.items[0].count == 1);
		must(stanzas.items[0].fields[0].value_len == size);
		must(memcmp(stanzas.items[0].fields[0].value, data, size) == 0);
		stanza_reset(&stanzas);
	}
	buffer_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stanza_file stanzas, again;
	struct buffer out = { 0 };

	if (size == 0)
		return -1;
	check_put(data, size);
	if (read_text(&stanzas, data, size) < 0)
		return 0;
	if (stanzas.count > 0 && write_all(&out, &stanzas)) {
		must(read_text(&again, out.data, out.len) == 0);
		check_same(&stanzas, &again);
		stanza_reset(&again);
	}
	buffer_free(&out);
	stanza_reset(&stanzas);
	return 0;
}
