#!/usr/bin/env bats
# fcgi-probe and the ways in which an application can fail: real ones of php-fpm, and those of
# fcgi-echo that php-fpm does not have; beside what the devkit's cgi-fcgi and a grep make of them.
# And php-fpm's status page, field by field.

bats_require_minimum_version 1.5.0
load helper

fcgi_probe=$FCGI_BUILD/fcgi-probe/fcgi-probe
wire=$FCGI_BUILD/tests/cli/wire

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  started=()
  # Nobody writes to it: who holds is there until the end.
  mkfifo hold
}

teardown() {
  local pid
  for pid in "${started[@]}"; do
    kill -KILL "$pid" 2>/dev/null
  done
  stop_all
}

teardown_file() {
  stop_peers
}

# A guard against hanging, not a measure of speed.
probe() {
  timeout 60 "$fcgi_probe" "$@"
}

# What is started in the background for one test.
start() {
  "$@" >"$BATS_TEST_TMPDIR/started.out" 2>&1 </dev/null 3>&- &
  started+=("$!")
  # Nobody needs to be told how it ended.
  disown
}

php_fpm() {
  local program
  for program in php-fpm8.2 php-fpm /usr/sbin/php-fpm[0-9]*; do
    command -v "$program" && return
  done
  return 1
}

answers_or_is_gone() {
  probe --ping "$at" >/dev/null 2>&1 || is_gone "$pid"
}

# pool NAME WORKERS [unix|tcp]: sets $dir and $at.  A port is drawn by lot: php-fpm can choose none.
pool() {
  local program tries
  program=$(php_fpm) || skip 'php-fpm is missing'
  dir=$BATS_FILE_TMPDIR/$1
  mkdir "$dir"
  for ((tries = 0; tries < 10; tries++)); do
    at=$dir/php-fpm.sock
    [ "${3-unix}" = unix ] || at=127.0.0.1:$((20000 + RANDOM % 10000))
    background "$1" sh "$peers/php-fpm.sh" "$program" "$dir" "$at" "$2"
    wait_for answers_or_is_gone
    is_gone "$pid" || return 0
  done
  cat "$BATS_FILE_TMPDIR/$1.out" >&2
  return 1
}

scripts() {
  cat >"$dir/hello.php" <<'PHP'
<?php
header('Content-Type: text/plain');
echo "hello\n";
PHP
  cat >"$dir/slow.php" <<'PHP'
<?php
header('Content-Type: text/plain');
usleep(400000);
echo "hello\n";
PHP
  # Until the file "awake" is there.
  cat >"$dir/sleep.php" <<'PHP'
<?php
while (!file_exists(__DIR__ . '/awake')) {
	usleep(20000);
	clearstatcache();
}
echo "hello\n";
PHP
  cat >"$dir/die.php" <<'PHP'
<?php
header('Content-Type: text/plain');
echo str_repeat("hello\n", 5000);
flush();
file_put_contents(__DIR__ . '/die.new', getmypid());
rename(__DIR__ . '/die.new', __DIR__ . '/die.pid');
sleep(60);
PHP
  cat >"$dir/fatal.php" <<'PHP'
<?php
ini_set('display_errors', '0');
hello();
PHP
  cat >"$dir/unavailable.php" <<'PHP'
<?php
http_response_code(503);
echo "hello\n";
PHP
  cat >"$dir/complains.php" <<'PHP'
<?php
header('Content-Type: text/plain');
error_log('to the operator');
echo "hello\n";
PHP
  echo hello >"$dir/hello.txt"
}

# --- the table of failures --------------------------------------------------------------------------

# What is asked for, of fcgi-probe and of the others.
ask_script() {
  ask=(REQUEST_METHOD=GET "SCRIPT_NAME=/$1" "SCRIPT_FILENAME=$dir/$1")
}

ask_ping() {
  ask=(REQUEST_METHOD=GET "SCRIPT_NAME=${1-/ping}" "SCRIPT_FILENAME=${1-/ping}")
}

ask_echo() {
  ask=(REQUEST_METHOD=GET "SCRIPT_NAME=${1:-/}" "QUERY_STRING=${2-}")
}

