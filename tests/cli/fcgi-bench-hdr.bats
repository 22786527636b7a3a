#!/usr/bin/env bats
# The histograms in fcgi-bench's JSON are HdrHistogram's: its own programs read them.

bats_require_minimum_version 1.5.0
load helper
load bench

# Where Debian's libhdrhistogram-java has it.
jar=/usr/share/java/hdrhistogram.jar

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  need_jq
}

teardown() {
  stop_all
}

# The payload is compressed, behind the eight bytes that say so.
@test "hdr: every histogram of the JSON begins as HdrHistogram's do" {
  start_echo
  paced -n 100 -R 1000 "$ECHO_ADDR"
  for span in response service lateness connect first_byte; do
    jq -r ".$span.hdr" report >coded
    grep -E '^HISTFAAA[A-Za-z0-9+/]+=*$' coded
    base64 -d <coded | od -An -tx1 -N 4 | grep '1c 84 93 14'
  done
}

@test "hdr: HdrHistogram's own program tells the same of them" {
  [ -r "$jar" ] || skip 'libhdrhistogram-java is missing'
  java -version 2>/dev/null || skip 'java is missing'
  start_echo
  paced -n 2000 -c 20 -R 4000 -e SCRIPT_NAME=/delay/1ms -e QUERY_STRING=jitter=exp:1ms \
    "$ECHO_ADDR"
  for span in response service lateness connect first_byte; do
    {
      echo '#[Histogram log format version 1.3]'
      echo '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'
      echo "0.0,1.0,1.0,$(jq -r ".$span.hdr" report)"
    } >log
    java -cp "$jar" org.HdrHistogram.HistogramLogProcessor -csv -outputValueUnitRatio 1000 \
      -i log -o told
    # What lies at a percentile: the value there, and the number of those that are not above it.
    awk -F , -v count="$(jq ".$span.count" report)" -v p50="$(jq ".$span.p50_us" report)" \
      -v p90="$(jq ".$span.p90_us" report)" '
      /^[0-9]/ {
        if (!low && $2 >= 0.5) low = $1
        if (!high && $2 >= 0.9) high = $1
        all = $3
      }
      function far(a, b) { return a > b * 1.001 + 0.001 || b > a * 1.001 + 0.001 }
      END { exit all != count || far(low, p50) || far(high, p90) }' told.hgrm
  done
}
