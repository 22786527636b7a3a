# fcgi-echo: what the path of a URL makes it do.
bats_require_minimum_version 1.5.0

load helper

wire=$FCGI_BUILD/tests/cli/wire
cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# ask PATH OPTION...: a request; the whole answer as the program gave it.
ask() {
  local path=$1
  shift
  timeout 60 "$cgi_fcgi" --clean-env -e REQUEST_METHOD=GET -e "SCRIPT_NAME=$path" \
    -connect "$ECHO_ADDR" "$@"
}

header() {
  sed '/^\r*$/,$d' | tr -d '\r'
}

body() {
  sed '1,/^\r*$/d'
}

digest() {
  sha256sum | cut -d' ' -f1
}

# What /bytes is documented to send, by another hand: pattern BYTES.
pattern() {
  awk -v size="$1" 'BEGIN { for (at = 0; at < size; at += 16) printf "%015x\n", at }' | head -c "$1"
}

@test "/ says that it works, and so does a request without any path" {
  start_echo
  [ "$(ask / | body)" = 'fcgi-echo: it works' ]
  [ "$(timeout 60 "$cgi_fcgi" --clean-env -connect "$ECHO_ADDR" | body)" = 'fcgi-echo: it works' ]
}

@test "PATH_INFO counts before SCRIPT_NAME, unless it is empty" {
  start_echo
  [ "$(ask /app.php -e PATH_INFO=/pid | body)" = "$ECHO_PID" ]
  [ "$(ask /pid -e PATH_INFO= | body)" = "$ECHO_PID" ]
}

@test "an unknown path is 404 with the list of the actions" {
  start_echo
  run -0 ask /no/such
  [ "${lines[0]}" = $'Status: 404 Not Found\r' ]
  for action in /env /env.json /echo /sha256 /status/CODE /redirect /bytes/SIZE /chunks/NxSIZE \
    /delay/DURATION /stderr /stderr/SIZE /exit/STATUS /pid /auth /lmauth; do
    grep -q "^  $action " <<<"$output"
  done
  [[ $(ask /envy) == "Status: 404"* && $(ask /env/) == "Status: 404"* ]]
}

@test "a HEAD request has headers and no body" {
  start_echo
  for path in / /env /env.json /bytes/100 /chunks/2x10 /status/503 /pid /none /echo /auth; do
    [ -z "$(ask "$path" -e REQUEST_METHOD=HEAD | body)" ]
    [ -n "$(ask "$path" -e REQUEST_METHOD=HEAD | header)" ]
  done
  [[ $(ask /bytes/100 -e REQUEST_METHOD=HEAD) == *'Content-Length: 100'* ]]
}

