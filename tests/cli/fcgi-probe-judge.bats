# fcgi-probe: from what was seen to a state, an exit status and a cause.
# shellcheck disable=SC2154 # what run sets is used
bats_require_minimum_version 1.5.0

load helper

fcgi_probe=$FCGI_BUILD/fcgi-probe/fcgi-probe

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# A guard against hanging, not a measure of speed.
probe() {
  timeout 60 "$fcgi_probe" -t 50s "$@"
}

# judged STATUS BEGIN ARG...: the exit status, and how the line goes on behind "FCGI ".
judged() {
  local status_expected=$1 begin=$2
  shift 2
  run "-$status_expected" probe "$@"
  printf '%s\n' "$output"
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == "FCGI $begin"* ]]
}

is_waited_for() {
  [[ $("$fcgi_probe" --queue "$ECHO_ADDR") == *" - $1 of "* ]]
}

# fill COUNT: that many connections which nobody accepts, for the application is stopped.
fill() {
  local i
  kill -STOP "$ECHO_PID"
  wait_for is_stopped "$ECHO_PID"
  for ((i = 0; i < $1; i++)); do
    # The kernel keeps a connection in the queue when its client has gone.
    "$fcgi_probe" --connect-only "$ECHO_ADDR" >connected
  done
  wait_for is_waited_for "$1"
}

# --- the answer -------------------------------------------------------------------------------------

@test "2xx and 3xx are OK, 4xx WARNING, 5xx CRITICAL" {
  start_echo
  judged 0 "OK $ECHO_ADDR - HTTP 200" "$ECHO_ADDR"
  judged 0 "OK $ECHO_ADDR - HTTP 204" --url /status/204 "$ECHO_ADDR"
  judged 0 "OK $ECHO_ADDR - HTTP 302" --url '/redirect?to=/' "$ECHO_ADDR"
  judged 1 "WARNING $ECHO_ADDR - http-404: HTTP 404" --url /status/404 "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - http-500: HTTP 500" --url /status/500 "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - http-599: HTTP 599" --url /status/599 "$ECHO_ADDR"
}

@test "--expect-status: what is not in the list is CRITICAL, and nothing else is" {
  start_echo
  judged 0 OK --expect-status 404 --url /status/404 "$ECHO_ADDR"
  judged 0 OK --expect-status 200,5xx --url /status/503 "$ECHO_ADDR"
  judged 0 OK --expect-status 400-404 --url /status/400 "$ECHO_ADDR"
  judged 0 OK --expect-status 400-404 --url /status/404 "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - http-405" --expect-status 400-404 --url /status/405 "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - http-200" --expect-status 3xx "$ECHO_ADDR"
  local list
  for list in '' ',' '200,' 2xxx 99 1000 404-400 -200 200- twohundred; do
    run -3 --separate-stderr probe "--expect-status=$list" "$ECHO_ADDR"
    [[ ${stderr_lines[0]} == 'fcgi-probe: --expect-status '* ]]
    [ -z "$output" ]
  done
}

@test "--expect-body: a text that the body has" {
  start_echo
  judged 0 OK --expect-body 'it works' "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - body: the body has no \"it fails\", it begins \"fcgi-echo: it works\\n\"" \
    --expect-body 'it fails' "$ECHO_ADDR"
  # In a header it does not count.
  judged 2 CRITICAL --expect-body text/plain "$ECHO_ADDR"
  judged 2 CRITICAL --expect-body 'it works' --url /status/500 "$ECHO_ADDR"
}

@test "--expect-header: a name, and a text that its value has" {
  start_echo
  judged 0 OK --expect-header content-type "$ECHO_ADDR"
  judged 0 OK --expect-header 'Content-Type: text/plain' "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - header: there is no header \"Content-Type: text/html\"" \
    --expect-header 'Content-Type: text/html' "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - header: there is no header \"X-Absent\"" \
    --expect-header X-Absent "$ECHO_ADDR"
}

@test "--stderr: error output is told, and bad only where it is asked for" {
  start_echo
  judged 0 "OK $ECHO_ADDR - HTTP 200" --url /stderr "$ECHO_ADDR"
  [[ $output == *'; stderr: '?* ]]
  judged 0 OK --stderr ok --url /stderr "$ECHO_ADDR"
  judged 1 "WARNING $ECHO_ADDR - stderr: error output: " --stderr warn --url /stderr "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - stderr: error output: " --stderr crit --url /stderr "$ECHO_ADDR"
  judged 0 OK --stderr crit "$ECHO_ADDR"
}

