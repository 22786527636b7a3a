# fcgi-probe: options that contradict each other, or would do nothing, are told and nobody is asked.
# shellcheck disable=SC2154 # what run sets is used
bats_require_minimum_version 1.5.0

load helper

fcgi_probe=$FCGI_BUILD/fcgi-probe/fcgi-probe

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# refuses TEXT ARG...: a usage error that begins with TEXT; there is no report.
refuses() {
  local text=$1
  shift
  run -3 --separate-stderr timeout 60 "$fcgi_probe" "$@"
  printf '%s: %s\n' "$*" "$stderr"
  [ -z "$output" ]
  [[ $stderr == "fcgi-probe: $text"*$'\n'"Try 'fcgi-probe --help' for more information." ]]
}

@test "a time that is nothing is no time" {
  refuses '--timeout: has to be longer than nothing' -t 0 ./app.sock
  refuses '--timeout: has to be longer than nothing' --timeout 0ms ./app.sock
  refuses '--connect-timeout: has to be longer than nothing' --connect-timeout 0 ./app.sock
  refuses '--wait-timeout: has to be longer than nothing' --wait-timeout 0 ./app.sock
  refuses '--interval: has to be longer than nothing' --watch --interval 0 ./app.sock
}

@test "--interval without --watch, and --watch of what can be asked once" {
  refuses '--interval goes with --watch only' --interval 1s ./app.sock
  refuses '--wait and --watch exclude each other' --wait --watch ./app.sock
  refuses 'fd:0: is closed when it was asked' --watch ./app.sock fd:0
}

@test "what is expected of an answer goes with what has one" {
  local ask option
  for ask in --queue --values --connect-only; do
    for option in --expect-status=200 --expect-body=x --expect-header=X --stderr=crit \
      --app-status=warn; do
      refuses '--expect-status, --expect-body, ' "$ask" "$option" ./app.sock
    done
  done
  refuses '--busy says nothing with --queue' --queue --busy ok ./app.sock
  # These have answers.
  start_echo
  timeout 60 "$fcgi_probe" --expect-status 200 --stderr crit --busy warn "$ECHO_ADDR"
}

@test "nothing cannot be expected" {
  refuses '--expect-body: ' --expect-body '' ./app.sock
  refuses '--expect-header : no name' --expect-header '' ./app.sock
  refuses '--expect-header : x: no name' --expect-header ': x' ./app.sock
}