@test "/env shows the variables in their order, one a line whatever is in them" {
  start_echo
  run -0 ask /env -e $'A=x\nForged=1' -e EMPTY= -e B=$'caf\xc3\xa9' -e C=$'\xff\e[31m'
  [ "$(body <<<"$output")" = 'REQUEST_METHOD=GET
SCRIPT_NAME=/env
A=x\nForged=1
EMPTY=
B='$'caf\xc3\xa9''
C=\377\033[31m' ]
}

@test "/env.json has order, duplicates and every byte" {
  start_echo
  run -0 "$wire" "$ECHO_ADDR" 'begin 1 1' 'params 1 SCRIPT_NAME=/env.json A=1 A=2 Q="\' 'params 1' \
    'stdin 1' 'wait eof'
  [[ $output == *'application/json\r\n\r\n[["SCRIPT_NAME","/env.json"],["A","1"],["A","2"],["Q","\\"\\\\"]]\n' || \
    $output == *'[["SCRIPT_NAME","/env.json"],["A","1"],["A","2"],["Q","'*'"]]\n'* ]]
  run -0 ask /env.json -e $'RAW=\xff\x78' -e 'TAB=	'
  [[ $output == *'["RAW",{"base64":"/3g="}],["TAB","\t"]]' ]]
  if command -v jq >/dev/null; then
    [ "$(body <<<"$output" | jq -r '.[0] | join("=")')" = REQUEST_METHOD=GET ]
  fi
}

@test "secrets are shown with --show-secrets alone" {
  local secrets=(-e HTTP_AUTHORIZATION=hidden -e HTTP_COOKIE=hidden -e REMOTE_PASSWD=hidden)
  start_echo
  for path in /env /env.json; do
    run -0 ask "$path" "${secrets[@]}" -e PLAIN=shown
    [[ $output != *hidden* && $output == *'***'* && $output == *shown* ]]
  done
  stop_echo
  start_echo --show-secrets
  for path in /env /env.json; do
    [ "$(ask "$path" "${secrets[@]}" | grep -o hidden | wc -l)" -eq 3 ]
  done
}

@test "a megabyte of variables comes back" {
  start_echo
  head -c 300000 /dev/zero | tr '\0' v >value
  printf 'SCRIPT_NAME=/env\0A=%s\0B=%s\0C=%s\0D=%s\0' "$(<value)" "$(<value)" "$(<value)" "$(<value)" >vars
  run -0 --separate-stderr "$cgi_fcgi" --params0 vars -connect "$ECHO_ADDR"
  [ "$(wc -c <<<"$output")" -gt 1200000 ]
  [ "${lines[-1]}" = "D=$(<value)" ]
}

@test "/echo gives any body back" {
  start_echo
  for size in 0 1 65535 65536 3000000; do
    pattern "$size" >sent
    ask /echo -d @sent >answer
    tail -c "$size" answer | cmp - sent
    [ "$(header <answer)" = 'Content-Type: application/octet-stream' ]
  done
}

@test "/echo keeps the body to its end for nginx, which would send no more of it" {
  start_echo
  pattern 3000000 >sent
  ask /echo -d @sent -e SERVER_SOFTWARE=nginx/1.22.1 >answer
  tail -c 3000000 answer | cmp - sent
  run -0 "$wire" "$ECHO_ADDR" 'begin 1 1' 'params 1 SCRIPT_NAME=/echo SERVER_SOFTWARE=nginx/1.22.1' \
    'params 1' 'stdin 1 one' 'get 2 / keep' 'wait end 2' 'say between' 'stdin 1 two' 'stdin 1' 'wait eof'
  [[ $output == *between*'STDOUT 1 6+2 onetwo'* ]]
  [ -z "$(ask /echo -d @sent -e SERVER_SOFTWARE=nginx/1.22.1 -e REQUEST_METHOD=HEAD | body)" ]
}

@test "/echo says when a body does not fit" {
  command -v prlimit >/dev/null || skip 'prlimit is missing'
  ECHO_WRAPPER='env --ignore-signal=XFSZ prlimit --fsize=100000' start_echo
  pattern 300000 >sent
  run -0 ask /echo -d @sent -e SERVER_SOFTWARE=nginx/1.22.1
  [[ ${lines[0]} == 'Status: 507 '* ]]
}

@test "/sha256 gives digest and length of the body" {
  start_echo
  for size in 0 5 1000000; do
    pattern "$size" >sent
    [ "$(ask /sha256 -d @sent | body)" = "$(digest <sent) $size" ]
  done
}

@test "/status/CODE is that status" {
  start_echo
  [ "$(ask /status/503 | header | head -n 1)" = 'Status: 503 Service Unavailable' ]
  [ "$(ask /status/503 | body)" = '503 Service Unavailable' ]
  [ "$(ask /status/299 | header | head -n 1)" = 'Status: 299' ]
  [ -z "$(ask /status/204 | body)" ]
  [ -z "$(ask /status/304 | body)" ]
  for wrong in '' 99 1000 abc 20x -1; do
    [[ $(ask "/status/$wrong") == 'Status: 400 '*'/status/CODE: '* ]]
  done
}

@test "/redirect goes where it is told, and nothing else gets into the header" {
  start_echo
  run -0 ask /redirect -e 'QUERY_STRING=x=1&to=http%3A%2F%2Fh%2Fp%3Fa%3Db'
  [[ ${lines[0]} == 'Status: 302 Found'* && ${lines[1]} == $'Location: http://h/p?a=b\r' ]]
  run -0 ask /redirect -e 'QUERY_STRING=to=/x&status=307'
  [[ ${lines[0]} == 'Status: 307 Temporary Redirect'* && ${lines[1]} == $'Location: /x\r' ]]
  for wrong in '' to= to=/a%0d%0aX:1 to=/a%20b to=%zz to=%4 to=%00 'to=/x&status=200' too=/x; do
    run -0 ask /redirect -e "QUERY_STRING=$wrong"
    [[ $output == 'Status: 400 '* && $output != *Location:* ]]
  done
}

@test "/bytes/SIZE tells its own offsets" {
  start_echo
  for size in 0 1 16 17 65528 65529 1000000; do
    ask "/bytes/$size" >answer
    tail -c "$size" answer | cmp - <(pattern "$size")
    grep -q "^Content-Length: $size" answer
  done
  ask /bytes/64k | body | cmp - <(pattern 65536)
  for wrong in '' x -1 010 0x10 1.5k 99999999999999999999; do
    [[ $(ask "/bytes/$wrong") == 'Status: 400 '* ]]
  done
}

@test "/chunks/NxSIZE is one record for each" {
  start_echo
  run -0 "$wire" "$ECHO_ADDR" 'get 1 /chunks/5x1000' 'wait eof'
  [ "$(grep -c '^STDOUT 1 1000+0' <<<"$output")" -eq 5 ]
  ask /chunks/5x1000 | body | cmp - <(pattern 5000)
  [ "$(ask /chunks/3x65535 | body | wc -c)" -eq $((3 * 65535)) ]
  [ -z "$(ask /chunks/0x5 | body)" ]
  for wrong in '' 5 x5 5x 5x0 5x65536 5x5x5 -1x5; do
    [[ $(ask "/chunks/$wrong") == 'Status: 400 '* ]]
  done
}

@test "/delay/DURATION answers no earlier, and holds nobody else up" {
  start_echo
  before=$(date +%s%N)
  [ "$(ask /delay/300ms | body)" = 'waited 300ms' ]
  [ $(($(date +%s%N) - before)) -ge 300000000 ]
  run -0 "$wire" "$ECHO_ADDR" 'get 1 /delay/1h keep' 'get 2 / keep' 'wait end 2'
  [[ $output == *'it works'* ]]
  for wrong in '' x -1s 1d 0x1s; do
    [[ $(ask "/delay/$wrong") == 'Status: 400 '* ]]
  done
}

@test "/delay?jitter= spreads the answers as --plan says, the same for each seed" {
  run -0 "$fcgi_echo" --plan '/delay/20ms?jitter=exp:10ms'
  [ "${lines[0]}" = 'p50 26.931 ms' ]
  [ "${lines[4]}" = 'p99 66.052 ms' ]
  [ "${lines[5]}" = 'p99.9 89.078 ms' ]
  [ "$("$fcgi_echo" --plan /delay/1s | sort -uk 2 | cut -d' ' -f 2-)" = '1000.000 ms' ]
  for wrong in '' / /delay/ /delay/x '/delay/1s?jitter=often:1s' '/delay/1s?seed=x'; do
    run -2 "$fcgi_echo" --plan "$wrong"
  done
  for i in 1 2; do
    start_echo --delay-log "./log.$i"
    for j in 1 2 3; do
      ask /delay/1ms -e 'QUERY_STRING=jitter=exp:5ms&seed=3' | grep 'waited 1ms'
    done
    stop_echo
  done
  [ "$(wc -l <log.1)" -eq 3 ]
  # Of each line the first figure is what was wanted, the other what came of it.
  cmp <(cut -d' ' -f 1 log.1) <(cut -d' ' -f 1 log.2)
  [ "$(cut -d' ' -f 1 log.1 | sort -u | wc -l)" -eq 3 ]
  awk '$1 < 1000000 || $2 < $1 || NF != 2 { exit 1 }' log.1
  start_echo
  [[ $(ask /delay/1s -e 'QUERY_STRING=jitter=often:1s') == 'Status: 400 '* ]]
}

@test "--delay-log says what it cannot write" {
  run -1 "$fcgi_echo" -l ./never.sock --delay-log ./no/such/log
  [[ $output == *'./no/such/log: No such file or directory' ]]
  start_echo --delay-log /dev/full
  ask /delay/1ms | grep waited
  wait_for grep -F -- '--delay-log: No space left on device' "$ECHO_ERR"
}

@test "many delays of several lengths end in their order" {
  start_echo
  run -0 "$wire" "$ECHO_ADDR" 'get 1 /delay/400ms keep' 'get 2 /delay/100ms keep' \
    'get 3 /delay/100ms keep' 'get 4 /delay/250ms keep' 'wait end 1'
  [ "$(grep END_REQUEST <<<"$output" | cut -d' ' -f2 | tr '\n' ' ')" = '2 3 4 1 ' ] ||
    [ "$(grep END_REQUEST <<<"$output" | cut -d' ' -f2 | tr '\n' ' ')" = '3 2 4 1 ' ]
}

@test "/stderr writes to STDERR, as much as is wanted" {
  start_echo
  run -0 --separate-stderr ask /stderr
  [ "$stderr" = 'fcgi-echo: a line on STDERR' ]
  [[ $output == *'bytes on STDERR: 28' ]]
  ask /stderr/100k >answer 2>errors
  cmp errors <(pattern 102400)
  [ "$(body <answer)" = 'bytes on STDERR: 102400' ]
  [ "$(ask /stderr/0 2>&1 | body)" = 'bytes on STDERR: 0' ]
  [[ $(ask /stderr/x) == 'Status: 400 '* ]]
}

@test "/exit/STATUS is the appStatus, all 32 bits of it" {
  start_echo
  for number in 0 3 256 938 4294967295; do
    run -0 "$wire" "$ECHO_ADDR" "get 1 /exit/$number" 'wait eof'
    [[ $output == *"END_REQUEST 1 8+0 app $number protocol 0"* ]]
  done
  run -0 "$wire" "$ECHO_ADDR" 'get 1 /exit/-1' 'get 2 /' 'wait eof'
  [[ $output == *'END_REQUEST 1 8+0 app 4294967295 protocol 0'* ]]
  [[ $output == *'END_REQUEST 2 8+0 app 0 protocol 0'* ]]
  [[ $(ask /exit/4294967296) == 'Status: 400 '* ]]
}

@test "-v: a line on stderr for each request, with nothing forged in it" {
  start_echo -v
  ask /echo -d abc -e $'PATH_INFO=/echo\nfcgi-echo: forged' >/dev/null
  ask /sha256 -d abc >/dev/null
  stop_echo
  [ "$(wc -l <"$ECHO_ERR")" -eq 2 ]
  grep -qE '^fcgi-echo: RESPONDER 1 GET /sha256: [0-9]+ variables, 3 bytes in, [0-9]+ bytes out$' "$ECHO_ERR"
}

@test "--log-env appends the variables of every request, whatever it is" {
  start_echo --log-env ./log --show-secrets
  ask /nowhere -e A=1 -e HTTP_COOKIE=c >/dev/null
  ask / -e REQUEST_METHOD=HEAD >/dev/null
  ask /auth --role authorizer -e REMOTE_USER=nobody >/dev/null
  [ "$(wc -l <log)" -eq 3 ]
  grep -Fx '[["REQUEST_METHOD","GET"],["SCRIPT_NAME","/nowhere"],["A","1"],["HTTP_COOKIE","c"]]' log
  grep -Fx '[["REQUEST_METHOD","HEAD"],["SCRIPT_NAME","/"]]' log
  grep -F '["REMOTE_USER","nobody"]' log
  [ "$(stat -c %a log)" = 600 ]
}

@test "--log-env hides secrets, and says what it cannot write" {
  start_echo --log-env ./log
  ask / -e HTTP_COOKIE=sesame >/dev/null
  grep -F '["HTTP_COOKIE","***"]' log
  run -1 "$fcgi_echo" -l ./never.sock --log-env ./no/such/log
  [[ $output == *'./no/such/log: No such file or directory' ]]
  start_echo --log-env /dev/full
  ask / >answer
  grep 'it works' answer
  wait_for grep -F -- '--log-env: No space left on device' "$ECHO_ERR"
}

@test "--answer answers every request with what is in the file, right or wrong" {
  printf 'Status : 401\n\nby\0tes' >answer
  start_echo --answer ./answer
  ask / | cmp - answer
  ask /no/such -e REQUEST_METHOD=HEAD | cmp - answer
  ask /x --role authorizer | cmp - answer
  ask /x -d body -e REQUEST_METHOD=POST | cmp - answer
  stop_all
  # Longer than a record, and nothing at all.
  pattern 200000 >long
  start_echo --answer ./answer --answer ./long
  ask / | cmp - long
  stop_all
  : >nothing
  start_echo --answer ./nothing
  ask / | cmp - nothing
}

@test "--answer says what it cannot read" {
  run -1 --separate-stderr "$fcgi_echo" -l ./never.sock --answer ./no/such
  [ "$stderr" = 'fcgi-echo: ./no/such: No such file or directory' ]
  run -1 --separate-stderr "$fcgi_echo" -l ./never.sock --answer .
  [ "$stderr" = 'fcgi-echo: .: Is a directory' ]
  head -c 17000000 /dev/zero >large
  run -1 --separate-stderr "$fcgi_echo" -l ./never.sock --answer ./large
  [ "$stderr" = 'fcgi-echo: ./large: longer than 16 MiB' ]
}
