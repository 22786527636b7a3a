#!/usr/bin/env bats
# The examples for fcgi-probe that need php-fpm: the command lines that stand in packaging/ and in the
# page do what they promise, with php-fpm where they look for it.

bats_require_minimum_version 1.5.0
load helper

packaging=$FCGI_SOURCE/packaging

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  mkdir programs
  cp "$FCGI_BUILD"/{fcgi-probe/fcgi-probe,cgi-fcgi/cgi-fcgi} programs/
  # The pool's settings are those of the example.
  awk '/^  zz-probe.conf: \|/ { on = 1; next } /^---/ { on = 0 } on { sub(/^    /, ""); print }' \
    "$packaging/kubernetes/php-fpm.yaml" | grep -v '^\[www\]$' >pool
}

need_php_fpm() {
  program=$(php_fpm) || skip 'php-fpm is missing'
  need jq ip
  unshare=(unshare --net --mount --pid --fork --kill-child --mount-proc)
  # As who we are: php-fpm that is root in a namespace only cannot change its groups.
  [ "$(id -u)" -eq 0 ] || unshare+=(--user --map-current-user --keep-caps)
  "${unshare[@]}" true 2>/dev/null || skip 'namespaces are not permitted'
}

# Runs the script on standard input in the namespaces.
with_php_fpm() {
  cat >script
  timeout 120 "${unshare[@]}" bash "$FCGI_SOURCE/tests/peers/packaging-run.bash" "$program" \
    "$PWD/programs" "$PWD/pool" "$PWD/script" 3>&-
}

# A JSON array as one of bash's: array NAME <JSON
array() {
  jq -r --arg name "$1" '$name + "=(" + (map(@sh) | join(" ")) + ")"'
}

@test "container: the HEALTHCHECK is well with a busy pool, and not without one" {
  need_php_fpm
  sed -n 's/^\tCMD \(\[.*\]\)$/\1/p' "$packaging/container/Dockerfile" >check.json
  [ "$(wc -l <check.json)" -eq 1 ]
  { array check <check.json; cat <<'END'; } | with_php_fpm
exits 0 "${check[@]}"
says '^FCGI OK 127.0.0.1:9000 - '
take_all
exits 0 "${check[@]}"
says '^FCGI OK 127.0.0.1:9000 - busy: '
stop_fpm
# Docker knows 0 and 1 only.
exits 1 "${check[@]}"
says '^FCGI CRITICAL 127.0.0.1:9000 - refused: '
END
}

@test "container: the time-outs let the probe end by itself" {
  grep -E '^HEALTHCHECK .*--timeout=3s' "$packaging/container/Dockerfile"
  grep -F '"--timeout", "2s"' "$packaging/container/Dockerfile"
  # The program is copied to where the image's path has it.
  grep -E '^COPY --from=fcgi-probe /src/build/fcgi-probe/fcgi-probe /usr/local/bin/$' "$packaging/container/Dockerfile"
}

@test "container: the first stage installs what a build needs" {
  local package
  sed -n 's/^| `\.\/demo` | \(.*\) |$/\1/p' "$FCGI_SOURCE/README.md" | tr ' ' '\n' >needed
  grep -qx gcc needed
  while read -r package; do
    grep -qw -- "$package" "$packaging/container/Dockerfile"
  done <needed
}

# The command of a probe of the pod.
probe_command() {
  awk -v probe="$1:" '$1 == probe { on = 1 } on && $1 == "command:" { sub(/.*command: /, ""); print; exit }' \
    "$packaging/kubernetes/php-fpm.yaml"
}

@test "kubernetes: startup, liveness and readiness differ as they should" {
  need_php_fpm
  local probe
  for probe in startup liveness readiness; do
    probe_command "${probe}Probe" >"$probe.json"
    jq -e 'length > 1' "$probe.json"
    array "$probe" <"$probe.json" >>commands
  done
  grep -q 'ping.path = /ping' pool
  { cat commands; cat <<'END'; } | with_php_fpm
for probe in startup liveness readiness; do
  declare -n command=$probe
  exits 0 "${command[@]}"
  says '^FCGI OK 127.0.0.1:9000 - '
done
take_all
# Busy is alive, but should get no more.
exits 0 "${liveness[@]}"
says ' - busy: '
exits 1 "${readiness[@]}"
says '^FCGI CRITICAL 127.0.0.1:9000 - busy: '
exits 1 "${startup[@]}"
stop_fpm
for probe in startup liveness readiness; do
  declare -n command=$probe
  exits 1 "${command[@]}"
  says '^FCGI CRITICAL 127.0.0.1:9000 - refused: '
done
END
}

@test "kubernetes: the kubelet waits longer than the probes" {
  [ "$(grep -c 'Probe:$' "$packaging/kubernetes/php-fpm.yaml")" -eq 3 ]
  [ "$(grep -c 'timeoutSeconds: 3$' "$packaging/kubernetes/php-fpm.yaml")" -eq 3 ]
}

