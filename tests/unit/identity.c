#include "identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "spawn_run.h"

enum {
	NOBODY = 65534,
	UNKNOWN = 3999999998U,	/* in no user database */
	MANY = 70,		/* groups of a user */
	NOT_THERE = 77,		/* exit status of a child: this system cannot do that */
};

/* The reason for which that is not found. */
static void
assert_not_found(const char *user, const char *group, const char *want)
{
	struct identity identity;
	char why[256] = "";

	assert_int_equal(identity_find(&identity, user, group, why, sizeof why), -1);
	assert_string_equal(why, want);
	assert_null(identity.user);
	assert_null(identity.group);
	assert_null(identity.spawn.groups);
}

static void
assert_found(struct identity *identity, const char *user, const char *group)
{
	char why[256];

	if (identity_find(identity, user, group, why, sizeof why) < 0)
		fail_msg("%s", why);
}

static int
has_group(const struct identity *identity, gid_t gid)
{
	size_t i;

	for (i = 0; i < identity->spawn.group_count; i++)
		if (identity->spawn.groups[i] == gid)
			return 1;
	return 0;
}

static void
finds_users(void **state)
{
	static const char *const spellings[] = { "root", "0", "#0", "00" };
	struct identity identity;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		assert_found(&identity, spellings[i], NULL);
		assert_int_equal(identity.set, IDENTITY_USER);
		assert_int_equal(identity.spawn.uid, 0);
		assert_int_equal(identity.spawn.gid, 0);
		assert_string_equal(identity.user, "root");
		assert_true(has_group(&identity, 0));
		identity_reset(&identity);
		assert_null(identity.user);
	}
	assert_not_found("no-such-user", NULL, "-u no-such-user: no such user");
	assert_not_found("", NULL, "-u : no such user");
	assert_not_found("#root", NULL, "-u #root: no such user");
	assert_not_found("#", NULL, "-u #: no such user");
	assert_not_found("-1", NULL, "-u -1: no such user");
	assert_not_found("#-1", NULL, "-u #-1: no such user");
	assert_not_found("+0", NULL, "-u +0: no such user");
	assert_not_found(" 0", NULL, "-u  0: no such user");
	assert_not_found("0x0", NULL, "-u 0x0: no such user");
	/* -1 as the system calls see it, and what would be cut to 0. */
	assert_not_found("4294967295", NULL, "-u 4294967295: no such user");
	assert_not_found("4294967296", NULL, "-u 4294967296: no such user");
}

static void
finds_groups(void **state)
{
	struct identity identity;

	(void)state;
	assert_found(&identity, "root", "#12345");
	assert_int_equal(identity.set, IDENTITY_USER | IDENTITY_GROUP);
	assert_int_equal(identity.spawn.uid, 0);
	assert_int_equal(identity.spawn.gid, 12345);
	assert_true(has_group(&identity, 12345));
	identity_reset(&identity);

	/* The group alone: who we are stays. */
	assert_found(&identity, NULL, "root");
	assert_int_equal(identity.set, IDENTITY_GROUP);
	assert_int_equal(identity.spawn.uid, geteuid());
	assert_int_equal(identity.spawn.gid, 0);
	assert_string_equal(identity.group, "root");
	identity_reset(&identity);

	assert_not_found("root", "no-such-group", "-g no-such-group: no such group");
	assert_not_found(NULL, "4294967295", "-g 4294967295: no such group");
	assert_not_found(NULL, "#daemon", "-g #daemon: no such group");
	assert_not_found("no-such-user", "no-such-group", "-u no-such-user: no such user");
}

static void
takes_numbers_that_nobody_has(void **state)
{
	struct identity identity;

	(void)state;
	if (getpwuid(UNKNOWN) != NULL)
		skip();
	assert_not_found("3999999998", NULL,
	    "-u 3999999998: the user database does not have it, so -g must name its group");
	assert_found(&identity, "3999999998", "3999999997");
	assert_int_equal(identity.spawn.uid, UNKNOWN);
	assert_int_equal(identity.spawn.gid, UNKNOWN - 1);
	assert_int_equal(identity.spawn.group_count, 1);
	assert_int_equal(identity.spawn.groups[0], UNKNOWN - 1);
	/* What a wrapper is told. */
	assert_string_equal(identity.user, "3999999998");
	assert_string_equal(identity.group, "3999999997");
	identity_reset(&identity);
}

static void
is_ourselves_when_not_asked(void **state)
{
	struct identity identity;
	char why[256];

	(void)state;
	assert_found(&identity, NULL, NULL);
	assert_int_equal(identity.set, 0);
	assert_int_equal(identity.spawn.uid, geteuid());
	assert_int_equal(identity.spawn.gid, getegid());
	assert_true(identity.user[0] != '\0');
	assert_true(identity.group[0] != '\0');
	assert_int_equal(identity_permitted(&identity, why, sizeof why), 0);
	identity_reset(&identity);
}

