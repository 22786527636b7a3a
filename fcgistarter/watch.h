/*
 * Noticing that files have changed: the application's program, or files that a reload is wanted
 * for.  By inotify(7) on the directories, so that files that are replaced, symbolic links that are
 * turned to a new release and directories that are exchanged are seen as well as files that are
 * written; what another machine does to a network file system is not.  No timer runs while nothing
 * happens.
 */
#ifndef FCGISTARTER_WATCH_H
#define FCGISTARTER_WATCH_H

#include <ev.h>

struct watch;

/*
 * changed: called from the loop with the path of a file that differs (in device, inode, size or
 * time of modification) from what it was when it was added or last told of, once two looks 50 ms
 * apart find it the same.  A file that is gone is not told of; one that comes back different is.
 * It must not free the watch.
 * Returns the watch, or NULL with errno.
 */
struct watch *watch_new(struct ev_loop *loop, void (*changed)(void *self, const char *path),
    void *self);

void watch_free(struct watch *watch);

/*
 * path: copied; absolute.  It need not exist yet.
 * executable: 1: while it is not executable by us it is not told of, since somebody is still at it.
 * Returns 0, or -FCGI_E_SYSTEM with errno (EISDIR: a directory; EACCES: its directory cannot be
 * read; ENOSPC: the user's limit of inotify watches).
 */
int watch_add(struct watch *watch, const char *path, int executable);

#endif
