# What the tests against real programs share.  Everything they start writes below the file's own
# temporary folder and is ended by process id in stop_peers.

load ../cli/helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi
fcgistarter=$FCGI_BUILD/fcgistarter/fcgistarter
peers=$FCGI_SOURCE/tests/peers
PATH=$PATH:/usr/sbin:/sbin

# A peer that is not installed is a counted skip.
need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || skip "$program is missing"
  done
}

# A server that stays in the foreground: background NAME COMMAND...; output to NAME.out, its pid in
# $pid and among those that stop_peers ends.
background() {
  local name=$1
  shift
  "$@" >"$BATS_FILE_TMPDIR/$name.out" 2>&1 </dev/null 3>&- &
  pid=$!
  echo "$pid" >>"$BATS_FILE_TMPDIR/$name.pids"
}

# An application under fcgistarter: launch NAME OPTION-OF-FCGISTARTER...
launch() {
  local name=$1
  shift
  "$fcgistarter" -P "$BATS_FILE_TMPDIR/$name.pids" "$@" 3>&-
}

stop_peers() {
  local pid
  cat "$BATS_FILE_TMPDIR"/*.pids 2>/dev/null | while read -r pid; do
    kill "$pid" 2>/dev/null || continue
    wait_for is_gone "$pid" || kill -KILL "$pid"
  done
}

# The body of an answer with its header block.
body() {
  sed '1,/^\r*$/d' "$@"
}

digest() {
  sha256sum | cut -d' ' -f1
}
