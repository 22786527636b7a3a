#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "identity.h"

static void
set_port(struct addr_socket *address, int port)
{
	if (address->sa.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&address->sa)->sin6_port = htons((in_port_t)port);
	else
		((struct sockaddr_in *)&address->sa)->sin_port = htons((in_port_t)port);
}

static int
get_port(const struct addr_socket *address)
{
	if (address->sa.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&address->sa)->sin6_port);
	return ntohs(((const struct sockaddr_in *)&address->sa)->sin_port);
}

/* -i NAME: brackets around an IPv6 address are allowed, since other tools want them. */
static int
resolve_interface(struct interface *interface, const char *name, const struct cli *cli)
{
	struct addr addr = { .kind = ADDR_INET };
	size_t len = strlen(name);
	size_t skip = name[0] == '[' && name[len - 1] == ']';
	int gai = EAI_NONAME;

	interface->name = name;
	interface->count = -FCGI_E_RESOLVE;
	if (len - 2 * skip < sizeof addr.name) {
		memcpy(addr.name, name + skip, len - 2 * skip);
		interface->count = addr_resolve(&addr, 1, interface->sockets, &gai);
	}
	if (interface->count > 0)
		return 0;
	cli_error(cli, "-i %s: %s", name, gai == EAI_SYSTEM ? strerror(errno) : gai_strerror(gai));
	return -1;
}

static int
resolve_interfaces(struct listeners *listeners, const struct options *options)
{
	size_t count = options->interfaces.count > 0 ? options->interfaces.count : 1;
	const char *name;
	size_t i;

	listeners->interfaces = calloc(count, sizeof *listeners->interfaces);
	if (listeners->interfaces == NULL) {
		cli_error(&options->cli, "out of memory");
		return -1;
	}
	listeners->interface_count = count;
	for (i = 0; i < count; i++) {
		name = options->interfaces.count > 0 ? options->interfaces.items[i] : "127.0.0.1";
		if (resolve_interface(&listeners->interfaces[i], name, &options->cli) < 0)
			return -1;
	}
	for (i = 0; i < listeners->count; i++)
		listeners->items[i].interface = &listeners->interfaces[i % count];
	return 0;
}

/* The path of one instance: %i is its number, %% a percent sign.  NULL when memory is short. */
static char *
expand(const char *pattern, size_t instance)
{
	char *path = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&path, &size);

	if (out == NULL)
		return NULL;
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%')
			putc(*pattern, out);
		else if (*++pattern == 'i')
			fprintf(out, "%zu", instance);
		else
			putc('%', out);
	}
	if (fclose(out) == 0)
		return path;
	free(path);
	return NULL;
}

/* A relative name is in the directory of --ipc-dir. */
static char *
expand_below(const char *directory, const char *pattern, size_t instance)
{
	char *name = expand(pattern, instance), *path = NULL;

	if (name == NULL || directory == NULL || name[0] == '/' || name[0] == '@')
		return name;
	if (asprintf(&path, "%s/%s", directory, name) < 0)
		path = NULL;
	free(name);
	return path;
}

static int
resolve_paths(struct listeners *listeners, const struct options *options)
{
	struct listener *listener;
	struct addr addr;
	size_t i;
	int gai;
	int r;

	for (i = 0; i < listeners->count; i++) {
		listener = &listeners->items[i];
		listener->path = expand_below(options->ipc_dir, options->socket, i);
		if (listener->path == NULL) {
			cli_error(&options->cli, "out of memory");
			return -1;
		}
		r = addr_parse(&addr, listener->path);
		if (r == 0 && addr.kind != ADDR_UNIX && addr.kind != ADDR_ABSTRACT)
			r = -FCGI_E_ADDRESS;
		if (r == 0)
			r = addr_resolve(&addr, 1, &listener->address, &gai);
		if (r < 0) {
			cli_error(&options->cli, "-s %s: %s", listener->path,
			    r == -FCGI_E_ADDRESS ? "not the path of a socket" : fcgi_strerror(r));
			return -1;
		}
		free(listener->path);
		listener->path = addr.kind == ADDR_UNIX ? strdup(addr.name) : NULL;
	}
	return 0;
}

