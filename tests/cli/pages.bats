#!/usr/bin/env bats
# The pages say what the programs do: the options of --help are those of the page, and the examples
# of the page run as they are printed.  How a page marks an example that must fail or cannot be run:
# see page-examples.awk.

bats_require_minimum_version 1.5.0

setup() {
  tools=$FCGI_SOURCE/tests/cli
  pages=$FCGI_SOURCE/man1
  programs=("$FCGI_BUILD"/{cgi-fcgi/cgi-fcgi,fcgistarter/fcgistarter,fcgi-echo/fcgi-echo,fcgi-probe/fcgi-probe,fcgi-bench/fcgi-bench,fcgi-auth-test/fcgi-auth-test})
  cd "$BATS_TEST_TMPDIR" || return
}

# The options that the lines of --help begin with, one a line.
help_options() {
  "$FCGI_BUILD/$1/$1" --help | grep -oE '^ +-[^ ,=]*(, --?[^ ,=]+)?' | grep -oE -- '-[^ ,]+' | sort -u
}

same_options() {
  help_options "$1" >help
  [ -s help ]
  awk -f "$tools/page-options.awk" "$pages/$1.1" | sort -u >page
  diff -u help page
}

lint() {
  command -v mandoc >/dev/null || skip 'mandoc is missing'
  mandoc -T lint -W warning "$pages/$1.1"
}

# Inside namespaces of its own the fixed ports and paths of a page are free.
run_examples() {
  local unshare=(unshare --net --mount --pid --fork --kill-child --mount-proc)
  [ "$(id -u)" -eq 0 ] || unshare+=(--user --map-root-user)
  command -v ip >/dev/null || skip 'ip is missing (apt-get install iproute2)'
  "${unshare[@]}" true 2>/dev/null || skip 'namespaces are not permitted'
  awk -f "$tools/page-examples.awk" "$pages/$1.1" >examples
  [ -s examples ]
  timeout 120 "${unshare[@]}" bash "$tools/page-run.bash" examples "${programs[@]}" 3>&-
}

@test "pages: every page is tested here" {
  for page in "$pages"/*.1; do
    name=${page##*/}
    grep -q "same_options ${name%.1}$" "$BATS_TEST_FILENAME"
    grep -q "run_examples ${name%.1}$" "$BATS_TEST_FILENAME"
    grep -q "lint ${name%.1}$" "$BATS_TEST_FILENAME"
  done
}

@test "pages: fcgistarter: --help and the page have the same options" {
  same_options fcgistarter
}

@test "pages: cgi-fcgi: --help and the page have the same options" {
  same_options cgi-fcgi
}

@test "pages: fcgi-echo: --help and the page have the same options" {
  same_options fcgi-echo
}

@test "pages: fcgi-probe: --help and the page have the same options" {
  same_options fcgi-probe
}

@test "pages: fcgi-bench: --help and the page have the same options" {
  same_options fcgi-bench
}

@test "pages: fcgi-auth-test: --help and the page have the same options" {
  same_options fcgi-auth-test
}

@test "pages: fcgistarter: mandoc finds nothing" {
  lint fcgistarter
}

@test "pages: cgi-fcgi: mandoc finds nothing" {
  lint cgi-fcgi
}

@test "pages: fcgi-echo: mandoc finds nothing" {
  lint fcgi-echo
}

@test "pages: fcgi-probe: mandoc finds nothing" {
  lint fcgi-probe
}

@test "pages: fcgi-bench: mandoc finds nothing" {
  lint fcgi-bench
}

@test "pages: fcgi-auth-test: mandoc finds nothing" {
  lint fcgi-auth-test
}

@test "pages: fcgistarter: the examples run" {
  run_examples fcgistarter
}

@test "pages: cgi-fcgi: the examples run" {
  run_examples cgi-fcgi
}

@test "pages: fcgi-echo: the examples run" {
  run_examples fcgi-echo
}

@test "pages: fcgi-probe: the examples run" {
  run_examples fcgi-probe
}

@test "pages: fcgi-bench: the examples run" {
  run_examples fcgi-bench
}

@test "pages: fcgi-auth-test: the examples run" {
  run_examples fcgi-auth-test
}
