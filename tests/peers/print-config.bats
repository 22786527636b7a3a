#!/usr/bin/env bats
# Web servers configured by fcgistarter --print-config, over instances with a socket each: requests
# reach every instance.

bats_require_minimum_version 1.5.0
load helper

instances=3

# A row of free ports, drawn by lot: whoever has one of them makes fcgistarter fail, then once more.
launch_ports() {
  local tries
  for ((tries = 0; tries < 20; tries++)); do
    port=$((10000 + RANDOM % 20000))
    launch echo-tcp -q -c "$fcgi_echo" -p "$port" -N "$instances" --port-per-instance && return
  done
  return 1
}

setup_file() {
  local web
  launch_ports
  launch echo-unix -c "$fcgi_echo" -s "$BATS_FILE_TMPDIR/echo-%i.sock" -N "$instances"
  for web in nginx apache2 lighttpd; do
    command -v "$web" >/dev/null || continue
    configure "$web" tcp -p "$port" --port-per-instance
    configure "$web" unix -s "$BATS_FILE_TMPDIR/echo-%i.sock"
  done
}

# configure WEB TRANSPORT OPTION...: starts it with what is printed for it.
configure() {
  local web=$1 transport=$2
  export CONFIG=$BATS_FILE_TMPDIR/$1-$2.print
  shift 2
  "$fcgistarter" -c "$fcgi_echo" -N "$instances" "$@" --print-config="${web%2}" >"$CONFIG"
  start_web "$web" "$transport"
}

teardown_file() {
  stop_peers
}

# Several at a time: an instance that is free as soon as it was asked may be the first choice again.
asked() {
  local i askers=()
  for ((i = 0; i < 2 * instances; i++)); do
    get "$1" /pid >"pid.$i" 3>&- &
    askers+=($!)
  done
  wait "${askers[@]}"
  cat pid.* >>pids
  [ "$(sort -u pids | wc -l)" -ge "$instances" ]
}

reaches_every_instance() {
  need "${1%-*}" curl
  cd "$BATS_TEST_TMPDIR" || return
  wait_for asked "$1"
  diff <(sort -u pids) <(sort "$BATS_FILE_TMPDIR/echo-${1#*-}.pids")
}

# The URL arrives whole, in the variables that the printed comments name.
has_the_url() {
  need "${1%-*}" curl
  get "$1" '/env?x=1' >"$BATS_TEST_TMPDIR/env"
  cat "$BATS_TEST_TMPDIR/env"
  grep -qx "$2=/env" "$BATS_TEST_TMPDIR/env"
  grep -qx 'QUERY_STRING=x=1' "$BATS_TEST_TMPDIR/env"
}

@test "nginx, a port each" {
  reaches_every_instance nginx-tcp
}

@test "nginx, a UNIX socket each" {
  reaches_every_instance nginx-unix
}

@test "nginx: the path is SCRIPT_NAME" {
  has_the_url nginx-tcp SCRIPT_NAME
}

@test "Apache, balancer:// over a port each" {
  reaches_every_instance apache2-tcp
}

@test "Apache, balancer:// over a UNIX socket each" {
  reaches_every_instance apache2-unix
}

@test "Apache: the path is SCRIPT_NAME" {
  has_the_url apache2-tcp SCRIPT_NAME
  has_the_url apache2-unix SCRIPT_NAME
}

@test "lighttpd, a port each" {
  reaches_every_instance lighttpd-tcp
}

@test "lighttpd, a UNIX socket each" {
  reaches_every_instance lighttpd-unix
}

@test "lighttpd: the path is PATH_INFO" {
  has_the_url lighttpd-tcp PATH_INFO
}
