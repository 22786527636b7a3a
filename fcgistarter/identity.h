/* Whom the instances run as, and whom a socket's file belongs to. */
#ifndef FCGISTARTER_IDENTITY_H
#define FCGISTARTER_IDENTITY_H

#include <stddef.h>
#include <sys/types.h>

#include "spawn.h"

enum { IDENTITY_USER = 1, IDENTITY_GROUP = 2 };

/* Zero-filled is none.  Public to read; identity_reset() gives back what it holds. */
struct identity {
	int set;		/* which were asked for; 0: neither, the instances run as we do */
	struct spawn_identity spawn; /* for struct spawn */
	char *user;		/* names, or numbers where there is no name: what --wrapper is told */
	char *group;
	gid_t *groups;		/* private: what spawn.groups points to */
};

/*
 * Looks up whom -u and -g name: a name, a number that is no name, or #NUMBER.
 * user: NULL for our own.  group: NULL for the group of the user, or for ours without a user.
 * Supplementary groups are those of the user, as initgroups(3) would set them; only the group itself
 * for a number that the user database does not know.
 * why, why_size: on failure "-u NAME: reason" or "-g NAME: reason"; not escaped.
 * Returns 0, or -1 and then identity holds nothing.
 */
int identity_find(struct identity *identity, const char *user, const char *group, char *why,
    size_t why_size);

/*
 * Whether we may become what identity_find() has found: only root may, and not even root where it
 * was deprived of that.  Not for --wrapper, which changes the user itself.
 * why: as above, "-u NAME: only root may change the user".
 * Returns 0, or -1.
 */
int identity_permitted(const struct identity *identity, char *why, size_t why_size);

/*
 * Reads U, U:G, U: (the group of the user) or :G, each a name, a number or #NUMBER, and whether we
 * may give a file of ours to them.
 * uid, gid: -1 where the text names none.
 * why: the reason alone, to follow the option.
 * Returns 0, or -1.
 */
int identity_owner(uid_t *uid, gid_t *gid, const char *text, char *why, size_t why_size);

void identity_reset(struct identity *identity);

#endif
