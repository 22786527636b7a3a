# cgi-fcgi: what is shown of an answer, where it goes, and what is told of it.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi
starter=$FCGI_BUILD/fcgistarter/fcgistarter
scripted=$FCGI_BUILD/tests/peers/scripted

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  "$starter" -P pids -s "$PWD/sock" -- "$scripted" 3>&-
}

teardown() {
  local pid
  while read -r pid; do
    kill "$pid" && wait_for is_gone "$pid"
  done <pids
  stop_all
}

# The application answers with what stands before "--"; the rest are our options.
ask() {
  local words=()
  while [ "$1" != -- ]; do
    words+=("$1")
    shift
  done
  shift
  timeout 60 "$cgi_fcgi" --clean-env -e QUERY_STRING="$(to_query "${words[@]}")" -connect sock "$@"
}

# An answer with all there is, and a failure by its HTTP status.
usual=('@err=6f6f70730a78' 'Status: 404 Nah\r\nContent-Type: text/x\r\nSet-Cookie: a=b\r\n\r\n'
  'hello\n' @eof @end)
header=$'Status: 404 Nah\r\nContent-Type: text/x\r\nSet-Cookie: a=b\r\n\r'

need_jq() {
  command -v jq >/dev/null || skip 'jq is missing'
}

# holds FILTER [FILE]: there is one object and that is true of it; of none jq -e would say nothing.
holds() {
  local filter=$1
  shift
  jq -es "length == 1 and (.[0] | $filter)" "$@"
}

# --- parts -------------------------------------------------------------------------------------

@test "--body is the body and nothing else, wherever the header block is cut" {
  ask "${usual[@]}" -- --body >out 2>/dev/null
  [ "$(<out)" = hello ]
  ask S tatus: ' 200\r' '\n\r' '\nhe' 'l\n\nlo' @end -- --body >out
  [ "$(<out)" = $'hel\n\nlo' ]
  ask 'A: 1\n\n' @end -- --body >out
  [ ! -s out ]
  ask 'A: 1\n\n' @fill=300000 @end -- --body >out
  [ "$(wc -c <out)" -eq 300000 ]
  [ -z "$(tr -d x <out)" ]
}

@test "--headers is the header block as it came" {
  ask "${usual[@]}" -- --headers >out 2>/dev/null
  [ "$(<out)" = "$header" ]
}

@test "without a header block all is body, and a warning says so" {
  for text in 'no header\n' 'A: 1\n' '<p>x</p>\n\ny'; do
    ask "$text" @eof @end -- --body >out 2>err
    printf %b "$text" | cmp - out
    grep 'has no CGI header block' err
    ask "$text" @eof @end -- --headers >out 2>err
    [ ! -s out ]
    grep 'has no CGI header block' err
    ask "$text" @eof @end -- --status-line >out 2>err
    printf %b "$text" | cmp - out
  done
  ask @eof @end -- --body 2>err
  grep 'the answer is empty' err
  # As sent is as sent.
  ask 'no header' @end -- >out 2>err
  [ "$(<out)" = 'no header' ]
  [ ! -s err ]
}

@test "--status-line puts an HTTP status line first" {
  ask "${usual[@]}" -- --status-line >out 2>/dev/null
  printf 'HTTP/1.1 404 Nah\r\n%s\nhello\n' "$header" | cmp - out
  ask 'A: 1\n\nx' @end -- --status-line >out
  [ "$(head -n 1 out)" = $'HTTP/1.1 200 OK\r' ]
  ask 'Status: 503\n\nx' @end -- --status-line --headers >out
  printf 'HTTP/1.1 503 Service Unavailable\r\nStatus: 503\n\n' | cmp - out
  ask 'Location: /x\n\n' @end -- --status-line >out
  [ "$(head -n 1 out)" = $'HTTP/1.1 302 Found\r' ]
}

@test "parts that exclude each other are refused before anything is sent" {
  run -1 ask "${usual[@]}" -- --body --headers
  run -1 ask "${usual[@]}" -- --body --status-line
  [[ $output == *'exclude each other'* ]]
}

# --- files -------------------------------------------------------------------------------------

