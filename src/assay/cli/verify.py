"""Verifies who signed a file, a folder or an image, offline where it can.

The signature of a file is the bundle beside it (FILE.sigstore.json) or what --bundle or --signature name; an image's
hang on it, in whatever form. Say whom you expect: an identity and who vouches for it, or a key. Steps are numbered,
and the one that fails says what was found, what was wanted and what would mend it.

    assay verify app.tar.gz --certificate-identity ci@example.com --certificate-oidc-issuer https://accounts.example
    assay verify registry.example/team/app:1.2 --key cosign.pub
    assay verify sha256:9f86d081... --bundle app.sigstore.json --trusted-root trusted_root.json ...
"""

from __future__ import annotations

import argparse

from assay.cli import Context, _verifying


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay verify``."""
    _verifying.add_flags(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Verify every target and say how it went."""
    from assay.app import verifying

    wanted = _verifying.request(arguments, context)
    judged = list(verifying.verify_all(arguments.target, wanted))
    return _verifying.tell(judged, wanted, arguments, context)
