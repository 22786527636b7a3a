#!/usr/bin/env bats
# cgi-fcgi --setenvif and --setenvif-file: the rules of Apache's ProxyFCGISetEnvIf, last of all that
# changes the variables.  What each condition is: tests/unit/setenvif.c; that Apache does the same:
# tests/peers/presets-apache.bats.

bats_require_minimum_version 1.5.0
load helper

setup() {
  cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

# The variables that would be sent, of two, one a line.
variables() {
  "$cgi_fcgi" -n --clean-env -e PATH_TRANSLATED=/srv/prefix12/x -e OTHER=1 "$@"
}

# fails WHY RULE: in one line, with the exit status of a usage error.
fails() {
  run -1 --separate-stderr variables --setenvif "$2"
  [ "$output" = '' ]
  [ "$stderr" = "cgi-fcgi: --setenvif $2: $1" ]
}

@test "a rule as it stands in a configuration, with and without the directive's name" {
  rule="\"reqenv('PATH_TRANSLATED') =~ m|(/.*prefix)(\\d+)(.*)|\" PATH_TRANSLATED \"\$1\$3\""
  run -0 variables --setenvif "$rule"
  [ "$output" = $'PATH_TRANSLATED=/srv/prefix/x\nOTHER=1' ]
  run -0 variables --setenvif "  ProxyFCGISetEnvIf $rule"
  [ "$output" = $'PATH_TRANSLATED=/srv/prefix/x\nOTHER=1' ]
}

@test "set, empty and unset, in the order given, options and files mixed" {
  printf '%s\n' '# a comment \' ' that goes on' 'true A %{reqenv:A}-file' >rules
  run -0 variables --setenvif 'true A one' --setenvif-file rules --setenvif 'true A %{reqenv:a}-two' \
    --setenvif 'true OTHER' --setenvif 'true !PATH_TRANSLATED' --setenvif 'false NEVER x'
  [ "$output" = $'OTHER=\nA=one-file-two' ]
}

@test "rules come after -e and -U" {
  run -0 variables --setenvif 'true OTHER %{reqenv:OTHER}2' --setenvif 'true GONE back' -e OTHER=8 \
    -U GONE
  [ "$output" = $'PATH_TRANSLATED=/srv/prefix12/x\nOTHER=82\nGONE=back' ]
}

@test "rules see what a preset sends" {
  run -0 "$cgi_fcgi" -n --as apache-fpm -connect 127.0.0.1:9000 --url http://h/app.php \
    --setenvif "\"reqenv('SCRIPT_FILENAME') =~ m#^proxy:fcgi://[^/]+(/.*)#\" SCRIPT_FILENAME \"\$1\""
  [[ $output == *$'\nSCRIPT_FILENAME=/var/www/html/app.php\n'* ]]
}

@test "a file of rules from standard input" {
  run -0 variables --setenvif-file - <<<'true OTHER 9'
  [ "$output" = $'PATH_TRANSLATED=/srv/prefix12/x\nOTHER=9' ]
}

@test "what is sent is what is printed" {
  start_echo
  run -0 "$cgi_fcgi" -connect "$ECHO_ADDR" --body --as cgi --url http://h/env \
    --setenvif 'true SERVER_NAME changed' --timeout 60s
  [[ $output == *$'\nSERVER_NAME=changed\n'* ]]
}

@test "mistakes are told in one line, with the column" {
  fails "column 1: a word ('text', reqenv('NAME'), %{reqenv:NAME}, \$1) is wanted, not \"nonsense\"" \
    'nonsense A 1'
  fails 'column 5: a rule is CONDITION NAME [VALUE], each quoted where it has blanks' 'true'
  fails 'column 9: !NAME takes a variable away and has no value' 'true !A 1'
  fails "column 9: regular expression: missing closing parenthesis" "\"'a'=~/(/\" A"
}

@test "a mistake in a file is told with the file's name and line" {
  printf '%s\n' 'true A 1' '' 'true B %{nonesuch:C}' >rules
  run -1 --separate-stderr variables --setenvif-file rules
  [ "$stderr" = 'cgi-fcgi: --setenvif-file: rules:3: column 10: function nonesuch is not known here; env, reqenv, tolower and toupper are' ]
  run -1 --separate-stderr variables --setenvif-file nonesuch
  [ "$stderr" = 'cgi-fcgi: --setenvif-file: nonesuch: No such file or directory' ]
}

@test "a match without end is an error, and nothing is sent" {
  run -1 --separate-stderr variables \
    --setenvif "\"'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' =~ /^(a+)+\$/\" A 1"
  [ "$output" = '' ]
  [[ $stderr == 'cgi-fcgi: --setenvif: rule 1: regular expression: match limit exceeded'* ]]
  [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "PCRE2 is needed only for a regular expression, and its package is named" {
  LD_DEBUG=libs variables --setenvif 'true A 1' 2>loaded || true
  [ -s loaded ] || skip 'the system does not tell what is loaded'
  run ! grep libpcre2 loaded
  : >libpcre2-8.so.0
  LD_LIBRARY_PATH=$PWD run -0 variables --setenvif 'true A 1'
  LD_LIBRARY_PATH=$PWD run --separate-stderr variables --setenvif "\"'a' =~ /a/\" A 1"
  [ "$status" -ne 0 ] || skip 'PCRE2 is linked'
  [ "$status" -eq 1 ]
  [[ $stderr == *'a regular expression needs PCRE2, of the package libpcre2-8-0: '* ]]
  [ "${#stderr_lines[@]}" -eq 1 ]
}
