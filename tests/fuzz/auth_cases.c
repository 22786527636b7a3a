/*
 * Case files: whatever a file holds, there are cases or a reason with its line; and what is written
 * of the cases is read as the same cases.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/must.h"
#include "case_set.h"
#include "report_private.h"
#include "target.h"

enum { PATH_SIZE = 64 };

/* Reads it as a file, which need not be anywhere. */
static int
read_text(struct case_set *set, const void *data, size_t size, char path[PATH_SIZE])
{
	const struct settings nothing = { 0 };
	int fd = memfd_create("cases", MFD_CLOEXEC), r;

	must(fd >= 0);
	must(write(fd, data, size) == (ssize_t)size);
	snprintf(path, PATH_SIZE, "/proc/self/fd/%d", fd);
	r = case_set_read(set, path, &nothing);
	close(fd);
	return r;
}

/* A file of another folder is named by its path from then on. */
static int
has_file(const struct auth_case *auth_case)
{
	return auth_case->password_source == AUTH_PASSWORD_FILE;
}

static int
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int
same_bytes(const struct auth_bytes *a, const struct auth_bytes *b)
{
	if (a->data == NULL || b->data == NULL)
		return a->data == b->data;
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static int
same_lines(const struct auth_lines *a, const struct auth_lines *b)
{
	size_t i;

	if (a->count != b->count)
		return 0;
	for (i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return 0;
	return 1;
}

static void
compare(const struct auth_case *a, const struct auth_case *b)
{
	size_t i;

	must(same_text(a->name, b->name));
	must(same_text(a->method, b->method));
	must(same_text(a->target, b->target));
	must(same_text(a->protocol, b->protocol));
	must(same_text(a->remote_addr, b->remote_addr));
	must(same_text(a->auth_type, b->auth_type));
	must(same_text(a->skip, b->skip));
	must(same_bytes(&a->user, &b->user));
	must(same_bytes(&a->password, &b->password));
	must(a->header_count == b->header_count);
	for (i = 0; i < a->header_count; i++) {
		must(same_text(a->headers[i].name, b->headers[i].name));
		must(same_text(a->headers[i].value, b->headers[i].value));
	}
	must(same_lines(&a->params, &b->params));
	must(same_lines(&a->unset, &b->unset));
	must(same_lines(&a->ignore, &b->ignore));
	must(same_lines(&a->tags, &b->tags));
	must(a->stdin_record == b->stdin_record);
	must(a->keep_conn == b->keep_conn);
}

/* One that was not asked: only the question is written of it. */
static void
write_again(const struct auth_case *auth_case)
{
	const struct report how = { .format = REPORT_CASES, .show_secrets = 1 };
	struct result result = {
		.auth_case = auth_case,
		.title = auth_case->name,
		.dialect = auth_case->dialect,
		.phase = auth_case->has_phase ? auth_case->phase : auth_case->dialect->phase,
		.state = RESULT_SKIPPED,
	};
	char why[256], path[PATH_SIZE], *text = NULL;
	const struct report_run run = { &how, &result, 1, why, sizeof why };
	struct case_set again = { 0 };
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	must(out != NULL);
	must(report_cases(out, &run) == 0);
	fclose(out);
	must(read_text(&again, text, len, path) == 0);
	must(again.count == 1);
	must(again.items[0].dialect->phase == auth_case->dialect->phase);
	compare(auth_case, &again.items[0]);
	case_set_reset(&again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct case_set set = { 0 };
	char path[PATH_SIZE];
	int r = read_text(&set, data, size, path);
	size_t i;

	if (r < 0)
		must(strncmp(set.why, path, strlen(path)) == 0);
	for (i = 0; r == 0 && i < set.count; i++)
		if (set.items[i].dialect != NULL && !has_file(&set.items[i]))
			write_again(&set.items[i]);
	case_set_reset(&set);
	return 0;
}
