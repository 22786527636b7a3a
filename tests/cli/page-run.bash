# bash page-run.bash COMMANDS PROGRAM...: runs the commands that page-examples.awk found, in order, in
# one shell.  It must be called in network, mount and process namespaces of its own: ports, /tmp and
# /run are the page's then, and what an example leaves running ends with them.  The commands begin in
# an empty /tmp, with ./app, a copy of fcgi-echo, and with /srv/www as they use it.
# Exit 0 when every command exited as it should; else says which did not.  A command whose program is
# missing here is named and left out.

exec 3<"$1" &&
  ip link set lo up &&
  mount -t tmpfs tmpfs /run &&
  mkdir /run/programs &&
  cp "${@:2}" /run/programs/ &&
  cp "${BASH_SOURCE%/*}/../peers/php-fpm.sh" /run/ &&
  mount -t tmpfs tmpfs /tmp &&
  cp /run/programs/fcgi-echo /tmp/app &&
  mount -t tmpfs tmpfs /srv &&
  mkdir /srv/www &&
  cd /tmp || exit
echo '<?php echo "up\n";' >/srv/www/index.php
echo '<?php error_log("no database"); http_response_code(500);' >/srv/www/broken.php
PATH=/run/programs:$PATH
# It may lie where another /tmp is now.
export TMPDIR=/tmp

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

# Whether a program is there; php-fpm then runs at /run/php/php-fpm.sock.
have() {
  local php i
  [ "$1" = php-fpm ] || { command -v "$1" >/dev/null; return; }
  [ ! -S /run/php/php-fpm.sock ] || return 0
  php=$(PATH=$PATH:/usr/sbin compgen -c php-fpm | head -n 1)
  [ -n "$php" ] || return
  mkdir -p /run/php
  PATH=$PATH:/usr/sbin sh /run/php-fpm.sh "$php" /run/php >/run/php/out 2>&1 3<&- &
  for ((i = 0; i < 600; i++)); do
    [ ! -S /run/php/php-fpm.sock ] || return 0
    sleep 0.05
  done
  cat /run/php/out
  return 1
}

wrong=0
while read -r expected needs command <&3; do
  if [ "$needs" != - ] && ! have "$needs"; then
    printf 'left out, %s is missing: %s\n' "$needs" "$command"
    continue
  fi
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
