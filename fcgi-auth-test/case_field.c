#include "case_field.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cgi_response.h"
#include "check.h"
#include "clock.h"
#include "dialects.h"
#include "expected.h"
#include "fcgi_error.h"
#include "number.h"

/* A setting on its way into a case. */
struct entry {
	struct case_maker *maker;
	struct auth_case *auth_case;
	const struct setting *setting;
	const char *text;	/* the value, or the item of it that is being read */
	size_t len;
	char *why;
	size_t why_size;
};

static int
refuse(struct entry *entry, const char *text)
{
	snprintf(entry->why, entry->why_size, "%s", text);
	return -1;
}

static int
out_of_memory(struct entry *entry)
{
	return refuse(entry, "out of memory");
}

static int
is_word(const struct entry *entry, const char *word)
{
	return strcasecmp(entry->text, word) == 0;
}

/* The place of the value among words, case aside; -1 when it is none. */
static int
find_word(const struct entry *entry, const char *const *words)
{
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (is_word(entry, words[i]))
			return i;
	return -1;
}

static int
keep_text(struct entry *entry, char **where)
{
	char *copy = strdup(entry->text);

	if (copy == NULL)
		return out_of_memory(entry);
	free(*where);
	*where = copy;
	return 0;
}

static int
is_token(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!cgi_response_is_name_char(text[i]))
			return 0;
	return len > 0;
}

/* --- the request ------------------------------------------------------------------------------ */

static int
set_name(struct entry *entry)
{
	if (entry->len == 0)
		return refuse(entry, "the case has no name");
	if (strchr(entry->text, '\n') != NULL)
		return refuse(entry, "the name has more than one line");
	return keep_text(entry, &entry->auth_case->name);
}

static int
set_dialect(struct entry *entry)
{
	if (is_word(entry, "all")) {
		entry->auth_case->dialect = NULL;
		return dialects_open_all(entry->maker->dialects, entry->why, entry->why_size);
	}
	entry->auth_case->dialect = dialects_find(entry->maker->dialects, entry->text, entry->why,
	    entry->why_size);
	return entry->auth_case->dialect != NULL ? 0 : -1;
}

static int
set_phase(struct entry *entry)
{
	int phase = find_word(entry, auth_phase_names);

	if (phase < 0)
		return refuse(entry, "not a phase: authenticator, authorizer, access-checker, "
		    "authnz or check");
	entry->auth_case->has_phase = 1;
	entry->auth_case->phase = (enum auth_phase)phase;
	return 0;
}

