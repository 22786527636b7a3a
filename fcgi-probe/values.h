/* What the answer to FCGI_GET_VALUES tells, as an observation.  Pure. */
#ifndef VALUES_H
#define VALUES_H

#include "fcgi_values.h"
#include "observation.h"

/* It is complete: notes the values that we know, as they were answered. */
void values_note(const struct fcgi_values *values, struct observation *seen);

#endif
