# fcgi-auth-test: its reports, as the programs read them that they are made for.
bats_require_minimum_version 1.5.0

load helper

auth_test=$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test
authorizer=$FCGI_BUILD/tests/cli/authorizer

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  cat >cases <<'END'
Defaults:
User: alice
Password: wonder

Case: passes
Expect: allow

Case: fails & <shouts> "loud" # 5 \ 'it'
Expect: deny

Case: is left out
Skip: no <directory> & no "time"

Case: déjà vu
X-Note: not looked at
Expect-Variables: AUTHN_1=~^authn
END
}

teardown() {
  stop_all
}

# holds FILTER: there are results that it selects, and it is true of each.
holds() {
  jq -se "map($1) | length > 0 and all" out
}

needs() {
  command -v "$1" >/dev/null || skip "$1 is missing"
}

# reports FORMAT OPTION...: of the cases; in the file out.
reports() {
  local format=$1
  shift
  timeout 60 "$auth_test" --format "$format" "$@" >out 2>err 3>&-
}

@test "report: tap: prove reads it, run by prove and from a file" {
  needs prove
  run -1 reports tap cases -- "$authorizer"
  run -1 prove -v -e cat out
  [[ $output == *'Failed test:  2'* ]]
  [[ $output == *'Failed 1/13 subtests'* ]]
  [[ $output != *'Parse errors'* ]]
  start_echo
  : >good
  printf '%s\n' 'Case: a' 'Expect: error' >good
  start_echo --fault empty
  run -0 prove --exec "$auth_test --no-probes --ignore R2 $ECHO_ADDR" good
  [[ $output == *'Result: PASS'* ]]
}

