#include "control_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { NOBODY = 65534 };

/* What a test makes. */
struct ground {
	char path[64];
	char directory[128];	/* fcgistarter below it */
};

/* Root's directory is the system's: root is nobody while a test runs. */
static int
become_nobody(struct ground *ground)
{
	if (geteuid() != 0)
		return 0;
	if (chown(ground->path, NOBODY, NOBODY) < 0)
		return -1;
	return seteuid(NOBODY);
}

static int
make_ground(struct ground **ground)
{
	*ground = calloc(1, sizeof **ground);
	if (*ground == NULL)
		return -1;
	snprintf((*ground)->path, sizeof(*ground)->path, "/tmp/fcgi-utils-place.XXXXXX");
	if (mkdtemp((*ground)->path) == NULL)
		return -1;
	snprintf((*ground)->directory, sizeof(*ground)->directory, "%s/fcgistarter",
	    (*ground)->path);
	return setenv("XDG_RUNTIME_DIR", (*ground)->path, 1);
}

/* The environment leads to a fresh folder. */
static int
set_up(void **state)
{
	struct ground *ground;

	if (make_ground(&ground) < 0)
		return -1;
	*state = ground;
	return become_nobody(ground);
}

/* To one in which root has made the directory before. */
static int
set_up_roots(void **state)
{
	struct ground *ground;

	if (make_ground(&ground) < 0)
		return -1;
	*state = ground;
	if (geteuid() == 0 && mkdir(ground->directory, 0700) < 0)
		return -1;
	return become_nobody(ground);
}

static int
tear_down(void **state)
{
	struct ground *ground = *state;

	if (getuid() == 0 && seteuid(0) < 0)
		return -1;
	rmdir(ground->directory);
	unlink(ground->directory);
	rmdir(ground->path);
	free(ground);
	return 0;
}

static void
what_is_given_decides(void **state)
{
	char path[PATH_MAX];
	char expected[2 * PATH_MAX];
	char cwd[PATH_MAX];
	char why[256];

	(void)state;
	assert_int_equal(control_place(path, sizeof path, "/run/a", "/run/p", why, sizeof why), 0);
	assert_string_equal(path, "/run/a");
	assert_int_equal(control_place(path, sizeof path, NULL, "/run/p", why, sizeof why), 0);
	assert_string_equal(path, "/run/p.ctl");
	assert_non_null(getcwd(cwd, sizeof cwd));
	assert_int_equal(control_place(path, sizeof path, "a", NULL, why, sizeof why), 0);
	snprintf(expected, sizeof expected, "%s/a", cwd);
	assert_string_equal(path, expected);
	assert_int_equal(control_place(path, sizeof path, NULL, "././p", why, sizeof why), 0);
	snprintf(expected, sizeof expected, "%s/p.ctl", cwd);
	assert_string_equal(path, expected);
}