@test "-o takes the answer, -D the header block" {
  ask "${usual[@]}" -- -o out -D head >stdout 2>/dev/null
  [ ! -s stdout ]
  printf '%s\n' "$header" | cmp - head
  printf '%s\nhello\n' "$header" | cmp - out
  ask "${usual[@]}" -- -o out --body -D - >stdout 2>/dev/null
  [ "$(<out)" = hello ]
  printf '%s\n' "$header" | cmp - stdout
}

@test "-o replaces what is in the file, once an answer comes" {
  seq 10000 >out
  cp out before
  run -2 "$cgi_fcgi" --clean-env -connect nobody.sock -o out
  cmp before out
  ask 'A: 1\n\nx' @end -- -o out
  printf 'A: 1\n\nx' | cmp - out
}

@test "-o keeps what came of an answer that fails" {
  run -253 ask 'A: 1\n\nhalf' -- -o out
  [[ $output == *'before END_REQUEST'* ]]
  printf 'A: 1\n\nhalf' | cmp - out
}

@test "a file that cannot be written is told by its name" {
  run -1 ask "${usual[@]}" -- -o nowhere/out
  [[ $output == *'-o nowhere/out: No such file or directory'* ]]
  run -1 ask "${usual[@]}" -- -D nowhere/head
  [[ $output == *'-D nowhere/head: '* ]]
  run -1 ask "${usual[@]}" -- --stderr nowhere/err
  [[ $output == *'--stderr nowhere/err: '* ]]
  [ -w /dev/full ] || skip '/dev/full is missing'
  run -28 ask 'A: 1\n\nx' @end -- -o /dev/full
  [[ $output == *'/dev/full: No space left on device'* ]]
  run -28 ask 'A: 1\n\nx' @end -- -D /dev/full
  [[ $output == *'/dev/full: '* ]]
  run -28 ask @err=6f 'A: 1\n\nx' @end -- --stderr /dev/full
  [[ $output == *'/dev/full: '* ]]
  full() {
    ask 'A: 1\n\n' @end -- "$@" >/dev/full
  }
  for option in --json '-w x' --headers '--as-seen-by nginx'; do
    # shellcheck disable=SC2086 # an option and its argument
    run -28 full $option
    [[ $output == *'standard output: No space left on device' ]]
  done
}

@test "--flush writes each piece at once" {
  command -v strace >/dev/null || skip 'strace is missing'
  not_under_valgrind 'system calls are counted'
  strace -qq -e trace=write,writev -o calls true 2>/dev/null || skip 'strace may not trace'
  ask 'A: 1\n\n' one two three @end -- >all
  ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=write,writev -o calls timeout 60 "$cgi_fcgi" --clean-env --flush \
    -e QUERY_STRING="$(to_query 'A: 1\n\n' one two three @end)" -connect sock -o out
  cmp all out
  [ "$(grep -c 'writev*([0-9]*, [^ ]*\(one\|two\|three\|A: 1\)' calls)" -eq 4 ]
}

@test "--stderr passes error output to a file, nowhere, or with a word before each line" {
  ask "${usual[@]}" -- --stderr file >/dev/null 2>err
  printf 'oops\nx' | cmp - file
  [ ! -s err ]
  ask "${usual[@]}" -- --stderr null >/dev/null 2>err
  [ ! -s err ]
  ask @err=6f6e @err=650a74 @err=776f0a0a @end -- --stderr prefix 2>err
  printf 'stderr: one\nstderr: two\nstderr: \n' | cmp - err
  ask @err=6f6e65 @end -- --stderr prefix 2>err
  printf 'stderr: one\n' | cmp - err
}

@test "--fail-stderr is 23 for any error output, after --fail and the application's own" {
  run -23 ask @err=6f 'A: 1\n\nhello' @end -- --fail-stderr
  [[ $output == *hello* ]]
  [[ ${lines[-1]} == *'there was error output, 1 byte' ]]
  run -0 ask 'A: 1\n\nhello' @end -- --fail-stderr
  run -22 ask "${usual[@]}" -- --fail --fail-stderr
  run -23 ask @err=6f 'A: 1\n\nhello' @end -- --fail-stderr --stderr null
}

# --- terminals ---------------------------------------------------------------------------------

