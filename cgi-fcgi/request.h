/* The one request: its variables settled, its head encoded, its body ready to be read. */
#ifndef CGI_FCGI_REQUEST_H
#define CGI_FCGI_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "body.h"
#include "options.h"

struct request {
	unsigned char *head;	/* BEGIN_REQUEST and PARAMS */
	size_t head_len;
	struct body body;	/* FCGI_STDIN */
	struct body data;	/* FCGI_DATA */
	unsigned char body_end[8]; /* the record that ends FCGI_STDIN */
	size_t body_end_len;	/* 0: that is not sent */
	unsigned char data_end[8]; /* likewise */
	size_t data_end_len;
	uint16_t request_id;	/* that all of these have */
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
