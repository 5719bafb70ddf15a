#!/usr/bin/env bash
# Attests the SBOM and the scan that sbom.sh and scan.sh wrote, with the identity of this run.
#   ASSAY_IMAGE, ASSAY_OUTPUT and what sign.sh takes
set -euo pipefail

"$(dirname "${BASH_SOURCE[0]}")/may-sign.sh"
: "${ASSAY_OUTPUT:?name the folder of the results}"
arguments=(--yes)
if [ -n "${ASSAY_TRUST_CONFIG:-}" ]; then
  arguments+=(--trust-config "$ASSAY_TRUST_CONFIG")
fi
assay attest "${arguments[@]}" --predicate "$ASSAY_OUTPUT/sbom.cdx.json" --type cyclonedx "$ASSAY_IMAGE"
assay attest "${arguments[@]}" --predicate "$ASSAY_OUTPUT/scan.vuln.json" --type vuln "$ASSAY_IMAGE"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  # shellcheck disable=SC2016 # backquotes of Markdown
  printf '\nAttested, SBOM and scan: `%s`\n' "$ASSAY_IMAGE" >>"$GITHUB_STEP_SUMMARY"
fi
