# cgi-fcgi before peers that misbehave, and before users and systems that do.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

ask() {
  local path=$1
  shift
  timeout 60 "$cgi_fcgi" --clean-env -e "SCRIPT_NAME=$path" -connect "$ECHO_ADDR" "$@"
}

# fault NAME STATUS REASON: that fault ends so, and its reason is one line.
fault() {
  start_echo "--fault=$1"
  run "-$2" --separate-stderr ask / --timeout 5s
  if [ -n "$3" ]; then
    [ "${#stderr_lines[@]}" -eq 1 ]
    # shellcheck disable=SC2053 # a pattern on purpose
    [[ $stderr == "cgi-fcgi: "$3 ]]
  else
    [ -z "$stderr" ]
  fi
}

# The same answer as without the fault.
tolerated() {
  start_echo
  ask / >plain
  stop_all
  start_echo "--fault=$1"
  ask / --timeout 30s >faulty 2>errors
  cmp plain faulty
}

# Whether the close or the reset is seen first is the kernel's choice.
@test "refuse: the hint names what lets nobody in" {
  start_echo --fault=refuse
  run --separate-stderr ask / --timeout 5s
  [ "$status" -eq 253 ] || [ "$status" -eq 104 ]
  [[ $stderr == "cgi-fcgi: "*" without an answer (does FCGI_WEB_SERVER_ADDRS let us in?)" ]]
}

@test "overloaded" { fault overloaded 252 "*refuses with OVERLOADED: it is out of some resource"; }
@test "cant-mpx" { fault cant-mpx 252 "*refuses with CANT_MPX_CONN: it takes one request per connection"; }
@test "unknown-role" { fault unknown-role 252 "*refuses with UNKNOWN_ROLE: it does not know the role"; }
@test "bad-version" { fault bad-version 253 "*the peer speaks version 2 of FastCGI, not 1"; }
@test "bad-id" { fault bad-id 253 "*before END_REQUEST (only records of request id * were received, ours is 1)"; }
@test "short-end" { fault short-end 253 "*END_REQUEST has a body of 4 bytes, not 8"; }
@test "no-end" { fault no-end 253 "*closed the connection before END_REQUEST (* bytes of STDOUT *)"; }
@test "half" { fault half 253 "*closed the connection inside a record (STDOUT), * of its * bytes missing"; }
@test "half-header" { fault half-header 253 "*closed the connection inside a record header, * of its 8 bytes sent"; }
@test "garbage" { fault garbage 253 '*the peer does not speak FastCGI: it sent "*"'; }
@test "speaks-http" { fault speaks-http 253 "*the peer speaks HTTP, not FastCGI: is this the web server's port?"; }
@test "rst" { fault rst 104 "*Connection reset by peer*"; }

@test "silent: the time-out is told with what had come" {
  start_echo --fault=silent
  run -110 --separate-stderr ask / --timeout 300ms
  [[ $stderr == "cgi-fcgi: "*"timed out after 300ms: no END_REQUEST (nothing was received)" ]]
}

@test "endless: a stream without end does not move the time-out" {
  start_echo --fault=endless
  run -110 --separate-stderr bash -c '"$@" | wc -c; exit "${PIPESTATUS[0]}"' bash \
    timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/ -connect "$ECHO_ADDR" --timeout 300ms
  [ "$output" -gt 0 ]
  [[ $stderr == *"timed out after 300ms: no END_REQUEST ("*" bytes of STDOUT "* ]]
}

@test "endless: a standard output that nobody reads does not either" {
  start_echo --fault=endless
  mkfifo fifo
  exec 7<>fifo
  run -110 --separate-stderr bash -c '"$@" >fifo' bash \
    timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/ -connect "$ECHO_ADDR" --timeout 300ms
  [[ $stderr == *"timed out after 300ms: standard output takes no more" ]]
  exec 7>&-
}

@test "slow: an answer after two seconds is one" { tolerated slow; }
@test "drip: an answer byte by byte is one" { tolerated drip; }
@test "split-header: headers in two pieces are headers" { tolerated split-header; }
@test "pad-255" { tolerated pad-255; }
@test "keep-open: END_REQUEST is the end, not the close" { tolerated keep-open; }
@test "twice: a second END_REQUEST is not looked at" { tolerated twice; }

