# bash page-run.bash COMMANDS PROGRAM...: runs the commands that page-examples.awk found, in order, in
# one shell.  It must be called in network, mount and process namespaces of its own: ports, /tmp and
# /run are the page's then, and what an example leaves running ends with them.  The commands begin in
# an empty /tmp, with ./app, a copy of fcgi-echo.
# Exit 0 when every command exited as it should; else says which did not.

exec 3<"$1" &&
  ip link set lo up &&
  mount -t tmpfs tmpfs /run &&
  mkdir /run/programs &&
  cp "${@:2}" /run/programs/ &&
  mount -t tmpfs tmpfs /tmp &&
  cp /run/programs/fcgi-echo /tmp/app &&
  cd /tmp || exit
PATH=/run/programs:$PATH

listening() {
  awk '$4 == "0A"' /proc/net/tcp /proc/net/tcp6 | wc -l
  awk '$4 == "00010000"' /proc/net/unix | wc -l
}

# A reader types the next command later than it comes here: a server put in the background listens
# by then.
let_it_listen() {
  local i
  for ((i = 0; i < 200; i++)); do
    [ "$(listening)" = "$1" ] || return
    sleep 0.05
  done
}

wrong=0
while read -r expected command <&3; do
  before=$(listening)
  status=0
  eval "$command" >/run/output 2>&1 </dev/null 3<&- || status=$?
  if [ "$status" -ne "$expected" ]; then
    printf '%s\n  exit %s instead of %s, output:\n' "$command" "$status" "$expected"
    cat /run/output
    wrong=1
  fi
  case $command in
  *'&') let_it_listen "$before" ;;
  esac
done
exit "$wrong"
