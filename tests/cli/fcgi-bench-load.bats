#!/usr/bin/env bats
# The load that fcgi-bench makes: how many requests, how they share connections, loops and targets.

bats_require_minimum_version 1.5.0
load helper
load bench

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

# --- how many -------------------------------------------------------------------------------------

@test "load: -n sends so many requests and no more, -w or not" {
  start_echo --log-env=requests
  bench 0 -n 137 "$ECHO_ADDR"
  [ "$(wc -l <requests)" -eq 137 ]
  holds '.requests.complete == 137 and .requests.failed == 0 and .requests.unsent == 0'
  rm requests
  bench 0 -n 25 -w 50ms "$ECHO_ADDR"
  holds '.requests.complete == 25 and .options.warmup_s == 0.05'
}

@test "load: -n counts failures, too" {
  start_echo --log-env=requests
  bench 3 -n 50 -c 4 --url /status/503 "$ECHO_ADDR"
  [ "$(wc -l <requests)" -eq 50 ]
  holds '.requests.complete == 0 and .requests.failed == 50 and .errors == {total: 50, valid: {"status 503": 50}}'
}

@test "load: -n without an answer lasts until the last request is given up" {
  start_echo --fault=silent
  bench 3 -n 4 -c 2 -t 2 -w 0 --timeout 200ms "$ECHO_ADDR"
  holds '.errors == {total: 4, "first-byte": {timeout: 4}} and .rps == 0'
  holds '.duration_s >= 0.4 and .duration_s < 5'
}

@test "load: -n lasts until the last request is given up, and the rate is of all that time" {
  start_echo
  printf 'Url: http://example.test/\nWeight: 3\n\nUrl: http://example.test/delay/1h\n' >requests
  # The third is the slow one.
  for n in 3 4; do
    bench 1 -k -n $n --timeout 500ms --allow-errors 1 --fail-if 'rps<1000' -i requests "$ECHO_ADDR"
    holds '.requests.failed == 1 and .duration_s >= 0.5 and .rps <= 10 and .gates[0].holds == false'
  done
}

@test "load: with several threads, connections and ids -n is still exact" {
  start_echo --log-env=requests
  bench 0 -n 1001 -c 5 -t 3 -m 7 "$ECHO_ADDR"
  [ "$(wc -l <requests)" -eq 1001 ]
  holds '.requests.complete == 1001 and .service.count == 1001 and .first_byte.count == 1001'
}

@test "load: four threads take turns in every loop, and their counts add up" {
  start_echo
  for loop in '-z 300ms -k' '-z 300ms' '-z 300ms -m 3' '-n 3000 -k' '-z 300ms -k -R 2000' \
    '-z 300ms -R 500 --arrival=poisson' '-z 300ms --requests-per-connection 7'; do
    # shellcheck disable=SC2086 # options
    paced $loop -t 4 -c 8 -w 50ms --interval 20ms "$ECHO_ADDR"
    holds '.requests.complete > 0 and .requests.failed == 0'
    holds '([.intervals[].complete] | add) == .requests.in_window'
    holds '.service.count == .requests.complete'
  done
}

@test "load: -z ends a run, and -n with it when that comes first" {
  start_echo
  bench 0 -z 100ms -w 0 "$ECHO_ADDR"
  holds '.duration_s >= 0.099 and .duration_s < 5 and .options.duration_s == 0.1'
  holds '.requests.complete > 0 and .rps * .duration_s > 0.9 * .requests.complete'
  bench 0 -z 100s -n 10 -w 0 "$ECHO_ADDR"
  holds '.requests.complete == 10 and .duration_s < 50'
  bench 0 -z 100ms -n 1000000000 -w 0 "$ECHO_ADDR"
  holds '.requests.complete < 1000000000'
}

@test "load: what begins in the warm-up does not count" {
  start_echo --log-env=requests
  paced -z 100ms -w 100ms -R 500 -c 4 "$ECHO_ADDR"
  holds '.requests.complete + .requests.unsent == 50 and .response.count == 50'
  [ "$(wc -l <requests)" -eq $((50 + $(figure .requests.complete))) ]
}

# --- connections ----------------------------------------------------------------------------------

