#!/usr/bin/env bats
# fcgi-bench's command line: what it refuses, and what it says then.

bats_require_minimum_version 1.5.0
load helper
load bench

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

# refuses MESSAGE ARG...: a usage error, which says that and where help is, and nothing else.
refuses() {
  local message=$1
  shift
  run --separate-stderr -2 timeout 60 "$fcgi_bench" "$@"
  printf '%s\n' "$output" "$stderr"
  [ -z "$output" ]
  [ "$stderr" = "fcgi-bench: $message
Try 'fcgi-bench --help' for more information." ]
}

@test "bench: --help, --usage and --version" {
  run -0 "$fcgi_bench" --help
  [[ $output == 'Usage: fcgi-bench [OPTION...] TARGET...'* ]]
  [[ $output == *'--fail-if=CONDITION'* ]]
  run -0 "$fcgi_bench" --version
  [[ $output == 'fcgi-bench (fcgi-utils) '* ]]
  run -0 "$fcgi_bench" --usage
}

@test "bench: there is a target, or a command, or --self-test" {
  refuses 'no target: the address of an application is missing'
  refuses 'sock: a command behind -- is the target' sock -- ./app
  refuses '--: the command is missing' --
  refuses 'fd:3: is one connection, and cannot be made again' fd:3
  refuses 'host:99999: not an address' host:99999
  refuses '--self-test alone has no gates' --self-test --fail-if 'rps<1'
  refuses '--pid, --cgroup and a command exclude each other' --pid 1 -- ./app
  refuses '--cgroup b: there is --cgroup a already' --cgroup a --cgroup b sock
  refuses '--pid, --cgroup and a command exclude each other' --pid 1 --cgroup /sys/fs/cgroup sock
}

@test "bench: numbers are numbers, and within their limits" {
  refuses '-c 0: number is too small (1 to 1048576)' -c 0 sock
  refuses '-c 1x: number is invalid (1 to 1048576)' -c 1x sock
  refuses '-t 0: number is too small (1 to 1024)' -t 0 sock
  refuses '-m 65536: number is too large (1 to 65535)' -m 65536 sock
  refuses '-t 3: there are fewer connections (-c 2)' -t 3 -c 2 sock
  local rate='not a number of requests a second (above 0, up to 1000000000)'
  refuses "-R 0: $rate" -R 0 sock
  refuses "-R -5: $rate" -R -5 sock
  refuses "-R 5k: $rate" -R 5k sock
  refuses "-R nan: $rate" -R nan sock
  refuses "-R 1e12: $rate" -R 1e12 sock
  refuses "-R 1000000001: $rate" -R 1000000001 sock
  refuses '-z 0: has to be longer than nothing' -z 0 sock
  refuses '--interval 9ms: 10ms is the shortest' --interval 9ms sock
  refuses '--timeout 0: has to be longer than nothing' --timeout 0 sock
  refuses '--connect-timeout 0: has to be longer than nothing' --connect-timeout 0 sock
  run --separate-stderr -2 "$fcgi_bench" -n 0 sock
  run --separate-stderr -2 "$fcgi_bench" -w 1x sock
  run --separate-stderr -2 "$fcgi_bench" --requests-per-connection 0 sock
  run --separate-stderr -2 "$fcgi_bench" --pid 0 sock
}

@test "bench: one loop is asked for, and not two" {
  local all='--stages says it all: -R, -z and -n do not go with it'
  refuses "$all" --stages 1s:10 -R 5 sock
  refuses "$all" --stages 1s:10 -z 5 sock
  refuses "$all" --stages 1s:10 -n 5 sock
  refuses '--stages 2s:5: there is a list of them already' --stages 1s:10 --stages 2s:5 sock
  refuses '--stages 10s: not DURATION:RATE, such as 10s:1000,30s:5000' --stages 10s sock
  local rate='not a number of requests a second (above 0, up to 1000000000)'
  refuses "--stages x: $rate" --stages 1s:x sock
  refuses '--stages 0s: has to be longer than nothing' --stages 1s:10,0s:10 sock
  local chooses='--find-max chooses the rate: -R, --stages and -n do not go with it'
  refuses "$chooses" --find-max 'p99<1s' -R 5 sock
  refuses "$chooses" --find-max 'p99<1s' -n 5 sock
  refuses "$chooses" --find-max 'p99<1s' --stages 1s:10 sock
  refuses '--arrival is of an open loop: -R, --stages or --find-max' --arrival poisson sock
  refuses '--seed goes with --arrival=poisson only' --seed 3 -R 5 sock
  run --separate-stderr -2 "$fcgi_bench" -R 5 --arrival even sock
  run --separate-stderr -2 "$fcgi_bench" --spin sometimes sock
}

@test "bench: conditions are refused with the reason" {
  local metric='no such metric; fcgi-bench(1) lists them: rps, p99, max, mean, errors, timeouts, unsent, service_p99, connect_p99, ...'
  refuses '--fail-if p99>20: a time has a unit: us, ms, s, m or h' --fail-if 'p99>20' sock
  refuses '--fail-if server_cpu>20: a time has a unit: us, ms, s, m or h' --fail-if 'server_cpu>20' sock
  refuses '--fail-if p99>x: not a time such as 20ms' --fail-if 'p99>x' sock
  refuses "--fail-if fast>1: $metric" --fail-if 'fast>1' sock
  refuses "--fail-if : $metric" --fail-if '' sock
  refuses '--fail-if p99=1s: not METRIC, then > >= < <= == or !=, then VALUE' --fail-if 'p99=1s' sock
  refuses '--fail-if errors>1ms: not a whole number, nor a share such as 1%' --fail-if 'errors>1ms' sock
  refuses '--fail-if rps<5%: not a number of requests a second' --fail-if 'rps<5%' sock
  refuses '--fail-if response_p99>1s: a closed loop has no due times; -R gives it some' \
    --fail-if 'response_p99>1s' sock
  local more='more than one condition: each --fail-if has its own, and --find-max has one'
  refuses "--find-max p99<20ms,errors==0: $more" --find-max 'p99<20ms,errors==0' sock
  refuses "--fail-if errors>0 || p99>1s: $more" --fail-if 'errors>0 || p99>1s' sock
  refuses '--find-max p90<1s: there is --find-max p99<1s already' --find-max 'p99<1s' --find-max 'p90<1s' sock
  refuses '--find-max p99<20: a time has a unit: us, ms, s, m or h' --find-max 'p99<20' sock
  refuses '--allow-errors x: not a whole number, nor a share such as 1%' --allow-errors x sock
  refuses '--allow-errors 1.5: not a whole number, nor a share such as 1%' --allow-errors 1.5 sock
  for count in errors timeouts starved unsent; do
    refuses "--fail-if $count>1.5: not a whole number, nor a share such as 1%" --fail-if "$count>1.5" sock
  done
  refuses '--allow-errors 101%: not a whole number, nor a share such as 1%' --allow-errors 101% sock
}

@test "bench: reports go to different places, which are looked at before" {
  refuses '--format: two reports would go to standard output; --format=json:FILE gives one a file of its own' \
    --format json --format text sock
  refuses '--format: two reports would go to out; --format=json:FILE gives one a file of its own' \
    --format json:out -o out --format text sock
  refuses '--format json:: the name of the file is missing' --format json: sock
  refuses '--format: two reports would go to standard output; --format=json:FILE gives one a file of its own' \
    --format json:- --format text sock
  local two='--format: two reports would go to'
  local own='--format=json:FILE gives one a file of its own'
  refuses "$two ./out; $own" --format json:out --format csv:./out sock
  ln -s out link
  refuses "$two link; $own" --format json:out --format csv:link sock
  : >out
  refuses "$two $PWD/out; $own" --format json:link --format csv:"$PWD/out" sock
  run -2 bash -c "'$fcgi_bench' --format json:out --format text sock 2>err >out"
  grep -Fx "fcgi-bench: $two standard output; $own" err
  refuses '-o b: there is -o a already' -o a -o b sock
  refuses '-i b: there is -i a already' -i a -i b sock
  refuses '-o out: every --format has a file of its own' -o out --format json:report sock
  run --separate-stderr -2 "$fcgi_bench" --format xml sock
  start_echo --log-env=requests
  run --separate-stderr -2 "$fcgi_bench" -n 1 --format json:nowhere/report "$ECHO_ADDR"
  [ "$stderr" = 'fcgi-bench: nowhere/report: cannot be made: No such file or directory' ]
  run --separate-stderr -2 "$fcgi_bench" -n 1 -o . "$ECHO_ADDR"
  [ "$stderr" = 'fcgi-bench: .: Is a directory' ]
  ln -s nowhere/report dangling
  run --separate-stderr -2 "$fcgi_bench" -n 1 -o dangling "$ECHO_ADDR"
  [ "$stderr" = 'fcgi-bench: dangling: cannot be made: No such file or directory' ]
  [ ! -s requests ]
}

@test "bench: what is asked goes together" {
  refuses '--filter-data goes with --role filter only' --filter-data x sock
  refuses '--role filter: --filter-data is missing' --role filter sock
  refuses '--credentials goes with --role authorizer only' --credentials x sock
  refuses '--docroot says nothing without --url or --as' --docroot /x sock
  refuses '-u says nothing without --url, --as or --role authorizer' -u me sock
  refuses '-d -: standard input is read once, and there are several targets' -c 2 -d - one two
  refuses '-i -: standard input is read once, and there are several targets' -c 2 -i - one two
  refuses '--expect-status 20: not statuses such as 200,3xx,400-404' --expect-status 20 sock
  refuses '--expect-length x: not a number of bytes' --expect-length x sock
  refuses '--expect-body : every body has an empty text' --expect-body '' sock
  refuses '--expect-sha256 12: not 64 hexadecimal digits' --expect-sha256 12 sock
}

@test "bench: untrusted words are escaped in messages" {
  run --separate-stderr -2 "$fcgi_bench" --fail-if $'p99>\e[31m1' sock
  [[ $stderr == *'\033[31m1'* ]]
}
