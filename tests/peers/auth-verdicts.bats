#!/usr/bin/env bats
# fcgi-auth-test --verdict against the real Apache httpd (mod_authnz_fcgi, mod_fcgid), lighttpd and
# nginx: every reply that an authorizer may give, right or wrong, is given to the server and to us.
# Who is let in, with what status, which headers of the reply reach the user and how much of its
# body has to be the same.  mod_fastcgi cannot be run with httpd 2.4; its column is tested in
# tests/unit/auth_verdict.c as its source has it.

bats_require_minimum_version 1.5.0
load auth

fcgi_auth_test=$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test

# The replies that servers are known to disagree about: NAME FAULTS TEXT, each an fcgi-echo.
each_reply() {
  "$@" grants '' 'Status: 200 OK\nVariable-ECHO_USER: foo\n\n'
  "$@" no-status '' 'X-A: 1\n\n'
  "$@" no-status-but-challenge '' 'WWW-Authenticate: Basic realm="app"\nX-A: 1\n\n'
  "$@" empty-line-first '' '\nStatus: 401\n\n'
  "$@" empty-stdout '' ''
  "$@" end-alone empty ''
  "$@" stderr-alone stderr-only 'Status: 200\n\n'
  "$@" overloaded overloaded ''
  "$@" unknown-role unknown-role ''
  "$@" never-terminated '' 'Status: 200\n'
  "$@" malformed-line '' 'Content-Type: text/plain\nTraceback (most recent call last)\n\n'
  "$@" malformed-name '' 'Content-Type: text/plain\nTraceback (most recent call last):\n\n'
  "$@" one-word '' 'Content-Type: text/plain\nTraceback\n\n'
  "$@" text '' 'Some text\n'
  "$@" text-without-end '' 'Some text'
  "$@" byte-order-mark '' '\xef\xbb\xbfStatus: 401\n\n'
  "$@" blank-before-colon '' 'Status : 401\n\n'
  "$@" http-line '' 'HTTP/1.1 401 Unauthorized\n\n'
  "$@" status-0 '' 'Status: 0\nVariable-ECHO_USER: foo\n\nbody'
  "$@" status-abc '' 'Status: abc\nVariable-ECHO_USER: foo\n\nbody'
  "$@" status-200junk '' 'Status: 200junk\nVariable-ECHO_USER: foo\n\n'
  "$@" status-201 '' 'Status: 201\n\nbody'
  "$@" status-204 '' 'Status: 204\n\n'
  "$@" status-twice '' 'Status: 401\nStatus: 200\nVariable-ECHO_USER: foo\n\n'
  "$@" redirect '' 'Status: 302\nLocation: http://x/login\n\n'
  "$@" location-alone '' 'Location: http://x/login\nVariable-ECHO_USER: foo\n\n'
  "$@" grants-overloaded late-overloaded 'Status: 200\nVariable-ECHO_USER: foo\n\n'
  "$@" grants-with-app-status app-status 'Status: 200\nVariable-ECHO_USER: foo\n\n'
  "$@" grants-without-end no-end 'Status: 200\nVariable-ECHO_USER: foo\n\n'
  "$@" closed-without-a-byte empty,no-end ''
  "$@" refuses '' 'Status: 401\nWWW-Authenticate: Basic realm="app"\nX-A: 1\n\nbody'
}

add_reply() {
  printf '%b' "$3" >"$BATS_FILE_TMPDIR/$1.answer"
  if [ -n "$2" ]; then
    set -- "$1" --fault="$2"
  else
    set -- "$1"
  fi
  add_application "$1" "$fcgi_echo" -q --answer "$BATS_FILE_TMPDIR/$1.answer" "${@:2}"
}

setup_file() {
  APP_INSTANCES=4 add_application scripted "$scripted"
  each_reply add_reply
  echo wonder >"$BATS_FILE_TMPDIR/password"
  background print "$fcgi_echo" -q -l "$BATS_FILE_TMPDIR/print.sock"
  wait_for test -S "$BATS_FILE_TMPDIR/print.sock"
  start_auth_servers
}