/* A user database of the test's own, where the system allows that. */
static int
mount_database(void **state)
{
	char command[8192];
	size_t len = 0;
	unsigned i;

	*state = NULL;
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/mnt", "tmpfs", 0, NULL) < 0)
		return 0;
	len += (size_t)snprintf(command + len, sizeof command - len,
	    "printf '%%s\\n' root:x:0:0::/: web:x:1001:2001::/: 1002:x:1003:2003::/: "
	    ">/mnt/passwd && printf '%%s\\n' root:x:0: site:x:2001: 2002:x:2004: extra:x:2005:web");
	for (i = 0; i < MANY; i++)
		len += (size_t)snprintf(command + len, sizeof command - len, " g%u:x:%u:1002", i,
		    3000 + i);
	snprintf(command + len, sizeof command - len, " >/mnt/group");
	if (system(command) != 0 || mount("/mnt/passwd", "/etc/passwd", "", MS_BIND, NULL) < 0 ||
	    mount("/mnt/group", "/etc/group", "", MS_BIND, NULL) < 0)
		return -1;
	*state = state;
	return 0;
}

static int
unmount_database(void **state)
{
	if (*state == NULL)
		return 0;
	return umount("/etc/passwd") | umount("/etc/group") | umount("/mnt");
}

static void
finds_supplementary_groups(void **state)
{
	struct identity identity;
	unsigned i;

	if (*state == NULL)
		skip();
	assert_found(&identity, "web", NULL);
	assert_int_equal(identity.spawn.uid, 1001);
	assert_int_equal(identity.spawn.gid, 2001);
	assert_string_equal(identity.group, "site");
	assert_int_equal(identity.spawn.group_count, 2);
	assert_true(has_group(&identity, 2001));
	assert_true(has_group(&identity, 2005));
	identity_reset(&identity);

	/* Another group takes the place of the user's own; a number is the user who has it. */
	assert_found(&identity, "1001", "root");
	assert_string_equal(identity.user, "web");
	assert_int_equal(identity.spawn.gid, 0);
	assert_int_equal(identity.spawn.group_count, 2);
	assert_true(has_group(&identity, 0));
	assert_true(has_group(&identity, 2005));
	identity_reset(&identity);

	/* A name may look like a number, and comes first. */
	assert_found(&identity, "1002", "2002");
	assert_int_equal(identity.spawn.uid, 1003);
	assert_int_equal(identity.spawn.gid, 2004);
	assert_int_equal(identity.spawn.group_count, MANY + 1);
	for (i = 0; i < MANY; i++)
		assert_true(has_group(&identity, 3000 + i));
	identity_reset(&identity);
	assert_found(&identity, "#1002", "#2002");
	assert_int_equal(identity.spawn.uid, 1002);
	assert_int_equal(identity.spawn.gid, 2002);
	assert_string_equal(identity.user, "1002");
	identity_reset(&identity);
}

/* What a spawned program has of it. */
static void
is_what_a_program_gets(void **state)
{
	struct spawn spawn = { .stdout_fd = -1, .stderr_fd = 2 };
	struct identity identity;

	if (*state == NULL)
		skip();
	assert_found(&identity, "web", NULL);
	spawn.identity = &identity.spawn;
	assert_int_equal(run_shell(&spawn, "test \"$(id)\" = \"uid=1001(web) gid=2001(site) "
					   "groups=2001(site),2005(extra)\""),
	    0);
	identity_reset(&identity);
}

/* In a child; without rights, unless it has them still.  Returns 0 if the answer is as wanted. */
static int
is_permitted(const char *user, const char *group, const char *want)
{
	struct identity identity;
	char why[256] = "";
	int r;

	if (identity_find(&identity, user, group, why, sizeof why) < 0)
		return 1;
	r = identity_permitted(&identity, why, sizeof why);
	identity_reset(&identity);
	if (want == NULL ? r == 0 : r == -1 && strcmp(why, want) == 0)
		return 0;
	fprintf(stderr, "%d \"%s\"\n", r, why);
	return 1;
}

static int
user_is_refused(void *data)
{
	(void)data;
	if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return NOT_THERE;
	return is_permitted("root", NULL, "-u root: only root may change the user") |
	    is_permitted("#0", "#0", "-u root: only root may change the user") |
	    is_permitted("#4000000001", "#4000000002",
		"-u 4000000001: only root may change the user") |
	    is_permitted(NULL, "#4000000001", "-g 4000000001: only root may change the group") |
	    is_permitted(NULL, NULL, NULL);
}

static int
drop(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, sets) < 0)
		return -1;
	sets[CAP_TO_INDEX(capability)].effective &= ~CAP_TO_MASK(capability);
	return (int)syscall(SYS_capset, &header, sets);
}

