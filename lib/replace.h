/* A file replaced in one step: who reads it sees the old one whole, or the new one. */
#ifndef REPLACE_H
#define REPLACE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Puts the bytes into a new file in the folder of path, and gives it the name.  On failure the old
 * file stays as it is, and nothing is left behind.
 * What is no regular file (/dev/stdout, a FIFO) is not replaced: it is written to.  A symbolic link
 * stays, and what it points to is replaced, or made.
 * mode: of the new file, less the umask, and less what a file that it replaces does not have; it has
 * that one's owner where we may give it away.
 * SIGXFSZ is ignored meanwhile, in the whole process.
 * Returns 0, or -FCGI_E_SYSTEM with errno (EFBIG: larger than RLIMIT_FSIZE permits).
 */
int replace_file(const char *path, const void *data, size_t len, mode_t mode);

/*
 * The one path, without symbolic links, of the file that replace_file() would replace or make; it
 * need not be there yet, but its folder has to.
 * Returns it, the caller's to free(3), or NULL with errno.
 */
char *replace_leads_to(const char *path);

#endif
