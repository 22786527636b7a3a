#include "watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { GUARD_S = 60 };

/* A directory of the test's own, which is also the working directory. */
struct scene {
	char directory[PATH_MAX];
	int home;
	struct ev_loop *loop;
	struct watch *watch;
	int told;		/* how often */
	char last[PATH_MAX];	/* the path then */
	off_t size;		/* and what was there at that moment */
	mode_t mode;
};

static void
on_changed(void *self, const char *path)
{
	struct scene *scene = self;
	struct stat st;

	scene->told++;
	snprintf(scene->last, sizeof scene->last, "%s", path);
	assert_int_equal(stat(path, &st), 0);
	scene->size = st.st_size;
	scene->mode = st.st_mode;
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	char directory[] = "/tmp/watch.XXXXXX";

	scene->home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mkdtemp(directory) == NULL || chdir(directory) < 0 ||
	    getcwd(scene->directory, sizeof scene->directory) == NULL)
		return -1;
	scene->loop = ev_loop_new(EVFLAG_AUTO);
	scene->watch = watch_new(scene->loop, on_changed, scene);
	if (scene->watch == NULL)
		return -1;
	*state = scene;
	/* Whoever waits for what does not come dies of it. */
	alarm(GUARD_S);
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;
	int r = fchdir(scene->home);

	alarm(0);
	watch_free(scene->watch);
	ev_loop_destroy(scene->loop);
	close(scene->home);
	if (nftw(scene->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS) < 0)
		r = -1;
	free(scene);
	return r;
}

