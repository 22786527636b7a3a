/*
 * wire ADDR COMMAND...: a FastCGI client that sends what it is told to, right or wrong, and prints
 * every record it gets, one a line.  Commands, each one argument:
 *
 *	begin ID ROLE [keep]	BEGIN_REQUEST; ROLE is a number
 *	params ID NAME=VALUE...	a PARAMS record of whole pairs; without any, the end of the stream
 *	stdin ID [TEXT]		a STDIN record; without TEXT, the end of the stream
 *	data ID [TEXT]		the same for DATA
 *	fill TYPE ID BYTES	records of that type and 'x', so many bytes in all
 *	abort ID		ABORT_REQUEST
 *	values [NAME...]	GET_VALUES
 *	record TYPE ID [TEXT]	a record of any type
 *	hex XX...		bytes that need be no record
 *	get ID PATH [keep]	a whole request of a RESPONDER
 *	unpadded, padded	how the following records end; padded at first
 *	dribble			what follows up to the next wait leaves a byte at a time
 *	wait end ID		until that request's END_REQUEST
 *	wait TYPE		until a record of that type has come since the last wait
 *	wait eof		until the connection ends
 *	say TEXT		prints it
 *	hold FIFO		sends what is left, and neither reads nor sends until FIFO has been
 *				opened for writing and closed
 *	shut			sends what is left and shuts our side
 *	reset			sends what is left and resets the connection
 *
 * Exit 0; 1 for anything wrong on this side; ended by SIGALRM when 60 seconds were not enough.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "fcgi_body.h"
#include "fcgi_error.h"
#include "fcgi_nv.h"
#include "fcgi_reader.h"
#include "fcgi_record.h"
#include "text.h"

enum { RECORD_MAX = 32768, SHOWN_MAX = 512, SECONDS_MAX = 300 };

struct wire {
	int fd;
	unsigned char *out;
	size_t out_size;
	size_t out_len;
	size_t out_sent;
	int unpadded;
	int dribble;
	int eof;
	struct fcgi_reader reader;
	unsigned char content[FCGI_MAX_LENGTH];
	size_t content_len;
	int ended[FCGI_MAX_REQUEST_ID + 1];
	int seen[256];
};

static _Noreturn void
fail(const char *what, const char *why)
{
	fprintf(stderr, "wire: %s: %s\n", what, why);
	exit(1);
}

static void
put(struct wire *wire, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (wire->out_size - wire->out_len < len) {
		wire->out_size = 2 * wire->out_size + len;
		wire->out = realloc(wire->out, wire->out_size);
	}
	if (wire->out == NULL)
		fail("send", strerror(errno));
	memcpy(wire->out + wire->out_len, data, len);
	wire->out_len += len;
}

static void
put_record(struct wire *wire, unsigned type, unsigned id, const void *content, size_t len)
{
	static const unsigned char zeros[FCGI_ALIGNMENT];
	unsigned char header[FCGI_HEADER_LEN];
	struct fcgi_record record = {
		.version = FCGI_VERSION_1,
		.type = (uint8_t)type,
		.request_id = (uint16_t)id,
		.content_length = (uint16_t)len,
	};

	if (len > FCGI_MAX_LENGTH)
		fail("record", "too long");
	if (!wire->unpadded)
		record.padding_length = fcgi_record_padding((uint16_t)len);
	fcgi_record_encode(header, &record);
	put(wire, header, sizeof header);
	put(wire, content, len);
	put(wire, zeros, record.padding_length);
}

/* --- what comes back -------------------------------------------------------------------------- */

static void
print_pairs(const struct wire *wire)
{
	const unsigned char *p = wire->content, *end = p + wire->content_len;
	struct fcgi_nv nv;

	while (fcgi_nv_next(&p, end, &nv) > 0)
		printf(" %.*s=%.*s", (int)nv.name_len, nv.name, (int)nv.value_len, nv.value);
	if (p < end)
		printf(" and %td bytes that are no pair", end - p);
}

