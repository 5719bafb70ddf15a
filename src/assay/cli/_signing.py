"""What `assay sign` and `assay attest` share: flags, whoever signs, and what becomes public."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context, _passwords, _registries
from assay.errors import UsageError

if TYPE_CHECKING:
    from assay.adapters.configuration import Settings
    from assay.adapters.oidc import Token
    from assay.adapters.registry.transport import Transport
    from assay.app.signing import Instance, SignRequest
    from assay.app.signing_targets import Done, Wanted

PUBLIC_ISSUER = "https://oauth2.sigstore.dev/auth"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags; those that cosign has bear its names."""
    who = parser.add_argument_group("who signs")
    who.add_argument("--key", metavar="KEY", default="", help="FILE, env://NAME, pkcs11:... or a key in a service")
    who.add_argument("--identity-token", metavar="TOKEN", default="", help="an identity token, or a file with one")
    flows = ("normal", "device", "token", "oob")
    who.add_argument("--fulcio-auth-flow", choices=flows, default="normal", help="how a person is asked")
    who.add_argument("--oidc-issuer", metavar="URL", default="", help="who vouches for that person")
    who.add_argument("--oidc-client-id", metavar="NAME", default="sigstore", help="the name of this program there")
    services = parser.add_argument_group("services")
    services.add_argument("--trust-config", metavar="FILE", type=Path, help="services and trusted root of an instance")
    services.add_argument("--trusted-root", metavar="FILE", type=Path, help="the trusted root alone")
    services.add_argument("--signing-config", metavar="FILE", type=Path, help="the services alone")
    services.add_argument("--instance", metavar="URL", default="", help="an instance that `trust-root update` knows")
    services.add_argument("--fulcio-url", metavar="URL", default="", help="the certificate authority")
    services.add_argument("--rekor-url", metavar="URL", default="", help="the log")
    services.add_argument("--timestamp-server-url", metavar="URL", default="", help="the timestamp authority")
    services.add_argument("--rekor-version", type=int, choices=(1, 2), default=0, help="only logs of this version")
    services.add_argument(
        "--tlog-upload", choices=("true", "false"), default="true", help="with --key: log the signature"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="what becomes public may become public")
    parser.add_argument("--bundle", metavar="FILE", type=Path, help="where the bundle of a single file goes")
    image = parser.add_argument_group("images")
    image.add_argument(
        "--new-bundle-format", choices=("true", "false"), default="true", help="false: cosign's elder form"
    )
    image.add_argument("-r", "--recursive", action="store_true", help="the images of an index as well")
    image.add_argument("--platform", metavar="OS/ARCH", default="", help="only this image of an index")
    _registries.add_flags(image)
    parser.add_argument("--record", action="store_true", default=None, help="keep the bundle in the evidence store")


def request(arguments: argparse.Namespace, context: Context) -> SignRequest:
    """Whoever signs with which services; asks before anything becomes public."""
    from assay.adapters import signers
    from assay.adapters.registry.transport import Policy, Transport
    from assay.adapters.sigstore.services import Services
    from assay.app.signing import SignRequest

    settings = context.settings()
    if settings.switch("offline"):
        signers.check_offline(arguments.key)
    instance = None
    if not (arguments.key and arguments.tlog_upload == "false"):
        instance = _instance(arguments, settings, context)
        if settings.switch("offline"):
            raise UsageError("certificate and log need the network", "sign with --key and --tlog-upload=false")
    transport = Transport(Policy())
    signer = signers.open_signer(arguments.key, _passwords.password) if arguments.key else None
    token = None
    if signer is None:
        found = _token(arguments, context, transport, instance)
        token = lambda: found  # noqa: E731
    if instance is not None and instance.public:
        _ask(arguments, context, found.identity if signer is None else "the public key")
    return SignRequest(instance, signer, token, Services(transport), arguments.rekor_version)


