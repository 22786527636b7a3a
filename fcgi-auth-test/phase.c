#include "phase.h"

#include <stddef.h>

const char *const phase_names[] = {
	[PHASE_AUTHENTICATOR] = "authenticator",
	[PHASE_AUTHORIZER] = "authorizer",
	[PHASE_ACCESS_CHECKER] = "access-checker",
	[PHASE_AUTHNZ] = "authnz",
	[PHASE_CHECK] = "check",
	[PHASE_COUNT] = NULL,
};
