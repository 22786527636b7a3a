#include "preset_url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi_error.h"
#include "number.h"

static int
fail(const char **why, const char *what)
{
	*why = what;
	return -FCGI_E_SYNTAX;
}

/* A request line has no room for blanks and controls. */
static int
has_blank(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return 1;
	return 0;
}

/* The length of "http://" or "https://" at the head of it, or 0. */
static size_t
scheme_len(const char *text, int *https)
{
	*https = strncasecmp(text, "https://", 8) == 0;
	if (*https)
		return 8;
	return strncasecmp(text, "http://", 7) == 0 ? 7 : 0;
}

static int
read_port(struct preset_url *url, const char *p, const char *end, const char **why)
{
	int port = 0;

	if (p == end)
		return 0;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9' || port > 65535)
			return fail(why, "the port is no number up to 65535");
		port = port * 10 + (*p - '0');
	}
	if (port == 0 || port > 65535)
		return fail(why, "the port is no number up to 65535");
	url->port = port;
	url->has_port = 1;
	return 0;
}

static int
read_authority(struct preset_url *url, const char *p, const char *end, const char **why)
{
	const char *colon;

	if (memchr(p, '@', (size_t)(end - p)) != NULL)
		return fail(why, "the user does not belong into the URL");
	if (p < end && *p == '[') {
		colon = memchr(p, ']', (size_t)(end - p));
		if (colon == NULL)
			return fail(why, "there is no ']' behind the address");
		colon++;
		if (colon < end && *colon != ':')
			return fail(why, "there is something between ']' and ':'");
	} else {
		colon = memchr(p, ':', (size_t)(end - p));
		if (colon == NULL)
			colon = end;
	}
	if (colon == p)
		return fail(why, "there is no host in it");
	url->host = strndup(p, (size_t)(colon - p));
	if (url->host == NULL)
		return -FCGI_E_SYSTEM;
	return colon < end ? read_port(url, colon + 1, end, why) : 0;
}

int
preset_url_read(struct preset_url *url, const char *text, const char **why)
{
	size_t skip = scheme_len(text, &url->https), len;
	const char *path, *fragment;
	int r;

	if (has_blank(text))
		return fail(why, "there is a blank or a control character in it");
	if (skip == 0 && text[0] != '/')
		return fail(why, "it begins neither with http:// or https:// nor with /");
	path = text + skip + (skip > 0 ? strcspn(text + skip, "/?#") : 0);
	fragment = path + strcspn(path, "#");
	url->port = url->https ? 443 : 80;
	if (skip > 0)
		r = read_authority(url, text + skip, path, why);
	else
		r = (url->host = strdup("localhost")) != NULL ? 0 : -FCGI_E_SYSTEM;
	if (r < 0)
		return r;
	/* A client sends at least the slash. */
	len = (size_t)(fragment - path);
	url->target = malloc(len + 2);
	if (url->target == NULL)
		return -FCGI_E_SYSTEM;
	url->target[0] = '/';
	skip = *path != '/';
	memcpy(url->target + skip, path, len);
	url->target[skip + len] = '\0';
	return 0;
}

void
preset_url_reset(struct preset_url *url)
{
	free(url->host);
	free(url->target);
	*url = (struct preset_url){ 0 };
}

const char *
preset_url_origin(const char *target)
{
	int https;
	size_t skip = scheme_len(target, &https);

	return skip > 0 ? target + skip + strcspn(target + skip, "/?#") : target;
}

static const char *
why_refused(int byte, unsigned int rules)
{
	if (byte == 0)
		return "%00 in the path";
	if ((rules & PATH_REFUSE_CONTROL) != 0 && (byte < ' ' || byte == 0x7f))
		return "a control character in the path";
	if ((rules & PATH_REFUSE_SLASH) != 0 && byte == '/')
		return "%2F in the path";
	if ((rules & PATH_REFUSE_BAD_UTF8) != 0 && (byte == 0xc0 || byte == 0xc1 || byte >= 0xf5))
		return "a byte in the path that UTF-8 never has";
	return NULL;
}

static int
decode(char *path, unsigned int rules, const char **why)
{
	const char *from = path;
	char *to = path;
	int byte;

	while (*from != '\0') {
		byte = *from == '%' ? number_hex_byte(from + 1) : -1;
		if (byte < 0 && *from == '%' && (rules & PATH_REFUSE_BAD_ESCAPE) != 0)
			return fail(why, "a '%' in the path without two digits");
		if (byte < 0 && (unsigned char)*from < 0x80) {
			*to++ = *from++;
			continue;
		}
		*why = why_refused(byte < 0 ? (unsigned char)*from : byte, rules);
		if (*why != NULL)
			return -FCGI_E_SYNTAX;
		*to++ = byte < 0 ? *from : (char)byte;
		from += byte < 0 ? 1 : 3;
	}
	*to = '\0';
	return 0;
}

static void
merge_slashes(char *path)
{
	const char *from;
	char *to = path;

	for (from = path; *from != '\0'; from++)
		if (*from != '/' || to == path || to[-1] != '/')
			*to++ = *from;
	*to = '\0';
}

/* The path begins with a slash, and so does what is left of it. */
static int
resolve_dots(char *path, unsigned int rules, const char **why)
{
	const char *from = path;
	char *to = path;
	size_t len;

	while (*from == '/') {
		len = strcspn(from + 1, "/");
		if (len == 1 && from[1] == '.') {
			from += 2;
		} else if (len == 2 && from[1] == '.' && from[2] == '.') {
			if (to == path && (rules & PATH_REFUSE_ABOVE_ROOT) != 0)
				return fail(why, "a '..' in the path that leads above the root");
			while (to > path && *--to != '/')
				continue;
			from += 3;
		} else {
			memmove(to, from, len + 1);
			to += len + 1;
			from += len + 1;
			continue;
		}
		/* What ended in a dot segment is a directory. */
		if (*from == '\0')
			*to++ = '/';
	}
	*to = '\0';
	return 0;
}

int
preset_path_simplify(char *path, unsigned int rules, const char **why)
{
	if ((rules & PATH_MERGE_SLASHES) != 0)
		merge_slashes(path);
	if ((rules & PATH_DOT_SEGMENTS) != 0 && path[0] == '/')
		return resolve_dots(path, rules, why);
	return 0;
}

int
preset_path_decode(char *path, unsigned int rules, const char **why)
{
	int r = decode(path, rules, why);

	return r < 0 ? r : preset_path_simplify(path, rules, why);
}
