#!/usr/bin/env bats
# fcgistarter: when it says that all is started.

bats_require_minimum_version 1.5.0
load starter

# One of several that dies; late, but within its grace.
dying() {
  script app <<'END'
mkdir "$SHOW_STATE/first" 2>/dev/null && { sleep 0.1; exit 5; }
exec sleep 1000
END
}

# ends_with STATUS: the job $job does.
ends_with() {
  local ended=0
  wait "$job" || ended=$?
  [ "$ended" -eq "$1" ]
}

# in_background ARG...: fcgistarter as $job, what it says in the files out and err.
in_background() {
  "$starter" "$@" >out 2>err 3>&- &
  job=$!
}

@test "start: every instance is watched for the grace" {
  dying
  fails 1 -s ./sock -N 4 -c ./app --start-grace 20s
  [[ $output == *"exited with status 5 within "* ]]
  [ ! -e sock ]
}

@test "start: without a grace only exec is waited for" {
  script app <<<'sleep 0.3; exit 5'
  start -s ./sock -c ./app --start-grace 0
  [ -S sock ]
  refuses_beside -s ./sock -c ./app --start-grace soon
  refuses_beside -s ./sock -c ./app --start-grace -1
}

@test "start: the caller comes back when the grace has passed, not before" {
  mkfifo fifo
  in_background -s ./sock -c "$show_state" --start-grace 100s
  wait_for has_states 1
  kill -0 "$job"
  kill "$job"
  ends_with 143
}

@test "start: -w waits until every instance accepts" {
  in_background -w -s ./sock -N 3 -c "$show_state" -e SHOW_STATE_GATE="$PWD/gate" --start-grace 10ms \
    --wait-timeout 60s
  wait_for has_states 3
  # Its connections wait, none is accepted: it has not come back.
  kill -0 "$job"
  : >gate
  wait "$job"
  [ ! -s err ]
  count_running 3
}

@test "start: -w over TCP, on every interface, and with a port each" {
  start -w -p 0 --print-port -N 3 -i '*' -c "$fcgi_echo"
  start -w -p 0 --print-port -N 3 -i 127.0.0.2 -c "$fcgi_echo"
  start -w -p 0 --print-port -N 3 -i 127.0.0.1 --port-per-instance -c "$fcgi_echo"
  start -w -s './sock-%i' -N 3 -c "$fcgi_echo"
  count_running 12
}

@test "start: -w with a queue shorter than the instances are many" {
  start -w -s ./sock -b 1 -N 12 -c "$show_state"
  start -w -p 0 --print-port -i 127.0.0.1 -b 1 -N 12 -c "$show_state" --wait-timeout 60s
  count_running 24
}

@test "start: what does not accept in time is 124, and nothing is left" {
  fails 124 -s ./sock -N 2 -c "$show_state" -e SHOW_STATE_GATE="$PWD/never" -w --start-grace 10ms \
    --wait-timeout 400ms
  [[ $output == *"/show-state: not ready within 400ms: 0 of 2 instances accept connections" ]]
  [ ! -e sock ]
  port=$(free_port)
  fails 124 -p "$port" -c "$show_state" -e SHOW_STATE_GATE="$PWD/never" -w --start-grace 10ms \
    --wait-timeout 400ms
  run ! connects 127.0.0.1 "$port"
}

@test "start: one that accepts is not all of them" {
  script app <<END
mkdir "\$SHOW_STATE/first" 2>/dev/null && exec "$show_state"
exec sleep 1000
END
  fails 124 -s './sock-%i' -N 2 -c ./app -w --start-grace 10ms --wait-timeout 2s
  [[ $output == *"1 of 2 instances accept connections" ]]
  [ -z "$(ls sock-*)" ]
}

@test "start: one that dies while others are waited for is 1" {
  script app <<'END'
mkdir "$SHOW_STATE/first" 2>/dev/null && exec sleep 1000
sleep 0.2
exit 6
END
  fails 1 -s ./sock -N 2 -c ./app -w --start-grace 10ms --wait-timeout 60s
  [[ $output == *"exited with status 6 within "* ]]
}

@test "start: --ready=exec and alive ask for less" {
  start -s ./exec -c /bin/false --ready exec
  start -s ./alive -c "$show_state" --ready=alive -e SHOW_STATE_GATE="$PWD/never"
  fails_beside 1 -s ./dead -c /bin/false --ready=alive
  refuses_beside -s ./sock -c "$show_state" --ready=answer
  refuses_beside -s ./sock -c "$show_state" --ready
}

@test "start: times that cannot be" {
  refuses -s ./sock -c "$show_state" -w --wait-timeout 1s --start-grace 1s
  refuses -s ./sock -c "$show_state" -w --wait-timeout forever
}

@test "start: an instance that ignores TERM is killed when the start fails" {
  script app <<'END'
trap '' TERM
mkdir "$SHOW_STATE/first" 2>/dev/null && exit 5
while :; do sleep 0.1; done
END
  fails 1 -s ./sock -N 3 -c ./app
}