# What the devkit's program and a grep for the right answer say: sets $theirs and $grep.
ask_others() {
  local address=$1 word=$2 status
  theirs=- grep=-
  command -v cgi-fcgi >/dev/null || return 0
  env -i "PATH=$PATH" "${ask[@]}" timeout -s KILL 1 cgi-fcgi -bind -connect "$address" \
    2>&1 </dev/null 3>&- | {
    head -c 65536 >theirs
    cat >/dev/null
  }
  status=${PIPESTATUS[0]}
  theirs="exit $status"
  grep=well
  grep -qa "$word" theirs || grep=ill
  [ "$status" -ne 137 ] || theirs=hangs grep=hangs
}

# row SITUATION STATUS STATE CAUSE WORD ARG...: what fcgi-probe must say; WORD is what a healthy
# answer has.  $during runs meanwhile, and $says is in the text too; both for one row.
row() {
  local situation=$1 status_expected=$2 state=$3 cause=$4 word=$5
  local status=0 limit=30 said name pair took arguments=()
  shift 5
  # Of UNIX and TCP sockets alike the last argument is the target.
  local address=${!#}
  # Rounded up to a second.
  [[ $* != *'-t 300ms'* ]] || limit=1
  for pair in "${ask[@]}"; do
    arguments+=(-e "$pair")
  done
  probe -t 30s "${arguments[@]}" "$@" >answer 2>&1 3>&- &
  "${during[@]}"
  wait "$!" || status=$?
  # Who is well has no cause.
  name=$cause:
  [ "$cause" != ok ] || name=
  said=$(<answer)
  if [ "$status" -ne "$status_expected" ] || [ "$(wc -l <answer)" -ne 1 ] ||
    [[ $said != "FCGI $state $address - $name"* ]] || [[ $said != *"$says"* ]]; then
    printf '%s: expected exit %s, %s %s, "%s"; exit %s:\n%s\n' "$situation" "$status_expected" \
      "$state" "$cause" "$says" "$status" "$said"
    return 1
  fi
  [[ $said =~ \|\ time=([0-9]+)\.([0-9]{3}) ]]
  took=${BASH_REMATCH[1]}.${BASH_REMATCH[2]}
  # Against hanging: ten times what is allowed.
  [ "${BASH_REMATCH[1]}" -lt $((10 * limit)) ]
  during=(:) says=
  if [ -z "$alone" ]; then
    "${meanwhile[@]}"
    ask_others "$address" "$word"
  fi
  alone='' meanwhile=(:)
  printf -v said '%-36s %d %-8s %-12s %6s s  %-9s %s' "$situation" "$status" "$state" "$cause" \
    "$took" "$theirs" "$grep"
  table+=("$said")
}

# The worker that runs die.php is killed as soon as it has written something.
kill_worker() {
  wait_for test -s "$dir/die.pid" || return
  kill -KILL "$(<"$dir/die.pid")"
  rm "$dir/die.pid"
}

kill_worker_later() {
  start kill_worker
}

is_stopped() {
  grep -q '^State:.*T' "/proc/$1/status"
}

has_connections() {
  [[ $(probe --queue --format json "$at") == *"\"queue\":$1"*"\"connections\":$2"* ]]
}

rows_without_php() {
  ask_ping
  row 'socket file missing' 2 CRITICAL missing pong ./none.sock
  row 'name does not resolve' 3 UNKNOWN resolve pong no-such-host.invalid:9000
  says='8 of 7 waiting'
  start_echo -l ./full.sock -b 7 --fault=no-accept
  fill ./full.sock 8
  row 'queue full, UNIX' 2 CRITICAL queue-full works ./full.sock
  start_echo -l 127.0.0.1:0 -b 7 --fault=no-accept
  fill "$ECHO_ADDR" 8
  says='8 of 7 waiting'
  row 'queue full, TCP' 2 CRITICAL queue-full works -t 300ms "$ECHO_ADDR"
  start_echo -l ./stale.sock
  disown "$ECHO_PID"
  kill -KILL "$ECHO_PID"
  wait_for is_gone "$ECHO_PID"
  row 'socket file left behind' 2 CRITICAL refused works ./stale.sock
  start_echo -l 127.0.0.1:0
  stop_echo
  row 'nobody at the port' 2 CRITICAL refused works "$ECHO_ADDR"
}

# So many connections that wait, and stay.
fill() {
  local i
  for ((i = 0; i < $2; i++)); do
    start "$wire" "$1" 'hold hold'
  done
  at=$1 wait_for has_connections "$2" 0
}

rows_of_echo() {
  local fault status state cause title
  while IFS='|' read -r title fault status state cause says; do
    start_echo --fault="$fault"
    ask_echo
    case $cause in
    no-answer) row "$title" "$status" "$state" "$cause" works -t 300ms "$ECHO_ADDR" ;;
    *) row "$title" "$status" "$state" "$cause" works "$ECHO_ADDR" ;;
    esac
    stop_echo || stop_all
  done <<'ROWS'
