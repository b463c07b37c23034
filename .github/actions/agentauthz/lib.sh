# shellcheck shell=bash
# What the scripts of this action share.

# Runs a command whose output may hold anything: no line of it is taken for a workflow command.
inert() {
  local token status=0
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$token"
  "$@" 2>&1 || status=$?
  # What was printed may end in the middle of a line.
  printf '\n::%s::\n' "$token"
  return "$status"
}

# Prints a Markdown file, or as many whole lines of it as fit into so many bytes.
cut_to() {
  local limit=$1 file=$2 size
  size=$(wc -c <"$file")
  if [ "$size" -le "$limit" ]; then
    cat -- "$file"
    return
  fi
  if [ "$limit" -gt 200 ]; then
    head -c "$((limit - 200))" -- "$file" | sed '$d'
  fi
  # The end of a folded part may be what was cut.
  printf '\n\n</details>\n\n**The report is cut here: the artifact holds all of it.**\n'
}
