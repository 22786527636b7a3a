#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_nv.h"

struct request *
request_new(struct request_stack *spare)
{
	struct request *request = SLIST_FIRST(spare);

	if (request != NULL) {
		SLIST_REMOVE_HEAD(spare, spare);
		memset(request, 0, offsetof(struct request, spare));
	} else {
		request = calloc(1, sizeof *request);
		if (request == NULL)
			return NULL;
		request->spool.fd = -1;
	}
	/* Whoever walks through none of them does arithmetic with it all the same. */
	request->params.data = (const unsigned char *)"";
	return request;
}

void
request_free(struct request *request, struct request_stack *spare)
{
	if (request->kept.len > 0)
		buffer_clear(&request->kept);
	if (request->page.len > 0)
		buffer_clear(&request->page);
	if (request->spool.fd >= 0)
		spool_close(&request->spool);
	/* The last one used is the one still in the caches. */
	SLIST_INSERT_HEAD(spare, request, spare);
}

void
request_drop_spare(struct request_stack *spare)
{
	struct request *request;

	while ((request = SLIST_FIRST(spare)) != NULL) {
		SLIST_REMOVE_HEAD(spare, spare);
		buffer_free(&request->kept);
		buffer_free(&request->page);
		free(request);
	}
}

int
request_add_params(struct request *request, const struct fcgi_slice *slice)
{
	if (request->params.len == 0) {
		request->params = *slice;
		return 0;
	}
	if (request_keep_params(request) < 0 ||
	    buffer_append(&request->kept, slice->data, slice->len) < 0)
		return -FCGI_E_SYSTEM;
	request->params = (struct fcgi_slice){ request->kept.data, request->kept.len };
	return 0;
}

/* Lets a part of PARAMS point to where they are now. */
static void
move(struct fcgi_slice *part, const unsigned char *from, const unsigned char *to)
{
	if (part->data != NULL)
		part->data = to + (part->data - from);
}

int
request_keep_params(struct request *request)
{
	const unsigned char *from = request->params.data;

	if (request->params.len == 0 || from == request->kept.data)
		return 0;
	if (buffer_append(&request->kept, from, request->params.len) < 0)
		return -FCGI_E_SYSTEM;
	request->params.data = request->kept.data;
	move(&request->method, from, request->kept.data);
	move(&request->path, from, request->kept.data);
	move(&request->argument, from, request->kept.data);
	return 0;
}

/* Of a name that is as long. */
static inline int
is_named(const struct fcgi_nv *nv, const char *name)
{
	return memcmp(nv->name, name, strlen(name)) == 0;
}

static inline struct fcgi_slice
value_of(const struct fcgi_nv *nv)
{
	return (struct fcgi_slice){ nv->value, nv->value_len };
}

void
request_read_params(struct request *request)
{
	const unsigned char *p = request->params.data, *end = p + request->params.len;
	struct fcgi_slice script_name = { NULL, 0 }, path_info = { NULL, 0 }, role = { NULL, 0 };
	struct fcgi_nv nv;
	int r;

	/* One walk for all of them: it is the most of what a small request costs. */
	while ((r = fcgi_nv_next(&p, end, &nv)) > 0) {
		switch (nv.name_len) {
		case 9:
			if (is_named(&nv, "PATH_INFO"))
				path_info = value_of(&nv);
			else if (is_named(&nv, "FCGI_ROLE"))
				role = value_of(&nv);
			break;
		case 11:
			if (is_named(&nv, "SCRIPT_NAME"))
				script_name = value_of(&nv);
			break;
		case 14:
			if (is_named(&nv, "REQUEST_METHOD"))
				request->method = value_of(&nv);
			break;
		case 16:
			if (is_named(&nv, "FCGI_APACHE_ROLE"))
				request->for_authorizer = 1;
			break;
		default:
			break;
		}
	}
	if (role.len == 10 && memcmp(role.data, "AUTHORIZER", role.len) == 0)
		request->for_authorizer = 1;
	request->malformed = r < 0;
	request->path = path_info.len > 0 ? path_info : script_name;
	request->head = request->method.len == 4 && memcmp(request->method.data, "HEAD", 4) == 0;
}

size_t
request_count_params(const struct request *request)
{
	const unsigned char *p = request->params.data, *end = p + request->params.len;
	struct fcgi_nv nv;
	size_t count = 0;

	while (fcgi_nv_next(&p, end, &nv) > 0)
		count++;
	return count;
}

int
request_param(const struct request *request, const char *name, struct fcgi_slice *value)
{
	const unsigned char *p = request->params.data, *end = p + request->params.len;
	size_t len = strlen(name);
	struct fcgi_nv nv;
	int found = 0;

	while (fcgi_nv_next(&p, end, &nv) > 0) {
		if (nv.name_len != len || memcmp(nv.name, name, len) != 0)
			continue;
		*value = value_of(&nv);
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
