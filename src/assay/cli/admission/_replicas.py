"""What several replicas share, and what is verified ahead of requests: flags, and what they set up."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.admission import _cluster, _telling
from assay.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import BaseRoute

    from assay.adapters.access import Access
    from assay.app.admission import Controller
    from assay.app.admission_replicas import Record
    from assay.app.companions import Companion
    from assay.app.policy_bundles import PolicyBundle
    from assay.model.image_policy import Authority
    from assay.model.trusted_root import TrustedRoot

OCI = "oci://"
_MAX_SECRET, _MIN_SECRET = 4096, 16


def add_flags(parser: argparse._ActionsContainer) -> None:
    """The flags."""
    parser.add_argument(
        "--database", metavar="URL", help="the database that replicas share: postgresql://USER@HOST/NAME"
    )
    parser.add_argument(
        "--replicas",
        action="store_true",
        help="others have a file of their own: hold to the generation of policies that the cluster names",
    )
    parser.add_argument(
        "--behind", metavar="TIME", default="60s", help="how long a replica may be behind the others (default: 60s)"
    )
    parser.add_argument(
        "--recheck", metavar="TIME", default="30m", help="how often images in use are verified anew; 0 never"
    )
    parser.add_argument(
        "--update-advisories",
        metavar="TIME",
        default="0",
        help="how often the advisory data is brought up to date, as `assay db update` does it (default: 0, never)",
    )
    parser.add_argument(
        "--notify-secret", metavar="FILE", type=Path, help="whoever knows what is in it may tell /notify of pushes"
    )
    parser.add_argument("--notify-host", metavar="HOST", default="", help="the registry that notifies, as pods name it")
    _bundle_flags(parser)


def _bundle_flags(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--policies-poll", metavar="TIME", default="30s", help="how often oci:// policies are looked at (default: 30s)"
    )
    parser.add_argument("--policies-key", metavar="FILE", help="the public key that signed oci:// policies")
    parser.add_argument("--policies-identity", metavar="SUBJECT", help="or the identity that signed them")
    parser.add_argument("--policies-issuer", metavar="URL", help="who vouches for that identity")
    parser.add_argument(
        "--registry-credentials",
        metavar="CLOUD",
        action="append",
        default=[],
        help="open registries of amazon, azure or google by the identity that this runs under",
    )


def access(arguments: argparse.Namespace, context: Context) -> Access:
    """How registries are reached."""
    from assay.adapters.access import Access

    settings = context.settings()
    return Access(
        settings.list("registry.plain-http"),
        arguments.insecure_registry,
        settings.switch("offline"),
        settings.list("registry.mirrors"),
        settings.list("registry.authorities"),
        tuple(arguments.registry_credentials) or settings.list("registry.credentials"),
    )


def bundles(
    arguments: argparse.Namespace, context: Context, reached: Access, root: Callable[[], TrustedRoot]
) -> list[PolicyBundle]:
    """The bundles that are named, pulled once or found on disk; raises `AssayError` where there is neither."""
    from assay.app.image_evidence import NamedRoots, Reach, Registries
    from assay.app.policy_bundles import PolicyBundle, PolicyBundles

    named = [item for item in arguments.policies if item.startswith(OCI)]
    arguments.bundles = None
    if not named:
        return []
    registries = Registries(Reach(NamedRoots(root, {}), reached, attempts=2, patience=5))
    folder, signer = context.data_dir(context.settings()) / "admission" / "policies", _signer(arguments)
    found = [PolicyBundle(item, folder, registries, signer) for item in named]
    pause = _telling.seconds(arguments.policies_poll, "--policies-poll")
    if not pause:
        raise UsageError("--policies-poll 0 never looks", "--policies-poll 30s")
    arguments.bundles = PolicyBundles(found, pause)
    arguments.bundles.first()
    return found


def _signer(arguments: argparse.Namespace) -> Authority | None:
    """Who must have signed; None where nobody is named."""
    from assay.adapters import trust_roots
    from assay.model.image_policy import Authority, KeylessIdentity

    if arguments.policies_key:
        key = trust_roots.read_file(Path(arguments.policies_key))
        return Authority("policies", key=key.decode("ascii", "replace"), ignore_log=True)
    if not arguments.policies_identity and not arguments.policies_issuer:
        return None
    if not (arguments.policies_identity and arguments.policies_issuer):
        raise UsageError("an identity is a subject and an issuer", "--policies-identity SUBJECT --policies-issuer URL")
    identity = KeylessIdentity(issuer=arguments.policies_issuer, subject=arguments.policies_identity)
    return Authority("policies", identities=(identity,))


def watched(arguments: argparse.Namespace, context: Context) -> tuple[Path, ...]:
    """The files of the trust root."""
    settings = context.settings()
    configured = arguments.admission_trusted_root or settings.text("verify.trusted-root")
    if configured:
        return (Path(configured),)
    folder = context.data_dir(settings) / "trust" / "public-good"
    return (folder, folder / "trusted_root.json")


def beside(
    arguments: argparse.Namespace, context: Context, controller: Controller
) -> tuple[list[Companion], list[BaseRoute]]:
    """What works beside the webhooks, and what else is served."""
    from starlette.routing import Route

    from assay.app.image_worker import ImageWorker
    from assay.server.registry_notifications import Notifications

    found: list[Companion] = []
    routes: list[BaseRoute] = []
    if arguments.bundles is not None:
        found.append(arguments.bundles)
    if (record := _record(arguments, controller)) is not None:
        found.append(_held(arguments, context, controller, record))
    if updates := _telling.seconds(arguments.update_advisories, "--update-advisories"):
        from assay.app.advisory_updates import AdvisoryUpdates

        settings = context.settings()
        if settings.switch("offline"):
            raise UsageError("--update-advisories needs the network, and offline is set", "leave one of them away")
        words = ["--config", str(arguments.config)] if arguments.config else []
        found.append(AdvisoryUpdates(context.data_dir(settings), updates, words))
    recheck = _telling.seconds(arguments.recheck, "--recheck")
    if recheck or arguments.notify_secret:
        worker = ImageWorker(controller, recheck)
        found.append(worker)
        if arguments.notify_secret:
            told = Notifications(_secret(arguments.notify_secret), worker.hint, worker.notified, arguments.notify_host)
            routes.append(Route("/notify", told, methods=["POST"]))
    return found, routes


def _record(arguments: argparse.Namespace, controller: Controller) -> Record | None:
    """Where the generation in force is written down; None for a replica that is alone."""
    from assay.adapters.admission_store import SqliteDatabase
    from assay.adapters.admission_store.generations import SqlGenerations
    from assay.app.cluster_generations import ClusterGenerations

    if not isinstance(controller.database, SqliteDatabase):
        return SqlGenerations(controller.database)
    if not arguments.replicas:
        return None
    cluster = _cluster.needed(arguments, "--replicas")
    return ClusterGenerations(cluster, _cluster.namespace(arguments), f"{arguments.instance}-generation")


def _held(arguments: argparse.Namespace, context: Context, controller: Controller, record: Record) -> Companion:
    from assay.app.admission_replicas import Replicas
    from assay.app.own_generation import OwnGeneration

    settings = context.settings()
    own = OwnGeneration(controller, context.data_dir(settings), context.cache_dir(settings))
    found = Replicas(record, own, _telling.seconds(arguments.behind, "--behind"))
    controller.is_current = lambda: found.ready
    return found


def _secret(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            found = file.read(_MAX_SECRET).strip()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "--notify-secret FILE") from error
    if len(found) < _MIN_SECRET:
        what = f"the secret in {path} has less than {_MIN_SECRET} bytes"
        raise UsageError(what, "make a longer one: openssl rand -hex 32")
    return found
