# fcgi-auth-test: runs that end early or have little to work with, and what counts for the status.
bats_require_minimum_version 1.5.0

load helper

auth_test=$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test
authorizer=$FCGI_BUILD/tests/cli/authorizer

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  # The second is not answered for long.
  printf '%s\n' 'Defaults:' 'Dialect: nginx-auth-request' '' 'Case: a' '' 'Case: b' 'Params:' \
    ' SCRIPT_NAME=/delay/100s' ' DOCUMENT_URI=/delay/100s' '' 'Case: c' >cases
}

teardown() {
  stop_all
}

is_told() {
  grep -q "$1" out
}

# ends_with STATUS PID
ends_with() {
  local status=0
  wait "$2" || status=$?
  [ "$status" -eq "$1" ]
}

# interrupts SIGNAL OPTION...: once the first case is answered; what is said is in out and err.
interrupts() {
  local signal=$1 pid status=0
  shift
  : >log
  # Whom a shell puts into the background does not hear SIGINT.
  env --default-signal=INT "$auth_test" --timeout 40s "$@" >out 2>err 3>&- &
  pid=$!
  wait_for has_asked || { kill "$pid"; return 1; }
  kill -s "$signal" "$pid"
  wait "$pid" || status=$?
  return "$status"
}

# The second question is there: the first was answered.
has_asked() {
  [ "$(wc -l <log)" -ge "${asked:-2}" ]
}

@test "run: an interruption loses nothing that was answered" {
  start_echo --log-env log
  for signal in INT TERM HUP; do
    run -130 interrupts "$signal" "$ECHO_ADDR" cases
    [ "$(cat out)" = 'TAP version 13
1..12
ok 1 - a
Bail out! interrupted' ]
    [ "$(cat err)" = 'fcgi-auth-test: interrupted' ]
  done
  run -130 interrupts INT -o report "$ECHO_ADDR" cases
  grep -qx 'Bail out! interrupted' report
  run -130 interrupts INT --format jsonl "$ECHO_ADDR" cases
  [ "$(jq -r .name out)" = a ]
  run -130 interrupts INT --format junit "$ECHO_ADDR" cases
  grep -q '<testcase .*name="a"' out
  run ! grep -q '<testcase .*name="b"' out
}

@test "run: an interruption leaves a golden file as it was" {
  start_echo --log-env log
  echo old >golden
  run -130 interrupts INT --format cases -o golden "$ECHO_ADDR" cases
  [ "$(cat golden)" = old ]
}

@test "run: interrupted before any answer" {
  start_echo --log-env log
  sed -i '/^Case: a/,/^$/d' cases
  asked=1 run -130 interrupts INT "$ECHO_ADDR" cases
  [ "$(cat out)" = 'TAP version 13
Bail out! interrupted' ]
}

@test "run: TAP is told as the results come" {
  start_echo --log-env log
  "$auth_test" --timeout 40s "$ECHO_ADDR" cases >out 2>err 3>&- &
  pid=$!
  wait_for is_told '^ok 1 - a$'
  kill "$pid"
  ends_with 130 "$pid"
}

@test "run: who does not read on ends the run, and the authorizer that was started" {
  mkfifo report
  timeout 60 "$auth_test" cases -- "$fcgi_echo" >report 2>err 3>&- &
  pid=$!
  # Opened, and closed before anything is said.
  exec 7<report
  exec 7<&-
  ends_with 2 "$pid"
  grep -q '^fcgi-auth-test: standard output: ' err
}

# The authorizer, behind a child with a session of its own and a daemon, who do not mind TERM.
leaves_behind='behind() {
  setsid sh -c "trap : TERM; echo \$\$ >$1.new; mv $1.new $1; while :; do sleep 60; done" >own 2>&1 &
}
behind child
(behind daemon)
while [ ! -e child ] || [ ! -e daemon ]; do sleep 0.1; done
exec "$0" "$@"'

@test "run: nothing that the authorizer has started is left, in whatever session" {
  sed -i '/^Case: b/,/^$/d' cases
  timeout 60 "$auth_test" --no-probes cases -- sh -c "$leaves_behind" "$fcgi_echo" >out 2>err 3>&-
  [ ! -s err ]
  is_gone "$(cat daemon)"
  is_gone "$(cat child)"
}

@test "run: of an authorizer that has died, too, nothing is left" {
  sed -i '/^Case: b/,/^$/d' cases
  run -3 timeout 60 "$auth_test" --no-probes cases -- sh -c "$leaves_behind" false 3>&-
  [[ $output == *'sh: ended with status 1'* ]]
  is_gone "$(cat daemon)"
  is_gone "$(cat child)"
}

@test "run: children of whoever has become us are left alone" {
  sed -i '/^Case: b/,/^$/d' cases
  # shellcheck disable=SC2016 # the inner shell's
  timeout 60 sh -c 'sleep 60 & echo $! >other; exec "$@"' sh "$auth_test" --no-probes cases -- \
    "$fcgi_echo" >out 2>err 3>&-
  kill "$(cat other)"
}

@test "run: no more at a time than files may be open" {
  start_echo
  printf 'Case: %s\n\n' $(seq 60) >many
  (
    ulimit -n 16
    timeout 60 "$auth_test" --no-probes --jobs 60 "$ECHO_ADDR" many >out 2>err 3>&-
  )
  [ "$(grep -c '^ok' out)" -eq 60 ]
  [[ $(cat err) == 'fcgi-auth-test: --jobs 60: only '*' at a time, for no more files may be open (ulimit -n)' ]]
}

@test "run: a header that is there many times is told once" {
  { echo 'Status: 200'; printf 'X-A: %s\nx-b: 1\nx-a: 2\n' $(seq 30); echo; } >answer
  timeout 60 "$auth_test" -u alice -p authorizer -r / -- "$fcgi_echo" --answer answer >out 2>err 3>&-
  grep -qx 'fcgi-auth-test: R12 warning: .*X-A, x-b' err
}

@test "run: what is found counts for the status of a question with --strict or -W alone" {
  echo wonder >pw
  question=(-u alice --password-file pw -r /secret)
  timeout 60 "$auth_test" "${question[@]}" -- "$authorizer" none >out 2>err 3>&-
  grep -q ' R1 ' err
  for option in --strict -WR1; do
    run -1 --separate-stderr timeout 60 "$auth_test" "$option" "${question[@]}" -- "$authorizer" none 3>&-
    [[ $output == allow* ]]
    [[ $stderr == *"let in, and failed all the same: ${option%R1} makes what was found count"* ]]
  done
  timeout 60 "$auth_test" --strict --ignore R1 "${question[@]}" -- "$authorizer" none 3>&-
  timeout 60 "$auth_test" --strict "${question[@]}" -- "$authorizer" 3>&-
}
