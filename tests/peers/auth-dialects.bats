#!/usr/bin/env bats
# fcgi-auth-test --dialect: it asks as the real servers ask, in each phase: the same variables in
# the same order, in the same records, and with the same STDIN record or none.  mod_fastcgi cannot
# be had any more: its dialects are by its source and manual, and tested in tests/unit/dialect.c.

bats_require_minimum_version 1.5.0
load auth

fcgi_auth_test=${FCGI_AUTH_TEST:-$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test}
wire=$BATS_FILE_TMPDIR/wire.log

# "log" writes down the variables, and lets nobody in; "wire" writes down what is on the wire, and
# lets in whoever asks.
setup_file() {
  local folder
  command -v jq >/dev/null || return 0
  command -v curl >/dev/null || return 0
  : >"$log"
  : >"$wire"
  command -v openssl >/dev/null && make_certificate
  add_application log "$fcgi_echo" --show-secrets --log-env "$log"
  add_application wire "$scripted" "$wire"
  start_auth_servers
  for folder in "$BATS_FILE_TMPDIR"/auth-*/root/*/; do
    echo '<?php' >"$folder/app.php"
  done
}

teardown_file() {
  stop_peers
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

# A check that nobody looked at is none.
teardown() {
  [ ! -e "$BATS_TEST_TMPDIR/log.rows" ] && [ ! -e "$BATS_TEST_TMPDIR/wire.rows" ]
}

# use WEB FOLDER DIALECT PHASE [CURL-OPTION...]: what the functions below are about; the options are
# for each request.
use() {
  web=$1 folder=$2 dialect=$3 phase=$4
  need jq curl "$web"
  [ "$dialect" != mod_fcgid ] || [ -e /usr/lib/apache2/modules/mod_fcgid.so ] ||
    skip 'mod_fcgid is missing'
  port=$(<"$BATS_FILE_TMPDIR/auth-$web.port")
  scheme=http
  always=("${@:5}")
}

# theirs NAME PATH OPTION...: asks the server.
theirs() {
  ask "$web" "$1" "$folder$2" -o /dev/null "${@:3}"
}

# ask_later NAME PATH OPTION...: a request for both, with options of curl.
ask_later() {
  local IFS=$'\t' row=("$1" "$folder$2" "${@:3}" "${always[@]}")
  echo "${row[*]}" >>"$1.rows"
}

# make_requests NAME: of the rows that wait, those for ask_all, our cases, and what they are about.
make_requests() {
  local port=$port
  [ "$scheme" = http ] || ((++port))
  LC_ALL=C awk -F'\t' -v name="$1" -v scheme="$scheme" -v port="$port" '
    function hex(text,    i, digits) {
      for (i = 1; i <= length(text); i++)
        digits = digits code[substr(text, i, 1)]
      return digits
    }
    function user(text,    colon) {
      colon = index(text, ":")
      return "User-Hex: " hex(substr(text, 1, colon - 1)) \
        "\nPassword-Hex: " hex(substr(text, colon + 1)) "\n"
    }
    BEGIN {
      for (i = 1; i < 256; i++)
        code[sprintf("%c", i)] = sprintf("%02x", i)
    }
    {
      row = $1 FS $2
      method = "GET"
      version = who = headers = body = ""
      for (i = 3; i <= NF; i++) {
        option = $i
        if (option == "--http1.0") {
          row = row FS option
          version = " HTTP/1.0"
          continue
        }
        value = $(++i)
        row = row FS (option value == "-XHEAD" ? "--head" : option FS value)
        if (option == "-X")
          method = value
        else if (option == "-u")
          who = user(value)
        else if (option == "-H")
          headers = headers "\n " value
        else if (option == "-d") {
          if (method == "GET")
            method = "POST"
          body = "\n Content-Length: " length(value) \
            "\n Content-Type: application/x-www-form-urlencoded"
        } else {
          print "cannot ask both so: " option >"/dev/stderr"
          exit 1
        }
      }
      print row >(name ".requests")
      print substr(row, length(name) + 2, 70) >(name ".labels")
      # curl puts the headers of the body behind all others.
      headers = headers body
      printf "Case: %d\nRequest: %s %s://%s:%s%s%s\n%s%s\n\n", NR, method, scheme, $1, port, $2,
        version, who, headers == "" ? "" : "Headers:" headers >(name ".cases")
    }' "$1.rows"
}

# ask_them NAME and ask_us NAME: all that was made.
ask_them() {
  ask_all "$web" <"$1.requests" >errors
  ! grep '^[0-9]* .' errors >&2
}

# What it finds out about the answers is of no interest here.
ask_us() {
  "$fcgi_auth_test" --no-probes --timeout 20s -D "$dialect" -p "$phase" \
    "$(application_addr "$1")" "$1.cases" >result 2>&1 || [ $? -eq 1 ] || {
    cat result >&2
    return 1
  }
}

# check PATH OPTION...: the application gets the same variables of both; all_alike looks at it.
check() {
  ask_later log "$@"
}

# asked_since LINE NUMBER WHO: the application has been asked once for each request.
asked_since() {
  local now
  now=$(wc -l <"$log")
  [ "$now" -eq "$(($1 + $2))" ] || {
    echo "$3 asked $((now - $1)) times for these $2 requests:" >&2
    cat log.labels >&2
    return 1
  }
}

# In the files theirs and ours is a pair a line, each request with what it is about before it.
same_variables() {
  local before count
  make_requests log
  rm -f theirs ours
  before=$(wc -l <"$log")
  count=$(wc -l <log.rows)
  ask_them log
  asked_since "$before" "$count" 'the server'
  ask_us log
  asked_since "$((before + count))" "$count" we
  tail -n "+$((before + 1))" "$log" |
    sed "1,$count s|$BATS_FILE_TMPDIR/auth-$web/root|/var/www/html|g" |
    jq -nc --rawfile labels log.labels --argjson count "$count" '($labels / "\n") as $about |
      foreach inputs as $pairs (-1; . + 1; "=== \($about[. % $count])", $pairs[])' |
    hide_unknown |
    awk -v count="$count" '/^"===/ { n++ } { print >(n > count ? "ours" : "theirs") }'
  [ "$(grep -c '^"===' ours)" -eq "$count" ]
  diff -u -F '^"===' theirs ours >&2
  rm log.*
}

# not_asked PATH OPTION...: the server does not ask the application.
not_asked() {
  local before
  before=$(wc -l <"$log")
  theirs log "$@"
  [ "$(wc -l <"$log")" -eq "$before" ]
}

# What was on the wire: the records and the names in them.  Whether they are padded can be told from
# one of two requests whose lengths are not the same; what they are about is in wire.labels.
records() {
  "$cgi_fcgi" --decode "$wire" | awk '
    function finish() {
      if (requests > 1)
        print padded, unpadded
      padded = unpadded = ""
    }
    NR == FNR { about[FNR] = $0; next }
    / BEGIN_REQUEST / && requests++ % 2 == 0 {
      finish()
      print "=== " about[requests]
    }
    /^> / && $2 != "" && !/^>  / {
      match($0, /len=[0-9]+/)
      len = substr($0, RSTART + 4, RLENGTH - 4)
      match($0, /pad=[0-9]+/)
      pad = substr($0, RSTART + 4, RLENGTH - 4)
      if (pad > 0)
        padded = "padded to " (len + pad) % 8
      else if (len % 8 > 0)
        unpadded = "not padded"
      sub(/ len=[0-9]+ pad=[0-9]+ at=[0-9]+/, "")
      print
      next
    }
    { sub(/=.*/, ""); print }
    END { finish() }' wire.labels -
}