@test "report: tap: a point a case, with what was wrong below it" {
  run -1 reports tap --no-probes cases -- "$authorizer"
  cat out
  [ "$(grep -v '^ \|^#' out)" = 'TAP version 13
1..4
ok 1 - passes
not ok 2 - fails & <shouts> "loud" \# 5 \\ '"'it'"'
ok 3 - is left out # SKIP no <directory> & no "time"
ok 4 - déjà vu' ]
  grep -q '^    - "mod_authnz_fcgi says allow, expected deny"$' out
  grep -q '^  at: "cases:8"$' out
  [ "$(grep -c '^  ---$' out)" -eq "$(grep -c '^  \.\.\.$' out)" ]
}

@test "report: tap: verdicts are comments" {
  printf '%s\n' 'Case: a' >cases
  reports tap --no-probes --verdict spec,lighttpd cases -- "$authorizer"
  grep -q '^# spec: deny 401$' out
  grep -q '^# lighttpd: deny 401$' out
}

@test "report: junit: an XML parser reads it, whatever names and answers hold" {
  needs xmllint
  printf '\nCase: control characters\nPassword: \033]0;x\007\nExpect-Body: \033[1m\n' >>cases
  run -1 reports junit --verdict all cases -- "$authorizer"
  xmllint --noout out
  xpath() { xmllint --xpath "$1" out; }
  [ "$(xpath 'string(/testsuites/testsuite/@tests)')" -eq 14 ]
  [ "$(xpath 'string(/testsuites/testsuite/@failures)')" -eq 2 ]
  [ "$(xpath 'string(/testsuites/testsuite/@errors)')" -eq 0 ]
  [ "$(xpath 'string(/testsuites/testsuite/@skipped)')" -eq 1 ]
  [ "$(xpath 'count(//testcase)')" -eq 14 ]
  [ "$(xpath 'string(//testcase[2]/@name)')" = 'fails & <shouts> "loud" # 5 \\ '"'it'" ]
  [ "$(xpath 'string(//testcase[2]/failure/@message)')" = 'mod_authnz_fcgi says allow, expected deny' ]
  [ "$(xpath 'string(//testcase[2]/@line)')" -eq 8 ]
  [ "$(xpath 'string(//testcase[5]/failure/@message)')" = 'the body is "", expected "\033[1m"' ]
  [ "$(xpath 'string(//testcase[3]/skipped/@message)')" = 'no <directory> & no "time"' ]
  xpath 'string(//testcase[1]/system-out)' | grep -q '^lighttpd: allow'
}

@test "report: junit: what cannot be asked is an error, not a failure" {
  needs xmllint
  run -3 reports junit ./nobody cases
  [ "$(xmllint --xpath 'string(//testsuite/@errors)' out)" -eq 3 ]
  [ "$(xmllint --xpath 'string(//testcase[1]/error/@type)' out)" = unreachable ]
}

@test "report: jsonl: an object a line" {
  needs jq
  run -1 reports jsonl --verdict all cases -- "$authorizer"
  [ "$(jq -s length out)" -eq "$(wc -l <out)" ]
  [ "$(jq -r 'select(.kind == "case") | .state' out | tr '\n' ' ')" = 'passed failed skipped passed ' ]
  holds 'select(.name == "passes") | .status == 200 and .verdict.decision == "allow" and
    .server == "mod_authnz_fcgi" and .phase == "authenticator" and .file == "cases" and .line == 5 and
    .verdicts.lighttpd.decision == "allow" and .app_status == 0 and .trouble == null'
  holds 'select(.kind == "probe" and (.name | startswith("A8"))) | .state == "passed"'
  run -3 reports jsonl ./nobody cases
  [ "$(jq -r 'select(.kind == "case" and .state == "failed") | .trouble' out | sort -u)" = unreachable ]
}

@test "report: cases: grep-dctrl reads them" {
  needs grep-dctrl
  run -1 reports cases cases -- "$authorizer"
  [ "$(grep-dctrl -n -s Case -F Expect allow out)" = 'passes
fails & <shouts> "loud" # 5 \ '"'it'
déjà vu" ]
  [ "$(grep-dctrl -n -s Expect-Variables -X -F Case passes out)" = AUTHN_1=authn_01 ]
  [ "$(grep-dctrl -n -s Skip -F Case left out)" = 'no <directory> & no "time"' ]
  # And what is written by hand, as the program does.
  [ "$(grep-dctrl -n -s Expect -X -F Case passes cases)" = allow ]
  [ "$(awk 'BEGIN { RS = "" } END { print NR }' out)" -eq 4 ]
}

@test "report: table: a line a case, a column a server" {
  start_echo --fault empty
  printf '%s\n' 'Case: a' '' 'Case: a longer name' >cases
  run -1 reports table "$ECHO_ADDR" cases
  [ "$(awk '{ print NF }' out | sort -u | wc -l)" -ge 1 ]
  head -n 1 out | grep -q '^CASE  *spec  *mod_authnz_fcgi  *.*lighttpd  *nginx-auth-request$'
  # The columns begin where their titles do.
  column=$(head -n 1 out | grep -bo lighttpd | sed 's/:.*//')
  [ "$(sed -n 2p out | cut -c $((column + 1))-$((column + 5)))" = allow ]
  column=$(head -n 1 out | grep -bo nginx-auth | sed 's/:.*//')
  [ "$(sed -n 3p out | cut -c $((column + 1))-$((column + 9)))" = 'error 500' ]
  reports table --verdict lighttpd "$ECHO_ADDR" cases || true
  [ "$(head -n 1 out)" = 'CASE           lighttpd' ]
}

@test "report: -o replaces the file in one step, and keeps a case file to its owner" {
  echo old >report
  ln report link
  run -1 reports tap -o report cases -- "$authorizer"
  [ ! -s out ]
  grep -q '^TAP version' report
  [ "$(cat link)" = old ]
  umask 022
  run -1 reports cases -o golden cases -- "$authorizer"
  [ "$(stat -c %a golden)" = 600 ]
}

@test "report: a password of another case is found and hidden, also in the probes" {
  printf '%s\n' 'Defaults:' 'User: alice' '' 'Case: good' 'Password: wonder' 'Expect: allow' '' \
    'Case: bad' 'Password: x' 'Expect: deny' 'Expect-Variables: LAST=' >cases
  for format in tap junit jsonl cases table; do
    run timeout 60 "$auth_test" -v --format "$format" cases -- "$authorizer" recall 3>&-
    [ "$status" -eq 1 ]
    # What asks is written as it was said.
    [ "$(grep -v '^Password: ' <<<"$output" | grep -c wonder)" -eq 0 ] || { echo "$output"; return 1; }
  done
  run -1 timeout 60 "$auth_test" --format jsonl -o out cases -- "$authorizer" recall 3>&-
  [ "$(jq -r 'select(.name == "bad") | .findings[0] | "\(.id) \(.detail)"' out)" = \
    "V4 another case's password is in the header Variable-LAST" ]
  [ "$(jq -r 'select(.name == "bad") | .failures[0]' out)" = 'variable LAST is "***", expected ""' ]
  jq -r 'select(.kind == "probe") | .findings[].id' out | grep -qx V4
}

@test "report: a password in a variable's name is hidden" {
  printf '%s\n' 'Case: a' 'User: alice' 'Password: wonder' 'Expect-No-Variables: *' >cases
  for format in tap junit jsonl cases; do
    run timeout 60 "$auth_test" -v --no-probes --verdict all --format "$format" cases -- "$authorizer" name 3>&-
    [ "$status" -eq 1 ]
    [ "$(grep -v '^Password: ' <<<"$output" | grep -c wonder)" -eq 0 ] || { echo "$output"; return 1; }
  done
}

@test "report: no secret without --show-secrets" {
  cat >cases <<'END'
Case: a
User: alice
Password-File: pw
Headers:
 Cookie: session=qwertz
 X-Api-Key: k-e-y
END
  echo wonder >pw
  for format in tap junit jsonl cases table; do
    run reports "$format" -v cases -- "$authorizer" leak
    [ -s out ]
    run ! grep -q wonder out err
    [ "$format" = cases ] || run ! grep -q 'qwertz\|k-e-y' out err
  done
  run reports jsonl --show-secrets cases -- "$authorizer" leak
  grep -q wonder out
}
