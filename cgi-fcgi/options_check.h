/* Whether the options of a command line go with each other. */
#ifndef CGI_FCGI_OPTIONS_CHECK_H
#define CGI_FCGI_OPTIONS_CHECK_H

#include "options.h"
#include "options_given.h"

/*
 * What contradicts itself, would be ignored without a word, or would destroy what is to be read
 * does not return.
 */
void options_check(const struct options *options, const struct options_given *given);

#endif