teardown_file() {
  stop_peers
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  compared=0
  different=0
}

# at PLACE: how the server is asked there, and how we are: web, path, as, server, options; and what
# becomes of a user whom the next module is asked about: in or out.
at() {
  place=$1 path=/$1/page.txt web=apache2 as=(-u alice:wonder) server=mod_authnz_fcgi next=in
  options=(-u alice --password-file "$BATS_FILE_TMPDIR/password")
  case $place in
  authn) options+=(-p authenticator) ;;
  authz) options+=(-p authorizer) ;;
  authnz) options+=(-p authnz) ;;
  check*)
    server=mod_authnz_fcgi-check
    options+=(-p check)
    case $place in
    check-off) options+=(--authoritative off) ;;
    check-off-unknown) options+=(--authoritative off) path=/check-off/page.txt ;;
    check-open) options=(-p check --user-expr '' --default-user somebody) as=() ;;
    check-user) options=(-p check --user-expr '%{reqenv:ECHO_USER}') as=() ;;
    esac
    ;;
  fcgid-*)
    server=mod_fcgid
    options+=(-D mod_fcgid)
    case $place in
    *authn*) options+=(-p authenticator) ;;
    *authz*) options+=(-p authorizer) ;;
    *access*) options+=(-p access-checker) ;;
    esac
    [[ $place != *-off* ]] || options+=(--authoritative off)
    path=/${place%-unknown}/page.txt
    ;;
  lighttpd) web=lighttpd server=lighttpd path=/page.txt options+=(-D lighttpd) ;;
  nginx)
    web=nginx server=nginx-auth-request path=/plain/page.txt
    options+=(-D nginx-auth-request)
    ;;
  esac
  if [[ $place == *-unknown ]]; then
    as=(-u bob:wrong)
    next=out
  fi
  need "$web" curl jq
  [ "$server" != mod_fcgid ] || [ -e /usr/lib/apache2/modules/mod_fcgid.so ] ||
    skip 'mod_fcgid is missing'
}

# What of the headers can be compared: not the server's own.
some_headers() {
  tr '[:upper:]' '[:lower:]' |
    grep -E '^(x-[ab]|set-cookie|location|www-authenticate|variable-[^:]*):' |
    grep -v 'realm="private"' | LC_ALL=C sort
}

# What the user of the server gets: "in STATUS" with the page, "out STATUS" without, and "STATUS"
# alone where there is no body that could tell; the headers; the length of the body.
ask_server() {
  local app=$1 query=$2 status
  : >their.head
  : >body
  ask "$web" "$app" "$path${query:+?$query}" "${as[@]}" -D their.head -o body --max-time 30 \
    2>curl.err || :
  status=$(sed -n 's|^HTTP/[0-9.]* \([0-9]*\).*|\1|p' their.head | tail -n 1)
  case ${status:-none} in
  1?? | 204 | 304) echo "$status" ;;
  *) if grep -q secret-page body; then echo "in $status"; else echo "out ${status:-none}"; fi ;;
  esac >theirs
  tr -d '\r' <their.head | some_headers >theirs.headers || :
  if grep -qiE '<html|<!doctype|<\?xml|secret-page' body; then
    echo 0
  else
    wc -c <body
  fi >theirs.len
}

# The same as we see it.
ask_us() {
  local app=$1 query=$2 decision status len
  "$fcgi_auth_test" "${options[@]}" --verdict all --no-probes --show-secrets --format jsonl \
    -r "GET $path${query:+?$query}" "$(application_addr "$app")" >our.json 2>our.err || :
  jq -r --arg server "$server" '.verdicts[$server] |
    "\(.decision) \(.status // "none") \(.body_bytes)", (.headers[] | "\(.name): \(.value)")' \
    our.json >our.verdict
  read -r decision status len <our.verdict
  case $decision-$next-$status in
  next-out-*) echo 'out 401' ;;
  *-1?? | *-204 | *-304) echo "$status" ;;
  allow-* | next-in-*) echo "in $status" ;;
  *) echo "out $status" ;;
  esac >ours
  tail -n +2 our.verdict | some_headers >ours.headers || :
  echo "$len" >ours.len
  echo "$decision" >our.decision
  [ -n "$decision" ]
}

