/* Paths that stay right when the process leaves the directory that it was started in. */
#ifndef FCGISTARTER_ABSOLUTE_H
#define FCGISTARTER_ABSOLUTE_H

/* The same file's absolute path, the caller's to free, or NULL with errno. */
char *absolute_path(const char *path);

#endif
