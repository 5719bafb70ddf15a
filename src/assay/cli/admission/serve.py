"""Serves the admission webhooks over HTTPS: images and workloads are held to policies.

Policies are read from files and folders, and again when one changes. Without a certificate of yours the server makes
an authority and a certificate of its own; the authority goes into `caBundle` of the webhook configuration.

    assay admission serve --policies policies/ --listen 0.0.0.0:8443 --tls-name assay.assay-system.svc
    assay admission serve --policies release.yaml --tls-certificate tls.crt --tls-key tls.key
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context, _serving
from assay.cli.admission import _cluster, _replicas, _telling
from assay.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.app.admission import Controller
    from assay.app.break_glass import Glasses
    from assay.app.cluster_policies import ClusterPolicies
    from assay.app.webhook_certificates import Certificates
    from assay.model.trusted_root import TrustedRoot
    from assay.ports import Cluster
    from assay.server.parts import Part


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    _serving.add_flags(parser, "127.0.0.1:8443")
    parser.add_argument(
        "--tls-name", metavar="NAME", action="append", default=[], help="a name in the certificate that is made"
    )
    add_part_flags(parser)


def add_part_flags(parser: argparse._ActionsContainer) -> None:
    """The flags of this part of the server."""
    parser.add_argument(
        "--policies",
        metavar="PATH",
        action="append",
        default=[],
        help="a file or folder of policies, or oci://REGISTRY/NAME:TAG",
    )
    parser.add_argument(
        "--enforce",
        metavar="ENGINE",
        action="append",
        default=[],
        help="let policies of kyverno, gatekeeper, policy-controller or kubernetes refuse, which else only report",
    )
    parser.add_argument("--admission-trusted-root", metavar="FILE", type=Path, help="a trusted_root.json")
    parser.add_argument("--plain-http", action="append", metavar="HOST", help="speak to this registry without TLS")
    parser.add_argument("--insecure-registry", action="store_true", help="do not check registries' certificates")
    parser.add_argument("--verdicts-fresh", metavar="SECONDS", type=float, default=3600, help="how long verdicts count")
    parser.add_argument("--break-glass-key", metavar="FILE", help="the public key of those who may break glass")
    parser.add_argument(
        "--break-glass-policy", metavar="FILE", type=Path, help="identities that may, in TOML, [[verify.identity]]"
    )
    _cluster.add_flags(parser)
    _telling.add_flags(parser)
    _replicas.add_flags(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Serve until stopped."""
    from assay.app import admission_tls
    from assay.server import serving

    where, shared = _serving.listening(arguments), None
    if not where.certificate and not where.unix_socket:
        services = _cluster.service_names(arguments) if arguments.tls_secret else ()
        names = list(dict.fromkeys((*arguments.tls_name, *services, "localhost", "127.0.0.1", "::1")))
        if where.host not in names and where.host not in ("0.0.0.0", "::", ""):  # noqa: S104  # compared, not bound
            names.append(where.host)
        folder = context.data_dir(context.settings()) / "admission" / "tls"
        shared = _cluster.certificates(arguments, names, folder)
        renew = partial(admission_tls.files, folder, names) if shared is None else None
        made = renew() if renew is not None else admission_tls.places(folder)
        where = replace(where, certificate=str(made.certificate), key=str(made.key), renew=renew)
        arguments.webhook_ca = arguments.webhook_ca or (made.ca if shared is None else None)
        context.note(f"the certificate is one of our own; caBundle is {made.ca}")
    serving.serve([part(arguments, context, shared)], where, _serving.say)
    return ExitCode.OK


def part(arguments: argparse.Namespace, context: Context, shared: Certificates | None = None) -> Part:
    """The webhooks, with their policies loaded."""
    from assay.app import told_rollouts
    from assay.app.standing_beside import enforced
    from assay.server import admission

    if not arguments.policies and not _cluster.wants_policies(arguments):
        raise UsageError("no policies are named", "--policies PATH, or a cluster that has some: --in-cluster")
    if arguments.tls_secret and shared is None:
        raise UsageError("--tls-secret is not used here", "serve with it alone, without --tls-certificate")
    enforce = enforced(arguments.enforce)
    source = _cluster.policies(arguments, enforce)
    controller = _controller(arguments, context, source)
    controller.load()
    for problem in controller.problems.values():
        context.warn(problem, "mend it; the other policies are in force")
    greeting = f"admission webhooks: {len(controller.policies)} policies, /validate and /mutate on {arguments.listen}\n"
    duties = _cluster.duties(arguments, controller, source, shared, enforce)
    companions = _telling.companions(arguments, context, controller, duties)
    if source is not None:
        companions.append(told_rollouts.shared(controller, _cluster.needed(arguments, "policies of a cluster"), source))
    more, routes = _replicas.beside(arguments, context, controller)
    return admission.part(controller, greeting, [*companions, *more], routes)


def _controller(arguments: argparse.Namespace, context: Context, source: ClusterPolicies | None) -> Controller:
    from assay.app.admission import Controller, Setting
    from assay.app.image_facts import Facts
    from assay.app.standing_beside import enforced
    from assay.cli._trust import root as trust_root

    settings = context.settings()
    access = _replicas.access(arguments, context)
    root = trust_root(arguments.admission_trusted_root, settings, context)
    bundles = _replicas.bundles(arguments, context, access, root)
    setting = Setting(
        tuple(Path(item) for item in arguments.policies if not item.startswith(_replicas.OCI))
        + tuple(item.place for item in bundles),
        context.data_dir(settings) / "admission",
        root,
        access,
        arguments.verdicts_fresh,
        facts=Facts(context.data_dir(settings), context.cache_dir(settings), access),
        glasses=_glasses(arguments, root),
        enforce=enforced(arguments.enforce),
        cluster=_looked_into(arguments),
        cluster_policies=source,
        database=arguments.database or settings.text("admission.database"),
        watched=_replicas.watched(arguments, context),
    )
    return Controller(setting)


def _looked_into(arguments: argparse.Namespace) -> Cluster | None:
    """The cluster that policies may look into; None where none is named."""
    from assay.app.recent_cluster import RecentCluster

    found = _cluster.client(arguments)
    return RecentCluster(found) if found is not None else None


def _glasses(arguments: argparse.Namespace, root: Callable[[], TrustedRoot]) -> Glasses | None:
    """Who may break glass; None where nobody is named."""
    from assay.app import identity_policies
    from assay.app.break_glass import Glasses
    from assay.app.verifying import public_key
    from assay.engines.verify import Options

    if arguments.break_glass_key:
        key = public_key(arguments.break_glass_key)
        return Glasses(lambda: Options(root=root(), key=key, ignore_log=True))
    if arguments.break_glass_policy is not None:
        policy = identity_policies.load(arguments.break_glass_policy)
        return Glasses(lambda: Options(root=root(), policy=policy))
    return None
