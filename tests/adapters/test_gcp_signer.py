"""Keys in Google Cloud KMS, against a server on loopback that speaks its documented REST form with real keys."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.__main__ import main
from assay.adapters.registry.transport import Policy
from assay.adapters.signers import open_signer, public_key, rest
from assay.adapters.signers.gcp import read_name
from assay.errors import AssayError, ExternalError, InputError, Malformed, UsageError
from assay.formats.crc32c import crc32c
from assay.trust import keys
from simulators.google_kms import KEYS, RING, answer, google_kms
from simulators.key_service import Answer, KeyServer


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    with google_kms(tmp_path) as (server, variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield server


def address(name: str, version: str = "/cryptoKeyVersions/10") -> str:
    return f"gcpkms://{RING}/{name}{version}"


@pytest.mark.parametrize("name", ["p256", "p384", "ed", "pkcs1", "pss"])
def test_a_key_signs_as_its_algorithm_says(google: KeyServer, name: str) -> None:
    signer = open_signer(address(name), bytes)
    assert signer.scheme is KEYS[name][2]
    signature = signer.sign(b"program")
    said = keys.check(keys.load(signer.public_key), signature, keys.Signed(b"program"))
    assert ("PSS" in said) == (name == "pss")
    assert public_key(address(name)) == signer.public_key
    if name != "ed":
        assert b"program" not in json.dumps(google.asked).encode()  # the digest alone goes there
        assert base64.b64encode(b"program").decode() not in json.dumps(google.asked)


@pytest.mark.parametrize("version", ["", "/versions/10"])
def test_the_newest_version_signs_where_none_is_named(google: KeyServer, version: str) -> None:
    signer = open_signer(address("p256", version), bytes)
    signer.sign(b"program")
    assert google.asked[-1][1].endswith("/cryptoKeyVersions/10:asymmetricSign")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (400, "FAILED_PRECONDITION"),
        (500, "INTERNAL"),
    ],
)
def test_refusals_are_told_by_their_code_alone(google: KeyServer, status: int, code: str) -> None:
    signer = open_signer(address("p256"), bytes)
    google.refuse = status, {"error": {"code": status, "status": code, "message": "me@project.example may not"}}
    with pytest.raises(ExternalError, match=f"{status} {code}") as told:
        signer.sign(b"program")
    assert "me@" not in told.value.what + told.value.remedy
    assert "ya29" not in told.value.what + told.value.remedy


def test_too_many_requests_are_told_after_some_patience(google: KeyServer) -> None:
    signer = open_signer(address("p256"), bytes)
    google.refuse = 429, {"error": {"status": "RESOURCE_EXHAUSTED"}}
    with pytest.raises(ExternalError, match="429 RESOURCE_EXHAUSTED: too many requests"):
        signer.sign(b"program")
    assert len([one for one in google.asked if "asymmetricSign" in one[1]]) == 3


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"signatureCrc32c": "1"}, ExternalError, "checksum differs"),
        ({"verifiedDigestCrc32c": False}, ExternalError, "not confirmed"),
        ({"name": f"{RING}/p256/cryptoKeyVersions/9"}, Malformed, "another key"),
        ({"signature": "%"}, Malformed, "documented form"),
    ],
)
def test_what_was_changed_on_the_way_is_refused(
    google: KeyServer, changed: dict[str, object], error: type[AssayError], match: str
) -> None:
    signer = open_signer(address("p256"), bytes)

    def other(method: str, path: str, body: dict[str, Any]) -> Answer:
        status, found = answer(method, path, body)
        assert isinstance(found, dict)
        return status, {**found, **changed}

    google.answer = other
    with pytest.raises(error, match=match):
        signer.sign(b"program")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'"' * 100, b"[" * 100_000])
def test_answers_of_another_form_are_refused(google: KeyServer, body: bytes) -> None:
    signer = open_signer(address("p256"), bytes)
    google.refuse = 200, body
    with pytest.raises(InputError):
        signer.sign(b"program")
    for version, error in ("", UsageError), ("/versions/10", InputError):
        with pytest.raises((error, InputError)):
            open_signer(address("p256", version), bytes)
    google.refuse_token = 200, body
    with pytest.raises(UsageError, match="no credentials for Google Cloud"):
        open_signer(address("p256"), bytes)


def test_keys_and_credentials_that_do_not_serve_are_told(google: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, version, error in [
        ("none", "/cryptoKeyVersions/10", ExternalError),
        ("p256", "/cryptoKeyVersions/11", ExternalError),
        ("other", "", UsageError),
        ("sha512", "/cryptoKeyVersions/10", Malformed),
        ("other", "/cryptoKeyVersions/10", Malformed),
    ]:
        with pytest.raises(error):
            open_signer(address(name, version), bytes)
    google.token = "another"
    with pytest.raises(ExternalError, match="401"):
        open_signer(address("p256"), bytes)
    google.refuse_token = 403, {}
    with pytest.raises(UsageError, match="no credentials for Google Cloud"):
        open_signer(address("p256"), bytes)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent")
    with pytest.raises(UsageError, match="no credentials for Google Cloud"):
        open_signer(address("p256"), bytes)


def test_a_token_never_goes_out_without_tls(google: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS", "http://kms.example/")
    with pytest.raises(InputError, match="without TLS"):
        open_signer(address("p256"), bytes)


def test_a_service_that_is_away_is_told(google: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS", "http://127.0.0.1:9")
    with pytest.raises(ExternalError, match="cannot be reached"):
        open_signer(address("p256"), bytes)


def test_offline_asks_no_service(google: KeyServer, tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"program")
    for words in ("sign", "--tlog-upload=false"), ("verify", "--insecure-ignore-tlog"):
        assert main([words[0], str(tmp_path / "app"), "--key", address("p256"), "--offline", words[1]]) == 2
    assert main(["key", "show", address("p256"), "--offline"]) == 2
    assert not google.asked
    bundle = ("--bundle", str(tmp_path / "bundle"))
    assert main(["sign", str(tmp_path / "app"), "--key", address("p256"), "--tlog-upload=false", *bundle]) == 0
    assert main(["verify", str(tmp_path / "app"), "--key", address("p256"), "--insecure-ignore-tlog", *bundle]) == 0


def test_a_service_that_says_nothing_is_told(google: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_POLICY", Policy(timeout=0.3, attempts=1))
    signer, slow = open_signer(address("p256"), bytes), threading.Event()
    google.answer = lambda *_: (200, {"waited": slow.wait(60)})
    with pytest.raises(ExternalError, match="does not answer"):
        signer.sign(b"program")
    slow.set()


@given(st.text(alphabet="projectslkeyRingVn/0123.?&#% -é\n", max_size=80) | st.just(f"{RING}/k/cryptoKeyVersions/0/x"))
def test_addresses_are_read_or_refused(rest: str) -> None:
    with pytest.raises(UsageError):
        read_name(rest)


@given(st.from_regex(r"[a-zA-Z0-9_-]{1,63}", fullmatch=True), st.integers(1, 999_999_999))
def test_addresses_are_taken_apart(name: str, version: int) -> None:
    for word in "versions", "cryptoKeyVersions":
        found = read_name(f"{RING}/{name}/{word}/{version}")
        assert (found["key"], found["version"]) == (f"{RING}/{name}", str(version))


def test_the_checksum_is_castagnolis() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"\0" * 32) == 0x8A9136AA  # RFC 3720, B.4
