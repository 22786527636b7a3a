# What the tests of authorizers behind real web servers share: applications, each started for TCP
# and as a program for mod_fcgid, and the servers auth-apache2, auth-lighttpd and auth-nginx, which
# ask them in every way they know; what ways those are their scripts say.

load presets

scripted=$FCGI_BUILD/tests/peers/scripted

# add_application NAME COMMAND...: an application that takes its socket on descriptor 0; before the
# servers.  APP_INSTANCES says how many of it there are.
add_application() {
  local name=$1 port
  shift
  port=$("$fcgistarter" -P "$BATS_FILE_TMPDIR/$name.pids" -i 127.0.0.1 -p 0 --print-port \
    -N "${APP_INSTANCES:-1}" -- "$@" 3>&-) || return
  echo "$name 127.0.0.1:$port" >>"$BATS_FILE_TMPDIR/apps"
  {
    echo '#!/bin/sh'
    printf 'exec'
    printf ' "%s"' "$@"
    echo
  } >"$BATS_FILE_TMPDIR/$name.program"
  chmod +x "$BATS_FILE_TMPDIR/$name.program"
}

# application_addr NAME: where it listens.
application_addr() {
  sed -n "s/^$1 //p" "$BATS_FILE_TMPDIR/apps"
}

# Those of the three that are installed; one that is and does not start is a failure.
start_auth_servers() {
  local web
  sed -n '1s/^.* //p' "$BATS_FILE_TMPDIR/apps" >"$BATS_FILE_TMPDIR/app.addr"
  for web in apache2 lighttpd nginx; do
    if command -v "$web" >/dev/null; then
      start_server "auth-$web" || return
    fi
  done
}

# ask WEB NAME PATH CURL-OPTION...: asks apache2, lighttpd or nginx for the path, with the
# application NAME as the authorizer.  The request has no header but Host unless the options say so.
# With scheme set to https it is that.
ask() {
  local web=$1 name=$2 path=$3 port
  port=$(<"$BATS_FILE_TMPDIR/auth-$web.port")
  [ "${scheme:-http}" = http ] || ((++port))
  shift 3
  curl -sS -g -k --http1.1 --path-as-is --max-time 60 -A '' -H Accept: \
    --resolve "$name:$port:127.0.0.1" "$@" "${scheme:-http}://$name:$port$path"
}
