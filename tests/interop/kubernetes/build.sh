#!/usr/bin/env bash
# Builds the programs of a real cluster, from their Go modules, into bench/.build/bin: the API server, the controllers and
# kubectl (17 minutes once), or, as `build.sh kyverno`, Kyverno's command line and admission controller (6 minutes).
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
built="$(cd "$here/../../.." && pwd)/bench/.build"
export GOTOOLCHAIN="${GOTOOLCHAIN:-auto}" CGO_ENABLED=0

kubernetes=v1.36.3
staging=v0.36.3
kyverno=v1.19.1

# The module replaces its staging modules by folders of its own tree, which a user of the module does not have.
stage() {
  local own module
  own=$(go mod download -json "k8s.io/kubernetes@$kubernetes" | sed -n 's/^.*"GoMod": "\(.*\)".*$/\1/p')
  grep -oE '^\s+k8s.io/[a-z0-9-]+ v0\.0\.0( |$)|k8s.io/[a-z0-9.-]+ => \./staging' "$own" |
    grep -oE 'k8s\.io/[a-z0-9.-]+' | sort -u | while read -r module; do
    go mod edit -replace "$module=$module@$staging"
  done
}

build_kubernetes() {
  mkdir -p "$built/kubernetes"
  cp -R "$here/apiserver" "$here/manager" "$built/kubernetes/"
  cd "$built/kubernetes"
  [ -f go.mod ] || go mod init assay.example/kubernetes
  go mod edit -require "k8s.io/kubernetes@$kubernetes"
  stage
  go mod tidy -e
  # Clients read the version: kubectl and Helm refuse a server that has none.
  local version="-X k8s.io/component-base/version.gitVersion=$kubernetes"
  go build -mod=mod -ldflags "$version" -o "$built/bin/kube-apiserver" ./apiserver
  go build -mod=mod -ldflags "$version" -o "$built/bin/kube-controller-manager" ./manager
  go build -mod=mod -ldflags "$version" -o "$built/bin/kubectl" k8s.io/kubernetes/cmd/kubectl
}

build_kyverno() {
  mkdir -p "$built/kyverno"
  cd "$built/kyverno"
  [ -f go.mod ] || go mod init assay.example/kyverno
  go mod edit -replace \
    k8s.io/pod-security-admission=github.com/kyverno/pod-security-admission@v0.0.0-20251031094455-46f20778634f
  go get -tool "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno@$kyverno"
  go build -mod=mod -o "$built/bin/kubectl-kyverno" github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno
  go build -mod=mod -o "$built/bin/kyverno" github.com/kyverno/kyverno/cmd/kyverno
}

mkdir -p "$built/bin"
case "${1:-kubernetes}" in
  kubernetes) wanted="kube-apiserver kube-controller-manager kubectl" ;;
  kyverno) wanted="kyverno kubectl-kyverno" ;;
  *) echo "no such programs: $1; kubernetes or kyverno" >&2 && exit 2 ;;
esac
for program in $wanted; do
  if [ ! -x "$built/bin/$program" ]; then
    "build_${1:-kubernetes}"
    break
  fi
done
