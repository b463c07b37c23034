#!/bin/sh
# Installs what `cargo bench --bench ratios` compares with: Cedar's command line at the version that this project uses.
# Prints the setting under which the benchmark finds it.
set -eu
cd "$(dirname "$0")/.."
version=4.14.1
root="${CARGO_TARGET_DIR:-$PWD/target}/peers"
cargo install cedar-policy-cli --version "=$version" --locked --root "$root" >&2
echo "AGENTAUTHZ_CEDAR_CLI=$root/bin/cedar"
