#!/usr/bin/env bash
# Signs an image with the identity of this run, and says so in the job's summary.
#   ASSAY_IMAGE and what may-sign.sh takes
#   ASSAY_TRUST_CONFIG   a client trust configuration of a private instance; empty: the public-good instance
set -euo pipefail

"$(dirname "${BASH_SOURCE[0]}")/may-sign.sh"
arguments=(--yes)
if [ -n "${ASSAY_TRUST_CONFIG:-}" ]; then
  arguments+=(--trust-config "$ASSAY_TRUST_CONFIG")
fi
assay sign "${arguments[@]}" "$ASSAY_IMAGE"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  # shellcheck disable=SC2016 # backquotes of Markdown
  printf '\nSigned: `%s`\n' "$ASSAY_IMAGE" >>"$GITHUB_STEP_SUMMARY"
fi
