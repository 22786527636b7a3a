#!/usr/bin/env bats
# fcgistarter -S: exchanging the application, and fcgistarter itself, while clients ask.

bats_require_minimum_version 1.5.0
load supervise

# A fcgistarter that can be exchanged.
own_starter() {
  need_bare
  cp "$starter" fcgistarter
  starter=$PWD/fcgistarter
}

# It has executed itself again, and all that it does is done by the new one.
is_upgraded() {
  log_count "fcgistarter again" "$1" && [ "$(status_of running)" = "$2" ]
}

# upgrade TIMES: and each time the instances are the same processes.
upgrade() {
  local i before
  before=$(instances | sort)
  for ((i = 1; i <= $1; i++)); do
    kill -USR2 "$pid"
    wait_for is_upgraded "$i" "$(wc -w <<<"$before")"
    [ "$(instances | sort)" = "$before" ]
  done
}

refuse_upgrade() {
  kill -USR2 "$pid"
  wait_for logged "not upgraded: $PWD/fcgistarter does not accept our command line"
}

@test "reload: 20 under load lose nothing" {
  local i
  # A leak sanitizer may need more time at the end of an instance than it is given.
  supervise -N 4 --start-grace 20ms -- env ASAN_OPTIONS=detect_leaks=0 "$fcgi_echo"
  start_load ./sock 4
  for ((i = 0; i < 20; i++)); do
    "$starter" --reload -P ./pid 3>&-
    load_goes_on
  done
  stop_load
  [ "$lost" -eq 0 ]
  [ "$(status_of generation)" -eq 21 ]
  [ "$(grep -c 'reloaded: generation' log)" -eq 20 ]
  run ! logged 'died\|exited\|killed'
  wait_for count_instances 4
  stop_pool
}

@test "reload: requests that take a while are answered by the old instance" {
  local i
  supervise -N 2 --start-grace 20ms -- "$fcgi_echo"
  # There is hardly a moment without four requests in flight.
  start_load ./sock 4 /delay/200ms 200ms
  for ((i = 0; i < 4; i++)); do
    "$starter" --reload -P ./pid 3>&-
    load_goes_on
  done
  stop_load
  [ "$lost" -eq 0 ]
  wait_for count_instances 2
  stop_pool
}

@test "reload: the program that is there now is what serves" {
  cp "$fcgi_echo" app
  supervise --start-grace 20ms -- ./app
  local old
  old=$(instances)
  rm app
  cp "$show_state" app
  "$starter" --reload -P ./pid 3>&-
  wait_for is_gone "$old"
  [ "$(find "$SHOW_STATE" -name '*[0-9]' | wc -l)" -eq 1 ]
  stop_pool
}

@test "reload: a broken program leaves the old instances, and is told" {
  local old
  cp "$fcgi_echo" app
  supervise -N 3 -- ./app
  old=$(instances | sort)
  rm app
  run -1 "$starter" --reload -P ./pid 3>&-
  [[ $output == "fcgistarter: --reload: "*"app: not found"* ]]
  script app <<<'exit 7'
  run -1 "$starter" --reload -P ./pid 3>&-
  [[ $output == *"exited with status 7 within "* ]]
  printf '#!/no/such/interpreter\n' >app
  run -1 "$starter" --reload -P ./pid 3>&-
  [[ $output == *"/no/such/interpreter"* ]]
  chmod 644 app
  kill -HUP "$pid"
  wait_for log_count 'reload failed, the old instances go on: ' 4
  [ "$(instances | sort)" = "$old" ]
  [[ $(ask ./sock /env) == *"SCRIPT_NAME=/env"* ]]
  [ "$(status_of generation)" -eq 1 ]
  # And it is no obstacle to a better one.
  rm app
  cp "$fcgi_echo" app
  "$starter" --reload -P ./pid 3>&-
  wait_for all_gone "$old"
  count_instances 3
  stop_pool
}

