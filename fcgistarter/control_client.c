#include "control_client.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_place.h"
#include "control_talk.h"

static const char *
option_name(const struct control_client *client)
{
	switch (client->command) {
	case CONTROL_RELOAD:
		return "--reload";
	case CONTROL_STOP:
		return "--stop";
	default:
		return "--status";
	}
}

static void
print_answer(const struct control_talk *talk)
{
	size_t len;
	const char *answer = control_talk_answer(talk, &len);

	fwrite(answer, 1, len, stdout);
}

/* Asks one and tells what went wrong.  Returns the exit status. */
static int
ask(const struct control_client *client, const char *path)
{
	struct control_talk talk;
	int r = control_talk(&talk, path, client->command);

	if (r == 0)
		print_answer(&talk);
	else
		cli_error(client->cli, "%s: %s: %s", option_name(client), path, talk.why);
	control_talk_reset(&talk);
	return r == 0 ? 0 : 1;
}

/* Sockets in the directory of last resort. */
struct places {
	char directory[PATH_MAX];
	struct dirent **items;
	int count;
};

static int
is_control(const struct dirent *entry)
{
	static const char suffix[] = ".ctl";
	size_t len = strlen(entry->d_name);

	return len > sizeof suffix - 1 &&
	    strcmp(entry->d_name + len - (sizeof suffix - 1), suffix) == 0;
}

/* Returns 0, also when there are none, or -1 after an error message. */
static int
places_list(struct places *places, const struct control_client *client)
{
	char why[PATH_MAX + 256];

	*places = (struct places){ 0 };
	if (control_place_directory(places->directory, sizeof places->directory, 0, why,
		sizeof why) < 0) {
		if (errno == ENOENT)
			return 0;
		cli_error(client->cli, "%s: %s", option_name(client), why);
		return -1;
	}
	places->count = scandir(places->directory, &places->items, is_control, versionsort);
	if (places->count >= 0)
		return 0;
	cli_error(client->cli, "%s: %s: %s", option_name(client), places->directory,
	    strerror(errno));
	return -1;
}

static void
places_reset(struct places *places)
{
	int i;

	for (i = 0; i < places->count; i++)
		free(places->items[i]);
	free(places->items);
}

static int
tell_nobody(const struct control_client *client, const struct places *places)
{
	cli_error(client->cli, "%s: no supervisor runs here (looked in %s; --control or -P names "
			       "another place)",
	    option_name(client), places->directory);
	return 1;
}

/* Asks all of them.  Returns the exit status: 1 if one that runs has not answered, or none runs. */
static int
ask_all(const struct control_client *client, const struct places *places)
{
	char path[2 * PATH_MAX];
	struct control_talk talk;
	int answered = 0;
	int status = 0;
	int i;
	int r;

	for (i = 0; i < places->count; i++) {
		snprintf(path, sizeof path, "%s/%s", places->directory, places->items[i]->d_name);
		r = control_talk(&talk, path, client->command);
		if (r == 0) {
			if (answered++ > 0 && client->command == CONTROL_STATUS)
				putchar('\n');
			print_answer(&talk);
		} else if (r != CONTROL_NOBODY) {
			cli_error(client->cli, "%s: %s: %s", option_name(client), path, talk.why);
			status = 1;
		}
		control_talk_reset(&talk);
	}
	if (answered == 0 && status == 0)
		return tell_nobody(client, places);
	return status;
}

/*
 * Finds the one that runs.  Asks for the names, so that a choice can be made where there are
 * several.
 * Returns 0 with path set, or 1 after an error message.
 */
static int
find_one(const struct control_client *client, const struct places *places, char *path, size_t size)
{
	char candidate[2 * PATH_MAX];
	struct control_talk talk;
	const char *name;
	size_t name_len;
	char *choices = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&choices, &len);
	int found = 0;
	int i;
	int r;

	for (i = 0; out != NULL && i < places->count; i++) {
		snprintf(candidate, sizeof candidate, "%s/%s", places->directory,
		    places->items[i]->d_name);
		r = control_talk(&talk, candidate, CONTROL_NAME);
		if (r != CONTROL_NOBODY) {
			fprintf(out, "%s--control %s", found++ > 0 ? ", " : "", candidate);
			snprintf(path, size, "%s", candidate);
		}
		name = control_talk_answer(&talk, &name_len);
		if (r == 0 && name_len > 1)
			fprintf(out, " (%.*s)", (int)name_len - 1, name);
		control_talk_reset(&talk);
	}
	if (out == NULL || fclose(out) != 0)
		cli_error(client->cli, "%s: %s", option_name(client), strerror(errno));
	else if (found == 0)
		(void)tell_nobody(client, places);
	else if (found > 1)
		cli_error(client->cli, "%s: %d supervisors run, choose one: %s",
		    option_name(client), found, choices);
	free(choices);
	return found == 1 ? 0 : 1;
}

int
control_client_run(const struct control_client *client)
{
	char path[2 * PATH_MAX];
	struct places places;
	char why[PATH_MAX + 256];
	int status;

	if (client->control != NULL || client->pid_file != NULL) {
		if (control_place(path, PATH_MAX, client->control, client->pid_file, why,
			sizeof why) == 0)
			return ask(client, path);
		cli_error(client->cli, "%s: %s", option_name(client), why);
		return 1;
	}
	status = places_list(&places, client) < 0;
	if (status == 0 && (client->command == CONTROL_RELOAD || client->command == CONTROL_STOP)) {
		status = find_one(client, &places, path, sizeof path);
		if (status == 0)
			status = ask(client, path);
	} else if (status == 0) {
		status = ask_all(client, &places);
	}
	places_reset(&places);
	return status;
}
