"""An instance whose keys are on a token: made, served, verified without it, rotated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from assay.adapters.signers import pkcs11
from assay.adapters.sigstore_instance import key_addresses, keyring
from assay.trust.signing import LocalKey
from simulators.google_kms import RING, google_kms
from simulators.kept_instance import KeptInstance
from simulators.soft_token import PIN, SoftTokens

ROLES = {"ca", "ca-2", "tsa", "tsa-2", "ct", "log-v1", "log-v2", "tuf"}


class TokenInstance(KeptInstance):
    """One whose serving keys are on a token; `tokens` is where."""

    def __init__(self, folder: Path, tokens: SoftTokens, *flags: str) -> None:
        self.tokens = tokens
        template = f"pkcs11:token=sigstore;object={{role}}?pin-source={tokens.pin_file}"
        super().__init__(folder, "--keys", template, *flags)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TokenInstance:
    tokens = SoftTokens(tmp_path / "hsm")
    tokens.add("sigstore")
    for name, value in tokens.variables.items():
        monkeypatch.setenv(name, value)
    return TokenInstance(tmp_path, tokens)


def assay(instance: KeptInstance, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assay", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=instance.environment, check=False)


def sign(instance: KeptInstance, file: Path, config: Path) -> Path:
    bundle = file.with_suffix(".json")
    flags = ("--trust-config", str(config), "--identity-token", instance.token(), "--bundle", str(bundle))
    signed = assay(instance, "sign", str(file), *flags)
    assert signed.returncode == 0, signed.stderr
    return bundle


def verify(instance: KeptInstance, file: Path, bundle: Path, root: Path) -> subprocess.CompletedProcess[str]:
    who = ("--certificate-identity", "you@org.example", "--certificate-oidc-issuer", instance.url)
    return assay(instance, "verify", str(file), *who, "--trusted-root", str(root), "--offline", "--bundle", str(bundle))


def test_what_a_client_signs_verifies_and_no_serving_key_is_on_the_disk(
    instance: TokenInstance, tmp_path: Path
) -> None:
    data = tmp_path / "data" / "sigstore"
    places = json.loads((data / "keys.addresses.json").read_text())
    assert set(places["keys"]) == ROLES
    assert PIN not in json.dumps(places)
    local = keyring._read(data / keyring.FILE, b"not to be guessed")
    assert set(local) == {"oidc"}
    with instance.tokens.here():
        found = pkcs11.pairs(f"pkcs11:token=sigstore?pin-source={instance.tokens.pin_file}")
        assert {item.label for item in found} == ROLES
    away, file = tmp_path / "away", tmp_path / "app"
    file.write_text("an artifact")
    with instance.serving("--dev-oidc"):
        assert instance.run("export", str(away)).returncode == 0
        bundle = sign(instance, file, away / "trust_config.json")
    assert verify(instance, file, bundle, away / "trusted_root.json").returncode == 0
    file.write_text("another")
    assert verify(instance, file, bundle, away / "trusted_root.json").returncode == 1
    python_verifies(instance, tmp_path, bundle, away / "trusted_root.json")


def python_verifies(instance: KeptInstance, tmp_path: Path, bundle: Path, root: Path) -> None:
    """sigstore-python, which is not ours, takes the bundle."""
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity

    verifier = Verifier(trusted_root=TrustedRoot.from_file(str(root)))
    who = Identity(identity="you@org.example", issuer=instance.url)
    verifier.verify_artifact(b"an artifact", Bundle.from_json(bundle.read_bytes()), who)


def test_an_instance_with_its_keys_in_a_key_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with google_kms(tmp_path) as (server, variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        instance = KeptInstance(tmp_path, "--keys", f"gcpkms://{RING}/{{role}}")
        local = keyring._read(tmp_path / "data" / "sigstore" / keyring.FILE, b"not to be guessed")
        assert set(local) == {"oidc"}
        away, file = tmp_path / "away", tmp_path / "app"
        file.write_text("an artifact")
        with instance.serving("--dev-oidc"):
            assert instance.run("export", str(away)).returncode == 0
            bundle = sign(instance, file, away / "trust_config.json")
        signed = {path.split("/")[-3] for method, path, _ in server.asked if path.endswith(":asymmetricSign")}
        assert signed >= {"ca", "tsa", "ct", "log-v1", "log-v2", "tuf"}
        missing = instance.run("rotate", "ct")  # nobody made ct-2 there
        assert missing.returncode == 4
        assert "the key of ct-2" in missing.stderr
    assert verify(instance, file, bundle, away / "trusted_root.json").returncode == 0


def test_rotated_keys_are_made_on_the_token_too(instance: TokenInstance, tmp_path: Path) -> None:
    roots = ("--root-keys", str(instance.roots))
    for what, more in (("ca", roots), ("tsa", roots), ("log", ()), ("ct", ()), ("tuf-timestamp", roots)):
        done = instance.run("rotate", what, *more, "--grace", "0")
        assert done.returncode == 0, done.stderr
    data = tmp_path / "data" / "sigstore"
    places = key_addresses.read(data / "keys.addresses.json")
    assert set(places.keys) >= ROLES | {"ca-3", "tsa-3", "log-v1-2", "log-v2-2", "ct-2", "tuf-2"}
    assert set(keyring._read(data / keyring.FILE, b"not to be guessed")) == {"oidc"}
    away, file = tmp_path / "away", tmp_path / "app"
    file.write_text("an artifact")
    with instance.serving("--dev-oidc"):
        assert instance.run("export", str(away)).returncode == 0
        bundle = sign(instance, file, away / "trust_config.json")
    assert verify(instance, file, bundle, away / "trusted_root.json").returncode == 0


def test_new_keys_of_the_tuf_root_are_made_on_the_token(instance: TokenInstance, tmp_path: Path) -> None:
    """And the root after it is signed there; a client follows from the first root to the last."""
    pin = f"?pin-source={instance.tokens.pin_file}"
    on_token = ("--key", f"tuf-root-1=pkcs11:token=sigstore;object=tuf-root{pin}")
    roots = ("--root-keys", str(instance.roots), "--new-root-keys", str(tmp_path / "new"))
    done = instance.run("rotate", "tuf-root", *roots, *on_token, "--root-key-count", "2", "--root-threshold", "2")
    assert done.returncode == 0, done.stderr
    (held,) = (tmp_path / "new").glob("root-keys-2.pem")
    assert set(keyring._read(held, b"known to few")) == {"tuf-root-2-2"}
    last = ("--root-keys", str(tmp_path / "new"))
    same = instance.run("rotate", "tuf-root", *last, *on_token)
    assert same.returncode == 2
    assert "already" in same.stderr
    assert not list((tmp_path / "new").glob("root-keys-3*"))
    done = instance.run("rotate", "tuf-root", *last)
    assert done.returncode == 0, done.stderr
    repository = tmp_path / "data" / "sigstore" / "repository"
    trusted = TrustedMetadataSet((repository / "1.root.json").read_bytes(), EnvelopeType.METADATA)
    for version in (2, 3):
        trusted.update_root((repository / f"{version}.root.json").read_bytes())
    assert trusted.root.version == 3
    for what, flags in (("ca", on_token), ("tuf-root", ("--key", "tuf-root-2=pkcs11:token=sigstore;object=x"))):
        refused = instance.run("rotate", what, *last, *flags)
        assert refused.returncode == 2, refused.stderr


def test_a_token_that_is_away_or_locked_out_is_told(instance: TokenInstance, tmp_path: Path) -> None:
    instance.tokens.pin_file.write_text("99999999\n")
    refused = instance.run("status")
    assert refused.returncode == 1
    assert "the key of" in refused.stderr
    assert "99999999" not in refused.stderr
    instance.environment["SOFTHSM2_CONF"] = "/nonexistent"
    away = instance.run("up", "--listen", instance.url[7:])
    assert away.returncode in (2, 3, 4)
    assert "Traceback" not in away.stderr


def init(instance: KeptInstance, *flags: str) -> subprocess.CompletedProcess[str]:
    """Another instance, beside."""
    number = len(list(instance.folder.iterdir()))
    roots = instance.folder / f"roots-{number}"
    instance.environment["ASSAY_DATA_DIR"] = str(instance.folder / f"data-{number}")
    return instance.run("init", "--base-url", "http://127.0.0.1:1", "--root-keys", str(roots), *flags)


def test_some_keys_on_the_token_and_wrong_wishes_refused(instance: TokenInstance, tmp_path: Path) -> None:
    pin = f"?pin-source={instance.tokens.pin_file}"
    ca = f"ca=pkcs11:token=sigstore;object=other-ca{pin}"
    root = f"ca-root=pkcs11:token=sigstore;object=other-root{pin}"
    some = init(instance, "--key", ca, "--key", root)
    assert some.returncode == 0, some.stderr
    data = Path(instance.environment["ASSAY_DATA_DIR"]) / "sigstore"
    keys = keyring.read(data / keyring.FILE, b"not to be guessed")
    assert [name for name, key in keys.items() if not isinstance(key, LocalKey)] == ["ca"]
    rotated = instance.run("rotate", "ca")  # to the spare, which was asked to be in the file
    assert rotated.returncode == 0, rotated.stderr
    roots = data.parent.with_name(data.parent.name.replace("data", "roots"))
    rotated = instance.run("rotate", "tsa", "--root-keys", str(roots))  # signed by the root key on the token
    assert rotated.returncode == 0, rotated.stderr
    for flags, told in [
        (("--keys", "pkcs11:token=sigstore;object=x"), "{role}"),
        (("--keys", f"pkcs11:token=sigstore;object={{role}}?pin-value={PIN}"), "PIN would be kept"),
        (("--key", "cb=pkcs11:token=sigstore;object=x"), "no role"),
        (("--key", f"tuf-root-4=pkcs11:token=sigstore;object=x{pin}"), "no key tuf-root-4"),
        (("--key", "ca=/etc/ca.key"), "on tokens or in key services"),
        (("--key", f"log-v2=pkcs11:token=sigstore;object=ca{pin}"), "must be PKIX_ED25519"),
    ]:
        refused = init(instance, *flags)
        assert refused.returncode == 2, refused.stderr
        assert told in refused.stderr
        assert PIN not in refused.stderr
