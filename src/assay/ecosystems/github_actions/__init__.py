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
    proof=Proof.NATIVE,
    origin="GitHub's own @actions/workflow-parser 0.3: what it lists of workflows and actions of ours",
    osv=("GitHub Actions",),
    osv_fold="lower",
)