@test "headers, error output and what is told of them cannot harm a terminal" {
  command -v script >/dev/null || skip 'script is missing'
  query=$(to_query 'Content-Type: \200\302\233\n' 'X-A: a\302\2332J\n' 'Status: 404 \302\205x\n\n' @end)
  for options in --headers '--headers --status-line' '--headers --as-seen-by nginx' \
    "--body -w %{content_type}%header{x-a}" '--as-seen-by lighttpd' --status-line '--body -D -'; do
    script -qec "$cgi_fcgi --clean-env -e QUERY_STRING='$query' -connect sock $options" /dev/null \
      >shown </dev/null 3>&-
    # Neither a C1 control nor a byte that is no character.
    LC_ALL=C run ! grep $'\302[\200-\237]' shown
    LC_ALL=C run ! grep $'[ :]\200' shown
    LC_ALL=C grep -q '[\]' shown
  done
  # To a file they go as they are.
  timeout 60 "$cgi_fcgi" --clean-env -e QUERY_STRING="$query" -connect sock --headers >raw
  LC_ALL=C grep -q $'\302\2332J' raw
}

# --- -w ----------------------------------------------------------------------------------------

told() {
  local format=$1
  shift
  ask "${usual[@]}" -- -o /dev/null --stderr null -w "$format" "$@"
}

@test "-w tells what curl tells, by the same names" {
  [ "$(told '%{http_code} %{response_code}')" = '404 404' ]
  [ "$(told '%{content_type}|%{num_headers}|%header{set-cookie}|%header{none}')" = 'text/x|3|a=b|' ]
  [ "$(told '%{size_header} %{size_download} %{size_upload}' -d four)" = '58 6 4' ]
  [ "$(told '%{exitcode} %{errormsg}')" = '0 ' ]
  [ "$(told '%{method}' -e REQUEST_METHOD=PUT)" = PUT ]
  [ "$(told '%{remote_ip} %{remote_port}')" = ' 0' ]
  [ "$(told 'a\tb\\nc%%d%e%{')" = $'a\tb\\\\nc%d%e%{' ]
  # One reads no other than the one before, and all of them are numbers of seconds.
  told '%{time_namelookup} %{time_connect} %{time_starttransfer} %{time_total}\n' >times.out
  sed 's/ /\n/g' times.out | sort -c -n
  grep -Ex '([0-9]+\.[0-9]{6} ){3}[0-9]+\.[0-9]{6}' times.out
  [ "$(ask 'Status: 302 x\nLocation: /y\n\n' @end -- --body -w '%{redirect_url}')" = /y ]
  [ "$(ask 'Location: /y\nStatus: 201\n\n' @end -- --body -w '%{redirect_url}')" = '' ]
}

@test "-w tells what FastCGI has besides" {
  [ "$(told '%{app_status} %{protocol_status} %{size_stderr} %{size_stdout}')" = '0 0 6 64' ]
  [ "$(told '%{skipped_records} %{address}')" = '0 sock' ]
  run -252 told '%{protocol_status}\n%{errormsg}' -e QUERY_STRING=end=2
  [[ ${lines[0]} == *OVERLOADED* || ${lines[1]} == *OVERLOADED* ]]
}

@test "-w tells of failures too" {
  run -2 --separate-stderr "$cgi_fcgi" --clean-env -connect nobody.sock \
    -w '%{http_code} %{exitcode} %{errormsg}\n'
  [ "$output" = '000 2 Could not connect to nobody.sock: No such file or directory' ]
  run -22 --separate-stderr told '%{onerror}%{exitcode}' --fail
  [ "$output" = 22 ]
  run -0 told 'x%{onerror}%{exitcode}'
  [ "$output" = x ]
}

@test "-w goes to either stream, and may come from a file" {
  run -0 --separate-stderr told 'one%{stderr}two%{stdout}three'
  [ "$output" = onethree ]
  [ "$stderr" = two ]
  echo '%{http_code}' >format
  [ "$(told @format)" = 404 ]
  run -1 told @nowhere
  [[ $output == *'-w @nowhere: No such file or directory'* ]]
}

