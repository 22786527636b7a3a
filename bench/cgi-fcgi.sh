#!/bin/bash
# What cgi-fcgi costs, beside the development kit's and beside a bare copy of the same socket: large
# answers to a pipe, large bodies from a file, and one small request from exec to exit.
#
# Usage: FCGI_BUILD=DIR FCGI_SOURCE=DIR bench/cgi-fcgi.sh [-s MEGABYTES] [-r ROUNDS] [down|up|small]...
# The programs take turns, so that what else the machine does hits all; figures are medians.
set -u

: "${FCGI_BUILD:?the build directory}" "${FCGI_SOURCE:?the source directory}"
cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi
raw_app=$FCGI_BUILD/bench/raw_app
raw_copy=$FCGI_BUILD/bench/raw_copy
devkit=${DEVKIT:-/usr/bin/cgi-fcgi}
megabytes=2048
rounds=5
# The development kit's reads an int from CONTENT_LENGTH.
devkit_most=2000
work=$(mktemp -d "${TMPDIR:-/tmp}/fcgi-bench.XXXXXX") || exit 1
trap 'end_apps; rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

# shellcheck source=bench/measure.bash
. "$FCGI_SOURCE/bench/measure.bash"

while getopts s:r: option; do
  case $option in
  s) megabytes=$OPTARG ;;
  r) rounds=$OPTARG ;;
  *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
cd "$work" || exit 1

declare -A times cpus
TIMEFORMAT='%U %S'

# take NAME COMMAND...: the time of a command whose output goes to a reader, and the processor's.
take() {
  local name=$1 before user system
  shift
  before=$(now_us)
  { time "$@" 2>&3; } 3>&2 2>"$work/cpu" | cat >/dev/null
  [ "${PIPESTATUS[0]}" -eq 0 ] || echo "$name has failed" >&2
  times[$name]+=" $(($(now_us) - before))"
  read -r user system <"$work/cpu"
  cpus[$name]+=" $((10#${user/./} + 10#${system/./}))"
}

forget() {
  times=()
  cpus=()
}

# tell NAME MEGABYTES BASE BASE_MEGABYTES: what a program has reached, beside another.
tell() {
  awk -v name="$1" -v mb="$2" -v time="$(median "${times[$1]}")" -v cpu="$(median "${cpus[$1]}")" \
    -v base_name="$3" -v base_mb="$4" -v base="$(median "${times[$3]}")" \
    -v base_cpu="$(median "${cpus[$3]}")" 'BEGIN {
    rate = mb / time; base_rate = base_mb / base
    cost = cpu / mb; base_cost = base_cpu / base_mb
    printf "  %-8s %6.0f MB/s, %.2f of %-8s %6.0f ms of processor a GB, %.2f of %s\n", name,
      rate * 1e6, rate / base_rate, base_name ";", cost * 1e3, cost / base_cost, base_name }'
}

# calls MEGABYTES COMMAND...: prints the system calls of a command for each megabyte.
calls() {
  local mb=$1
  shift
  have strace || { echo '?'; return; }
  strace -f -o "$work/calls" "$@" | cat >/dev/null
  awk -v mb="$mb" '$2 !~ /^[+-]/ { calls++ } END { printf "%.1f\n", calls / mb }' "$work/calls"
}

# --- down -----------------------------------------------------------------------------------------

