"""What `assay verify` and `assay verify-attestation` share: flags, the identity that is wanted, and the verdict."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context, _registries
from assay.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from assay.adapters.configuration import Settings
    from assay.adapters.trust_roots import Root
    from assay.app.verifying import VerifyRequest
    from assay.engines.verify.identities import Match, Policy
    from assay.model.verification import Judgement

_GITHUB = {"trigger": 2, "sha": 3, "name": 4, "repository": 5, "ref": 6}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags; those that cosign has bear its names."""
    parser.add_argument("target", metavar="TARGET", nargs="+", help="a file, a folder, a digest, or an image")
    identity = parser.add_argument_group("who should have signed")
    identity.add_argument("--certificate-identity", metavar="NAME", help="the e-mail address or URI in the certificate")
    identity.add_argument("--certificate-identity-regexp", metavar="RE2", help="the same, matching anywhere")
    identity.add_argument("--certificate-identity-glob", metavar="GLOB", help="the same; * stops at /, ** crosses it")
    identity.add_argument("--certificate-oidc-issuer", metavar="URL", help="who vouched for that name")
    identity.add_argument("--certificate-oidc-issuer-regexp", metavar="RE2", help="the same, matching anywhere")
    for name in _GITHUB:
        identity.add_argument(f"--certificate-github-workflow-{name}", metavar="TEXT", help=f"the workflow's {name}")
    identity.add_argument(
        "--identity-policy", metavar="FILE", type=Path, help="identities in TOML, [[verify.identity]]"
    )
    identity.add_argument("--key", metavar="KEY", default="", help="a public key, in place of an identity")
    identity.add_argument("--unsafe-any-identity", action="store_true", help="let anybody have signed")
    material = parser.add_argument_group("signature and trust")
    material.add_argument("--bundle", metavar="FILE", type=Path, help="the bundle; by default TARGET.sigstore.json")
    material.add_argument("--signature", metavar="FILE", type=Path, help="a detached signature")
    material.add_argument("--certificate", metavar="FILE", type=Path, help="the certificate that goes with it")
    material.add_argument("--certificate-chain", "--ca-roots", metavar="FILE", type=Path, help="authorities in PEM")
    material.add_argument("--trusted-root", metavar="FILE", type=Path, help="a trusted_root.json")
    material.add_argument("--trust-config", metavar="FILE", type=Path, help="a client trust configuration")
    material.add_argument("--instance", metavar="URL", default="", help="an instance that `trust-root update` knows")
    material.add_argument("--insecure-ignore-tlog", action="store_true", help="no transparency log is needed")
    material.add_argument("--insecure-ignore-sct", action="store_true", help="no certificate log is needed")
    material.add_argument("--use-signed-timestamps", action="store_true", help="a timestamp authority is needed")
    image = parser.add_argument_group("images")
    image.add_argument("-a", "--annotations", metavar="NAME=VALUE", action="append", default=[], help="must be signed")
    image.add_argument("-r", "--recursive", action="store_true", help="the images of an index as well")
    image.add_argument("--platform", metavar="OS/ARCH", default="", help="only this image of an index")
    _registries.add_flags(image)
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="how the verdict is written")
    parser.add_argument("--record", action="store_true", default=None, help="keep the verdict in the evidence store")


def request(arguments: argparse.Namespace, context: Context) -> VerifyRequest:
    """The request of the arguments."""
    from assay.app.verifying import VerifyRequest

    settings = context.settings(*_sources(arguments))
    if ":" in arguments.key and settings.switch("offline"):
        from assay.adapters import signers

        signers.check_offline(arguments.key)
    return VerifyRequest(
        access=_registries.access(arguments, settings),
        root=trusted_root(arguments, settings, context),
        policy=policy(arguments, settings, context),
        key=arguments.key,
        bundle=arguments.bundle,
        signature=arguments.signature,
        certificate=arguments.certificate,
        authorities=arguments.certificate_chain,
        annotations=pairs(arguments.annotations),
        ignore_log=arguments.insecure_ignore_tlog,
        ignore_sct=arguments.insecure_ignore_sct,
        signed_timestamps=arguments.use_signed_timestamps,
        recursive=arguments.recursive,
        platform=arguments.platform,
        note=context.note,
    )


def _sources(arguments: argparse.Namespace) -> Iterator[Path]:
    """Folders that are verified: a project file inside of one says nothing about whom to trust."""
    for target in arguments.target:
        if Path(target).is_dir():
            yield Path(target)
            return


