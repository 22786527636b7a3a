/*
 * The words on a control socket, one request and one answer a connection:
 *
 *	client		fcgistarter/1 status | json | name | reload | stop
 *	supervisor	fcgistarter/1 wait MS		for so long the rest may take (reload, stop)
 *			fcgistarter/1 ok [TEXT]		then what was asked for, up to the end
 *			fcgistarter/1 failed [TEXT]
 *
 * each on a line.  The answer to stop has no last line: it is the end of the connection, when the
 * process has ended.
 */
#ifndef FCGISTARTER_CONTROL_LINE_H
#define FCGISTARTER_CONTROL_LINE_H

#include <stddef.h>
#include <stdint.h>

enum {
	CONTROL_LINE_MAX = 1024,	/* with the newline */
	CONTROL_ANSWER_MAX = 16 << 20,	/* all of an answer */
	CONTROL_WAIT_MAX_MS = 24 * 3600 * 1000,
};

enum control_command {
	CONTROL_STATUS,		/* in words */
	CONTROL_JSON,		/* the status in JSON */
	CONTROL_NAME,		/* the path of the application */
	CONTROL_RELOAD,
	CONTROL_STOP,
};

enum control_reply { CONTROL_WAIT, CONTROL_OK, CONTROL_FAILED };

/* The word for a command: "status". */
const char *control_line_word(enum control_command command);

/*
 * Reads a request.
 * line, len: without its newline; any bytes.
 * Returns an enum control_command, -FCGI_E_VERSION when it is one of another version, else
 * -FCGI_E_SYNTAX.
 */
int control_line_read_request(const char *line, size_t len);

/*
 * Reads a line of an answer.
 * *text, *text_len: what follows the word, within line.
 * *wait_ms: of CONTROL_WAIT.
 * Returns an enum control_reply, -FCGI_E_VERSION, or -FCGI_E_SYNTAX.
 */
int control_line_read_reply(const char *line, size_t len, const char **text, size_t *text_len,
    int64_t *wait_ms);

/* Writes a request with its newline.  dst: CONTROL_LINE_MAX bytes.  Returns its length. */
size_t control_line_request(char *dst, enum control_command command);

/* Writes the line that asks for patience.  dst: CONTROL_LINE_MAX bytes.  Returns its length. */
size_t control_line_wait(char *dst, int64_t wait_ms);

/*
 * Writes the last line of an answer, text cut to fit and its newlines made blanks.
 * dst: CONTROL_LINE_MAX bytes.  text: NULL for none.  Returns its length.
 */
size_t control_line_result(char *dst, int ok, const char *text);

#endif
