/*
 * openmetrics: exits 0 when standard input is an exposition of OpenMetrics, else says what is wrong
 * and where.
 */
#include "../unit/openmetrics.h"

int
main(void)
{
	size_t len = 0, size = 1 << 20, line;
	char *text = malloc(size), *more;
	const char *wrong;

	while (text != NULL && (len += fread(text + len, 1, size - len, stdin)) == size) {
		more = realloc(text, size *= 2);
		if (more == NULL)
			free(text);
		text = more;
	}
	if (text == NULL || ferror(stdin)) {
		perror("openmetrics");
		return 2;
	}
	wrong = openmetrics_check(text, len, &line);
	free(text);
	if (wrong == NULL)
		return 0;
	printf("line %zu: %s\n", line, wrong);
	return 1;
}
