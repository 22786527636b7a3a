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

# The lists of replies, a row "APPLICATION LABEL QUERY" each, parted by tabs: the table above is
# each an fcgi-echo, which is not asked for a query; the others are up to the scripted application.
list_reply() {
  printf '%b' "$3" >"$BATS_FILE_TMPDIR/$1.answer"
  # fcgistarter has an eye on each for a while.
  add_application "$1" "$fcgi_echo" -q --answer "$BATS_FILE_TMPDIR/$1.answer" \
    ${2:+"--fault=$2"} &
  starting+=($!)
  printf '%s\t%s\t\n' "$1" "$1" >>"$BATS_FILE_TMPDIR/table"
}

# answer WORD...: of the scripted application, a row on standard output.
answer() {
  local label=$*
  printf 'scripted\t%s\t%s\n' "${label//$'\t'/\\t}" "$(to_query "$@")"
}

whole() {
  answer "$1" @eof @end
}

# Whatever else a header block may hold.
list_headers() {
  local text
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
  answer 'X-B: ' @fill=66000 '\nStatus: 401\n\n' @eof @end
}

# so_large SIZE: a header block of so many bytes, of one long line and of many short ones.
so_large() {
  local count=$((($1 - 40) / 16))
  answer 'Status: 401\nX-Long: ' "@fill=$(($1 - 22))" '\n\nbody' @eof @end
  answer 'Status: 401\n' "@lines=$count" 'X-Fit: ' "@fill=$(($1 - 21 - 16 * count))" '\n\nbody' \
    @eof @end
  answer "@lines=$count" 'X-Fit: ' "@fill=$(($1 - 21 - 16 * count))" '\nStatus: 200\n\n' @eof @end
}

# Large header blocks, and many headers.
list_sizes() {
  local size
  for size in 4000 8192 16384 65535 65536 66560 131072; do
    so_large "$size"
  done
  for size in 999 1000 1001 5000 8180 8200 9990; do
    answer 'Status: 401\n' "@lines=$size" '\n' @eof @end
    answer "@lines=$size" 'Status: 200\n\n' @eof @end
  done
  # So short that nginx has room for a thousand, and lighttpd for more lines than it counts.
  for size in 1001 8188 8189 9990; do
    answer 'Status: 401\n' "@short=$size" '\n' @eof @end
    answer 'Status: 200\n' "@short=$size" '\n' @eof @end
  done
}

# How an answer may end.
list_ends() {
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
}

