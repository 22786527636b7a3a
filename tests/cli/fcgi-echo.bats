# fcgi-echo: its options, its socket, its end.
bats_require_minimum_version 1.5.0

load helper

wire=$FCGI_BUILD/tests/cli/wire
fcgistarter=$FCGI_BUILD/fcgistarter/fcgistarter

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  local pid
  if [ -s pids ]; then
    while read -r pid; do
      kill "$pid" 2>/dev/null || true
    done <pids
  fi
  stop_all
}

# works [ADDR]: a request is answered there.
works() {
  run -0 "$wire" "${1:-$ECHO_ADDR}" 'get 1 /' 'wait eof'
  [[ $output == *'it works'* ]]
}

# launch N OPTION...: N instances on ./app.sock, which they share on descriptor 0; their pids in the
# file pids.
launch() {
  local count=$1
  shift
  "$fcgistarter" -s ./app.sock -N "$count" -P "$PWD/pids" -c "$fcgi_echo" -- "$@" 3>&-
}

usage_error() {
  run -2 --separate-stderr "$fcgi_echo" "$@"
  [ "${#stderr_lines[@]}" -eq 2 ]
  [ "${stderr_lines[1]}" = "Try 'fcgi-echo --help' for more information." ]
  [ ! -e never.sock ]
}

@test "a wrong command line ends with 2 and says why" {
  usage_error -l
  usage_error -l -x
  usage_error -l ''
  usage_error -l host:70000
  usage_error -l "./$(printf 'x%.0s' {1..120})"
  usage_error -l ./never.sock operand
  usage_error -l ./never.sock -- command
  usage_error -l ./never.sock --no-such-option
  for wrong in 0 -1 x 3x 1.5 ''; do
    usage_error -l ./never.sock --max-conns "$wrong"
    usage_error -l ./never.sock --max-reqs "$wrong"
  done
  usage_error -l ./never.sock --max-conns 999999999
  [[ $stderr == *'--max-conns 999999999: '* ]]
  usage_error -l ./never.sock --backlog -1
  usage_error -l ./never.sock --mode 99
  usage_error -l ./never.sock --mode rwx
}

@test "without a socket it says how to get one" {
  run -2 --separate-stderr "$fcgi_echo" </dev/null
  [ "${stderr_lines[0]}" = 'fcgi-echo: descriptor 0 is not a listening socket: give --listen ADDR, or use a launcher' ]
  run -2 --separate-stderr "$fcgi_echo" <&-
  run -1 --separate-stderr "$fcgi_echo" -l fd:2
  [ "$stderr" = 'fcgi-echo: descriptor 2 is not a listening socket' ]
}

@test "--print-addr prints where it listens, and nothing after it" {
  for listen in :0 '*:0' 127.0.0.1:0 '[::1]:0' ./named.sock "$PWD/abs.sock" '@fcgi-echo-'"$$"; do
    start_echo -l "$listen" || { [[ $listen == '[::1]'* ]] && continue; }
    [[ $ECHO_ADDR != *:0 ]]
    works
    # Its standard output has gone with the address.
    [ "$(readlink "/proc/$ECHO_PID/fd/1")" = /dev/null ]
    stop_echo
  done
}

@test "an address that cannot be had ends with 1 and one line" {
  start_echo -l :0
  run -1 --separate-stderr "$fcgi_echo" -l "$ECHO_ADDR"
  [ "$stderr" = "fcgi-echo: $ECHO_ADDR: Address already in use" ]
  start_echo -l ./here.sock
  run -1 --separate-stderr "$fcgi_echo" -l ./here.sock
  [ "$stderr" = 'fcgi-echo: ./here.sock: Address already in use' ]
  works ./here.sock
  echo precious >file
  run -1 --separate-stderr "$fcgi_echo" -l ./file
  [ "$stderr" = 'fcgi-echo: ./file: the file is not a socket' ]
  [ "$(<file)" = precious ]
  run -1 --separate-stderr "$fcgi_echo" -l ./no/such/dir.sock
  [ "$stderr" = 'fcgi-echo: ./no/such/dir.sock: No such file or directory' ]
}

@test "--mode: of the UNIX socket, as a number or in words" {
  umask 027
  start_echo
  [ "$(stat -c %a "$ECHO_ADDR")" = 750 ]
  start_echo -M 0600
  [ "$(stat -c %a "$ECHO_ADDR")" = 600 ]
  start_echo --mode=g+w,o=rw
  [ "$(stat -c %a "$ECHO_ADDR")" = 776 ]
}

