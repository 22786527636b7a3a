#include "identity.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The highest number that is one: the next stands for "leave it as it is". */
#define ID_MAX 4294967294LL

/* A user as the user database has it. */
struct account {
	uid_t uid;
	gid_t gid;		/* only where it is known */
	char *name;		/* ours; NULL: the database does not know it */
};

/* Digits and nothing else.  Returns 0, or -1. */
static int
read_number(const char *text, unsigned *number)
{
	const char *wrong;

	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -1;
	*number = (unsigned)strtonum(text, 0, ID_MAX, &wrong);
	return wrong != NULL ? -1 : 0;
}

/* A look-up that found nothing, for which the C library has several ways to put it. */
static int
is_unknown(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/* entry: NULL if it was not found, with errno.  Returns 0, or -1 with the reason. */
static int
keep_account(struct account *account, const struct passwd *entry, const char **reason)
{
	if (entry == NULL && !is_unknown(errno)) {
		*reason = strerror(errno);
		return -1;
	}
	if (entry == NULL)
		return 0;
	account->uid = entry->pw_uid;
	account->gid = entry->pw_gid;
	account->name = strdup(entry->pw_name);
	if (account->name == NULL)
		*reason = strerror(ENOMEM);
	return account->name != NULL ? 0 : -1;
}

static int
find_uid(struct account *account, uid_t uid, const char **reason)
{
	*account = (struct account){ .uid = uid };
	errno = 0;
	return keep_account(account, getpwuid(uid), reason);
}

/* A name, a number that is no name, or #NUMBER.  Returns 0, or -1 with the reason. */
static int
find_user(struct account *account, const char *text, const char **reason)
{
	unsigned number;

	*account = (struct account){ .name = NULL };
	if (text[0] != '#') {
		errno = 0;
		if (keep_account(account, getpwnam(text), reason) < 0)
			return -1;
		if (account->name != NULL)
			return 0;
	}
	if (read_number(text[0] == '#' ? text + 1 : text, &number) == 0)
		return find_uid(account, number, reason);
	*reason = "no such user";
	return -1;
}

/* The same for a group. */
static int
find_group(gid_t *gid, const char *text, const char **reason)
{
	const struct group *entry;
	unsigned number;

	if (text[0] != '#') {
		errno = 0;
		entry = getgrnam(text);
		if (entry != NULL) {
			*gid = entry->gr_gid;
			return 0;
		}
		if (!is_unknown(errno)) {
			*reason = strerror(errno);
			return -1;
		}
	}
	if (read_number(text[0] == '#' ? text + 1 : text, &number) < 0) {
		*reason = "no such group";
		return -1;
	}
	*gid = number;
	return 0;
}

static char *
number_text(unsigned number)
{
	char text[16];

	snprintf(text, sizeof text, "%u", number);
	return strdup(text);
}

static char *
group_name(gid_t gid)
{
	const struct group *entry = getgrgid(gid);

	return entry != NULL ? strdup(entry->gr_name) : number_text(gid);
}

/* All groups of the user, gid among them.  Returns 0, or -1 when memory is short. */
static int
list_groups(struct identity *identity, const char *name)
{
	gid_t gid = identity->spawn.gid;
	int count = 32;
	int room;
	gid_t *groups;

	do {
		room = count;
		groups = reallocarray(identity->groups, (size_t)room, sizeof *groups);
		if (groups == NULL)
			return -1;
		identity->groups = groups;
		if (name == NULL) {
			groups[0] = gid;
			count = 1;
		} else if (getgrouplist(name, gid, groups, &count) < 0 && count <= room) {
			count = 2 * room;
		}
	} while (count > room);
	identity->spawn.groups = groups;
	identity->spawn.group_count = (size_t)count;
	return 0;
}

/* Takes over the account.  Returns 0, or -1 when memory is short. */
static int
fill(struct identity *identity, struct account *account, gid_t gid)
{
	int r = 0;

	identity->spawn.uid = account->uid;
	identity->spawn.gid = gid;
	if (identity->set)
		r = list_groups(identity, account->name);
	identity->user = account->name != NULL ? account->name : number_text(account->uid);
	identity->group = group_name(gid);
	return r < 0 || identity->user == NULL || identity->group == NULL ? -1 : 0;
}

int
identity_find(struct identity *identity, const char *user, const char *group, char *why,
    size_t why_size)
{
	struct account account;
	const char *reason;
	gid_t gid = getegid();
	int r;

	*identity = (struct identity){ .set = (user != NULL ? IDENTITY_USER : 0) |
		    (group != NULL ? IDENTITY_GROUP : 0) };
	r = user != NULL ? find_user(&account, user, &reason)
			 : find_uid(&account, geteuid(), &reason);
	if (r == 0 && user != NULL && group == NULL) {
		gid = account.gid;
		if (account.name == NULL) {
			reason = "the user database does not have it, so -g must name its group";
			r = -1;
		}
	}
	if (r < 0) {
		snprintf(why, why_size, "%s%s: %s", user != NULL ? "-u " : "",
		    user != NULL ? user : "our own user", reason);
	} else if (group != NULL && find_group(&gid, group, &reason) < 0) {
		snprintf(why, why_size, "-g %s: %s", group, reason);
		free(account.name);
		r = -1;
	} else if (fill(identity, &account, gid) < 0) {
		snprintf(why, why_size, "out of memory");
		r = -1;
	}
	if (r < 0)
		identity_reset(identity);
	return r;
}

static int
has_capability(int number)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return geteuid() == 0;
	return (data[CAP_TO_INDEX(number)].effective & CAP_TO_MASK(number)) != 0;
}

