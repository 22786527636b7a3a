/* A line a case, a column a server: who would be let in. */
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "report_private.h"
#include "text.h"

enum { DECISION_MAX = 64 };

/* The characters a terminal shows; text is valid UTF-8, escaped. */
static int
width_of(const char *text)
{
	int width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void
write_cell(FILE *out, const char *text, int width)
{
	int blanks = width - width_of(text);

	fprintf(out, "%s%*s", text, blanks > 0 ? blanks : 0, "");
}

static const char *
cell(const struct result *result, int server, char *dst)
{
	if (result->state == RESULT_SKIPPED)
		return "-";
	if (result->trouble == RESULT_UNREACHABLE || result->reply.wire.data == NULL)
		return result->trouble == RESULT_LATE ? "late" : "-";
	return verdict_describe(dst, DECISION_MAX, &result->verdicts[server]);
}

static int
wider(int a, int b)
{
	return a > b ? a : b;
}

/* Widths of the column of servers, and how many columns come before this one. */
static int
server_width(const struct report_run *run, int server)
{
	int width = width_of(verdict_name((enum verdict_server)server));
	char decision[DECISION_MAX];
	size_t i;

	for (i = 0; i < run->count; i++)
		if (!run->results[i].is_probe)
			width = wider(width, width_of(cell(&run->results[i], server, decision)));
	return width;
}

static void
write_row(FILE *out, const struct report_run *run, const struct result *result, const char *title,
    int title_width, const int *widths)
{
	char decision[DECISION_MAX];
	const char *text;
	int i;

	write_cell(out, title, title_width);
	for (i = 0; i < VERDICT_SERVERS; i++) {
		if (!(run->how->verdicts & 1U << i))
			continue;
		text = result != NULL ? cell(result, i, decision)
				      : verdict_name((enum verdict_server)i);
		fprintf(out, "  ");
		/* Nothing behind the last column. */
		write_cell(out, text, run->how->verdicts >> (i + 1) != 0 ? widths[i] : 0);
	}
	putc('\n', out);
}

int
report_table(FILE *out, const struct report_run *run)
{
	static const char heading[] = "CASE";
	char **titles = calloc(run->count + 1, sizeof *titles);
	int widths[VERDICT_SERVERS], title_width = (int)strlen(heading), r = 0, i;
	size_t k;

	if (titles == NULL)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < VERDICT_SERVERS; i++)
		widths[i] = server_width(run, i);
	for (k = 0; r == 0 && k < run->count; k++) {
		if (run->results[k].is_probe)
			continue;
		titles[k] = text_escape_alloc(run->results[k].title,
		    strlen(run->results[k].title), 0);
		if (titles[k] == NULL)
			r = -FCGI_E_SYSTEM;
		else
			title_width = wider(title_width, width_of(titles[k]));
	}
	if (r == 0)
		write_row(out, run, NULL, heading, title_width, widths);
	for (k = 0; r == 0 && k < run->count; k++)
		if (titles[k] != NULL)
			write_row(out, run, &run->results[k], titles[k], title_width, widths);
	for (k = 0; k < run->count; k++)
		free(titles[k]);
	free(titles);
	return r;
}
