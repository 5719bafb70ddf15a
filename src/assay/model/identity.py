"""Who signed: the name that a certificate authority wrote down, and who vouched for it."""

from __future__ import annotations

from typing import NamedTuple

CLAIMS = {
    2: "github-workflow-trigger",
    3: "github-workflow-sha",
    4: "github-workflow-name",
    5: "github-workflow-repository",
    6: "github-workflow-ref",
    9: "build-signer-uri",
    10: "build-signer-digest",
    11: "runner-environment",
    12: "source-repository-uri",
    13: "source-repository-digest",
    14: "source-repository-ref",
    15: "source-repository-identifier",
    16: "source-repository-owner-uri",
    17: "source-repository-owner-identifier",
    18: "build-config-uri",
    19: "build-config-digest",
    20: "build-trigger",
    21: "run-invocation-uri",
    22: "source-repository-visibility-at-signing",
    23: "deployment-environment",
    24: "token-subject",
}
"""Fulcio's extensions 1.3.6.1.4.1.57264.1.N by name (fulcio ``docs/oid-info.md``)."""


class Identity(NamedTuple):
    """`names` of the certificate (email, URI, user name), `issuer` (the OpenID provider), `claims` by number."""

    names: tuple[str, ...]
    issuer: str = ""
    claims: tuple[tuple[int, str], ...] = ()

    def claim(self, number: int) -> str:
        """A claim; empty where there is none."""
        return dict(self.claims).get(number, "")

    def __str__(self) -> str:
        name = ", ".join(self.names) or "nobody"
        return f"{name} (vouched for by {self.issuer})" if self.issuer else name
