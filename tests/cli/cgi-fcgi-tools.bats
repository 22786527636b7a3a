#!/usr/bin/env bats
# cgi-fcgi: what it does in place of a request: -n, --encode, --decode, --get-values; and the traces.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# With no environment but what comes before --; a hang is a failure.
cgi_fcgi() {
  timeout 60 env -i "$cgi_fcgi" "$@"
}

# record TYPE ID CONTENT [PADDING]: one record; CONTENT as printf has it, without NUL bytes but \0.
record() {
  local content len padding=${4-0}
  printf '%b' "$3" >content
  len=$(wc -c <content)
  printf '%b' "\\x01\\x$(printf %02x "$1")\\x00\\x$(printf %02x "$2")"
  printf '%b' "\\x$(printf %02x $((len >> 8)))\\x$(printf %02x $((len & 255)))\\x$(printf %02x "$padding")\\x00"
  cat content
  printf '%*s' "$padding" '' | tr ' ' '#'
}

# begin ID, end ID [APP_STATUS [PROTOCOL_STATUS]]
begin() {
  record 1 "$1" '\x00\x01\x00\x00\x00\x00\x00\x00'
}

end() {
  record 3 "$1" "\\x00\\x00\\x00\\x$(printf %02x "${2-0}")\\x$(printf %02x "${3-0}")\\x00\\x00\\x00"
}

# request ID: a whole one, A=1 and "hello"
request() {
  begin "$1"
  record 4 "$1" '\x01\x01A1' 4
  record 4 "$1" ''
  record 5 "$1" hello 3
  record 5 "$1" ''
}

# --- -n ---------------------------------------------------------------------------------------

@test "-n prints the real values of all variables, and sends nothing" {
  run -0 --separate-stderr timeout 60 env -i A=1 HTTP_COOKIE=s3cret 'B=x = "y\z' "$cgi_fcgi" -n
  [ "$output" = $'A=1\nHTTP_COOKIE=s3cret\nB=x = "y\\z' ]
  [ -z "$stderr" ]
  run -0 cgi_fcgi -n --url http://h:81/a/b?c=d -connect /no/such/socket
  [[ $output == *$'\nQUERY_STRING=c=d'* && $output == *$'\nSERVER_PORT=81'* ]]
}

@test "-n: what it prints is what --env-file and --params0 read" {
  local values=('PLAIN=1' 'EMPTY=' 'TAB=a	b' 'UTF8=Grüße' 'QUOTES="a" \b $c' 'SPACE= x ')
  run -0 --separate-stderr timeout 60 env -i "${values[@]}" "$cgi_fcgi" -n
  printf '%s\n' "$output" >vars
  run -0 --separate-stderr cgi_fcgi --env-file vars -n
  [ "$output" = "$(printf '%s\n' "${values[@]}")" ]
  timeout 60 env -i "${values[@]}" $'LINES=a\nb\e[2J' "$cgi_fcgi" -n --print-format env0 >vars0
  printf '%s\0' "${values[@]}" $'LINES=a\nb\e[2J' | cmp - vars0
  cgi_fcgi --params0 vars0 -n --print-format env0 | cmp - vars0
}

@test "-n: what a line cannot hold is printed escaped, and told" {
  run -0 --separate-stderr timeout 60 env -i $'A=1\n2' $'B=\e[2J' $'C=\xff' OK=1 "$cgi_fcgi" -n
  [ "$output" = $'A=1\\n2\nB=\\033[2J\nC=\\377\nOK=1' ]
  [[ $stderr == *": A is printed escaped"* && $stderr == *": B is"* && $stderr == *": C is"* ]]
  [[ $stderr != *OK* ]]
  run -0 --separate-stderr timeout 60 env -i $'A=1\n2' "$cgi_fcgi" -n -q
  [ -z "$stderr" ]
}

@test "-n --print-format json is an array of names and values" {
  run -0 --separate-stderr timeout 60 env -i 'A=x "y"' $'B=a\nb' $'C=\xff' EMPTY= \
    "$cgi_fcgi" -n --print-format json
  [ "$output" = '[["A","x \"y\""],["B","a\nb"],["C",{"base64":"/w=="}],["EMPTY",""]]' ]
}

