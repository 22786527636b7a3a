#!/usr/bin/env bats
# fcgi-bench over a network that is not loopback: an application on another host, and what networks
# do to connections.  ./check runs this as root; an ordinary user needs user namespaces.

bats_require_minimum_version 1.5.0
load helper
load ../cli/bench
load network

# Packets for it go out, and nobody takes them.
silent_addr=192.0.2.77

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  fcgi_probe=$FCGI_BUILD/fcgi-probe/fcgi-probe
  connect_hosts
}

teardown() {
  stop_all
}

# diagnosed KIND TEXT: so it was, and in these words.
diagnosed() {
  holds "any(.diagnoses[]; .kind == \"$1\" and (.text | contains(\"$2\")))"
}

not_diagnosed() {
  holds "all(.diagnoses[]; .kind != \"$1\")"
}

# probe STATUS ARG...
probe() {
  local expected=$1
  shift
  run "-$expected" timeout 120 "${here[@]}" "$fcgi_probe" "$@"
  printf '%s\n' "$output"
}

# Nobody has the address of a neighbour that is sent to.
be_silent() {
  "${here[@]}" ip neigh replace "$1" lladdr 02:00:00:00:00:77 dev wire
}

# has_sent PACKETS: so many have gone out.
has_sent() {
  (($("${here[@]}" awk -F '[: ]+' '$2 == "wire" { print $12 }' /proc/net/dev) >= $1))
}

# are_stuck COUNT: on so many connections a request is sent, and not even acknowledged.
are_stuck() {
  (($("${here[@]}" ss -Htn state established | awk '$2 > 0' | wc -l) == $1))
}

# cut_wire CONNECTIONS: in mid-run, with a request on each of them; none is answered any more.
cut_wire() {
  need ss
  # Who is known need not be asked for, in vain.
  meet_neighbour
  wait_for has_sent 1000
  "${there[@]}" ip link set wire down
  wait_for are_stuck "$1"
}

# --- an application on another host ---------------------------------------------------------------

@test "net: an application on another host is measured, whoever listens at its port here" {
  start_echo -l "$there_addr:0" --log-env=requests
  local target=$ECHO_ADDR sent=0 options
  ECHO_WRAPPER=${here[*]} start_echo -l "0.0.0.0:${target##*:}" --log-env=decoy
  for options in -k '' '-m 4' '--requests-per-connection 10'; do
    # shellcheck disable=SC2086 # options
    bench 0 $options -c 4 -w 0 -n 1000 --format text:text "$target"
    ((sent += 1000))
    holds '.requests.complete == 1000 and .requests.failed == 0 and .errors.total == 0'
    holds '.service.count == 1000 and .connect.count == .connections.made'
    holds '.connections.used == 4 and .connections.starved == 0'
    [ "$(wc -l <requests)" -eq "$sent" ]
    # Whose processor time it is cannot be known, nor how long the queue is.
    holds '.server == null'
    grep -qxF "server        processor time not known: nobody on this host listens at \
$target: for one in a container give --pid or --cgroup" text
    holds '.fingerprint.hostname != "" and (.fingerprint.kernel | startswith("Linux ")) and .fingerprint.cpus > 0'
    not_diagnosed syn-retransmission
  done
  [ ! -s decoy ]
}

@test "net: a rate is kept over a network, with kept connections and without" {
  local options
  start_echo -l "$there_addr:0"
  for options in -k ''; do
    # shellcheck disable=SC2086 # options
    paced $options -R 200 -c 4 -w 100ms -z 500ms "$ECHO_ADDR"
    holds '.requests.complete + .requests.unsent == 100 and .response.count == 100'
    holds '.errors.total == .requests.unsent and .server == null'
  done
}

@test "net: --pid tells the processor time of what is in a container of this machine" {
  start_echo -l "$there_addr:0"
  bench 0 -k -c 4 -w 0 -n 20000 --pid "$ECHO_PID" "$ECHO_ADDR"
  holds '.server.cpu_us_per_request > 0 and .server.name == "fcgi-echo"'
}

# --- no connection --------------------------------------------------------------------------------

