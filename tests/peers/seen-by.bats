#!/usr/bin/env bats
# cgi-fcgi --as-seen-by against the real nginx, Apache httpd and lighttpd: every fault of fcgi-echo and
# every oddity of an answer, status, headers and body.  The name of the host says which application is
# asked: the fault's, or "scripted", which sends what the query says.

bats_require_minimum_version 1.5.0
load helper

scripted=$FCGI_BUILD/tests/peers/scripted

list_faults() {
  "$fcgi_echo" --list-faults | sed 's/ .*//'
}

# All of the applications by their names.
hosts() {
  list_faults
  echo scripted
  echo missing
}

write_nginx() {
  cat <<END
# Nothing for the http block.
# In a server block:
location / {
	include fastcgi_params;
	fastcgi_pass unix:$BATS_FILE_TMPDIR/\$host.sock;
	fastcgi_read_timeout 3s;
}
location /internal {
	return 200 "internal";
}
END
}

write_apache2() {
  local host
  echo 'LoadModule proxy_module modules/mod_proxy.so'
  echo 'LoadModule proxy_fcgi_module modules/mod_proxy_fcgi.so'
  # The first one takes what has no name of its own.
  for host in scripted $(hosts); do
    cat <<END
<VirtualHost *>
	ServerName $host
	ProxyPass "/" "unix:$BATS_FILE_TMPDIR/$host.sock|fcgi://$host/" retry=0 timeout=3
</VirtualHost>
END
  done
}

write_lighttpd() {
  local host
  echo 'server.modules = ( "mod_fastcgi" )'
  for host in $(hosts); do
    cat <<END
\$HTTP["host"] == "$host" {
	fastcgi.server = ( "/" => ((
		"socket" => "$BATS_FILE_TMPDIR/$host.sock",
		"check-local" => "disable",
		"fix-root-scriptname" => "enable",
		"disable-time" => 0,
		"read-timeout" => 3,
	)) )
}
END
  done
}

setup_file() {
  local fault web
  for fault in $(list_faults); do
    background "echo-$fault" "$fcgi_echo" -q -l "$BATS_FILE_TMPDIR/$fault.sock" --fault="$fault"
    wait_for test -S "$BATS_FILE_TMPDIR/$fault.sock"
  done
  launch scripted -c "$scripted" -s "$BATS_FILE_TMPDIR/scripted.sock" -N 4
  for web in nginx apache2 lighttpd; do
    command -v "$web" >/dev/null || continue
    "write_$web" >"$BATS_FILE_TMPDIR/$web.config"
    CONFIG=$BATS_FILE_TMPDIR/$web.config start_web "$web" seen
  done
}

teardown_file() {
  stop_peers
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  compared=0
  different=0
}

answers_or_gone() {
  get "$1" / -o /dev/null -H 'Host: scripted' 2>/dev/null || is_gone "$pid"
}

# normal HEAD BODY: the status line and the headers, sorted, without what is the server's own; and
# Content-Length only when it is not the length of the body, which servers count too.
normal() {
  LC_ALL=C awk -v len="$(wc -c <"$2")" '
    { sub(/\r$/, "") }
    NR == 1 { sub(/ *$/, ""); print; next }
    $0 == "" { next }
    { name = tolower($1) }
    name ~ /^(date|server|connection|transfer-encoding|accept-ranges|keep-alive):$/ { next }
    name == "content-length:" && ($2 == len || $2 == 0) { next }
    {
      for (i = ++count; i > 1 && line[i - 1] > $0; i--)
        line[i] = line[i - 1]
      line[i] = $0
    }
    END { for (i = 1; i <= count; i++) print line[i] }' "$1"
}

# ask_web WEB HOST PATH CURL-OPTION...: the answer into web.head and web.body, cut or not.  Fails for
# one that curl finds so odd that it does not show it.
ask_web() {
  local web=$1 host=$2 path=$3 status=0
  shift 3
  : >web.head
  : >web.body
  get "$web-seen" "$path" -H "Host: $host" -H 'Connection: close' --max-time 10 \
    -D web.head -o web.body "$@" 2>/dev/null || status=$?
  [ "$status" -ne 8 ]
}