@test "-n and the other tools write to the file of -o" {
  run -0 timeout 60 env -i A=1 "$cgi_fcgi" -n -o out
  [ -z "$output" ]
  [ "$(cat out)" = A=1 ]
  run -0 cgi_fcgi --encode -o out
  [ -z "$output" ]
  run -0 cgi_fcgi --decode out -o listing
  [ -z "$output" ]
  grep -q '^> BEGIN_REQUEST ' listing
  run -1 cgi_fcgi -n -o /no/such/directory/out
  [[ $output == *"-o /no/such/directory/out: No such file or directory" ]]
}

@test "-n: a full disk is an error" {
  [ -c /dev/full ] || skip 'there is no /dev/full'
  for tool in -n --encode '--decode request'; do
    request 1 >request
    run bash -c 'timeout 60 env -i A=1 "$0" '"$tool"' >/dev/full' "$cgi_fcgi"
    [ "$status" -ne 0 ]
    [[ $output == *'standard output: No space left on device' ]]
  done
}

# --- --encode ---------------------------------------------------------------------------------

@test "--encode writes the whole request, as it would be sent" {
  cgi_fcgi -e A=1 --encode >without
  { begin 1; record 4 1 '\x01\x01A1' 4; record 4 1 ''; record 5 1 ''; } | tr '#' '\0' | cmp - without
  cgi_fcgi -e A=1 -d hello --encode | cgi_fcgi --decode >listing
  start_echo
  cgi_fcgi -e A=1 -d hello -connect "$ECHO_ADDR" -v 2>&1 >/dev/null | grep '^>' >sent
  grep -v '^>   hello' listing | sed 's/ at=[0-9]*//' | diff -u - sent
}

@test "--encode | nc | --decode is what asking is" {
  command -v nc >/dev/null || skip 'nc is missing'
  start_echo
  for options in '-e SCRIPT_NAME=/env' '-e SCRIPT_NAME=/echo -d hello' '-e SCRIPT_NAME=/status/418'; do
    # shellcheck disable=SC2086 # words
    cgi_fcgi $options -connect "$ECHO_ADDR" >asked
    # shellcheck disable=SC2086 # words
    cgi_fcgi $options --encode | timeout 60 nc -U "$ECHO_ADDR" | cgi_fcgi --decode >decoded
    cmp asked decoded
  done
}

@test "--encode: a large body, from a pipe, is whole" {
  head -c 300000 /dev/urandom >body
  cgi_fcgi --encode -d - <body | cgi_fcgi --decode --decode-dir dir
  cmp body dir/1.stdin
  [ "$(tr '\0' '\n' <dir/1.params | grep ^CONTENT_LENGTH)" = CONTENT_LENGTH=300000 ]
  cat body | cgi_fcgi --encode --stream | cgi_fcgi --decode --decode-dir stream
  cmp body stream/1.stdin
}

@test "--encode --repeat and --multiplex write several requests" {
  cgi_fcgi --encode -e A=1 -d hello --repeat 2 --keep-conn >twice
  run -0 --separate-stderr cgi_fcgi --decode --decode-dir twice.dir twice
  cmp twice.dir/1.params twice.dir/1-2.params
  cgi_fcgi --encode -e A=1 -d hello --multiplex 2 --id 7 | cgi_fcgi --decode --decode-dir both.dir
  [ "$(cat both.dir/7.stdin both.dir/8.stdin)" = hellohello ]
}

@test "--encode: the filter's data is a stream of its own" {
  printf data >file
  cgi_fcgi --encode --role filter --filter-data file -d body | cgi_fcgi --decode --decode-dir dir
  [ "$(cat dir/1.data dir/1.stdin)" = databody ]
  grep -qx role=FILTER dir/1.begin
}

# --- --decode ---------------------------------------------------------------------------------

