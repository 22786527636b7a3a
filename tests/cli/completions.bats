#!/usr/bin/env bats
# The shells complete what the programs take: the options are those of --help, and their values are
# completed for what they are.

bats_require_minimum_version 1.5.0

load helper

programs=(cgi-fcgi fcgi-auth-test fcgi-bench fcgi-echo fcgi-probe fcgistarter)

setup() {
  completions=$FCGI_SOURCE/completions
  cd "$BATS_TEST_TMPDIR" || return
}

# help_options PROGRAM [VALUE]: the options of --help, one a line; with VALUE those that take one.
help_options() {
  "$FCGI_BUILD/$1/$1" --help | awk -v with_value="${2-}" '/^ +-/ {
    sub(/^ +/, "")
    sub(/  .*/, "")
    takes_value = /=/ || /^-. [A-Z]/
    sub(/(=| [A-Z]).*/, "")
    if (takes_value || !with_value)
      for (i = split($0, names, ", "); i > 0; i--)
        print names[i]
  }' | sort -u
}

# complete_bash LINE: what the last word of a command line becomes, one a line, sorted.  Readline
# does it: it puts all completions into the line, which is then split into its words.
complete_bash() {
  local insert_all=$'\e*' show=$'\x18w' clear=$'\x15'
  # shellcheck disable=SC2016 # for the inner shell
  {
    printf '%s\n' "PATH=$FCGI_BUILD/${1%% *}:\$PATH" ". '$completions/bash/${1%% *}'" \
      'show() { eval "printf \"%s\\n\" ${READLINE_LINE#* }" >words; }' \
      'bind -x "\"\C-xw\": show"'
    printf '%s' "$1$insert_all$show${clear}"
    printf 'exit\n'
  } >input
  rm -f words
  TERM=dumb HISTFILE='' timeout 60 bash --norc --noprofile -i <input >/dev/null 2>bash.err 3>&-
  sort words
}

# completes LINE WORD...: it becomes these, behind the words that it has besides the last one.
completes() {
  local line=$1 before
  shift
  read -ra before <<<"${line% *}"
  printf '%s\n' "${before[@]:1}" "$@" | sort >expected
  complete_bash "$line" >found
  diff -u expected found
}

@test "completions: there is a file for each program and shell" {
  for program in "${programs[@]}"; do
    [ -s "$completions/bash/$program" ]
    [ -s "$completions/fish/$program.fish" ]
    [ -s "$completions/zsh/_$program" ]
  done
  for page in "$FCGI_SOURCE"/man1/*.1; do
    name=${page##*/}
    [[ " ${programs[*]} " == *" ${name%.1} "* ]]
  done
}

@test "completions: bash knows the options of --help, no more and no less" {
  for program in "${programs[@]}"; do
    help_options "$program" >help
    [ -s help ]
    complete_bash "$program -" | sort -u >bash
    diff -u help bash
  done
}

@test "completions: fish knows the options of --help, and which of them take a value" {
  for program in "${programs[@]}"; do
    for value in '' value; do
      help_options "$program" $value >help
      awk -v with_value=$value '!with_value || / -[xr] / {
        for (i = 4; i < NF && $i != "-d"; i++) {
          if ($i == "-l")
            print "--" $(i + 1)
          else if ($i == "-s" || $i == "-o")
            print "-" $(i + 1)
        }
      }' "$completions/fish/$program.fish" | sort -u >fish
      diff -u help fish
    done
  done
}

@test "completions: zsh knows the options of --help, and which of them take a value" {
  for program in "${programs[@]}"; do
    for value in '' value; do
      help_options "$program" $value >help
      # '(-X --request)'{-X+,--request=}'[text]:label:action', or '*--name=[text]:label:action'
      sed -n "s/^  '//p" "$completions/zsh/_$program" | grep -v '^\*:\|^(-)\*' |
        if [ -n "$value" ]; then grep '[^\\]\]:'; else cat; fi |
        sed 's/\[.*//; s/^([^)]*)//; s/^\*//' | tr -d "'{}" | tr ',' '\n' | sed 's/[+=]$//' |
        sort -u >zsh
      diff -u help zsh
    done
  done
}

