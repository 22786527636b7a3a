#!/usr/bin/env bats
# fcgi-bench's reports: text, JSON, CSV, and where they go.

bats_require_minimum_version 1.5.0
load helper
load bench

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

@test "report: the text says what was run, what came of it, and what to think of it" {
  start_echo
  run --separate-stderr -0 "$fcgi_bench" -n 100 -c 2 -k "$ECHO_ADDR"
  printf '%s\n' "$output"
  [ -z "$stderr" ]
  [ "${lines[0]}" = 'closed loop, 100 requests' ]
  "$fcgi_bench" -n 1 "$ECHO_ADDR" | grep -x 'closed loop, 1 request'
  [ "${lines[1]}" = '2 connections, kept; 1 thread' ]
  [ "${lines[2]}" = "to $ECHO_ADDR" ]
  [[ ${lines[3]} =~ ^'good answers  100, '[0-9.]+'/s over '[0-9.]+s$ ]]
  [ "${lines[4]}" = 'failed        0' ]
  grep -E '^ +min +mean +p50 +p90 +p99 +p99\.9 +p99\.99 +max$' <<<"$output"
  # p50 and p90 of a hundred; the others are not told.
  grep -E '^service( +[0-9.]+(ns|us|ms|s)){4}( +-){3} +[0-9.]+(ns|us|ms|s)$' <<<"$output"
  # No response time is made up for a closed loop.
  run -1 grep -E '^(response|lateness)' <<<"$output"
  run --separate-stderr -0 "$fcgi_bench" -n 100 -c 2 -k "$ECHO_ADDR"
  [[ $output == *$'\nserver        '*'us of processor time a request (fcgi-echo)'* ]]
  [[ $output == *$'\nnote: closed loop: '* ]]
  [ "${lines[-1]}" = good ]
  run -0 "$fcgi_bench" -v -n 10 "$ECHO_ADDR"
  [[ $output == *$'\nreceived      '*' bytes'* ]]
}

@test "report: the text of an open loop tells three times, and explains them" {
  start_echo
  run "$fcgi_bench" -z 200ms -w 0 -R 100 -c 4 -k "$ECHO_ADDR"
  [[ $output == *'open loop, constant arrivals, 100/s, 200ms'* ]]
  rate() {
    "$fcgi_bench" -n 1 -R "$1" "$ECHO_ADDR" | sed -n '1s/.*arrivals, \(.*\), 1 request/\1/p'
  }
  [ "$(rate 159697.953125)" = 159698/s ]
  [ "$(rate 1000.5)" = 1000.5/s ]
  [ "$(rate 12345678)" = 12345678/s ]
  [ "$(grep -cE '^(response|lateness|service) ' <<<"$output")" -eq 3 ]
  [[ $output == *'(response: from when a request was due; '* ]]
}

@test "report: failures are told by phase and cause" {
  start_echo
  run -3 "$fcgi_bench" -n 10 --url /status/503 "$ECHO_ADDR"
  [[ $output == *$'\nfailed        10, 100% of 10\n  valid       10 status 503\n'* ]]
  [ "${lines[-1]}" = 'failed: there was no good answer' ]
}

