/* The questions that a web server asks an authorizer in the course of one request. */
#ifndef PHASE_H
#define PHASE_H

enum phase {
	PHASE_AUTHENTICATOR,	/* is it the user's password? */
	PHASE_AUTHORIZER,	/* may the user do this?  Also the one question of lighttpd and nginx */
	PHASE_ACCESS_CHECKER,	/* may the host do this, whoever the user is? */
	PHASE_AUTHNZ,		/* password and permission in one */
	PHASE_CHECK,		/* AuthnzFcgiCheckAuthnProvider: the authorizer does all of it itself */
	PHASE_COUNT
};

#endif
