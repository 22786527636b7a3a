# bash packaging-run.bash PHP-FPM PROGRAMS POOL SCRIPT: what the examples of packaging/ expect of their
# surroundings, in namespaces of its own: php-fpm on 127.0.0.1:9000 with the settings of POOL, and on
# /run/php/php8.2-fpm.sock; the folder of node_exporter's textfile collector; the programs of the
# folder PROGRAMS in the path.  Then it sources SCRIPT there.

set -eu
program=$1 pool=$3 script=$4
PATH=$2:$PATH
umask 022
ip link set lo up
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
mkdir -p /run/php /run/test /var/lib/prometheus/node-exporter
cd /run/test

cat >hang.php <<'END'
<?php
touch("taken." . getmypid());
while (true)
	sleep(60);
END
cat >fpm.conf <<END
[global]
daemonize = no
error_log = /run/test/fpm.log
[www]
listen = 127.0.0.1:9000
pm = static
pm.max_children = 2
END
cat "$pool" >>fpm.conf
cat >>fpm.conf <<'END'
[socket]
listen = /run/php/php8.2-fpm.sock
pm = static
pm.max_children = 2
ping.path = /ping
pm.status_path = /status
END
root=()
if [ "$(id -u)" -eq 0 ]; then
  # Both pools, in place of a user who may not read what is root's.
  sed -i 's/^pm = static$/&\nuser = root\ngroup = root/' fpm.conf
  root=(-R)
fi

# For bounded waiting, as in the tests' helper.
wait_for() {
  local i
  for ((i = 0; i < 600; i++)); do
    "$@" && return
    sleep 0.05
  done
  echo "waited in vain for: $*"
  return 1
}

start_fpm() {
  "$program" -n -F -y fpm.conf "${root[@]}" >>fpm.out 2>&1 </dev/null &
  fpm=$!
  wait_for fcgi-probe -q --ping 127.0.0.1:9000 /run/php/php8.2-fpm.sock
}

stop_fpm() {
  kill "$fpm"
  wait "$fpm" || :
}

# Both workers of the pool on port 9000 sleep.
all_taken() {
  # shellcheck disable=SC2012 # names of ours
  [ "$(ls taken.* 2>/dev/null | wc -l)" -eq 2 ]
}

take_all() {
  local i
  for i in 1 2; do
    cgi-fcgi -bind -connect 127.0.0.1:9000 --clean-env -e REQUEST_METHOD=GET \
      -e SCRIPT_NAME=/hang.php -e SCRIPT_FILENAME=/run/test/hang.php >/dev/null 2>&1 </dev/null &
  done
  wait_for all_taken
}

# exits STATUS COMMAND...: the command exits so; its output is in the file out.
exits() {
  local expected=$1 status=0
  shift
  "$@" >out 2>&1 </dev/null || status=$?
  [ "$status" -eq "$expected" ] && return
  printf '%q ' "$@"
  printf '\n  exit %s instead of %s, output:\n' "$status" "$expected"
  cat out
  return 1
}

says() {
  grep -q -- "$1" out || {
    printf 'nothing like "%s" in:\n' "$1"
    cat out
    return 1
  }
}

start_fpm
# shellcheck disable=SC1090 # the test's
. "$script"