hung application, silent|silent|2|CRITICAL|no-answer|accepted, but no answer within 0.3 s
closes at once|refuse|2|CRITICAL|closed|0 bytes received
reset in the middle|rst|2|CRITICAL|closed|reset before
no FCGI_END_REQUEST|no-end|1|WARNING|truncated|HTTP 200, but closed
half a record|half|2|CRITICAL|protocol|inside a record
half a header|half-header|2|CRITICAL|protocol|inside a record
version byte 2|bad-version|2|CRITICAL|protocol|version 2 of FastCGI
speaks HTTP|speaks-http|2|CRITICAL|protocol|is this the web server's port?
garbage|garbage|2|CRITICAL|protocol|does not speak FastCGI
OVERLOADED|overloaded|2|CRITICAL|overloaded|
CANT_MPX_CONN|cant-mpx|2|CRITICAL|cant-mpx|
UNKNOWN_ROLE|unknown-role|2|CRITICAL|unknown-role|
error output, nothing else|stderr-only|2|CRITICAL|empty|stderr: Content-Type
empty answer|empty|2|CRITICAL|empty|
no CGI header|no-header|2|CRITICAL|no-header|fcgi-echo: it works
answered, connection kept open|keep-open|0|OK|ok|HTTP 200
endless body|endless|0|OK|ok|not awaited
ROWS
  start_echo
  ask_echo /exit/7
  says='appStatus 7'
  row 'appStatus 7' 0 OK ok appStatus "$ECHO_ADDR"
  row 'appStatus 7, --app-status=crit' 2 CRITICAL app-status appStatus --app-status=crit "$ECHO_ADDR"
  ask_echo /exit/-1
  says='appStatus -1'
  row 'appStatus -1' 0 OK ok appStatus "$ECHO_ADDR"
  ask_echo /redirect to=/elsewhere
  row '302' 0 OK ok elsewhere "$ECHO_ADDR"
  stop_echo
}

rows_of_php() {
  local big worker
  pool table 1
  scripts
  worker=$(pgrep -P "$pid")
  ask_ping
  row 'healthy, ping' 0 OK ok pong --ping "$at"
  ask_script hello.php
  row 'healthy, a script' 0 OK ok hello "$at"
  ask_script slow.php
  row 'slow, no threshold' 0 OK ok hello "$at"
  row 'slow, -w time=100ms -c time=20s' 1 WARNING slow hello -w time=100ms -c time=20s "$at"
  row 'slow, -c time=100ms' 2 CRITICAL slow hello -c time=100ms "$at"
  ask_script fatal.php
  says='Call to undefined function hello()'
  row 'fatal error, 500' 2 CRITICAL http-500 hello "$at"
  ask_script unavailable.php
  row '503' 2 CRITICAL http-503 hello "$at"
  ask_script none.php
  says="Primary script unknown: SCRIPT_FILENAME=$dir/none.php"
  row 'no such script, 404' 1 WARNING http-404 hello "$at"
  ask_ping /none
  says='SCRIPT_FILENAME=/none, no such ping.path?'
  row 'no such ping page, 404' 1 WARNING http-404 pong --ping --ping-path /none "$at"
  ask_script hello.txt
  says=security.limit_extensions
  row 'security.limit_extensions, 403' 1 WARNING http-403 hello "$at"
  ask_script complains.php
  says='stderr: PHP message: to the operator'
  row 'error_log() and 200' 0 OK ok hello "$at"
  row 'error_log() and 200, --stderr=warn' 1 WARNING stderr hello --stderr=warn "$at"
  ask_script die.php
  during=(kill_worker) meanwhile=(kill_worker_later) says=' bytes received'
  row 'worker killed in a request' 2 CRITICAL closed XXX "$at"
  wait_for has_connections 0 0
  worker=$(pgrep -P "$pid")
  big=$(head -c 12000 /dev/zero | tr '\0' v)
  ask_ping
  ask+=("BIG=$big")
  row 'environment above 8 KiB' 0 OK ok pong --ping "$at"
  ask=()
  row 'no environment at all' 0 OK ok pong --ping "$at"
  ask_ping
  # What waits stays in the queue when its client has gone: see whether it is 1 or more.
  kill -STOP "$worker"
  wait_for is_stopped "$worker"
  says='not accepted within 0.3 s, 1 of 50 waiting'
  row 'pool stopped' 2 CRITICAL busy pong --ping -t 300ms "$at"
  kill -CONT "$worker"
  wait_for has_connections 0 0
  start "$wire" "$at" 'say connected' 'hold hold'
  wait_for has_connections 0 1
  says='1 of 50 waiting'
  row 'silent client has the only worker' 2 CRITICAL busy pong --ping -t 300ms "$at"
  kill -KILL "${started[-1]}"
  wait_for has_connections 0 0
  start probe -t 60s -e SCRIPT_NAME=/sleep.php -e "SCRIPT_FILENAME=$dir/sleep.php" "$at"
  wait_for has_connections 0 1
  says='1 of 50 waiting'
  row 'all workers busy' 2 CRITICAL busy pong --ping -t 300ms "$at"
  alone=1
  row 'all workers busy, --busy=warn' 1 WARNING busy pong --busy=warn --ping -t 300ms "$at"
  alone=1
  row 'all workers busy, --liveness' 0 OK busy pong --liveness --ping -t 300ms "$at"
  touch "$dir/awake"
  wait_for has_connections 0 0
  # A worker has it, and does not answer.
  rm "$dir/awake"
  ask_script sleep.php
  says='accepted, but no answer within 0.3 s'
  row 'script hangs' 2 CRITICAL no-answer hello -t 300ms "$at"
  touch "$dir/awake"
  wait_for has_connections 0 0
  row_of_denied
}

