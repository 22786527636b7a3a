# fcgi-auth-test: case files: their fields, what is expected, what is wrong in them.
bats_require_minimum_version 1.5.0

load helper

auth_test=$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test
authorizer=$FCGI_BUILD/tests/cli/authorizer

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  echo wonder >pw
}

teardown() {
  stop_all
}

# runs ARGUMENT...: the cases of the file cases; what it says is in the files out and err.
runs() {
  timeout 60 "$auth_test" --no-probes "$@" >out 2>err 3>&-
}

# sends FIELD...: asks fcgi-echo a case with these fields; what it gets is in the file sent.
sends() {
  printf '%s\n' 'Case: a' "$@" >cases
  : >log
  run runs cases -- "$fcgi_echo" --show-secrets --log-env log
  jq -r '.[] | "\(.[0])=\(.[1])"' log >sent
}

@test "cases: what is expected is met or not" {
  cat >cases <<'END'
# a comment
Defaults:
Request: GET /protected/report?y=2024

Case: the right password
Phase: authenticator
User: alice
Password-File: pw
Expect: allow
Expect-Variables: AUTHN_1=authn_01
Expect-No-Variables: REMOTE_PASSWD OTHER_*
Max-Time: 30s

Case: a wrong one
User: alice
# inside of a stanza
Password: wonderland
Expect: deny 401
Expect-Headers:
 WWW-Authenticate: Basic realm="test"
 www-authenticate: ~^Basic\s
 WWW-Authenticate
Expect-Body:
Expect-Stderr:
Expect-No-Variables: *
END
  runs cases -- "$authorizer"
  [ "$(cat out)" = 'TAP version 13
1..2
ok 1 - the right password
ok 2 - a wrong one' ]
}

# misses SENTENCE FIELD...: a case of alice's with these fields fails with that sentence.
misses() {
  local sentence=$1
  shift
  printf '%s\n' 'Case: a' 'User: alice' "$@" >cases
  run -1 runs --format jsonl cases -- "$authorizer"
  [ "$(jq -r '.failures[0]' out)" = "$sentence" ] || { cat out; return 1; }
}

@test "cases: what is not met is told" {
  misses 'mod_authnz_fcgi says deny 401, expected allow' 'Password: x' 'Expect: allow'
  misses 'mod_authnz_fcgi says allow, expected deny' 'Password: wonder' 'Expect: deny'
  misses 'mod_authnz_fcgi says deny 401, expected error' 'Password: x' 'Expect: error'
  misses 'the authorizer says Status 401, expected 403' 'Password: x' 'Expect: deny 403'
  misses 'there is no header Location' 'Password: x' 'Expect-Headers: Location'
  misses 'header WWW-Authenticate is "Basic realm=\"test\"", expected "Basic"' 'Password: x' \
    'Expect-Headers: WWW-Authenticate: Basic'
  misses 'header WWW-Authenticate is "Basic realm=\"test\"", expected what matches "^Digest"' \
    'Password: x' 'Expect-Headers: WWW-Authenticate: ~^Digest'
  misses 'there is no variable AUTHN_2' 'Password: wonder' 'Expect-Variables: AUTHN_2'
  misses 'there is no variable authn_1' 'Password: wonder' 'Expect-Variables: authn_1'
  misses 'variable AUTHN_1 is "authn_01", expected "authn_02"' 'Password: wonder' \
    'Expect-Variables: AUTHN_1=authn_02'
  misses 'there is a variable AUTHN_1' 'Password: wonder' 'Expect-No-Variables: AUTHN_*'
  misses 'the body is "", expected "denied"' 'Password: x' 'Expect-Body: denied'
  misses 'STDERR is "", expected what matches "."' 'Password: x' 'Expect-Stderr: ~.'
}

@test "cases: bodies are compared without their last line break" {
  # 401 Unauthorized, and a line about it
  printf '%s\n' 'Case: a' 'User: alice' 'Password: x' 'Expect-Body:' ' 401 Unauthorized' \
    ' no user of that password' >cases
  # shellcheck disable=SC2016
  echo 'alice:$2b$04$fcgiechofcgiechofcgieuCUiNmzH58M5a2PtIpBRuRXQIZfPAsk2' >users
  runs cases -- "$fcgi_echo" --users users
  sed -i 's/no user/no such user/' cases
  run -1 runs cases -- "$fcgi_echo" --users users
}

@test "cases: an error is no answer, a status of 500 and above, or what the server takes for none" {
  printf '%s\n' 'Case: a' 'Expect: error' >cases
  for fault in no-end speaks-http silent; do
    runs --timeout 300ms cases -- "$fcgi_echo" --fault "$fault"
    [ "$(cat out)" = 'TAP version 13
1..1
ok 1 - a' ]
    # The same is expected of it tomorrow.
    runs --timeout 300ms --format cases cases -- "$fcgi_echo" --fault "$fault"
    cp out golden
    runs --timeout 300ms golden -- "$fcgi_echo" --fault "$fault"
  done
  # An end is an answer, which lighttpd lets in: that one is found in any case.
  run -1 runs cases -- "$fcgi_echo" --fault empty
  echo 'Ignore: R2' >>cases
  runs cases -- "$fcgi_echo" --fault empty
  # lighttpd lets everybody in there.
  run -1 runs -D lighttpd cases -- "$fcgi_echo" --fault empty
  # Who cannot be reached has answered nothing.
  run -3 runs ./nobody cases
  echo old >golden
  run -3 runs --format cases -o golden ./nobody cases
  [ "$(cat golden)" = old ]
  run -3 runs --format cases ./nobody cases
  [ ! -s out ]
  grep -q '^fcgi-auth-test: ./nobody: No such file or directory' err
}

@test "cases: fields of the request" {
  sends 'Request: POST /a/b?c=d HTTP/1.0' 'Headers:' ' X-One: 1' ' Host: www.example' 'Dialect: spec' \
    'Remote-Addr: 192.0.2.1' 'Params:' ' EXTRA=more = less' ' SERVER_PORT=8443' 'Unset: REMOTE_PORT QUERY_STRING'
  grep -qx REQUEST_METHOD=POST sent
  grep -qx 'REQUEST_URI=/a/b?c=d' sent
  grep -qx SERVER_PROTOCOL=HTTP/1.0 sent
  grep -qx HTTP_X_ONE=1 sent
  grep -qx HTTP_HOST=www.example sent
  grep -qx REMOTE_ADDR=192.0.2.1 sent
  grep -qx 'EXTRA=more = less' sent
  grep -qx SERVER_PORT=8443 sent
  run ! grep -q '^REMOTE_PORT=\|^QUERY_STRING=' sent
}

@test "cases: user and password, in each way they can be said" {
  sends 'User: alice' 'Password: wonder'
  grep -qx REMOTE_USER=alice sent
  grep -qx REMOTE_PASSWD=wonder sent
  grep -qx AUTH_TYPE=Basic sent
  sends 'User-Hex: 61 6c' ' 69' 'Password-Hex: 09'
  grep -qx REMOTE_USER=ali sent
  grep -qx "REMOTE_PASSWD=$(printf '\t')" sent
  SECRET=wonder sends 'User: alice' 'Password-Env: SECRET'
  grep -qx REMOTE_PASSWD=wonder sent
  sends 'User: alice' 'Password:'
  grep -qx REMOTE_PASSWD= sent
  sends 'User: alice'
  run ! grep -q REMOTE_PASSWD sent
  sends 'User: alice' 'Password: x' 'Auth: none'
  run ! grep -q AUTH_TYPE sent
}

@test "cases: a password's file is looked for beside the case file, whose folder need not be ours" {
  mkdir -p folder/sub
  echo wonder >folder/sub/pw
  printf '%s\n' 'Case: a' 'User: alice' 'Password-File: sub/pw' 'Expect: allow' >folder/cases
  runs folder/cases -- "$authorizer"
  # Standard input is in the current one.
  (cd folder && runs - -- "$authorizer" <cases)
  run -2 runs - -- "$authorizer" <folder/cases
  grep -q '^fcgi-auth-test: -:3: Password-File: sub/pw: No such file' err
}

@test "cases: Stdin and Keep-Conn change the records" {
  printf '%s\n' 'Case: a' 'Stdin: empty' 'Keep-Conn: yes' >cases
  runs -v cases -- "$authorizer"
  grep -q '^> BEGIN_REQUEST .*flags=1\|KEEP_CONN' err
  grep -q '^> STDIN id=1 len=0' err
  printf '%s\n' 'Case: a' 'Dialect: mod_fastcgi' 'Stdin: none' >cases
  runs -v cases -- "$authorizer"
  run ! grep -q '^> STDIN' err
}

@test "cases: the case is stronger than the command line, and that than Defaults" {
  printf '%s\n' 'Defaults:' 'Dialect: mod_fcgid' 'Phase: authenticator' 'Headers: A: 1' '' 'Case: a' '' \
    'Case: b' 'Dialect: mod_fastcgi' 'Headers: B: 2' '' 'Case: c' 'Headers:' >cases
  runs --format jsonl cases -- "$authorizer"
  [ "$(jq -r .dialect out | tr '\n' ' ')" = 'mod_fcgid mod_fastcgi mod_fcgid ' ]
  runs --format jsonl -D mod_authnz_fcgi cases -- "$authorizer"
  [ "$(jq -r .dialect out | tr '\n' ' ')" = 'mod_authnz_fcgi mod_fastcgi mod_authnz_fcgi ' ]
  runs -v cases -- "$authorizer"
  awk '/^\* a$/ { on = "a" } /^\* b$/ { on = "b" } /^\* c$/ { on = "c" } /HTTP_[AB]=/ { print on, $2 }' err >seen
  [ "$(cat seen)" = 'a HTTP_A=1
b HTTP_A=1
b HTTP_B=2' ]
}

@test "cases: Skip, Tags and --tags" {
  printf '%s\n' 'Case: a' 'Tags: slow ldap' '' 'Case: b' 'Tags: ldap' '' 'Case: c' 'Skip: no directory yet' >cases
  runs cases -- "$authorizer"
  [ "$(tail -n 1 out)" = 'ok 3 - c # SKIP no directory yet' ]
  runs --tags ldap cases -- "$authorizer"
  [ "$(sed -n 's/^ok . - //p' out)" = $'a\nb' ]
  runs --tags 'ldap,!slow' cases -- "$authorizer"
  [ "$(sed -n 's/^ok . - //p' out)" = b ]
  runs --tags '!slow' cases -- "$authorizer"
  [ "$(sed -n 's/^ok . - \(.\).*/\1/p' out)" = $'b\nc' ]
  run -2 runs --tags lpad cases -- "$authorizer"
  grep -q 'they leave no case to ask' err
}

@test "cases: Max-Time warns, and fails with --strict or -W" {
  printf '%s\n' 'Case: a' 'Max-Time: 1us' >cases
  runs cases -- "$authorizer"
  grep -q '^# T3 warning: ' out
  run -1 runs -W T3 cases -- "$authorizer"
  grep -q 'id: T3' out
  run -1 runs --strict cases -- "$authorizer"
  runs --strict --ignore T3 cases -- "$authorizer"
  echo 'Ignore: t3' >>cases
  runs --strict cases -- "$authorizer"
}

@test "cases: what a file gets wrong is told with its line, exit 2, and nothing is asked" {
  start_echo --log-env log
  # wrong WHERE-AND-WHY LINE...
  wrong() {
    local reason=$1
    shift
    printf '%s\n' 'Case: good' '' "$@" >cases
    run -2 runs "$ECHO_ADDR" cases
    [ "$(cat err)" = "fcgi-auth-test: cases:$reason" ] || { cat err; return 1; }
    [ ! -s out ]
  }
  wrong '4: Expct: there is no such field' 'Case: a' 'Expct: allow'
  wrong '4: Expect: alow: not allow, deny, deny STATUS or error' 'Case: a' 'Expect: alow'
  wrong '4: Expect: deny 600: not a status behind deny: 100 to 599' 'Case: a' 'Expect: deny 600'
  wrong '3: another case has this name' 'Case: good'
  wrong '3: neither Case nor Defaults in this stanza' 'Expect: allow'
  wrong '3: Case and Defaults in the same stanza' 'Defaults:' 'Case: a'
  wrong '3: Case: the case has no name' 'Case:'
  wrong '5: this is said already in the same stanza' 'Case: a' 'Password: x' 'Password-File: pw'
  wrong '3: mod_fcgid has no phase authnz' 'Case: a' 'Dialect: mod_fcgid' 'Phase: authnz'
  wrong '3: / HTTP/1.1 x: there is a blank or a control character in it' 'Case: a' \
    'Request: GET / HTTP/1.1 x' 'Expect: deny'
  wrong '5: Headers: not a header: "Name: value", "Name:" or "Name;"' 'Case: a' 'User: x' 'Headers: novalue'
  wrong '4: Params: not NAME=VALUE' 'Case: a' 'Params: X'
  wrong '4: User-Hex: not hexadecimal: two digits a byte' 'Case: a' 'User-Hex: 6'
  wrong '4: Max-Time: soon: not a duration such as 250ms or 2s' 'Case: a' 'Max-Time: soon'
  wrong '4: Ignore: Z1: no such check; --list-checks tells them' 'Case: a' 'Ignore: Z1'
  wrong '4: Stdin: full: not none or empty' 'Case: a' 'Stdin: full'
  wrong '4: Password-Env: NO_SUCH_VARIABLE is not in the environment' 'Case: a' 'Password-Env: NO_SUCH_VARIABLE'
  wrong '4: Request: there is a line break or control character in it' 'Case: a' $'Request: /a\033'
  wrong '4: Skip: there is a line break or control character in it' 'Case: a' 'Skip: a' ' b'
  wrong '4: Max-Time: 0: has to be longer than nothing' 'Case: a' 'Max-Time: 0'
  wrong '4: Remote-Addr: nonsense: not an address of IPv4 or IPv6' 'Case: a' 'Remote-Addr: nonsense'
  wrong '4: Remote-Addr: 192.0.2.256: not an address of IPv4 or IPv6' 'Case: a' 'Remote-Addr: 192.0.2.256'
  wrong '4: Remote-Addr: not an address of IPv4 or IPv6' 'Case: a' 'Remote-Addr:'
  wrong '3: Defaults: nothing stands behind it' 'Defaults: x'
  wrong '3: the name is followed by no colon' 'Case a'
  # In Defaults too, with their own line, though no case uses it.
  wrong '4: Phase: login: not a phase: authenticator, authorizer, access-checker, authnz or check' \
    'Defaults:' 'Phase: login'
  printf '%s\n' 'Case: a' 'Expect-Headers:' ' A: ~(' >cases
  run -2 runs "$ECHO_ADDR" cases
  grep -q '^fcgi-auth-test: cases:2: Expect-Headers: regular expression: ' err
  echo 'Defaults:' >cases
  run -2 runs "$ECHO_ADDR" cases
  grep -q '^fcgi-auth-test: cases:1: there is no case in it' err
  [ ! -s log ]
}

@test "cases: addresses of clients" {
  for address in 2001:db8::1 fe80::1%eth0 ::ffff:192.0.2.1; do
    sends "Remote-Addr: $address"
    grep -qx "REMOTE_ADDR=$address" sent
  done
}

@test "cases: a file without an end is no case file" {
  yes '# a comment' | run -2 runs :1 -
  [ "$(cat err)" = 'fcgi-auth-test: -: File too large' ]
  for option in --header-file --env-file -D; do
    run -2 timeout 60 "$auth_test" "$option" /dev/zero -r / :1
    [[ $output == *'/dev/zero: File too large' ]]
  done
  run -2 runs :1 /dev/zero
  [ "$(cat err)" = 'fcgi-auth-test: /dev/zero: File too large' ]
}

@test "cases: lists of options without anything in them are refused" {
  printf '%s\n' 'Case: a' >cases
  for option in --verdict= '--verdict=,' --tags= '--tags=,' '-W,' --ignore= '--ignore=,'; do
    run -2 runs "$option" :1 cases
    grep -q ": there is nothing in it" err
  done
  run -2 runs -U '' :1 cases
  grep -q '^fcgi-auth-test: -U: no name' err
}

@test "cases: a secret in a wrong case file is not repeated" {
  printf '%s\n' 'Case: a' 'Headers:' ' Cookie session=0123' >cases
  run -2 runs :1 cases
  run ! grep -q 0123 err
  printf '%s\n' 'Case: a' 'Password-Hex: 0123z' >cases
  run -2 runs :1 cases
  run ! grep -q 0123 err
}

@test "cases: a password of the environment is not left to the authorizer" {
  printf '%s\n' 'Case: a' 'User: alice' 'Password-Env: SECRET' 'Expect: allow' >cases
  # shellcheck disable=SC2016
  SECRET=wonder runs cases -- sh -c 'env >seen; exec "$0"' "$authorizer"
  [ -s seen ]
  run ! grep -q wonder seen
}

@test "cases: a Status that is missing is not one that is none" {
  printf '%s\n' 'Case: a' 'User: alice' 'Password: wonder' 'Expect: deny' >cases
  run -1 runs cases -- "$authorizer" none
  grep -qx '  status: none' out
}

@test "cases: what was not asked is let in nowhere, and keeps what is expected of it" {
  printf '%s\n' 'Case: a' 'Skip: broken' 'Expect: deny 403' 'Expect-Headers:' ' A' ' B: ~^b' \
    'Expect-Variables: C=d' 'Expect-No-Variables: E' 'Expect-Body: f' 'Expect-Stderr: ~g' >cases
  runs --format jsonl --verdict all cases -- "$authorizer"
  [ "$(jq -c '[.state, .verdict.decision]' out)" = '["skipped",null]' ]
  run ! grep -q '"allow"' out
  runs --format cases cases -- "$authorizer"
  for line in 'Expect: deny 403' ' A' ' B: ~^b' 'Expect-Variables: C=d' 'Expect-No-Variables: E' \
    'Expect-Body: f' 'Expect-Stderr: ~g' 'Skip: broken'; do
    grep -qxF "$line" out || { cat out; return 1; }
  done
}

@test "cases: the answers of today are the expectations of tomorrow" {
  cat >cases <<'END'
Defaults:
Dialect: all
User: alice

Case: the right password
Password-File: pw
Headers:
 X-One: 1
Tags: good

Case: a # wrong one
Password: wonderland
Phase: authenticator
Expect: deny
Expect-Headers:
 WWW-Authenticate: ~^Basic

Case: odd bytes
User-Hex: ff 0a
Password-Hex: 00
Stdin: empty
Keep-Conn: no
Params: EXTRA=more
Unset: REMOTE_PORT
Auth: Other
Remote-Addr: 192.0.2.1
Request: HEAD /x?y HTTP/1.0
END
  # shellcheck disable=SC2016
  echo 'alice:$2b$04$fcgiechofcgiechofcgieuCUiNmzH58M5a2PtIpBRuRXQIZfPAsk2' >users
  run runs --format cases cases -- "$fcgi_echo" --users users
  mv out golden
  [ ! -s err ]
  grep -q '^ WWW-Authenticate: ~^Basic$\|^Expect-Headers: WWW-Authenticate: ~^Basic$' golden
  grep -q '^Password-File: pw$' golden
  grep -q '^Tags: good$' golden
  runs golden -- "$fcgi_echo" --users users
  # Twice makes no difference, but for the names.
  runs --format cases golden -- "$fcgi_echo" --users users
  diff -u golden out
  # And what has changed is found.
  # shellcheck disable=SC2016
  echo 'bob:$2b$04$fcgiechofcgiechofcgieuCUiNmzH58M5a2PtIpBRuRXQIZfPAsk2' >users
  run -1 runs golden -- "$fcgi_echo" --users users
  grep -q '^not ok 1 ' out
}

@test "cases: one question becomes a case, whose password has to have a name" {
  timeout 60 "$auth_test" --format cases -u alice --password-file pw -r 'GET /secret' -- "$authorizer" >golden 3>&-
  runs golden -- "$authorizer"
  run -2 runs --format cases -u alice --password-fd 4 -r / -- "$authorizer" 4<pw
  grep -q 'password' err
  runs --show-secrets --format cases -u alice --password-fd 4 -r / -- "$authorizer" 4<pw
  grep -qx 'Password: wonder' out
}

@test "cases: the examples that are installed pass with fcgi-echo" {
  # shellcheck disable=SC2016
  echo 'alice:$2b$04$fcgiechofcgiechofcgieuCUiNmzH58M5a2PtIpBRuRXQIZfPAsk2' >users
  "$auth_test" --list-dialects | sed 's/ .*//' | sort >dialects
  basename -s .cases "$FCGI_SOURCE"/packaging/auth-cases/*.cases | sort >examples
  diff -u dialects examples
  while read -r dialect; do
    # With all probes.
    timeout 60 "$auth_test" "$FCGI_SOURCE/packaging/auth-cases/$dialect.cases" -- \
      "$fcgi_echo" --users users >out 3>&- </dev/null || { cat out; return 1; }
  done <dialects
}

@test "cases: the dialect that is installed as an example asks as the page says" {
  # shellcheck disable=SC2016
  echo 'alice:$2b$04$fcgiechofcgiechofcgieuCUiNmzH58M5a2PtIpBRuRXQIZfPAsk2' >users
  timeout 60 "$auth_test" -v -D "$FCGI_SOURCE/packaging/auth-cases/own.dialect" -u alice --password-file pw \
    -r /secret -- "$fcgi_echo" --users users >out 2>err 3>&-
  [ "$(head -n 1 out)" = allow ]
  grep -q 'GATEWAY_PHASE=login' err
  run ! grep -q '^> STDIN' err
  # The page shows the same lines.
  grep -v '^#\|^$' "$FCGI_SOURCE/packaging/auth-cases/own.dialect" | tr -s ' \t' ' ' >example
  sed -n '/^server: spec$/,/^\.Ed/p' "$FCGI_SOURCE/man1/fcgi-auth-test.1" | grep -v '^\.' | tr -s ' ' ' ' >shown
  diff -u example shown
}
