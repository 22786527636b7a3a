#!/bin/sh
# Runs a cmocka program.  cmocka 1.1 calls a skipped test "not ok N # SKIP", which TAP counts as a
# failure: it is said as TAP has it.
out=$("$@")
status=$?
printf '%s\n' "$out" | sed 's/^not ok \([0-9]*\) # SKIP/ok \1 # SKIP/'
exit "$status"
