# What the tests of fcgistarter share: an environment for it, and finding all that it has started.
# shellcheck disable=SC2034,SC2154 # what is set here is used by the tests, and the other way round

load helper

starter=$FCGI_BUILD/fcgistarter/fcgistarter
cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi
show_state=$FCGI_BUILD/tests/cli/show-state

setup() {
  # What run --separate-stderr leaves behind is not in the way here.
  mkdir "$BATS_TEST_TMPDIR"/{here,state} && cd "$BATS_TEST_TMPDIR/here" || return
  # Inherited by all that the test executes, and so the mark by which it is found.
  export STARTER_TEST=$BATS_TEST_TMPDIR
  export SHOW_STATE=$BATS_TEST_TMPDIR/state
}

teardown() {
  local pid
  for pid in $(running) $(cat pids* 2>/dev/null); do
    kill -KILL "$pid" 2>/dev/null || continue
    wait_for is_gone "$pid"
  done
  stop_all
}

# The processes with our mark, one id a line; what has ended and is not reaped yet does not count.
# One grep for all of them: a machine may have hundreds.
running() {
  local entry
  while IFS=/ read -r _ _ entry _; do
    is_gone "$entry" || echo "$entry"
  done < <(grep -lszxF "STARTER_TEST=$BATS_TEST_TMPDIR" /proc/[0-9]*/environ 2>/dev/null)
}

nothing_runs() {
  [ -z "$(running)" ]
}

count_running() {
  local pids
  pids=$(running)
  # shellcheck disable=SC2086 # one word a process
  set -- "$1" $pids
  [ $(($# - 1)) -eq "$1" ]
}

# fails_beside STATUS ARG...: fcgistarter exits so and says why in one line, which is in $output.
fails_beside() {
  local expected=$1
  shift
  run "-$expected" timeout 60 "$starter" "$@" 3>&-
  printf '%s\n' "$output"
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == "fcgistarter: "* ]]
}

# fails STATUS ARG...: the same, and nothing runs then.
fails() {
  fails_beside "$@"
  nothing_runs
}

# refuses_beside ARG...: a wrong command line, whose fault is in ${lines[0]}.
refuses_beside() {
  run -1 timeout 60 "$starter" "$@" 3>&-
  printf '%s\n' "$output"
  [ "${#lines[@]}" -eq 2 ]
  [[ ${lines[0]} == "fcgistarter: "* ]]
  [ "${lines[1]}" = "Try 'fcgistarter --help' for more information." ]
}

# refuses ARG...: the same, and nothing runs then.
refuses() {
  refuses_beside "$@"
  nothing_runs
}

# start ARG...: fcgistarter succeeds.  Its output is in $output and $stderr.
start() {
  run -0 --separate-stderr timeout 60 "$starter" "$@" 3>&-
  printf '%s\n' "$output" "$stderr"
}

# start_port ARG...: the same on a free port, which is in $port.
start_port() {
  start -p 0 --print-port -i 127.0.0.1 "$@"
  port=$output
  [[ $port =~ ^[1-9][0-9]*$ ]]
}

# script NAME: makes a program of what comes on standard input.
script() {
  {
    echo '#!/bin/sh'
    cat
  } >"$1"
  chmod 755 "$1"
}

# A port that was free a moment ago.
free_port() {
  local port
  port=$("$starter" -p 0 --print-port -i 127.0.0.1 -P pids.port -c "$show_state" 3>&-) || return
  kill "$(cat pids.port)"
  wait_for is_gone "$(cat pids.port)"
  rm pids.port
  rm -f "$SHOW_STATE"/*
  echo "$port"
}

# connects HOST PORT
connects() {
  (exec 9<>"/dev/tcp/$1/$2") 2>/dev/null
}

# ask ADDRESS PATH: the body of the answer.
ask() {
  timeout 60 "$cgi_fcgi" --clean-env -e REQUEST_METHOD=GET -e "SCRIPT_NAME=$2" -connect "$1" \
    --timeout 20s 3>&- | sed '1,/^\r*$/d'
}

# The states that show-state has written, all of them.
states() {
  cat "$SHOW_STATE"/*[0-9]
}

# has_states COUNT: so many have written theirs.
has_states() {
  [ "$(find "$SHOW_STATE" -name '*[0-9]' | wc -l)" -eq "$1" ]
}
