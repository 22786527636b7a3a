# cgi-fcgi: -start, -supervise, command files.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi
fcgi_echo=$FCGI_BUILD/fcgi-echo/fcgi-echo

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  end_started
  stop_all
}

ask() {
  timeout 60 "$cgi_fcgi" --clean-env -e "SCRIPT_NAME=$1" -connect ./app.sock --timeout 20s
}

# The instances that serve ./app.sock, as they say themselves.
started_pid() {
  ask /pid 2>/dev/null | sed '1,/^\r*$/d' | grep -o '[0-9]*' | head -n 1
}

end_started() {
  local pid
  while [ -S app.sock ] && pid=$(started_pid) && [ -n "$pid" ]; do
    kill "$pid"
    wait_for is_gone "$pid"
  done
}

@test "-start starts what then answers, and leaves it running" {
  run -0 --separate-stderr "$cgi_fcgi" -start -connect ./app.sock "$fcgi_echo" 2 3>&-
  [ -z "$output$stderr" ]
  [[ $(ask /env) == *SCRIPT_NAME=/env* ]]
  first=$(started_pid)
  kill "$first"
  wait_for is_gone "$first"
  second=$(started_pid)
  [ -n "$second" ] && [ "$second" != "$first" ]
}

@test "-start passes on what follows --" {
  run -0 "$cgi_fcgi" -start -connect ./app.sock "$fcgi_echo" -- --fault=pad-255 3>&-
  run -0 --separate-stderr env -i SCRIPT_NAME=/ "$cgi_fcgi" -v -connect ./app.sock
  [[ $stderr == *"pad=255"* ]]
}

@test "without -bind and -start the application is started if nobody serves" {
  run -0 --separate-stderr env -i SCRIPT_NAME=/pid "$cgi_fcgi" -connect ./app.sock "$fcgi_echo" 3>&-
  [ -n "$output" ]
  first=$(started_pid)
  [ -n "$first" ]
  run -0 env -i SCRIPT_NAME=/pid "$cgi_fcgi" -connect ./app.sock "$fcgi_echo" 3>&-
  [ "$(started_pid)" = "$first" ]
}

@test "an application that cannot be executed is told, and nothing is bound" {
  run -127 --separate-stderr "$cgi_fcgi" -start -connect ./app.sock ./missing
  [[ $stderr == "cgi-fcgi: ./missing: No such file or directory" ]]
  run -126 --separate-stderr "$cgi_fcgi" -start -connect ./app.sock .
  [ -n "$stderr" ]
  : >file
  run -126 --separate-stderr "$cgi_fcgi" -start -connect ./app.sock ./file
  [ ! -e app.sock ]
  not_under_valgrind "it cannot bear an exec that fails"
  printf '#!/no/such/interpreter\n' >script
  chmod +x script
  run --separate-stderr "$cgi_fcgi" -start -connect ./app.sock ./script
  [ "$status" -eq 126 ] || [ "$status" -eq 127 ]
  [ ! -e app.sock ]
}

# The devkit's deleted it.
@test "a file that is not a socket is not deleted" {
  echo precious >app.sock
  run --separate-stderr "$cgi_fcgi" -start -connect ./app.sock "$fcgi_echo" 3>&-
  [ "$status" -ne 0 ]
  [ "$(<app.sock)" = precious ]
  run --separate-stderr "$cgi_fcgi" -connect ./app.sock "$fcgi_echo" 3>&-
  [ "$status" -ne 0 ]
  [ "$(<app.sock)" = precious ]
  rm app.sock
}

@test "a socket that somebody serves is not taken" {
  run -0 "$cgi_fcgi" -start -connect ./app.sock "$fcgi_echo" 3>&-
  first=$(started_pid)
  run -98 --separate-stderr "$cgi_fcgi" -start -connect ./app.sock "$fcgi_echo" 3>&-
  [[ $stderr == *"Address already in use" ]]
  [ "$(started_pid)" = "$first" ]
}

@test "-supervise stays, tells of deaths, and removes the socket at the end" {
  "$cgi_fcgi" -start -supervise -connect ./app.sock "$fcgi_echo" 2 2>errors 3>&- &
  supervisor=$!
  wait_for test -S ./app.sock
  pid=$(started_pid)
  kill -KILL "$pid"
  wait_for grep -q "\[$pid\]: ended by signal 9" errors
  kill -TERM "$supervisor"
  wait "$supervisor" && status=0 || status=$?
  [ "$status" -eq 1 ]
  [ ! -e app.sock ]
}

@test "-supervise ends well when told to" {
  "$cgi_fcgi" -start -supervise -connect ./app.sock "$fcgi_echo" 2>errors 3>&- &
  supervisor=$!
  wait_for test -S ./app.sock
  kill -TERM "$supervisor"
  wait "$supervisor"
  [ ! -s errors ]
  [ ! -e app.sock ]
}

@test "-f: comments, blank lines, tabs, quotes, any number of arguments, no last newline" {
  start_echo
  {
    printf '#!/usr/bin/cgi-fcgi -f\n# a comment\n\n'
    printf -- '-bind\t-connect  "%s"\n' "$ECHO_ADDR"
    for i in $(seq 30); do printf -- "-e 'V%s=a b'\n" "$i"; done
    printf -- "-e QUOTE=\"it's\" -e BACK=a\\\\ b\n--clean-env\n"
    printf -- '-e SCRIPT_NAME=/env'
  } >./command
  run -0 --separate-stderr env -i "$cgi_fcgi" -f command ignored -also --ignored
  [[ $output == *"V1=a b"* && $output == *"V30=a b"* && $output == *"QUOTE=it's"* ]]
  [[ $output == *"BACK=a b"* ]]
}

@test "-f as an interpreter makes a CGI program" {
  start_echo
  { echo "#!$cgi_fcgi -f"; echo "-connect $ECHO_ADDR"; } >program
  chmod +x program
  ./program >/dev/null 2>&1 || skip "the interpreter's path is too long"
  run -0 --separate-stderr env -i SCRIPT_NAME=/env QUERY_STRING=q ./program q
  [[ $output == *"QUERY_STRING=q"* ]]
}

@test "-f: what cannot be read is told" {
  echo '-f other' >nested
  run -1 --separate-stderr "$cgi_fcgi" -f nested
  [[ $stderr == *"a command file cannot name another"* ]]
  echo '-connect "x' >open
  run -1 --separate-stderr "$cgi_fcgi" -f open
  [[ $stderr == "cgi-fcgi: -f open: a quote is not closed" ]]
  run -1 --separate-stderr "$cgi_fcgi" -f missing
  [[ $stderr == "cgi-fcgi: -f missing: No such file or directory" ]]
  : >empty
  run -1 --separate-stderr "$cgi_fcgi" -f empty
  [[ $stderr == *"-connect ADDR is missing"* ]]
}
