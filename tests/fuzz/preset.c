/*
 * Presets and URLs: whatever the text and the request are, there are variables or a reason, and a
 * path that has been normalized leads nowhere else.
 *
 *	up to a NUL	the preset; one digit is the name of a built-in one, by number
 *	up to a NUL	the URL, then the target, the script, and names and values of headers
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/must.h"
#include "fcgi_error.h"
#include "preset.h"
#include "target.h"

enum { HEADERS_MAX = 8 };

/* The text up to the next NUL; an empty one is not given. */
static const char *
take(char **p)
{
	char *text = *p;

	*p += strlen(text) + 1;
	return *text != '\0' ? text : NULL;
}

static void
read_request(struct preset_request *request, struct preset_header *headers, char *p, char *end)
{
	static const char *const passed[] = { "Authorization" };

	*request = (struct preset_request){
		.headers = headers,
		.user = "user",
		.has_body = (end - p) % 2 == 1,
		.body_len = 7,
		.pass_headers = passed,
		.pass_header_count = (size_t)(end - p) % 4 / 2,
	};
	if (p < end)
		request->url = take(&p);
	if (p < end)
		request->target = take(&p);
	if (p < end)
		request->script = take(&p);
	while (p < end && request->header_count < HEADERS_MAX) {
		struct preset_header *header = &headers[request->header_count++];

		header->name = p;
		p += strlen(p) + 1;
		header->value = p < end ? take(&p) : NULL;
	}
}

static void
check_path(const struct params *params, const char *name)
{
	const char *path = params_get(params, name);

	if (path == NULL || *path != '/')
		return;
	must(strstr(path, "/../") == NULL && strstr(path, "//") == NULL);
	must(strlen(path) < 3 || strcmp(path + strlen(path) - 3, "/..") != 0);
}

static void
check(const char *name, const struct preset_request *request)
{
	struct params params = { 0 };
	char why[64];
	size_t i;
	int r;

	memset(why, 'x', sizeof why);
	r = preset_apply(&params, name, request, why, sizeof why);
	must(r == 0 || r == -FCGI_E_SYNTAX);
	must(memchr(why, '\0', sizeof why) != NULL && (r == 0) == (*why == '\0'));
	for (i = 0; i < params.count; i++)
		/* A user may have any bytes in it, as Basic authentication has. */
		must(params.items[i].name_len > 0 &&
		    params.items[i].value[params.items[i].value_len] == '\0');
	if (r == 0 && request->script == NULL && strncmp(name, "nginx", 5) == 0)
		check_path(&params, "SCRIPT_NAME");
	params_reset(&params);
}

/* A file of one's own, without a place in the file system. */
static void
check_text(const char *text, size_t len, const struct preset_request *request)
{
	char name[64];
	int fd = memfd_create("preset", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	check(name, request);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct preset_header headers[HEADERS_MAX];
	struct preset_request request;
	char *text = malloc(size + 1), *rest;
	const char *name;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	rest = text + strlen(text) + 1;
	read_request(&request, headers, rest < text + size ? rest : text + size, text + size);
	if (strlen(text) == 1 && *text >= '0' && *text <= '9' + 4) {
		name = preset_name((size_t)(*text - '0'));
		must(name != NULL);
		check(name, &request);
	} else {
		check_text(text, strlen(text), &request);
	}
	free(text);
	return 0;
}