@test "net: what a route answers is named, and what it means" {
  local kind error means
  while read -r kind error means; do
    [ "$kind" = none ] || "${here[@]}" ip route replace "$kind" 198.51.100.0/24
    bench 3 -c 2 -w 0 -n 10 198.51.100.9:9000
    holds ".errors == {total: 10, connect: {$error: 10}} and .requests.complete == 0"
    holds ".reason == \"no connection could be made: $error${means:+ ($means)}\""
    # An open loop of a long time gives up as well.
    bench 3 -c 2 -w 0 -z 60s -R 1000 198.51.100.9:9000
    holds ".errors.connect.$error == .errors.total and .errors.total > 0 and .duration_s < 10"
  done <<'END'
none ENETUNREACH
blackhole EINVAL its route is a blackhole
unreachable EHOSTUNREACH
prohibit EACCES its route is prohibited, or it is a broadcast address
END
}

@test "net: an address that no host of the network has" {
  set_sysctl ipv4/neigh/wire/mcast_solicit 1
  bench 3 -c 2 -w 0 -n 4 192.0.2.99:9000
  holds '.errors == {total: 4, connect: {EHOSTUNREACH: 4}}'
  probe 2 192.0.2.99:9000
  [[ $output == 'FCGI CRITICAL 192.0.2.99:9000 - no-answer: No route to host'* ]]
}

@test "net: where packets vanish, connects time out, and no backlog is blamed alone" {
  local options
  be_silent "$silent_addr"
  for options in '-n 4' '-n 4 -k' '-n 4 -k -m 2'; do
    # shellcheck disable=SC2086 # options
    bench 3 $options -c 2 -w 0 --connect-timeout 200ms "$silent_addr:9000"
    holds '.errors == {total: 4, connect: {timeout: 4}} and .connections.made == 0'
    holds '.reason == "no connection could be made: timeout"'
    holds '.duration_s >= 0.2 and .duration_s < 4'
    diagnosed syn-retransmission '4 connections had no answer at all in the time given: no host has'
  done
  # The time of a request has connecting in it.
  bench 3 -c 2 -w 0 -n 2 --timeout 300ms "$silent_addr:9000"
  holds '.errors == {total: 2, connect: {timeout: 2}} and .duration_s >= 0.3 and .duration_s < 3'
  # It is given up, however long it was to be.
  bench 3 -c 2 -w 0 -z 600s --timeout 200ms "$silent_addr:9000"
  holds '.errors.total == .errors.connect.timeout and .duration_s < 10'
  probe 2 --timeout 300ms "$silent_addr:9000"
  [[ $output == "FCGI CRITICAL $silent_addr:9000 - no-answer: "* ]]
}

@test "net: where packets vanish, an open loop does not call the application busy" {
  be_silent "$silent_addr"
  bench 3 -k -c 2 -w 0 -z 600ms -R 100 --timeout 200ms "$silent_addr:9000"
  holds '.errors.connect.timeout > 0 and .requests.complete == 0'
  holds '.requests.failed + .requests.complete == .errors.total'
  diagnosed syn-retransmission 'had no answer at all'
  not_diagnosed server-saturated
  not_diagnosed schedule-missed
}

@test "net: one of two targets is silent: the other's answers count, and the run has failed" {
  be_silent "$silent_addr"
  start_echo -l "$there_addr:0"
  bench 1 -k -c 4 -w 0 -z 600ms --connect-timeout 200ms "$ECHO_ADDR" "$silent_addr:9000"
  holds '.connections.used == 2 and .requests.complete > 0'
  holds '.errors.connect.timeout >= 2 and .errors.total == .errors.connect.timeout'
  diagnosed syn-retransmission 'took longer than the time given: SYNs were lost'
}

is_connecting() {
  [ -n "$("${here[@]}" ss -Htn state syn-sent)" ]
}

@test "net: a SYN that is lost once is told by the time that it took" {
  need ss
  start_echo -l "$there_addr:0"
  be_silent "$there_addr"
  begin_bench -w 0 -n 10 "$ECHO_ADDR"
  wait_for is_connecting
  meet_neighbour
  bench_ends 0
  holds '.requests.complete == 10 and .errors.total == 0 and .connect.max_us >= 900000'
  # A request begins to be served when there is a connection.
  holds '.service.max_us < .connect.max_us'
  diagnosed syn-retransmission '1 connection took about 1, 3 or 7 s: a SYN was lost'
}

