/*
 * The wire of FastCGI 1.0: every number of the specification, in its spelling, and nowhere else.
 */
#ifndef FCGI_PROTO_H
#define FCGI_PROTO_H

/* Section 3.3: the record header and its limits, in bytes. */
enum {
	FCGI_LISTENSOCK_FILENO = 0,
	FCGI_VERSION_1 = 1,
	FCGI_HEADER_LEN = 8,
	FCGI_MAX_LENGTH = 0xffff,	/* contentLength is 16 bits */
	FCGI_MAX_PADDING = 0xff,	/* paddingLength is 8 bits */
	FCGI_NULL_REQUEST_ID = 0,	/* the id of management records */
	FCGI_MAX_REQUEST_ID = 0xffff,
	FCGI_ALIGNMENT = 8,		/* records are recommended to end on this boundary */
};

/* Section 8: record types. */
enum fcgi_type {
	FCGI_BEGIN_REQUEST = 1,
	FCGI_ABORT_REQUEST = 2,
	FCGI_END_REQUEST = 3,
	FCGI_PARAMS = 4,
	FCGI_STDIN = 5,
	FCGI_STDOUT = 6,
	FCGI_STDERR = 7,
	FCGI_DATA = 8,
	FCGI_GET_VALUES = 9,
	FCGI_GET_VALUES_RESULT = 10,
	FCGI_UNKNOWN_TYPE = 11,
	FCGI_MAXTYPE = FCGI_UNKNOWN_TYPE,
};

/* Section 5.1: FCGI_BeginRequestBody. */
enum fcgi_role {
	FCGI_RESPONDER = 1,
	FCGI_AUTHORIZER = 2,
	FCGI_FILTER = 3,
};

enum {
	FCGI_KEEP_CONN = 1,	/* flags, bit 0 */
	FCGI_BODY_LEN = 8,	/* every discrete body is this long */
};

/* Section 5.5: protocolStatus of FCGI_EndRequestBody. */
enum fcgi_protocol_status {
	FCGI_REQUEST_COMPLETE = 0,
	FCGI_CANT_MPX_CONN = 1,
	FCGI_OVERLOADED = 2,
	FCGI_UNKNOWN_ROLE = 3,
};

/* Section 3.4: lengths of a name-value pair; the top bit marks the four-byte form. */
enum {
	FCGI_NV_SHORT_MAX = 0x7f,
	FCGI_NV_LONG_MAX = 0x7fffffff,
};

/* Section 4.1: the variables every application knows. */
#define FCGI_MAX_CONNS "FCGI_MAX_CONNS"
#define FCGI_MAX_REQS "FCGI_MAX_REQS"
#define FCGI_MPXS_CONNS "FCGI_MPXS_CONNS"

/* Section 3.2: the environment variable that lists the addresses allowed to connect. */
#define FCGI_WEB_SERVER_ADDRS "FCGI_WEB_SERVER_ADDRS"

#endif
