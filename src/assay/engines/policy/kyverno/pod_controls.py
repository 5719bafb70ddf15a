"""The controls of the Pod Security Standards, by the version of Kubernetes that they are of.

https://kubernetes.io/docs/concepts/security/pod-security-standards/ ; each control yields what it objects to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from assay.engines.policy.kyverno.odd import listed, mapping, objects
from assay.model.policy import Object

_LISTS = ("initContainers", "containers", "ephemeralContainers")


class Violation(NamedTuple):
    """What a control objects to: a field of a container or of the pod, and what stands there."""

    control: str
    field: str
    value: Any
    image: str | None = None
    """Of the container; None for what is the pod's."""
    container: str = ""


Check = Callable[["PodView"], Iterator[Violation]]


class PodView:
    """A pod, with its containers one by one."""

    def __init__(self, metadata: Object, spec: Object, version: int) -> None:
        self.metadata, self.spec, self.version = metadata, spec, version
        self.security: Object = mapping(spec.get("securityContext"))
        self.is_windows = mapping(spec.get("os")).get("name") == "windows"

    def containers(self) -> Iterator[tuple[str, Object, Object]]:
        """The path of the list, the container, its security context."""
        for group in _LISTS:
            for container in objects(self.spec.get(group)):
                yield f"spec.{group}[*]", container, mapping(container.get("securityContext"))

    def annotations(self) -> Object:
        """Of the pod."""
        return mapping(self.metadata.get("annotations"))


