#!/usr/bin/env bats
# How a run of fcgi-bench ends: with the application that it has started, before its time, too late.

bats_require_minimum_version 1.5.0
load helper
load bench

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

# --- the application that is started --------------------------------------------------------------

@test "end: a command is started on a socket of its own, and ended with it" {
  mkdir tmp
  TMPDIR=$PWD/tmp bench 0 -n 50 -c 2 -- "$fcgi_echo" --log-env=requests
  [ "$(wc -l <requests)" -eq 50 ]
  holds '.server.name == "fcgi-echo" and .server.cpu_us_per_request > 0'
  [ -z "$(ls tmp)" ]
  printf '#!/bin/sh\necho $$ >pid\nexec "%s"\n' "$fcgi_echo" >app
  chmod +x app
  TMPDIR=$PWD/tmp bench 0 -n 5 -- ./app
  wait_for is_gone "$(cat pid)"
  [ -z "$(ls tmp)" ]
}

@test "end: what a command has put into another session ends with it" {
  # shellcheck disable=SC2016 # the inner shell's
  bench 0 -n 5 -- sh -c '(setsid sleep 60 >out 2>&1 & echo $! >daemon); exec "$0"' "$fcgi_echo"
  is_gone "$(cat daemon)"
}

@test "end: a command that cannot be started is told" {
  mkdir tmp
  TMPDIR=$PWD/tmp bench 2 -n 5 -- ./missing
  [ "$stderr" = 'fcgi-bench: ./missing: cannot execute: No such file or directory' ]
  [ -z "$(ls tmp)" ]
}

@test "end: the death of the application ends the run and is told" {
  mkdir tmp
  TMPDIR=$PWD/tmp bench 3 -z 100s -- sh -c 'exit 3'
  [[ $stderr == 'fcgi-bench: sh['*']: ended with status 3' ]]
  holds '.verdict == "failed" and .reason == "the application ended with status 3"'
  # It dies while it answers.
  # shellcheck disable=SC2016 # for the inner shell
  TMPDIR=$PWD/tmp bench 1 -z 100s -w 0 -- sh -c 'exec 3<&0
    "$0" --log-env=requests <&3 &
    while [ ! -s requests ]; do sleep 0.01; done
    kill -KILL $!
    wait $!
    exit 4' "$fcgi_echo"
  [[ $stderr == *'fcgi-bench: sh['*']: ended with status 4' ]]
  holds '.requests.complete > 0 and .reason == "the application ended with status 4"'
  [ -z "$(ls tmp)" ]
}

# --- ends -----------------------------------------------------------------------------------------

@test "end: where nobody listens it does not go on for long" {
  bench 3 -z 1h -w 0 --interval 50ms ./missing.sock
  holds '.requests.complete == 0 and .errors.connect.ENOENT > 0 and .verdict == "failed"'
  holds '.reason == "no connection could be made: ENOENT"'
  # Nor is it asked whether it multiplexes, instead of a report.
  bench 3 -m 4 -n 5 -w 0 ./missing.sock
  holds '.errors == {total: 5, connect: {ENOENT: 5}} and .options.streams == 4'
  [ -z "$stderr" ]
  bench 3 -n 5 localhost
  holds '.reason | startswith("no connection could be made: ENOENT (")'
}

@test "end: an open loop fails what is due while nobody listens" {
  start_echo --log-env=requests
  begin_bench -z 2s -w 0 -R 100 -c 4 "$ECHO_ADDR"
  wait_for test -s requests
  stop_echo
  bench_ends 1
  holds '.requests.failed > 0 and .requests.complete > 0'
  holds '.requests.failed + .requests.complete == 200 and .errors.connect.ENOENT > 0'
}

@test "end: ^C ends a run and reports what there is" {
  start_echo --log-env=requests
  begin_bench -z 1h -w 0 -k -c 2 --interval 50ms "$ECHO_ADDR"
  wait_for test -s requests
  kill -INT "$BENCH_PID"
  bench_ends 130
  holds '.interrupted and .requests.complete > 0 and .verdict == "good" and .duration_s < 600'
}

@test "end: the second ^C does not wait for what is in flight" {
  start_echo --log-env=requests
  begin_bench -z 1h -w 0 -c 2 --url /delay/1h --timeout 1h "$ECHO_ADDR"
  wait_for test -s requests
  kill -INT "$BENCH_PID"
  wait_for is_taken INT
  kill -0 "$BENCH_PID"
  kill -TERM "$BENCH_PID"
  bench_ends 130
  holds '.interrupted and .requests.complete == 0 and .requests.failed == 0'
  holds '.requests.cut_off == 2'
}

@test "end: ^C in a warm-up waits for nothing, for nothing counts" {
  start_echo --log-env=requests
  begin_bench -z 1h -w 1h -c 2 --url /delay/1h --timeout 1h "$ECHO_ADDR"
  wait_for test -s requests
  kill -INT "$BENCH_PID"
  bench_ends 130
  holds '.interrupted and .verdict == "inconclusive" and .requests.cut_off == 0'
  holds '.bytes == {sent: 0, received: 0}'
}

@test "end: ^C leaves unsent what is due, and that has not failed" {
  start_echo --log-env=requests
  begin_bench -z 1h -w 0 -R 1000 -c 1 --url /delay/1h --timeout 1h "$ECHO_ADDR"
  wait_for test -s requests
  # A second of it.
  "$fcgi_bench" -n 1 --url /delay/1s "$ECHO_ADDR"
  kill -INT "$BENCH_PID"
  wait_for is_taken INT
  kill -INT "$BENCH_PID"
  bench_ends 130
  holds '.requests.failed == 0 and .requests.cut_off == 1 and .requests.unsent > 500'
}

@test "end: an answer that came too late has failed, even if nobody looked in time" {
  start_echo --log-env=requests
  begin_bench -n 1 --url /delay/2s --timeout 1s "$ECHO_ADDR"
  wait_for test -s requests
  kill -STOP "$BENCH_PID"
  # Its own answer comes first.
  "$fcgi_bench" -n 1 --url /delay/2s "$ECHO_ADDR"
  kill -CONT "$BENCH_PID"
  bench_ends 3
  holds '.requests.complete == 0 and .errors == {total: 1, "first-byte": {timeout: 1}}'
}

@test "end: a request that takes too long fails" {
  start_echo
  bench 3 -n 4 -c 2 --timeout 50ms --url /delay/1h "$ECHO_ADDR"
  holds '.errors == {total: 4, "first-byte": {timeout: 4}}'
}

@test "end: more connections than may be open are refused with the limit's name" {
  start_echo
  run --separate-stderr bash -c "ulimit -n 100; exec '$fcgi_bench' -n 1 -c 50 '$ECHO_ADDR'"
  [ "$status" -eq 2 ]
  [[ $stderr == 'fcgi-bench: '*RLIMIT_NOFILE* ]]
  run bash -c "ulimit -Sn 50; exec '$fcgi_bench' -n 100 -c 50 -k '$ECHO_ADDR'"
  [ "$status" -eq 0 ]
}
