#include "preset_headers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "fcgi_error.h"

const struct preset_header *
preset_headers_asked(const struct preset_request *request, const char *name)
{
	size_t i;

	for (i = 0; i < request->header_count; i++)
		if (strcasecmp(request->headers[i].name, name) == 0)
			return &request->headers[i];
	return NULL;
}

static void
add(struct preset_headers *headers, const char *name, const char *value)
{
	headers->items[headers->count++] = (struct preset_header){ name, value };
}

static void
add_asked(struct preset_headers *headers, const struct preset_header *asked)
{
	if (asked->value == NULL)
		add(headers, asked->name, "");
	else if (asked->value[0] != '\0')
		add(headers, asked->name, asked->value);
}

static int
add_host(struct preset_headers *headers, const struct preset_request *request,
    const struct preset_url *url)
{
	const struct preset_header *asked = preset_headers_asked(request, "Host");
	int written = url->has_port && url->port != (url->https ? 443 : 80);

	/* It is the first, wherever it was asked for. */
	if (asked != NULL) {
		add_asked(headers, asked);
		return 0;
	}
	if (asprintf(&headers->host, written ? "%s:%d" : "%s", url->host, url->port) < 0) {
		headers->host = NULL;
		return -FCGI_E_SYSTEM;
	}
	add(headers, "Host", headers->host);
	return 0;
}

static int
add_authorization(struct preset_headers *headers, const struct preset_request *request)
{
	static const char scheme[] = "Basic ";
	char *plain, *coded;
	int len;

	if (request->user == NULL || preset_headers_asked(request, "Authorization") != NULL)
		return 0;
	len = asprintf(&plain, "%s:%s", request->user,
	    request->password != NULL ? request->password : "");
	if (len < 0)
		return -FCGI_E_SYSTEM;
	coded = calloc(1, sizeof scheme + BASE64_LEN((size_t)len));
	if (coded != NULL) {
		memcpy(coded, scheme, sizeof scheme - 1);
		base64_encode(coded + sizeof scheme - 1, plain, (size_t)len);
		headers->authorization = coded;
		add(headers, "Authorization", coded);
	}
	explicit_bzero(plain, (size_t)len);
	free(plain);
	return coded != NULL ? 0 : -FCGI_E_SYSTEM;
}

static void
add_body(struct preset_headers *headers, const struct preset_request *request)
{
	if (!request->has_body)
		return;
	if (preset_headers_asked(request, "Content-Length") == NULL &&
	    preset_headers_asked(request, "Transfer-Encoding") == NULL) {
		if (request->length_unknown) {
			add(headers, "Transfer-Encoding", "chunked");
		} else {
			snprintf(headers->length, sizeof headers->length, "%" PRIu64,
			    request->body_len);
			add(headers, "Content-Length", headers->length);
		}
	}
	if (preset_headers_asked(request, "Content-Type") == NULL)
		add(headers, "Content-Type", "application/x-www-form-urlencoded");
}

int
preset_headers_make(struct preset_headers *headers, const struct preset_request *request,
    const struct preset_url *url)
{
	const struct preset_header *asked;
	size_t i;
	int r;

	headers->items = calloc(request->header_count + 4, sizeof *headers->items);
	if (headers->items == NULL)
		return -FCGI_E_SYSTEM;
	r = add_host(headers, request, url);
	if (r == 0)
		r = add_authorization(headers, request);
	if (r < 0)
		return r;
	asked = preset_headers_asked(request, "Host");
	for (i = 0; i < request->header_count; i++)
		if (&request->headers[i] != asked)
			add_asked(headers, &request->headers[i]);
	add_body(headers, request);
	return 0;
}

void
preset_headers_reset(struct preset_headers *headers)
{
	if (headers->authorization != NULL)
		explicit_bzero(headers->authorization, strlen(headers->authorization));
	free(headers->authorization);
	free(headers->host);
	free(headers->items);
	*headers = (struct preset_headers){ 0 };
}

const char *
preset_headers_get(const struct preset_headers *headers, const char *name)
{
	size_t i;

	for (i = 0; i < headers->count; i++)
		if (strcasecmp(headers->items[i].name, name) == 0)
			return headers->items[i].value;
	return NULL;
}
