#!/usr/bin/env bats
# cgi-fcgi: what the groups of options make of the variables, and which do not go together.

bats_require_minimum_version 1.5.0
load helper

setup() {
  cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi
  cd "$BATS_TEST_TMPDIR" || return
}

# The variables that would be sent, one a line, in an environment of two.
variables() {
  env -i HOME=/home/x LANG=C "$cgi_fcgi" -n "$@"
}

@test "without a word about it the whole environment is sent" {
  run -0 variables
  [ "$output" = $'HOME=/home/x\nLANG=C' ]
}

@test "--clean-env sends nothing of it, --inherit what matches" {
  run -0 variables --clean-env
  [ "$output" = '' ]
  run -0 variables --inherit 'L*' --inherit 'NOTHING'
  [ "$output" = 'LANG=C' ]
  run -0 variables --inherit '[HL]*'
  [ "$output" = $'HOME=/home/x\nLANG=C' ]
}

@test "--url sends what a web server would, and of the environment only what is inherited" {
  run -0 variables --url http://h/x
  [[ $output == *'SERVER_NAME=h'* ]]
  [[ $output != *HOME=* ]]
  run -0 variables --url http://h/x --inherit LANG
  [[ $output == *$'\nLANG=C'* ]]
  [[ $output != *HOME=* ]]
}

@test "files come before -e, and -e before -U, whatever the order given" {
  printf 'A=file\nB=file\nC=file\n' >file
  printf 'D=zero\0D=again\0' >zero
  run -0 variables -U C -e B=option --params0 zero --env-file file
  [ "$output" = $'D=zero\nD=again\nA=file\nB=option' ]
  run -0 variables -e SERVER_NAME=mine -U QUERY_STRING --url http://h/x
  [[ $output == *'SERVER_NAME=mine'* ]]
  [[ $output != *QUERY_STRING* ]]
}

@test "-d and --content-length decide about CONTENT_LENGTH" {
  run -0 variables --clean-env -d abc
  [ "$output" = $'CONTENT_LENGTH=3\nREQUEST_METHOD=POST\nCONTENT_TYPE=application/x-www-form-urlencoded' ]
  run -0 variables --url http://h/ -d abc
  [[ $output == *CONTENT_LENGTH=3* ]]
  [[ $output == *REQUEST_METHOD=POST* ]]
  run -0 variables --url http://h/ -d abc --content-length 7
  [[ $output == *CONTENT_LENGTH=7* ]]
}

@test "a password comes from a file, a descriptor or a terminal, never from the command line" {
  printf 'open sesame\r\nrest\n' >password
  run -0 variables --as nginx -u ali --password-file password
  [[ $output == *"HTTP_AUTHORIZATION=Basic $(printf 'ali:open sesame' | base64)"* ]]
  run -0 variables --as nginx -u ali --password-fd 5 5<<<'secret'
  [[ $output == *"HTTP_AUTHORIZATION=Basic $(printf 'ali:secret' | base64)"* ]]
  # The rest of the descriptor is somebody else's.
  { run -0 variables --as nginx -u ali --password-fd 5; read -r rest <&5; } 5<password
  [ "$rest" = rest ]
  run -1 variables --as nginx -u ali:secret
  [[ $output == *'no password on the command line'* ]]
  [[ $output != *secret* ]]
  run -1 variables --as nginx -u ali --password-file nowhere
  [ "$output" = 'cgi-fcgi: --password-file nowhere: No such file or directory' ]
  run -1 variables --as nginx --password-file password
  [[ $output == *'-u USER is missing'* ]]
  run -1 variables --as nginx -u ali --password-file password --password-fd 5
  [[ $output == *'exclude each other'* ]]
}

@test "a password that no terminal can be asked for is told" {
  run -1 setsid -w env -i "$cgi_fcgi" -n --as nginx -u ali </dev/null
  [[ $output == *'no terminal to ask at'* ]]
}

@test "a password is asked for at the terminal, and not shown" {
  command -v script >/dev/null || skip 'script is missing'
  # The question comes before anything is typed: getpass(3) throws away what came earlier.
  mkfifo keys
  script -qec "$cgi_fcgi -n --clean-env --as nginx -u ali" /dev/null <keys >shown 3>&- &
  pid=$!
  exec 4>keys
  wait_for grep -q 'Password of ali' shown
  echo typed >&4
  wait_for grep -q HTTP_AUTHORIZATION shown
  exec 4>&-
  wait "$pid"
  grep -q "HTTP_AUTHORIZATION=Basic $(printf 'ali:typed' | base64)" shown
  run -1 grep -q typed shown
}

@test "a header that is none is refused" {
  for header in 'no colon' ': value' 'two words: x' $'X: a\nB: c' $'X: \e[31m' 'X;y' ''; do
    run -1 variables --url http://h/ -H "$header"
    [ "${lines[0]}" = 'cgi-fcgi: -H: not "Name: value", "Name:" or "Name;"' ]
  done
}