# check_records PATH OPTION...: the same records come from both; all_alike looks at it.
check_records() {
  local fill
  for fill in 1 12; do
    ask_later wire "$@" -H "X-Fill: $fill"
  done
}

same_records() {
  make_requests wire
  : >"$wire"
  ask_them wire
  records >theirs
  : >"$wire"
  ask_us wire
  records >ours
  [ "$(grep -c BEGIN_REQUEST ours)" -eq "$(wc -l <wire.rows)" ]
  diff -u -F '^===' theirs ours >&2
  rm wire.*
}

# all_alike: does what the checks have put off.
all_alike() {
  [ ! -e log.rows ] || same_variables
  [ ! -e wire.rows ] || same_records
}

# Each value is shorter than servers want, and all of them are longer than 16 KiB.
check_wire() {
  local value
  value=$(printf '%7000s' '' | tr ' ' x)
  check_records /page.txt
  check_records /page.txt -d name=value
  check_records /page.txt -X POST -d ''
  [ "$web" = lighttpd ] ||
    check_records /page.txt -H "X-A: $value" -H "X-B: $value" -H "X-C: $value"
}

check_requests() {
  check /page.txt
  check /
  check '/page.txt?x=1&y=%20z'
  check_path_info_and_query
  check /app.php -X HEAD
  check /app.php -X OPTIONS
  check /app.php -d 'name=value'
  check /app.php -X PUT -d ''
  check /app.php -H 'Content-Type: on/GET'
}

