#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_nv.h"

struct request *
request_new(struct request_list *spare)
{
	struct request *request = TAILQ_FIRST(spare);
	struct buffer params = { 0 }, page = { 0 };

	if (request != NULL) {
		TAILQ_REMOVE(spare, request, entry);
		params = request->params;
		page = request->page;
	} else {
		request = malloc(sizeof *request);
		if (request == NULL)
			return NULL;
	}
	memset(request, 0, offsetof(struct request, state));
	request->params = params;
	request->page = page;
	request->spool.fd = -1;
	return request;
}

void
request_free(struct request *request, struct request_list *spare)
{
	buffer_clear(&request->params);
	buffer_clear(&request->page);
	spool_close(&request->spool);
	/* The last one used is the one still in the caches. */
	TAILQ_INSERT_HEAD(spare, request, entry);
}

void
request_drop_spare(struct request_list *spare)
{
	struct request *request;

	while ((request = TAILQ_FIRST(spare)) != NULL) {
		TAILQ_REMOVE(spare, request, entry);
		buffer_free(&request->params);
		buffer_free(&request->page);
		free(request);
	}
}

static int
is_named(const struct fcgi_nv *nv, const char *name)
{
	return memcmp(nv->name, name, nv->name_len) == 0;
}

void
request_read_params(struct request *request)
{
	const unsigned char *p = request->params.data, *end = p + request->params.len;
	struct fcgi_slice script_name = { NULL, 0 }, path_info = { NULL, 0 };
	struct fcgi_nv nv;
	size_t count = 0;
	int r;

	while ((r = fcgi_nv_next(&p, end, &nv)) > 0) {
		count++;
		if (nv.name_len == 9 && is_named(&nv, "PATH_INFO"))
			path_info = (struct fcgi_slice){ nv.value, nv.value_len };
		else if (nv.name_len == 11 && is_named(&nv, "SCRIPT_NAME"))
			script_name = (struct fcgi_slice){ nv.value, nv.value_len };
		else if (nv.name_len == 14 && is_named(&nv, "REQUEST_METHOD"))
			request->method = (struct fcgi_slice){ nv.value, nv.value_len };
	}
	request->params_count = count;
	request->malformed = r < 0;
	request->path = path_info.len > 0 ? path_info : script_name;
	request->head = request->method.len == 4 && memcmp(request->method.data, "HEAD", 4) == 0;
}

int
request_param(const struct request *request, const char *name, struct fcgi_slice *value)
{
	const unsigned char *p = request->params.data, *end = p + request->params.len;
	size_t len = strlen(name);
	struct fcgi_nv nv;
	int found = 0;

	while (fcgi_nv_next(&p, end, &nv) > 0) {
		if (nv.name_len != len || !is_named(&nv, name))
			continue;
		*value = (struct fcgi_slice){ nv.value, nv.value_len };
		found = 1;
	}
	return found;
}

int
request_argument(const struct request *request, char *dst, size_t size)
{
	size_t len = request->argument.len;

	if (len >= size || (len > 0 && memchr(request->argument.data, '\0', len) != NULL))
		return -FCGI_E_SPACE;
	if (len > 0)
		memcpy(dst, request->argument.data, len);
	dst[len] = '\0';
	return 0;
}