int
identity_permitted(const struct identity *identity, char *why, size_t why_size)
{
	int user = (identity->set & IDENTITY_USER) != 0;
	const char *option = user ? "-u" : "-g";
	const char *name = user ? identity->user : identity->group;
	const char *missing = NULL;

	if (user && !has_capability(CAP_SETUID))
		missing = "CAP_SETUID";
	else if (identity->set != 0 && !has_capability(CAP_SETGID))
		missing = "CAP_SETGID";
	if (missing == NULL)
		return 0;
	if (geteuid() != 0)
		snprintf(why, why_size, "%s %s: only root may change the %s", option, name,
		    user ? "user" : "group");
	else
		snprintf(why, why_size, "%s %s: root may not change the %s here (%s is missing)",
		    option, name, user ? "user" : "group", missing);
	return -1;
}

/* Whether we are in the group.  Returns 1 or 0. */
static int
in_group(gid_t gid)
{
	int count = getgroups(0, NULL);
	gid_t *groups = calloc((size_t)count + 1, sizeof *groups);
	int found = gid == getegid();
	int i;

	if (groups != NULL)
		count = getgroups(count, groups);
	for (i = 0; groups != NULL && i < count; i++)
		found |= groups[i] == gid;
	free(groups);
	return found;
}

/* Returns the reason why we may not give a file of ours to them, NULL if we may. */
static const char *
owner_fault(uid_t uid, gid_t gid)
{
	if (has_capability(CAP_CHOWN))
		return NULL;
	if (uid != (uid_t)-1 && uid != geteuid())
		return "only root may give a file to another user";
	if (gid != (gid_t)-1 && !in_group(gid))
		return "only root may give a file to a group that it is not a member of";
	return NULL;
}

int
identity_owner(uid_t *uid, gid_t *gid, const char *text, char *why, size_t why_size)
{
	size_t user_len = strcspn(text, ":");
	const char *group = text[user_len] == ':' ? text + user_len + 1 : NULL;
	const char *reason = NULL;
	struct account account;
	char *user;

	*uid = (uid_t)-1;
	*gid = (gid_t)-1;
	user = strndup(text, user_len);
	if (user == NULL) {
		reason = strerror(ENOMEM);
	} else if (user_len > 0 && find_user(&account, user, &reason) == 0) {
		*uid = account.uid;
		if (group != NULL && group[0] == '\0' && account.name == NULL)
			reason = "the user database does not have it, so its group must be named";
		else if (group != NULL && group[0] == '\0')
			*gid = account.gid;
		free(account.name);
	} else if (user_len == 0 && (group == NULL || group[0] == '\0')) {
		reason = "neither a user nor a group";
	}
	free(user);
	if (reason == NULL && group != NULL && group[0] != '\0')
		find_group(gid, group, &reason);
	if (reason == NULL)
		reason = owner_fault(*uid, *gid);
	if (reason == NULL)
		return 0;
	snprintf(why, why_size, "%s", reason);
	return -1;
}

void
identity_reset(struct identity *identity)
{
	free(identity->user);
	free(identity->group);
	free(identity->groups);
	*identity = (struct identity){ 0 };
}
