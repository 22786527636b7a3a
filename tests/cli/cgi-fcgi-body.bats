# What cgi-fcgi sends, and gigabytes either way.
bats_require_minimum_version 1.5.0

load helper

cgi_fcgi=$FCGI_BUILD/cgi-fcgi/cgi-fcgi

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

ask() {
  local path=$1
  shift
  timeout 60 "$cgi_fcgi" --clean-env -e "SCRIPT_NAME=$path" -connect "$ECHO_ADDR" "$@"
}

# --- what is sent ---------------------------------------------------------------------------------

@test "--stream sends a pipe as it comes, without CONTENT_LENGTH" {
  start_echo
  mkfifo pipe
  ask /echo --stream <pipe >answer 3>&- &
  pid=$!
  exec 7>pipe
  echo first >&7
  # It is there before the pipe has ended.
  wait_for grep -q first answer
  echo second >&7
  exec 7>&-
  wait "$pid"
  [ "$(tail -n 2 answer)" = $'first\nsecond' ]
  run -0 bash -c 'echo text | "$@"' bash timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/env \
    -connect "$ECHO_ADDR" --stream
  [[ $output != *CONTENT_LENGTH* ]]
  run -0 bash -c 'echo text | "$@"' bash timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/env \
    -connect "$ECHO_ADDR" --stream -e CONTENT_LENGTH=5
  [[ $output == *CONTENT_LENGTH=5* ]]
}

@test "--stream sends files, large bodies and nothing too" {
  start_echo
  seq 200000 >body
  digest=$(sha256sum <body)
  run -0 ask /sha256 --stream <body
  [[ $output == *"${digest%% *} $(wc -c <body)" ]]
  run -0 bash -c 'cat body | "$@"' bash timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/sha256 \
    -connect "$ECHO_ADDR" --stream
  [[ $output == *"${digest%% *} $(wc -c <body)" ]]
  run -0 ask /sha256 --stream </dev/null
  [[ $output == *" 0" ]]
}

@test "--content-length says what it says, whatever is sent" {
  start_echo
  run -0 ask /env -d text --content-length 1000
  [[ $output == *CONTENT_LENGTH=1000* ]]
  run -0 ask /sha256 -d text --content-length 1000
  [[ $output == *" 4" ]]
  run -0 ask /sha256 -d text --content-length 1
  [[ $output == *" 4" ]]
}

@test "--filter-data sends a file behind the body, and says what it is" {
  start_echo
  seq 50000 >file
  touch -d @1234567890 file
  run -0 ask /env --role filter --filter-data file
  [[ $output == *"FCGI_DATA_LENGTH=$(wc -c <file)"* ]]
  [[ $output == *FCGI_DATA_LAST_MOD=1234567890* ]]
  ask /echo --role filter --filter-data file -d 'the body' | sed '1,/^\r*$/d' | cmp - file
  run -0 ask /sha256 --role filter --filter-data file
  [[ $output == *"$(sha256sum <file | cut -d' ' -f1) $(wc -c <file)" ]]
  # A pipe has no length to tell, so it is kept first.
  run -0 bash -c '"$@" --filter-data <(cat file)' bash timeout 60 "$cgi_fcgi" --clean-env \
    -e SCRIPT_NAME=/env -connect "$ECHO_ADDR" --role filter
  [[ $output == *"FCGI_DATA_LENGTH=$(wc -c <file)"* ]]
  run -0 ask /env --role filter --filter-data file -e FCGI_DATA_LENGTH=1
  grep -qx FCGI_DATA_LENGTH=1 <<<"$output"
}

@test "--filter-data: the streams are sent in their order" {
  start_echo
  echo data >file
  run -0 --separate-stderr ask / --role filter --filter-data file -d body -v
  sent=$(grep -o '^> [A-Z_][A-Z_]*' <<<"$stderr" | tr -d '> ' | tr '\n' ' ')
  [ "$sent" = "BEGIN_REQUEST PARAMS PARAMS STDIN STDIN DATA DATA " ]
  run -1 --separate-stderr ask / --role filter --filter-data nosuch
  [ "$stderr" = "cgi-fcgi: --filter-data nosuch: No such file or directory" ]
}

# --- large answers --------------------------------------------------------------------------------

# pattern N SIZE: what /chunks/NxSIZE answers, by way of a file, which nothing is spliced to.
pattern() {
  ask "/chunks/$1x$2" >"whole.$2"
}