@test "-w knows every name of the page, and --json has the keys of the page" {
  local page=$FCGI_SOURCE/man1/cgi-fcgi.1 name count=0
  for name in $(sed -n '/^.Ss -w/,/^.Ss --json/s/^[.]\(It \)*Cm //p' "$page" | tr ', ' '\n'); do
    [ "$name" != and ] || continue
    told "%{$name}" >/dev/null 2>&1
    count=$((count + 1))
  done
  [ "$count" -ge 37 ]
  need_jq
  ask "${usual[@]}" -- --json --body --as-seen-by nginx -q --stderr null | jq -r keys_unsorted[] >keys
  sed -n '/^.Ss --json/,/^.Sh/s/^.It Cm //p' "$page" | tr -d , | tr ' ' '\n' | grep . | cmp - keys
}

@test "-w with a name that is none is refused before anything is sent" {
  run -1 told '%{http_code} %{colour}'
  [[ $output == *'there is no %{colour}'* ]]
}

# --- --json ------------------------------------------------------------------------------------

@test "--json is one object with all about the answer" {
  need_jq
  ask "${usual[@]}" -- --json --stderr null >object
  [ "$(wc -l <object)" -eq 1 ]
  holds '.status == 404 and .appStatus == 0 and .protocolStatus == 0 and .address == "sock" and
    .stderr == "oops\nx" and .error == null and .exitStatus == 0 and .skippedRecords == 0 and
    (has("body") | not) and (.headers | length) == 3 and
    .headers[2] == {"name": "Set-Cookie", "value": "a=b"} and
    .sizes.header == 58 and .sizes.body == 6 and .sizes.stdout == 64 and .sizes.stderr == 6 and
    .sizes.upload == 0 and .sizes.sent > 0 and .sizes.received > 64 and
    .times.resolved <= .times.connected and .times.connected <= .times.firstByte and
    .times.firstByte <= .times.total and .times.sent <= .times.total' object
}

@test "--json with --body holds the body, with -o the file does" {
  need_jq
  ask "${usual[@]}" -- --json --body 2>/dev/null | holds '.body == "hello\n"'
  ask 'A: 1\n\n' '\377x' @end -- --json --body | holds '.body == {"base64": "/3g="}'
  ask "${usual[@]}" -- --json --body -o out 2>/dev/null | holds 'has("body") | not'
  [ "$(<out)" = hello ]
  ask 'A: 1\n' 'no header' @eof @end -- --json --body 2>/dev/null |
    holds '.status == null and .body == "A: 1\nno header" and .headers == []'
}

@test "--json tells of failures, and the exit status stays" {
  need_jq
  run -2 --separate-stderr "$cgi_fcgi" --clean-env -connect nobody.sock --json
  holds '.status == null and .appStatus == null and .times.connected == null and
    .error == "Could not connect to nobody.sock: No such file or directory" and
    .exitStatus == 2' <<<"$output"
  run -253 --separate-stderr ask 'A: 1\n\nhalf' -- --json
  holds '.status == 200 and .appStatus == null and (.error | contains("END_REQUEST")) and
    .exitStatus == 253' <<<"$output"
  run -22 --separate-stderr ask "${usual[@]}" -- --json --fail
  holds '.exitStatus == 22 and (.error | contains("404"))' <<<"$output"
}

# --- --as-seen-by ------------------------------------------------------------------------------

@test "--as-seen-by writes what each server's user would get" {
  for case in apache:200 nginx:302 lighttpd:302 caddy:200 haproxy:302 h2o:200; do
    ask 'Location: /x\nX-A: 1\n\nhello' @eof @end -- --as-seen-by "${case%:*}" >out
    [[ $(head -n 1 out) == "HTTP/1.1 ${case#*:} "* ]]
    grep -i $'^location: /x\r$' out
    [ "$(tail -n 1 out)" = hello ]
    ask 'Location: /x\nX-A: 1\n\nhello' @eof @end -- --as-seen-by "${case%:*}" --body >out
    [ "$(<out)" = hello ]
    ask 'Location: /x\n\nhello' @eof @end -- --as-seen-by "${case%:*}" --headers -D head >out
    cmp out head
    [ "$(ask 'Location: /x\n\n' @end -- --as-seen-by "${case%:*}" --body -w '%{http_code}')" = "${case#*:}" ]
  done
}

