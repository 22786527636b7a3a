#!/bin/bash
# What fcgi-bench costs and whether what it says is so.
#
# Usage: FCGI_BUILD=DIR FCGI_SOURCE=DIR bench/fcgi-bench.sh [-r ROUNDS] [PART]...
#	efficiency	processor time of a request, beside a client that does nothing else (raw_client)
#	calls		system calls and instructions of a request
#	server		requests a second of fcgi-echo, beside a server that does nothing else
#	ways		what a user can do without it: wrk through nginx, cgi-fcgi in a loop
#	http		what wrk, h2load and ab reach of raw_client's, over HTTP
#	memory		of 10^6 and of 10^8 requests
#	pacing		how late requests of an open loop are sent, and how many
#	omission	an application that stops 200 ms in each second, at 4000 requests a second
#	delays		percentiles beside those that fcgi-echo has logged (some minutes)
# What is compared takes turns, so that what else the machine does hits all; figures are medians,
# and ratios those of pairs.  A client has the first processor, a server the second, unless said.
set -u

: "${FCGI_BUILD:?the build directory}" "${FCGI_SOURCE:?the source directory}"
bench=$FCGI_BUILD/fcgi-bench/fcgi-bench
echo_program=$FCGI_BUILD/fcgi-echo/fcgi-echo
cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi
raw_client=$FCGI_BUILD/bench/raw_client
raw_responder=$FCGI_BUILD/bench/raw_responder
rounds=9
work=$(mktemp -d "${TMPDIR:-/tmp}/fcgi-bench.XXXXXX") || exit 1
background=()
PATH=$PATH:/usr/sbin:/sbin
trap 'end_stopping; rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

# shellcheck source=bench/measure.bash
. "$FCGI_SOURCE/bench/measure.bash"

while getopts r: option; do
  case $option in
  r) rounds=$OPTARG ;;
  *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
cd "$work" || exit 1

on_client=() on_server=()
if have taskset && [ "$(nproc)" -gt 1 ]; then
  on_client=(taskset -c 0) on_server=(taskset -c 1)
fi

# In front of what else wants the processors, where that is permitted: for what is held against the
# clock, which waiting for a processor would show in.
steady=()
if have chrt && chrt -f 10 true 2>/dev/null; then
  steady=(chrt -f 10)
fi

# About the request that raw_client sends.
page=(--as nginx --url http://example.org/ --docroot /var/www/example.org)

end_background() {
  local pid
  for pid in "${background[@]}"; do
    kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  done
  background=()
}

# --- measuring ------------------------------------------------------------------------------------

declare -A costs rates
TIMEFORMAT='%U %S'

forget() {
  costs=()
  rates=()
}

# take NAME COUNT COMMAND...: what a command that makes COUNT requests costs for each.  COUNT may be
# a function that finds the number in what the command has printed, in the file out.
take() {
  local name=$1 count=$2 before after user system
  shift 2
  before=$(now_us)
  { time "${on_client[@]}" "$@" >out 2>&3; } 3>&2 2>cpu || echo "$name has failed" >&2
  after=$(now_us)
  read -r user system <cpu
  case $count in *[!0-9]*) count=$("$count") ;; esac
  if [ "${count:-0}" -eq 0 ]; then
    echo "$name: no requests" >&2
    return
  fi
  costs[$name]+=" $(awk -v us=$((10#${user/./} + 10#${system/./})) -v n="$count" \
    'BEGIN { printf "%.3f", us * 1000 / n }')"
  rates[$name]+=" $((count * 1000000 / (after - before)))"
}

# ratio NUMBERS NUMBERS: the median of the ratios of pairs.
ratio() {
  # shellcheck disable=SC2086 # numbers
  median "$(paste <(printf '%s\n' $1) <(printf '%s\n' $2) |
    awk 'NF == 2 && $2 > 0 { printf "%.3f ", $1 / $2 }')"
}

# value FILTER FILE: of a JSON report.
value() {
  jq -r "$1 // \"-\"" "$2"
}

# --- efficiency -----------------------------------------------------------------------------------

# efficiency KIND MODE COUNT: "keep" or "each" has a connection for all requests or for each.
efficiency() {
  local kind=$1 mode=$2 count=$3 connections i raw=() ours=(-k)
  [ "$mode" = keep ] || raw=(-1) ours=()
  for connections in 8 64 256; do
    start_app "$kind" "${on_server[@]}" "$raw_responder"
    forget
    for ((i = 0; i < rounds; i++)); do
      take raw "$count" "$raw_client" "${raw[@]}" -c "$connections" -n "$count" "$address"
      take ours "$count" "$bench" -q "${ours[@]}" "${page[@]}" -c "$connections" -n "$count" \
        "$address"
    done
    end_apps
    printf '  %-4s %-4s %5d %9.2f us %9.2f us %10.3f %14.3f\n' "$kind" "$mode" "$connections" \
      "$(median "${costs[raw]}")" "$(median "${costs[ours]}")" \
      "$(ratio "${costs[raw]}" "${costs[ours]}")" "$(ratio "${rates[ours]}" "${rates[raw]}")"
  done
}

