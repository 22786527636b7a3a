/* What a failure of accept(2) means for whoever called it. */
#ifndef ACCEPT_ERROR_H
#define ACCEPT_ERROR_H

#include <errno.h>

/* No descriptor or memory: to be tried again when a connection has gone. */
static inline int
accept_error_is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* The socket does not listen any more; all others concern one connection alone. */
static inline int
accept_error_is_fatal(int error)
{
	return error == EBADF || error == EINVAL || error == ENOTSOCK || error == EOPNOTSUPP;
}

#endif
