#!/usr/bin/env bash
# Logs in to a registry: a file of this run alone, which assay reads as it reads Docker's.
#   REGISTRY, REGISTRY_USER, REGISTRY_PASSWORD
set -euo pipefail

: "${REGISTRY:?}" "${REGISTRY_USER:?}" "${REGISTRY_PASSWORD:?}"
umask 077
folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/registry-XXXXXX")
auth=$(printf '%s:%s' "$REGISTRY_USER" "$REGISTRY_PASSWORD" | base64 | tr -d '\n')
printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$REGISTRY" "$auth" >"$folder/config.json"
if [ -n "${GITHUB_ENV:-}" ]; then
  echo "DOCKER_CONFIG=$folder" >>"$GITHUB_ENV"
else
  echo "$folder"
fi