static void
put(const char *name, const char *content, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static int
add(struct scene *scene, const char *name, int executable)
{
	char path[2 * PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", scene->directory, name);
	return watch_add(scene->watch, path, executable);
}

/* Waits for what is told next, which is of that file and nothing else. */
static void
is_told(struct scene *scene, const char *name, off_t size)
{
	int before = scene->told;
	char path[2 * PATH_MAX];

	while (scene->told == before)
		ev_run(scene->loop, EVRUN_ONCE);
	snprintf(path, sizeof path, "%s/%s", scene->directory, name);
	assert_string_equal(scene->last, path);
	assert_int_equal(scene->size, size);
	assert_int_equal(scene->told, before + 1);
}

/*
 * What has been done until now is not told: another file, whose change comes later, is the next.
 * "witness" is being watched.
 */
static void
is_not_told(struct scene *scene)
{
	struct stat st;
	char content[64] = "";

	assert_int_equal(stat("witness", &st), 0);
	memset(content, 'w', (size_t)st.st_size + 1);
	put("witness", content, 0644);
	is_told(scene, "witness", st.st_size + 1);
}

static void
on_end(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* Lets all looks be taken that what has been done until now gives reason to. */
static void
let_settle(struct scene *scene)
{
	ev_timer end;

	ev_timer_init(&end, on_end, 0.4, 0.);
	ev_timer_start(scene->loop, &end);
	ev_run(scene->loop, 0);
}

static void
add_witness(struct scene *scene)
{
	put("witness", "", 0644);
	assert_int_equal(add(scene, "witness", 0), 0);
}

static void
tells_of_writing(void **state)
{
	struct scene *scene = *state;

	put("app", "1", 0755);
	assert_int_equal(add(scene, "app", 1), 0);
	put("app", "22", 0755);
	is_told(scene, "app", 2);
	put("app", "333", 0755);
	is_told(scene, "app", 3);
}

static void
tells_of_replacing(void **state)
{
	struct scene *scene = *state;

	put("app", "1", 0755);
	assert_int_equal(add(scene, "app", 1), 0);
	put("app.new", "22", 0755);
	assert_int_equal(rename("app.new", "app"), 0);
	is_told(scene, "app", 2);
	/* And of what is written into the new one. */
	put("app", "333", 0755);
	is_told(scene, "app", 3);
	/* Another file of the same size. */
	put("app.new", "444", 0755);
	assert_int_equal(rename("app.new", "app"), 0);
	is_told(scene, "app", 3);
}

static void
tells_of_removing_only_when_it_is_back(void **state)
{
	struct scene *scene = *state;

	put("app", "1", 0755);
	assert_int_equal(add(scene, "app", 1), 0);
	add_witness(scene);
	assert_int_equal(unlink("app"), 0);
	is_not_told(scene);
	put("app", "22", 0755);
	is_told(scene, "app", 2);
	/* Away and back, the same file. */
	assert_int_equal(rename("app", "aside"), 0);
	is_not_told(scene);
	assert_int_equal(rename("aside", "app"), 0);
	is_not_told(scene);
}

static void
ignores_others(void **state)
{
	struct scene *scene = *state;

	put("app", "1", 0755);
	put("other", "1", 0755);
	assert_int_equal(add(scene, "app", 1), 0);
	add_witness(scene);
	put("other", "22", 0755);
	put("app2", "22", 0755);
	assert_int_equal(rename("app2", "ap"), 0);
	/* Neither has another content. */
	assert_int_equal(chmod("app", 0700), 0);
	assert_int_equal(link("app", "hard"), 0);
	is_not_told(scene);
}

static void
waits_until_it_is_executable(void **state)
{
	struct scene *scene = *state;

	put("app", "1", 0755);
	assert_int_equal(add(scene, "app", 1), 0);
	add_witness(scene);
	put("app.new", "22", 0644);
	assert_int_equal(rename("app.new", "app"), 0);
	is_not_told(scene);
	assert_int_equal(chmod("app", 0755), 0);
	is_told(scene, "app", 2);
	assert_int_equal(scene->mode & 0777, 0755);
}

/* Writes a byte more each time, and closes the file in between. */
static void
on_write(struct ev_loop *loop, ev_timer *timer, int events)
{
	int *left = timer->data;
	int fd = open("app", O_WRONLY | O_APPEND | O_CLOEXEC);

	(void)events;
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	if (--*left == 0)
		ev_timer_stop(loop, timer);
}

static void
waits_until_it_has_settled(void **state)
{
	struct scene *scene = *state;
	ev_timer writer;
	int left = 20;

	put("app", "", 0755);
	assert_int_equal(add(scene, "app", 1), 0);
	ev_timer_init(&writer, on_write, 0., 0.02);
	writer.data = &left;
	ev_timer_start(scene->loop, &writer);
	is_told(scene, "app", 20);
}

static void
tells_of_a_file_that_was_not_there(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(add(scene, "tmp/restart.txt", 0), 0);
	assert_int_equal(mkdir("tmp", 0755), 0);
	put("tmp/restart.txt", "1", 0644);
	is_told(scene, "tmp/restart.txt", 1);
	/* As touch(1) does it. */
	assert_int_equal(utimensat(AT_FDCWD, "tmp/restart.txt", NULL, 0), 0);
	is_told(scene, "tmp/restart.txt", 1);
}

/* Capistrano's way: a link is turned to another release. */
static void
turns_with(struct scene *scene, const char *first, const char *second, const char *third)
{
	add_witness(scene);
	assert_int_equal(symlink(first, "current"), 0);
	assert_int_equal(add(scene, "current/bin/app", 1), 0);
	assert_int_equal(symlink(second, "next"), 0);
	assert_int_equal(rename("next", "current"), 0);
	is_told(scene, "current/bin/app", 2);
	/* The old one is watched no more, the new one is. */
	put("releases/1/bin/app", "4444", 0755);
	is_not_told(scene);
	put("releases/2/bin/app", "55555", 0755);
	is_told(scene, "current/bin/app", 5);
	/* Removed and made, as ln -sfn does it. */
	assert_int_equal(unlink("current"), 0);
	is_not_told(scene);
	assert_int_equal(symlink(third, "current"), 0);
	is_told(scene, "current/bin/app", 3);
}

static void
put_releases(void)
{
	static const char *const names[] = { "releases", "releases/1", "releases/1/bin",
		"releases/2", "releases/2/bin", "releases/3", "releases/3/bin" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(mkdir(names[i], 0755), 0);
	put("releases/1/bin/app", "1", 0755);
	put("releases/2/bin/app", "22", 0755);
	put("releases/3/bin/app", "333", 0755);
}

static void
follows_relative_links(void **state)
{
	put_releases();
	turns_with(*state, "releases/1", "./releases//2/", "releases/../releases/3");
}

static void
follows_absolute_links(void **state)
{
	struct scene *scene = *state;
	char targets[3][2 * PATH_MAX];
	int i;

	put_releases();
	for (i = 0; i < 3; i++)
		snprintf(targets[i], sizeof targets[i], "%s/releases/%d", scene->directory, i + 1);
	turns_with(scene, targets[0], targets[1], targets[2]);
}

/* Kubernetes' way: the file is a link through a link that is turned. */
static void
follows_links_of_links(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(mkdir("..1", 0755), 0);
	assert_int_equal(mkdir("..2", 0755), 0);
	put("..1/conf", "1", 0644);
	put("..2/conf", "22", 0644);
	assert_int_equal(symlink("..1", "..data"), 0);
	assert_int_equal(symlink("..data/conf", "conf"), 0);
	assert_int_equal(add(scene, "conf", 0), 0);
	assert_int_equal(symlink("..2", "next"), 0);
	assert_int_equal(rename("next", "..data"), 0);
	is_told(scene, "conf", 2);
	put("..2/conf", "333", 0644);
	is_told(scene, "conf", 3);
}

static void
notices_exchanged_directories(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(mkdir("site", 0755), 0);
	assert_int_equal(mkdir("site/bin", 0755), 0);
	put("site/bin/app", "1", 0755);
	assert_int_equal(mkdir("site.new", 0755), 0);
	assert_int_equal(mkdir("site.new/bin", 0755), 0);
	put("site.new/bin/app", "22", 0755);
	assert_int_equal(add(scene, "site/bin/app", 1), 0);
	add_witness(scene);
	assert_int_equal(rename("site", "site.old"), 0);
	is_not_told(scene);
	assert_int_equal(rename("site.new", "site"), 0);
	is_told(scene, "site/bin/app", 2);
	put("site.old/bin/app", "4444", 0755);
	is_not_told(scene);
	put("site/bin/app", "333", 0755);
	is_told(scene, "site/bin/app", 3);
}

/* Without anything else that would make us look. */
static void
notices_directories_made_anew(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(mkdir("site", 0755), 0);
	assert_int_equal(mkdir("site/bin", 0755), 0);
	put("site/bin/app", "1", 0755);
	assert_int_equal(mkdir("site.new", 0755), 0);
	assert_int_equal(mkdir("site.new/bin", 0755), 0);
	put("site.new/bin/app", "22", 0755);
	assert_int_equal(add(scene, "site/bin/app", 1), 0);
	assert_int_equal(rename("site", "site.old"), 0);
	assert_int_equal(rename("site.new", "site"), 0);
	is_told(scene, "site/bin/app", 2);
	/* The file has gone elsewhere before its directory is removed. */
	assert_int_equal(rename("site/bin/app", "site.old/app"), 0);
	let_settle(scene);
	assert_int_equal(rmdir("site/bin"), 0);
	let_settle(scene);
	assert_int_equal(mkdir("site/bin", 0755), 0);
	put("site/bin/app", "333", 0755);
	is_told(scene, "site/bin/app", 3);
}

/* How many things the kernel watches for us. */
static int
count_kernel_watches(void)
{
	char name[NAME_MAX + 32], line[256];
	DIR *directory = opendir("/proc/self/fdinfo");
	struct dirent *entry;
	int count = 0;
	FILE *info;

	while ((entry = readdir(directory)) != NULL) {
		snprintf(name, sizeof name, "/proc/self/fdinfo/%s", entry->d_name);
		info = entry->d_name[0] != '.' ? fopen(name, "re") : NULL;
		while (info != NULL && fgets(line, sizeof line, info) != NULL)
			count += strncmp(line, "inotify ", 8) == 0;
		if (info != NULL)
			fclose(info);
	}
	closedir(directory);
	return count;
}

static void
watches_no_more_than_it_must(void **state)
{
	struct scene *scene = *state;
	int before, i;
	char name[32];

	put_releases();
	assert_int_equal(symlink("releases/1", "current"), 0);
	assert_int_equal(add(scene, "current/bin/app", 1), 0);
	before = count_kernel_watches();
	/* Directories on the way, the link's, the file's, the file. */
	assert_in_range(before, 4, 32);
	for (i = 2; i <= 3; i++) {
		snprintf(name, sizeof name, "releases/%d", i);
		assert_int_equal(symlink(name, "next"), 0);
		assert_int_equal(rename("next", "current"), 0);
		is_told(scene, "current/bin/app", i);
		assert_int_equal(count_kernel_watches(), before);
	}
}

/* As of a file that is mounted into a container: it is written where we cannot look. */
static void
notices_writing_under_another_name(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(mkdir("elsewhere", 0755), 0);
	put("app", "1", 0755);
	assert_int_equal(link("app", "elsewhere/app"), 0);
	assert_int_equal(add(scene, "app", 1), 0);
	put("elsewhere/app", "22", 0755);
	is_told(scene, "app", 2);
}

static void
survives_links_in_a_circle(void **state)
{
	struct scene *scene = *state;
	char around[PATH_MAX] = "a";
	int i;

	assert_int_equal(symlink("b/x", "a"), 0);
	/* Followed without a limit, it would double with each link. */
	for (i = 0; i < 100; i++)
		strcat(around, "/../a");
	assert_int_equal(symlink(around, "b"), 0);
	assert_int_equal(add(scene, "a", 0), 0);
	assert_int_equal(unlink("a"), 0);
	put("a", "1", 0644);
	is_told(scene, "a", 1);
}

static void
refuses_what_cannot_be_watched(void **state)
{
	struct scene *scene = *state;
	char path[PATH_MAX + NAME_MAX + 16], name[NAME_MAX + 16];

	assert_int_equal(add(scene, ".", 0), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EISDIR);
	memset(name, 'x', sizeof name);
	name[NAME_MAX + 1] = '\0';
	assert_int_equal(add(scene, name, 0), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENAMETOOLONG);
	memset(path, '/', sizeof path);
	path[PATH_MAX] = 'x';
	path[PATH_MAX + 1] = '\0';
	assert_int_equal(watch_add(scene->watch, path, 0), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(mkdir("closed", 0111), 0);
	if (access("closed", R_OK) < 0) {
		assert_int_equal(add(scene, "closed/file", 0), -FCGI_E_SYSTEM);
		assert_int_equal(errno, EACCES);
	}
}

/* With nothing to do there is nothing that wakes the loop. */
static void
does_not_wake(struct scene *scene)
{
	unsigned before;

	ev_run(scene->loop, EVRUN_NOWAIT);
	before = ev_iteration(scene->loop);
	let_settle(scene);
	assert_in_range(ev_iteration(scene->loop) - before, 1, 4);
}

static void
costs_nothing_while_idle(void **state)
{
	struct scene *scene = *state;

	put("app", "1", 0755);
	assert_int_equal(add(scene, "app", 1), 0);
	assert_int_equal(add(scene, "missing", 0), 0);
	does_not_wake(scene);
	put("app", "22", 0755);
	is_told(scene, "app", 2);
	does_not_wake(scene);
	/* One that is not told of since it cannot be executed yet. */
	put("app.new", "333", 0644);
	assert_int_equal(rename("app.new", "app"), 0);
	add_witness(scene);
	is_not_told(scene);
	does_not_wake(scene);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(tells_of_writing),
		TEST(tells_of_replacing),
		TEST(tells_of_removing_only_when_it_is_back),
		TEST(ignores_others),
		TEST(waits_until_it_is_executable),
		TEST(waits_until_it_has_settled),
		TEST(tells_of_a_file_that_was_not_there),
		TEST(follows_relative_links),
		TEST(follows_absolute_links),
		TEST(follows_links_of_links),
		TEST(notices_exchanged_directories),
		TEST(notices_directories_made_anew),
		TEST(watches_no_more_than_it_must),
		TEST(notices_writing_under_another_name),
		TEST(survives_links_in_a_circle),
		TEST(refuses_what_cannot_be_watched),
		TEST(costs_nothing_while_idle),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
