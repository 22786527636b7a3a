#!/bin/sh
# Stands in for the unit tests where they cannot be built, so that they are counted as skipped.
echo '1..0 # SKIP cmocka is missing (apt-get install libcmocka-dev)'
