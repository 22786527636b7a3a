#!/usr/bin/env bats
# The systemd units of packaging/systemd: systemd takes them, and what they run works.

bats_require_minimum_version 1.5.0
load starter

units=$FCGI_SOURCE/packaging/systemd

need() {
  command -v "$1" >/dev/null || skip "$1 is missing"
}

# copy_units PROGRAM: into the current folder, with the program in its place, and fcgi-probe in its.
copy_units() {
  local unit
  for unit in "$units"/*; do
    sed "s,/usr/bin/fcgistarter,$1,; s,/usr/bin/fcgi-probe,$FCGI_BUILD/fcgi-probe/fcgi-probe," \
      "$unit" >"${unit##*/}"
  done
}

@test "systemd takes the units" {
  need systemd-analyze
  copy_units "$starter"
  grep -q "^ExecStart=$starter " fcgistarter@.service
  run -0 systemd-analyze verify --man=no ./fcgistarter@.service ./fcgistarter@.socket
  [ -z "$output" ] || { printf '%s\n' "$output"; return 1; }
  # A template, and an application of that name.
  cp fcgistarter@.service fcgistarter@blog.service
  cp fcgistarter@.socket fcgistarter@blog.socket
  run -0 systemd-analyze verify --man=no ./fcgistarter@blog.service ./fcgistarter@blog.socket
  [ -z "$output" ] || { printf '%s\n' "$output"; return 1; }
}

@test "systemd takes the units of fcgi-probe" {
  need systemd-analyze
  copy_units "$starter"
  grep -q "^ExecStart=$FCGI_BUILD/fcgi-probe/fcgi-probe " fcgi-probe.service
  run -0 systemd-analyze verify --man=no ./fcgi-probe.service ./fcgi-probe.timer
  [ -z "$output" ] || { printf '%s\n' "$output"; return 1; }
  sed -i 's/^OnBootSec=/OnBotSec=/' fcgi-probe.timer
  run systemd-analyze verify --man=no ./fcgi-probe.timer
  [[ $output == *OnBotSec* ]]
}

@test "systemd would have said what is wrong with a unit" {
  need systemd-analyze
  copy_units "$starter"
  sed -i 's/^KillMode=/KilMode=/' fcgistarter@.service
  run systemd-analyze verify --man=no ./fcgistarter@.service
  [[ $output == *KilMode* ]]
  copy_units "$PWD/none"
  run systemd-analyze verify --man=no ./fcgistarter@.service
  [[ $output == *"$PWD/none"* ]]
}

# What systemd does for the service: its socket, its variables and its command line, the words of
# which sh(1) expands alike.
activate() {
  local command
  command=$(sed -n 's,^ExecStart=/usr/bin/fcgistarter,,p' "$units/fcgistarter@.service")
  systemd-socket-activate -l "$PWD/app.sock" -E "STARTER_TEST=$STARTER_TEST" \
    -E "RUNTIME_DIRECTORY=$PWD" -E "FCGISTARTER_OPTIONS=-N 2" \
    -E "FCGISTARTER_COMMAND=$fcgi_echo -q" sh -c "exec '$starter' $command" \
    >activate.out 2>&1 </dev/null 3>&- &
  activated=$!
  echo "$activated" >pids
  wait_for test -S app.sock
}

status_says() {
  "$starter" --status --control ./control 3>&- 2>/dev/null | grep -q "$1"
}

@test "the service serves the socket that systemd has opened" {
  need systemd-socket-activate
  activate
  # The first connection is what starts it, and is served.
  [[ $(ask "$PWD/app.sock" /env) == *SCRIPT_NAME=/env* ]]
  wait_for status_says ': running, 2 of 2 instances$'
  # As ExecReload= and the stop have it.
  kill -HUP "$activated"
  wait_for status_says 'generation 2,'
  kill "$activated"
  wait_for is_gone "$activated"
  wait "$activated"
  nothing_runs
  # The socket is systemd's.
  [ -S app.sock ]
}
