#include "command_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads what is in the file but its comment lines.  NULL with errno on failure. */
static char *
read_commands(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, *text = NULL, *larger;
	size_t line_size = 0, len = 0;
	ssize_t n;
	int error = 0;

	if (file == NULL)
		return NULL;
	text = calloc(1, 1);
	while (text != NULL && (n = getline(&line, &line_size, file)) > 0) {
		if (line[0] == '#')
			continue;
		larger = realloc(text, len + (size_t)n + 1);
		if (larger == NULL) {
			free(text);
			text = NULL;
			break;
		}
		text = larger;
		/* A NUL byte ends what can be an argument; getline(3) terminates the line itself. */
		strcpy(text + len, line);
		len += strlen(line);
	}
	if (text == NULL || ferror(file))
		error = errno;
	free(line);
	fclose(file);
	if (error != 0) {
		free(text);
		text = NULL;
		errno = error;
	}
	return text;
}

/*
 * Takes one word off *p, unquoted, to dst.
 * Returns the end of the word in dst, or NULL when a quote is not closed; *found tells whether there
 * was a word at all.
 */
static char *
next_word(const char **p, char *dst, int *found)
{
	char quote = '\0';
	const char *s = *p + strspn(*p, " \t\r\n");

	*found = *s != '\0';
	for (; *s != '\0' && (quote != '\0' || strchr(" \t\r\n", *s) == NULL); s++) {
		if (quote != '\0' && *s == quote)
			quote = '\0';
		else if (quote == '\0' && (*s == '\'' || *s == '"'))
			quote = *s;
		else if (*s == '\\' && quote != '\'' && s[1] != '\0')
			*dst++ = *++s;
		else
			*dst++ = *s;
	}
	*p = s;
	*dst++ = '\0';
	return quote == '\0' ? dst : NULL;
}

char **
command_file_read(const char *path, const char *name, int *argc)
{
	char *text = read_commands(path), *words, **argv;
	const char *p = text;
	size_t len;
	int found = 1;

	if (text == NULL)
		return NULL;
	/* There are at most as many words as every other character begins one. */
	len = strlen(text);
	argv = malloc((len / 2 + 4) * sizeof *argv + len + 2 + strlen(name) + 1);
	if (argv == NULL) {
		free(text);
		return NULL;
	}
	words = (char *)(argv + len / 2 + 4);
	*argc = 0;
	argv[(*argc)++] = strcpy(words, name);
	words += strlen(name) + 1;
	while (found) {
		argv[*argc] = words;
		words = next_word(&p, words, &found);
		if (words == NULL) {
			free(argv);
			free(text);
			errno = EINVAL;
			return NULL;
		}
		*argc += found;
	}
	argv[*argc] = NULL;
	free(text);
	return argv;
}
