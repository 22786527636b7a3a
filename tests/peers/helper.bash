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

# Where php-fpm is: distributions have its version in its name.
php_fpm() {
  local program
  for program in php-fpm8.2 php-fpm /usr/sbin/php-fpm[0-9]*; do
    command -v "$program" && return
  done
  return 1
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

# The one place that knows how each web server is reached: get WEB-TRANSPORT PATH CURL-OPTION...
get() {
  local dir=$BATS_FILE_TMPDIR/$1 path=$2
  shift 2
  if [ -e "$dir/http.port" ]; then
    curl -sS "$@" "http://127.0.0.1:$(<"$dir/http.port")$path"
  else
    curl -sS "$@" --unix-socket "$dir/http.sock" "http://localhost$path"
  fi
}

answers_or_gone() {
  get "$1" / -f -o /dev/null 2>/dev/null || is_gone "$pid"
}

# start_web WEB TRANSPORT [APP]: its script, in a folder of its own, WEB-TRANSPORT.  Apache draws its
# port by lot, and exits when that was taken: then once more.
start_web() {
  local dir=$BATS_FILE_TMPDIR/$1-$2 tries
  for ((tries = 0; tries < 10; tries++)); do
    rm -rf "$dir"
    mkdir "$dir"
    background "$1-$2" sh "$peers/$1.sh" "$dir" "${3-}"
    wait_for answers_or_gone "$1-$2"
    is_gone "$pid" || return 0
  done
  cat "$BATS_FILE_TMPDIR/$1-$2.out" "$dir/log" >&2
  return 1
}

stop_peers() {
  local pid pids=()
  while read -r pid; do
    ! kill "$pid" 2>/dev/null || pids+=("$pid")
  done < <(cat "$BATS_FILE_TMPDIR"/*.pids 2>/dev/null)
  for pid in "${pids[@]}"; do
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
