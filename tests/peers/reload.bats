#!/usr/bin/env bats
# Applications of other makers under a supervisor that is reloaded while clients ask.

bats_require_minimum_version 1.5.0
load ../cli/supervise

# reload_under_load COMMAND...: 20 times, with 4 clients who do not wait between their requests.
# libfcgi, which is in both applications, finishes a request when it is told to end, but loses one
# that it has accepted and of which nothing has come yet.
reload_under_load() {
  local i
  supervise -N 4 --start-grace 100ms -- "$@"
  start_load ./sock 4 / "$answer"
  for ((i = 0; i < 20; i++)); do
    "$starter" --reload -P ./pid 3>&-
    load_goes_on
  done
  stop_load
  cat log
  [ "$lost" -eq 0 ]
  [ "$(grep -c 'reloaded: generation' log)" -eq 20 ]
  run ! logged 'killed'
  stop_pool
}

@test "reload: a libfcgi application loses nothing" {
  echo '#include <fcgiapp.h>' | cc -E - >/dev/null 2>&1 ||
    skip 'a C compiler or libfcgi-dev is missing'
  cc -O2 -o app "$peers/libfcgi_app.c" -lfcgi
  answer='X-Query: a=b' reload_under_load ./app
}

@test "reload: a Perl FCGI application loses nothing" {
  perl -MFCGI -MDigest::SHA -e 1 2>/dev/null || skip 'libfcgi-perl is missing'
  answer='sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' \
    reload_under_load "$peers/perl_app.pl"
}
