"""The Pod Security Standards: each control broken once, the versions, and what is excluded."""

from __future__ import annotations

from typing import Any

import pytest

from assay.engines.policy.kyverno.pod_controls import data
from simulators.kyverno_samples import asked, outcomes
from simulators.native_samples import deployment, pod

GOOD: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def one(spec: dict[str, Any] | None = None, container: dict[str, Any] | None = None, **security: Any) -> dict[str, Any]:
    """A pod that keeps to `restricted`, but for what is given; None takes a field away."""
    item = pod("registry.example/app:1")
    merged = {key: value for key, value in {**GOOD, **security}.items() if value is not None}
    item["spec"]["containers"][0] |= {"securityContext": merged, **(container or {})}
    item["spec"] |= spec or {}
    return item


def rule(level: str, version: str = "latest", *exclude: dict[str, Any]) -> dict[str, Any]:
    """The rule."""
    return {"validate": {"podSecurity": {"level": level, "version": version, "exclude": list(exclude)}}}


BASELINE: list[tuple[str, dict[str, Any]]] = [
    ("HostProcess", one(windowsOptions={"hostProcess": True})),
    ("Host Namespaces", one({"hostPID": True})),
    ("Privileged Containers", one(privileged=True)),
    ("Capabilities", one(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]})),
    ("HostPath Volumes", one({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]})),
    ("Host Ports", one(container={"ports": [{"containerPort": 80, "hostPort": 80}]})),
    ("Host Probes / Lifecycle Hooks", one(container={"livenessProbe": {"httpGet": {"host": "x", "port": 1}}})),
    ("AppArmor", one(appArmorProfile={"type": "Unconfined"})),
    ("SELinux", one(seLinuxOptions={"type": "spc_t"})),
    ("SELinux", one({"securityContext": {"seLinuxOptions": {"user": "root"}}})),
    ("/proc Mount Type", one(procMount="Unmasked")),
    ("Seccomp", one(seccompProfile={"type": "Unconfined"})),
    ("Sysctls", one({"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}})),
]
RESTRICTED: list[tuple[str, dict[str, Any]]] = [
    ("Volume Types", one({"volumes": [{"name": "v", "nfs": {"path": "/"}}]})),
    ("Privilege Escalation", one(allowPrivilegeEscalation=None)),
    ("Running as Non-root", one(runAsNonRoot=None)),
    ("Running as Non-root user", one(runAsUser=0)),
    ("Seccomp", one(seccompProfile=None)),
    ("Capabilities", one(capabilities={"add": ["CHOWN"]})),
]


@pytest.mark.parametrize(("control", "item"), BASELINE)
def test_a_control_of_baseline(control: str, item: dict[str, Any]) -> None:
    (found,) = asked(item, rule("baseline"))
    assert found.outcome == "fail"
    assert {each["control"] for each in found.details["podSecurity"]} == {control}
    assert outcomes(item, rule("privileged")) == ["pass"]


@pytest.mark.parametrize(("control", "item"), RESTRICTED)
def test_a_control_of_restricted(control: str, item: dict[str, Any]) -> None:
    (found,) = asked(item, rule("restricted"))
    assert found.outcome == "fail"
    assert {each["control"] for each in found.details["podSecurity"]} == {control}
    assert outcomes(item, rule("baseline")) == ["pass"]


def test_every_control_is_tried() -> None:
    assert {control for control, _ in BASELINE + RESTRICTED} == set(data()["controls"])


def test_what_keeps_to_the_level_passes_and_templates_count() -> None:
    assert outcomes(one(), rule("restricted")) == ["pass"]
    item = deployment("a")
    item["spec"]["template"]["spec"] = one({"hostNetwork": True})["spec"]
    assert outcomes(item, rule("baseline")) == ["fail"]


def test_versions_know_what_is_theirs() -> None:
    sysctl = one({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}})
    assert (outcomes(sysctl, rule("baseline", "v1.31")), outcomes(sysctl, rule("baseline", "v1.32"))) == (
        ["fail"],
        ["pass"],
    )
    probe = one(container={"livenessProbe": {"tcpSocket": {"host": "x", "port": 1}}})
    assert (outcomes(probe, rule("baseline", "v1.33")), outcomes(probe, rule("baseline", "v1.34"))) == (
        ["pass"],
        ["fail"],
    )
    assert outcomes(one(seccompProfile=None), rule("restricted", "v1.18")) == ["pass"]


@pytest.mark.parametrize(
    ("exclusion", "wanted"),
    [
        ({"controlName": "Capabilities", "images": ["registry.example/*"]}, "pass"),
        ({"controlName": "Capabilities", "images": ["other.example/*"]}, "fail"),
        ({"controlName": "Capabilities"}, "fail"),
        ({"controlName": "Seccomp", "images": ["*"]}, "fail"),
        (
            {
                "controlName": "Capabilities",
                "images": ["*"],
                "restrictedField": "spec.containers[*].securityContext.capabilities.add",
                "values": ["SYS_*"],
            },
            "pass",
        ),
        (
            {
                "controlName": "Capabilities",
                "images": ["*"],
                "restrictedField": "spec.containers[*].securityContext.capabilities.add",
                "values": ["NET_ADMIN"],
            },
            "fail",
        ),
    ],
)
def test_what_is_excluded(exclusion: dict[str, Any], wanted: str) -> None:
    item = one(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]})
    assert outcomes(item, rule("baseline", "latest", exclusion)) == [wanted]


def test_an_exception_lets_controls_be_broken() -> None:
    spec = {
        "exceptions": [{"policyName": "p", "ruleNames": ["r0"]}],
        "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
        "podSecurity": [{"controlName": "Host Namespaces"}],
    }
    other = {"apiVersion": "kyverno.io/v2", "kind": "PolicyException", "metadata": {"name": "e"}, "spec": spec}
    assert outcomes(one({"hostPID": True}), rule("baseline"), others=[other]) == ["skip"]
    assert outcomes(one({"hostPID": True}, privileged=True), rule("baseline"), others=[other]) == ["fail"]