# The options of the CheckCommand, one a line: NAME TAB flag or value.
icinga_options() {
  awk '
    /^\targuments = \{/ { on = 1; next }
    on && /^\t\}/ { exit }
    on {
      if (!match($0, /"[^"]+"/)) exit 1
      print substr($0, RSTART + 1, RLENGTH - 2) "\t" (/set_if/ ? "flag" : "value")
    }' "$packaging/icinga/fcgi-probe.conf"
}

@test "icinga: every option is one of the program, with a value where it takes one" {
  icinga_options >options
  [ "$(wc -l <options)" -gt 10 ]
  programs/fcgi-probe --help >help
  local option kind line
  while IFS=$'\t' read -r option kind; do
    [ "$option" != target ] || continue
    line=$(grep -E -- "(^ +|, )$option( |=|\$)" help)
    [[ $kind == flag && $line != *"$option="* || $kind == value && $line == *"$option="* ]]
  done <options
}

# The command line that Icinga makes of the service in the file: each of its variables becomes the
# option that is set by it, an array one for each item.
icinga_command() {
  awk '
    /set_if = "\$|= "\$|value = "\$/ {
      match($0, /"[^"]+"/); option = substr($0, RSTART + 1, RLENGTH - 2)
      match($0, /\$[a-z_]+\$/); variable = substr($0, RSTART + 1, RLENGTH - 2)
      options[variable] = option
      flag[variable] = /set_if/
      bare[variable] = /skip_key/
    }
    /vars\.fcgi_[a-z_]+ = / {
      match($0, /fcgi_[a-z_]+/); variable = substr($0, RSTART, RLENGTH)
      if (!(variable in options)) exit 1
      value = $0
      sub(/^[^=]*= /, "", value)
      if (bare[variable]) { target = 1; next }
      # The host'"'"'s pool has four workers.
      sub(/^host\.vars\.php_fpm_max_children$/, 4, value)
      gsub(/[][,]/, " ", value)
      count = split(value, items, " ")
      for (i = 1; i <= count; i++)
        if (flag[variable]) print options[variable]
        else { gsub(/"/, "", items[i]); print options[variable]; print items[i] }
    }
    END { if (!target) exit 1 }' "$packaging/icinga/fcgi-probe.conf" >words || return
  local words
  mapfile -t words <words
  printf 'check=(fcgi-probe %s 127.0.0.1:9000)\n' "${words[*]@Q}"
}

@test "icinga: the service judges the pool" {
  need_php_fpm
  grep -x $'\tcommand = \[ "/usr/bin/fcgi-probe" \]' "$packaging/icinga/fcgi-probe.conf"
  icinga_command >check
  grep -F -- '--fpm-status' check
  grep -F -- "'--warning' 'queue=5' '--warning' 'saturation=80%'" check
  { cat check; cat <<'END'; } | with_php_fpm
exits 0 "${check[@]}"
says '^FCGI OK 127.0.0.1:9000 - .* | time=.* queue=0;5;;0;.* saturation=0.0%;80;95 '
take_all
# No answer from a pool that is full, but its queue is known.
exits 2 "${check[@]}"
says '^FCGI CRITICAL 127.0.0.1:9000 - busy: .* waiting'
END
}

@test "systemd: the service writes what node_exporter reads" {
  need_php_fpm
  local unit=$packaging/systemd/fcgi-probe.service
  # As systemd has it: the variables, and one without braces is as many words as it has.
  {
    sed -n 's/^Environment="\([^=]*\)=\(.*\)"$/\1='\''\2'\''/p' "$unit"
    printf 'run_unit() {\n'
    sed -n 's,^ExecStart=/usr/bin/,,p' "$unit" | sed 's/\${\([A-Z_]*\)}/"$\1"/g'
    printf '}\nopenmetrics=%q\n' "$FCGI_BUILD/tests/cli/openmetrics"
    cat <<'END'
exits 0 run_unit
file=/var/lib/prometheus/node-exporter/fcgi-probe.prom
"$openmetrics" <$file
grep -Fx 'phpfpm_up{target="/run/php/php8.2-fpm.sock",pool="socket"} 1' $file
grep -Fx 'phpfpm_total_processes{target="/run/php/php8.2-fpm.sock",pool="socket"} 2' $file
[ "$(ls -A ${file%/*})" = fcgi-probe.prom ]
stop_fpm
# A state that SuccessExitStatus= has.
exits 2 run_unit
"$openmetrics" <$file
grep -Fx 'phpfpm_up{target="/run/php/php8.2-fpm.sock"} 0' $file
grep -Fx 'fcgi_up{target="/run/php/php8.2-fpm.sock"} 0' $file
END
  } | with_php_fpm
  grep -E '^SuccessExitStatus=(.* )?2( |$)' "$unit"
}

@test "page: its examples with php-fpm" {
  need_php_fpm
  sed -n 's/^fcgi-probe .*php8.2-fpm.sock$/exits 0 &/p' "$FCGI_SOURCE/man1/fcgi-probe.1" >examples
  [ "$(wc -l <examples)" -eq 2 ]
  { echo 'mkdir /var/lib/fcgi-probe'; cat examples examples; } | with_php_fpm
}

@test "state: php-fpm's counters grow from run to run, and begin anew with it" {
  need_php_fpm
  with_php_fpm <<'END'
ask() {
  exits 0 fcgi-probe --fpm-status --state state --format json "$@" 127.0.0.1:9000
}
growth() {
  jq -e ".[0].growth.accepted_conn == $1" out || { cat out; return 1; }
}
ask
growth null
ask
growth 1
for i in 1 2 3; do
  exits 0 fcgi-probe --ping 127.0.0.1:9000
done
ask
growth 4
# One is below the limit and the whole count is not.
exits 0 fcgi-probe --fpm-status --state state -c accepted_conn=3 127.0.0.1:9000
exits 2 fcgi-probe --fpm-status -c accepted_conn=3 127.0.0.1:9000
says ' - accepted_conn: '
stop_fpm
# Nobody answers: what is known stays.
exits 2 fcgi-probe --fpm-status --state state 127.0.0.1:9000
start_fpm
ask
jq -e '.[0] | .growth.accepted_conn == .metrics.accepted_conn and .growth.accepted_conn < 8' out
END
}
