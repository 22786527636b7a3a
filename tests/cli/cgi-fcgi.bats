# cgi-fcgi: the request, its body, its variables and what is told of the answer.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# ask PATH OPTION...: one request without our environment; a hang is a failure.
ask() {
  local path=$1
  shift
  timeout 60 "$cgi_fcgi" --clean-env -e "SCRIPT_NAME=$path" -connect "$ECHO_ADDR" "$@"
}

body() {
  sed '1,/^\r*$/d'
}

digest() {
  sha256sum | cut -d' ' -f1
}

@test "the answer is passed on with its header block" {
  start_echo
  run -0 --separate-stderr ask /status/503
  [[ ${lines[0]} == "Status: 503"* ]]
  [ -z "$stderr" ]
}

@test "the environment is sent, as the devkit's does" {
  start_echo
  run -0 --separate-stderr env -i SCRIPT_NAME=/env ONE=1 EMPTY= "TWO=a b=c" \
    "$cgi_fcgi" -bind -connect "$ECHO_ADDR"
  [[ $output == *"ONE=1"* && $output == *"EMPTY="* && $output == *"TWO=a b=c"* ]]
}

@test "one dash and two are the same" {
  start_echo
  for dash in - --; do
    run -0 env -i SCRIPT_NAME=/env "$cgi_fcgi" ${dash}bind ${dash}connect "$ECHO_ADDR"
    run -0 env -i SCRIPT_NAME=/env "$cgi_fcgi" "${dash}connect=$ECHO_ADDR"
  done
}

@test "-e, -U, --clean-env, --env-file and --params0 choose the variables" {
  start_echo
  printf '# comment\n\nFILE=from file\nBOTH=file\nLAST=x' >vars
  printf 'ZERO=a\nb\0TWICE=1\0TWICE=2\0SCRIPT_NAME=/env\0' >vars0
  run -0 --separate-stderr env -i SCRIPT_NAME=/env KEPT=1 GONE=1 "$cgi_fcgi" \
    -U GONE -e BOTH=option --env-file vars -e KEPT -connect "$ECHO_ADDR"
  [[ $output == *"FILE=from file"* && $output == *"BOTH=option"* && $output == *"LAST=x"* ]]
  [[ $output == *"KEPT=1"* && $output != *"GONE"* ]]
  run -0 --separate-stderr env -i SECRET=1 "$cgi_fcgi" --params0 vars0 -connect "$ECHO_ADDR"
  [[ $output != *SECRET* && $output == *"TWICE=1"*"TWICE=2"* ]]
  run -0 --separate-stderr env -i OURS=here "$cgi_fcgi" --clean-env -e OURS -e SCRIPT_NAME=/env \
    -connect "$ECHO_ADDR"
  [[ $output == *"OURS=here"* ]]
  run -0 --separate-stderr ask /env -e NOT_THERE
  [[ $output != *NOT_THERE* && $stderr == *"NOT_THERE: not in our environment"* ]]
}

@test "a file of variables that is wrong is told with its line" {
  start_echo
  printf 'A=1\nno equals sign\n' >vars
  run -1 --separate-stderr ask / --env-file vars
  [[ $stderr == "cgi-fcgi: vars:2: not NAME=VALUE" ]]
  run -1 --separate-stderr ask / --env-file missing
  [[ $stderr == "cgi-fcgi: missing: No such file or directory" ]]
}

# The devkit's broke off at 8 KB: it split pairs over records.
@test "a megabyte of environment arrives whole" {
  start_echo
  for i in $(seq 200); do printf 'V%s=%05200d\0' "$i" "$i"; done >vars0
  ask /env --params0 vars0 >answer
  [ "$(grep -c '^V[0-9]*=0' answer)" -eq 200 ]
  [ "$(wc -c <answer)" -gt 1000000 ]
}

@test "a variable too large for a record is split, with a warning that names it" {
  start_echo
  printf 'HUGE=%070000d\0' 7 >vars0
  ask /env --params0 vars0 >answer 2>errors
  [[ $(<errors) == *"HUGE has 70000 bytes"* ]]
  [ "$(sed -n 's/^HUGE=//p' answer)" = "$(printf %070000d 7)" ]
}