@test "start: a signal leaves nothing behind, and is what it dies of" {
  for signal in TERM INT HUP; do
    # A shell has its background jobs ignore INT; env gives it back.
    env --default-signal=INT,HUP,TERM true 2>/dev/null || skip 'env cannot reset signals'
    env --default-signal=INT,HUP,TERM "$starter" -s ./sock -N 3 -P pids -c "$show_state" \
      --start-grace 100s >out 2>err 3>&- &
    job=$!
    wait_for has_states 3
    kill -s "$signal" "$job"
    ends_with $((128 + $(kill -l "$signal")))
    nothing_runs
    [ ! -e sock ]
    [ ! -e pids ]
    [ "$(wc -l <err)" -eq 1 ]
    rm "$SHOW_STATE"/*
  done
}

@test "start: a caller that is killed leaves nothing behind" {
  in_background -s ./sock -N 3 -c "$show_state" --start-grace 100s
  wait_for has_states 3
  kill -KILL "$job"
  wait_for nothing_runs
  [ ! -e sock ]
}

@test "start: a signal that was ignored from the start is ignored" {
  # shellcheck disable=SC2016 # the inner shell's
  bash -c 'trap "" HUP; exec "$@"' - "$starter" -w -s ./sock -c "$show_state" --start-grace 10ms \
    -e SHOW_STATE_GATE="$PWD/gate" --wait-timeout 60s 3>&- &
  job=$!
  wait_for has_states 1
  kill -HUP "$job"
  : >gate
  wait "$job"
  count_running 1
}

@test "start: --print-port prints when all is started, and nothing when it is not" {
  start_port -c "$fcgi_echo"
  [ -n "$(ask "127.0.0.1:$port" /pid)" ]
  run -1 --separate-stderr "$starter" -p 0 --print-port -c /bin/false 3>&-
  [ -z "$output" ]
  start -p "$(free_port)" --print-port -c "$show_state"
  connects 127.0.0.1 "$output"
}

@test "start: a port that cannot be printed is an error, and nothing is left" {
  [ -c /dev/full ] || skip '/dev/full is missing'
  run -1 bash -c '"$@" >/dev/full' - "$starter" -p 0 --print-port -N 2 -c "$show_state" 3>&-
  [ "$output" = "fcgistarter: standard output: No space left on device" ]
  nothing_runs
  run -1 bash -c '"$@" >&-' - "$starter" -p 0 --print-port -N 2 -c "$show_state" 3>&-
  [ "$output" = "fcgistarter: standard output: Bad file descriptor" ]
  nothing_runs
  run -1 bash -c 'exec 9> >(exec true); wait $!; "$@" >&9' - "$starter" -p 0 --print-port \
    -c "$show_state" 3>&-
  [ "$output" = "fcgistarter: standard output: Broken pipe" ]
  nothing_runs
}

@test "start: -P has the process ids, one a line" {
  umask 022
  start -s ./sock -N 3 -P pids -c "$show_state"
  [ "$(wc -l <pids)" -eq 3 ]
  all=$(running)
  [ "$(sort -n pids)" = "$(sort -n <<<"$all")" ]
  [ "$(stat -c %a pids)" = 644 ]
  [ "$(ls)" = "$(printf '%s\n' pids sock)" ]
  # shellcheck disable=SC2046 # one word a line
  kill $(cat pids)
  for pid in $(cat pids); do
    wait_for is_gone "$pid"
  done
  start -s ./sock -P pids -c "$show_state"
  [ "$(cat pids)" = "$(running)" ]
}

@test "start: a process reaches its whole group" {
  script app <<'END'
sleep 1000 &
exec sleep 1000
END
  start -s ./sock -P pids -c ./app
  count_running 2
  kill -- "-$(cat pids)"
  wait_for nothing_runs
}

@test "start: -P is written when all is started, and kept as it was when it is not" {
  echo before >pids
  fails 1 -s ./sock -P pids -c /bin/false
  fails 127 -s ./sock -P pids -c ./no-such
  [ "$(cat pids)" = before ]
  [ "$(ls)" = pids ]
  rm pids
}

@test "start: -P that cannot be written is found out before anything is started" {
  fails 1 -s ./sock -P ./no/such/pids -c "$show_state"
  [ "$output" = "fcgistarter: -P ./no/such/pids: No such file or directory" ]
  ln -s somewhere link
  fails 1 -s ./sock -P link -c "$show_state"
  [ "$output" = "fcgistarter: -P link: not a regular file" ]
  fails 1 -s ./sock -P /dev/null -c "$show_state"
  fails 1 -s ./sock -P . -c "$show_state"
  [ -c /dev/null ]
  # A supervisor removes its file in the end, so it must be one.
  mkfifo pipe
  for name in link pipe; do
    fails 1 -S -s ./sock -P "$name" -c "$show_state"
    [ "$output" = "fcgistarter: -P $name: not a regular file" ]
  done
  has_states 0
  [ "$(ls)" = "$(printf '%s\n' link pipe)" ]
  [ -L link ] && [ -p pipe ]
}

@test "start: -v says which process is where" {
  start_port -v -N 2 -P pids -c "$show_state"
  [ "$stderr" = "$(printf "fcgistarter: instance %s: process %s on 127.0.0.1:$port\n" \
    0 "$(head -n 1 pids)" 1 "$(tail -n 1 pids)")" ]
  start -v -s './sock-%i' -N 2 -P pids2 -c "$show_state"
  [[ ${stderr_lines[1]} == "fcgistarter: instance 1: process $(tail -n 1 pids2) on ./sock-1" ]]
}
