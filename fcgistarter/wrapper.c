#include "wrapper.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_BEFORE = 4 };	/* wrapper, user, group, base name */

int
wrapper_init(struct wrapper *wrapper, const char *path, const char *user, const char *group,
    const char *program, char *const *argv)
{
	const char *slash = strrchr(program, '/');
	const char *const before[WORDS_BEFORE] = { path, user, group, slash + 1 };
	size_t count = 0;
	size_t i;

	while (argv[count] != NULL)
		count++;
	*wrapper = (struct wrapper){
		.argv = calloc(WORDS_BEFORE + count + 1, sizeof *wrapper->argv),
		.directory = strndup(program, slash > program ? (size_t)(slash - program) : 1),
	};
	if (wrapper->argv == NULL || wrapper->directory == NULL) {
		wrapper_reset(wrapper);
		return -1;
	}
	/* exec(3) leaves the words alone. */
	for (i = 0; i < WORDS_BEFORE; i++)
		wrapper->argv[i] = (char *)(uintptr_t)before[i];
	for (i = 1; i < count; i++)
		wrapper->argv[WORDS_BEFORE + i - 1] = argv[i];
	return 0;
}

void
wrapper_reset(struct wrapper *wrapper)
{
	free(wrapper->argv);
	free(wrapper->directory);
	*wrapper = (struct wrapper){ 0 };
}
