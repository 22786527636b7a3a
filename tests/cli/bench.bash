# What the tests of fcgi-bench share: running it, and asking its JSON report.
# shellcheck disable=SC2034 # what is set here is used by the tests

fcgi_bench=$FCGI_BUILD/fcgi-bench/fcgi-bench

need_jq() {
  command -v jq >/dev/null || skip 'jq is missing'
}

# bench STATUS ARG...: fcgi-bench exits so, or as it likes with "any"; its report is in the file report.
bench() {
  local expected=$1
  shift
  # An earlier run's is not taken for this one's.
  rm -f report
  if [ "$expected" = any ]; then
    run --separate-stderr timeout 120 "$fcgi_bench" --format json:report "$@"
  else
    run --separate-stderr "-$expected" timeout 120 "$fcgi_bench" --format json:report "$@"
  fi
  printf '%s\n' "$output" "$stderr"
}

# paced ARG...: a run with a rate, which a machine that is busy may make inconclusive.
paced() {
  bench any "$@"
  [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
}

# begin_bench ARG...: the same in the background, with the pid in BENCH_PID.
begin_bench() {
  # A shell has its background jobs ignore ^C.
  env --default-signal=INT "$fcgi_bench" --format json:report "$@" >bench.out 2>bench.err </dev/null 3>&- &
  BENCH_PID=$!
  echo_pids+=("$BENCH_PID")
}

# bench_ends STATUS: it ends, with that status.
bench_ends() {
  local status=0
  wait_for is_gone "$BENCH_PID"
  wait "$BENCH_PID" || status=$?
  cat bench.err
  [ "$status" -eq "$1" ]
}

# A signal that was sent to the program is not pending any more.
is_taken() {
  local number pending
  number=$(kill -l "$1")
  pending=$(awk '$1 == "ShdPnd:" { print $2 }' "/proc/$BENCH_PID/status")
  (((16#$pending >> (number - 1) & 1) == 0))
}

# holds FILTER: that is true of the report.
holds() {
  need_jq
  jq -e "$1" report >/dev/null || {
    printf 'not so: %s\n' "$1"
    jq 'del(.. | .hdr?)' report
    return 1
  }
}

# figure FILTER: what the report has there.
figure() {
  need_jq
  jq -r "$1" report
}