# ask_us WEB HOST QUERY OPTION...: the same as we see it.
ask_us() {
  local web=$1 host=$2 query=$3
  shift 3
  : >our.head
  : >our.body
  "$cgi_fcgi" --clean-env -e REQUEST_METHOD=GET -e SCRIPT_NAME=/ -e QUERY_STRING="$query" \
    -connect "$BATS_FILE_TMPDIR/$host.sock" --as-seen-by "${web/apache2/apache}" \
    --timeout 3s --body -D our.head "$@" >our.body 2>our.err || :
}

# Says what is different, and counts.  A server's own page is known by its status and type.
compare() {
  local what=$1
  ((++compared))
  normal web.head web.body >web.normal
  normal our.head our.body >our.normal
  if grep -q 'error page of its own' our.err; then
    sed -i '/^[Cc]ontent-[Ll]ength:/d' web.normal
    : >web.body
  fi
  if ! cmp -s web.normal our.normal || ! cmp -s web.body our.body; then
    ((++different))
    {
      echo "--- $what: the server, then we"
      cat -v web.normal
      head -c 300 web.body | cat -v
      echo
      echo "---"
      cat -v our.normal
      head -c 300 our.body | cat -v
      echo
      cat -v our.err
    } >&2
  fi
}

all_the_same() {
  [ "$compared" -ge "$1" ]
  [ "$different" -eq 0 ]
}

fault_is_seen_alike() {
  local web=$1 fault
  need "$web" curl
  for fault in $(list_faults) missing; do
    # There is no end to it, and a limit to what can be compared.
    [ "$fault" != endless ] || continue
    # Apache may be late with the end of its request, and gives up when nobody takes that.
    [ "$web-$fault" != apache2-early-reply ] || continue
    # nginx waits for a close that does not come: its answer is the same, but late and cut.
    [ "$web-$fault" != nginx-keep-open ] || continue
    # Some let both of us wait for all of the time there is.
    ask_web "$web" "$fault" / 3>&- &
    ask_us "$web" "$fault" ''
    wait "$!"
    compare "$fault"
  done
  all_the_same 31
}

# answer WORD...: asks $web and us, and compares.
answer() {
  local query
  query=$(to_query "$@")
  ask_web "$web" scripted "/?$query" || return 0
  ask_us "$web" scripted "$query"
  compare "$*"
}

# whole TEXT: an answer of that text, ended as it should be.
whole() {
  answer "$1" @eof @end
}

