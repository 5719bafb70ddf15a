#!/usr/bin/env bash
# Writes what is in a source, as CycloneDX and SPDX.
#   ASSAY_SOURCE   an image (HOST/NAME@sha256:...), a folder, an archive
#   ASSAY_OUTPUT   the folder for all results
set -euo pipefail

: "${ASSAY_SOURCE:?name what to look at}" "${ASSAY_OUTPUT:?name a folder for the results}"
mkdir -p "$ASSAY_OUTPUT"
assay sbom "$ASSAY_SOURCE" -o "cyclonedx-json=$ASSAY_OUTPUT/sbom.cdx.json" -o "spdx-json=$ASSAY_OUTPUT/sbom.spdx.json"
