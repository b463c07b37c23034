#!/usr/bin/env bash
# Writes the report as a comment on the pull request: the one that is there already, else a new one. Where the token may
# not write, as on pull requests from forks, a notice says so, and the summary holds the report.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

marker='<!-- agentauthz:diff -->'
# GitHub takes 65,536 characters a comment.
limit=65536
report="${REPORTS:?}/diff.md"

skip() {
  echo "::notice title=agentauthz::no comment: $1; the report is in the summary of this job"
  exit 0
}

[[ ${PULL_REQUEST:-} =~ ^[0-9]+$ ]] || skip 'this is no pull request'
[ -s "$report" ] || skip 'there is no report'
[ "${HEAD_REPOSITORY:-}" = "${GITHUB_REPOSITORY:?}" ] || skip 'the token of a pull request from a fork may not write'

body=$(mktemp "${RUNNER_TEMP:?}/agentauthz-comment.XXXXXX")
answer=$(mktemp "${RUNNER_TEMP:?}/agentauthz-answer.XXXXXX")
trap 'rm -f "$body" "$answer"' EXIT
{
  # The marker is how the comment is found again.
  if [ "$(head -n 1 -- "$report")" != "$marker" ]; then
    printf '%s\n' "$marker"
  fi
  cut_to "$((limit - 100))" "$report"
} >"$body"

# A comment that somebody else wrote is left alone, whatever stands in it.
# shellcheck disable=SC2016
mine='.[] | select(.user.login == $ENV.COMMENT_AUTHOR) | select(.body | startswith("<!-- agentauthz:diff -->")) | .id'
comments="repos/$GITHUB_REPOSITORY/issues"
export COMMENT_AUTHOR=${COMMENT_AUTHOR:-github-actions[bot]}
if ! gh api --paginate "$comments/$PULL_REQUEST/comments" --jq "$mine" >"$answer" 2>/dev/null; then
  skip 'the token may not read comments'
fi
id=$(head -n 1 -- "$answer")
if [[ $id =~ ^[0-9]+$ ]]; then
  request=(--method PATCH "$comments/comments/$id")
else
  request=(--method POST "$comments/$PULL_REQUEST/comments")
fi
if ! gh api "${request[@]}" -F "body=@$body" >/dev/null 2>&1; then
  skip 'the token may not write; it needs pull-requests: write'
fi