# 8184 bytes overflowed the devkit's buffer; the others are the edges of records.
@test "bodies of every awkward length arrive whole" {
  start_echo
  for len in 0 1 7 8 8183 8184 8185 8192 65527 65528 65529 65535 65536 131056 1000003; do
    head -c "$len" /dev/zero | tr '\0' "$((len % 10))" >body
    run -0 --separate-stderr env -i SCRIPT_NAME=/sha256 "CONTENT_LENGTH=$len" \
      "$cgi_fcgi" -bind -connect "$ECHO_ADDR" <body
    [[ $output == *"$(digest <body)"* ]]
  done
}

@test "exactly CONTENT_LENGTH bytes of standard input are taken" {
  start_echo
  printf 'hello world' >input
  {
    env -i SCRIPT_NAME=/echo CONTENT_LENGTH=5 "$cgi_fcgi" -bind -connect "$ECHO_ADDR" | body >got
    cat >rest
  } <input
  [ "$(<got)" = hello ]
  [ "$(<rest)" = " world" ]
}

@test "a CONTENT_LENGTH that is not one is refused" {
  start_echo
  for length in 5x -1 +5 ' 5' 0x5 99999999999999999999; do
    run -1 --separate-stderr env -i "CONTENT_LENGTH=$length" "$cgi_fcgi" -bind -connect "$ECHO_ADDR"
    [[ $stderr == "cgi-fcgi: CONTENT_LENGTH=$length: not a number of bytes" ]]
  done
}

@test "a body of more than 2 GiB may be announced; what is missing is told" {
  start_echo
  run --separate-stderr env -i SCRIPT_NAME=/sha256 CONTENT_LENGTH=5000000000 \
    "$cgi_fcgi" -bind -connect "$ECHO_ADDR" --timeout 20s < <(printf abc)
  [[ $stderr == *"ended 4999999997 bytes before CONTENT_LENGTH was reached"* ]]
}

@test "standard input without CONTENT_LENGTH is not sent, and that is said" {
  start_echo
  run -0 --separate-stderr ask /echo < <(printf abc)
  [[ $stderr == "cgi-fcgi: standard input was not sent: CONTENT_LENGTH is not set (-d - sets it)" ]]
  run -0 --separate-stderr ask /echo -q < <(printf abc)
  [ -z "$stderr" ]
  run -0 --separate-stderr ask /echo </dev/null
  [ -z "$stderr" ]
  # nginx sends it empty.
  run -0 --separate-stderr ask /echo -e CONTENT_LENGTH= < <(printf abc)
  [[ $stderr == "cgi-fcgi: standard input was not sent: CONTENT_LENGTH is empty (-d - sets it)" ]]
  run -0 --separate-stderr ask /echo --stream -e CONTENT_LENGTH= < <(printf abc)
  [ -z "$stderr" ]
}

@test "-d sends text, a file, or a pipe of unknown length" {
  start_echo
  [ "$(ask /echo -d 'a=1&b=2' | body)" = 'a=1&b=2' ]
  head -c 300000 /dev/urandom >file
  [ "$(ask /echo -d @file | body | digest)" = "$(digest <file)" ]
  [ "$(head -c 300000 file | cat | ask /echo -d - | body | digest)" = "$(digest <file)" ]
  [ "$(ask /echo -d @<(cat file) | body | digest)" = "$(digest <file)" ]
  [ "$(ask /echo -d @/proc/version | body)" = "$(</proc/version)" ]
  run -0 --separate-stderr ask /env -d abc
  [[ $output == *CONTENT_LENGTH=3* && $output == *REQUEST_METHOD=POST* ]]
  [[ $output == *CONTENT_TYPE=application/x-www-form-urlencoded* ]]
  run -0 --separate-stderr ask /env -d '' -e REQUEST_METHOD=PUT
  [[ $output == *CONTENT_LENGTH=0* && $output == *REQUEST_METHOD=PUT* ]]
  run -1 --separate-stderr ask / -d @missing
  [[ $stderr == "cgi-fcgi: -d @missing: No such file or directory" ]]
  run -1 --separate-stderr ask / -d @.
  [[ $stderr == "cgi-fcgi: -d @.: Is a directory" ]]
}

