#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "runner.h"

static int
compare(const struct auth_bytes *a, const void *data, size_t len)
{
	if (a->len != len)
		return a->len < len ? -1 : 1;
	return len > 0 ? memcmp(a->data, data, len) : 0;
}

static int
compare_users(const void *a, const void *b)
{
	const struct auth_bytes *const *one = a, *const *other = b;

	return compare(*one, (*other)->data, (*other)->len);
}

static int
compare_secret(const void *a, const void *b)
{
	const struct secret *secret = a;
	const struct auth_bytes *const *user = b;

	return -compare(*user, secret->data, secret->len);
}

int
runner_list_users(struct runner *runner)
{
	size_t i, count = runner->cases->count;

	runner->users = reallocarray(NULL, count + 1, sizeof *runner->users);
	if (runner->users == NULL)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < count; i++)
		runner->users[i] = &runner->cases->items[i].user;
	qsort(runner->users, count, sizeof *runner->users, compare_users);
	return 0;
}

/* The name of a user, which everybody may be told. */
static int
is_user(const struct runner *runner, const struct secret *secret)
{
	return bsearch(secret, runner->users, runner->cases->count, sizeof *runner->users,
	    compare_secret) != NULL;
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
