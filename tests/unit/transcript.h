/*
 * What a parser told, as text: the same input must give the same text however it was cut.
 * Content that arrives in several slices is written as one run.
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

struct transcript {
	char *text;	/* complete after transcript_end() */
	size_t size;
	FILE *file;
	char run[32];	/* the label of the content run that is being written, or "" */
};

static inline void
transcript_start(struct transcript *transcript)
{
	*transcript = (struct transcript){ 0 };
	transcript->file = open_memstream(&transcript->text, &transcript->size);
	must(transcript->file != NULL);
}

static inline void
transcript_end_run(struct transcript *transcript)
{
	if (transcript->run[0] != '\0')
		fputs("' ", transcript->file);
	transcript->run[0] = '\0';
}

/* One event: words without blanks at the ends. */
__attribute__((format(printf, 2, 3))) static inline void
transcript_say(struct transcript *transcript, const char *format, ...)
{
	va_list ap;

	transcript_end_run(transcript);
	va_start(ap, format);
	vfprintf(transcript->file, format, ap);
	va_end(ap);
	fputc(' ', transcript->file);
}

/* Content: "LABEL 'bytes' ", joined to what came before under the same label. */
static inline void
transcript_content(struct transcript *transcript, const char *label, const unsigned char *data,
    size_t len)
{
	size_t i;

	must(strlen(label) < sizeof transcript->run);
	if (strcmp(transcript->run, label) != 0) {
		transcript_end_run(transcript);
		strcpy(transcript->run, label);
		fprintf(transcript->file, "%s '", label);
	}
	for (i = 0; i < len; i++) {
		if (data[i] < ' ' || data[i] > '~' || data[i] == '\'' || data[i] == '\\')
			fprintf(transcript->file, "\\%03o", data[i]);
		else
			fputc(data[i], transcript->file);
	}
}

/* Returns the text, without the last blank; transcript_free() gives it back. */
static inline const char *
transcript_end(struct transcript *transcript)
{
	transcript_end_run(transcript);
	must(fclose(transcript->file) == 0);
	if (transcript->size > 0)
		transcript->text[transcript->size - 1] = '\0';
	return transcript->text;
}

static inline void
transcript_free(struct transcript *transcript)
{
	free(transcript->text);
	transcript->text = NULL;
}

#endif
