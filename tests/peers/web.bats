#!/usr/bin/env bats
# fcgi-echo, started by fcgistarter, behind real web servers: over TCP and over a UNIX socket.

bats_require_minimum_version 1.5.0
load helper

setup_file() {
  local web
  port=$(launch echo-tcp -c "$fcgi_echo" -p 0 -N 2 --print-port)
  launch echo-unix -c "$fcgi_echo" -s "$BATS_FILE_TMPDIR/echo.sock" -N 2
  head -c 1048576 /dev/urandom >"$BATS_FILE_TMPDIR/upload"
  for web in nginx apache2 lighttpd; do
    command -v "$web" >/dev/null || continue
    start_web "$web" tcp "127.0.0.1:$port"
    start_web "$web" unix "$BATS_FILE_TMPDIR/echo.sock"
  done
}

teardown_file() {
  stop_peers
}

query() {
  need "${1%-*}" curl
  get "$1" '/env?name=a%20b&x' >answer
  grep -x 'REQUEST_METHOD=GET' answer
  grep -x 'QUERY_STRING=name=a%20b&x' answer
}

# Not /echo: once an answer has begun nginx sends no more of the body, and an application that
# answers while it reads would wait for ever.
upload() {
  local web=$1
  shift
  need "${web%-*}" curl
  get "$web" /sha256 "$@" --data-binary "@$BATS_FILE_TMPDIR/upload" >answer
  grep "$(digest <"$BATS_FILE_TMPDIR/upload")" answer
  grep 1048576 answer
}

# Apache passes such a body on as it comes, without CONTENT_LENGTH; the others collect it first.
chunked_upload() {
  upload "$1" -H 'Transfer-Encoding: chunked'
}

unavailable() {
  need "${1%-*}" curl
  [ "$(get "$1" /status/503 -o /dev/null -w '%{http_code}')" = 503 ]
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

@test "nginx, TCP: GET with a query" {
  query nginx-tcp
}

@test "nginx, TCP: POST of 1 MiB" {
  upload nginx-tcp
}

@test "nginx, TCP: chunked POST" {
  chunked_upload nginx-tcp
}

@test "nginx, TCP: Status: 503" {
  unavailable nginx-tcp
}

@test "nginx, UNIX socket: GET with a query" {
  query nginx-unix
}

@test "nginx, UNIX socket: POST of 1 MiB" {
  upload nginx-unix
}

@test "nginx, UNIX socket: chunked POST" {
  chunked_upload nginx-unix
}

@test "nginx, UNIX socket: Status: 503" {
  unavailable nginx-unix
}

@test "Apache mod_proxy_fcgi, TCP: GET with a query" {
  query apache2-tcp
}

@test "Apache mod_proxy_fcgi, TCP: POST of 1 MiB" {
  upload apache2-tcp
}

@test "Apache mod_proxy_fcgi, TCP: chunked POST" {
  chunked_upload apache2-tcp
}

@test "Apache mod_proxy_fcgi, TCP: Status: 503" {
  unavailable apache2-tcp
}

@test "Apache mod_proxy_fcgi, UNIX socket: GET with a query" {
  query apache2-unix
}

@test "Apache mod_proxy_fcgi, UNIX socket: POST of 1 MiB" {
  upload apache2-unix
}

@test "Apache mod_proxy_fcgi, UNIX socket: chunked POST" {
  chunked_upload apache2-unix
}

@test "Apache mod_proxy_fcgi, UNIX socket: Status: 503" {
  unavailable apache2-unix
}

@test "lighttpd, TCP: GET with a query" {
  query lighttpd-tcp
}

@test "lighttpd, TCP: POST of 1 MiB" {
  upload lighttpd-tcp
}

@test "lighttpd, TCP: chunked POST" {
  chunked_upload lighttpd-tcp
}

@test "lighttpd, TCP: Status: 503" {
  unavailable lighttpd-tcp
}

@test "lighttpd, UNIX socket: GET with a query" {
  query lighttpd-unix
}

@test "lighttpd, UNIX socket: POST of 1 MiB" {
  upload lighttpd-unix
}

@test "lighttpd, UNIX socket: chunked POST" {
  chunked_upload lighttpd-unix
}

@test "lighttpd, UNIX socket: Status: 503" {
  unavailable lighttpd-unix
}