@cache
def data() -> dict[str, Any]:
    """The lists of what is allowed."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath("pod_controls.json").read_bytes())
    return found


def _of(control: str, path: str, field: str, value: Any, container: Object | None = None) -> Violation:
    image = str(container.get("image") or "") if container is not None else None
    return Violation(control, f"{path}.{field}", value, image, str((container or {}).get("name") or ""))


def _host_process(pod: PodView) -> Iterator[Violation]:
    field = "securityContext.windowsOptions.hostProcess"
    if mapping(pod.security.get("windowsOptions")).get("hostProcess") is True:
        yield _of("HostProcess", "spec", field, True)
    for path, container, security in pod.containers():
        if mapping(security.get("windowsOptions")).get("hostProcess") is True:
            yield _of("HostProcess", path, field, True, container)


def _host_namespaces(pod: PodView) -> Iterator[Violation]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(field) is True:
            yield _of("Host Namespaces", "spec", field, True)


def _privileged(pod: PodView) -> Iterator[Violation]:
    for path, container, security in pod.containers():
        if security.get("privileged") is True:
            yield _of("Privileged Containers", path, "securityContext.privileged", True, container)


def _capabilities(pod: PodView) -> Iterator[Violation]:
    for path, container, security in pod.containers():
        for name in listed(mapping(security.get("capabilities")).get("add")):
            if name not in data()["capabilities"]:
                yield _of("Capabilities", path, "securityContext.capabilities.add", name, container)


def _restricted_capabilities(pod: PodView) -> Iterator[Violation]:
    if pod.is_windows and pod.version >= 25:
        return
    for path, container, security in pod.containers():
        capabilities = mapping(security.get("capabilities"))
        if "ALL" not in listed(capabilities.get("drop")):
            dropped = capabilities.get("drop")
            yield _of("Capabilities", path, "securityContext.capabilities.drop", dropped or "", container)
        for name in listed(capabilities.get("add")):
            if name != "NET_BIND_SERVICE":
                yield _of("Capabilities", path, "securityContext.capabilities.add", name, container)


def _host_path(pod: PodView) -> Iterator[Violation]:
    for volume in objects(pod.spec.get("volumes")):
        if volume.get("hostPath") is not None:
            yield _of("HostPath Volumes", "spec", "volumes[*].hostPath", volume["hostPath"])


def _host_ports(pod: PodView) -> Iterator[Violation]:
    for path, container, _ in pod.containers():
        for port in objects(container.get("ports")):
            if port.get("hostPort"):
                yield _of("Host Ports", path, "ports[*].hostPort", port["hostPort"], container)


def _host_probes(pod: PodView) -> Iterator[Violation]:
    """From 1.34 on: probes and hooks name no host."""
    name = "Host Probes / Lifecycle Hooks"
    for path, container, _ in pod.containers():
        places = [
            (probe, mapping(container.get(probe))) for probe in ("livenessProbe", "readinessProbe", "startupProbe")
        ]
        hooks = mapping(container.get("lifecycle"))
        places += [(f"lifecycle.{hook}", mapping(hooks.get(hook))) for hook in ("postStart", "preStop")]
        for place, probe in places:
            for action in ("httpGet", "tcpSocket"):
                host = mapping(probe.get(action)).get("host")
                if host:
                    yield _of(name, path, f"{place}.{action}.host", host, container)


def _app_armor(pod: PodView) -> Iterator[Violation]:
    for key, value in pod.annotations().items():
        if key.startswith("container.apparmor.security.beta.kubernetes.io/"):
            good = value in ("", "runtime/default") or str(value).startswith("localhost/")
            if not good:
                yield Violation("AppArmor", "metadata.annotations", value)
    if pod.version < 30:
        return
    allowed = ("RuntimeDefault", "Localhost")
    profile = mapping(pod.security.get("appArmorProfile")).get("type")
    if profile is not None and profile not in allowed:
        yield _of("AppArmor", "spec", "securityContext.appArmorProfile.type", profile)
    for path, container, security in pod.containers():
        profile = mapping(security.get("appArmorProfile")).get("type")
        if profile is not None and profile not in allowed:
            yield _of("AppArmor", path, "securityContext.appArmorProfile.type", profile, container)


def _se_linux(pod: PodView) -> Iterator[Violation]:
    places: list[tuple[str, Object | None, Object]] = [("spec", None, pod.security)]
    places += [(path, container, security) for path, container, security in pod.containers()]
    allowed = data()["selinux"] + (["container_engine_t"] if pod.version >= 31 else [])
    for path, container, security in places:
        options = mapping(security.get("seLinuxOptions"))
        if options.get("type") and options["type"] not in allowed:
            yield _of("SELinux", path, "securityContext.seLinuxOptions.type", options["type"], container)
        for field in ("user", "role"):
            if options.get(field):
                yield _of("SELinux", path, f"securityContext.seLinuxOptions.{field}", options[field], container)


def _proc_mount(pod: PodView) -> Iterator[Violation]:
    if pod.version >= 35 and pod.spec.get("hostUsers") is False:
        return
    for path, container, security in pod.containers():
        if security.get("procMount") not in (None, "", "Default"):
            yield _of("/proc Mount Type", path, "securityContext.procMount", security["procMount"], container)


def _seccomp(pod: PodView) -> Iterator[Violation]:
    field, allowed = "securityContext.seccompProfile.type", ("RuntimeDefault", "Localhost")
    if pod.version < 19:
        yield from _seccomp_annotations(pod)
        return
    profile = mapping(pod.security.get("seccompProfile")).get("type")
    if profile is not None and profile not in allowed:
        yield _of("Seccomp", "spec", field, profile)
    for path, container, security in pod.containers():
        profile = mapping(security.get("seccompProfile")).get("type")
        if profile is not None and profile not in allowed:
            yield _of("Seccomp", path, field, profile, container)


def _seccomp_annotations(pod: PodView) -> Iterator[Violation]:
    for key, value in pod.annotations().items():
        if key.startswith(("seccomp.security.alpha.kubernetes.io/", "container.seccomp.security.alpha.kubernetes.io/")):
            good = value in ("runtime/default", "docker/default") or str(value).startswith("localhost/")
            if not good:
                yield Violation("Seccomp", "metadata.annotations", value)


def _restricted_seccomp(pod: PodView) -> Iterator[Violation]:
    if pod.version < 19 or (pod.is_windows and pod.version >= 25):
        return
    field, allowed = "securityContext.seccompProfile.type", ("RuntimeDefault", "Localhost")
    own = mapping(pod.security.get("seccompProfile")).get("type")
    if own is not None and own not in allowed:
        yield _of("Seccomp", "spec", field, own)
    for path, container, security in pod.containers():
        profile = mapping(security.get("seccompProfile")).get("type")
        if profile not in allowed and (profile is not None or own not in allowed):
            yield _of("Seccomp", path, field, profile or "", container)


def _sysctls(pod: PodView) -> Iterator[Violation]:
    allowed = {name for name, since in data()["sysctls"].items() if pod.version >= since}
    for sysctl in objects(pod.security.get("sysctls")):
        if str(sysctl.get("name")) not in allowed:
            yield _of("Sysctls", "spec", "securityContext.sysctls[*].name", sysctl.get("name"))


def _volume_types(pod: PodView) -> Iterator[Violation]:
    for volume in objects(pod.spec.get("volumes")):
        for kind in volume:
            if kind != "name" and kind not in data()["volumes"]:
                yield _of("Volume Types", "spec", f"volumes[*].{kind}", volume[kind])


def _escalation(pod: PodView) -> Iterator[Violation]:
    if pod.version < 8 or (pod.is_windows and pod.version >= 25):
        return
    for path, container, security in pod.containers():
        value = security.get("allowPrivilegeEscalation")
        if value is not False:
            field = "securityContext.allowPrivilegeEscalation"
            yield _of("Privilege Escalation", path, field, value if value is not None else "", container)


def _non_root(pod: PodView) -> Iterator[Violation]:
    if pod.version >= 35 and pod.spec.get("hostUsers") is False:
        return
    own = pod.security.get("runAsNonRoot")
    if own is False:
        yield _of("Running as Non-root", "spec", "securityContext.runAsNonRoot", own)
    for path, container, security in pod.containers():
        value = security.get("runAsNonRoot")
        if value is not True and (value is False or own is not True):
            field = "securityContext.runAsNonRoot"
            yield _of("Running as Non-root", path, field, value if value is not None else "", container)


def _non_root_user(pod: PodView) -> Iterator[Violation]:
    if pod.version < 23 or (pod.version >= 35 and pod.spec.get("hostUsers") is False):
        return
    if pod.security.get("runAsUser") == 0:
        yield _of("Running as Non-root user", "spec", "securityContext.runAsUser", 0)
    for path, container, security in pod.containers():
        if security.get("runAsUser") == 0:
            yield _of("Running as Non-root user", path, "securityContext.runAsUser", 0, container)


_BASELINE: tuple[Check, ...] = (
    _host_process,
    _host_namespaces,
    _privileged,
    _capabilities,
    _host_path,
    _host_ports,
    _app_armor,
    _se_linux,
    _proc_mount,
    _seccomp,
    _sysctls,
)
_RESTRICTED: tuple[Check, ...] = (_volume_types, _escalation, _non_root, _non_root_user)


def violations(metadata: Object, spec: Object, level: str, version: int) -> list[Violation]:
    """What the controls of `level` object to; `version` is the minor one of Kubernetes."""
    pod = PodView(metadata, spec, version)
    checks = [*_BASELINE, *([_host_probes] if version >= 34 else [])]
    if level == "restricted":
        overridden = [check for check in checks if check not in (_seccomp, _host_path)]
        checks = [*overridden, _restricted_seccomp if version >= 19 else _seccomp, *_RESTRICTED]
        if version >= 22:
            checks = [check for check in checks if check is not _capabilities] + [_restricted_capabilities]
    elif level != "baseline":
        return []
    return [found for check in checks for found in check(pod)]