static int
deprived_root_is_refused(void *data)
{
	(void)data;
	if (geteuid() != 0 || is_permitted("#65534", "#65534", NULL) != 0)
		return NOT_THERE;
	if (drop(CAP_SETUID) < 0 ||
	    is_permitted("root", NULL,
		"-u root: root may not change the user here (CAP_SETUID is missing)") != 0)
		return 1;
	/* The group alone can be changed without. */
	if (is_permitted(NULL, "root", NULL) != 0)
		return 2;
	if (drop(CAP_SETGID) < 0)
		return 3;
	return is_permitted(NULL, "root",
	    "-g root: root may not change the group here (CAP_SETGID is missing)");
}

/* Skips what this system cannot do. */
static void
assert_in_child(int (*body)(void *data))
{
	int status = in_child(body, NULL);

	if (status == NOT_THERE)
		skip();
	assert_int_equal(status, 0);
}

static void
refuses_what_is_not_permitted(void **state)
{
	(void)state;
	assert_in_child(user_is_refused);
}

static void
refuses_a_deprived_root(void **state)
{
	(void)state;
	assert_in_child(deprived_root_is_refused);
}

/* Returns 0 if text is those two, or for want that reason. */
static int
owner_is(const char *text, uid_t uid, gid_t gid, const char *want)
{
	char why[256] = "";
	uid_t u = 7;
	gid_t g = 7;
	int r = identity_owner(&u, &g, text, why, sizeof why);

	if (want == NULL ? r == 0 && u == uid && g == gid : r == -1 && strcmp(why, want) == 0)
		return 0;
	fprintf(stderr, "%s: %d %u %u \"%s\"\n", text, r, (unsigned)u, (unsigned)g, why);
	return 1;
}

static int
root_gives_to_all(void *data)
{
	const uid_t none = (uid_t)-1;

	(void)data;
	if (geteuid() != 0)
		return NOT_THERE;
	return owner_is("root", 0, none, NULL) | owner_is("root:", 0, 0, NULL) |
	    owner_is("#5:#6", 5, 6, NULL) | owner_is("root:root", 0, 0, NULL) |
	    owner_is(":#6", none, 6, NULL) | owner_is("4000000001:6", 4000000001, 6, NULL);
}

static int
user_gives_to_own_group(void *data)
{
	const gid_t groups[] = { 65533 };
	const uid_t none = (uid_t)-1;
	int root = geteuid() == 0;
	char ours[64];

	(void)data;
	if (root && (setgroups(1, groups) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return NOT_THERE;
	snprintf(ours, sizeof ours, "#%u:#%u", (unsigned)geteuid(), (unsigned)getegid());
	if (owner_is(ours, geteuid(), getegid(), NULL) != 0 ||
	    (root && owner_is(":#65533", none, 65533, NULL) != 0))
		return 1;
	return owner_is("#4000000001", 0, 0, "only root may give a file to another user") |
	    owner_is(":#4000000001", 0, 0,
		"only root may give a file to a group that it is not a member of");
}

static void
reads_owners(void **state)
{
	(void)state;
	assert_int_equal(owner_is("", 0, 0, "neither a user nor a group"), 0);
	assert_int_equal(owner_is(":", 0, 0, "neither a user nor a group"), 0);
	assert_int_equal(owner_is("no-such-user:root", 0, 0, "no such user"), 0);
	assert_int_equal(owner_is("root:no-such-group", 0, 0, "no such group"), 0);
	assert_int_equal(owner_is("root:root:root", 0, 0, "no such group"), 0);
	assert_int_equal(owner_is("#4294967295", 0, 0, "no such user"), 0);
	assert_int_equal(owner_is("4000000001:", 0, 0,
			     "the user database does not have it, so its group must be named"),
	    0);
}

static void
gives_to_whom_root_wants(void **state)
{
	(void)state;
	assert_in_child(root_gives_to_all);
}

static void
gives_only_to_own_groups(void **state)
{
	(void)state;
	assert_in_child(user_gives_to_own_group);
}

int
main(void)
{
#define database(name) cmocka_unit_test_setup_teardown(name, mount_database, unmount_database)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_users),
		cmocka_unit_test(finds_groups),
		cmocka_unit_test(takes_numbers_that_nobody_has),
		cmocka_unit_test(is_ourselves_when_not_asked),
		cmocka_unit_test(refuses_what_is_not_permitted),
		cmocka_unit_test(refuses_a_deprived_root),
		cmocka_unit_test(reads_owners),
		cmocka_unit_test(gives_to_whom_root_wants),
		cmocka_unit_test(gives_only_to_own_groups),
		database(finds_supplementary_groups),
		database(is_what_a_program_gets),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