static void
print_content(struct wire *wire)
{
	char text[4 * SHOWN_MAX + 1];
	struct fcgi_end end;

	switch (wire->reader.record.type) {
	case FCGI_END_REQUEST:
		if (wire->content_len != FCGI_BODY_LEN)
			break;
		fcgi_end_decode(&end, wire->content);
		printf(" app %u protocol %u", end.app_status, end.protocol_status);
		wire->ended[wire->reader.record.request_id] = 1;
		return;
	case FCGI_UNKNOWN_TYPE:
		if (wire->content_len != FCGI_BODY_LEN)
			break;
		printf(" type %u", fcgi_unknown_type_decode(wire->content));
		return;
	case FCGI_GET_VALUES_RESULT:
		print_pairs(wire);
		return;
	default:
		break;
	}
	if (wire->content_len > SHOWN_MAX)
		return;
	(void)text_escape(text, sizeof text, wire->content, wire->content_len, 0);
	printf(" %s", text);
}

static void
print_record(struct wire *wire)
{
	const struct fcgi_record *record = &wire->reader.record;
	const char *name = fcgi_record_name(record->type);

	if (name != NULL)
		printf("%s", name);
	else
		printf("type-%u", record->type);
	printf(" %u %u+%u", record->request_id, record->content_length, record->padding_length);
	print_content(wire);
	putchar('\n');
	fflush(stdout);
	wire->seen[record->type] = 1;
}

static void
take(struct wire *wire, const unsigned char *p, const unsigned char *end)
{
	struct fcgi_slice slice;
	int what;

	while ((what = fcgi_reader_next(&wire->reader, &p, end, &slice)) > 0) {
		if (what == FCGI_READ_RECORD)
			wire->content_len = 0;
		if (what == FCGI_READ_CONTENT) {
			memcpy(wire->content + wire->content_len, slice.data, slice.len);
			wire->content_len += slice.len;
		}
		if (what == FCGI_READ_END)
			print_record(wire);
	}
	if (what < 0) {
		printf("%s\n", fcgi_strerror(what));
		wire->eof = 1;
	}
}

static void
receive(struct wire *wire)
{
	unsigned char in[65536];
	ssize_t len = recv(wire->fd, in, sizeof in, MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len > 0) {
		take(wire, in, in + len);
		return;
	}
	wire->eof = 1;
	printf("%s%s\n", len < 0 ? "reset" : "eof",
	    fcgi_reader_between_records(&wire->reader) ? "" : " inside a record");
}

