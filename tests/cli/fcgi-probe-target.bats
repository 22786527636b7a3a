# fcgi-probe: what it sees of one target, of many, and of those that misbehave.
# shellcheck disable=SC2154 # what run sets is used
bats_require_minimum_version 1.5.0

load helper

fcgi_probe=$FCGI_BUILD/fcgi-probe/fcgi-probe

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# A guard against hanging, not a measure of speed.
probe() {
  timeout 60 "$fcgi_probe" "$@"
}

# says STATUS STATE CAUSE ARG...: the exit status, and how the one line of $output begins.  Who is
# well has no cause: ok.
says() {
  local status_expected=$1 state=$2 cause=$3
  shift 3
  run "-$status_expected" probe "$@"
  printf '%s\n' "$output"
  [ "${#lines[@]}" -eq 1 ]
  [ "$cause" != ok ] && cause+=: || cause=
  [[ $output == "FCGI $state ${!#} - $cause"* ]]
}

# traced CALLS ARG...: fcgi-probe; the system calls of these names are in the file trace.
traced() {
  local calls=$1
  shift
  # Looking for leaks does not go with being traced.
  ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -f -o trace -e "trace=$calls" "$fcgi_probe" "$@"
}

# The file descriptors of a process that are sockets.
count_sockets() {
  local fd count=0
  for fd in /proc/"$1"/fd/*; do
    [[ $(readlink "$fd") == socket:* ]] && ((++count))
  done
  echo "$count"
}

has_sockets() {
  [ "$(count_sockets "$1")" -eq "$2" ]
}

# --- faults ---------------------------------------------------------------------------------------

# What each of fcgi-echo's faults is to a prober: fault, exit status, state, cause.
verdicts='
refuse 2 CRITICAL closed
no-accept 2 CRITICAL busy
silent 2 CRITICAL no-answer
slow 2 CRITICAL no-answer
drip 0 OK ok
split-header 0 OK ok
bad-version 2 CRITICAL protocol
bad-id 2 CRITICAL closed
unknown-type 0 OK ok
short-end 2 CRITICAL protocol
no-end 1 WARNING truncated
end-first 2 CRITICAL empty
twice 0 OK ok
half 2 CRITICAL protocol
half-header 2 CRITICAL protocol
rst 2 CRITICAL closed
overloaded 2 CRITICAL overloaded
cant-mpx 2 CRITICAL cant-mpx
unknown-role 2 CRITICAL unknown-role
late-overloaded 2 CRITICAL overloaded
app-status 0 OK ok
pad-255 0 OK ok
no-header 2 CRITICAL no-header
open-header 2 CRITICAL no-header
empty 2 CRITICAL empty
stderr-only 2 CRITICAL empty
garbage 2 CRITICAL protocol
speaks-http 2 CRITICAL protocol
endless 0 OK ok
keep-open 0 OK ok
early-reply 0 OK ok
close-on-keepalive 0 OK ok
no-multiplex 0 OK ok
sticky-status 0 OK ok
'

@test "every fault of fcgi-echo gets its state, its cause and its exit status" {
  local fault status_expected state cause timeout
  while read -r fault _; do
    grep -q "^$fault " <<<"$verdicts" || { echo "no verdict about $fault"; return 1; }
  done < <("$fcgi_echo" --list-faults)
  while read -r fault status_expected state cause; do
    [ -n "$fault" ] || continue
    # Those that are left to the time-out need not take long.
    case $fault in
    no-accept) timeout=300ms ;;
    silent | slow) timeout=1s ;;
    *) timeout=50s ;;
    esac
    for listen in "./$fault.sock" 127.0.0.1:0; do
      start_echo -l "$listen" --fault="$fault"
      says "$status_expected" "$state" "$cause" -t "$timeout" "$ECHO_ADDR"
      stop_echo || stop_all
    done
  done <<<"$verdicts"
}

@test "an answer that comes in time is one, however slow it is" {
  start_echo --fault=slow
  says 0 OK ok -t 50s "$ECHO_ADDR"
}

@test "who speaks HTTP is told to be the web server" {
  start_echo --fault=speaks-http
  says 2 CRITICAL protocol "$ECHO_ADDR"
  [[ $output == *HTTP*'web server'* ]]
}

@test "bytes that drip for ever do not move the end" {
  start_echo --fault=drip
  says 2 CRITICAL slow -t 500ms --url /bytes/1G "$ECHO_ADDR"
}

@test "a body without end is read for 64 KiB, and no more" {
  start_echo --fault=endless
  says 0 OK ok -t 50s "$ECHO_ADDR"
  # What a header block and one receive buffer add.
  [[ $output =~ size=([0-9]+)B ]]
  [ "${BASH_REMATCH[1]}" -gt 65536 ]
  [ "${BASH_REMATCH[1]}" -lt 110000 ]
}

@test "--fpm-status reads no further where the status page cannot be" {
  start_echo --fault=endless
  says 3 UNKNOWN http-404 -t 50s --fpm-status "$ECHO_ADDR"
  says 3 UNKNOWN no-status -t 50s --fpm-status --status-path /bytes/10G "$ECHO_ADDR"
  [[ $output =~ size=([0-9]+)B ]]
  [ "${BASH_REMATCH[1]}" -lt 110000 ]
}

# --- not connected --------------------------------------------------------------------------------

@test "a socket that is missing, left behind or not a socket" {
  says 2 CRITICAL missing ./none.sock
  start_echo -l ./left.sock
  kill -KILL "$ECHO_PID"
  wait_for is_gone "$ECHO_PID"
  says 2 CRITICAL refused ./left.sock
  touch file
  says 2 CRITICAL refused ./file
}

@test "a host without a port is taken for a file, and the line says so" {
  says 2 CRITICAL missing 127.0.0.1
  [[ $output == *'there is no such socket; a port would be 127.0.0.1:PORT |'* ]]
  says 2 CRITICAL missing ./127.0.0.1
  [[ $output == *'there is no such socket |'* ]]
}

@test "a port where nobody listens" {
  start_echo -l 127.0.0.1:0
  stop_echo || :
  says 2 CRITICAL refused "$ECHO_ADDR"
}

@test "a socket that we may not use: whose it is, and who we are" {
  [ "$(id -u)" -ne 0 ] || skip 'root may use all'
  start_echo -l ./app.sock -M 0000
  says 3 UNKNOWN denied ./app.sock
  [[ $output == *"0000, we are uid $(id -u)"* ]]
}

# hold_place ADDR: a client that has connected, and stays until release.
hold_place() {
  local line
  mkfifo hold
  coproc HOLD { exec "$FCGI_BUILD/tests/cli/wire" "$1" 'say connected' 'hold hold' 3>&-; }
  hold_pid=$HOLD_PID
  read -r -t 60 line <&"${HOLD[0]}"
  [ "$line" = connected ]
}

release() {
  kill "$hold_pid"
  wait "$hold_pid" || :
  rm hold
}

@test "a full queue is told at once, with its figures" {
  start_echo -l ./app.sock -b 0 --fault=no-accept
  # One more than the limit fits in.
  hold_place ./app.sock
  # The time-out would be longer than the guard.
  says 2 CRITICAL queue-full -t 1h ./app.sock
  [[ $output == *'1 of 0 waiting'* ]]
  release
}

@test "a full queue of TCP does not answer, and is told when time is up" {
  start_echo -l 127.0.0.1:0 -b 0 --fault=no-accept
  hold_place "$ECHO_ADDR"
  says 2 CRITICAL queue-full -t 300ms "$ECHO_ADDR"
  [[ $output == *'1 of 0 waiting'* ]]
  release
}

# --- nobody answers -------------------------------------------------------------------------------

# Neither is there an answer, nor does it accept.
@test "busy is told from no-answer by the queue" {
  local listen
  for listen in ./app.sock 127.0.0.1:0 '[::1]:0'; do
    start_echo -l "$listen" -b 12 || { [ "$listen" = '[::1]:0' ] && continue; }
    says 0 OK ok "$ECHO_ADDR"
    kill -STOP "$ECHO_PID"
    wait_for is_stopped "$ECHO_PID"
    says 2 CRITICAL busy -t 300ms "$ECHO_ADDR"
    [[ $output == *'1 of 12 waiting'* ]]
    # Those that have left wait on, and are told.
    says 2 CRITICAL busy -t 300ms "$ECHO_ADDR"
    [[ $output == *'2 of 12 waiting'* ]]
    # Nobody is asked, and the queue does not grow.
    says 0 OK ok --queue "$ECHO_ADDR"
    [[ $output == *'2 of 12 waiting'* ]]
    says 0 OK ok --queue "$ECHO_ADDR"
    [[ $output == *'2 of 12 waiting'* ]]
    kill -CONT "$ECHO_PID"
    says 0 OK ok "$ECHO_ADDR"
    stop_echo || stop_all
    # Accepted, and then nothing.
    start_echo -l "$listen" --fault=silent
    says 2 CRITICAL no-answer -t 2s "$ECHO_ADDR"
    [[ $output == *accepted* ]]
    stop_echo || stop_all
  done
}

@test "--busy decides what a busy application is, --liveness that it is alive" {
  start_echo
  kill -STOP "$ECHO_PID"
  wait_for is_stopped "$ECHO_PID"
  says 1 WARNING busy -t 300ms --busy warn "$ECHO_ADDR"
  says 0 OK busy -t 300ms --liveness "$ECHO_ADDR"
  says 1 CRITICAL busy -t 300ms --readiness "$ECHO_ADDR"
}

# --- the queue ------------------------------------------------------------------------------------

@test "--queue of a listener in another network namespace is not known" {
  command -v unshare >/dev/null && unshare -rn true 2>/dev/null || skip 'unshare is not possible'
  start_echo -l ./app.sock
  run -3 timeout 60 unshare -rn "$fcgi_probe" --queue ./app.sock
  [[ $output == 'FCGI UNKNOWN ./app.sock - elsewhere'*namespace* ]]
  # The socket's file is enough for a request.
  run -0 timeout 60 unshare -rn "$fcgi_probe" ./app.sock
}

@test "--queue of nobody: missing, and not here" {
  says 2 CRITICAL missing --queue ./none.sock
  start_echo -l 127.0.0.1:0
  stop_echo || :
  says 3 UNKNOWN elsewhere --queue "$ECHO_ADDR"
}

# --- other questions ------------------------------------------------------------------------------

@test "--values" {
  start_echo --max-conns 12 --max-reqs 34
  run -0 probe --values --format json "$ECHO_ADDR"
  [[ $output == *'"FCGI_MAX_CONNS":"12","FCGI_MAX_REQS":"34","FCGI_MPXS_CONNS":"1"'* ]]
}

@test "--connect-only connects, and waits for nothing" {
  start_echo --fault=silent
  says 0 OK ok --connect-only "$ECHO_ADDR"
}

@test "a descriptor that is connected already" {
  start_echo -l 127.0.0.1:0
  exec 7<>"/dev/tcp/${ECHO_ADDR/://}"
  says 0 OK ok fd:7
  exec 7>&-
  says 3 UNKNOWN internal fd:7
}

@test "a descriptor is asked once, whatever is to be tried again" {
  local again
  start_echo -l 127.0.0.1:0 --fault=refuse
  for again in --retries=3 --wait; do
    exec 7<>"/dev/tcp/${ECHO_ADDR/://}"
    says 2 CRITICAL closed "$again" fd:7
    exec 7>&-
  done
}

@test "--queue of a descriptor that does not listen says so" {
  says 3 UNKNOWN internal --queue fd:0 </dev/null
  [[ $output == *'on non-socket'* ]]
  start_echo -l 127.0.0.1:0
  exec 7<>"/dev/tcp/${ECHO_ADDR/://}"
  says 3 UNKNOWN internal --queue fd:7
  exec 7>&-
  [[ $output == *'Invalid argument'* ]]
}

@test "nothing is left half open" {
  local fault before
  for fault in silent slow endless keep-open no-end; do
    start_echo --fault="$fault"
    before=$(count_sockets "$ECHO_PID")
    run probe -t 200ms "$ECHO_ADDR"
    wait_for has_sockets "$ECHO_PID" "$before"
    stop_echo || stop_all
  done
}

@test "the request has the variables that everybody bears, and no others" {
  local expected header=$'Content-Type: text/plain; charset=utf-8\r\n\r\n'
  start_echo
  printf -v expected '%s\n' REQUEST_METHOD=GET QUERY_STRING= SERVER_PROTOCOL=HTTP/1.1 \
    GATEWAY_INTERFACE=CGI/1.1 "SERVER_SOFTWARE=fcgi-utils/$("$fcgi_probe" -V | sed 's/.* //')" \
    SERVER_NAME=localhost SERVER_PORT=80 SERVER_ADDR=127.0.0.1 REMOTE_ADDR=127.0.0.1 REMOTE_PORT=0 \
    HTTP_HOST=localhost DOCUMENT_ROOT=/ PATH_INFO= REDIRECT_STATUS=200 CONTENT_LENGTH=0 \
    SCRIPT_NAME=/env SCRIPT_FILENAME=/ REQUEST_URI=/
  SECRET=1 says 0 OK ok -e SCRIPT_NAME=/env --expect-body "$expected" "$ECHO_ADDR"
  [[ $output == *" size=$((${#header} + ${#expected}))B;"* ]]
  # The page of a ping in all three, and the status page's query.
  printf -v expected '%s\n' SCRIPT_NAME=/env SCRIPT_FILENAME=/env REQUEST_URI=/env
  says 0 OK ok --ping --ping-path /env --expect-body "$expected" "$ECHO_ADDR"
}

@test "a check is one write, and closed without a half-close" {
  command -v strace >/dev/null || skip 'strace is missing'
  not_under_valgrind 'the system calls would be its own'
  start_echo
  run -0 traced sendto,sendmsg,shutdown "$ECHO_ADDR"
  [ "$(grep -c send trace)" -eq 1 ]
  run -1 grep shutdown trace
}

# How many system calls a program makes, in $calls.
count_calls() {
  strace -f -qq -o trace "$@" >/dev/null
  calls=$(wc -l <trace)
}

@test "a check takes 15 system calls at most, beside those of any program" {
  command -v strace >/dev/null || skip 'strace is missing'
  not_under_valgrind 'the system calls would be its own'
  ! grep -q __asan_init "$fcgi_probe" || skip 'the sanitizer makes some of its own'
  local base listen
  count_calls "$FCGI_BUILD/bench/probe-empty"
  base=$calls
  for listen in ./app.sock 127.0.0.1:0; do
    start_echo -l "$listen"
    count_calls "$fcgi_probe" "$ECHO_ADDR"
    cat trace
    [ $((calls - base)) -le 15 ]
    count_calls "$fcgi_probe" --queue "$ECHO_ADDR"
    [ $((calls - base)) -le 15 ]
  done
}

@test "a thousand checks do not disturb an application that bears nothing unusual" {
  not_under_valgrind 'a thousand programs take too long'
  local i
  coproc STRICT { exec "$FCGI_BUILD/tests/cli/strict" ./strict.sock 2>strict.err 3>&-; }
  read -r -t 60 i <&"${STRICT[0]}"
  for ((i = 0; i < 999; i++)); do
    "$fcgi_probe" ./strict.sock >answer || { cat answer strict.err; return 1; }
  done
  says 0 OK ok --expect-body 'served 1000.' ./strict.sock
  # It does bear nothing: neither of these is for everybody, as their page says.
  run probe --connect-only ./strict.sock
  wait_for is_gone "$STRICT_PID"
  grep -q 'a connection without a request' strict.err
}

# --- many -----------------------------------------------------------------------------------------

@test "200 targets, most of which do not answer, end within one time-out" {
  not_under_valgrind 'it could not answer as many in time'
  local i targets=() before after
  start_echo -l ./good.sock
  start_echo -l ./silent.sock --fault=silent
  start_echo -l ./drip.sock --fault=drip
  for ((i = 0; i < 200; i++)); do
    case $((i % 3)) in
    0) ln good.sock "$i.sock" ;;
    1) ln silent.sock "$i.sock" ;;
    2) ln drip.sock "$i.sock" ;;
    esac
    targets+=("./$i.sock")
  done
  before=$(date +%s)
  run -2 probe -t 2s --url /bytes/1G --format json "${targets[@]}"
  after=$(date +%s)
  # One after the other they would take 400 seconds; ten times the time-out is the guard.
  [ $((after - before)) -le 20 ]
  [ "$(grep -o '"target"' <<<"$output" | wc -l)" -eq 200 ]
  [ "$(grep -o '"cause":"no-answer"' <<<"$output" | wc -l)" -eq 67 ]
  [ "$(grep -o '"cause":"slow"' <<<"$output" | wc -l)" -eq 66 ]
  [ "$(grep -o '"state":"OK"' <<<"$output" | wc -l)" -eq 67 ]
}

@test "more targets than files may be open go in turns" {
  not_under_valgrind 'it needs files of its own'
  local i targets=()
  start_echo -l ./good.sock
  for ((i = 0; i < 300; i++)); do
    ln good.sock "$i.sock"
    targets+=("./$i.sock")
  done
  # The soft limit is raised as far as the hard one permits.
  (ulimit -Sn 40 && probe -t 50s --format json "${targets[@]}") >raised
  [ "$(grep -o '"state":"OK"' raised | wc -l)" -eq 300 ]
  (ulimit -n 40 && probe -t 50s --format json "${targets[@]}") >turns
  [ "$(grep -o '"state":"OK"' turns | wc -l)" -eq 300 ]
}

# --- again ----------------------------------------------------------------------------------------

@test "--retries: who refuses at first is asked again, within the time-out" {
  start_echo -l ./app.sock --fault=overloaded
  says 2 CRITICAL overloaded --retries 2 ./app.sock
  command -v strace >/dev/null || skip 'strace is missing'
  not_under_valgrind 'the system calls would be its own'
  run -2 traced connect --retries 2 ./app.sock
  [ "$(grep -c app.sock trace)" -eq 3 ]
  run -2 traced connect ./app.sock
  [ "$(grep -c app.sock trace)" -eq 1 ]
  # What would be the same again is not tried again.
  stop_echo
  start_echo -l ./http.sock --fault=speaks-http
  run -2 traced connect --retries 2 ./http.sock
  [ "$(grep -c http.sock trace)" -eq 1 ]
}

@test "--wait: a socket that is not there yet" {
  probe --wait ./app.sock >answer 3>&- &
  local waiting=$!
  probe ./app.sock >/dev/null || :
  is_gone "$waiting" && return 1
  start_echo -l ./app.sock
  wait "$waiting"
  grep -q '^FCGI OK ./app.sock' answer
}

@test "--wait: all have to be there, and one that refuses is not" {
  start_echo -l ./one.sock
  start_echo -l ./two.sock
  kill -KILL "$ECHO_PID"
  wait_for is_gone "$ECHO_PID"
  run -2 probe --wait-timeout 300ms ./one.sock ./two.sock
  [[ $output == *'two.sock - refused: nobody listens there; gave up after 0.3 s'* ]]
  rm two.sock
  probe --wait-timeout 50s ./one.sock ./two.sock >answer 3>&- &
  local waiting=$!
  start_echo -l ./two.sock
  wait "$waiting"
}

@test "--wait: who speaks something else is not waited for" {
  start_echo --fault=speaks-http
  says 2 CRITICAL protocol --wait "$ECHO_ADDR"
}

@test "-d - is sent to every target, though standard input can be read but once" {
  start_echo
  for how in '' --url=/sha256; do
    # shellcheck disable=SC2086 # an option or none
    run -0 "$fcgi_probe" -d - -e SCRIPT_NAME=/sha256 $how \
      --expect-body "$(printf body | sha256sum | cut -d' ' -f1)" "$ECHO_ADDR" "$ECHO_ADDR" \
      < <(printf body)
  done
}
