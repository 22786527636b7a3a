/* The small files that proc(5) has for each process. */
#ifndef PROC_FILE_H
#define PROC_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads /proc/PID/NAME, as much of it as fits.
 * text, size: gets it with a NUL behind.
 * Returns its length, or -FCGI_E_SYSTEM with errno.
 */
ssize_t proc_file_read(pid_t pid, const char *name, char *text, size_t size);

#endif
