#include "print_unit.h"

#include <inttypes.h>

#include "clock.h"
#include "print_part.h"

enum { STOP_MARGIN_S = 10 };

/* A word of a command line as systemd.service(5) reads it. */
static void
write_word(FILE *out, const char *word)
{
	const char *p;

	if (word[0] != '\0' && print_part_is_plain(word)) {
		fputs(word, out);
		return;
	}
	fputc('"', out);
	for (p = word; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (*p == '%' || *p == '$')
			fprintf(out, "%c%c", *p, *p);
		else if ((unsigned char)*p < 0x20 || *p == 0x7f)
			fprintf(out, "\\x%02x", (unsigned)(unsigned char)*p);
		else
			fputc(*p, out);
	}
	fputc('"', out);
}

/* The program's own name is left to systemd's search path unless it was given in full. */
static void
write_command(FILE *out, const struct print_config *config)
{
	char *const *words = config->command_line;

	fputs("ExecStart=", out);
	write_word(out, words[0] != NULL && words[0][0] == '/' ? words[0] : "fcgistarter");
	if (!config->supervised)
		fputs(" -S", out);
	if (!config->foreground)
		fputs(" -n", out);
	for (words += words[0] != NULL; *words != NULL; words++) {
		fputc(' ', out);
		write_word(out, *words);
	}
	fputc('\n', out);
}

static void
write_directory(FILE *out, const char *directory)
{
	fputs("WorkingDirectory=", out);
	for (; *directory != '\0'; directory++) {
		if (*directory == '%')
			fputc('%', out);
		fputc(*directory, out);
	}
	fputc('\n', out);
}

void
print_unit(FILE *out, const struct print_config *config)
{
	int64_t stop_s = config->stop_timeout_ns / CLOCK_NS_PER_S + STOP_MARGIN_S;
	char name[PRINT_NAME_MAX];

	print_part_name(name, config);
	print_part_heading(out, "systemd", config);
	fprintf(out, "# To be %s.service in /etc/systemd/system.\n"
		     "[Unit]\n"
		     "Description=FastCGI application %s\n"
		     "After=network.target\n"
		     "\n"
		     "[Service]\n"
		     "Type=notify\n", name, name);
	write_command(out, config);
	fputs("ExecReload=/bin/kill -HUP $MAINPID\n", out);
	if (print_part_needs_directory(config))
		write_directory(out, config->directory);
	/* The supervisor stops its instances itself; what is left of them then is killed. */
	fputs("KillMode=mixed\n", out);
	if (config->stop_timeout_ns == CLOCK_NEVER)
		fputs("TimeoutStopSec=infinity\n", out);
	else
		fprintf(out, "TimeoutStopSec=%" PRId64 "\n", stop_s);
	fputs("Restart=on-failure\n"
	      "\n"
	      "[Install]\n"
	      "WantedBy=multi-user.target\n", out);
}
