#include "addr_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

enum {
	SUFFIX_LEN = 7,		/* a dot and what nobody will guess */
	ASIDE_MAX = sizeof((struct sockaddr_un *)NULL)->sun_path + SUFFIX_LEN + 1,
	NAME_TRIES = 100,	/* for a name that is free */
	PLACE_TRIES = 10,	/* for a place that others fill and empty at the same time */
};

/* Where the file of a UNIX socket is to be. */
struct place {
	int directory;			/* O_PATH */
	const char *name;		/* final one in there */
	char aside[ASIDE_MAX];		/* one it is made under */
	struct sockaddr_un address;	/* of the final name */
	socklen_t address_len;
	struct addr_file file;		/* what was made */
};

/* Closes without losing the reason of a failure. */
static int
close_failed(int fd, int result)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return result;
}

static int
same_file(const struct stat *st, const struct addr_file *file)
{
	return st->st_dev == file->dev && st->st_ino == file->ino;
}

static int
place_open(struct place *place, const struct addr_socket *address)
{
	char directory[sizeof place->address.sun_path + 1];
	const char *path;
	char *slash;

	memset(place, 0, sizeof *place);
	memcpy(&place->address, &address->sa, address->len);
	place->address_len = address->len;
	path = place->address.sun_path;
	memcpy(directory, path, sizeof place->address.sun_path);
	directory[sizeof directory - 1] = '\0';
	slash = strrchr(directory, '/');
	place->name = slash != NULL ? path + (slash - directory) + 1 : path;
	if (slash == NULL)
		strcpy(directory, ".");
	else if (slash == directory)
		directory[1] = '\0';
	else
		*slash = '\0';
	if (place->name[0] == '\0') {
		errno = EISDIR;
		return -FCGI_E_SYSTEM;
	}
	place->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return place->directory < 0 ? -FCGI_E_SYSTEM : 0;
}

/* A name beside the final one. */
static void
aside_name(const struct place *place, char *dst, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char suffix[SUFFIX_LEN + 1] = ".";
	int i;

	for (i = 1; i < SUFFIX_LEN; i++)
		suffix[i] = letters[arc4random_uniform(sizeof letters - 1)];
	snprintf(dst, size, "%s%s", place->name, suffix);
}

/*
 * Binds to the name aside.  Where the suffix makes the path too long for a socket address, the name
 * is but the suffix, and the directory is reached through its descriptor.
 */
static int
bind_aside(int fd, struct place *place)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int prefix_len = (int)(place->name - place->address.sun_path);
	int tries;
	int len;

	for (tries = 0; tries < NAME_TRIES; tries++) {
		aside_name(place, place->aside, sizeof place->aside);
		len = snprintf(sun.sun_path, sizeof sun.sun_path, "%.*s%s", prefix_len,
		    place->address.sun_path, place->aside);
		if (len >= (int)sizeof sun.sun_path) {
			memmove(place->aside, strrchr(place->aside, '.'), SUFFIX_LEN + 1);
			snprintf(sun.sun_path, sizeof sun.sun_path, "/proc/self/fd/%d/%.*s",
			    place->directory, SUFFIX_LEN, place->aside);
		}
		if (bind(fd, (const struct sockaddr *)&sun, sizeof sun) == 0)
			return 0;
		if (errno != EADDRINUSE)
			return -FCGI_E_SYSTEM;
	}
	return -FCGI_E_SYSTEM;
}

