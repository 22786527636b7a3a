# fcgi-echo as an authorizer: every web server's way of asking, and no door left open.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  # alice:wonder (SHA-512), bob:builder (bcrypt), carol:72 times x (bcrypt)
  cat >users <<'END'
# a comment

alice:$6$fcgiutils$BsPCAQl5779bNlTpkqoHdolMcmBZFc77tNJwIvHdsEa82/g1xkTLDixNmXpqUA3GnSKjFDUe3tXAUFdCUQCfI0
bob:$2b$04$abcdefghijklmnopqrstuu/GACL4BASs5qZJ2H5JEo0yW9XEj5.iq:more
carol:$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i
END
}

teardown() {
  stop_all
}

# authorize VARIABLE...: the status an AUTHORIZER gives, or its absence.
authorize() {
  local variable options=()
  for variable in "$@"; do
    options+=(-e "$variable")
  done
  timeout 60 "$cgi_fcgi" --clean-env --role authorizer --no-stdin -e REQUEST_METHOD=GET \
    -e REQUEST_URI=/protected "${options[@]}" -connect "$ECHO_ADDR" >answer || return
  sed -n '1s/^Status: \([0-9]*\).*/\1/p' answer
}

granted() {
  [ "$(authorize "$@")" = 200 ]
}

denied() {
  [ "$(authorize "$@")" = 401 ]
  run -1 grep -i '^Variable-' answer
  grep -q '^WWW-Authenticate: Basic ' answer
}

basic() {
  printf 'HTTP_AUTHORIZATION=Basic %s' "$(printf '%s' "$1" | base64 -w0)"
}