# Headers and body of an answer of the next module's own say nothing about us.
differs() {
  cmp -s theirs ours || return 0
  [ "$(<our.decision)" != next ] || [ "$next" = in ] || return 1
  cmp -s theirs.headers ours.headers || return 0
  [[ $(<ours) == out* ]] || return 1
  ! cmp -s theirs.len ours.len
}

# compare APP QUERY: and says what is different.
compare() {
  ask_server "$1" "$2"
  ask_us "$1" "$2"
  ((++compared))
  if differs; then
    ((++different))
    {
      echo "--- $place, $1 $2: the server, then we"
      cat theirs theirs.headers theirs.len
      echo ---
      cat ours ours.headers ours.len our.err
      jq -r --arg server "$server" '.verdicts[$server].why' our.json
    } >&2
  fi
}

compare_reply() {
  compare "$1" ''
}

# answer WORD...: of the scripted application.
answer() {
  compare scripted "$(to_query "$@")"
}

whole() {
  answer "$1" @eof @end
}

all_the_same() {
  echo "$compared replies" >&2
  [ "$compared" -ge "$1" ]
  [ "$different" -eq 0 ]
}

judged_alike() {
  at "$1"
  each_reply compare_reply
  all_the_same 31
}

# Whatever else a header block may hold.
headers_judged_alike() {
  local text
  at "$1"
  for text in 100 103 150 200 299 304 400 401 403 404 405 500 503 599 600 999 42 -2 '' ' ' 20 2000 \
    '401 No' '401  No' '401	No' 401No '+200' '0200'; do
    whole "Status: $text"'\nX-A: 1\nVariable-ECHO_USER: foo\n\n'
  done
  whole 'Status:401\nX-A: 1\n\nbody'
  whole 'STATUS: 403\nx-a: 1\n\nbody'
  whole 'Status: 200\nStatus: 401\nX-A: 1\n\n'
  whole 'Status: 103\n\nStatus: 401\n\n'
  whole 'Status: 103\nX-A: 1\n\nStatus: 103\n\nX-A: 2\n\n'
  whole 'X-A: 1\nStatus: 401\nX-B: 2\nSet-Cookie: c=d\nVariable-Z: 1\n\nbody'
  whole 'Status: 401\nWWW-Authenticate: Bearer realm="app"\nX-A: 1\n\nbody'
  whole 'Status: 401\nSet-Cookie: a=1\nSet-Cookie: b=2\nX-A: 1\nX-A: 2\nx-a: 3\n\n'
  whole 'Status: 200\nSet-Cookie: a=1\nSet-Cookie: b=2\nX-A: 1\nX-A: 2\nVariable-ECHO_USER: foo\n\n'
  whole 'Status: 200\nVariable-ECHO_USER: a\nVariable-Echo_User: b\n\n'
  whole 'Status: 200\nVariable-ECHO_USER:\n\n'
  whole 'Status: 200\nVariable-: x\nVariable-ECHO_USER: foo\n\n'
  # Redirections.
  whole 'Status: 302\nX-A: 1\n\nno location'
  whole 'Status: 301\nLocation: /relative\n\nbody'
  whole 'Status: 201\nLocation: /x\n\nmade'
  whole 'Status: 403\nLocation: http://a/b\n\nbody'
  whole 'Status: 401\nX-Accel-Redirect: /plain/page.txt\n\n'
  whole 'Status: 200\nX-Accel-Redirect: nowhere\n\n'
  # Bodies: what httpd takes for a URL, and what it keeps.
  whole 'Status: 403\n\nDenied: no password\n'
  whole 'Status: 404\n\nDenied, no password\n'
  whole 'Status: 403\n\nhttp://x/y'
  whole 'Status: 403\n\nab\000cd'
  answer 'Status: 403\n\n' body @eof @end
  answer 'Status: 403\nX-A: 1\n\nb' @fill=9000 @eof @end
  # Names, values and lines.
  whole 'Status: 200\nX A: 1\nVariable-ECHO_USER: foo\n\n'
  whole 'Status: 200\nVariable-A B: 1\nVariable-ECHO_USER: foo\n\n'
  whole 'Status: 200\nX-A: a\001b\nVariable-ECHO_USER: foo\n\n'
  whole 'Status: 401\nX-A: a\001b\n\n'
  whole 'Status: 200\nVariable-B: a\001b\nVariable-ECHO_USER: foo\n\n'
  whole 'Status: 200\nVariable-B: a\000b\nVariable-ECHO_USER: foo\n\n'
  whole 'Status: 401\nX-A: a\n b\n\n'
  whole 'Status: 200\nX-A: a\nb\nVariable-ECHO_USER: foo\n\n'
  whole ': 1\nStatus: 401\n\n'
  whole 'HTTP/1.1 200 OK\nStatus: 401\n\n'
  whole 'HTTP/1.1\n\n'
  whole 'Status: 200\r\nVariable-ECHO_USER: foo\r\n\r\n'
  whole 'Status: 401\nX-A: 1\n\r\n'
  whole 'Status: 401\r\rbody'
  answer 'Sta' 'tus: 200\nVariable-ECHO_USER: foo\n' '\n' @eof @end
  # Sizes.
  answer 'X-B: ' @fill=5000 '\nStatus: 401\n\n' @eof @end
  answer 'Status: 200\nX-Long: ' @fill=5000 '\nVariable-ECHO_USER: foo\n\n' @eof @end
  # mod_authnz_fcgi makes a body of the remains.
  [ "$place" = check ] || answer 'X-B: ' @fill=66000 '\nStatus: 401\n\n' @eof @end
  all_the_same 69
}

