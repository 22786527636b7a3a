#include "decode_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_nv.h"
#include "print.h"

static _Noreturn void
die(const struct decode_files *files, const char *name)
{
	cli_die(files->cli, 1, "--decode-dir %s%s%s: %s", files->directory,
	    name != NULL ? "/" : "", name != NULL ? name : "", strerror(errno));
}

void
decode_files_open(struct decode_files *files, const struct cli *cli, const char *directory)
{
	files->cli = cli;
	files->directory = directory;
	/* A request may hold passwords. */
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		die(files, NULL);
	files->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->directory_fd < 0)
		die(files, NULL);
}

static void
close_file(struct decode_files *files)
{
	if (files->file != NULL && fclose(files->file) != 0)
		die(files, files->name);
	files->file = NULL;
}

static const char *
suffix(uint8_t type)
{
	static const char *const suffixes[] = {
		[FCGI_BEGIN_REQUEST] = "begin",
		[FCGI_END_REQUEST] = "end",
		[FCGI_PARAMS] = "params",
		[FCGI_STDIN] = "stdin",
		[FCGI_STDOUT] = "stdout",
		[FCGI_STDERR] = "stderr",
		[FCGI_DATA] = "data",
	};

	return suffixes[type];
}

/* Whether the file is there, made for this very request. */
static int
is_made(struct decode_files_request *request, uint8_t type, unsigned use)
{
	const uint16_t answers = 1 << FCGI_STDOUT | 1 << FCGI_STDERR | 1 << FCGI_END_REQUEST;
	int side = fcgi_record_sender(type) == FCGI_SENDER_APPLICATION;

	if (request->use[side] != use) {
		request->use[side] = use;
		request->made &= side ? (uint16_t)~answers : answers;
	}
	return request->made >> type & 1;
}

/* One file stays open at a time: a capture may hold 65535 requests, each of seven files. */
static FILE *
open_file(struct decode_files *files, uint16_t id, unsigned use, uint8_t type)
{
	struct decode_files_request *request = &files->requests[id];
	int made = is_made(request, type, use), fd;
	char name[sizeof files->name];

	if (use <= 1)
		snprintf(name, sizeof name, "%u.%s", id, suffix(type));
	else
		snprintf(name, sizeof name, "%u-%u.%s", id, use, suffix(type));
	if (files->file != NULL && strcmp(name, files->name) == 0)
		return files->file;
	close_file(files);
	memcpy(files->name, name, sizeof name);
	fd = openat(files->directory_fd, name,
	    O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (made ? 0 : O_CREAT | O_EXCL), 0600);
	files->file = fd >= 0 ? fdopen(fd, "a") : NULL;
	if (files->file == NULL)
		die(files, name);
	request->made |= (uint16_t)(1 << type);
	if (!made)
		printf("%s/%s\n", files->directory, name);
	return files->file;
}

static void
write_params(struct decode_files *files, uint16_t id)
{
	struct decode_files_request *request = &files->requests[id];
	const unsigned char *p = request->params.data;
	const unsigned char *end = p != NULL ? p + request->params.len : p;
	FILE *file = open_file(files, id, request->params_use, FCGI_PARAMS);
	struct params one = { .count = 1 };
	struct fcgi_nv nv;

	one.items = &nv;
	while (fcgi_nv_next(&p, end, &nv) > 0) {
		if (print_is_entry(&nv))
			(void)print_params(file, &one, PRINT_ENV0);
		else
			cli_warn(files->cli, "%s: left out \"%.*s\", which has no place in the "
			    "format of env -0", files->name,
			    (int)(nv.name_len < 100 ? nv.name_len : 100), (const char *)nv.name);
	}
	buffer_free(&request->params);
	request->params_use = 0;
}

static void
take_stream(struct decode_files *files, const struct decode_event *event)
{
	uint16_t id = event->record.request_id;
	struct decode_files_request *request = &files->requests[id];
	const struct fcgi_slice *slice = &event->slice;
	FILE *file;

	if (event->record.type != FCGI_PARAMS) {
		file = open_file(files, id, event->use, event->record.type);
		if (fwrite(slice->data, 1, slice->len, file) != slice->len)
			die(files, files->name);
		return;
	}
	/* A request that stopped short of the end of its PARAMS has them written all the same. */
	if (request->params_use != 0 && request->params_use != event->use)
		write_params(files, id);
	request->params_use = event->use;
	if (buffer_append(&request->params, slice->data, slice->len) < 0)
		cli_die(files->cli, 1, "out of memory");
}

void
decode_files_take(struct decode_files *files, const struct decode_event *event)
{
	uint16_t id = event->record.request_id;
	const char *name;

	switch (event->what) {
	case DECODE_BEGIN:
		name = fcgi_role_name(event->begin.role);
		if (name != NULL)
			fprintf(open_file(files, id, event->use, FCGI_BEGIN_REQUEST),
			    "role=%s\nflags=%u\n", name, event->begin.flags);
		else
			fprintf(open_file(files, id, event->use, FCGI_BEGIN_REQUEST),
			    "role=%u\nflags=%u\n", event->begin.role, event->begin.flags);
		break;
	case DECODE_END:
		fprintf(open_file(files, id, event->use, FCGI_END_REQUEST),
		    "appStatus=%" PRIu32 "\nprotocolStatus=%u\n", event->end.app_status,
		    event->end.protocol_status);
		break;
	case DECODE_STREAM:
		take_stream(files, event);
		break;
	case DECODE_STREAM_END:
		if (event->record.type != FCGI_PARAMS) {
			(void)open_file(files, id, event->use, event->record.type);
			break;
		}
		files->requests[id].params_use = event->use;
		write_params(files, id);
		break;
	default:
		break;
	}
}

void
decode_files_close(struct decode_files *files)
{
	unsigned id;

	for (id = 0; id <= FCGI_MAX_REQUEST_ID; id++)
		if (files->requests[id].params_use != 0)
			write_params(files, (uint16_t)id);
	close_file(files);
	close(files->directory_fd);
}