@test "--backlog: how many clients may wait" {
  start_echo -b 2 --fault=no-accept
  mkfifo hold
  local n
  for ((n = 1; n <= 3; n++)); do
    "$wire" "$ECHO_ADDR" "say connected" 'hold hold' >"waits$n" 3>&- &
    echo "$!" >>pids
    wait_for grep -q connected "waits$n"
  done
  run -1 "$wire" "$ECHO_ADDR"
}

@test "TERM, USR1 and INT: the socket's file goes, what is in flight is finished, exit 0" {
  for signal in TERM USR1 INT; do
    start_echo -l ./end.sock
    "$wire" ./end.sock 'get 1 /delay/400ms keep' 'get 2 / keep' 'wait end 2' 'say ready' 'wait end 1' \
      'wait eof' >"answer.$signal" 3>&- &
    local client=$!
    wait_for grep -q ready "answer.$signal"
    stop_echo "$signal"
    wait "$client"
    grep -q 'waited 400ms' "answer.$signal"
    [ "$(tail -n 1 "answer.$signal")" = eof ]
    [ ! -e end.sock ]
    [ ! -s "$ECHO_ERR" ]
  done
}

@test "idle connections do not hold it up" {
  start_echo
  "$wire" "$ECHO_ADDR" 'get 1 / keep' 'wait end 1' 'wait eof' >idle 3>&- &
  wait_for grep -q END_REQUEST idle
  "$wire" "$ECHO_ADDR" 'say connected' 'wait eof' >mute 3>&- &
  wait_for grep -q connected mute
  stop_echo
  wait
  [ "$(tail -n 1 idle)" = eof ]
}

@test "a request that is still coming when it is to end is answered" {
  start_echo
  mkfifo hold
  "$wire" "$ECHO_ADDR" 'get 1 / keep' 'wait end 1' 'begin 2 1 keep' 'params 2 SCRIPT_NAME=/echo' \
    'params 2' 'wait STDOUT' 'hold hold' 'stdin 2 rest' 'stdin 2' 'wait eof' >answer 3>&- &
  local client=$!
  # shellcheck disable=SC2016 # the inner shell's
  wait_for grep -q 'STDOUT 2' answer
  kill "$ECHO_PID"
  timeout 60 bash -c ': >hold'
  wait "$client"
  grep -q '^STDOUT 2 4+4 rest' answer
  wait_for is_gone "$ECHO_PID"
}

@test "clients in the queue of its own socket are served before it ends" {
  start_echo --max-conns 1 -l ./end.sock
  "$wire" ./end.sock 'get 1 /delay/300ms' 'say sent' 'wait eof' >first 3>&- &
  wait_for grep -q sent first
  kill "$ECHO_PID"
  wait_for is_gone "$ECHO_PID"
  wait
  grep -q 'waited 300ms' first
}

@test "a second signal ends it at once, with 1 and one line" {
  start_echo
  "$wire" "$ECHO_ADDR" 'get 1 /delay/1h keep' 'get 2 / keep' 'wait end 2' 'say ready' 'wait eof' \
    >answer 3>&- &
  wait_for grep -q ready answer
  kill "$ECHO_PID"
  # The first has done its work when nobody is let in any more.
  wait_for test ! -e "$ECHO_ADDR"
  local code=0
  stop_echo || code=$?
  [ "$code" -eq 1 ]
  [ "$(<"$ECHO_ERR")" = 'fcgi-echo: stopped by a second signal: 1 requests cut short' ]
}

@test "FCGI_WEB_SERVER_ADDRS lets in who is listed" {
  FCGI_WEB_SERVER_ADDRS=127.0.0.1,::1 start_echo -l 127.0.0.1:0
  works
  FCGI_WEB_SERVER_ADDRS='10.0.0.1, 127.0.0.2' start_echo -l 127.0.0.1:0
  run -0 "$wire" "$ECHO_ADDR" 'get 1 /' 'wait eof'
  [[ $output == eof || $output == reset ]]
  FCGI_WEB_SERVER_ADDRS=127.0.0.1 start_echo
  run -0 "$wire" "$ECHO_ADDR" 'get 1 /' 'wait eof'
  [[ $output == eof || $output == reset ]]
  FCGI_WEB_SERVER_ADDRS='' start_echo
  works
}

