#include "replace.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "folder.h"
#include "must.h"

static size_t
files_here(void)
{
	DIR *folder = opendir(".");
	size_t count = 0;

	must(folder != NULL);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count - 2;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	must(lstat(path, &st) == 0);
	return st.st_mode & 07777;
}

static void
test_replaced(void **state)
{
	FILE *old;

	(void)state;
	assert_int_equal(replace_file("a.prom", "one\n", 4, 0666), 0);
	folder_holds("a.prom", "one\n");
	assert_int_equal(mode_of("a.prom"), 0644);
	/* Who has it open keeps the old one. */
	old = fopen("a.prom", "r");
	must(old != NULL);
	assert_int_equal(replace_file("./a.prom", "two\n", 4, 0600), 0);
	folder_holds("a.prom", "two\n");
	assert_int_equal(mode_of("a.prom"), 0600);
	assert_int_equal(fgetc(old), 'o');
	fclose(old);
	assert_int_equal(replace_file("a.prom", NULL, 0, 0666), 0);
	folder_holds("a.prom", "");
	assert_int_equal(files_here(), 1);
}

/* Who has made it private has meant it. */
static void
test_modes(void **state)
{
	static const struct {
		mode_t old, asked, mode;
	} modes[] = {
		{ 0600, 0666, 0600 },
		{ 0640, 0666, 0640 },
		{ 0666, 0666, 0644 },
		{ 0755, 0666, 0644 },
		{ 0400, 0666, 0400 },
		{ 0644, 0600, 0600 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof modes / sizeof *modes; i++) {
		assert_int_equal(replace_file("a", "x", 1, 0666), 0);
		must(chmod("a", modes[i].old) == 0);
		assert_int_equal(replace_file("a", "y", 1, modes[i].asked), 0);
		assert_int_equal(mode_of("a"), modes[i].mode);
		must(unlink("a") == 0);
	}
	assert_int_equal(files_here(), 0);
}

static void
leads_to(const char *path, const char *place)
{
	char *found = replace_leads_to(path), *here = realpath(".", NULL), whole[600];

	must(here != NULL);
	snprintf(whole, sizeof whole, "%s/%s", here, place);
	assert_non_null(found);
	assert_string_equal(found, whole);
	free(found);
	free(here);
}

static void
leads_nowhere(const char *path, int error)
{
	assert_null(replace_leads_to(path));
	assert_int_equal(errno, error);
}

static void
test_places(void **state)
{
	(void)state;
	must(mkdir("sub", 0755) == 0 && symlink("sub", "link") == 0);
	leads_to("a", "a");
	leads_to("./sub/../a", "a");
	leads_to("link/a", "sub/a");
	must(symlink("../b", "sub/up") == 0 && symlink("link/up", "twice") == 0);
	leads_to("twice", "b");
	assert_int_equal(replace_file("twice", "x", 1, 0666), 0);
	leads_to("twice", "b");
	folder_holds("b", "x");
	must(symlink("loop", "loop") == 0);
	leads_nowhere("loop", ELOOP);
	leads_nowhere("none/a", ENOENT);
	leads_nowhere("", ENOENT);
	leads_nowhere("b/a", ENOTDIR);
}

static void
test_links(void **state)
{
	(void)state;
	must(mkdir("sub", 0755) == 0 && symlink("sub/b", "a") == 0);
	/* Where nothing is it is made, if there is a folder. */
	assert_int_equal(replace_file("a", "x", 1, 0666), 0);
	folder_holds("sub/b", "x");
	assert_int_equal(mode_of("sub/b"), 0644);
	assert_int_equal(replace_file("a", "y", 1, 0666), 0);
	folder_holds("sub/b", "y");
	assert_int_equal(mode_of("a"), 0777);
	must(symlink("none/c", "c") == 0);
	assert_int_equal(replace_file("c", "x", 1, 0666), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(files_here(), 3);
}

/* What is no file is written to, and still there. */
static void
test_no_file(void **state)
{
	char text[8] = "";
	int fd;

	(void)state;
	assert_int_equal(replace_file("/dev/null", "x", 1, 0666), 0);
	assert_int_equal(replace_file("/dev/full", "x", 1, 0666), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOSPC);
	must(mkfifo("fifo", 0600) == 0);
	/* Nobody reads it: that is said at once. */
	assert_int_equal(replace_file("fifo", "x", 1, 0666), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENXIO);
	fd = open("fifo", O_RDONLY | O_NONBLOCK);
	assert_int_equal(replace_file("fifo", "xy", 2, 0666), 0);
	assert_int_equal(read(fd, text, sizeof text), 2);
	close(fd);
	/* A pipe has a name only there. */
	must(symlink("fifo", "link") == 0);
	fd = open("fifo", O_RDONLY | O_NONBLOCK);
	assert_int_equal(replace_file("link", "z", 1, 0666), 0);
	assert_int_equal(read(fd, text, sizeof text), 1);
	close(fd);
	assert_int_equal(files_here(), 2);
	assert_int_equal(replace_file(".", "x", 1, 0666), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EISDIR);
}

static void
test_pipe(void **state)
{
	char path[64], text[8] = "";
	int fds[2];

	(void)state;
	must(pipe(fds) == 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fds[1]);
	assert_int_equal(replace_file(path, "z", 1, 0666), 0);
	assert_int_equal(read(fds[0], text, sizeof text), 1);
	close(fds[0]);
	close(fds[1]);
}

/* On failure the old file stays, and nothing else. */
static void
test_failures(void **state)
{
	struct rlimit saved, none = { 2, 2 };
	char path[600];

	(void)state;
	assert_int_equal(replace_file("a", "old", 3, 0666), 0);
	must(getrlimit(RLIMIT_FSIZE, &saved) == 0);
	none.rlim_max = saved.rlim_max;
	must(setrlimit(RLIMIT_FSIZE, &none) == 0);
	assert_int_equal(replace_file("a", "new text", 8, 0666), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EFBIG);
	must(setrlimit(RLIMIT_FSIZE, &saved) == 0);
	assert_ptr_equal(signal(SIGXFSZ, SIG_DFL), SIG_DFL);
	folder_holds("a", "old");
	assert_int_equal(files_here(), 1);

	assert_int_equal(replace_file("none/a", "x", 1, 0666), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(replace_file("a/b", "x", 1, 0666), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(replace_file("", "x", 1, 0666), -FCGI_E_SYSTEM);
	memset(path, 'a', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(replace_file(path, "x", 1, 0666), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(files_here(), 1);
	if (geteuid() == 0)
		return;
	must(chmod(".", 0500) == 0);
	assert_int_equal(replace_file("a", "x", 1, 0666), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EACCES);
	must(chmod(".", 0700) == 0);
	folder_holds("a", "old");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(test_replaced),
		FOLDER_TEST(test_modes),
		FOLDER_TEST(test_links),
		FOLDER_TEST(test_places),
		FOLDER_TEST(test_no_file),
		FOLDER_TEST(test_pipe),
		FOLDER_TEST(test_failures),
	};

	return cmocka_run_group_tests_name("replace", tests, NULL, NULL);
}
