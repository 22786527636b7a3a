# What the tests against real programs share.  Everything they start writes below the file's own
# temporary folder and is ended by process id in stop_all.

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi
fcgistarter=$FCGI_BUILD/fcgistarter/fcgistarter
fcgi_echo=$FCGI_BUILD/fcgi-echo/fcgi-echo
peers=$FCGI_SOURCE/tests/peers
PATH=$PATH:/usr/sbin:/sbin

# A peer that is not installed is a counted skip.
need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || skip "$program is missing"
  done
}

# Tries a command until it succeeds; a guard against hanging, not a measure of speed.
wait_for() {
  local i
  for ((i = 0; i < 600; i++)); do
    "$@" && return 0
    sleep 0.05
  done
  echo "waited in vain for: $*" >&2
  return 1
}

# A process that nobody has waited for yet is gone too: in a container nobody may ever.
gone() {
  ! kill -0 "$1" 2>/dev/null || grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null
}

# A server that stays in the foreground: background NAME COMMAND...; output to NAME.out, its pid in
# $pid and among those that stop_all ends.
background() {
  local name=$1
  shift
  "$@" >"$BATS_FILE_TMPDIR/$name.out" 2>&1 </dev/null 3>&- &
  pid=$!
  echo "$pid" >>"$BATS_FILE_TMPDIR/$name.pids"
}

stop_all() {
  local pid
  cat "$BATS_FILE_TMPDIR"/*.pids 2>/dev/null | while read -r pid; do
    kill "$pid" 2>/dev/null || continue
    wait_for gone "$pid" || kill -KILL "$pid"
  done
}

# An application under fcgistarter: launch NAME OPTION-OF-FCGISTARTER...
launch() {
  local name=$1
  shift
  "$fcgistarter" -P "$BATS_FILE_TMPDIR/$name.pids" "$@" 3>&-
}

# The body of an answer with its header block.
body() {
  sed '1,/^\r*$/d' "$@"
}

digest() {
  sha256sum | cut -d' ' -f1
}