int
listeners_resolve(struct listeners *listeners, const struct options *options)
{
	size_t count = options->per_instance ? (size_t)options->instances : 1;
	size_t i;

	*listeners = (struct listeners){ .items = calloc(count, sizeof *listeners->items) };
	if (listeners->items == NULL) {
		cli_error(&options->cli, "out of memory");
		return -1;
	}
	listeners->count = count;
	for (i = 0; i < count; i++)
		listeners->items[i].fd = -1;
	return options->socket != NULL ? resolve_paths(listeners, options)
				       : resolve_interfaces(listeners, options);
}

static void
tell_failure(const struct options *options, struct listener *listener, int result)
{
	const char *why = result == -FCGI_E_SYSTEM ? strerror(errno) : fcgi_strerror(result);
	char denied[512] = "";
	char text[ADDR_TEXT_MAX];

	if (result == -FCGI_E_SYSTEM && errno == EACCES && listener->path != NULL)
		addr_explain_denied(denied, sizeof denied, listener->path);
	addr_format_socket(text, sizeof text, &listener->address);
	if (denied[0] != '\0')
		cli_error(&options->cli, "%s: %s (%s)", text, why, denied);
	else
		cli_error(&options->cli, "%s: %s", text, why);
}

/* The first address of the name that this host has; a name may have one that it has not. */
static int
open_port(struct listener *listener, const struct addr_listen_options *how, int port)
{
	const struct interface *interface = listener->interface;
	int r = -FCGI_E_SYSTEM;

	for (listener->chosen = 0; listener->chosen < interface->count; listener->chosen++) {
		listener->address = interface->sockets[listener->chosen];
		set_port(&listener->address, port);
		r = addr_listen(&listener->address, how, NULL);
		if (r >= 0 || (errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT))
			return r;
	}
	return r;
}