@test "an answer is the same to a pipe as to a file, whatever its records" {
  start_echo
  for size in 65535 65528 65527 32769 32768 32767 8184; do
    pattern 40 "$size"
    [ "$(wc -c <"whole.$size")" -gt $((40 * size)) ]
    ask "/chunks/40x$size" | cmp - "whole.$size"
    ask "/chunks/40x$size" | (sleep 0.05; dd bs=777 2>/dev/null) | cmp - "whole.$size"
    ask "/chunks/40x$size" >>appended
    cmp appended "whole.$size"
    rm appended
  done
  start_echo -l :0
  for size in 65535 32768; do
    ask "/chunks/40x$size" | cmp - "whole.$size"
  done
}

@test "an answer to a pipe is whole, however the records are padded and sent" {
  start_echo
  pattern 20 65000
  for fault in pad-255 split-header slow; do
    start_echo "--fault=$fault"
    ask /chunks/20x65000 | cmp - whole.65000
  done
  start_echo
  ask /chunks/20x65000 -v 2>/dev/null | cmp - whole.65000
  ask /chunks/20x65000 --flush | cmp - whole.65000
  ask /chunks/20x65000 --keep-conn --repeat 3 | cmp - <(cat whole.65000 whole.65000 whole.65000)
  ask /chunks/20x65000 --multiplex 3 | cmp - <(cat whole.65000 whole.65000 whole.65000)
}

@test "an answer in small records is whole" {
  start_echo
  for size in 1 7 8 100 2047 2048 2049; do
    ask "/bytes/$((300 * size))" --body >whole
    ask "/chunks/300x$size" --body | cmp - whole
    ask "/chunks/300x$size" --body --multiplex 3 | cmp - <(cat whole whole whole)
    ask "/chunks/300x$size" --body -v 2>/dev/null | cmp - whole
  done
}

@test "a pipe that does not block gets all of it" {
  command -v python3 >/dev/null || skip "python3 is missing"
  start_echo
  pattern 40 65528
  cat >nonblocking.py <<'END'
import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
child = subprocess.Popen(sys.argv[1:], stdout=w)
os.close(w)
time.sleep(0.2)
while True:
    data = os.read(r, 100000)
    if not data:
        break
    os.write(1, data)
sys.exit(child.wait())
END
  timeout 60 python3 nonblocking.py "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/chunks/40x65528 \
    -connect "$ECHO_ADDR" | cmp - whole.65528
}

@test "a pipe that is closed in the middle of a large record is told" {
  start_echo
  run -32 --separate-stderr bash -c '"$@" | head -c 400000 >/dev/null; exit "${PIPESTATUS[0]}"' \
    bash timeout 60 "$cgi_fcgi" --clean-env -e SCRIPT_NAME=/chunks/1000x65535 -connect "$ECHO_ADDR"
  [ "$stderr" = "cgi-fcgi: standard output: Broken pipe" ]
}

@test "a connection that breaks off a large answer is told, and what came is passed on" {
  start_echo
  mkfifo fifo
  ask /chunks/20000x65535 >fifo 2>errors 3>&- &
  pid=$!
  exec 8<fifo
  head -c 1000000 <&8 >/dev/null
  kill -s KILL "$ECHO_PID"
  rest=$(wc -c <&8)
  exec 8<&-
  status=0
  wait "$pid" || status=$?
  cat errors
  [ "$status" -eq 253 ]
  [[ $(<errors) == "cgi-fcgi: $ECHO_ADDR: the peer closed the connection "* ]]
  [ "$rest" -gt 0 ]
}

@test "a full standard output does not outlast --timeout in a large record either" {
  start_echo
  mkfifo fifo
  exec 7<>fifo
  run -110 --separate-stderr bash -c '"$@" >fifo' bash timeout 60 "$cgi_fcgi" --clean-env \
    -e SCRIPT_NAME=/chunks/1000x65535 -connect "$ECHO_ADDR" --timeout 500ms
  [ "$stderr" = "cgi-fcgi: timed out after 500ms: standard output takes no more" ]
  exec 7>&-
}

@test "-o, /dev/null and /dev/full are no pipes" {
  start_echo
  pattern 20 65535
  ask /chunks/20x65535 -o file
  cmp file whole.65535
  ask /chunks/20x65535 >/dev/null
  run -28 --separate-stderr bash -c '"$@" >/dev/full' bash timeout 60 "$cgi_fcgi" --clean-env \
    -e SCRIPT_NAME=/chunks/20x65535 -connect "$ECHO_ADDR"
  [ "$stderr" = "cgi-fcgi: standard output: No space left on device" ]
}
