#!/usr/bin/env bats
# fcgi-bench's verdict: conditions, allowances, and the exit status.

bats_require_minimum_version 1.5.0
load helper
load bench

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

# gate FIELD: that of the first gate.
gate() {
  figure ".gates[0].$1"
}

# is_loaded PID: that process has had the processor for a while.
is_loaded() {
  [ "$(awk '{ print $14 + $15 }' "/proc/$1/stat")" -ge 3 ]
}

# is_running_threads: the client has begun to load something.
is_running_threads() {
  [ "$(find "/proc/$BENCH_PID/task" -mindepth 1 -maxdepth 1 | wc -l)" -gt 1 ]
}

@test "gate: what holds passes, what does not fails with 1" {
  start_echo
  bench 0 -n 1000 --fail-if 'max > 1h' --fail-if 'rps<1' --fail-if 'errors>0' --fail-if 'p50>1m' "$ECHO_ADDR"
  holds '.verdict == "good" and .reason == null and ([.gates[].holds] | all)'
  holds '[.gates[].unit] == ["us", "", "", "us"]'
  bench 1 -n 1000 --fail-if 'max>1us' "$ECHO_ADDR"
  holds '.verdict == "failed" and .reason == "max>1us"'
  holds '.gates == [{expression: "max>1us", value: .service.max_us, unit: "us", holds: false}]'
  bench 1 -n 100 --fail-if 'rps>0' "$ECHO_ADDR"
  bench 1 -n 1000 --fail-if 'first_byte_p50<1h' "$ECHO_ADDR"
  bench 1 -n 1000 --fail-if 'connect_mean>1us' "$ECHO_ADDR"
  bench 1 -n 1000 --fail-if 'service_p90>=1us' "$ECHO_ADDR"
}

@test "gate: the text says what became of each, and why the run is what it is" {
  start_echo
  run -1 "$fcgi_bench" -n 1000 --fail-if 'rps<1' --fail-if 'p50>1us' "$ECHO_ADDR"
  [[ $output == *$'\nfail if rps<1: '*', good'* ]]
  [[ $output == *$'\nfail if p50>1us: '*'us, failed'* ]]
  [ "${lines[-1]}" = 'failed: p50>1us' ]
}

@test "gate: a failed request fails the run, unless it is allowed" {
  start_echo
  printf 'Url: /\nWeight: 9\n\nUrl: /status/500\n' >requests
  bench 1 -n 100 -i requests "$ECHO_ADDR"
  holds '.requests.failed == 10 and .reason == "10 of 100 requests failed"'
  bench 1 -n 100 -i requests --allow-errors=9 "$ECHO_ADDR"
  bench 0 -n 100 -i requests --allow-errors=10 "$ECHO_ADDR"
  bench 0 -n 100 -i requests --allow-errors=10% "$ECHO_ADDR"
  bench 1 -n 100 -i requests --allow-errors=9.9% "$ECHO_ADDR"
  bench 1 -n 100 -i requests --allow-errors=10% --fail-if 'errors>=10%' "$ECHO_ADDR"
  holds '.gates[0].value == 10 and .gates[0].unit == "%"'
}

@test "gate: time-outs have a metric of their own" {
  start_echo
  printf 'Url: /\n\nUrl: /delay/1h\n' >requests
  bench 1 -n 4 -c 4 -i requests --timeout 2s --allow-errors=2 --fail-if 'timeouts>1' "$ECHO_ADDR"
  holds '.gates[0].value == 2 and .requests.failed == 2'
}

@test "gate: what could not be sent has failed, and has a metric of its own" {
  start_echo
  late=(-R 50 -c 1 -z 1s -w 0 --timeout 1s --url /delay/200ms)
  bench 1 "${late[@]}" "$ECHO_ADDR"
  holds '.requests.unsent > 0 and .requests.complete > 0 and .requests.complete + .requests.failed == 50'
  holds '.errors.send["no-free-connection"] == .requests.unsent and .verdict == "failed"'
  bench 1 "${late[@]}" --allow-errors 100% --fail-if 'unsent>0' --fail-if 'unsent<=10%' "$ECHO_ADDR"
  holds '.reason == "unsent>0" and .gates[0].value == .requests.unsent and .gates[1].holds'
  # A queue that is worked off is none.
  bench any -R 50 -c 1 -n 10 -w 0 --url /delay/40ms "$ECHO_ADDR"
  holds '.requests == {complete: 10, failed: 0, unsent: 0, in_window: 10, cut_off: 0, with_stderr: 0, unassigned: 0}'
}

@test "gate: not one good answer is 3, whatever is allowed" {
  start_echo
  bench 3 -n 10 --url /status/404 --allow-errors=100% "$ECHO_ADDR"
  holds '.verdict == "failed"'
  bench 3 -n 10 --fail-if 'rps<5' ./missing.sock
}

