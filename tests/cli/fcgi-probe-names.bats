# fcgi-probe: host names, and name servers that do not answer.
# shellcheck disable=SC2154 # what run sets is used
# shellcheck disable=SC2016 # scripts are for another shell
bats_require_minimum_version 1.5.0

load helper

export fcgi_probe=$FCGI_BUILD/fcgi-probe/fcgi-probe

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# Namespaces of its own, where the name server is mute, and what each script there begins with.
with_mute_server() {
  command -v ip >/dev/null || skip 'ip is missing'
  command -v pgrep >/dev/null || skip 'pgrep is missing'
  local unshare=(unshare --net --mount)
  [ "$(id -u)" -eq 0 ] || unshare+=(--user --map-root-user)
  "${unshare[@]}" true 2>/dev/null || skip 'namespaces are not permitted'
  echo '127.0.0.1 localhost' >hosts
  echo 'hosts: files dns' >nsswitch
  # Longer than any guard here.
  printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:30 attempts:5' >resolv
  cat >prelude <<'END'
ip link set lo up && mount --bind hosts /etc/hosts && mount --bind nsswitch /etc/nsswitch.conf &&
  mount --bind resolv /etc/resolv.conf || exit 99
source "$FCGI_SOURCE/tests/cli/helper.bash"
trap 'kill $(jobs -p) 2>/dev/null || :; stop_all' EXIT
set -e
probe() { timeout 100 "$fcgi_probe" "$@"; }
has_lookups() { [ "$(pgrep -c -P "$1")" -eq "$2" ]; }
END
  cat prelude - >script
  run "${unshare[@]}" "$FCGI_BUILD/tests/cli/mute" 53 bash script 3>&-
  printf '%s\n' "$output"
  [ "$status" -ne 99 ] || skip 'a name server cannot be made here'
}

@test "names: a name server that is mute costs one time-out, however many names there are" {
  with_mute_server <<'END'
start_echo -l 127.0.0.1:0
port=${ECHO_ADDR##*:}
targets=()
for ((i = 0; i < 20; i++)); do
  targets+=("host$i.example:9000")
done
status=0
SECONDS=0
probe -t 1s --format json "${targets[@]}" "localhost:$port" "127.0.0.1:$port" >answer || status=$?
# One after the other they would take minutes; ten times the time-out is the guard.
[ "$SECONDS" -le 10 ]
[ "$status" -eq 3 ]
[ "$(grep -o '"cause":"resolve"' answer | wc -l)" -eq 20 ]
[ "$(grep -o '"state":"UNKNOWN"' answer | wc -l)" -ge 20 ]
[ "$(grep -o '"state":"OK"' answer | wc -l)" -eq 2 ]
END
  [ "$status" -eq 0 ]
}

@test "names: what is said of one that is not resolved in time, and of one that does not exist" {
  with_mute_server <<'END'
[[ $(probe -t 300ms host.example:9000) == \
  'FCGI UNKNOWN host.example:9000 - resolve: name not resolved within 0.3 s |'* ]]
[[ $(probe --wait-timeout 300ms host.example:9000) == \
  *' - resolve: name not resolved within 0.'*' s; gave up after 0.3 s |'* ]]
echo 'hosts: files' >nsswitch
[[ $(probe -t 50s host.example:9000) == \
  'FCGI UNKNOWN host.example:9000 - resolve: the name has no address: '* ]]
END
  [ "$status" -eq 0 ]
}

@test "names: one that gets its address while it is waited for" {
  with_mute_server <<'END'
echo 'hosts: files' >nsswitch
start_echo -l 127.0.0.1:0
probe --wait "later.example:${ECHO_ADDR##*:}" >answer &
waiting=$!
probe "later.example:1" || :
is_gone "$waiting" && exit 1
echo '127.0.0.1 later.example' >>hosts
wait "$waiting"
grep -q '^FCGI OK later.example' answer
END
  [ "$status" -eq 0 ]
}

@test "names: --watch leaves no process behind" {
  with_mute_server <<'END'
"$fcgi_probe" --watch --interval 1h -t 300ms -o report a.example:1 localhost:1 b.example:1 &
watching=$!
wait_for test -s report
grep -q 'resolve' report
# Not even one that nobody has waited for.
has_lookups "$watching" 0
kill "$watching"
END
  [ "$status" -eq 0 ]
}

@test "names: a lookup keeps no descriptor of others open, and does not outlive fcgi-probe" {
  with_mute_server <<'END'
start_echo --fault=silent
exec 7<hosts
"$fcgi_probe" -t 1h --connect-only "$ECHO_ADDR" a.example:1 b.example:1 &
asking=$!
wait_for has_lookups "$asking" 2
lookups=$(pgrep -P "$asking")
has_closed() { ! [ "/proc/$1/fd/7" -ef hosts ]; }
for lookup in $lookups; do
  [ -e "/proc/$lookup" ]
  wait_for has_closed "$lookup"
done
kill -KILL "$asking"
for lookup in $lookups; do
  wait_for is_gone "$lookup"
done
END
  [ "$status" -eq 0 ]
}

@test "names: only a name costs a process" {
  command -v strace >/dev/null || skip 'strace is missing'
  not_under_valgrind 'the system calls would be its own'
  local target
  for target in ./none.sock 127.0.0.1:1 127.1:1 '[::1]:1' :1; do
    ASAN_OPTIONS=detect_leaks=0 run -2 timeout 60 strace -f -qq -o trace \
      -e trace=clone,clone3,fork,vfork,pipe2 "$fcgi_probe" -t 50s "$target"
    run ! grep -E 'clone|fork|pipe' trace
  done
  ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -f -qq -o trace \
    -e trace=clone,clone3,fork,vfork,pipe2 "$fcgi_probe" -t 50s localhost:1 || :
  [ "$(grep -cE 'clone|fork' trace)" -eq 1 ]
}