@test "report: each kind of requests and each target has its own failures and times" {
  start_echo
  first=$ECHO_ADDR
  start_echo -l second.sock --fault=overloaded
  printf 'Name: well\nUrl: /\nWeight: 2\n\nName: bad\nUrl: /status/503\n\nName: late\nUrl: /delay/20ms\n' >requests
  bench 1 -n 400 -c 1 -k -i requests "$first"
  holds '[.inputs[] | {name, complete, failed, errors}] == [
    {name: "well", complete: 200, failed: 0, errors: {total: 0}},
    {name: "bad", complete: 0, failed: 100, errors: {total: 100, valid: {"status 503": 100}}},
    {name: "late", complete: 100, failed: 0, errors: {total: 0}}]'
  holds '[.inputs[].latency.count] == [200, 0, 100]'
  holds '.inputs[2].latency | .min_us >= 20000 and .p50_us >= 20000 and (.hdr | startswith("HISTFAAA"))'
  holds '.inputs[0].latency.min_us < 20000 and .inputs[1].latency.p50_us == null'
  # One target is the whole.
  holds '.by_target | length == 1 and .[0].complete == 300 and .[0].failed == 100 and .[0].errors == null'
  holds '.requests.unassigned == 0'
  bench 1 -n 80 -c 2 "$first" second.sock
  holds "[.by_target[].name] == [\"$first\", \"second.sock\"]"
  holds '.by_target[0].failed == 0 and .by_target[0].complete == .requests.complete'
  holds '.by_target[1].complete == 0 and .by_target[1].failed == .requests.failed and .requests.failed > 0'
  holds '.by_target[1].errors == .errors and .by_target[0].latency.hdr == .service.hdr'
  run -1 "$fcgi_bench" -n 80 -c 2 -i requests "$first" second.sock
  # In the text both lists, a line each, and the causes.
  grep -E '^ +good +failed +p50 +p99  request \(service\)$' <<<"$output"
  grep -E '^ +0 +[0-9]+ +- +-  bad$' <<<"$output"
  grep -E '^ +valid +[0-9]+ status 503$' <<<"$output"
  grep -E '^ +good +failed +p50 +p99  target \(service\)$' <<<"$output"
  grep -E '^ +0 +[0-9]+ +- +-  second\.sock$' <<<"$output"
  # Of one kind to one target there is nothing more to be said than of the whole.
  run -0 "$fcgi_bench" -n 10 "$first"
  run -1 grep -E 'p50 +p99  ' <<<"$output"
}

@test "report: what never had a connection is of no kind and no target" {
  start_echo
  printf 'Url: /\n\nUrl: /delay/500ms\n' >requests
  bench any -z 200ms -w 0 -R 100 -c 1 -k --timeout 300ms --interval 1h -i requests "$ECHO_ADDR"
  holds '.requests.unsent > 0 and .requests.unassigned == .requests.unsent'
  holds '([.inputs[].failed] | add) + .requests.unassigned == .requests.failed'
  run "$fcgi_bench" -z 200ms -w 0 -R 100 -c 1 -k --timeout 300ms -i requests "$ECHO_ADDR"
  grep -E '^ +0 +[0-9]+ +- +-  \(had no connection\)$' <<<"$output"
}

@test "report: JSON has all keys, in a closed and in an open loop" {
  need_jq
  start_echo
  keys='["schema","mode","started","targets","options","fingerprint","duration_s","rps","requests",
    "errors","response","service","lateness","connect","first_byte","connections","bytes","client",
    "server","inputs","by_target","intervals","after_end","diagnoses","gates","find_max","interrupted","verdict","reason"]'
  bench 0 -n 100 "$ECHO_ADDR"
  holds "keys_unsorted == $keys"
  holds '.schema == 1 and .mode == "closed" and .response == null and .lateness == null'
  holds ".targets == [\"$ECHO_ADDR\"]"
  histogram='["count","min_us","mean_us","p50_us","p90_us","p99_us","p99_9_us","p99_99_us","max_us","hdr"]'
  holds "[.service, .connect, .first_byte] | all(keys_unsorted == $histogram)"
  holds '.service | .count == 100 and .min_us <= .p50_us and .p50_us <= .p90_us and .p90_us <= .max_us'
  holds '.service | .p99_us == null and .p99_9_us == null and .p99_99_us == null'
  holds '.service.hdr | startswith("HISTFAAA")'
  holds '.client.cpu_us_per_request > 0 and .client.saturated == false'
  holds '.requests.complete / .duration_s / .rps | . < 1.01 and . > 0.99'
  paced -n 50 -R 500 -c 4 "$ECHO_ADDR"
  holds "keys_unsorted == $keys"
  holds '.mode == "open" and .response.count == 50 and .lateness.count == 50'
}

