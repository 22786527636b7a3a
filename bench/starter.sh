#!/bin/bash
# What fcgistarter costs: how long it takes to start 64 and 1000 instances, beside spawn-fcgi and
# multiwatch; what a storm of 1000 kills loses; what an idle pool of 64 does in 10 seconds.
#
# Usage: FCGI_BUILD=DIR FCGI_SOURCE=DIR bench/starter.sh [start|storm|idle]...
# The programs are started in turn, so that what else the machine does hits all; ratios are of the
# medians, to fcgistarter that watches each instance for a moment as it does by default.
set -u

: "${FCGI_BUILD:?the build directory}" "${FCGI_SOURCE:?the source directory}"
work=$(mktemp -d "${TMPDIR:-/tmp}/fcgi-bench.XXXXXX") || exit 1
app=(sleep 1000)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
cd "$work" || exit 1

# shellcheck source=bench/measure.bash
. "$FCGI_SOURCE/bench/measure.bash"

# The children of a process, in $children.
read_children() {
  children=()
  read -ra children 2>/dev/null <"/proc/$1/task/$1/children"
}

# wait_for_children PID COUNT: until it has executed as many.
wait_for_children() {
  while read_children "$1"; [ "${#children[@]}" -lt "$2" ]; do
    sleep 0.002
  done
}

# end PID...: and what each of them has started, which is waited for.
end() {
  local one
  kill "$@" 2>/dev/null
  for one; do
    while kill -0 "$one" 2>/dev/null && ! grep -q '^State:.*Z' "/proc/$one/status" 2>/dev/null; do
      sleep 0.01
    done
  done
}

# --- starting ---------------------------------------------------------------------------------------

# Each starts so many instances, is done when all are executed, and leaves in $pids what to end.
start_fcgistarter() {
  "$starter" -s sock -N "$1" -P pids -c "$(command -v "${app[0]}")" -- "${app[@]:1}" || return
  mapfile -t pids <pids
}

start_fcgistarter-exec() {
  "$starter" -s sock -N "$1" -P pids --ready=exec -- "${app[@]}" || return
  mapfile -t pids <pids
}

start_fcgistarter-S() {
  "$starter" -S -s sock -N "$1" -P pids -l log -- "${app[@]}" || return
  mapfile -t pids <pids
}

start_spawn-fcgi() {
  spawn-fcgi -s sock -F "$1" -- "$(command -v "${app[0]}")" "${app[@]:1}" >out || return
  mapfile -t pids < <(sed -n 's/.*PID: \([0-9]*\).*/\1/p' out)
}

start_multiwatch() {
  spawn-fcgi -n -s sock -- "$(command -v multiwatch)" -f "$1" -- "${app[@]}" >out 2>&1 &
  pids=("$!")
  wait_for_children "${pids[0]}" "$1"
}

declare -A times

# start NAME COUNT
start() {
  local before after
  rm -f sock
  before=$(now_us)
  "start_$1" "$2" || { echo "$1 has failed" >&2; exit 1; }
  after=$(now_us)
  times[$1/$2]+=" $((after - before))"
  end "${pids[@]}"
}

bench_start() {
  local count=$1 rounds=$2 names=(fcgistarter fcgistarter-exec fcgistarter-S) name i base time
  have spawn-fcgi && names+=(spawn-fcgi) || echo "spawn-fcgi is missing"
  have multiwatch && have spawn-fcgi && names+=(multiwatch) || echo "multiwatch is missing"
  for ((i = 0; i < rounds; i++)); do
    for name in "${names[@]}"; do
      start "$name" "$count"
    done
  done
  base=$(median "${times[fcgistarter/$count]}")
  for name in "${names[@]}"; do
    time=$(median "${times[$name/$count]}")
    awk -v count="$count" -v name="$name" -v time="$time" -v base="$base" -v rounds="$rounds" 'BEGIN {
      printf "%9d  %-18s %10.1f ms %8.2f  %d\n", count, name, time / 1000, time / base, rounds }'
  done
}

# --- kills ------------------------------------------------------------------------------------------

bench_storm() {
  have bats || { echo 'bats is missing'; return; }
  STARTER_STORMS=50 bats --tap -f 'a storm of kills' \
    "$FCGI_SOURCE/tests/cli/fcgistarter-supervise.bats" | grep -v '^1\.\.'
}

# --- idle -------------------------------------------------------------------------------------------

bench_idle() {
  local pid tracer
  have strace || { echo 'strace is missing'; return; }
  rm -f sock
  "$starter" -S -s sock -N 64 -P pids -l log -- "${app[@]}" || exit 1
  pid=$(<pids)
  strace -f -p "$pid" -o trace 2>attached &
  tracer=$!
  until grep -q attached attached; do sleep 0.01; done
  sleep 10
  kill "$tracer"
  wait "$tracer" 2>/dev/null
  # Also the one that it was found in.
  echo "system calls: $(grep -c . trace), of them epoll_wait: $(grep -c epoll_wait trace)"
  grep -E '^Vm(RSS|HWM):' "/proc/$pid/status"
  end "$pid"
}

show_start() {
  echo "instances  started by               median    ratio  rounds"
  bench_start 64 5
  bench_start 1000 1
}

show_storm() {
  echo '1000 kills in a pool of 8, 4 clients:'
  bench_storm
}

show_idle() {
  echo 'A supervised pool of 64, idle for 10 s:'
  bench_idle
}

[ $# -gt 0 ] || set -- start storm idle
for part; do
  "show_$part" || exit
done