def trusted_root(arguments: argparse.Namespace, settings: Settings, context: Context) -> Root:
    """The one that is named, else the public-good instance's; no socket is opened for it."""
    from assay.adapters import trust_roots

    if arguments.instance:
        return trust_roots.of_instance(context.data_dir(settings), arguments.instance)
    named = arguments.trusted_root or arguments.trust_config
    return trust_roots.load(named) if named is not None else configured_root(settings, context)


def configured_root(settings: Settings, context: Context) -> Root:
    """The trusted root that ``verify.trusted-root`` names, else the public-good instance's."""
    from assay.adapters import trust_roots

    named = settings.text("verify.trusted-root")
    return trust_roots.load(Path(named)) if named else trust_roots.public_good(context.data_dir(settings))


def policy(arguments: argparse.Namespace, settings: Settings, context: Context) -> Policy | None:
    """Who should have signed; None where nothing is said."""
    from assay.engines.verify.identities import Policy, Wanted

    if arguments.unsafe_any_identity:
        return Policy((), "--unsafe-any-identity")
    if arguments.identity_policy is not None:
        from assay.app import identity_policies

        return identity_policies.load(arguments.identity_policy)
    name = _match(arguments, "certificate_identity", context)
    issuer = _match(arguments, "certificate_oidc_issuer", context)
    claims = [
        (number, text)
        for word, number in _GITHUB.items()
        if (text := getattr(arguments, f"certificate_github_workflow_{word}"))
    ]
    if name is None and issuer is None and not claims:
        from assay.app import identity_policies

        return identity_policies.of_files(settings.trusted)
    if (name is None or issuer is None) and not arguments.key:
        missing = "--certificate-identity NAME" if name is None else "--certificate-oidc-issuer URL"
        raise UsageError("an identity is a name and who vouches for it", f"add {missing}")
    from assay.engines.verify.identities import Match

    return Policy((Wanted(name, issuer, tuple((number, Match(text)) for number, text in claims)),))


def _match(arguments: argparse.Namespace, flag: str, context: Context) -> Match | None:
    from assay.engines.verify.identities import How, Match, compiled

    if exact := getattr(arguments, flag):
        return Match(exact)
    if glob := getattr(arguments, f"{flag}_glob", None):
        return Match(glob, How.GLOB)
    pattern = getattr(arguments, f"{flag}_regexp")
    if not pattern:
        return None
    compiled(pattern)
    found = Match(pattern, How.REGEXP, anywhere=True)
    if found.unanchored:
        flag = f"--{flag.replace('_', '-')}-regexp"
        context.warn(f"{flag} {pattern} matches anywhere inside of a name", f"anchor it: ^{pattern}$")
    return found


def pairs(words: list[str]) -> dict[str, str]:
    """``NAME=VALUE`` pairs; raises `UsageError` for what is none."""
    """``NAME=VALUE`` pairs; raises `UsageError` for what is none."""
    found = {}
    for word in words:
        name, parted, value = word.partition("=")
        if not parted:
            raise UsageError(f"-a {word}: an annotation is NAME=VALUE", "write it so")
        found[name] = value
    return found


def tell(judged: list[Judgement], wanted: VerifyRequest, arguments: argparse.Namespace, context: Context) -> int:
    """Write the verdicts; the exit code is 1 where one is no, and the first reason stands on standard error."""
    from assay.report import verification

    root = wanted.root.age(datetime.now(UTC))
    key = f"--key {wanted.key}" if wanted.key else "none"
    origin = wanted.policy.origin if wanted.policy is not None else key
    if arguments.output == "json":
        sys.stdout.buffer.write(verification.as_json(judged, root, origin))
    else:
        for item in judged:
            sys.stdout.write(verification.text(item, context.style, steps=len(judged) == 1 or not item.verified))
        context.note(f"trusted root: {root}; identity policy: {origin}")
    if context.settings().switch("verify.record"):
        _record(judged, root, origin, context)
    wrong = [item for item in judged if not item.verified]
    if not wrong:
        return ExitCode.OK
    raise wrong[0].reason()


def _record(judged: list[Judgement], root: str, origin: str, context: Context) -> None:
    from assay.app.verifying import subject
    from assay.report import verification

    with context.evidence(context.settings()) as store:
        for item in judged:
            document = verification.as_json([item], root, origin)
            digest = subject(item)
            store.record("verification", digest, document, producer="assay", name=item.target)
