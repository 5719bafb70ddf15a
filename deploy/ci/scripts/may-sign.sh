#!/usr/bin/env bash
# Whether this run may sign: only the default branch and tags do, and only what a digest names.
#   ASSAY_IMAGE            HOST/NAME@sha256:...
#   ASSAY_REF              refs/heads/NAME or refs/tags/NAME
#   ASSAY_DEFAULT_BRANCH   its name
#   ASSAY_EVENT            what started the run; pull and merge requests never sign
# Exit 0: it may. Exit 2: it may not, with the reason.
set -euo pipefail

refuse() {
  echo "not signed: $1" >&2
  exit 2
}

: "${ASSAY_IMAGE:?name the image by its digest}" "${ASSAY_REF:?name the ref}" "${ASSAY_DEFAULT_BRANCH:?name the branch}"
[[ "$ASSAY_IMAGE" =~ @sha256:[0-9a-f]{64}$ ]] ||
  refuse "$ASSAY_IMAGE is no digest; a tag may point to something else by now"
case "${ASSAY_EVENT:-}" in
  pull_request* | merge_request_event | merge_group) refuse "an event of the kind $ASSAY_EVENT signs nothing" ;;
esac
case "$ASSAY_REF" in
  "refs/heads/$ASSAY_DEFAULT_BRANCH" | refs/tags/?*) ;;
  *) refuse "$ASSAY_REF is neither a tag nor the branch $ASSAY_DEFAULT_BRANCH" ;;
esac
