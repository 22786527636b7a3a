# fcgi-echo on the wire: roles, records of every kind, many requests on one connection.
bats_require_minimum_version 1.5.0

load helper

wire=$FCGI_BUILD/tests/cli/wire

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# talk COMMAND...: the records that come back, in $output and $lines.
talk() {
  run -0 "$wire" "$ECHO_ADDR" "$@"
}

# release FIFO: lets a wire that holds there go on.
release() {
  # shellcheck disable=SC2016 # the inner shell's
  timeout 60 bash -c ': >"$1"' bash "$1"
}

@test "a RESPONDER is answered, and the connection closed" {
  start_echo
  talk 'get 1 /' 'wait eof'
  [ "${#lines[@]}" -eq 4 ]
  [[ ${lines[0]} == 'STDOUT 1 '*'fcgi-echo: it works\n' ]]
  [ "${lines[1]}" = 'STDOUT 1 0+0 ' ]
  [ "${lines[2]}" = 'END_REQUEST 1 8+0 app 0 protocol 0' ]
  [ "${lines[3]}" = eof ]
}

@test "with FCGI_KEEP_CONN the connection stays, and ids are used again" {
  start_echo
  talk 'get 1 / keep' 'wait end 1' 'get 1 / keep' 'wait end 1' 'get 65535 /' 'wait eof'
  [ "$(grep -c 'it works' <<<"$output")" -eq 3 ]
  [[ $output == *'END_REQUEST 65535 8+0 app 0 protocol 0'*eof ]]
}

