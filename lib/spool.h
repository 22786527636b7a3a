/* Bytes of any number that have to be kept for a while: in a file without a name, not in memory. */
#ifndef SPOOL_H
#define SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* fd is -1 while there is none. */
struct spool {
	int fd;
	uint64_t len;		/* bytes written */
	uint64_t taken;		/* bytes read back */
};

/* Where the file is made: TMPDIR, or /tmp.  The string is not to be kept. */
const char *spool_directory(void);

/* Makes the file.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int spool_open(struct spool *spool);

/* Adds bytes.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int spool_write(struct spool *spool, const void *data, size_t len);

/* The next bytes of it.  Returns how many, 0 at the end, or -FCGI_E_SYSTEM with errno. */
ssize_t spool_read(struct spool *spool, void *dst, size_t size);

/* Gives the file back, if there is one. */
void spool_close(struct spool *spool);

#endif
