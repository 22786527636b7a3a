/* What concerns a connection as a whole: management records, refusals, bytes without a sense. */
#ifndef MANAGEMENT_H
#define MANAGEMENT_H

#include "client.h"

/* Answers what fcgi_serve_next() returned, unless it is an event of a request that has begun. */
void management_event(struct client *client, int kind, const struct fcgi_serve_event *event);

#endif