check_odd_headers() {
  check_headers
  check /app.php -H 'Connection: keep-alive' -H 'X-After: 1'
  check /app.php -H 'Keep-Alive: 5' -H 'Trailer: X-Sum' -H 'Via: 1.1 x' -H 'Expect;'
  check /app.php -H 'X-Original-URI: /other' -H 'X-Forwarded-User: root'
  check /app.php -H 'Cookie: session=1234'
}

# What is in Authorization: Basic, whoever it says and whether it can be read.
check_credentials() {
  local text
  for text in alice:wonder foo: :bar : foo:b:ar 'a b: c ' $'caf\xc3\xa9:p\xffw'; do
    check /page.txt -u "$text"
  done
}

check_raw_credentials() {
  local code
  # "foo", "fo NUL o:bar", "foo:b NUL ar"
  for code in Zm9v Zm8Abzpi YXI6YgBhcg== Zm9vOmIAYXI=; do
    check /page.txt -H "Authorization: Basic $code"
  done
  check /page.txt -H 'Authorization: bAsIc  Zm9vOmJhcg=='
  for code in Basic 'Basic !' 'Basic Zm9vOmJhcg' 'Basic Zm9vOmJhc' 'Basic Zm9vOmJhcgQ' \
    'Basic Zm9vOmJhcg==Zm9v' 'Basic Zm9vOmJhcm' 'Basic Zm9v OmJh'; do
    check /page.txt -H "Authorization: $code"
  done
}

@test "mod_authnz_fcgi, authenticator" {
  use apache2 /authn mod_authnz_fcgi authenticator -u alice:wonder
  check_requests
  check_odd_headers
  check_hosts
  check_wire
  all_alike
}

@test "mod_authnz_fcgi, authenticator: credentials" {
  use apache2 /authn mod_authnz_fcgi authenticator
  check_credentials
  check_raw_credentials
  not_asked /page.txt
  not_asked /page.txt -H 'Authorization: Bearer abc'
  all_alike
}

@test "mod_authnz_fcgi, authorizer" {
  use apache2 /authz mod_authnz_fcgi authorizer -u alice:wonder
  check_requests
  check_odd_headers
  check_wire
  all_alike
}

@test "mod_authnz_fcgi, authnz" {
  use apache2 /authnz mod_authnz_fcgi authnz -u alice:wonder
  check_requests
  check_odd_headers
  check_wire
  all_alike
}

@test "mod_authnz_fcgi, authnz: credentials" {
  use apache2 /authnz mod_authnz_fcgi authnz
  check_credentials
  check_raw_credentials
  all_alike
}

@test "mod_authnz_fcgi, check" {
  use apache2 /check mod_authnz_fcgi check -u alice:wonder
  check_requests
  check_odd_headers
  check_wire
  all_alike
}

@test "mod_authnz_fcgi, check without a user" {
  use apache2 /check-open mod_authnz_fcgi check
  check_requests
  check_odd_headers
  check_wire
  check /page.txt -H 'Authorization: Bearer abc'
  all_alike
}

@test "mod_fcgid, authenticator" {
  use apache2 /fcgid-authn mod_fcgid authenticator -u alice:wonder
  check_requests
  check_odd_headers
  check_hosts
  check_wire
  all_alike
}

@test "mod_fcgid, authenticator: credentials" {
  use apache2 /fcgid-authn mod_fcgid authenticator
  check_credentials
  check_raw_credentials
  all_alike
}

@test "mod_fcgid, authorizer" {
  use apache2 /fcgid-authz mod_fcgid authorizer -u alice:wonder
  check_requests
  check_odd_headers
  check_wire
  all_alike
}

@test "mod_fcgid, access-checker" {
  use apache2 /fcgid-access mod_fcgid access-checker
  check_requests
  check_odd_headers
  check_wire
  check /page.txt -u alice:wonder
  all_alike
}

