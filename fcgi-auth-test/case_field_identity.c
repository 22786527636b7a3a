/* The fields that say who asks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "case_field_private.h"
#include "cgi_block.h"

enum { PASSWORD_MAX = 1 << 20 };

static void
clear_bytes(struct auth_bytes *bytes)
{
	if (bytes->data != NULL)
		explicit_bzero(bytes->data, bytes->len);
	free(bytes->data);
	*bytes = (struct auth_bytes){ 0 };
}

static int
keep_bytes(struct case_entry *entry, struct auth_bytes *bytes)
{
	clear_bytes(bytes);
	bytes->data = calloc(1, entry->len + 1);
	if (bytes->data == NULL)
		return case_field_no_memory(entry);
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
keep_hex(struct case_entry *entry, struct auth_bytes *bytes)
{
	const char *p = entry->text, *end = p + entry->len;

	clear_bytes(bytes);
	bytes->data = calloc(1, entry->len / 2 + 1);
	if (bytes->data == NULL)
		return case_field_no_memory(entry);
	while (p < end) {
		if (*p == ' ' || *p == '\t' || *p == '\n') {
			p++;
			continue;
		}
		if (end - p < 2 || hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0)
			return case_field_refuse(entry, "not hexadecimal: two digits a byte");
		bytes->data[bytes->len++] = (char)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
		p += 2;
	}
	return 0;
}

static int
set_user(struct case_entry *entry)
{
	return keep_bytes(entry, &entry->auth_case->user);
}

static int
set_user_hex(struct case_entry *entry)
{
	return keep_hex(entry, &entry->auth_case->user);
}

static int
keep_password(struct case_entry *entry, enum auth_password_source source)
{
	struct auth_case *auth_case = entry->auth_case;

	auth_case->password_source = source;
	free(auth_case->password_name);
	auth_case->password_name = NULL;
	return source == AUTH_PASSWORD_HEX ? keep_hex(entry, &auth_case->password)
					   : keep_bytes(entry, &auth_case->password);
}

static int
set_password(struct case_entry *entry)
{
	return keep_password(entry, AUTH_PASSWORD_TEXT);
}

static int
set_password_hex(struct case_entry *entry)
{
	return keep_password(entry, AUTH_PASSWORD_HEX);
}

/* Names where the password came from, once it is there. */
static int
name_password(struct case_entry *entry, const char *name)
{
	entry->auth_case->password_name = strdup(name);
	return entry->auth_case->password_name != NULL ? 0 : case_field_no_memory(entry);
}

static int
set_password_env(struct case_entry *entry)
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

/* The first line of a file.  Returns 0, or -1 with errno. */
static int
read_first_line(const char *path, struct buffer *line)
{
	FILE *file = fopen(path, "re");
	char byte;
	int c, r = 0;

	if (file == NULL)
		return -1;
	errno = 0;
	while (r == 0 && (c = getc(file)) != EOF && c != '\n') {
		byte = (char)c;
		r = buffer_append(line, &byte, 1);
		/* /dev/zero has no end. */
		if (r == 0 && line->len > PASSWORD_MAX) {
			errno = EFBIG;
			r = -1;
		}
	}
	if (ferror(file))
		r = -1;
	fclose(file);
	/* A file that was made on another system. */
	if (line->len > 0 && line->data[line->len - 1] == '\r')
		line->len--;
	return r < 0 ? -1 : 0;
}

static int
set_password_file(struct case_entry *entry)
{
	const char *folder = entry->setting->option == NULL ? entry->maker->folder : NULL;
	struct buffer line = { 0 };
	char *path = NULL;
	int r = -1;

	if (entry->len == 0)
		return case_field_refuse(entry, "no file");
	if (*entry->text == '/')
		folder = NULL;
	if (asprintf(&path, "%s%s%s", folder != NULL ? folder : "", folder != NULL ? "/" : "",
		entry->text) < 0)
		return case_field_no_memory(entry);
	if (read_first_line(path, &line) < 0) {
		snprintf(entry->why, entry->why_size, "%s: %s", path, strerror(errno));
	} else {
		entry->text = line.data != NULL ? (char *)line.data : "";
		entry->len = line.len;
		r = keep_password(entry, AUTH_PASSWORD_FILE);
		if (r == 0)
			r = name_password(entry, path);
	}
	if (line.data != NULL)
		explicit_bzero(line.data, line.len);
	buffer_free(&line);
	free(path);
	return r;
}

static int
set_auth(struct case_entry *entry)
{
	free(entry->auth_case->auth_type);
	entry->auth_case->auth_type = NULL;
	if (case_field_is(entry, "none"))
		entry->text = "";
	else if (!cgi_block_is_name(entry->text, entry->len))
		return case_field_refuse(entry, "not a scheme such as Basic, or none");
	return case_field_keep_text(entry, &entry->auth_case->auth_type);
}

const struct case_field case_field_identity[] = {
	{ .name = "User", .set = set_user, .is_secret = 1, .is_text = 1 },
	{ .name = "User-Hex", .set = set_user_hex, .is_secret = 1, .is_text = 1 },
	{ .name = "Password", .set = set_password, .is_secret = 1, .is_text = 1 },
	{ .name = "Password-File", .set = set_password_file },
	{ .name = "Password-Env", .set = set_password_env },
	{ .name = "Password-Hex", .set = set_password_hex, .is_secret = 1, .is_text = 1 },
	{ .name = "Auth", .set = set_auth },
	{ .name = NULL },
};
