/*
 * UserExpr of AuthnzFcgiCheckAuthnProvider: who the user is, by what the authorizer has set.  Of
 * the expressions of httpd those are known that need nothing of httpd itself: see
 * verdict_user_expr_check() in verdict.h.
 */
#ifndef VERDICT_USER_H
#define VERDICT_USER_H

#include "verdict.h"

/*
 * Whether the expression, one that is known, gives an empty text.
 * user: of the Basic credentials, or NULL.  variables: what the reply has set.
 */
int verdict_user_is_empty(const char *user_expr, const char *user,
    const struct verdict_list *variables);

#endif
