/* A turn's report, and where it goes: standard output, or the file of -o. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "probe.h"

/*
 * Writes the report; with --watch of what has changed, where only that is wanted.  What cannot be
 * written does not return.
 */
void publish(struct probe *probe);

#endif
