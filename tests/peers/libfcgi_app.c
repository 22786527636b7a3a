/*
 * An application as people write them with libfcgi: names the method and the query in its header,
 * sends the body back, and ends the request with the status the query asks for ("exit=3").
 */
#include <stdlib.h>
#include <string.h>

#include <fcgiapp.h>

static void
answer(FCGX_Request *request)
{
	const char *method = FCGX_GetParam("REQUEST_METHOD", request->envp);
	const char *query = FCGX_GetParam("QUERY_STRING", request->envp);
	const char *status = query != NULL ? strstr(query, "exit=") : NULL;
	char buffer[8192];
	int count;

	FCGX_FPrintF(request->err, "libfcgi: to the error log\n");
	FCGX_FPrintF(request->out, "Content-Type: text/plain\r\nX-Method: %s\r\nX-Query: %s\r\n\r\n",
	    method != NULL ? method : "", query != NULL ? query : "");
	while ((count = FCGX_GetStr(buffer, sizeof buffer, request->in)) > 0)
		FCGX_PutStr(buffer, count, request->out);
	FCGX_SetExitStatus(status != NULL ? atoi(status + strlen("exit=")) : 0, request->out);
}

int
main(void)
{
	FCGX_Request request;

	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
		return 1;
	while (FCGX_Accept_r(&request) >= 0)
		answer(&request);
	return 0;
}