# down KIND RECORD
down() {
  local kind=$1 record=$2 i small=256
  start_app "$kind" "$raw_app" "$record" $((megabytes * 1000000))
  local ask=(env -i "$cgi_fcgi" -bind -connect "$address")
  forget
  for ((i = 0; i < rounds; i++)); do
    take ours "${ask[@]}"
    [ ! -x "$devkit" ] || take devkit env -i "$devkit" -bind -connect "$address"
    take copy "$raw_copy" "$address"
    take copy-1M "$raw_copy" "$address" pipe
  done
  echo "down, $kind, records of $record bytes:"
  tell ours "$megabytes" copy "$megabytes"
  tell ours "$megabytes" copy-1M "$megabytes"
  [ ! -x "$devkit" ] || tell ours "$megabytes" devkit "$megabytes"
  tell copy "$megabytes" copy "$megabytes"
  tell copy-1M "$megabytes" copy "$megabytes"
  [ ! -x "$devkit" ] || tell devkit "$megabytes" copy "$megabytes"
  echo "  resident: $(peak "${ask[@]}") KB"
  end_apps
  start_app "$kind" "$raw_app" "$record" $((small * 1000000))
  echo "  system calls a MB: $(calls "$small" env -i "$cgi_fcgi" -bind -connect "$address")," \
    "copy $(calls "$small" "$raw_copy" "$address")"
  end_apps
}

show_down() {
  local kind
  for kind in unix tcp; do
    down "$kind" 65528
  done
  down unix 8184
  down unix 512
}

# --- up -------------------------------------------------------------------------------------------

# With a file as standard input.
post_devkit() {
  env -i REQUEST_METHOD=POST "CONTENT_LENGTH=$((devkit_mb * 1000000))" "$devkit" -bind \
    -connect "$address" <"$file"
}

up() {
  local kind=$1 i small=256
  start_app "$kind" "$raw_app" 65528 0
  local post=(env -i "$cgi_fcgi" -d "@$file" -connect "$address")
  forget
  for ((i = 0; i < rounds; i++)); do
    take ours "${post[@]}"
    [ ! -x "$devkit" ] || take devkit post_devkit
    take copy "$raw_copy" "$address" "$file"
  done
  echo "up, $kind:"
  tell ours "$megabytes" copy "$megabytes"
  [ ! -x "$devkit" ] || tell ours "$megabytes" devkit "$devkit_mb"
  tell copy "$megabytes" copy "$megabytes"
  [ ! -x "$devkit" ] || tell devkit "$devkit_mb" copy "$megabytes"
  echo "  resident: $(peak "${post[@]}") KB"
  truncate -s $((small * 1000000)) small
  echo "  system calls a MB: $(calls "$small" env -i "$cgi_fcgi" -d @small -connect "$address")," \
    "copy $(calls "$small" "$raw_copy" "$address" small)"
  end_apps
}

show_up() {
  devkit_mb=$((megabytes < devkit_most ? megabytes : devkit_most))
  file=$work/body
  # Without blocks on the disk: what is measured is not the disk.
  truncate -s $((megabytes * 1000000)) "$file"
  up unix
  up tcp
}

# --- small ----------------------------------------------------------------------------------------

instructions() {
  have valgrind || { echo '?'; return; }
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
    awk '/Collected/ { print $NF }'
}

count_calls() {
  have strace || { echo '?'; return; }
  strace -o "$work/calls" "$@" >/dev/null
  grep -vc '^[+-]' "$work/calls"
}

show_small() {
  local runs=$((300 * rounds)) program
  start_app unix "$FCGI_BUILD/fcgi-echo/fcgi-echo"
  {
    [ ! -x "$devkit" ] || printf 'devkit\t%s\n' "$devkit -bind -connect $address"
    printf 'ours\t%s\n' "$cgi_fcgi -bind -connect $address"
  } >commands
  echo "one small request, from exec to exit, $runs in turn: wall (a tenth is below), processor, ratio"
  env -i REQUEST_METHOD=GET SCRIPT_NAME=/ "$FCGI_BUILD/bench/interleave" "$runs" <commands
  for program in "$devkit" "$cgi_fcgi"; do
    [ -x "$program" ] || continue
    echo "$program: $(count_calls "$program" -bind -connect "$address") system calls," \
      "$(instructions "$program" -bind -connect "$address") instructions"
  done
  end_apps
}

[ -x "$devkit" ] || echo "$devkit is missing: nothing to compare with"
[ $# -gt 0 ] || set -- down up small
for part; do
  "show_$part" || exit
done