ends_judged_alike() {
  at "$1"
  answer 'Status: 401\nX-A: 1\n\nbody'
  answer 'Status: 401\nX-A: 1\n\n'
  answer 'Status: 401\nX-A: 1\n'
  answer 'Status: 401\nX-A: 1\n\nbody' @reset
  answer 'Status: 200\nVariable-ECHO_USER: foo\n\n' @eof
  answer 'Status: 200\nVariable-ECHO_USER: foo\n\nbody'
  answer 'X-A: 1\n\nbody'
  answer @eof 'Status: 200\nVariable-ECHO_USER: foo\n\n' @end
  answer @end 'Status: 200\n\n'
  answer @raw=48545450
  answer @raw=485454502f312e3120323030204f4b0d0a0d0a
  # Records of another id, version and type, and an END_REQUEST that is too short.
  answer @raw=01060002000f00005374617475733a203430310a0a4142 'Status: 200\n\n' @eof @end
  answer @raw=02060001000f00005374617475733a203230300a0a4142 @eof @end
  answer @raw=012a0001000800007a7a7a7a7a7a7a7a 'Status: 200\nVariable-ECHO_USER: foo\n\n' @eof @end
  answer 'Status: 200\nVariable-ECHO_USER: foo\n\n' @eof @raw=010300010004040000000000
  answer 'Status: 401\nX-A: 1\n\nbody' @eof @end=3
  all_the_same 16
}

@test "mod_authnz_fcgi as AuthBasicProvider: the table of replies" {
  judged_alike authn
}

@test "mod_authnz_fcgi as AuthBasicProvider: header blocks" {
  headers_judged_alike authn
}

@test "mod_authnz_fcgi as AuthBasicProvider: how a reply can end" {
  ends_judged_alike authn
}

@test "mod_authnz_fcgi in Require: the table of replies" {
  judged_alike authz
}

@test "mod_authnz_fcgi as both: the table of replies" {
  judged_alike authnz
}

@test "mod_authnz_fcgi as AuthnzFcgiCheckAuthnProvider: the table of replies" {
  judged_alike check
}

@test "mod_authnz_fcgi as AuthnzFcgiCheckAuthnProvider: header blocks" {
  headers_judged_alike check
}

