"""What `deploy/kubernetes/assay-admission.yaml` is rendered from, and by which Helm."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "deploy/kubernetes"
PLAIN = FOLDER / "assay-admission.yaml"
HELM = "helm.sh/helm/v3/cmd/helm@v3.18.6"
RENDER = (
    "template", "assay-admission", str(FOLDER / "chart"), "--namespace", "assay-system",
    "--kube-version", "1.33.0", "--set", "tls.from=cert-manager",
)  # fmt: skip
"""Words after ``helm``."""