static void
send_some(struct wire *wire)
{
	size_t left = wire->out_len - wire->out_sent;
	ssize_t len = send(wire->fd, wire->out + wire->out_sent, wire->dribble ? 1 : left,
	    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (len >= 0)
		wire->out_sent += (size_t)len;
	else if (errno != EAGAIN && errno != EINTR)
		/* The other side reads no more; what it has said is still to be read. */
		wire->out_sent = wire->out_len;
}

/* --- waiting ---------------------------------------------------------------------------------- */

enum until { UNTIL_SENT, UNTIL_EOF, UNTIL_END, UNTIL_TYPE };

/* All that was to be sent has been, too: half a record would spoil what follows. */
static int
is_over(const struct wire *wire, enum until until, unsigned number)
{
	int sent = wire->out_sent == wire->out_len;

	switch (until) {
	case UNTIL_SENT:
		return sent;
	case UNTIL_EOF:
		return wire->eof;
	case UNTIL_END:
		return wire->eof || (sent && wire->ended[number]);
	default:
		return wire->eof || (sent && wire->seen[number]);
	}
}

static void
exchange(struct wire *wire, enum until until, unsigned number)
{
	struct pollfd ready = { .fd = wire->fd };

	while (!is_over(wire, until, number)) {
		ready.events = (short)(wire->eof ? 0 : POLLIN);
		if (wire->out_sent < wire->out_len)
			ready.events |= POLLOUT;
		if (poll(&ready, 1, -1) < 0)
			fail("poll", strerror(errno));
		if (ready.revents & POLLOUT)
			send_some(wire);
		if (!wire->eof && (ready.revents & (POLLIN | POLLHUP | POLLERR)))
			receive(wire);
		else if (wire->eof && (ready.revents & (POLLHUP | POLLERR)))
			wire->out_sent = wire->out_len;
	}
	wire->out_len = 0;
	wire->out_sent = 0;
	wire->dribble = 0;
	if (until == UNTIL_END)
		wire->ended[number] = 0;
	memset(wire->seen, 0, sizeof wire->seen);
}

/* --- commands --------------------------------------------------------------------------------- */

static unsigned
number(char **words, unsigned max)
{
	const char *word = strsep(words, " ");
	char *end = NULL;
	unsigned long value = word != NULL ? strtoul(word, &end, 10) : 0;

	if (word == NULL || *word == '\0' || *end != '\0' || value > max)
		fail(word != NULL ? word : "command", "not such a number");
	return (unsigned)value;
}

static const char *
rest(char *words)
{
	return words != NULL ? words : "";
}

static void
do_begin(struct wire *wire, char *words)
{
	unsigned id = number(&words, FCGI_MAX_REQUEST_ID), role = number(&words, 65535);
	struct fcgi_begin begin = { .role = (uint16_t)role };
	unsigned char body[FCGI_BODY_LEN];

	begin.flags = strcmp(rest(words), "keep") == 0 ? FCGI_KEEP_CONN : 0;
	fcgi_begin_encode(body, &begin);
	put_record(wire, FCGI_BEGIN_REQUEST, id, body, sizeof body);
}

static void
put_pairs(struct wire *wire, unsigned type, unsigned id, char *words)
{
	unsigned char pairs[RECORD_MAX], *p = pairs;
	const char *word, *equals;
	struct fcgi_nv nv;
	ptrdiff_t len;

	while ((word = strsep(&words, " ")) != NULL) {
		equals = word + strcspn(word, "=");
		nv.name = (const unsigned char *)word;
		nv.name_len = (size_t)(equals - word);
		nv.value = (const unsigned char *)(*equals == '=' ? equals + 1 : equals);
		nv.value_len = strlen((const char *)nv.value);
		len = fcgi_nv_encode(p, pairs + sizeof pairs, &nv);
		if (len < 0)
			fail("params", "too long");
		p += len;
	}
	put_record(wire, type, id, pairs, (size_t)(p - pairs));
}

static void
do_params(struct wire *wire, char *words)
{
	unsigned id = number(&words, FCGI_MAX_REQUEST_ID);

	put_pairs(wire, FCGI_PARAMS, id, words);
}

static void
do_values(struct wire *wire, char *words)
{
	put_pairs(wire, FCGI_GET_VALUES, FCGI_NULL_REQUEST_ID, words);
}

static void
put_text(struct wire *wire, unsigned type, char *words)
{
	unsigned id = number(&words, FCGI_MAX_REQUEST_ID);

	put_record(wire, type, id, rest(words), strlen(rest(words)));
}

static void
do_stdin(struct wire *wire, char *words)
{
	put_text(wire, FCGI_STDIN, words);
}

static void
do_data(struct wire *wire, char *words)
{
	put_text(wire, FCGI_DATA, words);
}

static void
do_abort(struct wire *wire, char *words)
{
	put_text(wire, FCGI_ABORT_REQUEST, words);
}

static void
do_record(struct wire *wire, char *words)
{
	unsigned type = number(&words, 255);

	put_text(wire, type, words);
}

static void
do_fill(struct wire *wire, char *words)
{
	unsigned type = number(&words, 255), id = number(&words, FCGI_MAX_REQUEST_ID);
	size_t left = number(&words, 1U << 30), len;
	char content[RECORD_MAX];

	memset(content, 'x', sizeof content);
	for (; left > 0; left -= len) {
		len = left < sizeof content ? left : sizeof content;
		put_record(wire, type, id, content, len);
	}
}

static void
do_hex(struct wire *wire, char *words)
{
	const char *word;
	unsigned char byte;

	while ((word = strsep(&words, " ")) != NULL) {
		byte = (unsigned char)strtoul(word, NULL, 16);
		put(wire, &byte, 1);
	}
}

static void
do_get(struct wire *wire, char *words)
{
	unsigned id = number(&words, FCGI_MAX_REQUEST_ID);
	const char *path = strsep(&words, " ");
	char line[4096];

	snprintf(line, sizeof line, "%u 1 %s", id, rest(words));
	do_begin(wire, line);
	snprintf(line, sizeof line, "%u REQUEST_METHOD=GET SCRIPT_NAME=%s", id, path);
	do_params(wire, line);
	put_record(wire, FCGI_PARAMS, id, "", 0);
	put_record(wire, FCGI_STDIN, id, "", 0);
}

static void
do_padded(struct wire *wire, char *words)
{
	(void)words;
	wire->unpadded = 0;
}

static void
do_unpadded(struct wire *wire, char *words)
{
	(void)words;
	wire->unpadded = 1;
}

static void
do_dribble(struct wire *wire, char *words)
{
	(void)words;
	exchange(wire, UNTIL_SENT, 0);
	wire->dribble = 1;
}

static void
do_wait(struct wire *wire, char *words)
{
	const char *what = strsep(&words, " ");
	unsigned type;

	if (what == NULL)
		fail("wait", "for what?");
	if (strcmp(what, "eof") == 0) {
		exchange(wire, UNTIL_EOF, 0);
		return;
	}
	if (strcmp(what, "end") == 0) {
		exchange(wire, UNTIL_END, number(&words, FCGI_MAX_REQUEST_ID));
		return;
	}
	for (type = 1; type <= FCGI_MAXTYPE; type++)
		if (strcmp(what, fcgi_record_name((uint8_t)type)) == 0)
			break;
	if (type > FCGI_MAXTYPE)
		fail("wait", "no such type");
	exchange(wire, UNTIL_TYPE, type);
}

static void
do_say(struct wire *wire, char *words)
{
	(void)wire;
	puts(rest(words));
	fflush(stdout);
}

static void
do_hold(struct wire *wire, char *words)
{
	FILE *fifo;

	exchange(wire, UNTIL_SENT, 0);
	fifo = fopen(rest(words), "re");
	if (fifo == NULL)
		fail(rest(words), strerror(errno));
	while (getc(fifo) != EOF)
		;
	fclose(fifo);
}

static void
do_shut(struct wire *wire, char *words)
{
	(void)words;
	exchange(wire, UNTIL_SENT, 0);
	(void)shutdown(wire->fd, SHUT_WR);
}

static void
do_reset(struct wire *wire, char *words)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)words;
	exchange(wire, UNTIL_SENT, 0);
	(void)setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(wire->fd);
	exit(0);
}

