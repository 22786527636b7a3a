#include "fcgi_error.h"

#include <stddef.h>

/* Arrays, not pointers to them: what needs no relocation costs a program nothing at its start. */
static const char words[][56] = {
	[FCGI_E_MORE] = "more bytes are needed",
	[FCGI_E_SPACE] = "the buffer is too small",
	[FCGI_E_SYSTEM] = "system call failed",
	[FCGI_E_TIMEOUT] = "timed out",
	[FCGI_E_VERSION] = "record version is not 1",
	[FCGI_E_LENGTH] = "record body has the wrong length",
	[FCGI_E_NV] = "name-value pair runs past the end of its stream",
	[FCGI_E_ORDER] = "record out of order",
	[FCGI_E_CLOSED] = "connection closed by the peer",
	[FCGI_E_TRUNCATED] = "connection closed inside a record",
	[FCGI_E_HEADER] = "malformed CGI header line",
	[FCGI_E_STATUS] = "malformed CGI Status header",
	[FCGI_E_NO_HEADER] = "output ended before the CGI header block did",
	[FCGI_E_ADDRESS] = "not an address",
	[FCGI_E_PATH_LENGTH] = "socket path too long",
	[FCGI_E_RESOLVE] = "host name has no address",
	[FCGI_E_NOT_SOCKET] = "the file is not a socket",
	[FCGI_E_ELSEWHERE] = "no such listener in this network namespace",
	[FCGI_E_SYNTAX] = "malformed text",
};

const char *
fcgi_strerror(int error)
{
	if (error < 0 && error > -(int)(sizeof words / sizeof *words))
		error = -error;
	if (error <= 0 || error >= (int)(sizeof words / sizeof *words) || *words[error] == '\0')
		return "unknown error";
	return words[error];
}
