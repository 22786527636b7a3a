#!/usr/bin/env bats
# fcgistarter: where it listens.

bats_require_minimum_version 1.5.0
load starter

mode_of() {
  stat -c '%F %a' "$1"
}

has_ipv6() {
  [ -e /proc/net/if_inet6 ] && grep -q '^0*1 ' /proc/net/if_inet6
}

# listens_on PORT: how many of its sockets listen, of both families.
listeners() {
  local hex
  hex=$(printf '%04X' "$1")
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v p=":$hex" '$4 == "0A" && index($2, p)' | wc -l
}

@test "where: without -i it listens on 127.0.0.1 only, and says so" {
  start -p 0 --print-port -c "$show_state"
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == "fcgistarter: listening on 127.0.0.1 only"*"-i '*'"* ]]
  connects 127.0.0.1 "$output"
  run ! connects 127.0.0.2 "$output"
  start -q -p 0 --print-port -c "$show_state"
  [ -z "$stderr" ]
}

@test "where: -i '*' is every interface, of both families" {
  start -p 0 --print-port -i '*' -c "$show_state"
  [ -z "$stderr" ]
  connects 127.0.0.1 "$output"
  connects 127.0.0.2 "$output"
  if has_ipv6; then
    connects ::1 "$output"
  fi
}

@test "where: -i takes an IPv6 address, with brackets or without" {
  has_ipv6 || skip 'no IPv6 here'
  start -p 0 --print-port -i ::1 -c "$show_state"
  [ -z "$stderr" ]
  connects ::1 "$output"
  run ! connects 127.0.0.1 "$output"
  start -p 0 --print-port -i '[::1]' -c "$show_state"
  connects ::1 "$output"
}

# In a namespace of the test's own the host has the names it is given.
@test "where: of a name with several addresses the first is used, the others are named" {
  command -v ip >/dev/null || skip 'ip is missing'
  local unshare=(unshare --net --mount)
  [ "$(id -u)" -eq 0 ] || unshare+=(--user --map-root-user)
  "${unshare[@]}" true 2>/dev/null || skip 'namespaces are not permitted'
  printf '%s\n' '127.0.0.1 twice' '127.0.0.2 twice' '192.0.2.1 mixed' '127.0.0.3 mixed' >hosts
  echo 'hosts: files' >nsswitch
  cat >inside <<'END'
ip link set lo up || exit 99
mount --bind hosts /etc/hosts && mount --bind nsswitch /etc/nsswitch.conf || exit 99
"$1" -p 4000 -i twice -c "$2" 2>twice || exit
"$1" -p 4001 -i mixed -c "$2" 2>mixed || exit
END
  run "${unshare[@]}" bash inside "$starter" "$show_state" 3>&-
  [ "$status" -ne 99 ] || skip 'a name cannot be made here'
  [ "$status" -eq 0 ]
  [ "$(wc -l <twice)" -eq 1 ]
  grep -qx 'fcgistarter: -i twice: listening on 127\.0\.0\.[12]:4000 only, not on 127\.0\.0\.[12]:4000' twice
  # What this host does not have is passed over, and named.
  [ "$(cat mixed)" = 'fcgistarter: -i mixed: listening on 127.0.0.3:4001 only, not on 192.0.2.1:4001' ]
}

@test "where: --port-per-instance counts up from -p" {
  start -p 0 --print-port -i 127.0.0.1 --port-per-instance -N 3 -c "$show_state"
  [ "${#lines[@]}" -eq 3 ]
  [ "$(printf '%s\n' "${lines[@]}" | sort -u | wc -l)" -eq 3 ]
  for port in "${lines[@]}"; do
    connects 127.0.0.1 "$port"
  done
  # Three in a row that are free are not known; that they are tried in a row is.
  run timeout 60 "$starter" -p "$port" -i 127.0.0.1 --port-per-instance -N 3 -c "$show_state" 3>&-
  [ "$status" -eq 1 ]
  [ "$output" = "fcgistarter: 127.0.0.1:$port: Address already in use" ]
  refuses_beside -p 65534 --port-per-instance -N 3 -c "$show_state"
}

