#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "facts.h"
#include "report_json.h"
#include "text.h"

/* What is being written: curl's names, and a few more. */
struct report {
	const struct exchange *exchange;
	int status;
	FILE *out;
	int is_terminal;
	int failed_only;	/* behind %{onerror} */
};

typedef void put_variable(struct report *report, int which);

/* --- values ----------------------------------------------------------------------------------- */

static void
put_bytes(struct report *report, const char *data, size_t len)
{
	char *escaped;

	if (!report->is_terminal) {
		fwrite(data, 1, len, report->out);
		return;
	}
	escaped = text_escape_alloc(data, len, 0);
	fputs(escaped != NULL ? escaped : "", report->out);
	free(escaped);
}

static void
put_text(struct report *report, const char *text)
{
	put_bytes(report, text, strlen(text));
}

static void
put_header(struct report *report, const char *name)
{
	struct cgi_header header;

	if (output_find_header(&report->exchange->output, name, &header))
		put_bytes(report, header.value, header.value_len);
}

static void
put_http_code(struct report *report, int which)
{
	(void)which;
	fprintf(report->out, "%03d", output_status(&report->exchange->output));
}

static void
put_content_type(struct report *report, int which)
{
	(void)which;
	put_header(report, "Content-Type");
}

static void
put_redirect_url(struct report *report, int which)
{
	int status = output_status(&report->exchange->output);

	(void)which;
	if (status >= 300 && status < 400)
		put_header(report, "Location");
}

static void
put_num_headers(struct report *report, int which)
{
	struct cgi_header header;
	size_t at = 0;
	int count = 0;

	(void)which;
	while (output_next_header(&report->exchange->output, &at, &header))
		count++;
	fprintf(report->out, "%d", count);
}

static void
put_header_json(struct report *report, int which)
{
	(void)which;
	report_json(report->out, report->exchange, report->status);
}

static void
put_remote(struct report *report, int wants_port)
{
	char ip[FACT_IP_SIZE];
	unsigned port = facts_peer(report->exchange, ip);

	if (wants_port)
		fprintf(report->out, "%u", port);
	else
		fputs(ip, report->out);
}

static void
put_method(struct report *report, int which)
{
	const char *method = params_get(&report->exchange->options->params, "REQUEST_METHOD");

	(void)which;
	put_text(report, method != NULL ? method : "");
}

static void
put_address(struct report *report, int which)
{
	(void)which;
	put_text(report, report->exchange->options->connect);
}

static void
put_error(struct report *report, int which)
{
	(void)which;
	put_text(report, report->exchange->failure);
}

static void
put_exit_status(struct report *report, int which)
{
	(void)which;
	fprintf(report->out, "%d", report->status);
}

static void
put_seconds(struct report *report, int which)
{
	double seconds = facts_seconds(report->exchange, (enum fact_time)which);

	fprintf(report->out, "%.6f", seconds < 0 ? 0 : seconds);
}

/* What HTTP has and FastCGI has not. */
static void
put_no_time(struct report *report, int which)
{
	(void)which;
	fprintf(report->out, "%.6f", 0.0);
}

static void
put_zero(struct report *report, int which)
{
	(void)which;
	fputc('0', report->out);
}

enum size { SIZE_HEADER, SIZE_BODY, SIZE_STDOUT, SIZE_STDERR, SIZE_UPLOAD, SIZE_SENT, SIZE_RECEIVED,
	SIZE_FOREIGN };

static uint64_t
find_size(const struct report *report, int which)
{
	const struct exchange *exchange = report->exchange;

	switch (which) {
	case SIZE_HEADER:
		return facts_header_len(exchange);
	case SIZE_BODY:
		return facts_body_len(exchange);
	case SIZE_STDOUT:
		return exchange->reply.stdout_len;
	case SIZE_STDERR:
		return exchange->reply.stderr_len;
	case SIZE_UPLOAD:
		return exchange->sender.taken;
	case SIZE_SENT:
		return exchange->conn.sent;
	case SIZE_RECEIVED:
		return exchange->conn.received;
	default:
		return exchange->reply.foreign;
	}
}

static void
put_size(struct report *report, int which)
{
	fprintf(report->out, "%" PRIu64, find_size(report, which));
}

/* Bytes a second. */
static void
put_speed(struct report *report, int which)
{
	double seconds = facts_seconds(report->exchange, FACT_TOTAL);
	double size = (double)find_size(report, which);

	fprintf(report->out, "%.0f", seconds > 0 ? size / seconds : 0);
}

static void
put_end(struct report *report, int wants_app_status)
{
	const struct fcgi_request *reply = &report->exchange->reply;

	if (reply->ended)
		fprintf(report->out, "%" PRIu32, wants_app_status ? reply->end.app_status
			: (uint32_t)reply->end.protocol_status);
}

static void
put_seen_by(struct report *report, int which)
{
	const struct seen_by *seen = report->exchange->output.seen;

	(void)which;
	if (seen != NULL && seen->why != NULL)
		put_text(report, seen->why);
}

static void
to_stream(struct report *report, int wants_stderr)
{
	report->out = wants_stderr ? stderr : stdout;
	report->is_terminal = isatty(fileno(report->out));
}

static void
only_failures(struct report *report, int which)
{
	(void)which;
	report->failed_only = 1;
}

