#!/usr/bin/env bats
# fcgistarter: as whom the instances run, and where their sockets come from.

bats_require_minimum_version 1.5.0
load supervise

need_root() {
  [ "$(id -u)" -eq 0 ] || skip 'only for root'
}

need_user() {
  [ "$(id -u)" -ne 0 ] || skip 'not for root'
}

# As somebody who has no rights: as_nobody COMMAND...
as_nobody() {
  setpriv --reuid nobody --regid nogroup --clear-groups -- "$@"
}

# For nobody to read, with what is above it; the build may lie where nobody can go, so the program is
# copied.
open_to_all() {
  local folder=$PWD
  cp "$fcgi_echo" ./fcgi-echo
  fcgi_echo=$PWD/fcgi-echo
  while [ "$folder" != / ] && [ "$folder" != /tmp ]; do
    chmod o+x "$folder"
    folder=${folder%/*}
  done
}

# credentials PID KEY: a line of its status, without the key and with single blanks.
credentials() {
  awk -v key="$2:" '$1 == key { $1 = ""; print substr($0, 2) }' "/proc/$1/status"
}

# has_dropped PID: it is nobody, whatever way one looks at it.
has_dropped() {
  local uid gid set
  uid=$(id -u nobody) gid=$(id -g nobody)
  [ "$(credentials "$1" Uid)" = "$uid $uid $uid $uid" ]
  [ "$(credentials "$1" Gid)" = "$gid $gid $gid $gid" ]
  [ "$(credentials "$1" Groups | tr ' ' '\n' | sort -n)" = "$(id -G nobody | tr ' ' '\n' | sort -n)" ]
  for set in CapInh CapPrm CapEff CapAmb; do
    [ "$(credentials "$1" "$set")" = 0000000000000000 ]
  done
  [ "$(credentials "$1" NoNewPrivs)" -eq 1 ]
}

@test "who: -u really drops user, group, groups, capabilities and the way back" {
  need_root
  open_to_all
  supervise -N 2 -u nobody --restart-delay 0 -M 0666 -- "$fcgi_echo"
  local one old
  old=$(instances)
  for one in $old; do
    has_dropped "$one"
  done
  # The supervisor goes on to be root, and so may start others.
  [ "$(credentials "$pid" Uid)" = '0 0 0 0' ]
  # shellcheck disable=SC2086 # one word an instance
  kill -KILL $old
  wait_for count_instances 2
  wait_for all_gone "$old"
  "$starter" --reload -P ./pid 3>&-
  wait_for count_instances 2
  for one in $(instances); do
    has_dropped "$one"
  done
  [ -n "$(ask ./sock /pid)" ]
  kill -KILL "$pid"
  # The death signal survives the change of user.
  wait_for nothing_runs
}

@test "who: -u without -S, by number, with another group" {
  need_root
  open_to_all
  start -s ./sock -P ./pids -u "#$(id -u nobody)" -g '#4242' -- "$fcgi_echo"
  local one
  one=$(<pids)
  [ "$(credentials "$one" Uid | cut -d' ' -f1)" -eq "$(id -u nobody)" ]
  [ "$(credentials "$one" Gid)" = '4242 4242 4242 4242' ]
  [ "$(credentials "$one" NoNewPrivs)" -eq 1 ]
}

@test "who: as root nothing is dropped without being asked" {
  need_root
  start -s ./sock -P ./pids -- "$fcgi_echo"
  [ "$(credentials "$(<pids)" NoNewPrivs)" -eq 0 ]
  start -s ./sock2 -P ./pids2 --no-new-privs -- "$fcgi_echo"
  [ "$(credentials "$(<pids2)" NoNewPrivs)" -eq 1 ]
}

@test "who: -u and -g of somebody else are not for users" {
  need_user
  fails 1 -s ./sock -u root -- "$fcgi_echo"
  [[ $output == *"root"* ]]
  fails 1 -S -s ./sock -P ./pid -u root -- "$fcgi_echo"
  fails 1 -s ./sock -g '#4242' -- "$fcgi_echo"
  fails 1 -s ./sock --chroot / -- "$fcgi_echo"
  [[ $output == *"only root may change the root directory" ]]
  [ ! -e sock ]
  [ ! -e pid ]
}

@test "who: the same, tried by root as nobody" {
  need_root
  open_to_all
  chown nobody .
  as_nobody true || skip 'setpriv is missing'
  local real=$starter
  script starter-as-nobody <<END
exec setpriv --reuid nobody --regid nogroup --clear-groups -- "$real" "\$@"
END
  starter=$PWD/starter-as-nobody
  fails 1 -s ./sock -u root -- "$fcgi_echo"
  [[ $output == *"root"* ]]
  fails 1 -S -s ./sock -P ./pid -u daemon -- "$fcgi_echo"
  fails 1 -s ./sock -g '#4242' -- "$fcgi_echo"
  fails 1 -s ./sock --chroot / -- "$fcgi_echo"
  [ -z "$(ls sock pid 2>/dev/null)" ]
}

@test "who: a user that is not there, is told" {
  fails 1 -s ./sock -u no-such-user -- "$fcgi_echo"
  [[ $output == *"no-such-user"* ]]
  fails 1 -s ./sock -g no-such-group -- "$fcgi_echo"
  [[ $output == *"no-such-group"* ]]
}

@test "who: --chroot, and the command is looked for in there" {
  need_root
  mkdir -p root/bin root/proc
  if ! ldd "$show_state" >libraries 2>/dev/null; then skip 'ldd is missing'; fi
  local library
  for library in $(grep -o '/[^ ]*' libraries); do
    mkdir -p "root${library%/*}"
    cp -L "$library" "root$library"
  done
  cp "$show_state" root/bin/app
  mkdir -m 777 root/state
  supervise --chroot ./root -e SHOW_STATE=/state -u nobody -- /bin/app
  local one
  one=$(instances)
  [ "$(readlink "/proc/$one/root")" = "$PWD/root" ]
  [ "$(readlink "/proc/$one/cwd")" = "$PWD/root" ]
  grep -x 'word: /bin/app' "root/state/$one"
  has_dropped "$one"
  "$starter" --reload -P ./pid 3>&-
  [ "$(find root/state -name '*[0-9]' | wc -l)" -eq 2 ]
  stop_pool
  fails 127 -s ./sock --chroot ./root -- "$show_state"
}

@test "who: --wrapper is told the user, the group and the command" {
  need_root
  script wrapper <<'END'
printf '%s\n' "$0" "$@" "$PWD" >"$SHOW_STATE/words"
exec "./$3"
END
  cp "$fcgi_echo" app
  start -s ./sock -u nobody --wrapper ./wrapper -- ./app
  wait_for test -s "$SHOW_STATE/words"
  [ "$(sed -n 2p "$SHOW_STATE/words")" = nobody ]
  [ "$(sed -n 4p "$SHOW_STATE/words")" = app ]
  [ "$(sed -n 5p "$SHOW_STATE/words")" = "$PWD" ]
  refuses_beside -s ./other -u nobody --wrapper ./wrapper --no-new-privs -- ./app
}

@test "who: a socket that is swapped for a link is not followed" {
  mkdir -m 1777 open
  : >victim
  ln -s "$PWD/victim" open/sock
  fails 1 -s ./open/sock -- "$fcgi_echo"
  [ -L open/sock ]
  [ ! -s victim ]
  # Nor is one that is swapped later removed, which is another's by then.
  rm open/sock
  start -S -s ./open/sock -P ./pid -- "$fcgi_echo"
  pid=$(<pid)
  rm open/sock
  ln -s "$PWD/victim" open/sock
  stop_pool
  [ -L open/sock ]
  [ -e victim ]
}

# --- sockets and news from and to who starts us ----------------------------------------------------

@test "activation: LISTEN_FDS of systemd-socket-activate" {
  command -v systemd-socket-activate >/dev/null || skip 'systemd-socket-activate is missing'
  systemd-socket-activate -l "$PWD/sock" -E STARTER_TEST -E SHOW_STATE "$starter" -S -n \
    -P "$PWD/pid" -N 2 -- "$show_state" 2>err 3>&- &
  local job=$!
  wait_for test -S sock
  ask ./sock / >/dev/null
  wait_for test -s pid
  pid=$(<pid)
  [ "$pid" -eq "$job" ]
  wait_for has_states 2
  states | grep -x 'fd 0: listening, blocking, kept over exec'
  # They are not told: it is not their business.
  run ! eval 'states | grep "env: LISTEN_"'
  stop_pool
}

@test "activation: several sockets are one for each instance" {
  command -v systemd-socket-activate >/dev/null || skip 'systemd-socket-activate is missing'
  systemd-socket-activate -l "$PWD/one" -l "$PWD/two" -E STARTER_TEST "$starter" -S -n \
    -P "$PWD/pid" -- "$fcgi_echo" 2>err 3>&- &
  wait_for test -S two
  local first second
  first=$(ask ./one /pid)
  second=$(ask ./two /pid)
  [ "$first" -ne "$second" ]
  wait_for test -s pid
  pid=$(<pid)
  stop_pool
}

# listening ADDRESS COMMAND...: it has a listening socket for descriptor 0.
listening() {
  local address=$1
  shift
  # Nothing is as close at hand as our own: fcgistarter starts a fcgistarter.
  start -s "$address" -P ./outer.pid -- "$@"
}

@test "activation: a listening descriptor 0 is taken, and --fd another" {
  listening "$PWD/sock" "$starter" -S -n -P "$PWD/pid" -N 2 -- "$fcgi_echo"
  wait_for test -s pid
  [ -n "$(ask ./sock /pid)" ]
  pid=$(<pid)
  count_instances 2
  # Not made by it, and so not removed.
  stop_pool
  [ -S sock ]
  script move <<END
exec 7<&0 </dev/null
exec "$starter" -S -n --fd 7 -P "$PWD/pid" -- "$fcgi_echo"
END
  listening "$PWD/sock7" "$PWD/move"
  wait_for test -s pid
  [ -n "$(ask ./sock7 /pid)" ]
  pid=$(<pid)
  kill -USR2 "$pid"
  [ -n "$(ask ./sock7 /pid)" ]
  stop_pool
  fails 1 --fd 77 -- "$fcgi_echo"
  [[ $output == *"--fd: descriptor 77 is not open" ]]
}

# A service manager that listens: what it is told is in the file news.
manager() {
  perl -MSocket -e 1 2>/dev/null || skip 'perl is missing'
  perl -MSocket -e '
    $| = 1;
    socket(MANAGER, AF_UNIX, SOCK_DGRAM, 0) && bind(MANAGER, sockaddr_un("notify")) or die $!;
    print "$news\n" while defined recv(MANAGER, $news, 4096, 0);' >news 2>&1 3>&- &
  echo "$!" >pids.manager
  wait_for test -S notify
}

# told LINE [TIMES]: at least once.
told() {
  [ "$(grep -cx -- "$1" news)" -ge "${2-1}" ]
}

@test "notify: READY, RELOADING, STOPPING, STATUS and MAINPID" {
  manager
  NOTIFY_SOCKET=$PWD/notify "$starter" -S -n -s ./sock -P ./pid -N 2 --start-grace 20ms -- \
    "$show_state" 2>err 3>&- &
  local job=$!
  wait_for told 'READY=1'
  [ "$(<pid)" -eq "$job" ]
  pid=$job
  wait_for told "MAINPID=$pid"
  wait_for told 'STATUS=2 of 2 running.*'
  # The instances have nothing to say to it.
  run ! eval 'states | grep "env: NOTIFY_SOCKET"'
  run ! told 'RELOADING=1'
  kill -HUP "$pid"
  wait_for told 'RELOADING=1'
  wait_for told 'READY=1' 2
  # An upgrade is a new READY of the same process.
  kill -USR2 "$pid"
  wait_for told 'READY=1' 3
  kill "$pid"
  wait_for told 'STOPPING=1'
  wait_for is_gone "$pid"
}

@test "notify: --notify-fd gets a line once all is ready" {
  mkfifo ready
  SHOW_STATE_GATE=$PWD/gate "$starter" -S -n -s ./sock -P ./pid -w --start-grace 10ms \
    --wait-timeout 100s --notify-fd 8 -- "$show_state" 8>ready 2>err 3>&- &
  exec 9<ready
  run ! read -r -t 0.3 -u 9
  : >gate
  read -r -t 60 -u 9 line
  [ -z "$line" ]
  # It is closed then, also by the instances.
  run -0 timeout 60 cat <&9
  [ -z "$output" ]
  exec 9<&-
  pid=$(<pid)
  stop_pool
}
