#!/usr/bin/env bats
# fcgi-bench and the processor time of an application in a control group.  ./check runs this as root,
# who alone makes control groups.

bats_require_minimum_version 1.5.0
load helper
load ../cli/bench

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  groups=()
}

teardown() {
  stop_all
  # The last process may be about to leave.
  for group in "${groups[@]}"; do
    wait_for rmdir "$group"
  done
}

# mount_of TYPE CONTROLLER: where that hierarchy is; the controller is a mount option, or "".
mount_of() {
  awk -v type="$1" -v controller="$2" '
    $3 == type && (controller == "" || index("," $4 ",", "," controller ",")) { print $2; exit }
  ' /proc/self/mounts
}

# make_group DIR: a new group in that hierarchy; its path in $group.
make_group() {
  group=$1/fcgi-bench.$BATS_TEST_NUMBER.$$
  [ -n "$1" ] && mkdir "$group" 2>/dev/null || skip 'no control group of this kind can be made here'
  groups+=("$group")
}

# make_groups VERSION: sets group, which tells the time, and quota, a command that limits it to a
# tenth of a processor; quota is empty where that cannot be done.
make_groups() {
  if [ "$1" -eq 2 ]; then
    make_group "$(mount_of cgroup2 '')"
    grep -qs '^usage_usec ' "$group/cpu.stat" || skip 'no time is told of this control group'
    quota=("$group/cpu.max" '10000 100000')
    [ -w "$group/cpu.max" ] || quota=()
    return
  fi
  make_group "$(mount_of cgroup cpu)"
  # Its period is 100 ms.
  quota=("$group/cpu.cfs_quota_us" 10000)
  [ -w "$group/cpu.cfs_quota_us" ] || quota=()
  [ -e "$group/cpuacct.usage" ] || make_group "$(mount_of cgroup cpuacct)"
}

# start_in_groups: fcgi-echo in all of them.
start_in_groups() {
  printf '#!/bin/sh\n' >enter
  printf 'echo $$ >"%s/cgroup.procs" || exit\n' "${groups[@]}" >>enter
  printf 'exec "$@"\n' >>enter
  chmod +x enter
  ECHO_WRAPPER=$PWD/enter start_echo
}

# The group's processor time so far, in microseconds.
used_us() {
  if [ -e "$group/cpuacct.usage" ]; then
    echo $(($(<"$group/cpuacct.usage") / 1000))
  else
    sed -n 's/^usage_usec //p' "$group/cpu.stat"
  fi
}

time_is_of_the_group() {
  local before after
  make_groups "$1"
  start_in_groups
  before=$(used_us)
  bench 0 -k -c 4 -w 0 -n 20000 --cgroup "$group" "$ECHO_ADDR"
  after=$(used_us)
  # Both were read outside of what the report has seen, and not long before and after.  It has the
  # figure to a thousandth of a microsecond.
  holds "(.server.cpu_us_per_request - 0.001) * .requests.complete <= $after - $before"
  holds ".server.cpu_us_per_request * .requests.complete >= 0.5 * ($after - $before)"
}

time_is_within_the_quota() {
  make_groups "$1"
  [ ${#quota[@]} -gt 0 ] || skip 'this control group takes no quota'
  echo "${quota[1]}" >"${quota[0]}"
  start_in_groups
  bench 0 -k -c 4 -w 200ms -z 2s --cgroup "$group" "$ECHO_ADDR"
  # A period of 100 ms may lie on each edge, and answers that came behind the end are in both counts.
  holds '.server.cpu_us_per_request > 0'
  holds '.server.cpu_us_per_request * .requests.complete <= 0.1 * 1e6 * (.duration_s + 0.3)'
  # Who is out of quota stands still for the rest of a period: only long pauses keep it within.
  holds '.service.max_us > 50000'
}

@test "cgroup: version 2: the processor time is that of the group" {
  time_is_of_the_group 2
}

@test "cgroup: version 1: the processor time is that of the group" {
  time_is_of_the_group 1
}

@test "cgroup: version 2: an application with a quota of a tenth of a processor" {
  time_is_within_the_quota 2
}

@test "cgroup: version 1: an application with a quota of a tenth of a processor" {
  time_is_within_the_quota 1
}