headers_are_seen_alike() {
  local text web=$1
  need "$web" curl
  whole 'Content-Type: text/plain\r\n\r\nhello'
  whole 'Location: http://x/y\n\nhello'
  whole 'Location: /y\n\nhello'
  whole 'Location: x\n\nhello'
  whole 'Location: http://a/\nLocation: http://b/\n\nhello'
  whole 'Status: 200 OK\nLocation: http://x/y\n\nhello'
  # A status line in place of a header, in several ways.
  for text in 'HTTP/1.1 404 Nope' 'HTTP/1.0 404 Nope' 'HTTP/1.1 404' 'HTTP/2 404' 'HTTP/1.1' \
    'HTTP/1.1 abc' 'HTTP/1.1 404: x' 'HTTP/1.1  404 x' 'HTTP/1.1 404junk' 'http/1.1 404 x'; do
    whole "$text"'\nX-A: 1\n\nhello'
  done
  whole 'X-A: 1\nHTTP/1.1 404 x\nX-B: 2\n\nhello'
  whole 'HTTP/1.1 404 Nope\nStatus: 201\n\nhello'
  # No header block.
  whole 'hello world\nmore\n'
  whole 'hello: world\nmore: x\n'
  whole 'hello world'
  whole '<p>hello</p>\n\n<p>more</p>'
  whole '\nhello'
  whole '\r\nX-A: 1\r\n\r\nhello'
  # What Status may be.
  for text in abc 0 99 '99 x' 600 '600 x' '999 x' 42 -200 '' '\t404\tx' '2 00' 200junk 299 '299 My' \
    404 '404 ' '404 Nope Nope' '404  x' '  404 x' '404 a  ' '404 a\001b' '200 Fine' 500 503 401; do
    whole "Status:$text"'\nX-A: 1\n\nhello'
    whole "Status: $text"'\n\nhello'
  done
  whole 'Status: 401\nStatus: 202\n\nhello'
  whole 'STATUS: 201 Cr\nlocation: /X\nx-LOW: 1\n\nhello'
  # Those without a body.
  for text in 204 304 205; do
    whole "Status: $text"'\nETag: "x"\nX-A: 1\nContent-Type: text/plain\n\nhello'
    whole "Status: $text"'\n\n'
  done
  # Lines.
  whole 'X-A: 1\n 2\nX-B: 3\n\nhello'
  whole 'X-A: 1\n 2: x\nX-B: 3\n\nhello'
  # With lighttpd curl takes it for a part of the status line.
  [ "$web" = lighttpd ] || whole ' X-A: 1\nX-B: 2\n\nhello'
  whole 'X-A : 1\nX-B: 2\n\nhello'
  whole 'Status : 401\n\nhello'
  whole 'X-A: 1\nTraceback here\nX-B: 2\n\nhello'
  whole 'Content-Type: a/b\nLocation: /x\nX-A: 1\nbad line\n\nhello'
  whole 'X-A: 1\nnocolon\n\nhello'
  whole 'nocolon\nX-A: 1\n\nhello'
  whole ': 1\nX-B: 2\n\nhello'
  whole 'X A: 1\nX-B: 2\n\nhello'
  whole 'X-A:\nX-B: \n\nhello'
  whole 'X-A: 1  \t\nX-B:2\n\nhello'
  whole 'X(A): 1\nX@B: 2\nX_C: 3\nX.D: 4\n\nhello'
  whole '\357\273\277Status: 401\nX-B: 2\n\nhello'
  whole 'X-A: a\000b\nX-B: 2\n\nhello'
  whole 'X-A: a\001b\nX-B: 2\n\nhello'
  whole 'X-A: a\033[1mb\nX-B: 2\n\nhello'
  whole 'X-A: a\177b\nX-B: 2\n\nhello'
  whole 'X-A: a\rb\nX-B: 2\n\nhello'
  whole 'X-A: a\351b\nX-B: 2\n\nhello'
  # Ends of lines, alike and mixed.
  whole 'X-A: 1\r\nX-B: 2\n\r\nhello'
  whole 'X-A: 1\n\r\nhello'
  whole 'X-A: 1\r\n\nhello'
  whole 'X-A: 1\r\rhello'
  # Several of a name.
  whole 'X-A: 1\nX-A: 2\nx-a: 3\nSet-Cookie: a=1\nset-cookie: b=2\n\nhello'
  whole 'Cache-Control: a\nCache-Control: b\nETag: "1"\nETag: "2"\nLink: a\nLink: b\n\nhello'
  # The length, right and wrong.
  whole 'Content-Length: 5\n\nhello'
  whole 'Content-Length: 3\n\nhello'
  whole 'Content-Length: 30\n\nhello'
  whole 'Content-Length: x\n\nhello'
  whole 'Content-Length: -1\n\nhello'
  # What servers keep to themselves.
  whole 'X-Sendfile: /etc/hostname\nX-Z: 1\n\nhello'
  whole 'X-LIGHTTPD-send-file: /etc/hostname\nX-Z: 1\n\nhello'
  whole 'X-Accel-Buffering: no\nX-Accel-Expires: 3\nX-Accel-Charset: utf-8\nX-Pad: 1\n\nhello'
  whole 'Upgrade: h2c\nProxy-Connection: x\nTE: x\nTrailer: x\nX-Z: 1\n\nhello'
  whole 'Content-Type: Text/HTML; Charset=UTF-8\n\nhello'
  whole 'Content-Type:\n\nhello'
  # Sizes.
  for text in 3000 4000 4060 4100 8000 8178 8200 20000 65000 66000; do
    answer 'X-A: ' "@fill=$text" '\nX-B: 2\n\nhello' @eof @end
  done
  answer 'X-A: 1\n\n' @fill=300000 @eof @end
  all_the_same 120
}

