#!/usr/bin/env bash
# Puts the `agentauthz` binary into the path: built from the action's own checkout, or a released one.
set -euo pipefail

bin="${RUNNER_TEMP:?}/agentauthz-bin"
mkdir -p "$bin"

build() {
  local root
  root=$(cd "${ACTION_PATH:?}/../../.." && pwd)
  cargo build --release --locked --manifest-path "$root/Cargo.toml"
  cp "${CARGO_TARGET_DIR:-$root/target}/release/agentauthz" "$bin/agentauthz"
}

target() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo x86_64-unknown-linux-gnu ;;
    Linux-aarch64) echo aarch64-unknown-linux-gnu ;;
    Darwin-arm64) echo aarch64-apple-darwin ;;
    Darwin-x86_64) echo x86_64-apple-darwin ;;
    *)
      echo "::error title=agentauthz::there is no release for this system; leave \`version\` empty to build it" >&2
      return 2
      ;;
  esac
}

sum() {
  if command -v sha256sum >/dev/null; then
    sha256sum -- "$1"
  else
    shasum -a 256 -- "$1"
  fi | cut -d ' ' -f 1
}

download() {
  local version=${INPUT_VERSION#v} name url archive wanted
  if ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]]; then
    echo "::error title=agentauthz::\`version\` is not like 0.1.0" >&2
    return 2
  fi
  name="agentauthz-$version-$(target).tar.gz"
  url="${GITHUB_SERVER_URL:?}/${ACTION_REPOSITORY:-${GITHUB_REPOSITORY:?}}/releases/download/v$version/$name"
  archive="${RUNNER_TEMP:?}/$name"
  curl --proto '=https' --fail --silent --show-error --location --retry 3 --output "$archive" "$url"
  wanted=${INPUT_SHA256:-}
  if [ -z "$wanted" ]; then
    wanted=$(curl --proto '=https' --fail --silent --show-error --location --retry 3 "$url.sha256" | cut -d ' ' -f 1)
  fi
  if [ "$(sum "$archive")" != "$wanted" ]; then
    echo "::error title=agentauthz::the archive does not have the expected SHA-256" >&2
    return 2
  fi
  tar -xzf "$archive" -C "$bin" agentauthz
}

if [ -n "${INPUT_VERSION:-}" ]; then
  download
else
  build
fi
printf '%s\n' "$bin" >>"${GITHUB_PATH:?}"
