"""GitHub Actions: what workflows and actions use."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="github_actions",
    title="GitHub Actions",
    purl_types=("github", "docker"),
    parsers=(
        Parser(
            "github-actions-workflow",
            "assay.ecosystems.github_actions.uses:parse",
            ("**/.github/workflows/*.yml", "**/.github/workflows/*.yaml", "**/action.yml", "**/action.yaml"),
            max_size=4 << 20,
        ),
    ),
    proof=Proof.SYNTHETIC,
    origin="written by hand after docs.github.com",
    osv=("GitHub Actions",),
    osv_fold="lower",
)
