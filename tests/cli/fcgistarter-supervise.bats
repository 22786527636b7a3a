#!/usr/bin/env bats
# fcgistarter -S: instances that die, that will not die, and that die again and again.

bats_require_minimum_version 1.5.0
load supervise

# Kills a random instance, so many times, and then waits until the pool is whole again.
kill_storm() {
  local i victims
  for ((i = 0; i < $1; i++)); do
    mapfile -t victims < <(instances)
    [ "${#victims[@]}" -eq 0 ] || kill -KILL "${victims[RANDOM % ${#victims[@]}]}" || :
  done
}

is_whole() {
  count_instances 8 && [ "$(status_of running)" -eq 8 ]
}

# Instances that end with that status once there is a file called fail, and count their starts.
failing() {
  script app <<END
printf . >>"$PWD/starts"
while [ ! -e "$PWD/fail" ]; do sleep 0.02; done
exit $1
END
}

count_starts() {
  wc -c <starts
}

@test "supervise: a storm of kills leaves the pool whole, and loses what was in flight alone" {
  local storms=${STARTER_STORMS-10} killed i listener
  supervise -N 8 --restart-delay 0 --min-life 0 -- "$fcgi_echo"
  listener=$(stat -c %i sock)
  start_load ./sock 4
  for ((i = 0; i < storms; i++)); do
    kill_storm 20
    wait_for is_whole
  done
  stop_load
  killed=$(grep -c 'died of signal 9' log)
  echo "# $killed of $((storms * 20)) kills hit; $served requests served, $lost lost" >&3
  [ "$killed" -ge "$storms" ]
  # Four clients have one request each in flight, and a killed instance takes no more than those.
  [ "$lost" -le $((killed * 4)) ]
  [ "$served" -gt "$lost" ]
  # Nobody was refused: the socket was there all the time.
  run ! grep -qi 'refused\|No such file' "$load_folder/errors"
  [ "$(stat -c %i sock)" = "$listener" ]
  wait_for no_zombies
  count_running 9
  stop_pool
  [ ! -e sock ]
}

@test "supervise: a client that waits while nobody is there is served" {
  supervise --restart-delay 300ms -- "$fcgi_echo"
  kill -KILL "$(instances)"
  wait_for count_instances 0
  [[ $(ask ./sock /env) == *"SCRIPT_NAME=/env"* ]]
  stop_pool
}

@test "supervise: a death is told, with the instance and the reason" {
  supervise -N 2 --restart-delay 0 -- "$fcgi_echo"
  local victim
  victim=$(instances | head -n 1)
  kill -ALRM "$victim"
  wait_for logged "instance [01] \[$victim\] died of signal 14 (Alarm clock) after "
  wait_for count_instances 2
  [ "$(status_of restarts)" -eq 1 ]
  stop_pool
}

@test "supervise: killing the supervisor ends the instances" {
  supervise -N 4 -- "$fcgi_echo"
  kill -KILL "$pid"
  wait_for nothing_runs
}

@test "supervise: TERM ends within --stop-timeout who ignores it, and its children" {
  script app <<'END'
trap '' TERM
sleep 1000 &
setsid sleep 1000 &
exec sleep 1000
END
  local before
  supervise -N 2 --stop-timeout 1s --start-grace 10ms -- ./app
  wait_for count_running 7
  before=$SECONDS
  stop_pool
  # A second, and ten for a slow machine.
  [ $((SECONDS - before)) -le 10 ]
  log_count 'does not end: killed' 2
  [ ! -e pid ]
  [ ! -e sock ]
}

@test "supervise: what an instance has left behind goes with the pool" {
  script app <<'END'
trap 'exit 0' TERM
setsid sleep 1000 &
wait
END
  supervise --start-grace 10ms -- ./app
  wait_for count_running 3
  stop_pool
}

@test "supervise: the signals of --stop-signal follow each other" {
  script app <<'END'
trap 'echo usr1 >>"$SHOW_STATE/got"' USR1
trap 'echo winch >>"$SHOW_STATE/got"' WINCH
trap 'echo term >>"$SHOW_STATE/got"; exit 0' TERM
echo >"$SHOW_STATE/ready"
while :; do sleep 0.05; done
END
  supervise --stop-signal USR1,SIGWINCH,term --stop-timeout 60s -- ./app
  wait_for test -e "$SHOW_STATE/ready"
  stop_pool
  [ "$(<"$SHOW_STATE/got")" = $'usr1\nwinch\nterm' ]
  run ! logged 'killed'
  refuses -S -s ./sock --stop-signal NOSUCH -- ./app
}

