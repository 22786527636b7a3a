#!/usr/bin/env bats
# --as apache-*: the presets say what Apache's mod_proxy_fcgi sends, name for name, value for value,
# in order; and --setenvif does what its ProxyFCGISetEnvIf does.

bats_require_minimum_version 1.5.0
load presets

# They are Apache's configuration as well as the file of --setenvif-file.
write_rules() {
  cat >"$BATS_FILE_TMPDIR/rules.conf" <<'END'
# The rules of the manual.
ProxyFCGISetEnvIf "reqenv('PATH_INFO') =~ m#/foo(\d+)\.php$#" COVENV1 "$1"
ProxyFCGISetEnvIf "reqenv('PATH_INFO') =~ m#/foo(\d+)\.php$#" PATH_INFO "/foo.php"
ProxyFCGISetEnvIf "reqenv('PATH_TRANSLATED') =~ m|(/.*prefix)(\d+)(.*)|" PATH_TRANSLATED "$1$3"
ProxyFCGISetEnvIf "true" SCRIPT_FILENAME "/srv/app%{reqenv:SCRIPT_NAME}"

# Set, empty and unset; each sees what was done before; case does not matter.
ProxyFCGISetEnvIf true Set_1 one
ProxyFCGISetEnvIf true EMPTY
  proxyfcgisetenvif "reqenv('set_1') == 'one' && -z reqenv('EMPTY')" SET_2 "<%{reqenv:SET_1}>"
ProxyFCGISetEnvIf true request_scheme changed
ProxyFCGISetEnvIf "-n reqenv('NONESUCH') || false" NEVER never
ProxyFCGISetEnvIf true !Context_Prefix
ProxyFCGISetEnvIf true !NONESUCH

# What $0 to $9 are, and how long.
ProxyFCGISetEnvIf "reqenv('REQUEST_URI') =~ m#^/(r)(x)?u(.)#" A1 "$0-$1-$2-$3-$4-$10"
ProxyFCGISetEnvIf "true" A2 "$1 $3"
ProxyFCGISetEnvIf "reqenv('REQUEST_URI') =~ /rules/" A3 "$0 $1"
ProxyFCGISetEnvIf "reqenv('REQUEST_URI') !~ /(u)l/" NEVER never
ProxyFCGISetEnvIf "true" A4 "$1"
ProxyFCGISetEnvIf "reqenv('REQUEST_URI') =~ /(never)/" NEVER never
ProxyFCGISetEnvIf "true" A5 "[$1]"
ProxyFCGISetEnvIf "'ab' =~ /^a(.)/ && 'xy' =~ /^x(.)/ || true" A6 "$1"

# Operators, words, escapes.
ProxyFCGISetEnvIf "reqenv('REQUEST_URI') =~ /RULES/i and not reqenv('REQUEST_URI') =~ /RULES/" B1 yes
ProxyFCGISetEnvIf "! 'a' == 'b' && ('b' > 'a') && 'b' >= 'b' && 'a' < 'b' && '10' < '9'" B2 yes
ProxyFCGISetEnvIf "10 -gt 9 && 10 gt 9 && '10x' -eq 10 && -1 -lt 0 && 1 -ne 2" B3 yes
ProxyFCGISetEnvIf "'x' -in {'a', 'x'} && ! 'y' in {'a'}" B4 yes
ProxyFCGISetEnvIf "true || false && false" B5 yes
ProxyFCGISetEnvIf "(true || false) && false" NEVER never
ProxyFCGISetEnvIf "!!!false" B6 yes
ProxyFCGISetEnvIf "'a\\nb' =~ /^a.b$/ && 'a\\n' !~ /a$/" B7 yes
ProxyFCGISetEnvIf "'12' . '3' == '123' && 1.2 == '12'" B8 yes
ProxyFCGISetEnvIf 'tolower("ABC") . toupper("d") == "abcD"' B9 yes
ProxyFCGISetEnvIf "%{ENV:SET_1} == env('SET_1')" B10 yes
ProxyFCGISetEnvIf true C1 "a\\tb \\101 $x 100% } \"q' \x\\x41"
ProxyFCGISetEnvIf true C2 '%{tolower:A%{reqenv:SET_1}$1}'
ProxyFCGISetEnvIf true \
  C3 \
  "continued"
# \
ProxyFCGISetEnvIf true NEVER never
END
}

start_apache() {
  local socket=$BATS_FILE_TMPDIR/app.sock
  background recorder-unix "$fcgi_echo" -l "$socket" --show-secrets --log-env "$log"
  wait_for test -S "$socket"
  write_rules
  start_server apache2-presets "SOCKET=$socket"
}

