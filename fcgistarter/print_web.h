/* Configurations of web servers. */
#ifndef FCGISTARTER_PRINT_WEB_H
#define FCGISTARTER_PRINT_WEB_H

#include "print_config.h"

/* For the server as a whole, or a virtual host. */
void print_web_apache(FILE *out, const struct print_config *config);

/* In two pieces: for the http block, and, behind "# In a server block:", for that. */
void print_web_nginx(FILE *out, const struct print_config *config);

void print_web_lighttpd(FILE *out, const struct print_config *config);

#endif