@test "where: each instance has its own port" {
  for first in 30000 31000 32000 33000 34000; do
    first=$((first + RANDOM % 900))
    run --separate-stderr timeout 60 "$starter" -p $first -i 127.0.0.1 --port-per-instance -N 3 \
      --print-port -c "$fcgi_echo" 3>&-
    [ "$status" -ne 0 ] || break
  done
  [ "$output" = "$(printf '%s\n' $first $((first + 1)) $((first + 2)))" ]
  one=$(ask "127.0.0.1:$first" /pid)
  two=$(ask "127.0.0.1:$((first + 1))" /pid)
  three=$(ask "127.0.0.1:$((first + 2))" /pid)
  [ "$(printf '%s\n' "$one" "$two" "$three" | sort -u | wc -l)" -eq 3 ]
  [ "$(ask "127.0.0.1:$first" /pid)" = "$one" ]
}

@test "where: several -i take turns, and need --port-per-instance" {
  refuses -p 4000 -i 127.0.0.1 -i 127.0.0.2 -N 2 -c "$show_state"
  start -p 0 --print-port -i 127.0.0.1 -i 127.0.0.2 --port-per-instance -N 2 -c "$show_state"
  connects 127.0.0.1 "${lines[0]}"
  run ! connects 127.0.0.2 "${lines[0]}"
}

@test "where: -s has its mode whatever the umask is" {
  umask 077
  start -s ./default -c "$show_state"
  [ "$(mode_of default)" = "socket 660" ]
  umask 0
  start -s ./octal -M 0606 -c "$show_state"
  [ "$(mode_of octal)" = "socket 606" ]
  (
    umask 0777
    "$starter" -s "$PWD/change" -M g-w,o+r -c "$fcgi_echo" 3>&-
  )
  [ "$(mode_of change)" = "socket 644" ]
  [ -n "$(ask ./change /pid)" ]
  umask 077
  start -s ./equal -M =rw -c "$show_state"
  [ "$(mode_of equal)" = "socket 666" ]
  [ "$(ls)" = "$(printf '%s\n' change default equal octal)" ]
}

@test "where: a mode is a mode" {
  refuses -s ./sock -M 99 -c "$show_state"
  refuses -s ./sock -M '' -c "$show_state"
  refuses -s ./sock -M 0x1ff -c "$show_state"
  refuses -s ./sock -M 01777 -c "$show_state"
  refuses -s ./sock -M rw -c "$show_state"
}

@test "where: %i gives each instance its own socket" {
  start -s 'app-%i%%.sock' -N 3 -P pids -c "$fcgi_echo"
  [ "$(ls -d app*)" = "$(printf 'app-%s%%.sock\n' 0 1 2)" ]
  # shellcheck disable=SC2046 # one word a line
  set -- $(cat pids)
  [ "$(ask ./app-0%.sock /pid)" = "$1" ]
  [ "$(ask ./app-2%.sock /pid)" = "$3" ]
  refuses_beside -s './app-%d.sock' -c "$show_state"
  refuses_beside -s './app-%' -c "$show_state"
}

@test "where: one of several sockets that cannot be made leaves none behind" {
  echo precious >app-2
  fails 1 -s 'app-%i' -N 3 -c "$show_state"
  [ "$output" = "fcgistarter: app-2: the file is not a socket" ]
  [ "$(ls)" = "$(printf '%s\n' app-2)" ]
  [ "$(cat app-2)" = precious ]
}

@test "where: a socket that somebody serves is not taken" {
  start -s ./sock -c "$fcgi_echo"
  served=$(ask ./sock /pid)
  fails_beside 1 -s ./sock -c "$fcgi_echo"
  [ "$output" = "fcgistarter: ./sock: Address already in use" ]
  fails_beside 127 -s ./sock -c ./no-such
  fails_beside 1 -s ./sock -c /bin/false
  [ "$(ask ./sock /pid)" = "$served" ]
}

