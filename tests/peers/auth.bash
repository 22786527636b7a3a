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

# A request that has no header but Host, unless further options say so.
request=(-sS -g -k --http1.1 --path-as-is -A '' -H Accept:)

# ask WEB NAME PATH CURL-OPTION...: asks apache2, lighttpd or nginx for the path, with the
# application NAME as the authorizer.  With scheme set to https it is that.
ask() {
  local web=$1 name=$2 path=$3 port
  port=$(<"$BATS_FILE_TMPDIR/auth-$web.port")
  [ "${scheme:-http}" = http ] || ((++port))
  shift 3
  curl "${request[@]}" --max-time 60 --resolve "$name:$port:127.0.0.1" "$@" \
    "${scheme:-http}://$name:$port$path"
}

# ask_all WEB CURL-OPTION...: one request after the other for each row "NAME PATH CURL-OPTION..." of
# standard input, parted by tabs, each on a connection of its own but for https.  The answer to the
# row N is in the files N.head and N.body; on standard output is a line for each, "N" and the error
# if there was one.
ask_all() {
  local web=$1 port words
  read -r port <"$BATS_FILE_TMPDIR/auth-$web.port"
  [ "${scheme:-http}" = http ] || ((++port))
  shift
  # curl keeps a connection for the next request to the same host.
  mapfile -t words < <(LC_ALL=C awk -F'\t' -v port="$port" -v scheme="${scheme:-http}" '
    NR == FNR { always = always $0 "\n"; next }
    {
      host = $1
      if (FNR > 1)
        print "--next"
      printf "%s", always
      if (scheme == "http") {
        host = $1 "-" FNR
        if ($0 !~ /\tHost:/)
          print "-H\nHost: " $1 ":" port
      }
      for (i = 3; i <= NF; i++)
        print $i
      printf "-D\n%d.head\n-o\n%d.body\n-w\n%d %%{errormsg}\\n\n", FNR, FNR, FNR
      print "--resolve\n" host ":" port ":127.0.0.1"
      print scheme "://" host ":" port $2
    }' <(printf '%s\n' "${request[@]}" --max-time 60 "$@") -)
  curl "${words[@]}"
}
