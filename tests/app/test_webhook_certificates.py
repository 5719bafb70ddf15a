"""Authority and certificate in a Secret: made once, exchanged step by step, shared by replicas, mended when damaged."""

from __future__ import annotations

import base64
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.kubernetes import access
from assay.adapters.kubernetes.client import Cluster
from assay.app import webhook_pairs
from assay.app.webhook_certificates import ROTATE, SECRET, Certificates, Kept, fresh, step
from assay.app.webhook_pairs import Pair
from assay.errors import ExternalError
from assay.formats import certificate, pem
from simulators.cluster import SimulatedCluster
from simulators.kubeconfig import kubeconfig

NOW = datetime(2026, 11, 26, tzinfo=UTC)
NAMES = ("assay.assay-system.svc", "127.0.0.1")
PLACE = ("assay-system", "tls")


def trusts(bundle: bytes, pair: Pair, folder: Path) -> bool:
    """Whether OpenSSL, knowing the bundle, shakes hands with who serves the pair."""
    (folder / "c.pem").write_text(pair.certificate)
    (folder / "k.pem").write_text(pair.key)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=bundle.decode())
    server.load_cert_chain(folder / "c.pem", folder / "k.pem")
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(back, there, server_hostname=NAMES[0])
    other = server.wrap_bio(there, back, server_side=True)
    try:
        for _ in range(4):
            for side in (one, other):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLError:
        return False
    return one.getpeercert() is not None


def test_each_step_leaves_what_is_served_trusted_by_this_bundle_and_the_one_before(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    kept = fresh(NAMES, now)
    assert step(kept, NAMES, now, waited=True) == kept
    before, forms = kept, [kept]
    for number in range(3):
        kept = step(kept, NAMES, now, waited=False, asked=number == 0)
        if number:
            assert kept == before, "nothing happens before it was waited"
            kept = step(kept, NAMES, now, waited=True)
        for bundle in (before.bundle, kept.bundle):
            for pair in (before.served, kept.served):
                assert trusts(bundle, pair, tmp_path)
        before = kept
        forms.append(kept)
    assert [len(pem.certificates(form.bundle)) for form in forms] == [1, 2, 2, 1]
    assert not trusts(forms[0].bundle, forms[-1].served, tmp_path)


def test_an_authority_that_ends_is_exchanged_and_a_certificate_made_anew() -> None:
    kept = fresh(NAMES, NOW)
    later = NOW + timedelta(days=300)
    renewed = step(kept, NAMES, later, waited=True)
    assert (renewed.current, renewed.following) == (kept.current, None)
    assert certificate.read(renewed.served.leaf()).not_after > certificate.read(kept.served.leaf()).not_after
    other = step(kept, (*NAMES, "another.example"), NOW, waited=True)
    assert other.served != kept.served
    assert webhook_pairs.issued_by(other.served, kept.current)
    ending = step(kept, NAMES, NOW + timedelta(days=365 * 9), waited=False)
    assert ending.following is not None


@pytest.mark.parametrize("wrong", [timedelta(days=-4000), timedelta(days=4000)])
def test_a_clock_that_is_wrong_makes_another_certificate_and_no_endless_many(wrong: timedelta) -> None:
    kept = fresh(NAMES, NOW)
    for _ in range(8):
        kept = step(kept, NAMES, NOW + wrong, waited=True)
    assert step(kept, NAMES, NOW + wrong, waited=True) == kept


def test_a_secret_holds_it_and_gives_it_back() -> None:
    kept = step(fresh(NAMES, NOW), NAMES, NOW, waited=False, asked=True)
    assert Kept.of({"data": kept.data()}) == kept
    assert base64.b64decode(str(kept.data()["ca.crt"])) == kept.bundle


@pytest.mark.parametrize("data", [None, {}, {"tls.crt": "%"}, {"current.crt": "AAAA", "tls.crt": 7}, {"a": ["b"]}])
def test_a_secret_that_is_empty_or_damaged_holds_nothing(data: Any) -> None:
    assert Kept.of({"data": data}) is None


@pytest.fixture
def cluster(simulated: SimulatedCluster, tmp_path: Path) -> Cluster:
    return Cluster(access.kubeconfig(kubeconfig(tmp_path, simulated.url)), timeout=60)


def test_of_many_replicas_that_begin_at_once_one_fills_the_secret(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> None:
    meta = {"name": PLACE[1], "namespace": PLACE[0]}
    simulated.put({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": meta})
    all_ = [Certificates(cluster, PLACE, NAMES, tmp_path / str(number)) for number in range(5)]
    threads = [threading.Thread(target=one.begin) for one in all_]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({one.files.certificate.read_bytes() for one in all_}) == 1
    assert all(one.files.key.stat().st_mode & 0o777 == 0o600 for one in all_)


def test_only_the_leader_exchanges_and_the_others_follow(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> None:
    clock = [100.0]
    one, two = (
        Certificates(cluster, PLACE, NAMES, tmp_path / name, 60, lambda: clock[0], lambda: NOW) for name in "ab"
    )
    one.begin()
    two.begin()
    first = one.bundle
    cluster.patch(SECRET, *PLACE, {"metadata": {"annotations": {ROTATE: "1"}}})

    def rounds(waited: float) -> None:
        clock[0] += waited
        for _ in range(2):
            clock[0] += 5
            two.round(leads=False)
            one.round(leads=True)
        clock[0] += 5
        two.round(leads=False)

    two.round(leads=False)
    assert two.bundle == first
    served = one.files.certificate.read_bytes()
    rounds(0)
    assert len(pem.certificates(two.bundle)) == 2
    assert two.files.certificate.read_bytes() == served
    rounds(61)
    assert two.files.certificate.read_bytes() == one.files.certificate.read_bytes() != served
    rounds(61)
    assert len(pem.certificates(two.bundle)) == 1
    assert two.bundle != first
    rounds(61)
    assert len(pem.certificates(two.bundle)) == 1, "it was asked for once"


def test_a_secret_that_was_emptied_is_filled_with_what_was_there(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> None:
    clock = [0.0]
    one = Certificates(cluster, PLACE, NAMES, tmp_path, 60, lambda: clock[0])
    one.begin()
    bundle = one.bundle
    simulated.delete("secrets", *PLACE)
    clock[0] += 100
    one.round(leads=False)
    restarted = Certificates(cluster, PLACE, NAMES, tmp_path / "b")
    restarted.begin()
    assert restarted.bundle == bundle


def test_a_secret_that_may_not_be_read_is_an_error(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> None:
    simulated.faults.forbid = lambda *_: True
    with pytest.raises(ExternalError, match="403"):
        Certificates(cluster, PLACE, NAMES, tmp_path).begin()