@test "completions: bash: the values of an option are not options" {
  for program in "${programs[@]}"; do
    for option in $(help_options "$program" value); do
      # No file is called so, and nothing else is put in its place.
      completes "$program $option -" -
      [[ $option != --* ]] || completes "$program $option=-" "$option=-"
    done
  done
}

@test "completions: bash: words, presets and faults" {
  completes 'cgi-fcgi --role a' authorizer
  completes 'cgi-fcgi --role=fi' --role=filter
  mapfile -t presets < <("$FCGI_BUILD/cgi-fcgi/cgi-fcgi" --list-presets)
  [ "${#presets[@]}" -gt 5 ]
  completes 'cgi-fcgi --as ' "${presets[@]}"
  completes 'cgi-fcgi --as ngi' nginx nginx-php
  completes 'cgi-fcgi --print-format env' env env0
  completes 'fcgistarter --ready con' connect
  completes 'fcgistarter --print-config nginx,sy' nginx,systemd
  completes 'fcgistarter --stop-signal TE' TERM
  completes 'fcgi-echo --fault half' half half-header
  completes 'fcgi-echo --fault silent,half' silent,half silent,half-header
  completes 'fcgi-bench --format c' csv
  completes 'fcgi-bench --spin=al' --spin=always
  completes 'fcgi-bench --fail-if service' service_p99
  completes 'fcgi-auth-test -D mod_fas' mod_fastcgi mod_fastcgi-compat
  completes 'fcgi-auth-test --verdict spec,li' spec,lighttpd
  completes 'fcgi-auth-test -W R1,S' R1,S1
  completes 'fcgi-auth-test --format j' jsonl junit
  completes 'fcgi-probe --format js' json
  completes 'fcgi-probe --busy=w' --busy=warn
  completes 'fcgi-probe --expect-status 2xx,3' 2xx,3xx
}

@test "completions: every shell knows the metrics of fcgi-probe" {
  local name
  awk '/^\.Sh/ { on = $2 == "METRICS" }
    on && /^\.It Cm/ { for (i = 3; i <= NF; i++) if ($i != ",") print $i "=" }' \
    "$FCGI_SOURCE/man1/fcgi-probe.1" | sort >metrics
  [ -s metrics ]
  mapfile -t names <metrics
  completes 'fcgi-probe -w ' "${names[@]}"
  completes 'fcgi-probe --critical que' queue= queue_drops= queue_limit= queue_pct=
  for name in warning critical; do
    sed -n "s/.* -l $name -x -a '\([^']*\)'.*/\1/p" "$completions/fish/fcgi-probe.fish" |
      tr ' ' '\n' | sort >fish
    diff -u metrics fish
  done
  sed -n '/metrics=($/,/)/p' "$completions/zsh/_fcgi-probe" | sed '1d;$d' | xargs printf '%s=\n' | sort >zsh
  diff -u metrics zsh
}

@test "completions: bash: files, directories and variables" {
  mkdir 'a dir'
  touch 'a file' sock another
  completes 'cgi-fcgi -connect so' sock
  completes 'cgi-fcgi --trace=an' --trace=another
  completes 'cgi-fcgi --decode a' 'a dir' 'a file' another
  completes 'cgi-fcgi --docroot a' 'a dir'
  completes 'cgi-fcgi -d @so' @sock
  completes 'cgi-fcgi -d @a' '@a dir' '@a file' @another
  completes 'cgi-fcgi -d so' so
  completes 'cgi-fcgi --url so' so
  SOME_VARIABLE_OF_OURS=1 completes 'cgi-fcgi -e SOME_VARIABLE_OF' SOME_VARIABLE_OF_OURS
  completes 'cgi-fcgi -connect sock -- so' sock
  chmod +x another
  completes 'fcgi-bench -c 1 -- ./an' ./another
  completes 'fcgistarter -s sock -- ./an' ./another
  completes 'fcgistarter -s sock -- ./another so' sock
}