# --- ports that run out ---------------------------------------------------------------------------

@test "net: kept connections: more than there are ports" {
  start_echo -l "$there_addr:0"
  set_sysctl ipv4/ip_local_port_range '40000 40039'
  bench 1 -k -c 64 -w 0 -z 500ms "$ECHO_ADDR"
  holds '.connections.used == 40 and .connections.made == 40 and .requests.complete > 0'
  holds '.errors.total == .errors.connect.EADDRNOTAVAIL and .errors.total >= 24'
  # They are tried again after a pause, not in circles.
  holds '.errors.total < 24 * 1000 and .duration_s < 5'
  diagnosed ports-exhausted 'use fewer (-c), a UNIX socket, or widen net.ipv4.ip_local_port_range'
}

@test "net: a connection for each request, closed by us first: the ports run out" {
  # Its TIME_WAIT is ours.
  start_echo -l "$there_addr:0" --fault=keep-open
  set_sysctl ipv4/ip_local_port_range '40000 40039'
  bench 1 -c 2 -w 0 -z 500ms "$ECHO_ADDR"
  holds '.requests.complete == 40 and .connections.made == 40'
  holds '.errors.total == .errors.connect.EADDRNOTAVAIL and .errors.total > 0'
  holds '.errors.total < 2 * 1000 and .duration_s < 5'
  diagnosed ports-exhausted 'keep theirs for a minute; use -k, a UNIX socket, or widen'
  # The next run has none, and says so.
  bench 3 -c 2 -w 0 -n 20 "$ECHO_ADDR"
  holds '.errors == {total: 20, connect: {EADDRNOTAVAIL: 20}}'
  holds '.reason == "no connection could be made: EADDRNOTAVAIL"'
  bench 3 -c 2 -w 0 -z 600s -R 1000 "$ECHO_ADDR"
  holds '.errors.connect.EADDRNOTAVAIL == .errors.total and .duration_s < 10'
  diagnosed ports-exhausted 'requests found no free port of ours for a connection'
}

@test "net: a few requests on each connection: the advice is more of them" {
  start_echo -l "$there_addr:0"
  set_sysctl ipv4/ip_local_port_range '40000 40039'
  bench 1 --requests-per-connection 2 -c 2 -w 0 -z 500ms "$ECHO_ADDR"
  holds '.requests.complete == 80 and .errors.connect.EADDRNOTAVAIL > 0'
  diagnosed ports-exhausted 'for a minute; keep them for more requests, a UNIX socket, or widen'
}

@test "net: a connection for each request, closed by the application first: the ports do" {
  start_echo -l "$there_addr:0"
  set_sysctl ipv4/ip_local_port_range '40000 40039'
  bench 0 -c 4 -w 0 -n 1000 "$ECHO_ADDR"
  holds '.requests.complete == 1000 and .connections.made == 1000 and .errors.total == 0'
}

# --- a full queue ---------------------------------------------------------------------------------

@test "net: nobody accepts, and the queue is full: the first wait for an answer, others for a connection" {
  start_echo -l "$there_addr:0" --backlog 1 --fault=no-accept
  bench 3 -c 8 -w 0 -n 8 --timeout 500ms "$ECHO_ADDR"
  # One more than the backlog fits in.
  holds '.errors == {total: 8, connect: {timeout: 6}, "first-byte": {timeout: 2}}'
  holds '.connections.made == 2 and .connections.used == 0 and .duration_s < 5'
  holds '.reason == "there was no good answer"'
  diagnosed syn-retransmission "6 connections took longer than the time given: SYNs were lost, most \
often because the application's backlog was full"
  # The queue is full from the start.
  bench 3 -k -c 8 -w 0 -n 8 --timeout 300ms "$ECHO_ADDR"
  holds '.errors == {total: 8, connect: {timeout: 8}}'
  diagnosed syn-retransmission "or the application's backlog is full"
}

# --- a slow wire, and a bad one -------------------------------------------------------------------