setup_file() {
  command -v jq >/dev/null || return 0
  command -v curl >/dev/null || return 0
  command -v apache2 >/dev/null || return 0
  start_recorder
  make_docroot
  mkdir "$docroot/pass" "$docroot/rules" "$docroot/my.dir"
  cp "$docroot/app.php" "$docroot/sp ace%20.php"
  for dir in pass rules my.dir; do
    cp "$docroot/app.php" "$docroot/$dir/"
  done
  command -v openssl >/dev/null && make_certificate
  start_apache
}

teardown_file() {
  stop_peers
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

# use SITE: a virtual host of apache2-presets.sh, and the preset that says what it sends.
use() {
  need jq curl apache2
  case $1 in
  balancer*) preset=apache-balancer ;;
  fpm*) preset=apache-fpm ;;
  generic-proxypass*) preset=apache-generic-proxypass ;;
  generic*) preset=apache-generic ;;
  proxypass*) preset=apache-fpm-proxypass ;;
  esac
  case $1 in
  *-bare) docroot='' ;;
  *-unix) app_addr=$BATS_FILE_TMPDIR/app.sock ;;
  esac
  site=www.example.test
  port=$(<"$BATS_FILE_TMPDIR/apache2-presets/$1.port")
}

check_refused() {
  for path in '/app.php/a%2Fb' '/app.php/%00' '/app.php/%zz' '/../app.php'; do
    refused "$preset" "http://$site:$port$path"
  done
}

check_escapes() {
  check '/app.php/%C3%A9/%3Fx%23/%25/%252F/%01%7f?%C3%A9'
  check '/app.php/~%7E%41;b=c,d&e+f/"<>|\^`{}[]!$()*:@_'
  check '/app.php/../app.php/./x//y/%2e%2e/z'
  check '//app.php//x'
  check '/sp%20ace%2520.php/x'
  check '/app.php/a?%41%7e%2f%zz%2B[]|"'
}

check_bodies_in_chunks() {
  head -c 16303 /dev/zero | tr '\0' x >short
  head -c 16384 /dev/zero | tr '\0' x >long
  check /app.php -H 'Transfer-Encoding: chunked' -d @short
  grep -F '["CONTENT_LENGTH","16303"]' theirs
  check /app.php -H 'Transfer-Encoding: chunked' -d @long
  grep -F '["HTTP_TRANSFER_ENCODING","chunked"]' theirs
}

# Header for Apache, option for cgi-fcgi.
check_pathinfo() {
  local value
  for value in first-dot last-dot full unescape raw; do
    for path in '/app.php/ex%20tra/p.i?x=1' /app.php /app.php/ /app.php/a.b/c.d/e \
      '/my.dir/app.php/%C3%A9%3F%25/x' '/sp%20ace%2520.php/x' //app.php//x; do
      check "$path" -H "X-Pathinfo: $value" --only-ours "--pathinfo=$value"
    done
  done
}

check_pass_header() {
  check /pass/app.php -u foo --only-ours --pass-header=Authorization
  check /pass/app.php -H 'Authorization: Bearer x' -H 'Proxy-Authorization: y' \
    --only-ours --pass-header=Authorization --only-ours --pass-header=Proxy-Authorization
}

check_rules() {
  local rules="--setenvif-file=$BATS_FILE_TMPDIR/rules.conf"
  check /rules/app.php/foo12.php/prefix12/x --only-ours "$rules"
  check /rules/app.php/bar/foo12.php?x=1 --only-ours "$rules"
  grep -F '["B10","yes"]' theirs
  run ! grep NEVER theirs
}

@test "SetHandler: path info and query" {
  use fpm
  check_path_info_and_query
  check /
  check /dir/?x
  check /app.php/dir/
  check /app.php/my.dir/
}

@test "SetHandler: POST, HEAD and other methods" {
  use fpm
  check_methods_and_bodies
  check_bodies_in_chunks
}

@test "SetHandler: Basic authentication" {
  use fpm
  check_basic
  check_pass_header
}

@test "SetHandler: repeated, odd and empty headers" {
  use fpm
  check_headers
}

@test "SetHandler: hosts" {
  use fpm
  check_hosts
}

@test "SetHandler: escapes and dot segments" {
  use fpm
  check_escapes
  check_refused
}

