#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

#define TICK_S 0.05

enum { LINKS_MAX = 40 };

/* A name that appears in a directory, or another file under it. */
static const uint32_t name_events = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB;
/* A directory that leaves the path; that it is removed is told in any case (IN_IGNORED). */
static const uint32_t directory_events = IN_MOVE_SELF;
/* The file itself, written under a name that is not watched. */
static const uint32_t file_events = IN_CLOSE_WRITE | IN_ATTRIB;

/* What tells one content of a file from another; all zero: there is none. */
struct identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
};

struct file {
	SLIST_ENTRY(file) link;
	char *path;
	int executable;
	struct identity known;	/* when it was added or last told of */
	struct identity seen;	/* at the last look */
};

/* Something that inotify tells of and that matters; others' names in the same directory do not. */
struct mark {
	SLIST_ENTRY(mark) link;
	int wd;
	char *name;		/* in the directory; NULL: the thing itself */
};

struct watch {
	struct ev_loop *loop;
	void (*changed)(void *self, const char *path);
	void *self;
	int fd;
	int stale;		/* the marks may not be those that the paths need */
	ev_io io;
	ev_timer tick;		/* runs from an event until all files have settled */
	SLIST_HEAD(, file) files;
	SLIST_HEAD(, mark) marks;
};

static struct identity
identify(const char *path)
{
	struct identity identity = { 0 };
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		identity.device = st.st_dev;
		identity.inode = st.st_ino;
		identity.size = st.st_size;
		identity.modified = st.st_mtim;
	}
	return identity;
}

static int
is_same(const struct identity *a, const struct identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	    a->modified.tv_sec == b->modified.tv_sec &&
	    a->modified.tv_nsec == b->modified.tv_nsec;
}

/* --- marks ------------------------------------------------------------------------------------ */

/* Returns 0 or -1 with errno. */
static int
add_mark(struct watch *watch, const char *path, const char *name, uint32_t events)
{
	struct mark *mark = calloc(1, sizeof *mark);

	if (mark == NULL)
		return -1;
	if (name != NULL)
		mark->name = strdup(name);
	/* One directory may be marked for several things. */
	mark->wd = name != NULL && mark->name == NULL
	    ? -1
	    : inotify_add_watch(watch->fd, path, events | IN_MASK_ADD);
	if (mark->wd < 0) {
		free(mark->name);
		free(mark);
		return -1;
	}
	SLIST_INSERT_HEAD(&watch->marks, mark, link);
	return 0;
}

static void
remove_marks(struct watch *watch)
{
	struct mark *mark;

	while ((mark = SLIST_FIRST(&watch->marks)) != NULL) {
		SLIST_REMOVE_HEAD(&watch->marks, link);
		/* The same one may have been removed before, or have gone with its directory. */
		(void)inotify_rm_watch(watch->fd, mark->wd);
		free(mark->name);
		free(mark);
	}
}

static int mark_path(struct watch *watch, const char *path, int *links);

/* What a link stands for, seen from its directory. */
static int
mark_target(struct watch *watch, const char *directory, const char *link, int *links)
{
	char target[PATH_MAX], path[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof target - 1);
	int written;

	if (len < 0) {
		watch->stale = 1;
		return 0;
	}
	target[len] = '\0';
	if (target[0] == '/')
		return mark_path(watch, target, links);
	written = snprintf(path, sizeof path, "%s/%s", directory, target);
	return written < (int)sizeof path ? mark_path(watch, path, links) : 0;
}

/*
 * One component: prefix is the path up to its end, directory up to before it.  Only what is no
 * directory is looked for by name, since in a directory near the root much happens that is not
 * ours.
 */
static int
mark_component(struct watch *watch, const char *directory, const char *name, const char *prefix,
    int *links)
{
	struct stat before, after;
	int found = lstat(prefix, &before) == 0;

	if (found && S_ISDIR(before.st_mode)) {
		/* Where it may not be read, it is not seen to be replaced, and that is all. */
		if (add_mark(watch, prefix, NULL, directory_events) < 0 && errno != EACCES)
			return -1;
		return 0;
	}
	if (add_mark(watch, directory, name, name_events) < 0)
		return -1;
	/* What came before the mark was there is not told. */
	if ((lstat(prefix, &after) == 0) != found ||
	    (found && before.st_ino != after.st_ino))
		watch->stale = 1;
	if (!found)
		return 0;
	if (S_ISLNK(before.st_mode))
		return --*links > 0 ? mark_target(watch, directory, prefix, links) : 0;
	if (add_mark(watch, prefix, NULL, file_events) < 0 && errno != EACCES)
		return -1;
	return 0;
}

