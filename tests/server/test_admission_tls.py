"""The webhooks' certificates: made for their names, made anew in time, taken over while the server serves."""

from __future__ import annotations

import shutil
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.app import admission_tls
from assay.formats import certificate, pem
from assay.server.tls_renewal import Renewal
from simulators.processes import PATIENCE
from simulators.running_admission import pod, running_admission

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = ("assay.assay-system.svc", "127.0.0.1")


def serial(path: Path) -> int:
    return certificate.read(pem.certificates(path.read_bytes())[0]).serial


def test_a_certificate_is_kept_while_it_holds_and_then_made_anew_by_the_same_authority(tmp_path: Path) -> None:
    first = admission_tls.files(tmp_path, NAMES, NOW)
    number, ca = serial(first.certificate), first.ca.read_bytes()
    assert first.key.stat().st_mode & 0o777 == 0o600
    admission_tls.files(tmp_path, NAMES, NOW + timedelta(days=200))
    assert serial(first.certificate) == number
    admission_tls.files(tmp_path, NAMES, NOW + timedelta(days=300))
    assert serial(first.certificate) != number
    assert first.ca.read_bytes() == ca
    number = serial(first.certificate)
    admission_tls.files(tmp_path, (*NAMES, "other.example"), NOW + timedelta(days=300))
    assert serial(first.certificate) != number


def test_openssl_takes_it_for_what_it_is(tmp_path: Path) -> None:
    made = admission_tls.files(tmp_path, NAMES)
    context = ssl.create_default_context(cafile=str(made.ca))
    context.load_cert_chain(made.certificate, made.key)
    (subject,) = context.get_ca_certs()
    assert ("commonName", "assay admission CA") in [pair for part in subject["subject"] for pair in part]


@pytest.mark.parametrize("damage", ["tls.crt", "tls.key", "ca.crt", "ca.key"])
def test_what_is_damaged_is_made_anew(tmp_path: Path, damage: str) -> None:
    made = admission_tls.files(tmp_path, NAMES)
    (tmp_path / damage).unlink() if damage == "tls.key" else (tmp_path / damage).write_text("-----BEGIN ")
    if damage == "ca.crt":
        made.certificate.unlink()
    admission_tls.files(tmp_path, NAMES)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)


def test_a_new_certificate_is_taken_over_without_one_failed_call(tmp_path: Path) -> None:
    old, new = admission_tls.files(tmp_path / "a", ("127.0.0.1",)), admission_tls.files(tmp_path / "b", ("127.0.0.1",))
    used = tmp_path / "used"
    used.mkdir()
    for name in ("tls.crt", "tls.key"):
        shutil.copy(tmp_path / "a" / name, used / name)
    both = tmp_path / "data" / "admission" / "tls"
    both.mkdir(parents=True)
    (both / "ca.crt").write_bytes(old.ca.read_bytes() + new.ca.read_bytes())  # as caBundle holds both for a while
    rules = {"apiVersion": "assay.dev/v1alpha1", "kind": "AssayPolicy", "metadata": {"name": "a"}}
    (tmp_path / "p.json").write_text(str({**rules, "spec": {"registries": ["a.example"]}}).replace("'", '"'))
    flags = ("--policies", tmp_path / "p.json", "--tls-certificate", used / "tls.crt", "--tls-key", used / "tls.key")
    with running_admission(tmp_path, *flags) as served:
        host, port = "127.0.0.1", int(served.url.rpartition(":")[2])
        wanted, seen = serial(new.certificate), set[int]()
        end = time.monotonic() + PATIENCE
        for number in range(10_000):
            assert served.review(pod("a.example/app:1"))["allowed"]
            served.close()
            if number == 5:
                for name in ("tls.key", "tls.crt"):
                    shutil.copy(tmp_path / "b" / name, used / f"{name}.new")
                    (used / f"{name}.new").replace(used / name)
            shown = ssl.get_server_certificate((host, port), ca_certs=str(both / "ca.crt"))
            seen.add(certificate.read(pem.certificates(shown.encode())[0]).serial)
            if wanted in seen or time.monotonic() > end:
                break
        assert seen == {serial(old.certificate), wanted}


def test_contexts_are_exchanged_whole_under_many_handshakes(tmp_path: Path) -> None:
    """In this process, without a pause between two looks: no handshake sees a certificate with another's key."""
    made = [admission_tls.files(tmp_path / name, ("127.0.0.1",)) for name in "ab"]
    used = tmp_path / "used"
    used.mkdir()

    def use(folder: str) -> None:
        for name in ("tls.key", "tls.crt"):
            shutil.copy(tmp_path / folder / name, used / f"{name}.new")
            (used / f"{name}.new").replace(used / name)

    use("a")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(used / "tls.crt", used / "tls.key")
    renewal = Renewal(context, str(used / "tls.crt"), str(used / "tls.key"), None)
    client = ssl.create_default_context(cadata=(made[0].ca.read_bytes() + made[1].ca.read_bytes()).decode())
    done, seen = threading.Event(), set[bytes]()
    failures: list[Exception] = []

    def shake() -> None:
        while not done.is_set():
            try:
                seen.add(_handshake(context, client))
            except ssl.SSLError as error:
                failures.append(error)

    threads = [threading.Thread(target=shake) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(30):
        use("ba"[number % 2])
        renewal.look()
    done.set()
    for thread in threads:
        thread.join(PATIENCE)
    renewal.close()
    assert failures == []
    assert len(seen) == 2


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> bytes:
    """In memory; the certificate that the client saw."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(back, there, server_hostname="127.0.0.1")
    asked = server.wrap_bio(there, back, server_side=True)
    waiting = [asking, asked]
    for _ in range(10):
        for side in tuple(waiting):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
                waiting.remove(side)
        if not waiting:
            return asking.getpeercert(binary_form=True) or b""
    raise AssertionError("the handshake does not end")