setup_file() {
  local starting=() pid
  APP_INSTANCES=4 add_application scripted "$scripted"
  each_reply list_reply
  list_headers >"$BATS_FILE_TMPDIR/headers"
  list_ends >"$BATS_FILE_TMPDIR/ends"
  list_sizes >"$BATS_FILE_TMPDIR/sizes"
  for pid in "${starting[@]}"; do
    wait "$pid"
  done
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

# What the server made of each reply and what we do, row by row, from the files that judged_alike
# has written.  Says what is different, and how many were compared.
#
# Of the user's side that is "in STATUS" with the page, "out STATUS" without, and "STATUS" alone
# where there is no body that could tell; the headers that are not the server's own; and the length
# of the body, 0 for a page.  Headers and body of an answer of the next module's own say nothing
# about us.
# shellcheck disable=SC2016 # awk's
compare='
function outcome(is_in, status) {
  if (status ~ /^(1..|204|304)$/)
    return status
  return (is_in ? "in " : "out ") status
}
# The headers come in any order.
function add(headers, row, line,    list, n, i, text) {
  line = tolower(line)
  if (line !~ /^(x-[ab]|set-cookie|location|www-authenticate|variable-[^:]*):/ ||
      line ~ /realm="private"/)
    return
  n = split(headers[row], list, "\n")
  for (i = 1; i < n && list[i] <= line; i++)
    text = text list[i] "\n"
  text = text line "\n"
  for (; i < n; i++)
    text = text list[i] "\n"
  headers[row] = text
}
function differs(row) {
  if (theirs[row] != ours[row])
    return 1
  if (decision[row] == "next" && next_module == "out")
    return 0
  if (their_headers[row] != our_headers[row])
    return 1
  return ours[row] ~ /^out/ && their_len[row] != our_len[row]
}
FILENAME == "rows" { name[++count] = $0 }
FILENAME == "their.pages" { has_page[$1 + 0] = 1 }
FILENAME == "their.html" { is_html[$1 + 0] = 1 }
FILENAME == "their.sizes" && $2 ~ /^[0-9]+[.]body$/ { their_len[$2 + 0] = $1 }
FILENAME == "their.errors" && NF > 1 { error[$1] = substr($0, length($1) + 2) "\n" }
FILENAME == "our.rows" {
  row = $1
  text = $0
  sub(/^[0-9]+ [a-z]+ /, "", text)
  if ($2 == "header")
    add(our_headers, row, text)
  else if ($2 == "why")
    why[row] = text
  else if ($3 ~ /^(allow|deny|error|next)$/) {
    decision[row] = $3
    our_len[row] = $5
    if ($3 == "next" && next_module == "out")
      ours[row] = "out 401"
    else
      ours[row] = outcome($3 == "allow" || $3 == "next", $4)
  }
}
FILENAME ~ /[0-9]+[.]head$/ {
  gsub(/\r/, "")
  row = substr(FILENAME, 3) + 0
  if ($1 ~ /^HTTP\/[0-9.]*$/ && match($2, /^[0-9]+/))
    status[row] = substr($2, 1, RLENGTH)
  add(their_headers, row, $0)
}
END {
  for (row = 1; row <= count; row++) {
    theirs[row] = outcome(row in has_page, row in status ? status[row] : "none")
    if (!(row in ours))
      ours[row] = "no verdict"
    if (row in is_html || !(row in their_len))
      their_len[row] = 0
    if (!differs(row))
      continue
    different++
    printf "--- %s, %s: the server, then we\n", place, name[row]
    printf "%s\n%s%s\n%s", theirs[row], their_headers[row], their_len[row], error[row]
    printf "---\n%s\n%s%s\n%s\n", ours[row], our_headers[row], our_len[row], why[row]
  }
  print count + 0, "replies,", different + 0, "different"
  exit (different > 0)
}'

# ask_us ADDR: the cases on standard input, reported on standard output.
ask_us() {
  "$fcgi_auth_test" "${options[@]}" --verdict all --no-probes --show-secrets --format jsonl \
    "$1" -
}

# judged_alike PLACE LIST COUNT: each reply of the list, which has so many, means the same to the
# server and to us.
judged_alike() {
  local name addr
  at "$1"
  mkdir "$1"
  cd "$1" || return
  # Of a header of 10000 bytes and more mod_authnz_fcgi makes a body of the remains.
  awk -F'\t' -v place="$place" -v path="$path" '
    place != "check" || !/fill=[0-9][0-9][0-9][0-9][0-9]/ {
      line = path ($3 == "" ? "" : "?" $3)
      print $1 "\t" line >"requests"
      print $2 >"rows"
      printf "Case: %d\nRequest: GET %s\n\n", ++count, line >("cases." $1)
    }' "$BATS_FILE_TMPDIR/$2"
  ask_all "$web" "${as[@]}" --max-time 30 <requests >their.errors 2>their.err || :
  while read -r name addr; do
    [ ! -e "cases.$name" ] || ask_us "$addr" <"cases.$name" || :
  done <"$BATS_FILE_TMPDIR/apps" >our.json 2>our.err
  jq -r --arg server "$server" '.name as $row | .trouble_text as $trouble |
    .verdicts[$server] | "\($row) verdict \(.decision) \(.status // "none") \(.body_bytes)",
    "\($row) why \(.why // "") \($trouble // "")",
    ((.headers // [])[] | "\(.name): \(.value)" | split("\n")[] | "\($row) header \(.)")' \
    our.json >our.rows
  wc -c ./*.body | sed 's|\./||' >their.sizes
  grep -l secret-page -- *.body >their.pages || :
  grep -liE '<html|<!doctype|<\?xml|secret-page' -- *.body >their.html || :
  LC_ALL=C awk -v place="$place" -v next_module="$next" "$compare" rows their.pages their.html \
    their.sizes their.errors our.rows ./*.head >&2 || {
    cat our.err >&2
    return 1
  }
  [ "$(wc -l <rows)" -eq "$3" ]
  cd ..
}

@test "mod_authnz_fcgi as AuthBasicProvider: the table of replies" {
  judged_alike authn table 31
}

@test "mod_authnz_fcgi as AuthBasicProvider: header blocks" {
  judged_alike authn headers 70
}

@test "mod_authnz_fcgi as AuthBasicProvider: how a reply can end" {
  judged_alike authn ends 16
}

@test "mod_authnz_fcgi as AuthBasicProvider: large header blocks" {
  judged_alike authn sizes 43
}

@test "mod_authnz_fcgi in Require: the table of replies" {
  judged_alike authz table 31
}

@test "mod_authnz_fcgi as both: the table of replies" {
  judged_alike authnz table 31
}

@test "mod_authnz_fcgi as AuthnzFcgiCheckAuthnProvider: the table of replies" {
  judged_alike check table 31
}

@test "mod_authnz_fcgi as AuthnzFcgiCheckAuthnProvider: header blocks" {
  judged_alike check headers 69
}

@test "mod_authnz_fcgi as AuthnzFcgiCheckAuthnProvider: how a reply can end" {
  judged_alike check ends 16
}

@test "mod_authnz_fcgi as AuthnzFcgiCheckAuthnProvider: large header blocks" {
  judged_alike check sizes 38
}

@test "AuthnzFcgiCheckAuthnProvider with Authoritative Off: the table of replies" {
  judged_alike check-off table 31
}

@test "AuthnzFcgiCheckAuthnProvider with Authoritative Off, for whom the next module refuses" {
  judged_alike check-off-unknown table 31
}

@test "AuthnzFcgiCheckAuthnProvider with Authoritative Off: header blocks" {
  judged_alike check-off headers 70
}

@test "AuthnzFcgiCheckAuthnProvider with RequireBasicAuth Off and DefaultUser" {
  judged_alike check-open table 31
}

@test "AuthnzFcgiCheckAuthnProvider with RequireBasicAuth Off and UserExpr" {
  judged_alike check-user table 31
}

@test "mod_fcgid as authenticator: the table of replies" {
  judged_alike fcgid-authn table 31
}

@test "mod_fcgid as authenticator: header blocks" {
  judged_alike fcgid-authn headers 70
}

@test "mod_fcgid as authenticator: how a reply can end" {
  judged_alike fcgid-authn ends 16
}

@test "mod_fcgid as authenticator: large header blocks" {
  judged_alike fcgid-authn sizes 43
}

@test "mod_fcgid as authorizer: the table of replies" {
  judged_alike fcgid-authz table 31
}

@test "mod_fcgid as access checker: the table of replies" {
  judged_alike fcgid-access table 31
}

@test "mod_fcgid, not authoritative: the table of replies" {
  judged_alike fcgid-authn-off table 31
  judged_alike fcgid-access-off table 31
}

@test "mod_fcgid, not authoritative, for whom the next module refuses" {
  judged_alike fcgid-authn-off-unknown table 31
}

@test "lighttpd: the table of replies" {
  judged_alike lighttpd table 31
}

@test "lighttpd: header blocks" {
  judged_alike lighttpd headers 70
}

@test "lighttpd: how a reply can end" {
  judged_alike lighttpd ends 16
}

@test "lighttpd: large header blocks" {
  judged_alike lighttpd sizes 43
}

@test "nginx: the table of replies" {
  judged_alike nginx table 31
}

@test "nginx: header blocks" {
  judged_alike nginx headers 70
}

@test "nginx: how a reply can end" {
  judged_alike nginx ends 16
}

@test "nginx: large header blocks" {
  judged_alike nginx sizes 43
}

# our_variables QUERY: what the scripted application sets behind the server, by our verdict.
our_variables() {
  printf 'Case: variables\nRequest: GET %s?%s\n' "$path" "$1" |
    ask_us "$(application_addr scripted)" |
    jq -r --arg server "$server" '.verdicts[$server].variables[] | "\(.name)=\(.value)"' |
    LC_ALL=C sort
}

# variables_alike PLACE PATH: the page at PATH prints what the application behind the server gets.
variables_alike() {
  local names='ECHO_USER|AB|LOWER|lower|X_A|X-A|A_B|EMPTY' query
  at "$1"
  query=$(to_query 'Status: 200\nX-A: 1\nVariable-ECHO_USER: foo\nVariable-AB: a b=c\n' \
    'variable-lower: x\nVariable-AB: again\nVariable-EMPTY:\n\n' @eof @end)
  ask "$web" scripted "$2?$query" "${as[@]}" -o body --max-time 30
  tr -d '\r' <body | grep -E "^($names)=" | LC_ALL=C sort >theirs
  our_variables "$query" >ours
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
  ask "$web" scripted "$path?$query" "${as[@]}" -D head -o body --max-time 30
  our_variables "$query" >ours
  [ "$(sed -n 's/^X-Echo-User: \([^\r]*\)\r*$/\1/p' head)" = \
    "$(sed -n 's/^upstream_http_variable_echo_user=//p' ours)" ]
}
