# How long cgi-fcgi waits, and what it does when that is over.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

ask() {
  local path=$1
  shift
  timeout 60 "$cgi_fcgi" --clean-env -e "SCRIPT_NAME=$path" -connect "$ECHO_ADDR" "$@"
}

@test "--first-byte-timeout ends what has not begun to answer, and what has not" {
  start_echo
  run -110 --separate-stderr ask /delay/20s --first-byte-timeout 300ms
  [ "$stderr" = "cgi-fcgi: $ECHO_ADDR: timed out after 300ms: no STDOUT (nothing was received)" ]
  # The first byte comes at once, the last one after the limit.
  start_echo --fault=drip
  run -0 ask /bytes/25k --first-byte-timeout 2s
  [ "${#output}" -gt 25000 ]
}

@test "--idle-timeout ends what stands still, not what is slow" {
  start_echo --fault=endless,drip
  run -110 --separate-stderr bash -c '"$@" | wc -c; exit "${PIPESTATUS[0]}"' bash \
    timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/ -connect "$ECHO_ADDR" \
    --idle-timeout 1500ms --timeout 2500ms
  [[ $stderr == *"timed out after 2.5s: no END_REQUEST ("* ]]
  start_echo
  run -110 --separate-stderr ask /delay/20s --idle-timeout 300ms
  [ "$stderr" = "cgi-fcgi: $ECHO_ADDR: timed out after 300ms: nothing moved (nothing was received)" ]
}

@test "--idle-timeout does not blame the application for a slow reader" {
  start_echo
  one=$(ask /bytes/4M | wc -c)
  # Standard output is full for longer than the limit.
  run -0 bash -c '"$@" | { sleep 3; wc -c; }; exit "${PIPESTATUS[0]}"' bash timeout 60 \
    "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/bytes/4M -connect "$ECHO_ADDR" --idle-timeout 2s
  [ "$output" -eq "$one" ]
}

@test "--idle-timeout counts what is sent too" {
  start_echo
  # A body that comes in pieces keeps the connection from being idle.
  run -0 bash -c '{ for i in 1 2 3 4 5 6 7; do echo $i; sleep 0.4; done; } | "$@"' bash timeout 60 \
    "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/sha256 -connect "$ECHO_ADDR" --stream \
    --idle-timeout 2s
  [[ $output == *" 14" ]]
}

@test "on expiry the application is told with ABORT_REQUEST" {
  start_echo
  for option in --timeout --first-byte-timeout --idle-timeout; do
    run -110 --separate-stderr ask /delay/20s "$option" 200ms -v
    [[ $stderr == *"> ABORT_REQUEST id=1 len=0 pad=0"*"timed out after 200ms"* ]]
  done
}

@test "--abort-after aborts, and that is success" {
  start_echo
  run -0 --separate-stderr ask /delay/20s --abort-after 200ms -v
  [[ $stderr == *"> STDIN id=1 len=0 pad=0 (end)"*"> ABORT_REQUEST id=1 len=0 pad=0" ]]
  run -0 --separate-stderr ask /delay/20s --abort-after 200ms
  [ -z "$output$stderr" ]
  # What is complete before is as without.
  run -3 ask /exit/3 --abort-after 20s
  # What had come until then has been passed on.
  start_echo --fault=endless
  run -0 bash -c '"$@" | wc -c; exit "${PIPESTATUS[0]}"' bash timeout 60 "$cgi_fcgi" --clean-env \
    -e SCRIPT_NAME=/ -connect "$ECHO_ADDR" --abort-after 200ms
  [ "$output" -gt 0 ]
}

@test "--abort-after also ends a wait for standard output" {
  start_echo --fault=endless
  mkfifo fifo
  exec 7<>fifo
  run -0 bash -c '"$@" >fifo' bash timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/ \
    -connect "$ECHO_ADDR" --abort-after 300ms
  exec 7>&-
}

@test "--abort-after: ABORT_REQUEST that finds no way is told" {
  start_echo --fault=no-accept
  head -c 10000000 /dev/zero >body
  run -110 --separate-stderr ask / -d @body --abort-after 300ms
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == *"after 300ms ABORT_REQUEST could not be sent: the application does not take what was sent before"* ]]
}

@test "--wait waits until somebody listens" {
  for how in none dead; do
    if [ "$how" = dead ]; then
      start_echo -l "$PWD/late.sock"
      kill -s KILL "$ECHO_PID"
      wait_for is_gone "$ECHO_PID"
      [ -S late.sock ]
    fi
    "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/ -connect "$PWD/late.sock" --wait --timeout 50s \
      >answer 2>errors </dev/null 3>&- &
    pid=$!
    sleep 0.3
    kill -0 "$pid"
    start_echo -l "$PWD/late.sock"
    wait "$pid"
    [ -s answer ]
    [ ! -s errors ]
    stop_all
    rm -f late.sock
  done
}

@test "--wait works with TCP too" {
  start_echo -l :0
  address=$ECHO_ADDR
  stop_echo || true
  "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/ -connect "$address" --wait-timeout 50s >answer 2>errors \
    </dev/null 3>&- &
  pid=$!
  start_echo -l "$address"
  wait "$pid"
  [ -s answer ]
}

@test "--wait-timeout, --connect-timeout and --timeout end the wait, whichever is first" {
  ECHO_ADDR=$PWD/none.sock
  run -110 --separate-stderr ask / --wait-timeout 200ms --timeout 20s
  [ "$stderr" = "cgi-fcgi: Could not connect to $ECHO_ADDR: timed out after 200ms: No such file or directory" ]
  run -110 --separate-stderr ask / --wait --connect-timeout 210ms
  [[ $stderr == *"timed out after 210ms: No such file or directory" ]]
  run -110 --separate-stderr ask / --wait --timeout 220ms
  [[ $stderr == *"timed out after 220ms: No such file or directory" ]]
}

@test "--wait does not wait for what will not come" {
  ECHO_ADDR=$PWD/file
  : >file
  # A file that is no socket refuses, as one does that nobody listens at.
  run -110 ask / --wait-timeout 300ms
  ECHO_ADDR=$PWD/file/sock
  run -20 --separate-stderr ask / --wait-timeout 20s
  [[ $stderr == *"Not a directory" ]]
}

@test "^C ends the wait" {
  env --default-signal=INT "$cgi_fcgi" --clean-env -connect "$PWD/none.sock" --wait 2>errors \
    </dev/null 3>&- &
  pid=$!
  wait_for grep -q . "/proc/$pid/cmdline"
  wait_for eval 'grep -q "^SigCgt:.*[2367abef]$" "/proc/$pid/status"'
  kill -s INT "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 130 ]
  [ "$(<errors)" = "cgi-fcgi: interrupted: Interrupt" ]
}