/* The directory of relative socket names: for us and the group of the sockets alone. */
static int
make_ipc_dir(const struct options *options, gid_t group)
{
	const char *path = options->ipc_dir;
	struct stat st;

	if (mkdir(path, 0710) == 0) {
		/* Whatever the umask has taken away. */
		if (chmod(path, 0710) == 0 &&
		    (group == (gid_t)-1 || chown(path, (uid_t)-1, group) == 0))
			return 0;
	} else if (errno == EEXIST && stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	cli_error(&options->cli, "--ipc-dir %s: %s", path, strerror(errno));
	return -1;
}

int
listeners_open(struct listeners *listeners, const struct options *options)
{
	struct addr_listen_options how = {
		.backlog = options->backlog,
		.mode = options->mode,
		.owner = (uid_t)-1,
		.group = (gid_t)-1,
	};
	struct listener *listener;
	char why[256];
	size_t i;

	if (options->socket_owner != NULL &&
	    identity_owner(&how.owner, &how.group, options->socket_owner, why, sizeof why) < 0) {
		cli_error(&options->cli, "--socket-owner %s: %s", options->socket_owner, why);
		return -1;
	}
	if (options->ipc_dir != NULL && make_ipc_dir(options, how.group) < 0)
		return -1;
	for (i = 0; i < listeners->count; i++) {
		listener = &listeners->items[i];
		if (options->socket != NULL)
			listener->fd = addr_listen(&listener->address, &how, &listener->file);
		else
			listener->fd = open_port(listener, &how,
			    options->port > 0 ? options->port + (int)i : 0);
		if (listener->fd < 0) {
			tell_failure(options, listener, listener->fd);
			listener->fd = -1;
			listeners_unlink(listeners);
			return -1;
		}
		if (options->socket == NULL) {
			listener->address.len = sizeof listener->address.sa;
			getsockname(listener->fd, (struct sockaddr *)&listener->address.sa,
			    &listener->address.len);
		}
	}
	return 0;
}

int
listeners_adopt(struct listeners *listeners, const struct options *options, const int *fds,
    size_t count)
{
	struct listener *listener;
	struct stat st;
	size_t i;

	if (listeners->items == NULL) {
		listeners->items = calloc(count, sizeof *listeners->items);
		listeners->count = listeners->items != NULL ? count : 0;
	}
	if (listeners->count != count || count == 0) {
		cli_error(&options->cli, "%zu listening sockets were handed on where %zu are wanted",
		    count, listeners->count);
		return -1;
	}
	for (i = 0; i < count; i++) {
		listener = &listeners->items[i];
		listener->fd = fds[i];
		if (listener->path != NULL && lstat(listener->path, &st) == 0)
			listener->file = (struct addr_file){ .dev = st.st_dev, .ino = st.st_ino };
		/* A path that was moved into place is known to the kernel by another name. */
		if (listener->path != NULL)
			continue;
		listener->address.len = sizeof listener->address.sa;
		getsockname(listener->fd, (struct sockaddr *)&listener->address.sa,
		    &listener->address.len);
	}
	return 0;
}

const struct listener *
listeners_of(const struct listeners *listeners, int instance)
{
	return &listeners->items[(size_t)instance % listeners->count];
}

char *
listeners_preview(const struct listeners *listeners, const struct options *options, size_t index,
    char *dst, size_t size)
{
	const struct listener *listener = &listeners->items[index];
	struct addr_socket address = listener->address;

	if (options->socket == NULL) {
		address = listener->interface->sockets[0];
		set_port(&address, options->port + (int)index);
	}
	return addr_format_socket(dst, size, &address);
}

/* The addresses of a name that are not listened on, "" if it has but one. */
static void
name_others(char *dst, size_t size, const struct listener *listener)
{
	char text[ADDR_TEXT_MAX];
	struct addr_socket other;
	size_t len = 0;
	int i;

	dst[0] = '\0';
	for (i = 0; i < listener->interface->count && len < size; i++) {
		if (i == listener->chosen)
			continue;
		other = listener->interface->sockets[i];
		set_port(&other, get_port(&listener->address));
		len += (size_t)snprintf(dst + len, size - len, "%s%s", len > 0 ? ", " : "",
		    addr_format_socket(text, sizeof text, &other));
	}
}

void
listeners_warn(const struct listeners *listeners, const struct options *options)
{
	const struct listener *listener;
	char text[ADDR_TEXT_MAX];
	char others[512];
	size_t i;

	if (options->socket != NULL)
		return;
	if (options->interfaces.count == 0)
		cli_warn(&options->cli, "listening on 127.0.0.1 only, since FastCGI has no "
					"authentication; -i '*' opens every interface");
	/* One of each name is enough: the ports that follow are on the same. */
	for (i = 0; i < listeners->count && i < listeners->interface_count; i++) {
		listener = &listeners->items[i];
		if (strcmp(listener->interface->name, "*") == 0)
			continue;
		name_others(others, sizeof others, listener);
		if (others[0] != '\0')
			cli_warn(&options->cli, "-i %s: listening on %s only, not on %s",
			    listener->interface->name,
			    addr_format_socket(text, sizeof text, &listener->address), others);
	}
}

void
listeners_print_ports(const struct listeners *listeners, FILE *out)
{
	size_t i;

	for (i = 0; i < listeners->count; i++)
		fprintf(out, "%d\n", get_port(&listeners->items[i].address));
}

void
listeners_unlink(struct listeners *listeners)
{
	struct listener *listener;
	size_t i;

	for (i = 0; i < listeners->count; i++) {
		listener = &listeners->items[i];
		if (listener->fd >= 0 && listener->path != NULL)
			addr_file_unlink(&listener->file, listener->path);
	}
}

void
listeners_reset(struct listeners *listeners)
{
	size_t i;

	for (i = 0; i < listeners->count; i++) {
		if (listeners->items[i].fd >= 0)
			close(listeners->items[i].fd);
		free(listeners->items[i].path);
	}
	free(listeners->items);
	free(listeners->interfaces);
	*listeners = (struct listeners){ 0 };
}
