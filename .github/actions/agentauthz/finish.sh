#!/usr/bin/env bash
# Ends the action as check, test, lint and diff ended.
set -euo pipefail

case "${CODE:-2}" in
  0) exit 0 ;;
  1)
    echo '::error title=agentauthz::a check, a test, a lint or a gate failed; the summary of this job has the report'
    exit 1
    ;;
  3)
    if [ "${INPUT_ALLOW_INCONCLUSIVE:-false}" = true ]; then
      echo '::warning title=agentauthz::inconclusive, which this workflow allows: nothing failed, and nothing is proven'
      exit 0
    fi
    echo '::error title=agentauthz::inconclusive: nothing failed, but too little could be decided to say so'
    exit 3
    ;;
  *)
    echo '::error title=agentauthz::the work could not be done; the log of this job says why'
    exit 2
    ;;
esac
