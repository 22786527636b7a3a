/* The one request: its variables settled, its head encoded, its body ready to be read. */
#ifndef CGI_FCGI_REQUEST_H
#define CGI_FCGI_REQUEST_H

#include <stddef.h>

#include "addr.h"
#include "body.h"
#include "options.h"

struct request {
	unsigned char *head;	/* BEGIN_REQUEST and PARAMS, and without a body what follows them */
	size_t head_len;
	struct body body;	/* nothing left: the head is the whole request */
	unsigned char tail[16];	/* what follows the body: the ends of FCGI_STDIN and FCGI_DATA */
	size_t tail_len;	/* 0 when the head holds it */
};

/*
 * Makes the request that the options ask for; what cannot be made is told and does not return, nor
 * does an interrupt while the body is being read.
 * options: its params are made here.  addr: the application's, or NULL.
 */
void request_prepare(struct request *request, struct options *options, const struct addr *addr);

/* Gives back what it holds. */
void request_reset(struct request *request);

#endif
