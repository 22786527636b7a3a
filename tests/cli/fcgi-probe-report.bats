#!/usr/bin/env bats
# fcgi-probe's reports: text with performance data, JSON, OpenMetrics; -o and --state.

bats_require_minimum_version 1.5.0
load helper

fcgi_probe=$FCGI_BUILD/fcgi-probe/fcgi-probe
openmetrics=$FCGI_BUILD/tests/cli/openmetrics

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  local pid
  for pid in $(cat pids 2>/dev/null); do
    kill "$pid" 2>/dev/null || continue
    wait_for is_gone "$pid" || kill -KILL "$pid"
  done
  stop_all
}

need() {
  command -v "$1" >/dev/null || skip "$1 is missing"
}

# probe STATUS ARG...: fcgi-probe exits so; what it says is in $output and $stderr.
probe() {
  local expected=$1
  shift
  run --separate-stderr "-$expected" timeout 60 "$fcgi_probe" "$@"
  printf '%s\n' "$output" "$stderr"
}

# The metrics of a line of performance data, one LABEL=VALUE... a line; fails on what is none.
perfdata() {
  printf '%s\n' "$1" | awk '
    {
      while ($0 != "") {
        if (!match($0, /^('\''([^'\''=|]|'\'''\'')+'\''|[a-z_]+)=[0-9.]+(s|B|%|c)?(;[0-9.:@~-]*)*/))
          exit 1
        print substr($0, 1, RLENGTH)
        $0 = substr($0, RLENGTH + 1)
        sub(/^ /, "")
      }
    }'
}

# --- text ----------------------------------------------------------------------------------------

@test "text: one target is one line, with figures that a monitor reads" {
  start_echo
  probe 0 "$ECHO_ADDR"
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == "FCGI OK $ECHO_ADDR - "*' | time='* ]]
  perfdata "${output#* | }" >figures
  grep -Ex 'time=[0-9]+\.[0-9]{6}s;;;0' figures
  grep -Ex 'size=[0-9]+B;;;0' figures
}

@test "text: a failure names its cause on the same line" {
  probe 2 "$PWD/none.sock"
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == "FCGI CRITICAL $PWD/none.sock - missing: "* ]]
  [ -z "$stderr" ]
}

@test "text: thresholds stand in the figures" {
  start_echo
  probe 0 -w time=20 -c time=30 "$ECHO_ADDR"
  perfdata "${output#* | }" | grep -Ex 'time=[0-9.]+s;20;30;0'
}

@test "text: several targets are summed up, and their figures come last" {
  start_echo
  probe 2 "$ECHO_ADDR" "$PWD/none.sock" "$PWD/a'b=c|d.sock"
  [ "${lines[0]}" = "FCGI CRITICAL - 2 of 3 targets are not OK: $PWD/none.sock missing, $PWD/a'b=c\\174d.sock missing | ok=1;;;0;3 warning=0;;;0;3 critical=2;;;0;3 unknown=0;;;0;3" ]
  [[ ${lines[1]} == "FCGI OK $ECHO_ADDR - "* && ${lines[1]} != *'|'* ]]
  [[ ${lines[2]} == "FCGI CRITICAL $PWD/none.sock - missing: "* && ${lines[2]} != *'|'* ]]
  [[ ${lines[3]} == "FCGI CRITICAL $PWD/a'b=c\\174d.sock - missing: "*' | '* ]]
  perfdata "${lines[3]#* | }" | grep -F "'$ECHO_ADDR time'="
  perfdata "${lines[4]}" | grep -F "'$PWD/none.sock time'="
  perfdata "${lines[5]}" | grep -F "'$PWD/a''b_c\\174d.sock time'="
}

@test "text: -q says nothing about who is well" {
  start_echo
  probe 0 -q "$ECHO_ADDR"
  [ -z "$output" ]
  probe 0 -q "$ECHO_ADDR" "$ECHO_ADDR"
  [ -z "$output" ]
  probe 2 -q "$PWD/none.sock"
  [[ $output == 'FCGI CRITICAL '* ]]
  probe 2 -q "$ECHO_ADDR" "$PWD/none.sock"
  [[ $output != *"FCGI OK"* ]]
  [[ $output == *$'\n'"FCGI CRITICAL $PWD/none.sock - "* ]]
}