@test "unknown-type: skipped, and said" {
  tolerated unknown-type
  [[ $(<errors) == *"skipped 1 record that is no part of the answer, the first of type 42 "* ]]
}

@test "no-header: passed on as it is" { fault no-header 0 ""; [ -n "$output" ]; }

# The devkit's ended with EPIPE and dropped the answer.
@test "early-reply: the answer is read although the body is not" {
  start_echo --fault=early-reply
  head -c 10000000 /dev/zero >body
  run -0 --separate-stderr ask / -d @body --timeout 30s
  [ -n "$output" ]
}

@test "every fault that fcgi-echo knows ends within --timeout" {
  for name in $("$FCGI_BUILD/fcgi-echo/fcgi-echo" --list-faults | awk '{ print $1 }'); do
    start_echo "--fault=$name"
    run --separate-stderr bash -c '"$@" | wc -c; exit "${PIPESTATUS[0]}"' bash \
      timeout 30 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/ -connect "$ECHO_ADDR" --timeout 1s
    echo "$name: $status: $stderr"
    [ "$status" -ne 124 ]
    # What is not success is told in one line, and what is told is not a crash; an appStatus is
    # the application's to explain.
    [ "$status" -eq 0 ] || [ "$name" = app-status ] || [[ ${stderr_lines[-1]} == "cgi-fcgi: "* ]]
    [ "$status" -lt 128 ] || [ "$status" -ge 252 ]
    stop_all
  done
}

@test "a connection that is not taken ends in --connect-timeout" {
  start_echo
  # Nobody accepts any more: a few connections fill the queue of a listener with the least backlog.
  kill -STOP "$ECHO_PID"
  run -110 --separate-stderr ask / --connect-timeout 200ms --timeout 400ms
  [[ $stderr == *"timed out after "* ]]
  kill -CONT "$ECHO_PID"
}

@test "^C aborts the request and exits with 130" {
  start_echo --fault=silent
  # A shell has its background jobs ignore INT; env gives it back.
  env --default-signal=INT "$cgi_fcgi" -v --clean-env -e SCRIPT_NAME=/ -connect "$ECHO_ADDR" \
    2>trace </dev/null 3>&- &
  wait_for grep -q '> STDIN' trace
  kill -s INT $!
  status=0
  wait $! || status=$?
  [ "$status" -eq 130 ]
  [[ $(<trace) == *"> ABORT_REQUEST id=1"*"cgi-fcgi: interrupted: Interrupt" ]]
}

@test "a full disk and a closed pipe are failures with their errno" {
  start_echo
  run -28 --separate-stderr bash -c '"$@" >/dev/full' bash "$cgi_fcgi" --clean-env \
    -e SCRIPT_NAME=/ -connect "$ECHO_ADDR"
  [[ $stderr == "cgi-fcgi: standard output: No space left on device" ]]
  run -32 --separate-stderr bash -c '"$@" | head -c 1 >/dev/null; exit "${PIPESTATUS[0]}"' bash \
    "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/bytes/10M -connect "$ECHO_ADDR"
  [[ $stderr == "cgi-fcgi: standard output: Broken pipe" ]]
}

@test "a pipe that is read in small pieces gets all of it" {
  start_echo
  whole=$(ask /bytes/3M | wc -c)
  [ "$whole" -gt 3000000 ]
  pieces=$(ask /bytes/3M | dd bs=1000 2>/dev/null | wc -c)
  [ "$pieces" -eq "$whole" ]
}

@test "10 MiB up and a gigabyte down take less than 8 MB of memory" {
  not_under_valgrind "it takes memory of its own"
  start_echo
  head -c 10485760 /dev/zero >body
  peak() { # the largest resident set of a command, in KB
    bash -c '"$@" >/dev/null & pid=$!; peak=0
      while read -r _ kb _ < <(grep VmHWM "/proc/$pid/status" 2>/dev/null); do peak=$kb; done
      wait "$pid" || exit; echo "$peak"' bash "$@"
  }
  up=$(peak "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/sha256 -d @body -connect "$ECHO_ADDR")
  down=$(peak "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/bytes/1G -connect "$ECHO_ADDR")
  echo "up $up KB, down $down KB"
  [ "$down" -gt 0 ]
  # A sanitizer's shadow is not ours.
  ! grep -q asan "$cgi_fcgi" || skip "built with a sanitizer"
  [ "$up" -lt 8000 ]
  [ "$down" -lt 8000 ]
}
