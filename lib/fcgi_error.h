/*
 * What can go wrong in the library.  A function that can fail returns a result >= 0 or the
 * negative of one of these; FCGI_E_SYSTEM leaves the reason in errno, and in the object when
 * there is one.
 */
#ifndef FCGI_ERROR_H
#define FCGI_ERROR_H

enum fcgi_error {
	FCGI_E_MORE = 1,	/* not an error yet: call again when more bytes are there */
	FCGI_E_SPACE,		/* the caller's buffer is too small; nothing was written */
	FCGI_E_SYSTEM,		/* a system call failed: see errno */
	FCGI_E_TIMEOUT,		/* the deadline passed */
	FCGI_E_VERSION,		/* the record's version is not 1: the peer does not speak FastCGI */
	FCGI_E_LENGTH,		/* a discrete record's body does not have its 8 bytes */
	FCGI_E_NV,		/* a name-value pair runs past the end of its stream */
	FCGI_E_ORDER,		/* a record that its stream or request cannot have at this point */
	FCGI_E_CLOSED,		/* the peer closed the connection between two records */
	FCGI_E_TRUNCATED,	/* the peer closed the connection inside a record */
	FCGI_E_HEADER,		/* a line of the CGI header block is not "Name: value" */
	FCGI_E_STATUS,		/* the CGI Status header does not begin with three digits */
	FCGI_E_NO_HEADER,	/* the output ended before the CGI header block did */
	FCGI_E_ADDRESS,		/* the text is not an address */
	FCGI_E_PATH_LENGTH,	/* the path does not fit into a socket address */
	FCGI_E_RESOLVE,		/* the host name has no address */
	FCGI_E_NOT_SOCKET,	/* a file that is not a socket is in the way */
	FCGI_E_ELSEWHERE,	/* nobody listens there as far as this network namespace knows */
	FCGI_E_SYNTAX,		/* the text is not what the function reads */
};

/*
 * The words for an error, for the middle of a sentence.
 * error: an enum fcgi_error or its negative; other numbers give "unknown error".
 * Returns a constant string.
 */
const char *fcgi_strerror(int error);

#endif