@test "a body that cannot be kept is told with the directory" {
  not_under_valgrind "it needs TMPDIR itself"
  run -1 --separate-stderr env TMPDIR="$PWD/missing" "$cgi_fcgi" -connect ./x -d - < <(printf abc)
  [[ $stderr == "cgi-fcgi: -d -: cannot keep it in $PWD/missing: No such file or directory" ]]
}

@test "the standard input that -d waits for is within --timeout" {
  start_echo
  mkfifo fifo
  exec 7<>fifo
  run -110 --separate-stderr ask / -d - --timeout 200ms <fifo
  [[ $stderr == "cgi-fcgi: timed out reading -d -" ]]
  exec 7>&-
}

@test "role, id and keep-conn are what was asked for" {
  start_echo
  run -0 --separate-stderr ask / -v --role authorizer --id 258 --keep-conn
  [[ $stderr == *"> BEGIN_REQUEST id=258 "*"role=AUTHORIZER flags=KEEP_CONN"* ]]
  [[ $stderr == *"< END_REQUEST id=258 "* ]]
  run -0 --separate-stderr ask /echo -v --role filter
  [[ $stderr == *"> STDIN id=1 len=0"*"> DATA id=1 len=0"* ]]
  run -252 --separate-stderr ask / --role 99
  [[ $stderr == *"refuses with UNKNOWN_ROLE: it does not know the role" ]]
  run -0 --separate-stderr ask / -v --role authorizer --no-stdin
  [[ $stderr != *"> STDIN"* ]]
  for wrong in "--role boss" "--role 65536" "--role -1" "--id 0" "--id 65536" "--id x"; do
    # shellcheck disable=SC2086 # two words on purpose
    run -1 --separate-stderr ask / $wrong
  done
}

@test "the trace shows every record, and no secret" {
  start_echo
  run -0 --separate-stderr ask / -v -e HTTP_COOKIE=tasty -e X=shown
  [[ $stderr == *"> BEGIN_REQUEST id=1 "*"role=RESPONDER"*">   X=shown"*"< STDOUT id=1"*"< END_REQUEST"* ]]
  [[ $stderr == *"HTTP_COOKIE=***"* && $stderr != *tasty* ]]
}

@test "the exit status is appStatus, and what exit(2) would lose is not success" {
  start_echo
  for pair in 0:0 1:1 3:3 255:255 256:1 511:255 4294967295:255 2147483648:1; do
    run "-${pair#*:}" ask "/exit/${pair%:*}"
  done
}

@test "--fail looks at the HTTP status and at the header block" {
  start_echo
  run -0 ask /status/404
  run -22 --separate-stderr ask /status/404 --fail
  [[ $output == "Status: 404"* && $stderr == "cgi-fcgi: $ECHO_ADDR: HTTP status 404" ]]
  run -0 ask /status/302 --fail
  run -0 ask / --fail
  stop_all
  start_echo --fault=no-header
  run -0 ask /
  run -22 --separate-stderr ask / --fail
  [[ $stderr == *"no CGI header block"* ]]
  stop_all
  start_echo --fault=empty
  run -22 --separate-stderr ask / --fail
  [[ $stderr == *"the answer is empty" ]]
}

@test "STDERR goes to standard error, and our own message begins a line" {
  start_echo
  run -0 --separate-stderr ask /stderr
  [ -n "$stderr" ]
  [[ $output != *"$stderr"* ]]
}

@test "error output that goes to a terminal cannot harm it" {
  command -v script >/dev/null || skip "script is missing"
  start_echo
  script -qec "$cgi_fcgi --clean-env -e SCRIPT_NAME=/stderr -d $'\e[31mred\e]0;title\a' \
    -connect $ECHO_ADDR >/dev/null" typescript </dev/null >/dev/null
  grep -q 'red' typescript || skip "the application does not repeat the body"
  ! grep -q $'\e\[31m' typescript
}

