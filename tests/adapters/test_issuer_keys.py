"""The keys of issuers: fetched once, again for a key that is new, and from nowhere else."""

from __future__ import annotations

import json

import pytest

from assay.adapters.sigstore_instance.issuer_keys import IssuerKeys
from assay.app.sigstore import key_set
from assay.errors import AssayError, ExternalError, Refused
from assay.trust import signing
from simulators.web import Web, serve


def describe(site: Web, **more: str) -> str:
    """What the issuer says of itself; its address."""
    url = site.url().rstrip("/")
    said = {"issuer": url, "jwks_uri": f"{url}/keys", **more}
    site.files[".well-known/openid-configuration"] = json.dumps(said).encode()
    return url


def test_keys_are_fetched_once_and_again_for_a_new_one() -> None:
    one, two = signing.generate(), signing.generate()
    names = [signing.digest(item.public_key)[:16] for item in (one, two)]
    clock = [0.0]
    with serve(Web()) as site:
        url = describe(site)
        site.files["keys"] = json.dumps(key_set(one)).encode()
        keys = IssuerKeys({}, lambda: clock[0])
        assert keys.key(url, names[0]).key_id == names[0]
        assert keys.key(url, names[0]).key_id == names[0]
        assert site.requests.count("keys") == 1
        site.files["keys"] = json.dumps({"keys": key_set(one)["keys"] + key_set(two)["keys"]}).encode()
        with pytest.raises(Refused):
            keys.key(url, names[1])
        clock[0] = 11.0
        assert keys.key(url, names[1]).key_id == names[1]
        assert site.requests.count("keys") == 2


@pytest.mark.parametrize("more", [{"issuer": "https://other.example"}, {"jwks_uri": "http://other.example/keys"}])
def test_a_description_that_leads_elsewhere_is_not_followed(more: dict[str, str]) -> None:
    with serve(Web()) as site:
        url = describe(site, **more)
        with pytest.raises(AssayError):
            IssuerKeys({}).key(url, "x")
        assert "keys" not in site.requests


def test_junk_is_told_as_the_issuers_fault() -> None:
    with serve(Web()) as site:
        url = describe(site)
        site.files["keys"] = b"[]"
        with pytest.raises(ExternalError):
            IssuerKeys({}).key(url, "x")
        site.status["keys"] = 500
        with pytest.raises(ExternalError):
            IssuerKeys({}).key(url, "x")


def test_a_secret_is_no_key() -> None:
    with serve(Web()) as site:
        url = describe(site)
        site.files["keys"] = json.dumps({"keys": [{"kty": "oct", "k": "AAAA", "kid": "x", "alg": "HS256"}]}).encode()
        with pytest.raises(Refused):
            IssuerKeys({}).key(url, "x")
