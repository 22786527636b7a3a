# What the tests of the presets share: the same request goes through a real web server to an
# fcgi-echo that logs what it gets, and to cgi-fcgi -n.

load helper

log=$BATS_FILE_TMPDIR/env.log
docroot=$BATS_FILE_TMPDIR/docroot

# What cannot be known without the server, of SERVER_SOFTWARE only the versions.  cgi-fcgi(1) has the
# same list under PRESETS.
unknown=(REMOTE_PORT PATH SERVER_SOFTWARE SERVER_SIGNATURE SSL_PROTOCOL SSL_CIPHER
  SSL_CIPHER_USEKEYSIZE SSL_CIPHER_ALGKEYSIZE)

# The application; its address is in the file app.addr.
start_recorder() {
  mkfifo "$BATS_FILE_TMPDIR/recorder.fifo"
  "$fcgi_echo" -l 127.0.0.1:0 --print-addr --show-secrets --log-env "$log" \
    >"$BATS_FILE_TMPDIR/recorder.fifo" 2>"$BATS_FILE_TMPDIR/recorder.err" </dev/null 3>&- &
  echo "$!" >"$BATS_FILE_TMPDIR/recorder.pids"
  read -r -t 60 app_addr <"$BATS_FILE_TMPDIR/recorder.fifo"
  echo "$app_addr" >"$BATS_FILE_TMPDIR/app.addr"
}

# The files that servers look for before they ask the application.
make_docroot() {
  mkdir -p "$docroot/dir"
  for file in app.php index.php dir/index.php; do
    echo '<?php' >"$docroot/$file"
  done
  echo secret >"$BATS_FILE_TMPDIR/password"
}

serves_or_gone() {
  curl -sS -o /dev/null "http://127.0.0.1:$1/" 2>/dev/null || is_gone "$pid"
}

# is_taken PORT: somebody listens there.
is_taken() {
  (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# start_server NAME [VARIABLE=VALUE...]: NAME.sh DIR PORT APP DOCROOT; its port, drawn by lot, is in
# the file NAME.port, and that for https is one more.
start_server() {
  local name=$1 dir=$BATS_FILE_TMPDIR/$1 port tries
  shift
  for ((tries = 0; tries < 10; tries++)); do
    rm -rf "$dir"
    mkdir "$dir"
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 6000 * 2))
    # A server that waits for its port would be taken for the one that has it.
    ! is_taken "$port" && ! is_taken $((port + 1)) || continue
    background "$name" env "$@" sh "$peers/$name.sh" "$dir" "$port" \
      "$(<"$BATS_FILE_TMPDIR/app.addr")" "$docroot"
    wait_for serves_or_gone "$port"
    is_gone "$pid" && continue
    echo "$port" >"$BATS_FILE_TMPDIR/$name.port"
    return 0
  done
  cat "$BATS_FILE_TMPDIR/$name.out" "$dir/log" >&2
  return 1
}

# A key and a certificate for https, in the files tls.pem and tls.key.
make_certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=www.example.test \
    -keyout "$BATS_FILE_TMPDIR/tls.key" -out "$BATS_FILE_TMPDIR/tls.crt" 2>/dev/null
  cat "$BATS_FILE_TMPDIR/tls.key" "$BATS_FILE_TMPDIR/tls.crt" >"$BATS_FILE_TMPDIR/tls.pem"
}

# Puts a "?" for what cannot be known.
hide_unknown() {
  local names
  names=$(IFS='|' && echo "${unknown[*]}")
  sed -E "/^\[\"SERVER_SOFTWARE\",/ { s|/[0-9][^\"]*|/?|; b
}; s/^\[\"($names)\",.*/[\"\1\",?]/"
}

# One pair a line.
pairs() {
  jq -c '.[]' | hide_unknown
}

# serve URL OPTION...: has curl ask for it, with the options of cgi-fcgi.
serve() {
  local url=$1 options=() host port
  shift
  while [ $# -gt 0 ]; do
    case $1 in
    -u) options+=(-u "$2:secret") && shift ;;
    -X) if [ "$2" = HEAD ]; then options+=(--head); else options+=(-X "$2"); fi && shift ;;
    --only-ours) shift ;;
    *) options+=("$1") ;;
    esac
    shift
  done
  host=${url#*://} host=${host%%[/?]*} port=${host##*:} host=${host%:*}
  curl -sS -g -k --http1.1 -o /dev/null --max-time 60 --path-as-is -A '' -H Accept: \
    --resolve "$host:$port:127.0.0.1" "${options[@]}" "$url"
}

