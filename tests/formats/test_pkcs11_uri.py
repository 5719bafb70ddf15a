"""PKCS #11 addresses, with the examples of RFC 7512 (2.4) and made-up ones."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.errors import UsageError
from assay.formats import pkcs11_uri
from assay.formats.pkcs11_uri import Pkcs11Uri

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20).map(str.encode)
NAMES = sorted(pkcs11_uri._PATH - {"id", "type", "slot-id"})
PATHS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(NAMES, TEXT),
        "id": st.binary(max_size=20),
        "type": st.sampled_from(sorted(pkcs11_uri._TYPES)).map(str.encode),
        "slot-id": st.integers(0, 2**63).map(lambda number: str(number).encode()),
    },
)
QUERIES = (
    st.fixed_dictionaries({}, optional={"module-path": TEXT, "module-name": TEXT} | {"x-vendor": TEXT})
    | st.fixed_dictionaries({"pin-source": TEXT})
    | st.fixed_dictionaries({"pin-value": TEXT})
)


@given(PATHS, QUERIES)
def test_what_is_written_is_read_again(path: dict[str, bytes], query: dict[str, bytes]) -> None:
    uri = Pkcs11Uri(path, query)
    again = pkcs11_uri.read(str(uri))
    assert (dict(again.path), dict(again.query)) == (path, query)
    assert dict(pkcs11_uri.read(uri.shown).query) == {}


@given(st.text(alphabet="pkcs1:;?&=%abtokenid-0x/|é \n\0", max_size=60))
@example("slot-id=99999999999999999999999")
def test_anything_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        pkcs11_uri.read(f"pkcs11:{text}")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("pkcs11:object=my-pubkey;type=public", "object", "my-pubkey"),
        ("pkcs11:object=my-key;type=private?pin-source=file:/etc/token", "pin-source", "file:/etc/token"),
        (
            "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;"
            "object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin",
            "token",
            "The Software PKCS#11 Softtoken",
        ),
        ("pkcs11:object=my-sign-key;type=private?module-name=mypkcs11", "module-name", "mypkcs11"),
        ("pkcs11:?module-path=/mnt/libmypkcs11.so.1", "module-path", "/mnt/libmypkcs11.so.1"),
        (
            "pkcs11:token=Software%20PKCS%2311%20softtoken;manufacturer=Snake%20Oil,%20Inc.?pin-value=the-pin",
            "pin-value",
            "the-pin",
        ),
        ("pkcs11:slot-description=Sun%20Metaslot", "slot-description", "Sun Metaslot"),
        ("PKCS11:token=a", "token", "a"),
    ],
)
def test_the_examples_of_the_rfc(text: str, name: str, value: str) -> None:
    assert pkcs11_uri.read(text).text(name) == value


@pytest.mark.parametrize(
    "text",
    [
        "pkcs12:token=a",
        "pkcs11:token=a;token=b",
        "pkcs11:tokn=a",
        "pkcs11:token",
        "pkcs11:token=a b",
        "pkcs11:token=%zz",
        "pkcs11:token=%ff",
        "pkcs11:token=a%00",
        "pkcs11:slot-id=one",
        "pkcs11:type=key;object=a",
        "pkcs11:token=a?pin-value=secret&pin-value=secret",
        "pkcs11:token=a?pin-value=secret&pin-source=secret",
        "pkcs11:token=a?pin-value=secret secret",
        "pkcs11:token=a?pin-value=%ffsecret",
        "pkcs11:token=" + "secret" * 2000,
    ],
)
def test_what_is_wrong_is_told_without_the_pin(text: str) -> None:
    with pytest.raises(UsageError) as told:
        pkcs11_uri.read(text)
    assert "secret" not in told.value.what + told.value.remedy


def test_the_pin_is_shown_nowhere() -> None:
    uri = pkcs11_uri.read("pkcs11:token=a?pin-value=secret")
    assert "secret" not in repr(uri) + uri.shown
