# What the tests of a supervised pool share: the pool, what lives of it, and clients that never stop.
# shellcheck disable=SC2034,SC2154 # what is set here is used by the tests, and the other way round

# From here, whoever loads this.
load ../cli/starter

# supervise ARG...: a pool with the socket ./sock, the pid file ./pid and the log ./log; $pid is its
# supervisor.
supervise() {
  start -S -s ./sock -P ./pid -l ./log "$@"
  pid=$(<pid)
}

# What looks at fcgistarter itself cannot do so through a wrapper, such as valgrind's.
need_bare() {
  [ "$(head -c 2 "$starter")" != '#!' ] || skip 'fcgistarter is wrapped'
}

# The instances: the supervisor's children that are not dead.
instances() {
  local child children state
  read -ra children 2>/dev/null <"/proc/$pid/task/$pid/children" || :
  for child in "${children[@]}"; do
    if read -r state 2>/dev/null <"/proc/$child/stat" && [[ $state != *') Z '* ]]; then
      echo "$child"
    fi
  done
}

count_instances() {
  # shellcheck disable=SC2046 # one word an instance
  set -- "$1" $(instances)
  [ $(($# - 1)) -eq "$1" ]
}

# all_gone PIDS
all_gone() {
  local one
  for one in $1; do
    is_gone "$one" || return
  done
}

# The dead that nobody has waited for; state and parent follow the name in brackets.
zombies() {
  sed -n "s/^\([0-9]*\) (.*) Z $pid .*/\1/p" /proc/[0-9]*/stat 2>/dev/null
}

no_zombies() {
  [ -z "$(zombies)" ]
}

# stop_pool [SIGNAL]: the supervisor ends, and takes all that it has started with it.
stop_pool() {
  kill -s "${1:-TERM}" "$pid"
  wait_for is_gone "$pid"
  nothing_runs
}

logged() {
  grep -q -- "$1" log
}

# log_count PATTERN COUNT: so many lines at least.
log_count() {
  [ "$(grep -c -- "$1" log)" -ge "$2" ]
}

# status_of KEY: what the status says of the pool, a number or words.
status_of() {
  "$starter" --status --json -P ./pid 3>&- | grep -o "\"$1\": *[^,}]*" | head -n 1 |
    sed 's/^[^:]*: *//; s/"//g'
}

# One client: asks again and again, and notes each answer that is not whole.
client() {
  local answer status
  while [ ! -e "$2/stop" ]; do
    status=0
    answer=$(timeout 60 "$cgi_fcgi" --clean-env -e REQUEST_METHOD=GET -e "SCRIPT_NAME=$LOAD_PATH" \
      -e QUERY_STRING=a=b -connect "$1" --timeout 50s 2>>"$2/errors" </dev/null) || status=$?
    if [ "$status" -eq 0 ] && [[ $answer == *$LOAD_ANSWER* ]]; then
      echo >>"$2/done"
    else
      printf '%s: %s\n' "$status" "$answer" >>"$2/lost"
    fi
  done
}

# start_load ADDRESS CLIENTS [PATH ANSWER]: a closed loop of clients, each of whose answers must hold
# the given words.
start_load() {
  local i
  load_folder=$(mktemp -d "$BATS_TEST_TMPDIR/load.XXXXXX")
  LOAD_PATH=${3-/env} LOAD_ANSWER=${4-QUERY_STRING=a=b}
  load_pids=()
  : >"$load_folder/done"
  : >"$load_folder/lost"
  for ((i = 0; i < $2; i++)); do
    client "$1" "$load_folder" 3>&- &
    load_pids+=("$!")
  done
  load_goes_on
}

# Until every client may have had its turn since.
load_goes_on() {
  local more=$(($(wc -l <"$load_folder/done") + 2 * ${#load_pids[@]}))
  wait_for load_is_at "$more"
}

load_is_at() {
  [ "$(wc -l <"$load_folder/done")" -ge "$1" ]
}

# Sets $served and $lost.
stop_load() {
  : >"$load_folder/stop"
  wait "${load_pids[@]}"
  served=$(wc -l <"$load_folder/done")
  lost=$(wc -l <"$load_folder/lost")
  echo "# $served requests served, $lost lost"
  sort "$load_folder/lost" | uniq -c | head -n 5
}