static const struct {
	const char *name;
	put_variable *put;
	int which;
} variables[] = {
	{ "content_type", put_content_type, 0 },
	{ "errormsg", put_error, 0 },
	{ "exitcode", put_exit_status, 0 },
	{ "http_code", put_http_code, 0 },
	{ "json", put_header_json, 0 },
	{ "method", put_method, 0 },
	{ "num_headers", put_num_headers, 0 },
	{ "num_redirects", put_zero, 0 },
	{ "onerror", only_failures, 0 },
	{ "redirect_url", put_redirect_url, 0 },
	{ "remote_ip", put_remote, 0 },
	{ "remote_port", put_remote, 1 },
	{ "response_code", put_http_code, 0 },
	{ "size_download", put_size, SIZE_BODY },
	{ "size_header", put_size, SIZE_HEADER },
	{ "size_request", put_size, SIZE_SENT },
	{ "size_upload", put_size, SIZE_UPLOAD },
	{ "speed_download", put_speed, SIZE_BODY },
	{ "speed_upload", put_speed, SIZE_UPLOAD },
	{ "stderr", to_stream, 1 },
	{ "stdout", to_stream, 0 },
	{ "time_appconnect", put_no_time, 0 },
	{ "time_connect", put_seconds, FACT_CONNECTED },
	{ "time_namelookup", put_seconds, FACT_RESOLVED },
	{ "time_posttransfer", put_seconds, FACT_SENT },
	{ "time_pretransfer", put_seconds, FACT_CONNECTED },
	{ "time_redirect", put_no_time, 0 },
	{ "time_starttransfer", put_seconds, FACT_FIRST_BYTE },
	{ "time_total", put_seconds, FACT_TOTAL },
	/* Ours. */
	{ "address", put_address, 0 },
	{ "app_status", put_end, 1 },
	{ "protocol_status", put_end, 0 },
	{ "seen_why", put_seen_by, 0 },
	{ "size_received", put_size, SIZE_RECEIVED },
	{ "size_stderr", put_size, SIZE_STDERR },
	{ "size_stdout", put_size, SIZE_STDOUT },
	{ "skipped_records", put_size, SIZE_FOREIGN },
};

/* Returns an index into the variables, or -1. */
static int
find_variable(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof variables / sizeof *variables; i++)
		if (strlen(variables[i].name) == len && memcmp(variables[i].name, name, len) == 0)
			return (int)i;
	return -1;
}

/* --- the format ------------------------------------------------------------------------------- */

/*
 * Whether p begins with opening, a name and '}'.
 * Returns the name's end, or NULL.
 */
static const char *
find_end(const char *p, const char *opening, const char **name)
{
	size_t len = strlen(opening);

	if (strncmp(p, opening, len) != 0)
		return NULL;
	*name = p + len;
	return strchr(*name, '}');
}

static void
read_file(struct options *options, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct buffer text = { 0 };
	char piece[4096];
	size_t len;

	if (file == NULL)
		cli_die(&options->cli, 1, "-w @%s: %s", path, strerror(errno));
	while ((len = fread(piece, 1, sizeof piece, file)) > 0)
		if (buffer_append(&text, piece, len) < 0)
			cli_die(&options->cli, 1, "out of memory");
	if (ferror(file))
		cli_die(&options->cli, 1, "-w @%s: %s", path, strerror(errno));
	if (file != stdin)
		fclose(file);
	if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
		cli_die(&options->cli, 1, "-w @%s: there is a NUL byte in it", path);
	if (buffer_append(&text, "", 1) < 0)
		cli_die(&options->cli, 1, "out of memory");
	free(options->write_out);
	options->write_out = (char *)text.data;
}

void
report_check(struct options *options)
{
	const char *p = options->write_out, *name, *end;

	if (p == NULL)
		return;
	if (*p == '@') {
		read_file(options, p + 1);
		p = options->write_out;
	}
	for (; *p != '\0'; p++) {
		if (p[0] == '%' && p[1] == '%')
			p++;
		else if ((end = find_end(p, "%{", &name)) != NULL &&
		    find_variable(name, (size_t)(end - name)) < 0)
			cli_usage_error(&options->cli, "-w: there is no %%{%.*s}",
			    (int)(end - name), name);
	}
}

static void
put_escape(struct report *report, char c)
{
	switch (c) {
	case 'n':
		fputc('\n', report->out);
		break;
	case 'r':
		fputc('\r', report->out);
		break;
	case 't':
		fputc('\t', report->out);
		break;
	default:
		fputc('\\', report->out);
		if (c != '\0')
			fputc(c, report->out);
	}
}

static void
put_named_header(struct report *report, const char *name, size_t len)
{
	char *copy = strndup(name, len);

	if (copy != NULL)
		put_header(report, copy);
	free(copy);
}

/* Takes a piece of the format.  Returns its end. */
static const char *
put_piece(struct report *report, const char *p)
{
	const char *name, *end;
	int i;

	if (p[0] == '\\') {
		put_escape(report, p[1]);
		return p + 1 + (p[1] != '\0');
	}
	if (p[0] == '%' && p[1] == '%') {
		fputc('%', report->out);
		return p + 2;
	}
	end = find_end(p, "%{", &name);
	if (end != NULL) {
		i = find_variable(name, (size_t)(end - name));
		variables[i].put(report, variables[i].which);
		return end + 1;
	}
	end = find_end(p, "%header{", &name);
	if (end != NULL) {
		put_named_header(report, name, (size_t)(end - name));
		return end + 1;
	}
	fputc(*p, report->out);
	return p + 1;
}

int
report_write(const struct exchange *exchange, int status)
{
	const struct options *options = exchange->options;
	struct report report = { .exchange = exchange, .status = status };
	const char *p;

	if (!options->json && options->write_out == NULL)
		return 0;
	if (options->json) {
		report_json(stdout, exchange, status);
		putchar('\n');
	}
	to_stream(&report, 0);
	for (p = options->write_out; p != NULL && *p != '\0';) {
		if (report.failed_only && status == 0)
			break;
		p = put_piece(&report, p);
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : errno;
}