@test "what says nothing, or contradicts something, is refused" {
  refuse() {
    local what=$1
    shift
    run -1 variables "$@"
    [ "${lines[0]}" = "cgi-fcgi: $what" ]
    [ "${lines[1]}" = "Try 'cgi-fcgi --help' for more information." ]
  }
  refuse '-H says nothing without --url or --as' -H 'X: y'
  refuse '-X says nothing without --url or --as' -X PUT
  refuse '--docroot says nothing without --url or --as' --docroot /srv
  refuse '--https says nothing without --url or --as' --https
  refuse '-u says nothing without --url or --as' -u ali
  refuse '-d and --no-stdin exclude each other' -d x --no-stdin
  refuse '--stream and --no-stdin exclude each other' --stream --no-stdin
  refuse '--stream sends standard input, not -d x' --stream -d x
  refuse '--filter-data goes with --role filter only' --filter-data x
  refuse '--repeat and --multiplex exclude each other' --repeat 2 --multiplex 2
  refuse '--id 65535 --multiplex 2: ids end at 65535' --id 65535 --multiplex 2
  refuse '--stream: standard input can be sent but once' --stream --repeat 2
  refuse '--decode-dir goes with --decode only' --decode-dir x
  refuse '--body and --headers exclude each other' --body --headers
  refuse '-n, --get-values, --encode and --decode exclude each other' --encode
  refuse '--pathinfo dot: not first-dot, last-dot, full, unescape or raw' --url / --pathinfo dot
  refuse '--print-format xml: not one of what --help names' --print-format xml
  refuse '-X GE T: not a method' --url / -X 'GE T'
  refuse '--docroot srv: it does not begin with a slash' --url / --docroot srv
  refuse '-d is given twice, and there is but one body' -d a=1 -d b=2
  refuse 'extra: one operand too many' extra
}

@test "what would be ignored in silence is refused" {
  refuse() {
    local what=$1
    shift
    run -1 --separate-stderr "$cgi_fcgi" "$@" </dev/null
    [ -z "$output" ]
    [ "${stderr_lines[0]}" = "cgi-fcgi: $what" ]
  }
  refuse '--url: -start sends no request to an application' -start --url / -connect s ./app
  refuse '--timeout: -start sends no request to an application' -start --timeout 1 -connect s ./app
  refuse '-o: -start sends no request to an application' -start -o x -connect s ./app
  refuse '-e: --decode sends no request to an application' --decode -e A=1 x
  refuse '--json: --decode-dir passes no answer on' --decode --decode-dir x --json y
  refuse '-connect: --decode sends no request to an application' --decode -connect s x
  refuse '--id: --get-values sends no request to an application' --get-values --id 2 -connect s
  refuse '-d: --get-values sends no request to an application' --get-values -d x -connect s
  refuse '--trace-time goes with -v or --trace only' --trace-time -connect s
  refuse '--show-secrets goes with -v, --trace or --decode only' --show-secrets -connect s
  refuse '--print-format goes with -n only' --print-format json -connect s
  refuse '--json is about an answer: -n --print-format json' -n --json
  refuse '--wait: ./app is started when nobody listens' --wait -connect s ./app
  [ ! -e x ]
  [ ! -e s ]
}

@test "-n and --encode can be added to any request" {
  local any=(--url / --fail --json -o x -D y --timeout 1 --repeat 2 --stderr null -connect s)
  "$cgi_fcgi" -n "${any[@]/--json/--body}" </dev/null
  grep -q '^REQUEST_METHOD=GET$' x
  "$cgi_fcgi" --encode "${any[@]}" </dev/null
  grep -q REQUEST_METHOD x
  [ ! -e y ]
}

@test "what is to be read is not written over" {
  refuse() {
    local what=$1
    shift
    run -1 --separate-stderr "$cgi_fcgi" -connect s "$@"
    [ "${stderr_lines[0]}" = "cgi-fcgi: $what" ]
    cmp precious copy
  }
  seq 1000 >precious
  cp precious copy
  ln precious link
  refuse '-d and -o name the same file, precious' -d @precious -o precious
  refuse '-d and --trace name the same file, link' -d @precious --trace link
  refuse '--env-file and -D name the same file, ./precious' --env-file precious -D ./precious
  refuse '-w and --stderr name the same file, precious' -w @precious --stderr precious
  refuse '-o names the file that is standard input, precious' -d - -o precious <precious
  refuse '-o and -D name the same file, new' -o new -D new
  refuse '-o and --trace name the same file, link' -o precious --trace link
  run -1 --separate-stderr "$cgi_fcgi" --decode -o link precious
  [ "${stderr_lines[0]}" = 'cgi-fcgi: -o names the capture, link' ]
  cmp precious copy
  [ ! -e new ]
  "$cgi_fcgi" -n -e A=1 --clean-env -o /dev/null -D /dev/null </dev/null
}

@test "standard input is read by one option only" {
  refuse() {
    local what=$1
    shift
    run -1 --separate-stderr "$cgi_fcgi" -n "$@" </dev/null
    [ "${stderr_lines[0]}" = "cgi-fcgi: $what both read standard input" ]
  }
  refuse '-d and --env-file' -d - --env-file -
  refuse '--env-file and --env-file' --env-file - --env-file -
  refuse '--params0 and --setenvif-file' --params0 - --setenvif-file -
  refuse '-w and --stream' -w @- --stream
  printf 'A=1\nB=2\n' >pairs
  [ "$("$cgi_fcgi" -n --clean-env --env-file - --params0 /dev/null <pairs)" = $'A=1\nB=2' ]
  printf abc | "$cgi_fcgi" -n --clean-env -d @- | grep -qx CONTENT_LENGTH=3
  printf abc | "$cgi_fcgi" -n --clean-env --stream -d -
}
