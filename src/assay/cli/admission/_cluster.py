"""The flags that are about the cluster in which the controller stands, and what is made of them."""

from __future__ import annotations

import argparse
import os
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assay.adapters.kubernetes.client import Cluster
    from assay.app.admission import Controller
    from assay.app.cluster_duties import ClusterDuties
    from assay.app.cluster_policies import ClusterPolicies
    from assay.app.leadership import Leadership
    from assay.app.webhook_certificates import Certificates
    from assay.app.webhook_registration import Registration, Webhook

NAMESPACE, INSTANCE = "assay-system", "assay-admission"
_SYNC_SECONDS = 10.0


def add_access_flags(parser: argparse._ActionsContainer) -> None:
    """Which cluster, and which names are ours in it."""
    parser.add_argument(
        "--kubeconfig", metavar="FILE", type=Path, help="the cluster in which controllers are looked up"
    )
    parser.add_argument("--in-cluster", action="store_true", help="the cluster of this pod, as its service account")
    parser.add_argument("--namespace", metavar="NAME", help="where the controller itself lives (default: the pod's)")
    parser.add_argument(
        "--instance", metavar="NAME", default=INSTANCE, help="name of its lease and its webhook configurations"
    )


def add_flags(parser: argparse._ActionsContainer) -> None:
    """The flags of `assay admission serve`."""
    add_access_flags(parser)
    parser.add_argument(
        "--policies-from-cluster",
        action="store_true",
        help="policies in labelled ConfigMaps, AssayPolicy and the kinds of other engines; so without --policies",
    )
    parser.add_argument("--policies-namespace", metavar="NAME", help="where ConfigMaps of policies are (default: ours)")
    parser.add_argument(
        "--tls-secret", metavar="NAME", help="a Secret that replicas share for authority and certificate"
    )
    parser.add_argument(
        "--tls-overlap", metavar="SECONDS", type=float, default=120.0, help="for which two authorities hold"
    )
    _webhook_flags(parser)


def _webhook_flags(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--manage-webhooks", action="store_true", help="keep the webhook configurations as policies need"
    )
    parser.add_argument("--webhook-service", metavar="NAME", help="the Service of the webhooks (default: the instance)")
    parser.add_argument("--webhook-port", metavar="N", type=int, default=443, help="the port of the Service")
    parser.add_argument("--webhook-url", metavar="URL", help="their address, where there is no Service")
    parser.add_argument("--webhook-ca", metavar="FILE", type=Path, help="the authorities for caBundle, if not ours")
    parser.add_argument(
        "--webhook-failure-policy", choices=("Fail", "Ignore"), default="Fail", help="when the webhooks do not answer"
    )
    parser.add_argument("--webhook-timeout", metavar="SECONDS", type=int, default=10, help="from 1 to 30")
    parser.add_argument(
        "--webhook-exclude", metavar="NAMESPACE", action="append", help="besides our own (default: those of the system)"
    )
    parser.add_argument(
        "--webhook-namespace-label", metavar="KEY=VALUE", action="append", default=[], help="which namespaces must have"
    )
    parser.add_argument(
        "--webhook-condition", metavar="NAME=CEL", action="append", default=[], help="what requests must meet"
    )
    parser.add_argument("--webhook-owner", metavar="NAME", help="a ClusterRole with which the configurations go")
    parser.add_argument("--webhook-account", metavar="USER", default="", help="our own user, which is not asked about")


def client(arguments: argparse.Namespace, timeout: float = 3) -> Cluster | None:
    """The cluster that is named; None where none is."""
    from assay.adapters.kubernetes import access
    from assay.adapters.kubernetes.client import Cluster

    if arguments.kubeconfig is not None:
        return Cluster(access.kubeconfig(arguments.kubeconfig), timeout)
    return Cluster(access.in_cluster(), timeout) if arguments.in_cluster else None


def needed(arguments: argparse.Namespace, flag: str) -> Cluster:
    """The same; raises `UsageError` where none is named."""
    found = client(arguments, 10)
    if found is None:
        raise UsageError(f"{flag} needs a cluster", "name it: --in-cluster or --kubeconfig FILE")
    return found


def namespace(arguments: argparse.Namespace) -> str:
    """Where the controller lives."""
    from assay.adapters.kubernetes.access import ACCOUNT

    if arguments.namespace:
        return str(arguments.namespace)
    try:
        return (ACCOUNT / "namespace").read_text("utf-8").strip() if arguments.in_cluster else NAMESPACE
    except OSError:
        return NAMESPACE