@test "a failed connect says so in the devkit's words and exits with its errno" {
  run -2 --separate-stderr "$cgi_fcgi" -bind -connect ./missing.sock
  [[ $stderr == "cgi-fcgi: Could not connect to ./missing.sock: No such file or directory" ]]
  run -2 --separate-stderr "$cgi_fcgi" -bind -connect 127.0.0.1
  [[ $stderr == *" 127.0.0.1: No such file or directory (without a port it is a path)" ]]
  start_echo -l 127.0.0.1:0
  refused=$ECHO_ADDR
  stop_all
  run -111 --separate-stderr "$cgi_fcgi" -bind -connect "$refused"
  [[ $stderr == "cgi-fcgi: Could not connect to $refused: Connection refused" ]]
  run -232 --separate-stderr timeout 60 "$cgi_fcgi" -bind -connect no-such-host.invalid:9000
  [[ $stderr == "cgi-fcgi: Could not connect to no-such-host.invalid:9000: "* ]]
  : >file
  run -111 "$cgi_fcgi" -bind -connect ./file
}

@test "a socket that we may not use is told with its owner and mode" {
  not_under_valgrind "its files are another user's"
  [ "$(id -u)" -ne 0 ] || command -v setpriv >/dev/null || skip "setpriv is missing"
  start_echo
  chmod 0 "$ECHO_ADDR"
  as_user=()
  if [ "$(id -u)" -eq 0 ]; then
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
    cp "$cgi_fcgi" "$BATS_TEST_TMPDIR/copy"
    cgi_fcgi=$BATS_TEST_TMPDIR/copy
    "${as_user[@]}" test -x "$cgi_fcgi" || skip "nobody cannot reach the program"
  fi
  run -13 --separate-stderr "${as_user[@]}" "$cgi_fcgi" -bind -connect "$ECHO_ADDR"
  [[ $stderr == *"Permission denied (socket is "*" 0000, we are uid "* ]]
}

@test "IPv6 addresses are addresses, ports that are none are refused" {
  for wrong in :65536 host:65536 '[::1' ::1:80 '' -bind; do
    run -1 --separate-stderr "$cgi_fcgi" -bind "-connect=$wrong"
    [ -n "$stderr" ]
  done
  [ -r /proc/net/if_inet6 ] && grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 ||
    skip "no IPv6 loopback"
  start_echo -l '[::1]:0'
  run -0 --separate-stderr ask /
  [ -n "$output" ]
}

@test "a path with a colon and digits is a path" {
  mkdir dir:80
  start_echo -l "$PWD/dir:80/app:80"
  run -0 --separate-stderr ask /
}

@test "wrong command lines are refused with status 1" {
  for line in "" "-bind" "-bind -start -connect x app" "-connect x a 1 b" "-start -connect x" \
    "-bind -connect x app" "-supervise -connect x" "-connect x app 0" "-connect x app 3abc" \
    "-connect x -d a --no-stdin" "-connect x --timeout 1x" "-connect x --timeout -1" \
    "-connect x --bogus" "-dbgfcgi -connect x" "-jitcgi -connect x" "-connect x -- arg" \
    "-connect x -e =v" "-f"; do
    # shellcheck disable=SC2086 # words on purpose
    run -1 --separate-stderr "$cgi_fcgi" $line
    [ -n "$stderr" ]
    [ -z "$output" ]
  done
}

# popt would look for the operand for ever.
@test "the four characters that popt replaces need an operand behind them" {
  run -1 --separate-stderr timeout 20 "$cgi_fcgi" --id '!#:+' -U
  [[ $stderr == *"no operand follows that could replace !#:+"* ]]
}

@test "--help, --usage and --version succeed on standard output" {
  for option in --help -h '-?' --usage --version -V; do
    run -0 --separate-stderr "$cgi_fcgi" "$option"
    [ -n "$output" ]
    [ -z "$stderr" ]
  done
  run -1 --separate-stderr sh -c '"$1" --help >/dev/full' sh "$cgi_fcgi"
  [[ $stderr == "cgi-fcgi: standard output: No space left on device" ]]
}

@test "an answer without a standard output to go to is a failure" {
  not_under_valgrind 'its log takes the free descriptor'
  run -1 --separate-stderr sh -c '"$1" --help >&-' sh "$cgi_fcgi"
  [[ $stderr == "cgi-fcgi: standard output: Bad file descriptor" ]]
}
