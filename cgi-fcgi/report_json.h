/* All about an answer as one JSON object; cgi-fcgi(1) describes its keys under FORMATS. */
#ifndef CGI_FCGI_REPORT_JSON_H
#define CGI_FCGI_REPORT_JSON_H

#include <stdio.h>

#include "exchange.h"

/* status: the exit status.  No newline at the end; errors are left in the file. */
void report_json(FILE *out, const struct exchange *exchange, int status);

#endif
