/* The command files of -f, also as an interpreter: "#!/usr/bin/cgi-fcgi -f". */
#ifndef CGI_FCGI_COMMAND_FILE_H
#define CGI_FCGI_COMMAND_FILE_H

/*
 * Reads a file of arguments: lines that begin with '#' are skipped, all others are one command line,
 * split at blanks, tabs and newlines, with the shell's quotes and backslash.
 * name: becomes argv[0].
 * Returns a NULL-terminated array, one allocation, the caller's to free(3), and its length in
 * *argc; or NULL with errno; EINVAL means a quote that is not closed.
 */
char **command_file_read(const char *path, const char *name, int *argc);

#endif
