#!/usr/bin/env bash
# Check, test, lint and diff in one go. Leaves the reports in a directory, and says in the step's outputs where it is and what
# came out; whether the job fails is decided at the end, when the reports are where people see them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

directory=${INPUT_DIRECTORY:-.}
head=${INPUT_HEAD:-HEAD}
reports=$(mktemp -d "${RUNNER_TEMP:?}/agentauthz.XXXXXX")

# The version to compare with, where none is given.
base() {
  local before=${BEFORE:-}
  if [ -n "${INPUT_BASE:-}" ]; then
    printf '%s\n' "$INPUT_BASE"
  elif [ -n "${GITHUB_BASE_REF:-}" ]; then
    printf 'origin/%s\n' "$GITHUB_BASE_REF"
  elif [[ $before =~ ^[0-9a-f]{40}$ ]] && git -C "$directory" cat-file -e "$before^{commit}" 2>/dev/null; then
    printf '%s\n' "$before"
  else
    echo 'HEAD~1'
  fi
}

# The worse of two exit codes: 2 comes before 1, 1 before 3, 3 before 0; any other is a crash.
worse() {
  local code
  for code in 2 1 3 0; do
    if [ "$1" = "$code" ] || [ "$2" = "$code" ]; then
      echo "$code"
      return
    fi
  done
}

known() {
  case "$1" in
    0 | 1 | 3) echo "$1" ;;
    *) echo 2 ;;
  esac
}

common=("--directory=$directory" --no-progress --color never)
code=0

for command in check test; do
  status=0
  echo "::group::agentauthz $command"
  inert agentauthz "${common[@]}" "$command" || status=$?
  echo '::endgroup::'
  code=$(worse "$code" "$(known "$status")")
done

# The annotations on standard output are workflow commands, and escaped; what goes wrong may quote anything.
annotated() {
  local status=0
  agentauthz "$@" 2>"$reports/log" || status=$?
  inert cat "$reports/log"
  rm -f "$reports/log"
  code=$(worse "$code" "$(known "$status")")
}

base=$(base)
lint=(--format github)
if [ "${INPUT_LINT:-changed}" = changed ]; then
  # What was there when the branch began is not of this change.
  begun=$(git -C "$directory" merge-base -- "$base" "$head" 2>/dev/null) || begun=$base
  lint+=("--changed=$begun")
fi
if [ "${INPUT_LINT:-changed}" != off ]; then
  annotated "${common[@]}" lint "${lint[@]}"
fi

arguments=(
  "${common[@]}" diff --format github
  --report "markdown=$reports/diff.md"
  --report "html=$reports/diff.html"
  --report "sarif=$reports/diff.sarif"
  --report "junit=$reports/diff.xml"
  --report "json=$reports/diff.json"
)
if [ -n "${INPUT_FAIL_ON:-}" ]; then
  arguments+=("--fail-on=$INPUT_FAIL_ON")
fi
while IFS= read -r recording; do
  if [ -n "$recording" ]; then
    arguments+=("--recordings=$recording")
  fi
done <<<"${INPUT_RECORDINGS:-}"
case "$base$head" in
  dir:* | *dir:*) versions=("$base" "$head") ;;
  *) versions=("$base...$head") ;;
esac
# What follows `--` is no option, whatever it is called.
arguments+=(-- "${versions[@]}")

annotated "${arguments[@]}"

{
  printf 'reports=%s\n' "$reports"
  printf 'code=%s\n' "$code"
  if [ -s "$reports/diff.sarif" ]; then
    printf 'sarif=%s\n' "$reports/diff.sarif"
  fi
} >>"${GITHUB_OUTPUT:?}"
