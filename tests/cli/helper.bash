# What the tests of several programs share: an fcgi-echo to talk to, and its end.
# shellcheck disable=SC2034 # what is set here is used by the tests

fcgi_echo=$FCGI_BUILD/fcgi-echo/fcgi-echo
echo_pids=()
echo_count=0

# start_echo OPTION...: an fcgi-echo that listens, on a UNIX socket of its own unless -l is given.
# Sets ECHO_ADDR and ECHO_PID; what it says on stderr is in the file $ECHO_ERR.
start_echo() {
  local base=$BATS_TEST_TMPDIR/echo.$((++echo_count)) option
  local listen=(-l "$base.sock")
  for option in "$@"; do
    case $option in
    -l | -l* | --listen | --listen=*) listen=() ;;
    esac
  done
  ECHO_ERR=$base.err
  mkfifo "$base.fifo" || return
  # shellcheck disable=SC2086 # ECHO_WRAPPER is a command and its options, such as valgrind -q
  ${ECHO_WRAPPER-} "$fcgi_echo" --print-addr "${listen[@]}" "$@" \
    >"$base.fifo" 2>"$ECHO_ERR" </dev/null 3>&- &
  ECHO_PID=$!
  echo_pids+=("$ECHO_PID")
  # It prints the address once clients can connect, and closes its output when it cannot start.
  if ! read -r -t 60 ECHO_ADDR <"$base.fifo"; then
    cat "$ECHO_ERR" >&2
    return 1
  fi
}

# not_under_valgrind WHY: ./check runs the programs under valgrind too.
not_under_valgrind() {
  [ -z "${FCGI_VALGRIND-}" ] || skip "not under valgrind: $1"
}

# wait_for COMMAND...: until it succeeds; a guard against hanging, not a measure of speed.
wait_for() {
  local i
  for ((i = 0; i < 600; i++)); do
    "$@" && return 0
    sleep 0.05
  done
  printf 'waited in vain for: %s\n' "$*" >&2
  return 1
}

# A process that nobody waits for is gone too: in a container its zombie may stay for ever.
is_gone() {
  ! kill -0 "$1" 2>/dev/null || grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null
}

is_stopped() {
  grep -q '^State:.*T' "/proc/$1/status"
}

# stop_echo [SIGNAL]: ends the one started last and returns its exit status.
stop_echo() {
  kill -s "${1:-TERM}" "$ECHO_PID" || return
  wait_for is_gone "$ECHO_PID" || return
  unset "echo_pids[-1]"
  wait "$ECHO_PID"
}

# Ends what start_echo has started, whatever state it is in.
stop_all() {
  local pid
  for pid in "${echo_pids[@]}"; do
    kill "$pid" 2>/dev/null || continue
    # One that was stopped takes it when it goes on.  Others are spared: a leak sanitizer that looks
    # at its process does not bear to be continued.
    ! is_stopped "$pid" 2>/dev/null || kill -s CONT "$pid" 2>/dev/null || continue
    # A fault may keep a request open for ever: the second signal ends it.
    kill -s INT "$pid" 2>/dev/null || continue
    wait_for is_gone "$pid" || kill -s KILL "$pid"
  done
  echo_pids=()
  return 0
}

# What makes the application tests/peers/scripted answer so, as a query: each word is "@" and one of
# its own, such as @eof or @end, or else a STDOUT record of that text with printf's escapes.
to_query() {
  local word query=
  for word in "$@"; do
    case $word in
    @*) query+=${word#@}\& ;;
    *) query+=out=$(printf '%b' "$word" | od -An -v -tx1)\& ;;
    esac
  done
  query=${query//[[:space:]]/}
  printf '%s\n' "${query%&}"
}