show_efficiency() {
  echo 'Processor time of a request:'
  echo '  connections       raw_client   fcgi-bench   efficiency  ratio of rates'
  efficiency unix keep 300000
  efficiency tcp keep 150000
  efficiency unix each 60000
  efficiency tcp each 30000
}

# --- calls ----------------------------------------------------------------------------------------

# Both of a run of so many requests, of a program and its arguments that end with -n.
count_calls() {
  strace -f -qq -e signal=none -o calls "${@:2}" "$1" "$address" >/dev/null 2>&1
  grep -c . calls
}

count_instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "${@:2}" "$1" "$address" 2>&1 |
    awk '/Collected :/ { print $NF }'
}

# difference COUNTER COMMAND...: of a long and a short run, so that the start does not count.
difference() {
  local few=20000 many=100000 counter=$1
  shift
  awk -v more="$("$counter" "$many" "$@")" -v less="$("$counter" "$few" "$@")" \
    -v n=$((many - few)) 'BEGIN { printf "%.2f", (more - less) / n }'
}

# calls WHAT COMMAND...
calls() {
  local what=$1 system='?' instructions='?'
  shift
  ! have strace || system=$(difference count_calls "$@")
  ! have valgrind || instructions=$(difference count_instructions "$@")
  printf '  %-40s %12s %14s\n' "$what" "$system" "$instructions"
}

show_calls() {
  # valgrind stretches time, and an interval's end costs as much as some hundred requests.
  local kind connections ours=("$bench" -q --interval 1h "${page[@]}")
  echo 'For each request:                          system calls   instructions'
  for kind in unix tcp; do
    for connections in 8 64; do
      start_app "$kind" "${on_server[@]}" "$raw_responder"
      calls "raw_client, $kind, keep, $connections" "$raw_client" -c "$connections" -n
      calls "fcgi-bench, $kind, keep, $connections" "${ours[@]}" -k -c "$connections" -n
      end_apps
    done
  done
  start_app unix "${on_server[@]}" "$raw_responder"
  calls 'raw_client, unix, each, 64' "$raw_client" -1 -c 64 -n
  calls 'fcgi-bench, unix, each, 64' "${ours[@]}" -c 64 -n
  calls 'fcgi-bench, unix, 32 streams, 8' "${ours[@]}" -m 32 -c 8 -n
  calls 'fcgi-bench, unix, keep, 8 at 1000000/s' "${ours[@]}" -k -c 8 -R 1000000 -n
  end_apps
}

# --- server ---------------------------------------------------------------------------------------

