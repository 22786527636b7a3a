#include <string.h>

#include "fcgi_error.h"
#include "runner.h"

/* The name of a user, which everybody may be told. */
static int
is_user(const struct runner *runner, const struct secret *secret)
{
	const struct auth_bytes *user;
	size_t i;

	for (i = 0; i < runner->cases->count; i++) {
		user = &runner->cases->items[i].user;
		if (user->len == secret->bytes.len &&
		    memcmp(user->data, secret->bytes.data, user->len) == 0)
			return 1;
	}
	return 0;
}

int
runner_learn(struct runner *runner, const struct question *question)
{
	const struct auth_case *auth_case = question->auth_case;
	struct secrets of_case = { 0 };
	size_t i;
	int r = secrets_add_question(&of_case, auth_case, &question->params);

	for (i = 0; r == 0 && i < of_case.count; i++)
		if (!is_user(runner, &of_case.items[i]))
			r = secrets_join(&runner->secrets, &of_case.items[i],
			    auth_case->expect.decision == AUTH_WANT_DENY);
	secrets_reset(&of_case);
	runner->judge.secrets = &runner->secrets;
	return r;
}
