# What the measurements share.

have() {
  command -v "$1" >/dev/null
}

now_us() {
  echo $((${EPOCHREALTIME/./}))
}

# median NUMBERS: of a list in one word.
median() {
  # shellcheck disable=SC2086 # numbers
  printf '%s\n' $1 | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# --- applications, in the folder $work ------------------------------------------------------------

starter=$FCGI_BUILD/fcgistarter/fcgistarter
apps=0

# start_app KIND COMMAND...: on a UNIX socket, or with KIND tcp on a port; sets $address.
start_app() {
  local kind=$1
  shift
  apps=$((apps + 1))
  if [ "$kind" = tcp ]; then
    address=:$("$starter" -q -p 0 --print-port -P "$work/pids.$apps" -- "$@") || exit
  else
    address=$work/$apps.sock
    "$starter" -s "$address" -P "$work/pids.$apps" -- "$@" || exit
  fi
}

end_apps() {
  local pids
  mapfile -t pids < <(cat "$work"/pids.* 2>/dev/null)
  [ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}" 2>/dev/null
  rm -f "$work"/pids.* "$work"/*.sock
}

# peak COMMAND...: prints the largest resident set of a command, in KB.
peak() {
  local pid peak=0 kb fifo=$work/reader
  rm -f "$fifo"
  mkfifo "$fifo"
  cat <"$fifo" >/dev/null &
  "$@" >"$fifo" &
  pid=$!
  while read -r _ kb _ < <(grep VmHWM "/proc/$pid/status" 2>/dev/null); do
    peak=$kb
    sleep 0.02
  done
  wait
  echo "$peak"
}