@test "Apache's way: REMOTE_USER and REMOTE_PASSWD" {
  start_echo --users users
  for phase in X=1 FCGI_APACHE_ROLE=AUTHENTICATOR; do
    granted "$phase" REMOTE_USER=alice REMOTE_PASSWD=wonder
    [ "$(tr -d '\r' <answer)" = 'Status: 200 OK
Variable-ECHO_USER: alice' ]
    granted "$phase" REMOTE_USER=bob REMOTE_PASSWD=builder
    denied "$phase" REMOTE_USER=alice REMOTE_PASSWD=builder
    denied "$phase" REMOTE_USER=alice
    denied "$phase" REMOTE_USER=alice REMOTE_PASSWD=
    denied "$phase" REMOTE_USER= REMOTE_PASSWD=wonder
    denied "$phase" REMOTE_PASSWD=wonder
    denied "$phase" REMOTE_USER= REMOTE_PASSWD=
    denied "$phase"
  done
}

@test "lighttpd's and nginx's way: the Authorization header" {
  start_echo --users users
  granted "$(basic alice:wonder)"
  granted "$(basic alice:wonder)" REMOTE_USER=alice
  denied "$(basic alice:wrong)"
  denied "$(basic alice:)"
  denied "$(basic :wonder)"
  denied "$(basic alice)"
  denied HTTP_AUTHORIZATION=
  denied 'HTTP_AUTHORIZATION=Basic '
  denied 'HTTP_AUTHORIZATION=Basic !!!!'
  denied 'HTTP_AUTHORIZATION=Basic YWxpY2U6d29uZGV'
  denied 'HTTP_AUTHORIZATION=Bearer YWxpY2U6d29uZGVy'
  granted 'HTTP_AUTHORIZATION=bAsIc   YWxpY2U6d29uZGVy'
}

@test "as a RESPONDER on /auth, for nginx's auth_request" {
  start_echo --users users
  run -0 timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/auth -e REQUEST_METHOD=GET \
    -e REQUEST_URI=/ -e "$(basic alice:wonder)" -connect "$ECHO_ADDR"
  [[ $output == 'Status: 200 '* ]]
  run -0 timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/lmauth -e REQUEST_METHOD=GET \
    -e REQUEST_URI=/ -e "$(basic alice:wonder)" -connect "$ECHO_ADDR"
  [[ $output == 'Status: 200 '* ]]
  run -0 timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/lmauth -e REQUEST_METHOD=GET \
    -e REQUEST_URI=/ -e REMOTE_USER=alice -connect "$ECHO_ADDR"
  [[ $output == 'Status: 401 '* ]]
}

@test "Apache's second question, of a user it has let in itself" {
  start_echo --users users
  granted FCGI_APACHE_ROLE=AUTHORIZER REMOTE_USER=alice
  denied FCGI_APACHE_ROLE=AUTHORIZER REMOTE_USER=mallory
  denied FCGI_APACHE_ROLE=AUTHORIZER REMOTE_USER=
  denied FCGI_APACHE_ROLE=AUTHORIZER
  denied FCGI_APACHE_ROLE=AUTHORIZER REMOTE_USER=alice "$(basic bob:builder)"
}

@test "a user without a password, a phase nobody knows, a request without method or URI" {
  start_echo --users users
  denied REMOTE_USER=alice
  denied FCGI_APACHE_ROLE=ACCESS_CHECKER
  denied FCGI_APACHE_ROLE=ACCESS_CHECKER REMOTE_USER=alice
  denied FCGI_APACHE_ROLE=authorizer REMOTE_USER=alice
  denied FCGI_APACHE_ROLE=ANYTHING REMOTE_USER=alice REMOTE_PASSWD=wonder
  denied HTTP_REMOTE_USER=alice HTTP_REMOTE_PASSWD=wonder HTTP_X_FORWARDED_USER=alice
  denied REQUEST_URI= REMOTE_USER=alice REMOTE_PASSWD=wonder
  denied REQUEST_METHOD= REMOTE_USER=alice REMOTE_PASSWD=wonder
}

@test "two sources that contradict each other" {
  start_echo --users users
  granted REMOTE_USER=alice REMOTE_PASSWD=wonder "$(basic alice:wonder)"
  denied REMOTE_USER=bob REMOTE_PASSWD=builder "$(basic alice:wonder)"
  denied REMOTE_USER=bob "$(basic alice:wonder)"
  denied REMOTE_USER=alice REMOTE_PASSWD=wonder "$(basic alice:wrong)"
  denied REMOTE_USER=alice REMOTE_PASSWD=wonder 'HTTP_AUTHORIZATION=Bearer x'
}

@test "nearly the password is not the password" {
  start_echo --users users
  local long
  long=$(printf 'x%.0s' {1..72})
  granted REMOTE_USER=carol "REMOTE_PASSWD=$long"
  # bcrypt itself looks at 72 bytes alone
  denied REMOTE_USER=carol "REMOTE_PASSWD=${long}x"
  denied REMOTE_USER=carol "REMOTE_PASSWD=$(head -c 65000 /dev/zero | tr '\0' x)"
  denied REMOTE_USER=alice REMOTE_PASSWD=wonde
  denied REMOTE_USER=alice REMOTE_PASSWD=wonderr
  denied REMOTE_USER=alice REMOTE_PASSWD=Wonder
  denied REMOTE_USER=alice 'REMOTE_PASSWD=wonder '
  denied REMOTE_USER=alice $'REMOTE_PASSWD=wonder\n'
  denied REMOTE_USER=Alice REMOTE_PASSWD=wonder
  denied 'REMOTE_USER=alice ' REMOTE_PASSWD=wonder
  denied "HTTP_AUTHORIZATION=Basic $(printf 'alice:wonder\0x' | base64)"
  denied "HTTP_AUTHORIZATION=Basic $(printf 'alice\0:wonder' | base64)"
}

@test "what is asked for does not matter, nor what is smuggled in" {
  start_echo --users users
  for uri in // /./ /%2e/ '/;x' /PROTECTED http://h/protected '/?a=b'; do
    granted "REQUEST_URI=$uri" REMOTE_USER=alice REMOTE_PASSWD=wonder
    denied "REQUEST_URI=$uri"
  done
  denied $'REMOTE_USER=alice\r\nStatus: 200 OK\r\nVariable-ADMIN: 1' REMOTE_PASSWD=wonder
  run -1 grep ADMIN answer
  denied REQUEST_METHOD=HEAD
  denied REQUEST_METHOD=ANYTHING
}

@test "neither the password nor the header comes back" {
  start_echo --users users -v
  granted REMOTE_USER=alice REMOTE_PASSWD=wonder
  denied REMOTE_USER=alice REMOTE_PASSWD=wonderland
  denied "$(basic alice:wonderland)"
  run -1 grep -e wonder -e "$(printf alice:wonderland | base64)" answer "$ECHO_ERR"
}

@test "without --users nobody is let in" {
  start_echo
  denied REMOTE_USER=alice REMOTE_PASSWD=wonder
  denied FCGI_APACHE_ROLE=AUTHORIZER REMOTE_USER=alice
  stop_echo
  : >empty
  start_echo --users empty
  denied REMOTE_USER=alice REMOTE_PASSWD=wonder
  grep -q 'no users' "$ECHO_ERR"
}

@test "a slow hash holds nobody else up" {
  # SHA-512 with 3 000 000 rounds: seconds
  printf 'slow:$6$rounds=3000000$abc$%086d\n' 0 >users
  start_echo --users users
  run -0 "$FCGI_BUILD/tests/cli/wire" "$ECHO_ADDR" 'begin 1 2 keep' \
    'params 1 REQUEST_METHOD=GET REQUEST_URI=/ REMOTE_USER=slow REMOTE_PASSWD=x' 'params 1' \
    'get 2 / keep' 'wait end 2' 'say meanwhile' 'wait end 1'
  [[ $output == *'it works'*meanwhile*'STDOUT 1 '*' Status: 401 '* ]]
}

@test "clients that leave while their password is checked hurt nobody" {
  printf 'slow:$6$rounds=200000$abc$%086d\n' 0 >>users
  start_echo --users users
  for n in 1 2 3 4 5 6; do
    timeout 60 "$cgi_fcgi" --clean-env --role authorizer -e REQUEST_METHOD=GET -e REQUEST_URI=/ \
      -e REMOTE_USER=slow -e REMOTE_PASSWD=x -connect "$ECHO_ADDR" --timeout 20ms >/dev/null 2>&1 || true
  done
  granted REMOTE_USER=alice REMOTE_PASSWD=wonder
  stop_echo
}

# refused LINE REASON: the file with that line ends the program before it listens.
refused() {
  printf '# one\n%s\n' "$1" >wrong
  run -1 --separate-stderr "$fcgi_echo" -l ./never.sock --users wrong
  [[ $stderr == "fcgi-echo: wrong:2: "*"$2"* && ${#stderr_lines[@]} -eq 1 ]]
  [ ! -e never.sock ]
}

@test "--users: hashes that cannot be checked are refused by name and line" {
  refused 'a:$apr1$salt$hash' '$apr1$ is Apache'
  refused 'a:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=' '{SHA}'
  refused 'a:abJnggxhB/yWI' 'DES'
  refused 'a:clear text' 'in clear'
  refused 'a:$9$x$y' 'crypt(3) does not know'
  refused 'a' 'not NAME:HASH'
  refused ':$6$x$y' 'name is empty'
  refused "$(printf 'a%.0s' {1..256}):\$6\$x\$y" 'longer than 255'
  refused $'a\tb:$6$x$y' 'control character'
  run -1 --separate-stderr "$fcgi_echo" -l ./never.sock --users missing
  [ "$stderr" = 'fcgi-echo: missing: No such file or directory' ]
}

@test "a responder who is asked what an authorizer is asked does not say 200" {
  start_echo --users users
  for role in FCGI_ROLE=AUTHORIZER FCGI_APACHE_ROLE=AUTHENTICATOR; do
    timeout 60 "$cgi_fcgi" --clean-env -e REQUEST_METHOD=GET -e REQUEST_URI=/ -e "$role" \
      -e REMOTE_USER=alice -connect "$ECHO_ADDR" >answer
    [[ $(head -n 1 answer) == 'Status: 404 '* ]]
  done
  # mod_proxy_fcgi tells what the request is.
  timeout 60 "$cgi_fcgi" --clean-env -e REQUEST_METHOD=GET -e FCGI_ROLE=RESPONDER \
    -connect "$ECHO_ADDR" >answer
  [[ $(head -n 1 answer) == 'Content-Type: '* ]]
}
