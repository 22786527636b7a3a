/*
 * mute PORT COMMAND ARG...: the command, during which whoever asks at that UDP port, on any IPv4
 * address of ours, gets no answer.  It has the socket too, and that is what keeps it.
 *
 * Exit as the command does; 99 when the port cannot be had, 127 when the command cannot be run.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: mute PORT COMMAND ARG...\n");
		return 99;
	}
	at.sin_port = htons((uint16_t)atoi(argv[1]));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) < 0) {
		fprintf(stderr, "mute: port %s: %s\n", argv[1], strerror(errno));
		return 99;
	}
	execvp(argv[2], argv + 2);
	fprintf(stderr, "mute: %s: %s\n", argv[2], strerror(errno));
	return 127;
}
