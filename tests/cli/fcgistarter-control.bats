#!/usr/bin/env bats
# fcgistarter --status, --reload and --stop: talking to a supervisor through its control socket.

bats_require_minimum_version 1.5.0
load supervise

# Where ordinary users have their sockets; root's place is the system's.
own_place() {
  [ "$(id -u)" -ne 0 ] || skip 'root has but one place, /run/fcgistarter'
  export XDG_RUNTIME_DIR=$PWD/runtime
  mkdir "$XDG_RUNTIME_DIR"
}

# ask_starter ARG...: succeeds; what it prints is in $output, and it says nothing else.
ask_starter() {
  run -0 --separate-stderr timeout 60 "$starter" "$@" 3>&-
  printf '%s\n' "$output"
  [ -z "$stderr" ]
}

@test "control: the socket is beside the pid file, private, and goes with the supervisor" {
  supervise -- "$fcgi_echo"
  [ "$(stat -c '%F %a' pid.ctl)" = 'socket 600' ]
  stop_pool
  [ ! -e pid.ctl ]
}

@test "control: --status shows the pool" {
  supervise -N 2 -b 77 -- "$fcgi_echo"
  ask_starter --status -P ./pid
  [ "${lines[0]}" = "$fcgi_echo: running, 2 of 2 instances" ]
  [[ ${lines[1]} =~ ^supervisor\ $pid\ since\ 20[0-9-]+\ [0-9:]+\ UTC$ ]]
  [ "${lines[2]}" = 'generation 1, restarts 0, failures in a row 0' ]
  [[ $output == *"    0       77      -  $PWD/sock"* ]]
  [ "$(grep -c ' serving$' <<<"$output")" -eq 2 ]
  for instance in $(instances); do
    grep -q " $instance " <<<"$output"
  done
}

@test "control: --status --json is an object in a line" {
  command -v jq >/dev/null || skip 'jq is missing'
  supervise -N 2 -- "$fcgi_echo"
  ask_starter --status --json -P ./pid
  [ "${#lines[@]}" -eq 1 ]
  jq -e --argjson pid "$pid" --arg app "$fcgi_echo" --arg sock "$PWD/sock" '
    .supervisor == $pid and .application == $app and .state == "running" and .generation == 1 and
    .wanted == 2 and .running == 2 and .restarts == 0 and .failures == 0 and
    .next_start_ms == null and (.since - now | fabs) < 600 and
    .listeners == [{ address: $sock, queue: 0, backlog: 1024, drops: null }] and
    (.instances | length) == 2 and (.instances | all(.state == "serving" and .rss > 0))' <<<"$output"
}

@test "control: the status counts who waits, and who was killed" {
  command -v jq >/dev/null || skip 'jq is missing'
  # It never accepts.
  script app <<'END'
exec sleep 1000
END
  supervise --restart-delay 0 --min-life 0 -- ./app
  timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/ -connect ./sock >answer 2>&1 </dev/null 3>&- &
  waits=$!
  wait_for one_waits
  old=$(instances)
  kill -KILL "$old"
  wait_for restarted
  [ "$(instances)" != "$old" ]
  kill "$waits"
}

one_waits() {
  "$starter" --status --json -P ./pid 3>&- | jq -e '.listeners[0].queue == 1'
}

restarted() {
  "$starter" --status --json -P ./pid 3>&- | jq -e '.restarts == 1 and .instances[0].restarts == 1 and
    .instances[0].state == "serving"'
}

@test "control: --stop comes back when all is gone" {
  supervise -N 3 -- "$fcgi_echo"
  ask_starter --stop -P ./pid
  [ -z "$output" ]
  is_gone "$pid"
  nothing_runs
  [ ! -e sock ] && [ ! -e pid ] && [ ! -e pid.ctl ]
  # The place is free for the next at once.
  supervise -- "$fcgi_echo"
}

@test "control: --stop waits for who does not want to go" {
  script app <<'END'
trap : TERM
while :; do sleep 1; done
END
  supervise --stop-timeout 2s -- ./app
  ask_starter --stop -P ./pid
  is_gone "$pid"
  nothing_runs
}

@test "control: --reload comes back when the new ones serve" {
  supervise -N 2 -- "$fcgi_echo"
  before=$(instances)
  ask_starter --reload -P ./pid
  [ -z "$output" ]
  [ "$(status_of generation)" = 2 ]
  [ "$(status_of running)" = 2 ]
  for instance in $before; do
    wait_for is_gone "$instance"
  done
  count_instances 2
}

@test "control: a reload that fails says why, and the old ones serve on" {
  script app <<END
exec "$fcgi_echo"
END
  supervise -N 2 -- ./app
  before=$(instances)
  script app <<'END'
exit 3
END
  fails_beside 1 --reload -P ./pid
  [[ $output == "fcgistarter: --reload: $PWD/pid.ctl: "*'exited with status 3'* ]]
  [ "$(status_of generation)" = 1 ]
  [ "$(instances)" = "$before" ]
  [[ $(ask ./sock /env) == *SCRIPT_NAME=/env* ]]
}

@test "control: --control names the socket, wherever it is" {
  supervise --control ./here.ctl -- "$fcgi_echo"
  [ -S here.ctl ] && [ ! -e pid.ctl ]
  ask_starter --status --control here.ctl
  [ "${lines[0]}" = "$fcgi_echo: running, 1 of 1 instances" ]
  fails_beside 1 --status -P ./pid
  [ "$output" = "fcgistarter: --status: $PWD/pid.ctl: no supervisor listens there (a pool started without -S has none)" ]
  ask_starter --stop --control "$PWD/here.ctl"
  [ ! -e here.ctl ]
}

