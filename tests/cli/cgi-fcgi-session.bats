# cgi-fcgi asking several times: --repeat, --keep-conn and --multiplex.
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

# traced COMMAND...: its trace in the file trace, its exit status in $status.
traced() {
  status=0
  "$@" -v >answers 2>trace || status=$?
}

@test "--repeat asks so many times, with the same body" {
  start_echo
  ask /echo -d text >one
  run -0 ask /echo -d text --repeat 3
  [ "$output" = "$(cat one one one)" ]
  seq 50000 >body
  ask /sha256 -d @body >one
  cat one one >two
  ask /sha256 -d - --repeat 2 < <(cat body) | cmp - two
  ask /sha256 -d - --repeat 2 <body | cmp - two
  # What standard input has when CONTENT_LENGTH says how much of it is sent.
  ask /sha256 -e "CONTENT_LENGTH=$(wc -c <body)" --repeat 2 < <(cat body) | cmp - two
}

@test "--repeat connects anew each time, with --keep-conn once" {
  start_echo --max-conns=1
  run -0 ask /pid --repeat 3
  [ "$(grep -c '^Content-Type' <<<"$output")" -eq 3 ]
  traced ask / --repeat 3 --keep-conn
  [ "$status" -eq 0 ]
  [ "$(grep -c '^> BEGIN_REQUEST id=1 .* flags=KEEP_CONN' trace)" -eq 3 ]
  run ! grep -q '^\* ' trace
}

@test "--keep-conn: an application that closes all the same is connected to again" {
  start_echo --fault=close-on-keepalive
  traced ask /echo -d text --repeat 3 --keep-conn
  [ "$status" -eq 0 ]
  [ "$(grep -o '^text\|text$' answers | wc -l)" -eq 3 ]
  grep -q '^\* the application has closed the connection: connecting again$' trace
  run -0 --separate-stderr ask / --repeat 3 --keep-conn
  [ -z "$stderr" ]
}

@test "--keep-conn: padding behind an answer is not taken for the next one" {
  start_echo --fault=pad-255
  traced ask /chunks/3x70 --repeat 3 --keep-conn
  [ "$status" -eq 0 ]
  run ! grep -q '^\* ' trace
  cp answers padded
  stop_all
  start_echo
  traced ask /chunks/3x70 --repeat 3 --keep-conn
  cmp answers padded
}

@test "--repeat ends with the first request that fails, and says which" {
  start_echo
  run -7 --separate-stderr ask /exit/7 --repeat 3
  [ "$stderr" = "cgi-fcgi: request 1 of 3: the application's status is 7" ]
  run -22 --separate-stderr ask /status/404 --repeat 3 --fail
  [ "$stderr" = "cgi-fcgi: request 1 of 3: $ECHO_ADDR: HTTP status 404" ]
  stop_all
  start_echo --fault=half
  run -253 --separate-stderr ask / --repeat 2
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == "cgi-fcgi: request 1 of 2: $ECHO_ADDR: the peer closed"* ]]
}

@test "--timeout counts for each request of --repeat" {
  start_echo
  run -0 ask /delay/400ms --repeat 8 --timeout 3s
}

@test "--multiplex asks at a time on one connection, and passes whole answers on in order" {
  start_echo --max-conns=1
  ask /bytes/300k >one
  traced ask /bytes/300k --multiplex 5 --id 7
  [ "$status" -eq 0 ]
  cat one one one one one | cmp - answers
  traced ask /delay/200ms --multiplex 5 --id 7
  [ "$(grep -o '^> BEGIN_REQUEST id=[0-9]*' trace | tr -dc '0-9\n' | tr '\n' ' ')" = "7 8 9 10 11 " ]
  # At a time: the last one was asked before the first was answered.
  [ "$(grep -nm1 '^> BEGIN_REQUEST id=11' trace | cut -d: -f1)" -lt \
    "$(grep -nm1 '^< END_REQUEST' trace | cut -d: -f1)" ]
}

@test "--multiplex: answers take no longer than the slowest of them" {
  not_under_valgrind "it slows everything down"
  start_echo
  # One after the other they would take a minute.
  run -0 timeout 30 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/delay/600ms -connect "$ECHO_ADDR" \
    --multiplex 100
  [ "$(grep -c '^Content-Type' <<<"$output")" -eq 100 ]
}

@test "--multiplex: error output keeps its place in its answer" {
  start_echo
  ask /stderr/100 >one 2>errors.one
  ask /stderr/100 --multiplex 3 >three 2>errors
  cat one one one | cmp - three
  cat errors.one errors.one errors.one | cmp - errors
}

@test "--multiplex: bodies are sent by turns" {
  start_echo
  head -c 3000000 /dev/zero >body
  ask /sha256 -d @body >one
  ask /sha256 -d @body --multiplex 4 >four
  cat one one one one | cmp - four
  ask /echo -d - --multiplex 2 < <(cat body) >two
  ask /echo -d @body >one
  cat one one | cmp - two
}

@test "--multiplex: a thousand answers wait in files, whatever descriptors are allowed" {
  not_under_valgrind "it takes memory of its own"
  start_echo --max-reqs=2000
  # 256 a connection is what fcgi-echo takes.
  run -0 bash -c 'ulimit -Sn 100; "$@" | wc -c' bash timeout 60 "$cgi_fcgi" --clean-env \
    -e SCRIPT_NAME=/bytes/20k -connect "$ECHO_ADDR" --multiplex 256
  one=$(ask /bytes/20k | wc -c)
  [ "$output" -eq $((256 * one)) ]
}

@test "--multiplex: refusals are told one by one, the first answer is passed on" {
  start_echo --fault=no-multiplex
  run -252 --separate-stderr ask /delay/200ms --multiplex 3
  [[ $output == *"Content-Type"* ]]
  [ "${#stderr_lines[@]}" -eq 2 ]
  for id in 2 3; do
    [[ $stderr == *"cgi-fcgi: request id $id: $ECHO_ADDR: the application refuses with CANT_MPX_CONN: it takes one request per connection"* ]]
  done
}

@test "--multiplex: a connection that breaks is told once, and so is how many it took with it" {
  start_echo --fault=silent
  run -110 --separate-stderr ask / --multiplex 4 --timeout 300ms
  [ "${#stderr_lines[@]}" -eq 2 ]
  [[ ${stderr_lines[0]} == "cgi-fcgi: request id 1: $ECHO_ADDR: timed out after 300ms: "* ]]
  [ "${stderr_lines[1]}" = "cgi-fcgi: 3 more of the 4 requests got no answer" ]
}

@test "--multiplex: what waits and cannot be kept is told" {
  start_echo
  run --separate-stderr env TMPDIR=/nonexistent timeout 60 "$cgi_fcgi" --clean-env \
    -e SCRIPT_NAME=/bytes/300k -connect "$ECHO_ADDR" --multiplex 3
  [ "$status" -eq 2 ]
  [[ ${stderr_lines[0]} == *"cannot keep an answer in /nonexistent: No such file or directory" ]]
}

@test "--json is one object for each request" {
  start_echo
  run -0 ask / --json --repeat 2
  [ "$(grep -c '^{' <<<"$output")" -eq 2 ]
  run -0 ask / --json --multiplex 3
  [ "$(grep -c '^{' <<<"$output")" -eq 3 ]
}
