#!/usr/bin/env bats
# What fcgi-bench asks, as whom, and which answers are good ones.

bats_require_minimum_version 1.5.0
load helper
load bench

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

# sent FILTER: that is true of the variables of every request in the log of fcgi-echo.
sent() {
  need_jq
  [ -s requests ]
  jq -es "all(map({(.[0]): .[1]}) | add | $1)" requests >/dev/null || {
    printf 'not so: %s\n' "$1"
    head -n 1 requests
    return 1
  }
}

@test "request: an ordinary one, with nothing of the environment" {
  start_echo --log-env=requests
  SECRET_OF_OURS=1 bench 0 -n 3 "$ECHO_ADDR"
  sent '.REQUEST_METHOD == "GET" and .SCRIPT_NAME == "/" and .CONTENT_LENGTH == "0"'
  run -1 grep SECRET_OF_OURS requests
}

@test "request: what a web server would send, with a body and variables" {
  start_echo --log-env=requests
  bench 0 -n 3 --as nginx-php --docroot /srv --url 'http://example.test/echo?a=b' -X PUT -H 'X-One: 1' \
    -d 'name=value' -e EXTRA=2 -U REMOTE_PORT --https --expect-body name=value --expect-length 10 "$ECHO_ADDR"
  sent '.HTTP_HOST == "example.test" and .HTTP_X_ONE == "1" and .EXTRA == "2"'
  sent '.REQUEST_METHOD == "PUT" and .QUERY_STRING == "a=b" and .HTTPS == "on"'
  sent '.SCRIPT_FILENAME == "/srv/echo" and (has("REMOTE_PORT") | not)'
}

@test "request: the body arrives whole" {
  start_echo
  head -c 300000 /dev/urandom >body
  sum=$(sha256sum <body)
  bench 0 -n 20 -c 3 -k --url /echo -d @body --expect-length 300000 --expect-sha256 "${sum%% *}" "$ECHO_ADDR"
  bench 0 -n 40 -c 2 -m 4 --url /echo -d @body --expect-sha256 "${sum%% *}" "$ECHO_ADDR"
  holds '.bytes.sent > 12000000 and .bytes.received > 12000000'
}

@test "expect: status, length, text and hash" {
  start_echo
  "$FCGI_BUILD/cgi-fcgi/cgi-fcgi" --url /status/404 -connect "$ECHO_ADDR" --body >body
  url=/status/404
  bench 3 -n 5 --url $url "$ECHO_ADDR"
  holds '.errors.valid["status 404"] == 5'
  bench 0 -n 5 --url $url --expect-status 404 "$ECHO_ADDR"
  bench 0 -n 5 --url $url --expect-status 200,4xx "$ECHO_ADDR"
  bench 3 -n 5 --url $url --expect-status 200-403 "$ECHO_ADDR"
  length=$(wc -c <body)
  bench 0 -n 5 --url $url --expect-status 404 --expect-length "$length" "$ECHO_ADDR"
  bench 3 -n 5 --url $url --expect-status 404 --expect-length $((length + 1)) "$ECHO_ADDR"
  holds '.errors == {total: 5, valid: {length: 5}}'
  sum=$(sha256sum <body)
  bench 0 -n 5 --url $url --expect-status 404 --expect-sha256 "${sum%% *}" "$ECHO_ADDR"
  bench 3 -n 5 --url $url --expect-status 404 --expect-sha256 "$(printf '%064d' 0)" "$ECHO_ADDR"
  holds '.errors == {total: 5, valid: {sha256: 5}}'
  bench 3 -n 5 --url $url --expect-status 404 --expect-body 'not in there' "$ECHO_ADDR"
  holds '.errors == {total: 5, valid: {body: 5}}'
  bench 0 -n 5 --url $url --expect-status 404 --expect-body "$(head -c 3 body)" "$ECHO_ADDR"
}

@test "expect: appStatus" {
  start_echo
  bench 3 -n 5 --url /exit/7 "$ECHO_ADDR"
  holds '.errors == {total: 5, valid: {"appStatus 7": 5}}'
  bench 0 -n 5 --url /exit/7 --expect-app-status 7 "$ECHO_ADDR"
}

@test "expect: a redirect is not the page" {
  start_echo
  bench 3 -n 5 --url '/redirect?to=/login' "$ECHO_ADDR"
  holds '.errors == {total: 5, valid: {"status 302": 5}}'
}

@test "expect: faults are failures with a name" {
  while read -r fault phase cause; do
    start_echo --fault="$fault"
    bench 3 -n 5 -c 5 --timeout 2s "$ECHO_ADDR" </dev/null
    holds ".errors == {total: 5, \"$phase\": {\"$cause\": 5}}"
    stop_all
  done <<'END'
silent first-byte timeout
half answer closed
half-header answer closed
no-end answer closed
bad-version answer record version is not 1
speaks-http answer record version is not 1
short-end answer record body has the wrong length
no-header valid output ended before the CGI header block did
empty valid output ended before the CGI header block did
overloaded answer FCGI_OVERLOADED
unknown-role answer FCGI_UNKNOWN_ROLE
END
}

