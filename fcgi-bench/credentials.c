#include "credentials.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "fcgi_error.h"

static int
add(struct credentials *credentials, const char *user, const char *password)
{
	size_t count = credentials->count;
	struct credential *items = array_grow(credentials->items, count, sizeof *items);

	if (items == NULL)
		return -FCGI_E_SYSTEM;
	credentials->items = items;
	items[count] = (struct credential){ strdup(user), strdup(password) };
	credentials->count++;
	return items[count].user != NULL && items[count].password != NULL ? 0 : -FCGI_E_SYSTEM;
}

/* len: with its line ending. */
static int
take_line(struct credentials *credentials, char *text, size_t len, const char **why)
{
	char *password = strchr(text, ':');

	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len > 0 && text[len - 1] == '\r')
		text[--len] = '\0';
	*why = NULL;
	if (strlen(text) != len)
		*why = "a NUL in the line";
	else if (len == 0 || *text == '#')
		return 0;
	else if (*text == ':')
		*why = "the user's name is empty";
	else if (password == NULL)
		*why = "not USER:PASSWORD";
	if (*why != NULL)
		return -FCGI_E_SYNTAX;
	*password++ = '\0';
	return add(credentials, text, password);
}

int
credentials_read(struct credentials *credentials, FILE *file, size_t *line, const char **why)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0, saved;

	*line = 0;
	while (r == 0 && (len = getline(&text, &size, file)) > 0) {
		++*line;
		r = take_line(credentials, text, (size_t)len, why);
	}
	if (r == 0 && !feof(file))
		r = -FCGI_E_SYSTEM;
	saved = errno;
	if (text != NULL)
		explicit_bzero(text, size);
	free(text);
	errno = saved;
	return r;
}

void
credentials_reset(struct credentials *credentials)
{
	struct credential *item;
	size_t i;

	for (i = 0; i < credentials->count; i++) {
		item = &credentials->items[i];
		if (item->password != NULL)
			explicit_bzero(item->password, strlen(item->password));
		free(item->password);
		free(item->user);
	}
	free(credentials->items);
	*credentials = (struct credentials){ 0 };
}