@test "lighttpd" {
  use lighttpd '' lighttpd authnz -u alice:wonder
  check_requests
  check_odd_headers
  check_hosts
  check_wire
  all_alike
}

@test "lighttpd: credentials" {
  use lighttpd '' lighttpd authnz
  check_credentials
  check_raw_credentials
  check /page.txt -H 'Authorization: Bearer abc'
  all_alike
}

@test "lighttpd behind mod_auth" {
  use lighttpd /known lighttpd authorizer -u alice:wonder
  check_requests
  check_odd_headers
  check_wire
  all_alike
}

@test "lighttpd without a user" {
  use lighttpd '' lighttpd access-checker
  check_requests
  check_odd_headers
  check_wire
  all_alike
}

@test "nginx: auth_request" {
  use nginx /plain nginx-auth-request authnz -u alice:wonder
  check_requests
  check_odd_headers
  check_hosts
  check_wire
  all_alike
}

@test "nginx: auth_request: credentials" {
  use nginx /plain nginx-auth-request authnz
  check_credentials
  check_raw_credentials
  check /page.txt -H 'Authorization: Bearer abc'
  all_alike
}

@test "nginx: auth_request without a user" {
  use nginx /plain nginx-auth-request access-checker
  check_requests
  check_wire
  all_alike
}

@test "nginx: auth_request with CONTENT_LENGTH \"\" and X-Original-URI" {
  use nginx /original nginx-auth-request-original-uri authnz -u alice:wonder
  check_requests
  check_odd_headers
  check_wire
  all_alike
}

@test "nginx: auth_request as LemonLDAP::NG has it" {
  use nginx /llng nginx-auth-request-llng authnz -u alice:wonder
  check_requests
  check_odd_headers
  check_hosts
  check_wire
  all_alike
}

# All ways to ask, as arguments of use.
each_way() {
  local way
  while read -r way; do
    # shellcheck disable=SC2086 # words
    use $way -u alice:wonder
    folder=${folder#_}
    "$@"
    all_alike
  done <<'END'
apache2 /authn mod_authnz_fcgi authenticator
apache2 /authz mod_authnz_fcgi authorizer
apache2 /authnz mod_authnz_fcgi authnz
apache2 /check mod_authnz_fcgi check
apache2 /fcgid-authn mod_fcgid authenticator
apache2 /fcgid-authz mod_fcgid authorizer
apache2 /fcgid-access mod_fcgid access-checker
lighttpd _ lighttpd authnz
lighttpd /known lighttpd authorizer
nginx /plain nginx-auth-request authnz
nginx /original nginx-auth-request-original-uri authnz
nginx /llng nginx-auth-request-llng authnz
END
}

check_escapes_below() {
  check '/app.php/%C3%A9/%3Fx%23/%25?%C3%A9'
  check '/app.php/~%7E%41;b=c,d&e+f/"<>\^`{}'
  check "$folder/../app.php/./x//y/%2e%2e/z"
  check '//app.php//x'
  check '/app.php/a?%41%7e%2f%zz%2B[]|"'
  check '/app.php?'
  check '/app.php??a?'
}

@test "escapes and dot segments" {
  each_way check_escapes_below
}

@test "HTTP/1.0" {
  each_way check /page.txt --http1.0
}

check_https() {
  scheme=https
  check /page.txt
}

@test "https" {
  [ -e "$BATS_FILE_TMPDIR/tls.pem" ] || skip 'openssl is missing'
  [ -e /usr/lib/lighttpd/mod_openssl.so ] || skip 'lighttpd-mod-openssl is missing'
  each_way check_https
}

@test "nginx: a connection that is kept" {
  use nginx /keep nginx-auth-request authnz
  echo kept >wire.labels
  : >"$wire"
  theirs wire /page.txt -H 'X-Fill: 1'
  # nginx keeps it until it ends.
  wait_for grep -q X_FILL "$wire"
  records >theirs
  : >"$wire"
  printf '%s\n' 'Case: keep' "Dialect: $dialect" 'Keep-Conn: yes' 'Headers: X-Fill: 1' \
    "Request: GET http://wire:$port/keep/page.txt" >case
  "$fcgi_auth_test" --no-probes "$(application_addr wire)" case
  records >ours
  grep -q 'flags=KEEP_CONN' ours
  diff -u theirs ours
  rm wire.labels
}
