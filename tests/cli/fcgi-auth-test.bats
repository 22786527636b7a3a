# fcgi-auth-test: questions from the command line, exit statuses, the authorizer that it starts.
bats_require_minimum_version 1.5.0

load helper

auth_test=$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test
authorizer=$FCGI_BUILD/tests/cli/authorizer

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  echo wonder >pw
  echo wonderland >wrong
}

teardown() {
  stop_all
}

# asks OPTION...: a question of alice's, as it is run; what it says is in the files out and err.
asks() {
  timeout 60 "$auth_test" "$@" >out 2>err 3>&-
}

alice=(-u alice --password-file pw -r 'GET /secret')

@test "fcgi-auth-test: allow is 0 and deny is 1" {
  asks "${alice[@]}" -- "$authorizer"
  [ "$(cat out)" = 'allow
  AUTHN_1=authn_01' ]
  [ ! -s err ]
  run -1 asks -u alice --password-file wrong -r 'GET /secret' -- "$authorizer"
  [ "$(cat out)" = 'deny 401' ]
  run -1 asks -u mallory --password-file pw -r /secret -- "$authorizer"
  run -1 asks -r /secret -- "$authorizer"
}

@test "fcgi-auth-test: what is wrong with an answer goes to stderr and does not change who is let in" {
  asks "${alice[@]}" -- "$authorizer" none
  [[ $(head -n 1 out) == allow* ]]
  grep -q '^fcgi-auth-test: R1 failure: ' err
}

@test "fcgi-auth-test: the password by descriptor, and none where none is sent" {
  asks -u alice --password-fd 4 -r / -- "$authorizer" 4<pw
  # No terminal, and no question: this phase sends no password.
  run -1 asks -u alice -p authorizer -r / -- "$authorizer" </dev/null
  run -2 setsid -w timeout 60 "$auth_test" -u alice -r / -- "$authorizer" </dev/null
  [[ $output == *'no terminal to ask at'* ]]
  run -2 asks -u alice:wonder -r / -- "$authorizer"
  grep -q 'no password on the command line' err
}

@test "fcgi-auth-test: -X, -H, --header-file, -e and -U change what is sent" {
  start_echo --log-env log
  printf '# a comment\nCookie: session=0123\nX-Two;\n' >headers
  run asks -D spec -r '/a?b=c' -X DELETE -H 'X-One: 1' --header-file headers -e EXTRA=more -U REMOTE_PORT \
    "$ECHO_ADDR"
  grep -q 'REQUEST_METHOD.*DELETE' log
  grep -q HTTP_X_ONE log
  grep -q HTTP_X_TWO log
  grep -q 'EXTRA.*more' log
  run -1 grep -q REMOTE_PORT log
  # A cookie is a secret to fcgi-echo, too.
  grep -q HTTP_COOKIE log
}

@test "fcgi-auth-test: nobody there is 3" {
  run -3 asks "${alice[@]}" ./nobody.sock
  grep -q '^fcgi-auth-test: ./nobody.sock: No such file or directory' err
  [ ! -s out ]
  run -3 asks "${alice[@]}" -- ./nobody
  grep -q '^fcgi-auth-test: ./nobody: ' err
}

@test "fcgi-auth-test: a broken protocol is 4, and says how it is broken" {
  start_echo --fault speaks-http
  run -4 asks "${alice[@]}" "$ECHO_ADDR"
  grep -q 'speaks HTTP, not FastCGI' err
  stop_echo
  start_echo --fault no-end
  run -4 asks "${alice[@]}" "$ECHO_ADDR"
  grep -q 'closed before END_REQUEST' err
}

@test "fcgi-auth-test: time that runs out is 5" {
  start_echo --fault silent
  run -5 asks --timeout 300ms "${alice[@]}" "$ECHO_ADDR"
  grep -q 'no answer within 300ms' err
  grep -q 'T1 failure' err
}

@test "fcgi-auth-test: an authorizer that waits for STDIN is told so, with the servers it hangs under" {
  run -5 asks --timeout 300ms "${alice[@]}" -- "$authorizer" stdin
  grep -q 'A1 failure: .*hangs under mod_authnz_fcgi and mod_fcgid, and under lighttpd where' err
  # With the record that the dialect sends it answers.
  asks -D mod_fastcgi --timeout 10s "${alice[@]}" -- "$authorizer" stdin
}

@test "fcgi-auth-test: the verdicts of the servers differ" {
  asks --verdict all "${alice[@]}" -- "$authorizer" none
  grep -q '^  spec: ' out
  grep -q '^  mod_fastcgi-compat: allow$' out
  start_echo --fault empty
  run -1 asks --verdict lighttpd,mod_authnz_fcgi "${alice[@]}" "$ECHO_ADDR"
  grep -q '^  lighttpd: allow' out
  grep -q '^  mod_authnz_fcgi: error 500' out
  run ! grep -q '^  spec: ' out
}

@test "fcgi-auth-test: --authoritative=off asks the next module" {
  run -1 asks --authoritative=off -p check -u alice --password-file wrong -r / -- "$authorizer"
  grep -q '^next' out
}

@test "fcgi-auth-test: of several dialects with verdicts one can tell which is which" {
  asks -D all -p authenticator --verdict all "${alice[@]}" -- "$authorizer"
  [ "$(grep -c '^mod_fcgid: ' out)" -eq 1 ]
  [ "$(grep -c '^  mod_fcgid: ' out)" -eq 4 ]
}

@test "fcgi-auth-test: -D all asks in every dialect that knows the phase" {
  asks -D all -p authenticator "${alice[@]}" -- "$authorizer"
  [ "$(sed 's/:.*//' out | grep -v '^ ')" = 'mod_authnz_fcgi
mod_fcgid
mod_fastcgi
mod_fastcgi-compat' ]
  "$auth_test" --list-dialects >dialects
  [ "$(wc -l <dialects)" -ge 9 ]
  grep -q '^mod_authnz_fcgi authenticator ' dialects
}

@test "fcgi-auth-test: -v shows the records, and hides what is secret unless asked" {
  asks -v "${alice[@]}" -- "$authorizer"
  grep -q '^> BEGIN_REQUEST id=1 .*role=AUTHORIZER' err
  grep -q '^>   REMOTE_PASSWD=\*\*\*$' err
  grep -q '^\* STDOUT: Status: 200 OK$' err
  run ! grep -q wonder out err
  asks -v --show-secrets "${alice[@]}" -- "$authorizer"
  grep -q '^>   REMOTE_PASSWD=wonder$' err
}

@test "fcgi-auth-test: a password that comes back is hidden in all that is told" {
  for format in text tap junit jsonl table; do
    run asks -v --format "$format" "${alice[@]}" -- "$authorizer" leak
    # The authorizer's own stderr is not among it: it sends the password as STDERR of FastCGI.
    run ! grep -q wonder out err
  done
  run asks "${alice[@]}" -- "$authorizer" leak
  grep -q 'V4 failure' err
  grep -q 'S1 failure' err
}

@test "fcgi-auth-test: the authorizer that it starts is stopped, and its socket removed" {
  mkdir tmp
  cat >run.sh <<'END'
#!/bin/sh
echo $$ >pid
sleep 1000 &
echo $! >child
exec "$1"
END
  chmod +x run.sh
  TMPDIR=$PWD/tmp asks "${alice[@]}" -- ./run.sh "$authorizer"
  wait_for is_gone "$(cat pid)"
  wait_for is_gone "$(cat child)"
  [ -z "$(ls -A tmp)" ]
}

@test "fcgi-auth-test: one that dies is told of" {
  run -3 asks --timeout 10s "${alice[@]}" -- sh -c 'kill -s KILL $$'
  grep -q 'ended by signal 9' err
  run -3 asks --timeout 10s "${alice[@]}" -- sh -c 'exit 7'
  grep -q 'ended with status 7' err
}

@test "fcgi-auth-test: interrupted it stops what it has started" {
  mkdir tmp
  TMPDIR=$PWD/tmp "$auth_test" "${alice[@]}" -- sh -c 'echo $$ >pid; exec sleep 1000' 2>err 3>&- &
  pid=$!
  wait_for test -s pid
  kill -s TERM "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 130 ]
  wait_for is_gone "$(cat pid)"
  [ -z "$(ls -A tmp)" ]
  [ "$(cat err)" = 'fcgi-auth-test: interrupted' ]
}

@test "fcgi-auth-test: a wrong command line is 2, with one reason" {
  wrong() {
    local reason=$1
    shift
    run -2 asks "$@"
    grep -q -- "$reason" err || { cat err; return 1; }
    [ ! -s out ]
  }
  wrong 'no authorizer'
  wrong 'nothing to ask' :1
  wrong 'no command follows' -r / --
  wrong "no dialect 'apache'" -D apache -r / :1
  wrong 'not a phase' -p login -r / :1
  wrong 'mod_fcgid has no phase check' -D mod_fcgid -p check -r / :1
  wrong 'not a request' -r 'GET secret' :1
  wrong 'not a header' -r / -H novalue :1
  wrong 'no such check' -r / -W R99 :1
  wrong 'no such check' -r / --ignore A0 :1
  wrong 'no such server' -r / --verdict apache :1
  wrong 'not one of' -r / --authoritative maybe :1
  wrong 'not one of' -r / --format xml :1
  wrong 'can be evaluated' -r / --user-expr '%{HTTP_HOST' :1
  wrong 'not the name of a header' -r / --trusted-header 'A: b' :1
  wrong 'asked but once' -r / fd:4
  wrong 'but no user' -r / --password-file pw :1
  wrong 'number is' -r / --jobs 0 :1
  wrong 'longer than nothing' -r / --timeout 0 :1
  wrong 'goes with case files' -r / --tags a :1
  echo 'Case: a' >cases
  wrong 'for one question' --format text :1 cases
  wrong 'nofile: No such file' :1 nofile
  wrong 'headers: No such file' -r / --header-file headers :1
}

@test "fcgi-auth-test: --list-checks tells each check with its severity" {
  "$auth_test" --list-checks >checks
  grep -q '^A1   failure  ' checks
  grep -q '^R8   warning  ' checks
  grep -q '^S1   failure  ' checks
  [ "$(cut -c 1-4 checks | sort | uniq -d)" = '' ]
}

@test "fcgi-auth-test: a report that cannot be written is an error" {
  run -2 asks "${alice[@]}" -o /nowhere/report -- "$authorizer"
  grep -q -- '-o /nowhere/report: ' err
  [ -w /dev/full ] || skip '/dev/full is missing'
  run -2 bash -c "timeout 60 '$auth_test' -u alice --password-file pw -r / -- '$authorizer' >/dev/full 3>&-"
}
