/*
 * The sources that only Apache's mod_proxy_fcgi needs: it puts the application's address into
 * SCRIPT_FILENAME, and what it takes for path info depends on proxy-fcgi-pathinfo.  "handler" is
 * what it does for SetHandler, where the script is a file that Apache has found; "proxied" what it
 * does for ProxyPass, where the path is that of a URL.
 */
#ifndef PRESET_APACHE_H
#define PRESET_APACHE_H

#include "preset_rules.h"

/* Ends with one that has no name. */
extern const struct preset_source preset_apache_sources[];

#endif