static void
what_does_not_fit_is_an_error(void **state)
{
	char path[16];
	char why[256];

	(void)state;
	assert_int_equal(
	    control_place(path, sizeof path, NULL, "/a/path/too/long", why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_string_equal(why, "/a/path/too/long: File name too long");
}

static void
a_directory_is_made(void **state)
{
	struct ground *ground = *state;
	char path[PATH_MAX];
	char expected[PATH_MAX];
	char why[256];
	struct stat st;

	assert_int_equal(control_place_directory(path, sizeof path, 0, why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(path, ground->directory);
	assert_int_equal(control_place(path, sizeof path, NULL, NULL, why, sizeof why), 0);
	snprintf(expected, sizeof expected, "%s/%ld.ctl", ground->directory, (long)getpid());
	assert_string_equal(path, expected);
	assert_int_equal(lstat(ground->directory, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0700);
	/* And is found again. */
	assert_int_equal(control_place(path, sizeof path, NULL, NULL, why, sizeof why), 0);
	assert_int_equal(control_place_directory(path, sizeof path, 0, why, sizeof why), 0);
}

/* Refused with that reason, by those who serve and those who ask. */
static void
is_refused(const struct ground *ground, const char *reason)
{
	char expected[512];
	char path[PATH_MAX];
	char why[256];

	snprintf(expected, sizeof expected, "%s: %s", ground->directory, reason);
	assert_int_equal(control_place(path, sizeof path, NULL, NULL, why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_string_equal(why, expected);
	assert_int_equal(control_place_directory(path, sizeof path, 0, why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_string_equal(why, expected);
}

static void
what_is_not_ours_alone_is_refused(void **state)
{
	struct ground *ground = *state;
	FILE *file;

	assert_int_equal(symlink(ground->path, ground->directory), 0);
	is_refused(ground, "is a symbolic link");
	assert_int_equal(unlink(ground->directory), 0);
	assert_int_equal(symlink("/", ground->directory), 0);
	is_refused(ground, "is a symbolic link");
	assert_int_equal(unlink(ground->directory), 0);
	file = fopen(ground->directory, "w");
	assert_non_null(file);
	fclose(file);
	is_refused(ground, "is not a directory");
	assert_int_equal(unlink(ground->directory), 0);
	assert_int_equal(mkdir(ground->directory, 0700), 0);
	assert_int_equal(chmod(ground->directory, 0770), 0);
	is_refused(ground, "others can write to it (its mode is 0770)");
	assert_int_equal(chmod(ground->directory, 01707), 0);
	is_refused(ground, "others can write to it (its mode is 1707)");
}

static void
another_users_directory_is_refused(void **state)
{
	struct ground *ground = *state;
	struct stat st;
	char reason[128];

	if (lstat(ground->directory, &st) < 0)
		skip();
	snprintf(reason, sizeof reason, "belongs to uid 0, we are uid %d", NOBODY);
	is_refused(ground, reason);
}

static void
without_a_runtime_directory_it_is_in_tmp(void **state)
{
	char expected[64];
	char path[PATH_MAX];
	char why[256];

	(void)state;
	snprintf(expected, sizeof expected, "/tmp/fcgistarter-%u", (unsigned)geteuid());
	assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
	(void)control_place_directory(path, sizeof path, 0, why, sizeof why);
	assert_string_equal(path, expected);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", "relative", 1), 0);
	(void)control_place_directory(path, sizeof path, 0, why, sizeof why);
	assert_string_equal(path, expected);
}

/* Binds to the address of the path, and finds the socket at the path. */
static void
serves(const char *path)
{
	struct addr_socket address;
	struct stat st;
	int directory_fd;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(control_place_address(path, &address, &directory_fd), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address.sa, address.len), 0);
	if (directory_fd >= 0)
		close(directory_fd);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(unlink(path), 0);
	close(fd);
}

static void
paths_of_any_length_have_an_address(void **state)
{
	struct ground *ground = *state;
	char path[512];
	char deep[512];
	char name[256];
	struct addr_socket address;
	int directory_fd;
	size_t len;

	/* 107 bytes are what an address holds. */
	for (len = 100; len < 120; len++) {
		snprintf(path, sizeof path, "%s/%0*d", ground->path,
		    (int)(len - strlen(ground->path) - 1), 0);
		assert_int_equal(strlen(path), len);
		serves(path);
	}
	memset(name, 'd', 200);
	name[200] = '\0';
	snprintf(deep, sizeof deep, "%s/%s", ground->path, name);
	assert_int_equal(mkdir(deep, 0700), 0);
	snprintf(path, sizeof path, "%s/%s/x.ctl", ground->path, name);
	serves(path);
	assert_int_equal(rmdir(deep), 0);
	assert_int_equal(control_place_address(path, &address, &directory_fd), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(directory_fd, -1);
	snprintf(path, sizeof path, "%s/%s", ground->path, name);
	assert_int_equal(control_place_address(path, &address, &directory_fd), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(directory_fd, -1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(another_users_directory_is_refused, set_up_roots,
		    tear_down),
		TEST(what_is_given_decides),
		TEST(what_does_not_fit_is_an_error),
		TEST(a_directory_is_made),
		TEST(what_is_not_ours_alone_is_refused),
		TEST(without_a_runtime_directory_it_is_in_tmp),
		TEST(paths_of_any_length_have_an_address),
	};

	return cmocka_run_group_tests_name("control_place", tests, NULL, NULL);
}