@test "supervise: INT and QUIT stop it as TERM does, nohup or not" {
  local signal
  for signal in INT QUIT TERM; do
    supervise -- "$fcgi_echo"
    stop_pool "$signal"
  done
  (
    trap '' INT HUP
    supervise -- "$fcgi_echo"
  )
  pid=$(<pid)
  stop_pool INT
}

@test "supervise: a crash loop of 8 starts no more than the back-off allows" {
  failing 3
  supervise -N 8 --restart-delay 50ms --restart-max-delay 800ms -- ./app
  local before after
  [ "$(count_starts)" -eq 8 ]
  before=$(date +%s%N)
  : >fail
  # The delays are 50, 100, 200, 400 and 800 ms, and one start comes after each: in the time that
  # eight starts take there are no more, however slow the machine.
  wait_for at_least_starts 14
  after=$(date +%s%N)
  [ $(((after - before) / 1000000)) -ge 1550 ]
  # From then on every start costs 800 ms.
  after=$(((after - before) / 1000000))
  [ "$(count_starts)" -le $((8 + 6 + (after - 1550) / 800 + 2)) ]
  [ "$(status_of failures)" -ge 5 ]
  stop_pool
}

at_least_starts() {
  [ "$(count_starts)" -ge "$1" ]
}

@test "supervise: exit 0 again and again is delayed too" {
  failing 0
  local before
  supervise -N 8 --restart-delay 50ms --restart-max-delay 800ms -- ./app
  before=$(date +%s%N)
  : >fail
  wait_for at_least_starts 12
  [ $((($(date +%s%N) - before) / 1000000)) -ge 350 ]
  stop_pool
}

@test "supervise: once the cause has gone all are there again" {
  failing 1
  supervise -N 8 --restart-delay 20ms --restart-max-delay 100ms --min-life 100ms -- ./app
  : >fail
  wait_for at_least_starts 11
  rm fail
  wait_for count_instances 8
  wait_for no_failures
  stop_pool
}

no_failures() {
  [ "$(status_of failures)" -eq 0 ]
}

@test "supervise: a program that has gone is one failure, not one each" {
  cp "$fcgi_echo" app
  supervise -N 8 --restart-delay 1s --min-life 10ms -- ./app
  rm app
  # shellcheck disable=SC2046 # one word an instance
  kill -KILL $(instances)
  wait_for logged 'cannot execute'
  wait_for count_instances 0
  [ "$(status_of failures)" -lt 8 ]
  [ "$(status_of state)" = 'backing off' ]
  stop_pool
}

@test "supervise: --max-failures gives up with 1" {
  failing 3
  "$starter" -S -n -s ./sock -P ./pid -N 4 --restart-delay 10ms --restart-max-delay 20ms \
    --max-failures 3 -- ./app 2>err 3>&- &
  local job=$! ended=0
  wait_for test -s pid
  : >fail
  wait "$job" || ended=$?
  [ "$ended" -eq 1 ]
  grep 'given up after 3 failures in a row' err
  nothing_runs
  [ ! -e pid ]
  [ ! -e sock ]
}

@test "supervise: --restart=on-failure leaves who ends well" {
  failing 0
  supervise -N 2 --restart on-failure --restart-delay 0 -- ./app
  local one
  one=$(instances | head -n 1)
  kill -KILL -- "-$one"
  wait_for at_least_starts 3
  : >fail
  # None is left to supervise.
  wait_for is_gone "$pid"
  nothing_runs
  [ "$(count_starts)" -eq 3 ]
}

@test "supervise: --restart=no replaces nobody" {
  supervise -N 2 --restart no --restart-delay 0 -- "$fcgi_echo"
  kill -KILL "$(instances | head -n 1)"
  wait_for logged 'died of signal 9'
  count_instances 1
  kill -KILL "$(instances)"
  wait_for is_gone "$pid"
  [ "$(grep -c 'died of signal 9' log)" -eq 2 ]
  refuses -S -s ./sock --restart never -- "$fcgi_echo"
}

@test "supervise: one that is too old is replaced, without a client losing anything" {
  supervise -N 2 --max-lifetime 300ms --start-grace 50ms -- "$fcgi_echo"
  start_load ./sock 2
  wait_for log_count 'is older than 300ms: to be replaced' 6
  stop_load
  [ "$lost" -eq 0 ]
  run ! logged 'died\|exited'
  stop_pool
}