@test "every record is padded to 8 bytes" {
  start_echo
  talk 'get 1 /pid keep' 'wait end 1' 'values FCGI_MPXS_CONNS' 'wait GET_VALUES_RESULT'
  while read -r _ _ sizes _; do
    [ $(((${sizes%+*} + ${sizes#*+}) % 8)) -eq 0 ]
  done <<<"$output"
}

@test "requests of several ids are answered as they are ready" {
  start_echo
  talk 'get 1 /delay/300ms keep' 'get 2 / keep' 'wait end 1'
  [ "$(grep -n 'END_REQUEST 2' <<<"$output" | cut -d: -f1)" -lt \
    "$(grep -n 'END_REQUEST 1' <<<"$output" | cut -d: -f1)" ]
}

@test "long answers on one connection take turns" {
  start_echo
  talk 'get 1 /bytes/1M keep' 'get 2 /bytes/1M keep' 'wait end 1' 'wait end 2'
  [ "$(grep STDOUT <<<"$output" | cut -d' ' -f2 | uniq | wc -l)" -gt 10 ]
}

@test "bodies of several ids may be interleaved" {
  start_echo
  talk 'begin 1 1 keep' 'begin 2 1 keep' 'params 1 SCRIPT_NAME=/sha256' 'params 2 SCRIPT_NAME=/echo' \
    'params 2' 'params 1' 'stdin 1 ab' 'stdin 2 xy' 'stdin 1 c' 'stdin 2 z' 'stdin 2' 'stdin 1' \
    'wait end 1' 'wait end 2'
  [[ $output == *'STDOUT 1 '*'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad 3\n'* ]]
  [[ $output == *'STDOUT 2 2+6 xy'*'STDOUT 2 1+7 z'* ]]
}

@test "more requests on a connection than there is place for are OVERLOADED" {
  start_echo
  local commands=() id
  for ((id = 1; id <= 257; id++)); do
    commands+=("begin $id 1 keep")
  done
  talk "${commands[@]}" 'wait end 257'
  [ "$output" = 'END_REQUEST 257 8+0 app 0 protocol 2' ]
}

@test "--max-reqs: more requests in all are OVERLOADED, and MAX_REQS says so" {
  start_echo --max-reqs 2
  talk 'begin 1 1 keep' 'begin 2 1 keep' 'begin 3 1 keep' 'wait end 3' 'values FCGI_MAX_REQS' \
    'wait GET_VALUES_RESULT'
  [ "${lines[0]}" = 'END_REQUEST 3 8+0 app 0 protocol 2' ]
  [[ ${lines[1]} == *' FCGI_MAX_REQS=2' ]]
}

@test "an AUTHORIZER too many is refused with a status, which lighttpd needs" {
  start_echo --max-reqs 1
  talk 'begin 1 1 keep' 'begin 2 2 keep' 'wait end 2'
  [[ ${lines[0]} == 'STDOUT 2 '*' Status: 503 '* ]]
  [ "${lines[1]}" = 'END_REQUEST 2 8+0 app 0 protocol 2' ]
}

@test "--max-conns: more connections wait until one ends, and MAX_CONNS says so" {
  start_echo --max-conns 1
  mkfifo once more
  "$wire" "$ECHO_ADDR" 'get 1 / keep' 'wait end 1' 'hold once' 'values FCGI_MAX_CONNS' \
    'wait GET_VALUES_RESULT' 'hold more' >first 3>&- &
  local first=$!
  wait_for grep -q END_REQUEST first
  "$wire" "$ECHO_ADDR" 'say connected' 'get 1 /' 'wait eof' >second 3>&- &
  local second=$!
  wait_for grep -q connected second
  release once
  wait_for grep -q ' FCGI_MAX_CONNS=1' first
  [ "$(<second)" = connected ]
  release more
  wait "$first"
  wait "$second"
  grep -q 'it works' second
}

@test "an AUTHORIZER is answered without any STDIN record, as Apache sends it" {
  start_echo
  talk 'begin 1 2' 'params 1 REQUEST_METHOD=GET REQUEST_URI=/x' 'params 1' 'wait eof'
  [[ ${lines[0]} == 'STDOUT 1 '*' Status: 401 '* ]]
  [[ $output == *'END_REQUEST 1 8+0 app 0 protocol 0'*eof ]]
}

@test "an AUTHORIZER whose empty STDIN comes after the answer does no harm" {
  start_echo
  talk 'begin 1 2 keep' 'params 1 REQUEST_METHOD=GET' 'params 1' 'wait end 1' 'stdin 1' \
    'get 1 / keep' 'wait end 1'
  [[ $output == *'it works'* ]]
}

@test "a FILTER gets its DATA back, whatever its path" {
  start_echo
  talk 'begin 1 3' 'params 1 SCRIPT_NAME=/doc.html FCGI_DATA_LENGTH=5 FCGI_DATA_LAST_MOD=7' \
    'params 1' 'stdin 1 body' 'stdin 1' 'data 1 hel' 'data 1 lo' 'data 1' 'wait eof'
  [[ $output == *'X-Data-Length: 5\r\nX-Data-Last-Mod: 7\r\n\r\n'* ]]
  [[ $output == *'STDOUT 1 3+5 hel'*'STDOUT 1 2+6 lo'* && $output != *body* ]]
}

@test "a FILTER has the actions too" {
  start_echo
  talk 'begin 1 3' 'params 1 SCRIPT_NAME=/sha256' 'params 1' 'stdin 1' 'data 1 abc' 'data 1' \
    'wait eof'
  [[ $output == *'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad 3\n'* ]]
}

@test "an unknown role is refused as UNKNOWN_ROLE" {
  start_echo
  talk 'begin 1 7 keep' 'wait end 1' 'begin 1 0' 'wait eof'
  [ "${lines[0]}" = 'END_REQUEST 1 8+0 app 0 protocol 3' ]
  [ "${lines[1]}" = 'END_REQUEST 1 8+0 app 0 protocol 3' ]
  [ "${lines[2]}" = eof ]
}

@test "GET_VALUES: padded or not, what is unknown is left out" {
  start_echo --max-conns 10
  for padding in padded unpadded; do
    talk "$padding" 'values X FCGI_MAX_CONNS FCGI_MPXS_CONNS' 'wait GET_VALUES_RESULT' 'values X' \
      'wait GET_VALUES_RESULT' 'get 1 / keep' 'wait end 1'
    [[ ${lines[0]} == 'GET_VALUES_RESULT 0 '*' FCGI_MAX_CONNS=10 FCGI_MPXS_CONNS=1' ]]
    [ "${lines[1]}" = 'GET_VALUES_RESULT 0 0+0' ]
    [[ $output == *'it works'* ]]
  done
}

@test "GET_VALUES: a name cut short is no pair" {
  start_echo
  talk 'record 9 0 abc' 'wait GET_VALUES_RESULT'
  [ "$output" = 'GET_VALUES_RESULT 0 0+0' ]
}

@test "an unknown management type is answered with UNKNOWN_TYPE" {
  start_echo
  talk 'record 42 0 what' 'wait UNKNOWN_TYPE' 'record 255 0' 'wait UNKNOWN_TYPE' 'get 1 /' 'wait eof'
  [ "${lines[0]}" = 'UNKNOWN_TYPE 0 8+0 type 42' ]
  [ "${lines[1]}" = 'UNKNOWN_TYPE 0 8+0 type 255' ]
  [[ $output == *'it works'* ]]
}

@test "an unknown type under a request's id and records of unknown ids are skipped" {
  start_echo
  talk 'begin 1 1' 'record 42 1 what' 'stdin 9 lost' 'abort 8' 'params 1 SCRIPT_NAME=/pid' \
    'params 1' 'stdin 1' 'wait eof'
  [[ $output == *"$ECHO_PID"* ]]
}

@test "ABORT_REQUEST ends a request at any point" {
  start_echo
  talk 'begin 1 1 keep' 'abort 1' 'wait end 1' \
    'get 1 /delay/1h keep' 'abort 1' 'wait end 1' \
    'get 1 /bytes/1T keep' 'wait STDOUT' 'abort 1' 'wait end 1' \
    'begin 1 1' 'params 1 SCRIPT_NAME=/echo' 'params 1' 'stdin 1 half' 'abort 1' 'wait eof'
  [ "$(grep -c 'END_REQUEST 1 8+0 app 0 protocol 0' <<<"$output")" -eq 4 ]
}

@test "a request that comes byte by byte is a request" {
  start_echo
  talk dribble 'begin 1 1' 'params 1 SCRIPT_NAME=/echo X=' 'params 1' 'stdin 1 hello' 'stdin 1' \
    'wait eof'
  echo "$output"
  [ "$(grep '^STDOUT' <<<"$output" | sed 's/^[^+]*+[0-9]* //' | grep -v Content | tr -d '\n')" = hello ]
}

@test "two whole requests in one write are both answered" {
  start_echo
  talk 'get 1 / keep' 'get 1 /pid keep' 'wait end 1' 'get 2 / keep' 'wait end 2'
  [[ $output == *'it works'*"$ECHO_PID"*'it works'* ]]
}

@test "a pair split over two PARAMS records is put together" {
  start_echo
  # SCRIPT_NAME=/env and X=ab, cut inside the lengths and inside the value
  talk 'begin 1 1' 'hex 1 4 0 1 0 1 0 0 b' 'hex 1 4 0 1 0 d 0 0 4 53 43 52 49 50 54 5f 4e 41 4d 45 2f' \
    'hex 1 4 0 1 0 6 0 0 65 6e 76 1 2 58' 'hex 1 4 0 1 0 2 0 0 61 62' 'params 1' 'stdin 1' 'wait eof'
  [[ $output == *'SCRIPT_NAME=/env\nX=ab\n'* ]]
}

@test "PARAMS that end inside a pair are told as a bad request" {
  start_echo
  talk 'begin 1 1' 'record 4 1 abc' 'params 1' 'stdin 1' 'wait eof'
  [[ $output == *'Status: 400 '*'PARAMS end inside a name-value pair'* ]]
}

@test "duplicate names: all are shown, the last one counts; values may be empty" {
  start_echo
  talk 'begin 1 1' 'params 1 SCRIPT_NAME=/pid A=1 A=2 EMPTY= =nameless SCRIPT_NAME=/env' 'params 1' \
    'stdin 1' 'wait eof'
  [[ $output == *'SCRIPT_NAME=/pid\nA=1\nA=2\nEMPTY=\n=nameless\nSCRIPT_NAME=/env\n'* ]]
}

@test "a body needs no CONTENT_LENGTH, nor a true one" {
  start_echo
  for length in X=1 CONTENT_LENGTH= CONTENT_LENGTH=-1 CONTENT_LENGTH=2 CONTENT_LENGTH=99; do
    talk 'begin 1 1' "params 1 SCRIPT_NAME=/echo $length" 'params 1' 'stdin 1 body' 'stdin 1' \
      'wait eof'
    [[ $output == *'STDOUT 1 4+4 body'* ]]
  done
}

@test "a client that shuts its side after the request is still answered" {
  start_echo
  talk 'get 1 /delay/100ms' shut 'wait eof'
  [[ $output == *'waited 100ms'*END_REQUEST*eof ]]
}

@test "clients that reset, leave in the middle or never say a word hurt nobody" {
  start_echo --max-conns 40
  for ((n = 0; n < 10; n++)); do
    "$wire" "$ECHO_ADDR" 'get 1 / keep' 'wait end 1' reset >/dev/null
    "$wire" "$ECHO_ADDR" 'get 1 /bytes/1G' 'wait STDOUT' >/dev/null
    "$wire" "$ECHO_ADDR" 'begin 1 1' 'params 1 SCRIPT_NAME=/echo' 'hex 1 4 0 1 0 99' >/dev/null
    "$wire" "$ECHO_ADDR" 'get 1 /delay/1h' >/dev/null
    "$wire" "$ECHO_ADDR" >/dev/null
    "$wire" "$ECHO_ADDR" 'wait eof' >/dev/null 3>&- &
  done
  talk 'get 1 /' 'wait eof'
  [[ $output == *'it works'* ]]
  stop_echo
}

@test "what is not FastCGI is told on stderr and closed" {
  start_echo
  talk 'hex 47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 d a' 'wait eof'
  [[ $output == eof || $output == reset ]]
  grep -q 'record version is not 1: the client sent "GET / HT"' "$ECHO_ERR"
  talk 'hex 1 1 0 1 0 4 0 0 0 1 0 0' 'wait eof'
  grep -q 'record body has the wrong length' "$ECHO_ERR"
  talk 'begin 1 1' 'stdin 1 early' 'wait eof'
  grep -q 'record out of order' "$ECHO_ERR"
  talk 'get 1 /' 'wait eof'
  [[ $output == *'it works'* ]]
}

@test "PARAMS outlive the bytes they came in" {
  start_echo
  talk 'begin 1 1 keep' 'params 1 SCRIPT_NAME=/env ONE=first' 'params 1' \
    'begin 2 1 keep' 'params 2 SCRIPT_NAME=/env TWO=second' 'params 2' \
    'begin 3 1 keep' 'params 3 SCRIPT_NAME=/delay/50ms' 'params 3' 'stdin 3' \
    'begin 4 1 keep' 'params 4 PATH_INFO=/chunks/1x3' 'wait end 3' \
    'fill 5 1 200000' 'params 4 FOUR=fourth' 'params 4' 'stdin 4' 'stdin 1' 'wait end 1' \
    'stdin 2' 'wait end 2'
  [[ $output == *'STDOUT 1 '*'SCRIPT_NAME=/env\nONE=first\n'* ]]
  [[ $output == *'STDOUT 2 '*'SCRIPT_NAME=/env\nTWO=second\n'* ]]
  [[ $output == *'STDOUT 4 3+5 '* ]]
  [ "$(grep -c 'app 0 protocol 0' <<<"$output")" -eq 4 ]
}

@test "PARAMS of megabytes arrive; more than 16 MiB are OVERLOADED" {
  start_echo
  talk 'begin 1 1 keep' 'fill 4 1 17000000' 'params 1' 'wait end 1' 'get 1 / keep' 'wait end 1'
  [ "${lines[0]}" = 'END_REQUEST 1 8+0 app 0 protocol 2' ]
  [[ $output == *'it works'* ]]
}

@test "an answer before the end of a body is not lost by closing" {
  start_echo --max-reqs 1 -l :0
  talk 'begin 1 1 keep' 'begin 2 1' 'fill 4 2 3000000' 'abort 1' 'wait eof'
  [[ $output == *'END_REQUEST 2 8+0 app 0 protocol 2'*eof ]]
}

@test "a client that does not read stops its answer alone, and costs no memory" {
  start_echo
  mkfifo hold
  "$wire" "$ECHO_ADDR" 'get 1 /bytes/1G' 'hold hold' 3>&- &
  local slow=$!
  talk 'get 1 /' 'wait eof'
  [[ $output == *'it works'* ]]
  # a megabyte here and there; the sanitizers keep some tens of their own
  [ "$(awk '/^VmHWM/ { print $2 }' "/proc/$ECHO_PID/status")" -lt 200000 ]
  release hold
  wait "$slow"
}

@test "a large body is echoed in constant memory" {
  start_echo
  run -0 "$wire" "$ECHO_ADDR" 'begin 1 1' 'params 1 SCRIPT_NAME=/echo' 'params 1' \
    'fill 5 1 50000000' 'stdin 1' 'wait eof'
  [ "$(awk '/^VmHWM/ { print $2 }' "/proc/$ECHO_PID/status")" -lt 200000 ]
  awk '$1 == "STDOUT" { sum += $3 } END { exit sum != 50000000 + length("Content-Type: application/octet-stream") + 4 }' <<<"$output"
}
