#!/usr/bin/env bats
# php-fpm makes the same of a request with --as as of the one that the server sends: PHP_SELF,
# PATH_INFO and SCRIPT_NAME are its own reading of what it is sent.

bats_require_minimum_version 1.5.0
load presets

php_fpm() {
  local program
  for program in php-fpm8.2 php-fpm /usr/sbin/php-fpm[0-9]*; do
    command -v "$program" && return
  done
}

listens_or_gone() {
  [ -S "$BATS_FILE_TMPDIR/php-fpm.sock" ] || is_gone "$pid"
}

setup_file() {
  local program web
  program=$(php_fpm) || return 0
  command -v curl >/dev/null || return 0
  make_docroot
  cat >"$docroot/app.php" <<'END'
<?php
header('Content-Type: text/plain');
foreach (['PHP_SELF', 'PATH_INFO', 'SCRIPT_NAME', 'SCRIPT_FILENAME', 'ORIG_PATH_INFO',
    'ORIG_SCRIPT_NAME', 'ORIG_SCRIPT_FILENAME', 'ORIG_PATH_TRANSLATED', 'PATH_TRANSLATED',
    'DOCUMENT_ROOT', 'REQUEST_URI', 'QUERY_STRING', 'REQUEST_METHOD', 'CONTENT_TYPE',
    'CONTENT_LENGTH', 'HTTPS', 'PHP_AUTH_USER', 'PHP_AUTH_PW'] as $name)
	echo "$name=", $_SERVER[$name] ?? '(none)', "\n";
echo 'get=', json_encode($_GET), ' post=', json_encode($_POST), ' cookies=',
    json_encode($_COOKIE), ' body=', file_get_contents('php://input'), "\n";
END
  cp "$docroot/app.php" "$docroot/index.php"
  background php-fpm sh "$peers/php-fpm.sh" "$program" "$BATS_FILE_TMPDIR"
  wait_for listens_or_gone
  echo "$BATS_FILE_TMPDIR/php-fpm.sock" >"$BATS_FILE_TMPDIR/app.addr"
  for web in nginx apache2 lighttpd; do
    command -v "$web" >/dev/null && start_server "$web-presets"
  done
  return 0
}

teardown_file() {
  stop_peers
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

port_of() {
  case $1 in
  apache-fpm) cat "$BATS_FILE_TMPDIR/apache2-presets/fpm-unix.port" ;;
  apache-fpm-proxypass) cat "$BATS_FILE_TMPDIR/apache2-presets/proxypass-unix.port" ;;
  apache-*) cat "$BATS_FILE_TMPDIR/apache2-presets/${1#apache-}-unix.port" ;;
  *) cat "$BATS_FILE_TMPDIR/${1%%-*}-presets.port" ;;
  esac
}

# asks PRESET SITE PATH OPTION...: the same page both ways.
asks() {
  local preset=$1 site=$2 port
  port=$(port_of "$preset")
  curl -sS -g --path-as-is --max-time 60 -A '' -H Accept: --resolve "$site:$port:127.0.0.1" \
    "${@:4}" "http://$site:$port$3" >theirs
  "$cgi_fcgi" --as "$preset" --docroot "$docroot" --url "http://$site:$port$3" "${@:4}" \
    --body --timeout 60s -connect "$BATS_FILE_TMPDIR/php-fpm.sock" >ours
  grep '^PHP_SELF=/' ours
  diff -u theirs ours
}

agrees() {
  php_fpm >/dev/null || skip 'php-fpm is missing'
  need curl "${1%%-*}"
  asks "$@" '/app.php/ex%20tra/p.i?x=1&y=%20z'
  grep -Fx 'PHP_SELF=/app.php/ex tra/p.i' ours
  grep -Fx 'PATH_INFO=/ex tra/p.i' ours
  grep -Fx 'SCRIPT_NAME=/app.php' ours
  asks "$@" /app.php
  asks "$@" /app.php/
  asks "$@" /
  asks "$@" '/app.php/a%2Fb/../%3F?a[]=1'
  asks "$@" '/app.php/x?q' -d 'name=value&n=2'
  asks "$@" /app.php -X PUT -H 'Content-Type: text/plain' -d body
  asks "$@" /app.php -H 'Cookie: a=b' -H 'Cookie: c=d' -H 'Authorization: Basic Zm9vOmJhcg=='
}

