/*
 * An authorizer as people write them with libfcgi.  alice may come with the password wonder.
 *
 *	auth_libfcgi		by REMOTE_PASSWD, in both phases of Apache
 *	auth_libfcgi body	the same, but it reads its input to the end first, as CGI programs do
 *	auth_libfcgi example	as the example of the development kit: doe with the password xxxx,
 *				asked for both in any phase, and the query becomes a variable
 */
#include <string.h>

#include <fcgiapp.h>

static int
is(const char *text, const char *expected)
{
	return text != NULL && strcmp(text, expected) == 0;
}

static void
refuse(FCGX_Request *request)
{
	FCGX_FPrintF(request->out,
	    "Status: 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"libfcgi\"\r\n\r\n");
}

static void
answer(FCGX_Request *request)
{
	const char *user = FCGX_GetParam("REMOTE_USER", request->envp);
	const char *password = FCGX_GetParam("REMOTE_PASSWD", request->envp);
	const char *phase = FCGX_GetParam("FCGI_APACHE_ROLE", request->envp);

	if (is(user, "alice") && (is(phase, "AUTHORIZER") || is(password, "wonder")))
		FCGX_FPrintF(request->out, "Status: 200 OK\r\nVariable-AUTH_NAME: %s\r\n\r\n",
		    user);
	else
		refuse(request);
}

static void
answer_as_the_example(FCGX_Request *request)
{
	const char *query = FCGX_GetParam("QUERY_STRING", request->envp);

	if (is(FCGX_GetParam("REMOTE_USER", request->envp), "doe") &&
	    is(FCGX_GetParam("REMOTE_PASSWD", request->envp), "xxxx"))
		FCGX_FPrintF(request->out, "Status: 200 OK\r\nVariable-AUTH_TYPE: Basic\r\n"
		    "Variable-REMOTE_PASSWD:\r\nVariable-PROCESS_ID: %s\r\n\r\n",
		    query != NULL && *query != '\0' ? query : "0");
	else
		refuse(request);
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	FCGX_Request request;
	char body[1024];

	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
		return 1;
	while (FCGX_Accept_r(&request) >= 0) {
		while (is(mode, "body") && FCGX_GetStr(body, sizeof body, request.in) > 0)
			continue;
		if (is(mode, "example"))
			answer_as_the_example(&request);
		else
			answer(&request);
	}
	return 0;
}
