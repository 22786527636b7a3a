#include "preset_builtin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "line.h"

static const struct preset_builtin *
find(const struct preset_builtin *builtins, const char *name)
{
	for (; builtins->name != NULL; builtins++)
		if (strcmp(builtins->name, name) == 0)
			return builtins;
	return NULL;
}

static int
fail_unknown(const struct preset_builtin *builtins, const char *kind, const char *name, char *why,
    size_t why_size)
{
	int len = snprintf(why, why_size, "there is no %s '%s'; there are:", kind, name);

	for (; len >= 0 && (size_t)len < why_size && builtins->name != NULL; builtins++)
		len += snprintf(why + len, why_size - (size_t)len, " %s", builtins->name);
	return -FCGI_E_SYNTAX;
}

static int
read_file(struct buffer *text, const char *path, char *why, size_t why_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd >= 0 ? buffer_read(text, fd, LINE_FILE_MAX) : -FCGI_E_SYSTEM;

	if (r < 0)
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

const char *
preset_builtin_name(const struct preset_builtin *builtins, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (builtins[i].name == NULL)
			return NULL;
	return builtins[index].name;
}

int
preset_builtin_read(struct buffer *text, const struct preset_builtin *builtins, const char *kind,
    const char *name, char *why, size_t why_size)
{
	const struct preset_builtin *builtin;

	*why = '\0';
	if (strchr(name, '/') != NULL)
		return read_file(text, name, why, why_size);
	builtin = find(builtins, name);
	if (builtin == NULL)
		return fail_unknown(builtins, kind, name, why, why_size);
	return buffer_append(text, builtin->text, strlen(builtin->text));
}