# The same for cgi-fcgi -n: ours PRESET URL OPTION...; app_addr is where the application is, when
# that is not in app.addr.
ours() {
  local preset=$1 url=$2 app=${app_addr:-$(<"$BATS_FILE_TMPDIR/app.addr")} options=()
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
    -u) options+=(--password-file "$BATS_FILE_TMPDIR/password" -u) ;;
    --only-ours) ;;
    *) options+=("$1") ;;
    esac
    shift
  done
  "$cgi_fcgi" -n --print-format json --as "$preset" ${docroot:+--docroot "$docroot"} \
    -connect "$app" --url "$url" "${options[@]}"
}

# same PRESET URL OPTION...: the application gets from the server what cgi-fcgi says; an option
# behind --only-ours is not for curl.
same() {
  local preset=$1 url=$2 before
  shift
  before=$(wc -l <"$log")
  serve "$@"
  [ "$(wc -l <"$log")" -eq "$((before + 1))" ] || {
    echo "the server did not ask the application: $*" >&2
    return 1
  }
  tail -n 1 "$log" | pairs >theirs
  ours "$preset" "$@" | pairs >ours
  [ -s ours ]
  diff -u theirs ours || {
    echo "differs: $*" >&2
    return 1
  }
}

# refused PRESET URL OPTION...: the server refuses it, and cgi-fcgi says so.
refused() {
  local preset=$1 before
  shift
  before=$(wc -l <"$log")
  serve "$@"
  [ "$(wc -l <"$log")" -eq "$before" ]
  run -1 ours "$preset" "$@"
  [[ $output == *'the server refuses'* ]]
}

# What every server is asked; the test has set preset, site and port.

# check PATH OPTION...
check() {
  same "$preset" "http://$site:$port$1" "${@:2}"
}

check_path_info_and_query() {
  check '/app.php/ex%20tra/p.i?x=1&y=%20z'
  check '/app.php'
  check '/app.php/'
  check '/app.php?'
  check '/app.php?a?b'
  check '/app.php/x.php/y?q+r=%26'
}

check_methods_and_bodies() {
  check /app.php -X HEAD
  check /app.php -X OPTIONS
  check /app.php -X DELETE
  check /app.php -d 'name=value'
  check /app.php/p -X PUT -H 'Content-Type: text/plain' -d 12
  check /app.php -d ''
  check /app.php -X POST -H 'Content-Type;' -d 1
  check /app.php -d chunked -H 'Transfer-Encoding: chunked'
  check /app.php -H 'Content-Type: on/GET'
}

check_basic() {
  check /app.php -u foo
  check /app.php -u 'a b'
  check /app.php -H 'Authorization: Basic Zm9vOmJhcg=='
  check /app.php -H 'Authorization: basic Zm9vOmJhcg=='
  check /app.php -H 'Authorization: Basic !'
  check /app.php -H 'Authorization: Bearer token'
}

check_headers() {
  check /app.php -H 'X-Foo: one' -H 'Y: 1' -H 'x-foo: two' -H 'X-Foo;' -H 'X-FOO: four'
  check /app.php -H 'Cookie: a=b' -H 'Cookie: c=d; e=f'
  check /app.php -H 'Accept: a/b' -H 'Accept: c/d, e/f'
  check /app.php -H 'X-Empty;' -H 'User-Agent: me/1'
  check /app.php -H 'X_Under: us' -H 'X.Dot: dot' -H 'X!Odd~: odd' -H '1: digit' -H '-: hyphen'
  check /app.php -H 'X-A: 1' -H 'X_A: 2' -H 'X.A: 3'
  check /app.php -H 'Proxy: http://evil.test/'
  check /app.php -H 'Proxy-Authorization: Basic Zm9v' -H 'Proxy-Connection: close'
  check /app.php -H 'Connection: close' -H 'TE: trailers' -H 'Keep-Alive: 5' -H 'Upgrade: x'
  check /app.php -H 'Https: on' -H 'Remote-User: root' -H 'Content-Language: de'
  check /app.php -H $'X-Utf: caf\xc3\xa9' -H 'X-Quote: "a"\b'
}

check_hosts() {
  check /app.php -H "Host: WWW.Example.test:$port"
  check /app.php -H 'Host: other.example.test.'
  check /app.php -H 'Host: 127.0.0.1:80'
  check /app.php -H 'Host: [::1]:8080'
}

check_absolute_form() {
  check /app.php --request-target "http://$site:$port/app.php/p%20i?q=1"
  check /app.php --request-target "HTTP://$site:$port/app.php"
}

check_https() {
  [ -e "$BATS_FILE_TMPDIR/tls.pem" ] || skip 'openssl is missing'
  same "$preset" "https://$site:$((port + 1))/app.php/p?x"
}