ends_are_seen_alike() {
  local head='Status: 201 Cr\nX-B: 2\n\n' web=$1
  need "$web" curl
  answer @reset
  answer 'X-B: 2\n'
  answer 'X-B: 2\n' @reset
  answer 'hello world\n'
  answer "$head"
  answer "$head" @reset
  answer "${head}hello"
  answer "${head}hello" @eof
  answer "$head" hello
  answer "$head" @end
  answer "$head" @eof @end
  answer "${head}hello" @end
  answer 'X-B: 2\n' @end
  answer 'X-B: 2\n' @eof @end
  answer 'X-B: 2\n' @eof
  answer 'X-B: 2\n' 'X-C: 4\n' @eof @end
  answer @eof @end
  answer @end
  answer @end=2
  answer @eof @end=1
  answer "${head}hello" @eof @end=3
  answer @err=68 @eof @end
  answer @err=68 "${head}hello" @eof @end
  answer @end "${head}hello" @eof
  answer "$head" @end hello @eof
  answer "${head}hello" @eof more @end
  # Records that are cut, in the header block and behind it.
  answer @raw=0106000100640000582d423a20320a
  answer @raw=010600010064000053746174 us
  answer "$head" @raw=010600010064000068656c6c6f
  answer @raw=0106000100640000582d413a20310a0a68656c6c6f
  answer @raw=0106
  answer "${head}hello" @raw=0103
  # Records of another id, version and type before the answer.
  answer @raw=01060002000800007a7a7a7a7a7a7a7a "${head}hello" @eof @end
  answer @raw=02070001000800007a7a7a7a7a7a7a7a "${head}hello" @eof @end
  answer @raw=012a0001000800007a7a7a7a7a7a7a7a "${head}hello" @eof @end
  answer @raw=010b0000000800002a00000000000000 "${head}hello" @eof @end
  # END_REQUEST of a wrong length.
  answer "${head}hello" @eof @raw=010300010004040000000000
  answer @raw=0103000100000000
  all_the_same 37
}

redirect_is_known() {
  need "$1" curl
  ask_web "$1" scripted "/?$(to_query 'X-Accel-Redirect: /internal\n\nhello' @eof @end)"
  ask_us "$1" scripted "$(to_query 'X-Accel-Redirect: /internal\n\nhello' @eof @end)"
}

@test "nginx: every fault" {
  fault_is_seen_alike nginx
}

@test "nginx: every oddity of a header block" {
  headers_are_seen_alike nginx
}

@test "nginx: every way an answer can end" {
  ends_are_seen_alike nginx
}

@test "nginx: X-Accel-Redirect is followed" {
  redirect_is_known nginx
  [ "$(<web.body)" = internal ]
  [ ! -s our.head ]
  grep 'would ask itself for /internal' our.err
}

@test "Apache mod_proxy_fcgi: every fault" {
  fault_is_seen_alike apache2
}

@test "Apache mod_proxy_fcgi: every oddity of a header block" {
  headers_are_seen_alike apache2
}

@test "Apache mod_proxy_fcgi: every way an answer can end" {
  ends_are_seen_alike apache2
}

@test "lighttpd: every fault" {
  fault_is_seen_alike lighttpd
}

@test "lighttpd: every oddity of a header block" {
  headers_are_seen_alike lighttpd
}

@test "lighttpd: every way an answer can end" {
  ends_are_seen_alike lighttpd
}
