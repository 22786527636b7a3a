#!/usr/bin/env bats
# fcgi-bench against php-fpm and an application made with libfcgi: what goes wrong with them under
# load has to be told for what it is.

bats_require_minimum_version 1.5.0
load helper
load ../cli/bench

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

teardown_file() {
  stop_peers
}

# libfcgi_app NAME OPTION-OF-FCGISTARTER...: one made with libfcgi, on ./NAME.sock unless -p is given.
libfcgi_app() {
  local name=$1
  shift
  echo '#include <fcgiapp.h>' | cc -E - >/dev/null 2>&1 ||
    skip 'a C compiler or libfcgi-dev is missing'
  cc -O2 -o app "$peers/libfcgi_app.c" -lfcgi
  case " $* " in
  *' -p '*) port=$(launch "$name" -c ./app "$@" --print-port) ;;
  *) launch "$name" -c ./app -s "$PWD/$name.sock" "$@" ;;
  esac
}

answers_or_is_gone() {
  "$cgi_fcgi" -bind -connect "$1" -e SCRIPT_NAME=/ping -e SCRIPT_FILENAME=/ping --timeout 5s \
    >/dev/null 2>&1 </dev/null || is_gone "$pid"
}

# fpm NAME WORKERS [REQUESTS]: php-fpm on NAME/php-fpm.sock, with a script that says hello.
fpm() {
  local program
  program=$(php_fpm) || skip 'php-fpm is missing'
  mkdir "$1"
  echo '<?php echo "hello";' >"$1/hello.php"
  background "$1" sh "$peers/php-fpm.sh" "$program" "$PWD/$1" "$PWD/$1/php-fpm.sock" "${@:2}"
  wait_for answers_or_is_gone "$1/php-fpm.sock"
  is_gone "$pid" || return 0
  cat "$BATS_FILE_TMPDIR/$1.out" >&2
  return 1
}

# diagnosed KIND TEXT: so it was, and in these words.
diagnosed() {
  holds "any(.diagnoses[]; .kind == \"$1\" and (.text | contains(\"$2\")))"
}

not_diagnosed() {
  holds "all(.diagnoses[]; .kind != \"$1\")"
}

@test "bench: one libfcgi process and four kept connections: three starve, and -c 1 is the advice" {
  libfcgi_app starving
  bench 1 -k -c 4 -w 0 -z 1s starving.sock
  holds '.connections.used == 1 and .connections.starved == 3'
  holds '.errors.total == 3 and .errors."first-byte".starved == 3 and .requests.complete > 0'
  diagnosed starved '3 of 4 connections never had an answer: the application serves 1 at a time'
  diagnosed starved 'use -c 1'
  # Nobody waited for them as long as for an answer that may come: 30 s.
  holds '.duration_s < 2'
}

@test "bench: as many connections as processes: nobody starves" {
  libfcgi_app fed -N 2
  bench 0 -k -c 2 -w 0 -n 400 fed.sock
  holds '.connections.used == 2 and .connections.starved == 0 and .requests.complete == 400'
  not_diagnosed starved
}

@test "bench: without -k the same process serves all of four connections" {
  libfcgi_app shared
  bench 0 -c 4 -w 0 -n 400 shared.sock
  holds '.connections.used == 4 and .connections.starved == 0 and .requests.complete == 400'
}

@test "bench: a short listen queue is a failure of its own, and the backlog is told" {
  libfcgi_app short -b 5
  bench 1 -c 64 -w 0 -z 500ms short.sock
  holds '.errors.connect."backlog-full" > 0 and .requests.complete > 0'
  holds '.errors.total == .errors.connect."backlog-full"'
  diagnosed backlog-full '(a backlog of 5)'
  # They are tried again after a pause, not in circles.
  holds '.errors.connect."backlog-full" < 64 * 1000'
}

@test "bench: a short listen queue of TCP shows as lost SYNs" {
  libfcgi_app short-tcp -p 0 -b 2
  bench any -k -c 32 -w 0 -z 500ms --connect-timeout 1500ms "127.0.0.1:$port"
  diagnosed syn-retransmission "the application's backlog of 2 was full"
}

@test "bench: an application that takes one request at a time on a connection is not asked for more" {
  libfcgi_app single
  run -2 "$fcgi_bench" -m 4 -n 10 single.sock
  [[ $output == *'single.sock: takes one request at a time on a connection (FCGI_MPXS_CONNS=0)'* ]]
}

@test "bench: an application's process is found by its socket, though who listened is another" {
  libfcgi_app found -N 2
  bench 0 -c 2 -w 0 -n 2000 found.sock
  holds '.server.cpu_us_per_request > 0'
  libfcgi_app found-tcp -p 0
  bench 0 -c 1 -w 0 -n 2000 "127.0.0.1:$port"
  holds '.server.cpu_us_per_request > 0'
}

@test "bench: php-fpm with fewer workers than kept connections: they starve, and its counters suffer" {
  fpm few 2
  bench 1 -k -c 4 -w 0 -z 1s -e "SCRIPT_FILENAME=$PWD/few/hello.php" -e REQUEST_METHOD=GET \
    few/php-fpm.sock
  holds '.connections.used == 2 and .connections.starved == 2'
  diagnosed starved 'use -c 2'
  diagnosed fpm-counters 'max active processes'
  holds '.server.cpu_us_per_request > 0'
}

@test "bench: php-fpm without -k is served well, and left as it was" {
  fpm well 2
  bench 0 -c 2 -w 0 -n 1000 -e "SCRIPT_FILENAME=$PWD/well/hello.php" -e REQUEST_METHOD=GET \
    --expect-body hello well/php-fpm.sock
  holds '.requests.complete == 1000 and .server.cpu_us_per_request > 0'
  not_diagnosed fpm-counters
  # It has counted every request, and the one that asked for this.
  "$cgi_fcgi" -bind -connect well/php-fpm.sock -e SCRIPT_NAME=/status -e SCRIPT_FILENAME=/status \
    -e REQUEST_METHOD=GET </dev/null >status
  [ "$(sed -n 's/^max active processes: *//p' status)" -le 2 ]
}

@test "bench: what php-fpm does not find is a failure, however fast" {
  fpm lost 2
  bench 3 -c 2 -w 0 -n 100 -e "SCRIPT_FILENAME=$PWD/lost/gone.php" -e REQUEST_METHOD=GET \
    lost/php-fpm.sock
  holds '.requests.complete == 0 and .errors.valid."status 404" == 100'
  diagnosed errors '100 of 100 answers were not valid (status 404)'
}

@test "bench: php-fpm's workers that end after so many requests are told, and their time counts" {
  fpm recycled 2 100
  bench 0 -k -c 2 -w 0 -n 2000 -e "SCRIPT_FILENAME=$PWD/recycled/hello.php" \
    -e REQUEST_METHOD=GET recycled/php-fpm.sock
  holds '.requests.complete == 2000 and .server.cpu_us_per_request > 0'
  diagnosed keep-alive-refused 'requests: a limit of its own?'
}