@test "--decode passes an answer on as if it had been asked" {
  { record 6 1 'Status: 404\r\n\r\nbody\n' 3; record 7 1 'oops\n'; record 6 1 ''; end 1 7; } >answer
  run -7 --separate-stderr cgi_fcgi --decode answer
  [ "$output" = $'Status: 404\r\n\r\nbody' ]
  [ "$stderr" = oops ]
  run -7 --separate-stderr cgi_fcgi --decode --body <answer
  [ "$output" = body ]
  run -7 --separate-stderr cgi_fcgi --decode -v - <answer
  [[ $stderr == *'< STDERR id=1 len=5 pad=0'*'< END_REQUEST id=1 len=8 pad=0 appStatus=7'* ]]
  # What PHP was sent is not known, and so not told to be missing.
  { record 6 1 'X-Powered-By: PHP/8.2\r\n\r\n'; end 1; } >answer
  run -0 --separate-stderr cgi_fcgi --decode answer
  [ -z "$stderr" ]
}

@test "--decode: what is said and written of an answer is what it is of one that was asked" {
  { record 6 1 'Status: 404 No\r\nContent-Type: text/plain\r\n\r\nbody\n' 3; record 7 1 'oops\n'
    end 1; } >answer
  run -22 --separate-stderr cgi_fcgi --decode --fail --stderr null answer
  [[ $stderr == *': answer: HTTP status 404' ]]
  run -23 --separate-stderr cgi_fcgi --decode --fail-stderr answer
  run -0 --separate-stderr cgi_fcgi --decode --status-line --headers answer
  [ "${lines[0]}" = $'HTTP/1.1 404 No\r' ]
  run -0 --separate-stderr cgi_fcgi --decode --body -o out -w '%{http_code} %{size_download}' answer
  [ "$output" = '404 5' ]
  [ "$(cat out)" = body ]
  run -0 --separate-stderr cgi_fcgi --decode --json --stderr null answer
  [[ $output == '{"address":"answer","status":404,'*'"exitStatus":0}' ]]
  run -253 --separate-stderr cgi_fcgi --decode --json < <(record 6 1 'x\n\n')
  [[ $output == *'"error":"the capture ends before END_REQUEST of request 1","exitStatus":253}' ]]
  run -0 --separate-stderr cgi_fcgi --decode --as-seen-by nginx --headers <answer
  [ "${lines[0]}" = $'HTTP/1.1 404 No\r' ]
  run -0 --separate-stderr cgi_fcgi --decode --as-seen-by apache --status-line --headers < <(end 1; end 1)
  [[ ${lines[0]} == 'HTTP/1.1 200 '* ]]
  [[ $stderr == *'another answer, of request 1, was left out'* ]]
}

