#!/usr/bin/env bats
# fcgi-auth-test on authorizers as people have them: in Perl, in C with libfcgi, the behaviour of
# the development kit's example, and fcgi-echo --users.  What it finds is shown to be true by the
# real servers, with the same authorizer.

bats_require_minimum_version 1.5.0
load auth

fcgi_auth_test=$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test

has_perl() {
  perl -MFCGI -e 1 2>/dev/null
}

has_libfcgi() {
  echo '#include <fcgiapp.h>' | cc -E - >/dev/null 2>&1
}

setup_file() {
  local app=$BATS_FILE_TMPDIR/auth_libfcgi users=$BATS_FILE_TMPDIR/users
  # Of "wonder".
  # shellcheck disable=SC2016
  echo 'alice:$2b$04$fcgiechofcgiechofcgieuCUiNmzH58M5a2PtIpBRuRXQIZfPAsk2' >"$users"
  echo wonder >"$BATS_FILE_TMPDIR/wonder"
  echo wonderland >"$BATS_FILE_TMPDIR/wrong"
  echo xxxx >"$BATS_FILE_TMPDIR/xxxx"
  add_application echo "$fcgi_echo" -q --users "$users"
  if has_perl; then
    APP_INSTANCES=2 add_application perl perl "$peers/auth_perl.pl"
    APP_INSTANCES=2 add_application carp perl "$peers/auth_perl.pl" carp
  fi
  if has_libfcgi; then
    cc -O2 -Wall -Werror -o "$app" "$peers/auth_libfcgi.c" -lfcgi
    APP_INSTANCES=2 add_application libfcgi "$app"
    APP_INSTANCES=2 add_application body "$app" body
    APP_INSTANCES=2 add_application example "$app" example
  fi
  start_auth_servers
}