def policies(arguments: argparse.Namespace, enforced: frozenset[str]) -> ClusterPolicies | None:
    """The policies in the cluster, listed once where that takes no longer than some seconds."""
    from assay.app.cluster_policies import ClusterPolicies

    if not wants_policies(arguments):
        return None
    place = arguments.policies_namespace or namespace(arguments)
    found = ClusterPolicies(needed(arguments, "--policies-from-cluster"), place, enforced)
    found.start()
    found.wait(_SYNC_SECONDS)
    return found


def wants_policies(arguments: argparse.Namespace) -> bool:
    """Whether policies are read from the cluster: also where one is named, and no files."""
    named = arguments.kubeconfig is not None or arguments.in_cluster
    return bool(arguments.policies_from_cluster or (named and not arguments.policies))


def certificates(arguments: argparse.Namespace, names: Sequence[str], folder: Path) -> Certificates | None:
    """Authority and certificate in a Secret; None where none is named."""
    from assay.app.webhook_certificates import Certificates

    if not arguments.tls_secret:
        return None
    place = (namespace(arguments), arguments.tls_secret)
    found = Certificates(needed(arguments, "--tls-secret"), place, names, folder, arguments.tls_overlap)
    found.begin()
    return found


def service_names(arguments: argparse.Namespace) -> list[str]:
    """The names by which the API server asks for the Service."""
    name = f"{arguments.webhook_service or arguments.instance}.{namespace(arguments)}.svc"
    return [name, f"{name}.cluster.local"]


def duties(
    arguments: argparse.Namespace,
    controller: Controller,
    source: ClusterPolicies | None,
    kept: Certificates | None,
    enforced: frozenset[str],
) -> ClusterDuties | None:
    """What is to be done in the cluster; None where there is nothing."""
    from assay.app.cluster_duties import ClusterDuties
    from assay.app.policy_status import Statuses

    if source is None and kept is None and not arguments.manage_webhooks:
        return None
    cluster = needed(arguments, "--manage-webhooks")
    statuses = Statuses(cluster) if source is not None else None
    registration = _registration(arguments, cluster, kept, enforced) if arguments.manage_webhooks else None
    return ClusterDuties(controller, leadership(arguments, cluster), source, statuses, registration, kept)


def leadership(arguments: argparse.Namespace, cluster: Cluster) -> Leadership:
    """Who of the replicas does what must be done once."""
    from assay.app.leadership import Leadership

    identity = f"{os.environ.get('POD_NAME') or socket.gethostname()}_{secrets.token_hex(4)}"
    return Leadership(cluster, namespace(arguments), arguments.instance, identity)


def _registration(
    arguments: argparse.Namespace, cluster: Cluster, kept: Certificates | None, enforced: frozenset[str]
) -> Registration:
    from assay.app.webhook_registration import Registration

    return Registration(cluster, webhook(arguments), _bundle(arguments, kept), enforced)


def _bundle(arguments: argparse.Namespace, kept: Certificates | None) -> Callable[[], bytes]:
    """The authorities to trust: those of a file, which may change, or of the Secret; else somebody fills them in."""
    from assay.errors import InputError

    def read() -> bytes:
        try:
            return bytes(arguments.webhook_ca.read_bytes())
        except OSError as error:
            raise InputError(f"{arguments.webhook_ca} cannot be read: {error.strerror}", "check the path") from error

    if arguments.webhook_ca is not None:
        return read
    return (lambda: kept.bundle) if kept is not None else (lambda: b"")


def webhook(arguments: argparse.Namespace) -> Webhook:
    """How the API server is to ask; raises `UsageError`."""
    from assay.app.webhook_registration import SYSTEM, Webhook

    if not 1 <= arguments.webhook_port <= 0xFFFF:
        raise UsageError(f"--webhook-port {arguments.webhook_port} is no port", "--webhook-port 443")
    if not 1 <= arguments.webhook_timeout <= 30:  # as admissionregistration.k8s.io/v1 has it
        raise UsageError("--webhook-timeout is from 1 to 30 seconds", "--webhook-timeout 10")
    url = (arguments.webhook_url or "").rstrip("/")
    if url and not url.startswith("https://"):
        raise UsageError(f"{url[:200]} is no address for webhooks", "it begins with https://")
    return Webhook(
        arguments.instance,
        namespace(arguments),
        arguments.webhook_service or arguments.instance,
        url,
        arguments.webhook_failure_policy,
        arguments.webhook_timeout,
        SYSTEM if arguments.webhook_exclude is None else tuple(filter(None, arguments.webhook_exclude)),
        dict(_pair(text, "--webhook-namespace-label") for text in arguments.webhook_namespace_label),
        tuple(_pair(text, "--webhook-condition") for text in arguments.webhook_condition),
        arguments.webhook_owner or "",
        arguments.webhook_account,
        arguments.webhook_port,
    )


def _pair(text: str, flag: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise UsageError(f"{flag} {text[:100]}: there is no =", f"{flag} NAME=VALUE")
    return name, value
