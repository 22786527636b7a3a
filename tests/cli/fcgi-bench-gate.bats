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
  bench 4 -n 100 --fail-if 'server_cpu>1s' --cgroup "$PWD" "$ECHO_ADDR"
  holds '.server == null and .verdict == "inconclusive"'
}

@test "gate: a client at its limit makes a rate inconclusive, and a closed loop warns" {
  not_under_valgrind 'it is at its limit there anyhow'
  start_echo
  # Nobody sends a hundred million requests a second; the connections are not what is short.
  bench any -z 300ms -w 0 -k -c 64 -R 100000000 "$ECHO_ADDR"
  [ "$status" -eq 4 ] || holds 'any(.diagnoses[]; .kind == "server-saturated")'
  run --separate-stderr -0 "$fcgi_bench" --spin=always -n 20000 -k -c 2 "$ECHO_ADDR"
  [[ $output != *inconclusive* ]]
}