/* Mode and owner, of the very file that was bound: no link that was put there is followed. */
static int
dress(struct place *place, const struct addr_listen_options *options)
{
	struct stat st;
	int directory = place->directory;

	if (fstatat(directory, place->aside, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -FCGI_E_SYSTEM;
	if (!S_ISSOCK(st.st_mode))
		return -FCGI_E_NOT_SOCKET;
	place->file.dev = st.st_dev;
	place->file.ino = st.st_ino;
	if ((options->owner != (uid_t)-1 || options->group != (gid_t)-1) &&
	    fchownat(directory, place->aside, options->owner, options->group,
		AT_SYMLINK_NOFOLLOW) < 0)
		return -FCGI_E_SYSTEM;
	/* The mode last: a change of owner may take bits away. */
	if (fchmodat(directory, place->aside, options->mode, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	/* Without /proc the C library knows no way to spare a link, and there is none. */
	if (errno == EOPNOTSUPP && fchmodat(directory, place->aside, options->mode, 0) == 0)
		return 0;
	return -FCGI_E_SYSTEM;
}

/* 1 if somebody serves the socket there, 0 if nobody does, -FCGI_E_SYSTEM when it is not known. */
static int
is_served(const struct place *place)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -FCGI_E_SYSTEM;
	r = connect(fd, (const struct sockaddr *)&place->address, place->address_len);
	/* A full queue is somebody's, and so is a socket of another type. */
	if (r == 0 || errno == EAGAIN || errno == EPROTOTYPE)
		r = 1;
	else if (errno == ECONNREFUSED || errno == ENOENT)
		r = 0;
	else
		r = -FCGI_E_SYSTEM;
	return close_failed(fd, r);
}

/*
 * Removes a file that was found to be a dead socket.  It is moved aside and looked at again before
 * it goes: what another has put there meanwhile gets its name back.
 */
static int
remove_dead(const struct place *place, const struct addr_file *dead)
{
	char aside[ASIDE_MAX];
	int directory = place->directory;
	struct stat st;
	int r;

	if (fstatat(directory, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -FCGI_E_SYSTEM;
	if (!same_file(&st, dead))
		return 0;
	aside_name(place, aside, sizeof aside);
	if (renameat(directory, place->name, directory, aside) < 0)
		return errno == ENOENT ? 0 : -FCGI_E_SYSTEM;
	if (fstatat(directory, aside, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -FCGI_E_SYSTEM;
	if (same_file(&st, dead))
		r = unlinkat(directory, aside, 0);
	else
		r = renameat2(directory, aside, directory, place->name, RENAME_NOREPLACE);
	return r < 0 ? -FCGI_E_SYSTEM : 0;
}

/* Something has our name.  Returns 0 to try again, or why not. */
static int
clear_place(const struct place *place)
{
	struct addr_file dead;
	struct stat st;
	int fd;
	int r;

	/* Held open, its inode number cannot be given to another file while we look. */
	fd = openat(place->directory, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -FCGI_E_SYSTEM;
	if (fstat(fd, &st) < 0)
		return close_failed(fd, -FCGI_E_SYSTEM);
	if (!S_ISSOCK(st.st_mode))
		return close_failed(fd, -FCGI_E_NOT_SOCKET);
	r = is_served(place);
	if (r == 0) {
		dead = (struct addr_file){ .dev = st.st_dev, .ino = st.st_ino };
		r = remove_dead(place, &dead);
	} else if (r > 0) {
		errno = EADDRINUSE;
		r = -FCGI_E_SYSTEM;
	}
	return close_failed(fd, r);
}

/*
 * Gives the socket its final name.  No lock is needed for it: link(2) fails if there is a file, so
 * whoever comes first has the name, and what was a dead socket is removed only as the same file.
 */
static int
move_into_place(const struct place *place)
{
	int tries;
	int r;

	for (tries = 0; tries < PLACE_TRIES; tries++) {
		if (linkat(place->directory, place->aside, place->directory, place->name, 0) == 0)
			return 0;
		if (errno != EEXIST)
			return -FCGI_E_SYSTEM;
		r = clear_place(place);
		if (r < 0)
			return r;
	}
	errno = EADDRINUSE;
	return -FCGI_E_SYSTEM;
}

static int
listen_in_place(int fd, struct place *place, const struct addr_listen_options *options)
{
	struct stat st;
	int saved;
	int r;

	r = bind_aside(fd, place);
	if (r < 0)
		return r;
	r = dress(place, options);
	if (r == 0 && listen(fd, options->backlog) < 0)
		r = -FCGI_E_SYSTEM;
	if (r == 0)
		r = move_into_place(place);
	saved = errno;
	if (fstatat(place->directory, place->aside, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    same_file(&st, &place->file))
		unlinkat(place->directory, place->aside, 0);
	errno = saved;
	return r;
}

static int
listen_path(int fd, const struct addr_socket *address, const struct addr_listen_options *options,
    struct addr_file *file)
{
	struct place place;
	int r = place_open(&place, address);

	if (r < 0)
		return r;
	r = listen_in_place(fd, &place, options);
	if (r == 0 && file != NULL)
		*file = place.file;
	return close_failed(place.directory, r);
}

static int
listen_here(int fd, const struct addr_socket *address, const struct addr_listen_options *options)
{
	int on = 1;
	int v6only = options->v6only;
	int family = address->sa.ss_family;

	if (family != AF_UNIX && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return -FCGI_E_SYSTEM;
	/* Said either way, so that net.ipv6.bindv6only does not decide. */
	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only) < 0)
		return -FCGI_E_SYSTEM;
	if (bind(fd, (const struct sockaddr *)&address->sa, address->len) < 0)
		return -FCGI_E_SYSTEM;
	return listen(fd, options->backlog) < 0 ? -FCGI_E_SYSTEM : 0;
}

int
addr_listen(const struct addr_socket *address, const struct addr_listen_options *options,
    struct addr_file *file)
{
	const struct sockaddr_un *sun = (const struct sockaddr_un *)&address->sa;
	int fd = socket(address->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	if (file != NULL)
		memset(file, 0, sizeof *file);
	if (fd < 0)
		return -FCGI_E_SYSTEM;
	if (address->sa.ss_family == AF_UNIX && sun->sun_path[0] != '\0')
		r = listen_path(fd, address, options, file);
	else
		r = listen_here(fd, address, options);
	return r < 0 ? close_failed(fd, r) : fd;
}

int
addr_file_remove_dead(const struct addr_socket *address)
{
	struct place place;
	int r = place_open(&place, address);

	if (r < 0)
		return r;
	return close_failed(place.directory, clear_place(&place));
}

int
addr_file_unlink(const struct addr_file *file, const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 || !same_file(&st, file))
		return 0;
	return unlink(path) == 0;
}
