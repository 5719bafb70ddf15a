"""The same demand upon signed images in every language, for `simulators.cosigned_images`."""

from __future__ import annotations

import json
from typing import Any

from simulators.cosigned_images import CosignedImages
from simulators.running_instance import EMAIL

Object = dict[str, Any]


def own(images: CosignedImages, name: str = "release", **spec: Any) -> Object:
    """An AssayPolicy: signed by us, with an SBOM and a scan that names nothing critical; tags are pinned."""
    identity = {"identity": EMAIL, "issuer": images.instance.url}
    found = {
        "images": {"include": [f"{images.host}/**"]},
        "signers": {"team": {"identities": [identity]}},
        "signedBy": ["team"],
        "sbom": {"by": ["team"], "complete": True},
        "vulnerabilities": {"from": "attested-scan", "by": ["team"], "youngerThan": "24h", "deny": ["critical"]},
        "digests": {"pin": True},
        "action": "enforce",
        **spec,
    }
    return {"apiVersion": "assay.dev/v1alpha1", "kind": "AssayPolicy", "metadata": {"name": name}, "spec": found}


def require_signed_images(images: CosignedImages) -> Object:
    """The policy that everybody starts from: one keyless attestor with a wildcard, issuer and log."""
    url = images.instance.url
    keyless = {"subject": "you@*", "issuer": url, "rekor": {"url": url}}
    wanted = {"imageReferences": [f"{images.host}/*"], "attestors": [{"entries": [{"keyless": keyless}]}]}
    rule = {"name": "signed", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]}, "verifyImages": [wanted]}
    spec = {"validationFailureAction": "Enforce", "background": False, "rules": [rule]}
    metadata = {"name": "require-signed-images"}
    return {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": metadata, "spec": spec}


def cluster_image_policy(images: CosignedImages) -> Object:
    """policy-controller's."""
    url = images.instance.url
    keyless = {"identities": [{"issuer": url, "subject": EMAIL}]}
    spec = {"images": [{"glob": f"{images.host}/**"}], "authorities": [{"keyless": keyless, "ctlog": {"url": url}}]}
    metadata = {"name": "signed-by-us"}
    return {
        "apiVersion": "policy.sigstore.dev/v1beta1",
        "kind": "ClusterImagePolicy",
        "metadata": metadata,
        "spec": spec,
    }


def image_validating_policy(images: CosignedImages) -> Object:
    """Kyverno's in CEL."""
    url = images.instance.url
    keyless = {"identities": [{"issuer": url, "subject": EMAIL}]}
    attestor = {"name": "us", "cosign": {"keyless": keyless, "ctlog": {"url": url}}}
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["pods"]}]
    expression = "images.containers.map(image, verifyImageSignatures(image, [attestors.us])).all(e, e > 0)"
    spec = {
        "matchConstraints": {"resourceRules": rules},
        "matchImageReferences": [{"glob": f"{images.host}/**"}],
        "attestors": [attestor],
        "validations": [{"expression": expression, "message": "it is not signed by us"}],
        "validationActions": ["Deny"],
    }
    metadata = {"name": "signed-by-us"}
    return {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ImageValidatingPolicy",
        "metadata": metadata,
        "spec": spec,
    }


def file(*items: Object) -> str:
    """The text of a file of policies."""
    return "\n---\n".join(map(json.dumps, items))


def report_kinds() -> list[Object]:
    """The definitions of PolicyReport and ClusterPolicyReport, with no more schema than that they are objects."""
    return [_definition("PolicyReport", "Namespaced"), _definition("ClusterPolicyReport", "Cluster")]


def _definition(kind: str, scope: str) -> Object:
    group, plural = "wgpolicyk8s.io", f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1alpha2", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    spec = {"group": group, "scope": scope, "names": names, "versions": [version]}
    metadata = {"name": f"{plural}.{group}"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": spec,
    }


def values(images: CosignedImages, *items: Object, **more: Any) -> Object:
    """Values of the chart for these policies."""
    root = (images.instance.files / "trusted_root.json").read_text()
    found = {"policies": {"release.yaml": file(*items)}, "trustedRoot": root, "plainHttp": [images.host]}
    return {**found, **more}


def pod(name: str, image: str, namespace: str = "shop", **metadata: Any) -> Object:
    """A pod that runs an image."""
    about = {"name": name, "namespace": namespace, **metadata}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": about,
        "spec": {"containers": [{"name": "app", "image": image}]},
    }


def deployment(name: str, image: str, namespace: str = "shop", **metadata: Any) -> Object:
    """A Deployment of such pods."""
    labels = {"app": name}
    inner = {"metadata": {"labels": labels}, "spec": pod(name, image)["spec"]}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": inner}
    about = {"name": name, "namespace": namespace, **metadata}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": spec}