@test "load: each request has a connection of its own, unless -k keeps it" {
  start_echo

  bench 0 -n 60 -c 2 "$ECHO_ADDR"
  holds '.connections.made >= 58 and .connections.used == 2 and .connections.reconnected == 0'
  bench 0 -n 60 -c 2 -k "$ECHO_ADDR"
  holds '.connections.made == 2 and .connections.used == 2 and .connections.reconnected == 0'
}

@test "load: --requests-per-connection closes after so many" {
  start_echo
  bench 0 -n 60 -c 1 --requests-per-connection 20 "$ECHO_ADDR"
  holds '.options.keep_alive and .options.requests_per_connection == 20'
  holds '.connections.made == 3 and .connections.reconnected == 0 and .requests.complete == 60'
}

@test "load: an application that does not keep connections is told so, and costs one for each" {
  start_echo --fault=close-on-keepalive
  bench 0 -n 30 -k "$ECHO_ADDR"
  holds '.requests.complete == 30 and .requests.failed == 0 and .connections.keep_alive_refused >= 29'
  holds 'any(.diagnoses[]; .kind == "keep-alive-refused")'
}

@test "load: a kept connection that was left in the middle of a request is made anew" {
  start_echo --fault=early-reply
  head -c 20000000 /dev/zero >body
  bench 0 -k -n 20 -d @body "$ECHO_ADDR"
  holds '.requests.complete == 20 and .connections.made == 20 and .connections.reconnected >= 19'
  # What was sent is less than was to be.
  holds '.bytes.sent > 0 and .bytes.sent < 300000000'
  bench 0 --requests-per-connection 1 -n 20 -d @body "$ECHO_ADDR"
  holds '.requests.complete == 20 and .connections.reconnected == 0'
}

@test "load: what was sent for nothing was sent" {
  start_echo
  head -c 1000000 /dev/zero >body
  bench 3 -n 10 --url http://example.test/status/503 -d @body "$ECHO_ADDR"
  holds '.requests.failed == 10 and .bytes.sent > 10000000 and .bytes.sent < 11000000'
}

@test "load: -m has several requests at a time on a connection, and asks first" {
  start_echo
  bench 0 -n 10 -c 1 -m 10 --url /delay/200ms "$ECHO_ADDR"
  holds '.requests.complete == 10 and .connections.made == 1 and .options.streams == 10'
  # One after the other they would take 2 seconds.
  holds '.duration_s < 2'
}

@test "load: several targets get the connections in turn" {
  start_echo --log-env=one
  first=$ECHO_ADDR
  start_echo --log-env=two
  bench 0 -n 100 -c 2 -k "$first" "$ECHO_ADDR"
  [ "$(cat one two | wc -l)" -eq 100 ]
  [ -s one ]
  [ -s two ]
  holds "(.targets | length) == 2 and .connections.made == 2"
  bench 2 -n 10 -c 1 "$first" "$ECHO_ADDR"
  [[ $stderr == 'fcgi-bench: -c 1: there are more targets (2)'* ]]
}

@test "load: over TCP, by name and by number" {
  start_echo -l 127.0.0.1:0
  bench 0 -n 20 "$ECHO_ADDR"
  holds '.requests.complete == 20'
  bench 0 -n 20 "localhost:${ECHO_ADDR##*:}"
  holds '.requests.complete == 20'
  bench 3 -n 20 no-such-host.invalid:9000
  [[ $stderr == 'fcgi-bench: no-such-host.invalid:9000: cannot look up the host: '* ]]
}

# --- open loop ------------------------------------------------------------------------------------

@test "load: an open loop keeps its rate, whatever the answers take" {
  start_echo
  paced -z 500ms -w 0 -R 200 -c 30 -k --url /delay/50ms "$ECHO_ADDR"
  holds '.mode == "open" and .requests.complete + .requests.unsent == 100'
  holds '.response.count == .requests.complete and .lateness.count == .requests.complete'
  holds '.requests.complete > 50 and .options.arrival == "constant" and .options.seed == null'
  holds '.service.min_us >= 50000 and .response.min_us >= .service.min_us'
}