@test "gate: a percentile of too few answers is not known, and so neither good nor bad: 4" {
  start_echo
  bench 4 -n 999 --fail-if 'p99>1us' "$ECHO_ADDR"
  holds '.verdict == "inconclusive" and .gates[0].value == null and .gates[0].holds == null'
  holds '.reason == "p99>1us is not known: 999 samples do not tell: it takes 1000"'
  bench 1 -n 1000 --fail-if 'p99>1us' "$ECHO_ADDR"
}

@test "gate: the application's processor time, where it can be had" {
  start_echo
  bench 1 -n 100 --fail-if 'server_cpu>1us' --pid "$ECHO_PID" "$ECHO_ADDR"
  holds '.gates[0].value == .server.cpu_us_per_request and .server.name == "fcgi-echo"'
  bench 0 -n 100 --fail-if 'server_cpu>1s' "$ECHO_ADDR"
}

@test "gate: any number of processes may be the application's" {
  start_echo
  local processes=() i
  for ((i = 0; i < 70; i++)); do
    processes+=(--pid "$$")
  done
  bench 0 -n 100 "${processes[@]}" --pid "$ECHO_PID" "$ECHO_ADDR"
  holds '.requests.complete == 100 and .server.cpu_us_per_request >= 0'
}

@test "gate: a process or control group that is not there is refused before anything is run" {
  start_echo
  sh -c 'exit 0' 3>&- &
  local gone=$!
  wait "$gone"
  bench 2 -n 100 --pid "$gone" "$ECHO_ADDR"
  [[ $stderr == "fcgi-bench: --pid: there is no process $gone" ]]
  bench 2 -n 100 --cgroup "$PWD" "$ECHO_ADDR"
  [[ $stderr == "fcgi-bench: --cgroup: $PWD holds neither usage_usec in cpu.stat nor cpuacct.usage: is it a control group?" ]]
  [ ! -e report ]
}

@test "gate: the processor time of an application that ended in mid-run is not known" {
  start_echo
  begin_bench -k -c 2 -w 0 -z 20s --interval 100ms --allow-errors=100% --timeout 1s \
    --fail-if 'server_cpu>1us' --format text "$ECHO_ADDR"
  wait_for is_loaded "$ECHO_PID"
  kill -KILL "$ECHO_PID"
  wait "$ECHO_PID" || true
  kill -INT "$BENCH_PID"
  bench_ends 130
  holds '.server == null and .gates[0].value == null and .gates[0].holds == null'
  grep -q "^server .*process $ECHO_PID ended in the meantime" bench.out
}

@test "gate: a client at its limit makes a rate inconclusive, and a closed loop warns" {
  not_under_valgrind 'it is at its limit there anyhow'
  start_echo
  # Nobody sends a hundred million requests a second; the connections are not what is short.
  bench any -z 300ms -w 0 -k -c 64 -R 100000000 --timeout 1s "$ECHO_ADDR"
  [ "$status" -eq 4 ] || holds 'any(.diagnoses[]; .kind == "server-saturated")'
  run --separate-stderr -0 "$fcgi_bench" --spin=always -n 20000 -k -c 2 "$ECHO_ADDR"
  [[ $output != *inconclusive* ]]
}

@test "gate: ^C during --self-test ends it, and the report says that nothing was run behind it" {
  start_echo --log-env=requests
  begin_bench --self-test -z 1h --format text "$ECHO_ADDR"
  wait_for is_running_threads
  kill -INT "$BENCH_PID"
  bench_ends 130
  [ ! -s bench.err ]
  holds '.interrupted and .verdict == "inconclusive" and .reason == "interrupted before the load began"'
  holds '.requests.complete == 0 and .intervals == [] and .client.limit_rps == null'
  [ "$(tail -n 1 bench.out)" = 'inconclusive: interrupted before the load began' ]
  [ ! -s requests ]
  rm report
  begin_bench --self-test
  wait_for is_running_threads
  kill -INT "$BENCH_PID"
  bench_ends 130
  [ "$(cat bench.err)" = 'fcgi-bench: --self-test: interrupted' ]
  [ ! -e report ]
}

# is_asking: the client has a connection.
is_asking() {
  find "/proc/$BENCH_PID/fd" -lname 'socket:*' 2>/dev/null | grep -q .
}

@test "gate: ^C is heard while -m asks whether the application multiplexes" {
  start_echo
  # What is stopped neither accepts nor answers.
  kill -STOP "$ECHO_PID"
  local search
  for search in '' '--find-max=p99<1s'; do
    # shellcheck disable=SC2086 # an option or none
    begin_bench -m 4 -z 1h --timeout 1h $search "$ECHO_ADDR" "$ECHO_ADDR" -c 2
    wait_for is_asking
    kill -INT "$BENCH_PID"
    bench_ends 130
    [ ! -s bench.err ]
    holds '.interrupted and .reason == "interrupted before the load began"'
  done
  holds '.find_max == {condition: "p99<1s", rate: null, client_limited: false, trials: []}'
}