# Processor time of all threads of a process, in ns.
spent_ns() {
  cat "/proc/$1/task"/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

# ask NAME PID COUNT COMMAND...: as take, and the server's processor time under the name with ":".
ask() {
  local name=$1 pid=$2 count=$3 before
  before=$(spent_ns "$pid")
  take "$name" "${@:3}"
  costs[$name:]+=" $(awk -v ns=$(($(spent_ns "$pid") - before)) -v n="$count" \
    'BEGIN { printf "%.3f", ns / 1000 / n }')"
}

# server KIND MODE COUNT
server() {
  local kind=$1 mode=$2 count=$3 connections i client pids addresses
  for connections in 8 64 256; do
    client=("$raw_client" -c "$connections" -n "$count")
    [ "$mode" = keep ] || client+=(-1)
    addresses=() pids=()
    # As many bytes as fcgi-echo answers with.
    for program in "$raw_responder -b 35" "$echo_program"; do
      # shellcheck disable=SC2086 # a program and its options
      start_app "$kind" "${on_server[@]}" $program
      addresses+=("$address") pids+=("$(<"pids.$apps")")
    done
    forget
    for ((i = 0; i < rounds; i++)); do
      ask raw "${pids[0]}" "$count" "${client[@]}" "${addresses[0]}"
      ask ours "${pids[1]}" "$count" "${client[@]}" "${addresses[1]}"
    done
    end_apps
    printf '  %-4s %-4s %5d %7d/s %7.2f us %8d/s %7.2f us %8.3f %14.3f\n' "$kind" "$mode" \
      "$connections" "$(median "${rates[raw]}")" "$(median "${costs[raw:]}")" \
      "$(median "${rates[ours]}")" "$(median "${costs[ours:]}")" \
      "$(ratio "${rates[ours]}" "${rates[raw]}")" "$(ratio "${costs[raw:]}" "${costs[ours:]}")"
  done
}

show_server() {
  echo 'Requests a second of a server, and what it spends on each:'
  echo '  connections             raw_responder            fcgi-echo  of rates  of processor'
  server unix keep 200000
  server tcp keep 100000
  server unix each 40000
  server tcp each 20000
}

# --- ways -----------------------------------------------------------------------------------------

# How many requests a program says that it has made.
wrk_count() {
  awk '/requests in/ { print $1 }' out
}

ab_count() {
  awk '/^Complete requests:/ { print $3 }' out
}

h2load_count() {
  awk '/^requests:/ { print $8 }' out
}

# start_nginx SOCKET: sets $port.  Workers of root's would be another user, who may not reach it.
start_nginx() {
  local dir=$work/nginx i
  mkdir -p "$dir"
  for ((port = 20000 + RANDOM % 10000; ; port++)); do
    cat >"$dir/conf" <<END
$([ "$(id -u)" -ne 0 ] || echo 'user root;')
daemon off;
worker_processes 1;
pid $dir/pid;
error_log $dir/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $dir/body;
  fastcgi_temp_path $dir/fastcgi;
  proxy_temp_path $dir/proxy;
  scgi_temp_path $dir/scgi;
  uwsgi_temp_path $dir/uwsgi;
  upstream kept { server unix:$1; keepalive 64; keepalive_requests 1000000000; }
  fastcgi_param REQUEST_METHOD \$request_method;
  fastcgi_param QUERY_STRING \$query_string;
  fastcgi_param SCRIPT_NAME \$uri;
  fastcgi_param SCRIPT_FILENAME \$document_root\$uri;
  fastcgi_param REQUEST_URI \$request_uri;
  fastcgi_param SERVER_PROTOCOL \$server_protocol;
  fastcgi_param REMOTE_ADDR \$remote_addr;
  fastcgi_param SERVER_NAME \$server_name;
  server {
    listen 127.0.0.1:$port;
    location /keep { fastcgi_pass kept; fastcgi_keep_conn on; }
    location /each { fastcgi_pass unix:$1; }
    location /none { return 200 "hello\n"; }
  }
}
END
    nginx -t -c "$dir/conf" >/dev/null 2>&1 && break
  done
  nginx -c "$dir/conf" >"$dir/out" 2>&1 &
  background+=("$!")
  for ((i = 0; i < 500; i++)); do
    (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    sleep 0.02
  done
  echo 'nginx does not answer' >&2
  exit 1
}

# cgi_fcgi_loop COUNT
cgi_fcgi_loop() {
  local i
  for ((i = 0; i < $1; i++)); do
    SCRIPT_NAME=/ "$cgi_fcgi" -bind -connect "$address" >/dev/null
  done
}

# Without a processor for each, as a user would.
show_ways() {
  local on_client=() name first='fcgi-bench -k' i names
  start_app unix "$raw_responder"
  names=('fcgi-bench -k' 'fcgi-bench' 'cgi-fcgi in a loop')
  if have wrk && have nginx; then
    start_nginx "$address"
    names+=('wrk, nginx, keep_conn' 'wrk, nginx' 'wrk, nginx, no FastCGI')
  else
    echo 'wrk or nginx is missing'
  fi
  forget
  for ((i = 0; i < rounds; i++)); do
    take 'fcgi-bench -k' 100000 "$bench" -q -k -c 8 -n 100000 "$address"
    take 'fcgi-bench' 20000 "$bench" -q -c 8 -n 20000 "$address"
    take 'cgi-fcgi in a loop' 200 cgi_fcgi_loop 200
    [ "${#names[@]}" -gt 3 ] || continue
    take 'wrk, nginx, keep_conn' wrk_count wrk -t 1 -c 8 -d 1 "http://127.0.0.1:$port/keep"
    take 'wrk, nginx' wrk_count wrk -t 1 -c 8 -d 1 "http://127.0.0.1:$port/each"
    take 'wrk, nginx, no FastCGI' wrk_count wrk -t 1 -c 8 -d 1 "http://127.0.0.1:$port/none"
  done
  echo 'Requests a second that reach an application, 8 connections:'
  for name in "${names[@]}"; do
    printf '  %-24s %9d/s %8.3f\n' "$name" "$(median "${rates[$name]}")" \
      "$(ratio "${rates[$name]}" "${rates[$first]}")"
  done
  end_background
  end_apps
}

# --- http -----------------------------------------------------------------------------------------

show_http() {
  local connections i name names=(raw_client) url
  have wrk && names+=(wrk)
  have h2load && names+=(h2load)
  have ab && names+=(ab)
  echo 'Processor time of an HTTP request, connections kept:'
  echo '  connections                               efficiency  ratio of rates'
  for connections in 8 64 256; do
    start_app tcp "${on_server[@]}" "$raw_responder" -m http
    url=http://127.0.0.1$address/
    forget
    for ((i = 0; i < rounds; i++)); do
      for name in "${names[@]}"; do
        case $name in
        raw_client)
          take raw_client 100000 "$raw_client" -m http -c "$connections" -n 100000 "$address"
          ;;
        wrk) take wrk wrk_count wrk -t 1 -c "$connections" -d 1 "$url" ;;
        h2load)
          take h2load h2load_count h2load --h1 -t 1 -c "$connections" -n 50000 "$url"
          ;;
        ab) take ab ab_count ab -q -k -c "$connections" -n 50000 "$url" ;;
        esac
      done
    done
    end_apps
    for name in "${names[@]}"; do
      printf '  %11d  %-10s %12.2f us %10.3f %14.3f\n' "$connections" "$name" \
        "$(median "${costs[$name]}")" "$(ratio "${costs[raw_client]}" "${costs[$name]}")" \
        "$(ratio "${rates[$name]}" "${rates[raw_client]}")"
    done
  done
}