@test "input: several requests, by their weights" {
  start_echo --log-env=requests
  cat >file <<'END'
# Comments are left out.
Defaults: yes
Header: X-All: 1

Name: pages
Url: http://example.test/one
Weight: 3

Url: http://example.test/status/404
Expect-Status: 404
Request: HEAD
END
  sed -i 's,/one$,/env,' file
  bench 0 -n 40 -i file "$ECHO_ADDR"
  holds '[.inputs[] | {name, weight, complete}] == [
    {name: "pages", weight: 3, complete: 30},
    {name: "http://example.test/status/404", weight: 1, complete: 10}]'
  sent '.HTTP_X_ALL == "1"'
  [ "$(grep -c '"REQUEST_METHOD","HEAD"' requests)" -eq 10 ]
  run -0 "$fcgi_bench" -n 40 -i - "$ECHO_ADDR" <file
  grep -E '^ +30 +0( +[0-9.]+(ns|us|ms|s)| +-){2}  pages$' <<<"$output"
}

@test "input: all connections together keep the weights, from the beginning on" {
  start_echo
  printf 'Url: http://example.test/?one\nWeight: 9\n\nUrl: http://example.test/?two\n' >file
  for connections in 1 4 9; do
    bench 0 -k -c $connections -n 10 -i file "$ECHO_ADDR"
    holds '[.inputs[].complete] == [9, 1]'
    bench 0 -c $connections -n 20 -i file "$ECHO_ADDR"
    holds '[.inputs[].complete] == [18, 2]'
  done
}

@test "input: what is wrong in a file is told with its line" {
  wrong() {
    printf '%b' "$2" >file
    run --separate-stderr -2 "$fcgi_bench" -n 1 -i file ./none.sock
    printf '%s\n' "$stderr"
    # shellcheck disable=SC2053 # a pattern is meant
    [[ ${stderr_lines[0]} == $1 ]]
  }
  wrong 'fcgi-bench: file:2: *' 'Url: /\nno colon\n'
  wrong 'fcgi-bench: file:1: Colour: not a field of a request' 'Colour: red\n'
  wrong 'fcgi-bench: file:2: Weight: 0: number is too small (1 to 1048576)' 'Url: /\nWeight: 0\n'
  wrong 'fcgi-bench: file:5: Weight: the weights, divided by *, add up to more than 1048576' \
    'Url: /\nWeight: 2\n\nUrl: /\nWeight: 1048575\n\nUrl: /\n'
  wrong 'fcgi-bench: file:2: Request: *' 'Url: /\nRequest: A B\n'
  # What is read later has its place too, and so has a default.
  wrong 'fcgi-bench: file:4: Data: *@none*: No such file or directory' 'Url: /\n\nUrl: /\nData: @none\n'
  wrong 'fcgi-bench: file:2: Data: *@none*: No such file or directory' 'Defaults: yes\nData: @none\n\nUrl: /\n'
  wrong 'fcgi-bench: file:2: Filter-Data: *none: No such file or directory' 'Role: filter\nFilter-Data: none\n'
  wrong 'fcgi-bench: file:2: Credentials: *none: No such file or directory' 'Role: authorizer\nCredentials: none\n'
  wrong 'fcgi-bench: file:3: Password-File: *none: No such file or directory' \
    'Url: /\nUser: me\nPassword-File: none\n'
  wrong 'fcgi-bench: file:1: Connections: not a field of a request' 'Connections: 5\n'
  wrong 'fcgi-bench: -i file: there is no request in it' '# nothing\n'
  run --separate-stderr -2 "$fcgi_bench" -n 1 -i missing ./none.sock
  [ "$stderr" = 'fcgi-bench: -i missing: No such file or directory' ]
}

@test "role: an authorizer, about each user in turn" {
  command -v htpasswd >/dev/null || skip 'htpasswd is missing'
  htpasswd -nbB -C 4 me right >users
  start_echo --users=users
  printf 'me:right\n' >good
  bench 0 -n 6 --role authorizer --url /auth --credentials good "$ECHO_ADDR"
  holds '.inputs[0].role == "authorizer" and .requests.complete == 6'
  printf '# a comment\nme:right\nme:wrong\n' >both
  bench 1 -n 6 --role authorizer --url /auth --credentials both "$ECHO_ADDR"
  holds '.requests.complete == 3 and .errors.valid["status 401"] == 3'
  echo right >password
  bench 0 -n 6 --role authorizer --url /auth -u me --password-file password "$ECHO_ADDR"
}

@test "role: a filter gets its data" {
  start_echo
  head -c 100000 /dev/urandom >data
  bench 0 -n 6 --role filter --filter-data data "$ECHO_ADDR"
  holds '.inputs[0].role == "filter" and .bytes.sent > 600000'
}
