/* What fcgi_serve finds in a client's bytes, made into requests and answers. */
#ifndef DISPATCH_H
#define DISPATCH_H

#include "client.h"

/*
 * Takes one result of fcgi_serve_next(), an enum fcgi_serve_kind other than FCGI_SERVE_MORE or an
 * error, with room for one step in the client's output.
 */
void dispatch_event(struct client *client, int kind, const struct fcgi_serve_event *event);

/*
 * Takes a whole request, which fcgi_serve_request() has found, with room for one step in the
 * client's output.
 */
void dispatch_request(struct client *client, const struct fcgi_serve_event *event);

/* The client sends no more. */
void dispatch_eof(struct client *client);

#endif
