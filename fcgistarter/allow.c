#include "allow.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_MAX = 64 };

/* What is wrong with an item, NULL if nothing is. */
static const char *
fault(const char *item)
{
	struct in_addr address;

	if (item[0] == '\0')
		return "an address is missing";
	if (strchr(item, ':') != NULL)
		return "only IPv4 addresses can be listed";
	if (strchr(item, '/') != NULL)
		return "a network cannot be listed, only single addresses";
	/* Stricter than inet_addr(3), by which applications read it: 010.0.0.1 is 8.0.0.1 there. */
	if (inet_pton(AF_INET, item, &address) != 1)
		return "not an IPv4 address";
	if (address.s_addr == INADDR_ANY || address.s_addr == INADDR_NONE)
		return "no web server has that address";
	return NULL;
}

char *
allow_parse(const char *text, char *why, size_t why_size)
{
	char *list = malloc(strlen(text) + 1);
	char item[ITEM_MAX];
	const char *wrong;
	const char *p = text;
	const char *end;
	char *dst = list;
	size_t len;

	if (list == NULL) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	for (;; p++) {
		/* Blanks are for a person: to an application they are a part of the address. */
		p += strspn(p, " \t");
		end = p + strcspn(p, ",");
		for (len = (size_t)(end - p); len > 0 && strchr(" \t", p[len - 1]) != NULL;)
			len--;
		snprintf(item, sizeof item, "%.*s", (int)len, p);
		/* What is cut here is too long to be an address. */
		wrong = fault(item);
		if (wrong != NULL) {
			snprintf(why, why_size, "%s%s%s", item, len > 0 ? ": " : "", wrong);
			free(list);
			return NULL;
		}
		dst = stpcpy(dst, item);
		p = end;
		if (*p == '\0')
			return list;
		*dst++ = ',';
	}
}

int
allow_permitted(const struct addr_socket *listener, char *why, size_t why_size)
{
	if (listener->sa.ss_family == AF_INET)
		return 0;
	snprintf(why, why_size, "applications look at IPv4 peers only and let everybody in on %s",
	    listener->sa.ss_family == AF_INET6 ? "an IPv6 address" : "a UNIX socket");
	return -1;
}
