#!/usr/bin/env bats
# Applications of other makers, started by fcgistarter and asked by cgi-fcgi; and fcgi-echo with the
# tools that people had before.

bats_require_minimum_version 1.5.0
load helper

setup_file() {
  head -c 1048576 /dev/urandom >"$BATS_FILE_TMPDIR/upload"
}

teardown_file() {
  stop_peers
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

# ask SOCKET OPTION-OF-CGI-FCGI...
ask() {
  local socket=$1
  shift
  "$cgi_fcgi" -bind -connect "$socket" --timeout 60s "$@"
}

libfcgi_app() {
  echo '#include <fcgiapp.h>' | cc -E - >/dev/null 2>&1 ||
    skip 'a C compiler or libfcgi-dev is missing'
  cc -O2 -o app "$peers/libfcgi_app.c" -lfcgi
}

@test "libfcgi: a C application answers on a UNIX socket" {
  libfcgi_app
  launch libfcgi-unix -c ./app -s "$PWD/app.sock" -N 2
  ask app.sock -e REQUEST_METHOD=GET -e QUERY_STRING=a=b </dev/null >answer 2>errors
  grep -x $'X-Method: GET\r' answer
  grep -x $'X-Query: a=b\r' answer
  grep -x 'libfcgi: to the error log' errors
  ask app.sock -e REQUEST_METHOD=POST -d "@$BATS_FILE_TMPDIR/upload" >answer 2>errors
  body answer | cmp - "$BATS_FILE_TMPDIR/upload"
}

@test "libfcgi: a C application answers over TCP" {
  libfcgi_app
  port=$(launch libfcgi-tcp -c ./app -p 0 -N 2 --print-port)
  ask "127.0.0.1:$port" -e REQUEST_METHOD=GET -e QUERY_STRING=a=b </dev/null >answer
  grep -x $'X-Query: a=b\r' answer
}

@test "libfcgi: the application's exit status is cgi-fcgi's" {
  libfcgi_app
  launch libfcgi-exit -c ./app -s "$PWD/app.sock"
  run -3 ask app.sock -e QUERY_STRING=exit=3
  run -0 ask app.sock -e QUERY_STRING=exit=0
}

@test "libfcgi: it tells its limits, also when the question is a multiple of 8 bytes long" {
  libfcgi_app
  launch libfcgi-values -c ./app -s "$PWD/app.sock"
  run -0 "$cgi_fcgi" --get-values --timeout 60s -connect app.sock
  [ "$output" = $'FCGI_MAX_CONNS=1\nFCGI_MAX_REQS=1\nFCGI_MPXS_CONNS=0' ]
  # Lengths of 2 bytes and a name of 14: it would wait for ever for what follows the record.
  run -0 "$cgi_fcgi" --get-values --timeout 60s -connect app.sock FCGI_MAX_CONNS
  [ "$output" = FCGI_MAX_CONNS=1 ]
}

@test "Perl FCGI: an application answers, a body included" {
  perl -MFCGI -MDigest::SHA -e 1 2>/dev/null || skip 'libfcgi-perl is missing'
  launch perl -c "$peers/perl_app.pl" -s "$PWD/app.sock" -N 2
  ask app.sock -e REQUEST_METHOD=POST -e QUERY_STRING=a=b -d "@$BATS_FILE_TMPDIR/upload" \
    >answer 2>errors
  body answer >text
  grep -x 'method=POST query=a=b' text
  grep -x "body=1048576 sha256=$(digest <"$BATS_FILE_TMPDIR/upload")" text
  grep -x 'perl: to the error log' errors
}

# An unpadded question is where libfcgi and Perl's FCGI would wait for ever.
@test "libfcgi: --ready=values and request get their answers" {
  libfcgi_app
  launch libfcgi-values -c ./app -s "$PWD/values.sock" -N 3 --ready=values --wait-timeout=60s
  launch libfcgi-request -c ./app -s "$PWD/request.sock" -N 3 --ready=request --wait-timeout=60s
}

@test "Perl FCGI: --ready=values and request get their answers" {
  perl -MFCGI -MDigest::SHA -e 1 2>/dev/null || skip 'libfcgi-perl is missing'
  launch perl-values -c "$peers/perl_app.pl" -s "$PWD/values.sock" -N 3 --ready=values \
    --wait-timeout=60s
  launch perl-request -c "$peers/perl_app.pl" -s "$PWD/request.sock" -N 3 --ready=request \
    --wait-timeout=60s
}

@test "php-cgi: --ready=values and request get their answers" {
  need php-cgi
  launch php-values -s "$PWD/values.sock" -N 3 --ready=values --wait-timeout=60s -- \
    "$(command -v php-cgi)" -n
  launch php-request -s "$PWD/request.sock" -N 3 --ready=request --wait-timeout=60s -- \
    "$(command -v php-cgi)" -n
}

@test "php-cgi: started by fcgistarter, runs a script" {
  need php-cgi
  cat >say.php <<'END'
<?php echo $_SERVER['QUERY_STRING'], ' ', strlen(file_get_contents('php://input')), "\n";
END
  launch php-cgi -s "$PWD/php.sock" -N 2 -- "$(command -v php-cgi)" -n
  ask php.sock -e REQUEST_METHOD=POST -e SCRIPT_NAME=/say.php -e SCRIPT_FILENAME="$PWD/say.php" \
    -e QUERY_STRING=a=b -d hello >answer
  [ "$(body answer)" = 'a=b 5' ]
}

@test "spawn-fcgi: starts fcgi-echo as well" {
  need spawn-fcgi
  background spawn spawn-fcgi -n -s "$PWD/echo.sock" -M 0600 -- "$fcgi_echo"
  wait_for test -S echo.sock
  ask echo.sock -e REQUEST_METHOD=GET -e PATH_INFO=/env -e QUERY_STRING=a=b </dev/null >answer
  body answer | grep -x 'QUERY_STRING=a=b'
}

@test "the devkit's cgi-fcgi: asks fcgi-echo" {
  need cgi-fcgi
  launch devkit -c "$fcgi_echo" -s "$PWD/echo.sock"
  env -i REQUEST_METHOD=POST PATH_INFO=/echo CONTENT_LENGTH=5 \
    timeout 60 "$(command -v cgi-fcgi)" -bind -connect "$PWD/echo.sock" >answer <<<hello
  [ "$(body answer)" = hello ]
}