teardown_file() {
  stop_peers
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

need_perl() {
  has_perl || skip "Perl's FCGI is missing"
}

need_libfcgi() {
  has_libfcgi || skip 'a C compiler or libfcgi-dev is missing'
}

# write_cases USER PASSWORD: who is let in and who is not, in every phase that sends passwords.
write_cases() {
  cat <<END
Defaults:
Dialect: all
Request: GET /secret?a=b

END
  local phase
  for phase in authenticator authnz check; do
    cat <<END
Case: $phase: the right password
Phase: $phase
User: $1
Password: $2
Expect: allow

Case: $phase: a wrong password
Phase: $phase
User: $1
Password: ${2}land
Expect: deny 401

Case: $phase: no such user
Phase: $phase
User: mallory
Password: $2
Expect: deny 401

Case: $phase: nobody
Phase: $phase
Expect: deny 401

END
  done
}

# judge NAME OPTION... FILE: a case file, the report into the file result.  findings: "ID case" and
# "ID probe" lines of it.
judge() {
  local name=$1
  shift
  timeout 120 "$fcgi_auth_test" --format jsonl -o result "$(application_addr "$name")" "$@" 2>err
}

findings() {
  jq -r '.kind as $kind | .findings[] | "\(.id) \($kind)"' result | sort -u
}

failed() {
  jq -r 'select(.state == "failed") | .name' result
}

# status_of WEB NAME PATH OPTION...: what the user of the real server gets; the page is in body.
status_of() {
  ask "$@" -o body -w '%{http_code}' --max-time 30
}

gets_in() {
  [ "$(status_of "$@")" = 200 ]
  grep -q secret-page body
}

@test "Perl's FCGI: an authorizer that does as it should passes in every dialect" {
  need jq
  need_perl
  write_cases alice wonder >cases
  judge perl cases || { failed >&2; findings >&2; cat err >&2; return 1; }
  [ "$(jq -s 'map(select(.state == "passed" and .kind == "case")) | length' result)" -ge 20 ]
  # It answers whatever its role; nothing else is wrong.
  [ "$(findings)" = 'A11 probe' ]
}

@test "libfcgi: an authorizer that does as it should passes in every dialect of Apache's" {
  need jq
  need_libfcgi
  # It does not know the Authorization header, which is all that lighttpd and nginx send.
  for dialect in mod_authnz_fcgi mod_fcgid mod_fastcgi mod_fastcgi-compat; do
    cat >cases <<END
Case: the right password
Dialect: $dialect
Phase: authenticator
Request: GET /secret
User: alice
Password: wonder
Expect: allow
Expect-Variables: AUTH_NAME=alice

Case: who is known may go on
Dialect: $dialect
Phase: $([ "$dialect" = mod_authnz_fcgi ] && echo authnz || echo authorizer)
Request: GET /secret
User: alice
Password: wonder
Expect: allow

Case: a wrong password
Dialect: $dialect
Phase: authenticator
Request: GET /secret
User: alice
Password: wonderland
Expect: deny 401
END
    judge libfcgi cases || { failed >&2; findings >&2; cat err >&2; return 1; }
    [ "$(findings)" = 'A11 probe' ]
  done
}

@test "libfcgi: that an authorizer does not know the Authorization header is found" {
  need jq curl
  need_libfcgi
  for dialect in lighttpd nginx-auth-request; do
    printf 'Case: the right password\nDialect: %s\nRequest: GET /secret\n' "$dialect" >cases
    printf 'User: alice\nPassword: wonder\nExpect: allow\n' >>cases
    run -1 judge libfcgi --no-probes cases
    [ "$(failed)" = 'the right password' ]
  done
  if command -v lighttpd >/dev/null; then
    [ "$(status_of lighttpd libfcgi /page.txt -u alice:wonder)" = 401 ]
  fi
}

@test "an authorizer that reads to the end of STDIN is found to hang, and does" {
  need jq curl
  need_libfcgi
  cat >cases <<'END'
Case: the right password
Request: GET /secret
User: alice
Password: wonder
Expect: allow
END
  run -5 judge body --timeout 2s cases
  [[ $(findings) == *'A1 case'* ]]
  jq -r '.findings[] | select(.id == "A1") | .detail' result | grep -q mod_authnz_fcgi
  if command -v apache2 >/dev/null; then
    run -28 ask apache2 body /authn/page.txt -u alice:wonder -o body --max-time 2
    gets_in apache2 libfcgi /authn/page.txt -u alice:wonder
  fi
  # lighttpd sends the empty record, but for POST.
  if command -v lighttpd >/dev/null; then
    [ "$(status_of lighttpd body /page.txt -u alice:wonder)" = 401 ]
    run -28 ask lighttpd body /page.txt -u alice:wonder -o body --max-time 2 -d body
  fi
}

@test "a page about an error without a Status is found to let everybody in, and does" {
  need jq curl
  need_perl
  write_cases alice wonder | sed 's|/secret|/page.txt?crash|' >cases
  run -1 judge carp --no-probes cases
  [[ $(findings) == *'R2 case'* ]]
  printf 'Case: nobody\nRequest: GET /page.txt?crash\nExpect: deny\n' >cases
  run -1 judge carp --no-probes --verdict all cases
  [ "$(jq -r '.verdicts.mod_authnz_fcgi.decision, .verdicts.lighttpd.decision,
    .verdicts["nginx-auth-request"].decision' result | uniq)" = allow ]
  if command -v apache2 >/dev/null; then
    [ "$(status_of apache2 carp /authn/page.txt -u mallory:any)" = 401 ]
    gets_in apache2 carp '/authn/page.txt?crash' -u mallory:any
  fi
  if command -v lighttpd >/dev/null; then
    gets_in lighttpd carp '/page.txt?crash'
  fi
  if command -v nginx >/dev/null; then
    gets_in nginx carp '/plain/page.txt?crash'
  fi
}

@test "the development kit's example: what it says, and that it has one phase only" {
  need jq curl
  need_libfcgi
  cat >cases <<'END'
Defaults:
Request: GET /secret?4711
User: doe
Password: xxxx

Case: the right password
Phase: authenticator
Expect: allow
Expect-Variables:
 AUTH_TYPE=Basic
 PROCESS_ID=4711
 REMOTE_PASSWD=

Case: no query
Phase: authenticator
Request: GET /secret
Expect: allow
Expect-Variables: PROCESS_ID=0

Case: a wrong password
Phase: authenticator
Password: yyyy
Expect: deny 401

Case: as authorizer
Phase: authorizer
Expect: allow
END
  run -1 judge example cases
  [ "$(failed)" = 'as authorizer' ]
  # AUTH_TYPE is the server's.
  [ "$(findings)" = $'A11 probe\nV3 case' ]
  if command -v apache2 >/dev/null; then
    ask apache2 example '/authn/print.cgi?4711' -u doe:xxxx -o body
    grep -x PROCESS_ID=4711 body
    gets_in apache2 example /authnz/page.txt -u doe:xxxx
    # The user whom the file knows has no password here.
    [ "$(status_of apache2 example /authz/page.txt -u alice:wonder)" = 401 ]
  fi
}

@test "fcgi-echo --users: passes in every dialect with no finding" {
  need jq
  write_cases alice wonder >cases
  judge echo --strict cases || { failed >&2; findings >&2; cat err >&2; return 1; }
  [ "$(jq -s 'map(select(.state == "passed" and .kind == "case")) | length' result)" -ge 20 ]
  [ "$(findings)" = '' ]
}

# knows_alice WEB PATH: lets her in with her password alone, as we say.
knows_alice() {
  gets_in "$1" echo "$2" -u alice:wonder
  [ "$(status_of "$1" echo "$2" -u alice:wonderland)" = 401 ]
  [ "$(status_of "$1" echo "$2" -u mallory:wonder)" = 401 ]
  [ "$(status_of "$1" echo "$2" -u alice:)" = 401 ]
  [ "$(status_of "$1" echo "$2")" = 401 ]
}

@test "fcgi-echo --users: lets the right ones in behind Apache httpd" {
  need apache2 curl
  local folder
  for folder in authn authnz authz check; do
    knows_alice apache2 "/$folder/page.txt"
  done
  [ -e /usr/lib/apache2/modules/mod_fcgid.so ] || skip 'mod_fcgid is missing'
  knows_alice apache2 /fcgid-authn/page.txt
  knows_alice apache2 /fcgid-authz/page.txt
}

@test "fcgi-echo --users: lets the right ones in behind lighttpd" {
  need lighttpd curl
  knows_alice lighttpd /page.txt
  # A body changes what lighttpd sends.
  gets_in lighttpd echo /page.txt -u alice:wonder -d body
  [ "$(status_of lighttpd echo /page.txt -u alice:wonderland -d body)" = 401 ]
}

@test "fcgi-echo --users: lets the right ones in behind nginx" {
  need nginx curl
  local folder
  for folder in plain original llng keep; do
    knows_alice nginx "/$folder/page.txt"
  done
}