def wanted(arguments: argparse.Namespace, settings: Settings, context: Context) -> Wanted:
    """Where signatures go, as far as both commands say it."""
    from assay.app.signing_targets import Wanted

    return Wanted(
        access=_registries.access(arguments, settings),
        bundle=arguments.bundle,
        recursive=arguments.recursive,
        platform=arguments.platform,
        elder=arguments.new_bundle_format == "false",
        note=context.note,
    )


def tell(done: Done, what: str, arguments: argparse.Namespace, context: Context) -> None:
    """Say what was made, and keep it as evidence where that is asked for."""
    context.note(f"{done.what}: {'signed' if what == 'signature' else 'attested'}, {done.place}")
    if arguments.record:
        with context.evidence(context.settings()) as store:
            store.record(what, done.digest, done.data, producer="assay", name=done.what)


def _instance(arguments: argparse.Namespace, settings: Settings, context: Context) -> Instance:
    from assay.adapters import trust_roots
    from assay.app.signing import Instance
    from assay.formats import signing_config, trusted_root

    if arguments.trust_config is not None:
        data = trust_roots.read_file(arguments.trust_config)
        return _named(Instance(signing_config.read(data), trusted_root.read(data)), arguments)
    data_dir = context.data_dir(settings)
    if arguments.instance:
        kept = trust_roots.of_instance(data_dir, arguments.instance)
        place = trust_roots.folder(data_dir, arguments.instance)
        config = signing_config.read(trust_roots.read_file(place / "signing_config.v0.2.json"))
        return _named(Instance(config, kept.root), arguments)
    root = trust_roots.load(arguments.trusted_root).root if arguments.trusted_root is not None else None
    if arguments.signing_config is not None:
        config = signing_config.read(trust_roots.read_file(arguments.signing_config))
        return _named(Instance(config, root), arguments)
    if arguments.fulcio_url or arguments.rekor_url:
        return _named(Instance(signing_config.SigningConfig(), root), arguments)
    config = signing_config.read(trust_roots.embedded("signing_config"))
    return _named(Instance(config, root or trust_roots.public_good(data_dir).root, public=True), arguments)


def _named(instance: Instance, arguments: argparse.Namespace) -> Instance:
    """With the services that are named on the command line in their place."""
    from assay.formats.signing_config import Service

    config, version = instance.config, arguments.rekor_version or 1
    if arguments.fulcio_url:
        config = config._replace(authorities=(Service(arguments.fulcio_url),))
    if arguments.rekor_url:
        config = config._replace(logs=(Service(arguments.rekor_url, version),))
    if arguments.timestamp_server_url:
        config = config._replace(timestamps=(Service(arguments.timestamp_server_url),))
    return instance._replace(config=config)


def _token(arguments: argparse.Namespace, context: Context, transport: Transport, instance: Instance | None) -> Token:
    from assay.adapters import oidc

    found = oidc.found(arguments.identity_token, os.environ, time.time())
    if found is not None:
        return found
    if arguments.fulcio_auth_flow == "token" or not sys.stdin.isatty():
        raise oidc.nobody()
    from assay.adapters.oidc.person import Issuer

    issuer = Issuer(transport, arguments.oidc_issuer or _issuer(instance), arguments.oidc_client_id)
    ways = {"normal": issuer.browser, "device": issuer.device, "oob": issuer.typed}
    return oidc.parse(ways[arguments.fulcio_auth_flow](context.note), time.time())


def _issuer(instance: Instance | None) -> str:
    """Whom the instance believes, as its signing configuration says."""
    found = instance.config.issuers if instance is not None else ()
    return found[0].url if found else PUBLIC_ISSUER


def _ask(arguments: argparse.Namespace, context: Context, who: str) -> None:
    """Nothing of the public-good instance's logs can ever be taken back."""
    context.note(
        f"public for ever, in the logs of the public-good instance: {who}, the digest of what is signed, and the time"
    )
    if arguments.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("nobody is there to agree", "--yes agrees; --trust-config FILE uses an instance of your own")
    sys.stderr.write("Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was signed", "--trust-config FILE uses an instance of your own")
