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
from assay.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.app.admission import Controller
    from assay.app.break_glass import Glasses
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
        "--policies", metavar="PATH", type=Path, action="append", default=[], help="a file or folder of policies"
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
    parser.add_argument(
        "--kubeconfig", metavar="FILE", type=Path, help="the cluster in which controllers are looked up"
    )
    parser.add_argument("--in-cluster", action="store_true", help="the cluster of this pod, as its service account")
    parser.add_argument("--decision-log", metavar="FILE", help="a JSON line for each decision; - is standard output")
    parser.add_argument("--break-glass-key", metavar="FILE", help="the public key of those who may break glass")
    parser.add_argument(
        "--break-glass-policy", metavar="FILE", type=Path, help="identities that may, in TOML, [[verify.identity]]"
    )


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Serve until stopped."""
    from assay.app import admission_tls
    from assay.server import serving

    where = _serving.listening(arguments)
    if not where.certificate and not where.unix_socket:
        names = list(dict.fromkeys((*arguments.tls_name, "localhost", "127.0.0.1", "::1")))
        if where.host not in names and where.host not in ("0.0.0.0", "::", ""):  # noqa: S104  # compared, not bound
            names.append(where.host)
        renew = partial(admission_tls.files, context.data_dir(context.settings()) / "admission" / "tls", names)
        made = renew()
        where = replace(where, certificate=str(made.certificate), key=str(made.key), renew=renew)
        context.note(f"the certificate is one of our own; caBundle is {made.ca}")
    serving.serve([part(arguments, context)], where, _serving.say)
    return ExitCode.OK


def part(arguments: argparse.Namespace, context: Context) -> Part:
    """The webhooks, with their policies loaded."""
    from assay.adapters.decision_log import DecisionLog
    from assay.server import admission

    if not arguments.policies:
        raise UsageError("no policies are named", "--policies PATH")
    controller = _controller(arguments, context)
    controller.load()
    for problem in controller.problems.values():
        context.warn(problem, "mend it; the other policies are in force")
    log = DecisionLog(arguments.decision_log) if arguments.decision_log else None
    greeting = f"admission webhooks: {len(controller.policies)} policies, /validate and /mutate on {arguments.listen}\n"
    return admission.part(controller, log, greeting)


def _controller(arguments: argparse.Namespace, context: Context) -> Controller:
    from assay.adapters.access import Access
    from assay.app.admission import Controller, Setting
    from assay.app.image_facts import Facts
    from assay.app.standing_beside import enforced
    from assay.cli._trust import root as trust_root

    settings = context.settings()
    access = Access(settings.list("registry.plain-http"), arguments.insecure_registry, settings.switch("offline"))
    root = trust_root(arguments.admission_trusted_root, settings, context)
    setting = Setting(
        tuple(arguments.policies),
        context.data_dir(settings) / "admission",
        root,
        access,
        arguments.verdicts_fresh,
        facts=Facts(context.data_dir(settings), context.cache_dir(settings), access),
        glasses=_glasses(arguments, root),
        enforce=enforced(arguments.enforce),
        cluster=_cluster(arguments),
    )
    return Controller(setting)


def _cluster(arguments: argparse.Namespace) -> Cluster | None:
    """The cluster that policies may look into; None where none is named."""
    from assay.adapters.kubernetes import access
    from assay.adapters.kubernetes.client import Cluster
    from assay.app.recent_cluster import RecentCluster

    if arguments.kubeconfig is not None:
        return RecentCluster(Cluster(access.kubeconfig(arguments.kubeconfig), timeout=3))
    return RecentCluster(Cluster(access.in_cluster(), timeout=3)) if arguments.in_cluster else None


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