@test "fpm-status: php-fpm answers for itself" {
  local ask=("$cgi_fcgi" --as fpm-status --timeout 60s -connect "$BATS_FILE_TMPDIR/php-fpm.sock")
  php_fpm >/dev/null || skip 'php-fpm is missing'
  [ "$("${ask[@]}" --url /ping --body --fail)" = pong ]
  "${ask[@]}" --url 'http://localhost/status?json&full' --body --fail | grep '"pool":"www"'
  "${ask[@]}" --url /ping -X HEAD --fail | tee answer
  grep -q '^Content-type: text/plain' answer
  ! grep -q pong answer
}

@test "cgi: php-fpm finds the script" {
  php_fpm >/dev/null || skip 'php-fpm is missing'
  "$cgi_fcgi" --as cgi --docroot "$docroot" --url '/app.php/p%20i?x=1' -u user --timeout 60s \
    --password-file "$BATS_FILE_TMPDIR/password" -d 'a=b' --body \
    -connect "$BATS_FILE_TMPDIR/php-fpm.sock" | tee ours
  grep -Fx 'PHP_SELF=/app.php/p i' ours
  grep -Fx 'PATH_INFO=/p i' ours
  grep -Fx 'SCRIPT_NAME=/app.php' ours
  grep -F 'get={"x":"1"} post={"a":"b"}' ours
  # The password was checked, and is nobody else's business.
  grep -Fx 'PHP_AUTH_PW=(none)' ours
}

@test "nginx-php: php-fpm reads the same" {
  agrees nginx-php php.example.test
}

@test "lighttpd: php-fpm reads the same" {
  agrees lighttpd www.example.test
}

# agrees_with_apache PRESET PHP_SELF PATH_INFO: what they are for the first request.
agrees_with_apache() {
  local site=www.example.test value
  php_fpm >/dev/null || skip 'php-fpm is missing'
  need curl apache2
  asks "$1" $site '/app.php/ex%20tra/p.i?x=1&y=%20z'
  grep -Fx "PHP_SELF=$2" ours
  grep -Fx "PATH_INFO=$3" ours
  grep -Fx 'SCRIPT_NAME=/app.php' ours
  asks "$1" $site /app.php
  asks "$1" $site /app.php/
  asks "$1" $site '/app.php/a+b;c/../%3F?a[]=1'
  asks "$1" $site '/app.php/x?q' -d 'name=value&n=2'
  asks "$1" $site /app.php -X PUT -H 'Content-Type: text/plain' -d body
  asks "$1" $site /app.php -H 'Cookie: a=b' -H 'Cookie: c=d' -H 'Authorization: Basic Zm9vOmJhcg=='
}

@test "apache-fpm: php-fpm reads the same" {
  agrees_with_apache apache-fpm '/app.php/ex tra/p.i' '/ex tra/p.i'
  asks apache-fpm www.example.test /
}

# The escapes come from SCRIPT_FILENAME, in which alone it finds the path info.
@test "apache-fpm-proxypass: php-fpm reads the same" {
  agrees_with_apache apache-fpm-proxypass '/app.php/ex%20tra/p.i' '/ex%20tra/p.i'
}

@test "apache-generic: php-fpm reads the same" {
  agrees_with_apache apache-generic '/app.php/ex tra/p.i' '/ex tra/p.i'
}

@test "apache-balancer: php-fpm reads the same" {
  agrees_with_apache apache-balancer '/app.php/ex%20tra/p.i' '/ex%20tra/p.i'
}