@test "SetHandler: absolute-form targets" {
  use fpm
  check_absolute_form
  check /app.php --request-target 'http://Other.test:99/app.php/x?y'
  check /app.php --request-target 'http://other.test./app.php'
  check /app.php --request-target 'http://[::1]:5/app.php'
}

@test "SetHandler: https" {
  use fpm
  check_https
}

@test "SetHandler: each proxy-fcgi-pathinfo" {
  use fpm
  check_pathinfo
}

@test "SetHandler: ProxyFCGISetEnvIf" {
  use fpm
  check_rules
}

@test "SetHandler, GENERIC: requests" {
  use generic
  check_path_info_and_query
  check_methods_and_bodies
  check_basic
  check_pass_header
  check_escapes
  check_absolute_form
  check_https
}

@test "SetHandler, GENERIC: headers and hosts" {
  use generic
  check_headers
  check_hosts
}

@test "SetHandler, GENERIC: each proxy-fcgi-pathinfo" {
  use generic
  check_pathinfo
}

@test "SetHandler, GENERIC: ProxyFCGISetEnvIf" {
  use generic
  check_rules
}

@test "SetHandler, UNIX socket: requests" {
  use fpm-unix
  check_path_info_and_query
  check_pathinfo
  use generic-unix
  check_path_info_and_query
  check_pathinfo
}

@test "ProxyPass: path info and query" {
  use proxypass
  check_path_info_and_query
  check /
  check /no/script
  check /dir/?x
}

@test "ProxyPass: POST, HEAD and other methods" {
  use proxypass
  check_methods_and_bodies
  check_bodies_in_chunks
}

@test "ProxyPass: Basic authentication" {
  use proxypass
  check_basic
  check_pass_header
}

@test "ProxyPass: headers and hosts" {
  use proxypass
  check_headers
  check_hosts
}

@test "ProxyPass: escapes and dot segments" {
  use proxypass
  check_escapes
  check '/app.php/..'
  check_refused
}

@test "ProxyPass: absolute-form targets and https" {
  use proxypass
  check_absolute_form
  check /app.php --request-target 'http://other.test'
  check /app.php --request-target 'http://other.test?x=1'
  check_https
}

@test "ProxyPass: each proxy-fcgi-pathinfo" {
  use proxypass
  check_pathinfo
  check /no/script/ -H 'X-Pathinfo: full' --only-ours --pathinfo=full
}

@test "ProxyPass: ProxyFCGISetEnvIf" {
  use proxypass
  check_rules
}

@test "ProxyPass without a directory" {
  use proxypass-bare
  check_path_info_and_query
  check_escapes
  for value in first-dot last-dot unescape raw; do
    check /app.php/a.b/c%20d.e/f -H "X-Pathinfo: $value" --only-ours "--pathinfo=$value"
  done
}

@test "ProxyPass, UNIX socket" {
  use proxypass-unix
  check_path_info_and_query
  check_pathinfo
  use generic-proxypass-unix
  check_path_info_and_query
  check_pathinfo
}

@test "ProxyPass, GENERIC: requests" {
  use generic-proxypass
  check_path_info_and_query
  check_methods_and_bodies
  check_basic
  check_pass_header
  check_escapes
  check_absolute_form
  check_https
}

@test "ProxyPass, GENERIC: headers and hosts" {
  use generic-proxypass
  check_headers
  check_hosts
}

@test "ProxyPass, GENERIC: each proxy-fcgi-pathinfo" {
  use generic-proxypass
  check_pathinfo
}

@test "ProxyPass, GENERIC: ProxyFCGISetEnvIf" {
  use generic-proxypass
  check_rules
}

@test "ProxyPass, GENERIC, without a directory" {
  use generic-proxypass-bare
  check_path_info_and_query
  check_escapes
}

@test "balancer: requests" {
  use balancer
  check_path_info_and_query
  check_methods_and_bodies
  check_bodies_in_chunks
  check_basic
  check_pass_header
  check_escapes
  check_refused
  check_absolute_form
  check_https
}

@test "balancer: headers and hosts" {
  use balancer
  check_headers
  check_hosts
}

@test "balancer: each proxy-fcgi-pathinfo" {
  use balancer
  check_pathinfo
}

@test "balancer: ProxyFCGISetEnvIf" {
  use balancer
  check_rules
}

@test "balancer: without a directory, and at a UNIX socket" {
  use balancer-bare
  check_path_info_and_query
  check_escapes
  use balancer-unix
  docroot=$BATS_FILE_TMPDIR/docroot
  check_path_info_and_query
  check_pathinfo
}