static int
set_method(struct entry *entry)
{
	if (!is_token(entry->text, entry->len))
		return refuse(entry, "not a method");
	return keep_text(entry, &entry->auth_case->method);
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
set_request(struct entry *entry)
{
	struct auth_case *auth_case = entry->auth_case;
	size_t method_len = strcspn(entry->text, " ");
	char *method, *target;

	if (strchr(entry->text, '\n') != NULL)
		return refuse(entry, "the request has more than one line");
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
		return out_of_memory(entry);
	if (!is_token(method, strlen(method)) || *target == '\0' ||
	    (*target != '/' && strstr(target, "://") == NULL && strcmp(target, "*") != 0))
		return refuse(entry, "not a request such as GET /path");
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
clear_headers(struct entry *entry)
{
	while (entry->auth_case->header_count > 0)
		drop_header(entry->auth_case, entry->auth_case->header_count - 1);
	return 0;
}

static int
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			return 1;
	return 0;
}

/* "Name: value"; "Name:" leaves a header out, "Name;" sends it without a value, as -H of curl. */
static int
add_header(struct entry *entry)
{
	struct auth_case *auth_case = entry->auth_case;
	size_t name_len = strcspn(entry->text, ":;");
	const char *value = entry->text + name_len;
	struct auth_header header = { 0 }, *headers;

	if (*value == '\0' || (*value == ';' && value[1] != '\0') ||
	    !is_token(entry->text, name_len) || has_control(value))
		return refuse(entry, "not a header: \"Name: value\", \"Name:\" or \"Name;\"");
	header.name = strndup(entry->text, name_len);
	if (*value == ':')
		header.value = strdup(value + 1 + strspn(value + 1, " \t"));
	headers = reallocarray(auth_case->headers, auth_case->header_count + 1, sizeof *headers);
	if (headers != NULL)
		auth_case->headers = headers;
	if (headers == NULL || header.name == NULL || (*value == ':' && header.value == NULL)) {
		free(header.name);
		free(header.value);
		return out_of_memory(entry);
	}
	headers[auth_case->header_count++] = header;
	return 0;
}

static int
set_remote_addr(struct entry *entry)
{
	if (entry->len == 0)
		return refuse(entry, "no address");
	return keep_text(entry, &entry->auth_case->remote_addr);
}

/* --- the identity ------------------------------------------------------------------------------- */

static void
clear_bytes(struct auth_bytes *bytes)
{
	if (bytes->data != NULL)
		explicit_bzero(bytes->data, bytes->len);
	free(bytes->data);
	*bytes = (struct auth_bytes){ 0 };
}

static int
keep_bytes(struct entry *entry, struct auth_bytes *bytes)
{
	clear_bytes(bytes);
	bytes->data = calloc(1, entry->len + 1);
	if (bytes->data == NULL)
		return out_of_memory(entry);
	memcpy(bytes->data, entry->text, entry->len);
	bytes->len = entry->len;
	return 0;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c != '\0' ? strchr(digits, c | 0x20) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

/* Pairs of hexadecimal digits, blanks and line breaks between them as one likes. */
static int
keep_hex(struct entry *entry, struct auth_bytes *bytes)
{
	const char *p = entry->text, *end = p + entry->len;

	clear_bytes(bytes);
	bytes->data = calloc(1, entry->len / 2 + 1);
	if (bytes->data == NULL)
		return out_of_memory(entry);
	while (p < end) {
		if (*p == ' ' || *p == '\t' || *p == '\n') {
			p++;
			continue;
		}
		if (end - p < 2 || hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0)
			return refuse(entry, "not hexadecimal: two digits a byte");
		bytes->data[bytes->len++] = (char)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
		p += 2;
	}
	return 0;
}

static int
set_user(struct entry *entry)
{
	return keep_bytes(entry, &entry->auth_case->user);
}

static int
set_user_hex(struct entry *entry)
{
	return keep_hex(entry, &entry->auth_case->user);
}

static int
keep_password(struct entry *entry, enum auth_password_source source)
{
	struct auth_case *auth_case = entry->auth_case;

	auth_case->password_source = source;
	free(auth_case->password_name);
	auth_case->password_name = NULL;
	return source == AUTH_PASSWORD_HEX ? keep_hex(entry, &auth_case->password)
					   : keep_bytes(entry, &auth_case->password);
}

static int
set_password(struct entry *entry)
{
	return keep_password(entry, AUTH_PASSWORD_TEXT);
}

static int
set_password_hex(struct entry *entry)
{
	return keep_password(entry, AUTH_PASSWORD_HEX);
}

/* Names where the password came from, once it is there. */
static int
name_password(struct entry *entry, const char *name)
{
	entry->auth_case->password_name = strdup(name);
	return entry->auth_case->password_name != NULL ? 0 : out_of_memory(entry);
}

static int
set_password_env(struct entry *entry)
{
	const char *name = entry->text, *value = getenv(name);

	if (value == NULL) {
		snprintf(entry->why, entry->why_size, "%s is not in the environment", name);
		return -1;
	}
	entry->text = value;
	entry->len = strlen(value);
	if (keep_password(entry, AUTH_PASSWORD_ENV) < 0)
		return -1;
	return name_password(entry, name);
}

/* The first line of a file, however long.  Returns 0, or -1 with errno. */
static int
read_first_line(const char *path, char **line, size_t *len)
{
	FILE *file = fopen(path, "re");
	size_t size = 0;
	ssize_t n;
	int error;

	*line = NULL;
	if (file == NULL)
		return -1;
	errno = 0;
	n = getline(line, &size, file);
	error = errno;
	if (n < 0 && !ferror(file) && error == 0)
		n = 0;
	fclose(file);
	errno = error;
	if (n < 0)
		return -1;
	if (n > 0 && (*line)[n - 1] == '\n')
		n--;
	/* A file that was made on another system. */
	if (n > 0 && (*line)[n - 1] == '\r')
		n--;
	*len = (size_t)n;
	return 0;
}

static int
set_password_file(struct entry *entry)
{
	const char *folder = entry->setting->option == NULL ? entry->maker->folder : NULL;
	char *path = NULL, *line = NULL;
	size_t len = 0;
	int r = -1;

	if (entry->len == 0)
		return refuse(entry, "no file");
	if (asprintf(&path, "%s%s%s", *entry->text != '/' && folder != NULL ? folder : "",
		*entry->text != '/' && folder != NULL ? "/" : "", entry->text) < 0)
		return out_of_memory(entry);
	if (read_first_line(path, &line, &len) < 0) {
		snprintf(entry->why, entry->why_size, "%s: %s", path, strerror(errno));
	} else {
		entry->text = line != NULL ? line : "";
		entry->len = len;
		r = keep_password(entry, AUTH_PASSWORD_FILE);
		if (r == 0)
			r = name_password(entry, path);
	}
	if (line != NULL)
		explicit_bzero(line, len);
	free(line);
	free(path);
	return r;
}

static int
set_auth(struct entry *entry)
{
	free(entry->auth_case->auth_type);
	entry->auth_case->auth_type = NULL;
	if (is_word(entry, "none"))
		entry->text = "";
	else if (!is_token(entry->text, entry->len))
		return refuse(entry, "not a scheme such as Basic, or none");
	return keep_text(entry, &entry->auth_case->auth_type);
}

/* --- how it is sent ----------------------------------------------------------------------------- */

static int
add_line(struct entry *entry, struct auth_lines *lines)
{
	char **items = reallocarray(lines->items, lines->count + 1, sizeof *items);
	char *copy = strdup(entry->text);

	if (items != NULL)
		lines->items = items;
	if (items == NULL || copy == NULL) {
		free(copy);
		return out_of_memory(entry);
	}
	items[lines->count++] = copy;
	return 0;
}

static int
clear_lines(struct auth_lines *lines)
{
	while (lines->count > 0)
		free(lines->items[--lines->count]);
	return 0;
}

static int
add_param(struct entry *entry)
{
	const char *equals = strchr(entry->text, '=');

	if (equals == NULL || equals == entry->text)
		return refuse(entry, "not NAME=VALUE");
	return add_line(entry, &entry->auth_case->params);
}

static int
clear_params(struct entry *entry)
{
	return clear_lines(&entry->auth_case->params);
}

static int
add_unset(struct entry *entry)
{
	if (strchr(entry->text, '=') != NULL)
		return refuse(entry, "a name only: there is no '=' in one");
	return add_line(entry, &entry->auth_case->unset);
}

static int
clear_unset(struct entry *entry)
{
	return clear_lines(&entry->auth_case->unset);
}

static int
set_stdin(struct entry *entry)
{
	static const char *const words[] = { "dialect", "none", "empty", NULL };
	int word = find_word(entry, words);

	if (word < 0)
		return refuse(entry, "not none or empty");
	entry->auth_case->stdin_record = (enum auth_stdin)word;
	return 0;
}

static int
set_keep_conn(struct entry *entry)
{
	static const char *const words[] = { "dialect", "no", "yes", NULL };
	int word = find_word(entry, words);

	if (word < 0)
		return refuse(entry, "not yes or no");
	entry->auth_case->keep_conn = (enum auth_choice)word;
	return 0;
}

/* --- what is expected --------------------------------------------------------------------------- */

static int
set_expect(struct entry *entry)
{
	static const char *const words[] = { "any", "allow", "deny", "error", NULL };
	struct auth_expect *expect = &entry->auth_case->expect;
	const char *number = NULL;
	long long status = 0;
	int word;

	if (strncasecmp(entry->text, "deny ", 5) == 0) {
		number = entry->text + 5 + strspn(entry->text + 5, " ");
		if (number_parse(&status, number, 100, 599) != NULL)
			return refuse(entry, "not a status behind deny: 100 to 599");
	}
	word = number != NULL ? (int)AUTH_WANT_DENY : find_word(entry, words);
	if (word < 0)
		return refuse(entry, "not allow, deny, deny STATUS or error");
	expect->decision = (enum auth_decision_wanted)word;
	expect->status = (int)status;
	return 0;
}

/* An item whose name ends at separator; without one it only has to be there. */
static int
add_expected(struct entry *entry, struct auth_expected_list *list, const char *separator)
{
	size_t name_len = strcspn(entry->text, separator);
	const char *value = entry->text + name_len;
	struct auth_expected item = { 0 }, *items;

	if (!is_token(entry->text, name_len))
		return refuse(entry, "no name");
	items = reallocarray(list->items, list->count + 1, sizeof *items);
	if (items != NULL)
		list->items = items;
	item.name = strndup(entry->text, name_len);
	if (items == NULL || item.name == NULL) {
		free(item.name);
		return out_of_memory(entry);
	}
	if (*value != '\0') {
		value++;
		if (*separator == ':')
			value += strspn(value, " \t");
		if (expected_set(&item, value, strlen(value), &entry->maker->library, entry->why,
			entry->why_size) < 0) {
			auth_expected_reset(&item);
			return -1;
		}
	}
	items[list->count++] = item;
	return 0;
}

static int
add_expected_header(struct entry *entry)
{
	return add_expected(entry, &entry->auth_case->expect.headers, ":");
}

static int
add_expected_variable(struct entry *entry)
{
	return add_expected(entry, &entry->auth_case->expect.variables, "=");
}

static int
clear_expected_headers(struct entry *entry)
{
	auth_expected_list_reset(&entry->auth_case->expect.headers);
	return 0;
}

static int
clear_expected_variables(struct entry *entry)
{
	auth_expected_list_reset(&entry->auth_case->expect.variables);
	return 0;
}

static int
add_no_variable(struct entry *entry)
{
	if (!is_token(entry->text, entry->len))
		return refuse(entry, "not the name of a variable");
	return add_line(entry, &entry->auth_case->expect.no_variables);
}

static int
clear_no_variables(struct entry *entry)
{
	return clear_lines(&entry->auth_case->expect.no_variables);
}

static int
set_expected_text(struct entry *entry, struct auth_expected **where)
{
	if (*where != NULL)
		auth_expected_reset(*where);
	free(*where);
	*where = calloc(1, sizeof **where);
	if (*where == NULL)
		return out_of_memory(entry);
	return expected_set(*where, entry->text, entry->len, &entry->maker->library, entry->why,
	    entry->why_size);
}

static int
set_expected_body(struct entry *entry)
{
	return set_expected_text(entry, &entry->auth_case->expect.body);
}

static int
set_expected_stderr(struct entry *entry)
{
	return set_expected_text(entry, &entry->auth_case->expect.error_output);
}

static int
set_max_time(struct entry *entry)
{
	if (clock_parse_duration(entry->text, &entry->auth_case->expect.max_time_ns) < 0)
		return refuse(entry, "not a duration such as 250ms or 2s");
	return 0;
}

static int
add_ignore(struct entry *entry)
{
	if (check_find(entry->text) < 0)
		return refuse(entry, "no such check; --list-checks tells them");
	return add_line(entry, &entry->auth_case->ignore);
}

static int
clear_ignore(struct entry *entry)
{
	return clear_lines(&entry->auth_case->ignore);
}

static int
set_skip(struct entry *entry)
{
	if (strchr(entry->text, '\n') != NULL)
		return refuse(entry, "the reason has more than one line");
	return keep_text(entry, &entry->auth_case->skip);
}

static int
add_tag(struct entry *entry)
{
	return add_line(entry, &entry->auth_case->tags);
}

static int
clear_tags(struct entry *entry)
{
	return clear_lines(&entry->auth_case->tags);
}

/* --- all of them -------------------------------------------------------------------------------- */

enum field_kind {
	ONE_VALUE,
	ONE_A_LINE,	/* items that are lines */
	WORDS,		/* items that are words: blanks and commas part them too */
};

struct field {
	const char *name;
	enum field_kind kind;
	int (*set)(struct entry *entry);	/* the value, or one item */
	int (*clear)(struct entry *entry);	/* of items */
	const char *option;			/* only this one may say so */
};

static const struct field fields[] = {
	{ "Case", ONE_VALUE, set_name, NULL, NULL },
	{ "Dialect", ONE_VALUE, set_dialect, NULL, NULL },
	{ "Phase", ONE_VALUE, set_phase, NULL, NULL },
	{ "Request", ONE_VALUE, set_request, NULL, NULL },
	{ "Method", ONE_VALUE, set_method, NULL, "-X" },
	{ "Headers", ONE_A_LINE, add_header, clear_headers, NULL },
	{ "User", ONE_VALUE, set_user, NULL, NULL },
	{ "User-Hex", ONE_VALUE, set_user_hex, NULL, NULL },
	{ "Password", ONE_VALUE, set_password, NULL, NULL },
	{ "Password-File", ONE_VALUE, set_password_file, NULL, NULL },
	{ "Password-Env", ONE_VALUE, set_password_env, NULL, NULL },
	{ "Password-Hex", ONE_VALUE, set_password_hex, NULL, NULL },
	{ "Auth", ONE_VALUE, set_auth, NULL, NULL },
	{ "Remote-Addr", ONE_VALUE, set_remote_addr, NULL, NULL },
	{ "Params", ONE_A_LINE, add_param, clear_params, NULL },
	{ "Unset", WORDS, add_unset, clear_unset, NULL },
	{ "Stdin", ONE_VALUE, set_stdin, NULL, NULL },
	{ "Keep-Conn", ONE_VALUE, set_keep_conn, NULL, NULL },
	{ "Expect", ONE_VALUE, set_expect, NULL, NULL },
	{ "Expect-Headers", ONE_A_LINE, add_expected_header, clear_expected_headers, NULL },
	{ "Expect-Variables", ONE_A_LINE, add_expected_variable, clear_expected_variables, NULL },
	{ "Expect-No-Variables", WORDS, add_no_variable, clear_no_variables, NULL },
	{ "Expect-Body", ONE_VALUE, set_expected_body, NULL, NULL },
	{ "Expect-Stderr", ONE_VALUE, set_expected_stderr, NULL, NULL },
	{ "Max-Time", ONE_VALUE, set_max_time, NULL, NULL },
	{ "Ignore", WORDS, add_ignore, clear_ignore, NULL },
	{ "Skip", ONE_VALUE, set_skip, NULL, NULL },
	{ "Tags", WORDS, add_tag, clear_tags, NULL },
};

static const struct field *
find_field(const struct setting *setting)
{
	size_t i;

	for (i = 0; i < sizeof fields / sizeof *fields; i++)
		if (strcasecmp(fields[i].name, setting->name) == 0 &&
		    (fields[i].option == NULL || setting->option != NULL))
			return &fields[i];
	return NULL;
}

/* Hands the items over, each as a string of its own. */
static int
set_items(const struct field *field, struct entry *entry)
{
	const char *separators = field->kind == WORDS ? " \t\n," : "\n";
	char *copy = strdup(entry->text), *rest = copy, *item;
	size_t count = 0, len;
	int r = 0;

	if (copy == NULL)
		return out_of_memory(entry);
	while (r == 0 && (item = strsep(&rest, separators)) != NULL) {
		item += strspn(item, " \t");
		len = strlen(item);
		while (len > 0 && (item[len - 1] == ' ' || item[len - 1] == '\t'))
			item[--len] = '\0';
		if (len == 0)
			continue;
		count++;
		entry->text = item;
		entry->len = len;
		r = field->set(entry);
	}
	if (count == 0)
		r = field->clear(entry);
	free(copy);
	return r;
}

int
case_field_set(struct case_maker *maker, struct auth_case *auth_case,
    const struct setting *setting, char *why, size_t why_size)
{
	const struct field *field = find_field(setting);
	struct entry entry = {
		.maker = maker,
		.auth_case = auth_case,
		.setting = setting,
		.text = setting->value,
		.len = setting->value_len,
		.why = why,
		.why_size = why_size,
	};

	/* What a user notes for his own eyes. */
	if (strncasecmp(setting->name, "X-", 2) == 0)
		return 0;
	if (field == NULL)
		return refuse(&entry, "there is no such field");
	/* One item an option, whatever stands in it. */
	if (field->kind == ONE_VALUE || setting->option != NULL)
		return field->set(&entry);
	return set_items(field, &entry);
}

int
case_field_collide(const char *a, const char *b)
{
	static const char *const families[] = { "User", "Password" };
	size_t i, len;

	for (i = 0; i < sizeof families / sizeof *families; i++) {
		len = strlen(families[i]);
		if (strncasecmp(a, families[i], len) == 0 && strncasecmp(b, families[i], len) == 0)
			return 1;
	}
	return 0;
}