@test "FCGI_WEB_SERVER_ADDRS holds for IPv6 too" {
  [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6 || skip 'no IPv6 here'
  FCGI_WEB_SERVER_ADDRS=::1 start_echo -l '[::1]:0'
  works
  FCGI_WEB_SERVER_ADDRS=127.0.0.1 start_echo -l '[::1]:0'
  run -0 "$wire" "$ECHO_ADDR" 'get 1 /' 'wait eof'
  [[ $output == eof || $output == reset ]]
  # an IPv4 client of an IPv6 socket is an IPv4 client
  FCGI_WEB_SERVER_ADDRS=127.0.0.1 start_echo -l '*:0'
  works "127.0.0.1:${ECHO_ADDR##*:}"
}

@test "FCGI_WEB_SERVER_ADDRS that cannot be read lets nobody in by mistake" {
  for wrong in localhost 127.0.0.1,x '127.0.0.1,' 300.1.1.1; do
    FCGI_WEB_SERVER_ADDRS=$wrong run -1 --separate-stderr "$fcgi_echo" -l ./never.sock
    [[ $stderr == 'fcgi-echo: FCGI_WEB_SERVER_ADDRS: '*' is not an address' ]]
    [ ! -e never.sock ]
  done
}

@test "on descriptor 0, shared by several instances, all of them serve" {
  launch 3
  local n
  for ((n = 0; n < 50; n++)); do
    "$wire" ./app.sock 'get 1 /pid' 'wait eof' | grep -o '[0-9]*\\n$' || return
  done | sort | uniq -c >served
  works ./app.sock
  [ "$(awk '{ sum += $1 } END { print sum }' served)" -eq 50 ]
}

@test "on descriptor 0: an instance that lost the race for a client still serves its own" {
  launch 4
  local n clients=()
  # Each instance gets connections that stay, and all are woken for the ones that follow.
  for ((n = 1; n <= 8; n++)); do
    mkfifo "hold$n"
    "$wire" ./app.sock 'get 1 / keep' 'wait end 1' "hold hold$n" 'get 2 / keep' 'wait end 2' \
      >"held$n" 3>&- &
    clients+=("$!")
    wait_for grep -q 'END_REQUEST 1' "held$n"
  done
  for ((n = 0; n < 40; n++)); do
    works ./app.sock
  done
  for ((n = 1; n <= 8; n++)); do
    # shellcheck disable=SC2016 # the inner shell's
    timeout 60 bash -c ': >"$1"' bash "hold$n"
    wait "${clients[n - 1]}"
    grep -q 'END_REQUEST 2' "held$n"
  done
}

@test "on descriptor 0: one that is told of a client who is not there waits for nobody" {
  command -v strace >/dev/null || skip 'strace is missing'
  # Each time it asks whether a client waits it hears that one does.
  "$fcgistarter" -s ./app.sock -P "$PWD/pids" -- \
    strace -D -o "$PWD/trace" -e trace=poll -e inject=poll:retval=1 "$fcgi_echo" 3>&-
  run -0 timeout 60 "$wire" ./app.sock 'get 1 / keep' 'wait end 1' 'get 2 / keep' 'wait end 2'
  works ./app.sock
  grep -q 'fd=0.*INJECTED' trace
}

@test "on descriptor 0: the listening socket stays as the launcher made it" {
  launch 2
  works ./app.sock
  local pid
  while read -r pid; do
    # O_NONBLOCK is 04000
    flags=$(awk '/^flags/ { print $2 }' "/proc/$pid/fdinfo/0")
    [ $((flags & 04000)) -eq 0 ]
  done <pids
}

@test "on descriptor 0: TERM ends one instance, the others and the socket stay" {
  launch 2
  works ./app.sock
  local first second
  { read -r first && read -r second; } <pids
  kill "$first"
  wait_for is_gone "$first"
  works ./app.sock
  kill "$second"
  wait_for is_gone "$second"
  [ -S app.sock ]
}

@test "descriptors run out: the others are served when one is free again" {
  # 40 descriptors are all there are; the program keeps some for itself.
  start_echo_limited() {
    ECHO_WRAPPER='prlimit --nofile=40:40' start_echo
  }
  command -v prlimit >/dev/null || skip 'prlimit is missing'
  start_echo_limited
  local n
  for ((n = 0; n < 40; n++)); do
    "$wire" "$ECHO_ADDR" 'say connected' 'wait eof' >"mute$n" 3>&- &
    echo "$!" >>pids
    wait_for grep -q connected "mute$n"
  done
  "$wire" "$ECHO_ADDR" 'get 1 /' 'wait eof' >last 3>&- &
  local last=$! pid
  while read -r pid; do
    kill "$pid"
  done <pids
  : >pids
  wait "$last"
  grep -q 'it works' last
}

@test "nobody's bytes bring it down" {
  start_echo -q
  local n
  for ((n = 0; n < 60; n++)); do
    head -c 3000 /dev/urandom | od -An -v -tx1 | tr -s ' \n' ' ' >bytes
    timeout 20 "$wire" "$ECHO_ADDR" "hex 1 $((n % 12)) 0 1$(<bytes)" shut 'wait eof' >/dev/null
  done
  works
  stop_echo
}
