# fcgi-auth-test: what it finds out by questions of its own, and by asking several at a time.
bats_require_minimum_version 1.5.0

load helper

auth_test=$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test
authorizer=$FCGI_BUILD/tests/cli/authorizer

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  printf '%s\n' 'Defaults:' 'User: alice' '' 'Case: good' 'Password: wonder' 'Expect: allow' >cases
}

teardown() {
  stop_all
}

# holds FILTER: there are results that it selects, and it is true of each.
holds() {
  jq -se "map($1) | length > 0 and all" out
}

probes() {
  timeout 100 "$auth_test" --format jsonl "$@" >out 2>err 3>&-
}

# The checks that found something, one a line.
found() {
  jq -r '.findings[] | "\(.id) \(.severity)"' out | sort -u
}

# finds FINDING FAULT [OPTION...]: an authorizer with that fault has this finding and no other.
finds() {
  local finding=$1 fault=$2
  shift 2
  run probes "$@" cases -- "$authorizer" "$fault"
  [ "$(found)" = "$finding" ] || { cat out err; return 1; }
}

@test "probes: an authorizer without a fault has no finding, in any dialect that it understands" {
  probes cases -- "$authorizer"
  [ -z "$(found)" ]
  [ "$(jq -r 'select(.kind == "probe") | .state' out | sort | uniq -c | xargs)" = '9 passed' ]
  for dialect in mod_fcgid mod_fastcgi mod_fastcgi-compat; do
    probes -D "$dialect" cases -- "$authorizer"
    [ -z "$(found)" ]
  done
}

@test "probes: each fault is found by its own check" {
  finds 'A1 failure' stdin -D mod_fastcgi --timeout 1s
  holds 'select(.name | startswith("A1 ")) | .findings[0].detail | contains("hangs under mod_authnz_fcgi")'
  finds 'A2 failure' empty --timeout 1s
  finds 'A5 failure' id
  finds 'A6 failure' pairs
  finds 'A6 warning' split
  finds 'A8 failure' sticky
  finds 'A9 failure' mixed
  finds 'A10 warning' drop
  finds 'A10 warning' cookie
  finds 'A11 warning' role
}

@test "probes: who lets in without credentials keeps no state" {
  probes cases -- "$authorizer" open
  [ -z "$(found)" ]
  [[ $(jq -r 'select(.name | startswith("A8 ")) | .skipped' out) == 'without credentials it is let in, too'* ]]
}

@test "probes: the same bytes without credentials are the same question" {
  # This phase of mod_fcgid sends neither user nor password.
  printf '%s\n' 'Case: open' 'Dialect: mod_fcgid' 'Phase: access-checker' 'User: alice' 'Password: wonder' >cases
  probes cases -- "$authorizer" open
  [ -z "$(found)" ]
  [ "$(jq -r 'select(.name | startswith("A8 ")) | .skipped' out)" = 'the request is the same without credentials' ]
}

@test "probes: credentials may be among the variables of a case" {
  printf '%s\n' 'Case: a' 'Params:' ' REMOTE_USER=alice' ' REMOTE_PASSWD=wonder' 'Expect: allow' >cases
  probes cases -- "$authorizer"
  [ "$(jq -r 'select(.kind == "probe") | .state' out | sort | uniq -c | xargs)" = '9 passed' ]
  finds 'A8 failure' sticky
}

@test "probes: that nobody is there any more is no finding of a check" {
  run -3 probes cases -- "$authorizer" once
  [ -z "$(found)" ]
  holds 'select(.name | startswith("A1 ")) | .state == "failed" and (.failures[0] | contains("Connection refused"))'
  [ "$(jq -r 'select(.kind == "probe" and .state == "skipped") | .skipped' out | sort -u)" = \
    'the authorizer does not answer any more' ]
}

@test "probes: a connection that stays open is A7" {
  # shellcheck disable=SC2016
  echo 'alice:$2b$04$fcgiechofcgiechofcgieuCUiNmzH58M5a2PtIpBRuRXQIZfPAsk2' >users
  # It is a responder, too.
  probes --ignore A11 cases -- "$fcgi_echo" --users users --fault keep-open
  [ "$(found)" = 'A7 warning' ]
}

@test "probes: a failure fails the run, a warning does not unless it is to" {
  run -1 probes cases -- "$authorizer" sticky
  probes cases -- "$authorizer" role
  run -1 probes --strict cases -- "$authorizer" role
  run -1 probes -W A11 cases -- "$authorizer" role
  probes --ignore A8 cases -- "$authorizer" sticky
}

@test "probes: none when nobody is let in, when asked not to, and for one question" {
  sed 's/wonder/x/; s/allow/deny/' cases >denied
  probes denied -- "$authorizer"
  [ "$(jq -r 'select(.kind == "probe") | .skipped' out | sort -u)" = 'no case was let in' ]
  probes --no-probes cases -- "$authorizer"
  [ "$(jq -s length out)" -eq 1 ]
  probes -u alice --password-file <(echo wonder) -r / -- "$authorizer"
  [ "$(jq -s length out)" -eq 1 ]
}

@test "probes: what does not apply is skipped, with a reason" {
  printf '%s\n' 'Case: open' 'Dialect: nginx-auth-request' >cases
  # It lets everybody in.
  start_echo
  run probes "$ECHO_ADDR" cases
  holds 'select(.kind == "probe" and (.name | startswith("A11 "))) | .state == "skipped"'
  holds 'select(.kind == "probe" and (.name | startswith("A1 "))) | .skipped != null'
}

@test "probes: --jobs asks at the same time, and what only passes alone is A9" {
  : >cases
  for i in 1 2 3 4 5 6; do
    printf '%s\n' "Case: good $i" 'User: alice' 'Password: wonder' 'Expect: allow' '' \
      "Case: bad $i" 'User: alice' 'Password: x' 'Expect: deny' '' >>cases
  done
  probes --jobs 12 cases -- "$authorizer"
  [ "$(jq -r 'select(.kind == "case") | .name' out | head -n 3 | xargs)" = 'good 1 bad 1 good 2' ]
  run -1 probes --no-probes --jobs 12 cases -- "$authorizer" mixed
  [ "$(found)" = 'A9 failure' ]
  holds 'select(.findings != []) | .state == "failed"'
  # One at a time nothing is mixed up.
  probes --no-probes cases -- "$authorizer" mixed
}
