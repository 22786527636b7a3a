# Two hosts and a wire between them, made of network namespaces: "here" is 192.0.2.1, "there" is
# 192.0.2.2.  They are root's, or else an ordinary user's in a user namespace.  A namespace has no
# name, and ends with its last process: those that hold one are among those that stop_all ends.
# shellcheck disable=SC2034 # what is set here is used by the tests

here_addr=192.0.2.1
there_addr=192.0.2.2

# hold COMMAND...: a process in the namespaces that the command makes; its pid in $holder.
hold() {
  # Longer than any test takes.
  "$@" sleep 900 </dev/null >/dev/null 2>&1 3>&- &
  holder=$!
  echo_pids+=("$holder")
  # It is what it will be once the namespaces are made.
  wait_for is_held "$holder"
}

is_held() {
  [ "$(<"/proc/$1/comm")" = sleep ]
}

# Makes them.  Sets here and there, commands that run another on one of them, in its own process.
connect_hosts() {
  local unshare=(unshare --net) enter=(nsenter --net) pid
  need ip unshare nsenter
  if [ "$(id -u)" -ne 0 ]; then
    unshare=(unshare --user --map-root-user --net)
    enter=(nsenter --user --preserve-credentials --net)
  fi
  "${unshare[@]}" ip link set lo up 2>/dev/null ||
    skip 'no network namespace can be made here'
  hold "${unshare[@]}"
  here=("${enter[@]}" --target "$holder")
  hold "${here[@]}" unshare --net
  there=("${enter[@]}" --target "$holder")
  are_apart
  "${here[@]}" ip link add wire type veth peer name wire netns "$holder" 2>/dev/null ||
    skip 'this kernel has no veth'
  set_up 1 "${here[@]}"
  set_up 2 "${there[@]}"
  ECHO_WRAPPER=${there[*]}
  run_here fcgi_bench "$fcgi_bench"
}

# Nothing that is done to them is done to the network of this machine.
are_apart() {
  local ours theirs
  ours=$(readlink /proc/self/ns/net)
  theirs=$("${here[@]}" readlink /proc/self/ns/net; "${there[@]}" readlink /proc/self/ns/net)
  [ "$(sort -u <<<"$ours"$'\n'"$theirs" | wc -l)" -eq 3 ]
}

set_up() {
  local number=$1
  shift
  "$@" ip link set lo up
  "$@" ip link set wire address "02:00:00:00:00:0$number"
  "$@" ip addr add "192.0.2.$number/24" dev wire
  "$@" ip link set wire up
}

# What the host here sends to the one there arrives, whatever it was told before.
meet_neighbour() {
  "${here[@]}" ip neigh replace "$there_addr" lladdr 02:00:00:00:00:02 dev wire
}

# impair NETEM-OPTION...: what comes from there suffers from that.
impair() {
  need tc
  "${there[@]}" tc qdisc replace dev wire root netem "$@" 2>/dev/null ||
    skip 'this kernel has no netem'
}

# run_here VARIABLE PROGRAM: a script that runs it here; its path in the variable.
run_here() {
  local script=$BATS_TEST_TMPDIR/here-${2##*/}
  printf '#!/bin/sh\nexec %s %s "$@"\n' "${here[*]}" "$2" >"$script"
  chmod +x "$script"
  printf -v "$1" %s "$script"
}

# set_sysctl NAME VALUE: in the network of here.
set_sysctl() {
  are_apart || return
  "${here[@]}" sh -c 'echo "$2" >"/proc/sys/net/$1"' sh "$1" "$2" 2>/dev/null ||
    skip "net/$1 cannot be set"
}