@test "reload: what is given relative to where it was started is found again" {
  mkdir here there
  cp "$show_state" here/app
  cd here
  supervise -d ../there --restart-delay 0 --start-grace 20ms -- ./app
  "$starter" --reload -P ./pid 3>&-
  kill -KILL "$(instances | tail -n 1)"
  wait_for has_states 3
  [ "$(states | grep -c "^cwd: ${PWD%/*}/there$")" -eq 3 ]
  stop_pool
}

@test "reload: many at once are one and a last one" {
  local i
  supervise -N 2 --start-grace 100ms -- "$fcgi_echo"
  for ((i = 0; i < 20; i++)); do
    kill -HUP "$pid"
  done
  wait_for logged 'reloaded: generation'
  "$starter" --reload -P ./pid 3>&-
  wait_for count_instances 2
  [ "$(status_of generation)" -le 22 ]
  [ "$(status_of state)" = running ]
  stop_pool
}

@test "reload: --drain-delay lets the old ones go on before they are asked to end" {
  local old
  supervise -N 2 --start-grace 20ms --drain-delay 100s -- "$fcgi_echo"
  old=$(instances)
  "$starter" --reload -P ./pid 3>&-
  count_instances 4
  "$starter" --status -P ./pid 3>&- | grep -c retiring | grep -x 2
  # Stopping does not wait for it.
  stop_pool
  supervise -N 2 --start-grace 20ms --drain-delay 200ms -- "$fcgi_echo"
  old=$(instances)
  "$starter" --reload -P ./pid 3>&-
  wait_for all_gone "$old"
  stop_pool
}

@test "reload: --watch follows the program, --watch-file a file" {
  cp "$fcgi_echo" app
  supervise --watch --watch-file ./touched --start-grace 20ms -- ./app
  cp "$fcgi_echo" app.new
  mv app.new app
  wait_for logged 'reloaded: generation 2'
  : >touched
  wait_for logged "$PWD/touched has changed"
  wait_for logged 'reloaded: generation 3'
  stop_pool
}

@test "upgrade: under load nothing is lost, and the instances stay" {
  own_starter
  supervise -N 4 -- "$fcgi_echo"
  start_load ./sock 4
  upgrade 5
  stop_load
  [ "$lost" -eq 0 ]
  run ! logged 'died\|exited\|killed\|not upgraded'
  [ "$(<pid)" = "$pid" ]
  # The new one supervises: it replaces, reloads, locks, stops and removes what the first has made.
  fails_beside 1 -S -s ./other -P ./pid -- "$fcgi_echo"
  kill -KILL "$(instances | head -n 1)"
  wait_for logged 'died of signal 9'
  wait_for count_instances 4
  "$starter" --reload -P ./pid 3>&-
  wait_for count_instances 4
  kill -USR1 "$pid"
  stop_pool
  [ -z "$(ls sock pid pid.ctl 2>/dev/null)" ]
}

@test "upgrade: a port, a socket each, and a log that goes on" {
  own_starter
  script app <<'END'
while :; do
  [ ! -e "$SHOW_STATE/say" ] || { echo said >&2; rm -f "$SHOW_STATE/say"; }
  sleep 0.02
done
END
  start_port -S -P ./pid -l ./log -N 1 -- ./app
  pid=$(<pid)
  upgrade 2
  : >"$SHOW_STATE/say"
  wait_for logged "app\[0:$(instances)\] said"
  connects 127.0.0.1 "$port"
  stop_pool
  start -S -s './sock-%i' -P ./pid -l ./log2 -N 3 -- "$fcgi_echo"
  pid=$(<pid)
  mv log log.old
  ln -s log2 log
  upgrade 1
  [ -n "$(ask ./sock-2 /pid)" ]
  stop_pool
  [ -z "$(ls sock-* 2>/dev/null)" ]
}

@test "upgrade: it is the program that is there now that is executed" {
  own_starter
  supervise -N 2 -- "$fcgi_echo"
  local old
  old=$(instances | sort)
  rm fcgistarter
  # What a newer fcgistarter may be: it answers --check, and goes on as ours does.
  script fcgistarter <<END
echo "\$*" >>"$PWD/asked"
exec "$FCGI_BUILD/fcgistarter/fcgistarter" "\$@"
END
  kill -USR2 "$pid"
  wait_for is_upgraded 1 2
  [ "$(wc -l <asked)" -ge 2 ]
  head -n 1 asked | grep -e --check
  [ "$(instances | sort)" = "$old" ]
  stop_pool
}

@test "upgrade: a program that does not take the command line is not executed" {
  local old
  own_starter
  supervise -N 2 -- "$fcgi_echo"
  old=$(instances | sort)
  rm fcgistarter
  refuse_upgrade
  script fcgistarter <<<'exit 1'
  kill -USR2 "$pid"
  wait_for log_count 'not upgraded' 2
  cp "$fcgi_echo" fcgistarter.new
  mv fcgistarter.new fcgistarter
  kill -USR2 "$pid"
  wait_for log_count 'not upgraded' 3
  starter=$FCGI_BUILD/fcgistarter/fcgistarter
  [ "$(instances | sort)" = "$old" ]
  [ "$(status_of running)" -eq 2 ]
  [[ $(ask ./sock /env) == *"SCRIPT_NAME=/env"* ]]
  stop_pool
  [ ! -e sock ]
}

@test "upgrade: with a socket that was handed over, which stays" {
  command -v systemd-socket-activate >/dev/null || skip 'systemd-socket-activate is missing'
  own_starter
  systemd-socket-activate -l "$PWD/sock" -E STARTER_TEST -E SHOW_STATE "$starter" -S -n -P "$PWD/pid" \
    -l "$PWD/log" -N 2 -- "$fcgi_echo" 2>err 3>&- &
  # It executes the program for the first client, who is served.
  wait_for test -S sock
  [[ $(ask ./sock /env) == *"SCRIPT_NAME=/env"* ]]
  wait_for test -s pid
  pid=$(<pid)
  upgrade 2
  [[ $(ask ./sock /env) == *"SCRIPT_NAME=/env"* ]]
  stop_pool
  # It is not ours to remove.
  [ -S sock ]
}

@test "upgrade: another's socket of that name stays" {
  own_starter
  supervise -- "$fcgi_echo"
  rm sock
  start_echo -l ./sock
  upgrade 1
  kill "$pid"
  wait_for is_gone "$pid"
  [ -S sock ]
}
