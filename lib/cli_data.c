#include "cli_data.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"

/* option, data: for messages. */
static void
read_all(const struct cli *cli, struct buffer *body, int fd, const char *option, const char *data)
{
	if (buffer_read(body, fd, CLI_DATA_MAX) == 0)
		return;
	if (errno == ENOMEM)
		cli_die(cli, cli->about->usage_status, "out of memory");
	if (errno == EFBIG)
		cli_die(cli, cli->about->usage_status, "%s %s: longer than %d MiB", option, data,
		    CLI_DATA_MAX >> 20);
	cli_die(cli, cli->about->usage_status, "%s %s: %s", option, data, strerror(errno));
}

static int
open_file(const struct cli *cli, const char *option, const char *data, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		cli_die(cli, cli->about->usage_status, "%s %s: %s", option, data, strerror(errno));
	return fd;
}

void *
cli_data_read(const struct cli *cli, const char *data, size_t *len)
{
	struct buffer body = { 0 };
	int fd;

	if (strcmp(data, "-") == 0) {
		read_all(cli, &body, STDIN_FILENO, "-d", data);
	} else if (*data == '@') {
		fd = open_file(cli, "-d", data, data + 1);
		read_all(cli, &body, fd, "-d", data);
		close(fd);
	} else {
		*len = strlen(data);
		return cli_keep(cli, data);
	}
	*len = body.len;
	return body.data;
}

void *
cli_data_read_file(const struct cli *cli, const char *option, const char *path, size_t *len,
    time_t *modified)
{
	struct buffer body = { 0 };
	int fd = open_file(cli, option, path, path);
	struct stat st;

	read_all(cli, &body, fd, option, path);
	*modified = fstat(fd, &st) == 0 ? st.st_mtime : 0;
	close(fd);
	*len = body.len;
	return body.data;
}