@test "--as-seen-by mod_fastcgi follows a Location of its own" {
  run -0 --separate-stderr ask 'Location: /x\n\nhello' @end -- --as-seen-by mod_fastcgi --fail
  [ -z "$output" ]
  [[ $stderr == *'mod_fastcgi would ask itself for /x'* ]]
}

@test "--as-seen-by says why a server answers with a page of its own, and --fail judges it" {
  run -0 --separate-stderr ask 'no header\n' @eof @end -- --as-seen-by nginx
  [[ ${lines[0]} == $'HTTP/1.1 502 Bad Gateway'* ]]
  [[ $stderr == *'error page of its own'*'is no header'* ]]
  run -22 --separate-stderr ask 'no header\n' @eof @end -- --as-seen-by nginx --fail
  [[ $stderr == *'HTTP status 502 as seen by nginx'* ]]
  # Apache takes it for the page.
  run -0 --separate-stderr ask 'no header\n' @eof @end -- --as-seen-by apache --fail
  [[ $output == *'no header' ]]
  # A body that is cut is one, whatever the status.
  run -22 --separate-stderr ask 'Content-Length: 9\n\nhello' @eof @end -- --as-seen-by nginx --fail
  [[ $stderr == *'a body that is cut'* ]]
  # Nobody is there.
  run -2 --separate-stderr "$cgi_fcgi" --clean-env -connect nobody.sock --as-seen-by lighttpd
  [[ $output == 'HTTP/1.1 503 '* ]]
}

@test "--as-seen-by goes on where we would stop, and stops where the server does" {
  # Records of version 2, which lighttpd takes, and of another id.
  for raw in 0206000100050000413a310a0a 0106000200050000413a310a0a; do
    ask "@raw=$raw" hello @end -- --as-seen-by lighttpd >out 2>/dev/null || :
    [[ $(<out) == *$'\r\nA: 1\r\n\r\nhello' ]]
    ask "@raw=$raw" hello @end -- --as-seen-by nginx >out 2>/dev/null || :
    [[ $(<out) == 'HTTP/1.1 502 '* ]]
  done
}

@test "--as-seen-by with --json and -w speaks of the server's answer" {
  need_jq
  ask "${usual[@]}" -- --as-seen-by lighttpd --json --body --stderr null |
    holds '.status == 404 and .seenBy == "lighttpd" and .body == "hello\n" and .cut == false and
      .ownPage == false and .why == null and .redirect == null and
      .headers == [{"name": "Content-Type", "value": "text/x"},
        {"name": "Set-Cookie", "value": "a=b"}]'
  ask 'no header\n' @end -- --as-seen-by nginx --json -q |
    holds '.status == 502 and .ownPage and (.why | type) == "string"'
  ask 'X-Accel-Redirect: /z\n\n' @end -- --as-seen-by nginx --json -q |
    holds '.status == null and .redirect == "/z"'
}

@test "--as-seen-by refuses a server that it does not know, and what no server does" {
  run -1 ask 'A: 1\n\n' @end -- --as-seen-by iis
  [[ $output == *'iis: not one of apache, nginx, lighttpd, caddy, haproxy, h2o, mod_fastcgi'* ]]
  run -1 ask 'A: 1\n\n' @end -- --as-seen-by nginx --multiplex 2
  run -1 ask 'A: 1\n\n' @end -- --as-seen-by nginx --repeat 2 --keep-conn
}

# --- several answers ---------------------------------------------------------------------------

@test "what is told comes behind each of several answers, and -o takes them all" {
  need_jq
  ask 'A: 1\n\nx' @end -- --repeat 3 -w '%{http_code}\n' --body -o out >told
  [ "$(<told)" = $'200\n200\n200' ]
  [ "$(<out)" = xxx ]
  ask 'A: 1\n\nx' @end -- --repeat 3 --json --body | jq -es 'length == 3 and .[2].body == "x"'
  ask 'A: 1\n\nx' @end -- --repeat 2 --as-seen-by nginx --body >out
  [ "$(<out)" = xx ]
}