@test "net: the delay of the wire is in connecting and in every answer" {
  impair delay 30ms
  start_echo -l "$there_addr:0"
  bench 0 -c 4 -w 0 -n 40 "$ECHO_ADDR"
  holds '.connect.min_us >= 29000 and .connect.p50_us >= 29000'
  holds '.service.min_us >= 29000 and .service.p50_us >= 29000 and .first_byte.p50_us >= 29000'
  not_diagnosed syn-retransmission
}

@test "net: packets that are lost and sent again cost time and no request" {
  impair loss 10%
  start_echo -l "$there_addr:0"
  bench 0 -k -c 4 -w 0 -n 200 "$ECHO_ADDR"
  holds '.requests.complete == 200 and .errors.total == 0'
}

@test "net: where answers are lost the requests time out, though they were sent" {
  impair loss 0%
  start_echo -l "$there_addr:0"
  begin_bench -k -c 2 -w 0 -z 2s --timeout 500ms "$ECHO_ADDR"
  wait_for has_sent 100
  impair loss 100%
  bench_ends 1
  holds '.errors."first-byte".timeout >= 2 and .requests.complete > 0'
}

# --- a wire that is cut ---------------------------------------------------------------------------

@test "net: a wire that is cut in mid-run ends in time-outs, and the run when it should" {
  start_echo -l "$there_addr:0"
  begin_bench -k -c 4 -w 0 -z 2s --timeout 500ms "$ECHO_ADDR"
  cut_wire 4
  bench_ends 1
  holds '.requests.complete > 0 and .errors."first-byte".timeout == 4 and .errors.connect.timeout > 0'
  holds '.errors.total == .errors."first-byte".timeout + .errors.connect.timeout'
  holds '.duration_s < 10 and .interrupted == false'
  diagnosed syn-retransmission 'took longer than the time given'
}

@test "net: a wire that is cut in mid-run of an open loop: nothing that was due is lost" {
  start_echo -l "$there_addr:0"
  begin_bench -k -c 4 -w 0 -z 3s -R 1000 --timeout 500ms "$ECHO_ADDR"
  cut_wire 4
  bench_ends 1
  holds '.requests.complete + .requests.failed == 3000 and .errors.total == .requests.failed'
  holds '.errors."first-byte".timeout == 4'
}

@test "net: our own link goes down: new connections are told of no route" {
  start_echo -l "$there_addr:0"
  begin_bench -c 2 -w 0 -z 2s --timeout 500ms "$ECHO_ADDR"
  wait_for has_sent 1000
  "${here[@]}" ip link set wire down
  bench_ends 1
  holds '.requests.complete > 0 and .errors.connect.ENETUNREACH > 0 and .duration_s < 10'
}

@test "net: a wire that was cut and is mended has cost time and no request" {
  start_echo -l "$there_addr:0"
  begin_bench -k -c 2 -w 0 -z 2s "$ECHO_ADDR"
  cut_wire 2
  "${there[@]}" ip link set wire up
  bench_ends 0
  holds '.requests.complete > 0 and .errors.total == 0 and .connections.made == 2'
}

@test "net: ^C behind a cut wire waits for what is in flight as long as it may take, and reports" {
  start_echo -l "$there_addr:0"
  begin_bench -k -c 4 -w 0 -z 600s --timeout 1s "$ECHO_ADDR"
  cut_wire 4
  kill -s INT "$BENCH_PID"
  bench_ends 130
  holds '.interrupted and .requests.complete > 0 and .requests.cut_off == 0 and .duration_s < 60'
  holds '.errors.total > 0 and .errors.total == .requests.failed'
}

@test "net: a second ^C behind a cut wire ends it at once, and reports" {
  start_echo -l "$there_addr:0"
  begin_bench -k -c 4 -w 0 -z 600s --timeout 500s "$ECHO_ADDR"
  cut_wire 4
  kill -s INT "$BENCH_PID"
  wait_for is_taken INT
  kill -s INT "$BENCH_PID"
  bench_ends 130
  holds '.interrupted and .requests.complete > 0 and .requests.cut_off == 4 and .errors.total == 0'
}