@test "completions: fish loads and completes" {
  command -v fish >/dev/null || skip 'fish is missing'
  export HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_DATA_HOME=$PWD
  for program in "${programs[@]}"; do
    fish --no-config --no-execute "$completions/fish/$program.fish"
  done
  fish_completes() {
    PATH=$FCGI_BUILD/${1%% *}:$PATH fish --no-config \
      -c "source '$completions/fish/${1%% *}.fish'; complete -C '$1'" | cut -f 1 | sort
  }
  [ "$(fish_completes 'cgi-fcgi --role a')" = authorizer ]
  [ "$(fish_completes 'cgi-fcgi --as ngi')" = $'nginx\nnginx-php' ]
  [ "$(fish_completes 'fcgi-echo --fault half')" = $'half\nhalf-header' ]
  [ "$(fish_completes 'cgi-fcgi -conn')" = -connect ]
  [ "$(fish_completes 'fcgi-bench --role f')" = filter ]
  [ "$(fish_completes 'fcgi-probe -w queue_p')" = queue_pct= ]
  [ "$(fish_completes 'fcgi-auth-test -D mod_fas')" = $'mod_fastcgi\nmod_fastcgi-compat' ]
  [ "$(fish_completes 'fcgi-auth-test -W R1,S')" = R1,S1 ]
}

@test "completions: zsh loads and completes" {
  command -v zsh >/dev/null || skip 'zsh is missing'
  for program in "${programs[@]}"; do
    zsh -n "$completions/zsh/_$program"
  done
  # A zsh within zsh has the terminal that its line editor wants.
  cat >complete.zsh <<'END'
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner "PROMPT=; fpath=($1 \$fpath); path=($2 \$path); autoload -U compinit; compinit -D -u"
zpty -w inner 'zstyle ":completion:*" list-grouped false; LISTMAX=1000'
zpty -w inner 'show() { print -r -- "<<$BUFFER>>" >words; BUFFER=; }; zle -N show; bindkey "^Xw" show'
zpty -w inner 'bindkey "^I" expand-or-complete; : >ready'
integer i
while [[ ! -e ready ]] && ((i++ < 600)); do sleep 0.05; done
zpty -n -w inner "$3"$'\t\x18w'
while [[ ! -s words ]] && ((i++ < 600)); do sleep 0.05; done
zpty -d inner
END
  zsh_completes() {
    rm -f ready words
    TERM=dumb timeout 60 zsh -f complete.zsh "$completions/zsh" "$FCGI_BUILD/${1%% *}" "$1" 3>&-
    cat words
  }
  [ "$(zsh_completes 'cgi-fcgi --role au')" = '<<cgi-fcgi --role authorizer >>' ]
  [ "$(zsh_completes 'cgi-fcgi -conn')" = '<<cgi-fcgi -connect >>' ]
  [ "$(zsh_completes 'cgi-fcgi --as fpm-s')" = '<<cgi-fcgi --as fpm-status >>' ]
  [ "$(zsh_completes 'fcgi-echo --fault half-h')" = '<<fcgi-echo --fault half-header,>>' ]
  [ "$(zsh_completes 'fcgi-bench --spin=al')" = '<<fcgi-bench --spin=always >>' ]
  [ "$(zsh_completes 'fcgi-bench --find-max sta')" = '<<fcgi-bench --find-max starved>>' ]
  [ "$(zsh_completes 'fcgi-bench --format cs')" = '<<fcgi-bench --format csv >>' ]
  [ "$(zsh_completes 'fcgi-probe -w queue_p')" = '<<fcgi-probe -w queue_pct=>>' ]
  [ "$(zsh_completes 'fcgi-auth-test -D spe')" = '<<fcgi-auth-test -D spec >>' ]
  [ "$(zsh_completes 'fcgi-auth-test --ignore S')" = '<<fcgi-auth-test --ignore S1,>>' ]
  [ "$(zsh_completes 'fcgistarter --restart=on')" = '<<fcgistarter --restart=on-failure >>' ]
}
