#include "users.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/stdlib.h>

#include "fcgi_error.h"

enum { NAME_MAX_LEN = 255 };

/* Returns NULL for a hash that can be checked as it should be, else what is wrong with it. */
static const char *
judge_hash(const char *hash)
{
	if (strncmp(hash, "$apr1$", 6) == 0)
		return "$apr1$ is Apache's own MD5, which crypt(3) does not know: use htpasswd -B";
	if (strncmp(hash, "{SHA}", 5) == 0)
		return "{SHA} is plain SHA-1, which crypt(3) does not know: use htpasswd -B";
	if (*hash != '$')
		return "neither a password in clear nor a DES hash, which looks at 8 characters "
		       "alone, is taken: use htpasswd -B";
#ifdef CRYPT_CHECKSALT_AVAILABLE
	if (crypt_checksalt(hash) == CRYPT_SALT_INVALID ||
	    crypt_checksalt(hash) == CRYPT_SALT_METHOD_DISABLED)
		return "crypt(3) does not know that hash";
#endif
	return NULL;
}

/* A name goes into a header, and crypt(3) has a say in hashes alone. */
static const char *
judge_name(const char *name)
{
	if (*name == '\0')
		return "the name is empty";
	if (strlen(name) > NAME_MAX_LEN)
		return "the name is longer than 255 bytes";
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return "a control character in the name";
	return NULL;
}

static int
add(struct users *users, const char *name, const char *hash)
{
	struct users_entry *entries, *entry;
	size_t size = users->size > 0 ? users->size * 2 : 16;

	if (users->count == users->size) {
		entries = reallocarray(users->entries, size, sizeof *entries);
		if (entries == NULL)
			return -FCGI_E_SYSTEM;
		users->entries = entries;
		users->size = size;
	}
	entry = &users->entries[users->count];
	entry->name = strdup(name);
	entry->hash = strdup(hash);
	users->count++;
	return entry->name == NULL || entry->hash == NULL ? -FCGI_E_SYSTEM : 0;
}

static int
read_line(struct users *users, char *text, const char **why)
{
	char *hash = text;
	const char *name = strsep(&hash, ":");

	*why = judge_name(name);
	if (*why == NULL && hash == NULL)
		*why = "not NAME:HASH";
	if (*why != NULL)
		return -FCGI_E_SYNTAX;
	hash[strcspn(hash, ":")] = '\0';
	*why = judge_hash(hash);
	if (*why != NULL)
		return -FCGI_E_SYNTAX;
	return add(users, name, hash);
}

int
users_read(struct users *users, FILE *file, size_t *line, const char **why)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0;

	*line = 0;
	while (r == 0 && (len = getline(&text, &size, file)) > 0) {
		++*line;
		text[strcspn(text, "\r\n")] = '\0';
		if (strlen(text) + 2 < (size_t)len) {
			*why = "a control character";
			r = -FCGI_E_SYNTAX;
		} else if (*text != '\0' && *text != '#') {
			r = read_line(users, text, why);
		}
	}
	if (r == 0 && ferror(file))
		r = -FCGI_E_SYSTEM;
	freezero(text, size);
	return r;
}

void
users_reset(struct users *users)
{
	size_t i;

	for (i = 0; i < users->count; i++) {
		free(users->entries[i].name);
		free(users->entries[i].hash);
	}
	free(users->entries);
	*users = (struct users){ 0 };
}

const char *
users_find(const struct users *users, const struct fcgi_slice *name)
{
	const struct users_entry *entry;
	size_t i;

	for (i = users->count; i-- > 0;) {
		entry = &users->entries[i];
		if (strlen(entry->name) == name->len &&
		    memcmp(entry->name, name->data, name->len) == 0)
			return entry->hash;
	}
	return NULL;
}
