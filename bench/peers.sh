#!/usr/bin/env bash
# Builds the peers that `make bench` measures against, from their Go modules, into bench/.build/bin. Bench only.
set -euo pipefail
cd "$(dirname "$0")"
bin="$PWD/.build/bin"
mkdir -p "$bin"
export GOTOOLCHAIN="${GOTOOLCHAIN:-auto}" GOBIN="$bin" CGO_ENABLED=0 GOEXPERIMENT=jsonv2

syft=v1.51.0
trivy=v0.70.0
osv=v2.6.0
cosign=v3.1.3
rekor=v2.3.0
fulcio=v1.8.8

[ -x "$bin/syft" ] || go install "github.com/anchore/syft/cmd/syft@$syft"

[ -x "$bin/osv-scanner" ] || GOEXPERIMENT="" go install "github.com/google/osv-scanner/v2/cmd/osv-scanner@$osv"

# Peers of the Sigstore services: cosign (6 minutes), rekor-tiles' server over files, Fulcio (whose PKCS #11 wants C).
[ -x "$bin/cosign" ] || GOEXPERIMENT="" go install "github.com/sigstore/cosign/v3/cmd/cosign@$cosign"
[ -x "$bin/posix" ] || GOEXPERIMENT="" go install "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix@$rekor"
[ -x "$bin/fulcio" ] || CGO_ENABLED=1 GOEXPERIMENT="" go install "github.com/sigstore/fulcio@$fulcio"

# `go install` refuses Trivy, whose module has replace directives: a scratch module builds it.
if [ ! -x "$bin/trivy" ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  cd "$scratch"
  go mod init assay.example/trivy >/dev/null 2>&1
  go get "github.com/aquasecurity/trivy/cmd/trivy@$trivy"
  go build -mod=mod -o "$bin/trivy" github.com/aquasecurity/trivy/cmd/trivy
fi
"$bin/syft" version | sed -n '1,3p'
"$bin/trivy" --version | head -n 1
