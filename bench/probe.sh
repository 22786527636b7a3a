#!/bin/bash
# What one probe costs: system calls, instructions, and time, beside the least that a client with
# the same libraries can do, the devkit's cgi-fcgi, check_http and a shell pipeline of the kind that
# containers run.
#
# Usage: FCGI_BUILD=DIR FCGI_SOURCE=DIR bench/probe.sh [calls|instructions|time]...
# All ask php-fpm's ping page, or fcgi-echo where there is no php-fpm.  Programs that are timed run
# in turn, so that what else the machine does hits all; ratios are of the medians, to the first row.
set -u

: "${FCGI_BUILD:?the build directory}" "${FCGI_SOURCE:?the source directory}"
probe=$FCGI_BUILD/fcgi-probe/fcgi-probe
echo_program=$FCGI_BUILD/fcgi-echo/fcgi-echo
empty=$FCGI_BUILD/bench/probe-empty
floor=$FCGI_BUILD/bench/probe-floor
static=$FCGI_BUILD/bench/probe-static
rounds=${BENCH_ROUNDS:-1000}
work=$(mktemp -d "${TMPDIR:-/tmp}/fcgi-bench.XXXXXX") || exit 1
pids=()
PATH=$PATH:/usr/sbin:/sbin:/usr/lib/nagios/plugins
trap 'end; rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
cd "$work" || exit 1

end() {
  local pid
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  done
  pids=()
}

have() {
  command -v "$1" >/dev/null
}

until_answers() {
  local i
  for ((i = 0; i < 500; i++)); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.02
  done
  echo "no answer: $*" >&2
  exit 1
}

php_fpm() {
  local program
  for program in php-fpm /usr/sbin/php-fpm[0-9]*; do
    command -v "$program" && return
  done
}

# --- who answers ----------------------------------------------------------------------------------

# Sets $sock, $path and $ask, the options for that page.
start_application() {
  local program
  if program=$(php_fpm); then
    sh "$FCGI_SOURCE/tests/peers/php-fpm.sh" "$program" "$work" >php-fpm.out 2>&1 &
    pids+=("$!")
    sock=$work/php-fpm.sock path=/ping ask=--ping
  else
    echo 'php-fpm is missing: fcgi-echo answers'
    "$echo_program" -l "$work/echo.sock" &
    pids+=("$!")
    sock=$work/echo.sock path=/ ask=--verbose
  fi
  until_answers "$probe" "$ask" "$sock"
}

# A web server in front, for a check that speaks HTTP.  Sets $port.  Workers of root's would be
# another user, who may not reach the socket in root's folder.
start_web() {
  local dir=$work/web
  mkdir -p "$dir"
  for ((port = 20000 + RANDOM % 10000; ; port++)); do
    cat >"$dir/nginx.conf" <<END
$([ "$(id -u)" -ne 0 ] || echo 'user root;')
daemon off;
pid $dir/pid;
error_log $dir/error.log;
events { }
http {
  access_log off;
  client_body_temp_path $dir/body;
  fastcgi_temp_path $dir/fastcgi;
  proxy_temp_path $dir/proxy;
  scgi_temp_path $dir/scgi;
  uwsgi_temp_path $dir/uwsgi;
  server {
    listen 127.0.0.1:$port;
    location / {
      fastcgi_pass unix:$sock;
      fastcgi_param REQUEST_METHOD \$request_method;
      fastcgi_param SCRIPT_NAME \$uri;
      fastcgi_param SCRIPT_FILENAME \$uri;
    }
  }
}
END
    nginx -t -c "$dir/nginx.conf" >/dev/null 2>&1 && break
  done
  nginx -c "$dir/nginx.conf" >"$dir/out" 2>&1 &
  pids+=("$!")
  until_answers check_http -I 127.0.0.1 -p "$port" -u "$path"
}

# The kind of health check that most containers have: a page through cgi-fcgi, cut up by filters.
write_pipeline() {
  cat >pipeline <<END
#!/bin/sh
page=\$(cgi-fcgi -bind -connect $sock </dev/null 2>/dev/null) || exit 9
printf '%s\n' "\$page" | grep -q '^Status:' && exit 8
printf '%s\n' "\$page" | tail -n +5 | sed 's/\r//' | cut -d: -f1 | grep -q .
END
  chmod +x pipeline
}

make_static() {
  make -s -C "$FCGI_BUILD" bench/probe-static >static.out 2>&1 && return
  static=
  echo 'the static build is not possible here (libpopt.a?)'
}

# --- measuring ------------------------------------------------------------------------------------

# What is compared: NAME, a tab, the command.  The first is what the ratios are to.
list_commands() {
  printf '%s\t%s\n' \
    'least client' "$floor $sock $path" \
    'empty main()' "$empty" \
    "fcgi-probe $ask" "$probe $ask $sock" \
    'fcgi-probe' "$probe --expect-status 200-404 $sock" \
    'fcgi-probe --queue' "$probe --queue $sock"
  [ -z "$static" ] || printf '%s\t%s\n' "fcgi-probe $ask, static" "$static $ask $sock"
  ! have cgi-fcgi || printf '%s\t%s\n' \
    "the devkit's cgi-fcgi" "$(command -v cgi-fcgi) -bind -connect $sock" \
    'shell pipeline' ./pipeline
  [ -z "$port" ] || printf '%s\t%s\n' 'check_http' "check_http -I 127.0.0.1 -p $port -u $path"
}

# each COUNTER: calls it with each command, and prints what it prints behind the name.
each() {
  local name command
  while IFS=$'\t' read -r name command; do
    # shellcheck disable=SC2086 # a program and its arguments
    printf '%-28s %s\n' "$name" "$("$1" $command)"
  done <commands
}

count_calls() {
  strace -f -qq -e 'signal=none' -o calls "$@" >/dev/null 2>&1 </dev/null
  grep -c . calls
}

calls_beyond() {
  local count
  count=$(count_calls "$@")
  printf '%12d %+8d' "$count" "$((count - base))"
}

show_calls() {
  local base
  have strace || { echo 'strace is missing'; return; }
  base=$(count_calls "$empty")
  echo 'system calls                          all   beyond an empty main() with the same libraries'
  each calls_beyond
}

count_instructions() {
  valgrind --tool=callgrind --trace-children=yes --callgrind-out-file=/dev/null "$@" \
    >/dev/null 2>counted </dev/null
  awk '/Collected :/ { sum += $NF } END { printf "%12d", sum }' counted
}

show_instructions() {
  have valgrind || { echo 'valgrind is missing'; return; }
  echo 'instructions, those of the loader included'
  each count_instructions
}

show_time() {
  printf '%-28s %s\n' "one probe, $rounds rounds" \
    '        wall (a tenth is below)   processor   ratio of wall'
  "$FCGI_BUILD/bench/interleave" "$rounds" <commands
}

port=
start_application
write_pipeline
make_static
if have check_http && have nginx; then
  start_web
else
  echo 'check_http or nginx is missing'
fi
have cgi-fcgi || echo "the devkit's cgi-fcgi is missing"
# The devkit's cgi-fcgi sends what it finds in its environment, and is given no more than it needs.
while IFS='=' read -r name _; do
  case $name in PATH | FCGI_*) ;; *) unset "$name" 2>/dev/null ;; esac
done < <(env)
export REQUEST_METHOD=GET SCRIPT_NAME=$path SCRIPT_FILENAME=$path
list_commands >commands
[ $# -gt 0 ] || set -- calls instructions time
for part; do
  "show_$part" || exit
done
