#!/usr/bin/env bats
# cgi-fcgi asks php-fpm, the application most people have.

bats_require_minimum_version 1.5.0
load helper

ready() {
  REQUEST_METHOD=GET SCRIPT_NAME=/ping SCRIPT_FILENAME=/ping \
    "$cgi_fcgi" -bind -connect "$BATS_FILE_TMPDIR/php-fpm.sock" --fail --timeout 5s \
    >/dev/null 2>&1 </dev/null
}

setup_file() {
  local program
  program=$(php_fpm) || return 0
  cat >"$BATS_FILE_TMPDIR/say.php" <<'END'
<?php
header('Content-Type: text/plain');
echo 'method=', $_SERVER['REQUEST_METHOD'], ' query=', $_SERVER['QUERY_STRING'] ?? '', "\n";
$body = file_get_contents('php://input');
echo 'body=', strlen($body), ' sha256=', hash('sha256', $body), "\n";
END
  cat >"$BATS_FILE_TMPDIR/big.php" <<'END'
<?php
header('Content-Type: text/plain');
$all = '';
$count = 0;
for ($i = 0; isset($_SERVER["BIG_$i"]); $i++) {
	$all .= $_SERVER["BIG_$i"];
	$count++;
}
echo "count=$count bytes=", strlen($all), ' sha256=', hash('sha256', $all), "\n";
END
  cat >"$BATS_FILE_TMPDIR/hang.php" <<'END'
<?php
while (true)
	sleep(60);
END
  cat >"$BATS_FILE_TMPDIR/error.php" <<'END'
<?php
header('Content-Type: text/plain');
echo "to the user\n";
error_log('to the operator');
END
  cat >"$BATS_FILE_TMPDIR/status.php" <<'END'
<?php
http_response_code(503);
exit(3);
END
  background php-fpm sh "$peers/php-fpm.sh" "$program" "$BATS_FILE_TMPDIR"
  wait_for ready
}

teardown_file() {
  stop_peers
}

setup() {
  php_fpm >/dev/null || skip 'php-fpm is missing'
  cd "$BATS_TEST_TMPDIR" || return
}

# ask SCRIPT OPTION-OF-CGI-FCGI...
ask() {
  local script=$1
  shift
  "$cgi_fcgi" -bind -connect "$BATS_FILE_TMPDIR/php-fpm.sock" --timeout 60s \
    -e REQUEST_METHOD=GET -e SCRIPT_NAME="/$script" -e SCRIPT_FILENAME="$BATS_FILE_TMPDIR/$script" \
    "$@"
}

# Calls a command with 1 MiB of environment in 64 variables.
with_big_environment() {
  local i value
  value=$(head -c 16384 /dev/zero | tr '\0' v)
  (
    for ((i = 0; i < 64; i++)); do
      export "BIG_$i=$value"
    done
    "$@"
  )
}

@test "php-fpm tells that it takes one request a connection, and nothing else" {
  run -0 --separate-stderr "$cgi_fcgi" --get-values --timeout 60s \
    -connect "$BATS_FILE_TMPDIR/php-fpm.sock"
  [ "$output" = FCGI_MPXS_CONNS=0 ]
  [[ $stderr == *'does not tell FCGI_MAX_CONNS'*'does not tell FCGI_MAX_REQS'* ]]
}

@test "php-fpm: a request with a query" {
  ask say.php -e QUERY_STRING='a=b&c' >answer
  body answer | grep -x 'method=GET query=a=b&c'
}

@test "php-fpm: the body arrives whole" {
  head -c 3000000 /dev/urandom >upload
  CONTENT_LENGTH=3000000 ask say.php -e REQUEST_METHOD=POST <upload >answer
  body answer | grep -x 'method=POST query='
  body answer | grep -x "body=3000000 sha256=$(digest <upload)"
}

@test "php-fpm: 1 MiB of environment arrives whole" {
  with_big_environment ask big.php >answer
  body answer | grep -x "count=64 bytes=1048576 sha256=$(head -c 1048576 /dev/zero | tr '\0' v | digest)"
}

@test "php-fpm: the devkit's cgi-fcgi fails where ours works, above 8 KB of environment" {
  need cgi-fcgi
  local value
  value=$(head -c 12000 /dev/zero | tr '\0' v)
  export REQUEST_METHOD=GET SCRIPT_NAME=/big.php SCRIPT_FILENAME=$BATS_FILE_TMPDIR/big.php BIG_0=$value
  run timeout 60 cgi-fcgi -bind -connect "$BATS_FILE_TMPDIR/php-fpm.sock" </dev/null
  [ "$status" -ne 0 ]
  [[ $output != *bytes=12000* ]]
  "$cgi_fcgi" -bind -connect "$BATS_FILE_TMPDIR/php-fpm.sock" >ours </dev/null
  grep 'count=1 bytes=12000' ours
}

@test "php-fpm: Status: 503 passes, --fail makes it 22, and PHP never sets an appStatus" {
  run -0 ask status.php
  [[ $output == *'Status: 503'* ]]
  run -22 ask status.php --fail
}

@test "php-fpm: a script that is not there is PHP's 404, its reason on stderr" {
  ask none.php >answer 2>errors
  grep '^Status: 404' answer
  grep 'Primary script unknown' errors
  run ! grep 'Primary script unknown' answer
}

@test "php-fpm: what a script logs stays apart from what it answers" {
  ask error.php >answer 2>errors
  [ "$(body answer)" = 'to the user' ]
  grep 'to the operator' errors
  run ! grep 'to the operator' answer
  run ! grep 'to the user' errors
}

@test "php-fpm: a script that hangs ends in --timeout with 110" {
  run -110 ask hang.php --timeout 300ms
  [ "${#lines[@]}" -eq 1 ]
}