@test "control: a socket left behind is recognised, removed and replaced" {
  supervise -- "$fcgi_echo"
  kill -KILL "$pid"
  wait_for nothing_runs
  [ -S pid.ctl ]
  fails 1 --stop -P ./pid
  [ "$output" = "fcgistarter: --stop: $PWD/pid.ctl: its supervisor has ended" ]
  [ ! -e pid.ctl ]
  supervise -- "$fcgi_echo"
  kill -KILL "$pid"
  wait_for nothing_runs
  supervise -- "$fcgi_echo"
  [ "$(status_of running)" = 1 ]
}

@test "control: what is no supervisor is none" {
  : >file
  ln -s /run/x.ctl link
  fails 1 --status --control ./file
  [ "$output" = "fcgistarter: --status: $PWD/file: is not a socket" ]
  fails 1 --stop --control ./link
  [ "$output" = "fcgistarter: --stop: $PWD/link: is a symbolic link" ]
  fails 1 --reload --control ./none/x
  [ "$output" = "fcgistarter: --reload: $PWD/none/x: no supervisor listens there (a pool started without -S has none)" ]
}

@test "control: an answer that cannot be printed is an error" {
  [ -c /dev/full ] || skip '/dev/full is missing'
  supervise -- "$fcgi_echo"
  run -1 --separate-stderr sh -c 'exec "$0" --status -P ./pid >/dev/full' "$starter" 3>&-
  [[ $stderr == 'fcgistarter: standard output: '* ]]
}

@test "control: other users are refused" {
  [ "$(id -u)" -eq 0 ] || skip 'only root can be another user'
  command -v setpriv >/dev/null || skip 'setpriv is missing'
  supervise -- "$fcgi_echo"
  as_nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
  # From the root down the others may come as far as the socket.
  dir=$(mktemp -d /tmp/fcgi-utils-control.XXXXXX)
  chmod 755 "$dir"
  cp "$starter" "$dir/fcgistarter"
  ln pid.ctl "$dir/x.ctl"
  run -1 $as_nobody "$dir/fcgistarter" --stop --control "$dir/x.ctl" 3>&-
  [ "$output" = "fcgistarter: --stop: $dir/x.ctl: Permission denied (socket is root:root 0600, we are uid 65534)" ]
  chmod 666 "$dir/x.ctl"
  run -1 $as_nobody "$dir/fcgistarter" --stop --control "$dir/x.ctl" 3>&-
  [ "$output" = "fcgistarter: --stop: $dir/x.ctl: closed without an answer" ]
  rm -r "$dir"
  wait_for logged 'control socket: refused uid 65534 (process '
  [ "$(status_of running)" = 1 ]
}

@test "control: without -P each has a socket in the user's own directory" {
  own_place
  start -S -q -s ./a.sock -l ./log.a -- "$fcgi_echo"
  [ "$(stat -c '%F %a' runtime/fcgistarter)" = 'directory 700' ]
  ask_starter --status
  [ "${lines[0]}" = "$fcgi_echo: running, 1 of 1 instances" ]
  ask_starter --reload
  ask_starter --stop
  nothing_runs
  [ -z "$(ls runtime/fcgistarter)" ]
}

@test "control: several are all shown, and one must be chosen to be stopped" {
  own_place
  start -S -q -s ./a.sock -l ./log.a -- "$fcgi_echo" -q
  start -S -q -s ./b.sock -l ./log.b -N 2 -- "$fcgi_echo"
  ask_starter --status
  [ "$(grep -c ': running, ' <<<"$output")" -eq 2 ]
  [ "$(grep -c '^$' <<<"$output")" -eq 5 ]
  ask_starter --status --json
  [ "${#lines[@]}" -eq 2 ]
  sockets=("$PWD"/runtime/fcgistarter/*.ctl)
  fails_beside 1 --stop
  # By their numbers, which are process ids.
  mapfile -t sockets < <(printf '%s\n' "${sockets[@]}" | sort -V)
  [ "$output" = "fcgistarter: --stop: 2 supervisors run, choose one: --control ${sockets[0]} ($fcgi_echo), --control ${sockets[1]} ($fcgi_echo)" ]
  fails_beside 1 --reload
  [[ $output == 'fcgistarter: --reload: 2 supervisors run, choose one: '* ]]
  # One that was killed does not count, and what it has left goes.
  pid=${sockets[0]##*/}
  kill -KILL "${pid%.ctl}"
  wait_for is_gone "${pid%.ctl}"
  ask_starter --stop
  wait_for nothing_runs
  [ -z "$(ls runtime/fcgistarter)" ]
}

@test "control: where none runs that is said, and is an error" {
  own_place
  for option in --status --stop --reload; do
    fails 1 "$option"
    [ "$output" = "fcgistarter: $option: no supervisor runs here (looked in $XDG_RUNTIME_DIR/fcgistarter; --control or -P names another place)" ]
  done
  [ ! -e runtime/fcgistarter ]
}

@test "control: a directory that is not ours alone is not used" {
  own_place
  mkdir -m 700 elsewhere
  ln -s "$PWD/elsewhere" runtime/fcgistarter
  fails 1 --status
  [ "$output" = "fcgistarter: --status: $XDG_RUNTIME_DIR/fcgistarter: is a symbolic link" ]
  rm runtime/fcgistarter
  mkdir runtime/fcgistarter
  chmod 777 runtime/fcgistarter
  fails 1 --stop
  [ "$output" = "fcgistarter: --stop: $XDG_RUNTIME_DIR/fcgistarter: others can write to it (its mode is 0777)" ]
}
