#include "params.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "line.h"

/* A pair's name and value share one block, which begins with the name. */
static void
free_item(struct fcgi_nv *item)
{
	free((void *)(uintptr_t)item->name);
}

static int
copy_item(struct fcgi_nv *item, const void *name, size_t name_len, const void *value,
    size_t value_len)
{
	unsigned char *block;

	/* What the wire cannot carry is refused here, where the caller still knows its name. */
	if (name_len == 0 || fcgi_nv_size(name_len, value_len) == 0) {
		errno = EINVAL;
		return -FCGI_E_SYSTEM;
	}
	block = malloc(name_len + 1 + value_len + 1);
	if (block == NULL)
		return -FCGI_E_SYSTEM;
	memcpy(block, name, name_len);
	block[name_len] = '\0';
	if (value_len > 0)
		memcpy(block + name_len + 1, value, value_len);
	block[name_len + 1 + value_len] = '\0';
	*item = (struct fcgi_nv){
		.name = block,
		.name_len = name_len,
		.value = block + name_len + 1,
		.value_len = value_len,
	};
	return 0;
}

static int
has_name(const struct fcgi_nv *item, const void *name, size_t name_len)
{
	return item->name_len == name_len && memcmp(item->name, name, name_len) == 0;
}

static size_t
find(const struct params *params, const void *name, size_t name_len)
{
	size_t i;

	for (i = 0; i < params->count; i++)
		if (has_name(&params->items[i], name, name_len))
			break;
	return i;
}

/* Drops all of that name at index and behind it. */
static size_t
drop_from(struct params *params, size_t index, const void *name, size_t name_len)
{
	size_t from, to = index, dropped;

	for (from = index; from < params->count; from++) {
		if (has_name(&params->items[from], name, name_len))
			free_item(&params->items[from]);
		else
			params->items[to++] = params->items[from];
	}
	dropped = params->count - to;
	params->count = to;
	return dropped;
}

static int
reserve_one(struct params *params)
{
	size_t capacity = params->capacity == 0 ? 32 : 2 * params->capacity;
	struct fcgi_nv *items;

	if (params->count < params->capacity)
		return 0;
	items = reallocarray(params->items, capacity, sizeof *items);
	if (items == NULL)
		return -FCGI_E_SYSTEM;
	params->items = items;
	params->capacity = capacity;
	return 0;
}

void
params_reset(struct params *params)
{
	size_t i;

	for (i = 0; i < params->count; i++)
		free_item(&params->items[i]);
	free(params->items);
	*params = (struct params){ 0 };
}

int
params_add(struct params *params, const void *name, size_t name_len, const void *value,
    size_t value_len)
{
	int r = reserve_one(params);

	if (r == 0)
		r = copy_item(&params->items[params->count], name, name_len, value, value_len);
	if (r == 0)
		params->count++;
	return r;
}

int
params_set(struct params *params, const void *name, size_t name_len, const void *value,
    size_t value_len)
{
	size_t i = find(params, name, name_len);
	struct fcgi_nv old, item;
	int r;

	if (i == params->count)
		return params_add(params, name, name_len, value, value_len);
	r = copy_item(&item, name, name_len, value, value_len);
	if (r < 0)
		return r;
	old = params->items[i];
	params->items[i] = item;
	drop_from(params, i + 1, item.name, item.name_len);
	free_item(&old);
	return 0;
}

size_t
params_unset(struct params *params, const char *name)
{
	return drop_from(params, 0, name, strlen(name));
}

const char *
params_get(const struct params *params, const char *name)
{
	size_t i = find(params, name, strlen(name));

	return i < params->count ? (const char *)params->items[i].value : NULL;
}

/* How a pair goes into the params: params_add() or params_set(). */
typedef int put_fn(struct params *, const void *, size_t, const void *, size_t);

static int
put_pair(struct params *params, put_fn *put, const char *pair, size_t len)
{
	const char *equals = len > 0 ? memchr(pair, '=', len) : NULL;

	if (equals == NULL || equals == pair)
		return -FCGI_E_SYNTAX;
	return put(params, pair, (size_t)(equals - pair), equals + 1,
	    len - (size_t)(equals + 1 - pair));
}

int
params_set_pair(struct params *params, const char *pair)
{
	return put_pair(params, params_set, pair, strlen(pair));
}

int
params_add_environ(struct params *params, char *const *envp)
{
	int r;

	for (; *envp != NULL; envp++) {
		r = put_pair(params, params_add, *envp, strlen(*envp));
		if (r < 0 && r != -FCGI_E_SYNTAX)
			return r;
	}
	return 0;
}

static int
is_blank(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (line[i] != ' ' && line[i] != '\t')
			return 0;
	return 1;
}

static int
put_line(struct params *params, const char *line, size_t len)
{
	if (is_blank(line, len) || *line == '#')
		return 0;
	/* The other format given by mistake would become one variable of the whole file. */
	if (memchr(line, '\0', len) != NULL)
		return -FCGI_E_SYNTAX;
	return put_pair(params, params_set, line, len);
}

static int
put_entry(struct params *params, const char *entry, size_t len)
{
	return len == 0 ? 0 : put_pair(params, params_add, entry, len);
}

typedef int put_text_fn(struct params *, const char *, size_t);

static int
read_stream(struct params *params, FILE *file, int delimiter, put_text_fn *put, size_t *number)
{
	struct buffer text = { 0 };
	size_t left = LINE_FILE_MAX, count = 0;
	int r = 0, more = 0, saved;

	while (r == 0 && (more = line_read(&text, file, delimiter, &left)) > 0) {
		count++;
		r = put(params, (const char *)text.data, text.len);
	}
	*number = r < 0 ? count : 0;
	if (r == 0)
		r = more;
	saved = errno;
	buffer_free(&text);
	errno = saved;
	return r;
}

static int
read_file(struct params *params, const char *path, int delimiter, put_text_fn *put, size_t *number)
{
	FILE *file;
	int r, saved;

	*number = 0;
	if (strcmp(path, "-") == 0)
		return read_stream(params, stdin, delimiter, put, number);
	file = fopen(path, "re");
	if (file == NULL)
		return -FCGI_E_SYSTEM;
	r = read_stream(params, file, delimiter, put, number);
	saved = errno;
	fclose(file);
	errno = saved;
	return r;
}

int
params_read_env_file(struct params *params, const char *path, size_t *line)
{
	return read_file(params, path, '\n', put_line, line);
}

int
params_read_env0_file(struct params *params, const char *path, size_t *entry)
{
	return read_file(params, path, '\0', put_entry, entry);
}

size_t
params_wire_len(const struct params *params)
{
	size_t i, sum = 0;

	for (i = 0; i < params->count; i++)
		sum += fcgi_nv_size(params->items[i].name_len, params->items[i].value_len);
	return sum;
}

int
params_write(const struct params *params, struct fcgi_writer *writer)
{
	size_t i;

	for (i = 0; i < params->count; i++)
		(void)fcgi_writer_param(writer, &params->items[i]);
	return writer->error;
}
