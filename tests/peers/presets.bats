#!/usr/bin/env bats
# --as: the presets say what the real servers send, name for name, value for value, in order.

bats_require_minimum_version 1.5.0
load presets

setup_file() {
  command -v jq >/dev/null || return 0
  command -v curl >/dev/null || return 0
  start_recorder
  make_docroot
  command -v openssl >/dev/null && make_certificate
  for web in nginx lighttpd; do
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

# use PRESET: what the functions below are about.
use() {
  preset=$1
  need jq curl "${preset%%-*}"
  case $preset in
  nginx-php) site=php.example.test ;;
  *) site=www.example.test ;;
  esac
  port=$(<"$BATS_FILE_TMPDIR/${preset%%-*}-presets.port")
}

check_escapes() {
  check '/app.php/a%2Fb%2f..%2fc'
  check '/app.php/%C3%A9/%3Fx%23/%25/%252F?%C3%A9'
  check '/app.php/~%7E%41;b=c,d&e+f/"<>|\^`{}'
  check '/app.php/../app.php/./x//y/%2e%2e/z'
  check '//app.php//x'
  check '/app.php/..'
  check '/'
  check '/dir/?x'
  check '/app.php/a?%41%7e%2f%zz%2B[]|"'
}

@test "nginx: path info and query" {
  use nginx
  check_path_info_and_query
  check /no/script
}

@test "nginx: POST, HEAD and other methods" {
  use nginx
  check_methods_and_bodies
}

@test "nginx: Basic authentication" {
  use nginx
  check_basic
}

@test "nginx: repeated, odd and empty headers" {
  use nginx
  check_headers
}

@test "nginx: hosts" {
  use nginx
  check_hosts
}

@test "nginx: escapes and dot segments" {
  use nginx
  check_escapes
  refused nginx "http://$site:$port/app.php/%00"
  refused nginx "http://$site:$port/app.php/%zz"
  refused nginx "http://$site:$port/../app.php"
}

@test "nginx: absolute-form targets" {
  use nginx
  check_absolute_form
  check /app.php --request-target 'http://Other.test:99/app.php'
  check /app.php --request-target 'http://other.test'
  check /app.php --request-target 'http://other.test?x=1'
}

@test "nginx: https" {
  use nginx
  check_https
}

@test "nginx: a script that the configuration names" {
  use nginx
  check '/fixed/a/b?c' --only-ours --script --only-ours "$docroot/app.php"
}

@test "nginx-php: a front controller" {
  use nginx-php
  check '/front/a%20b/1?x=2' --only-ours --script --only-ours "$docroot/index.php"
  check /front/ --only-ours --script --only-ours "$docroot/index.php" -d 1
}

@test "nginx-php: path info and query" {
  use nginx-php
  check_path_info_and_query
}

@test "nginx-php: POST, HEAD and other methods" {
  use nginx-php
  check_methods_and_bodies
}

@test "nginx-php: Basic authentication" {
  use nginx-php
  check_basic
}

@test "nginx-php: repeated, odd and empty headers" {
  use nginx-php
  check_headers
}

@test "nginx-php: hosts" {
  use nginx-php
  check /app.php -H "Host: PHP.Example.test:$port"
  check /app.php -H 'Host: php.example.test.'
}

@test "nginx-php: escapes and dot segments" {
  use nginx-php
  check_escapes
  refused nginx-php "http://$site:$port/app.php/%00"
}

@test "nginx-php: absolute-form targets" {
  use nginx-php
  check_absolute_form
  check /app.php --request-target "http://$site"
}

@test "nginx-php: https" {
  use nginx-php
  check_https
}

@test "lighttpd: path info and query" {
  use lighttpd
  check_path_info_and_query
}

@test "lighttpd: POST, HEAD and other methods" {
  use lighttpd
  check_methods_and_bodies
}

@test "lighttpd: Basic authentication" {
  use lighttpd
  check_basic
}

@test "lighttpd: repeated, odd and empty headers" {
  use lighttpd
  check_headers
}

@test "lighttpd: hosts" {
  use lighttpd
  check_hosts
}

@test "lighttpd: escapes and dot segments" {
  use lighttpd
  check_escapes
  check '/../app.php'
  check '/app.php/%zz%4'
  refused lighttpd "http://$site:$port/app.php/%00"
  refused lighttpd "http://$site:$port/app.php/%0a"
  refused lighttpd "http://$site:$port/app.php/%ff"
}

@test "lighttpd: absolute-form targets" {
  use lighttpd
  check_absolute_form
}

@test "lighttpd: https" {
  use lighttpd
  [ -e /usr/lib/lighttpd/mod_openssl.so ] || skip 'lighttpd-mod-openssl is missing'
  check_https
}

@test "the page lists what cannot be known" {
  sed -n '/^\.Ss What cannot be known/,/^\.El/s/^\.It Ev //p' "$FCGI_SOURCE/man1/cgi-fcgi.1" >page
  printf '%s\n' "${unknown[@]}" | diff page -
}
