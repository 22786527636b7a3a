#include "regexp.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "fcgi_error.h"

enum {
	/* The limit PCRE2 is built with, at which httpd gives up; a tenth of a second or two. */
	MATCH_STEPS = 10 * 1000 * 1000,
	MATCH_KIB = 64 * 1024,
};

#define EACH_FUNCTION(DO)                                                                          \
	DO(code_free)                                                                              \
	DO(compile)                                                                                \
	DO(get_error_message)                                                                      \
	DO(get_ovector_pointer)                                                                    \
	DO(match)                                                                                  \
	DO(match_context_create)                                                                   \
	DO(match_context_free)                                                                     \
	DO(match_data_create_from_pattern)                                                         \
	DO(match_data_free)                                                                        \
	DO(pattern_info)                                                                           \
	DO(set_heap_limit)                                                                         \
	DO(set_match_limit)

#define MEMBER(name) __typeof__(pcre2_##name##_8) *name;

struct regexp_library {
	void *handle;
	EACH_FUNCTION(MEMBER)
};

struct regexp {
	const struct regexp_library *library;
	pcre2_code *code;
	uint32_t groups;
};

#ifdef FCGI_LINK_PCRE2
static int
load(struct regexp_library *library, char *why, size_t why_size)
{
	(void)why;
	(void)why_size;
#define TAKE(name) library->name = pcre2_##name##_8;
	EACH_FUNCTION(TAKE)
#undef TAKE
	return 0;
}

static void
unload(struct regexp_library *library)
{
	(void)library;
}
#else
static int
load(struct regexp_library *library, char *why, size_t why_size)
{
	const char *missing = NULL;

	library->handle = dlopen("libpcre2-8.so.0", RTLD_NOW | RTLD_LOCAL);
	if (library->handle == NULL) {
		snprintf(why, why_size,
		    "a regular expression needs PCRE2, of the package libpcre2-8-0: %s", dlerror());
		return -1;
	}
#define TAKE(name)                                                                                 \
	library->name = (__typeof__(library->name))dlsym(library->handle, "pcre2_" #name "_8");    \
	if (library->name == NULL)                                                                 \
		missing = "pcre2_" #name "_8";
	EACH_FUNCTION(TAKE)
#undef TAKE
	if (missing == NULL)
		return 0;
	snprintf(why, why_size, "libpcre2-8.so.0 is too old: it has no %s", missing);
	return -1;
}

static void
unload(struct regexp_library *library)
{
	if (library->handle != NULL)
		dlclose(library->handle);
}
#endif

struct regexp_library *
regexp_library_new(char *why, size_t why_size)
{
	struct regexp_library *library = calloc(1, sizeof *library);

	if (library == NULL) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	if (load(library, why, why_size) < 0) {
		regexp_library_free(library);
		return NULL;
	}
	return library;
}

void
regexp_library_free(struct regexp_library *library)
{
	if (library != NULL)
		unload(library);
	free(library);
}

static void
describe(const struct regexp_library *library, int error, char *why, size_t why_size)
{
	PCRE2_UCHAR message[160];

	library->get_error_message(error, message, sizeof message);
	snprintf(why, why_size, "regular expression: %s", (char *)message);
}

struct regexp *
regexp_compile(const struct regexp_library *library, const char *text, size_t len,
    int ignore_case, size_t *offset, char *why, size_t why_size)
{
	/* RegexDefaultOptions of httpd, which nobody changes. */
	uint32_t options = PCRE2_DUPNAMES | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY;
	struct regexp *regexp = calloc(1, sizeof *regexp);
	int error;

	*offset = 0;
	if (regexp == NULL) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	if (ignore_case)
		options |= PCRE2_CASELESS;
	regexp->library = library;
	regexp->code = library->compile((PCRE2_SPTR)text, len, options, &error, offset, NULL);
	if (regexp->code == NULL) {
		describe(library, error, why, why_size);
		free(regexp);
		return NULL;
	}
	library->pattern_info(regexp->code, PCRE2_INFO_CAPTURECOUNT, &regexp->groups);
	return regexp;
}

void
regexp_free(struct regexp *regexp)
{
	if (regexp != NULL)
		regexp->library->code_free(regexp->code);
	free(regexp);
}

int
regexp_captures(const struct regexp *regexp)
{
	return regexp->groups > 0;
}

static void
copy_spans(struct regexp_span *spans, const PCRE2_SIZE *vector, size_t count)
{
	size_t i;

	memset(spans, 0, REGEXP_SPANS * sizeof *spans);
	for (i = 0; i < count && i < REGEXP_SPANS; i++) {
		/* \K inside a lookahead can make a match begin behind its end. */
		if (vector[2 * i] == PCRE2_UNSET || vector[2 * i] >= vector[2 * i + 1])
			continue;
		spans[i].start = vector[2 * i];
		spans[i].len = vector[2 * i + 1] - vector[2 * i];
	}
}

/* What httpd takes for no match because the subject is not what the pattern wants: (*UTF). */
static int
is_about_utf(int error)
{
	return error <= PCRE2_ERROR_UTF8_ERR1 && error >= PCRE2_ERROR_UTF8_ERR21;
}

int
regexp_match(const struct regexp *regexp, const char *subject, size_t len,
    struct regexp_span *spans, char *why, size_t why_size)
{
	const struct regexp_library *library = regexp->library;
	pcre2_match_context *context = library->match_context_create(NULL);
	pcre2_match_data *data = library->match_data_create_from_pattern(regexp->code, NULL);
	int r = PCRE2_ERROR_NOMEMORY;

	if (context != NULL && data != NULL) {
		library->set_match_limit(context, MATCH_STEPS);
		library->set_heap_limit(context, MATCH_KIB);
		r = library->match(regexp->code, (PCRE2_SPTR)subject, len, 0, 0, data, context);
		if (r > 0)
			copy_spans(spans, library->get_ovector_pointer(data), (size_t)r);
	}
	library->match_data_free(data);
	library->match_context_free(context);
	if (r > 0)
		return 1;
	if (r == PCRE2_ERROR_NOMATCH || is_about_utf(r))
		return 0;
	describe(library, r, why, why_size);
	return -FCGI_E_SYSTEM;
}
