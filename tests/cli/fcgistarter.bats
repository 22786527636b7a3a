#!/usr/bin/env bats
# fcgistarter: httpd's command line, and what httpd's does wrong with it.

bats_require_minimum_version 1.5.0
load starter

@test "fcgistarter: a relative command serves" {
  cp "$fcgi_echo" app
  start_port -c ./app -N 4
  count_running 4
  [[ $(ask "127.0.0.1:$port" /env) == *"SCRIPT_NAME=/env"* ]]
  mkdir deeper
  cp app deeper/app
  start_port -c deeper/app
  [ -n "$(ask "127.0.0.1:$port" /pid)" ]
}

@test "fcgistarter: a command without a slash is looked for in PATH" {
  mkdir bin
  cp "$fcgi_echo" bin/the-app
  PATH=bin:$PATH start_port -c the-app
  [ -n "$(ask "127.0.0.1:$port" /pid)" ]
  fails_beside 127 -c the-app -s ./sock
  [[ $output == *"the-app: not found in PATH" ]]
  cp "$fcgi_echo" the-app
  fails_beside 127 -c the-app -s ./sock
  [[ $output == *"write ./ before"* ]]
}

@test "fcgistarter: a missing command is 127, at once, with nothing left" {
  fails 127 -c /no/such -s ./sock -N 4
  [[ $output == *"/no/such: not found" ]]
  fails 127 -c ./no-such -s ./sock -N 20
  fails 127 -s ./sock -- ./no-such argument
  fails 127 -c '' -s ./sock
  fails 127 -c './app --flag' -s ./sock
  [[ $output == *"behind --"* ]]
  [ ! -e sock ]
}

@test "fcgistarter: a directory and a file without permission are 126" {
  fails 126 -c /tmp -s ./sock
  [[ $output == *"/tmp: Is a directory" ]]
  echo >plain
  chmod 644 plain
  fails 126 -c ./plain -s ./sock
  [[ $output == *"./plain: Permission denied (file is "*" 0644, we are uid $(id -u))" ]]
  fails 126 -c ./plain/deeper -s ./sock
  [[ $output == *"Not a directory" ]]
  fails 126 -c "/$(printf '%05000d' 1)" -s ./sock
  [[ $output == *"File name too long" ]]
  [ ! -e sock ]
}

@test "fcgistarter: what cannot be executed is 126 with the true reason" {
  printf '#!/no/such/interpreter -x\n' >gone
  printf '#!/bin/sh\r\nexit 0\r\n' >dos
  printf 'exit 0\n' >words
  : >empty
  printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\377\377%0200d' 0 >foreign
  chmod 755 gone dos words empty foreign
  fails 126 -c ./gone -s ./sock -N 6
  [[ $output == *"/gone: its interpreter /no/such/interpreter does not exist" ]]
  fails 126 -c ./dos -s ./sock
  [[ $output == *"/dos: its #! line ends in a carriage return"* ]]
  fails 126 -c ./words -s ./sock
  [[ $output == *"/words: neither a program nor a script that begins with #!" ]]
  fails 126 -c ./empty -s ./sock
  [[ $output == *"/empty: the file is empty" ]]
  fails 126 -c ./foreign -s ./sock
  [[ $output == *"/foreign: a program for another kind of machine" ]]
  [ ! -e sock ]
}