# --- memory -------------------------------------------------------------------------------------

show_memory() {
  local count
  echo 'Largest resident set, 8 connections with 32 streams:'
  start_app unix "${on_server[@]}" "$raw_responder"
  for count in 1000000 100000000; do
    printf '  %9d requests: %d KB\n' "$count" \
      "$(peak "${on_client[@]}" "$bench" -q -m 32 -c 8 -n "$count" "$address")"
  done
  end_apps
}

# --- pacing ---------------------------------------------------------------------------------------

# On any processor: a client that may use but one does not wait awake, since others may need it.
show_pacing() {
  local rate arrival
  have jq || { echo 'jq is missing'; return; }
  echo 'Lateness of requests, 10 s each (us):'
  echo '     rate  arrival          p50       p90       p99   reached of it  processor'
  start_app unix "${steady[@]}" "$raw_responder"
  for rate in 100 1000 10000; do
    for arrival in constant poisson; do
      "${steady[@]}" "$bench" -q -k -c 64 -R "$rate" --arrival "$arrival" -w 1 -z 10 \
        --format=json -o report "${page[@]}" "$address"
      jq -r --argjson rate "$rate" --arg arrival "$arrival" '[$rate, $arrival, .lateness.p50_us,
        .lateness.p90_us, .lateness.p99_us, .rps / $rate,
        .client.cpu_us_per_request * .rps / 10000] | @tsv' report
    done
  done | awk '{ printf "  %7d  %-9s %10.1f %9.1f %9.1f %14.4f %9.0f %%\n", $1, $2, $3, $4, $5, $6,
    $7 }'
  end_apps
}

# --- omission -------------------------------------------------------------------------------------

# Stops a process about 200 ms in each second, and notes from when to when, in us.
stop_and_go() {
  local from
  [ "${#steady[@]}" -eq 0 ] || chrt -f -p 20 "$BASHPID"
  while from=$(now_us) && kill -s STOP "$1" 2>/dev/null; do
    sleep 0.199
    kill -s CONT "$1"
    echo "$from $(now_us)" >>pauses
    sleep 0.8
  done
}

# What the pauses alone make of requests that are due all the time: percentiles in ms.
tell_pauses() {
  awk 'NR == 1 { start = $1 } { count++; len = $2 - $1; sum += len; most = len > most ? len : most
    for (t = 0; t < len; t += 100) waits[int((len - t) / 100)]++
    end = $2 } END {
    printf "  %d pauses of %.1f ms on average, %.1f at most; by them alone ", count,
      sum / count / 1000, most / 1000
    # The last second is not told whole.
    all = (end - start) / 100 + 8000; beyond = 0
    for (w = int(most / 100); w >= 0; w--) {
      beyond += waits[w]
      if (!p99 && beyond > all / 100) p99 = w / 10
      if (!p90 && beyond > all / 10) p90 = w / 10
    }
    printf "p90 %.1f, p99 %.1f ms\n", p90, p99 }' pauses
  rm -f pauses
}

start_stopping() {
  rm -f pauses
  start_app "$@"
  stop_and_go "$(<"pids.$apps")" &
  background+=("$!")
}