@test "text: -v shows times, headers but no secrets, error output and the end" {
  start_echo
  probe 0 -v "$ECHO_ADDR" --url 'http://host/stderr'
  grep -E '^  connected after [0-9.]+ s, first byte after [0-9.]+ s, end after ' <<<"$output"
  grep '^  Content-Type: text/plain' <<<"$output"
  grep '^  STDERR: .' <<<"$output"
  grep -x '  END_REQUEST: REQUEST_COMPLETE, appStatus 0' <<<"$output"
  # No line of it makes figures.
  [ "$(grep -c '|' <<<"$output")" -eq 1 ]
}

@test "text: standard output that cannot be written is an error" {
  start_echo
  run "$fcgi_probe" "$ECHO_ADDR" >/dev/full
  run bash -c '"$1" "$2" >/dev/full' bash "$fcgi_probe" "$ECHO_ADDR"
  [ "$status" -eq 3 ]
  [[ $output == 'fcgi-probe: standard output: No space left on device' ]]
}

# --- JSON ----------------------------------------------------------------------------------------

@test "json: an array with an object a target, whose keys are those of the page" {
  need jq
  start_echo
  probe 2 --format=json "$ECHO_ADDR" "$PWD/none.sock"
  jq -e --arg a "$ECHO_ADDR" '
    length == 2 and
    .[0].target == $a and .[0].state == "OK" and .[0].cause == "ok" and .[0].ask == "request" and
    .[0].http_status == 200 and .[0].app_status == 0 and
    .[0].protocol_status == "REQUEST_COMPLETE" and .[0].metrics.time > 0 and
    .[0].metrics.queue == 0 and .[0].when > 1700000000 and .[0].received_bytes > 0 and
    .[1].state == "CRITICAL" and .[1].cause == "missing" and .[1].http_status == null' <<<"$output"
  # Each key has its item in the page, and each item of the list is a key.
  probe 0 --format=json -v "$ECHO_ADDR"
  jq -r '.[0] | keys[]' <<<"$output" >keys
  probe 0 --format=json --values "$ECHO_ADDR"
  jq -r '.[0] | keys[]' <<<"$output" >>keys
  # Of php-fpm alone.
  printf '%s\n' pool process_manager >>keys
  sort -u -o keys keys
  sed -n '/^\.Ss JSON/,/^\.S[sh] [^J]/s/^\.It Va //p' "$FCGI_SOURCE/man1/fcgi-probe.1" |
    sed 's/ , Va /\n/g' | sort >documented
  diff -u documented keys
}

@test "json: nothing of others breaks it" {
  need jq
  start_echo
  local odd=$'/a"b\\c\td\n\e.sock'
  probe 2 --format=json "$odd"
  jq -e --arg odd "$odd" '.[0].target == $odd' <<<"$output"
  probe 2 --format=json $'/\xff.sock'
  [ "$(jq -r '.[0].target.base64' <<<"$output" | base64 -d)" = $'/\xff.sock' ]
}

@test "json: with --watch an object a line" {
  need jq
  start_echo
  mkfifo out
  "$fcgi_probe" --format=json --watch --interval 50ms "$ECHO_ADDR" >out 2>/dev/null 3>&- &
  echo $! >pids
  exec 4<out
  read -r -t 60 first <&4
  jq -e '.state == "OK"' <<<"$first"
  stop_echo
  read -r -t 60 second <&4
  exec 4<&-
  jq -e '.state == "CRITICAL" and (.cause == "missing" or .cause == "refused")' <<<"$second"
}

@test "text: with --watch a line a change, with the time" {
  start_echo
  mkfifo out
  "$fcgi_probe" --watch --interval 50ms "$ECHO_ADDR" >out 2>/dev/null 3>&- &
  echo $! >pids
  exec 4<out
  read -r -t 60 first <&4
  stop_echo
  read -r -t 60 second <&4
  exec 4<&-
  [[ $first =~ ^20[0-9-]{8}T[0-9:]{8}Z\ FCGI\ OK\  && $first != *'|'* ]]
  [[ $second =~ ^20[0-9-]{8}T[0-9:]{8}Z\ FCGI\ CRITICAL\  ]]
}

# --- OpenMetrics ---------------------------------------------------------------------------------

@test "openmetrics: valid, whatever the targets are called" {
  start_echo
  probe 2 --format=openmetrics "$ECHO_ADDR" "$PWD/none.sock" $'/a"b\\c\nd' $'/\xff' "$ECHO_ADDR" 127.0.0.1:1
  "$openmetrics" <<<"$output"
  grep -Fx "fcgi_up{target=\"$ECHO_ADDR\"} 1" <<<"$output"
  grep -Fx "fcgi_up{target=\"$PWD/none.sock\"} 0" <<<"$output"
  grep -Fx 'fcgi_up{target="/a\"b\\c\nd"} 0' <<<"$output"
  grep -Fx "fcgi_probe_cause_info{target=\"$PWD/none.sock\",ask=\"request\",cause=\"missing\"} 1" <<<"$output"
  grep -E '^fcgi_probe_duration_seconds\{target="127\.0\.0\.1:1"\} [0-9.]+$' <<<"$output"
}