@test "mod_authnz_fcgi as AuthnzFcgiCheckAuthnProvider: how a reply can end" {
  ends_judged_alike check
}

@test "AuthnzFcgiCheckAuthnProvider with Authoritative Off: the table of replies" {
  judged_alike check-off
}

@test "AuthnzFcgiCheckAuthnProvider with Authoritative Off, for whom the next module refuses" {
  judged_alike check-off-unknown
}

@test "AuthnzFcgiCheckAuthnProvider with Authoritative Off: header blocks" {
  headers_judged_alike check-off
}

@test "AuthnzFcgiCheckAuthnProvider with RequireBasicAuth Off and DefaultUser" {
  judged_alike check-open
}

@test "AuthnzFcgiCheckAuthnProvider with RequireBasicAuth Off and UserExpr" {
  judged_alike check-user
}

@test "mod_fcgid as authenticator: the table of replies" {
  judged_alike fcgid-authn
}

@test "mod_fcgid as authenticator: header blocks" {
  headers_judged_alike fcgid-authn
}

@test "mod_fcgid as authenticator: how a reply can end" {
  ends_judged_alike fcgid-authn
}

@test "mod_fcgid as authorizer: the table of replies" {
  judged_alike fcgid-authz
}

@test "mod_fcgid as access checker: the table of replies" {
  judged_alike fcgid-access
}

@test "mod_fcgid, not authoritative: the table of replies" {
  judged_alike fcgid-authn-off
  judged_alike fcgid-access-off
}

@test "mod_fcgid, not authoritative, for whom the next module refuses" {
  judged_alike fcgid-authn-off-unknown
}

@test "lighttpd: the table of replies" {
  judged_alike lighttpd
}

@test "lighttpd: header blocks" {
  headers_judged_alike lighttpd
}

@test "lighttpd: how a reply can end" {
  ends_judged_alike lighttpd
}

@test "nginx: the table of replies" {
  judged_alike nginx
}

@test "nginx: header blocks" {
  headers_judged_alike nginx
}

@test "nginx: how a reply can end" {
  ends_judged_alike nginx
}

# variables_alike PLACE PATH: the page at PATH prints what the application behind the server gets.
variables_alike() {
  local names='ECHO_USER|AB|LOWER|lower|X_A|X-A|A_B|EMPTY' query
  at "$1"
  query=$(to_query 'Status: 200\nX-A: 1\nVariable-ECHO_USER: foo\nVariable-AB: a b=c\n' \
    'variable-lower: x\nVariable-AB: again\nVariable-EMPTY:\n\n' @eof @end)
  ask "$web" scripted "$2?$query" "${as[@]}" -o body --max-time 30
  tr -d '\r' <body | grep -E "^($names)=" | LC_ALL=C sort >theirs
  ask_us scripted "$query"
  jq -r --arg server "$server" '.verdicts[$server].variables[] | "\(.name)=\(.value)"' our.json |
    LC_ALL=C sort >ours
  diff theirs ours >&2
  [ "$(wc -l <ours)" -eq 4 ]
}

@test "mod_authnz_fcgi: the variables that get through" {
  variables_alike authn /authn/print.cgi
  variables_alike authz /authz/print.cgi
  variables_alike check /check/print.cgi
}

@test "mod_fcgid: the variables that get through" {
  variables_alike fcgid-authn /fcgid-authn/print.cgi
}

@test "lighttpd: the variables that get through" {
  variables_alike lighttpd /env
}

@test "nginx: the variables that get through" {
  local query
  at nginx
  query=$(to_query 'Status: 200\nVariable-ECHO_USER: foo\nVariable-ECHO_USER: bar\n\n' @eof @end)
  ask_server scripted "$query"
  ask_us scripted "$query"
  [ "$(sed -n 's/^X-Echo-User: \([^\r]*\)\r*$/\1/p' their.head)" = "$(jq -r '
    .verdicts["nginx-auth-request"].variables[] |
    select(.name == "upstream_http_variable_echo_user") | .value' our.json)" ]
}
