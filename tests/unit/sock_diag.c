#include "sock_diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { FIXED = 4 };

/* A fixed part and two attributes: type 1 with 5 bytes, type 7 with 4. */
struct message {
	_Alignas(4) unsigned char bytes[FIXED + 12 + 8];
};

static struct message
message_of_two(void)
{
	const struct nlattr first = { .nla_len = sizeof first + 5, .nla_type = 1 };
	const struct nlattr second = { .nla_len = sizeof second + 4, .nla_type = 7 };
	struct message message = { { 0 } };

	memcpy(message.bytes + FIXED, &first, sizeof first);
	memcpy(message.bytes + FIXED + 4, "abcde", 5);
	memcpy(message.bytes + FIXED + 12, &second, sizeof second);
	memcpy(message.bytes + FIXED + 16, "wxyz", 4);
	return message;
}

static void
finds_attributes(void **state)
{
	struct message message = message_of_two();
	const void *value;
	size_t len = 99;

	(void)state;
	value = sock_diag_attribute(message.bytes, sizeof message.bytes, FIXED, 1, &len);
	assert_int_equal(len, 5);
	assert_memory_equal(value, "abcde", 5);
	value = sock_diag_attribute(message.bytes, sizeof message.bytes, FIXED, 7, &len);
	assert_int_equal(len, 4);
	assert_memory_equal(value, "wxyz", 4);
	assert_null(sock_diag_attribute(message.bytes, sizeof message.bytes, FIXED, 2, &len));
}

/* Whatever is missing at the end, nothing behind it is read. */
static void
bears_what_is_cut(void **state)
{
	struct message message = message_of_two();
	size_t cut, len;

	(void)state;
	for (cut = 0; cut < sizeof message.bytes; cut++)
		assert_null(sock_diag_attribute(message.bytes, cut, FIXED, 7, &len));
	for (cut = 0; cut < FIXED + 9; cut++)
		assert_null(sock_diag_attribute(message.bytes, cut, FIXED, 1, &len));
	assert_non_null(sock_diag_attribute(message.bytes, cut, FIXED, 1, &len));
}

/* A length that is shorter than the attribute's own head leads nowhere. */
static void
bears_a_length_of_nothing(void **state)
{
	struct message message = message_of_two();
	size_t len;

	(void)state;
	memset(message.bytes + FIXED, 0, 2);
	assert_null(sock_diag_attribute(message.bytes, sizeof message.bytes, FIXED, 7, &len));
}

static void
take_inode(void *context, const void *data, size_t len)
{
	const struct unix_diag_msg *message = data;

	assert_true(len >= sizeof *message);
	*(uint32_t *)context = message->udiag_ino;
}

static void
asks_about_one(void **state)
{
	struct unix_diag_req question = { .sdiag_family = AF_UNIX, .udiag_states = ~0U,
		.udiag_cookie = { ~0U, ~0U } };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint32_t inode = 0;
	struct stat st;
	int r;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	question.udiag_ino = (uint32_t)st.st_ino;
	r = sock_diag_ask(SOCK_DIAG_BY_FAMILY, 0, &question, sizeof question, take_inode, &inode);
	if (r < 0)
		skip();
	assert_int_equal(r, 1);
	assert_int_equal(inode, question.udiag_ino);
	close(fd);
	/* Closed, it is known no more. */
	r = sock_diag_ask(SOCK_DIAG_BY_FAMILY, 0, &question, sizeof question, take_inode, &inode);
	assert_int_equal(r, -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOENT);
}

static void
says_what_the_kernel_does_not_know(void **state)
{
	const struct sock_diag_req question = { .sdiag_family = AF_MAX - 1 };
	uint32_t inode;
	int r = sock_diag_ask(SOCK_DIAG_BY_FAMILY, 1, &question, sizeof question, take_inode,
	    &inode);

	(void)state;
	assert_int_equal(r, -FCGI_E_SYSTEM);
	assert_int_not_equal(errno, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_attributes),
		cmocka_unit_test(bears_what_is_cut),
		cmocka_unit_test(bears_a_length_of_nothing),
		cmocka_unit_test(asks_about_one),
		cmocka_unit_test(says_what_the_kernel_does_not_know),
	};

	return cmocka_run_group_tests_name("sock_diag", tests, NULL, NULL);
}