@test "--app-status: other than 0 is told, and bad only where it is asked for" {
  start_echo
  judged 0 "OK $ECHO_ADDR - HTTP 200" --url /exit/7 "$ECHO_ADDR"
  [[ $output == *'; appStatus 7'* ]]
  judged 1 "WARNING $ECHO_ADDR - app-status: appStatus 7" --app-status warn --url /exit/7 "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - app-status: appStatus 7" --app-status crit --url /exit/7 "$ECHO_ADDR"
  judged 0 OK --app-status crit "$ECHO_ADDR"
}

@test "what an application says cannot forge a line or reach a terminal" {
  start_echo
  judged 2 CRITICAL --expect-body x --url '/redirect?to=/' -H 'X: y' "$ECHO_ADDR"
  run -2 probe --expect-body $'x\n\e[31mFCGI OK' "$ECHO_ADDR"
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *'has no "x\n\033[31mFCGI OK"'* ]]
}

# --- pages ------------------------------------------------------------------------------------------

@test "--ping: the answer has to be pong" {
  start_echo
  # fcgi-echo knows no page of that name; this one is a page, but not pong.
  judged 1 "WARNING $ECHO_ADDR - http-404" --ping "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - body: the body is not \"pong\", it begins \"fcgi-echo: it works\\n\"" \
    --ping --ping-path / "$ECHO_ADDR"
  judged 0 "OK $ECHO_ADDR - pong" --ping --ping-path / --expect-body works "$ECHO_ADDR"
}

@test "--fpm-status: what is no status page is UNKNOWN, unless nothing works at all" {
  start_echo
  judged 3 "UNKNOWN $ECHO_ADDR - no-status: HTTP 200, but what came is no status page" \
    --fpm-status --status-path / "$ECHO_ADDR"
  judged 3 "UNKNOWN $ECHO_ADDR - http-404" --fpm-status "$ECHO_ADDR"
  judged 3 "UNKNOWN $ECHO_ADDR - http-500" --fpm-status --status-path /status/500 "$ECHO_ADDR"
  start_echo --fault=empty
  judged 2 "CRITICAL $ECHO_ADDR - empty" --fpm-status "$ECHO_ADDR"
  judged 2 'CRITICAL ./none.sock - missing' --fpm-status -c active=5 ./none.sock
}

# --- thresholds -------------------------------------------------------------------------------------

@test "-w and -c: the worst counts, the figure and the limit are told" {
  start_echo
  judged 0 OK -w time=1h -c time=2h "$ECHO_ADDR"
  judged 1 "WARNING $ECHO_ADDR - slow: time " -w time=0 -c time=1h "$ECHO_ADDR"
  [[ $output == *', more than 0 s | time='*'s;0;3600;0 '* ]]
  judged 2 "CRITICAL $ECHO_ADDR - slow: time " -w time=0 -c time=0:0.000000001 "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - size: 63 bytes, less than 1.0 KiB" -c size=1k: "$ECHO_ADDR"
  judged 1 "WARNING $ECHO_ADDR - size: 63 bytes, more than 62 bytes" --warning size=62 "$ECHO_ADDR"
  judged 1 "WARNING $ECHO_ADDR - size: 63 bytes, from 60 bytes to 70 bytes" -w size=@60:70 "$ECHO_ADDR"
  judged 0 OK -w "size=~:63" --critical size=63: "$ECHO_ADDR"
  # The last one of a metric counts.
  judged 0 OK -w size=1 -w size=100 "$ECHO_ADDR"
}

@test "-c: an application that answers in time, but slowly" {
  start_echo
  judged 0 OK -c time=40s --url /delay/200ms "$ECHO_ADDR"
  judged 1 "WARNING $ECHO_ADDR - slow: time " -w time=100ms -c time=40s --url /delay/200ms "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - slow: first_byte " -c first_byte=100ms --url /delay/200ms "$ECHO_ADDR"
}

@test "-w and -c: what is not METRIC=RANGE is a usage error" {
  local threshold
  for threshold in '' time = time= =5 times=5 TIME=5 time=x time=-5 time=5:2 queue=5s size=5% \
    saturation=90%% time=1:2:3 idle=~ idle=: idle=1e3 idle=nan; do
    run -3 --separate-stderr probe "-c$threshold" ./app.sock
    [[ ${stderr_lines[0]} == 'fcgi-probe: -c '* || ${stderr_lines[0]} == 'fcgi-probe: -c: '* ]]
    [ -z "$output" ]
  done
}

@test "a threshold on what is not known is UNKNOWN, not OK" {
  start_echo
  judged 3 "UNKNOWN $ECHO_ADDR - idle: not known" -w idle=1: "$ECHO_ADDR"
  judged 3 "UNKNOWN $ECHO_ADDR - idle: not known" -c idle=1: --url /status/404 "$ECHO_ADDR"
  # What is bad for certain goes before.
  judged 2 "CRITICAL $ECHO_ADDR - http-500" -c idle=1: --url /status/500 "$ECHO_ADDR"
}

