#!/usr/bin/env bats
# fcgistarter: what it starts.

bats_require_minimum_version 1.5.0
load starter

words() {
  states | grep '^word: '
}

variables() {
  states | grep '^env: ' | grep -v -e STARTER_TEST -e SHOW_STATE
}

@test "what: arguments follow -- , with -c or without" {
  start -s ./one -c "$show_state" -- -a --flag 'b c' -- -N 3
  [ "$(words)" = "$(printf 'word: %s\n' "$show_state" -a --flag 'b c' -- -N 3)" ]
  rm "$SHOW_STATE"/*
  cp "$show_state" app
  start -s ./two -- ./app -x
  [ "$(words)" = "$(printf 'word: %s\n' "$PWD/app" -x)" ]
  rm "$SHOW_STATE"/*
  start -s ./three -c ./app --
  [ "$(words)" = "word: $PWD/app" ]
}

@test "what: a script has its own name for \$0, an interpreter its arguments" {
  script app <<'END'
echo "$0" "$@" >"$SHOW_STATE/told"
exec sleep 1000
END
  start -s ./sock -- ./app one
  wait_for test -s "$SHOW_STATE/told"
  [ "$(cat "$SHOW_STATE/told")" = "$PWD/app one" ]
}

@test "what: -N instances share one socket" {
  start -s ./sock -N 5 -P pids -c "$fcgi_echo"
  count_running 5
  # Each of them answers once the others are gone.
  for pid in $(tail -n 4 pids); do
    kill "$pid"
    wait_for is_gone "$pid"
  done
  [ "$(ask ./sock /pid)" = "$(head -n 1 pids)" ]
}

@test "what: the environment is ours" {
  env -i A=1 B= C='x y' SHOW_STATE="$SHOW_STATE" STARTER_TEST="$STARTER_TEST" \
    "$starter" -s ./sock -c "$show_state" 3>&-
  [ "$(variables)" = "$(printf 'env: %s\n' A=1 B= 'C=x y')" ]
}

@test "what: -e sets, replaces, and passes by name" {
  env -i A=1 B=2 C=3 SHOW_STATE="$SHOW_STATE" STARTER_TEST="$STARTER_TEST" \
    "$starter" -s ./sock -c "$show_state" -e B=two -e D='a=b c' -e E= -e C -e NONE --env F=1 -e F=2 3>&-
  [ "$(variables)" = "$(printf 'env: %s\n' A=1 B=two C=3 'D=a=b c' E= NONE= F=2)" ]
  refuses_beside -s ./sock2 -e '' -c "$show_state"
  refuses_beside -s ./sock2 -e =x -c "$show_state"
}

@test "what: --clean-env passes what is named and nothing else" {
  env -i A=1 B=2 C=3 SHOW_STATE="$SHOW_STATE" STARTER_TEST="$STARTER_TEST" \
    "$starter" -s ./sock -c "$show_state" --clean-env --keep-env SHOW_STATE --keep-env STARTER_TEST \
    --keep-env B --keep-env NONE -e C -e D=4 -e UNSET 3>&-
  [ "$(variables)" = "$(printf 'env: %s\n' B=2 C=3 D=4 UNSET=)" ]
  refuses_beside -s ./sock2 --keep-env A -c "$show_state"
  refuses_beside -s ./sock2 --clean-env --keep-env A=1 -c "$show_state"
  refuses_beside -s ./sock2 --clean-env --keep-env '' -c "$show_state"
}

@test "what: --clean-env alone leaves nothing at all" {
  start -s ./sock -P pids --clean-env -c "$show_state"
  [ ! -s "/proc/$(cat pids)/environ" ]
}

@test "what: the command is found by our PATH, not by the application's" {
  mkdir bin
  cp "$show_state" bin/the-app
  PATH=bin:$PATH start -s ./sock -e PATH=/nowhere -c the-app
  [ "$(words)" = "word: $PWD/bin/the-app" ]
  [ "$(variables | grep '^env: PATH=')" = "env: PATH=/nowhere" ]
}

@test "what: -d is the working directory, / the one without it" {
  mkdir deep
  start -s ./one -c "$show_state"
  grep -qx 'cwd: /' "$SHOW_STATE"/*
  rm "$SHOW_STATE"/*
  start -s ./two -d deep -c "$show_state"
  grep -qx "cwd: $(pwd -P)/deep" "$SHOW_STATE"/*
  rm "$SHOW_STATE"/*
  # The command is relative to where we are, not to where it is to be.
  cp "$show_state" app
  start -s ./three -d deep -c ./app
  grep -qx "cwd: $(pwd -P)/deep" "$SHOW_STATE"/*
}

@test "what: -d that is not there is said, and nothing is left" {
  fails 1 -s ./sock -d ./no/such -c "$show_state"
  [ "$output" = "fcgistarter: -d ./no/such: No such file or directory" ]
  fails 1 -s ./sock -d "$show_state" -c "$show_state"
  [[ $output == *": Not a directory" ]]
  [ ! -e sock ]
}
