#!/usr/bin/env bash
# Writes the report into the job's summary, of which GitHub takes 1 MiB a step.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

limit=$((1024 * 1024))
report="${REPORTS:?}/diff.md"
if [ -s "$report" ]; then
  cut_to "$limit" "$report" >>"${GITHUB_STEP_SUMMARY:?}"
else
  printf '### agentauthz: nothing was compared\n\nThe log of this job says why.\n' >>"${GITHUB_STEP_SUMMARY:?}"
fi
