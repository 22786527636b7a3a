# fcgi-echo --fault: each misbehaviour is the one it is named after.
bats_require_minimum_version 1.5.0

load helper

wire=$FCGI_BUILD/tests/cli/wire

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# fault NAMES COMMAND...: what comes back from an fcgi-echo with those faults.
fault() {
  local names=$1
  shift
  start_echo "--fault=$names"
  run -0 "$wire" "$ECHO_ADDR" "$@"
}

hello='STDOUT 1 63+1 Content-Type: text/plain; charset=utf-8\r\n\r\nfcgi-echo: it works\n'
end='END_REQUEST 1 8+0 app 0 protocol 0'

@test "--list-faults: one line each, and --fault knows every one" {
  run -0 "$fcgi_echo" --list-faults
  [ "${#lines[@]}" -ge 30 ]
  local name
  for name in refuse silent slow drip split-header bad-version bad-id unknown-type short-end no-end \
    rst half overloaded cant-mpx unknown-role late-overloaded app-status pad-255 no-header garbage \
    speaks-http endless keep-open early-reply half-header end-first twice close-on-keepalive \
    no-multiplex sticky-status empty stderr-only; do
    grep -qE "^$name +[a-z]" <<<"$output"
  done
  while read -r name _; do
    start_echo --fault "$name"
  done <<<"$output"
}

@test "an unknown fault is a usage error that names those there are" {
  run -2 --separate-stderr "$fcgi_echo" -l ./never.sock --fault=drip,nonsense
  [[ ${stderr_lines[0]} == 'fcgi-echo: --fault nonsense: no such fault; there are: refuse '*' sticky-status' ]]
  run -2 --separate-stderr "$fcgi_echo" -l ./never.sock --fault=
  run -2 --separate-stderr "$fcgi_echo" -l ./never.sock --fault=dri
  [ ! -e never.sock ]
}

@test "refuse" {
  fault refuse 'wait eof'
  [[ $output == eof || $output == reset ]]
}

@test "no-accept" {
  start_echo --fault=no-accept --backlog 0
  mkfifo hold
  "$wire" "$ECHO_ADDR" 'say connected' 'get 1 /' 'hold hold' >first 3>&- &
  local first=$!
  wait_for grep -q connected first
  # The queue of a UNIX socket holds one more than its backlog.
  run -1 "$wire" "$ECHO_ADDR"
  [[ $output == *'Resource temporarily unavailable' ]]
  kill "$first"
}

@test "silent: reads megabytes and says nothing" {
  fault silent 'begin 1 1' 'params 1' 'fill 5 1 3000000' 'stdin 1' shut 'wait eof'
  [ "$output" = eof ]
}

@test "slow: the answer is right, two seconds late" {
  before=$(date +%s%N)
  fault slow 'get 1 /' 'wait eof'
  [ $(($(date +%s%N) - before)) -ge 2000000000 ]
  [ "${lines[0]}" = "$hello" ]
}

@test "drip and split-header: the answer is right" {
  for name in drip split-header drip,split-header; do
    fault "$name" 'get 1 / keep' 'get 2 /chunks/3x20 keep' 'wait end 1' 'wait end 2'
    [ "${lines[0]}" = "$hello" ]
    [ "$(grep -c '^STDOUT 2 20' <<<"$output")" -eq 3 ]
    stop_echo
  done
}

# How the bytes leave is seen in the system calls; with -D the process started is fcgi-echo itself.
@test "drip: a byte a write" {
  command -v strace >/dev/null || skip 'strace is missing'
  ECHO_WRAPPER='strace -D -f -o trace -e trace=sendto' start_echo --fault=drip
  "$wire" "$ECHO_ADDR" 'get 1 /' 'wait eof' >answer
  run -0 grep -c 'sendto.* = 1$' trace
  [ "$output" -eq 96 ]
  run -1 grep -E 'sendto.* = ([02-9]|[1-9][0-9]+)$' trace
}

@test "split-header: every header in two writes" {
  command -v strace >/dev/null || skip 'strace is missing'
  ECHO_WRAPPER='strace -D -f -o trace -e trace=sendto' start_echo --fault=split-header
  "$wire" "$ECHO_ADDR" 'get 1 /' 'wait eof' >answer
  [ "$(sed -n 's/.*sendto.* = \([0-9]*\)$/\1/p' trace | tr '\n' ' ')" = '4 72 8 12 ' ]
}

