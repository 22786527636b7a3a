/*
 * Addresses: what is read is within bounds, and what is written of it reads as the same address.
 * Host names are not resolved: that would ask the network.
 *
 *	all bytes	the text, up to a NUL
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "addr.h"
#include "fcgi_error.h"
#include "target.h"

/* A relative path may have got a "./" that says: path. */
static int
same_name(const struct addr *a, const struct addr *b)
{
	if (strcmp(a->name, b->name) == 0)
		return 1;
	return a->kind == ADDR_UNIX && strncmp(b->name, "./", 2) == 0 &&
	    strcmp(a->name, b->name + 2) == 0;
}

static void
check_socket(const struct addr *addr, const char *text)
{
	char out[ADDR_TEXT_MAX];
	struct addr_socket socket;
	int gai = -1;

	must(addr_resolve(addr, 1, &socket, &gai) == 1);
	must(gai == 0);
	must(socket.len <= sizeof(struct sockaddr_un));
	addr_format_socket(out, sizeof out, &socket);
	must(strcmp(out, text) == 0 || (strncmp(text, "./", 2) == 0 && strcmp(out, text + 2) == 0));
}

static void
check_read(const struct addr *addr)
{
	char text[ADDR_TEXT_MAX + 2];
	char small[8];
	struct addr again;
	int r;

	must(addr->name[sizeof addr->name - 1] == '\0' || strlen(addr->name) < sizeof addr->name);
	must(addr->port >= 0 && (addr->kind == ADDR_FD || addr->port <= 65535));
	addr_format(text, sizeof text, addr);
	must(strlen(text) < ADDR_TEXT_MAX);
	r = addr_parse(&again, text);
	/* The longest path that reads as something else has no room for the "./". */
	if (r == -FCGI_E_PATH_LENGTH) {
		must(addr->kind == ADDR_UNIX && strlen(addr->name) > 105);
		return;
	}
	must(r == 0);
	must(again.kind == addr->kind && again.port == addr->port && same_name(addr, &again));
	addr_format(small, sizeof small, addr);
	must(strlen(small) < sizeof small && strncmp(small, text, strlen(small)) == 0);
	if (addr->kind == ADDR_UNIX || addr->kind == ADDR_ABSTRACT)
		check_socket(addr, text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct addr *addr = malloc(sizeof *addr);
	char *text = malloc(size + 1);
	int r;

	must(addr != NULL && text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	/* Nothing in it is ours to rely on before it is read. */
	memset(addr, 0xee, sizeof *addr);
	r = addr_parse(addr, text);
	must(r == 0 || r == -FCGI_E_ADDRESS || r == -FCGI_E_PATH_LENGTH);
	if (r == 0)
		check_read(addr);
	free(text);
	free(addr);
	return 0;
}
