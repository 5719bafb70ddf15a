#!/usr/bin/env bash
# Judges the SBOM that sbom.sh wrote; the reports are there whatever the verdict, which comes last.
#   ASSAY_OUTPUT    the folder of the results
#   ASSAY_FAIL_ON   what fails, as `assay scan --fail-on` takes it; several with spaces between; empty: nothing
#   ASSAY_VEX       VEX documents to apply, with spaces between
# Exit 1 where the verdict is no; anything else that is not 0 means that there is no verdict.
set -euo pipefail

: "${ASSAY_OUTPUT:?name the folder of the results}"
arguments=()
read -ra gates <<<"${ASSAY_FAIL_ON:-}"
for gate in "${gates[@]}"; do
  arguments+=(--fail-on "$gate")
done
read -ra statements <<<"${ASSAY_VEX:-}"
for statement in "${statements[@]}"; do
  arguments+=(--vex "$statement")
done
verdict=0
assay scan "$ASSAY_OUTPUT/sbom.cdx.json" "${arguments[@]}" -o table -o "sarif=$ASSAY_OUTPUT/scan.sarif" \
  -o "json=$ASSAY_OUTPUT/scan.json" -o "markdown=$ASSAY_OUTPUT/scan.md" \
  -o "gitlab=$ASSAY_OUTPUT/gl-dependency-scanning-report.json" -o "cosign-vuln=$ASSAY_OUTPUT/scan.vuln.json" || verdict=$?
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  echo "sarif=$ASSAY_OUTPUT/scan.sarif" >>"$GITHUB_OUTPUT"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$ASSAY_OUTPUT/scan.md" ]; then
  head -c 900000 "$ASSAY_OUTPUT/scan.md" >>"$GITHUB_STEP_SUMMARY" # GitHub takes 1 MiB a step
fi
exit "$verdict"