@test "--decode lists a request: records, variables, body, secrets hidden" {
  { begin 1; record 4 1 '\x01\x01A1\x0b\x03HTTP_COOKIEs3c' 4; record 4 1 ''
    record 5 1 'a\033[2J\nb'; record 5 1 ''; } >request
  run -0 --separate-stderr cgi_fcgi --decode request
  cat >expected <<'END'
> BEGIN_REQUEST id=1 len=8 pad=0 at=0 role=RESPONDER flags=0
> PARAMS id=1 len=20 pad=4 at=16
>   A=1
>   HTTP_COOKIE=***
> PARAMS id=1 len=0 pad=0 at=48 (end)
> STDIN id=1 len=7 pad=0 at=56
>   a\033[2J
>   b
> STDIN id=1 len=0 pad=0 at=71 (end)
END
  diff -u expected - <<<"$output"
  [ -z "$stderr" ]
  run -0 cgi_fcgi --decode --show-secrets request
  [[ $output == *'HTTP_COOKIE=s3c'* ]]
}

@test "--decode lists both directions, several requests and management records" {
  { request 1; request 2; record 9 0 '\x0e\x00FCGI_MAX_CONNS'; record 6 2 two; record 6 1 one
    record 10 0 '\x0e\x01FCGI_MAX_CONNS5'; record 42 1 '?'; end 2; end 1; } >capture
  run -0 --separate-stderr cgi_fcgi --decode capture
  [[ $output == *$'\n> GET_VALUES id=0 '*$'\n>   FCGI_MAX_CONNS=\n< STDOUT id=2 '*$'\n<   two\n'* ]]
  [[ $output == *$'\n<   FCGI_MAX_CONNS=5\n? type 42 id=1 '*$'\n?   ?\n< END_REQUEST id=2 '* ]]
  [ -z "$stderr" ]
}

@test "--decode lists what --get-values was answered" {
  run -0 --separate-stderr cgi_fcgi --decode < <(record 10 0 '\x0e\x01FCGI_MAX_CONNS5')
  [ "$output" = $'< GET_VALUES_RESULT id=0 len=17 pad=0 at=0\n<   FCGI_MAX_CONNS=5' ]
}

@test "--decode says what is wrong with a capture, at which byte, and exits with 253" {
  request 1 >whole
  # expect_fault TEXT: what comes on standard input has this fault
  expect_fault() {
    run -253 --separate-stderr cgi_fcgi --decode -
    [ "${stderr_lines[-1]}" = "cgi-fcgi: standard input: $1" ]
  }
  expect_fault 'the capture is empty' </dev/null
  expect_fault 'byte 26: the capture ends inside a record (PARAMS of request 1), 2 of its 4 bytes missing' \
    < <(head -c 26 whole)
  expect_fault 'byte 29: the capture ends inside the padding of a record (PARAMS of request 1)' \
    < <(head -c 29 whole)
  expect_fault 'byte 16: the capture ends inside a record header, 3 of its 8 bytes there' \
    < <(head -c 19 whole)
  expect_fault 'byte 32: the capture ends before PARAMS of request 1 does' < <(head -c 32 whole)
  expect_fault 'byte 0: not a record of FastCGI version 1: 48 54 54 50 2f 31 2e 31 (HTTP/1.1)' \
    <<<'HTTP/1.1 200 OK'
  expect_fault 'byte 11: the capture ends before END_REQUEST of request 1' < <(record 6 1 abc)
  expect_fault 'byte 8: STDOUT of request 1 goes on after its end' \
    < <(record 6 1 ''; record 6 1 x; end 1)
  expect_fault 'byte 0: STDIN of request 1, which BEGIN_REQUEST has not begun' \
    < <(record 5 1 x; record 5 1 '')
  expect_fault 'byte 0: not a record of FastCGI version 1: 31 32 33 (123)' < <(printf 123)
}

@test "--decode: what came before a fault is not lost" {
  { record 6 1 'Status: 200\r\n\r\n'; record 6 1 abcdef; } | head -c 34 >short.bin
  run -253 --separate-stderr cgi_fcgi --decode --body short.bin
  [ "$output" = abc ]
  [[ $stderr == *'byte 34: the capture ends inside a record (STDOUT of request 1), 3 of its 6 bytes missing' ]]
  { request 1; printf 'garbage!'; } >garbage
  run -253 --separate-stderr cgi_fcgi --decode garbage
  [[ $output == *$'\n>   hello\n'*'? not FastCGI version 1 at=64: "garbage!"'* ]]
  [[ $stderr == *'garbage: byte 64: not a record of FastCGI'* ]]
}

@test "--decode: a refusal, several answers, an answer within another" {
  { record 6 1 ''; end 1 0 2; } >refused
  run -252 --separate-stderr cgi_fcgi --decode refused
  [[ $stderr == *OVERLOADED* ]]
  { record 6 1 one; end 1; record 6 1 two; end 1; } >after
  run -0 --separate-stderr cgi_fcgi --decode after
  [ "$output" = onetwo ]
  { record 6 1 on; record 6 2 two; record 6 1 e; end 2; end 1; } >within
  run -0 --separate-stderr cgi_fcgi --decode within
  [ "$output" = one ]
  [[ $stderr == *'another answer, of request 2, was left out'* ]]
}

@test "--decode: a file that cannot be read is told" {
  run -1 cgi_fcgi --decode missing
  [ "$output" = 'cgi-fcgi: missing: No such file or directory' ]
  run -1 cgi_fcgi --decode .
  [ "$output" = 'cgi-fcgi: .: Is a directory' ]
}

@test "--decode-dir: each stream of each request is a file" {
  { request 1; record 6 1 'out\n'; record 7 1 'err\n'; record 6 1 more; end 1 3; request 1; begin 9
    record 4 9 '\x01\x03B1\n2'; record 4 9 ''; record 5 9 ''; } >capture
  run -0 --separate-stderr cgi_fcgi --decode --decode-dir dir capture
  [ -z "$stderr" ]
  printf 'dir/%s\n' 1.begin 1.params 1.stdin 1.stdout 1.stderr 1.end 1-2.begin 1-2.params 1-2.stdin \
    9.begin 9.params 9.stdin >expected
  diff -u expected - <<<"$output"
  printf 'A=1\0' | cmp - dir/1.params
  printf 'B=1\n2\0' | cmp - dir/9.params
  [ "$(cat dir/1.stdin dir/1.stdout)" = $'helloout\nmore' ]
  [ "$(cat dir/1.stderr)" = err ]
  [ "$(cat dir/1.end)" = $'appStatus=3\nprotocolStatus=0' ]
  [ ! -s dir/9.stdin ]
  # Others have no business with what was captured, and nothing is overwritten.
  [ "$(stat -c %a dir dir/1.params | tr '\n' ' ')" = '700 600 ' ]
  run -1 cgi_fcgi --decode --decode-dir dir capture
  [ "$output" = 'cgi-fcgi: --decode-dir dir/1.begin: File exists' ]
}

@test "--decode-dir: what a cut capture holds is kept" {
  { begin 1; record 4 1 '\x01\x01A1\x01\x07B'; } >capture
  run -253 --separate-stderr cgi_fcgi --decode --decode-dir dir capture
  printf 'A=1\0' | cmp - dir/1.params
  [[ $stderr == *'byte 31: the capture ends before PARAMS of request 1 does' ]]
}

@test "--decode-dir: a captured request can be sent again" {
  start_echo
  cgi_fcgi --url '/echo?x=1' -H 'X-Odd: a "b"' -d 'some body' --encode >capture
  cgi_fcgi --decode --decode-dir dir capture
  run -0 cgi_fcgi --params0 dir/1.params -d @dir/1.stdin -n
  cgi_fcgi --url '/echo?x=1' -H 'X-Odd: a "b"' -d 'some body' -n | diff -u - <(printf '%s\n' "$output")
  run -0 cgi_fcgi --params0 dir/1.params -d @dir/1.stdin --body -connect "$ECHO_ADDR"
  [ "$output" = 'some body' ]
}

# --- --get-values -----------------------------------------------------------------------------

@test "--get-values asks for the three that all should know, or for others" {
  start_echo --max-conns 12 --max-reqs 34
  run -0 --separate-stderr cgi_fcgi --get-values -connect "$ECHO_ADDR"
  [ "$output" = $'FCGI_MAX_CONNS=12\nFCGI_MAX_REQS=34\nFCGI_MPXS_CONNS=1' ]
  [ -z "$stderr" ]
  run -0 --separate-stderr cgi_fcgi --get-values --json -connect "$ECHO_ADDR" FCGI_MAX_REQS
  [ "$output" = '[["FCGI_MAX_REQS","34"]]' ]
}

@test "--get-values: what the application does not tell is told" {
  start_echo
  run -0 --separate-stderr cgi_fcgi --get-values -connect "$ECHO_ADDR" NONE FCGI_MPXS_CONNS
  [ "$output" = FCGI_MPXS_CONNS=1 ]
  [[ $stderr == *': the application does not tell NONE' ]]
  run -0 --separate-stderr cgi_fcgi --get-values -v -connect "$ECHO_ADDR" NONE
  [[ $stderr == *'> GET_VALUES id=0 len=6 pad='*'< GET_VALUES_RESULT id=0 len=0 '* ]]
}

@test "--get-values: silence, closing and strange answers are told for what they are" {
  start_echo --fault silent
  run -110 cgi_fcgi --get-values --timeout 300ms -connect "$ECHO_ADDR"
  [[ $output == *': no answer to GET_VALUES within 300ms'* ]]
  start_echo --fault refuse
  run cgi_fcgi --get-values -connect "$ECHO_ADDR"
  [ "$status" -eq 253 ] || [ "$status" -eq 104 ]
  [[ $output == *' in answer to GET_VALUES: '*'does not know it'* ]]
  run -2 cgi_fcgi --get-values -connect ./missing.sock
  [ "$output" = 'cgi-fcgi: Could not connect to ./missing.sock: No such file or directory' ]
  run -1 cgi_fcgi --get-values
  [[ $output == *'-connect ADDR is missing'* ]]
}

@test "--get-values waits for a socket, and ends with a signal, as a request does" {
  cgi_fcgi --get-values --wait --timeout 50s -connect ./late.sock FCGI_MPXS_CONNS >out 3>&- &
  asker=$!
  start_echo -l ./late.sock
  wait "$asker"
  [ "$(cat out)" = FCGI_MPXS_CONNS=1 ]
  start_echo --fault silent
  timeout --preserve-status 60 env -i "$cgi_fcgi" --get-values -v -connect "$ECHO_ADDR" 2>err 3>&- &
  asker=$!
  wait_for grep -q GET_VALUES err
  kill "$asker"
  status=0
  wait "$asker" || status=$?
  [ "$status" -eq 143 ]
  [[ $(cat err) == *'cgi-fcgi: interrupted: Terminated' ]]
}

@test "--get-values: an application that does not know it says so" {
  command -v nc >/dev/null || skip 'nc is missing'
  # answered FILE: what an application that sends these bytes makes of the question
  answered() {
    timeout 60 nc -lU "$1.sock" <"$1" >/dev/null 3>&- &
    wait_for test -S "$1.sock"
    run cgi_fcgi --get-values --timeout 50s -connect "./$1.sock"
    kill $! 2>/dev/null || true
  }
  record 11 0 '\x09\x00\x00\x00\x00\x00\x00\x00' >unknown
  answered unknown
  [ "$status" -eq 252 ]
  [[ $output == *': the application does not know GET_VALUES: it answers UNKNOWN_TYPE' ]]
  record 10 0 '\x05\x05abc' >bad
  answered bad
  [ "$status" -eq 253 ]
  [[ $output == *'is not to be understood: name-value pair runs past the end of its stream' ]]
  echo 'HTTP/1.1 400 Bad Request' >http
  answered http
  [ "$status" -eq 253 ]
  record 10 0 '\x05\x05\033[2J!value\x01\x01A1' >escape
  answered escape
  [ "$status" -eq 0 ]
  [[ $output == *$'\\033[2J!=value\nA=1'* ]]
}

# --- traces -----------------------------------------------------------------------------------

@test "--trace writes every record with its bytes to a file, - is standard error" {
  start_echo
  cgi_fcgi -e SCRIPT_NAME=/echo -e HTTP_COOKIE=s3cret -d 'abc' -connect "$ECHO_ADDR" --trace trace
  grep -qx '>   0000: 61 62 63                                         abc' trace
  grep -q '^< STDOUT id=1 ' trace
  run ! grep -q 's3cret' trace
  grep -q 'HTTP_COOKIE=\*\*\*' trace
  cgi_fcgi -e SCRIPT_NAME=/env -e HTTP_COOKIE=s3cret -connect "$ECHO_ADDR" --trace trace2 --show-secrets
  grep -q 'HTTP_COOKIE=s3cret' trace2
  run -0 --separate-stderr cgi_fcgi -e SCRIPT_NAME=/ -connect "$ECHO_ADDR" --trace -
  [[ $stderr == *'> BEGIN_REQUEST '*'>   0000: 00 01 '* ]]
}

@test "--trace: a file that cannot be written is told" {
  start_echo
  run -1 cgi_fcgi -e SCRIPT_NAME=/ -connect "$ECHO_ADDR" --trace /no/such/directory/trace
  [[ $output == *'--trace /no/such/directory/trace: No such file or directory' ]]
  [ -c /dev/full ] || skip 'there is no /dev/full'
  run -1 --separate-stderr cgi_fcgi -e SCRIPT_NAME=/ -connect "$ECHO_ADDR" --trace /dev/full
  [ "$stderr" = 'cgi-fcgi: --trace /dev/full: No space left on device' ]
}

@test "--trace-time begins each line of the trace with the time" {
  start_echo
  run -0 --separate-stderr cgi_fcgi -v --trace-time -e SCRIPT_NAME=/ -connect "$ECHO_ADDR"
  [ "${#stderr_lines[@]}" -gt 4 ]
  for line in "${stderr_lines[@]}"; do
    [[ $line =~ ^[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{6}\ [\<\>]\  ]]
  done
}