/* As far as the path leads.  links: how many more are followed, of all together. */
static int
mark_path(struct watch *watch, const char *path, int *links)
{
	char prefix[PATH_MAX], directory[PATH_MAX] = "/", name[NAME_MAX + 1];
	const char *p = path + strspn(path, "/");
	size_t len;

	while (*p != '\0') {
		len = strcspn(p, "/");
		if (len >= sizeof name || (size_t)(p - path) + len >= sizeof prefix) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, p, len);
		name[len] = '\0';
		p += len;
		memcpy(prefix, path, (size_t)(p - path));
		prefix[p - path] = '\0';
		if (mark_component(watch, directory, name, prefix, links) < 0)
			/* The directory is not there (any more): a mark before it tells of it. */
			return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1;
		memcpy(directory, prefix, sizeof directory);
		p += strspn(p, "/");
	}
	return 0;
}

/* Marks all that decides what file a path leads to.  Returns 0, or -1 with errno. */
static int
mark_file(struct watch *watch, const char *path)
{
	int links = LINKS_MAX;

	return mark_path(watch, path, &links);
}

/* --- looking ---------------------------------------------------------------------------------- */

static void
mark_again(struct watch *watch)
{
	struct file *file;

	watch->stale = 0;
	remove_marks(watch);
	SLIST_FOREACH(file, &watch->files, link)
		(void)mark_file(watch, file->path);
}

static int
is_complete(const struct file *file)
{
	static const struct identity none;

	if (is_same(&file->seen, &none))
		return 0;
	return !file->executable || faccessat(AT_FDCWD, file->path, X_OK, AT_EACCESS) == 0;
}

static void
on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct watch *watch = timer->data;
	struct identity now;
	struct file *file;
	int settled = 1;

	(void)events;
	/* Before the look: what happens after it is told by the new marks. */
	if (watch->stale)
		mark_again(watch);
	SLIST_FOREACH(file, &watch->files, link) {
		now = identify(file->path);
		if (!is_same(&now, &file->seen)) {
			file->seen = now;
			settled = 0;
		} else if (!is_same(&now, &file->known) && is_complete(file)) {
			file->known = now;
			watch->changed(watch->self, file->path);
		}
	}
	if (settled && !watch->stale)
		ev_timer_stop(loop, timer);
}

static int
matters(const struct watch *watch, const struct inotify_event *event)
{
	const struct mark *mark;

	if (event->mask & IN_Q_OVERFLOW)
		return 1;
	SLIST_FOREACH(mark, &watch->marks, link) {
		if (mark->wd != event->wd)
			continue;
		if (mark->name == NULL ? event->len == 0
				       : event->len > 0 && strcmp(mark->name, event->name) == 0)
			return 1;
	}
	return 0;
}

static void
on_events(struct ev_loop *loop, ev_io *io, int events)
{
	_Alignas(struct inotify_event) char buffer[4096];
	struct watch *watch = io->data;
	const struct inotify_event *event;
	ssize_t len = read(watch->fd, buffer, sizeof buffer);
	const char *p = buffer, *end = buffer + (len > 0 ? len : 0);

	(void)events;
	for (; p < end; p += sizeof *event + event->len) {
		event = (const struct inotify_event *)p;
		if (!matters(watch, event))
			continue;
		watch->stale = 1;
		/* Not put off by each event: two looks decide what has settled. */
		if (!ev_is_active(&watch->tick))
			ev_timer_again(loop, &watch->tick);
	}
}

struct watch *
watch_new(struct ev_loop *loop, void (*changed)(void *self, const char *path), void *self)
{
	struct watch *watch = calloc(1, sizeof *watch);

	if (watch == NULL)
		return NULL;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0) {
		free(watch);
		return NULL;
	}
	watch->loop = loop;
	watch->changed = changed;
	watch->self = self;
	SLIST_INIT(&watch->files);
	SLIST_INIT(&watch->marks);
	ev_io_init(&watch->io, on_events, watch->fd, EV_READ);
	ev_timer_init(&watch->tick, on_tick, 0., TICK_S);
	watch->io.data = watch;
	watch->tick.data = watch;
	ev_io_start(loop, &watch->io);
	return watch;
}

void
watch_free(struct watch *watch)
{
	struct file *file;

	ev_io_stop(watch->loop, &watch->io);
	ev_timer_stop(watch->loop, &watch->tick);
	remove_marks(watch);
	while ((file = SLIST_FIRST(&watch->files)) != NULL) {
		SLIST_REMOVE_HEAD(&watch->files, link);
		free(file->path);
		free(file);
	}
	close(watch->fd);
	free(watch);
}

int
watch_add(struct watch *watch, const char *path, int executable)
{
	struct file *file;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -FCGI_E_SYSTEM;
	}
	if (mark_file(watch, path) < 0)
		return -FCGI_E_SYSTEM;
	file = calloc(1, sizeof *file);
	if (file == NULL)
		return -FCGI_E_SYSTEM;
	file->path = strdup(path);
	if (file->path == NULL) {
		free(file);
		return -FCGI_E_SYSTEM;
	}
	file->executable = executable;
	file->known = identify(path);
	file->seen = file->known;
	SLIST_INSERT_HEAD(&watch->files, file, link);
	if (watch->stale)
		ev_timer_again(watch->loop, &watch->tick);
	return 0;
}