@test "openmetrics: the checker finds what is wrong" {
  start_echo
  probe 0 --format=openmetrics "$ECHO_ADDR"
  "$openmetrics" <<<"$output"
  run -1 "$openmetrics" <<<"$output"$'\n'
  run -1 "$openmetrics" <<<"${output%$'\n'# EOF}"
  run -1 "$openmetrics" <<<"${output/gauge/gouge}"
  run -1 "$openmetrics" <<<"${output/fcgi_up\{/fcgi_down\{}"
}

# The words behind .It MACRO in a section of the page, one a line: items SECTION MACRO
items() {
  awk -v section="$1" -v macro="$2" '
    /^\.S[hs]/ { $1 = ""; on = $0 == " " section }
    on && $1 == ".It" && $2 == macro {
      for (i = 3; i <= NF; i++) if ($i != "," && $i != macro) print $i
    }' "$FCGI_SOURCE/man1/fcgi-probe.1" | sort
}

@test "page: it has every metric and every family" {
  local metric=$FCGI_SOURCE/fcgi-probe/metric.c
  items METRICS Cm >page
  sed -n 's/^\t\[METRIC_[A-Z_]*\] = { "\([a-z_]*\)".*/\1/p' "$metric" | sort >program
  [ "$(wc -l <program)" -gt 20 ]
  diff -u program page
  # And each is taken as it stands there.
  while read -r name; do
    run -3 "$fcgi_probe" -w "$name=x" :1
    [[ $output == *'not a range'* ]]
  done <page
  items OpenMetrics Va | sed 's/_total$//' >page
  {
    grep -ohE '"(fcgi|phpfpm)_[a-z_]+[a-z]"' "$metric" "$FCGI_SOURCE/fcgi-probe/report_openmetrics.c"
  } | tr -d '"' | sort -u >program
  diff -u program page
}

# --- -o ------------------------------------------------------------------------------------------

@test "-o: replaces the file in one step, by the umask, and leaves nothing beside it" {
  start_echo
  mkdir here
  echo old >here/a.prom
  exec 4<here/a.prom
  umask 027
  probe 0 --format=openmetrics -o here/a.prom "$ECHO_ADDR"
  [ -z "$output" ]
  "$openmetrics" <here/a.prom
  # Who had the old one open still reads it.
  [ "$(cat <&4)" = old ]
  exec 4<&-
  [ "$(stat -c %a here/a.prom)" = 640 ]
  [ "$(ls -A here)" = a.prom ]
}

@test "-o: of a failing target too" {
  probe 2 -o a.txt "$PWD/none.sock"
  [ -z "$output" ]
  grep '^FCGI CRITICAL .* - missing: ' a.txt
}

@test "-o: on failure the old file stays and the failure is told" {
  not_under_valgrind 'its log is limited as well'
  start_echo
  mkdir here
  echo old >here/a.prom
  # A file that cannot be larger than nothing, as on a full disk.
  run bash -c 'trap "" XFSZ; ulimit -f 0; exec "$@"' bash "$fcgi_probe" -v -o here/a.prom "$ECHO_ADDR"
  [ "$status" -eq 3 ]
  [ "$output" = 'fcgi-probe: -o here/a.prom: File too large' ]
  [ "$(cat here/a.prom)" = old ]
  [ "$(ls -A here)" = a.prom ]
  probe 3 -o none/a.prom "$ECHO_ADDR"
  [ "$stderr" = 'fcgi-probe: -o none/a.prom: No such file or directory' ]
}

@test "-o: a link stays a link, and a device a device" {
  start_echo
  echo old >target
  ln -s target link
  probe 0 -o link "$ECHO_ADDR"
  [ -L link ]
  grep '^FCGI OK ' target
  probe 0 -o /dev/stdout "$ECHO_ADDR"
  [[ $output == 'FCGI OK '* ]]
  probe 3 -o /dev/full "$ECHO_ADDR"
  [ "$stderr" = 'fcgi-probe: -o /dev/full: No space left on device' ]
  [ -c /dev/full ]
}