# httpd's makes 2^N - 1 of them.
@test "fcgistarter: a failed exec is not tried again" {
  command -v strace >/dev/null || skip 'strace is missing'
  strace -f -o trace -e trace=execve true 2>/dev/null || skip 'tracing is not permitted'
  printf '#!/no/such/interpreter\n' >gone
  chmod 755 gone
  # A sanitizer looks for leaks by tracing, which strace does already.
  ASAN_OPTIONS=detect_leaks=0 run -126 strace -f -o trace -e trace=execve "$starter" -c ./gone -s ./sock -N 6 3>&-
  [ "$(grep -c 'execve("[^"]*/gone"' trace)" -eq 1 ]
}

@test "fcgistarter: an application that exits at once is 1" {
  script app <<<'exit 3'
  fails 1 -c ./app -s ./sock -N 4
  [[ $output == *"/app (instance "[0-3]" of 4): exited with status 3 within "*"ms of its start" ]]
  [ ! -e sock ]
  fails 1 -c /bin/false -p "$(free_port)" -i 127.0.0.1
  # One that puts itself into the background is not there either.
  fails 1 -c /bin/true -s ./sock
  [[ $output == *"exited with status 0 "*"(it must stay in the foreground)" ]]
  [ ! -e sock ]
}

@test "fcgistarter: an application that dies of a signal is 1" {
  script app <<<'kill -SEGV $$'
  fails 1 -c ./app -s ./sock
  [[ $output == *"died of signal 11 (Segmentation fault) within "* ]]
  [ ! -e sock ]
}

@test "fcgistarter: what a dead application has put into the background is ended too" {
  script app <<'END'
setsid sleep 1000 &
sleep 1000 &
exit 0
END
  command -v setsid >/dev/null || skip 'setsid is missing'
  port=$(free_port)
  fails 1 -c ./app -p "$port" -i 127.0.0.1 -N 2
  ! connects 127.0.0.1 "$port"
}

@test "fcgistarter: one instance that dies takes the others along" {
  # The second to come finds the directory there.
  script app <<'END'
trap '' TERM
mkdir "$SHOW_STATE/first" || exit 7
while :; do sleep 1; done
END
  fails 1 -c ./app -s ./sock -N 2
  [[ $output == *"exited with status 7 "* ]]
  [ ! -e sock ]
}

@test "fcgistarter: numbers are numbers" {
  refuses -c "$show_state" -p 4000 -N 3abc
  [[ $output == *"-N 3abc"* ]]
  refuses -c "$show_state" -p 4000 -N -1
  refuses -c "$show_state" -p 4000 -N 0
  refuses -c "$show_state" -p 4000 -N abc
  refuses -c "$show_state" -p 4000 -N ''
  refuses -c "$show_state" -p 4000 -N 99999999999999999999
  refuses -c "$show_state" -p 70000
  [[ $output == *"-p 70000"* ]]
  refuses -c "$show_state" -p 65536
  refuses -c "$show_state" -p -5
  refuses -c "$show_state" -p 14012x
  refuses -c "$show_state" -p http
  refuses -c "$show_state" -p 0x50
  refuses -c "$show_state" -p ''
  refuses -c "$show_state" -p 0
  [[ $output == *"--print-port"* ]]
}

@test "fcgistarter: what is missing is named" {
  refuses
  [[ $output == *"-c CMD or -- CMD is missing"* ]]
  refuses -p 4000
  refuses -p 4000 --
  refuses -c "$show_state"
  [[ $output == *"-p PORT or -s PATH is missing"* ]]
  refuses -p 4000 "$show_state"
  [[ $output == *"behind --"* ]]
  refuses -c
  refuses -c "$show_state" -p 4000 --no-such-option
}

@test "fcgistarter: the last of a repeated option counts" {
  start -p 1 -p 0 --print-port -c /no/such -c "$show_state" -N 9 -N 2 -i 127.0.0.1
  count_running 2
}

@test "fcgistarter: operands are ignored as by httpd's, but not silently" {
  start_port -c "$show_state" -N 2 extra -N 7
  [[ $stderr == *"extra: ignored"* ]]
  count_running 2
}

@test "fcgistarter: success is silent" {
  run -0 "$starter" -c "$show_state" -s ./sock 3>&-
  [ -z "$output" ]
}

@test "fcgistarter: a port in use is said, and not taken" {
  start_port -c "$show_state"
  fails_beside 1 -c "$show_state" -p "$port" -i 127.0.0.1
  [ "$output" = "fcgistarter: 127.0.0.1:$port: Address already in use" ]
  count_running 1
}

@test "fcgistarter: an address that is not ours is said" {
  fails 1 -c "$show_state" -p "$(free_port)" -i 192.0.2.1
  [[ $output == *"192.0.2.1:"*": Cannot assign requested address" ]]
  fails 1 -c "$show_state" -p 4000 -i no-such-host.invalid
  [[ $output == *"-i no-such-host.invalid: "* ]]
  refuses -c "$show_state" -p 4000 -i ''
  refuses -c "$show_state" -p 4000 -i -N
  if [ "$(id -u)" -ne 0 ] && [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ]; then
    fails 1 -c "$show_state" -p 80
    [[ $output == *"127.0.0.1:80: Permission denied" ]]
  fi
}

@test "fcgistarter: the application gets what the page says, and nothing else" {
  mkfifo held
  # A descriptor, a pipe, ignored and blocked signals: none of it is the application's business.
  (
    trap '' HUP PIPE USR1
    umask 027
    exec 7<>held 8</dev/null
    exec "$starter" -p 0 --print-port -i 127.0.0.1 -c "$show_state" -N 3 -- one 'two words' '' 3>&-
  ) >port
  [ "$(states | grep -c '^fd 0: listening, blocking, kept over exec$')" -eq 3 ]
  [ "$(states | grep -c '^fd 1: /dev/null for writing$')" -eq 3 ]
  [ "$(states | grep -c '^fd 2: /dev/null for writing$')" -eq 3 ]
  [ "$(states | grep -c '^fd ')" -eq 9 ]
  [ "$(states | grep -c '^SigBlk:.0*$')" -eq 3 ]
  [ "$(states | grep -c '^SigIgn:.0*$')" -eq 3 ]
  [ "$(states | grep -c '^cwd: /$')" -eq 3 ]
  [ "$(states | grep -c '^umask: 0027$')" -eq 3 ]
  [ "$(states | grep -c '^terminal: none$')" -eq 3 ]
  [ "$(states | grep -c '^group: leader$')" -eq 3 ]
  [ "$(states | grep -c '^env: STARTER_TEST=')" -eq 3 ]
  [ "$(states | grep '^word: ' | sort -u)" = "$(printf 'word: %s\n' '' "$show_state" one 'two words')" ]
  limit=$(cat /proc/sys/net/core/somaxconn)
  [ "$(states | grep -c "^backlog: $((limit < 1024 ? limit : 1024))$")" -eq 3 ]
}

@test "fcgistarter: the application is in a session of its own, whose leader has gone" {
  start_port -c "$show_state" -N 2
  session=$(states | grep '^session: ' | sort -u)
  session=${session#session: }
  [[ $session =~ ^[0-9]+$ ]]
  is_gone "$session"
  for pid in $(running); do
    [ "$(cut -d' ' -f6 "/proc/$pid/stat")" -eq "$session" ]
    [ "$(cut -d' ' -f4 "/proc/$pid/stat")" -ne "$session" ]
  done
}

@test "fcgistarter: works with its standard descriptors closed" {
  run -0 "$starter" -c "$show_state" -s ./sock 3>&- <&-
  "$starter" -c "$show_state" -s ./sock2 3>&- <&- >&- 2>&-
  [ "$(states | grep -c '^fd 0: listening')" -eq 2 ]
  [ "$(states | grep -c '^fd 2: /dev/null for writing$')" -eq 2 ]
}

@test "fcgistarter: --help and --version are answers, an unknown option is none" {
  start --help
  [[ $output == "Usage: fcgistarter "* ]]
  [ -z "$stderr" ]
  start -h
  start '-?'
  start --usage
  start -V
  [[ $output == "fcgistarter (fcgi-utils) "* ]]
  refuses --helpless
  [ -c /dev/full ] || skip '/dev/full is missing'
  run -1 bash -c '"$0" --help >/dev/full' "$starter" 3>&-
  [[ $output == *"No space left on device" ]]
}

# popt's: the page names it under BUGS.
@test "fcgistarter: popt replaces !#:+ in a value" {
  start -s ./sock -e 'A=!#:+' -e B=b -c "$show_state"
  [ "$(states | grep -c '^env: A=B=b$')" -eq 1 ]
  [ "$(states | grep -c '^env: B=b$')" -eq 1 ]
}
