#include "allow.h"

#include <arpa/inet.h>
#include <string.h>
#include <bsd/string.h>

#include "fcgi_error.h"

static void
map_v4(struct in6_addr *v6, const struct in_addr *v4)
{
	memset(v6, 0, sizeof *v6);
	v6->s6_addr[10] = 0xff;
	v6->s6_addr[11] = 0xff;
	memcpy(v6->s6_addr + 12, v4, sizeof *v4);
}

static int
parse_one(struct in6_addr *v6, const char *text)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		map_v4(v6, &v4);
		return 0;
	}
	return inet_pton(AF_INET6, text, v6) == 1 ? 0 : -FCGI_E_SYNTAX;
}

/* One item without the blanks and brackets around it. */
static void
copy_item(char *dst, size_t size, const char *p, size_t len)
{
	while (len > 0 && strchr(" \t[", *p) != NULL) {
		p++;
		len--;
	}
	while (len > 0 && strchr(" \t]", p[len - 1]) != NULL)
		len--;
	strlcpy(dst, p, len + 1 < size ? len + 1 : size);
}

int
allow_parse(struct allow *allow, const char *list, char *bad, size_t bad_size)
{
	size_t len;

	*allow = (struct allow){ 0 };
	if (list == NULL || *list == '\0')
		return 0;
	allow->listed = 1;
	do {
		len = strcspn(list, ",");
		copy_item(bad, bad_size, list, len);
		if (allow->count == ALLOW_MAX)
			return -FCGI_E_SPACE;
		if (parse_one(&allow->addrs[allow->count], bad) < 0)
			return -FCGI_E_SYNTAX;
		allow->count++;
		list += len;
	} while (*list++ == ',');
	return 0;
}

static int
peer_address(struct in6_addr *v6, int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;

	if (getpeername(fd, (struct sockaddr *)&sa, &len) < 0)
		return -1;
	switch (sa.ss_family) {
	case AF_INET:
		map_v4(v6, &((struct sockaddr_in *)&sa)->sin_addr);
		return 0;
	case AF_INET6:
		*v6 = ((struct sockaddr_in6 *)&sa)->sin6_addr;
		return 0;
	default:
		return -1;
	}
}

int
allow_permits(const struct allow *allow, int fd)
{
	struct in6_addr peer;
	size_t i;

	if (!allow->listed)
		return 1;
	if (peer_address(&peer, fd) < 0)
		return 0;
	for (i = 0; i < allow->count; i++)
		if (memcmp(&allow->addrs[i], &peer, sizeof peer) == 0)
			return 1;
	return 0;
}