@test "supervise: one that is too large is replaced" {
  script app <<'END'
mkdir "$SHOW_STATE/first" 2>/dev/null && x=$(head -c 60000000 /dev/zero | tr '\0' x)
while :; do sleep 0.1; done
END
  supervise -N 2 --max-rss 30M -- ./app
  wait_for logged 'has [0-9]* KB of memory: to be replaced'
  wait_for count_instances 2
  wait_for no_large
  [ "$(grep -c 'to be replaced' log)" -eq 1 ]
  stop_pool
}

no_large() {
  local one
  for one in $(instances); do
    [ "$(awk '/^VmRSS:/ { print $2 }' "/proc/$one/status")" -lt 30000 ] || return
  done
}

@test "supervise: the pid file is the supervisor's, locked, and goes with it" {
  supervise -- "$fcgi_echo"
  fails_beside 1 -S -s ./other -P ./pid -- "$fcgi_echo"
  [[ $output == "fcgistarter: -P ./pid: supervised already, by process $pid" ]]
  [ "$(<pid)" = "$pid" ]
  [ ! -e other ]
  stop_pool
  [ ! -e pid ]
  # One that a dead supervisor has left is no obstacle.
  echo 4711 >pid
  supervise -- "$fcgi_echo"
  [ "$pid" != 4711 ]
  stop_pool
}

@test "supervise: a start that fails leaves no pid file" {
  fails 127 -S -s ./sock -P ./pid -- ./no-such
  fails 1 -S -s ./sock -P ./pid -- /bin/false
  [ ! -e pid ]
  [ ! -e sock ]
  [ ! -e pid.ctl ]
}

@test "supervise: what instances write is in the log, tagged and escaped" {
  script app <<'END'
printf 'a line\nfcgistarter[1]: forged\033[m\n' >&2
exec sleep 1000
END
  supervise -N 2 -- ./app
  wait_for log_count 'a line' 2
  grep -x 'app\[0:[0-9]*\] a line' log
  grep -x 'app\[1:[0-9]*\] a line' log
  grep -x 'app\[0:[0-9]*\] fcgistarter\[1\]: forged\\033\[m' log
  stop_pool
}

@test "supervise: USR1 opens the log anew" {
  supervise --restart-delay 0 -- "$fcgi_echo"
  mv log log.1
  kill -USR1 "$pid"
  wait_for test -e log
  kill -KILL "$(instances)"
  wait_for logged 'died of signal 9'
  run ! grep 'died of signal 9' log.1
  stop_pool
}

@test "supervise: idle, it sleeps, and is small" {
  command -v strace >/dev/null || skip 'strace is missing'
  need_bare
  supervise -N 64 --min-life 0 -- "$fcgi_echo"
  count_instances 64
  [ "$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")" -lt 4096 ] ||
    grep -q __asan_init "$starter"
  strace -f -p "$pid" -o trace 2>strace.err 3>&- &
  local tracer=$!
  wait_for grep -q attached strace.err
  # Not to wait for something, but to see that nothing comes.
  sleep 2
  kill "$tracer"
  wait "$tracer" || :
  # The call that it was found in is in the trace, once.
  [ "$(grep -c epoll_wait trace)" -le 1 ]
  [ "$(grep -vc 'epoll_wait\|detached' trace)" -eq 0 ]
  stop_pool
}

@test "supervise: in the foreground it stays, and its exit is its end" {
  "$starter" -S -n -s ./sock -P ./pid -- "$fcgi_echo" 2>err 3>&- &
  local job=$!
  wait_for test -s pid
  [ "$(<pid)" -eq "$job" ]
  kill "$job"
  wait "$job"
  nothing_runs
}

@test "supervise: as the first process of a container it reaps orphans, and ends with the pool" {
  unshare -rpf --mount-proc true 2>/dev/null || skip 'no namespaces here'
  script app <<'END'
# A grandchild whose parent ends: process 1 is to wait for it.
(sleep 0.05 & echo $! >"$SHOW_STATE/orphan")
exec sleep 1000
END
  unshare -rpf --kill-child --mount-proc "$starter" -s ./sock -P ./pid -N 2 -l ./log -- ./app \
    2>err 3>&- &
  local job=$! init ended=0
  wait_for test -s pid
  [ "$(<pid)" -eq 1 ]
  init=$(<"/proc/$job/task/$job/children")
  init=${init% }
  pid=$init
  wait_for test -s "$SHOW_STATE/orphan"
  wait_for count_instances 2
  wait_for no_zombies
  kill -TERM "$init"
  wait "$job" || ended=$?
  [ "$ended" -eq 0 ]
  nothing_runs
}