@test "report: JSON says what was run" {
  start_echo
  bench 0 -n 20 -z 1h -c 3 -t 2 -m 4 -w 10ms --timeout 7s --connect-timeout 2s --interval 3s "$ECHO_ADDR"
  holds '.options == {connections: 3, threads: 2, streams: 4, keep_alive: true,
    requests_per_connection: null, duration_s: 3600, requests: 20, warmup_s: 0.01, timeout_s: 7,
    connect_timeout_s: 2, interval_s: 3}'
}

@test "report: intervals add up to the whole" {
  start_echo
  paced -z 400ms -w 0 -R 500 -c 8 -k --interval 100ms "$ECHO_ADDR"
  holds '([.intervals[].complete] | add) == .requests.in_window and (.intervals | length) > 1'
  holds '[.intervals[].end_s] | . == sort'
  holds '[.intervals[] | .max_us >= .p50_us] | all'
}

@test "report: an interval has what belongs to it, and what came behind the end stands apart" {
  start_echo
  # In the window one answer on each connection; the second is behind it, and late by 600 ms.
  bench 0 -c 3 -k -z 1500ms -w 0 --interval 300ms --url /delay/1s "$ECHO_ADDR"
  holds '.requests == (.requests + {complete: 6, failed: 0, in_window: 3})'
  holds '.after_end | .complete == 3 and .failed == 0 and .max_us >= 1000000'
  holds '[.intervals[] | select(.max_us != null) | .complete] | add == 3'
  holds 'all(.intervals[]; .complete > 0 or .max_us == null)'
  # So are failures: the time of these is over behind the end.
  bench 3 -c 3 -k -z 500ms -w 0 --interval 100ms --timeout 1s --url /delay/1h "$ECHO_ADDR"
  holds '.after_end == {complete: 0, failed: 3, p50_us: null, p99_us: null, max_us: null}'
  holds 'all(.intervals[]; .failed == 0)'
  # Of a number nothing is behind the end.
  bench 0 -c 3 -k -n 30 "$ECHO_ADDR"
  holds '.after_end.complete == 0 and ([.intervals[].complete] | add) == 30'
}

