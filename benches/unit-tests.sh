#!/bin/sh
# Compares `agentauthz test` with `cedar run-tests` on the same cases and policies, in one run.
#
#   benches/unit-tests.sh [POLICIES] [CASES] [PEER_CASES]     1000 10000 3, by default
#
# Both read the same file of tests in Cedar's format. Cedar's command line, which validates the whole set for every test
# that has a schema, is timed on PEER_CASES of them and reckoned up by the case, the time of its start taken away.
# `benches/install-peers.sh` installs it and prints AGENTAUTHZ_CEDAR_CLI. Needs Python 3, for the files and the clock.
set -eu
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet
exec python3 benches/unit-tests.py "${CARGO_TARGET_DIR:-target}/release/agentauthz" "${AGENTAUTHZ_CEDAR_CLI:-}" "$@"