@test "bad-version" {
  fault bad-version 'get 1 /' 'wait eof'
  [ "$output" = 'record version is not 1' ]
}

@test "bad-id" {
  fault bad-id 'get 1 /' 'wait eof'
  [[ ${lines[0]} == 'STDOUT 2 '* && $output == *'END_REQUEST 2 '* && $output != *' 1 '* ]]
}

@test "unknown-type" {
  fault unknown-type 'get 1 / keep' 'wait end 1' 'get 1 / keep' 'wait end 1'
  [[ ${lines[0]} == 'type-42 1 8+0 '* && ${lines[1]} == "$hello" && ${lines[3]} == "$end" ]]
  [ "$(grep -c type-42 <<<"$output")" -eq 2 ]
}

@test "short-end" {
  fault short-end 'get 1 /' 'wait eof'
  [[ ${lines[2]} == 'END_REQUEST 1 4+4 '* && ${lines[3]} == eof ]]
}

@test "no-end: closes even a connection that is to be kept" {
  fault no-end 'get 1 / keep' 'wait eof'
  [[ ${lines[0]} == "$hello" && ${lines[-1]} == eof && $output != *END_REQUEST* ]]
}

@test "end-first" {
  fault end-first 'get 1 / keep' 'wait STDOUT'
  [[ ${lines[0]} == "$end" && ${lines[1]} == "$hello" ]]
  [ "$(grep -c END_REQUEST <<<"$output")" -eq 1 ]
}

@test "twice" {
  fault twice 'get 1 /' 'wait eof'
  [[ ${lines[2]} == "$end" && ${lines[3]} == "$end" && ${lines[4]} == eof ]]
}

@test "half: in a record, whether the client still sends or not" {
  fault half 'get 1 / keep' 'wait eof'
  [ "$output" = 'eof inside a record' ]
  stop_echo
  fault half 'begin 1 1' 'params 1 SCRIPT_NAME=/echo' 'params 1' 'fill 5 1 3000000' 'stdin 1' 'wait eof'
  [ "$output" = 'eof inside a record' ]
}

@test "half-header" {
  fault half-header 'get 1 /' 'wait eof'
  [ "$output" = 'eof inside a record' ]
}

@test "rst: on TCP and on UNIX sockets" {
  fault rst 'get 1 /bytes/1000' 'wait eof'
  [ "$output" = 'reset inside a record' ]
  start_echo --fault=rst -l :0
  run -0 "$wire" "$ECHO_ADDR" 'get 1 /bytes/1000' 'wait eof'
  [ "$output" = 'reset inside a record' ]
}

# refuses NAME NUMBER: each request, with that protocolStatus.
refuses() {
  fault "$1" 'get 1 / keep' 'wait end 1' 'get 2 /' 'wait eof'
  [ "${lines[0]}" = "END_REQUEST 1 8+0 app 0 protocol $2" ]
  [ "${lines[1]}" = "END_REQUEST 2 8+0 app 0 protocol $2" ]
  [ "${lines[2]}" = eof ]
}

@test "cant-mpx" { refuses cant-mpx 1; }
@test "overloaded" { refuses overloaded 2; }
@test "unknown-role" { refuses unknown-role 3; }

@test "late-overloaded, app-status: the answer comes all the same" {
  fault late-overloaded 'get 1 /' 'wait eof'
  [ "${lines[0]}" = "$hello" ]
  [ "${lines[2]}" = 'END_REQUEST 1 8+0 app 0 protocol 2' ]
  fault app-status 'get 1 /' 'wait eof'
  [ "${lines[0]}" = "$hello" ]
  [ "${lines[2]}" = 'END_REQUEST 1 8+0 app 1 protocol 0' ]
}

@test "pad-255: every record, of management too" {
  fault pad-255 'get 1 / keep' 'wait end 1' 'values FCGI_MPXS_CONNS' 'wait GET_VALUES_RESULT' \
    'get 2 /bytes/200k keep' 'wait end 2'
  [[ ${lines[0]} == 'STDOUT 1 63+255 '*'it works\n' ]]
  [ "$(grep -vc '+255' <<<"$output")" -eq 0 ]
  [ "$(awk '$1 == "STDOUT" && $2 == 2 { sum += $3 } END { print sum }' <<<"$output")" -gt 204800 ]
}

