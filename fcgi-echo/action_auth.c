/*
 * An authorizer for every web server that calls one.  Whatever is missing, empty, contradictory or
 * unknown is refused, and the answer always says its Status: some servers take its absence for 200.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "action.h"
#include "base64.h"
#include "client.h"
#include "fcgi_proto.h"
#include "reply.h"
#include "server.h"

enum { BASIC_MAX = 4096 };

/* What was sent to be checked. */
struct credentials {
	struct fcgi_slice user;
	struct fcgi_slice password;
	int has_password;
	unsigned char decoded[BASIC_MAX];	/* where the two may point */
};

static int
is_text(const struct fcgi_slice *slice, const char *text)
{
	return slice->len == strlen(text) && memcmp(slice->data, text, slice->len) == 0;
}

static int
is_same(const struct fcgi_slice *a, const struct fcgi_slice *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* "Basic BASE64", of which the first ':' parts user and password.  Returns 1 when it is that. */
static int
read_basic(struct credentials *credentials, const struct fcgi_slice *header)
{
	static const char scheme[] = "Basic ";
	const unsigned char *p = header->data, *end = p + header->len, *colon;
	ptrdiff_t len;

	if (header->len < sizeof scheme - 1 ||
	    strncasecmp((const char *)p, scheme, sizeof scheme - 1) != 0)
		return 0;
	p += sizeof scheme - 1;
	while (p < end && *p == ' ')
		p++;
	if (end - p > BASIC_MAX)
		return 0;
	len = base64_decode(credentials->decoded, p, (size_t)(end - p));
	if (len <= 0)
		return 0;
	colon = memchr(credentials->decoded, ':', (size_t)len);
	if (colon == NULL)
		return 0;
	credentials->user = (struct fcgi_slice){ credentials->decoded,
		(size_t)(colon - credentials->decoded) };
	credentials->password = (struct fcgi_slice){ colon + 1,
		(size_t)(credentials->decoded + len - colon) - 1 };
	credentials->has_password = 1;
	return 1;
}

/*
 * REMOTE_USER and REMOTE_PASSWD, as Apache's modules send them, or the Authorization header, as
 * lighttpd and nginx do; where both are there, they have to say the same.
 * Returns NULL, or why they cannot be used.
 */
static const char *
read_credentials(struct credentials *credentials, const struct request *request)
{
	struct fcgi_slice user = { NULL, 0 }, password = { NULL, 0 }, header = { NULL, 0 };
	int has_user = request_param(request, "REMOTE_USER", &user) && user.len > 0;
	int has_password = request_param(request, "REMOTE_PASSWD", &password);

	if (request_param(request, "HTTP_AUTHORIZATION", &header) && header.len > 0) {
		if (!read_basic(credentials, &header))
			return "the Authorization header is not Basic with a user and a password";
		if ((has_user && !is_same(&user, &credentials->user)) ||
		    (has_password && !is_same(&password, &credentials->password)))
			return "the Authorization header contradicts REMOTE_USER or REMOTE_PASSWD";
	} else {
		credentials->user = user;
		credentials->password = password;
		credentials->has_password = has_password;
	}
	return credentials->user.len > 0 ? NULL : "no user";
}

static void
deny(struct request *request, const char *why)
{
	char body[256];

	snprintf(body, sizeof body, "401 Unauthorized\n%s\n", why);
	reply_constant(request,
	    "Status: 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"fcgi-echo\"\r\n" REPLY_TEXT
	    "\r\n",
	    body);
}

static void
grant(struct request *request, const struct fcgi_slice *user)
{
	/* Nothing else: other headers of a 200 leak to the browser, or become variables. */
	reply_format(request, "Status: 200 OK\r\nVariable-ECHO_USER: %.*s\r\n\r\n",
	    (int)user->len, (const char *)user->data);
	reply_end(request, 0);
}

static void
answer(struct request *request)
{
	struct credentials credentials = { .has_password = 0 };

	if (!request->state.granted || read_credentials(&credentials, request) != NULL)
		deny(request, "no user of that password");
	else
		grant(request, &credentials.user);
	explicit_bzero(&credentials, sizeof credentials);
}

static void
on_checked(struct hash_job *job)
{
	struct request *request = job->owner;
	struct client *client = request->client;

	request->job = NULL;
	request->state.granted = job->matches;
	client_produce(request, answer);
	client_wake(client);
}

static void
check_password(struct request *request, const struct credentials *credentials)
{
	struct server *server = request->client->server;
	const struct users *users = server->config->users;
	const char *hash;

	if (!credentials->has_password || credentials->password.len == 0) {
		deny(request, "no password");
		return;
	}
	if (users == NULL || users->count == 0) {
		deny(request, "no user of that password");
		return;
	}
	hash = users_find(users, &credentials->user);
	request->job = hasher_check(&server->hasher, &credentials->password,
	    hash != NULL ? hash : users->entries[0].hash, hash != NULL, on_checked, request);
	/* lighttpd takes an OVERLOADED without a Status for a yes. */
	if (request->job == NULL)
		reply_text(request, 503, "too many password checks wait\n");
}

/* Apache's second question, without a password: may this user, let in by the first, go on? */
static void
check_user(struct request *request, const struct credentials *credentials)
{
	const struct users *users = request->client->server->config->users;

	if (request->role == FCGI_AUTHORIZER && users != NULL &&
	    users_find(users, &credentials->user) != NULL)
		grant(request, &credentials->user);
	else
		deny(request, "no such user");
}

void
action_auth_answer(struct request *request)
{
	struct fcgi_slice uri = { NULL, 0 }, phase = { NULL, 0 };
	struct credentials credentials = { .has_password = 0 };
	const char *why;

	(void)request_param(request, "REQUEST_URI", &uri);
	(void)request_param(request, "FCGI_APACHE_ROLE", &phase);
	why = read_credentials(&credentials, request);
	if (request->method.len == 0 || uri.len == 0)
		deny(request, "REQUEST_METHOD or REQUEST_URI is missing");
	else if (why != NULL)
		deny(request, why);
	else if (is_text(&phase, "AUTHORIZER"))
		check_user(request, &credentials);
	else if (phase.len == 0 || is_text(&phase, "AUTHENTICATOR") ||
	    is_text(&phase, "ACCESS_CHECKER"))
		check_password(request, &credentials);
	else
		deny(request, "FCGI_APACHE_ROLE is not known");
	explicit_bzero(&credentials, sizeof credentials);
}