@test "where: a socket that nobody serves is replaced" {
  start -s ./sock -P pids -c "$show_state"
  kill "$(cat pids)"
  wait_for is_gone "$(cat pids)"
  [ -S sock ]
  start -s ./sock -c "$fcgi_echo"
  [ -n "$(ask ./sock /pid)" ]
}

@test "where: what is not a socket is not deleted" {
  echo precious >file
  mkdir directory
  mkfifo pipe
  ln -s nowhere link
  for name in file directory pipe link; do
    fails 1 -s "./$name" -c "$show_state"
    [ "$output" = "fcgistarter: ./$name: the file is not a socket" ]
  done
  [ "$(cat file)" = precious ]
  [ -d directory ] && [ -p pipe ] && [ -L link ]
  [ "$(ls)" = "$(printf '%s\n' directory file link pipe)" ]
}

@test "where: a directory that does not let us is named" {
  fails 1 -s ./no/such/sock -c "$show_state"
  [ "$output" = "fcgistarter: ./no/such/sock: No such file or directory" ]
  [ "$(id -u)" -ne 0 ] || skip 'root may write everywhere'
  mkdir locked
  chmod 555 locked
  fails 1 -s ./locked/sock -c "$show_state"
  [[ $output == "fcgistarter: ./locked/sock: Permission denied (directory is "*" 0555, we are uid "* ]]
}

@test "where: the longest path that a socket can have will do" {
  long=$(printf '%0107d' 0)
  start -s "$long" -c "$fcgi_echo"
  [ "$(mode_of "$long")" = "socket 660" ]
  [ -n "$(ask "./${long:2}" /pid || :)" ] || [ -n "$(ask "$long" /pid)" ]
  fails_beside 1 -s "0$long" -c "$show_state"
  [[ $output == *"socket path too long" ]]
}

@test "where: an abstract socket has no file" {
  name="@fcgistarter-test-$$-$RANDOM"
  start -s "$name" -c "$fcgi_echo"
  [ -n "$(ask "$name" /pid)" ]
  fails_beside 1 -s "$name" -c "$show_state"
  [ "$output" = "fcgistarter: $name: Address already in use" ]
  refuses_beside -s "$name" -M 0600 -c "$show_state"
  [ -z "$(ls)" ]
}

@test "where: -s wants a path" {
  for path in '' -x a:b 127.0.0.1:4000 :4000 fd:3 dir/; do
    run -1 timeout 60 "$starter" -s "$path" -c "$show_state" 3>&-
    [[ ${lines[0]} == "fcgistarter: -s $path: "* ]]
  done
  [ -z "$(ls)" ]
}

@test "where: -b is the backlog" {
  start_port -b 3 -c "$show_state"
  [ "$(states | grep -c '^backlog: 3$')" -eq 1 ]
  refuses_beside -p 4000 -b 0 -c "$show_state"
  refuses_beside -p 4000 -b -1 -c "$show_state"
  refuses_beside -p 4000 -b many -c "$show_state"
}

@test "where: options that exclude each other" {
  refuses -p 4000 -s ./sock -c "$show_state"
  refuses -s ./sock -i 127.0.0.1 -c "$show_state"
  refuses -s ./sock --print-port -c "$show_state"
  refuses -s ./sock --port-per-instance -c "$show_state"
  refuses -p 4000 -M 0600 -c "$show_state"
}

@test "where: --ipc-dir is made for the group, and names a socket that has no name" {
  run -0 --separate-stderr "$starter" --ipc-dir ./sockets -s app.sock -c "$show_state" 3>&-
  [ -S sockets/app.sock ]
  [ "$(stat -c %a sockets)" = 710 ]
  run -0 --separate-stderr "$starter" --ipc-dir ./sockets -c "$show_state" 3>&-
  [ -S "$output" ]
  [[ $output == ./sockets/show-state-????????.sock ]]
  # The same application has the same name, which it serves already.
  fails_beside 1 --ipc-dir ./sockets -c "$show_state"
  [[ $output == *"Address already in use" ]]
  : >file
  fails_beside 1 --ipc-dir ./file -c "$show_state"
  [[ $output == "fcgistarter: --ipc-dir ./file: Not a directory" ]]
}
