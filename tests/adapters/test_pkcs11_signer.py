"""Keys on tokens, against SoftHSM2: made, listed, signing, and what a token complains of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from assay.adapters import signers
from assay.adapters.signers import making, pkcs11, token
from assay.adapters.signers.pkcs11 import Pkcs11Key
from assay.errors import AssayError, ExternalError, InputError, Refused, UsageError
from assay.formats import pkcs11_uri
from assay.model.signature import Scheme
from assay.trust import keys
from simulators.soft_token import MODULE, PIN, SoftTokens

SCHEMES = [Scheme.ECDSA_P256, Scheme.ECDSA_P384, Scheme.ECDSA_P521, Scheme.RSA_2048, Scheme.RSA_4096, Scheme.ED25519]


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[SoftTokens]:
    made = SoftTokens(tmp_path / "hsm")
    made.add("office")
    with made.here():
        yield made


def no_password() -> bytes:
    raise AssertionError("a token has a PIN and no password")


def address(label: str, query: str = f"?pin-value={PIN}", name: str = "office") -> str:
    return f"pkcs11:token={name};object={label}{query}"


def holds(public: bytes, signature: bytes, message: bytes) -> str:
    return keys.check(keys.load(public), signature, keys.Signed(message))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_key_made_on_the_token_signs(tokens: SoftTokens, scheme: Scheme) -> None:
    made = making.generate(address("release"), scheme)
    signer = signers.open_signer(f"{made}?pin-source={tokens.pin_file}", no_password)
    assert signer.scheme is scheme
    signature = signer.sign(b"program")
    holds(signer.public_key, signature, b"program")
    with pytest.raises(Refused):
        holds(signer.public_key, signature, b"another")
    assert signers.public_key(str(made)) == signer.public_key  # no PIN
    with pytest.raises(UsageError, match="holds a key already"):
        making.generate(address("release"), scheme)


def test_a_key_that_only_may_pss_signs_with_it(tokens: SoftTokens) -> None:
    import pkcs11 as library

    making.generate(address("release"), Scheme.RSA_2048)
    found = Pkcs11Key(address("release"))
    assert "PKCS #1 v1.5" in holds(found.public_key, found.sign(b"program"), b"program")
    session = found._key.session
    template = {
        library.Attribute.ALLOWED_MECHANISMS: [library.Mechanism.RSA_PKCS_PSS],
        library.Attribute.SENSITIVE: True,
    }
    session.generate_keypair(library.KeyType.RSA, 2048, label="pss", id=b"\7", store=True, private_template=template)
    signer = Pkcs11Key(address("pss"))
    assert signer.scheme is Scheme.RSA_PSS_2048
    assert "PSS" in holds(signer.public_key, signer.sign(b"program"), b"program")


def test_keys_are_listed_with_their_addresses(tokens: SoftTokens) -> None:
    for label, scheme in (("one", Scheme.ECDSA_P256), ("two", Scheme.ED25519)):
        making.generate(address(label), scheme)
    found = pkcs11.pairs(f"pkcs11:token=office?pin-value={PIN}")
    assert [item.label for item in found] == ["one", "two"]
    for item in found:
        assert Pkcs11Key(f"{item.uri}?pin-value={PIN}").public_key == item.public_key


def test_a_foreign_key_without_its_public_half_is_known_by_its_certificate(tokens: SoftTokens, tmp_path: Path) -> None:
    import pkcs11 as library

    for name, key in (("ec", ec.generate_private_key(ec.SECP384R1())), ("rsa", rsa.generate_private_key(65537, 2048))):
        file = tmp_path / f"{name}.pem"
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        file.write_bytes(key.private_bytes(*form))
        number = "0a" if name == "ec" else "0b"
        words = ("--import", str(file), "--token", "office", "--pin", PIN, "--label", name, "--id", number)
        tokens.tool(*words, "--no-public-key")
        token.forget()
        public = key.public_key()
        spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        if name == "rsa":  # the private key says all that there is to say
            assert Pkcs11Key(address(name)).public_key == spki
            continue
        with pytest.raises(InputError, match="no public key"):
            Pkcs11Key(address(name))
        session = token.opened(pkcs11_uri.read(address(name)), writable=True)
        attribute = library.Attribute
        session.create_object(
            {
                attribute.CLASS: library.ObjectClass.CERTIFICATE,
                attribute.CERTIFICATE_TYPE: library.CertificateType.X_509,
                attribute.ID: b"\x0a",
                attribute.TOKEN: True,
                attribute.SUBJECT: b"0\0",
                attribute.VALUE: certificate(key),
            }
        )
        signer = Pkcs11Key(address(name))
        assert signer.public_key == spki
        holds(spki, signer.sign(b"program"), b"program")


def certificate(key: object) -> bytes:
    from datetime import UTC, datetime, timedelta

    assert isinstance(key, ec.EllipticCurvePrivateKey)
    name, now = x509.Name([]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(1))
    return builder.sign(key, hashes.SHA384()).public_bytes(serialization.Encoding.DER)


def test_what_is_wrong_is_told_and_the_pin_never(tokens: SoftTokens) -> None:
    making.generate(address("release"))
    token.forget()
    for wrong, error, match in [
        (address("release", "?pin-value=99999999"), Refused, "does not take the PIN"),
        (address("release", "?pin-value=9"), Refused, "does not take the PIN"),
        (address("release", ""), UsageError, "wants a PIN"),
        (address("release", name="none"), InputError, "no token .* there are: office"),
        ("pkcs11:token=office", UsageError, "names no key"),
        (address("release", "?module-path=/nonexistent.so&pin-value=99999999"), UsageError, "no PKCS #11 module"),
        (address("release", f"?module-path={__file__}"), UsageError, "cannot be used as a PKCS #11 module"),
        (address("release", "?module-name=nonexistent"), UsageError, "no PKCS #11 module of the name"),
        (address("release", "?pin-source=/nonexistent"), InputError, "cannot be read"),
        (address("release", "?pin-source=|echo%2099999999"), UsageError, "not fetched with a command"),
        (address("other"), InputError, "no private key"),
    ]:
        with pytest.raises(error, match=match) as told:
            Pkcs11Key(wrong)
        assert told.value.remedy
        assert "99999999" not in told.value.what + told.value.remedy
        assert "99999999" not in repr(told.value.__cause__)


def test_a_refused_pin_is_not_tried_again(tokens: SoftTokens) -> None:
    made = making.generate(address("release"))
    token.forget()
    for _ in range(2):
        with pytest.raises(Refused, match="does not take the PIN"):
            Pkcs11Key(f"{made}?pin-value=99999999")
    uri = pkcs11_uri.read(f"{made}?pin-value={PIN}")
    with token.told(uri):
        token.opened(uri, writable=True).set_pin(PIN, "99999999")  # it would be right now
    token.forget()
    with pytest.raises(Refused, match="does not take the PIN"):
        Pkcs11Key(f"{made}?pin-value=99999999")
    with pytest.raises(Refused, match="does not take the PIN"):
        Pkcs11Key(f"{made}?pin-value={PIN}")


def test_no_module_is_told(tokens: SoftTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COSIGN_PKCS11_MODULE_PATH")
    with pytest.raises(UsageError, match="no PKCS #11 module is named") as told:
        Pkcs11Key(address("release"))
    assert "COSIGN_PKCS11_MODULE_PATH" in told.value.remedy
    made = making.generate(address("release", f"?pin-value={PIN}&module-path={MODULE}"))
    assert Pkcs11Key(f"{made}?pin-value={PIN}&module-name=softhsm2").public_key


def test_several_keys_and_several_tokens_are_told_apart(tokens: SoftTokens) -> None:
    for number in "01", "02":
        making.generate(f"pkcs11:token=office;object=release;id=%{number}?pin-value={PIN}")
    with pytest.raises(UsageError, match=r"several keys: id=0[12], id=0[12]"):
        Pkcs11Key(address("release"))
    assert Pkcs11Key(f"pkcs11:token=office;id=%02?pin-value={PIN}").public_key
    tokens.add("office")
    token.forget()
    with pytest.raises(UsageError, match="several tokens"):
        Pkcs11Key(address("release"))


def test_the_pin_comes_from_cosigns_variable(tokens: SoftTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    making.generate(address("release"))
    token.forget()
    monkeypatch.setenv("COSIGN_PKCS11_PIN", PIN)
    assert Pkcs11Key(address("release", "")).sign(b"program")


def test_threads_share_a_token_and_a_lost_session_is_opened_anew(tokens: SoftTokens) -> None:
    found = [Pkcs11Key(f"{making.generate(address(label))}?pin-value={PIN}") for label in ("one", "two")]

    def one(number: int) -> str:
        signer, message = found[number % 2], b"%d" % number
        return holds(signer.public_key, signer.sign(message), message)

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(one, range(200)))) == 200
    found[0]._key.session.close()
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(one, range(20)))) == 20


def test_a_key_that_was_taken_away_while_it_served_is_told(tokens: SoftTokens) -> None:
    signer = Pkcs11Key(f"{making.generate(address('release'))}?pin-source={tokens.pin_file}")
    tokens.pin_file.write_text("99999999")
    token.forget()
    with pytest.raises(ExternalError, match="does not take the PIN"):
        signer.sign(b"program")
    tokens.pin_file.write_text(PIN)
    holds(signer.public_key, signer.sign(b"program"), b"program")


def assay(tokens: SoftTokens, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **tokens.variables}
    command = [sys.executable, "-m", "assay", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_the_commands_make_show_sign_attest_and_verify(tokens: SoftTokens, tmp_path: Path) -> None:
    source = f"?pin-source={tokens.pin_file}"
    made = assay(tokens, "key", "generate", address("release", source), "--algorithm", "ecdsa-p384")
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    listed = assay(tokens, "key", "list", f"pkcs11:token=office{source}")
    assert listed.stdout.startswith(f"{key}  ECDSA secp384r1, sha256:"), listed.stderr
    shown = assay(tokens, "key", "show", key)
    assert shown.stdout.startswith("-----BEGIN PUBLIC KEY-----"), shown.stderr
    public, artifact, bundle = tmp_path / "release.pub", tmp_path / "app", tmp_path / "bundle"
    public.write_text(shown.stdout)
    artifact.write_text("an artifact")
    keyed = ("--key", key + source, "--tlog-upload=false", "--bundle", str(bundle))
    signed = assay(tokens, "sign", str(artifact), *keyed)
    assert signed.returncode == 0, signed.stderr
    for by in (key, str(public)):
        verified = assay(
            tokens, "verify", str(artifact), "--key", by, "--bundle", str(bundle), "--insecure-ignore-tlog"
        )
        assert verified.returncode == 0, verified.stderr
    predicate = tmp_path / "predicate"
    predicate.write_text('{"a": 1}')
    attested = assay(tokens, "attest", str(artifact), *keyed, "--predicate", str(predicate), "--type", "custom")
    assert attested.returncode == 0, attested.stderr
    wanted = ("--key", key, "--bundle", str(bundle), "--insecure-ignore-tlog", "--type", "custom")
    assert assay(tokens, "verify-attestation", str(artifact), *wanted).returncode == 0
    wrong = assay(tokens, "sign", str(artifact), "--key", key + "?pin-value=00000000", "--tlog-upload=false")
    assert wrong.returncode == 1
    assert "00000000" not in wrong.stderr


def test_a_module_that_is_absent_from_python_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(AssayError, match="extra `pkcs11`"):
        Pkcs11Key(address("release"))
