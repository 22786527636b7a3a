#!/usr/bin/env bats
# fcgi-bench --find-max: the highest rate at which a condition holds.

bats_require_minimum_version 1.5.0
load helper
load bench

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

@test "search: --find-max finds a rate, and lists what it tried" {
  not_under_valgrind 'a search needs a client that is quick'
  start_echo
  # One connection and 5 ms for each: 200 a second at most.
  paced --find-max 'p50<50ms' -z 150ms -w 50ms -c 1 -k --url /delay/5ms "$ECHO_ADDR"
  holds '.find_max.condition == "p50<50ms" and (.find_max.trials | length) > 2'
  holds '.find_max.rate == null or .find_max.rate < 250'
  # As a gate: the highest good rate is too low.
  bench any --find-max 'p50<50ms' -z 150ms -w 50ms -c 1 -k --url /delay/5ms --fail-if 'rps<1000000' "$ECHO_ADDR"
  [ "$status" -eq 1 ] || [ "$status" -eq 4 ]
  holds '.verdict != "good" and .gates[0].holds == false'
  bench 3 --find-max 'p50<50ms' -z 150ms -w 0 ./missing.sock
  holds '.find_max.rate == null and .requests.complete == 0'
}

@test "search: a search that ^C ends before its first trial does has found nothing yet" {
  start_echo --log-env=requests
  begin_bench --find-max 'p99<1h' -z 1h -w 0 -k --format text "$ECHO_ADDR"
  wait_for test -s requests
  kill -INT "$BENCH_PID"
  bench_ends 130
  holds '.verdict == "inconclusive" and .reason == "the search was not over"'
  holds '.find_max.rate == null and .find_max.trials == []'
  [ "$(head -n 1 bench.out)" = 'highest rate with p99<1h so far: none' ]
}

@test "search: --find-max is refused where the application cannot give enough answers" {
  start_echo
  bench 2 --find-max 'p99.9<1s' -z 200ms -w 0 -k -c 1 --url /delay/20ms "$ECHO_ADDR"
  [[ $stderr == "fcgi-bench: --find-max p99.9<1s: that takes 10000 answers, and this application gives "*"/s at most: use -z "*s ]]
  [ ! -e report ]
}

@test "search: a rate that --find-max could not measure has no value, and nobody is blamed" {
  start_echo
  # With -k there is but one.
  bench any --find-max 'connect_p50<1s' -z 200ms -w 50ms -k -c 1 --url /delay/5ms "$ECHO_ADDR"
  [ "$status" -eq 4 ]
  holds '.find_max.rate == null and all(.find_max.trials[]; .value == null)'
  holds '.find_max.trials[-1].outcome == "unknown" and .find_max.client_limited == false'
  holds '.reason | test("^connect_p50<1s is not known at .*/s: 1 samples do not tell: it takes 20$")'
  run -4 "$fcgi_bench" --find-max 'connect_p50<1s' -z 200ms -w 50ms -k -c 1 --url /delay/5ms "$ECHO_ADDR"
  [[ $output == *'/s answered, not known (1 samples do not tell: it takes 20): neither good nor bad'* ]]
}

@test "search: --find-max goes below one request a second" {
  start_echo
  # Ten times 600 ms is the shortest time that five requests are due in at 0.83 a second; and what
  # the warm-up begins takes longer than the look at where to begin.
  bench 1 --find-max 'max<1s' -z 600ms -w 50ms -k -c 1 --url /delay/1100ms "$ECHO_ADDR"
  holds '.find_max.rate == null and (.find_max.trials | length) == 2'
  holds 'all(.find_max.trials[]; .rate > 0.83 and .rate < 0.84 and .outcome == "bad" and .value > 1000000)'
  holds '.reason == "no rate was good, from 0.833/s on; lower ones take a longer -z"'
}

@test "search: --find-max does not call good what the application only catches up with behind the end" {
  start_echo
  # It takes 640 a second.  In 100 ms the connections alone could hide twice as many, and in the
  # second behind them it answers everything.
  bench any --find-max 'errors<1' -z 100ms -w 250ms -k -c 64 --url /delay/100ms "$ECHO_ADDR"
  holds '.find_max.rate == null or .find_max.rate < 850'
  holds 'any(.find_max.trials[]; .outcome != "good")'
}

@test "search: --find-max tries long enough for what is on its way at the end not to hide a queue" {
  start_echo
  # Of ten requests nine are answered in 100 ms, whether or not the rate is kept up.
  bench any --find-max 'errors<1' -z 100ms -w 0 -k -c 1 --url /delay/10ms "$ECHO_ADDR"
  holds 'all(.find_max.trials[]; .outcome != "good" or .achieved >= 0.95 * .rate)'
  holds '.find_max.rate == null or .find_max.rate < 105'
}
