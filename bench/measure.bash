# What the measurements share.

have() {
  command -v "$1" >/dev/null
}

now_us() {
  echo $((${EPOCHREALTIME/./}))
}

# median NUMBERS: of a list in one word.
median() {
  # shellcheck disable=SC2086 # numbers
  printf '%s\n' $1 | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}
