/*
 * Where control sockets are: where --control says, else beside the pid file, else in a directory
 * that belongs to the user alone, under the supervisor's process id.
 */
#ifndef FCGISTARTER_CONTROL_PLACE_H
#define FCGISTARTER_CONTROL_PLACE_H

#include <stddef.h>

#include "addr.h"

/*
 * The path of our own.  The directory of last resort is made if it is not there.
 * control, pid_file: values of --control and -P, NULL for none.
 * dst, size: PATH_MAX bytes hold any; absolute, so that a later chdir(2) does not matter.
 * Returns 0, or -FCGI_E_SYSTEM with the reason in why, one line.
 */
int control_place(char *dst, size_t size, const char *control, const char *pid_file, char *why,
    size_t why_size);

/*
 * The directory of last resort: /run/fcgistarter for root, else fcgistarter below XDG_RUNTIME_DIR,
 * else /tmp/fcgistarter-UID.  It has to be a directory, no link to one, that is ours and that
 * nobody else can write to.
 * make: 1 to make it where there is none.
 * Returns 0, or -FCGI_E_SYSTEM with errno (ENOENT: it is not there) and the reason in why.
 */
int control_place_directory(char *dst, size_t size, int make, char *why, size_t why_size);

/*
 * The socket address of a path that may be longer than a socket address holds (107 bytes): its
 * directory is then reached through a descriptor.  The name in it may have 80 bytes in any case.
 * *directory_fd: to be closed once the address has been used; -1: there is none.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int control_place_address(const char *path, struct addr_socket *address, int *directory_fd);

#endif
