# cgi-fcgi: what a failure at the end is, and what is said of it: once, by its name.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  start_echo
}

teardown() {
  stop_all
}

# on_full OPTION...: with a standard output that takes nothing.
on_full() {
  [ -w /dev/full ] || skip 'there is no /dev/full'
  run --separate-stderr bash -c 'exec timeout 60 env -i "$@" </dev/null >/dev/full' bash \
    "$cgi_fcgi" "$@"
}

@test "a full standard output is 28, whatever was to be written" {
  printf '\1\6\0\1\0\5\3\0hello\0\0\0\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0' >answer
  "$cgi_fcgi" --encode --url / >request
  on_full -n --url /
  [ "$status" -eq 28 ]
  for options in '-n --url /' '--encode --url /' '--decode answer' '--decode request' \
    "--get-values -connect $ECHO_ADDR" --list-presets "--url / -connect $ECHO_ADDR" \
    "--url / --json -connect $ECHO_ADDR" "--url / -w x -connect $ECHO_ADDR" \
    "--url / --multiplex 3 -connect $ECHO_ADDR" "--url / --multiplex 3 --json -connect $ECHO_ADDR" \
    "--url / --repeat 3 --json -connect $ECHO_ADDR"; do
    # shellcheck disable=SC2086 # several words
    on_full $options
    [ "$status" -eq 28 ]
    [[ $stderr == 'cgi-fcgi: '*'standard output: No space left on device' ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
  done
}

@test "a full file of -o is told by its name" {
  [ -w /dev/full ] || skip 'there is no /dev/full'
  "$cgi_fcgi" --encode --url / >request
  for options in '-n --url /' '--encode --url /' '--decode request'; do
    # shellcheck disable=SC2086 # several words
    run -28 --separate-stderr "$cgi_fcgi" $options -o /dev/full
    [[ $stderr == 'cgi-fcgi: '*'/dev/full: No space left on device' ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
  done
}

@test "a signal while something is read that the request needs is told as any other" {
  mkfifo slow
  for options in '-d @slow' '--env-file slow' '--params0 slow' '--setenvif-file slow' '-w @slow' \
    '--as ./slow --url /'; do
    # shellcheck disable=SC2086 # several words
    "$cgi_fcgi" --clean-env $options -connect "$ECHO_ADDR" </dev/null >out 2>err 3>&- &
    # Opening it takes until it is open for reading.
    exec 7>slow
    kill -s TERM $!
    status=0
    wait $! || status=$?
    exec 7>&-
    [ "$status" -eq 143 ]
    [ "$(cat err)" = 'cgi-fcgi: interrupted: Terminated' ]
    [ ! -s out ]
  done
}

@test "--abort-after counts from the connection, not from the reading of the body" {
  { sleep 0.5; echo late; } | timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/echo -d - \
    --abort-after 300ms -o out -connect "$ECHO_ADDR"
  [[ $(cat out) == *late ]]
}

@test "--abort-after of an application that has just answered and gone is no failure" {
  for i in {1..40}; do
    timeout 60 "$cgi_fcgi" --url / --abort-after "$i"us -connect "$ECHO_ADDR" </dev/null >/dev/null
  done
}

@test "what is left alone of standard input is told once" {
  seq 10 >numbers
  for count in --repeat --multiplex; do
    run -0 --separate-stderr timeout 60 "$cgi_fcgi" --url / "$count" 3 -connect "$ECHO_ADDR" <numbers
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == *'standard input was not sent: CONTENT_LENGTH is not set (-d - sets it)' ]]
  done
  run -0 --separate-stderr timeout 60 "$cgi_fcgi" --url / --content-length 3 --timeout 50 \
    -connect "$ECHO_ADDR" <numbers
  [ "$stderr" = 'cgi-fcgi: standard input was not sent: --content-length does not ask for that (-d - does)' ]
}

@test "a body that --json cannot hold is told" {
  not_under_valgrind 'it needs more memory'
  ! grep -q asan "$cgi_fcgi" || skip 'built with a sanitizer, which needs more memory'
  start_echo --fault endless
  (
    ulimit -v 100000
    "$cgi_fcgi" --url / --json --body --timeout 50 -connect "$ECHO_ADDR" </dev/null >out 2>err
  ) || status=$?
  [ "$status" -eq 12 ]
  [ "$(cat err)" = 'cgi-fcgi: the body for --json: Cannot allocate memory' ]
}

@test "a format for -w with a NUL byte is refused, not cut" {
  printf 'a\0b' >format
  run -1 --separate-stderr "$cgi_fcgi" --url / -w @format -connect "$ECHO_ADDR"
  [ -z "$output" ]
  [ "$stderr" = 'cgi-fcgi: -w @format: there is a NUL byte in it' ]
}

@test "fd:N that is no socket is told as a failed connect" {
  run -88 --separate-stderr timeout 60 "$cgi_fcgi" --url / -connect fd:0 </dev/null
  [ "$stderr" = 'cgi-fcgi: Could not connect to fd:0: Socket operation on non-socket' ]
  # And it is not closed: what is to be told still can be.
  run -88 --separate-stderr timeout 60 "$cgi_fcgi" --url / -connect fd:2
  [ "$stderr" = 'cgi-fcgi: Could not connect to fd:2: Socket operation on non-socket' ]
}