end_stopping() {
  end_background
  # It may have been stopped.
  # shellcheck disable=SC2046 # pids
  kill -s CONT $(cat "$work"/pids.* 2>/dev/null) 2>/dev/null
  end_apps
}

show_omission() {
  have jq || { echo 'jq is missing'; return; }
  echo 'An application that takes 50 us and stops for 200 ms a second, 20 s, 8 connections (ms):'
  start_stopping unix "${on_server[@]}" "${steady[@]}" "$raw_responder" -w 50
  "${on_client[@]}" "${steady[@]}" "$bench" -q -k -c 8 -R 4000 -w 1 -z 20 --format=json \
    -o report "${page[@]}" "$address"
  for span in response service; do
    jq -r --arg span "$span" '.[$span] | [$span, .p50_us, .p90_us, .p99_us] | @tsv' report |
      awk '{ printf "  fcgi-bench -R 4000, %-22s p50 %8.2f  p90 %8.2f  p99 %8.2f\n", $1,
        $2 / 1000, $3 / 1000, $4 / 1000 }'
  done
  tell_pauses
  "${on_client[@]}" "${steady[@]}" "$bench" -q -k -c 8 -w 1 -z 20 --format=json -o report \
    "${page[@]}" "$address"
  jq -r '.service | [.p50_us, .p90_us, .p99_us] | @tsv' report |
    awk '{ printf "  %-42s p50 %8.2f  p90 %8.2f  p99 %8.2f\n", "fcgi-bench, closed loop: service",
      $1 / 1000, $2 / 1000, $3 / 1000 }'
  end_stopping
  if have ab; then
    start_stopping tcp "${on_server[@]}" "${steady[@]}" "$raw_responder" -m http -w 50
    "${on_client[@]}" "${steady[@]}" ab -q -k -c 8 -t 20 -n 1000000 \
      "http://127.0.0.1$address/" >out 2>&1
    awk '/^ +50%/ { a = $2 } /^ +90%/ { b = $2 } /^ +99%/ { c = $2 } END {
      printf "  %-42s p50 %8.2f  p90 %8.2f  p99 %8.2f\n", "ab -k, closed loop", a, b, c }' out
    end_stopping
  fi
}

# --- delays ---------------------------------------------------------------------------------------

# percentile FIELD PERCENT FILE: of a column of numbers, exactly.
percentile() {
  cut -d' ' -f "$1" "$3" | sort -n | awk -v part="$2" '{ all[NR] = $1 } END {
    rank = NR * part / 100
    rank = rank > int(rank) + 1e-9 ? int(rank) + 1 : int(rank)
    printf "%.3f\n", all[rank] / 1000 }'
}

# delays RATE SECONDS CONNECTIONS
delays() {
  local rate=$1 part key logged
  "${steady[@]}" "$echo_program" -l echo.sock --print-addr --delay-log log >started &
  background+=("$!")
  until [ -s started ]; do sleep 0.01; done
  "${steady[@]}" "$bench" -q -k -c "$3" -R "$rate" -w 0 -z "$2" --timeout 60 --format=json \
    -o report -e SCRIPT_NAME=/delay/20ms -e 'QUERY_STRING=jitter=exp:10ms' echo.sock
  end_background
  printf '  %d/s, %d answers, %d logged\n' "$rate" "$(value .service.count report)" \
    "$(wc -l <log)"
  for part in 50 90 99 99.9; do
    key=p${part/./_}_us
    logged=$(percentile 2 "$part" log)
    awk -v part="$part" -v logged="$logged" -v service="$(value ".service.$key" report)" \
      -v response="$(value ".response.$key" report)" \
      -v wanted="$(percentile 1 "$part" log)" 'BEGIN {
      off = service - logged; allowed = logged * 0.005 + 50
      if (off > allowed || -off > allowed) too = ": TOO FAR"
      printf "    p%-5s wanted %9.1f  logged %9.1f  service %9.1f (%+.1f, %.1f allowed%s)" \
        "  response %9.1f us\n", part, wanted, logged, service, off, allowed, too, response }'
  done
  rm -f log started echo.sock
}

show_delays() {
  have jq || { echo 'jq is missing'; return; }
  echo 'Answers after 20 ms and an exponential time of 10 ms on average:'
  "$echo_program" --plan '/delay/20ms?jitter=exp:10ms' | tr '\n' ' '
  echo
  delays 100 120 64
  delays 1000 20 256
  delays 10000 10 2000
}

[ $# -gt 0 ] || set -- efficiency calls server ways http memory pacing omission delays
for part; do
  "show_$part" || exit
done