@test "report: CSV is a line for each interval" {
  start_echo
  run --separate-stderr "$fcgi_bench" -z 300ms -w 0 -R 1000 -c 8 -k --interval 100ms --format csv "$ECHO_ADDR"
  [ "${lines[0]}" = end_s,length_s,complete,failed,rps,p50_us,p99_us,max_us ]
  # A machine that is busy may let two become one.
  ((${#lines[@]} >= 2 && ${#lines[@]} <= 4))
  awk -F, 'NR > 1 && (NF != 8 || $2 <= 0 || $4 != 0) { bad = 1 } { length_s += $2; sum += $3 }
    END { exit bad || length_s < 0.299 || sum < 1 || sum > 300 }' <<<"$output"
}

@test "report: several formats, each to its place" {
  need_jq
  start_echo
  echo old >report.json
  run --separate-stderr -0 "$fcgi_bench" -n 10 --format json:report.json --format text --format csv:series \
    "$ECHO_ADDR"
  [ "${lines[-1]}" = good ]
  jq -e '.requests.complete == 10' report.json
  [ "$(wc -l <series)" -eq 2 ]
  run --separate-stderr -0 "$fcgi_bench" -n 10 -o report.txt "$ECHO_ADDR"
  [ -z "$output$stderr" ]
  [ "$(tail -n 1 report.txt)" = good ]
  run --separate-stderr -0 "$fcgi_bench" -n 10 --format json "$ECHO_ADDR"
  jq -e '.verdict == "good"' <<<"$output"
}

@test "report: a report that cannot be written is an error" {
  start_echo
  run --separate-stderr -2 "$fcgi_bench" -n 10 -o /dev/full "$ECHO_ADDR"
  [ "$stderr" = 'fcgi-bench: /dev/full: No space left on device' ]
  run --separate-stderr -2 bash -c "'$fcgi_bench' -n 10 '$ECHO_ADDR' >/dev/full"
  [ "$stderr" = 'fcgi-bench: standard output: No space left on device' ]
  run --separate-stderr -2 bash -c "'$fcgi_bench' -n 10 '$ECHO_ADDR' >&-"
  [[ $stderr == 'fcgi-bench: standard output: '* ]]
}

@test "report: answers with STDERR are counted" {
  start_echo
  printf 'Url: /\n\nUrl: /stderr\nWeight: 3\n' >requests
  bench 0 -n 40 -i requests "$ECHO_ADDR"
  holds '.requests.with_stderr == 30 and .requests.complete == 40'
  run -0 "$fcgi_bench" -n 40 -i requests "$ECHO_ADDR"
  [[ $output == *$'\nwith STDERR   30 answers\n'* ]]
  bench 0 -n 40 "$ECHO_ADDR"
  holds '.requests.with_stderr == 0'
}

@test "report: what nobody asked for fails the run, and no request" {
  start_echo --fault=twice
  bench 1 -n 10 "$ECHO_ADDR"
  holds '.requests.complete == 10 and .requests.failed == 0 and .connections.strays > 0'
  holds '.reason == "the application sent what nobody asked for"'
  run -1 "$fcgi_bench" -n 10 "$ECHO_ADDR"
  [[ $output == *$'\nnot asked for '[0-9]*' times bytes came behind an answer'* ]]
}

@test "report: rates are of what came in the window" {
  start_echo
  # A round of answers comes in it, and the next behind it.
  bench 0 -c 4 -k -z 3s -w 0 --interval 500ms --url /delay/2s "$ECHO_ADDR"
  holds '.requests.complete == 8 and .requests.in_window == 4'
  holds '.rps * .duration_s | . > 3.99 and . < 4.01'
  holds '([.intervals[].complete] | add) == 4'
  run -0 "$fcgi_bench" -c 1 -k -z 300ms -w 0 --url /delay/200ms "$ECHO_ADDR"
  [[ $output == *' that came in that time)'* ]]
  [[ $output == *$'\nnote: the rate is too low: a warm-up of 0s is shorter than an answer, which takes 2'* ]]
  bench 0 -c 1 -k -z 300ms -w 0 --url /delay/200ms "$ECHO_ADDR"
  holds 'any(.diagnoses[]; .kind == "warm-up" and (.text | startswith("the rate is too low: a warm-up of 0s ")))'
  # Of the warm-up's, those that came in it count for the rate alone.
  bench 0 -c 4 -k -z 3s -w 1s --url /delay/2s "$ECHO_ADDR"
  holds '.requests.in_window == 4 or .requests.in_window == 8'
  holds '.requests.complete == 4'
  bench 0 -c 1 -k -z 300ms -w 1s --url /delay/20ms "$ECHO_ADDR"
  holds 'all(.diagnoses[]; .kind != "warm-up")'
}

@test "report: a run that is stopped tells what it left" {
  start_echo --log-env=requests
  begin_bench -w 1h "$ECHO_ADDR"
  wait_for test -s requests
  kill -INT "$BENCH_PID"
  bench_ends 130
  holds '.verdict == "inconclusive" and .reason == "interrupted in the warm-up"'
  : >requests
  begin_bench --format text:text -z 1h -w 0 -c 2 --url /delay/1h --timeout 1h "$ECHO_ADDR"
  both_are_sent() {
    [ "$(wc -l <requests)" -ge 2 ]
  }
  wait_for both_are_sent
  kill -INT "$BENCH_PID"
  wait_for is_taken INT
  kill -INT "$BENCH_PID"
  bench_ends 130
  holds '.requests.cut_off == 2 and .requests.failed == 0'
  holds '.verdict == "inconclusive" and .reason == "interrupted before the first answer"'
  grep -x 'cut off       2, in flight when the run was stopped' text
  [ "$(tail -n 1 text)" = 'inconclusive: interrupted before the first answer' ]
}

@test "report: a file named - is standard output" {
  start_echo
  run --separate-stderr -0 "$fcgi_bench" -n 10 -o - "$ECHO_ADDR"
  [ "${lines[-1]}" = good ]
  run --separate-stderr -0 "$fcgi_bench" -n 10 --format csv:- -o report.txt --format text "$ECHO_ADDR"
  [ "${#lines[@]}" -eq 2 ]
  [ "$(tail -n 1 report.txt)" = good ]
  [ ! -e ./- ]
}

@test "report: a limit of file size is an error, and leaves nothing behind" {
  start_echo
  # shellcheck disable=SC2120 # run passes some
  limited() {
    # Of 1024 bytes, which the histograms are longer than.
    (ulimit -f 1 && exec "$fcgi_bench" -n 10 --format json "$@" "$ECHO_ADDR") 2>message
  }
  echo old >report
  run -2 limited -o report
  [ "$(cat message)" = 'fcgi-bench: report: File too large' ]
  [ "$(cat report)" = old ]
  [ -z "$(find . -name '.fcgi*')" ]
  to_file() {
    limited >output
  }
  run -2 to_file
  [ "$(cat message)" = 'fcgi-bench: standard output: File too large' ]
}

@test "report: no line on what is no terminal, and names are escaped" {
  name=$'odd\e[31m\nname.sock'
  start_echo -l "$name"
  run --separate-stderr -0 "$fcgi_bench" -z 200ms -w 0 --interval 50ms "./$name"
  [ -z "$stderr" ]
  # shellcheck disable=SC1003 # a backslash is meant
  [[ $output == *'to ./odd\033[31m\nname.sock'* ]]
}

@test "report: a terminal has a line while it runs, and NO_COLOR and -q are obeyed" {
  command -v script >/dev/null || skip 'script is missing'
  start_echo
  on_terminal() {
    TERM=xterm script -qec "$1 '$fcgi_bench' $2 -z 300ms -w 0 --interval 50ms -o out '$ECHO_ADDR'" terminal \
      </dev/null >/dev/null 3>&-
    cat terminal
  }
  [[ $(on_terminal env '') == *'/s'*' failed'* ]]
  run on_terminal env -q
  [[ $output != *'/s  '* ]]
  run on_terminal 'env TERM=dumb' ''
  [[ $output != *'/s  '* ]]
  run on_terminal env "--url /status/500"
  [[ $output == *$'\e[31m'* ]]
  run on_terminal 'env NO_COLOR=1' "--url /status/500"
  [[ $output != *$'\e[31m'* ]]
}

@test "report: the line on the terminal is written once an interval, in the warm-up too" {
  command -v script >/dev/null || skip 'script is missing'
  start_echo
  TERM=xterm NO_COLOR=1 script -qec "'$fcgi_bench' -k -z 100ms -w 1s --interval 100ms -o out '$ECHO_ADDR'" terminal \
    </dev/null >/dev/null 3>&-
  tr '\r' '\n' <terminal >lines
  cat -v lines
  # Eleven steps of a tenth; a machine that is busy leaves some of them out.
  [ "$(grep -o '^warm-up  [0-9.]*m*s left' lines | sort -u | wc -l)" -ge 4 ]
  run ! grep -E '^warm-up.*(/s|failed)' lines
}

@test "report: a file that is replaced stays as private as it was, and a link to nothing leads to a new one" {
  start_echo
  umask 022
  : >private
  chmod 600 private
  mkdir folder
  ln -s folder/new link
  run -0 "$fcgi_bench" -n 1 --format json:private --format csv:link --format text:plain "$ECHO_ADDR"
  [ "$(stat -c %a private plain folder/new | tr '\n' ' ')" = '600 644 644 ' ]
  [ -s private ] && [ -s folder/new ] && [ -L link ]
}

@test "report: the intervals of a run that is shorter than a millisecond are not of length 0" {
  start_echo
  bench 0 -n 2 -k "$ECHO_ADDR"
  holds '.intervals[-1].length_s > 0 and .intervals[-1].end_s > 0'
  holds '.duration_s - .intervals[-1].end_s | fabs < 0.000002'
  run -0 "$fcgi_bench" -n 2 -k --format csv "$ECHO_ADDR"
  awk -F, 'NR == 2 { exit $2 <= 0 }' <<<"$output"
}
