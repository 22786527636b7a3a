# cgi-fcgi: --as and the options that say what request a web server is to have received.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  echo secret >password
}

teardown() {
  stop_all
}

# variables OPTION...: what would be sent.
variables() {
  timeout 60 "$cgi_fcgi" -n "$@" </dev/null
}

# has LINE...: lines of $output.
has() {
  local line
  for line in "$@"; do
    grep -Fx -- "$line" <<<"$output" || {
      printf 'missing: %s\n' "$line" >&2
      return 1
    }
  done
}

has_not() {
  if grep -E -- "^$1=" <<<"$output"; then
    return 1
  fi
}

# refuse REASON OPTION...
refuse() {
  run -1 --separate-stderr variables "${@:2}"
  [ -z "$output" ]
  [ "${stderr_lines[0]}" = "cgi-fcgi: $1" ]
}

@test "every preset makes variables, and has its place in the page" {
  "$cgi_fcgi" --list-presets >names
  [ "$(wc -l <names)" -ge 14 ]
  while read -r name; do
    run -0 variables --as "$name" --url 'http://example.test/a.php/b?c'
    has REQUEST_METHOD=GET QUERY_STRING=c
    awk -v name="$name" '/^\.Sh PRESETS/ { on = 1 } /^\.Ss/ { on = 0 }
      on && /^\.It Cm/ { for (i = 3; i <= NF; i++) if ($i == name) found = 1 }
      END { exit !found }' "$FCGI_SOURCE/man1/cgi-fcgi.1"
  done <names
}

@test "the page has the sources and settings that there are" {
  sed -n '/^static const struct preset_source table/,/^}/s/^\t{ "\([a-z-]*\)",.*/\1/p' \
    "$FCGI_SOURCE/lib/preset_source.c" | sort >sources
  [ "$(wc -l <sources)" -gt 20 ]
  awk '/^A source is/ { on = 1 } /^\.El/ { on = 0 }
    on && /^\.It Cm/ { for (i = 3; i <= NF && $i != "Ar"; i++) if ($i ~ /^[a-z]/) print $i; }' \
    "$FCGI_SOURCE/man1/cgi-fcgi.1" | sort | diff - sources
  sed -n 's/^\t\t{ "\([a-z-]*:\)".*/\1/p' "$FCGI_SOURCE/lib/preset_rules.c" >settings
  [ "$(wc -l <settings)" -ge 6 ]
  while read -r setting; do
    grep "^\.It Li $setting" "$FCGI_SOURCE/man1/cgi-fcgi.1"
  done <settings
}

@test "--url alone is a plain CGI server" {
  run -0 variables --url 'http://Example.test:8080/a.php/p%20i?q=%20'
  has GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 SERVER_NAME=example.test SERVER_PORT=8080 \
    REQUEST_METHOD=GET SCRIPT_NAME=/a.php 'PATH_INFO=/p i' 'PATH_TRANSLATED=/var/www/html/p i' \
    QUERY_STRING=q=%20 REMOTE_ADDR=127.0.0.1 HTTP_HOST=Example.test:8080 \
    SCRIPT_FILENAME=/var/www/html/a.php
  has_not CONTENT_LENGTH
  run -0 variables --as nginx
  has SERVER_NAME=localhost REQUEST_URI=/
}

@test "-X, -H, -d, --docroot, --script, --split, --remote-addr and --https say the rest" {
  run -0 variables --as nginx-php --url http://h/x.cgi/y -X PATCH -H 'X-A: 1' -H 'x-a:2' -H 'B;' \
    -H 'Host: other' -H 'Content-Type:' -d 12345 --docroot /srv/ --split .cgi \
    --remote-addr 192.0.2.1 --https
  has REQUEST_METHOD=PATCH HTTP_X_A=1 HTTP_X_A=2 HTTP_B= HTTP_HOST=other CONTENT_TYPE= \
    CONTENT_LENGTH=5 HTTP_CONTENT_LENGTH=5 DOCUMENT_ROOT=/srv SCRIPT_FILENAME=/srv/x.cgi \
    PATH_INFO=/y REMOTE_ADDR=192.0.2.1 HTTPS=on REQUEST_SCHEME=https SERVER_PORT=443 SERVER_NAME=h
  has_not HTTP_CONTENT_TYPE
  run -0 variables --as nginx-php --url /blog/1 --docroot /srv --script /srv/front.php
  has SCRIPT_NAME=/front.php SCRIPT_FILENAME=/srv/front.php REQUEST_URI=/blog/1 PATH_INFO=
}

@test "--request-target is what stands in the request line" {
  run -0 variables --as nginx --url http://h/ --request-target http://Other:81/p?q
  has REQUEST_URI=/p?q HTTP_HOST=other SERVER_NAME=h QUERY_STRING=q
  run -0 variables --as apache-fpm --url http://h/ --request-target http://Other:81/a.php?q
  has REQUEST_URI=http://Other:81/a.php?q
}

@test "--pass-header passes what a server keeps back" {
  for preset in apache-fpm mod_fastcgi haproxy cgi; do
    run -0 variables --as "$preset" --url /a.php -u ali --password-file password
    has_not HTTP_AUTHORIZATION
    run -0 variables --as "$preset" --url /a.php -u ali --password-file password \
      --pass-header authorization
    has 'HTTP_AUTHORIZATION=Basic YWxpOnNlY3JldA=='
  done
}

# Some servers do hand it on: their presets say so, and nothing else does.
@test "Proxy becomes HTTP_PROXY only where the server makes it that" {
  "$cgi_fcgi" --list-presets | while read -r preset; do
    run -0 variables --as "$preset" --url /a.php -H 'Proxy: http://evil.test/' --pass-header Proxy
    case $preset in
    nginx* | caddy | h2o) has HTTP_PROXY=http://evil.test/ ;;
    *) has_not HTTP_PROXY ;;
    esac
  done
}

@test "-e and -U come behind the preset" {
  run -0 variables --as nginx --url / -e REMOTE_PORT=1 -e NEW=x -U SERVER_NAME
  has REMOTE_PORT=1 NEW=x REMOTE_USER=
  has_not SERVER_NAME
}

@test "a preset may be a file" {
  printf '%s\n' '# mine' 'split: .x' 'A <- script-name "+" path-info' 'HTTP_* <- headers' >own.preset
  run -0 variables --as ./own.preset --url http://h/a.x/b -H 'C: d'
  [ "$output" = $'A=/a.x+/b\nHTTP_HOST=h\nHTTP_C=d' ]
  start_echo
  timeout 60 "$cgi_fcgi" --as ./own.preset --url /a.x -e SCRIPT_NAME=/env -connect "$ECHO_ADDR" >got
  grep -Fx 'A=/a.x+' got
  printf '%s\n' 'A <- method' 'B <- nothing' >wrong.preset
  refuse "./wrong.preset:2: there is no source 'nothing'" --as ./wrong.preset
  refuse './missing: No such file or directory' --as ./missing
}

@test "a wrong preset or URL is told in one line" {
  run -1 --separate-stderr variables --as apache
  [[ ${stderr_lines[0]} == "cgi-fcgi: there is no preset 'apache'; there are: apache-balancer "* ]]
  refuse 'h/p: it begins neither with http:// or https:// nor with /' --url h/p
  refuse '/a b: there is a blank or a control character in it' --url '/a b'
  refuse '/%00: the server refuses %00 in the path' --url /%00
  refuse 'the user does not belong into the URL' --url http://ali:secret@h/
}