@test "no-header, open-header" {
  fault no-header 'get 1 / keep' 'wait end 1' 'get 1 / keep' 'wait end 1'
  [ "$(grep -cFx 'STDOUT 1 20+4 fcgi-echo: it works\n' <<<"$output")" -eq 2 ]
  stop_echo
  fault open-header 'get 1 /bytes/100k' 'wait eof'
  [[ ${lines[0]} == 'STDOUT 1 '*'Content-Length: 102400\r\n' ]]
  [[ ${lines[1]} == 'STDOUT 1 0+0 ' && ${lines[2]} == "$end" ]]
}

@test "empty, stderr-only" {
  fault empty 'get 1 /' 'wait eof'
  [ "$output" = "$end"$'\n'eof ]
  stop_echo
  fault stderr-only 'get 1 /' 'wait eof'
  [[ ${lines[0]} == "STDERR ${hello#STDOUT }" && ${lines[1]} == "$end" ]]
}

@test "garbage, speaks-http" {
  fault garbage 'get 1 /' 'wait eof'
  [ "$output" = 'record version is not 1' ]
  stop_echo
  fault speaks-http 'get 1 /' 'wait eof'
  [ "$output" = 'record version is not 1' ]
}

@test "endless: output without end, and the others are served" {
  fault endless 'get 1 / keep' 'get 2 / keep' 'wait STDOUT' 'wait STDOUT' 'wait STDOUT' 'wait STDOUT'
  [[ $output == *"$hello"* && $output != *END_REQUEST* ]]
  [[ $output == *'STDOUT 1 65528+0'* ]]
  # and it ends when it is told to, whatever the fault
  stop_echo
}

@test "keep-open" {
  fault keep-open 'get 1 /' 'wait end 1' 'get 1 /' 'wait end 1'
  [ "$(grep -cFx "$end" <<<"$output")" -eq 2 ]
  [[ $output != *eof* ]]
  stop_echo
}

@test "early-reply: before STDIN, which is not read" {
  fault early-reply 'begin 1 1' 'params 1 SCRIPT_NAME=/' 'params 1' 'wait end 1' 'fill 5 1 10000000' \
    'wait eof'
  [[ ${lines[0]} == "$hello" && ${lines[2]} == "$end" ]]
  [[ ${lines[-1]} == eof || ${lines[-1]} == reset ]]
}

@test "close-on-keepalive" {
  fault close-on-keepalive 'get 1 / keep' 'wait eof'
  [[ ${lines[2]} == "$end" && ${lines[3]} == eof ]]
}

@test "no-multiplex: one at a time, and GET_VALUES says so" {
  fault no-multiplex 'begin 1 1 keep' 'begin 2 1 keep' 'wait end 2' 'values FCGI_MPXS_CONNS' \
    'wait GET_VALUES_RESULT' 'params 1' 'stdin 1' 'wait end 1' 'get 2 / keep' 'wait end 2'
  [ "${lines[0]}" = 'END_REQUEST 2 8+0 app 0 protocol 1' ]
  [[ ${lines[1]} == *' FCGI_MPXS_CONNS=0' ]]
  [ "$(grep -c 'it works' <<<"$output")" -eq 2 ]
}

@test "sticky-status: stays for every later request of the process" {
  fault sticky-status 'get 1 / keep' 'wait end 1' 'get 1 /exit/7 keep' 'wait end 1' 'get 1 / keep' \
    'wait end 1'
  [ "$(grep -o 'app [0-9]*' <<<"$output" | tr '\n' ' ')" = 'app 0 app 7 app 7 ' ]
  run -0 "$wire" "$ECHO_ADDR" 'get 5 /' 'wait eof'
  [[ $output == *'END_REQUEST 5 8+0 app 7 protocol 0'* ]]
}

@test "several at once" {
  fault pad-255,split-header,sticky-status 'get 1 /exit/3' 'wait eof'
  [[ ${lines[-2]} == 'END_REQUEST 1 8+255 app 3 protocol 0' ]]
}

@test "any two faults together end when the program is told to" {
  local names n
  mapfile -t names < <("$fcgi_echo" --list-faults | awk '{ print $1 }')
  for ((n = 0; n < ${#names[@]}; n++)); do
    start_echo "--fault=${names[n]},${names[(n * 7 + 3) % ${#names[@]}]}"
    "$wire" "$ECHO_ADDR" 'get 1 /chunks/2x100 keep' 'get 2 /stderr keep' >/dev/null || true
    stop_echo
  done
}
