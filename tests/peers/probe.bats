#!/usr/bin/env bats
# fcgi-probe asks php-fpm, php-cgi and an application made with libfcgi, again and again, and when
# all their workers sleep; it must not disturb them.

bats_require_minimum_version 1.5.0
load helper

fcgi_probe=$FCGI_BUILD/fcgi-probe/fcgi-probe

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  local pid
  for pid in "${sleepers[@]}"; do
    kill "$pid" 2>/dev/null
  done
}

teardown_file() {
  stop_peers
}

probe() {
  timeout 60 "$fcgi_probe" "$@"
}

# pool NAME WORKERS unix|tcp: a pool with a script that sleeps until the file "awake" is there.
# Sets $dir and $at.
pool() {
  local program tries
  program=$(php_fpm) || skip 'php-fpm is missing'
  dir=$BATS_FILE_TMPDIR/$1
  mkdir "$dir"
  cat >"$dir/sleep.php" <<END
<?php
while (!file_exists('$dir/awake')) {
	usleep(20000);
	clearstatcache();
}
echo 'awake';
END
  # A port is drawn by lot: php-fpm cannot tell which one it got.
  for ((tries = 0; tries < 10; tries++)); do
    at=$dir/php-fpm.sock
    [ "$3" = unix ] || at=127.0.0.1:$((20000 + RANDOM % 10000))
    background "$1" sh "$peers/php-fpm.sh" "$program" "$dir" "$at" "$2"
    wait_for answers_or_is_gone && ! is_gone "$pid" && return
  done
  cat "$BATS_FILE_TMPDIR/$1.out" >&2
  return 1
}

answers_or_is_gone() {
  probe --ping "$at" >/dev/null 2>&1 || is_gone "$pid"
}

# A figure of the status page.
status_of() {
  probe --fpm-status --format json "$at" | sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"
}

# occupy COUNT: as many requests that sleep, each in a worker's hands.
occupy() {
  local i
  for ((i = 0; i < $1; i++)); do
    "$cgi_fcgi" -bind -connect "$at" --timeout 60s -e REQUEST_METHOD=GET -e SCRIPT_NAME=/sleep.php \
      -e SCRIPT_FILENAME="$dir/sleep.php" >/dev/null 2>&1 </dev/null 3>&- &
    sleepers+=("$!")
  done
  wait_for has_connections "$1"
}

# COUNT connections are accepted, and none waits.
has_connections() {
  [[ $(probe --queue --format json "$at") == *'"queue":0'*"\"connections\":$1"* ]]
}

wake() {
  local pid
  touch "$dir/awake"
  for pid in "${sleepers[@]}"; do
    wait "$pid" || :
  done
  sleepers=()
}

busy_on() {
  local accepted
  pool "busy-$1" 2 "$1"
  accepted=$(status_of accepted_conn)
  occupy 2
  # The kernel is asked as often as one likes: nothing connects.
  for _ in 1 2 3 4 5; do
    run -0 probe --queue "$at"
    [[ $output == *'0 of 50 waiting'* ]]
  done
  run -2 probe --ping -t 300ms "$at"
  printf '%s\n' "$output"
  [[ $output == "FCGI CRITICAL $at - busy: not accepted within 0.3 s, 1 of 50 waiting"* ]]
  run -2 probe --fpm-status -t 300ms "$at"
  [[ $output == *'busy: not accepted within 0.3 s, 2 of 50 waiting'* ]]
  run -0 probe --liveness --ping -t 300ms "$at"
  run -1 probe --readiness --ping -t 300ms "$at"
  run -2 probe --queue -c queue=3 "$at"
  [[ $output == *'4 of 50 waiting'* ]]
  wake
  run -0 probe --ping "$at"
  # Two that slept, four that did not wait and were run later, the ping, and this one.
  wait_for has_connections 0
  [ "$(status_of accepted_conn)" -eq $((accepted + 2 + 4 + 1 + 1)) ]
}

@test "php-fpm on a UNIX socket, all workers asleep: busy, with the queue's figures" {
  busy_on unix
}

@test "php-fpm over TCP, all workers asleep: busy, with the queue's figures" {
  busy_on tcp
}

@test "php-fpm's worker stopped: busy; asleep with our request in its hands: no-answer" {
  local worker
  pool stopped 1 unix
  worker=$(pgrep -P "$pid")
  kill -STOP "$worker"
  run -2 probe --ping -t 300ms "$at"
  kill -CONT "$worker"
  [[ $output == *'busy: not accepted'* ]]
  wait_for has_connections 0
  run -2 probe -t 300ms -e SCRIPT_NAME=/sleep.php -e SCRIPT_FILENAME="$dir/sleep.php" "$at"
  [[ $output == *'no-answer: accepted, but no answer within 0.3 s'* ]]
  wake
}

@test "php-fpm: ten pings leave its counters as they are" {
  local before
  pool pings 3 unix
  before=$(status_of max_active)
  for _ in {1..10}; do
    run -0 probe --ping "$at"
  done
  [ "$before" -ge 1 ]
  [ "$(status_of max_active)" -eq "$before" ]
  [ "$(status_of idle)" -eq 3 ]
  [ "$(status_of active)" -eq 0 ]
}

@test "php-fpm: a thousand checks, of every kind, each accepted once" {
  local before
  pool thousand 2 unix
  before=$(status_of accepted_conn)
  for _ in {1..1000}; do
    # There is no script for "/": the 404 or 403 of an application that is alive.
    "$fcgi_probe" --liveness -t 60s "$at" >answer || { cat answer; return 1; }
  done
  [ "$(status_of accepted_conn)" -eq $((before + 1001)) ]
  [ "$(status_of max_active)" -le 2 ]
}

@test "libfcgi: a thousand checks" {
  echo '#include <fcgiapp.h>' | cc -E - >/dev/null 2>&1 ||
    skip 'a C compiler or libfcgi-dev is missing'
  cc -O2 -o app "$peers/libfcgi_app.c" -lfcgi
  launch probe-libfcgi -c ./app -s "$PWD/app.sock"
  for _ in {1..1000}; do
    "$fcgi_probe" app.sock >answer || { cat answer; return 1; }
  done
  # The one process is there still, and nobody waits.
  is_gone "$(<"$BATS_FILE_TMPDIR/probe-libfcgi.pids")" && return 1
  run -0 probe --queue -c queue=0 app.sock
  # It answers FCGI_GET_VALUES only when the record is padded.
  run -0 probe --values app.sock
  [[ $output == *FCGI_MPXS_CONNS=0* ]]
}

@test "php-cgi: a thousand checks" {
  need php-cgi
  # Of its own it ends after 500 requests.
  PHP_FCGI_MAX_REQUESTS=0 launch probe-php-cgi -s "$PWD/php.sock" -- "$(command -v php-cgi)" -n
  for _ in {1..1000}; do
    "$fcgi_probe" --liveness -t 60s php.sock >answer || { cat answer; return 1; }
  done
  is_gone "$(<"$BATS_FILE_TMPDIR/probe-php-cgi.pids")" && return 1
  run -0 probe --values php.sock
}