# Root may use all: then the probe is nobody's.
row_of_denied() {
  local as=()
  chmod 0000 "$at"
  if [ "$(id -u)" -eq 0 ]; then
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    if ! "${as[@]}" "$fcgi_probe" --version >/dev/null 2>&1; then
      table+=('permission denied: not shown, root may use all')
      return
    fi
  fi
  run -3 timeout 60 "${as[@]}" "$fcgi_probe" --ping "$at"
  [[ $output == "FCGI UNKNOWN $at - denied: Permission denied: "*'we are uid '* ]]
  ask_ping
  theirs=- grep=-
  [ -n "${as[*]}" ] || ask_others "$at" pong
  printf -v says '%-36s %d %-8s %-12s %6s    %-9s %s' 'permission denied' 3 UNKNOWN denied '' \
    "$theirs" "$grep"
  table+=("$says")
  chmod 0600 "$at"
}

@test "every way to fail has its state, its cause and its exit status" {
  [ -x "$wire" ] || skip 'tests/cli/wire is not built'
  local table=() during=(:) meanwhile=(:) says='' alone='' ask=() theirs grep
  local title
  printf -v title '%-36s %-23s %8s  %-9s %s' situation 'fcgi-probe: exit, verdict' time \
    cgi-fcgi grep
  rows_without_php
  rows_of_echo
  rows_of_php
  printf '# %s\n' "$title" "${table[@]}" >&3
  [ "${#table[@]}" -ge 45 ]
}

# --- the status page --------------------------------------------------------------------------------

# A page as php-fpm writes it.
page() {
  "$cgi_fcgi" -bind -connect "$at" --timeout 60s -e REQUEST_METHOD=GET -e SCRIPT_NAME=/status \
    -e SCRIPT_FILENAME=/status -e QUERY_STRING=full >answer
  body answer
}

# The value of a field of the page's summary.
field() {
  sed -n "s/^$1: *//p" page | head -n 1
}

# figure NAME: of the report in the file "json".
figure() {
  sed -n "s/.*\"$1\":\(\"[^\"]*\"\|[-0-9.]*\).*/\1/p" json | tr -d '"'
}

# Every field that the page may have, and where it is in the report: a metric, a key, or how it is
# used.
fields='
pool pool
process manager process_manager
start time uptime
start since uptime
accepted conn accepted_conn
listen queue queue
max listen queue max_queue
listen queue len queue_limit
idle processes idle
active processes active
total processes total
max active processes max_active
max children reached max_children_reached
slow requests slow_requests
memory peak memory_peak
pid longest_request
state running
requests most_requests
request duration longest_request
request method longest_request
request URI longest_request
content length largest_body
user -
script longest_request
last request cpu last_cpu
last request memory last_memory
'