static const struct {
	const char *name;
	void (*run)(struct wire *wire, char *words);
} commands[] = {
	{ "begin", do_begin }, { "params", do_params }, { "stdin", do_stdin }, { "data", do_data },
	{ "fill", do_fill }, { "abort", do_abort }, { "values", do_values },
	{ "record", do_record }, { "hex", do_hex }, { "get", do_get }, { "padded", do_padded },
	{ "unpadded", do_unpadded }, { "dribble", do_dribble }, { "wait", do_wait },
	{ "say", do_say }, { "hold", do_hold }, { "shut", do_shut }, { "reset", do_reset },
};

static void
run(struct wire *wire, char *words)
{
	const char *name = strsep(&words, " ");
	size_t i;

	for (i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(commands[i].name, name) == 0) {
			commands[i].run(wire, words);
			return;
		}
	}
	fail(name, "no such command");
}

static int
dial(const char *text)
{
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	struct addr addr;
	int fd, gai, in_progress;
	struct pollfd ready;

	if (addr_parse(&addr, text) < 0 || addr_resolve(&addr, 0, sockets, &gai) < 0)
		fail(text, "not an address");
	fd = addr_connect(&sockets[0], &in_progress);
	if (fd < 0)
		fail(text, strerror(errno));
	ready = (struct pollfd){ .fd = fd, .events = POLLOUT };
	if (in_progress && (poll(&ready, 1, -1) < 0 || addr_connected(fd) < 0))
		fail(text, strerror(errno));
	return fd;
}

int
main(int argc, char **argv)
{
	struct wire *wire = calloc(1, sizeof *wire);
	int i;

	if (argc < 2 || wire == NULL)
		fail("usage", "wire ADDR COMMAND...");
	alarm(SECONDS_MAX);
	wire->fd = dial(argv[1]);
	for (i = 2; i < argc; i++)
		run(wire, argv[i]);
	exchange(wire, UNTIL_SENT, 0);
	close(wire->fd);
	free(wire->out);
	free(wire);
	return 0;
}
