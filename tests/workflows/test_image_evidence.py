"""Images behind the port `Images`: asked once, joined, in time, kept by digest, and never trusted further than that."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.access import Access
from assay.adapters.admission_store import opened
from assay.adapters.admission_store.verdicts import VerdictStore
from assay.app.image_evidence import Reach, Registries
from assay.app.pull_secrets import PullSecrets
from assay.errors import ExternalError, InputError, Late, Refused
from assay.model.image_policy import Authority, KeylessIdentity, SignatureForm
from assay.model.policy import GroupVersionKind
from assay.model.trusted_root import TrustedRoot
from assay.workflows import image_evidence
from conformance.suite import folder
from simulators import pushed_layout
from simulators.native_samples import pod, request
from simulators.processes import PATIENCE, within
from simulators.registry import Registry, serve


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        pushed_layout.push(folder("cosign") / "images" / "old-key", f"{found.host}/app")
        found.requests.clear()
        yield found


@pytest.fixture
def key() -> Authority:
    return Authority(key=(folder("cosign") / "keys" / "empty.pub").read_text(), ignore_log=True)


def registries(store: VerdictStore | None = None, **reach: object) -> Registries:
    return Registries(Reach(lambda name: TrustedRoot(), **reach), store)  # type: ignore[arg-type]


def kept(folder: Path, fresh: float = 3600) -> VerdictStore:
    return VerdictStore(opened(folder), fresh)


def test_many_that_ask_at_once_cost_one_look(registry: Registry, key: Authority) -> None:
    alone = registries()
    alone.images().signatures(f"{registry.host}/app:v1", key)
    cost = len(registry.requests)
    registry.requests.clear()
    registry.faults.stall_manifests = 0.05
    many, start = registries(), threading.Barrier(20)

    def ask(number: int) -> int:
        start.wait()
        return len(many.images(20).signatures(f"{registry.host}/app:v1", key))

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(20))) == [1] * 20
    assert len(registry.requests) <= cost + 2
    assert many.asked <= 4


def test_a_registry_that_never_answers_holds_up_no_other(registry: Registry, key: Authority) -> None:
    found = registries()
    with serve(Registry()) as dead:
        dead.faults.stall_manifests = 60
        waiting = [found.images(0) for _ in range(40)]
        for number, one in enumerate(waiting):
            with pytest.raises(Late):
                one.digest(f"{dead.host}/app:{number}")
        assert found.images(20).signatures(f"{registry.host}/app:v1", key)
        assert all(one.pending for one in waiting)


def test_a_registry_that_limits_is_asked_again(registry: Registry, key: Authority) -> None:
    registry.faults.rate_limit = 4
    assert registries().images().signatures(f"{registry.host}/app:v1", key)
    assert sum("manifests/v1" in path for _, path in registry.requests) >= 2


def test_a_limit_on_what_hangs_on_it_is_no_missing_signature(registry: Registry, key: Authority) -> None:
    images = registries(attempts=1).images()
    reference = f"{registry.host}/app@{images.digest(f'{registry.host}/app:v1')}"
    registry.faults.rate_limit = 1000
    with pytest.raises(ExternalError):
        registries(attempts=1).images().signatures(reference, key)


def test_who_has_no_time_is_told_so_and_the_answer_is_there_for_the_next(registry: Registry, key: Authority) -> None:
    registry.faults.stall_manifests = 2
    found, reference = registries(), f"{registry.host}/app:v1"
    images = found.images(0.05)
    with pytest.raises(Late):
        images.digest(reference)
    assert images.late and images.pending
    assert within(PATIENCE, lambda: not images.pending)
    assert images.digest(reference)


def test_verdicts_survive_a_restart_and_a_registry_that_is_gone(key: Authority, tmp_path: Path) -> None:
    with serve(Registry()) as registry:
        pushed_layout.push(folder("cosign") / "images" / "old-key", f"{registry.host}/app")
        images = registries(kept(tmp_path)).images()
        reference = f"{registry.host}/app@{images.digest(f'{registry.host}/app:v1')}"
        signed = images.signatures(reference, key)
    again = registries(kept(tmp_path), attempts=1)
    assert again.images().signatures(reference, key) == signed
    assert again.asked == 0
    with pytest.raises(ExternalError):  # another authority is another question
        again.images().signatures(reference, Authority(key=key.key))
    with pytest.raises(ExternalError):
        registries(kept(tmp_path, fresh=0), attempts=1).images().signatures(reference, key)
    old = registries(kept(tmp_path, fresh=0), attempts=1)
    assert old.aged(timedelta(hours=1)).signatures(reference, key) == signed
    with pytest.raises(ExternalError, match="young enough"):
        old.aged(timedelta(0)).signatures(reference, key)


def test_a_verdict_that_grows_old_is_asked_for_before_anybody_waits(
    registry: Registry, key: Authority, tmp_path: Path
) -> None:
    now = [1000.0]
    found = registries(VerdictStore(opened(tmp_path), 100, lambda: now[0]))
    reference = f"{registry.host}/app@{found.images().digest(f'{registry.host}/app:v1')}"
    found.images().signatures(reference, key)
    asked = found.asked
    now[0] += 50
    found.images().signatures(reference, key)
    assert found.asked == asked
    now[0] += 40
    found.images(0).signatures(reference, key)
    assert found.asked == asked + 1
    assert within(PATIENCE, lambda: not found._running)
    now[0] += 40  # the first answer would be too old by now
    found.images(0).signatures(reference, key)
    assert found.asked == asked + 1


def test_a_trust_root_that_changes_asks_anew(registry: Registry, key: Authority, tmp_path: Path) -> None:
    store, reference = kept(tmp_path), f"{registry.host}/app:v1"
    registries(store).images().signatures(reference, key)
    other = TrustedRoot(logs=())._replace(timestamp_authorities=())
    same = Registries(Reach(lambda name: other), store)
    same.images().signatures(reference, key)
    assert same.asked == 1  # the tag
    changed = Registries(Reach(lambda name: TrustedRoot(authorities=(("x", (), ()),))), store)  # type: ignore[arg-type]
    changed.images().signatures(reference, key)
    assert changed.asked == 2


def test_a_tag_that_moves_is_seen_at_once(registry: Registry, key: Authority, tmp_path: Path) -> None:
    found, reference = registries(kept(tmp_path)), f"{registry.host}/app:v1"
    assert found.images().signatures(reference, key)
    pushed_layout.push(folder("cosign") / "images" / "unsigned", f"{registry.host}/app")
    with pytest.raises(Refused, match="it is not signed"):
        found.images().signatures(reference, key)


def test_a_refusal_is_remembered_only_for_a_moment(
    registry: Registry, key: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite, found = folder("cosign") / "images", registries()
    pushed_layout.push(suite / "unsigned", f"{registry.host}/app")
    reference = f"{registry.host}/app@{found.images().digest(f'{registry.host}/app:v1')}"
    monkeypatch.setattr("assay.app.image_evidence.NEGATIVE_SECONDS", 60.0)
    with pytest.raises(Refused):
        found.images().signatures(reference, key)
    registry.requests.clear()
    with pytest.raises(Refused):
        found.images().signatures(reference, key)
    assert registry.requests == []
    monkeypatch.setattr("assay.app.image_evidence.NEGATIVE_SECONDS", 0.1)
    found = registries()
    with pytest.raises(Refused):
        found.images().signatures(reference, key)
    registry.requests.clear()
    time.sleep(0.2)
    with pytest.raises(Refused):
        found.images().signatures(reference, key)
    assert registry.requests


def test_a_damaged_store_asks_again(registry: Registry, key: Authority, tmp_path: Path) -> None:
    reference = f"{registry.host}/app:v1"
    registries(kept(tmp_path)).images().signatures(reference, key)
    database = opened(tmp_path)
    with database.use() as connection:
        connection.execute("UPDATE verdict SET document = x'00'")
    store = VerdictStore(database)
    found = registries(store)
    assert found.images().signatures(reference, key)
    assert (store.problems, found.asked) == (1, 2)


class Secrets:
    """A cluster of secrets and service accounts."""

    def __init__(self, **objects: dict[str, Any]) -> None:
        self.objects = objects

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> dict[str, Any] | None:
        return self.objects.get(name) if namespace == "shop" else None

    def list(self, kind: GroupVersionKind, namespace: str = "") -> Sequence[dict[str, Any]]:
        return []


def test_a_private_registry_is_asked_with_the_credentials_of_the_pod(registry: Registry, key: Authority) -> None:
    reference = f"{registry.host}/app:v1"
    registry.faults.user, registry.faults.password = "robot", "secret"
    held = {"auths": {registry.host: {"username": "robot", "password": "secret"}}}
    secret = {"data": {".dockerconfigjson": base64.b64encode(json.dumps(held).encode()).decode()}}
    helper = {"credHelpers": {registry.host: "assay-test-never-run"}}
    evil = {"data": {".dockerconfigjson": base64.b64encode(json.dumps(helper).encode()).decode()}}
    account = {"imagePullSecrets": [{"name": "pull"}]}
    for cluster, names, granted in (
        (Secrets(pull=secret), ["pull"], True),
        (Secrets(pull=secret, default=account), [], True),
        (Secrets(pull=secret), [], False),
        (Secrets(pull=secret), ["other"], False),
        (Secrets(pull=evil), ["pull"], False),
        (Secrets(pull={"data": {".dockerconfigjson": "%"}}), ["pull"], False),
    ):
        item = pod(reference)
        item["spec"]["imagePullSecrets"] = [{"name": name} for name in names]
        images = registries().images(20, PullSecrets(cluster, request(item)))
        if granted:
            assert images.signatures(reference, key)
        else:
            with pytest.raises(ExternalError, match="wants to know who asks"):
                images.signatures(reference, key)
    with pytest.raises(ExternalError):
        registries().images().signatures(reference, key)


def test_offline_asks_nobody(key: Authority) -> None:
    with pytest.raises(ExternalError, match="--offline"):
        registries(access=Access(offline=True)).images().digest("registry.example/app:1")


def test_what_is_missing_is_missing(registry: Registry, key: Authority) -> None:
    with pytest.raises(InputError, match="there is no manifest v9"):
        registries().images().signatures(f"{registry.host}/app:v9", key)


def test_the_form_that_a_policy_wants_is_the_one_that_counts(registry: Registry, key: Authority) -> None:
    images, reference = registries().images(), f"{registry.host}/app:v1"
    for form, accepted in ((SignatureForm.LEGACY, True), (SignatureForm.BUNDLE, False)):
        wanted = Authority(key=key.key, ignore_log=True, form=form)
        if accepted:
            assert images.signatures(reference, wanted)
        else:
            with pytest.raises(Refused, match="it is not signed"):
                images.signatures(reference, wanted)


def test_signatures_may_be_in_another_repository(registry: Registry, key: Authority) -> None:
    reference = f"{registry.host}/app:v1"
    elsewhere = Authority(key=key.key, ignore_log=True, repository=f"{registry.host}/signatures")
    assert registries().images().signatures(reference, elsewhere)  # the simulator has one space of names
    assert any("/v2/signatures/" in path for _, path in registry.requests)
    prefixed = Authority(key=key.key, ignore_log=True, tag_prefix="other-")
    with pytest.raises(Refused, match="it is not signed"):
        registries().images().signatures(reference, prefixed)


def test_data_is_manifest_and_configuration(registry: Registry) -> None:
    found = registries().images().data(f"{registry.host}/app:v1")
    assert found.manifest["schemaVersion"] == 2
    assert str(found.digest).startswith("sha256:")


@pytest.mark.parametrize(
    ("name", "number"),
    [("githubWorkflowRef", 6), ("source-repository-uri", 12), ("1.3.6.1.4.1.57264.1.9", 9), ("issuer", 8)],
)
def test_claims_are_known_by_all_their_names(name: str, number: int) -> None:
    assert image_evidence.claim_number(name) == number


def test_an_authority_that_could_accept_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="has no key, certificate or identity"):
        image_evidence.check(Authority(name="x"))
    with pytest.raises(InputError, match="there is no claim"):
        image_evidence.check(Authority(identities=(KeylessIdentity(subject="a", issuer="b", extensions={"c": "d"}),)))
    with pytest.raises(InputError):
        image_evidence.check(Authority(key="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"))
