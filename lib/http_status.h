/* The words that go with an HTTP status. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

/*
 * The reason phrase of the registry of RFC 9110, section 16.2.
 * Returns a constant string, empty for a status that has none.
 */
const char *http_status_reason(int status);

#endif
