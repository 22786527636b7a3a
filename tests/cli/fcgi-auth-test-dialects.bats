#!/usr/bin/env bats
# fcgi-auth-test: the dialects as seen from outside, and fcgi-echo as the authorizer of each.

bats_require_minimum_version 1.5.0
load helper

fcgi_auth_test=$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test
dialects=$FCGI_SOURCE/fcgi-auth-test/dialects

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  # Of "wonder".
  # shellcheck disable=SC2016
  echo 'alice:$2b$04$fcgiechofcgiechofcgieuCUiNmzH58M5a2PtIpBRuRXQIZfPAsk2' >users
  printf wonder >right
  printf wonderland >wrong
}

teardown() {
  stop_all
}

# ask OPTION...: one question and nothing else.
ask() {
  timeout 60 "$fcgi_auth_test" --no-probes "$@" -r 'GET /secret?x=1' "$ECHO_ADDR"
}

@test "each file of dialects/ is a dialect that is listed with its phases" {
  "$fcgi_auth_test" --list-dialects >list
  [ "$(wc -l <list)" -eq "$(printf '%s\n' "$dialects"/*.dialect | wc -l)" ]
  for file in "$dialects"/*.dialect; do
    name=${file##*/}
    name=${name%.dialect}
    phases=$(sed -n 's/^phases: //p' "$file")
    [ "$(sed -n "s/^$name  *//p" list | tr -d ,)" = "$phases" ]
  done
}

@test "a file is the same as the dialect that is made of it" {
  start_echo --show-secrets --log-env log
  for file in "$dialects"/*.dialect; do
    name=${file##*/}
    for phase in $(sed -n 's/^phases: //p' "$file"); do
      : >log
      for dialect in "${name%.dialect}" "$file"; do
        run -1 ask -D "$dialect" -p "$phase" -u alice --password-file right
      done
      [ "$(wc -l <log)" -eq 2 ]
      [ "$(uniq log | wc -l)" -eq 1 ]
    done
  done
}

@test "a dialect of one's own: records, role, phases" {
  start_echo --users users
  cat >own.dialect <<'END'
phases: check authnz	# the first is meant when none is named
server: lighttpd
role: authorizer
stdin: none
records: whole 32
padding: yes
REQUEST_METHOD <- method
REQUEST_URI <- request-uri
REMOTE_USER <- apache-user
[check] REMOTE_PASSWD <- apache-password
[authnz] HTTP_* <- headers
END
  run -0 --separate-stderr ask -D ./own.dialect -u alice --password-file right -v
  [[ $stderr == *'BEGIN_REQUEST id=1 '*'role=AUTHORIZER'* ]]
  [ "$(grep -c '^> PARAMS id=1 len=[1-9]' <<<"$stderr")" -eq 4 ]
  [[ $stderr != *'> STDIN '* && $stderr != *HTTP_AUTHORIZATION* ]]
  run -0 --separate-stderr ask -D ./own.dialect -p authnz -u alice --password-file right -v
  [[ $stderr == *HTTP_AUTHORIZATION* && $stderr != *REMOTE_PASSWD* ]]
  run -2 ask -D ./own.dialect -p authorizer
  [ "${#lines[@]}" -eq 1 ]
}

@test "a dialect that is wrong or not there is one line and exit 2" {
  ECHO_ADDR=127.0.0.1:1
  printf 'phases: authnz\nrole: filter\n' >wrong.dialect
  run -2 ask -D ./wrong.dialect
  [ "$output" = "fcgi-auth-test: -D: ./wrong.dialect:2: it is 'authorizer' or 'responder'" ]
  printf 'phases: authnz\nA <- fog\n' >wrong.dialect
  run -2 ask -D ./wrong.dialect
  [ "$output" = "fcgi-auth-test: -D: ./wrong.dialect:2: there is no source 'fog'" ]
  run -2 ask -D ./none.dialect
  [ "$output" = 'fcgi-auth-test: -D: ./none.dialect: No such file or directory' ]
  run -2 ask -D iis
  [[ $output == "fcgi-auth-test: -D: there is no dialect 'iis'; there are: spec "* ]]
  [ "${#lines[@]}" -eq 1 ]
}

# What httpd's authorizers are asked has no password, and so no wrong one.
@test "fcgi-echo lets in the right user in every dialect, and nobody else" {
  start_echo --users users
  for phase in authenticator authnz check; do
    ask -D all -p "$phase" -u alice --password-file right
    for identity in '-u alice --password-file wrong' '-u mallory --password-file right' ''; do
      # shellcheck disable=SC2086 # words
      run -1 ask -D all -p "$phase" $identity
      [[ $output != *allow* ]]
    done
  done
  ask -D all -p authorizer -u alice --password-file right
  run -1 ask -D all -p authorizer -u mallory --password-file right
  [[ $output != *allow* ]]
  run -1 ask -D all -p access-checker
  [[ $output != *allow* ]]
  for dialect in spec lighttpd nginx-auth-request-llng; do
    ask -D "$dialect" -p access-checker -u alice --password-file right
    run -1 ask -D "$dialect" -p authorizer -u alice --password-file wrong
  done
}

@test "with all, each case is asked in the dialects that know its phase" {
  start_echo --users users
  ask -D all -p authnz -u alice --password-file right >out
  grep -o '^[^ ]*:' out | tr -d : >asked
  "$fcgi_auth_test" --list-dialects | grep -w authnz | sed 's/ .*//' | diff - asked
}
