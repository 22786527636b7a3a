/* The fields that say what is asked, and how it is sent. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case_field_private.h"
#include "cgi_block.h"
#include "dialects.h"

static int
set_name(struct case_entry *entry)
{
	if (entry->len == 0)
		return case_field_refuse(entry, "the case has no name");
	return case_field_keep_text(entry, &entry->auth_case->name);
}

static int
set_dialect(struct case_entry *entry)
{
	if (case_field_is(entry, "all")) {
		entry->auth_case->dialect = NULL;
		return dialects_open_all(entry->maker->dialects, entry->why, entry->why_size);
	}
	entry->auth_case->dialect = dialects_find(entry->maker->dialects, entry->text, entry->why,
	    entry->why_size);
	return entry->auth_case->dialect != NULL ? 0 : -1;
}

static int
set_phase(struct case_entry *entry)
{
	int phase = case_field_word(entry, auth_phase_names);

	if (phase < 0)
		return case_field_refuse(entry, "not a phase: authenticator, authorizer, "
		    "access-checker, authnz or check");
	entry->auth_case->has_phase = 1;
	entry->auth_case->phase = (enum auth_phase)phase;
	return 0;
}

static int
set_method(struct case_entry *entry)
{
	if (!cgi_block_is_name(entry->text, entry->len))
		return case_field_refuse(entry, "not a method");
	return case_field_keep_text(entry, &entry->auth_case->method);
}

/* Cuts the last word off when it is a version of HTTP. */
static int
take_protocol(struct auth_case *auth_case, char *target)
{
	char *blank = strrchr(target, ' ');

	free(auth_case->protocol);
	auth_case->protocol = NULL;
	if (blank == NULL || strncmp(blank + 1, "HTTP/", 5) != 0)
		return 0;
	auth_case->protocol = strdup(blank + 1);
	*blank = '\0';
	return auth_case->protocol != NULL ? 0 : -1;
}

/* "GET /path?query HTTP/1.1", of which the first and the last may be left out. */
static int
set_request(struct case_entry *entry)
{
	struct auth_case *auth_case = entry->auth_case;
	size_t method_len = strcspn(entry->text, " ");
	char *method, *target;

	if (*entry->text == '/' || entry->text[method_len] == '\0') {
		method = strdup("GET");
		target = strdup(entry->text);
	} else {
		method = strndup(entry->text, method_len);
		target = strdup(entry->text + method_len + 1);
	}
	free(auth_case->method);
	free(auth_case->target);
	auth_case->method = method;
	auth_case->target = target;
	if (method == NULL || target == NULL || take_protocol(auth_case, target) < 0)
		return case_field_no_memory(entry);
	if (!cgi_block_is_name(method, strlen(method)) || *target == '\0' ||
	    (*target != '/' && strstr(target, "://") == NULL && strcmp(target, "*") != 0))
		return case_field_refuse(entry, "not a request such as GET /path");
	return 0;
}

static void
drop_header(struct auth_case *auth_case, size_t index)
{
	free(auth_case->headers[index].name);
	free(auth_case->headers[index].value);
	memmove(&auth_case->headers[index], &auth_case->headers[index + 1],
	    (auth_case->header_count - index - 1) * sizeof *auth_case->headers);
	auth_case->header_count--;
}

static int
clear_headers(struct case_entry *entry)
{
	while (entry->auth_case->header_count > 0)
		drop_header(entry->auth_case, entry->auth_case->header_count - 1);
	return 0;
}

/* "Name: value"; "Name:" leaves a header out, "Name;" sends it without a value, as -H of curl. */
static int
add_header(struct case_entry *entry)
{
	struct auth_case *auth_case = entry->auth_case;
	size_t name_len = strcspn(entry->text, ":;");
	const char *value = entry->text + name_len;
	struct auth_header header = { 0 }, *headers;

	if (*value == '\0' || (*value == ';' && value[1] != '\0') ||
	    !cgi_block_is_name(entry->text, name_len))
		return case_field_refuse(entry,
		    "not a header: \"Name: value\", \"Name:\" or \"Name;\"");
	header.name = strndup(entry->text, name_len);
	if (*value == ':')
		header.value = strdup(value + 1 + strspn(value + 1, " \t"));
	headers = reallocarray(auth_case->headers, auth_case->header_count + 1, sizeof *headers);
	if (headers != NULL)
		auth_case->headers = headers;
	if (headers == NULL || header.name == NULL || (*value == ':' && header.value == NULL)) {
		free(header.name);
		free(header.value);
		return case_field_no_memory(entry);
	}
	headers[auth_case->header_count++] = header;
	return 0;
}

/* Behind "%" an address of IPv6 may name an interface. */
static int
is_address(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];
	char head[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "%");

	if (inet_pton(AF_INET, text, address) == 1)
		return 1;
	if (len >= sizeof head || (text[len] == '%' && text[len + 1] == '\0'))
		return 0;
	memcpy(head, text, len);
	head[len] = '\0';
	return inet_pton(AF_INET6, head, address) == 1;
}

static int
set_remote_addr(struct case_entry *entry)
{
	if (!is_address(entry->text))
		return case_field_refuse(entry, "not an address of IPv4 or IPv6");
	return case_field_keep_text(entry, &entry->auth_case->remote_addr);
}

/* --- how it is sent ------------------------------------------------------------------------ */

static int
add_param(struct case_entry *entry)
{
	const char *equals = strchr(entry->text, '=');

	if (equals == NULL || equals == entry->text)
		return case_field_refuse(entry, "not NAME=VALUE");
	return case_field_add_line(entry, &entry->auth_case->params);
}

static int
add_unset(struct case_entry *entry)
{
	if (entry->len == 0)
		return case_field_refuse(entry, "no name");
	if (strchr(entry->text, '=') != NULL)
		return case_field_refuse(entry, "a name only: there is no '=' in one");
	return case_field_add_line(entry, &entry->auth_case->unset);
}

static int
set_stdin(struct case_entry *entry)
{
	static const char *const words[] = { "dialect", "none", "empty", NULL };
	int word = case_field_word(entry, words);

	if (word < 0)
		return case_field_refuse(entry, "not none or empty");
	entry->auth_case->stdin_record = (enum auth_stdin)word;
	return 0;
}

static int
set_keep_conn(struct case_entry *entry)
{
	static const char *const words[] = { "dialect", "no", "yes", NULL };
	int word = case_field_word(entry, words);

	if (word < 0)
		return case_field_refuse(entry, "not yes or no");
	entry->auth_case->keep_conn = (enum auth_choice)word;
	return 0;
}

const struct case_field case_field_request[] = {
	{ .name = "Case", .set = set_name },
	{ .name = "Dialect", .set = set_dialect },
	{ .name = "Phase", .set = set_phase },
	{ .name = "Request", .set = set_request },
	{ .name = "Method", .set = set_method, .option = "-X" },
	{ .name = "Headers", .kind = CASE_FIELD_LINES, .set = add_header, .clear = clear_headers,
	    .is_secret = 1 },
	{ .name = "Remote-Addr", .set = set_remote_addr },
	{ .name = "Params", .kind = CASE_FIELD_LINES, .set = add_param,
	    .lines = offsetof(struct auth_case, params), .is_secret = 1, .is_text = 1 },
	{ .name = "Unset", .kind = CASE_FIELD_WORDS, .set = add_unset,
	    .lines = offsetof(struct auth_case, unset) },
	{ .name = "Stdin", .set = set_stdin },
	{ .name = "Keep-Conn", .set = set_keep_conn },
	{ .name = NULL },
};