@test "-c queue: the kernel's figures, without or with a request" {
  start_echo -b 10
  judged 0 "OK $ECHO_ADDR - 0 of 10 waiting" --queue -c queue=3 "$ECHO_ADDR"
  judged 0 "OK $ECHO_ADDR - HTTP 200" -c queue=3 -c queue_pct=50% "$ECHO_ADDR"
  fill 4
  judged 2 "CRITICAL $ECHO_ADDR - queue: 4 of 10 waiting, more than 3" --queue -c queue=3 "$ECHO_ADDR"
  judged 1 "WARNING $ECHO_ADDR - queue_pct: 40%, 4 of 10 waiting, more than 39.5%" \
    --queue -w queue_pct=39.5% "$ECHO_ADDR"
  judged 0 OK --queue -w queue_pct=40% "$ECHO_ADDR"
}

# --- presets ----------------------------------------------------------------------------------------

@test "--liveness: alive is who is busy, and who answers below 500" {
  start_echo -b 10
  judged 0 OK --liveness "$ECHO_ADDR"
  judged 0 OK --liveness --url /status/404 "$ECHO_ADDR"
  judged 0 OK --liveness --ping "$ECHO_ADDR"
  judged 1 "CRITICAL $ECHO_ADDR - http-503" --liveness --url /status/503 "$ECHO_ADDR"
  judged 1 "CRITICAL $ECHO_ADDR - http-404" --liveness --expect-status 200 --url /status/404 "$ECHO_ADDR"
  fill 1
  judged 0 "OK $ECHO_ADDR - busy: not accepted within 0.3 s, 2 of 10 waiting" \
    --liveness -t 300ms "$ECHO_ADDR"
  judged 1 "CRITICAL $ECHO_ADDR - busy" --liveness --busy crit -t 300ms "$ECHO_ADDR"
  judged 2 "CRITICAL $ECHO_ADDR - busy" --liveness --busy crit --exit plugin -t 300ms "$ECHO_ADDR"
}

@test "--liveness: dead is who does not answer, and who answers nothing" {
  judged 1 'CRITICAL ./none.sock - missing' --liveness ./none.sock
  start_echo --fault=overloaded
  judged 0 "OK $ECHO_ADDR - overloaded" --liveness "$ECHO_ADDR"
  start_echo --fault=empty
  judged 1 "CRITICAL $ECHO_ADDR - empty" --liveness "$ECHO_ADDR"
  start_echo --fault=silent
  judged 1 "CRITICAL $ECHO_ADDR - no-answer" --liveness -t 300ms "$ECHO_ADDR"
}

@test "--readiness: not with a queue that is 80% full" {
  start_echo -b 10
  judged 0 OK --readiness "$ECHO_ADDR"
  judged 0 'WARNING' --readiness --url /status/404 "$ECHO_ADDR"
  fill 7
  judged 0 "OK $ECHO_ADDR - 7 of 10 waiting" --readiness --queue "$ECHO_ADDR"
  "$fcgi_probe" --connect-only "$ECHO_ADDR" >connected
  wait_for is_waited_for 8
  judged 1 "CRITICAL $ECHO_ADDR - queue_pct: 80%, 8 of 10 waiting, not less than 80%" \
    --readiness --queue "$ECHO_ADDR"
  judged 0 OK --readiness -c queue_pct=95% --queue "$ECHO_ADDR"
  judged 1 "CRITICAL $ECHO_ADDR - busy" --readiness -t 300ms "$ECHO_ADDR"
}

# --- several targets --------------------------------------------------------------------------------

# Sets $ok, $warning and $critical.
start_three() {
  start_echo
  ok=$ECHO_ADDR
  start_echo --fault=no-end
  warning=$ECHO_ADDR
  start_echo --fault=empty
  critical=$ECHO_ADDR
}

@test "the worst target wins: CRITICAL, then UNKNOWN, WARNING, OK" {
  start_three
  run -0 probe "$ok" "$ok"
  run -1 probe "$ok" "$warning"
  run -2 probe "$warning" "$critical" "$ok"
  # Not connected to anything: nothing is known of it.
  run -3 probe "$ok" fd:999 "$warning"
  run -2 probe fd:999 "$critical"
}

@test "--exit=boolean: 0 for OK and WARNING, and never for UNKNOWN" {
  start_three
  run -0 probe --exit boolean "$ok" "$warning"
  run -1 probe --exit boolean "$ok" "$critical"
  run -1 probe --exit boolean "$ok" fd:999 "$warning"
  run -1 probe --exit boolean -c idle=1: "$ok"
}