@test "load: a pause of the application is in the response times, and not in the service times" {
  start_echo
  # One connection is busy for 20 ms with each, and 100 requests a second are due.  What it has no
  # time for until the end it gets behind that.
  paced -z 300ms -w 0 -R 100 -c 1 -k --url /delay/20ms "$ECHO_ADDR"
  holds '.requests.complete == 30 and .requests.unsent == 0 and .requests.in_window <= 15'
  holds '.service.max_us < .response.max_us and .response.max_us > 100000'
  holds 'any(.diagnoses[]; .kind == "server-saturated")'
}

@test "load: what an overloaded application never gets has failed" {
  start_echo
  bench 1 -z 300ms -w 0 -R 1000 -c 2 --url /delay/100ms --timeout 500ms "$ECHO_ADDR"
  holds '.requests.complete > 0 and .requests.complete + .requests.failed == 300'
  holds '.requests.unsent > 200 and .errors.send["no-free-connection"] == .requests.unsent'
  holds '.response.count == 300 and .verdict == "failed"'
  bench any -z 300ms -w 0 -R 1000 -c 2 --url /delay/100ms --timeout 500ms --allow-errors 100% "$ECHO_ADDR"
  [ "$status" -ne 1 ]
}

@test "load: any rate is counted in no time" {
  start_echo
  begin_bench -z 100ms -w 0 -R 1000000000 -c 1 --timeout 50ms "$ECHO_ADDR"
  bench_ends 1
  holds '.requests.complete + .requests.failed == 100000000'
}

@test "load: the rate is of the answers that came in time" {
  start_echo
  bench 0 -z 300ms -w 0 -c 8 -k --url /delay/1s "$ECHO_ADDR"
  holds '.requests.complete == 8 and .requests.in_window == 0 and .rps == 0'
  # Those that began in the warm-up come in time.
  bench 0 -z 2s -w 100ms -c 1 -k --url /delay/500ms "$ECHO_ADDR"
  holds '.requests.in_window == .requests.complete and .rps <= 2'
}

@test "load: stages follow each other" {
  start_echo
  paced --stages=200ms:100,200ms:500 -w 100ms -c 8 -k --interval 200ms "$ECHO_ADDR"
  holds '.requests.complete + .requests.unsent == 120 and .requests.complete > 60'
  holds '.options.duration_s == 0.4'
  holds '.options.stages == [{duration_s: 0.1, rate: 100}, {duration_s: 0.2, rate: 100},
    {duration_s: 0.2, rate: 500}]'
}

@test "load: poisson arrivals are the same for the same seed" {
  start_echo
  for seed in 7 7 8; do
    paced -z 300ms -w 0 -R 300 -c 20 -k --arrival=poisson --seed $seed "$ECHO_ADDR"
    holds ".options.arrival == \"poisson\" and .options.seed == $seed"
    figure '.requests.complete + .requests.unsent' >>counts
  done
  # However many threads there are.
  paced -z 300ms -w 0 -R 300 -c 20 -t 3 -k --arrival=poisson --seed 8 "$ECHO_ADDR"
  figure '.requests.complete + .requests.unsent' >>counts
  [ "$(sed -n 1p counts)" = "$(sed -n 2p counts)" ]
  [ "$(sed -n 3p counts)" = "$(sed -n 4p counts)" ]
  awk '$1 < 30 || $1 > 200 { exit 1 }' counts
}

# --- the client -----------------------------------------------------------------------------------

@test "load: --self-test alone needs no target" {
  bench 0 --self-test
  holds '.mode == "self-test" and .rps > 0 and .fingerprint.cpus > 0'
  # Its own application takes several requests at a time, and is not asked.
  bench 0 --self-test -m 8 -c 2
  holds '.mode == "self-test" and .rps > 0'
  "$fcgi_bench" --self-test | grep -Ex "this machine's limit: [0-9]+ requests/s"
  "$fcgi_bench" --self-test --format csv | sed -n 1p | grep -x self_test_rps
}

@test "load: --self-test with a target says how much of that was used" {
  start_echo
  bench 0 -n 500 -k --self-test "$ECHO_ADDR"
  holds '.client.limit_rps > 0 and .requests.complete == 500'
}
