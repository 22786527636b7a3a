# fcgi-auth-test: what --format cases writes can be run again, wherever it lies.
bats_require_minimum_version 1.5.0

load helper

auth_test=$FCGI_BUILD/fcgi-auth-test/fcgi-auth-test
authorizer=$FCGI_BUILD/tests/cli/authorizer

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# runs ARGUMENT...: what it says is in the files out and err.
runs() {
  timeout 60 "$auth_test" --no-probes "$@" >out 2>err 3>&- || { status=$?; cat out err; return "$status"; }
}

@test "golden: cases of the same name in several files get names of their own" {
  printf '%s\n' 'Case: a' '' 'Case: a (2)' >one
  printf '%s\n' 'Case: a' 'Request: /two' >two
  runs --format cases -o golden one two -- "$authorizer"
  [ "$(sed -n 's/^Case: //p' golden)" = 'a
a (2)
a (3)' ]
  runs golden -- "$authorizer"
}

@test "golden: a password's file is found from where the golden file lies" {
  mkdir -p sub/pw golden
  echo wonder >sub/pw/alice
  printf '%s\n' 'Case: a' 'User: alice' 'Password-File: pw/alice' >sub/cases
  runs --format cases -o sub/golden sub/cases -- "$authorizer"
  grep -qx 'Password-File: pw/alice' sub/golden
  runs --format cases -o golden/golden sub/cases -- "$authorizer"
  grep -qx "Password-File: $PWD/sub/pw/alice" golden/golden
  runs --format cases -o here sub/cases -- "$authorizer"
  grep -qx "Password-File: sub/pw/alice" here
  for file in sub/golden golden/golden here; do
    grep -qx 'Expect: allow' "$file"
    runs "$file" -- "$authorizer"
  done
}

@test "golden: what fails today is ignored tomorrow, and no more than that" {
  printf '%s\n' 'Case: a' 'Ignore: T3' >cases
  printf 'Status: 200 OK\nVariable-A: 1\nVariable-A: 2\nStatus: 401\n\n' >answer
  run -1 runs --format cases -o golden cases -- "$fcgi_echo" --answer answer
  grep -q '^Ignore: \(.* \)*R4\( \|$\)' golden
  grep -q '^Ignore: \(.* \)*T3$' golden
  runs golden -- "$fcgi_echo" --answer answer
  # What is new is not.
  printf 'Variable-A: 1\n\n' >answer
  run -1 runs golden -- "$fcgi_echo" --answer answer
}

@test "golden: a variable that no case file can name is told" {
  printf '%s\n' 'Case: a' >cases
  printf 'Status: 200 OK\nVariable-A(B): 1\n\n' >answer
  run runs --format cases -o golden cases -- "$fcgi_echo" --answer answer
  grep -qxF '# Not expected, since no case file can name it: variable "A(B)"' golden
  runs golden -- "$fcgi_echo" --answer answer
}