@test "-o: with --watch the file holds all targets, changed or not" {
  start_echo
  "$fcgi_probe" --watch --interval 50ms -o all "$ECHO_ADDR" "$PWD/none.sock" 2>/dev/null 3>&- &
  echo $! >pids
  wait_for test -s all
  # It has been written anew, by then.
  first=$(stat -c %i all)
  is_new() { [ "$(stat -c %i all)" != "$first" ]; }
  wait_for is_new
  grep "FCGI OK $ECHO_ADDR - " all
  grep "FCGI CRITICAL $PWD/none.sock - " all
}

# --- --state -------------------------------------------------------------------------------------

# The counters that need no php-fpm are those of a TCP listener; not every kernel tells them.
ask_counters() {
  probe "$1" --queue --state state "${@:2}" "$ECHO_ADDR"
  [[ $output == *queue_drops=* ]] || skip 'the kernel does not count drops'
}

@test "--state: the growth is known from the second run on" {
  start_echo -l :0
  ask_counters 0
  [[ $output != *_growth* ]]
  [ -z "$stderr" ]
  [ "$(stat -c %a state)" = 600 ]
  grep -Ex "$ECHO_ADDR"$'\twhen=[0-9]{10}\tqueue_drops=0' state
  ask_counters 0
  [[ $output == *' queue_drops_growth=0;;;0'* ]]
  [ -z "$stderr" ]
  # A threshold is one of the growth.
  ask_counters 1 -w queue_drops=1:
  [[ $output == 'FCGI WARNING '*' - queue_drops: '*' queue_drops_growth=0;1:;;0'* ]]
}

@test "--state: other targets stay in the file" {
  start_echo -l :0
  ask_counters 0
  first=$ECHO_ADDR
  start_echo -l :0
  ask_counters 0
  grep "^$first"$'\t' state
  grep "^$ECHO_ADDR"$'\t' state
  tail -n 1 state | grep -x 'end 2'
}

@test "--state: a damaged file is told once and begun anew" {
  start_echo -l :0
  ask_counters 0
  sed -i 's/queue_drops=0/queue_drops=many/' state
  ask_counters 0
  [ "$stderr" = 'fcgi-probe: --state state: damaged: begun anew' ]
  [[ $output != *_growth* ]]
  ask_counters 0
  [ -z "$stderr" ]
  [[ $output == *_growth* ]]
}

@test "--state: a file of something else is told and left alone" {
  start_echo -l :0
  echo 'root:x:0:0' >state
  ask_counters 0
  # Neither read nor written, and told once.
  [ "$stderr" = 'fcgi-probe: --state state: not a state file of fcgi-probe' ]
  [ "$(cat state)" = 'root:x:0:0' ]
  [[ $output == 'FCGI OK '* ]]
  rm state
  ln -s elsewhere state
  ask_counters 0
  [ "$stderr" = 'fcgi-probe: --state state: a symbolic link' ]
  [ ! -e elsewhere ]
}

@test "--state: growth that will never be known is UNKNOWN where it is judged" {
  start_echo -l :0
  ask_counters 0
  mkdir folder
  probe 0 --queue --state folder/none/state "$ECHO_ADDR"
  [ "$stderr" = 'fcgi-probe: --state folder/none/state: No such file or directory' ]
  probe 3 --queue --state folder -w queue_drops=0 "$ECHO_ADDR"
  [ "$stderr" = 'fcgi-probe: --state folder: not a regular file' ]
  # What is worse stays so; what is no counter needs no file.
  probe 2 --queue --state folder -w queue_drops=0 -c queue_limit=0 "$ECHO_ADDR"
  probe 0 --queue --state folder -w queue=5 "$ECHO_ADDR"
  # What is known of earlier runs is judged, though this one cannot be kept.
  command -v flock >/dev/null || skip 'flock is missing'
  exec 8<state
  flock 8
  probe 0 --queue --state state -w queue_drops=0 "$ECHO_ADDR"
  exec 8<&-
  [ "$stderr" = 'fcgi-probe: --state state: another run does not let go of it' ]
  [[ $output == *' queue_drops_growth=0;0;;0'* ]]
}

@test "--state: runs at the same time lose nothing" {
  local i pids=()
  start_echo -l :0
  ask_counters 0
  for ((i = 0; i < 8; i++)); do
    timeout 60 "$fcgi_probe" --queue --state state "$ECHO_ADDR" >"out.$i" 2>&1 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  for ((i = 0; i < 8; i++)); do
    # Who could not have the file for long says so; the file is whole either way.
    grep -q '^FCGI OK ' "out.$i"
  done
  ask_counters 0
  [ -z "$stderr" ]
}
