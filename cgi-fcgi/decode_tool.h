/* --decode: what a capture holds, for a person, for the shell, or in files. */
#ifndef CGI_FCGI_DECODE_TOOL_H
#define CGI_FCGI_DECODE_TOOL_H

#include "options.h"

/*
 * Reads the capture that the operand names, or standard input.  One that begins with an answer is
 * passed on as if the application had just given it; any other is listed record by record; with
 * --decode-dir the streams go to files.  Faults are told with their place.
 * Returns the exit status.
 */
int decode_tool_run(struct options *options);

#endif
