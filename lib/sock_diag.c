#include "sock_diag.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi_error.h"

/* The kernel hands out a list in pieces of at most 32 KiB. */
enum { PIECE_SIZE = 32768, QUESTION_MAX = 64 };

struct question {
	struct nlmsghdr header;
	char about[QUESTION_MAX];
};

union piece {
	struct nlmsghdr header;
	char bytes[PIECE_SIZE];
};

/* What a dialogue has come to. */
struct dialogue {
	sock_diag_take *take;
	void *context;
	int count;
	int done;
};

/* Takes one message.  Returns 0, or -FCGI_E_SYSTEM with the errno that it tells. */
static int
take_message(struct dialogue *dialogue, const struct nlmsghdr *header)
{
	size_t len = NLMSG_PAYLOAD(header, 0);
	int error = 0;

	if (header->nlmsg_type != NLMSG_DONE && header->nlmsg_type != NLMSG_ERROR) {
		dialogue->take(dialogue->context, NLMSG_DATA(header), len);
		dialogue->count++;
		return 0;
	}
	/* Both begin with the negative errno; a list that is complete has 0 there, or nothing. */
	if (len >= sizeof error)
		memcpy(&error, NLMSG_DATA(header), sizeof error);
	if (header->nlmsg_type == NLMSG_DONE && error >= 0) {
		dialogue->done = 1;
		return 0;
	}
	errno = error < 0 ? -error : EBADMSG;
	return -FCGI_E_SYSTEM;
}

static int
take_piece(struct dialogue *dialogue, const union piece *piece, size_t len)
{
	const struct nlmsghdr *header = &piece->header;
	int r;

	if (!NLMSG_OK(header, len)) {
		errno = EBADMSG;
		return -FCGI_E_SYSTEM;
	}
	for (; NLMSG_OK(header, len) && !dialogue->done; header = NLMSG_NEXT(header, len)) {
		r = take_message(dialogue, header);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
talk(int fd, const struct question *question, struct dialogue *dialogue)
{
	int list = (question->header.nlmsg_flags & NLM_F_DUMP) != 0;
	union piece piece;
	ssize_t len = send(fd, question, question->header.nlmsg_len, 0);
	int r;

	while (len >= 0) {
		len = recv(fd, &piece, sizeof piece, 0);
		if (len < 0 && errno == EINTR) {
			len = 0;
			continue;
		}
		r = len < 0 ? -FCGI_E_SYSTEM : take_piece(dialogue, &piece, (size_t)len);
		if (r < 0)
			return r;
		if (!list || dialogue->done)
			return dialogue->count;
	}
	return -FCGI_E_SYSTEM;
}

int
sock_diag_ask(uint16_t type, int list, const void *about, size_t len, sock_diag_take *take,
    void *context)
{
	struct dialogue dialogue = { .take = take, .context = context };
	struct question question = { .header = {
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (list ? NLM_F_DUMP : 0)),
	} };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int saved, r;

	if (fd < 0)
		return -FCGI_E_SYSTEM;
	memcpy(question.about, about, len);
	r = talk(fd, &question, &dialogue);
	saved = errno;
	close(fd);
	errno = saved;
	return r;
}

const void *
sock_diag_attribute(const void *message, size_t message_len, size_t fixed_len, uint16_t type,
    size_t *len)
{
	const char *p = message, *end = p + message_len;
	const struct nlattr *part;

	if (message_len < NLMSG_ALIGN(fixed_len))
		return NULL;
	p += NLMSG_ALIGN(fixed_len);
	while ((size_t)(end - p) >= sizeof *part) {
		part = (const struct nlattr *)p;
		if (part->nla_len < sizeof *part || (size_t)(end - p) < part->nla_len)
			return NULL;
		*len = part->nla_len - sizeof *part;
		if (part->nla_type == type)
			return part + 1;
		if ((size_t)(end - p) < NLMSG_ALIGN((size_t)part->nla_len))
			return NULL;
		p += NLMSG_ALIGN((size_t)part->nla_len);
	}
	return NULL;
}