@test "status: every field of the full page is a figure or a label" {
  local name key
  pool fields 3 tcp
  scripts
  start probe -t 60s -e SCRIPT_NAME=/sleep.php -e "SCRIPT_FILENAME=$dir/sleep.php" "$at"
  wait_for has_connections 0 1
  page >page
  probe --fpm-status --format json "$at" >json
  cat page json
  # No field that we do not know of.
  while IFS=: read -r name _; do
    grep -q "^$name [a-z_-]*$" <<<"$fields" || { echo "unknown field: $name"; return 1; }
  done < <(grep -a : page)
  while read -r name; do
    key=${name##* }
    [ "$name" != "${name% *}" ] && [ "$key" != - ] || continue
    # Only of PHP 8.4.
    [ "$key" != memory_peak ] || [ -n "$(field 'memory peak')" ] || continue
    [ -n "$(figure "$key")" ] || { echo "no figure: $key"; return 1; }
  done <<<"$fields"
  [ "$(figure pool)" = "$(field pool)" ]
  [ "$(figure process_manager)" = static ]
  # The page was one request, and the probe is another.
  [ "$(figure accepted_conn)" -eq $(($(field 'accepted conn') + 1)) ]
  [ "$(figure queue)" -eq "$(field 'listen queue')" ]
  [ "$(figure queue_limit)" -eq "$(field 'listen queue len')" ]
  [ "$(figure total)" -eq "$(field 'total processes')" ]
  [ "$(figure max_active)" -eq "$(field 'max active processes')" ]
  [ "$(figure max_children_reached)" -eq "$(field 'max children reached')" ]
  [ "$(figure slow_requests)" -eq "$(field 'slow requests')" ]
  # The page counts who answers it; we do not.
  [ "$(field 'active processes')" -eq 2 ]
  [ "$(figure active)" -eq 1 ]
  [ "$(figure running)" -eq 1 ]
  [ "$(figure idle)" -eq 2 ]
  [[ $(figure saturation) == 33.3* ]]
  touch "$dir/awake"
}

@test "status: the longest request is named, without its query" {
  pool longest 2
  scripts
  start probe -t 60s -e SCRIPT_NAME=/sleep.php -e "SCRIPT_FILENAME=$dir/sleep.php" \
    -e QUERY_STRING=token=secret "$at"
  wait_for has_connections 0 1
  run -2 probe --fpm-status -c longest_request=0 "$at"
  printf '%s\n' "$output"
  [[ $output =~ longest_request:\ .*,\ more\ than\ 0\ s:\ GET\ /sleep.php,\ script\ $dir/sleep.php,\ pid\ [0-9]+\  ]]
  [[ $output != *secret* ]]
  run -0 probe --fpm-status -c longest_request=1h -c saturation=50% -c idle=1: "$at"
  run -1 probe --fpm-status -w saturation=49.9% "$at"
  run -1 probe --fpm-status -w idle=2: "$at"
  run -0 probe --fpm-status -w saturation=10% --max-children 10 "$at"
  touch "$dir/awake"
}

has_figure() {
  probe --fpm-status --format json "$at" >json
  [ "$(figure "$1")" -eq "$2" ]
}

@test "status: a worker that waits for the rest of a request is seen to read" {
  [ -x "$wire" ] || skip 'tests/cli/wire is not built'
  pool reading 2
  start "$wire" "$at" 'begin 1 1' 'hold hold'
  # Before it has come to the first byte it is idle to php-fpm.
  wait_for has_figure reading 1
  cat json
  [ "$(figure active)" -eq 1 ]
  [ "$(figure running)" -eq 0 ]
}

# The page's own sums are wrong then, in PHP 8.2: 13 of 3 processes are active.
@test "status: processes are counted right after a connection with FCGI_KEEP_CONN" {
  [ -x "$wire" ] || skip 'tests/cli/wire is not built'
  local i commands=()
  pool keep 3
  for ((i = 1; i <= 10; i++)); do
    commands+=("begin $i 1 keep"
      "params $i REQUEST_METHOD=GET SCRIPT_NAME=/ping SCRIPT_FILENAME=/ping"
      "params $i" "stdin $i" "wait end $i")
  done
  timeout 60 "$wire" "$at" "${commands[@]}" >transcript
  [ "$(grep -c '^END_REQUEST' transcript)" -eq 10 ]
  page >page
  probe --fpm-status --format json "$at" >json
  cat page json
  [ "$(figure idle)" -eq 3 ]
  [ "$(figure active)" -eq 0 ]
  [ "$(figure total)" -eq 3 ]
  run -0 probe --fpm-status -c saturation=0 -c idle=3: "$at"
}

@test "status: --state judges by how much counters have grown since the last run" {
  local i
  pool state 2
  run -0 probe --fpm-status --state state -c accepted_conn=3 "$at"
  run -0 probe --fpm-status --state state -c accepted_conn=3 "$at"
  for ((i = 0; i < 10; i++)); do
    probe --ping "$at"
  done
  run -2 probe --fpm-status --state state -c accepted_conn=3 "$at"
  printf '%s\n' "$output"
  [[ $output == *'accepted_conn: grew by 11, more than 3'* ]]
  run -0 probe --fpm-status --state state -c accepted_conn=3 "$at"
  # Without a file all of it counts.
  run -2 probe --fpm-status -c accepted_conn=3 "$at"
  [[ $output =~ ' - accepted_conn: '[0-9]+', more than 3' ]]
  # A new pool begins at 0.
  kill "$pid"
  wait_for is_gone "$pid"
  background state sh "$peers/php-fpm.sh" "$(php_fpm)" "$dir" "$at" 2
  wait_for probe --ping "$at"
  run -0 probe --fpm-status --state state -c accepted_conn=9 "$at"
}

has_said() {
  grep -q "$1" watched
}

@test "status: --watch judges by how much counters have grown since the last round" {
  local i
  pool watch 2
  "$fcgi_probe" --fpm-status --watch --interval 500ms -c accepted_conn=1 "$at" >watched \
    2>&1 </dev/null 3>&- &
  started+=("$!")
  disown
  wait_for has_said 'FCGI OK'
  for ((i = 0; i < 40; i++)); do
    probe --ping "$at" >/dev/null
  done
  wait_for has_said 'FCGI CRITICAL .* - accepted_conn: grew by [0-9]*, more than 1'
  wait_for is_well_again
  cat watched
}

is_well_again() {
  tail -n 1 watched | grep -q 'FCGI OK'
}

# A script in the page's place: so many times an error, then the page.
fake_page() {
  page >"$dir/page.txt"
  cat >"$dir/fake.php" <<PHP
<?php
\$asked = (int)@file_get_contents('$dir/asked') + 1;
file_put_contents('$dir/asked', \$asked);
if (\$asked <= $1) {
	http_response_code(500);
	exit;
}
header('Content-Type: text/plain');
readfile('$dir/page.txt');
PHP
  rm -f "$dir/asked"
}

fake() {
  probe --fpm-status --status-path /fake.php -e "SCRIPT_FILENAME=$dir/fake.php" "$@" "$at"
}

@test "status: a page that answers 500 is asked for once more, and then UNKNOWN" {
  pool errors 2
  fake_page 1
  run -0 fake -c max_children_reached=0
  [ "$(<"$dir/asked")" -eq 2 ]
  fake_page 100
  run -3 fake
  [[ $output == "FCGI UNKNOWN $at - http-500: "* ]]
  [ "$(<"$dir/asked")" -eq 2 ]
  # More often where it is asked for.
  fake_page 3
  run -0 fake --retries 5
  [ "$(<"$dir/asked")" -eq 4 ]
}

@test "status: what is no page is UNKNOWN: other formats, parts, and pages of others" {
  pool strange 2
  fake_page 0
  run -0 fake
  sed '/^total processes/d' "$dir/page.txt" >page.new
  cp page.new "$dir/page.txt"
  run -3 fake
  [[ $output == "FCGI UNKNOWN $at - no-status: "* ]]
  fake_page 0
  head -c -20 "$dir/page.txt" >page.new
  cp page.new "$dir/page.txt"
  run -3 fake
  fake_page 0
  echo '<html>' >"$dir/page.txt"
  run -3 fake
  run -3 probe --fpm-status --status-path /ping "$at"
  [[ $output == "FCGI UNKNOWN $at - no-status: "* ]]
  run -3 probe --fpm-status -e 'QUERY_STRING=json&full' "$at"
  [[ $output == "FCGI UNKNOWN $at - no-status: "* ]]
  run -0 probe --fpm-status -e QUERY_STRING= "$at"
}
